"""Samples of one or two queries as buckets: what each step says, and why a step says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from firebell.domain.slo.coverage import AHEAD_MAX_S, Anomaly
from firebell.domain.slo.model import Bucket, Compare, Indicator, Shape
from firebell.domain.slo.promanswers import Answer, Series, State
from firebell.kernel.clock import Instant, micros

ATOMS_MAX = 2**62


class Gap(StrEnum):
    """Why a step has no bucket."""

    NOT_A_NUMBER = "not_a_number"
    MISSING = "missing"
    NO_GOOD = "no_good"
    NEGATIVE = "negative"
    NOT_A_SHARE = "not_a_share"
    FUTURE = "future"
    BEFORE_EPOCH = "before_epoch"
    NOT_ALIGNED = "not_aligned"
    TOO_LARGE = "too_large"


class Outcome(StrEnum):
    """``partial``: some steps are unknown. ``many``: a ratio came in several series and cannot be added up."""

    WHOLE = "whole"
    PARTIAL = "partial"
    EMPTY = "empty"
    MANY = "many"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Built:
    """``buckets`` ascending. ``gaps``: how many steps of those asked for say nothing, by why. ``worst``: the labels of
    the series with the most errors, where a query groups."""

    outcome: Outcome
    buckets: tuple[Bucket, ...] = ()
    gaps: Mapping[Gap, int] | None = None
    anomalies: frozenset[Anomaly] = frozenset()
    words: str = ""
    warnings: tuple[str, ...] = ()
    retry: bool = False
    worst: str = ""


def worst_of(indicator: Indicator, part: Answer, total: Answer | None) -> str:
    """``code=500, region=eu``: which of several series has the most errors; empty when there is one, or none has."""
    if total is None or len(part.series) < 2:
        return ""
    whole = {tuple(sorted(one.labels.items())): _all(one) for one in total.series}
    found = []
    for one in part.series:
        labels, mine = tuple(sorted(one.labels.items())), _all(one)
        bad = mine if indicator.shape is Shape.BAD_TOTAL else whole.get(labels, Fraction(0)) - mine
        found.append((bad, labels))
    bad, labels = max(found)
    return ", ".join(f"{name}={value}" for name, value in labels) if bad > 0 else ""


def _all(series: Series) -> Fraction:
    return sum((value for value in series.samples.values() if value is not None), Fraction(0))


def build(
    indicator: Indicator, part: Answer, total: Answer | None, *, start: int, end: int, step: int, now: Instant
) -> Built:
    """Buckets that start in ``[start, end)``. The value at time t belongs to the bucket that starts at t − step.

    A missing error series counts as 0 only where the total is there; a missing good one never does: that would be
    a full outage made of a renamed label.
    """
    answers = [part] if total is None else [part, total]
    warnings = tuple(dict.fromkeys(words for one in answers for words in one.warnings))
    for one in answers:
        if one.state in (State.REFUSED, State.UNREADABLE, State.BACK_OFF):
            return Built(Outcome.FAILED, words=one.words, warnings=warnings, retry=one.state is State.BACK_OFF)
    by_time = indicator.by_time
    if by_time and len(part.series) > 1:
        words = f"The query gives {len(part.series)} series; a ratio needs one. Put avg() or min() around it."
        return Built(Outcome.MANY, words=words, warnings=warnings)
    parts = _sum(part)
    totals = _sum(total) if total is not None else None
    gaps: dict[Gap, int] = {}
    found: list[Bucket] = []
    over = False
    newest = micros(now) // 1_000_000 + AHEAD_MAX_S
    steps = {at for at in (*parts, *(totals or ())) if start + step <= at <= end}
    off = sum(1 for at in steps if at % step)
    if off:
        gaps[Gap.NOT_ALIGNED] = off
    for begins in range(start - start % step, end, step):
        at = begins + step
        if begins < start:
            continue
        said: Bucket | Gap
        if begins < 0:
            said = Gap.BEFORE_EPOCH
        elif at > newest:
            said = Gap.FUTURE
        elif by_time:
            said = _by_time(indicator, parts, at, begins)
        else:
            said = _counted(indicator, parts, totals or {}, at, begins)
        if isinstance(said, Gap):
            gaps[said] = gaps.get(said, 0) + 1
            continue
        if not 0 <= said.good <= said.total:
            # A part above its total comes of extrapolation at the edges: it was all of it, and that is said aloud.
            over = True
            said = Bucket(said.start, said.total if said.good > 0 else 0, said.total)
        found.append(said)
    flags = frozenset({Anomaly.GOOD_OVER_TOTAL}) if over else frozenset()
    if not found:
        return Built(Outcome.EMPTY, (), gaps, flags, "No step of it has a number.", warnings)
    return Built(Outcome.PARTIAL if gaps else Outcome.WHOLE, tuple(found), gaps, flags, "", warnings)


def _sum(answer: Answer) -> dict[int, Fraction | None]:
    """Counts of all series together; one that is not a number makes the step unknown."""
    found: dict[int, Fraction | None] = {}
    for series in answer.series:
        for at, value in series.samples.items():
            before = found.get(at, Fraction(0))
            found[at] = None if value is None or before is None else before + value
    return found


def _counted(
    indicator: Indicator, parts: Mapping[int, Fraction | None], totals: Mapping[int, Fraction | None], at: int,
    begins: int,
) -> Bucket | Gap:  # fmt: skip
    if at not in totals:
        return Gap.MISSING
    total = totals[at]
    bad_shape = indicator.shape is Shape.BAD_TOTAL
    if at in parts:
        part = parts[at]
    elif bad_shape or total == 0:
        part = Fraction(0)
    else:
        return Gap.NO_GOOD
    if total is None or part is None:
        return Gap.NOT_A_NUMBER
    if total < 0 or part < 0:
        return Gap.NEGATIVE
    whole = round(total * indicator.atoms)
    if whole > ATOMS_MAX:
        return Gap.TOO_LARGE
    mine = round(part * indicator.atoms)
    if bad_shape:
        return Bucket(begins, whole - mine, whole)
    return Bucket(begins, mine, whole)


def _by_time(indicator: Indicator, parts: Mapping[int, Fraction | None], at: int, begins: int) -> Bucket | Gap:
    if at not in parts:
        return Gap.MISSING
    value = parts[at]
    if value is None:
        return Gap.NOT_A_NUMBER
    whole = indicator.atoms
    if indicator.shape is Shape.THRESHOLD:
        return Bucket(begins, whole if meets(indicator, value) else 0, whole)
    if not 0 <= value <= 1:
        return Gap.NOT_A_SHARE
    share = value if indicator.shape is Shape.RAW_SUCCESS else 1 - value
    return Bucket(begins, round(share * whole), whole)


def meets(indicator: Indicator, value: Fraction) -> bool:
    """``value op threshold``: whether that is good."""
    least = indicator.value if indicator.value is not None else Fraction(0)
    match indicator.op:
        case Compare.LTE:
            return value <= least
        case Compare.LT:
            return value < least
        case Compare.GTE:
            return value >= least
        case _:
            return value > least
