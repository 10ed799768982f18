"""Whoever holds a key is heard, whatever they send and however their integration is set up."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from firebell.domain.services import store
from firebell.entrypoints.api.inbound import Inbound
from firebell.integrations.sources import all_sources
from firebell.integrations.sources.contract import Request
from tests.entrypoints.api.conftest import Api


def integration(api: Api, name: str = "door") -> Any:
    return api.ok("root", "POST", "/integrations", {"service": "checkout", "name": name, "source": "generic"})


def titles(api: Api) -> list[str]:
    return [one["summary"] for one in api.ok("root", "GET", "/alerts")["items"]]


@pytest.mark.parametrize("timeout", ["-1", "1e999", "999999999999999999", "1e300", "3600.5", '"soon"', "true", "[]"])
def test_a_time_of_silence_that_no_clock_can_hold_is_refused(api: Api, timeout: str) -> None:
    made = integration(api)
    body = f"""{{"settings": {{"resolve_timeout_s": {timeout}}}}}"""
    answer = api.client.patch(
        f"/api/v1/integrations/{made['id']}", content=body,
        headers={"Authorization": f"Bearer {api.plain['root']}", "Content-Type": "application/json"},
    )  # fmt: skip
    assert answer.status_code == 422
    assert answer.json()["field"] == "settings.resolve_timeout_s"


@pytest.mark.parametrize("timeout", [1e300, 10**17, -5, "soon", True])
def test_settings_that_slipped_in_earlier_do_not_shut_the_door(api: Api, timeout: Any) -> None:
    made = integration(api)
    table = store.integrations
    api.story.run(
        lambda work: work.write(
            update(table).where(table.c.id == made["id"]).values(settings={"resolve_timeout_s": timeout})
        )
    )
    assert api.client.post(f"/in/generic/{made['key']}", json={"summary": "disk full"}).status_code == 202
    assert titles(api) == ["disk full"]


class Faulty:
    """A source whose reader has a fault."""

    def __init__(self) -> None:
        self._real = all_sources()["generic"]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def parse(self, request: Request) -> Any:
        raise KeyError("an assumption that did not hold")


def test_a_fault_in_reading_is_paged_as_an_unreadable_signal(api: Api) -> None:
    made = integration(api)
    inbound = Inbound(api.story.house.runner, {"generic": Faulty()})
    answer = TestClient(inbound).post(f"/in/generic/{made['key']}", json={"summary": "disk full"})
    inbound.batch.close()
    assert answer.status_code == 202
    assert titles(api)[0].startswith("Unreadable signal")
    api.story.settle()
    assert api.story.paged() == ["ann"]


class Poisonous(Faulty):
    """A source whose signals cannot be stored: a label that is no text."""

    def parse(self, request: Request) -> Any:
        found = self._real.parse(request)
        for signal in found:
            signal.labels["bad"] = object()  # type: ignore[assignment]
        return found


def test_a_signal_that_cannot_be_stored_is_paged_as_an_unreadable_one(api: Api) -> None:
    made = integration(api)
    inbound = Inbound(api.story.house.runner, {"generic": Poisonous()})
    answer = TestClient(inbound).post(f"/in/generic/{made['key']}", json={"summary": "disk full", "labels": {"a": "b"}})
    inbound.batch.close()
    assert answer.status_code == 202
    assert titles(api)[0].startswith("Unreadable signal")
