"""A private incident's postmortem is not there for anybody outside it: not to read, to find, to count, to be like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from firebell.app import circle_of
from firebell.domain.incidents import verbs as incident_verbs
from firebell.domain.postmortems import verbs
from firebell.domain.postmortems.actions import ActionType
from firebell.domain.postmortems.model import Audience, State
from firebell.kernel.actor import Actor, Permission, Role
from firebell.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from firebell.workflows import (
    journal_read,
    postmortem_likeness,
    postmortem_moves,
    postmortem_opens,
    postmortem_repeats,
    postmortem_verdicts,
    postmortems_seen,
)
from tests.postmortem_story import Desk, desk_of, outage
from tests.story import Story


def test_outside_the_circle_it_does_not_exist_until_it_is_released(story: Story) -> None:
    desk = desk_of(story)
    outage(desk, "Payment data within reach", private=True, service_ids=(story.services["checkout"],))
    private = desk.room.incident().id
    refused = verbs.SetOwner(user_id=desk.id_of("lead"))
    with pytest.raises(Invalid):
        desk.act("chief", refused)
    desk.room.act("chief", incident_verbs.Admit(user_id=desk.id_of("lead")))
    desk.act("chief", refused)
    desk.completed("lead")
    action = desk.act(
        "lead",
        verbs.AddAction(
            text="Reject a wildcard grant, test included", type=ActionType.PREVENT, owner_id=desk.id_of("lead"),
            due_at=desk.one().resolved_at.add(hours=24), end_state="a failing test",
        ),
    ).made  # fmt: skip
    with pytest.raises(Invalid):
        desk.act("lead", verbs.EditAction(action=action, owner_id=desk.id_of("spokes")))
    desk.act("lead", verbs.CommitAction(action=action))
    _is_not_there(desk, private, action)
    _is_like_nothing(desk, private)
    _tells_only_those_inside(desk, story)
    _is_released(desk, private, action)


def _is_not_there(desk: Desk, private: str, action: str) -> None:
    one = desk.one()
    gone: list[Callable[[Any], object]] = [
        lambda r: postmortems_seen.one(r, one.id),
        lambda r: postmortems_seen.one(r, "INC-1"),
        lambda r: postmortems_seen.revisions(r, private),
        lambda r: postmortems_seen.action(r, action),
        lambda r: postmortem_opens.offers(r, one.id),
        lambda r: postmortem_likeness.similar_to(r, private),
        lambda r: postmortem_repeats.known(r, private),
        lambda r: postmortem_verdicts.shown(r, private),
    ]
    for ask in gone:
        with pytest.raises(NotFound):
            desk.seen_by("spokes", ask)
        desk.seen_by("lead", ask)
    story = desk.room.story
    with pytest.raises(NotFound):
        story.run(lambda work: postmortem_moves.act(work, one.id, verbs.Submit()), story.actor("spokes"))
    with pytest.raises(NotFound):
        story.run(lambda work: postmortem_opens.open_one(work, private), story.actor("spokes"))
    assert desk.seen_by("spokes", postmortems_seen.postmortem_list) == []
    assert desk.seen_by("spokes", lambda r: postmortems_seen.full_text(r, "payment")) == []
    assert desk.seen_by("spokes", postmortems_seen.action_list) == []
    assert set(desk.seen_by("spokes", postmortems_seen.counts).values()) == {0}
    assert set(desk.seen_by("spokes", postmortems_seen.action_counts).values()) == {0}
    assert desk.seen_by("spokes", lambda r: postmortems_seen.of_incident(r, private)) is None
    assert [found.id for found in desk.seen_by("lead", lambda r: postmortems_seen.full_text(r, "payment"))] == [one.id]
    assert desk.seen_by("lead", postmortems_seen.counts)[State.DRAFT] == 1
    entries = story.house.runner.read(lambda read: read.history(one.id) + read.history(action))
    assert entries
    assert desk.seen_by("spokes", lambda r: journal_read.open_to(r, entries)) == []
    for topic in (private, one.id, action):
        inside = circle_of(story.house.runner, topic)
        assert inside is not None, f"the stream tells everybody of {topic}"
        assert f"user:{desk.id_of('lead')}" in inside
        assert f"user:{desk.id_of('spokes')}" not in inside
    assert circle_of(story.house.runner, "act_" + "0" * 18) == frozenset(), "what is gone may have been private"


def _is_like_nothing(desk: Desk, private: str) -> None:
    """An incident that repeats it word for word finds it for those inside, and for nobody else."""
    outage(desk, "Payment data within reach")
    public = desk.room.incident().id
    assert desk.one().required == ("severity",), "not “seen before”: that would tell"
    found = desk.seen_by("lead", lambda r: postmortem_likeness.similar_to(r, public))
    assert [like.incident.id for like in found] == [private]
    assert desk.seen_by("spokes", lambda r: postmortem_likeness.similar_to(r, public)) == []
    assert desk.seen_by("lead", lambda r: postmortem_repeats.known(r, public)) == []
    assert desk.seen_by("lead", lambda r: postmortem_verdicts.shown(r, public)).findings == ()
    assert circle_of(desk.room.story.house.runner, desk.one().id) is None, "what everybody may read"
    desk.key = private


def _tells_only_those_inside(desk: Desk, story: Story) -> None:
    story.run_for(days=16)
    assert any("An action item is due today" in words for words in desk.said("lead"))
    assert desk.said("spokes") == []
    titles = [one.message.title for one in story.messages("notice") if one.message.title.endswith("postmortem")]
    assert not any("Payment" in title for title in titles if "INC-1 " in title), "a codename stands for its name"


def _is_released(desk: Desk, private: str, action: str) -> None:
    desk.act("lead", verbs.Submit())
    desk.act("chief", verbs.Approve())
    with pytest.raises(Forbidden):
        desk.act("lead", verbs.Publish())
    with pytest.raises(Forbidden):
        desk.act("lead", verbs.Release(reason="Everybody may learn from it."))
    desk.act("boss", verbs.Release(reason="Everybody may learn from it."))
    assert desk.seen_by("spokes", postmortems_seen.postmortem_list)[0].incident_id != private, "released, not published"
    desk.act("lead", verbs.Publish(audience=Audience.ORGANISATION))
    outside = desk.seen_by("spokes", lambda r: postmortems_seen.one(r, private))
    assert (outside.state, outside.comments, outside.process) == (State.PUBLISHED, (), ())
    history = desk.seen_by("spokes", lambda r: postmortems_seen.revisions(r, private))
    assert {line.state for line in history} == {State.PUBLISHED}, "how it came to be stays with the members"
    with pytest.raises(NotFound):
        desk.seen_by("spokes", lambda r: postmortems_seen.revision(r, private, 1))
    assert desk.seen_by("lead", lambda r: postmortems_seen.revision(r, private, 1)).number == 1
    assert desk.seen_by("spokes", lambda r: postmortems_seen.action(r, action)).row.item.id == action
    desk.act("lead", verbs.Revise(reason="A number was wrong."))
    with pytest.raises(NotFound):
        desk.seen_by("spokes", lambda r: postmortems_seen.one(r, private))


def test_who_may_write_waive_and_look_up_names(story: Story) -> None:
    desk = desk_of(story)
    outage(desk)
    one = desk.one()
    story.person("guest", role=Role.VIEWER)
    with pytest.raises(Forbidden):
        desk.act("guest", verbs.Classify(trigger="traffic"))
    desk.act("guest", verbs.AddComment(section=next(iter(one.document.texts)), text="Which regions?"))
    desk.act("lead", verbs.AddCollaborator(user_id=desk.id_of("guest")))
    desk.act("guest", verbs.Classify(trigger="traffic"))
    with pytest.raises(Forbidden):
        desk.seen_by("lead", lambda r: postmortems_seen.role_map(r, one))
    held = desk.seen_by("boss", lambda r: postmortems_seen.role_map(r, one))
    assert held[desk.id_of("chief")] == "Incident Commander"
    within = frozenset({Permission.POSTMORTEMS_VIEW, Permission.INCIDENTS_VIEW})
    stranger = Actor("token", "tok_1", teams={"team_other": within})
    look = story.house.runner.read
    assert look(postmortems_seen.postmortem_list, stranger) == []
    assert set(look(postmortems_seen.counts, stranger).values()) == {0}
    with pytest.raises(Forbidden):
        look(lambda read: postmortems_seen.one(read, one.id), stranger)
    with pytest.raises(Forbidden):
        desk.room.act("chief", incident_verbs.SkipPostmortem(reason="We know all about it."))
    with pytest.raises(Conflict):
        desk.room.act("chief", incident_verbs.Close())


def test_what_becomes_private_later_is_named_to_nobody_from_then_on(story: Story) -> None:
    desk = desk_of(story)
    outage(desk, "Payment data within reach")
    earlier = desk.room.incident().id
    action = desk.act(
        "lead",
        verbs.AddAction(
            text="Reject a wildcard grant, test included", type=ActionType.PREVENT, owner_id=desk.id_of("lead"),
            due_at=desk.one().resolved_at.add(hours=24), end_state="a failing test",
        ),
    ).made  # fmt: skip
    desk.act("lead", verbs.CommitAction(action=action))
    outage(desk, "Payment data within reach")
    later = desk.room.incident()
    read = story.house.runner.read
    assert len(read(lambda r: postmortem_repeats.unfinished_lines(r, later))) == 1
    assert [one.id for one in read(lambda r: postmortem_likeness.find(r, later, house=True))] == [earlier]

    desk.room.key = earlier
    desk.room.act("chief", incident_verbs.Reopen(reason="It is back, and it was an insider."))
    desk.room.act("chief", incident_verbs.MakePrivate())
    assert read(lambda r: postmortem_likeness.find(r, later, house=True)) == ()
    assert read(lambda r: postmortem_repeats.unfinished_lines(r, later)) == ()
    assert desk.seen_by("spokes", lambda r: postmortem_repeats.known(r, later.id)) == []
    with pytest.raises(NotFound):
        desk.seen_by("spokes", lambda r: postmortems_seen.action(r, action))
