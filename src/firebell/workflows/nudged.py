"""Somebody is told something that does not wake them: a notice by the method they use first."""

from __future__ import annotations

from collections.abc import Iterable

from firebell.domain.paging import commands as paging
from firebell.domain.paging.model import Delivery, MessageKind
from firebell.domain.people import queries as people
from firebell.domain.people import rules as people_rules
from firebell.domain.people.model import ContactMethod, Person
from firebell.kernel.clock import Instant
from firebell.kernel.work import Work

TITLE_MAX = 200


def nudge(
    work: Work, user_ids: Iterable[str], *, title: str, body: str, incident_id: str | None = None,
    reason: str = "a notice about an incident",
) -> list[Delivery]:  # fmt: skip
    """One notice per person, in the order given; whoever cannot be reached, or is gone, gets none.

    ``title`` is cut at 200 characters. Nothing is climbed and nothing rings: whoever must answer is paged.
    """
    wanted = list(dict.fromkeys(user_ids))
    found = people.people(work, wanted)
    told = []
    for user_id in wanted:
        person = found.get(user_id)  # type: ignore[call-overload]
        method = _first(person, work.now)
        if person is None or method is None:
            continue
        told.append(
            paging.send_text(
                work, kind=MessageKind.NOTICE, user_id=user_id, method_id=method.id, channel=method.channel,
                title=title[:TITLE_MAX], body=body, incident_id=incident_id, reason=reason,
            )
        )  # fmt: skip
    return told


def _first(person: Person | None, now: Instant) -> ContactMethod | None:
    """What a page to this person would use first, by their rules for high urgency as they are at this hour."""
    if person is None or people_rules.reachable(person) is not None:
        return None
    steps = people_rules.plan(person, "high", now).steps
    return steps[0].method if steps else None
