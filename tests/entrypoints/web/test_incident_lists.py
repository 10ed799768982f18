"""Where incidents are listed and mentioned: the list, its files, the first page, alerts; and who sees a private one."""

from __future__ import annotations

import csv
import io
import json
import urllib.parse
from collections.abc import Iterator

import pytest

from firebell.domain.alerts import queries as alerts
from firebell.domain.services import commands as services
from firebell.domain.services import keys
from firebell.kernel.actor import SYSTEM
from firebell.kernel.work import Work
from tests.entrypoints.web.visitors import Village, Visitor, village


@pytest.fixture
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with village(tmp_path_factory.mktemp("town")) as made:
        yield made


def declared(who: Visitor, title: str, **more: str) -> str:
    seen = who.send("/incidents", title=title, **more)
    assert seen.location.startswith("/incidents/inc_"), seen.text
    return seen.location


def alert(town: Village, summary: str) -> str:
    """An alert of a service, as a sender says it; its page."""

    def make(work: Work) -> str:
        service_id = services.create_service(work, name="checkout", display_name="Checkout", default_severity="SEV3")
        return str(keys.create_integration(work, service_id, "generic", "generic", town.served.house.keyring).key)

    key = town.served.house.runner.run(make, SYSTEM)
    body = urllib.parse.urlencode({"summary": summary, "severity": "warning", "dedup_key": summary}).encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _, answer = town.served.request("POST", f"{town.served.origin}/in/generic/{key}", body, form)
    assert status in (200, 202), answer
    found = town.served.house.runner.read(lambda read: alerts.alert_list(read, text=summary), SYSTEM)
    return f"/alerts/{found[-1].id}"


def test_the_list_shows_active_ones_first_and_finds_the_others(town: Village) -> None:
    bob = town.visitor("bob")
    declared(bob, "Checkout fails", severity="SEV1")
    over = declared(bob, "False alarm")
    bob.send(f"{over}/decline", reason="false_alarm")
    active = bob.see("/incidents")
    assert "Checkout fails" in active.text
    assert "False alarm" not in active.text
    assert "False alarm" in bob.see("/incidents?state=resolved").text
    assert "INC-2 False alarm" in bob.see("/incidents?state=all&q=false").text
    assert "Checkout fails" not in bob.see("/incidents?state=all&severity=unset").text
    assert "Nothing matches" in bob.see("/incidents?q=zebra").text


def test_the_files_have_what_the_list_has_and_no_formula(town: Village) -> None:
    bob = town.visitor("bob")
    declared(bob, "=HYPERLINK(1)", severity="SEV2")
    declared(bob, "Other", severity="SEV4")
    rows = list(csv.DictReader(io.StringIO(bob.see("/incidents.csv?severity=SEV2").html)))
    assert [row["title"] for row in rows] == ["'=HYPERLINK(1)"]
    found = json.loads(bob.see("/incidents.json").html)
    assert [(one["reference"], one["severity"]) for one in found] == [("INC-2", "SEV4"), ("INC-1", "SEV2")]


def test_an_alert_declares_an_incident_with_what_it_knows_and_then_leads_to_it(town: Village) -> None:
    bob = town.visitor("bob")
    page = alert(town, "Queue is growing")
    form = bob.see(f"/incidents/new?alert={page.rpartition('/')[2]}")
    assert 'value="Queue is growing"' in form.html
    assert 'value="SEV3" checked' in form.html
    path = declared(bob, "Queue is growing", severity="SEV3", alert=page.rpartition("/")[2])
    seen = bob.see(path)
    assert "Queue is growing" in seen.text.partition("Alerts and relations")[2]
    assert "Checkout" in seen.text
    told = bob.see(page)
    assert "Part of an incident" in told.text
    assert "Declare incident" not in told.text
    again = bob.send("/incidents", title="Once more", alert=page.rpartition("/")[2])
    assert again.status == 409, again.text[:1500]
    assert "belongs to INC-1" in again.text


def test_the_first_page_begins_with_what_nobody_commands(town: Village) -> None:
    bob = town.visitor("bob")
    path = declared(bob, "Checkout fails", severity="SEV1")
    assert "no commander for" in bob.see("/").text
    bob.send(f"{path}/take_command")
    seen = bob.see("/")
    assert "Bob Okafor commands" in seen.text
    assert "no commander for" not in seen.text
    assert "you are in it" in seen.text


def test_a_private_incident_does_not_exist_for_others(town: Village) -> None:
    ann, bob, cyd = (town.visitor(name) for name in ("ann", "bob", "cyd"))
    path = declared(bob, "Stolen laptop", private="true", security="true")
    other = declared(bob, "Open one")
    for address in (
        "/incidents",
        "/incidents?state=all&q=laptop",
        "/incidents.csv?state=all",
        "/incidents.json",
        "/",
        "/search?q=laptop",
        "/search.json?q=INC-1",
    ):
        assert "laptop" not in cyd.see(address).text, address
    for address in (path, f"{path}?fragment=top", f"{path}/state.txt", "/incidents/INC-1"):
        assert cyd.see(address).status == 404, address
    missing = cyd.send("/incidents/inc_000000000000000000/take_command")
    refused = cyd.send(f"{path}/take_command")
    assert (refused.status, refused.text) == (missing.status, missing.text)
    assert refused.status == 404
    assert cyd.send(f"{other}/relate", other="INC-1").text == cyd.send(f"{other}/relate", other="INC-77").text.replace(
        "INC-77", "INC-1"
    )
    assert 'class="nav-count">1<' in cyd.see("/").html
    assert "Stolen laptop" in bob.see(path).text
    assert "Stolen laptop" in ann.see("/incidents").text, "administrators are let in"
    bob.send(f"{path}/take_command")
    assert "Let in." in bob.send(f"{path}/admit", user_id=cyd.id).text
    assert "Stolen laptop" in cyd.see(path).text
    assert "laptop" not in bob.see("/incidents.csv").text, "no export of a private one"


def test_asking_to_be_let_in_tells_nothing_and_reaches_those_who_run_it(town: Village) -> None:
    bob, cyd, eve = (town.visitor(name) for name in ("bob", "cyd", "eve"))
    path = declared(bob, "Stolen laptop", private="true")
    one = cyd.send("/incidents/access", key="INC-1", why="I know the laptop")
    other = eve.send("/incidents/access", key="INC-77", why="I am curious")
    said = "If there is such an incident, those who run it have been asked."
    assert said in one.text
    assert said in other.text
    assert "Cyd Marchetti" in bob.see(path).text.partition("Timeline")[2]
    assert cyd.send("/incidents/access", key="INC-1", why="I know the laptop").status == 429
    assert cyd.see(path).status == 404


def test_many_people_are_typed_by_name_instead_of_chosen_from_a_long_list(town: Village) -> None:
    from firebell.domain.people import commands as people

    town.served.house.runner.run(
        lambda work: [people.create_user(work, name=f"p{n}", display_name=f"Person {n}") for n in range(45)], SYSTEM
    )
    bob = town.visitor("bob")
    path = declared(bob, "Checkout fails", severity="SEV3")
    bob.send(f"{path}/take_command")
    seen = bob.see(path)
    assert seen.html.count('<option value="Person 7">') == 1
    assert 'list="people-here"' in seen.html
    bob.send(f"{path}/assign_task", text="Look", assignee_id="Person 7", minutes="5")
    assert "Person 7" in bob.see(path).text.partition("Tasks")[2]
    assert (
        "Nobody is called so." in bob.send(f"{path}/assign_task", text="Look", assignee_id="Nobody", minutes="5").text
    )
