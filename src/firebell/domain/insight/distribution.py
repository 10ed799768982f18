"""Median, p75, p90, n and the single values. Never a mean: of incidents it tells about the worst one and no other.

Quantiles are linear interpolation between the closest ranks (Hyndman and Fan's type 7, R's and NumPy's default), in
whole seconds, halves up. What is not recorded is counted beside the numbers and never in one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from firebell.domain.insight.model import Case, Sample, Standing

FEW = 20
"""Below this many values there are too few to compare."""
METHOD = "Quantiles: linear interpolation between the closest ranks (type 7)."
MEASURED = frozenset({"normal", "backfilled"})
"""Kinds of incidents that may enter a number at all: drills and tests are excluded by construction."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """Seconds over the recorded ones. ``values``: (seconds, case id), ascending. ``others``: how many were pending,
    not applicable, invalid."""

    n: int
    median: int | None
    p75: int | None
    p90: int | None
    values: tuple[tuple[int, str], ...] = ()
    others: Mapping[Standing, int] = field(default_factory=dict)

    @property
    def too_few(self) -> bool:
        """Too few to compare with anything."""
        return self.n < FEW


def quantile(ascending: Sequence[int], percent: int) -> int | None:
    """``None`` of nothing. ``percent`` is 0 to 100."""
    if not ascending:
        return None
    low, rest = divmod((len(ascending) - 1) * percent, 100)
    high = ascending[min(low + 1, len(ascending) - 1)]
    return (ascending[low] * (100 - rest) + high * rest + 50) // 100


def distribution(samples: Iterable[Sample]) -> Distribution:
    """In whatever order they come. A negative duration is nobody's: it counts as invalid."""
    values: list[tuple[int, str]] = []
    others: dict[Standing, int] = {kind: 0 for kind in Standing if kind is not Standing.RECORDED}
    for one in samples:
        if one.standing is not Standing.RECORDED:
            others[one.standing] += 1
        elif one.seconds is None or one.seconds < 0:
            others[Standing.INVALID] += 1
        else:
            values.append((one.seconds, one.case_id))
    values.sort()
    seconds = [value for value, _ in values]
    return Distribution(
        len(values), quantile(seconds, 50), quantile(seconds, 75), quantile(seconds, 90), tuple(values), others
    )


def counted(cases: Iterable[Case], *, backfilled: bool = False) -> list[Case]:
    """Those numbers are made of: no drill and no test ever, those entered afterwards only when asked for."""
    kinds = MEASURED if backfilled else frozenset({"normal"})
    return [one for one in cases if one.kind in kinds]


def of_metric(cases: Iterable[Case], metric: str) -> Distribution:
    """One metric over ``cases`` of measured kinds."""
    return distribution(one.samples[metric] for one in cases if one.kind in MEASURED and metric in one.samples)


def by(cases: Sequence[Case], metric: str, keys: Callable[[Case], Iterable[str]]) -> dict[str, Distribution]:
    """One metric for each key, in the keys' own order; a case with several keys stands in each, with none in ``""``."""
    groups: dict[str, list[Case]] = {}
    for one in cases:
        for key in tuple(keys(one)) or ("",):
            groups.setdefault(key, []).append(one)
    return {key: of_metric(found, metric) for key, found in sorted(groups.items(), key=lambda pair: _last(pair[0]))}


def _last(key: str) -> tuple[bool, str]:
    return (key in ("", "unset"), key)


@dataclass(frozen=True, slots=True)
class NotCounted:
    """A duration that is in no number, and why."""

    case: Case
    metric: str
    sample: Sample


def not_counted(cases: Iterable[Case], standing: Standing = Standing.INVALID) -> list[NotCounted]:
    """Everything of that standing, newest incident first."""
    newest = sorted((one for one in cases if one.kind in MEASURED), key=lambda one: (one.at, one.id), reverse=True)
    return [
        NotCounted(one, name, sample)
        for one in newest
        for name, sample in one.samples.items()
        if sample.standing is standing
    ]
