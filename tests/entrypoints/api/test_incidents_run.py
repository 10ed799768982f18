"""How incidents are run, over the API: the scale, roles, settings, texts, and the chat they are run in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.entrypoints.api.conftest import Api, opened
from tests.fakes.slack import APP_TOKEN, BOT_TOKEN, FakeSlack
from tests.story import open_story

FILES = """
apiVersion: firebell/v1
kind: SeverityScale
metadata: {name: default}
spec: {levels: {SEV1: {respond: 1m}}}
---
apiVersion: firebell/v1
kind: IncidentRole
metadata: {name: scribe}
spec: {never: Sleeps.}
---
apiVersion: firebell/v1
kind: IncidentSettings
metadata: {name: default}
spec: {executives: [ann]}
---
apiVersion: firebell/v1
kind: CommsTemplate
metadata: {name: public-resolved}
spec: {body: Over.}
---
apiVersion: firebell/v1
kind: Runbook
metadata: {name: full}
spec: {body: "- [ ] Look."}
---
apiVersion: firebell/v1
kind: StatusPage
metadata: {name: acme}
spec: {components: [{name: Web}]}
---
apiVersion: firebell/v1
kind: Webhook
metadata: {name: ci}
spec: {url: "https://ci.example.com/s3cret", events: ["*"]}
"""


def level(scale: Any, severity: str) -> Any:
    return next(one for one in scale["levels"] if one["severity"] == severity)


def test_the_scale_is_read_edited_as_a_whole_and_keeps_its_versions(api: Api) -> None:
    seen = api.call("vic", "GET", "/severity-scale")
    scale = seen.json()
    assert [one["severity"] for one in scale["levels"]] == ["SEV1", "SEV2", "SEV3", "SEV4"]
    assert level(scale, "SEV4")["command_s"] is None
    level(scale, "SEV1")["respond_s"] = 120
    body = {"levels": scale["levels"]}
    edited = api.call("max", "PUT", "/severity-scale", body, headers={"If-Match": seen.headers["etag"]})
    assert (edited.status_code, edited.json()["version"]) == (200, scale["version"] + 1)
    late = api.call("max", "PUT", "/severity-scale", body, headers={"If-Match": seen.headers["etag"]})
    assert late.status_code == 412
    before = api.ok("vic", "GET", f"/severity-scale?version={scale['version']}")
    assert level(before, "SEV1")["respond_s"] == 300
    assert level(api.ok("vic", "GET", "/severity-scale"), "SEV1")["respond_s"] == 120


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda levels: levels.reverse(), "levels"),
        (lambda levels: levels.pop(), "levels"),
        (lambda levels: levels[1].update(calendar="lunar"), "levels.1.calendar"),
        (lambda levels: levels[1].update(page_roles=["nobody"]), "levels.1.page_roles"),
        (lambda levels: levels[0].update(respond_s=0), "levels.0.respond_s"),
        (lambda levels: levels[0].update(responds_s=0), "levels.0.responds_s"),
        (lambda levels: levels[2].update(name="  "), "levels.2.name"),
    ],
)
def test_a_scale_that_cannot_be_kept_is_refused_at_its_field(api: Api, change: Any, field: str) -> None:
    levels = api.ok("vic", "GET", "/severity-scale")["levels"]
    change(levels)
    answer = api.call("max", "PUT", "/severity-scale", {"levels": levels})
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text


def test_a_role_is_reworded_paged_added_and_put_back(api: Api) -> None:
    names = [one["name"] for one in api.ok("vic", "GET", "/incident-roles")]
    assert names[0] == "commander"
    usual = api.ok("vic", "GET", "/incident-roles/comms")
    new = {"display_name": "Voice", "duties": ["Speaks."], "page": {"schedule": "primary"}}
    assert api.ok("max", "PUT", "/incident-roles/comms", new)["page"] == {"schedule": "primary"}
    own = api.ok(
        "max", "PUT", "/incident-roles/care", {"display_name": "Care", "duties": ["Cares."], "holders_max": None}
    )
    assert (own["own"], own["holders_max"]) == (True, None)
    assert [one["name"] for one in api.ok("vic", "GET", "/incident-roles")] == [*names, "care"]
    for role in ("comms", "care"):
        assert api.call("max", "DELETE", f"/incident-roles/{role}").status_code == 204
    assert api.ok("vic", "GET", "/incident-roles/comms") == usual
    assert api.call("vic", "GET", "/incident-roles/care").status_code == 404
    for body, field in (
        ({"display_name": "x", "duties": []}, "duties"),
        ({"display_name": "x", "duties": ["x"], "holders_max": 2}, "holders_max"),
        ({"display_name": "x", "duties": ["x"], "page": {"schedule": "primari"}}, "page.schedule"),
        ({"display_name": "x", "duties": ["x"], "page": {"rota": "primary"}}, "page"),
    ):  # fmt: skip
        answer = api.call("max", "PUT", "/incident-roles/commander", body)
        assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text


def test_a_role_that_the_scale_pages_stays(api: Api) -> None:
    api.ok("max", "PUT", "/incident-roles/care", {"display_name": "Care", "duties": ["Cares."]})
    levels = api.ok("vic", "GET", "/severity-scale")["levels"]
    levels[0]["page_roles"] = ["care"]
    api.ok("max", "PUT", "/severity-scale", {"levels": levels})
    answer = api.call("max", "DELETE", "/incident-roles/care")
    assert (answer.status_code, "scale pages" in answer.json()["title"]) == (409, True)


def test_settings_are_set_by_name_and_have_one_version(api: Api) -> None:
    seen = api.call("vic", "GET", "/incident-settings")
    body = {
        "auto_declare": ["SEV1"], "commander_policy": "payments", "commanders": ["ann", "max"], "executives": ["ann"],
        "support_time_zone": "Europe/Berlin",
    }  # fmt: skip
    put = api.call("max", "PUT", "/incident-settings", body, headers={"If-Match": seen.headers["etag"]})
    assert put.status_code == 200, put.text
    assert {name: put.json()[name] for name in body} == body
    # Only what belongs to communication changes; whoever has read the other half is late all the same.
    api.ok("max", "PUT", "/incident-settings", {**body, "executives": []}, headers={"If-Match": put.headers["etag"]})
    late = api.call("max", "PUT", "/incident-settings", body, headers={"If-Match": put.headers["etag"]})
    assert late.status_code == 412
    for wrong, field in (
        ({"commanders": ["anm"]}, "commanders.0"), ({"commander_policy": "x"}, "commander_policy"),
        ({"mail_state_to": ["nobody"]}, "mail_state_to.0"), ({"auto_declared": []}, "auto_declared"),
    ):  # fmt: skip
        answer = api.call("max", "PUT", "/incident-settings", wrong)
        assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text


def test_a_text_is_tried_set_and_taken_back(api: Api) -> None:
    listed = api.ok("vic", "GET", "/comms-templates")
    names = [one["name"] for one in listed["items"]]
    assert names[:2] == ["public-investigating", "public-identified"]
    assert next(one["name"] for one in listed["items"] if one["inherited"]) == "internal-investigating"
    assert "next_update_by" in listed["variables"]
    tried = api.ok("vic", "POST", "/comms-templates/public-resolved:preview", {"body": "{{ components }} works."})
    assert tried["text"] == "Checkout and Payments works."
    assert api.ok("vic", "POST", "/comms-templates/public-resolved:preview")["text"].startswith("The issue affecting")
    usual = api.call("vic", "GET", "/comms-templates/internal-resolved")
    put = api.call(
        "max",
        "PUT",
        "/comms-templates/internal-resolved",
        {"body": "{{ title }} is over."},
        headers={"If-Match": usual.headers["etag"]},
    )
    assert (put.status_code, put.json()["version"], put.json()["inherited"]) == (200, 1, False)
    late = api.call(
        "max", "PUT", "/comms-templates/internal-resolved", {"body": "x"}, headers={"If-Match": usual.headers["etag"]}
    )
    assert late.status_code == 412
    assert api.call("max", "DELETE", "/comms-templates/internal-resolved").status_code == 204
    assert api.ok("vic", "GET", "/comms-templates/internal-resolved") == usual.json()
    wrong = api.call("max", "PUT", "/comms-templates/internal-resolved", {"body": "{{ titel }}"})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "body")
    missing = api.call("vic", "GET", "/comms-templates/public-over")
    assert (missing.status_code, "public-resolved" in missing.json()["hint"]) == (404, True)


def test_what_files_manage_is_shown_refused_and_detached(api: Api) -> None:
    made = api.ok("root", "POST", "/config:apply", {"files": [{"path": "run.yaml", "text": FILES}]})
    assert [one["webhook"] for one in made["new_secrets"]] == ["ci"]
    hook = api.ok("root", "GET", "/webhooks")["items"][0]["id"]
    listed = api.ok("root", "GET", "/status-pages/acme/components")
    web = (listed["items"] if isinstance(listed, dict) else listed)[0]
    component = f"/status-pages/acme/components/{web['id']}"
    assert api.call("root", "PATCH", component, {"description": "x"}).status_code == 409
    levels = api.ok("vic", "GET", "/severity-scale")["levels"]
    levels[0]["respond_s"] = 90
    for path, verb, body in (
        ("/severity-scale", "PUT", {"levels": levels}),
        ("/incident-roles/scribe", "PUT", {"display_name": "x", "duties": ["x"]}),
        ("/incident-settings", "PUT", {}),
        ("/comms-templates/public-resolved", "PUT", {"body": "x"}),
        ("/runbooks/full", "PATCH", {"title": "x"}),
        ("/status-pages/acme", "PATCH", {"description": "x"}),
        (f"/webhooks/{hook}", "PATCH", {"events": ["incident.*"]}),
    ):
        assert api.ok("root", "GET", path)["managed_by"] == "run.yaml", path
        refused = api.call("root", verb, path, body)
        assert (refused.status_code, "run.yaml" in refused.json()["title"]) == (409, True), path
        assert api.ok("root", "POST", f"{path}:detach")["managed_by"] is None, path
        assert api.call("root", verb, path, body).status_code == 200, path
    assert api.call("root", "PATCH", component, {"description": "x"}).status_code == 200
    exported = "".join(file["text"] for file in api.ok("root", "GET", "/config")["files"])
    assert "s3cret" not in exported
    assert made["new_secrets"][0]["secret"] not in exported


def test_a_chat_is_connected_tested_changed_and_forgotten_and_never_tells_its_secrets(tmp_path: Path) -> None:
    slack = FakeSlack()
    story = open_story(f"sqlite:///{tmp_path}/firebell.db", tmp_path, slack_api_url=slack.url)
    opening = opened(story)
    api = next(opening)
    try:
        assert [(one["vendor"], one["connected"]) for one in api.ok("root", "GET", "/chat")] == [
            ("slack", False), ("teams", False),
        ]  # fmt: skip
        assert api.call("root", "POST", "/chat/slack:test").status_code == 422
        values = {"bot_token": BOT_TOKEN, "app_token": APP_TOKEN, "announce": "C0001", "private": True}
        put = api.call("root", "PUT", "/chat/slack", {"values": values})
        assert put.status_code == 200, put.text
        shown = put.json()
        assert (shown["values"], shown["secrets_set"]) == (
            {"announce": "C0001", "private": "true"}, ["app_token", "bot_token"],
        )  # fmt: skip
        assert api.ok("root", "POST", "/chat/slack:test")["outcome"] == "sent"
        seen = api.call("root", "GET", "/chat/slack")
        assert (seen.json()["works"], BOT_TOKEN in seen.text, APP_TOKEN in seen.text) == (True, False, False)
        # A secret that is left out stays, and what else is left out is taken back.
        kept = api.call(
            "root", "PUT", "/chat/slack", {"values": {"prefix": "fire-"}}, headers={"If-Match": seen.headers["etag"]}
        )
        assert (kept.json()["values"], kept.json()["secrets_set"]) == ({"prefix": "fire-"}, ["app_token", "bot_token"])
        assert api.ok("root", "POST", "/chat/slack:test")["outcome"] == "sent"
        late = api.call("root", "PUT", "/chat/slack", {"values": {}}, headers={"If-Match": seen.headers["etag"]})
        assert late.status_code == 412
        for wrong, field in (
            ({"bot_token": "xapp-1"}, "values.bot_token"), ({"prefix": "No Good"}, "values.prefix"),
            ({"x": "y"}, "values.x"),
        ):  # fmt: skip
            answer = api.call("root", "PUT", "/chat/slack", {"values": wrong})
            assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
        for who in ("max", "payments"):
            assert api.call(who, "GET", "/chat/slack").status_code == 403
        assert api.call("root", "DELETE", "/chat/slack").status_code == 204
        assert api.ok("root", "GET", "/chat/slack")["secrets_set"] == []
        for path in ("/chat/irc", "/chat/slack"):
            assert api.call("root", "DELETE", path).status_code == 404
    finally:
        api.client.close()
        story.house.close()
        slack.close()
