"""Who plays in these stories, and small things that they say again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from firebell.domain.escalation.model import Run
from firebell.domain.escalation.store import get_run
from firebell.domain.paging import store as paging_rows
from firebell.domain.paging.model import Delivery, Message, Outcome, OutcomeKind
from firebell.kernel.clock import Instant, seconds_between
from tests.story import Story

MONDAY = "2026-01-05"
WATCHMEN = ("status pages", "outbox tidying", "laws", "heartbeat", "tidying")


def without_watchmen(story: Story) -> Story:
    """The worker does not look around every 15 s: long stories are quick, and ask for the laws themselves."""
    worker = story.house.worker
    worker.lines = tuple(line for line in worker.lines if line.name not in WATCHMEN)
    return story


def weekly(*participants: str, name: str = "base", **more: Any) -> dict[str, Any]:
    """A layer that hands over on Mondays at 09:00."""
    turns = [[one] for one in participants]
    return {
        "name": name,
        "rotation": {"every": "1w", "handoff": "Mon 09:00", "start": MONDAY, "participants": turns},
        **more,
    }


def ladder_of_three(story: Story, *, repeat: int = 1, severity: str = "SEV1", **policy: Any) -> Story:
    """``first`` (always primary), then secondary, then lead, who is the fallback as well."""
    without_watchmen(story)
    for name in ("primary", "secondary", "lead"):
        if name not in story.users:
            story.person(name)
    story.schedule("first", layers=[weekly("primary")])
    story.policy(
        "ladder", ("first", 300), ("secondary", 600), ("lead", 600), fallback=("lead",), repeat=repeat, **policy
    )
    story.service("checkout", policy="ladder", severity=severity)
    return story


def alone(story: Story, name: str = "ann", *, ack_timeout_s: int | None = 1800, **person: Any) -> Story:
    """One person who is paged by one long step."""
    without_watchmen(story)
    story.person(name, **person)
    story.policy("only", (name, 7200), fallback=(name,), repeat=0, ack_timeout_s=ack_timeout_s)
    story.service("checkout", policy="only")
    return story


def minutes(story: Story, since: str = "2026-01-05T09:00:00Z") -> list[tuple[str, float]]:
    """(person, minutes after the beginning) of every page that arrived."""
    begin = Instant.parse_iso(since)
    return [(s.to.partition(":")[2], round(seconds_between(begin, s.at) / 60, 2)) for s in story.messages()]


def tries(story: Story, begin: Instant | None = None) -> list[tuple[str, str, float, str]]:
    """(person, channel, seconds after the beginning, outcome) of everything a carrier was given."""
    begin = begin or Instant.parse_iso("2026-01-05T09:00:00Z")
    return [(s.to.partition(":")[2], s.channel, seconds_between(begin, s.at), s.outcome) for s in story.sent]


def data(story: Story, kind: str, what: str | None = None) -> list[dict[str, Any]]:
    """The facts of one kind about an alert."""
    alert_id = story._id(what)
    return [dict(e.data) for e in story.house.runner.read(lambda read: read.history(alert_id)) if e.kind == kind]


def run_of(story: Story, what: str | None = None) -> Run:
    alert = story.alert(what)
    found = story.house.runner.read(lambda read: get_run(read, alert.run_id or ""))
    assert found is not None
    return found


def ledger(story: Story, what: str | None = None) -> list[Delivery]:
    alert_id = story._id(what)
    return story.house.runner.read(lambda read: paging_rows.deliveries_of_alerts(read, [alert_id]))


def always(kind: OutcomeKind, **more: Any) -> Callable[[Message], Outcome | None]:
    """A carrier's script: the same answer to everything."""
    return lambda message: Outcome(kind, "scripted", **more)


def dead() -> Callable[[Message], Outcome | None]:
    return always(OutcomeKind.DEAD)


def down() -> Callable[[Message], Outcome | None]:
    return always(OutcomeKind.RETRY)
