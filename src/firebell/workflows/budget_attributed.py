"""Whose burn was it: the incidents of an objective's service are charged their minutes, and the rest stays a line.

The law holds by construction and is checked (workflows/laws.py): the shares and what is unattributed are what is
consumed, exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from firebell.domain.incidents import service_queries
from firebell.domain.incidents.model import Incident
from firebell.domain.slo import adjustments, attribution, queries, windows
from firebell.domain.slo.attribution import BEFORE_S, WEEK_S, WEEKS, Attribution, Claim, Ground
from firebell.domain.slo.declared import NEVER, SHARES
from firebell.domain.slo.model import Method, Objective, Span
from firebell.domain.slo.records import ClaimWord, SloRecord
from firebell.domain.slo.tally import Slot
from firebell.kernel.clock import Instant, from_micros, micros, plus
from firebell.kernel.work import Read
from firebell.workflows import incident_impact


@dataclass(frozen=True, slots=True)
class Asked:
    """One objective to be attributed, as of its last evaluation. ``end``: of the newest settled slot.

    ``elapsed_s`` is E and ``slot_s`` how long its slots are.
    """

    record: SloRecord
    number: int
    objective: Objective
    slot_s: int
    end: int
    elapsed_s: int
    period_s: int


@dataclass(frozen=True, slots=True)
class Attributed:
    """``off``: the share that adjustments and exemptions take away from what is charged."""

    asked: Asked
    window: Span
    claims: tuple[Claim, ...]
    found: Attribution
    off: Fraction


def attribute(read: Read, asked: Asked, spans: Sequence[Span]) -> Attributed | None:
    """The shares as they are now; ``None`` before a calendar window has begun. ``spans``: what is forgiven."""
    at = from_micros(asked.end * 1_000_000)
    window = windows.current(asked.record.slo.window, at)
    if window is None:
        return None
    since = micros(window.start) // 1_000_000
    claims = claims_of(read, asked.record, window.start, at)
    slots = queries.slots(read, asked.record, asked.number, since, asked.end)
    ground = Ground(
        slots=slots, past=_past(read, asked, slots, claims), slot_s=asked.slot_s, window=(since, asked.end),
        allowed=asked.objective.allowed, elapsed_s=asked.elapsed_s, period_s=asked.period_s,
        sliced=asked.record.slo.method is not Method.OCCURRENCES,
    )  # fmt: skip
    if not spans and not any(one.exempt for one in claims):
        return Attributed(asked, window, claims, attribution.attribute(ground, claims, at), Fraction(0))
    both = adjustments.charge(ground, claims, spans, at)
    return Attributed(asked, window, claims, both.measured, both.measured.consumed - both.charged)


def claims_of(read: Read, record: SloRecord, since: Instant, until: Instant) -> tuple[Claim, ...]:
    """What the incidents of the service claim of ``[since, until)``, oldest first. Drills, tests, and what was
    declined or a duplicate claim nothing."""
    if record.service_id is None:
        return ()
    found = [
        one for one in service_queries.of_service(read, record.service_id, since)
        if str(one.kind) in SHARES and str(one.phase) not in NEVER
    ]  # fmt: skip
    words = queries.claim_words(read, record.id) if found else {}
    return tuple(
        claim for one in found if (claim := _claim(one, words, since, until)) is not None
    )  # fmt: skip


def _claim(incident: Incident, words: Mapping[str, ClaimWord], since: Instant, until: Instant) -> Claim | None:
    impacts = tuple(
        one for one in incident_impact.segments(incident)
        if one.since < until and (one.until is None or one.until > since)
    )  # fmt: skip
    if not impacts:
        return None
    word = words.get(incident.id)
    if word is None:
        return Claim(incident.id, impacts)
    return Claim(incident.id, impacts, word.weight, "" if word.exempt is None else str(word.exempt))


def _past(read: Read, asked: Asked, slots: Sequence[Slot], claims: Sequence[Claim]) -> dict[int, Slot]:
    """The slots that baselines are taken from: the hour before each first impact, and that hour four weeks back."""
    if asked.record.slo.method is not Method.OCCURRENCES:
        return {}
    found: dict[int, Slot] = {}
    known = {one.start: one for one in slots} if claims else {}
    first = slots[0].start if slots else asked.end
    for claim in claims:
        began = min(micros(one.since) for one in claim.impacts) // 1_000_000
        hour = began - began % 3600
        wanted = [(began - BEFORE_S - asked.slot_s, began)]
        wanted += [(hour - back * WEEK_S, hour - back * WEEK_S + 3600) for back in range(1, WEEKS + 1)]
        for start, until in wanted:
            since = start - start % asked.slot_s
            if since >= first:
                found |= {at: known[at] for at in range(since, until, asked.slot_s) if at in known}
            elif until > 0:
                found |= {one.start: one for one in queries.slots(read, asked.record, asked.number, since, until)}
    return found


def period_of(record: SloRecord, now: Instant) -> tuple[Instant, Instant]:
    """The window an objective is judged over now, or the last year where it has not begun."""
    window = windows.current(record.slo.window, now)
    return (plus(now, -windows.PERIOD_MAX_S), now) if window is None else (window.start, now)
