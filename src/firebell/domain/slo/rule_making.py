"""Burn-rate rule sets of one's own: made, edited, deleted. They are chosen per class of requests, not per service."""

from __future__ import annotations

import re
from typing import Any

from firebell.domain.slo import rule_sets
from firebell.domain.slo import rule_store as store
from firebell.domain.slo import store as slo_store
from firebell.domain.slo.burn_rows import BUILT_IN, check_row
from firebell.domain.slo.facts import RulesCreated, RulesDeleted, RulesEdited
from firebell.domain.slo.model import RuleSet
from firebell.domain.slo.records import RuleSetRecord
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Changed, Conflict, Invalid, NotFound
from firebell.kernel.work import Work

TOPIC = "slos"
KEEP = "\0keep"
_EDIT = Permission.SLOS_EDIT
_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?")


def create(work: Work, rules: RuleSet, *, managed_by: str | None = None) -> RuleSetRecord:
    """A new set. Raises Conflict (name taken or built in), Invalid (a row that makes no sense), Forbidden."""
    work.needs(_EDIT)
    _check(rules)
    if rules.name in BUILT_IN or store.get(work, rules.name) is not None:
        raise Conflict(f"There is a rule set {rules.name} already.", field="name")
    new = ids.new("brs", work.now)
    store.add(
        work,
        {
            "id": new, "name": rules.name, "spec": rule_sets.write(rules), "managed_by": managed_by,
            "created_at": work.now, "updated_at": work.now, "version": 1,
        },
    )  # fmt: skip
    work.record(new, RulesCreated(name=rules.name))
    work.publish(TOPIC, new)
    return _found(work, new)


def edit(
    work: Work, rules_id: str, rules: RuleSet, expected: int | None = None, *, managed_by: str | None = KEEP
) -> RuleSetRecord:
    """Write its rows anew; its name stays. Objectives that use it follow at their next evaluation."""
    before = _take(work, rules_id, expected)
    _managed(before, on_behalf=managed_by != KEEP)
    _check(rules)
    if rules.name != before.name:
        raise Invalid("A rule set keeps its name.", field="name", hint="Make another one.")
    values: dict[str, Any] = {}
    if rules != before.rules:
        values["spec"] = rule_sets.write(rules)
    if managed_by not in (KEEP, before.managed_by):
        values["managed_by"] = managed_by
    if not values:
        return before
    store.save(work, before.id, before.version, values)
    work.record(before.id, RulesEdited(name=rules.name))
    work.publish(TOPIC, before.id)
    return _found(work, before.id)


def delete(work: Work, rules_id: str, expected: int | None = None, *, managed_by: str | None = None) -> None:
    """Raises Conflict while an objective uses it."""
    before = _take(work, rules_id, expected)
    _managed(before, on_behalf=managed_by is not None)
    users = [one.name for one in slo_store.listed(work) if not one.slo.rows and one.slo.rules == before.name]
    if users:
        raise Conflict(f"It is used by {', '.join(users[:5])}.", hint="Give those another rule set first.")
    store.save(work, before.id, before.version, {"deleted_at": work.now})
    work.record(before.id, RulesDeleted(name=before.name))
    work.publish(TOPIC, before.id)


def _check(rules: RuleSet) -> None:
    if not _NAME.fullmatch(rules.name):
        raise Invalid("This cannot be a name.", field="name", hint="Small letters, digits and hyphens.")
    for index, row in enumerate(rules.rows):
        check_row(row, f"rows[{index}]")


def _managed(before: RuleSetRecord, *, on_behalf: bool) -> None:
    if before.managed_by is not None and not on_behalf:
        raise Conflict(f"{before.managed_by} manages this rule set.", hint="Change it there, or detach it first.")


def _take(work: Work, rules_id: str, expected: int | None) -> RuleSetRecord:
    work.needs(_EDIT)
    found = store.take(work, rules_id)
    if found is None:
        raise NotFound("There is no such rule set.", field="rules_id")
    if expected is not None and expected != found.version:
        raise Changed("This rule set has been edited meanwhile.", hint="Load it again and repeat your change.")
    return found


def _found(work: Work, rules_id: str) -> RuleSetRecord:
    found = store.get(work, rules_id)
    assert found is not None
    return found
