"""How two descriptions differ, line by line, and what a change of a schedule does to the coming shifts."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from firebell.domain.oncall import rules
from firebell.domain.oncall.model import LayerRole, Schedule
from firebell.kernel.clock import Instant, plus, seconds_between
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
            _flatten(inner, f"{path}[{inner.get('name', i)}]", into)
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
    edges = sorted({now, until, *(e for shifts in (old, new) for start, end, _ in shifts for e in (start, end))})
    gained: dict[str, float] = defaultdict(float)
    stretches: list[Stretch] = []
    for start, end in itertools.pairwise(edges):
        was, will = (
            tuple(dict.fromkeys(people.get(user, user) for s, e, user in shifts if s <= start and end <= e))
            for shifts in (old, new)
        )
        if set(was) == set(will):
            continue
        for person in set(was) ^ set(will):
            gained[person] += seconds_between(start, end) * (1 if person in will else -1)
        last = stretches[-1] if stretches else None
        if last is not None and last.ends_at == start and (last.before, last.after) == (was, will):
            stretches[-1] = Stretch(last.starts_at, end, was, will)
        else:
            stretches.append(Stretch(start, end, was, will))
    return Coming(name, until, tuple(stretches), {person: round(s) for person, s in sorted(gained.items()) if round(s)})


def _on_call(schedule: Schedule | None, start: Instant, end: Instant) -> list[tuple[Instant, Instant, str]]:
    if schedule is None:
        return []
    found = rules.shifts(schedule, start, end)
    return [(s.starts_at, s.ends_at, s.user_id) for s in found if s.on.role is LayerRole.PRIMARY]
