"""What files say about objectives: OpenSLO documents, and what goes with them that OpenSLO cannot say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from firebell.domain.slo.burn_rows import BUILT_IN as RULE_SETS
from firebell.domain.slo.model import BurnRow, Slo
from firebell.domain.slo.policy import Exemption, Threshold
from firebell.kernel.clock import Instant

Key = tuple[str, str]

OPENSLO = frozenset({"DataSource", "SLO"})
"""Kinds of OpenSLO that are objects of their own here; the others are read into the SLOs that refer to them."""
SLO_KINDS = ("DataSource", "BurnRateRules", "SLO", "ErrorBudgetPolicy", "BudgetAdjustment")
MANAGED = "firebell/managed"
"""The annotation for ``managed: false``, which an OpenSLO document has no key for."""
BUILT_IN_RULES: frozenset[Key] = frozenset(("BurnRateRules", name) for name in RULE_SETS)


@dataclass(frozen=True, slots=True)
class SloSpec:
    slo: Slo


@dataclass(frozen=True, slots=True)
class DataSourceSpec:
    """``secret`` ``None``: whatever it is now. ``secret_file``: where the sender has it."""

    type: str
    details: Mapping[str, str] = field(default_factory=dict)
    secret_file: str = ""
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RuleSetSpec:
    period_s: int
    rows: tuple[BurnRow, ...]


@dataclass(frozen=True, slots=True)
class BudgetPolicySpec:
    """People and objectives by name. ``approvals``: (role, person), in the order of the roles."""

    slos: frozenset[str]
    approvals: tuple[tuple[str, str], ...]
    thresholds: tuple[Threshold, ...]
    goals: tuple[str, ...] = ()
    decider: str = ""
    review_every_s: int = 90 * 86_400
    exemptions: frozenset[Exemption] = frozenset(Exemption)
    override_max_s: int = 86_400
    override_who: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AdjustmentSpec:
    """``author`` and ``approver`` by name; without an approver somebody still has to approve it here."""

    slos: frozenset[str]
    category: str
    start: Instant
    end: Instant
    reason: str
    rrule: str = ""
    author: str = ""
    approver: str = ""


Slos = SloSpec | DataSourceSpec | RuleSetSpec | BudgetPolicySpec | AdjustmentSpec


def needs(spec: object) -> set[Key]:
    """The (kind, name) of everything that ``spec`` refers to, but for what is always there."""
    found: set[Key] = set()
    if isinstance(spec, SloSpec):
        slo = spec.slo
        found.add(("Service", slo.service))
        found |= {("DataSource", name) for name in sources_of(slo)}
        found |= {("BurnRateRules", slo.rules)} if not slo.rows else set()
        found |= {("ErrorBudgetPolicy", slo.policy)} if slo.policy else set()
    elif isinstance(spec, BudgetPolicySpec):
        found |= {("SLO", name) for name in spec.slos}
        found |= {("User", name) for _, name in spec.approvals}
        found |= {("User", name) for name in (spec.decider, *spec.override_who) if name}
    elif isinstance(spec, AdjustmentSpec):
        found |= {("SLO", name) for name in spec.slos}
        found |= {("User", name) for name in (spec.author, spec.approver) if name}
    return found - BUILT_IN_RULES


def sources_of(slo: Slo) -> set[str]:
    """The data sources that an objective refers to by name."""
    indicators = [slo.indicator, *(one.indicator for one in slo.objectives)]
    return {one.data_source for one in indicators if one is not None and one.data_source}


def secrets(spec: object) -> Mapping[str, str | None]:
    """What of ``spec`` is never shown, by its path."""
    if isinstance(spec, DataSourceSpec):
        return {"spec.connectionDetails.secretFile (its content)": spec.secret}
    return {}
