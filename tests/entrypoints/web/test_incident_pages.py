"""Incidents by plain forms: declared, commanded, worked on and ended, and what is said when something is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.entrypoints.web.visitors import Village, Visitor, village


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with village(tmp_path_factory.mktemp("town")) as made:
        yield made


@pytest.fixture(scope="module")
def ann(town: Village) -> Visitor:
    return town.visitor("ann")


@pytest.fixture(scope="module")
def bob(town: Village) -> Visitor:
    return town.visitor("bob")


@pytest.fixture(scope="module")
def cyd(town: Village) -> Visitor:
    return town.visitor("cyd")


@pytest.fixture(scope="module")
def eve(town: Village) -> Visitor:
    return town.visitor("eve")


def declared(who: Visitor, title: str = "Checkout fails", **more: str) -> str:
    """The path of a fresh incident."""
    seen = who.send("/incidents", title=title, **more)
    assert seen.location.startswith("/incidents/inc_"), seen.text
    return seen.location


def commanded(who: Visitor, severity: str = "SEV3", **more: str) -> str:
    path = declared(who, severity=severity, **more)
    assert "You are in command." in who.send(f"{path}/take_command").text
    return path


def test_a_title_is_enough_and_without_one_the_form_comes_back(eve: Visitor) -> None:
    empty = eve.send("/incidents", title=" ", summary="since ten")
    assert empty.status == 422
    assert "Say in one line what is wrong." in empty.text
    assert ">since ten</textarea>" in empty.html
    seen = eve.see(declared(eve, "Search is slow"))
    assert "Nobody is in command" in seen.text
    assert "counts as SEV2" in seen.text


def test_the_matrix_suggests_and_a_person_decides(ann: Visitor) -> None:
    seen = ann.send("/incidents", title="Search is slow", action="suggest", reach="many", condition="unusable")
    assert "The matrix suggests SEV1" in seen.text
    assert 'value="SEV1" checked' in seen.html
    assert 'value="Search is slow"' in seen.html
    half = ann.send("/incidents", title="x", action="suggest", reach="many")
    assert half.status == 422
    assert "Say how badly." in half.text


def test_of_two_who_take_command_one_has_it_and_the_other_is_told_who(bob: Visitor, cyd: Visitor) -> None:
    path = declared(bob)
    bob.send(f"{path}/take_command")
    late = cyd.send(f"{path}/take_command")
    assert late.status == 409
    assert "Bob Okafor" in late.text
    assert "usr_" not in late.text, "people are called by their names"


def test_a_verb_the_phase_does_not_allow_is_refused_with_those_it_does(bob: Visitor) -> None:
    path = declared(bob)
    seen = bob.send(f"{path}/resolve", all_clear="All works again, nothing is lost.")
    assert seen.status == 409
    assert "Possible now: engage, decline, mark duplicate" in seen.text


def test_command_goes_over_only_when_the_brief_was_read_and_accepted(bob: Visitor, cyd: Visitor) -> None:
    path = commanded(bob)
    bob.send(f"{path}/size_up", wrong="Cards are refused", scope="eu-west", trend="steady", confidence="high")
    assert (
        "You stay in command until it is accepted"
        in bob.send(f"{path}/offer_command", to=cyd.id, note="Going to bed").text
    )
    offered = cyd.see(path)
    assert "Bob Okafor offers you command" in offered.text
    assert "Cards are refused. eu-west. Trend steady, confidence high" in offered.text
    offer = offered.html.partition('name="offer" value="')[2].partition('"')[0]
    unread = cyd.send(f"{path}/accept_command", offer=offer, _key=offer)
    assert unread.status == 422
    assert "Bob Okafor stays in command" in cyd.see(path).text
    accepted = cyd.send(f"{path}/accept_command", offer=offer, brief_read="true", _key=offer)
    assert "You are Incident Commander" in accepted.text


def test_a_task_goes_to_one_person_who_takes_it_and_finishes_it(bob: Visitor, cyd: Visitor) -> None:
    path = commanded(bob)
    nobody = bob.send(f"{path}/assign_task", text="Roll back", assignee_id="", minutes="10")
    assert nobody.status == 422
    assert "Choose one person." in nobody.text
    assert 'value="Roll back"' in nobody.html
    typed = bob.send(f"{path}/assign_task", text="Roll back", assignee_id="cyd marchetti", minutes="10")
    assert typed.status == 200
    mine = cyd.see(path)
    assert "Your task from Bob Okafor" in mine.text
    task = mine.html.partition('name="task" value="')[2].partition('"')[0]
    assert "It is yours." in cyd.send(f"{path}/ack_task", task=task).text
    assert "I have it" not in cyd.see(path).text
    assert "Roll back" in cyd.see("/me").text
    assert "Done." in cyd.send(f"{path}/finish_task", referer="/me", task=task, outcome="41.2 runs").text
    assert "Roll back : 41.2 runs" in cyd.see(path).text.replace("back:", "back :")


def test_the_way_from_triage_to_closed_by_forms_alone(bob: Visitor) -> None:
    path = commanded(bob, "SEV4")
    assert "must be written down first" in bob.see(path).text
    bob.send(f"{path}/edit", impact="A report is late", customer_impact="no")
    assert "Mitigated. Now verify" in bob.send(f"{path}/mitigate", remedy="rollback", note="41.2").text
    refused = bob.send(f"{path}/resolve", all_clear="fine")
    assert refused.status >= 400
    seen = bob.send(
        f"{path}/resolve", all_clear="All works again and nothing was lost.", skip="nobody agreed a criterion"
    )
    assert "Resolved. Sign off" in seen.text
    assert "All works again and nothing was lost." in seen.text
    assert "Signed off." in bob.send(f"{path}/sign_off", text="Thanks, everybody.").text
    assert "No postmortem will be written." in bob.send(f"{path}/skip_postmortem", reason="a late report").text
    assert "Closed." in bob.send(f"{path}/close").text
    assert "Open again." in bob.send(f"{path}/reopen", reason="it is late again").text


def test_stopped_and_over_is_one_click_and_two_verbs_or_none(bob: Visitor) -> None:
    path = commanded(bob, "SEV3")
    bob.send(f"{path}/edit", impact="Some receipts are late", customer_impact="no")
    half = bob.send(f"{path}/mitigate_and_resolve", remedy="by_itself", all_clear="All works again, nothing is lost.")
    assert half.status == 409
    assert 'aria-current="step">Responding' in bob.see(path).html, "the first verb is undone with the second"
    seen = bob.send(
        f"{path}/mitigate_and_resolve", remedy="by_itself", all_clear="All works again, nothing is lost.",
        skip="it was over before we looked",
    )  # fmt: skip
    assert 'aria-current="step">Resolved' in seen.html


def test_a_milestone_is_corrected_and_both_times_stay(bob: Visitor) -> None:
    path = commanded(bob)
    seen = bob.send(f"{path}/set_milestone", name="impact_started", at="2026-01-05T10:00", reason="from the graphs")
    assert "The milestone is corrected." in seen.text
    assert "Mon 5 Jan" in seen.text
    ahead = bob.send(
        f"{path}/set_milestone", name="impact_started", at="2090-01-05T10:00", reason="typing", _key="impact_started"
    )
    assert ahead.status == 422


def test_a_service_or_team_that_is_not_there_is_refused(bob: Visitor) -> None:
    path = declared(bob)
    for given in ({"team_id": "team_000000000000000000"}, {"service_ids": "svc_000000000000000000"}):
        refused = bob.send(f"{path}/edit", _key="ties", **given)
        assert refused.status == 422
        assert "What was chosen is not there any more." in refused.text


def test_who_may_only_look_can_raise_and_ask_and_nothing_else(bob: Visitor, eve: Visitor) -> None:
    path = commanded(bob, "SEV3")
    seen = eve.see(path)
    assert f'{path}/take_command"' not in seen.html
    assert f'{path}/assign_task"' not in seen.html
    assert "The severity is changed." in eve.send(f"{path}/set_severity", to="SEV1").text
    assert "Asked." in eve.send(f"{path}/request_info", question="Do customers know?").text
    assert "Do customers know?" in bob.see(path).text
    assert eve.send(f"{path}/size_up", wrong="x").status == 403


def test_an_address_with_the_number_leads_to_the_page(bob: Visitor) -> None:
    path = declared(bob)
    number = bob.see(path).html.partition("<title>INC-")[2].partition(" ")[0]
    assert bob.see(f"/incidents/INC-{number}").location == path
    assert bob.see(f"/incidents/{number}").location == path
    assert bob.see("/incidents/INC-999999").status == 404


def test_related_and_duplicate_incidents_are_named_by_number_or_address(bob: Visitor) -> None:
    one, other = declared(bob, "One"), declared(bob, "Other")
    number = bob.see(other).html.partition("<title>INC-")[2].partition(" ")[0]
    assert f"INC-{number} Other" in bob.send(f"{one}/relate", other=f"INC-{number}").text
    merged = bob.send(f"{one}/mark_duplicate", of=f"http://127.0.0.1{other}#tasks")
    assert "This goes on elsewhere" in merged.text
    assert bob.send(f"{other}/relate", other="INC-999999").status in (404, 409, 422)


def test_the_state_as_plain_text(bob: Visitor) -> None:
    path = commanded(bob, title="Cards are refused")
    answer = bob.client.get(f"{path}/state.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "Cards are refused" in answer.text
    assert "Incident Commander: Bob Okafor" in answer.text
    assert max(len(line) for line in answer.text.splitlines()) <= 80


def test_parts_are_asked_for_alone(bob: Visitor) -> None:
    path = commanded(bob)
    for part, has, lacks in (
        ("top", 'id="inc-head"', 'id="tasks"'),
        ("work", 'id="tasks"', 'id="roles"'),
        ("side", 'id="roles"', 'id="tasks"'),
    ):
        seen = bob.see(f"{path}?fragment={part}")
        assert has in seen.html
        assert lacks not in seen.html
        assert "<html" not in seen.html


def test_a_form_without_its_token_changes_nothing(bob: Visitor) -> None:
    path = declared(bob)
    assert bob.client.post(f"{path}/take_command", data={}).status_code == 403
    assert "Nobody is in command" in bob.see(path).text
