"""Make the house what the files say, in one transaction; or find out what that would do and undo it all.

A plan *is* an application that is rolled back, so that the two cannot disagree.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from firebell.domain.oncall import queries as oncall
from firebell.domain.people import queries as users
from firebell.domain.people.methods import Sealer
from firebell.domain.services.rules import cycle
from firebell.kernel.actor import Actor, Permission, Role
from firebell.kernel.errors import Conflict, Invalid, NotFound
from firebell.kernel.journal import Fact
from firebell.kernel.secrets import Keyring
from firebell.kernel.work import Runner, Work
from firebell.workflows.config.channels import ChannelDeclaration
from firebell.workflows.config.current import Current, current
from firebell.workflows.config.differing import Coming, Line, coming, lines
from firebell.workflows.config.making import Making
from firebell.workflows.config.parsing import Desired, parse
from firebell.workflows.config.problems import BadConfig, Place, Problem, near
from firebell.workflows.config.reading import File
from firebell.workflows.config.settling import completed, spoken_of
from firebell.workflows.config.specs import KINDS, Item, ServiceSpec, UserSpec, needed

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Means:
    """What configuration needs from the floors above: channels, slugs of sources, and the means to seal."""

    channels: Mapping[str, ChannelDeclaration]
    sources: Collection[str]
    keyring: Keyring
    sealer: Sealer


@dataclass(frozen=True, slots=True)
class Change:
    """``verb`` is ``created``, ``changed`` or ``removed``. ``place`` is where the object stands in the files."""

    verb: str
    kind: str
    name: str
    lines: tuple[Line, ...] = ()
    place: Place | None = None
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class NewKey:
    """An integration key that was generated."""

    service: str
    integration: str
    key: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens, or has happened. ``left_alone`` are managed objects that no file describes any more.

    ``new_keys`` is filled only when applied (a planned key is thrown away).
    """

    changes: tuple[Change, ...]
    coming: tuple[Coming, ...] = ()
    left_alone: tuple[Key, ...] = ()
    new_keys: tuple[NewKey, ...] = field(default=(), repr=False)


class ConfigApplied(Fact, frozen=True, kw_only=True):
    """Each list holds ``Kind/name``; the names of people are left to their own facts."""

    kind: ClassVar[str] = "config.applied"
    files: list[str]
    created: int
    changed: int
    removed: int


class _Undone(Exception):
    def __init__(self, plan: Plan) -> None:
        super().__init__("rehearsed")
        self.plan = plan


def plan(
    runner: Runner,
    files: Sequence[File],
    environment: Mapping[str, str],
    means: Means,
    actor: Actor,
    *,
    prune: bool = False,
) -> Plan:
    """What :func:`apply` would do now. Raises what it would raise: BadConfig with every problem, or Forbidden."""

    def rehearse(work: Work) -> None:
        raise _Undone(_applied(work, files, environment, means, prune=prune))

    try:
        runner.run(rehearse, actor)
    except _Undone as undone:
        return undone.plan
    raise AssertionError("unreachable")


def apply(
    runner: Runner,
    files: Sequence[File],
    environment: Mapping[str, str],
    means: Means,
    actor: Actor,
    *,
    prune: bool = False,
) -> Plan:
    """Make it so, all or nothing. ``prune`` also removes what no file describes, of the kinds that the files speak of.

    Raises BadConfig (with file, line and path of every problem); then nothing has changed.
    """
    return runner.run(lambda work: _applied(work, files, environment, means, prune=prune), actor)


def _applied(work: Work, files: Sequence[File], environment: Mapping[str, str], means: Means, *, prune: bool) -> Plan:
    work.needs(Permission.CONFIG_APPLY)
    problems: list[Problem] = []
    desired = parse(files, environment, means.channels, means.sources, problems)
    now = current(work, means.keyring, means.sealer, means.channels)
    gone = _unwanted(work, desired, now) if prune else []
    problems += _dangling(desired, now, frozenset(gone)) + _orphaned(desired, now, frozenset(gone)) + _circles(desired)
    if problems:
        raise BadConfig(problems)

    making = Making(work, now, means.keyring, means.sealer, means.channels)
    order = sorted(desired.items, key=lambda key: _order(desired.items, key))
    made = (_make(making, key, desired, now, means, prune=prune) for key in order)
    changes = [change for change in made if change is not None]
    for key in sorted(gone, key=lambda key: _order(now.items, key), reverse=True):
        making.remove(key)
        changes.append(Change("removed", *key, lines(now.items[key], None), by_hand=key not in now.managed_by))
    left = sorted(set(now.managed_by) - set(desired.items) - set(gone))
    if changes:
        counts = {verb: sum(change.verb == verb for change in changes) for verb in ("created", "changed", "removed")}
        work.record("config", ConfigApplied(files=sorted(file.path for file in files), **counts))
        work.publish("config")
    return Plan(
        tuple(changes), _coming(work, now, changes), tuple(left), tuple(NewKey(*key) for key in making.new_keys)
    )


def _make(making: Making, key: Key, desired: Desired, now: Current, means: Means, *, prune: bool) -> Change | None:
    document = desired.documents[key]
    place = document.place("metadata.name")
    wanted, before = desired.items[key], now.items.get(key)
    try:
        if before is None:
            making.create(wanted, place.file)
            return Change("created", *key, lines(None, wanted), place)
        wanted = completed(wanted, before, means.channels)
        before = spoken_of(before, wanted, now.by_hand, prune=prune)
        if wanted == before:
            return None
        making.change(before, wanted, place.file)
        return Change("changed", *key, lines(before, wanted), place)
    except (Conflict, Invalid, NotFound) as refused:
        raise BadConfig([Problem(place, refused.message, refused.hint)]) from refused


def _order(items: Mapping[Key, Item], key: Key) -> tuple[int, int, Key]:
    """People first, services last; among services, what others depend on first."""
    return (KINDS.index(key[0]), _depth(items, key), key)


def _depth(items: Mapping[Key, Item], key: Key) -> int:
    spec = items[key].spec
    if isinstance(spec, UserSpec):
        # Who becomes an administrator comes before who stops being one: there must be one at every moment.
        return 0 if spec.active and spec.role == Role.ADMIN.value else 1
    inner = [("Service", name) for name in spec.depends_on] if isinstance(spec, ServiceSpec) else []
    return 1 + max((_depth(items, other) for other in inner if other in items), default=0)


# ------------------------------------------------------------------ checks across documents


def _dangling(desired: Desired, now: Current, gone: frozenset[Key]) -> list[Problem]:
    known = (set(desired.items) | set(now.items)) - gone
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


def _orphaned(desired: Desired, now: Current, gone: frozenset[Key]) -> list[Problem]:
    """What stays in the house, is in no file, and would lose something it needs to pruning."""
    problems: list[Problem] = []
    for key, item in now.items.items():
        if key in gone or key in desired.items:
            continue
        for kind, name in needed(item) & gone:
            message = f"{kind} “{name}” would be pruned, and {key[0]} “{key[1]}” still needs it."
            problems.append(
                Problem(Place("--prune", 0), message, f"Describe {kind} “{name}” in a file, or free it first.")
            )
    return problems


def _circles(desired: Desired) -> list[Problem]:
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


def _unwanted(work: Work, desired: Desired, now: Current) -> list[Key]:
    """What prune removes. The one who applies is spared: a file that forgot them would otherwise lock them out."""
    kinds = {kind for kind, _ in desired.items}
    spared = {("User", now.names("User").get(work.actor.id, ""))}
    return [key for key in now.items if key[0] in kinds and key not in desired.items and key not in spared]


def _coming(work: Work, before: Current, changes: Sequence[Change]) -> tuple[Coming, ...]:
    touched = [change.name for change in changes if change.kind == "Schedule"]
    if not touched:
        return ()
    after = {schedule.name: schedule for schedule in oncall.schedules(work)}
    people = before.names("User") | {user.id: user.name for user in users.users(work)}
    found = [coming(name, before.schedules.get(name), after.get(name), work.now, people) for name in touched]
    return tuple(each for each in found if each.stretches)
