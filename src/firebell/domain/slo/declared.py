"""Downtime that people declared, as an indicator when nothing measures: “declared, not measured”.

Every elapsed minute is total 1. Its bad part is the largest fraction that any incident of it says, never their sum.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from firebell.domain.slo.model import MINUTE_S, TIME, Bucket
from firebell.kernel.clock import Instant, micros
from firebell.kernel.errors import Invalid

SHARES = frozenset({"normal", "backfilled"})
"""Natures of incidents that count; drills and tests never do."""
NEVER = frozenset({"declined", "duplicate"})
_MINUTE_US = MINUTE_S * 1_000_000


@dataclass(frozen=True, slots=True)
class Impact:
    """A stretch in which a ``fraction`` of users was affected; ``until`` ``None``: it still is (provisional)."""

    since: Instant
    until: Instant | None
    fraction: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Affecting:
    """One incident of the service. ``severity`` is ``SEV1``…; ``phase`` and ``nature`` in the words of incidents."""

    incident_id: str
    severity: str
    phase: str
    nature: str
    impacts: tuple[Impact, ...]


def check_impact(one: Impact, field: str = "impact") -> None:
    """Raises Invalid for a stretch that ends before it begins, lies before 1970, or affects more than everybody."""
    if micros(one.since) < 0:
        raise Invalid("The impact lies before 1970.", field=f"{field}.since", hint="Check the year.")
    if one.until is not None and one.until < one.since:
        raise Invalid("The impact ends before it begins.", field=f"{field}.until", hint="Swap the two times.")
    if not 0 < one.fraction <= 1:
        raise Invalid("The affected fraction is above 0 and at most 1.", field=f"{field}.fraction", hint="0.3 is 30 %.")


def counts(one: Affecting, severities: Collection[str]) -> bool:
    """Whether the incident is one of those the objective is about."""
    return one.nature in SHARES and one.phase not in NEVER and (not severities or one.severity in severities)


def buckets(
    incidents: Iterable[Affecting], severities: Collection[str], start: int, end: int, now: Instant
) -> Iterator[Bucket]:
    """Every minute that starts in ``[start, end)`` (seconds since 1970) and is over by ``now``.

    A minute that is affected in part counts by its affected part: 30 s of full outage are half a minute.
    """
    at = micros(now) // 1_000_000
    stop = min(end, at - at % MINUTE_S)
    first = max(0, start - start % MINUTE_S)
    affected: dict[int, list[tuple[int, int, Fraction]]] = {}
    for impact in (impact for one in incidents if counts(one, severities) for impact in one.impacts):
        since = max(micros(impact.since), first * 1_000_000)
        until = min(micros(now if impact.until is None else impact.until), stop * 1_000_000)
        for minute in range(since // _MINUTE_US * MINUTE_S, -(-until // _MINUTE_US) * MINUTE_S, MINUTE_S):
            us = minute * 1_000_000
            affected.setdefault(minute, []).append((max(since, us), min(until, us + _MINUTE_US), impact.fraction))
    for minute in range(first, stop, MINUTE_S):
        bad = _worst(affected[minute]) if minute in affected else Fraction(0)
        atoms = -(-bad.numerator * TIME // bad.denominator)
        yield Bucket(minute, TIME - min(TIME, atoms), TIME)


def _worst(inside: list[tuple[int, int, Fraction]]) -> Fraction:
    """The mean over the minute of the largest fraction at each moment of it."""
    edges = sorted({edge for a, b, _ in inside for edge in (a, b)})
    total = Fraction(0)
    for a, b in pairwise(edges):
        total += (b - a) * max((f for since, until, f in inside if since <= a and until >= b), default=Fraction(0))
    return total / _MINUTE_US
