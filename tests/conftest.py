"""What every test may ask for: both databases, and a story told through time on each of them."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import databases
from tests.story import Story, open_story

_counter = itertools.count()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A throw-away PostgreSQL. Absent: the test is skipped, saying so (an error when CI=true)."""
    given = os.environ.get("FIREBELL_TEST_PG_SERVER")
    if given:
        yield given
        return
    if databases.programs() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("PostgreSQL's server programs are not installed, and CI must test both databases")
        pytest.skip("PostgreSQL's server programs are not installed (apt-get install postgresql)")
    with databases.cluster("fsync=on") as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'firebell.db'}"
    server: str = request.getfixturevalue("postgres_server")
    return databases.fresh_database(server, f"fb_{os.getpid()}_{next(_counter)}")


@pytest.fixture
def tell(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Story]]:
    """``tell(start=…)`` opens a story on each database; closed afterwards."""
    told: list[Story] = []

    def open_one(**given: object) -> Story:
        story = open_story(database_url, tmp_path, **given)  # type: ignore[arg-type]
        told.append(story)
        return story

    yield open_one
    for story in told:
        story.house.close()


@pytest.fixture
def story(tell: Callable[..., Story]) -> Story:
    """A story that begins on Monday 2026-01-05 at 09:00 UTC."""
    return tell()
