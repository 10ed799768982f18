"""Objectives, their sources, rules, policies and adjustments as files."""

from __future__ import annotations

import pytest
import yaml

from firebell.domain.slo import adjusting, policies, policy_queries, queries
from firebell.domain.slo.gate import OnError
from firebell.workflows.config.applying import apply
from firebell.workflows.config.problems import BadConfig
from firebell.workflows.config.reading import File
from tests.slo_documents import document as slo
from tests.workflows.config.conftest import KEYRING, Hand, opened

OWN = """
apiVersion: firebell/v1
kind: {kind}
metadata: {{name: {name}}}
spec: {spec}
---
"""
PEOPLE = "".join(OWN.format(kind="User", name=name, spec="{}") for name in ("pm", "lead", "sre1", "cto"))
SERVICE = OWN.format(kind="Service", name="checkout", spec="{gateOnError: closed}")
RULES = OWN.format(
    kind="BurnRateRules", name="two-rows",
    spec='{period: 30d, rows: [{stream: page, share: 2%, long: 1h}, {stream: ticket, share: 10%, long: 3d}]}',
)  # fmt: skip
POLICY = """
apiVersion: firebell/v1
kind: ErrorBudgetPolicy
metadata: {name: payments}
spec:
  slos: [checkout-availability]
  goals: [protect users, balance reliability and features]
  approvals: [{user: pm, as: product}, {user: lead, as: development}, {user: sre1, as: reliability}]
  decider: cto
  thresholds:
    - {when: remaining < 25%, do: [notify-team, gate-warn]}
    - {when: remaining <= 0, do: [notify-owners, gate-block], except: [p0_fix, security, reliability]}
    - {when: incident > 20%, do: [require-postmortem, require-p0-action]}
    - {when: class > 20% per quarter, do: [p0-on-next-quarter-plan, mark-systemic]}
  exemptions: [company_wide_network, other_team_frozen]
  override: {maxDuration: 12h, who: [lead, cto]}
---
"""
ADJUSTMENT = """
apiVersion: firebell/v1
kind: BudgetAdjustment
metadata: {name: sunday-window}
spec:
  slos: [checkout-availability]
  category: scheduled_maintenance
  start: 2026-01-11T02:00:00Z
  end: 2026-01-11T03:00:00Z
  rrule: FREQ=WEEKLY;BYDAY=SU
  reason: The database is vacuumed.
  author: lead
  approver: cto
---
"""
SOURCE = """
apiVersion: openslo/v1
kind: DataSource
metadata: {name: prom}
spec:
  type: Prometheus
  connectionDetails: {url: "http://prometheus:9090", username: reader, secretFile: prom.txt}
---
"""
PIECES = """
apiVersion: openslo/v1
kind: SLI
metadata: {name: latency}
spec:
  ratioMetric:
    counter: true
    good: {metricSource: {metricSourceRef: prom, spec: {query: 'sum(increase(h_bucket{le="0.3"}[$window]))'}}}
    total: {metricSource: {metricSourceRef: prom, spec: {query: 'sum(increase(h_count[$window]))'}}}
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: fast}
spec:
  severity: page
  condition: {kind: burnrate, op: gt, threshold: 14.4, lookbackWindow: 1h, alertAfter: 5m}
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: wake}
spec:
  alertWhenBreaching: true
  conditions: [{conditionRef: fast}]
  notificationTargets: [{targetRef: on-call}]
---
apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata: {name: on-call}
spec: {target: pager}
---
apiVersion: openslo/v1
kind: Service
metadata: {name: checkout}
spec: {description: Takes the money.}
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: checkout-latency
  annotations: {firebell/resolution: 5m, firebell/min-bad-events: "2", firebell/policy: payments}
spec:
  service: checkout
  indicatorRef: latency
  timeWindow: [{duration: 1M, calendar: {startTime: 2026-01-01 00:00:00, timeZone: Europe/Berlin}}]
  budgetingMethod: Timeslices
  objectives: [{displayName: fast, targetPercent: 99.5, timeSliceTarget: 0.95, timeSliceWindow: 5m}]
  alertPolicies: [{alertPolicyRef: wake}]
---
"""


def as_yaml(*documents: object) -> str:
    return yaml.safe_dump_all(documents, sort_keys=False) + "---\n"


PUSHED = as_yaml(slo(annotations={"firebell/rules": "two-rows"}))
EVERYTHING = PEOPLE + SERVICE + RULES + POLICY + ADJUSTMENT + SOURCE + PIECES + PUSHED
SLO_KINDS = ["DataSource", "BurnRateRules", "SLO", "SLO", "ErrorBudgetPolicy", "BudgetAdjustment"]


def send(hand: Hand, text: str, secret: str | None = "s3cret\n", *, prune: bool = False) -> list[tuple[str, str]]:
    files = [File("acme.yaml", text, {} if secret is None else {"prom.txt": secret})]
    done = apply(hand.runner, files, {}, hand.means, hand.actor, prune=prune)
    return [(one.verb, one.kind) for one in done.changes]


def faults(hand: Hand, text: str) -> list[str]:
    with pytest.raises(BadConfig) as bad:
        hand.plan(text)
    return [f"{one.place} {one.message} {one.hint or ''}".strip() for one in bad.value.problems]


def test_objectives_go_in_come_out_and_are_taken_back(hand: Hand) -> None:
    assert [kind for verb, kind in send(hand, EVERYTHING) if kind not in ("User", "Service")] == SLO_KINDS
    assert send(hand, EVERYTHING) == [], "applying twice changes nothing"
    exported = hand.export()["acme.yaml"]
    assert "s3cret" not in exported
    assert "secretFile: prom.txt" in exported
    assert send(hand, exported, None) == [], "a secret that is not sent along stays what it is"
    assert send(hand, exported, "another") == [("changed", "DataSource")]
    secret = hand.runner.read(lambda r: queries.source_secret(r, queries.source(r, "prom").id, KEYRING))
    assert secret == "another"

    # What files said is what is there.
    record = hand.runner.read(lambda r: queries.slo(r, "checkout-latency"))
    assert (record.slo.bucket_s, record.slo.bad_events_min, len(record.slo.rows)) == (300, 2, 1)
    assert record.slo.indicator is not None
    assert record.slo.indicator.data_source == "prom"
    policy = hand.runner.read(lambda r: policy_queries.policy_for(r, record))
    assert policy is not None
    assert (policy.name, len(policy.policy.thresholds), policy.policy.approved) == ("payments", 4, False)
    assert hand.runner.read(lambda r: policy_queries.on_error(r, record.service_id or "")) is OnError.CLOSED

    # An approval stays through an application that says the same, and falls with one that says something else.
    def approve(w):  # type: ignore[no-untyped-def]
        for one in policy.policy.approvals:
            policies.approve(w, policy.id, one.as_, person_id=one.user_id)

    hand.runner.run(approve)
    send(hand, EVERYTHING)
    assert hand.runner.read(lambda r: policy_queries.policy(r, "payments").policy.approved)
    assert send(hand, EVERYTHING.replace("remaining < 25%", "remaining < 30%")) == [("changed", "ErrorBudgetPolicy")]
    found = hand.runner.read(lambda r: policy_queries.policy(r, "payments").policy)
    assert (found.version, found.approved, len(found.missing)) == (2, False, 3)

    # An adjustment without an approver is approved here, and stays so while the file says the same.
    waiting = EVERYTHING.replace("remaining < 25%", "remaining < 30%").replace("  approver: cto\n", "")
    waiting = waiting.replace("sunday-window", "monday-window")
    send(hand, waiting)
    monday = hand.runner.read(lambda r: queries.adjustment(r, "monday-window"))
    assert monday.approved_at is None
    cto = hand.current().ids["User", "cto"]
    hand.runner.run(lambda w: adjusting.approve(w, monday.id, person_id=cto))
    assert send(hand, waiting) == []
    assert send(hand, hand.export()["acme.yaml"]) == []
    assert send(hand, waiting.replace("02:00:00Z", "02:30:00Z")) == [("changed", "BudgetAdjustment")]
    assert hand.runner.read(lambda r: queries.adjustment(r, "monday-window").approved_at) is None

    # Managed by the file; detached it is written with a word that says so.
    detached = EVERYTHING.replace("name: checkout-availability\n  annotations:", (
        "name: checkout-availability\n  annotations:\n    firebell/managed: 'false'"
    ))  # fmt: skip
    assert "firebell/managed" in detached
    assert ("changed", "SLO") in send(hand, detached)
    assert hand.runner.read(lambda r: queries.slo(r, "checkout-availability").managed_by) is None
    assert "firebell/managed: 'false'" in hand.export()["by-hand.yaml"]
    removed = send(hand, PEOPLE + SERVICE + SOURCE + as_yaml(slo()), prune=True)
    assert ("removed", "SLO") in removed
    assert hand.runner.read(lambda r: [one.name for one in queries.slos(r)]) == ["checkout-availability"]


def test_the_plan_says_what_was_filled_in(hand: Hand) -> None:
    planned = hand.plan(PEOPLE + SERVICE + as_yaml(slo()))
    assert [(one.place.path, one.message) for one in planned.warnings] == [
        ("spec.alertPolicies", "There are none, so the rule set “default” is used.")
    ]
    hand.apply(PEOPLE + SERVICE + as_yaml(slo()))
    assert hand.plan(PEOPLE + SERVICE + as_yaml(slo())).warnings == ()


FAULTS = [
    (as_yaml(slo()).replace("openslo/v1", "openslo/v2alpha"), "openslo/v2alpha is another version of OpenSLO"),
    (as_yaml(slo()).replace("objectives", "objektives"), "Did you mean “objectives”?"),
    (as_yaml(slo(service="chekout")), "There is no Service “chekout”. Did you mean “checkout”?"),
    (as_yaml(slo(target=1)), "leaves no error budget"),
    (RULES + as_yaml(slo(annotations={"firebell/rules": "two-row"})), "There is no rule set “two-row”. Did you mean"),
    (as_yaml(slo(source="prometheus", prometheus="prm")).replace("type: Prometheus", "x: y"), "There is no “x” here."),
    (as_yaml(slo(annotations={"firebell/resolution": "2m"})), "A bucket is 1m or 5m long."),
    (POLICY.replace("notify-team", "notify-teem"), "“notify-teem” is not known here. Did you mean “notify-team”?"),
    (POLICY.replace("as: product", "as: development"), "Two people agree as development."),
    (POLICY.replace("remaining < 25%", "remaining > 25%"), "What remains falls below a threshold"),
    (POLICY.replace("decider", "desider"), "Unknown key “desider”. Did you mean “decider”?"),
    (POLICY.replace("[checkout-availability]", "[checkout-availabilty]"), "Did you mean “checkout-availability”?"),
    (ADJUSTMENT.replace("FREQ=WEEKLY", "FREQ=MINUTELY"), "It repeats every hour at most."),
    (ADJUSTMENT.replace("approver: cto", "approver: lead"), "Somebody else has to approve it."),
    (RULES.replace("2%", "200%"), "A row's share of the budget"),
    (RULES.replace("two-rows", "default"), "“default” is built in."),
    (SOURCE.replace("secretFile", "token: x, secretFile"), "A secret does not stand in a document."),
    (OWN.format(kind="SLO", name="x", spec="{}"), "SLO is a kind of OpenSLO."),
]  # fmt: skip


def test_faults_are_named_with_their_place() -> None:
    with opened("sqlite:///:memory:") as hand:
        for text, said in FAULTS:
            own = "" if "name: checkout-availability\n" in text else as_yaml(slo())
            found = faults(hand, PEOPLE + SERVICE + text + own)
            assert any(said in one and one.startswith("acme.yaml:") for one in found), found
