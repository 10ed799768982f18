"""Pages of postmortems and action items at plain forms: what is refused comes back, what is private is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.entrypoints.web.visitors import Village, Visitor, village

SUMMARY = "It was mitigated 110 min after the start. An alert came late."


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with village(tmp_path_factory.mktemp("town")) as made:
        yield made


def over(bob: Visitor, title: str, severity: str = "SEV1") -> tuple[str, str]:
    """The paths of an incident that is over and of its postmortem."""
    path = bob.send("/incidents", title=title, severity=severity, impact="3 of 10 card payments fail").location
    bob.send(f"{path}/take_command")
    bob.send(f"{path}/mitigate_and_resolve", remedy="rollback", all_clear="All work again.", skip="checked by hand")
    return path, bob.see(f"/postmortems/{path.rpartition('/')[2]}").location


def save(by: Visitor, pm: str, section: str, text: str) -> str:
    found = re.search(r'name="was" value="(\w+)"', by.see(f"{pm}/edit/{section}").html)
    assert found
    return by.send(f"{pm}/edit/{section}", action="save", was=found[1], text=text).text


def test_what_is_refused_comes_back_open_as_it_was_sent(town: Village) -> None:
    bob = town.visitor("bob")
    incident, pm = over(bob, "Card payments fail")
    noon = town.served.house.runner.clock.now().to_tz("Europe/Berlin").date().subtract(days=2)
    bob.send(f"{incident}/set_milestone", name="impact_started", at=f"{noon}T12:00", reason="seen in the graphs")
    assert "Card payments fail" not in bob.see("/postmortems?view=mine").text
    seen = bob.send(f"{pm}/set_owner", user_id=str(town.ids["bob"]))
    assert "The owner is named." in seen.text
    assert "Write it, and submit it for review" in bob.see("/postmortems?view=waiting").text
    assert "Text says 110 min, milestones give" in save(bob, pm, "summary", SUMMARY)
    seen = bob.send(f"{pm}/add_why", _page="whys", _key="w1", parent="w1", condition="", reason="kept")
    assert seen.status == 422
    assert 'value="kept"' in seen.html
    seen = bob.send(f"{pm}/add_action", _page="actions", text="Limit a push", due_at="2099-01-01")
    assert seen.status == 422
    assert "say in at least 10 characters why it takes longer" in seen.text
    assert 'value="Limit a push"' in seen.html
    seen = bob.send(f"{pm}/submit", waiver="short")
    assert seen.status in (409, 422)
    assert "Submit it with a waiver" in seen.text
    seen = bob.send(f"{pm}/submit", waiver="the meeting is tomorrow morning")
    assert "It is in review." in seen.text
    assert bob.send(f"{pm}/nonsense").status == 404
    assert bob.send(f"{pm}/edit/seventh", text="x").status == 404


def test_an_action_is_promised_kept_with_proof_and_opened_again(town: Village) -> None:
    bob = town.visitor("bob")
    _, pm = over(bob, "Refunds fail")
    wish = {"text": "Reject an empty region list in CI", "type": "prevent", "owner_id": str(town.ids["bob"])}
    seen = bob.send(f"{pm}/add_action", _page="actions", due_at="2026-01-01", **wish)
    found = re.search(r'id="(act_\w+)"', seen.html)
    assert found
    action = f"/actions/{found[1]}"
    assert "It is a promise now." in bob.send(f"{action}/commit").text
    assert "late" in bob.see("/actions?view=late").text
    assert wish["text"] in bob.see("/me").text
    seen = bob.send(f"{action}/close", kind="change", ref="it is done, believe me")
    assert seen.status == 422
    assert "Words alone do not close an action item." in seen.text
    assert 'value="it is done, believe me"' in seen.html
    assert bob.send(f"{action}/decline", reason="we will not do it").status == 403, "at SEV1 an approver declines"
    seen = bob.send(f"{action}/close", kind="change", ref="https://git.example.com/9", back="/actions?view=mine")
    assert seen.location == "/actions?view=mine"
    assert "Did it help?" in bob.see(action).text
    assert "Open again." in bob.send(f"{action}/reopen", reason="it has come back in May").text
    ann = town.visitor("ann")
    assert "Declined" in ann.send(f"{action}/decline", reason="the region is going away").text


def test_a_reader_reads_and_comments_and_what_is_private_is_not_there(town: Village) -> None:
    bob, eve = town.visitor("bob"), town.visitor("eve")
    incident, pm = over(bob, "Vouchers fail")
    assert "Edit" not in eve.see(pm).text
    assert eve.see(f"{pm}/edit/summary").status == 403
    assert eve.see(f"{pm}/names").status == 403
    assert eve.send(f"{pm}/save_section", section="Impact", text="mine now").status == 403
    assert "Said." in eve.send(f"{pm}/add_comment", _key="impact", section="Impact", text="How many?").text
    bob.send(f"{incident}/make_private", reason="a customer's data is involved")
    for part in ("", "/whys", "/factors", "/actions", "/lint", "/meeting", "/history", "/refresh", "/edit/impact"):
        assert eve.see(pm + part).status == 404, part
    assert "Vouchers" not in eve.see("/postmortems?view=all").text
    assert "Refunds" in eve.see("/postmortems.csv?view=all").html
    assert "Vouchers" not in bob.see("/postmortems.json?view=all").html, "what is private leaves in no list"
    assert "Reject an empty region list" in eve.see("/actions.csv").html
    assert eve.see("/actions.exe").status == 404
    assert "Vouchers" not in eve.see("/search.json?q=vouchers").html
    assert bob.see(pm).status == 200


def test_one_is_begun_by_hand_or_done_without(town: Village) -> None:
    bob, ann = town.visitor("bob"), town.visitor("ann")
    incident, missing = over(bob, "Search is slow", "SEV4")
    assert missing == "", "none is required of a SEV4"
    assert "Begin a postmortem" in bob.see(incident).text
    seen = bob.send("/postmortems", incident=incident.rpartition("/")[2])
    assert seen.location.startswith("/postmortems/pmt_")
    assert "It begins as a draft" in seen.text
    _, pm = over(ann, "Mails are late")
    seen = ann.send(f"{pm}/skip", reason="one note says all of it")
    assert "No postmortem is written" in seen.text
    assert "one note says all of it" in seen.text


def test_settings_and_templates_of_postmortems(town: Village) -> None:
    ann = town.visitor("ann")
    version = re.search(r'name="version" value="(\d+)"', ann.see("/settings/postmortems").html)
    assert version
    given = {"version": version[1], "zone": "Europe/Berlin", "opens": "8", "closes": "18", "holidays": "2026-12-25"}
    assert "Saved." in ann.send("/settings/postmortems", budget="12.5", data_loss="1", **given).text
    assert 'value="12.5"' in ann.see("/settings/postmortems").html
    assert ann.send("/settings/postmortems", **{**given, "version": "2", "opens": "20"}).status == 422
    seen = ann.send(
        "/settings/postmortems/templates/new", name="security", title="Security", **{"prompts-impact": "What leaked?"}
    )
    assert "Saved." in seen.text
    assert "every incident; 1 prompt" in seen.text
    _, pm = over(ann, "A token leaked")
    assert "What leaked?" in ann.see(pm).text
