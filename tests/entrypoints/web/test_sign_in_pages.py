"""The ways in, without a browser: invitations, resets, the first start, and what a stranger may learn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from firebell.domain.people import setup
from firebell.kernel.actor import SYSTEM
from tests.entrypoints.web.house import Served, served
from tests.entrypoints.web.signed_in import PASSWORD, Company, company

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
NEW = "four words nobody guesses 7"


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as made:
        yield made


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as made:
        yield made


def _post(firm: Company, path: str, **fields: str) -> tuple[int, dict[str, str], str]:
    status, headers, text = firm.served.request("POST", firm.origin + path, urlencode(fields).encode(), FORM)
    return status, dict(headers), text


def test_an_invitation_is_accepted_once_and_signs_in(firm: Company) -> None:
    link = firm.served.house.runner.run(lambda work: setup.invite_user(work, name="cleo"), SYSTEM).plain
    status, headers, text = firm.served.request("GET", f"{firm.origin}/invite/{link}")
    assert (status, headers["referrer-policy"]) == (200, "no-referrer")
    assert "Welcome, cleo" in text
    status, _, text = _post(firm, f"/invite/{link}", password="cleo")
    assert status == 422
    assert "field" in text
    status, headers, _ = _post(firm, f"/invite/{link}", password=NEW)
    assert (status, headers["location"]) == (303, "/")
    assert re.search(r"fb=[^;]{40,};.*HttpOnly;.*SameSite=lax", headers["set-cookie"])
    assert _post(firm, f"/invite/{link}", password=NEW)[0] == 404
    assert _post(firm, "/sign-in", name="cleo", password=NEW)[0] == 303


def test_a_reset_link_is_no_invitation(firm: Company) -> None:
    link = firm.served.house.runner.run(lambda work: setup.issue_reset(work, firm.ben), SYSTEM).plain
    assert firm.served.request("GET", f"{firm.origin}/invite/{link}")[0] == 404
    assert _post(firm, f"/reset/{link}", password=NEW)[0] == 303
    assert _post(firm, "/sign-in", name="ben", password=PASSWORD)[0] == 401
    assert _post(firm, "/sign-in", name="ben", password=NEW)[0] == 303


def test_nobody_learns_from_the_answer_whether_a_name_exists(firm: Company) -> None:
    wrong, unknown = (_post(firm, "/sign-in", name=name, password="x" * 12) for name in ("ben", "nobody"))
    assert wrong[0] == unknown[0] == 401
    pages = [
        re.sub(r"data-now=\S+", "", page).replace(name, "…")
        for name, (_, _, page) in (("ben", wrong), ("nobody", unknown))
    ]
    assert pages[0] == pages[1]
    forgot = [_post(firm, "/forgot", name=name) for name in ("ben", "nobody")]
    assert {(status, headers["location"]) for status, headers, _ in forgot} == {(303, "/sign-in")}


def test_a_page_without_a_session_leads_to_the_way_in_and_back(firm: Company) -> None:
    status, headers, _ = firm.served.request("GET", f"{firm.origin}/alerts?state=all")
    assert (status, headers["location"]) == (303, "/sign-in?next=/alerts%3Fstate%3Dall")
    status, headers, _ = firm.served.request("GET", f"{firm.origin}/live/events")
    assert (status, headers["content-type"]) == (401, "application/problem+json")
    status, _, text = firm.served.request("GET", f"{firm.origin}/alerts", headers={"HX-Request": "true"})
    assert status == 401
    assert text.lstrip().startswith("<section"), "a fragment is answered with a fragment"


def test_before_the_first_administrator_the_door_says_where_the_link_is(empty: Served) -> None:
    status, headers, _ = empty.request("GET", empty.origin)
    assert (status, headers["location"]) == (303, "/sign-in")
    assert "Firebell is running" in empty.request("GET", f"{empty.origin}/sign-in")[2]
    assert empty.request("GET", f"{empty.origin}/setup/{'x' * 43}")[0] == 404


def test_built_files_are_kept_for_a_year_and_pages_not_at_all(firm: Company) -> None:
    _, headers, page = firm.served.request("GET", f"{firm.origin}/sign-in")
    assert headers["cache-control"] == "no-store"
    assert "script-src 'self'" in headers["content-security-policy"]
    style = re.search(r'href="(/static/main-[^"]+\.css)"', page)
    if style:  # the front end is built
        assert "immutable" in firm.served.request("GET", firm.origin + style[1])[1]["cache-control"]
    assert firm.served.request("GET", f"{firm.origin}/static/../session.py")[0] == 404
