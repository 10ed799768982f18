"""Several objectives as one. The three methods disagree, so the page names the one that is used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from firebell.domain.slo.tally import SLICE, Slot
from firebell.kernel.errors import Invalid

DEPTH_MAX = 3


class WhenDelayed(StrEnum):
    """What a member counts as that has been without data for longer than ``maxDelay``."""

    GOOD = "CountAsGood"
    BAD = "CountAsBad"
    IGNORE = "Ignore"


@dataclass(frozen=True, slots=True)
class Member:
    """``sli`` ``None``: no data. ``rate``: its burn rate, for ``any``."""

    name: str
    sli: Fraction | None
    weight: Fraction = Fraction(1)
    rate: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Burning:
    """``each``: (name, BR × weight) of all members with data, the largest first. ``rate`` is the largest."""

    rate: Fraction | None
    each: tuple[tuple[str, Fraction], ...]


def any_rate(members: Iterable[Member]) -> Burning:
    """``any``: burns whenever a member burns."""
    found = [(one.name, one.rate * one.weight) for one in members if one.rate is not None]
    each = tuple(sorted(found, key=lambda pair: (-pair[1], pair[0])))
    return Burning(each[0][1] if each else None, each)


def any_slices(members: Sequence[Iterable[Slot]]) -> list[Slot]:
    """``any`` of Timeslices: a slice that is bad for any member is bad. Slices that nobody has data for stay out."""
    found: dict[int, int] = {}
    for slots in members:
        for slot in slots:
            found[slot.start] = max(found.get(slot.start, 0), int(slot.bad > 0))
    return [Slot(start, bad, 1) for start, bad in sorted(found.items())]


def any_ratio_slices(members: Sequence[Iterable[Slot]]) -> list[Slot]:
    """``any`` of RatioTimeslices: shortfalls add, at most to the whole slice (two at 95 % give 90 %)."""
    found: dict[int, int] = {}
    for slots in members:
        for slot in slots:
            found[slot.start] = min(SLICE, found.get(slot.start, 0) + slot.bad)
    return [Slot(start, bad, SLICE) for start, bad in sorted(found.items())]


def weighted(members: Iterable[Member], when_delayed: WhenDelayed = WhenDelayed.IGNORE) -> Fraction | None:
    """Σw·SLI / Σw; ``None`` when nobody counts. Pass members as without data only once ``maxDelay`` is over."""
    above, below = Fraction(0), Fraction(0)
    for one in members:
        sli = one.sli
        if sli is None:
            if when_delayed is WhenDelayed.IGNORE:
                continue
            sli = Fraction(int(when_delayed is WhenDelayed.GOOD))
        above += one.weight * sli
        below += one.weight
    return above / below if below else None


def serial(members: Iterable[Member]) -> Fraction | None:
    """ΠSLI: an estimate for hard dependencies that fail independently. ``None`` when one is unknown. Never alerts."""
    product = Fraction(1)
    for one in members:
        if one.sli is None:
            return None
        product *= one.sli
    return product


def check_nesting(members: Mapping[str, Iterable[str]], name: str) -> None:
    """Raises Invalid when ``name`` contains itself or is nested deeper than 3. ``members`` by composite's name."""
    _descend({key: tuple(value) for key, value in members.items()}, name, (name,))


def _descend(members: Mapping[str, Sequence[str]], name: str, path: tuple[str, ...]) -> None:
    if len(path) - 1 > DEPTH_MAX:
        raise Invalid(
            f"Composites nest at most {DEPTH_MAX} deep: {' → '.join(path)}.", field="objectives",
            hint="Name the members themselves.",
        )  # fmt: skip
    for one in members.get(name, ()):
        if one in path:
            raise Invalid(
                f"A composite cannot contain itself: {' → '.join((*path, one))}.", field="objectives",
                hint="Take one of them out.",
            )  # fmt: skip
        _descend(members, one, (*path, one))
