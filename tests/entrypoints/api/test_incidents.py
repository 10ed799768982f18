"""An incident run over the API alone: declared, commanded, worked on, spoken of, mitigated, verified and resolved."""

from __future__ import annotations

from typing import Any

from tests.entrypoints.api.conftest import Api


def declared(api: Api, who: str = "ben", **body: Any) -> dict[str, Any]:
    return dict(api.ok(who, "POST", "/incidents", {"title": "Checkout fails", "severity": "SEV2", **body}))


def test_it_is_declared_from_an_alert_and_found_by_id_number_and_reference(api: Api) -> None:
    api.story.receive("checkout is down", service="checkout")
    alert = api.story.alert()
    one = declared(api, title="", alert_ids=[alert.id])
    assert (one["reference"], one["title"], one["phase"]) == ("INC-1", "checkout is down", "triage")
    assert one["service_ids"] == [api.story.services["checkout"]]
    assert one["html_url"].endswith(f"/incidents/{one['id']}")
    for key in (one["id"], "1", "INC-1", "inc-1"):
        assert api.ok("vic", "GET", f"/incidents/{key}")["id"] == one["id"]
    assert [a["alert_id"] for a in api.ok("vic", "GET", "/incidents/1/alerts")] == [alert.id]


def test_lists_filter_and_page(api: Api) -> None:
    for title, severity in (("a", "SEV1"), ("b", "SEV2"), ("c", None)):
        declared(api, title=title, severity=severity)
    api.ok("ben", "POST", "/incidents/1:phase", {"verb": "decline", "reason": "false_alarm"})
    page = api.ok("vic", "GET", "/incidents?limit=2")
    assert [one["title"] for one in page["items"]] == ["c", "b"]
    rest = api.ok("vic", "GET", f"/incidents?limit=2&cursor={page['next']}")
    assert ([one["title"] for one in rest["items"]], rest["next"]) == (["a"], None)
    assert [one["title"] for one in api.ok("vic", "GET", "/incidents?active=true")["items"]] == ["c", "b"]
    assert [one["title"] for one in api.ok("vic", "GET", "/incidents?severity=SEV1")["items"]] == ["a"]
    assert [one["title"] for one in api.ok("vic", "GET", "/incidents?phase=declined")["items"]] == ["a"]
    assert [one["title"] for one in api.ok("vic", "GET", "/incidents?q=B")["items"]] == ["b"]
    assert api.call("vic", "GET", f"/incidents?cursor={10**19}").status_code == 422


def test_command_is_taken_by_one_and_handed_over_by_acceptance(api: Api) -> None:
    declared(api)
    taken = api.ok("ben", "POST", "/incidents/1:act", {"verb": "take_command"})
    assert taken["incident"]["commander_id"] == api.story.users["ben"]
    late = api.call("max", "POST", "/incidents/1:act", {"verb": "take_command"})
    assert late.status_code == 409
    assert "ben" in late.json()["title"].lower() + late.json().get("hint", "").lower()
    offer = api.ok("ben", "POST", "/incidents/1/handoffs", {"to": "max", "note": "lunch"})["made"]
    unread = api.call("max", "POST", f"/incidents/1/handoffs/{offer}:accept", {})
    assert unread.status_code in (409, 422)
    assert api.ok("max", "GET", "/incidents/1/brief")["note"] == "lunch"
    done = api.ok("max", "POST", f"/incidents/1/handoffs/{offer}:accept", {"brief_read": True})
    assert done["incident"]["commander_id"] == api.story.users["max"]


def test_tasks_and_decisions_have_their_routes(api: Api) -> None:
    declared(api)
    api.ok("max", "POST", "/incidents/1:act", {"verb": "take_command"})
    task = api.ok("max", "POST", "/incidents/1/tasks", {"text": "roll back", "assignee": "ben", "minutes": 5})["made"]
    api.ok("ben", "POST", f"/incidents/1/tasks/{task}:ack")
    api.ok("ben", "POST", f"/incidents/1/tasks/{task}:extend", {"minutes": 5})
    api.ok("ben", "POST", f"/incidents/1/tasks/{task}:finish", {"outcome": "rolled back"})
    (shown,) = api.ok("vic", "GET", "/incidents/1/tasks")
    assert (shown["state"], shown["outcome"]) == ("done", "rolled back")
    made = api.ok("ben", "POST", "/incidents/1/decisions", {"proposal": "fail over", "risk": "west is full"})["made"]
    api.ok("vic", "POST", f"/incidents/1/decisions/{made}:object", {"text": "it is full"})
    (decision,) = api.ok("vic", "GET", "/incidents/1/decisions")
    assert decision["objections"][0]["text"] == "it is full"


def test_an_illegal_move_names_the_legal_ones(api: Api) -> None:
    declared(api)
    refused = api.call("ben", "POST", "/incidents/1:phase", {"verb": "close"})
    assert refused.status_code == 409
    assert "engage" in refused.json()["title"] + refused.json()["hint"]
    unknown = api.call("ben", "POST", "/incidents/1:phase", {"verb": "dance"})
    assert (unknown.status_code, unknown.json()["field"]) == (422, "verb")
    bad = api.call("ben", "POST", "/incidents/1:act", {"verb": "set_severity", "to": "SEV9"})
    assert (bad.status_code, bad.json()["field"]) == (422, "to")


def test_the_whole_way_to_resolved_with_its_verification(api: Api) -> None:
    declared(api)
    say = lambda who, **verb: api.call(who, "POST", "/incidents/1:act", verb)  # noqa: E731
    assert say("max", verb="take_command").status_code == 200
    api.ok("max", "POST", "/incidents/1/roles", {"role": "comms", "user": "ben"})
    api.ok("max", "PATCH", "/incidents/1", {"impact": "3 % of checkouts fail", "customer_impact": "yes"})
    draft = api.ok("ben", "GET", "/incidents/1/updates:compose?audience=internal")
    assert draft["update"]["body"]
    sent = api.ok("ben", "POST", "/incidents/1/updates", {"audience": "internal",
                  "next_update_by": draft["update"]["next_update_by"]})  # fmt: skip
    assert sent["state"] == "sent"
    assert [p["outcome"] for p in api.ok("vic", "GET", "/incidents/1/promises")] == ["open"]
    assert say("max", verb="mitigate", remedy="rollback").status_code == 200
    early = say("max", verb="resolve", all_clear="Checkout has recovered; nothing lingers and no data was lost.")
    assert early.status_code == 409
    criterion = api.ok("max", "POST", "/incidents/1/criteria", {"text": "error ratio under 0.1 %"})["made"]
    api.ok("ben", "POST", f"/incidents/1/criteria/{criterion}:tick", {"value": "https://grafana.example.com/x"})
    api.story.run_for(minutes=20)
    done = say("max", verb="resolve", all_clear="Checkout has recovered; nothing lingers and no data was lost.")
    assert done.status_code == 200, done.text
    assert done.json()["incident"]["phase"] == "resolved"
    measured = {m["metric"]: m["standing"] for m in api.ok("vic", "GET", "/incidents/1/metrics")}
    assert measured["stage_resolve"] == "recorded"
    kinds = [entry["kind"] for entry in api.ok("vic", "GET", "/incidents/1/timeline")]
    assert kinds[0] == "incident.declared"
    assert "Checkout fails" in api.call("vic", "GET", "/incidents/1/state.txt").text


def test_a_private_one_does_not_exist_for_others(api: Api) -> None:
    one = declared(api, private=True, title="Somebody is inside")
    for path in ("", "/tasks", "/timeline", "/brief", "/updates", "/state.txt", "/metrics"):
        assert api.call("vic", "GET", f"/incidents/{one['id']}{path}").status_code == 404, path
    assert api.ok("vic", "GET", "/incidents")["items"] == []
    assert api.call("vic", "POST", "/incidents/1:act", {"verb": "take_command"}).status_code == 404
    assert api.ok("root", "GET", "/incidents/1")["title"] == "Somebody is inside"


def test_a_token_speaks_for_its_owner_and_an_installation_s_for_whom_it_names(api: Api) -> None:
    declared(api)
    nobody = api.call("root", "POST", "/incidents/1:act", {"verb": "take_command"})
    assert nobody.status_code == 403
    named = api.ok("root", "POST", "/incidents/1:act?as=max", {"verb": "take_command"})
    assert named["incident"]["commander_id"] == api.story.users["max"]
    other = api.call("ben", "POST", "/incidents/1:act?as=max", {"verb": "step_down", "reason": "it is late"})
    assert other.status_code == 403


def test_a_lost_race_is_told_by_the_etag(api: Api) -> None:
    declared(api)
    tag = api.call("ben", "GET", "/incidents/1").headers["etag"]
    api.ok("ben", "POST", "/incidents/1:severity", {"to": "SEV1"})
    late = api.call("ben", "PATCH", "/incidents/1", {"title": "Other"}, headers={"If-Match": tag})
    assert late.status_code == 412


def test_a_key_of_a_team_that_knows_nobody_runs_that_team_s_incidents_and_no_others(api: Api) -> None:
    api.token("pager", ["incidents.view", "incidents.declare", "incidents.respond", "people.view"], team="payments")
    team = api.story.team_ids["payments"]
    own = declared(api, team="payments")
    declared(api, team="search", title="Search is slow")
    assert [one["title"] for one in api.ok("pager", "GET", "/incidents")["items"]] == ["Checkout fails"]
    raised = api.ok("pager", "POST", "/incidents/1:severity", {"to": "SEV1"})
    assert (raised["incident"]["severity"], raised["incident"]["team_id"]) == ("SEV1", team)
    api.ok("pager", "PATCH", f"/incidents/{own['id']}", {"impact": "3 % of checkouts fail"})
    for verb in ({"verb": "note", "text": "x"}, {"verb": "set_severity", "to": "SEV1"}):
        assert api.call("pager", "POST", "/incidents/2:act", verb).status_code == 403


def test_an_incident_is_tied_to_what_is_there(api: Api) -> None:
    declared(api)
    for field, verb in (
        ("alert_id", {"verb": "link_alert", "alert_id": "alr_01kb000000abcdefgh"}),
        ("team_id", {"verb": "edit", "team_id": "team_01kb000000abcdefgh"}),
        ("service_ids", {"verb": "edit", "service_ids": ["svc_01kb000000abcdefgh"]}),
        ("component_ids", {"verb": "edit", "component_ids": ["cmp_01kb000000abcdefgh"]}),
    ):
        refused = api.call("ben", "POST", "/incidents/1:act", verb)
        assert (refused.status_code in (404, 422), refused.json().get("field")) == (True, field)
    api.story.receive("checkout is down", service="checkout")
    alert = api.story.alert()
    lie = {"verb": "link_alert", "alert_id": alert.id, "service_id": "svc_01kb000000abcdefgh", "open": False}
    linked = api.ok("ben", "POST", "/incidents/1:act", lie)["incident"]
    assert linked["service_ids"] == [api.story.services["checkout"]]
    assert [one["open"] for one in api.ok("ben", "GET", "/incidents/1/alerts")] == [True]


def test_a_warning_calls_people_by_their_names(api: Api) -> None:
    declared(api, severity="SEV3")
    api.ok("ben", "POST", "/incidents/1:act", {"verb": "take_command"})
    done = api.ok("max", "POST", "/incidents/1/roles", {"role": "comms", "user": "ben"})
    assert "ben would be Incident Commander and Comms Lead at once" in done["warnings"][0]


def public_draft(api: Api, who: str, words: str) -> Any:
    """What happened when ``who`` hands in a post for customers."""
    next_at = api.ok(who, "GET", "/incidents/1/updates:compose?audience=public")["update"]["next_update_by"]
    body = {"audience": "public", "title": "Payments fail", "body": words, "impact": "3 % of payments fail."}
    body["next_update_by"] = next_at
    return api.call(who, "POST", "/incidents/1/updates", body)


def release(api: Api, who: str, one: dict[str, Any]) -> Any:
    return api.call(who, "POST", f"/updates/{one['id']}:approve", {"sha256": one["sha256"]})


def test_a_key_writes_and_releases_in_its_owner_s_name(api: Api) -> None:
    api.ok("root", "POST", "/status-pages", {"slug": "status", "name": "Status"})
    declared(api)
    api.ok("ben", "POST", "/incidents/1:act", {"verb": "take_command"})
    own = public_draft(api, "ben", "3 % of payments fail. We are failing over.").json()
    assert (own["state"], own["author_id"]) == ("awaiting_approval", api.story.users["ben"])
    other = public_draft(api, "max", "3 % of payments fail. We are rolling back.").json()
    assert "Nobody releases their own text" in release(api, "ben", own).json()["title"]
    assert release(api, "max", other).status_code == 403
    released = release(api, "ben", other)
    assert (released.status_code, released.json()["approver_id"]) == (200, api.story.users["ben"])


def test_a_narrow_key_of_somebody_at_work_says_nothing_for_them(api: Api) -> None:
    api.token("reader", ["incidents.view"], person="ben")
    declared(api)
    api.ok("ben", "POST", "/incidents/1:act", {"verb": "take_command"})
    assert public_draft(api, "reader", "3 % of payments fail.").status_code == 403
    assert api.call("reader", "POST", "/incidents/1/updates", {"audience": "internal"}).status_code == 403


def test_an_update_of_a_private_incident_is_not_there_for_others(api: Api) -> None:
    declared(api, private=True)
    draft = api.ok("root", "GET", "/incidents/1/updates:compose?audience=internal")["update"]
    body = {"audience": "internal", "next_update_by": draft["next_update_by"]}
    sent = api.ok("root", "POST", "/incidents/1/updates", body)
    never = "upd_" + "0" * 18
    theirs, nothing = (api.call("max", "POST", f"/updates/{key}:withdraw") for key in (sent["id"], never))
    assert (theirs.status_code, theirs.json()) == (nothing.status_code, nothing.json())
