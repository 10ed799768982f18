"""The hand-off brief: everything the next commander must know, read and ticked before command is accepted.

Built from the incident and from what was said about it; nobody writes it at four in the morning (incidents.md 3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from firebell.domain.incidents import severity, verification
from firebell.domain.incidents.decisions import in_force
from firebell.domain.incidents.integrity import is_live
from firebell.domain.incidents.metrics import engaged_s
from firebell.domain.incidents.model import (
    Criterion,
    Decision,
    DecisionState,
    Hypothesis,
    Incident,
    OfferState,
    Override,
    Phase,
    RoleName,
    Severity,
    SizeUp,
    Task,
    TaskState,
)
from firebell.domain.incidents.outcome import Asking
from firebell.kernel.clock import Instant, seconds_between


@dataclass(frozen=True, slots=True)
class LastWord:
    """The last update to an audience. ``promise_due_at``: by when the next was promised (``None``: it was final)."""

    audience: str
    text: str
    sent_at: Instant
    by: str
    promise_due_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """An open task. ``left_s`` is negative when its box is over."""

    task: Task
    left_s: int

    @property
    def overdue(self) -> bool:
        return self.left_s < 0


@dataclass(frozen=True, slots=True)
class Here:
    """Somebody engaged: their roles now, and seconds engaged altogether."""

    user_id: str
    roles: tuple[str, ...]
    engaged_s: int


@dataclass(frozen=True, slots=True)
class Brief:
    """``minutes``: in each severity (``None``: unset). ``running``: overdue first, then the least time left.
    ``next_commander_id``: whoever is offered command, else the deputy. ``note`` is the giver's own."""

    reference: str
    name: str
    severity: Severity | None
    peak: Severity | None
    minutes: Mapping[Severity | None, int]
    phase: Phase
    summary: str
    impact: str
    commander_id: str | None
    next_commander_id: str | None
    size_up: SizeUp | None
    hypotheses: tuple[Hypothesis, ...]
    eliminated: tuple[Hypothesis, ...]
    decisions: tuple[Decision, ...]
    proposals: tuple[Decision, ...]
    running: tuple[Running, ...]
    engaged: tuple[Here, ...]
    last_internal: LastWord | None
    last_public: LastWord | None
    stakeholders: tuple[str, ...]
    channels: tuple[str, ...]
    overrides: tuple[Override, ...]
    criteria: tuple[Criterion, ...]
    remaining: verification.Remaining
    open_requests: int
    note: str
    made_at: Instant


def brief(
    incident: Incident,
    asking: Asking,
    *,
    last_internal: LastWord | None = None,
    last_public: LastWord | None = None,
    stakeholders: Sequence[str] = (),
    channels: Sequence[str] = (),
    note: str | None = None,
) -> Brief:
    """The brief as of ``asking.now``. ``stakeholders``: who was told; ``channels``: bridges and chats besides the
    command post; ``note``: the giver's, by default that of the open offer."""
    offer = next((one for one in incident.offers if one.state is OfferState.OPEN), None)
    deputies = incident.holders(RoleName.DEPUTY)
    posts = (incident.command_post,) if incident.command_post else ()
    return Brief(
        reference=incident.reference,
        name=incident.name,
        severity=incident.severity,
        peak=incident.peak,
        minutes=severity.minutes_in_each(incident, asking.now),
        phase=incident.phase,
        summary=incident.summary,
        impact=incident.impact,
        commander_id=incident.commander_id,
        next_commander_id=offer.to_id if offer is not None else next(iter(deputies), None),
        size_up=incident.size_ups[-1] if incident.size_ups else None,
        hypotheses=tuple(one for one in incident.hypotheses if one.eliminated_at is None),
        eliminated=tuple(one for one in incident.hypotheses if one.eliminated_at is not None),
        decisions=in_force(incident),
        proposals=tuple(one for one in incident.decisions if one.state is DecisionState.PROPOSED),
        running=running(incident, asking.now),
        engaged=engaged(incident, asking.now),
        last_internal=last_internal,
        last_public=last_public,
        stakeholders=tuple(stakeholders),
        channels=(*posts, *(one for one in channels if one not in posts)),
        overrides=tuple(one for one in incident.overrides if is_live(one, asking.now)),
        criteria=incident.criteria,
        remaining=verification.remaining(incident, asking),
        open_requests=sum(one.state in ("open", "later") for one in incident.requests),
        note=note if note is not None else offer.note if offer is not None else "",
        made_at=asking.now,
    )


def running(incident: Incident, now: Instant) -> tuple[Running, ...]:
    """Open tasks with the time left in their boxes, overdue ones first."""
    found = [
        Running(one, int(seconds_between(now, one.due_at) // 1))
        for one in incident.tasks
        if one.state is TaskState.OPEN
    ]
    return tuple(sorted(found, key=lambda one: one.left_s))


def engaged(incident: Incident, now: Instant) -> tuple[Here, ...]:
    """Who is engaged now, in which roles, for how long."""
    seconds = engaged_s(incident, now)
    roles: dict[str, list[str]] = {user_id: [] for user_id in incident.engaged_ids}
    for one in incident.engagements:
        if one.until_at is None:
            roles[one.user_id].append(one.role)
    return tuple(Here(user_id, tuple(held), seconds.get(user_id, 0)) for user_id, held in roles.items())
