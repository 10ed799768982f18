"""What every test may ask for: both databases, and a story told through time on each of them."""

from __future__ import annotations

import gc
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import databases, effort
from tests.story import Story, open_story

effort.apply_effort()


def pytest_report_header() -> str:
    return f"effort: {effort.EFFORT} ({effort.VARIABLE})"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with the most slow tests first: what takes long must not be begun when everything else is done."""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


def pytest_collection_finish() -> None:
    """What is there now stays to the end: the collector of cycles need not look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A throw-away PostgreSQL. Absent: the test is skipped, saying so (an error when CI=true)."""
    yield from _postgres(*databases.CARELESS)


@pytest.fixture(scope="session")
def careful_postgres_server() -> Iterator[str]:
    """One that real servers accept and the doctor finds nothing wrong with."""
    yield from _postgres(*databases.CAREFUL)


def _postgres(*settings: str) -> Iterator[str]:
    """The server named by FIREBELL_TEST_PG_SERVER, or one of our own with these settings."""
    given = os.environ.get("FIREBELL_TEST_PG_SERVER")
    if given:
        yield given
        return
    if databases.programs() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("PostgreSQL's server programs are not installed, and CI must test both databases")
        pytest.skip("PostgreSQL's server programs are not installed (apt-get install postgresql)")
    with databases.cluster(*settings) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The name of a migrated database, copied in milliseconds for each test."""
    name = f"fb_template_{os.getpid()}"
    databases.migrated(databases.fresh_database(postgres_server, name))
    return name


@pytest.fixture(scope="session")
def postgres_shelf(postgres_server: str, postgres_template: str) -> Iterator[databases.Shelf]:
    """Copies of the migrated database, for one test at a time each."""
    shelf = databases.Shelf(postgres_server, postgres_template)
    yield shelf
    shelf.close()


@pytest.fixture(scope="session")
def postgres_spare(postgres_server: str) -> str:
    """One database that is never migrated beforehand."""
    return databases.fresh_database(postgres_server, f"fb_spare_{os.getpid()}")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file, copied for each test."""
    path = tmp_path_factory.mktemp("template") / "firebell.db"
    databases.migrated(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated database of either kind with nothing in it."""
    if request.param == "sqlite":
        path = tmp_path / "firebell.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    shelf: databases.Shelf = request.getfixturevalue("postgres_shelf")
    url, uses = shelf.take()
    yield url
    shelf.give_back(url, uses)


@pytest.fixture(params=["sqlite", "postgres"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database of either kind without a single table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'firebell.db'}"
    return databases.without_a_table(request.getfixturevalue("postgres_spare"))


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
