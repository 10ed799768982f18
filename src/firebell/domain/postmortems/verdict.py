"""One-off or systemic: seven rules, each with its evidence, and what they come to (postmortems.md 7).

The verdict is provisional for 90 days and computed again each day and whenever a linked incident opens. A person may
say otherwise with a reason; what was computed stays visible.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from fractions import Fraction

import msgspec

from firebell.domain.postmortems.similar import THRESHOLD, WINDOW_S, Alike
from firebell.kernel.clock import Instant, plus, seconds_between

_DAY_S = 86_400
PROVISIONAL_S = 90 * _DAY_S
BUDGET_SHARE = Fraction(1, 5)


class Rule(StrEnum):
    SAME_SERVICE_AND_FACTOR = "R1"
    SEEN_BEFORE = "R2"
    CLASS_SPENT_BUDGET = "R3"
    ACTION_STILL_OPEN = "R4"
    SHARED_FACTOR = "R5"
    SHARED_MECHANISM = "R6"
    SAME_ALERT_RULE = "R7"


ALONE = frozenset({Rule.SAME_SERVICE_AND_FACTOR, Rule.CLASS_SPENT_BUDGET, Rule.ACTION_STILL_OPEN})
"""Each of these is enough by itself; of the others it takes two."""


class Verdict(StrEnum):
    ONE_OFF = "one-off, provisional"
    SYSTEMIC = "systemic"


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules look at. ``budget_share``: of its SLO's quarterly budget, exactly: shares are added up, and
    one that was rounded before would move the verdict."""

    id: str
    at: Instant
    service_ids: frozenset[str] = frozenset()
    factors: frozenset[str] = frozenset()
    mechanisms: frozenset[str] = frozenset()
    budget_share: Fraction = Fraction(0)


class OpenAction(msgspec.Struct, frozen=True, kw_only=True):
    """A committed action of an earlier postmortem. ``confirmed_by``: the person who says that it would have applied."""

    id: str
    incident_id: str
    text: str
    confirmed_by: str = ""


class Paging(msgspec.Struct, frozen=True, kw_only=True):
    """One page of an alert rule, and how it was resolved."""

    rule: str
    at: Instant
    resolution: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that holds: one sentence, and the ids it rests on."""

    rule: Rule
    words: str
    evidence: tuple[str, ...] = ()


def findings(
    this: Incident,
    others: Sequence[Incident],
    *,
    alike: Iterable[Alike] = (),
    actions: Iterable[OpenAction] = (),
    pages: Iterable[Paging] = (),
    now: Instant,
) -> tuple[Finding, ...]:
    """Every rule that holds for ``this``. ``others`` are incidents of normal kind, before and after it."""
    around = [one for one in others if one.id != this.id]
    found = [
        _same_service_and_factor(this, around),
        _seen_before(this, around, alike),
        _class_spent_budget(this, around),
        _action_still_open(actions),
        _shared_factor(this, around),
        _shared_mechanism(this),
        _same_alert_rule(pages, now),
    ]
    return tuple(one for one in found if one is not None)


def verdict(rules: Iterable[Rule]) -> Verdict:
    """Systemic by R1, R3 or R4 alone, or by any two."""
    held = frozenset(rules)
    return Verdict.SYSTEMIC if held & ALONE or len(held) >= 2 else Verdict.ONE_OFF


def settled(verdict_: Verdict, resolved_at: Instant, now: Instant) -> bool:
    """Whether it is computed no more: 90 days have passed. A later incident that is linked asks again."""
    return verdict_ is Verdict.SYSTEMIC or now >= plus(resolved_at, PROVISIONAL_S)


def _same_service_and_factor(this: Incident, around: Sequence[Incident]) -> Finding | None:
    near = [
        one for one in around
        if _within(this, one, 180) and one.service_ids & this.service_ids and one.factors & this.factors
    ]  # fmt: skip
    if not near:
        return None
    shared = sorted(frozenset.union(*(one.factors & this.factors for one in near)))
    return Finding(
        rule=Rule.SAME_SERVICE_AND_FACTOR, evidence=tuple(one.id for one in near),
        words=f"{len(near) + 1} incidents of the same service with {', '.join(shared)} in 180 days.",
    )  # fmt: skip


def _seen_before(this: Incident, around: Sequence[Incident], alike: Iterable[Alike]) -> Finding | None:
    times = {one.id: one.at for one in around}
    near = [
        one for one in alike
        if one.score + 1e-9 >= THRESHOLD
        and one.id in times
        and 0 <= seconds_between(times[one.id], this.at) <= WINDOW_S
    ]  # fmt: skip
    if not near:
        return None
    best = max(near, key=lambda one: one.score)
    return Finding(
        rule=Rule.SEEN_BEFORE, evidence=tuple(one.id for one in near),
        words=f"Alike ({best.score:.2f}): {'; '.join(best.reasons)}.",
    )  # fmt: skip


def _class_spent_budget(this: Incident, around: Sequence[Incident]) -> Finding | None:
    """A class of at least two incidents; one incident that spent as much makes a postmortem due, no more."""
    for factor in sorted(this.factors):
        same = [one for one in (this, *around) if factor in one.factors and _quarter(one.at) == _quarter(this.at)]
        spent = sum((one.budget_share for one in same), Fraction(0))
        if len(same) >= 2 and spent > BUDGET_SHARE:
            return Finding(
                rule=Rule.CLASS_SPENT_BUDGET, evidence=tuple(one.id for one in same),
                words=f"{len(same)} incidents with {factor} spent {float(spent * 100):.4g} % of the quarter's budget.",
            )  # fmt: skip
    return None


def _action_still_open(actions: Iterable[OpenAction]) -> Finding | None:
    applied = [one for one in actions if one.confirmed_by]
    if not applied:
        return None
    return Finding(
        rule=Rule.ACTION_STILL_OPEN, evidence=tuple(one.id for one in applied),
        words=f"Known and unfinished: “{applied[0].text}” of {applied[0].incident_id} would have applied.",
    )  # fmt: skip


def _shared_factor(this: Incident, around: Sequence[Incident]) -> Finding | None:
    near = [this, *(one for one in around if _within(this, one, 90))]
    for factor in sorted(this.factors):
        same = [one for one in near if factor in one.factors]
        services = frozenset().union(*(one.service_ids for one in same))
        if len(services) >= 3:
            return Finding(
                rule=Rule.SHARED_FACTOR, evidence=tuple(one.id for one in same),
                words=f"{len(services)} services share {factor} in 90 days.",
            )  # fmt: skip
    return None


def _shared_mechanism(this: Incident) -> Finding | None:
    if not this.mechanisms:
        return None
    return Finding(
        rule=Rule.SHARED_MECHANISM, words=f"The mechanism is shared: {', '.join(sorted(this.mechanisms))}.",
        evidence=(this.id,),
    )  # fmt: skip


def _same_alert_rule(pages: Iterable[Paging], now: Instant) -> Finding | None:
    recent = Counter(
        (one.rule, one.resolution)
        for one in pages
        if one.resolution and 0 <= seconds_between(one.at, now) <= 30 * _DAY_S
    )
    if not recent:
        return None
    (rule, resolution), times = recent.most_common(1)[0]
    if times < 3:
        return None
    return Finding(
        rule=Rule.SAME_ALERT_RULE, words=f"{rule} paged {times} times in 30 days, resolved each time by: {resolution}.",
        evidence=(rule,),
    )  # fmt: skip


def _within(this: Incident, other: Incident, days: int) -> bool:
    return abs(seconds_between(this.at, other.at)) <= days * _DAY_S


def _quarter(at: Instant) -> tuple[int, int]:
    day = at.to_tz("UTC").date()
    return day.year, (day.month - 1) // 3


class Repeat(StrEnum):
    """How an incident repeats an earlier one: its promises are unfinished, or were all kept and did not help."""

    NONE = "none"
    KNOWN_UNFINISHED = "known, unfinished"
    AFTER_FIX = "repeat after fix"
    PLAIN = "recurrence"


def repeats(score: float, *, committed: int, done: int) -> Repeat:
    """``committed`` promises of the earlier incident still open, ``done`` kept."""
    if score + 1e-9 < THRESHOLD:
        return Repeat.NONE
    if committed:
        return Repeat.KNOWN_UNFINISHED
    return Repeat.AFTER_FIX if done else Repeat.PLAIN
