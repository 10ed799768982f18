"""Objectives over HTTP: documents in and out, counts pushed, budgets read, policies agreed to."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import yaml

from tests.entrypoints.api.conftest import Api
from tests.entrypoints.api.operations import AGREED, NOT_CHARGED
from tests.slo_documents import document


def points(*counts: tuple[str, float, float]) -> list[dict[str, Any]]:
    return [{"start": f"2026-01-05T{at}:00Z", "good": good, "total": total} for at, good, total in counts]


def test_an_objective_from_its_document_to_its_rules(api: Api) -> None:
    made = api.ok("max", "POST", "/slos", {"document": document(service="other")})
    assert (made["name"], made["service"], made["source"], made["state"]) == (
        "checkout-availability", "other", "pushed", None,
    )  # fmt: skip
    assert [one["message"] for one in made["warnings"]] == ["There are none, so the rule set “default” is used."]
    # What comes out goes in and changes nothing.
    again = api.call("max", "PATCH", f"/slos/{made['id']}", {"document": made["document"]})
    assert (again.json()["version"], again.headers["etag"]) == (1, '"1"')
    # Every fault is at its place.
    for change, field, hint in (
        ({"apiVersion": "openslo/v2alpha"}, "apiVersion", "openslo/v1"),
        ({"kind": "SLI"}, "kind", "inline"),
        ({"spec": made["document"]["spec"] | {"service": "othr"}}, "spec.service", "Did you mean “other”?"),
        ({"spec": made["document"]["spec"] | {"objectives": [{"target": 1}]}}, "spec.objectives[0].target", ""),
        ({"spec": made["document"]["spec"] | {"objektives": []}}, "spec.objektives", "objectives"),
        ({"metadata": {"name": "x", "annotations": {"firebell/rules": "y"}}}, "metadata.annotations.firebell/rules", ""),  # noqa: E501
    ):  # fmt: skip
        refused = api.call("max", "POST", "/slos", {"document": made["document"] | change}).json()
        assert (refused["status"], refused["field"]) == (422, field), refused
        assert hint in refused.get("hint", "")
    assert api.call("max", "POST", "/slos", {"document": made["document"]}).status_code == 409
    tighter = deepcopy(made["document"])
    tighter["spec"]["objectives"] = [{"target": 0.9995}]
    stale = api.call("max", "PATCH", "/slos/checkout-availability", {"document": tighter}, headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    assert api.ok("max", "PATCH", "/slos/checkout-availability", {"document": tighter})["version"] == 2
    found = api.ok("vic", "GET", "/slos?service=other&q=avail&source=pushed")["items"]
    assert [one["id"] for one in found] == [made["id"]]
    assert api.ok("vic", "GET", "/slos?state=exhausted")["items"] == []

    # Counts: stored, replaced, added once however often the request is repeated.
    where = f"/slos/{made['id']}/series"
    first = api.ok("ben", "POST", where, {"points": points(("08:00", 99, 100), ("08:01", 993.5, 1000))})
    assert first == {"stored": 2, "replaced": 0, "refused": [], "anomalies": []}
    assert api.ok("ben", "POST", where, {"points": points(("08:00", 98, 100))})["replaced"] == 1
    adding = {"mode": "add", "points": points(("08:00", 1, 2))}
    keyless = api.call("ben", "POST", where, adding)
    assert (keyless.status_code, keyless.json()["field"]) == (422, "Idempotency-Key")
    for _ in range(2):
        assert api.ok("ben", "POST", where, adding, headers={"Idempotency-Key": "k1"})["stored"] == 1
    bad = api.call("ben", "POST", where, {"points": points(("08:00", 1, 1), ("08:02", 3, 2))})
    assert (bad.status_code, bad.json()["field"]) == (422, "points[1].good")
    assert api.call("ben", "POST", where, {"points": points(("08:00", 1, 1)), "objective": 3}).status_code == 422
    kept = api.ok("vic", "GET", f"{where}?since=2026-01-05T07:00:00Z&until=2026-01-05T09:00:00Z")
    assert [(one["good"], one["total"]) for one in kept["points"]] == [(99, 102), (993.5, 1000)]
    assert kept["newest"] == "2026-01-05T08:02:00Z"

    api.story.run_for(minutes=2)
    budget = api.ok("vic", "GET", "/slos/checkout-availability/budget")
    assert budget["objectives"][0]["target"] == "0.9995"
    shares = api.ok("vic", "GET", "/slos/checkout-availability/attribution")
    assert (shares["objective"], shares["shares"]) == (0, [])
    assert api.call("vic", "GET", "/slos/checkout-availability/attribution?objective=4").status_code == 404

    # Rules for Prometheus: only of what Prometheus measures.
    assert api.call("vic", "GET", "/slos/checkout-availability/rules").status_code == 422
    api.ok("max", "POST", "/data-sources", {"name": "prom", "url": "http://prometheus:9090", "secret": "s3cret"})
    assert "s3cret" not in str(api.ok("vic", "GET", "/data-sources"))
    asked = document("latency", service="other", source="prometheus", prometheus="prom")
    api.ok("max", "POST", "/slos", {"document": asked})
    rules = api.call("vic", "GET", "/slos/rules")
    assert rules.headers["content-type"].startswith("application/yaml")
    assert [one["name"] for one in yaml.safe_load(rules.text)["groups"]] == ["firebell-slo-latency"]
    away = api.call("max", "PATCH", "/data-sources/prom", {"url": "http://elsewhere:9090"})
    assert (away.status_code, away.json()["field"]) == (422, "secret"), "a secret is not carried to another address"
    api.ok("max", "DELETE", "/slos/latency")
    assert api.call("vic", "GET", "/slos/latency").status_code == 404


def test_a_policy_is_agreed_to_and_an_adjustment_approved_by_people(api: Api) -> None:
    api.ok("max", "POST", "/slos", {"document": document("pushed", service="other")})
    policy = api.ok("max", "POST", "/budget-policies", {
        "name": "shop", "slos": ["pushed"], "approvals": AGREED, "decider": "ann",
        "thresholds": [{"when": "remaining <= 0", "do": ["gate-block"], "except": ["security"]}],
    })  # fmt: skip
    assert (policy["edition"], policy["approved"], policy["thresholds"][0]["except"]) == (1, False, ["security"])
    agree = f"/budget-policies/{policy['id']}:approve"
    assert api.call("vic", "POST", agree, {"as": "product"}).status_code == 403, "the policy asks Max"
    assert api.call("root", "POST", agree, {"as": "product"}).status_code == 403, "nobody stands behind this token"
    for who, role in (("max", "product"), ("ben", "development"), ("ann", "reliability")):
        said = api.ok(who, "POST", agree, {"as": role, "edition": 1})
    assert said["approved"]
    edited = api.ok("max", "PATCH", "/budget-policies/shop", {"goals": ["Protect users."]})
    assert (edited["edition"], edited["approved"]) == (2, False)
    assert {one["approved_at"] for one in edited["approvals"]} == {None}
    assert api.call("ben", "POST", agree, {"as": "development", "edition": 1}).status_code == 412
    settled = {"about": "x", "decision": "y"}
    assert api.call("max", "POST", "/budget-policies/shop/decisions", settled).status_code == 403
    api.ok("ann", "POST", "/budget-policies/shop/decisions", {"about": "The freeze", "decision": "It holds."})
    assert [one["by"] for one in api.ok("vic", "GET", "/budget-policies/shop/decisions")] == ["ann"]

    assert api.ok("max", "POST", "/budget-policies/shop:review")["reviewed_at"] >= edited["reviewed_at"]

    one = api.ok("max", "POST", "/budget-adjustments", NOT_CHARGED)
    assert (one["author"], one["approved_at"]) == ("max", None)
    yes = f"/budget-adjustments/{one['id']}:approve"
    assert api.call("max", "POST", yes).status_code == 403, "not by its author"
    assert api.ok("ann", "POST", yes)["approver"] == "ann"
    changed = api.ok("max", "PATCH", f"/budget-adjustments/{one['id']}", {"rrule": "FREQ=WEEKLY;BYDAY=TU"})
    assert (changed["approved_at"], changed["approver"]) == (None, None)
    assert api.call("max", "PATCH", f"/budget-adjustments/{one['id']}", {"rrule": "FREQ=SECONDLY"}).status_code == 422
