"""Make the house what the files say, in one transaction; or find out what that would do and undo it all.

A plan *is* an application that is rolled back, so that the two cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from graphlib import TopologicalSorter
from typing import ClassVar, TypeVar

from firebell.domain.oncall import queries as oncall
from firebell.domain.oncall.model import Schedule
from firebell.domain.people import queries as users
from firebell.domain.people.methods import Sealer
from firebell.kernel.actor import Actor, Permission, Role
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Conflict, Invalid, NotFound
from firebell.kernel.journal import Fact
from firebell.kernel.secrets import Keyring
from firebell.kernel.work import Runner, Work
from firebell.workflows.config.channels import ChannelDeclaration
from firebell.workflows.config.checking import circles, dangling, orphaned, unwanted
from firebell.workflows.config.current import Current, current
from firebell.workflows.config.differing import Coming, Line, coming, lines
from firebell.workflows.config.making import Making
from firebell.workflows.config.page_passwords import hash_passwords
from firebell.workflows.config.parsing import Desired, parse
from firebell.workflows.config.problems import BadConfig, Place, Problem
from firebell.workflows.config.reading import File
from firebell.workflows.config.settling import completed, spoken_of
from firebell.workflows.config.slo_current import world
from firebell.workflows.config.specs import KINDS, Item, ServiceSpec, UserSpec, default

Key = tuple[str, str]
T = TypeVar("T")


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
class NewSecret:
    """The signing secret of a webhook that was generated."""

    webhook: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens, or has happened. ``left_alone`` are managed objects that no file describes any more.
    ``warnings``: of what is created or changed, what was understood but should be said aloud.

    ``new_keys`` and ``new_secrets`` are filled only when applied (planned ones are thrown away).
    """

    changes: tuple[Change, ...]
    coming: tuple[Coming, ...] = ()
    left_alone: tuple[Key, ...] = ()
    warnings: tuple[Problem, ...] = ()
    new_keys: tuple[NewKey, ...] = field(default=(), repr=False)
    new_secrets: tuple[NewSecret, ...] = field(default=(), repr=False)


class ConfigApplied(Fact, frozen=True, kw_only=True):
    """``files`` as they were named, and how many objects were touched; what happened to each is in its own facts."""

    kind: ClassVar[str] = "config.applied"
    files: list[str]
    created: int
    changed: int
    removed: int


@dataclass(frozen=True, slots=True)
class _Outcome:
    """``schedules`` maps the name of each one touched to what it was and what it is."""

    plan: Plan
    schedules: Mapping[str, tuple[Schedule | None, Schedule | None]]
    people: Mapping[str, str]
    now: Instant

    def finished(self) -> Plan:
        """The plan with what becomes of the coming shifts, which is worked out after the transaction: it takes long."""
        found = [coming(name, *pair, self.now, self.people) for name, pair in self.schedules.items()]
        return replace(self.plan, coming=tuple(each for each in found if each.stretches))


class _Undone(Exception):
    def __init__(self, outcome: _Outcome) -> None:
        super().__init__("rehearsed")
        self.outcome = outcome


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

    desired, problems = _parsed(runner, files, environment, means, actor)

    def rehearse(work: Work) -> None:
        raise _Undone(_applied(work, files, desired, problems, means, prune=prune))

    try:
        _twice_if_raced(runner, rehearse, actor)
    except _Undone as undone:
        return replace(undone.outcome.finished(), new_keys=(), new_secrets=())
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
    desired, problems = _parsed(runner, files, environment, means, actor)

    def job(work: Work) -> _Outcome:
        return _applied(work, files, desired, problems, means, prune=prune)

    return _twice_if_raced(runner, job, actor).finished()


def _twice_if_raced(runner: Runner, job: Callable[[Work], T], actor: Actor) -> T:
    """Run it; once more when a command found taken what was free a moment ago: another application may have ended."""
    try:
        return runner.run(job, actor)
    except BadConfig as bad:
        if not isinstance(bad.__cause__, Conflict):
            raise
    return runner.run(job, actor)


def _parsed(
    runner: Runner, files: Sequence[File], environment: Mapping[str, str], means: Means, actor: Actor
) -> tuple[Desired, list[Problem]]:
    # Before the transaction: reading long files must not keep the intake waiting for the one writer.
    runner.read(lambda read: read.needs(Permission.CONFIG_APPLY), actor)
    problems: list[Problem] = []
    known = runner.read(world, actor)
    desired = parse(files, environment, means.channels, means.sources, problems, known)
    hash_passwords(runner, desired, problems)
    return desired, problems


def _applied(
    work: Work, files: Sequence[File], desired: Desired, faults: Sequence[Problem], means: Means, *, prune: bool
) -> _Outcome:
    work.needs(Permission.CONFIG_APPLY)
    now = current(work, means.keyring, means.sealer, means.channels)
    gone = unwanted(work, desired, now) if prune else frozenset()
    problems = [*faults, *dangling(desired, now, gone), *orphaned(work, desired, now, gone), *circles(desired)]
    if problems:
        raise BadConfig(problems)

    making = Making(work, now, means.keyring, means.sealer, means.channels)
    order = _in_order(desired.items, desired.items)
    made = (_make(making, key, desired, now, means, prune=prune) for key in order)
    changes = [change for change in made if change is not None]
    for key in reversed(_in_order(now.items, gone)):
        making.remove(key)
        changes.append(Change("removed", *key, lines(now.items[key], None), by_hand=key not in now.managed_by))
    left = sorted(set(now.managed_by) - set(desired.items) - gone)
    if changes:
        counts = {verb: sum(change.verb == verb for change in changes) for verb in ("created", "changed", "removed")}
        work.record("config", ConfigApplied(files=sorted(file.path for file in files), **counts))
        work.publish("config")
    keys = tuple(NewKey(*key) for key in making.new_keys)
    said = tuple(
        problem
        for change in changes
        if change.verb != "removed"
        for problem in desired.warnings.get((change.kind, change.name), ())
    )
    secrets = tuple(NewSecret(*each) for each in making.new_secrets)
    found = Plan(tuple(changes), (), tuple(left), said, keys, secrets)
    touched = [change.name for change in changes if change.kind == "Schedule"]
    after = {schedule.name: schedule for schedule in oncall.schedules(work)} if touched else {}
    people = now.names("User") | {user.id: user.name for user in users.users(work)}
    return _Outcome(found, {name: (now.schedules.get(name), after.get(name)) for name in touched}, people, work.now)


def _make(making: Making, key: Key, desired: Desired, now: Current, means: Means, *, prune: bool) -> Change | None:
    document = desired.documents[key]
    place = document.place("metadata.name")
    wanted, before = desired.items[key], now.items.get(key) or default(key)
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


def _in_order(items: Mapping[Key, Item], keys: Iterable[Key]) -> list[Key]:
    """People first, services last; among services, what others depend on first."""
    graph = {
        name: sorted(other for other in item.spec.depends_on if ("Service", other) in items)
        for (_, name), item in items.items()
        if isinstance(item.spec, ServiceSpec)
    }
    place = {name: n for n, name in enumerate(TopologicalSorter(graph).static_order())}

    def rank(key: Key) -> tuple[int, int, Key]:
        spec = items[key].spec
        if isinstance(spec, UserSpec):
            # Who becomes an administrator comes before who stops being one: there must be one at every moment.
            return (0, 0 if spec.active and spec.role == Role.ADMIN.value else 1, key)
        return (KINDS.index(key[0]), place[key[1]] if key[0] == "Service" else 0, key)

    return sorted(keys, key=rank)
