"""Who would be paged now: a ladder's rungs with the people who stand on them at this moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from firebell.domain.escalation.model import Climb, Target, TargetKind
from firebell.domain.services.model import SEVERITIES
from firebell.entrypoints.web import moments
from firebell.entrypoints.web.names import Names, look_up
from firebell.kernel.work import Read
from firebell.workflows import audience

Person = tuple[str, str, str]
"""What ``ui.paged_now`` takes: name, why, link."""

_PLACES = {TargetKind.USER: "/people/", TargetKind.SCHEDULE: "/on-call/", TargetKind.TEAM: "/teams/"}
_PROBLEMS = {
    "gap": "nobody is on call in", "empty_team": "nobody is in", "deleted_schedule": "deleted:",
    "no_verified_method": "cannot be paged, no verified contact method:", "disabled_user": "switched off:",
    "deleted": "deleted:", "away": "away:",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rung:
    """``waits``: by severity, in words. ``problems``: why a target yields nobody."""

    n: int
    targets: Sequence[tuple[str, str]]
    people: Sequence[Person]
    problems: Sequence[str]
    waits: Sequence[tuple[str, str]]
    last: bool


def rungs(read: Read, ladder: Climb) -> list[Rung]:
    """Every step of ``ladder`` with who would be told if it were its turn now."""
    names = look_up(read, [target.id for step in ladder.steps for target in step.notify])
    found = []
    for index, step in enumerate(ladder.steps):
        people, problems = told(read, step.notify, names)
        found.append(
            Rung(
                index + 1, targets(step.notify, names), people, problems,
                [(severity, moments.span(step.wait.seconds(severity))) for severity in SEVERITIES],
                index + 1 == len(ladder.steps),
            )
        )  # fmt: skip
    return found


def told(read: Read, notify: Sequence[Target], names: Names | None = None) -> tuple[list[Person], list[str]]:
    """The people these targets mean now, and a sentence for each target that means nobody."""
    if names is None:
        names = look_up(read, [target.id for target in notify])
    found = audience.resolve(read, notify)
    people = [
        (one.person.user.display_name or one.person.user.name, one.why, f"/people/{one.user_id}")
        for one in found.people
        if not one.shadow
    ]
    problems = []
    for reason in found.reasons:
        kind, _, what = reason.partition(": ")
        problems.append(f"{_PROBLEMS.get(kind, kind.replace('_', ' ') + ':')} {names.of(what) or what}")
    return people, problems


def targets(notify: Sequence[Target], names: Names) -> list[tuple[str, str]]:
    """Targets as (name, link)."""
    return [(names.of(target.id), _PLACES[target.kind] + target.id) for target in notify]
