"""Where messages to status page subscribers lead, what stands in them, and what follows when they do not arrive.

Links are made here, at the last moment: nothing that is stored opens a subscription.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from firebell.domain.outbox.model import Outcome, OutcomeKind, Post
from firebell.domain.outbox.rules import Sequel
from firebell.domain.people import queries as people
from firebell.domain.statuspage import queries as pages
from firebell.domain.statuspage import subscriber_queries as queries
from firebell.domain.statuspage import subscribers
from firebell.domain.statuspage.model import Access, StatusPage
from firebell.domain.statuspage.subscriber_model import Fanout, Subscriber, SubscriberKind, SubscriberState
from firebell.domain.statuspage.subscriber_store import by_ids, fanouts_by_ids
from firebell.kernel.clock import Instant
from firebell.kernel.secrets import Keyring, Unsealable
from firebell.kernel.work import Read, Work
from firebell.workflows.nudged import nudge
from firebell.workflows.outbox_desks import Directions

_WANTED = {"ask": SubscriberState.PENDING, "known": SubscriberState.CONFIRMED, "fanout": SubscriberState.CONFIRMED}


def home_of(page: StatusPage, base_url: str) -> str:
    """Where a page's public side is, without a slash at the end."""
    return f"https://{page.domain}" if page.domain else f"{base_url}/status/{page.slug}"


class SubscriberDesk:
    """Desk of ``subscriber_mail``, ``subscriber_webhook`` and ``subscriber_chat``.

    ``mail_settings``: the mail server's values as used.
    """

    def __init__(self, keyring: Keyring, base_url: str, mail_settings: Callable[[Read], Mapping[str, str]]) -> None:
        self._keyring = keyring
        self._base_url = base_url
        self._mail_settings = mail_settings

    def directions(self, read: Read, posts: Sequence[Post]) -> Mapping[str, Directions]:
        there = by_ids(read, {post.target_id for post in posts})
        spread = fanouts_by_ids(read, {post.payload["fanout"] for post in posts if "fanout" in post.payload})
        every = {str(page.id): page for page in pages.addresses(read)}
        mail = {f"smtp_{name}": value for name, value in self._mail_settings(read).items()}
        found: dict[str, Directions] = {}
        for post in posts:
            one = there.get(post.target_id)
            page = every.get(one.page_id) if one else None
            what = next((name for name in _WANTED if name in post.payload), None)
            if one is None or page is None or what is None or one.state is not _WANTED[what]:
                continue
            try:
                target = queries.opened(self._keyring, one)
            except Unsealable:
                continue
            said = self._said(one, page, spread.get(post.payload.get("fanout", "")), what)
            # Anybody can type an address into the form of a public page, so it leads nowhere inside.
            stranger = {"outward": "yes"} if page.access is Access.PUBLIC else {}
            found[post.id] = Directions({**mail, **target} if "to" in target else {**target, **stranger}, said)
        return found

    def told(self, work: Work, post: Post, outcome: Outcome, sequel: Sequel) -> None:
        if outcome.kind is OutcomeKind.SENT:
            subscribers.note_delivered(work, post.target_id)
            if "ask" in post.payload and post.outlet != "subscriber_mail":
                # Whoever answers a signed ping wants to hear from us.
                subscribers.confirm(work, post.target_id, "ping")
            return
        ended = subscribers.note_failed(
            work, post.target_id, outcome.reply, gone=outcome.kind is OutcomeKind.GONE,
            refused=outcome.kind is OutcomeKind.DEAD,
        )  # fmt: skip
        if ended is not None and ended.kind is not SubscriberKind.EMAIL and ended.confirmed_at is not None:
            self._tell_owners(work, ended)

    def _tell_owners(self, work: Work, ended: Subscriber) -> None:
        page = next((one for one in pages.addresses(work) if one.id == ended.page_id), None)
        owners = people.team_owners(work, page.team_id) if page and page.team_id else []
        name = page.name if page else "a status page"
        nudge(
            work, owners or people.admins(work), title=f"A subscriber of {name} was switched off",
            body=f"{ended.shown} is not told any more: {ended.ended_why}.", incident_id="",
        )  # fmt: skip

    # ---- what stands in the messages

    def _said(self, one: Subscriber, page: StatusPage, fanout: Fanout | None, what: str) -> dict[str, Any] | None:
        home = home_of(page, self._base_url)
        links = {
            f"{purpose}_url": f"{home}/{purpose}/{queries.link_of(self._keyring, purpose, one)}"
            for purpose in ("unsubscribe", "manage")
        }
        if fanout is not None:
            return _message(one, page, fanout, home, links)
        if what == "known":
            return _mail(page, "You are subscribed already", [], links | {
                "body": f"Somebody, probably you, asked for messages about {page.name}. You get them already.",
                "key": f"{one.id}.known.{one.asked_at.timestamp()}",
            })  # fmt: skip
        if one.kind is SubscriberKind.EMAIL:
            confirm = f"{home}/confirm/{queries.link_of(self._keyring, 'confirm', one)}"
            return _mail(page, f"Confirm: messages about {page.name}", [{"title": "Confirm", "url": confirm}], {
                "body": f"Somebody, probably you, asked for messages about {page.name} to this address.\n\n"
                "Open the link within two days to get them. If it was not you, do nothing: you will not hear from us "
                "again.",
                "key": f"{one.id}.ask.{one.asked_at.timestamp()}",
            })  # fmt: skip
        if one.kind is SubscriberKind.CHAT:
            text = f"This channel now hears about {page.name}."
            return {"title": page.name, "text": text, "links": _chat_links(home, links)}
        ping = {"page": _page(page, home), **links}
        return {"type": "status.ping", "timestamp": one.asked_at.format_iso(), "data": ping}


def _message(one: Subscriber, page: StatusPage, fanout: Fanout, home: str, links: Mapping[str, str]) -> dict[str, Any]:
    said = fanout.message
    url = f"{home}{said.get('path', '')}"
    if one.kind is SubscriberKind.WEBHOOK:
        event = said["event"]
        data = {"page": _page(page, home), **event["data"], "url": url, **links}
        return {"type": event["type"], "timestamp": fanout.created_at.format_iso(), "data": data}
    lines = [*_when(said, page), *said.get("lines", ())]
    if one.kind is SubscriberKind.CHAT:
        text = "\n".join([str(said["body"]), *lines]).strip()
        return {"title": f"{page.name}: {said['subject']}", "text": text, "links": [
            {"title": "Open", "url": url}, {"title": "Unsubscribe", "url": links["unsubscribe_url"]}]}  # fmt: skip
    return _mail(page, f"[{page.name}] {said['subject']}", [{"title": "Open the status page", "url": url}], {
        **links, "heading": said["heading"], "body": said["body"], "lines": lines, "thread": f"{said['thread']}",
        "key": f"{fanout.key}.{one.id}",
    })  # fmt: skip


def _mail(page: StatusPage, subject: str, links: list[dict[str, str]], more: Mapping[str, Any]) -> dict[str, Any]:
    why = f"You get this because you subscribed to {page.name}." if "unsubscribe_url" in more else ""
    return {"subject": subject, "heading": subject, "links": links, "page": page.name, "footer": why, **more}


def _when(said: Mapping[str, Any], page: StatusPage) -> list[str]:
    """A maintenance's plan in the page's own time zone."""
    if "from" not in said:
        return []
    ends = [Instant.parse_iso(said[name]).to_tz(page.time_zone) for name in ("from", "until")]
    words = [f"{end.date()} {end.hour:02}:{end.minute:02}" for end in ends]
    return [f"From {words[0]} to {words[1]} ({page.time_zone})"]


def _page(page: StatusPage, home: str) -> dict[str, str]:
    return {"id": page.code, "name": page.name, "url": home}


def _chat_links(home: str, links: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"title": "Status page", "url": home}, {"title": "Unsubscribe", "url": links["unsubscribe_url"]}]
