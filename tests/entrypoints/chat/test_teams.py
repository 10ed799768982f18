"""Announcements in Microsoft Teams: a card for what is declared and what changes phase, nothing private."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firebell.domain.chat import commands as chat
from firebell.domain.chat import queries as chats
from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import DeclineReason
from tests.fakes.http_sink import Answer, HttpSink
from tests.incident_story import Room
from tests.story import Story, open_story
from tests.workflows.cast import without_watchmen


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    told = without_watchmen(open_story(f"sqlite:///{tmp_path}/firebell.db", tmp_path))
    told.person("ann")
    yield told
    told.house.close()


def connect(story: Story, url: str) -> None:
    sealed = story.house.sealing.seal_chat("teams", {"url": url})
    story.run(lambda work: chat.connect(work, "teams", sealed))


def cards(sink: HttpSink) -> list[dict[str, Any]]:
    return [json.loads(seen.body)["attachments"][0]["content"] for seen in sink.requests]


def test_declaring_and_every_change_of_phase_is_a_card_that_leads_to_the_page(story: Story) -> None:
    with HttpSink([Answer(202), Answer(202)]) as sink:
        connect(story, sink.url("/workflows/1?sig=x"))
        room = Room(story)
        one = room.declare("Checkout fails", "SEV2", by="ann")
        room.act("ann", verbs.Decline(reason=DeclineReason.FALSE_ALARM))
        declared, declined = cards(sink)
    assert declared["body"][0]["text"] == "SEV2 · INC-1 · Checkout fails"
    assert "Declared." in declared["body"][1]["text"]
    assert declared["actions"][0]["url"].endswith(f"/incidents/{one.id}")
    assert "declined" in declined["body"][1]["text"]


def test_a_private_incident_is_not_announced(story: Story) -> None:
    with HttpSink([]) as sink:
        connect(story, sink.url("/workflows/1"))
        Room(story).declare("An insider", "SEV1", by="ann", private=True)
        assert sink.requests == []


def test_a_workflow_that_is_gone_is_shown_where_it_is_set_and_stops_nothing(story: Story) -> None:
    with HttpSink([Answer(404)]) as sink:
        connect(story, sink.url("/workflows/gone"))
        assert Room(story).declare("Checkout fails", "SEV2", by="ann").number == 1
    found = story.house.runner.read(lambda read: chats.connection(read, "teams"))
    assert found is not None
    assert found.works is False
