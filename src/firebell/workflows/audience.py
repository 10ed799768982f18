"""Whom a step tells right now: targets become people, each with the reason they were chosen, or a reason why not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from firebell.domain.escalation.model import Target, TargetKind
from firebell.domain.oncall import queries as oncall
from firebell.domain.people import queries as people
from firebell.domain.people import rules as people_rules
from firebell.domain.people.model import Person
from firebell.kernel.errors import NotFound
from firebell.kernel.work import Read


@dataclass(frozen=True, slots=True)
class Chosen:
    """One person to tell, and why them. ``shadow``: to learn, not to answer."""

    person: Person
    why: str
    shadow: bool = False

    @property
    def user_id(self) -> str:
        return self.person.user.id


@dataclass(slots=True)
class Audience:
    """Who is told. ``reasons`` says for every target that yields nobody why (``gap: payments-primary``)."""

    people: list[Chosen] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    @property
    def reached(self) -> list[Chosen]:
        """Those who count: reachable and not shadows."""
        return [one for one in self.people if not one.shadow]


@dataclass(frozen=True, slots=True)
class _Candidate:
    user_id: str
    why: str
    shadow: bool = False


def resolve(read: Read, targets: Sequence[Target]) -> Audience:
    """Resolve targets at this instant. Every person appears once, under the first target that names them.

    Within one unit the answer for the same targets is the same; a storm asks for it hundreds of times.
    """
    key = ("audience", *targets)
    if key not in read.memo:
        read.memo[key] = _resolved(read, targets)
    found: Audience = read.memo[key]
    return found


def _resolved(read: Read, targets: Sequence[Target]) -> Audience:
    audience = Audience()
    candidates: list[_Candidate] = []
    for target in targets:
        candidates += _of_target(read, target, audience)
    found = _people(read, {c.user_id for c in candidates})
    seen: set[str] = set()
    for candidate in sorted(candidates, key=lambda c: c.shadow):
        if candidate.user_id in seen:
            continue
        person = found.get(candidate.user_id)
        problem = people_rules.reachable(person)
        if problem is not None or person is None:
            name = person.user.name if person is not None else candidate.user_id
            audience.reasons.append(f"{problem}: {name}")
            continue
        seen.add(candidate.user_id)
        audience.people.append(Chosen(person, candidate.why, candidate.shadow))
    return audience


def warm(read: Read, user_ids: Iterable[str]) -> None:
    """Look up people who will be asked for in this unit, all at once."""
    _people(read, set(user_ids))


def _people(read: Read, user_ids: set[str]) -> dict[str, Person | None]:
    missing = [user_id for user_id in user_ids if ("person", user_id) not in read.memo]
    if missing:
        found = {str(user_id): person for user_id, person in people.people(read, missing).items()}
        for user_id in missing:
            read.memo["person", user_id] = found.get(user_id)
    return {user_id: read.memo["person", user_id] for user_id in user_ids}


def _of_target(read: Read, target: Target, audience: Audience) -> list[_Candidate]:
    if target.kind is TargetKind.USER:
        return [_Candidate(target.id, "named in the policy")]
    if target.kind is TargetKind.TEAM:
        members = people.team_members(read, target.id)
        if not members:
            audience.reasons.append(f"empty_team: {target.id}")
        return [_Candidate(user_id, "member of the team") for user_id, _ in members]
    try:
        schedule = oncall.schedule(read, target.id)
    except NotFound:
        audience.reasons.append(f"deleted_schedule: {target.id}")
        return []
    answer = oncall.who_is_on(read, target.id, read.now)
    if not answer.people:
        audience.reasons.append(f"gap: {schedule.name}")
    return [
        *(
            _Candidate(one.user_id, _why(schedule.name, one.layer_name, one.override_id is not None))
            for one in answer.people
        ),
        *(_Candidate(one.user_id, f"shadow in {schedule.name}", True) for one in answer.shadows),
    ]


def _why(schedule: str, layer: str, override: bool) -> str:
    if override:
        return f"on call in {schedule} (override)"
    return f"on call in {schedule}, {layer}" if layer else f"on call in {schedule}"
