"""Guessing is slow, tells nothing, and costs the guesser more than the house."""

from __future__ import annotations

import pytest

from firebell.domain.people import passwords
from tests.entrypoints.api.conftest import Api


def test_a_made_up_set_up_link_has_no_password_hashed(api: Api) -> None:
    # Every slot that hashes is taken: whoever needs one would wait, and hear that too many are signing in.
    taken = 0
    while passwords._slots.acquire(blocking=False):
        taken += 1
    try:
        answer = api.client.post("/setup/made-up", data={"name": "eve", "password": "four words nobody guesses"})
    finally:
        passwords._slots.release(taken)
    assert answer.status_code in (303, 404)


@pytest.mark.parametrize("path", ["/sign-in", "/forgot"])
def test_known_and_unknown_names_hear_the_same(api: Api, path: str) -> None:
    answers = [
        api.client.post(path, data={"name": name, "password": "wrong"}, follow_redirects=False)
        for name in ("ann", "nobody-of-this-name")
    ]
    assert answers[0].status_code == answers[1].status_code
    assert answers[0].text.replace("ann", "") == answers[1].text.replace("nobody-of-this-name", "")
