"""A postmortem over the API alone: drafted, written, linted, reviewed, published, told to customers, and kept."""

from __future__ import annotations

from typing import Any

from firebell.domain.postmortems import verbs
from firebell.workflows import postmortem_moves, subscribers_told
from tests.entrypoints.api.conftest import Api

FORMATS = ("md", "html", "pdf", "slides", "slides-pdf", "json")
SECTIONS = {
    "timeline": "- 2026-01-05 09:00 UTC: Impact started.\n- 2026-01-05 09:04 UTC: Detected by an alert.\n"
    "- 2026-01-05 09:20 UTC: Mitigated by a rollback.\n- 2026-01-05 09:40 UTC: Resolved.",
    "impact": "1200 orders failed for 20 min.",
    "lessons": "### What went well\n\nAnn Arbor rolled back in 4 min.\n\n### Where we got lucky\n\nIt was a Monday.",
}
PUBLIC = {
    "what_happened": "Card payments failed after a change of ours.", "changing": "Such a change is tried on a copy.",
    "impact": "About half of all payments failed for 20 minutes. No action is needed.",
}  # fmt: skip


def over(api: Api, who: str = "ben", *, private: bool = False) -> str:
    """An incident that is resolved; its postmortem is required and drafted. Returns its reference."""
    new = {"title": "Checkout fails", "severity": "SEV2", "impact": "Half of all payments failed.", "private": private}
    one = api.ok(who, "POST", "/incidents", {**new, "services": ["checkout"]})
    for body in (
        {"verb": "take_command"}, {"verb": "mitigate", "remedy": "rollback"},
        {"verb": "resolve", "all_clear": "All is well; no data was lost.", "skip": "Seen on the graph at once."},
    ):  # fmt: skip
        api.ok(who, "POST", f"/incidents/{one['id']}:act", body)
    return str(one["reference"])


def test_a_postmortem_is_written_reviewed_published_and_its_promise_kept(api: Api) -> None:
    api.ok("root", "PATCH", "/users/ann", {"display_name": "Ann Arbor"})
    key = over(api)
    (line,) = api.ok("vic", "GET", "/postmortems?state=draft")["items"]
    assert (line["reference"], line["peak"], line["required"]) == (key, "SEV2", ["severity"])
    one = f"/postmortems/{line['id']}"

    # Written: of two who saw the same version, the second hears 412.
    seen = api.call("ben", "GET", one).headers["etag"]
    done = api.call("ben", "PATCH", one, {"sections": SECTIONS, "owner": "ben"}, headers={"If-Match": seen})
    assert done.status_code == 200, done.text
    assert done.headers["etag"] != seen
    assert api.call("max", "PATCH", one, {"title": "x"}, headers={"If-Match": seen}).status_code == 412
    assert api.call("max", "PATCH", one, {"sections": {"appendix": "x"}}).json()["field"] == "section"
    root = api.ok("vic", "GET", f"{one}/whys")[0]["id"]
    evidence = [{"kind": "diff", "ref": "https://git.example.com/9"}]
    why = api.ok(
        "ben", "POST", f"{one}/whys", {"parent": root, "condition": "No limit per push", "evidence": evidence}
    )["made"]
    for kind, text in (("tooling_affordance", "One command reaches every region"), ("test_gap", "No test of size")):
        api.ok(
            "ben", "POST", f"{one}/factors", {"kind": kind, "text": text, "services": ["checkout"], "why_ids": [why]}
        )
    assert [factor["kind"] for factor in api.ok("vic", "GET", f"{one}/factors")] == ["tooling_affordance", "test_gap"]
    api.ok("vic", "POST", f"{one}/comments", {"section": "lessons", "text": "What made it look normal?"})

    # Not ready, and says what is missing; with a promise that has an owner and a day it is.
    refused = api.call("ben", "POST", f"{one}:submit")
    assert (refused.status_code, "actions" in refused.json()["title"]) == (409, True)
    promise = api.ok("ben", "POST", f"{one}/actions", {"text": "Reject an empty region list in CI."})["made"]
    assert api.call("ben", "POST", f"/actions/{promise}:commit").json()["field"] == "owner_id"
    edit = {"owner": "max", "due_at": "2026-01-20T12:00:00Z", "type": "prevent", "end_state": "A test fails without it"}
    assert api.ok("ben", "PATCH", f"/actions/{promise}", edit)["possible"] == ["commit", "decline"]
    api.ok("ben", "POST", f"{one}:submit")
    assert api.call("max", "POST", f"{one}:approve").json()["field"] == "actions"
    assert api.ok("ben", "POST", f"/actions/{promise}:commit")["state"] == "committed"
    assert api.call("ben", "POST", f"{one}:approve").status_code == 403, "its owner does not approve it"
    assert api.ok("max", "POST", f"{one}:approve")["postmortem"]["possible"] == ["publish", "revise"]

    # A name is found, and only that keeps it from being published.
    (hit,) = [one for one in api.ok("vic", "POST", f"{one}:lint") if one["level"] == "gate"]
    assert (hit["where"], hit["quote"]) == ("lessons", "Ann Arbor")
    assert api.call("max", "POST", f"{one}:publish").status_code == 409
    api.ok("max", "POST", f"{one}:revise", {"reason": "A person is named in it."})
    api.ok("ben", "POST", f"{one}:act", {"verb": "names_to_roles"})
    api.ok("ben", "POST", f"{one}:submit", {"waiver": "Nothing but a name was changed."})
    api.ok("max", "POST", f"{one}:approve")
    waiting = _handed_in(api, one)
    published = api.ok("max", "POST", f"{one}:publish")["postmortem"]
    assert (published["state"], published["audience"]) == ("published", "organisation")
    numbers = [kept["number"] for kept in api.ok("vic", "GET", f"{one}/revisions")]
    assert numbers == sorted(numbers, reverse=True)
    assert any("Ann Arbor" in str(api.ok("vic", "GET", f"{one}/revisions/{number}")) for number in numbers)
    assert api.call("vic", "GET", f"{one}/revisions/999").status_code == 404

    _taken_out(api, one, key)
    _told_to_customers(api, one, waiting)

    # The promise: words alone do not keep it.
    (mine,) = api.ok("max", "GET", "/actions?owner=me")["items"]
    assert (mine["id"], mine["reference"], mine["overdue"]) == (promise, key, False)
    assert api.ok("ben", "GET", "/actions?owner=me")["items"] == []
    assert api.call("max", "POST", f"/actions/{promise}:close", {"ref": "done, trust me"}).json()["field"] == "proof"
    assert api.ok("max", "POST", f"/actions/{promise}:close", {"ref": "https://git.example.com/8"})["state"] == "done"
    assert api.ok("vic", "GET", "/actions?state=done")["items"][0]["proof"]["ref"] == "https://git.example.com/8"
    assert api.ok("vic", "GET", f"{one}/verdict")["override"] is None


def _taken_out(api: Api, one: str, key: str) -> None:
    """Every format comes, says what it is, and names nobody; Markdown comes back as it was."""
    for form in FORMATS:
        answer = api.call("vic", "GET", f"{one}/export?format={form}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-disposition"].startswith(f'attachment; filename="{key}-postmortem-r')
        assert "sandbox" in answer.headers["content-security-policy"]
        assert b"Ann Arbor" not in answer.content
        if form not in ("pdf", "slides-pdf"):
            assert "organisation" in answer.text
    markdown = api.call("vic", "GET", f"/postmortems/{key}/export").text
    assert "One command reaches every region" in markdown
    assert api.call("vic", "GET", f"{one}/export?format=docx").status_code == 422


def _handed_in(api: Api, one: str) -> dict[str, Any]:
    """The text for customers waits for its release, whatever becomes of the postmortem meanwhile."""
    api.ok("root", "POST", "/status-pages", {"slug": "acme", "name": "Acme"})
    api.ok("root", "POST", "/status-pages/acme/subscribers:import", {"csv": "address\npia@example.com\n"})
    assert api.ok("vic", "GET", f"{one}/public-text")["update"] is None
    named = api.call("max", "PUT", f"{one}/public-text", {**PUBLIC, "changing": "Ann Arbor writes a test."})
    assert (named.status_code, named.json()["field"]) == (422, "changing")
    inside = api.ok("max", "POST", f"{one}/public-text:check", {**PUBLIC, "changing": "db-1.internal gets a test."})
    assert "internals" in [finding["check"] for finding in inside if finding["level"] == "block"]
    told = {**PUBLIC, "title": "Card payments", "changing": "A copy is made."}
    waiting = api.ok("max", "PUT", f"{one}/public-text", told)
    assert waiting["state"] == "awaiting_approval"
    return dict(waiting)


def _told_to_customers(api: Api, one: str, waiting: dict[str, Any]) -> None:
    """Released by the commander it stands on the page as the last word, and subscribers are told."""
    again = api.ok("max", "PUT", f"{one}/public-text", {**PUBLIC, "title": "Card payments"})
    assert again["id"] == waiting["id"]
    shown = api.ok("ben", "GET", f"{one}/public-text")
    assert shown["may_release"]
    assert {name: shown["text"][name] for name in PUBLIC} == PUBLIC
    assert api.call("ben", "POST", f"/updates/{again['id']}:approve", {"sha256": waiting["sha256"]}).status_code == 412
    assert api.ok("ben", "POST", f"/updates/{again['id']}:approve", {"sha256": again["sha256"]})["state"] == "sent"
    (public,) = api.ok("vic", "GET", "/status-pages/acme/incidents")["items"]
    assert (public["name"], public["status"]) == ("Card payments", "postmortem")
    for part in ("**What happened**", "**What we are changing**", "We are sorry"):
        assert part in public["updates"][0]["body"]
    page = api.ok("vic", "GET", "/status-pages/acme")["id"]
    while api.story.run(subscribers_told.spread):
        pass
    facts = api.story.house.runner.read(lambda r: [entry.kind for entry in r.history(page)])
    assert "subscriber.told" in facts
    assert api.ok("vic", "GET", f"{one}/public-text")["update"]["state"] == "sent"


def test_that_of_a_private_incident_is_not_there_for_others(api: Api) -> None:
    key = over(api, "ann", private=True)
    one = api.ok("ann", "GET", f"/postmortems/{key}")["id"]
    item = api.ok("ann", "POST", f"/postmortems/{one}/actions", {"text": "Reject an empty list."})["made"]
    for who in ("vic", "max", "ben"):
        for path in (
            f"/postmortems/{one}", f"/postmortems/{key}", f"/postmortems/{one}/export?format=json",
            f"/postmortems/{one}/whys", f"/postmortems/{one}/revisions", f"/postmortems/{one}/public-text",
            f"/postmortems/{one}/similar", f"/postmortems/{one}/verdict", f"/actions/{item}",
        ):  # fmt: skip
            assert api.call(who, "GET", path).status_code == 404, path
        assert api.call(who, "POST", f"/postmortems/{one}:lint").status_code == 404
        assert api.ok(who, "GET", "/postmortems")["items"] == []
        assert api.ok(who, "GET", "/actions?state=proposed")["items"] == []
        assert api.call(who, "GET", f"/actions?cursor={item}").status_code == 404
    refused = api.call("ann", "PUT", f"/postmortems/{one}/public-text", PUBLIC)
    assert (refused.status_code, "private" in refused.json()["title"]) == (409, True)
    for form in ("md", "html", "json"):
        kept = api.call("ann", "GET", f"/postmortems/{one}/export?format={form}")
        assert (kept.status_code, "Release" in kept.json()["hint"]) == (403, True)
    released = verbs.Release(reason="The customer agreed to it.")
    api.story.run(lambda work: postmortem_moves.act(work, one, released))
    assert api.call("ann", "GET", f"/postmortems/{one}/export").status_code == 200


def test_markdown_is_read_back_and_a_foreign_one_says_what_it_lacks(api: Api) -> None:
    key = over(api)
    one = f"/postmortems/{api.ok('ben', 'GET', f'/postmortems/{key}')['id']}"
    api.ok("ben", "POST", f"{one}/factors", {"kind": "config", "text": "No limit"})
    before: Any = api.ok("ben", "GET", one)
    markdown = api.call("ben", "GET", f"{one}/export").text
    back = api.ok("ben", "POST", f"{one}:import", {"markdown": markdown, "replace": True})
    assert (back["ours"], back["notes"]) == (True, [])
    for part in ("title", "sections", "whys", "factors"):
        assert back["postmortem"][part] == before[part]
    foreign = "# Outage\n\n## What happened\nIt broke.\n\n## Action items\n- [ ] Add a limit\n"
    refused = api.call("ben", "POST", f"{one}:import", {"markdown": foreign})
    done = refused.json() if refused.status_code == 200 else api.ok(
        "ben", "POST", f"{one}:import", {"markdown": foreign, "replace": True}
    )  # fmt: skip
    assert not done["ours"]
    assert any("lacks" in note for note in done["notes"])
