"""What only shows when the files and the house are seen together: dangling references, circles, what pruning breaks."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from firebell.domain.escalation import queries as escalation
from firebell.domain.services.rules import cycle
from firebell.kernel.work import Read
from firebell.workflows.config.current import Current
from firebell.workflows.config.parsing import Desired
from firebell.workflows.config.problems import Place, Problem, near
from firebell.workflows.config.response_specs import BUILT_IN
from firebell.workflows.config.slo_specs import BUILT_IN_RULES
from firebell.workflows.config.specs import ServiceSpec, needed

Key = tuple[str, str]


def dangling(desired: Desired, now: Current, gone: AbstractSet[Key]) -> list[Problem]:
    """References of the files to what is neither in them nor in the house."""
    known = ((set(desired.items) | set(now.items)) - gone) | BUILT_IN | BUILT_IN_RULES
    problems: list[Problem] = []
    for reference in desired.references:
        if (reference.kind, reference.name) in known:
            continue
        words = f"There is no {reference.kind} “{reference.name}”"
        pruned = " once this is pruned" if (reference.kind, reference.name) in gone else ""
        names = [name for kind, name in known if kind == reference.kind]
        hint = near(reference.name, names, otherwise="Describe it in one of the files, or make it by hand first.")
        problems.append(Problem(reference.place, f"{words}{pruned}.", hint))
    return problems


def orphaned(read: Read, desired: Desired, now: Current, gone: AbstractSet[Key]) -> list[Problem]:
    """What stays in the house, is in no file, and would lose something it needs to pruning."""
    problems: list[Problem] = []
    for key, item in now.items.items():
        if key in gone or key in desired.items:
            continue
        problems += [_lost(*lost, f"{key[0]} “{key[1]}”") for lost in sorted(needed(item) & gone)]
    users = now.names("User")
    last_resort = {("User", users.get(user, "")) for user in escalation.installation_fallback(read)}
    return problems + [_lost(*lost, "the installation's fallback") for lost in sorted(last_resort & gone)]


def _lost(kind: str, name: str, by: str) -> Problem:
    message = f"{kind} “{name}” would be pruned, and {by} still needs it."
    return Problem(Place("--prune", 0), message, f"Describe {kind} “{name}” in a file, or free it first.")


def circles(desired: Desired) -> list[Problem]:
    """Services of the files that depend on themselves through others."""
    graph = {item.name: item.spec.depends_on for item in desired.items.values() if isinstance(item.spec, ServiceSpec)}
    problems: list[Problem] = []
    told: set[str] = set()
    for name in sorted(graph):
        way = cycle(name, tuple(sorted(graph[name])), {other: tuple(sorted(graph[other])) for other in graph})
        if way and name not in told:
            told.update(way)
            place = desired.documents["Service", name].place("spec.dependsOn")
            message = f"Services depend on each other in a circle: {' → '.join(way)}."
            problems.append(Problem(place, message, "Take one of these dependencies out."))
    return problems


def unwanted(read: Read, desired: Desired, now: Current) -> frozenset[Key]:
    """What prune removes. The one who applies is spared: a file that forgot them would otherwise lock them out."""
    kinds = {kind for kind, _ in desired.items}
    spared = ("User", now.names("User").get(read.actor.id, ""))
    return frozenset(key for key in now.items if key[0] in kinds and key not in desired.items and key != spared)
