"""Tasks: one person, a time box, an acknowledgement within two minutes."""

from __future__ import annotations

import pytest

from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import RoleName, Severity, TaskKind, TaskState
from firebell.domain.incidents.outcome import EffectKind
from firebell.kernel.clock import plus
from firebell.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tests.domain.incidents.room import ANN, BOB, CAT, DAN, Room, commanded

CALM = Severity.SEV3


def assigned(room: Room, to: str = BOB, minutes: int = 10, by: str = ANN) -> str:
    return room.say(by, verbs.AssignTask(text="Roll back 4.2", assignee_id=to, minutes=minutes)).made


def missed(room: Room) -> list[tuple[str, tuple[str, ...]]]:
    facts = [one.fact for outcome in room.told for one in outcome.facts if one.fact.kind == "task.missed"]
    return [(fact.what, tuple(fact.told)) for fact in facts]  # type: ignore[attr-defined]


@pytest.mark.parametrize("nobody", ["", "  ", "team_payments", "sch_primary"])
def test_a_team_or_nobody_in_particular_is_no_assignee(nobody: str) -> None:
    with pytest.raises(Invalid) as refused:
        assigned(commanded(), to=nobody)
    assert refused.value.field == "assignee_id"


def test_somebody_without_an_account_is_no_assignee() -> None:
    room = commanded()
    room.active_ids = frozenset({ANN, BOB})
    with pytest.raises(Invalid):
        assigned(room, to=CAT)


@pytest.mark.parametrize("minutes", [0, -1, 481])
def test_a_box_is_a_minute_to_eight_hours(minutes: int) -> None:
    with pytest.raises(Invalid) as refused:
        assigned(commanded(), minutes=minutes)
    assert refused.value.field == "minutes"


def test_an_assignee_is_told_and_is_at_work_from_then_on() -> None:
    room = commanded()
    assigned(room)
    assert room.heard(EffectKind.NUDGE)[-1] == (BOB,)
    assert BOB in room.incident.holders(RoleName.RESPONDER)


def test_whoever_takes_a_task_themselves_has_acknowledged_it() -> None:
    room = commanded()
    task = assigned(room, to=BOB, by=BOB)
    assert next(one for one in room.incident.tasks if one.id == task).acked_at == room.now


def test_an_unacknowledged_task_goes_to_the_deputy_after_two_minutes_and_only_once() -> None:
    room = commanded()
    room.say(ANN, verbs.AssignRole(role=RoleName.DEPUTY, user_id=CAT))
    assigned(room, minutes=60)
    room.wait(1.9)
    assert missed(room) == []
    room.wait(0.1)
    assert missed(room) == [("unacknowledged", (CAT,))]
    room.wait(10)
    assert missed(room) == [("unacknowledged", (CAT,))]


def test_without_a_deputy_it_goes_to_the_commander() -> None:
    room = commanded()
    assigned(room, minutes=60)
    room.wait(2)
    assert missed(room) == [("unacknowledged", (ANN,))]


def test_an_acknowledged_task_is_heard_of_again_when_its_box_is_over() -> None:
    room = commanded()
    assigned(room, minutes=10)
    room.say(BOB, verbs.AcknowledgeTask())
    room.wait(9)
    assert missed(room) == []
    room.wait(1)
    assert missed(room) == [("expired", (ANN,))]


def test_more_time_moves_the_end_of_the_box_and_the_watcher_hears_of_it() -> None:
    room = commanded()
    task = assigned(room, minutes=10)
    room.say(BOB, verbs.AcknowledgeTask())
    began = room.now
    room.wait(9)
    room.say(BOB, verbs.ExtendTask(task=task, minutes=5))
    assert room.incident.tasks[0].due_at == plus(began, 15 * 60)
    assert room.heard(EffectKind.NUDGE)[-1] == (ANN,)
    room.wait(2)
    assert missed(room) == []


def test_more_time_after_the_end_counts_from_now() -> None:
    room = commanded()
    task = assigned(room, minutes=1)
    room.wait(30)
    room.say(BOB, verbs.ExtendTask(task=task, minutes=5))
    assert room.incident.tasks[0].due_at == plus(room.now, 300)


def test_only_the_assignee_acknowledges() -> None:
    room = commanded()
    task = assigned(room)
    with pytest.raises(Forbidden) as refused:
        room.say(CAT, verbs.AcknowledgeTask(task=task))
    assert BOB in refused.value.message


def test_done_without_a_name_is_the_newest_of_ones_own() -> None:
    room = commanded()
    first, second = assigned(room), assigned(room)
    assigned(room, to=CAT)
    room.say(BOB, verbs.FinishTask(outcome="Error rate is falling"))
    states = {one.id: one.state for one in room.incident.tasks}
    assert (states[first], states[second]) == (TaskState.OPEN, TaskState.DONE)


def test_finishing_twice_is_finishing_once_and_a_dropped_task_is_not_finished() -> None:
    room = commanded()
    task, dropped = assigned(room), assigned(room)
    room.say(BOB, verbs.FinishTask(task=task))
    before = room.incident
    room.say(BOB, verbs.FinishTask(task=task))
    assert room.incident == before
    room.say(ANN, verbs.DropTask(task=dropped, reason="No longer needed"))
    with pytest.raises(Conflict):
        room.say(BOB, verbs.FinishTask(task=dropped))


def test_nobody_has_a_task_of_their_own_here() -> None:
    with pytest.raises(NotFound):
        commanded().say(BOB, verbs.FinishTask())


def test_a_stranger_neither_finishes_extends_nor_drops_what_is_anothers() -> None:
    room = commanded()
    task = assigned(room)
    for verb in (
        verbs.FinishTask(task=task), verbs.ExtendTask(task=task, minutes=5), verbs.DropTask(task=task, reason="Why not")
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            room.say(DAN, verb)


def test_a_task_that_moves_has_a_new_box_and_is_acknowledged_anew() -> None:
    room = commanded()
    task = assigned(room, minutes=10)
    room.say(BOB, verbs.AcknowledgeTask())
    room.wait(8)
    room.say(ANN, verbs.ReassignTask(task=task, assignee_id=CAT))
    moved = room.incident.tasks[0]
    assert (moved.assignee_id, moved.acked_at, moved.due_at) == (CAT, None, plus(room.now, 600))
    room.wait(2)
    assert missed(room) == [("unacknowledged", (ANN,))]


def test_the_commander_has_no_hands_on_task_at_sev1_but_may_coordinate() -> None:
    room = commanded()
    with pytest.raises(Conflict):
        assigned(room, to=ANN)
    room.say(ANN, verbs.AssignTask(text="Call the lawyers", assignee_id=ANN, kind=TaskKind.COORDINATION))
    assert room.incident.tasks[0].assignee_id == ANN


def test_at_sev3_it_is_allowed_and_said() -> None:
    room = commanded(CALM)
    outcome = room.say(ANN, verbs.AssignTask(text="Restart it", assignee_id=ANN))
    assert outcome.warnings


def test_an_observer_instructs_nobody() -> None:
    room = commanded()
    room.say(ANN, verbs.AssignRole(role=RoleName.OBSERVER, user_id=DAN))
    for verb in (
        verbs.AssignTask(text="Hurry up", assignee_id=BOB), verbs.ProposeDecision(proposal="Fail over"),
        verbs.AddSizeUp(wrong="All of it"),
    ):  # fmt: skip
        with pytest.raises(Forbidden) as refused:
            room.say(DAN, verb)
        assert "request" in str(refused.value.hint)


def test_no_task_is_heard_of_once_it_is_resolved() -> None:
    room = commanded(Severity.SEV4, impact="Reports are late.")
    assigned(room, minutes=30)
    room.say(ANN, verbs.Mitigate())
    room.say(ANN, verbs.Resolve(all_clear="It has recovered; no data was lost.", skip="It was only a report."))
    room.wait(60)
    assert missed(room) == []
