"""What an error budget policy asks for when a threshold is crossed: once each time, and never to punish anybody.

The gate looks at budgets by itself (workflows/gate_asked.py); what it will say is only announced here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from firebell.domain.incidents import queries as incidents
from firebell.domain.people import queries as people
from firebell.domain.slo import consequences, policy
from firebell.domain.slo.consequences import Held
from firebell.domain.slo.exact import percent
from firebell.domain.slo.policy import Consequence, Due, Subject
from firebell.domain.slo.records import PolicyRecord, SloRecord
from firebell.kernel.work import Read, Work
from firebell.workflows import nudged

SLACK = Fraction(1, 20)
"""A crossing of what remains is over once it has risen by so much again: a rolling window must not announce hourly."""
Required = Callable[[Work, str, bool, str], None]
"""(work, incident id, whether a P0 item is needed, why): a postmortem has to be written."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One objective as its policy sees it. Shares are charged ones; ``incidents`` by id, ``classes`` by name."""

    record: SloRecord
    objective: int
    remaining: Fraction | None
    incidents: Mapping[str, Fraction] = field(default_factory=dict)
    classes: Mapping[str, Fraction] = field(default_factory=dict)


def apply(work: Work, found: PolicyRecord, at: Standing, require: Required, subjects: Iterable[Subject]) -> list[Due]:
    """Carry out what holds now and did not before; forget what holds no more. ``subjects``: which thresholds are
    looked at now. Returns what was carried out."""
    wanted = set(subjects)
    standing = consequences.held(work, at.record.id, at.objective, found.id)
    known = {(one.threshold, one.about) for one in standing}
    holding = [
        one
        for one in policy.due(found.policy, remaining=at.remaining, incidents=at.incidents, classes=at.classes)
        if one.threshold.subject in wanted
    ]
    done = []
    for one in holding:
        if one.threshold.subject is Subject.INCIDENT:
            # Again and again: while people are at work on the incident there is nothing to open yet.
            _require(work, found, at, one, require)
        if (str(one.threshold), one.about) in known:
            continue
        said = ", ".join(one.threshold.consequences)
        consequences.hold(
            work, at.record, at.objective, found.id, edition=found.policy.version, threshold=str(one.threshold),
            about=one.about, value=one.value, consequences=[str(each) for each in one.threshold.consequences],
        )  # fmt: skip
        _carry_out(work, found, at, one, said)
        done.append(one)
    still = {(str(one.threshold), one.about) for one in holding}
    gone = [one for one in standing if (one.threshold, one.about) not in still and _over(found, one, at, wanted)]
    consequences.release(work, at.record.id, at.objective, found.id, gone)
    return done


def sides(found: PolicyRecord, remaining: Fraction) -> tuple[object, ...]:
    """On which side of each threshold ``remaining`` lies: while this stays the same there is nothing to apply."""
    return found.policy.version, tuple(
        (one.holds(remaining), remaining >= one.value + SLACK)
        for one in found.policy.thresholds
        if one.subject is Subject.REMAINING
    )


def _over(found: PolicyRecord, one: Held, at: Standing, wanted: set[Subject]) -> bool:
    threshold = next((each for each in found.policy.thresholds if str(each) == one.threshold), None)
    if threshold is None:
        return True
    if threshold.subject not in wanted:
        return False
    if threshold.subject is not Subject.REMAINING:
        return True
    return at.remaining is not None and at.remaining >= threshold.value + SLACK


def _carry_out(work: Work, found: PolicyRecord, at: Standing, one: Due, said: str) -> None:
    asks = set(one.threshold.consequences)
    what = _words(work, found, at, one)
    # That there is a private incident is told to nobody outside it, nor what it spent.
    circle = incidents.circle(work, one.about) if one.threshold.subject is Subject.INCIDENT else None
    if Consequence.NOTIFY_TEAM in asks:
        _tell(work, _inside(circle, _team(work, found, at)), at, what, said)
    owners = {Consequence.NOTIFY_OWNERS, Consequence.P0_NEXT_QUARTER, Consequence.MARK_SYSTEMIC}
    if asks & owners:
        _tell(work, _inside(circle, _owners(work, found, at)), at, what, said)


def _inside(circle: frozenset[str] | None, user_ids: Iterable[str]) -> list[str]:
    return [one for one in user_ids if circle is None or f"user:{one}" in circle]


def _require(work: Work, found: PolicyRecord, at: Standing, one: Due, require: Required) -> None:
    asks = set(one.threshold.consequences)
    if asks & {Consequence.REQUIRE_POSTMORTEM, Consequence.REQUIRE_P0_ACTION}:
        spent = f"It spent {percent(one.value, 1)} of the error budget of {at.record.name}"
        why = f"{spent} ({found.name}: {one.threshold})."
        require(work, one.about, Consequence.REQUIRE_P0_ACTION in asks, why)


def _words(read: Read, found: PolicyRecord, at: Standing, one: Due) -> str:
    match one.threshold.subject:
        case Subject.REMAINING:
            return f"{percent(one.value, 1)} of the error budget of {at.record.name} is left."
        case Subject.INCIDENT:
            # It is read on a locked screen, too.
            incident = incidents.find(read, one.about)
            name = "An incident" if incident is None or incident.private else incident.reference
            return f"{name} spent {percent(one.value, 1)} of the error budget of {at.record.name}."
        case _:
            return (
                f"Incidents of the class “{one.about}” spent {percent(one.value, 1)} of a quarter's error budget of "
                f"{at.record.name}: it is systemic until somebody says otherwise."
            )


def _tell(work: Work, user_ids: Iterable[str], at: Standing, what: str, said: str) -> None:
    body = f"{what} The error budget policy asks for: {said}. It punishes nobody."
    nudged.nudge(work, user_ids, title=f"Error budget of {at.record.name}", body=body, reason="an error budget policy")


def _team(read: Read, found: PolicyRecord, at: Standing) -> list[str]:
    team_id = at.record.team_id or found.team_id
    members = [str(user_id) for user_id, _ in people.team_members(read, team_id)] if team_id else []
    return members or [str(one) for one in people.admins(read)]


def _owners(read: Read, found: PolicyRecord, at: Standing) -> list[str]:
    team_id = found.team_id or at.record.team_id
    owners = [str(one) for one in people.team_owners(read, team_id)] if team_id else []
    signed = [one.user_id for one in found.policy.approvals if one.user_id]
    return list(dict.fromkeys([*owners, *signed])) or [str(one) for one in people.admins(read)]
