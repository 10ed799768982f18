"""The whole OpenAPI document, with inputs nobody would think of: nothing fails unexpectedly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error

from tests.databases import fresh_database
from tests.effort import examples
from tests.entrypoints.api.conftest import Api, opened
from tests.story import open_story


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def lasting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One installation for all examples: what one of them did is there for the next."""
    folder = tmp_path_factory.mktemp("fuzzed")
    if request.param == "sqlite":
        url = f"sqlite:///{folder / 'firebell.db'}"
    else:
        url = fresh_database(request.getfixturevalue("postgres_server"), "fb_fuzzed")
    story = open_story(url, folder)
    yield from opened(story)
    story.house.close()


@pytest.mark.slow
def test_nothing_that_fits_the_document_fails_unexpectedly(lasting: Api) -> None:
    app = lasting.client.app
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", app)
    headers = {"Authorization": f"Bearer {lasting.plain['root']}"}
    failed: list[str] = []
    number = examples(4 if lasting.story.house.database.is_sqlite else 2, soak=100)
    for found in schema.get_all_operations():
        operation: Any = found.ok()
        if operation.path.endswith("/channels/{channel}:test"):
            continue  # It would send real mail to whatever server was made up.
        if operation.path.endswith("/chat/{vendor}:test"):
            continue  # It would ask a real Slack.

        @settings(
            max_examples=number, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        def each(case: schemathesis.Case) -> None:
            response = case.call(headers={**headers, **(case.headers or {})})
            case.validate_response(response, checks=[not_a_server_error])

        try:
            operation.as_strategy()
            _given(operation, each)
        except Exception as error:
            failed.append(f"{operation.method.upper()} {operation.path}: {str(error)[:600]}")
    assert not failed, "\n".join(failed)


def _given(operation: Any, each: Any) -> None:
    from hypothesis import given

    given(case=operation.as_strategy())(each)()
