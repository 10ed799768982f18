"""Who may speak as whom in Slack: only an address that somebody else vouches for makes two accounts one person."""

from __future__ import annotations

from typing import Any

import pytest

from firebell.domain.people import commands, methods, queries
from firebell.kernel.actor import Role
from tests.entrypoints.chat.conftest import Office, office, slack
from tests.fakes.slack import FakeSlack
from tests.story import Story

__all__ = ["office", "slack"]

VICTIM = "eve@example.com"


def takes_the_address(story: Story, who: str, address: str = VICTIM) -> None:
    story.run(lambda work: commands.edit_user(work, story.users[who], email=address), story.actor(who))


def speaks(office: Office) -> bool:
    office.slack.people["U09EVE"] = VICTIM
    shown = office.slack.command("U09EVE", office.general.id, "declare SEV3 the printer is on fire")
    return "I do not know who you are" not in shown["text"]


def test_an_address_one_has_entered_for_oneself_makes_nobody_else_oneself(office: Office) -> None:
    takes_the_address(office.story, "bob")
    assert not speaks(office)


def test_an_administrator_who_enters_it_vouches_for_it(office: Office) -> None:
    takes_the_address(office.story, "bob")
    bob = office.story.users["bob"]
    office.story.run(lambda work: commands.edit_user(work, bob, email="bob@example.com"))
    office.story.run(lambda work: commands.edit_user(work, bob, email=VICTIM))
    assert speaks(office)


def test_a_mailbox_that_is_proven_vouches_for_it(office: Office) -> None:
    takes_the_address(office.story, "bob")
    story = office.story

    def prove(work: Any) -> None:
        methods.add_method(
            work, story.users["bob"], name="mail", channel="email", config={"to": VICTIM}, masked="e…", trusted=True
        )

    story.run(prove)
    assert speaks(office)


@pytest.mark.parametrize(
    "more",
    [{"team_id": "T9"}, {"is_stranger": True}, {"is_email_confirmed": False}, {"team_id": "T1", "deleted": True}],
)
def test_what_another_workspace_says_of_its_people_is_not_believed(
    office: Office, slack: FakeSlack, more: dict[str, Any]
) -> None:
    slack.traits["U09EVE"] = more
    slack.people["U09EVE"] = "ann@example.com"
    shown = slack.command("U09EVE", office.general.id, "declare SEV3 the printer is on fire")
    assert "I do not know who you are" in shown["text"]


def test_our_own_workspace_is_believed(office: Office, slack: FakeSlack) -> None:
    slack.traits["U01ANN"] = {"team_id": "T1", "is_email_confirmed": True}
    assert "is declared" in office.say("ann", "declare SEV3 the printer is on fire")["text"]


def test_what_is_known_of_an_address_is_asked_of_the_journal(story: Story) -> None:
    story.person("ada", role=Role.ADMIN)
    story.person("vic", role=Role.VIEWER)
    takes_the_address(story, "ada", "ada@else.example")
    takes_the_address(story, "vic", "vic@else.example")

    def vouched(who: str) -> bool:
        return story.house.runner.read(lambda read: queries.email_is_vouched_for(read, story.users[who]))

    assert (vouched("ada"), vouched("vic")) == (True, False)
