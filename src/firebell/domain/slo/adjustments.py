"""What is measured and what is charged: maintenance, traffic out of scope, others' failures, bad data.

An adjustment changes the charged consumption only. Alerts look at what is measured; the gate and policies at what is
charged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from firebell.domain.slo.attribution import Attribution, Claim, Ground, attribute
from firebell.domain.slo.model import Span
from firebell.domain.slo.tally import Slot
from firebell.kernel.clock import Instant, micros
from firebell.kernel.errors import Invalid


class Category(StrEnum):
    SCHEDULED_MAINTENANCE = "scheduled_maintenance"
    OUT_OF_SCOPE_TRAFFIC = "out_of_scope_traffic"
    DEPENDENCY = "dependency"
    BAD_DATA = "bad_data"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Somebody's word, approved by somebody else, that errors of these ``spans`` are not charged.

    ``spans`` are its repetitions written out. ``slos``: which it is about.
    """

    slos: tuple[str, ...]
    category: Category
    spans: tuple[Span, ...]
    reason: str
    author: str
    approver: str


def check(one: Adjustment) -> None:
    """Raises Invalid without a reason, a second person, an objective, or with a span that ends before it begins."""
    if not one.reason.strip():
        raise Invalid("An adjustment needs a reason.", field="reason", hint="What happened, in one sentence.")
    if not one.slos:
        raise Invalid("An adjustment names its objectives.", field="slos")
    if one.approver == one.author:
        raise Invalid("Somebody else has to approve it.", field="approver", hint="Ask the owner of the policy.")
    for index, span in enumerate(one.spans):
        if span.end <= span.start or micros(span.start) < 0:
            raise Invalid("It ends before it begins, or lies before 1970.", field=f"spans[{index}]")


def forgiven(slots: Iterable[Slot], spans: Iterable[Span], slot_s: int) -> list[Slot]:
    """The slots with nothing bad in those that lie wholly inside a span. One that is touched in part is charged.

    Spans that touch or overlap are one: a minute is forgiven once.
    """
    merged: list[tuple[int, int]] = []
    for since, until in sorted((micros(one.start), micros(one.end)) for one in spans):
        if merged and since <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], until))
        else:
            merged.append((since, until))
    found = []
    for slot in slots:
        since, until = slot.start * 1_000_000, (slot.start + slot_s) * 1_000_000
        inside = any(a <= since and until <= b for a, b in merged)
        found.append(replace(slot, bad=0) if inside and slot.bad else slot)
    return found


@dataclass(frozen=True, slots=True)
class Charged:
    """Both as shares of the period's budget. ``charged`` is at most ``measured`` and may be above 1."""

    measured: Attribution
    charged: Fraction

    @property
    def remaining(self) -> Fraction:
        """What gate and policies look at."""
        return 1 - self.charged


def charge(ground: Ground, claims: Sequence[Claim], spans: Iterable[Span], now: Instant) -> Charged:
    """Everything measured, less what adjustments forgive, less the net shares of exempt incidents in what is left.

    So a minute that is both adjusted and part of an exempt incident is taken off once.
    """
    measured = attribute(ground, claims, now)
    left = attribute(replace(ground, slots=forgiven(ground.slots, spans, ground.slot_s)), claims, now)
    exempt = {one.incident_id for one in claims if one.exempt}
    off = sum((one.net for one in left.shares if one.incident_id in exempt), Fraction(0))
    return Charged(measured, left.consumed - off)
