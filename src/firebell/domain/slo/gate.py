"""May this ship? The first rule that matches decides, and the worst of a service's objectives counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from firebell.domain.slo.coverage import LEAST
from firebell.domain.slo.exact import percent
from firebell.domain.slo.model import BudgetState
from firebell.domain.slo.policy import Override, holds
from firebell.kernel.clock import Instant, plus

EXPIRES_S = 600
"""An answer is good for at most so long."""


class Change(StrEnum):
    DEPLOY = "deploy"
    CONFIG = "config"
    FLAG = "flag"
    SCHEMA = "schema"
    INFRA = "infra"
    FIX = "fix"
    ROLLBACK = "rollback"
    P0_FIX = "p0_fix"
    SECURITY = "security"
    RELIABILITY = "reliability"


MENDING = frozenset({Change.FIX, Change.ROLLBACK})
SPARED = frozenset({Change.P0_FIX, Change.SECURITY, Change.RELIABILITY})


class Decision(StrEnum):
    ALLOW = "allow"
    WARN = "warn"
    BLOCK = "block"


EXIT_CODES = {Decision.ALLOW: 0, Decision.WARN: 2, Decision.BLOCK: 3}
"""Of the terminal. 1 is no answer at all."""


class Why(StrEnum):
    """The rule that spoke, stable for scripts."""

    OVERRIDE = "override"
    FAST_BURN = "fast_burn"
    EXHAUSTED = "exhausted"
    UNKNOWN = "unknown"
    CAUTION = "caution"
    POLICY = "policy"
    WITHIN_BUDGET = "within_budget"
    NO_SLO = "no_slo"
    NOT_APPROVED = "policy_not_approved"
    CANNOT_EVALUATE = "cannot_evaluate"


@dataclass(frozen=True, slots=True)
class Standing:
    """One objective as the gate sees it. ``coverage`` of the period. ``page_open``: frozen ones included.

    ``approved``: ``False`` when its policy waits for approvals; ``None`` when it has none. ``spared``: kinds of change
    that its policy lets through when the budget is exhausted. ``asked``: what the policy asks beyond the budget's
    states, by ``asked_why``, its threshold in words.
    """

    name: str
    state: BudgetState
    remaining: Fraction | None
    coverage: Fraction
    page_open: bool = False
    approved: bool | None = None
    policy_version: int | None = None
    spared: frozenset[str] = frozenset(SPARED)
    asked: Decision | None = None
    asked_why: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    why: Why
    words: str
    slo: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """``reasons``: the deciding one first."""

    decision: Decision
    reasons: tuple[Reason, ...]
    slos: tuple[Standing, ...]
    fast_burn_firing: bool
    override: Override | None
    expires_at: Instant


_WORSE = {Decision.ALLOW: 0, Decision.WARN: 1, Decision.BLOCK: 2}


def answer(
    service: str,
    slos: Sequence[Standing],
    now: Instant,
    *,
    change: Change = Change.DEPLOY,
    sha: str = "",
    incident_open: bool = False,
    overrides: Iterable[Override] = (),
) -> Answer:
    """``incident_open``: the incident that was named is open and is the service's."""
    firing = any(one.page_open for one in slos)
    override = next((one for one in overrides if holds(one, service=service, change=change, sha=sha, now=now)), None)
    found = sorted((_one(standing, change, incident_open) for standing in slos), key=lambda pair: -_WORSE[pair[0]])
    reasons = tuple(reason for _, several in found for reason in several)
    until = plus(now, EXPIRES_S)
    if override is not None:
        words = f"{override.by} overrides the gate until {override.until.format_iso()}: {override.reason}"
        reasons = (Reason(Why.OVERRIDE, words), *reasons)
        return Answer(Decision.ALLOW, reasons, tuple(slos), firing, override, min(until, override.until))
    if not slos:
        reason = Reason(Why.NO_SLO, f"{service} has no objective, so nothing speaks against it.")
        return Answer(Decision.ALLOW, (reason,), (), False, None, until)
    return Answer(found[0][0], reasons, tuple(slos), firing, None, until)


def _one(slo: Standing, change: Change, incident_open: bool) -> tuple[Decision, tuple[Reason, ...]]:
    decision, reason = _judge(slo, change, incident_open)
    if decision is Decision.BLOCK and slo.approved is False:
        unsigned = Reason(Why.NOT_APPROVED, "The policy is not approved yet, so it only warns.", slo.name)
        return Decision.WARN, (reason, unsigned)
    return decision, (reason,)


def _judge(slo: Standing, change: Change, incident_open: bool) -> tuple[Decision, Reason]:
    if slo.page_open and not (change in MENDING and incident_open):
        words = f"{slo.name} burns its budget fast enough to page."
        if change in MENDING:
            words += " Name the open incident that this mends."
        return Decision.BLOCK, Reason(Why.FAST_BURN, words, slo.name)
    if slo.state is BudgetState.EXHAUSTED and change not in slo.spared:
        left = "" if slo.remaining is None else f" ({percent(slo.remaining, 1)} left)"
        return Decision.BLOCK, Reason(Why.EXHAUSTED, f"The budget of {slo.name} is exhausted{left}.", slo.name)
    asks = Reason(Why.POLICY, f"The policy of {slo.name} asks for it: {slo.asked_why}.", slo.name)
    if slo.asked is Decision.BLOCK and change not in slo.spared:
        return Decision.BLOCK, asks
    if slo.coverage < LEAST or slo.remaining is None:
        words = f"Only {percent(slo.coverage, 1)} of the period of {slo.name} is known."
        return Decision.WARN, Reason(Why.UNKNOWN, words, slo.name)
    if slo.state is BudgetState.CAUTION:
        return Decision.WARN, Reason(
            Why.CAUTION, f"{percent(slo.remaining, 1)} of the budget of {slo.name} is left.", slo.name
        )
    if slo.asked is Decision.WARN:
        return Decision.WARN, asks
    return Decision.ALLOW, Reason(
        Why.WITHIN_BUDGET, f"{percent(slo.remaining, 1)} of the budget of {slo.name} is left.", slo.name
    )


class OnError(StrEnum):
    """What a service's gate says when it cannot be evaluated: ``open`` warns, ``closed`` blocks."""

    OPEN = "open"
    CLOSED = "closed"


def failed(on_error: OnError, why: str, now: Instant) -> Answer:
    """The answer when the server could not evaluate."""
    decision = Decision.BLOCK if on_error is OnError.CLOSED else Decision.WARN
    reason = Reason(Why.CANNOT_EVALUATE, f"The gate could not be evaluated: {why}")
    return Answer(decision, (reason,), (), False, None, plus(now, EXPIRES_S))
