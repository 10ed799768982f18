"""The page "Acme" behind the whole application, on each database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from starlette.testclient import TestClient

from firebell.app import application
from firebell.kernel.work import Work
from tests.entrypoints.public.acme import Acme, acme
from tests.story import Story

T = TypeVar("T")


@dataclass(slots=True)
class Public:
    """``get("history.atom")`` is a document of the page."""

    story: Story
    client: TestClient
    acme: Acme

    def get(self, name: str = "", **more: Any) -> Any:
        return self.client.get(f"/status/acme/{name}".rstrip("/"), **more)

    def json(self, name: str) -> Any:
        answer = self.get(f"api/v2/{name}.json")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def run(self, job: Callable[[Work], T]) -> T:
        found: T = self.story.run(job)
        return found


@pytest.fixture
def public(story: Story) -> Iterator[Public]:
    client = TestClient(application(story.house), follow_redirects=False, client=("192.0.2.7", 50_000))
    yield Public(story, client, story.run(acme))
    client.close()
