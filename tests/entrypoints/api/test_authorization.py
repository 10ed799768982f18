"""Default deny: no route without a token; and for every route the least role that may use it, and nobody below."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.entrypoints.api.conftest import Api
from tests.entrypoints.api.operations import AGREED, NOT_CHARGED, OPERATIONS, QUERIES, RANK, SLO

PUBLIC = {"/healthz", "/readyz", "/metrics", "/api/docs", "/api/docs.css", "/api/openapi.json"}
PROBLEM = "application/problem+json"


def operations(api: Api) -> list[tuple[str, str]]:
    document = api.client.get("/api/openapi.json").json()
    return [(verb.upper(), path) for path, item in document["paths"].items() for verb in item]


def places(api: Api) -> dict[str, str]:
    """A real thing for every place in a path."""
    story = api.story
    story.receive("disk full")
    alert = story.alert()
    override = api.ok(
        "root", "POST", "/schedules/primary/overrides",
        {"kind": "add", "user": "vic", "starts_at": "2026-02-01T00:00:00Z", "ends_at": "2026-02-02T00:00:00Z"},
    )  # fmt: skip
    feed = api.ok("root", "POST", "/schedules/primary/feeds")
    token = api.ok("root", "POST", "/tokens", {"name": "spare", "scopes": ["alerts.view"]})
    delivery = api.ok("root", "GET", "/users/ann/deliveries")["items"][0]
    page = api.ok("root", "POST", "/status-pages", {"slug": "acme", "name": "Acme"})
    component = api.ok("root", "POST", "/status-pages/acme/components", {"name": "Web"})
    hook = api.ok(
        "root", "POST", "/webhooks", {"name": "ci", "url": "https://example.com/hook", "events": ["incident.*"]}
    )
    tracker = api.ok(
        "root", "POST", "/trackers",
        {"vendor": "github", "name": "ours", "project": "acme/shop", "token": "token-0123", "enabled": False},
    )  # fmt: skip
    planned = api.ok(
        "root", "POST", "/status-pages/acme/maintenances",
        {"name": "x", "scheduled_for": "2030-01-06T09:00:00Z", "scheduled_until": "2030-01-06T10:00:00Z"},
    )  # fmt: skip
    api.ok("root", "POST", "/status-pages/acme/subscribers:import", {"csv": "address\na@example.com\n"})
    subscriber = api.ok("root", "GET", "/status-pages/acme/subscribers")["items"][0]
    public = api.ok(
        "root", "POST", "/status-pages/acme/incidents", {"name": "x", "status": "investigating", "body": "x"}
    )
    return response_places(api) | learning_places(api) | objective_places(api) | {
        "webhook_id": hook["id"], "tracker_id": tracker["id"], "maintenance_id": planned["id"],
        "subscriber_id": subscriber["id"],
        "page": page["id"], "component_id": component["id"], "public_incident_id": public["id"],
        "public_update_id": public["updates"][0]["id"], "user": "vic", "team": "search", "service": "other",
        "schedule": "primary", "policy": "payments", "channel": "email", "method": "ntfy", "alert_id": alert.id,
        "signal_id": str(alert.signal_id),
        "integration_id": story.origins["other"].integration_id, "override_id": override["id"], "feed_id": feed["id"],
        "token_id": token["id"], "delivery_id": delivery["id"], "period": "2026-01", "table": "summary",
    }  # fmt: skip


def response_places(api: Api) -> dict[str, str]:
    """An incident under way with a part of every sort, a second one, and a runbook being worked through."""
    ours = api.ok("ben", "POST", "/incidents", {"title": "Checkout fails", "severity": "SEV3"})["id"]
    api.ok("ben", "POST", "/incidents", {"title": "Checkout is slow", "severity": "SEV3"})
    api.ok("ben", "POST", f"/incidents/{ours}:act", {"verb": "take_command"})
    made = {
        part: api.ok("ben", "POST", f"/incidents/{ours}/{where}", body)["made"]
        for part, where, body in (
            ("task", "tasks", {"text": "Look", "assignee": "max"}), ("decision", "decisions", {"proposal": "Wait"}),
            ("criterion", "criteria", {"text": "It works"}), ("offer", "handoffs", {"to": "max"}),
        )
    }  # fmt: skip
    said = {"audience": "internal", "impact": "One in ten payments fails.", "next_update_by": "2026-01-05T10:30:00Z"}
    update = api.ok("ben", "POST", f"/incidents/{ours}/updates", said)
    api.ok("root", "POST", "/runbooks", {"name": "full", "body": "- [ ] Look {#look}\n- [ ] Act {#act}"})
    run = api.ok("root", "POST", "/runbooks/full:run", {})
    return made | {
        "incident": ours, "update": update["id"], "runbook": "full", "run_id": run["id"], "step": "look",
        "role": "scribe", "name": "impact_started", "template": "internal-default", "vendor": "teams",
    }  # fmt: skip


def learning_places(api: Api) -> dict[str, str]:
    """A postmortem of an incident that is over, with an action item."""
    over = api.ok("ben", "POST", "/incidents", {"title": "Search was down", "severity": "SEV3", "impact": "All"})["id"]
    for body in (
        {"verb": "take_command"}, {"verb": "mitigate", "remedy": "rollback"},
        {"verb": "resolve", "all_clear": "All is well; no data was lost.", "skip": "It was a small thing."},
    ):  # fmt: skip
        api.ok("ben", "POST", f"/incidents/{over}:act", body)
    one = api.ok("ben", "POST", "/postmortems", {"incident": over})["id"]
    item = api.ok("ben", "POST", f"/postmortems/{one}/actions", {"text": "Reject an empty list in CI."})["made"]
    return {"key": one, "action_id": item, "number": "1"}


def objective_places(api: Api) -> dict[str, str]:
    """An objective whose counts are pushed, with what goes with it."""
    document = SLO | {"metadata": {"name": "pushed"}}
    one = api.ok("root", "POST", "/slos", {"document": document})
    source = api.ok("root", "POST", "/data-sources", {"name": "prom", "url": "http://prometheus:9090"})
    change = api.ok("ann", "POST", "/budget-adjustments", NOT_CHARGED)
    policy = api.ok(
        "root", "POST", "/budget-policies", {"name": "shop", "slos": ["pushed"], "approvals": AGREED, "decider": "ann"}
    )
    return {"slo": one["id"], "source": source["id"], "adjustment": change["id"], "budget_policy": policy["id"]}


def asked(operation: str, known: dict[str, str]) -> tuple[str, str, Any]:
    """Verb, address and body of an operation, about something that is there."""
    verb, _, path = operation.partition(" ")
    body = json.loads(filled(json.dumps(OPERATIONS[operation][1]), known))
    return verb, filled(path, known) + QUERIES.get(operation, ""), body


def lacks_permission(answer: Any) -> bool:
    """Refused for what somebody may not. Within an incident there are refusals for who somebody is: its commander."""
    return bool(answer.status_code == 403 and answer.json()["title"].startswith("This needs the permission"))


def filled(path: str, known: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda place: known[place[1]], path)


def is_problem(answer: Any, status: int) -> bool:
    body = answer.json()
    return bool(
        answer.status_code == status == body["status"]
        and answer.headers["content-type"] == PROBLEM
        and body["type"].startswith("urn:firebell:problem:")
        and body["title"]
    )


def test_every_operation_is_in_the_table_of_roles(api: Api) -> None:
    documented = {f"{verb} {path.removeprefix('/api/v1')}" for verb, path in operations(api)}
    assert documented == set(OPERATIONS)


def test_every_route_is_closed_without_a_good_token(api: Api) -> None:
    for header in (None, "Bearer fb_aaaaaaaa_" + "A" * 43, "Bearer nonsense", "Bearer ", "Basic YTpi"):
        headers = {"Authorization": header} if header else {}
        for verb, path in operations(api):
            answer = api.client.request(verb, re.sub(r"\{\w+\}", "x", path), headers=headers)
            assert is_problem(answer, 401), (header, verb, path, answer.status_code, answer.text)
            assert answer.headers["www-authenticate"] == "Bearer"


def test_an_expired_or_revoked_token_opens_nothing(api: Api) -> None:
    api.token("brief", ["alerts.view"], seconds=60)
    assert api.call("brief", "GET", "/alerts").status_code == 200
    api.story.run_for(seconds=61)
    assert is_problem(api.call("brief", "GET", "/alerts"), 401)
    api.token("gone", ["alerts.view"])
    listed = api.ok("root", "GET", "/tokens")["items"]
    api.ok("root", "DELETE", f"/tokens/{next(one['id'] for one in listed if one['name'] == 'gone')}")
    assert is_problem(api.call("gone", "GET", "/alerts"), 401)


def test_only_the_named_pages_are_public(api: Api) -> None:
    for path in PUBLIC:
        assert api.client.get(path).status_code in (200, 503), path


def test_nobody_below_the_least_role_and_everybody_from_it_on(api: Api) -> None:
    known = places(api)
    wrong: list[str] = []
    for who, rank in sorted(RANK.items(), key=lambda pair: pair[1]):
        for operation, (least, _) in OPERATIONS.items():
            if rank >= least:
                continue
            answer = api.call(who, *asked(operation, known))
            if not (is_problem(answer, 403) and lacks_permission(answer)):
                wrong.append(f"{who} {operation}: {answer.status_code} {answer.text[:100]}")
    assert not wrong, "\n".join(wrong)
    for who, rank in sorted(RANK.items(), key=lambda pair: pair[1]):
        for operation, (least, _) in OPERATIONS.items():
            if rank < least or (operation.startswith("DELETE ") and who != "root"):
                continue
            answer = api.call(who, *asked(operation, known))
            # Somebody before may have made or moved the thing already; refused for lack of permission nobody is.
            if answer.status_code == 401 or lacks_permission(answer) or answer.status_code >= 500:
                wrong.append(f"{who} {operation}: {answer.status_code} {answer.text[:100]}")
    assert not wrong, "\n".join(wrong)


def test_a_token_of_a_team_acts_within_that_team_alone(api: Api) -> None:
    assert [one["name"] for one in api.ok("payments", "GET", "/services")["items"]] == ["checkout"]
    assert [one["name"] for one in api.ok("payments", "GET", "/integrations")["items"]] == ["generic"]
    assert [one["name"] for one in api.ok("payments", "GET", "/schedules")["items"]] == ["primary"]
    assert [one["name"] for one in api.ok("payments", "GET", "/escalation-policies")["items"]] == ["payments"]
    assert api.ok("payments", "PATCH", "/services/checkout", {"description": "ours"})["description"] == "ours"
    assert api.ok("payments", "POST", "/services", {"name": "refunds", "team": "payments"})["team"] == "payments"
    for verb, path, body in (
        ("GET", "/services/other", None), ("PATCH", "/services/other", {"description": "mine"}),
        ("PATCH", "/services/checkout", {"team": "search"}), ("PATCH", "/services/checkout", {"team": None}),
        ("POST", "/services", {"name": "loose"}), ("POST", "/services", {"name": "loose", "team": "search"}),
        ("GET", "/users", None), ("GET", "/journal", None), ("POST", "/signals", {"service": "other", "summary": "x"}),
        ("GET", f"/integrations/{api.story.origins['other'].integration_id}", None), ("GET", "/config", None),
        ("POST", "/rehearsals", {"service": "other"}), ("GET", "/tokens", None),
        ("GET", "/channels/email/settings", None),
    ):  # fmt: skip
        assert is_problem(api.call("payments", verb, path, body), 403), (verb, path)


def test_a_token_of_a_team_sees_that_teams_alerts_and_signals_alone(api: Api) -> None:
    api.story.receive("ours", service="checkout")
    ours = api.story.alert("ours")
    api.story.receive("theirs", service="other")
    theirs = api.story.alert("theirs")
    assert [one["summary"] for one in api.ok("payments", "GET", "/alerts")["items"]] == ["ours"]
    assert len(api.ok("payments", "GET", "/signals")["items"]) == 1
    assert api.ok("payments", "GET", f"/alerts/{ours.id}/pages")[0]["user_id"] == api.story.users["ann"]
    assert api.ok("payments", "POST", f"/alerts/{ours.id}:acknowledge")["outcome"] == "done"
    assert is_problem(api.call("payments", "POST", f"/alerts/{theirs.id}:acknowledge"), 403)
    assert is_problem(api.call("payments", "GET", f"/signals/{theirs.signal_id}"), 404)
    assert api.ok("payments", "POST", "/signals", {"service": "checkout", "summary": "more"})["became"] == "opened"
