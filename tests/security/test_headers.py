"""Every answer carries the security headers, and no redirect leads anywhere but here."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from firebell.app import application, open_house
from firebell.domain.people import commands as people
from firebell.domain.people import passwords, queries
from firebell.domain.people.store import set_password_hash
from firebell.entrypoints.http import SECURITY_HEADERS
from firebell.kernel.actor import Role
from firebell.settings import Settings
from tests.entrypoints.api.conftest import Api


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"), ("GET", "/sign-in"), ("GET", "/healthz"), ("GET", "/no-such-page"), ("PUT", "/sign-in"),
        ("GET", "/api/v1/users"), ("GET", "/api/openapi.json"), ("POST", "/api/v1/users"), ("GET", "/static/none.css"),
        ("POST", "/in/generic/wrong-key"), ("POST", "/in/no-such-source/x"), ("POST", "/v2/enqueue"),
        ("GET", "/feeds/wrong.ics"), ("GET", "/a/wrong"), ("POST", "/sign-in"),
    ],
)  # fmt: skip
def test_every_answer_has_the_headers(api: Api, method: str, path: str) -> None:
    answer = api.client.request(method, path, follow_redirects=False)
    for name, value in SECURITY_HEADERS.items():
        if name in ("Cache-Control", "Referrer-Policy") and name in answer.headers:
            continue
        assert answer.headers.get(name) == value, (name, answer.status_code)


def test_a_foreign_host_header_redirects_nobody(api: Api) -> None:
    for path in ("/people/", "/api/v1/users/", "/sign-in/", "//elsewhere.example/"):
        answer = api.client.get(path, headers={"Host": "elsewhere.example"}, follow_redirects=False)
        assert "elsewhere" not in answer.headers.get("location", ""), path


@pytest.mark.parametrize(
    "goal", ["//elsewhere.example", "/\\elsewhere.example", "https://elsewhere.example", "/\t/elsewhere.example", "x:y"]
)
def test_what_is_to_come_next_stays_on_this_site(api: Api, goal: str) -> None:
    answer = api.client.post("/theme", data={"theme": "dark", "next": goal}, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"


def test_behind_https_the_cookie_is_bound_to_the_host_and_browsers_are_told_to_stay(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, public_url="https://firebell.example")
    house = open_house(settings, inline=True)
    try:
        house.runner.run(lambda work: people.create_user(work, name="ann", role=Role.ADMIN))
        found = house.runner.read(lambda read: queries.user_by_name(read, "ann"))
        assert found is not None
        house.runner.run(lambda work: set_password_hash(work, found.id, passwords.rehash("four words nobody guesses")))
        client = TestClient(application(house), base_url="https://firebell.example")
        form = {"name": "ann", "password": "four words nobody guesses"}
        answer = client.post("/sign-in", data=form, follow_redirects=False)
    finally:
        house.close()
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-fb=")
    for word in ("Secure", "HttpOnly", "Path=/", "SameSite=lax"):
        assert word in cookie
    assert "Domain" not in cookie
