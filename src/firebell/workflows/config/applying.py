"""Make the house what the files say, in one transaction; or find out what that would do and undo it all.

A plan *is* an application that is rolled back, so that the two cannot disagree.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from firebell.domain.oncall.model import Schedule
from firebell.domain.people.methods import Sealer
from firebell.kernel.actor import Actor, Permission
from firebell.kernel.errors import Refused
from firebell.kernel.journal import Fact
from firebell.kernel.secrets import Keyring
from firebell.kernel.work import Runner, Work
from firebell.workflows.config.current import Current, current
from firebell.workflows.config.differing import Coming, Line, coming, lines
from firebell.workflows.config.making import Making
from firebell.workflows.config.parsing import ChannelDeclaration, Desired, parse
from firebell.workflows.config.problems import BadConfig, Place, Problem, near
from firebell.workflows.config.reading import File
from firebell.workflows.config.specs import KINDS, Item, ServiceSpec, completed

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class House:
    """What configuration needs from the floors above: declarations of channels, slugs of sources, and the means to seal."""

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


class _Undone(Exception):  # noqa: N818 - the way out of a rehearsal, not a fault
    def __init__(self, plan: Plan) -> None:
        super().__init__("rehearsed")
        self.plan = plan


def plan(
    runner: Runner, files: Sequence[File], environment: Mapping[str, str], house: House, actor: Actor, *, prune: bool = False
) -> Plan:
    """What :func:`apply` would do now. Raises what it would raise: BadConfig with every problem, or Forbidden."""

    def rehearse(work: Work) -> None:
        raise _Undone(_applied(work, files, environment, house, prune=prune))

    try:
        runner.run(rehearse, actor)
    except _Undone as undone:
        return undone.plan
    raise AssertionError("unreachable")


def apply(
    runner: Runner, files: Sequence[File], environment: Mapping[str, str], house: House, actor: Actor, *, prune: bool = False
) -> Plan:
    """Make it so, all or nothing. ``prune`` also removes what no file describes, of the kinds that the files speak of.

    Raises BadConfig (with file, line and path of every problem); then nothing has changed.
    """
    return runner.run(lambda work: _applied(work, files, environment, house, prune=prune), actor)


def _applied(work: Work, files: Sequence[File], environment: Mapping[str, str], house: House, *, prune: bool) -> Plan:
    work.needs(Permission.CONFIG_APPLY)
    problems: list[Problem] = []
    desired = parse(files, environment, house.channels, house.sources, problems)
    now = current(work, house.keyring, house.sealer, house.channels)
    gone = _unwanted(work, desired, now) if prune else []
    problems += _dangling(desired, now, frozenset(gone)) + _circles(desired)
    if problems:
        raise BadConfig(problems)

    changes: list[Change] = []
    making = Making(work, now, house.keyring, house.sealer, house.channels)
    order = _in_order(desired)
    for key in order:
        if (change := _make(making, key, desired, now)) is not None:
            changes.append(change)
    for key in sorted(gone, key=lambda k: (-KINDS.index(k[0]), k)):
        item = now.items[key]
        _placed(desired, None, lambda key=key: making.remove(key))  # type: ignore[misc]
        changes.append(Change("removed", *key, lines(item, None), by_hand=key not in now.managed_by))
    left = sorted(set(now.managed_by) - set(desired.items) - set(gone))
    if changes:
        counts = {verb: sum(change.verb == verb for change in changes) for verb in ("created", "changed", "removed")}
        work.record("config", ConfigApplied(files=sorted(file.path for file in files), **counts))
        work.publish("config")
    return Plan(tuple(changes), _coming(work, now, changes), tuple(left), tuple(NewKey(*key) for key in making.new_keys))


def _make(making: Making, key: Key, desired: Desired, now: Current) -> Change | None:
    wanted = desired.items[key]
    place = desired.documents[key].place("metadata.name")
    before = now.items.get(key)
    if before is None:
        _placed(desired, key, lambda: making.create(wanted, place.file))
        return Change("created", *key, lines(None, wanted), place)
    wanted = Item(wanted.kind, wanted.name, completed(wanted.spec, before.spec), wanted.team, wanted.managed)
    if wanted == before:
        return None
    _placed(desired, key, lambda: making.change(before, wanted, place.file))
    return Change("changed", *key, lines(before, wanted), place)


def _placed(desired: Desired, key: Key | None, act: object) -> None:
    """Do it; a refusal gets the place of the object in the files."""
    assert callable(act)
    try:
        act()
    except BadConfig:
        raise
    except Refused as refused:
        if key is None or refused.status not in (404, 409, 422):
            raise
        document = desired.documents[key]
        raise BadConfig([Problem(document.place("metadata.name"), refused.message, refused.hint)]) from refused


def _in_order(desired: Desired) -> list[Key]:
    """People first, services last; among services, what others depend on first."""
    return sorted(desired.items, key=lambda key: (KINDS.index(key[0]), _depth(desired, key), key))


def _depth(desired: Desired, key: Key) -> int:
    spec = desired.items[key].spec
    if not isinstance(spec, ServiceSpec):
        return 0
    inner = [("Service", name) for name in spec.depends_on if ("Service", name) in desired.items]
    return 1 + max((_depth(desired, other) for other in inner), default=0)


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


def _circles(desired: Desired) -> list[Problem]:
    """Services of the files that depend on themselves through others."""
    graph = {
        item.name: item.spec.depends_on for item in desired.items.values() if isinstance(item.spec, ServiceSpec)
    }
    from firebell.domain.services.rules import cycle

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
    spared = {("User", now.people.get(work.actor.id, ""))}
    return [key for key in now.items if key[0] in kinds and key not in desired.items and key not in spared]


def _coming(work: Work, before: Current, changes: Sequence[Change]) -> tuple[Coming, ...]:
    touched = [change.name for change in changes if change.kind == "Schedule"]
    if not touched:
        return ()
    after, people = Current.schedules_and_people(work)
    found = [_one(name, before.schedules.get(name), after.get(name), work, before.people | people) for name in touched]
    return tuple(each for each in found if each.stretches)


def _one(name: str, before: Schedule | None, after: Schedule | None, work: Work, people: Mapping[str, str]) -> Coming:
    return coming(name, before, after, work.now, people)
