"""Who was told about an alert, when, why, by what, and what the providers said: every attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from firebell.domain.paging import queries as paging
from firebell.domain.paging.queries import LedgerLine
from firebell.domain.people import queries as people
from firebell.entrypoints.web import moments
from firebell.entrypoints.web.moments import Moment
from firebell.kernel.clock import Instant
from firebell.kernel.work import Read

REPLY_MAX = 400
OUTCOMES = {"sent": "sent", "retry": "retry", "dead": "failed"}


@dataclass(frozen=True, slots=True)
class Attempt:
    """What ``ui.ledger_row`` draws: one message, or one earlier try of it."""

    channel: str
    to: str
    state: str
    at: Moment | None
    latency: str
    provider_id: str
    reply: str
    next: str


@dataclass(frozen=True, slots=True)
class Told:
    """One person told at one rung, and every message that carried it."""

    user_id: str
    name: str
    why: str
    step: int
    loop: int
    state: str
    at: Moment | None
    shadow: bool
    attempts: Sequence[Attempt]


def told(read: Read, alert_id: str, zone: str) -> list[Told]:
    """Everybody told about an alert, in the order they were; notices without a page come last."""
    pages = paging.pages_of_alert(read, alert_id)
    lines = paging.ledger_of_alert(read, alert_id)
    persons = {str(k): v for k, v in people.people(read, {p.user_id for p in pages}).items()}
    masks = {str(m.id): m.masked for person in persons.values() for m in person.methods}
    return [
        Told(
            page.user_id,
            persons[page.user_id].user.display_name if page.user_id in persons else "somebody removed",
            page.why, page.step, page.loop, page.state, moments.moment(page.started_at, read.now, zone), page.shadow,
            [a for line in lines if line.delivery.page_id == page.id for a in attempts(line, masks, read.now, zone)],
        )
        for page in pages
    ]  # fmt: skip


def attempts(line: LedgerLine, masks: Mapping[str, str], now: Instant, zone: str) -> list[Attempt]:
    """One row per attempt, oldest first; a message that has not been tried yet is a row too."""
    d = line.delivery
    to = masks.get(d.method_id, "a removed contact method")
    found = [
        Attempt(
            d.channel, to, OUTCOMES.get(a.outcome, a.outcome),
            moments.moment(a.ended_at, now, zone), _took(a.took_ms),
            a.provider_id or "", a.reply[:REPLY_MAX], "",
        )
        for a in line.attempts
    ]  # fmt: skip
    waiting = d.state in ("queued", "sending")
    if waiting or not found:
        at = d.due_at if waiting else d.done_at or d.created_at
        state = "retry" if waiting and found else d.state
        reply = d.reply[:REPLY_MAX] if not found else ""
        found.append(Attempt(d.channel, to, state, moments.moment(at, now, zone), "", "", reply, d.next_step))
    elif d.next_step and d.state != "sent":
        last = found[-1]
        found[-1] = Attempt(
            last.channel, last.to, last.state, last.at, last.latency, last.provider_id, last.reply, d.next_step
        )
    return found


def _took(ms: int) -> str:
    if ms <= 0:
        return ""
    return f"{ms} ms" if ms < 1000 else f"{ms / 1000:.1f} s"
