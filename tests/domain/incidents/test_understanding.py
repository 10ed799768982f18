"""What is known: size-ups on time, hypotheses that stay in sight, criteria, questions, and the end."""

from __future__ import annotations

import pytest

from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import Phase, RoleName, Severity, Trend
from firebell.domain.incidents.outcome import EffectKind
from firebell.kernel.errors import Conflict, Forbidden, Invalid
from tests.domain.incidents.room import ANN, BOB, CAT, DAN, Room, backfilled, commanded, declared, in_phase


def nudged(room: Room) -> list[list[str]]:
    facts = [one.fact for outcome in room.told for one in outcome.facts if one.fact.kind == "size_up.missed"]
    return [fact.told for fact in facts]  # type: ignore[attr-defined]


def sized(room: Room, who: str = BOB) -> None:
    room.say(who, verbs.AddSizeUp(wrong="Checkout times out", scope="EU", trend=Trend.STEADY, confidence="high"))


def test_without_a_size_up_the_watcher_is_asked_every_fifteen_minutes() -> None:
    room = commanded(Severity.SEV2)
    room.wait(14.9)
    assert nudged(room) == []
    room.wait(0.1)
    assert nudged(room) == [[ANN]]
    room.wait(15)
    assert nudged(room) == [[ANN], [ANN]]


def test_a_size_up_starts_the_fifteen_minutes_again() -> None:
    room = commanded(Severity.SEV1)
    room.wait(10)
    sized(room)
    room.wait(14.9)
    assert nudged(room) == []
    room.wait(0.1)
    assert nudged(room) == [[ANN]]


def test_an_unset_severity_counts_as_sev2() -> None:
    room = commanded(None)
    room.wait(15)
    assert nudged(room) == [[ANN]]


@pytest.mark.parametrize("severity", [Severity.SEV3, Severity.SEV4])
def test_at_sev3_and_sev4_nobody_is_asked(severity: Severity) -> None:
    room = commanded(severity)
    room.wait(60)
    assert nudged(room) == []


def test_nobody_is_asked_once_it_is_mitigated_nor_about_what_was_entered_afterwards() -> None:
    room = commanded(Severity.SEV1, impact="Orders fail.")
    room.say(ANN, verbs.Mitigate())
    room.wait(60)
    assert nudged(room) == []
    past = backfilled(commanded(Severity.SEV1))
    past.wait(60)
    assert nudged(past) == []


def test_confidence_is_one_of_three_words() -> None:
    with pytest.raises(Invalid):
        commanded().say(BOB, verbs.AddSizeUp(wrong="All", confidence="very"))


def test_an_eliminated_hypothesis_stays_in_sight_with_what_speaks_against_it() -> None:
    room = commanded()
    made = room.say(BOB, verbs.SuggestHypothesis(text="The certificate", evidence="It expires today")).made
    with pytest.raises(Invalid):
        room.say(CAT, verbs.EliminateHypothesis(hypothesis=made, evidence=" "))
    room.say(CAT, verbs.EliminateHypothesis(hypothesis=made, evidence="It is valid until May"))
    (one,) = room.incident.hypotheses
    assert (one.text, one.evidence, one.against, one.eliminated_by) == (
        "The certificate", "It expires today", "It is valid until May", CAT,
    )  # fmt: skip


# ---- exit criteria


def test_a_criterion_is_ticked_by_a_person_with_a_reading() -> None:
    room = commanded()
    made = room.say(ANN, verbs.AddCriterion(text="Error ratio < 0.1 % for 30 min")).made
    with pytest.raises(Invalid) as refused:
        room.say(BOB, verbs.TickCriterion(criterion=made, value=""))
    assert refused.value.field == "value"
    with pytest.raises(Forbidden):
        room.say("", verbs.TickCriterion(criterion=made, value="0.02 %"))
    room.say(BOB, verbs.TickCriterion(criterion=made, value="0.02 %"))
    assert (room.incident.criteria[0].ticked_by, room.incident.criteria[0].value) == (BOB, "0.02 %")


def test_an_unticked_criterion_restarts_the_stability_window() -> None:
    room = commanded(Severity.SEV2, impact="Orders fail.")
    made = room.say(ANN, verbs.AddCriterion(text="Queue is empty")).made
    room.say(BOB, verbs.TickCriterion(criterion=made, value="0"))
    room.say(ANN, verbs.Mitigate())
    began = room.incident.stable_since
    room.wait(10)
    room.say(BOB, verbs.UntickCriterion(criterion=made, reason="It grows"))
    assert room.incident.stable_since == room.now != began


def test_the_commander_sets_criteria_and_a_service_brings_its_own() -> None:
    room = commanded()
    with pytest.raises(Forbidden):
        room.say(BOB, verbs.AddCriterion(text="It is green"))
    room.say("", verbs.AddCriterion(text="It is green", source="service"))
    room.say(ANN, verbs.AddCriterion(text="It is green"))
    assert [one.source for one in room.incident.criteria] == ["service"]


def test_a_criterion_that_is_removed_unticked_is_listed_as_skipped() -> None:
    room = commanded()
    made = room.say(ANN, verbs.AddCriterion(text="Queue is empty")).made
    with pytest.raises(Forbidden):
        room.say(BOB, verbs.RemoveCriterion(criterion=made, reason="The queue has been retired."))
    with pytest.raises(Invalid):
        room.say(ANN, verbs.RemoveCriterion(criterion=made, reason="No."))
    room.say(ANN, verbs.RemoveCriterion(criterion=made, reason="The queue has been retired."))
    assert [(one.what, one.by) for one in room.incident.skipped] == [("criterion removed: Queue is empty", ANN)]


# ---- questions


def test_a_question_goes_to_the_liaison_and_the_answer_to_whoever_asked() -> None:
    room = commanded()
    room.say(ANN, verbs.AssignRole(role=RoleName.LIAISON, user_id=CAT))
    made = room.say(DAN, verbs.RequestInfo(question="Is billing affected?")).made
    assert room.heard(EffectKind.NUDGE)[-1] == (CAT,)
    room.say(CAT, verbs.AnswerRequest(request=made, state="later"))
    room.say(CAT, verbs.AnswerRequest(request=made, answer="No, only checkout."))
    assert room.heard(EffectKind.NUDGE)[-1] == (DAN,)
    assert (room.incident.requests[0].state, room.incident.requests[0].answer) == ("answered", "No, only checkout.")
    with pytest.raises(Conflict):
        room.say(CAT, verbs.AnswerRequest(request=made, state="declined"))


def test_an_observer_asks_and_does_not_answer() -> None:
    room = commanded()
    room.say(ANN, verbs.AssignRole(role=RoleName.OBSERVER, user_id=DAN))
    made = room.say(DAN, verbs.RequestInfo(question="When will it be over?")).made
    with pytest.raises(Forbidden):
        room.say(DAN, verbs.AnswerRequest(request=made, answer="Soon"))


# ---- the end


def test_released_responders_are_no_longer_engaged() -> None:
    room = commanded()
    for who in (BOB, CAT):
        room.say(ANN, verbs.AssignRole(role=RoleName.RESPONDER, user_id=who))
    room.say(ANN, verbs.ReleaseResponders(stay=(CAT,)))
    assert room.incident.holders(RoleName.RESPONDER) == (CAT,)
    assert room.heard(EffectKind.NUDGE)[-1] == (BOB,)


def test_whoever_still_has_a_task_stays() -> None:
    room = commanded()
    room.say(ANN, verbs.AssignTask(text="Watch it", assignee_id=BOB))
    outcome = room.say(ANN, verbs.ReleaseResponders())
    assert BOB in room.incident.holders(RoleName.RESPONDER)
    assert BOB in outcome.warnings[0]


def test_only_those_who_lead_release() -> None:
    room = commanded()
    room.say(ANN, verbs.AssignRole(role=RoleName.RESPONDER, user_id=BOB))
    with pytest.raises(Forbidden):
        room.say(BOB, verbs.ReleaseResponders())


def test_one_signs_off_after_the_resolution() -> None:
    with pytest.raises(Conflict):
        commanded().say(ANN, verbs.SignOff(text="Thank you all."))
    room = in_phase(Phase.RESOLVED)
    room.say(ANN, verbs.SignOff(text="Thank you all. The follow-up is in the board's review."))
    assert room.incident.signed_off.startswith("Thank you")


def test_while_nobody_commands_anybody_at_work_may_set_a_criterion() -> None:
    room = declared()
    room.say(BOB, verbs.AddCriterion(text="It is green"))
    assert room.incident.criteria[0].source == "commander"
