"""An incident or a maintenance as its reader meets it: what, how bad, what is affected, and what was said when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from firebell.domain.statuspage.model import PublicIncident, Snapshot
from firebell.entrypoints.public import planned as plans
from firebell.entrypoints.public import words
from firebell.entrypoints.public.planned import Planned
from firebell.entrypoints.web import moments
from firebell.kernel.clock import Instant


@dataclass(frozen=True, slots=True)
class Said:
    """One update. ``changes``: "Payments: Partial outage"."""

    status: str
    body: str
    at: Instant
    changes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Story:
    """``tone`` is the impact's colour, ``impact`` its word. ``overdue``: the promised update has not come.

    ``from_at`` / ``until_at``: a maintenance's plan, or from when to when an incident lasted.
    """

    code: str
    name: str
    tone: str
    impact: str
    status: str
    affected: Sequence[str]
    said: Sequence[Said]
    from_at: Instant
    until_at: Instant | None
    next_by: Instant | None
    overdue: bool
    backfilled: bool
    maintenance: bool
    open: bool


def story_of(snapshot: Snapshot, one: PublicIncident | Planned) -> Story:
    return _planned(snapshot, one) if isinstance(one, Planned) else _incident(snapshot, one)


def told(snapshot: Snapshot, found: Iterable[PublicIncident | Planned]) -> list[tuple[str, list[Story]]]:
    """Stories by the day they began, in the page's zone, newest first."""
    stories = sorted((story_of(snapshot, one) for one in found), key=lambda one: one.from_at, reverse=True)
    days: dict[str, list[Story]] = {}
    for story in stories:
        there = story.from_at.to_tz(snapshot.page.time_zone)
        days.setdefault(f"{moments.day(there)} {there.year}", []).append(story)
    return list(days.items())


def _incident(snapshot: Snapshot, one: PublicIncident) -> Story:
    names = {str(each.id): each.name for each in snapshot.components}
    said = [
        Said(
            words.INCIDENT[update.status], update.body, update.event_at,
            [f"{names[c.component_id]}: {words.COMPONENT[c.new]}" for c in update.changes if c.component_id in names],
        )
        for update in one.updates
    ]  # fmt: skip
    return Story(
        code=one.code, name=one.name, tone=words.TONE[one.impact], impact=_IMPACT[one.impact],
        status=words.INCIDENT[one.status], affected=[names[each] for each in one.components if each in names],
        said=said, from_at=one.started_at, until_at=one.resolved_at, next_by=one.next_update_by if one.open else None,
        overdue=one.open and one.next_update_by is not None and one.next_update_by < snapshot.taken_at,
        backfilled=one.backfilled, maintenance=False, open=one.open,
    )  # fmt: skip


def _planned(snapshot: Snapshot, one: Planned) -> Story:
    names = {str(each.id): each.name for each in snapshot.components}
    said = [
        Said(plans.STATUS_WORDS.get(each.status, each.status), each.body, each.event_at, []) for each in one.updates
    ]
    if not said:
        said = [Said(plans.STATUS_WORDS["scheduled"], one.body, one.created_at, [])] if one.body else []
    return Story(
        code=one.code, name=one.name, tone="care", impact="Maintenance",
        status=plans.STATUS_WORDS.get(one.status, one.status),
        affected=[names[each] for each in one.component_ids if each in names], said=said, from_at=one.scheduled_for,
        until_at=one.scheduled_until, next_by=None, overdue=one.active and one.scheduled_until < snapshot.taken_at,
        backfilled=False, maintenance=True, open=one.active,
    )  # fmt: skip


_IMPACT = {"none": "No impact", "minor": "Minor impact", "major": "Major impact", "critical": "Critical impact"}
