"""An installation whose team talks in Slack: a real ``slack_sdk`` on both sides, a workspace on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from firebell.domain.chat import commands as chat
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import Incident
from firebell.kernel.journal import Entry
from firebell.workflows import incident_moves
from tests.fakes.slack import APP_TOKEN, BOT_TOKEN, Channel, FakeSlack
from tests.story import Story, open_story

WHO = {"ann": "U01ANN", "bob": "U02BOB", "cleo": "U03CLEO"}


@dataclass
class Office:
    """A story and its workspace. People are called as in both: ``ann``, ``bob``, ``cleo``."""

    story: Story
    slack: FakeSlack
    general: Channel

    def say(self, who: str, text: str, channel: Channel | None = None) -> dict[str, Any]:
        """``/incident text``; what Slack shows, and everything that follows at once has happened."""
        shown = self.slack.command(WHO[who], (channel or self.general).id, text)
        self.story.settle()
        return shown

    def press(self, who: str, channel: Channel, action: str, value: str = "") -> None:
        self.slack.press(WHO[who], channel.id, action, value)
        self.story.settle()

    def submit(self, who: str, **values: str) -> dict[str, Any]:
        """Fill in the form that was opened last."""
        answer = self.slack.submit(WHO[who], self.slack.views[-1], **values)
        self.story.settle()
        return answer

    def act(self, who: str, verb: verbs.Verb) -> None:
        """On the page, not in Slack."""
        incident_id = self.incident().id
        self.story.run(lambda work: incident_moves.act(work, incident_id, verb), self.story.actor(who))
        self.story.settle()

    def event(self, event_id: str, **event: Any) -> None:
        self.slack.event(event_id, **event)
        self.story.settle()

    def at(self, who: str) -> str:
        """How Slack writes a mention."""
        return f"<@{WHO[who]}|{who}>"

    def incident(self, number: int = 1) -> Incident:
        return self.story.house.runner.read(lambda read: incidents.incident(read, number))

    def timeline(self, kind: str) -> list[Entry]:
        one = self.incident()
        entries = self.story.house.runner.read(lambda read: incidents.timeline(read, one.id))
        return [entry for entry in entries if entry.kind == kind]

    @property
    def room(self) -> Channel:
        return self.slack.named("inc-1-")

    def card(self) -> dict[str, Any]:
        (pinned,) = self.room.pins
        return self.room.messages[pinned]


def connect(story: Story, **more: str) -> None:
    """What an administrator enters."""
    values = {"bot_token": BOT_TOKEN, "app_token": APP_TOKEN, "announce": "C0001", **more}
    sealed = story.house.sealing.seal_chat("slack", values)
    story.run(lambda work: chat.connect(work, "slack", sealed))


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    workspace = FakeSlack()
    yield workspace
    workspace.close()
    assert workspace.faults == []


@pytest.fixture
def office(slack: FakeSlack, tmp_path: Path) -> Iterator[Office]:
    general = slack.channel("general")
    story = open_story(f"sqlite:///{tmp_path}/firebell.db", tmp_path, slack_api_url=slack.url)
    for name, chat_id in WHO.items():
        story.person(name)
        slack.people[chat_id] = f"{name}@example.com"
    connect(story)
    story.house.slack.start()
    slack.wait_for_line()
    yield Office(story, slack, general)
    story.house.close()
