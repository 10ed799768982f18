"""May this ship? A pipeline asks about a service; the budgets of its objectives, its alerts and its overrides answer.

Every answer is a fact in the service's journal. When the numbers cannot be trusted because nobody has looked at them,
the service's own setting decides, and that is said, too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import structlog

from firebell.domain.incidents import queries as incidents
from firebell.domain.people import queries as people
from firebell.domain.people import tokens
from firebell.domain.postmortems import queries as postmortems
from firebell.domain.services import queries as services
from firebell.domain.services.model import Service
from firebell.domain.slo import consequences, gate, gate_store, gating, policy_queries, queries
from firebell.domain.slo.burn import Standing, StreamState
from firebell.domain.slo.gate import SPARED, Answer, Change, Decision
from firebell.domain.slo.model import Stream
from firebell.domain.slo.policy import Consequence, Policy, Subject, at_the_gate
from firebell.domain.slo.records import ObjectiveState, OverrideRecord, PolicyRecord, SloRecord
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant, micros
from firebell.kernel.errors import NotFound, Refused, Unavailable
from firebell.kernel.text import printable
from firebell.kernel.work import Read, Work
from firebell.workflows.budget_composites import WHOLE

log = structlog.get_logger()
INCIDENT_MAX = 40
LOOKED_WITHIN_S = 900
"""Numbers that nobody has looked at for longer are no ground for an answer."""


class _BlindError(Exception):
    """The objectives have not been evaluated for too long."""


@dataclass(frozen=True, slots=True)
class Given:
    """The answer, and what it rests on. ``policy_version``: the newest of the policies that took part."""

    service: Service
    answer: Answer
    policy_version: int | None
    overrides: tuple[OverrideRecord, ...] = ()


def ask(work: Work, service: Service, *, change: Change = Change.DEPLOY, sha: str = "", incident: str = "") -> Given:
    """The gate's answer, recorded. ``incident``: what a fix or a rollback mends, by number or id."""
    given = look(work, service, change=change, sha=sha, incident=incident)
    gating.note_answered(
        work, service.id, given.answer, overrides=given.overrides, change=change, sha=sha,
        incident_id=_as_known(work, incident),
    )  # fmt: skip
    return given


def look(read: Read, service: Service, *, change: Change = Change.DEPLOY, sha: str = "", incident: str = "") -> Given:
    """The same answer for a page; nobody has asked, and nothing is recorded."""
    read.needs(Permission.SLOS_VIEW, service.team_id)
    try:
        return _answered(read, service, change, sha, incident)
    except (Refused, Unavailable):
        raise
    except _BlindError as blind:
        why = str(blind)
    except (ValueError, LookupError, ArithmeticError, AssertionError) as error:
        log.exception("gate_failed", service=service.name)
        why = f"a fault of the server ({type(error).__name__})."
    return Given(service, gate.failed(policy_queries.on_error(read, service.id), why, read.now), None)


def override(
    work: Work, service: Service, *, reason: str, until: Instant, change: str = "", sha: str = ""
) -> OverrideRecord:
    """A person lets something through in spite of the budget, for at most as long as the service's policies allow."""
    policies = [
        found.policy for one in queries.by_service(work, service.id)
        if (found := policy_queries.policy_for(work, one)) is not None
    ]  # fmt: skip
    return gating.override(
        work, service.id, service.team_id, policies=policies, change=change, sha=sha, reason=reason, until=until,
        person_id=_person(work),
    )  # fmt: skip


def revoke(work: Work, override_id: str) -> OverrideRecord:
    """It no longer holds."""
    found = gate_store.get(work, override_id)
    team_id = None
    if found is not None:
        team_id = services.service(work, found.override.service, deleted=True).team_id
    return gating.revoke(work, override_id, team_id, person_id=_person(work))


def _person(read: Read) -> str | None:
    """Whose personal token this is; nobody's when it is not one."""
    return tokens.owner(read, read.actor.id) if read.actor.kind == "token" else None


def service_names(read: Read, service_ids: Collection[str]) -> dict[str, str]:
    """What they are called, deleted ones included."""
    return services.display_names(read, service_ids)


def _answered(read: Read, service: Service, change: Change, sha: str, incident: str) -> Given:
    # Also those of other teams: whoever may ask is told what their budgets say, or the answer would be wrong.
    records = [one for one in queries.every(read) if one.service_id == service.id]
    states = queries.states(read, [one.id for one in records])
    _looked_at(read, records)
    standings: list[gate.Standing] = []
    versions: list[int] = []
    for record in records:
        policy = policy_queries.policy_for(read, record)
        if policy is not None:
            versions.append(policy.policy.version)
        standings += _standings(record, states, policy, _asked(read, service, record, policy))
    overrides = _named(read, gate_store.listed(read, service.id, live_at=read.now))
    answer = gate.answer(
        service.id, standings, read.now, change=change, sha=sha, incident_open=_mends(read, service, incident),
        overrides=[one.override for one in overrides],
    )  # fmt: skip
    answer = replace(answer, reasons=tuple(replace(one, words=one.words.replace(service.id, service.name))
                                           for one in answer.reasons))  # fmt: skip
    return Given(service, answer, max(versions, default=None), tuple(overrides))


def _standings(
    record: SloRecord,
    states: Mapping[tuple[str, int], ObjectiveState],
    policy: PolicyRecord | None,
    asked: Callable[[int], tuple[Decision, str] | None],
) -> list[gate.Standing]:
    numbers = [*range(len(record.slo.objectives)), *([WHOLE] if (record.id, WHOLE) in states else [])]
    found = []
    for number in numbers:
        state = states.get((record.id, number))
        name = record.name
        if number >= 0 and len(record.slo.objectives) > 1:
            name = f"{record.name} ({record.slo.objectives[number].name or number + 1})"
        if state is None:
            state = ObjectiveState(record.id, number)
        page = state.streams.get(Stream.PAGE, StreamState())
        more = asked(number)
        found.append(
            gate.Standing(
                name=name, state=state.state, remaining=state.remaining, coverage=Fraction(state.coverage),
                page_open=page.standing is Standing.OPEN,
                approved=None if policy is None else policy.policy.approved,
                policy_version=None if policy is None else policy.policy.version,
                spared=SPARED if policy is None else spared(policy.policy),
                asked=None if more is None else more[0], asked_why="" if more is None else more[1],
            )
        )  # fmt: skip
    return found


def _asked(
    read: Read, service: Service, record: SloRecord, policy: PolicyRecord | None
) -> Callable[[int], tuple[Decision, str] | None]:
    """What the policy asks of the gate beyond the budget's states, by objective."""

    def look(number: int) -> tuple[Decision, str] | None:
        if policy is None:
            return None
        held = {one.threshold for one in consequences.held(read, str(record.id), number, policy.id)}
        late = len(postmortems.overdue_prevent(read, [service.id]).get(service.id, ()))
        for threshold, asks in at_the_gate(policy.policy, held, late):
            decision = Decision.BLOCK if asks is Consequence.GATE_BLOCK else Decision.WARN
            return decision, str(threshold) + (f" ({late})" if threshold.subject is Subject.OVERDUE else "")
        return None

    return look


def spared(policy: Policy) -> frozenset[str]:
    """Kinds of change that its blocks let through; what is usual where it says nothing about them."""
    blocks = [one for one in policy.thresholds if Consequence.GATE_BLOCK in one.consequences]
    said = frozenset().union(*(one.spared for one in blocks)) if blocks else frozenset()
    return said or frozenset(SPARED)


def _looked_at(read: Read, records: Sequence[SloRecord]) -> None:
    """Raises :class:`_BlindError` when the worker has not been at them for a quarter of an hour."""
    clocks = queries.clocks(read, [one.id for one in records])
    now = micros(read.now)
    for record in records:
        clock = clocks.get(record.id)
        since = micros(record.created_at)
        if clock is not None and clock.settled_end is not None:
            since = max(since, clock.settled_end * 1_000_000)
        if now - since > LOOKED_WITHIN_S * 1_000_000:
            raise _BlindError(f"{record.name} has not been evaluated for {(now - since) // 60_000_000} min.")


def _mends(read: Read, service: Service, incident: str) -> bool:
    """Whether that is an open incident of the service. One that may not be seen is none."""
    if not incident.strip():
        return False
    try:
        found = incidents.incident(read, incident)
    except (NotFound, Refused):
        return False
    return found.active and service.id in found.service_ids


def _as_known(read: Read, incident: str) -> str:
    """How the journal names it: by its id, by which it hides what is about a private incident; as it was typed where
    the asker knows of no such incident."""
    if not incident.strip():
        return ""
    try:
        return incidents.incident(read, incident).id
    except (NotFound, Refused):
        return printable(incident, one_line=True)[:INCIDENT_MAX]


def _named(read: Read, records: Sequence[OverrideRecord]) -> list[OverrideRecord]:
    """The overrides with people's names instead of their ids: the answer is read by people."""
    known = people.people(read, {one.override.by for one in records})
    names = {str(key): one.user.display_name or one.user.name for key, one in known.items()}
    return [
        replace(one, override=replace(one.override, by=names.get(one.override.by, one.override.by))) for one in records
    ]
