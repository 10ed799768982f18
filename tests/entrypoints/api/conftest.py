"""An installation with people of every kind, and clients that speak for each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from starlette.testclient import TestClient

from firebell.app import application
from firebell.domain.people import tokens
from firebell.kernel.actor import Permission, Role
from firebell.kernel.clock import plus
from tests.story import Story

WEEK = [
    {
        "name": "base",
        "rotation": {"every": "1w", "handoff": "Mon 09:00", "start": "2026-01-05", "participants": [["ann"], ["ben"]]},
    }
]
EVERYTHING = [permission.value for permission in Permission]


@dataclass(slots=True)
class Api:
    """A story with its HTTP face. ``as_(who)`` is a client; ``who`` may be a person or a token's name."""

    story: Story
    client: TestClient
    plain: dict[str, str] = field(default_factory=dict)

    def token(
        self, name: str, scopes: list[str], *, team: str | None = None, person: str | None = None,
        seconds: float | None = None,
    ) -> str:  # fmt: skip
        """A token called ``name``; ``person``: their own."""
        from firebell.kernel.actor import SYSTEM

        actor = self.story.actor(person) if person else SYSTEM

        def make(work: Any) -> str:
            expires_at = plus(work.now, seconds) if seconds else None
            team_id = self.story.team_ids[team] if team else None
            return tokens.create(work, name, scopes, expires_at, team_id, personal=person is not None).plain

        self.plain[name] = self.story.run(make, actor)
        return self.plain[name]

    def call(self, who: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """The answer to a request of ``who`` (the name of a token, or "" for nobody)."""
        headers = dict(more.pop("headers", {}))
        if who:
            headers["Authorization"] = f"Bearer {self.plain[who]}"
        if body is not None:
            more["json"] = body
        return self.client.request(
            method, path if path.startswith("/api/") else f"/api/v1{path}", headers=headers, **more
        )

    def ok(self, who: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """The decoded answer to a request that must succeed."""
        answer = self.call(who, method, path, body, **more)
        assert 200 <= answer.status_code < 300, (answer.status_code, answer.text)
        return answer.json() if answer.content else None


@pytest.fixture
def api(story: Story) -> Iterator[Api]:
    """Ann (administrator), Max (manager), Ben (responder), Vic and Tia (viewers), and two services."""
    return (yield from opened(story))


def opened(story: Story) -> Iterator[Api]:
    for name, role in (
        ("ann", Role.ADMIN), ("max", Role.MANAGER), ("ben", Role.RESPONDER), ("vic", Role.VIEWER), ("tia", Role.VIEWER),
    ):  # fmt: skip
        story.person(name, role=role)
    story.team("payments", members=("ben",), managers=("tia",))
    story.team("search", members=("max",))
    story.schedule("primary", layers=WEEK, team="payments")
    story.policy(
        "payments", ("primary", {"SEV1": 300, "default": 900}), ("ann", 600), fallback=("ann",), team="payments"
    )
    story.service("checkout", policy="payments", team="payments")
    story.service("other", severity="SEV3")
    with start_blocking_portal() as loop:
        client = TestClient(application(story.house), raise_server_exceptions=True, client=("127.0.0.1", 50_000))
        # Left to itself, it starts a thread and an event loop for each request.
        client.portal = loop
        yield _with_tokens(Api(story, client))
        client.close()


def _with_tokens(api: Api) -> Api:
    story = api.story
    api.token("root", EVERYTHING)
    for name in ("ann", "max", "ben", "vic", "tia"):
        actor = story.actor(name)
        held = {p.value for p in actor.grants}
        api.token(name, sorted(held), person=name)
    api.token("payments", EVERYTHING, team="payments")
    return api


__all__ = ["Api", "Callable"]
