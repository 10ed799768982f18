"""A key that is not known is answered with those that are."""

from __future__ import annotations

import pytest

from tests.entrypoints.api.conftest import Api


@pytest.mark.parametrize(
    ("body", "field", "hint"),
    [
        ({"service": "checkout", "summary": "x", "sumary": "x"}, "sumary",
         "Did you mean “summary”? Known here: service, "),
        ({"service": "checkout", "summary": "x", "links": [{"href": "https://x.example", "txt": "y"}]},
         "links.0.txt", "Did you mean “text”? Known here: href, text."),
        ({"service": "checkout", "summary": "x", "qqqqqq": 1}, "qqqqqq", "Known here: service, integration_id, "),
    ],
)  # fmt: skip
def test_an_unknown_key_is_answered_with_the_known_ones(api: Api, body: object, field: str, hint: str) -> None:
    answer = api.call("root", "POST", "/signals", body)
    problem = answer.json()
    assert (answer.status_code, problem["title"]) == (422, "This key is not known here.")
    assert problem["field"] == field
    assert problem["hint"].startswith(hint)
