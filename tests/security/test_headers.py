"""Every answer carries the security headers, and no redirect leads anywhere but here."""

from __future__ import annotations

import pytest

from firebell.entrypoints.http import SECURITY_HEADERS
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
