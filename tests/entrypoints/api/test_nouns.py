"""Each noun once round: made, listed, read, changed, removed; and what is particular about it."""

from __future__ import annotations

import base64

import pytest

from tests.entrypoints.api.conftest import WEEK, Api


def test_a_person_is_made_edited_switched_off_deleted_and_restored(api: Api) -> None:
    made = api.ok("root", "POST", "/users", {"name": "zoe", "email": "zoe@example.com", "time_zone": "Europe/Berlin"})
    assert made["role"] == "responder"
    assert made["html_url"].endswith(f"/people/{made['id']}")
    assert api.ok("root", "GET", "/users/zoe")["id"] == made["id"]
    assert api.ok("root", "PATCH", "/users/zoe", {"display_name": "Zoe", "active": False})["active"] is False
    api.ok("root", "DELETE", "/users/zoe")
    assert "zoe" not in [one["name"] for one in api.ok("root", "GET", "/users")["items"]]
    assert [one["name"] for one in api.ok("root", "GET", "/users?deleted=true")["items"]] == ["zoe"]
    assert api.ok("root", "POST", f"/users/{made['id']}:restore")["deleted_at"] is None


def test_a_contact_method_is_proved_by_the_code_that_arrives(api: Api) -> None:
    made = api.ok(
        "root", "POST", "/users/vic/contact-methods",
        {"name": "topic", "channel": "ntfy", "values": {"to": "https://ntfy.example.com/vic", "token": "tk_secret"}},
    )  # fmt: skip
    assert made["verified_at"] is None
    assert made["values"] == {"to": "https://ntfy.example.com/vic"}
    sent = api.call("root", "POST", "/users/vic/contact-methods/topic:verify")
    assert (sent.status_code, sent.json()["outcome"]) == (202, "sent")
    api.story.settle()
    message = api.story.messages("verification")[0].message
    code = "".join(character for character in message.title if character.isdigit())
    wrong = "000000" if code != "000000" else "111111"
    assert api.ok("root", "POST", "/users/vic/contact-methods/topic:verify", {"code": wrong})["outcome"] == "wrong"
    assert api.ok("root", "POST", "/users/vic/contact-methods/topic:verify", {"code": code})["outcome"] == "verified"
    assert api.ok("root", "GET", "/users/vic/contact-methods/topic")["verified_at"] is not None


def test_a_test_message_shows_what_the_provider_said(api: Api) -> None:
    sent = api.ok("root", "POST", "/users/ann/contact-methods/ntfy:test")
    api.story.settle()
    ledger = api.ok("root", "GET", f"/users/ann/deliveries/{sent['delivery_id']}")
    assert ledger["state"] == "sent"
    assert ledger["attempts"][0]["reply"] == "250 accepted"
    for expected in (202, 202, 429):
        assert api.call("root", "POST", "/users/ann/contact-methods/ntfy:test").status_code == expected


def test_notification_rules_are_set_by_urgency(api: Api) -> None:
    rule = {"method": "ntfy", "delay_s": 60, "hours": [{"days": ["mon"], "from": "09:00", "to": "17:00"}]}
    rules = api.ok("root", "PUT", "/users/ann/notification-rules", {"high": [rule]})
    assert rules["low"] == []
    assert rules["high"][0]["method"] == "ntfy"
    assert rules["high"][0]["hours"] == [{"days": ["mon"], "from": "09:00", "to": "17:00"}]
    assert api.ok("root", "GET", "/users/ann/notification-rules") == rules


def test_a_team_is_made_with_its_people(api: Api) -> None:
    made = api.ok("root", "POST", "/teams", {"name": "ops", "members": [{"user": "ben", "role": "manager"}]})
    assert [(m["user"], m["role"]) for m in made["members"]] == [("ben", "manager")]
    changed = api.ok("root", "PUT", "/teams/ops/members", {"members": [{"user": "vic"}]})
    assert [m["user"] for m in changed] == ["vic"]
    wrong = api.call("root", "PUT", "/teams/ops/members", {"members": [{"user": "bem"}]})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "members[0].user")
    assert "ben" in wrong.json()["hint"]
    api.ok("root", "DELETE", "/teams/ops")
    assert api.call("root", "GET", "/teams/ops").status_code == 404


def test_a_token_is_shown_once_and_opens_what_it_says(api: Api) -> None:
    made = api.ok(
        "root", "POST", "/tokens", {"name": "ci", "scopes": ["alerts.view"], "expires_at": "2027-01-01T00:00:00Z"}
    )
    api.plain["ci"] = made["token"]
    assert api.call("ci", "GET", "/alerts").status_code == 200
    assert api.call("ci", "GET", "/services").status_code == 403
    listed = api.ok("root", "GET", "/tokens")["items"]
    assert made["token"] not in str(listed)
    assert next(one for one in listed if one["name"] == "ci")["last_used_at"] is not None
    assert (
        api.call("root", "POST", "/tokens", {"name": "x", "scopes": ["alerts.veiw"]}).json()["hint"]
        == "Did you mean alerts.view?"
    )


def test_a_service_names_its_team_policy_and_dependencies(api: Api) -> None:
    made = api.ok(
        "root", "POST", "/services",
        {"name": "refunds", "team": "payments", "policy": "payments", "depends_on": ["checkout"]},
    )  # fmt: skip
    assert (made["team"], made["policy"], made["depends_on"]) == ("payments", "payments", ["checkout"])
    assert api.ok("root", "PATCH", "/services/refunds", {"team": None})["team"] is None
    assert api.call("root", "DELETE", "/services/checkout").status_code == 409
    api.ok("root", "DELETE", "/services/refunds")
    assert api.ok("root", "POST", f"/services/{made['id']}:restore")["name"] == "refunds"


def test_an_integrations_key_is_shown_rotated_and_in_its_snippets(api: Api) -> None:
    made = api.ok("root", "POST", "/integrations", {"service": "checkout", "name": "prom", "source": "alertmanager"})
    assert made["url"].endswith(f"/in/alertmanager/{made['key']}")
    path = f"/integrations/{made['id']}"
    assert made["key"] not in str(api.ok("root", "GET", path))
    rotated = api.ok("root", "POST", f"{path}:rotate")
    assert rotated["key"] != made["key"]
    assert any(rotated["key"] in one["text"] for one in api.ok("root", "GET", f"{path}/snippets"))
    heard = api.ok("root", "POST", f"{path}:test")
    assert heard["accepted"], heard
    assert len(api.ok("root", "GET", f"/signals?integration_id={made['id']}")["items"]) == 1


def test_a_test_of_an_integration_pages_whoever_is_on_call(api: Api) -> None:
    api.ok("root", "POST", f"/integrations/{api.story.origins['checkout'].integration_id}:test")
    api.story.settle()
    assert api.story.paged() == ["ann"]


def test_an_event_is_sent_by_token_and_seen_byte_for_byte(api: Api) -> None:
    sent = api.ok("root", "POST", "/signals", {"service": "checkout", "summary": "disk full", "dedup_key": "d1"})
    assert sent["became"] == "opened"
    again = api.ok("root", "POST", "/signals", {"service": "checkout", "summary": "disk full", "dedup_key": "d1"})
    assert (again["became"], again["alert_id"]) == ("repeated", sent["alert_id"])
    listed = api.ok("root", "GET", "/signals?limit=1")
    assert listed["next"] == listed["items"][0]["id"]
    older = api.ok("root", "GET", f"/signals?limit=1&cursor={listed['next']}")["items"][0]
    shown = api.ok("root", "GET", f"/signals/{older['id']}")
    assert shown["outcomes"] == [{"became": "opened", "alert_id": sent["alert_id"]}]
    assert base64.b64decode(shown["body_base64"]).decode() == shown["body"]
    assert "disk full" in shown["body"]
    api.story.settle()
    assert api.story.paged() == ["ann"]
    neither = api.call("root", "POST", "/signals", {"summary": "x"})
    assert (neither.status_code, neither.json()["field"]) == (422, "service")


def test_a_schedule_speaks_the_words_of_the_files(api: Api) -> None:
    made = api.ok("root", "POST", "/schedules", {"name": "second", "time_zone": "Europe/Berlin", "layers": WEEK})
    assert made["layers"][0]["rotation"]["participants"] == [["ann"], ["ben"]]
    again = api.call("root", "PATCH", "/schedules/second", {"layers": made["layers"]})
    assert again.json() == made
    shifts = api.ok("root", "GET", "/schedules/second/shifts?from=2026-01-06T00:00:00Z&to=2026-01-13T00:00:00Z")
    assert [one["user"] for one in shifts] == ["ann", "ben"]
    wrong = api.call(
        "root", "PATCH", "/schedules/second", {"layers": [{"rotation": {"every": "1w", "participants": [["bem"]]}}]}
    )
    assert wrong.json()["field"] == "layers[0].rotation.participants[0]"
    assert "ben" in wrong.json()["hint"]


def test_a_gap_is_said(api: Api) -> None:
    office = [{**WEEK[0], "restrictions": [{"days": "Mon-Fri", "from": "09:00", "to": "17:00"}]}]
    api.ok("root", "POST", "/schedules", {"name": "office", "layers": office})
    gaps = api.ok("root", "GET", "/schedules/office/gaps?from=2026-01-06T09:00:00Z&to=2026-01-07T09:00:00Z")
    assert gaps == [{"starts_at": "2026-01-06T17:00:00Z", "ends_at": "2026-01-07T09:00:00Z", "reason": "uncovered"}]


def test_an_override_takes_over_and_is_taken_back(api: Api) -> None:
    body = {
        "kind": "replace",
        "user": "ann",
        "by": "vic",
        "starts_at": "2026-01-05T10:00:00Z",
        "ends_at": "2026-01-05T12:00:00Z",
    }
    made = api.ok("ben", "POST", "/schedules/primary/overrides", body)
    at = "/oncall?schedule=primary&at=2026-01-05T11:00:00Z"
    assert [one["user"] for one in api.ok("ben", "GET", at)[0]["people"]] == ["vic"]
    assert [one["id"] for one in api.ok("ben", "GET", "/schedules/primary/overrides")] == [made["id"]]
    api.ok("ben", "DELETE", f"/schedules/primary/overrides/{made['id']}")
    assert [one["user"] for one in api.ok("ben", "GET", at)[0]["people"]] == ["ann"]


def test_a_calendar_feed_is_read_by_its_address_until_it_is_revoked(api: Api) -> None:
    issued = api.ok("root", "POST", "/schedules/primary/feeds")
    path = "/" + issued["url"].split("/", 3)[3]
    token = path.removeprefix("/feeds/").removesuffix(".ics")
    for address in (path, f"/api/v1/schedules/primary/calendar.ics?token={token}"):
        calendar = api.client.get(address)
        assert calendar.status_code == 200
        assert calendar.headers["content-type"].startswith("text/calendar")
        assert "SUMMARY:ann" in calendar.text
        assert calendar.headers["cache-control"] == "no-store"
        assert calendar.headers["referrer-policy"] == "no-referrer"
    assert api.client.get("/api/v1/schedules/second/calendar.ics", params={"token": token}).status_code == 404
    assert token not in str(api.ok("root", "GET", "/schedules/primary/feeds"))
    api.ok("root", "DELETE", f"/schedules/primary/feeds/{issued['id']}")
    assert api.client.get(path).status_code == 404


def test_a_person_has_a_calendar_of_their_own(api: Api) -> None:
    issued = api.ok("root", "POST", "/users/ben/feeds")
    path = "/" + issued["url"].split("/", 3)[3]
    assert "SUMMARY:ben" in api.client.get(path).text
    assert "SUMMARY:ann" not in api.client.get(path).text
    assert api.call("root", "DELETE", f"/users/ann/feeds/{issued['id']}").status_code == 404
    api.ok("root", "DELETE", f"/users/ben/feeds/{issued['id']}")
    assert api.client.get(path).status_code == 404


def test_who_is_on_call_by_service_team_and_everywhere(api: Api) -> None:
    for query in ("?service=checkout", "?team=payments", "?schedule=primary", ""):
        answer = api.ok("vic", "GET", f"/oncall{query}")
        assert [(one["schedule"], [p["user"] for p in one["people"]]) for one in answer] == [("primary", ["ann"])], (
            query
        )
        assert answer[0]["until"] == "2026-01-12T09:00:00Z"
    assert api.ok("vic", "GET", "/oncall?service=other") == []


def test_a_policy_speaks_the_words_of_the_files(api: Api) -> None:
    steps = [
        {"notify": [{"schedule": "primary"}], "wait": {"SEV1": "5m", "default": "30m"}},
        {"notify": [{"user": "ann"}], "wait": "15m"},
    ]
    made = api.ok(
        "root", "POST", "/escalation-policies", {"name": "spare", "steps": steps, "fallback": [{"team": "payments"}]}
    )
    assert (made["steps"], made["fallback"], made["repeat"], made["ackTimeout"]) == (
        steps,
        [{"team": "payments"}],
        2,
        "30m",
    )
    changed = api.ok("root", "PATCH", "/escalation-policies/spare", {"ackTimeout": "off", "team": "search"})
    assert (changed["steps"], changed["ackTimeout"], changed["team"]) == (steps, "off", "search")
    for given, field in (
        ({"steps": [{"notify": [{"user": "nobody"}]}]}, "steps[0].notify[0].user"),
        ({"steps": [{"notify": [{"user": "ann"}], "wait": "1s"}]}, "steps[0].wait"),
        ({"steps": [{"notify": [{"user": "ann"}], "weight": "5m"}]}, "steps[0].weight"),
        ({"fallback": []}, "fallback"),
    ):
        wrong = api.call("root", "PATCH", "/escalation-policies/spare", given)
        assert (wrong.status_code, wrong.json()["field"].split(".default")[0]) == (422, field), wrong.text
    assert api.call("root", "DELETE", "/escalation-policies/payments").status_code == 409
    api.ok("root", "DELETE", "/escalation-policies/spare")


def test_the_last_resort_is_named_and_cannot_be_emptied(api: Api) -> None:
    told = api.ok("root", "PUT", "/fallback", {"people": ["ben", api.story.actor("ann").id, "ben"]})
    assert [one["user"] for one in told["people"]] == ["ben", "ann"]
    assert api.ok("vic", "GET", "/fallback")["people"] == told["people"]
    for wrong, field in (([], "fallback"), (["ben", "bne"], "people[1]")):
        refused = api.call("root", "PUT", "/fallback", {"people": wrong})
        assert (refused.status_code, refused.json()["field"]) == (422, field)
    api.story.person("gone")
    api.ok("root", "PUT", "/fallback", {"people": ["gone"]})
    api.ok("root", "PATCH", "/users/gone", {"active": False})
    assert api.ok("root", "GET", "/fallback")["people"][0]["unreachable"] == "disabled_user"


def test_a_rehearsal_says_who_when_and_how_and_tells_nobody(api: Api) -> None:
    lines = api.ok("vic", "POST", "/rehearsals", {"service": "checkout", "severity": "SEV1"})["lines"]
    first = [(one["offset_s"], one["step"], one["loop"], one["user"], one["channel"]) for one in lines][:3]
    assert first == [(0, 1, 0, "ann", "ntfy"), (300, 2, 0, "ann", "ntfy"), (900, 1, 1, "ann", "ntfy")]
    assert (lines[-1]["step"], lines[-1]["user"]) == (None, "ann")
    next_week = api.ok("vic", "POST", "/rehearsals", {"schedule": "primary", "at": "2026-01-13T00:00:00Z"})["lines"]
    assert [one["user"] for one in next_week] == ["ben"]
    api.story.settle()
    assert api.story.sent == []


@pytest.mark.parametrize(
    ("service", "severity"), [("checkout", "SEV1"), ("checkout", "SEV3"), ("other", "SEV1"), ("night", "SEV1")]
)
def test_what_is_rehearsed_is_what_happens(api: Api, service: str, severity: str) -> None:
    api.story.schedule("empty", layers=[], team="payments")
    api.story.policy("night", ("empty", 300), ("empty", 600), fallback=("max",), repeat=1)
    api.story.service("night", policy="night")
    lines = api.ok("vic", "POST", "/rehearsals", {"service": service, "severity": severity})["lines"]
    start = api.story.clock.now()
    word = {"SEV1": "critical", "SEV3": "warning"}[severity]
    api.story.receive("disk full", service=service, severity=word)
    about = api.story.alert("disk full").id
    api.story.run_for(hours=3)
    happened = [
        (round(sent.at.timestamp() - start.timestamp()), sent.to.partition(":")[2])
        for sent in api.story.messages()
        if sent.message.alert_id == about
    ]
    assert [(one["offset_s"], one["user"]) for one in lines if one["user"]] == happened
    assert happened


def test_channel_settings_keep_their_secrets(api: Api) -> None:
    values = {"url": "smtp://fb:topsecret@mail.example.com:587?from=fb@example.com"}
    fields = {one["slug"]: one for one in api.ok("vic", "GET", "/channels")}["email"]["settings_fields"]
    secret = [one["name"] for one in fields if one["kind"] == "secret"]
    assert "url" in secret
    answer = api.call("root", "PUT", "/channels/email/settings", {"values": values})
    assert answer.status_code == 200, answer.text
    shown = api.call("root", "GET", "/channels/email/settings")
    assert shown.json()["secrets_set"] == ["password"]  # the address is taken apart, and only this is secret
    assert "topsecret" not in shown.text
    again = {"host": "mail.example.com", "port": "587", "user": "fb", "from": "fb@example.com"}
    assert api.ok("root", "PUT", "/channels/email/settings", {"values": again})["configured"] is True
    assert api.call("root", "GET", "/channels/email/settings").json()["secrets_set"] == ["password"]
    unknown = api.call("root", "PUT", "/channels/email/settings", {"values": {"urll": "x"}})
    assert (unknown.status_code, unknown.json()["field"]) == (422, "values.urll")


def test_the_journal_is_read_in_parts_and_is_whole(api: Api) -> None:
    first = api.ok("max", "GET", "/journal?limit=2")
    second = api.ok("max", "GET", f"/journal?limit=2&cursor={first['next']}")
    assert [one["seq"] for one in (*first["items"], *second["items"])] == [1, 2, 3, 4]
    assert api.ok("max", "GET", f"/journal?since={first['next']}&limit=2")["items"] == second["items"]
    user = api.story.users["ann"]
    assert {one["subject"] for one in api.ok("max", "GET", f"/journal?subject={user}")["items"]} == {user}
    assert api.ok("max", "GET", "/journal/verification") == {"whole": True, "faults": []}


def test_metrics_count_what_came_and_went(api: Api) -> None:
    api.story.receive("disk full")
    api.story.clock.advance(6)
    text = api.client.get("/metrics").text
    assert 'firebell_deliveries{channel="ntfy",state="sent"} 1.0' in text
    assert 'firebell_attempts_total{channel="ntfy",outcome="sent"} 1.0' in text
    assert 'firebell_alerts{state="open"} 1.0' in text
    assert "firebell_signals_accepted_total 0.0" in text
    assert 'firebell_law_breaches{law="no_step_is_overdue"} 0.0' in text
    api.story.clock.wall_jump_s = 7.0
    api.story.clock.advance(6)
    assert "firebell_wall_jump_seconds 7.0" in api.client.get("/metrics").text
    assert "checkout" not in text.lower()


def test_the_documentation_lists_every_operation_without_scripts(api: Api) -> None:
    page = api.client.get("/api/docs")
    assert "<script" not in page.text
    for path in api.client.get("/api/openapi.json").json()["paths"]:
        assert f"<code>{path}</code>" in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
