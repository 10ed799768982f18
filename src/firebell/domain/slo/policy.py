"""What a team has agreed to do when the budget runs out: thresholds, consequences, approvals, overrides.

A policy punishes nobody. Until product, development and reliability have all agreed to this very version, it can
warn but not block.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from firebell.domain.slo.exact import exact, percent
from firebell.domain.slo.model import BudgetState
from firebell.kernel.clock import Instant, micros
from firebell.kernel.errors import Forbidden, Invalid

CAUTION_BELOW = Fraction(1, 4)
EXHAUSTED_AT = Fraction(0)
RECOVERED_AT = Fraction(1, 20)


def next_state(state: BudgetState, remaining: Fraction | None, *, frozen: bool = False) -> BudgetState:
    """The state after ``remaining`` (charged). Out of EXHAUSTED only at 5 %, so that a rolling window cannot flap.

    Frozen or unknown data move nothing.
    """
    if frozen or remaining is None:
        return state
    if remaining <= EXHAUSTED_AT:
        return BudgetState.EXHAUSTED
    if state is BudgetState.EXHAUSTED and remaining < RECOVERED_AT:
        return BudgetState.EXHAUSTED
    return BudgetState.CAUTION if remaining < CAUTION_BELOW else BudgetState.OK


class Consequence(StrEnum):
    NOTIFY_TEAM = "notify-team"
    NOTIFY_OWNERS = "notify-owners"
    GATE_WARN = "gate-warn"
    GATE_BLOCK = "gate-block"
    REQUIRE_POSTMORTEM = "require-postmortem"
    REQUIRE_P0_ACTION = "require-p0-action"
    P0_NEXT_QUARTER = "p0-on-next-quarter-plan"
    MARK_SYSTEMIC = "mark-systemic"


class Exemption(StrEnum):
    """Why an incident is charged nothing."""

    COMPANY_WIDE_NETWORK = "company_wide_network"
    OTHER_TEAM_FROZEN = "other_team_frozen"
    OUT_OF_SCOPE_USERS = "out_of_scope_users"
    MISCATEGORISED = "miscategorised_no_harm"


class Subject(StrEnum):
    """What a threshold looks at: the budget, one incident's share of it, or one class's share of a quarter's; and how
    many action items that are to prevent a repetition are overdue for the service."""

    REMAINING = "remaining"
    INCIDENT = "incident"
    CLASS = "class"
    OVERDUE = "overdue"


_AT_THE_GATE = frozenset({Consequence.GATE_WARN, Consequence.GATE_BLOCK})
_WHEN = re.compile(r"(remaining|incident|class|overdue)\s*(<=|>=|<|>)\s*(-?[\d.]+)\s*(%?)(?:\s+per\s+(quarter))?")


@dataclass(frozen=True, slots=True)
class Threshold:
    """``remaining < 25%`` and what follows. ``spared``: kinds of change that the gate lets through all the same."""

    subject: Subject
    op: str
    value: Fraction
    consequences: tuple[Consequence, ...]
    spared: frozenset[str] = frozenset()

    def __str__(self) -> str:
        per = " per quarter" if self.subject is Subject.CLASS else ""
        return f"{self.subject} {self.op} {self._number(percent(self.value))}{per}"

    def written(self, share: str) -> str:
        """As :func:`read_threshold` reads it; ``share`` is the value as a percentage without spaces."""
        per = " per quarter" if self.subject is Subject.CLASS else ""
        return f"{self.subject} {self.op} {self._number(share)}{per}"

    def _number(self, share: str) -> str:
        return str(self.value) if self.subject is Subject.OVERDUE else share

    def holds(self, value: Fraction) -> bool:
        """Strict where it says so."""
        match self.op:
            case "<":
                return value < self.value
            case "<=":
                return value <= self.value
            case ">":
                return value > self.value
            case _:
                return value >= self.value


def read_threshold(when: str, do: Sequence[str], spared: Iterable[str] = (), field: str = "thresholds") -> Threshold:
    """``when`` in words, as in the policy's document. Raises Invalid."""
    found = _WHEN.fullmatch(when.strip())
    if found is None:
        raise Invalid(
            f"“{when[:60]}” is no threshold.", field=f"{field}.when",
            hint="remaining < 25%, remaining <= 0, incident > 20%, class > 20% per quarter, or overdue > 0.",
        )  # fmt: skip
    subject, op, number, sign, per = found.groups()
    if (subject == Subject.CLASS) != (per is not None):
        raise Invalid("A class is looked at per quarter, and nothing else is.", field=f"{field}.when")
    if (subject == Subject.REMAINING) != (op in ("<", "<=")):
        raise Invalid("What remains falls below a threshold; what is spent rises above it.", field=f"{field}.when")
    value = exact(number, f"{field}.when") / (100 if sign else 1)
    if subject == Subject.OVERDUE:
        if sign or value.denominator != 1 or value < 0:
            raise Invalid("Overdue action items are counted.", field=f"{field}.when", hint="Write overdue > 0.")
        if not set(do) <= _AT_THE_GATE:
            raise Invalid(
                "Overdue action items mark the gate, and nothing else.", field=f"{field}.do",
                hint="One of gate-warn, gate-block.",
            )  # fmt: skip
    elif value > 1:
        raise Invalid("That is more than the whole budget.", field=f"{field}.when", hint="Write 25%, not 25.")
    unknown = [one for one in do if one not in set(Consequence)]
    if unknown or not do:
        said = f"“{unknown[0][:40]}” is no consequence." if unknown else "A threshold has at least one consequence."
        raise Invalid(said, field=f"{field}.do", hint=f"One of {', '.join(Consequence)}.")
    return Threshold(Subject(subject), op, value, tuple(Consequence(one) for one in do), frozenset(spared))


@dataclass(frozen=True, slots=True)
class Approval:
    """``user_id`` agrees ``as_`` product, development or reliability. ``version``: to which version, if to any."""

    user_id: str
    as_: str
    version: int | None = None
    at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """One version. Editing makes the next, to which nobody has agreed yet."""

    name: str
    version: int
    slos: tuple[str, ...]
    thresholds: tuple[Threshold, ...]
    approvals: tuple[Approval, ...]
    goals: tuple[str, ...] = ()
    decider: str = ""
    exemptions: frozenset[Exemption] = frozenset(Exemption)
    review_every_s: int = 90 * 86_400
    override_max_s: int = 86_400
    override_who: frozenset[str] = field(default=frozenset())

    @property
    def approved(self) -> bool:
        """All that have to have agreed to this version."""
        return bool(self.approvals) and all(one.version == self.version for one in self.approvals)

    @property
    def missing(self) -> tuple[Approval, ...]:
        return tuple(one for one in self.approvals if one.version != self.version)


@dataclass(frozen=True, slots=True)
class Due:
    """A threshold that holds. ``about``: the incident or the class, empty for the budget."""

    threshold: Threshold
    value: Fraction
    about: str = ""


def due(
    policy: Policy,
    *,
    remaining: Fraction | None,
    incidents: Mapping[str, Fraction] | None = None,
    classes: Mapping[str, Fraction] | None = None,
) -> tuple[Due, ...]:
    """Everything that holds now, but for what only the gate looks at (:func:`at_the_gate`).

    ``incidents``: charged shares of the period; ``classes``: of the quarter's budget."""
    found: list[Due] = []
    for one in policy.thresholds:
        match one.subject:
            case Subject.REMAINING:
                if remaining is not None and one.holds(remaining):
                    found.append(Due(one, remaining))
            case Subject.INCIDENT:
                found += [Due(one, share, name) for name, share in (incidents or {}).items() if one.holds(share)]
            case Subject.CLASS:
                found += [Due(one, share, name) for name, share in (classes or {}).items() if one.holds(share)]
    return tuple(found)


def at_the_gate(policy: Policy, held: Collection[str], overdue: int) -> tuple[tuple[Threshold, Consequence], ...]:
    """What the policy asks of the gate beyond the two steps that every gate knows, what blocks first.

    ``held``: its thresholds that hold, in its own words. They are given up late, so that a rolling window cannot make
    the gate flap. ``overdue``: action items that were to prevent a repetition.
    """
    found = []
    for one in policy.thresholds:
        known = one.subject is Subject.REMAINING and one.value in (CAUTION_BELOW, EXHAUSTED_AT)
        holds_ = one.holds(Fraction(overdue)) if one.subject is Subject.OVERDUE else str(one) in held
        if holds_ and not known:
            found += [(one, each) for each in one.consequences if each in _AT_THE_GATE]
    return tuple(sorted(found, key=lambda pair: pair[1] is not Consequence.GATE_BLOCK))


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody's word that ships in spite of the budget, for a while. ``change`` and ``sha`` narrow it when given."""

    service: str
    by: str
    reason: str
    since: Instant
    until: Instant
    change: str = ""
    sha: str = ""
    revoked_at: Instant | None = None


def check_override(one: Override, policy: Policy | None, *, may: Collection[str], named: bool) -> None:
    """Raises Forbidden unless a named person asks who may, and Invalid without a reason or for too long."""
    if not named:
        raise Forbidden("An override needs a person; a token is nobody.", hint="Sign in and override it yourself.")
    if one.by not in may:
        asked = ", ".join(sorted(may))
        raise Forbidden("You may not override the gate.", hint=f"Ask {asked}." if asked else None)
    if not one.reason.strip():
        raise Invalid("An override needs a reason.", field="reason", hint="What ships, and why it cannot wait.")
    longest = policy.override_max_s if policy is not None else 86_400
    lasts_us = micros(one.until) - micros(one.since)
    if not 0 < lasts_us <= longest * 1_000_000:
        raise Invalid(f"An override lasts at most {longest // 3600} h.", field="expires_at")


def holds(one: Override, *, service: str, change: str, sha: str, now: Instant) -> bool:
    """Whether the override is about this and is still good."""
    if one.service != service or not one.since <= now < one.until:
        return False
    if one.revoked_at is not None and one.revoked_at <= now:
        return False
    return one.change in ("", change) and one.sha in ("", sha)


_HINTS: Mapping[tuple[bool, bool, bool], str] = {
    (True, False, True): "Relax the target, or step back.",
    (True, False, False): "Tighten the target.",
    (True, True, True): "Fewer false alerts, or loosen the alerts.",
    (True, True, False): "Tighten the target.",
    (False, False, True): "Loosen the target.",
    (False, False, False): "Make the alerts more sensitive.",
    (False, True, True): "Loosen the target.",
    (False, True, False): "Offload toil and fix the service.",
}


def review_hint(*, met: bool, toil_high: bool, satisfied: bool) -> str:
    """What a review suggests from: was the SLO met, how much toil, how satisfied are customers."""
    return _HINTS[met, toil_high, satisfied]
