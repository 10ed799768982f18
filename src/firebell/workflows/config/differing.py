"""How two descriptions differ, line by line, and what a change of a schedule does to the coming shifts."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from firebell.domain.oncall import rules
from firebell.domain.oncall.model import LayerRole, Schedule
from firebell.kernel.clock import Instant, plus, seconds_between
from firebell.workflows.config.response_specs import secrets
from firebell.workflows.config.slo_specs import secrets as slo_secrets
from firebell.workflows.config.specs import Item, ServiceSpec, UserSpec, written

HORIZON_S = 28 * 86_400


@dataclass(frozen=True, slots=True)
class Line:
    """One value: ``before`` ``None`` is new, ``after`` ``None`` is gone. Never a secret."""

    path: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.path}: {self.after}"
        return f"{self.path}: {self.before} → {self.after}" if self.after is not None else f"{self.path}: {self.before}"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which other people are on call than before; an empty tuple is nobody."""

    starts_at: Instant
    ends_at: Instant
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coming:
    """What a change does to a schedule until ``until``. ``seconds`` is the gain or loss of each person."""

    schedule: str
    until: Instant
    stretches: tuple[Stretch, ...]
    seconds: Mapping[str, int]

    @property
    def uncovered_s(self) -> int:
        """Seconds that had somebody and now have nobody."""
        lost = (s for s in self.stretches if s.before and not s.after)
        return round(sum(seconds_between(s.starts_at, s.ends_at) for s in lost))


def lines(before: Item | None, after: Item | None) -> tuple[Line, ...]:
    """Every value that differs, in the order in which the documents are written."""
    old, new = _flat(before), _flat(after)
    paths = list(dict.fromkeys([*new, *old]))
    found = [Line(path, old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path)]
    if before is not None and after is not None:
        found += _secrets(before, after)
    return tuple(found)


def _secrets(before: Item, after: Item) -> list[Line]:
    """Changed secrets, by name only."""
    found: list[Line] = []
    if isinstance(before.spec, ServiceSpec) and isinstance(after.spec, ServiceSpec):
        old = {i.name: i.key for i in before.spec.integrations}
        found += [
            Line(f"spec.integrations[{i.name}].key", "•••", "another one")
            for i in after.spec.integrations
            if i.name in old and i.key is not None and i.key != old[i.name]
        ]
    if isinstance(before.spec, UserSpec) and isinstance(after.spec, UserSpec):
        known = {m.name: m for m in before.spec.methods}
        for method in (m for m in after.spec.methods if m.name in known):
            found += [
                Line(f"spec.contactMethods[{method.name}].{name}", "•••", "another one")
                for name in sorted(method.secret)
                if method.values.get(name) != known[method.name].values.get(name)
            ]
    was = {**secrets(before.spec), **slo_secrets(before.spec)}
    found += [
        Line(path, "•••" if was.get(path) else None, "another one" if was.get(path) else "•••")
        for path, value in {**secrets(after.spec), **slo_secrets(after.spec)}.items()
        if value is not None and value != was.get(path)
    ]
    return found


def _flat(item: Item | None) -> dict[str, str]:
    flat: dict[str, str] = {}
    if item is not None:
        document = written(item)
        _flatten(document["metadata"], "metadata", flat)
        _flatten(document["spec"], "spec", flat)
    return flat


def _flatten(value: Any, path: str, into: dict[str, str]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _flatten(inner, f"{path}.{key}", into)
    elif isinstance(value, list) and value and all(isinstance(inner, dict) for inner in value):
        for i, inner in enumerate(value):
            _flatten(inner, f"{path}[{inner.get('name', inner.get('group', i))}]", into)
    else:
        into[path] = _flow(value)


def _flow(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_flow(inner) for inner in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def coming(
    name: str, before: Schedule | None, after: Schedule | None, now: Instant, people: Mapping[str, str]
) -> Coming:
    """Compare who is on call in the next four weeks. ``people`` maps user ids to names."""
    until = plus(now, HORIZON_S)
    old, new = _on_call(before, now, until), _on_call(after, now, until)
    edges = sorted({now, until} | old.keys() | new.keys())
    was: dict[str, int] = {}
    will: dict[str, int] = {}
    gained: dict[str, float] = defaultdict(float)
    stretches: list[Stretch] = []
    for start, end in itertools.pairwise(edges):
        _turn(was, old.get(start, ()))
        _turn(will, new.get(start, ()))
        if was.keys() == will.keys():
            continue
        for user in was.keys() ^ will.keys():
            gained[people.get(user, user)] += seconds_between(start, end) * (1 if user in will else -1)
        sides = [tuple(sorted(people.get(user, user) for user in side)) for side in (was, will)]
        last = stretches[-1] if stretches else None
        if last is not None and last.ends_at == start and [last.before, last.after] == sides:
            start = last.starts_at  # noqa: PLW2901 - the same people go on
            stretches.pop()
        stretches.append(Stretch(start, end, sides[0], sides[1]))
    return Coming(name, until, tuple(stretches), {person: round(s) for person, s in sorted(gained.items()) if round(s)})


def _on_call(schedule: Schedule | None, start: Instant, end: Instant) -> dict[Instant, list[tuple[str, int]]]:
    """Who comes on (1) and goes off (-1) at which instant."""
    edges: dict[Instant, list[tuple[str, int]]] = defaultdict(list)
    for shift in rules.shifts(schedule, start, end) if schedule is not None else ():
        if shift.on.role is LayerRole.PRIMARY:
            edges[shift.starts_at].append((shift.user_id, 1))
            edges[shift.ends_at].append((shift.user_id, -1))
    return edges


def _turn(on: dict[str, int], edges: Iterable[tuple[str, int]]) -> None:
    for user, step in edges:
        on[user] = on.get(user, 0) + step
    for user in [user for user, count in on.items() if count == 0]:
        del on[user]
