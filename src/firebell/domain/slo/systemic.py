"""One-off or systemic: seven rules, each shown with its evidence (postmortems.md 7).

Systemic by R1, R3 or R4 alone, or by any two. Everything else is a one-off only provisionally. A single large incident
is due a postmortem and is not systemic by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from firebell.domain.slo.exact import percent
from firebell.kernel.clock import Instant, micros

ALIKE = Fraction(45, 100)
SHARE = Fraction(1, 5)
WATCH_DAYS = 90
"""How long a one-off is looked at again, daily and whenever a linked incident opens."""
_DAY_US = 86_400_000_000


class Rule(StrEnum):
    R1 = "R1"
    R2 = "R2"
    R3 = "R3"
    R4 = "R4"
    R5 = "R5"
    R6 = "R6"
    R7 = "R7"


ALONE = frozenset({Rule.R1, Rule.R3, Rule.R4})


class Verdict(StrEnum):
    SYSTEMIC = "systemic"
    ONE_OFF = "one_off_provisional"


@dataclass(frozen=True, slots=True)
class Case:
    """An incident as the rules see it. ``factors``: classes of its contributing factors. ``mechanisms``: of those,
    what is marked as shared (config rollout, certificate expiry, base image)."""

    incident_id: str
    at: Instant
    services: frozenset[str]
    factors: frozenset[str]
    mechanisms: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Paged:
    """An alert rule that paged somebody, and what resolved it."""

    rule: str
    at: Instant
    resolution: str


@dataclass(frozen=True, slots=True)
class Spent:
    """What incidents of one factor class took of a quarter's budget: share in [0, ∞), and which they were."""

    factor: str
    share: Fraction
    incidents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A rule that is true, in words, and what shows it."""

    rule: Rule
    words: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """``computed`` stays visible when somebody ``overruled`` it."""

    computed: Verdict
    rules: tuple[Found, ...]
    postmortem_due: bool = False
    overruled: Verdict | None = None
    reason: str = ""

    @property
    def verdict(self) -> Verdict:
        return self.overruled or self.computed


def verdict(rules: Iterable[Rule]) -> Verdict:
    """From the rules that are true."""
    true = frozenset(rules)
    return Verdict.SYSTEMIC if true & ALONE or len(true) >= 2 else Verdict.ONE_OFF


def judge(
    case: Case,
    others: Sequence[Case],
    *,
    alike: Mapping[str, Fraction] | None = None,
    spent: Sequence[Spent] = (),
    unfinished: Sequence[str] = (),
    pages: Sequence[Paged] = (),
    own_share: Fraction = Fraction(0),
) -> Finding:
    """``others`` are all other incidents, also later ones. ``alike``: similarity by incident. ``unfinished``: open
    actions of earlier postmortems that a person confirmed would have applied. ``pages``: of this incident's alert
    rules. ``own_share``: of the period's budget, by this incident alone."""
    found = [
        one
        for one in (
            _r1(case, others), _r2(case, others, alike or {}), _r3(case, spent), _r4(unfinished), _r5(case, others),
            _r6(case), _r7(case, pages),
        )
        if one is not None
    ]  # fmt: skip
    return Finding(verdict(one.rule for one in found), tuple(found), postmortem_due=own_share > SHARE)


def _near(case: Case, others: Iterable[Case], days: int) -> list[Case]:
    """Within ``days`` before or after: the verdict is looked at again as later incidents come."""
    return [one for one in others if abs(micros(one.at) - micros(case.at)) <= days * _DAY_US]


def _r1(case: Case, others: Sequence[Case]) -> Found | None:
    for one in _near(case, others, 180):
        services, factors = case.services & one.services, case.factors & one.factors
        if services and factors:
            words = f"{min(services)} had {min(factors)} as a factor before, within 180 days."
            return Found(Rule.R1, words, (one.incident_id,))
    return None


def _r2(case: Case, others: Sequence[Case], alike: Mapping[str, Fraction]) -> Found | None:
    past = [one for one in _near(case, others, 365) if one.at <= case.at]
    found = sorted(
        ((alike[one.incident_id], one.incident_id) for one in past if alike.get(one.incident_id, 0) >= ALIKE),
        reverse=True,
    )
    if not found:
        return None
    return Found(Rule.R2, "It resembles an incident of the last 365 days.", tuple(name for _, name in found))


def _r3(case: Case, spent: Iterable[Spent]) -> Found | None:
    for one in spent:
        if one.factor in case.factors and one.share > SHARE and len(set(one.incidents)) >= 2:
            words = f"Incidents with {one.factor} as a factor spent {percent(one.share, 1)} of a quarter's budget."
            return Found(Rule.R3, words, one.incidents)
    return None


def _r4(unfinished: Sequence[str]) -> Found | None:
    if not unfinished:
        return None
    return Found(Rule.R4, "An action that was promised and is still open would have applied.", tuple(unfinished))


def _r5(case: Case, others: Sequence[Case]) -> Found | None:
    for factor in sorted(case.factors):
        sharing = [case, *(one for one in _near(case, others, 90) if factor in one.factors)]
        services = sorted({service for one in sharing for service in one.services})
        if len(services) >= 3 and len(sharing) > 1:
            return Found(
                Rule.R5,
                f"{len(services)} services had {factor} as a factor within 90 days.",
                tuple(one.incident_id for one in sharing[1:]),
            )
    return None


def _r6(case: Case) -> Found | None:
    if not case.mechanisms:
        return None
    return Found(Rule.R6, "The mechanism is shared with other services.", tuple(sorted(case.mechanisms)))


def _r7(case: Case, pages: Iterable[Paged]) -> Found | None:
    counted: dict[tuple[str, str], list[Paged]] = {}
    for one in pages:
        if one.resolution and 0 <= micros(case.at) - micros(one.at) <= 30 * _DAY_US:
            counted.setdefault((one.rule, one.resolution), []).append(one)
    for (rule, resolution), several in sorted(counted.items()):
        if len(several) >= 3:
            words = f"{rule} paged {len(several)} times in 30 days and ended the same way: {resolution}"
            return Found(Rule.R7, words, tuple(one.at.format_iso() for one in several))
    return None
