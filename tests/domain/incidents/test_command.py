"""Command: one holds it; it is taken, handed over in two steps, seized or lost, and never vacant unnoticed."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from firebell.domain.incidents import rules, verbs
from firebell.domain.incidents.model import OfferState, Phase, Rule, Settings, Severity
from firebell.domain.incidents.outcome import EffectKind
from firebell.kernel.clock import plus
from firebell.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tests.domain.incidents.room import ANN, BOB, CAT, DAN, NOW, REASON, Room, backfilled, commanded, declared, in_phase

S1, S2, S3, S4 = Severity


def offered(severity: Severity | None = S1) -> tuple[Room, str]:
    """Ann commands and has offered command to Bob."""
    room = commanded(severity)
    return room, room.say(ANN, verbs.OfferCommand(to=BOB, note="My train leaves.")).made


def accept(offer: str, **more: str) -> verbs.AcceptCommand:
    return verbs.AcceptCommand(offer=offer, brief_read=True, **more)


# ---------------------------------------------------------------- taking


def test_taking_command_ends_the_triage_and_is_told_to_everybody() -> None:
    room = declared(S1)
    room.say(BOB, verbs.AssignRole(role="scribe", user_id=BOB))
    outcome = room.say(ANN, verbs.TakeCommand())
    assert (room.commander, room.incident.phase, room.incident.commandless_since) == (ANN, Phase.RESPONDING, None)
    kinds = [effect.kind for effect in outcome.effects]
    assert EffectKind.COMMANDER_CHANGED in kinds
    assert EffectKind.PHASE_CHANGED in kinds
    assert EffectKind.ANNOUNCE in kinds
    assert any(BOB in effect.users for effect in outcome.effects)
    for name in ("acknowledged", "commander_assigned"):
        milestone = room.incident.milestone(name)
        assert milestone is not None
        assert milestone.at == NOW


def test_of_two_who_take_command_the_second_is_told_who_has_it() -> None:
    room = commanded(S1, by=ANN)
    before = room.incident
    with pytest.raises(Conflict) as refused:
        room.say(BOB, verbs.TakeCommand())
    assert refused.value.message == f"{ANN} commands INC-12."
    assert room.incident is before


def test_taking_it_twice_is_taking_it_once() -> None:
    room = commanded()
    before = room.incident
    outcome = room.say(ANN, verbs.TakeCommand())
    assert (outcome.incident, outcome.facts, outcome.effects) == (before, (), ())


def test_only_people_command() -> None:
    with pytest.raises(Forbidden):
        declared().say("", verbs.TakeCommand())


@pytest.mark.parametrize("phase", [Phase.CLOSED, Phase.DECLINED, Phase.DUPLICATE])
def test_nobody_commands_what_is_over(phase: Phase) -> None:
    room = in_phase(phase)
    with pytest.raises(Conflict) as refused:
        room.say(BOB, verbs.TakeCommand())
    assert refused.value.hint == "Possible now: reopen."


# ---------------------------------------------------------------- the table of the hand-off


def test_an_offer_unanswered_for_ten_minutes_expires_without_a_gap() -> None:
    room, _ = offered()
    room.wait(9.9)
    assert room.incident.offers[0].state == OfferState.OPEN
    room.wait(0.1)
    assert (room.incident.offers[0].state, room.commander) == (OfferState.EXPIRED, ANN)
    assert room.incident.commandless_since is None
    assert "command.offer_expired" in room.facts()


def test_comms_accepts_at_sev1_only_by_moving_comms_in_the_same_step() -> None:
    room, offer = offered(S3)
    room.say(BOB, verbs.AssignRole(role="comms", user_id=BOB))
    room.say(CAT, verbs.SetSeverity(to=S1))
    before = room.incident
    with pytest.raises(Conflict, match="Comms Lead"):
        room.say(BOB, accept(offer))
    assert room.incident is before
    room.say(BOB, accept(offer, comms_to=CAT))
    assert (room.commander, room.holder("comms")) == (BOB, CAT)
    assert room.incident.offers[0].state == OfferState.ACCEPTED


def test_hands_on_tasks_move_in_the_same_step() -> None:
    room, offer = offered(S1)
    made = room.say(ANN, verbs.AssignTask(text="Fail over", assignee_id=BOB)).made
    room.say(BOB, verbs.AcknowledgeTask(task=made))
    with pytest.raises(Conflict, match="hands-on"):
        room.say(BOB, accept(offer))
    room.say(BOB, accept(offer, tasks_to=CAT))
    task = room.incident.tasks[0]
    assert (room.commander, task.assignee_id, task.acked_at) == (BOB, CAT, None)
    assert task.ack_due_at == plus(room.now, 120)
    assert CAT in room.incident.engaged_ids


@pytest.mark.parametrize("field", ["comms_to", "tasks_to"])
def test_what_would_clash_does_not_move_to_oneself(field: str) -> None:
    room, offer = offered(S1)
    room.say(BOB, verbs.AssignRole(role="comms", user_id=BOB))
    room.say(ANN, verbs.AssignTask(text="Fail over", assignee_id=BOB))
    with pytest.raises(Invalid) as refused:
        room.say(BOB, accept(offer, **{field: BOB}))
    assert refused.value.field == field


def test_what_does_not_clash_is_not_moved() -> None:
    room, offer = offered(S1)
    room.say(CAT, verbs.AssignRole(role="comms", user_id=CAT))
    room.say(BOB, accept(offer, comms_to=DAN))
    assert room.holder("comms") == CAT


def test_comms_may_go_to_whoever_hands_over() -> None:
    room, offer = offered(S1)
    room.say(BOB, verbs.AssignRole(role="comms", user_id=BOB))
    room.say(BOB, accept(offer, comms_to=ANN))
    assert (room.commander, room.holder("comms")) == (BOB, ANN)


def test_raised_at_ten_comms_is_vacant_and_paged_at_a_quarter_past() -> None:
    room = commanded(S3)
    outcome = room.say(ANN, verbs.AssignRole(role="comms", user_id=ANN))
    assert outcome.warnings
    room.say(BOB, verbs.SetSeverity(to=S2))
    assert room.incident.overrides[0].expires_at == plus(NOW, 900)
    room.wait(14.9)
    assert room.holder("comms") == ANN
    room.wait(0.1)
    assert (room.commander, room.holder("comms")) == (ANN, None)
    assert ("comms",) in room.heard(EffectKind.PAGE_ROLE)


def test_the_commandless_clock_starts_when_the_account_is_switched_off() -> None:
    room = commanded(S1)
    room.say(ANN, verbs.AssignRole(role="scribe", user_id=ANN))
    room.wait(7)
    room.say("", verbs.LoseCommander())
    assert (room.commander, room.incident.commandless_since, room.holder("scribe")) == (None, room.now, None)
    assert room.say("", verbs.LoseCommander()).facts == ()


# ---------------------------------------------------------------- offering


def test_release_and_take_are_one_step_and_both_stay() -> None:
    room, offer = offered()
    room.wait(3)
    outcome = room.say(BOB, accept(offer))
    assert room.commander == BOB
    assert ANN in room.incident.holders("responder")
    ended, begun = [e for e in room.incident.engagements if e.role == "commander"]
    assert ended.until_at == begun.since_at
    changes = [(e.before, e.after) for e in outcome.effects if e.kind == EffectKind.COMMANDER_CHANGED]
    assert changes == [(ANN, BOB)]
    assigned = room.incident.milestone("commander_assigned")
    assert assigned is not None
    assert assigned.at == NOW, "the first commander stands"


def test_the_brief_is_read_before() -> None:
    room, offer = offered()
    with pytest.raises(Invalid) as refused:
        room.say(BOB, verbs.AcceptCommand(offer=offer))
    assert refused.value.field == "brief_read"


def test_one_open_offer_at_a_time() -> None:
    room, _ = offered()
    with pytest.raises(Conflict, match=BOB):
        room.say(ANN, verbs.OfferCommand(to=CAT))
    room.say(ANN, verbs.WithdrawOffer(offer=room.incident.offers[0].id), verbs.OfferCommand(to=CAT))
    assert [one.state for one in room.incident.offers] == [OfferState.WITHDRAWN, OfferState.OPEN]


def test_only_whoever_commands_offers_and_only_to_somebody_else_who_is_there() -> None:
    room = commanded(active_ids=frozenset({ANN, BOB}))
    with pytest.raises(Forbidden):
        room.say(BOB, verbs.OfferCommand(to=CAT))
    for to in (ANN, "", CAT):
        with pytest.raises(Invalid) as refused:
            room.say(ANN, verbs.OfferCommand(to=to))
        assert refused.value.field == "to"


def test_only_the_one_asked_answers() -> None:
    room, offer = offered()
    for verb in (accept(offer), verbs.DeclineCommand(offer=offer, reason="No.")):
        with pytest.raises(Forbidden, match=BOB):
            room.say(CAT, verb)
    with pytest.raises(Forbidden):
        room.say(BOB, verbs.WithdrawOffer(offer=offer))
    with pytest.raises(NotFound):
        room.say(BOB, accept("off_99"))


def test_declining_needs_a_reason_and_tells_the_giver() -> None:
    room, offer = offered()
    with pytest.raises(Invalid):
        room.say(BOB, verbs.DeclineCommand(offer=offer, reason=" "))
    outcome = room.say(BOB, verbs.DeclineCommand(offer=offer, reason="I am driving."))
    assert (room.commander, room.incident.offers[0].state) == (ANN, OfferState.DECLINED)
    assert [effect.users for effect in outcome.effects] == [(ANN,)]


@pytest.mark.parametrize("ending", ["declined", "withdrawn", "expired", "accepted"])
def test_an_offer_that_is_over_is_not_accepted(ending: str) -> None:
    room, offer = offered()
    if ending == "declined":
        room.say(BOB, verbs.DeclineCommand(offer=offer, reason="No."))
    elif ending == "withdrawn":
        room.say(ANN, verbs.WithdrawOffer(offer=offer))
    elif ending == "expired":
        room.now = plus(room.now, 600)  # the worker has not come by yet
    else:
        room.say(BOB, accept(offer))
    with pytest.raises(Conflict, match=ending):
        room.say(BOB, accept(offer))
    with pytest.raises(Conflict, match=ending):
        room.say(ANN if ending != "accepted" else BOB, verbs.WithdrawOffer(offer=offer))


def test_an_offer_whose_giver_lost_command_is_a_conflict() -> None:
    room, offer = offered()
    room.say("", verbs.LoseCommander())
    with pytest.raises(Conflict):
        room.say(BOB, accept(offer))
    room.say(CAT, verbs.TakeCommand())
    with pytest.raises(Conflict, match="changed hands") as refused:
        room.say(BOB, accept(offer))
    assert CAT in (refused.value.hint or "")


def test_the_house_offers_command_while_nobody_has_it() -> None:
    room = declared(S4)
    offer = room.say("", verbs.OfferCommand(to=BOB)).made
    room.say(BOB, accept(offer))
    assert room.commander == BOB
    with pytest.raises(Conflict, match=BOB):
        room.say("", verbs.OfferCommand(to=CAT))


def test_the_houses_offer_ends_when_somebody_takes_command() -> None:
    room = declared(S1)
    offer = room.say("", verbs.OfferCommand(to=BOB)).made
    room.say(ANN, verbs.TakeCommand())
    assert room.incident.offers[0].state == OfferState.WITHDRAWN
    with pytest.raises(Conflict):
        room.say(BOB, accept(offer))
    assert room.commander == ANN


def test_an_offer_left_open_by_another_version_is_still_a_conflict() -> None:
    room, offer = offered()
    left_open = room.incident.offers
    room.say("", verbs.LoseCommander())
    room.say(CAT, verbs.TakeCommand())
    room.incident = replace(room.incident, offers=left_open)
    with pytest.raises(Conflict, match=f"{ANN} no longer") as refused:
        room.say(BOB, accept(offer))
    assert CAT in (refused.value.hint or "")


def test_an_unqualified_commander_is_warned_of_when_offered() -> None:
    room = commanded(settings=Settings(commander_ids=(ANN,)))
    assert room.say(ANN, verbs.OfferCommand(to=BOB)).warnings


# ---------------------------------------------------------------- seizing


def test_command_is_seized_only_after_ten_minutes_of_silence() -> None:
    room = commanded(S1)
    with pytest.raises(Conflict, match=ANN):
        room.say(BOB, verbs.SeizeCommand(reason=REASON))
    room.say(BOB, verbs.AskCommandCheck())
    assert (ANN,) in room.heard(EffectKind.PAGE_PEOPLE)
    room.wait(9.9)
    assert "seize_command" not in rules.legal(room.incident, room.asking(BOB))
    with pytest.raises(Conflict):
        room.say(BOB, verbs.SeizeCommand(reason=REASON))
    room.wait(0.1)
    assert "seize_command" in rules.legal(room.incident, room.asking(BOB))
    with pytest.raises(Invalid):
        room.say(BOB, verbs.SeizeCommand(reason="gone"))
    outcome = room.say(BOB, verbs.SeizeCommand(reason=REASON))
    assert room.commander == BOB
    assert any(ANN in effect.users for effect in outcome.effects), "everybody is told"


def test_asking_again_does_not_start_the_ten_minutes_anew() -> None:
    room = commanded(S1)
    room.say(BOB, verbs.AskCommandCheck())
    room.wait(5)
    assert room.say(CAT, verbs.AskCommandCheck()).facts == ()
    room.wait(5)
    room.say(CAT, verbs.SeizeCommand(reason=REASON))
    assert room.commander == CAT


@pytest.mark.parametrize("sign", [verbs.AnswerCommandCheck(), verbs.AddNote(text="Still here.")])
def test_whatever_the_commander_does_answers(sign: verbs.Verb) -> None:
    room = commanded(S1)
    room.say(BOB, verbs.AskCommandCheck())
    room.wait(9)
    room.say(ANN, sign)
    room.wait(5)
    with pytest.raises(Conflict):
        room.say(BOB, verbs.SeizeCommand(reason=REASON))
    with pytest.raises(Forbidden):
        room.say(BOB, verbs.AnswerCommandCheck())
    room.say(BOB, verbs.AskCommandCheck())
    room.wait(10)
    room.say(BOB, verbs.SeizeCommand(reason=REASON))
    assert room.commander == BOB


def test_an_old_check_does_not_hold_against_a_new_commander() -> None:
    room, offer = offered()
    room.say(CAT, verbs.AskCommandCheck())
    room.wait(9)
    room.say(BOB, accept(offer))
    room.wait(5)
    with pytest.raises(Conflict):
        room.say(CAT, verbs.SeizeCommand(reason=REASON))


def test_the_command_of_an_account_switched_off_may_be_seized_at_once() -> None:
    room = commanded(S1)
    room.active_ids = frozenset({BOB})
    room.say(BOB, verbs.SeizeCommand(reason=REASON))
    assert room.commander == BOB


def test_there_is_nothing_to_ask_or_seize_where_nobody_or_oneself_commands() -> None:
    for verb in (verbs.AskCommandCheck(), verbs.SeizeCommand(reason=REASON)):
        with pytest.raises(Conflict, match="Nobody"):
            declared().say(BOB, verb)
        with pytest.raises(Conflict):
            commanded().say(ANN, verb)


# ---------------------------------------------------------------- stepping down


@pytest.mark.parametrize("severity", [S1, S2, None])
@pytest.mark.parametrize("phase", [Phase.RESPONDING, Phase.MITIGATED])
def test_a_grave_incident_is_not_left_without_a_successor(severity: Severity | None, phase: Phase) -> None:
    room = commanded(severity, impact="Orders fail.")
    if phase == Phase.MITIGATED and severity:
        room.say(ANN, verbs.Mitigate())
    with pytest.raises(Conflict) as refused:
        room.say(ANN, verbs.StepDown())
    assert "offer_command" in (refused.value.hint or "")
    assert "step_down" not in rules.legal(room.incident, room.asking(ANN))


@pytest.mark.parametrize("severity", [S3, S4])
def test_a_small_one_may_be_with_a_warning(severity: Severity) -> None:
    room = commanded(severity)
    room.wait(5)
    assert room.say(ANN, verbs.StepDown()).warnings
    assert (room.commander, room.incident.commandless_since) == (None, room.now)
    with pytest.raises(Conflict):
        room.say(ANN, verbs.StepDown())


def test_after_the_resolution_stepping_down_starts_no_clock() -> None:
    room = in_phase(Phase.RESOLVED, S1)
    assert room.say(ANN, verbs.StepDown()).warnings == ()
    assert (room.commander, room.incident.commandless_since) == (None, None)


def test_only_whoever_commands_steps_down() -> None:
    with pytest.raises(Forbidden, match=ANN):
        commanded(S4).say(BOB, verbs.StepDown())


# ---------------------------------------------------------------- clocks


@pytest.mark.parametrize("severity", [S1, S2, None])
def test_two_minutes_nudge_five_start_the_commander_policy(severity: Severity | None) -> None:
    room = declared(severity)
    room.say(BOB, verbs.AssignRole(role="scribe", user_id=BOB))
    room.told.clear()
    room.wait(1.9)
    assert room.heard(EffectKind.NUDGE) == []
    room.wait(0.1)
    assert room.heard(EffectKind.NUDGE) == [(BOB,)]
    room.wait(2.9)
    assert room.heard(EffectKind.PAGE_COMMANDER) == []
    room.wait(0.1)
    assert room.heard(EffectKind.PAGE_COMMANDER) == [()]
    room.wait(600)
    assert room.heard(EffectKind.PAGE_COMMANDER) == [()], "said once"
    assert room.facts().count("command.missed") == 2


def test_with_nobody_there_whoever_declared_it_is_nudged() -> None:
    room = declared(S1)
    room.wait(2)
    assert (ANN,) in room.heard(EffectKind.NUDGE)


def test_at_sev3_half_an_hour_notifies_and_nobody_is_paged() -> None:
    room = declared(S3)
    room.wait(29.9)
    assert "command.missed" not in room.facts()
    room.wait(600)
    assert room.facts().count("command.missed") == 1
    assert room.heard(EffectKind.PAGE_COMMANDER) == []


def test_at_sev4_the_clock_is_off() -> None:
    room = declared(S4)
    room.wait(6000)
    assert "command.missed" not in room.facts()


def test_raised_the_clock_has_run_all_along() -> None:
    room = declared(S4)
    room.wait(20)
    outcome = room.say(BOB, verbs.SetSeverity(to=S1))
    assert [e.kind for e in outcome.effects].count(EffectKind.PAGE_COMMANDER) == 1
    assert outcome.incident.due_at is None or outcome.incident.due_at > room.now


def test_a_new_loss_starts_the_clock_anew() -> None:
    room = declared(S1)
    room.wait(10)
    room.say(ANN, verbs.TakeCommand())
    room.say("", verbs.LoseCommander())
    room.told.clear()
    room.wait(5)
    assert room.facts().count("command.missed") == 2


def test_after_four_hours_a_hand_off_is_suggested_once_to_each_commander() -> None:
    room = commanded(S4)
    room.wait(239)
    assert "command.hand_off_suggested" not in room.facts()
    room.wait(600)
    assert room.facts().count("command.hand_off_suggested") == 1
    offer = room.say(ANN, verbs.OfferCommand(to=BOB)).made
    room.say(BOB, accept(offer))
    room.wait(240)
    assert room.facts().count("command.hand_off_suggested") == 2


def test_a_second_tick_does_nothing() -> None:
    room = declared(S1)
    room.wait(5)
    before = room.incident
    outcome = room.say("", verbs.Tick())
    assert outcome.incident is before
    assert (outcome.facts, outcome.effects) == ((), ())


def test_what_was_entered_afterwards_has_no_clock() -> None:
    room = backfilled(commanded(S1))
    room.say(ANN, verbs.AddOverride(rule=Rule.COMMANDER_IS_COMMS, user_id=ANN, reason=REASON))
    room.say(ANN, verbs.OfferCommand(to=BOB))
    assert room.incident.due_at is None
    room.wait(600)
    assert room.incident.offers[0].state == OfferState.OPEN
