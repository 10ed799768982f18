"""From what files say about objectives to commands: how each kind is put in place and removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from firebell.domain.services import queries as services
from firebell.domain.slo import adjusting, commands, policies, rule_making, sources
from firebell.domain.slo.adjustments import Category
from firebell.domain.slo.model import RuleSet
from firebell.kernel.actor import SYSTEM
from firebell.kernel.errors import Invalid
from firebell.kernel.work import Read
from firebell.workflows.config.response_making import Maker
from firebell.workflows.config.slo_specs import (
    AdjustmentSpec,
    BudgetPolicySpec,
    DataSourceSpec,
    RuleSetSpec,
    SloSpec,
)
from firebell.workflows.config.specs import Item

if TYPE_CHECKING:
    from firebell.workflows.config.making import Making

Key = tuple[str, str]


def _put_slo(making: Making, before: Item | None, item: Item, by: str | None) -> None:
    assert isinstance(item.spec, SloSpec)
    slo = item.spec.slo
    house = Read(making.work.connection, making.work.now, SYSTEM)
    service = services.service(house, making.ids["Service", slo.service])
    whose: Any = {"service_id": service.id, "team_id": service.team_id, "managed_by": by if item.managed else None}
    if before is None:
        making.ids[item.key] = commands.create(making.work, slo, **whose).id
    else:
        commands.edit(making.work, making.ids[item.key], slo, **whose)


def _remove_slo(making: Making, key: Key, by: str | None) -> None:
    commands.delete(making.work, making.ids[key], managed_by=by)


def _put_source(making: Making, before: Item | None, item: Item, by: str | None) -> None:
    spec = item.spec
    assert isinstance(spec, DataSourceSpec)
    details = dict(spec.details)
    fields: Any = {
        "type": spec.type, "url": details.pop("url", ""), "username": details.pop("username", ""), "details": details,
        "secret_file": spec.secret_file, "managed_by": by if item.managed else None,
    }  # fmt: skip
    if spec.secret is not None:
        fields["secret"] = spec.secret
    elif not spec.secret_file:
        fields["secret"] = ""
    if before is None:
        if spec.secret_file and spec.secret is None:
            raise Invalid(
                f"The secret file “{spec.secret_file}” was not found.", field="secretFile",
                hint="Paths are relative to this file.",
            )  # fmt: skip
        making.ids[item.key] = sources.create(making.work, making.keyring, name=item.name, **fields).id
    else:
        sources.edit(making.work, making.ids[item.key], making.keyring, **fields)


def _remove_source(making: Making, key: Key, by: str | None) -> None:
    sources.delete(making.work, making.ids[key], managed_by=by)


def _put_rules(making: Making, before: Item | None, item: Item, by: str | None) -> None:
    spec = item.spec
    assert isinstance(spec, RuleSetSpec)
    rules = RuleSet(item.name, spec.period_s, spec.rows)
    managed_by = by if item.managed else None
    if before is None:
        making.ids[item.key] = rule_making.create(making.work, rules, managed_by=managed_by).id
    else:
        rule_making.edit(making.work, making.ids[item.key], rules, managed_by=managed_by)


def _remove_rules(making: Making, key: Key, by: str | None) -> None:
    rule_making.delete(making.work, making.ids[key], managed_by=by)


def _put_policy(making: Making, before: Item | None, item: Item, by: str | None) -> None:
    spec = item.spec
    assert isinstance(spec, BudgetPolicySpec)
    fields: Any = {
        "team_id": making.team(item),
        "slo_ids": [making.ids["SLO", name] for name in sorted(spec.slos)],
        "thresholds": spec.thresholds,
        "approvals": [(role, making.ids["User", name]) for role, name in spec.approvals],
        "goals": spec.goals,
        "decider_id": making.id("User", spec.decider or None) or "",
        "exemptions": spec.exemptions,
        "review_every_s": spec.review_every_s,
        "override_max_s": spec.override_max_s,
        "override_who": [making.ids["User", name] for name in sorted(spec.override_who)],
        "managed_by": by if item.managed else None,
    }
    if before is None:
        making.ids[item.key] = policies.create(making.work, name=item.name, **fields).id
    else:
        policies.edit(making.work, making.ids[item.key], **fields)


def _remove_policy(making: Making, key: Key, by: str | None) -> None:
    policies.delete(making.work, making.ids[key], managed_by=by)


def _put_adjustment(making: Making, before: Item | None, item: Item, by: str | None) -> None:
    spec = item.spec
    assert isinstance(spec, AdjustmentSpec)
    fields: Any = {
        "slo_ids": [making.ids["SLO", name] for name in sorted(spec.slos)],
        "category": Category(spec.category),
        "start": spec.start,
        "end": spec.end,
        "rrule": spec.rrule,
        "reason": spec.reason,
        "author_id": making.id("User", spec.author or None) or "",
        "approver_id": making.id("User", spec.approver or None),
        "managed_by": by if item.managed else None,
    }
    if before is None:
        making.ids[item.key] = adjusting.propose(making.work, name=item.name, **fields).id
    else:
        adjusting.edit(making.work, making.ids[item.key], **fields)


def _remove_adjustment(making: Making, key: Key, by: str | None) -> None:
    adjusting.delete(making.work, making.ids[key], managed_by=by)


MAKERS: Mapping[str, Maker] = {
    "DataSource": Maker(_put_source, _remove_source),
    "BurnRateRules": Maker(_put_rules, _remove_rules),
    "SLO": Maker(_put_slo, _remove_slo),
    "ErrorBudgetPolicy": Maker(_put_policy, _remove_policy),
    "BudgetAdjustment": Maker(_put_adjustment, _remove_adjustment),
}
