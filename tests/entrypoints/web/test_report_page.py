"""Reporting a problem: off, for colleagues or for everybody; what comes of it, and what a stranger does not learn."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx2
import pytest

from firebell.domain.incidents import commands, queries
from firebell.domain.incidents.model import Incident, Settings
from firebell.domain.statuspage import commands as pages
from firebell.kernel.actor import SYSTEM
from firebell.kernel.work import Work
from tests.entrypoints.web.visitors import Seen, Village, village


@pytest.fixture
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with village(tmp_path_factory.mktemp("town")) as made:
        yield made


def opened(town: Village, who: str) -> None:
    """The form is for ``who`` from now on."""
    settings = Settings(auto_declare=(), report_form=who)
    town.served.house.runner.run(lambda work: commands.set_settings(work, settings), SYSTEM)


def newest(town: Village) -> Incident:
    return town.served.house.runner.read(lambda read: queries.incident_list(read, limit=1), SYSTEM)[0]


def counted(town: Village) -> int:
    return len(town.served.house.runner.read(lambda read: queries.incident_list(read, limit=200), SYSTEM))


class Stranger:
    """Nobody who is signed in."""

    def __init__(self, town: Village) -> None:
        self.client = httpx2.Client(base_url=town.served.origin, trust_env=False, timeout=20)

    def see(self, path: str) -> Seen:
        answer = self.client.get(path)
        return Seen(answer.status_code, answer.headers.get("location", ""), answer.text)

    def sign_in_page(self) -> str:
        """As it is after a wrong password."""
        answer = self.client.post("/sign-in", data={"name": "ann", "password": "wrong"})
        assert answer.status_code == 401
        return str(answer.text)

    def report(self, **fields: str) -> Seen:
        answer = self.client.post("/report", data=fields)
        location = answer.headers.get("location", "")
        return self.see(location) if answer.status_code == 303 else Seen(answer.status_code, location, answer.text)


def test_switched_off_there_is_no_such_page_for_anybody(town: Village) -> None:
    opened(town, "off")
    assert Stranger(town).see("/report").status == 404
    assert Stranger(town).report(title="It burns").status == 404
    assert town.visitor("eve").see("/report").status == 404
    assert counted(town) == 0


def test_an_internal_form_asks_strangers_to_sign_in_and_takes_what_colleagues_say(town: Village) -> None:
    opened(town, "internal")
    away = Stranger(town).see("/report")
    assert (away.status, away.location) == (303, "/sign-in?next=/report")
    assert Stranger(town).report(title="It burns").status == 401
    assert "/report" not in Stranger(town).sign_in_page()
    seen = town.visitor("eve").send(
        "/report", title="The till is frozen", what="It says\nplease wait", affected="three shops", since="about 9 CET"
    )
    assert seen.location == "/report/thanks"
    made = newest(town)
    assert made.reference in seen.text
    assert (made.phase, made.severity, made.detection, made.origin) == ("triage", None, "report", "report")
    assert made.declared_by == town.ids["eve"]
    assert made.impact == "three shops"
    assert made.summary == "It says\nplease wait\nSince: about 9 CET"
    assert made.milestone("impact_started") is None, "what somebody remembers is no milestone"


def test_a_stranger_reports_and_learns_the_reference_and_nothing_else(town: Village) -> None:
    opened(town, "public")
    stranger = Stranger(town)
    assert 'href="/report"' in stranger.sign_in_page()
    seen = stranger.report(title="I cannot <b>pay</b>", contact="me@example.com")
    made = newest(town)
    assert seen.status == 200
    assert "Thank you" in seen.text
    assert made.reference in seen.text
    assert made.id not in seen.html
    assert "pay" not in seen.text
    assert (made.severity, made.detection, made.origin) == (None, "customer", "report")
    assert made.summary == "Contact: me@example.com"
    assert stranger.see(f"/incidents/{made.id}").location.startswith("/sign-in")
    page = town.visitor("bob").see(f"/incidents/{made.id}")
    assert page.status == 200
    assert "<b>pay</b>" not in page.html
    timeline = town.visitor("bob").see(f"/incidents/{made.id}/timeline").text
    assert "Somebody outside declared" in timeline


def test_without_a_title_the_form_comes_back_as_it_was(town: Village) -> None:
    opened(town, "public")
    seen = Stranger(town).report(title="  ", what="All is grey")
    assert seen.status == 422
    assert "Say in one line what is wrong" in seen.text
    assert "All is grey</textarea>" in seen.html
    assert Stranger(town).report(title="x" * 201).status == 422
    assert counted(town) == 0


def test_strangers_may_send_a_few_and_colleagues_as_many_as_it_takes(town: Village) -> None:
    opened(town, "public")
    stranger = Stranger(town)
    answers = [stranger.report(title=f"report {n}").status for n in range(5)]
    assert answers == [200, 200, 200, 429, 429]
    assert counted(town) == 3
    told = stranger.report(title="once more")
    assert re.search(r"Try again in \d+ min", told.text)
    assert 'value="once more"' in told.html, "what was typed is not lost"
    eve = town.visitor("eve")
    assert all(eve.send("/report", title=f"again {n}").status == 200 for n in range(5))
    assert counted(town) == 8


def test_a_form_on_another_site_cannot_report(town: Village) -> None:
    opened(town, "public")
    answer = Stranger(town).client.post("/report", data={"title": "x"}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert counted(town) == 0


@pytest.mark.parametrize(("who", "linked"), [("public", True), ("internal", False), ("off", False)])
def test_the_status_page_leads_to_the_form_only_where_it_is_public(town: Village, who: str, linked: bool) -> None:
    def job(work: Work) -> None:
        pages.create_page(work, slug="acme", name="Acme")

    opened(town, who)
    town.served.house.runner.run(job, SYSTEM)
    html = Stranger(town).see("/status/acme").html
    assert "All Systems Operational" in html
    assert (f'href="{town.served.origin}/report"' in html) is linked
