"""What leaves the house beside pages, as lines of the worker's list: posts, messages to all subscribers, events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from firebell.domain.outbox import commands as outbox
from firebell.domain.outbox.model import Outcome, Post
from firebell.domain.outbox.rules import Sequel
from firebell.domain.statuspage import subscriber_store, subscribers
from firebell.entrypoints.worker import Line
from firebell.kernel.clock import Instant, micros, plus
from firebell.kernel.secrets import Keyring
from firebell.kernel.work import Read, Runner, Work
from firebell.workflows import subscribers_told
from firebell.workflows.digest_due import DigestClock, DigestDesk
from firebell.workflows.maintenance_due import MaintenanceClock
from firebell.workflows.outbox_desks import Desk, Directions
from firebell.workflows.outbox_due import Dispatcher
from firebell.workflows.state_desk import StateDesk
from firebell.workflows.subscriber_desk import SubscriberDesk
from firebell.workflows.webhook_desk import WebhookDesk
from firebell.workflows.webhook_events import WebhookEvents

TIDY_EVERY_S = 60


def lines(runner: Runner, dispatcher: Dispatcher, base_url: str) -> tuple[Line, ...]:
    """The worker's lines for all of it, in order."""
    events, planned, tidying = WebhookEvents(runner, base_url), MaintenanceClock(runner), _Tidying(runner)
    digest = DigestClock(runner, base_url)
    return (
        Line("maintenance", planned.next_due, planned.act),
        Line("webhook events", events.next_due, events.act),
        Line("digest", digest.next_due, digest.act),
        Line("fan-out", subscriber_store.next_due, _Spreading(runner).act),
        Line("outbox", dispatcher.next_due, dispatcher.act),
        Line("outbox tidying", tidying.next_due, tidying.act),
    )


def desks(
    keyring: Keyring, base_url: str, mail_settings: Callable[[Read], Mapping[str, str]], chats: Mapping[str, Desk]
) -> Mapping[str, Desk]:
    """Who knows where posts lead, by outlet. ``chats``: the desks of connected chats, by outlet."""
    endpoints = WebhookDesk(keyring)
    subscribed = SubscriberDesk(keyring, base_url, mail_settings)
    found: dict[str, Desk] = dict.fromkeys(("webhook", "pagerduty_webhook", "teams", "chat_webhook"), endpoints)
    found |= dict.fromkeys(("subscriber_mail", "subscriber_webhook", "subscriber_chat"), subscribed)
    found["state_mail"] = StateDesk(mail_settings)
    found["digest_mail"] = DigestDesk(mail_settings)
    for name, desk in chats.items():
        found[name] = _Either(found[name], desk) if name in found else desk
    return found


class _Either:
    """Two desks for one outlet: webhook endpoints, and a connected chat."""

    def __init__(self, endpoints: Desk, chat: Desk) -> None:
        self._endpoints = endpoints
        self._chat = chat

    def directions(self, read: Read, posts: Sequence[Post]) -> Mapping[str, Directions]:
        ours = [post for post in posts if post.target_id.startswith("whk_")]
        theirs = [post for post in posts if not post.target_id.startswith("whk_")]
        return {
            **(self._endpoints.directions(read, ours) if ours else {}),
            **(self._chat.directions(read, theirs) if theirs else {}),
        }

    def told(self, work: Work, post: Post, outcome: Outcome, sequel: Sequel) -> None:
        desk = self._endpoints if post.target_id.startswith("whk_") else self._chat
        desk.told(work, post, outcome, sequel)


class _Spreading:
    """Five hundred subscribers at a time, so that no unit is long."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def act(self) -> bool:
        due = self._runner.read(subscriber_store.next_due, lane="engine")
        if due is None or micros(due) > micros(self._runner.clock.now()):
            return False
        return self._runner.run(subscribers_told.spread, lane="engine")


class _Tidying:
    """What is over is forgotten, a little every minute."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._at: Instant | None = None

    def next_due(self, read: Read) -> Instant | None:
        return self._at or read.now

    def act(self) -> bool:
        now = self._runner.clock.now()
        if self._at is not None and now < self._at:
            return False
        self._at = plus(now, TIDY_EVERY_S)
        self._runner.run(outbox.tidy, lane="engine")
        self._runner.run(subscribers.tidy, lane="engine")
        return False
