"""Severity: raised by anyone, lowered by the commander with a reason; the worst it was and the minutes in each."""

from __future__ import annotations

from itertools import product

import pytest

from firebell.domain.incidents import severity, verbs
from firebell.domain.incidents.model import Override, Phase, Rule, Severity
from firebell.domain.incidents.outcome import EffectKind
from firebell.kernel.clock import plus
from firebell.kernel.errors import Conflict, Forbidden, Invalid
from tests.domain.incidents.room import ANN, BOB, CAT, CLEAR, NOW, REASON, Room, commanded, declared, in_phase

S1, S2, S3, S4 = Severity


def to(severity: Severity, reason: str = "") -> verbs.SetSeverity:
    return verbs.SetSeverity(to=severity, reason=reason)


def minutes(room: Room) -> dict[Severity | None, int]:
    return dict(severity.minutes_in_each(room.incident, room.now))


# ---------------------------------------------------------------- who may


@pytest.mark.parametrize(("before", "after"), [(b, a) for b, a in product((None, S1, S2, S3, S4), Severity) if b != a])
def test_every_change_by_a_bystander(before: Severity | None, after: Severity) -> None:
    room = commanded(before)
    counted = before or S2
    if after < counted or (before is None and after == S2):
        assert severity.raises(room.incident, after)
        room.say(BOB, to(after))
        assert room.incident.severity == after
        assert room.facts()[-1] == "severity.raised"
        return
    assert not severity.raises(room.incident, after)
    with pytest.raises(Forbidden, match=ANN):
        room.say(BOB, to(after, REASON))
    with pytest.raises(Invalid) as refused:
        room.say(ANN, to(after, "too short"))
    assert refused.value.field == "reason"
    room.say(ANN, to(after, REASON))
    assert (room.incident.severity, room.facts()[-1]) == (after, "severity.lowered")


@pytest.mark.parametrize("after", [*Severity])
def test_in_triage_whoever_comes_first_judges_it_without_a_reason(after: Severity) -> None:
    room = declared(None)
    room.say(BOB, to(after))
    assert room.incident.severity == after
    if after < S4:
        with pytest.raises(Conflict):
            room.say(BOB, to(S4, REASON))


def test_with_nobody_in_command_nobody_lowers() -> None:
    room = declared(S1)
    with pytest.raises(Conflict) as refused:
        room.say(BOB, to(S2, REASON))
    assert "take_command" in (refused.value.hint or "")


def test_ten_characters_are_enough_and_blanks_do_not_count() -> None:
    room = commanded(S1)
    with pytest.raises(Invalid):
        room.say(ANN, to(S2, " 1234    5 "))
    room.say(ANN, to(S2, "1234567890"))
    assert room.incident.severity == S2


def test_the_same_severity_again_changes_nothing() -> None:
    room = commanded(S2)
    before = room.incident
    outcome = room.say(BOB, to(S2))
    assert outcome.incident is before
    assert outcome.facts == ()


@pytest.mark.parametrize("phase", [Phase.RESOLVED, Phase.POSTMORTEM, Phase.FOLLOW_UP])
def test_after_the_resolution_only_the_commander_or_the_owner_and_with_a_reason(phase: Phase) -> None:
    room = in_phase(phase, S3)
    for verb in (to(S1), to(S4)):
        with pytest.raises(Forbidden):
            room.say(BOB, verb)
        with pytest.raises(Invalid):
            room.say(ANN, verb)
    room.say(ANN, to(S2, REASON))
    assert room.incident.severity == S2


def test_the_owner_of_the_postmortem_may_when_nobody_commands_any_more() -> None:
    room = in_phase(Phase.RESOLVED, S3)
    room.say(ANN, verbs.StartPostmortem(owner_id=CAT), verbs.StepDown())
    with pytest.raises(Forbidden):
        room.say(ANN, to(S2, REASON))
    room.say(CAT, to(S2, REASON))
    assert room.incident.severity == S2


@pytest.mark.parametrize("phase", [Phase.DECLINED, Phase.DUPLICATE])
def test_what_never_was_one_has_no_severity_to_change(phase: Phase) -> None:
    with pytest.raises(Conflict):
        in_phase(phase).say(ANN, to(S1))


# ---------------------------------------------------------------- peak and minutes


def test_the_vector_of_the_specification() -> None:
    room = declared(S3, impact="Orders fail.")
    room.wait(5)
    room.say(ANN, verbs.TakeCommand())
    room.wait(5)
    room.say(BOB, to(S1))
    room.wait(30)
    room.say(ANN, to(S2, REASON))
    room.wait(20)
    room.say(ANN, verbs.Mitigate())
    room.wait(600)
    assert room.incident.peak == S1
    assert minutes(room) == {S3: 10, S1: 30, S2: 20}


def test_until_it_is_mitigated_the_minutes_run_on() -> None:
    room = commanded(None)
    room.wait(7)
    room.say(BOB, to(S1))
    room.wait(3)
    assert minutes(room) == {None: 7, S1: 3}
    assert room.incident.peak == S1


def test_unset_is_no_peak() -> None:
    room = commanded(None)
    assert room.incident.peak is None
    room.say(ANN, to(S4, REASON))
    assert room.incident.peak == S4


def test_a_change_after_the_mitigation_adds_no_minutes() -> None:
    room = in_phase(Phase.RESPONDING, S3)
    room.wait(10)
    room.say(ANN, verbs.Mitigate())
    room.wait(5)
    room.say(BOB, to(S1))
    room.wait(5)
    assert minutes(room) == {S3: 10}
    assert room.incident.peak == S1


def test_reopened_the_minutes_run_again_and_not_for_the_time_between() -> None:
    room = in_phase(Phase.RESPONDING, S3)
    room.wait(10)
    room.say(ANN, verbs.Mitigate())
    room.wait(10)
    room.say(ANN, verbs.Resolve(all_clear=CLEAR))
    room.wait(100)
    room.say(ANN, verbs.Reopen(reason=REASON))
    room.wait(4)
    room.say(BOB, to(S2))
    room.wait(3)
    room.say(ANN, verbs.Mitigate())
    room.wait(50)
    assert minutes(room) == {S3: 14, S2: 3}


def test_it_was_mitigated_earlier_than_it_was_said() -> None:
    room = in_phase(Phase.RESPONDING, S3)
    room.wait(30)
    room.say(ANN, verbs.Mitigate(at=plus(NOW, 600)))
    assert minutes(room) == {S3: 10}


# ---------------------------------------------------------------- raising into a conflict


def test_raising_into_a_conflict_gives_fifteen_minutes_by_the_house() -> None:
    room = commanded(S3)
    room.say(ANN, verbs.AssignRole(role="comms", user_id=ANN))
    outcome = room.say(BOB, to(S2))
    assert [(o.rule, o.user_id, o.by, o.expires_at) for o in room.incident.overrides] == [
        (Rule.COMMANDER_IS_COMMS, ANN, "system", plus(NOW, 900))
    ]
    assert any(ANN in effect.users for effect in outcome.effects if effect.kind == EffectKind.NUDGE)
    assert outcome.warnings


def test_every_conflict_gets_its_own() -> None:
    room = commanded(S3)
    room.say(ANN, verbs.AssignRole(role="comms", user_id=ANN))
    room.say(BOB, verbs.AssignTask(text="Look at the database", assignee_id=ANN))
    room.say(BOB, to(S1))
    assert {o.rule for o in room.incident.overrides} == {Rule.COMMANDER_IS_COMMS, Rule.COMMANDER_HANDS_ON}


def test_an_override_in_force_is_not_given_twice() -> None:
    room = commanded(S3)
    room.say(ANN, verbs.AssignRole(role="comms", user_id=ANN))
    room.say(ANN, verbs.AddOverride(rule=Rule.COMMANDER_IS_COMMS, user_id=ANN, reason=REASON, minutes=30))
    given: tuple[Override, ...] = room.incident.overrides
    room.say(BOB, to(S1))
    assert room.incident.overrides == given


def test_raising_without_a_conflict_gives_none() -> None:
    room = commanded(S3)
    room.say(BOB, to(S1))
    assert room.incident.overrides == ()


def test_raising_pages_the_roles_that_the_new_level_wants_and_nobody_holds() -> None:
    room = commanded(S3)
    room.say(BOB, to(S1))
    assert room.heard(EffectKind.PAGE_ROLE) == [("comms",)]
    room = commanded(S3)
    room.say(BOB, verbs.AssignRole(role="comms", user_id=BOB), to(S1))
    assert room.heard(EffectKind.PAGE_ROLE) == []


@pytest.mark.parametrize(("level", "teams", "major"), [
    (S1, 1, True), (S2, 1, True), (None, 1, True), (S3, 1, False), (S3, 2, True), (S4, 5, False),
])  # fmt: skip
def test_what_is_major(level: Severity | None, teams: int, major: bool) -> None:
    assert severity.is_major(declared(level).incident, teams) is major
