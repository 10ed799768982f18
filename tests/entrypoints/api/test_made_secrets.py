"""Secrets that Firebell makes are shown by the answer that made them, and never again."""

from __future__ import annotations

from tests.entrypoints.api.conftest import Api


def test_a_signing_secret_that_was_made_up_is_shown_by_the_answer_that_made_it_and_by_no_other(api: Api) -> None:
    where = "/users/vic/contact-methods"
    hook = {"name": "hook", "channel": "webhook", "values": {"to": "https://hook.example.com/vic"}}
    first = api.ok("root", "POST", where, hook)["made_secrets"]["secret"]
    assert first.startswith("whsec_")
    for answer in (
        api.call("root", "GET", where), api.call("root", "GET", f"{where}/hook"),
        api.call("root", "PATCH", f"{where}/hook", {"values": {"to": "https://hook.example.com/other"}}),
    ):  # fmt: skip
        assert answer.status_code == 200
        assert first not in answer.text
    again = api.ok("root", "PATCH", f"{where}/hook", {"values": {"secret": "", "old_secret": first}})
    assert again["made_secrets"]["secret"] not in ("", first)
    assert list(again["made_secrets"]) == ["secret"]
    given = api.ok("root", "PATCH", f"{where}/hook", {"values": {"secret": first}})
    assert given["made_secrets"] == {}
