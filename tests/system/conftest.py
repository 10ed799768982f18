"""What system tests ask for: a cheap way to start servers, and a receiver that keeps the truth."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import postgres_shelf, postgres_template
from tests.fakes.receiver import Receiver
from tests.system.server import Launcher

__all__ = ["launcher", "postgres_server", "postgres_shelf", "postgres_template", "receiver"]


@pytest.fixture(scope="session")
def postgres_server(careful_postgres_server: str) -> str:
    """The careful one; template and shelf are made anew on it."""
    return careful_postgres_server


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    with Launcher() as one:
        yield one


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as one:
        yield one
