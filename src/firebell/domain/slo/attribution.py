"""Whose burn was it: each minute is charged once, and what nobody claims stays a line of its own (slo.md 8).

``A_i = Σ max(0, bad_t − b_i·n_t)·w_i/Σw`` over the slots of incident i, ``share_i = A_i/(β·N)``; b is what was usual
just before. The law, exactly: the shares and what is unattributed add up to what is consumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from firebell.domain.slo.declared import Impact
from firebell.domain.slo.exact import median
from firebell.domain.slo.tally import Slot, tally
from firebell.kernel.clock import Instant, micros

BEFORE_S = 3600
COVERED_MIN = 30
WEEKS = 4
WEEK_S = 7 * 86_400
MISSED_S = 300


class Basis(StrEnum):
    """What a share rests on; measured goes before declared."""

    MEASURED = "measured"
    DECLARED = "declared"
    NONE = "none"


class Baseline(StrEnum):
    """Where the usual error ratio was taken from."""

    HOUR_BEFORE = "hour_before"
    WEEKS_BEFORE = "weeks_before"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Claim:
    """An incident's say. ``exempt``: the reason why it is charged nothing; measured it is all the same."""

    incident_id: str
    impacts: tuple[Impact, ...]
    weight: Fraction = Fraction(1)
    exempt: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """All numbers are shares of the period's budget, except ``errors``: excess bad in atoms, split and net.

    ``net`` is above the baseline, ``gross`` all of it, ``charged`` what policies see. ``declared`` by fraction and
    time. ``provisional``: the incident is open. ``used`` is ``net`` or ``declared``, whichever goes first.
    """

    incident_id: str
    basis: Basis
    errors: Fraction
    net: Fraction
    gross: Fraction
    declared: Fraction
    charged: Fraction
    usual: Fraction
    baseline: Baseline
    provisional: bool

    @property
    def used(self) -> Fraction:
        return self.declared if self.basis is Basis.DECLARED else self.net

    @property
    def difference(self) -> Fraction:
        """Measured less declared."""
        return self.net - self.declared


@dataclass(frozen=True, slots=True)
class Attribution:
    """``unattributed``: its own line, never spread. ``missed``: stretches of burn that no incident claims."""

    consumed: Fraction
    shares: tuple[Share, ...]
    unattributed: Fraction
    missed: tuple[tuple[int, int], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Ground:
    """What is attributed over. ``slots`` of ``slot_s`` inside the window, ascending; ``past`` those before it as well
    (for baselines). ``window`` is (start, end) in seconds since 1970; ``elapsed_s`` is E, ``period_s`` is P.

    ``sliced``: each bad slice counts whole, there is no baseline.
    """

    slots: Sequence[Slot]
    past: Mapping[int, Slot]
    slot_s: int
    window: tuple[int, int]
    allowed: Fraction
    elapsed_s: int
    period_s: int
    sliced: bool = False


def attribute(ground: Ground, claims: Sequence[Claim], now: Instant) -> Attribution:
    """Every claim's share, in the order of the claims, and the rest."""
    found = tally(ground.slots)
    error = found.error or Fraction(0)
    consumed = error / ground.allowed * ground.elapsed_s / ground.period_s
    # β·N with N scaled from the elapsed part to the whole period, so that bad / whole is consumed.
    whole = ground.allowed * found.total * ground.period_s / ground.elapsed_s if ground.elapsed_s else Fraction(0)
    usual = [_usual(ground, claim) for claim in claims]
    net, gross = [Fraction(0)] * len(claims), [Fraction(0)] * len(claims)
    claimed: set[int] = set()
    by_slot = _claimants(ground, claims, now)
    for slot in ground.slots:
        claimants = by_slot.get(slot.start, ())
        if not claimants:
            continue
        claimed.add(slot.start)
        weights = sum((claims[i].weight for i in claimants), Fraction(0))
        for i in claimants:
            part = claims[i].weight / weights
            net[i] += max(Fraction(0), slot.bad - usual[i][0] * slot.total) * part
            gross[i] += slot.bad * part
    shares = []
    for i, claim in enumerate(claims):
        measured = any(i in claimants for claimants in by_slot.values()) and whole > 0
        declared = declared_share(claim.impacts, ground.window, ground.allowed, ground.period_s, now)
        mine = net[i] / whole if whole else Fraction(0)
        basis = Basis.MEASURED if measured else Basis.DECLARED if declared else Basis.NONE
        used = declared if basis is Basis.DECLARED else mine
        shares.append(
            Share(
                incident_id=claim.incident_id, basis=basis, errors=net[i], net=mine,
                gross=gross[i] / whole if whole else Fraction(0), declared=declared,
                charged=Fraction(0) if claim.exempt else used, usual=usual[i][0], baseline=usual[i][1],
                provisional=any(one.until is None for one in claim.impacts),
            )
        )  # fmt: skip
    rest = consumed - sum((one.net for one in shares), Fraction(0))
    return Attribution(consumed, tuple(shares), rest, tuple(missed(ground, claimed)))


def _claimants(ground: Ground, claims: Sequence[Claim], now: Instant) -> dict[int, tuple[int, ...]]:
    """Slot → who claims it. A slot is claimed that an impact touches, and by nobody twice."""
    covered = {slot.start for slot in ground.slots}
    found: dict[int, list[int]] = {}
    for index, claim in enumerate(claims):
        mine: set[int] = set()
        for impact in claim.impacts:
            since_us, until_us = micros(impact.since), micros(now if impact.until is None else impact.until)
            if until_us <= since_us:
                continue
            since = max(since_us // 1_000_000, ground.window[0])
            until = min(-(-until_us // 1_000_000), ground.window[1])
            first = _slot_of(ground, since)
            mine.update(start for start in range(first, until, ground.slot_s) if start in covered)
        for start in mine:
            found.setdefault(start, []).append(index)
    return {start: tuple(indices) for start, indices in found.items()}


def _slot_of(ground: Ground, at: int) -> int:
    """The start of the slot ``at`` lies in, on the grid the slots themselves lie on."""
    grid = ground.slots[0].start % ground.slot_s if ground.slots else 0
    return at - (at - grid) % ground.slot_s


def _usual(ground: Ground, claim: Claim) -> tuple[Fraction, Baseline]:
    """b, at most β: the median of the hour before the first impact, else of the same hour in the four weeks before."""
    if ground.sliced or not claim.impacts:
        return Fraction(0), Baseline.UNKNOWN
    began = _slot_of(ground, min(micros(one.since) for one in claim.impacts) // 1_000_000)
    least = max(1, COVERED_MIN * 60 // ground.slot_s)
    before = _errors(ground, began - BEFORE_S, began)
    if len(before) >= least:
        return min(median(before), ground.allowed), Baseline.HOUR_BEFORE
    hour = began - began % 3600
    weeks = [
        error
        for back in range(1, WEEKS + 1)
        for error in _errors(ground, _slot_of(ground, hour - back * WEEK_S), hour - back * WEEK_S + 3600)
    ]
    if weeks:
        return min(median(weeks), ground.allowed), Baseline.WEEKS_BEFORE
    return Fraction(0), Baseline.UNKNOWN


def _errors(ground: Ground, start: int, end: int) -> list[Fraction]:
    found = (ground.past.get(at) for at in range(start, end, ground.slot_s))
    return [Fraction(one.bad, one.total) if one.total else Fraction(0) for one in found if one is not None]


def missed(ground: Ground, claimed: Iterable[int]) -> list[tuple[int, int]]:
    """Stretches of at least 5 minutes with e > β in every slot and no incident, as (start, end) in seconds."""
    taken = set(claimed)
    found: list[tuple[int, int]] = []
    began: int | None = None
    reached = 0
    for slot in ground.slots:
        burns = slot.bad * ground.allowed.denominator > ground.allowed.numerator * slot.total
        if burns and slot.start not in taken:
            if began is None or slot.start != reached:
                _close(found, began, reached)
                began = slot.start
            reached = slot.start + ground.slot_s
        else:
            _close(found, began, reached)
            began = None
    _close(found, began, reached)
    return found


def _close(found: list[tuple[int, int]], began: int | None, reached: int) -> None:
    if began is not None and reached - began >= MISSED_S:
        found.append((began, reached))


def declared_share(
    impacts: Iterable[Impact], window: tuple[int, int], allowed: Fraction, period_s: int, now: Instant
) -> Fraction:
    """Σ f·d/(β·P) over the segments, clipped to the window."""
    total = Fraction(0)
    for one in impacts:
        since = max(micros(one.since), window[0] * 1_000_000)
        until = min(micros(now if one.until is None else one.until), window[1] * 1_000_000)
        total += one.fraction * max(0, until - since)
    return total / 1_000_000 / (allowed * period_s)


def by_class(shares: Iterable[Share], classes: Mapping[str, Iterable[str]]) -> dict[str, tuple[Fraction, int]]:
    """Class of contributing factor → (charged share, incidents). An incident of two classes counts in both."""
    found: dict[str, tuple[Fraction, int]] = {}
    for share in shares:
        for name in sorted(set(classes.get(share.incident_id, ()))):
            spent, count = found.get(name, (Fraction(0), 0))
            found[name] = (spent + share.charged, count + 1)
    return found
