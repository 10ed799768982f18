"""The link in a page: one use, a minute to take it back, a day of life, and never more than it was given for."""

from __future__ import annotations

import pytest

from firebell.domain.paging import queries as paging
from firebell.kernel.errors import Conflict, Forbidden, NotFound
from firebell.workflows import alert_resolved, link_answered
from tests.story import Story


@pytest.fixture
def paged(story: Story) -> Story:
    story.person("pia")
    story.person("sam")
    story.policy("p", ("pia", 300), ("sam", 300), fallback=("sam",))
    story.service("checkout", policy="p")
    story.receive("disk full", severity="critical")
    return story


def _link(story: Story, to: str = "pia") -> str:
    sent = [one for one in story.sent if one.to == f"ntfy:{to}" and one.message.ack_url]
    url = sent[-1].message.ack_url
    assert url
    return url.rpartition("/")[2]


def _act(story: Story, verb: str, plain: str, *more: object) -> object:
    token = story.house.runner.read(lambda read: paging.link(read, plain))
    done = story.run(lambda work: getattr(link_answered, verb)(work, plain, *more), link_answered.actor(token))
    story.settle()
    return done


def test_acknowledging_by_link_stops_the_climb_in_that_persons_name(paged: Story) -> None:
    assert _act(paged, "acknowledge", _link(paged)) == "done"
    paged.run_for(minutes=20)
    assert paged.paged() == ["pia"]
    assert paged.alert().acknowledged_by == f"link:{paged.users['pia']}"


def test_a_used_link_is_used_up(paged: Story) -> None:
    plain = _link(paged)
    _act(paged, "acknowledge", plain)
    assert _act(paged, "acknowledge", plain) == "already_acknowledged"
    with pytest.raises(Conflict):
        _act(paged, "escalate", plain, None)


def test_taking_it_back_within_a_minute_pages_again_and_the_link_is_good_again(paged: Story) -> None:
    plain = _link(paged)
    _act(paged, "acknowledge", plain)
    paged.run_for(seconds=59)
    _act(paged, "undo", plain)
    assert paged.paged() == ["pia", "pia"]
    assert _act(paged, "acknowledge", plain) == "done"


def test_after_a_minute_it_cannot_be_taken_back(paged: Story) -> None:
    plain = _link(paged)
    _act(paged, "acknowledge", plain)
    paged.run_for(seconds=61)
    with pytest.raises(Conflict):
        _act(paged, "undo", plain)
    assert paged.alert().state == "acknowledged"


def test_escalating_by_link_pages_the_next_and_two_taps_do_it_once(paged: Story) -> None:
    plain = _link(paged)
    run_id = paged.alert().run_id
    assert run_id
    assert _act(paged, "escalate", plain, 1) == "done"
    assert _act(paged, "escalate", plain, 1) == "already_moved"
    assert paged.paged() == ["pia", "sam"]


def test_a_link_cannot_resolve(paged: Story) -> None:
    token = paged.house.runner.read(lambda read: paging.link(read, _link(paged)))
    with pytest.raises(Forbidden):
        paged.run(lambda work: alert_resolved.resolve(work, paged.alert().id, "link"), link_answered.actor(token))


def test_a_link_dies_after_a_day_and_an_unknown_one_was_never_alive(paged: Story) -> None:
    plain = _link(paged)
    paged.clock.advance(86_401)
    with pytest.raises(Forbidden):
        paged.house.runner.read(lambda read: paging.link(read, plain))
    with pytest.raises(NotFound):
        paged.house.runner.read(lambda read: paging.link(read, "x" * 43))
