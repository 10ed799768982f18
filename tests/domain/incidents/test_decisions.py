"""Decisions: any strong objections? Silence is consent, the commander decides, and that is final."""

from __future__ import annotations

import pytest

from firebell.domain.incidents import verbs
from firebell.domain.incidents.decisions import in_force, is_remedied
from firebell.domain.incidents.model import DecisionState, Remedy
from firebell.domain.incidents.outcome import EffectKind
from firebell.kernel.clock import plus
from firebell.kernel.errors import Conflict, Forbidden, Invalid
from tests.domain.incidents.room import ANN, BOB, CAT, Room, commanded


def proposed(room: Room, by: str = BOB, **more: object) -> str:
    return room.say(by, verbs.ProposeDecision(proposal="Roll back 4.2", **more)).made  # type: ignore[arg-type]


def later(room: Room, seconds: float) -> None:
    room.now = plus(room.now, seconds)


def state(room: Room) -> DecisionState:
    return room.incident.decisions[-1].state


@pytest.mark.parametrize(("window_s", "heard"), [(9, False), (10, True), (30, True), (120, True), (121, False)])
def test_the_window_is_ten_seconds_to_two_minutes(window_s: int, heard: bool) -> None:
    room = commanded()
    if heard:
        proposed(room, window_s=window_s)
        assert room.incident.decisions[0].closes_at == plus(room.now, window_s)
        return
    with pytest.raises(Invalid) as refused:
        proposed(room, window_s=window_s)
    assert refused.value.field == "window_s"


def test_everybody_at_work_is_asked_for_strong_objections() -> None:
    room = commanded()
    room.say(ANN, verbs.AssignTask(text="Look", assignee_id=CAT))
    proposed(room)
    assert room.heard(EffectKind.NUDGE)[-1] == (ANN, CAT)
    announced = [e.text for o in room.told for e in o.effects if e.kind is EffectKind.ANNOUNCE]
    assert "Any strong objections" in announced[-1]


def test_silence_is_consent_once_the_window_is_over() -> None:
    room = commanded()
    decision = proposed(room)
    later(room, 29)
    with pytest.raises(Conflict) as refused:
        room.say(ANN, verbs.Adopt(decision=decision))
    assert "1 s" in refused.value.message
    later(room, 1)
    room.say(ANN, verbs.Adopt(decision=decision))
    assert state(room) is DecisionState.ADOPTED
    assert [one.id for one in in_force(room.incident)] == [decision]


def test_an_objection_is_recorded_and_the_commander_may_adopt_over_it() -> None:
    room = commanded()
    decision = proposed(room)
    room.say(CAT, verbs.Object(decision=decision, text="The schema has moved on"))
    later(room, 40)
    room.say(CAT, verbs.Object(decision=decision, text="The schema has moved on"))
    room.say(ANN, verbs.Adopt(decision=decision))
    assert state(room) is DecisionState.ADOPTED_OVER_OBJECTION
    assert [(one.by, one.text) for one in room.incident.decisions[0].objections] == [(CAT, "The schema has moved on")]


def test_only_the_commander_decides() -> None:
    room = commanded()
    decision = proposed(room)
    later(room, 30)
    with pytest.raises(Forbidden) as refused:
        room.say(BOB, verbs.Adopt(decision=decision))
    assert ANN in refused.value.message


def test_whoever_proposed_it_may_withdraw_it_and_nobody_else_but_the_commander() -> None:
    room = commanded()
    decision, other = proposed(room), proposed(room)
    with pytest.raises(Forbidden):
        room.say(CAT, verbs.WithdrawDecision(decision=decision))
    room.say(BOB, verbs.WithdrawDecision(decision=decision))
    room.say(ANN, verbs.WithdrawDecision(decision=other))
    assert {one.state for one in room.incident.decisions} == {DecisionState.WITHDRAWN}


@pytest.mark.parametrize("ending", ["adopt", "withdraw"])
def test_what_is_decided_is_final(ending: str) -> None:
    room = commanded()
    decision = proposed(room)
    later(room, 30)
    done, other = verbs.Adopt(decision=decision), verbs.WithdrawDecision(decision=decision)
    first, second = (done, other) if ending == "adopt" else (other, done)
    room.say(ANN, first)
    for verb in (second, verbs.Object(decision=decision, text="Too late")):
        with pytest.raises(Conflict) as refused:
            room.say(ANN, verb)
        assert "final" in refused.value.message
    before = room.incident
    room.say(ANN, first)
    assert room.incident == before


def test_an_adopted_remedy_means_mitigating() -> None:
    room = commanded()
    decision = proposed(room, remedy=Remedy.ROLLBACK)
    assert not is_remedied(room.incident)
    later(room, 30)
    room.say(ANN, verbs.Adopt(decision=decision))
    assert is_remedied(room.incident)
