"""The documents of what files say about objectives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from firebell.domain.slo import openslo_write, rule_sets
from firebell.domain.slo.exact import decimal_text
from firebell.domain.slo.model import RuleSet
from firebell.domain.slo.openslo_model import DataSource
from firebell.domain.slo.policy import Exemption, Threshold
from firebell.workflows.config.durations import shown
from firebell.workflows.config.slo_specs import (
    MANAGED,
    AdjustmentSpec,
    BudgetPolicySpec,
    DataSourceSpec,
    RuleSetSpec,
    SloSpec,
)
from firebell.workflows.config.writing import sparse, unless


def openslo_document(name: str, spec: SloSpec | DataSourceSpec, *, managed: bool) -> dict[str, Any]:
    """In the words of OpenSLO, whole."""
    if isinstance(spec, SloSpec):
        document = openslo_write.write(spec.slo)
    else:
        document = openslo_write.write_source(DataSource(name, spec.type, spec.details, spec.secret_file))
    if not managed:
        document["metadata"].setdefault("annotations", {})[MANAGED] = "false"
    return document


def _rules(name: str, spec: RuleSetSpec) -> dict[str, Any]:
    return rule_sets.write(RuleSet(name, spec.period_s, spec.rows))


def _policy(_: str, spec: BudgetPolicySpec) -> dict[str, Any]:
    override = sparse(maxDuration=unless(shown(spec.override_max_s), shown(86_400)), who=sorted(spec.override_who))
    body: dict[str, Any] = {"slos": sorted(spec.slos)} | sparse(goals=list(spec.goals))
    body["approvals"] = [{"user": user, "as": role} for role, user in spec.approvals]
    body |= sparse(
        reviewEvery=unless(shown(spec.review_every_s), shown(90 * 86_400)),
        decider=spec.decider,
        thresholds=[_threshold(one) for one in spec.thresholds],
    )
    if spec.exemptions != frozenset(Exemption):
        body["exemptions"] = sorted(spec.exemptions)
    return body | sparse(override=override)


def _threshold(one: Threshold) -> dict[str, Any]:
    when = one.written(f"{decimal_text(one.value * 100)}%")
    return {"when": when, "do": [str(each) for each in one.consequences]} | sparse(**{"except": sorted(one.spared)})


def _adjustment(_: str, spec: AdjustmentSpec) -> dict[str, Any]:
    return sparse(
        slos=sorted(spec.slos),
        category=str(spec.category),
        start=spec.start.format_iso(),
        end=spec.end.format_iso(),
        rrule=spec.rrule,
        reason=spec.reason,
        author=spec.author,
        approver=spec.approver,
    )


WRITERS: Mapping[type, Callable[[str, Any], dict[str, Any]]] = {
    RuleSetSpec: _rules,
    BudgetPolicySpec: _policy,
    AdjustmentSpec: _adjustment,
}
