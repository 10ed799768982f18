"""What the house holds about objectives, in the words of the files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from firebell.domain.slo import policy_queries, queries
from firebell.kernel.actor import SYSTEM
from firebell.kernel.secrets import Keyring, Unsealable
from firebell.kernel.work import Read
from firebell.workflows.config.slo_parsing import SloWorld
from firebell.workflows.config.slo_specs import (
    AdjustmentSpec,
    BudgetPolicySpec,
    DataSourceSpec,
    RuleSetSpec,
    SloSpec,
)

if TYPE_CHECKING:
    from firebell.workflows.config.current import Current


def world(read: Read) -> SloWorld:
    """What documents may refer to that is in no file of theirs."""
    house = Read(read.connection, read.now, SYSTEM)
    sources = {one.name: one.document for one in queries.sources(house)}
    return SloWorld(sources, frozenset(one.name for one in queries.rule_records(house)))


def add_slos(asked: Read, now: Current, keyring: Keyring) -> None:
    """Add it to ``now``. The caller has checked that the actor may apply configuration."""
    read = Read(asked.connection, asked.now, SYSTEM)
    services, teams, people = now.names("Service"), now.names("Team"), now.names("User")
    for source in queries.sources(read):
        document = source.document
        try:
            secret: str | None = queries.source_secret(read, source.id, keyring) if source.has_secret else None
        except Unsealable:
            secret = None  # its seal is lost: a file that gives a secret replaces it
        spec = DataSourceSpec(document.type, dict(document.details), document.secret_file, secret)
        now.add("DataSource", source.name, source.id, spec, None, source.managed_by)
    for rules in queries.rule_records(read):
        now.add("BurnRateRules", rules.name, rules.id, RuleSetSpec(rules.rules.period_s, rules.rules.rows), None,
                rules.managed_by)  # fmt: skip
    for record in queries.every(read):
        slo = replace(record.slo, service=services.get(record.service_id or "", record.slo.service))
        now.add("SLO", record.name, record.id, SloSpec(slo), None, record.managed_by)
    slos = now.names("SLO")
    for found in policy_queries.policies(read):
        policy = found.policy
        asked_of = {one.as_: people[one.user_id] for one in policy.approvals if one.user_id in people}
        body = BudgetPolicySpec(
            slos=frozenset(slos[one] for one in policy.slos if one in slos),
            approvals=tuple((one.as_, asked_of[one.as_]) for one in policy.approvals if one.as_ in asked_of),
            thresholds=policy.thresholds,
            goals=policy.goals,
            decider=people.get(policy.decider, ""),
            review_every_s=policy.review_every_s,
            exemptions=policy.exemptions,
            override_max_s=policy.override_max_s,
            override_who=frozenset(people[one] for one in policy.override_who if one in people),
        )
        now.add("ErrorBudgetPolicy", found.name, found.id, body, teams.get(found.team_id or ""), found.managed_by)
    for one in queries.adjustments(read):
        said = AdjustmentSpec(
            slos=frozenset(slos[each] for each in one.slo_ids if each in slos),
            category=one.category,
            start=one.start,
            end=one.end,
            reason=one.reason,
            rrule=one.rrule,
            author=people.get(one.author_id, ""),
            approver=people.get(one.approver_id or "", ""),
        )
        if said.slos:  # of objectives that are gone there is nothing to adjust
            now.add("BudgetAdjustment", one.name, one.id, said, None, one.managed_by)
