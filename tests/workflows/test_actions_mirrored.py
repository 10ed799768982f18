"""Promised action items become issues elsewhere, and what is closed there with evidence is done here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from firebell.domain.postmortems import commands as postmortems
from firebell.domain.postmortems import queries, verbs
from firebell.domain.postmortems.actions import ActionItem, ActionState, ActionType
from firebell.domain.postmortems.model import Document, Postmortem
from firebell.domain.trackers import commands as trackers
from firebell.domain.trackers import queries as tracker_queries
from firebell.kernel import ids
from firebell.kernel.actor import Role
from firebell.kernel.clock import Instant, plus
from firebell.workflows import postmortem_moves
from tests.fakes.trackers import FakeGitHub, FakeJira
from tests.incident_story import Room
from tests.story import Story
from tests.workflows.cast import without_watchmen

TOKEN = "token-0123456789"
LAG = "Add an alert on replica lag > 30 s for 5 min"
CI = "Reject config with an empty region list in CI"


@dataclass(slots=True)
class Desk:
    """A postmortem with action items, and the person who keeps them."""

    story: Story
    items: dict[str, str]
    postmortem_id: str = ""

    def tell(self, verb: verbs.Verb, who: str = "lead") -> Any:
        key = self.postmortem_id
        return self.story.run(lambda work: postmortem_moves.act(work, key, verb), self.story.actor(who))

    def promise(self, text: str, **more: Any) -> str:
        due: Instant = plus(self.story.clock.now(), 14 * 86_400)
        given: dict[str, Any] = {"type": ActionType.DETECT, "owner_id": self.story.users["ann"], "due_at": due,
                                 "end_state": "The alert fires in a drill"}  # fmt: skip
        made = self.tell(verbs.AddAction(text=text, **(given | more))).made
        self.items[text] = made
        self.tell(verbs.CommitAction(action=made))
        return str(made)

    def item(self, text: str) -> ActionItem:
        found = self.story.house.runner.read(lambda read: queries.action(read, self.items[text]))
        assert found is not None
        return found.item

    def facts(self, text: str) -> list[str]:
        history = self.story.house.runner.read(lambda read: read.history(self.items[text]))
        return [one.kind for one in history if one.kind.startswith("tracker.")]

    def opened(self, *, private: bool = False) -> Desk:
        room = Room(self.story)
        incident = room.declare("Replicas fall behind", "SEV2", by="lead", private=private)
        new = Postmortem(
            id=ids.new("pmt", self.story.clock.now()), incident_id=incident.id, reference=f"INC-{incident.number}",
            document=Document(title="Replicas fall behind"), private=private, owner_id=self.story.users["lead"],
            resolved_at=self.story.clock.now(), created_at=self.story.clock.now(),
        )  # fmt: skip
        self.story.run(lambda work: postmortems.open_new(work, new, {}))
        self.postmortem_id = new.id
        return self


@pytest.fixture
def desk(story: Story) -> Desk:
    without_watchmen(story)
    for name in ("ann", "lead"):
        story.person(name, role=Role.MANAGER if name == "lead" else Role.RESPONDER)
    return Desk(story, {}).opened()


@pytest.fixture
def github(desk: Desk) -> Iterator[FakeGitHub]:
    with FakeGitHub("acme/shop", TOKEN, desk.story.clock.now) as fake:
        connect(desk, "github", fake.url, "acme/shop")
        yield fake


def connect(desk: Desk, vendor: str, url: str, project: str, **more: Any) -> str:
    keyring = desk.story.house.keyring
    made: str = desk.story.run(
        lambda work: trackers.connect(
            work, keyring, vendor=vendor, name=vendor, url=url, project=project, token=TOKEN, **more
        )
    )
    return made


def tracker(desk: Desk) -> Any:
    (found,) = desk.story.house.runner.read(tracker_queries.all_trackers)
    return found


def test_a_promise_appears_is_kept_in_step_and_ends_by_a_commit(desk: Desk, github: FakeGitHub) -> None:
    desk.tell(verbs.AddAction(text="Consider a cache"))  # an idea is not a promise
    desk.promise(LAG)
    desk.story.run_for(minutes=2)
    (issue,) = github.issues.values()
    assert (issue.title, issue.labels, issue.status) == (LAG, ["firebell"], "open")
    for words in (
        "Promised after INC-1.",
        "Done when: The alert fires in a drill",
        "/actions/act_",
        "Evidence: https://",
    ):
        assert words in issue.body
    assert "ann" not in issue.body.lower()
    # What people write there stays; what changes here is written anew.
    issue.title = "Lag alert"
    github.comment(1, "Looking at it.")
    desk.story.run_for(minutes=2)
    assert issue.title == "Lag alert"
    desk.tell(verbs.EditAction(action=desk.items[LAG], end_state="Lag of 40 s pages somebody in a drill"))
    desk.story.run_for(minutes=2)
    assert issue.title == LAG
    assert "Lag of 40 s pages somebody" in issue.body
    github.close(1, commit="c0ffee")
    desk.story.run_for(minutes=2)
    done = desk.item(LAG)
    assert done.state is ActionState.DONE
    assert done.proof is not None
    assert done.proof.ref == "https://github.example/acme/shop/commit/c0ffee"
    # Opened there again: Firebell says that it is over.
    github.reopen(1)
    desk.story.run_for(minutes=2)
    assert issue.status == "closed"
    assert "To open it again, do so there" in issue.comments[-1]
    assert desk.facts(LAG) == ["tracker.action_mirrored"]


def test_closed_without_evidence_it_is_opened_again_and_a_comment_with_evidence_closes_it(
    desk: Desk, github: FakeGitHub
) -> None:
    desk.promise(LAG)
    desk.story.run_for(minutes=2)
    github.comment(1, "Done, believe me.")
    github.close(1)
    desk.story.run_for(minutes=2)
    assert (github.issues[1].status, desk.item(LAG).state) == ("open", ActionState.COMMITTED)
    assert github.issues[1].comments[-1].startswith("Closed here without evidence, so it is open again")
    said = len(github.issues[1].comments)
    desk.story.run_for(minutes=3)
    assert len(github.issues[1].comments) == said, "asked once, not every minute"
    github.comment(1, "**Evidence:** https://ci.example.com/runs/7.")
    github.close(1)
    desk.story.run_for(minutes=2)
    proof = desk.item(LAG).proof
    assert proof is not None
    assert proof.ref == "https://ci.example.com/runs/7"
    assert github.issues[1].status == "closed"
    assert desk.facts(LAG) == ["tracker.action_mirrored", "tracker.closed_without_evidence"]


def test_done_and_declined_here_it_is_closed_there_and_a_failed_check_opens_it(desk: Desk, github: FakeGitHub) -> None:
    desk.promise(LAG)
    desk.promise(CI, type=ActionType.PREVENT)
    desk.story.run_for(minutes=2)
    desk.tell(verbs.CloseAction(action=desk.items[LAG], kind="test", ref="https://ci.example.com/1"))
    desk.tell(verbs.DeclineAction(action=desk.items[CI], reason="The list cannot be empty any more."))
    desk.story.run_for(minutes=2)
    reasons = {one.title: (one.status, one.reason) for one in github.issues.values()}
    assert reasons == {LAG: ("closed", "completed"), CI: ("closed", "not_planned")}
    desk.tell(verbs.ReopenAction(action=desk.items[LAG], reason="Lag came back in INC-7."))
    desk.story.run_for(minutes=2)
    lag = next(one for one in github.issues.values() if one.title == LAG)
    assert (lag.status, desk.item(LAG).state) == ("open", ActionState.COMMITTED)


def test_jira_is_moved_by_its_own_transitions(desk: Desk) -> None:
    with FakeJira("PAY", "a@example.com", TOKEN, desk.story.clock.now) as jira:
        connect(desk, "jira", jira.url, "PAY", account="a@example.com")
        desk.promise(LAG)
        desk.promise(CI, type=ActionType.PREVENT)
        desk.story.run_for(minutes=2)
        by_title = {one.title: one for one in jira.issues.values()}
        lag, ci = by_title[LAG], by_title[CI]
        jira.move(lag.number, "Done")
        desk.story.run_for(minutes=2)
        assert (lag.status, desk.item(LAG).state) == ("To Do", ActionState.COMMITTED)
        jira.comment(lag.number, "Evidence: https://git.example.com/merge/5")
        jira.move(lag.number, "Done")
        desk.tell(verbs.DeclineAction(action=desk.items[CI], reason="The list cannot be empty any more."))
        desk.story.run_for(minutes=2)
        assert (lag.status, desk.item(LAG).state) == ("Done", ActionState.DONE)
        assert ci.status == "Won't Do"


def test_what_is_private_never_leaves(desk: Desk, github: FakeGitHub) -> None:
    other = Desk(desk.story, {}).opened(private=True)
    other.promise("Rotate the leaked key and revoke the old one", owner_id=desk.story.users["lead"])
    desk.promise(LAG)
    desk.story.run_for(minutes=2)
    assert [one.title for one in github.issues.values()] == [LAG]
    desk.promise("Let @ann see the lag of every replica on the board")
    desk.story.run_for(minutes=2)
    assert len(github.issues) == 2
    assert not any("@ann" in f"{one.title} {one.body}" for one in github.issues.values())


def test_a_lost_answer_makes_no_second_issue_and_an_outage_loses_nothing(desk: Desk, github: FakeGitHub) -> None:
    desk.promise(LAG)
    github.lose_next_answer = True
    desk.story.run_for(seconds=30)
    assert len(github.issues) == 1
    assert tracker(desk).works is False
    desk.story.run_for(minutes=2)
    assert len(github.issues) == 1
    assert (tracker(desk).works, tracker(desk).failures) == (True, 0)
    github.fail_with = [(503, {"message": "down"})] * 4
    desk.promise(CI, type=ActionType.PREVENT)
    desk.story.run_for(minutes=4)
    assert "503: down" in tracker(desk).said
    desk.story.run_for(minutes=13)
    assert sorted(one.title for one in github.issues.values()) == sorted([LAG, CI])
    facts = [one.kind for one in desk.story.house.runner.read(lambda read: read.history("installation"))]
    assert [one for one in facts if one.startswith("tracker.")] == [
        "tracker.connected", "tracker.failing", "tracker.works_again",
    ]  # fmt: skip


def test_one_issue_that_is_refused_holds_up_no_other(desk: Desk, github: FakeGitHub) -> None:
    desk.promise(LAG)
    desk.story.run_for(minutes=2)
    desk.promise(CI, type=ActionType.PREVENT)
    desk.tell(verbs.EditAction(action=desk.items[LAG], end_state="Lag of 40 s pages somebody in a drill"))
    github.gone.add(1)
    desk.story.run_for(minutes=2)
    mirrors = desk.story.house.runner.read(lambda read: tracker_queries.mirrors_for(read, desk.items.values()))
    assert "404" in mirrors[desk.items[LAG]].error
    assert CI in [one.title for one in github.issues.values()]
