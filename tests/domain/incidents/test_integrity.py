"""What must not lie on one person: every cell of the table, overrides and how they end."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from firebell.domain.incidents import integrity, verbs
from firebell.domain.incidents.integrity import Pairing, Verdict
from firebell.domain.incidents.model import Rule, Settings, Severity, TaskKind
from firebell.domain.incidents.outcome import EffectKind
from firebell.domain.incidents.verbs import Verb
from firebell.kernel.clock import plus
from firebell.kernel.errors import Conflict, Forbidden, Invalid
from tests.domain.incidents.room import ANN, BOB, CAT, DAN, EVE, NOW, REASON, Room, commanded, declared

S1, S2, S3, S4 = Severity
HARD = (S1, S2, None)
SOFT = (S3, S4)
QUALIFIED_ANN = Settings(commander_ids=(ANN,))


def role(name: str, user_id: str) -> Verb:
    return verbs.AssignRole(role=name, user_id=user_id)


def task(user_id: str, kind: TaskKind = TaskKind.HANDS_ON) -> Verb:
    return verbs.AssignTask(text="Restart the broker", assignee_id=user_id, kind=kind)


def override(rule: Rule, user_id: str = ANN, minutes: int = 15, reason: str = REASON) -> verbs.AddOverride:
    return verbs.AddOverride(rule=rule, user_id=user_id, minutes=minutes, reason=reason)


# Each row of the table: how the pairing comes about, in which room, and its two verdicts.
Way = tuple[Callable[[Severity | None], Room], Callable[[Room], object]]


def _by_command(severity: Severity | None, *before: Verb, settings: Settings = Settings()) -> Room:
    """Nobody commands; Ann is about to take it."""
    room = declared(severity, settings=settings)
    if before:
        room.say(ANN, *before)
    return room


def _with_deputy(severity: Severity | None) -> Room:
    room = commanded(severity)
    room.say(ANN, role("deputy", BOB))
    return room


WAYS: dict[tuple[Pairing, str], Way] = {
    (Pairing.COMMANDER_IS_COMMS, "the commander takes Comms"): (
        commanded, lambda room: room.say(ANN, role("comms", ANN)),
    ),
    (Pairing.COMMANDER_IS_COMMS, "Comms takes command"): (
        lambda s: _by_command(s, role("comms", ANN)), lambda room: room.say(ANN, verbs.TakeCommand()),
    ),
    (Pairing.COMMANDER_HANDS_ON, "the commander is given a task"): (
        commanded, lambda room: room.say(BOB, task(ANN)),
    ),
    (Pairing.COMMANDER_HANDS_ON, "somebody with a task takes command"): (
        lambda s: _by_command(s, task(ANN)), lambda room: room.say(ANN, verbs.TakeCommand()),
    ),
    (Pairing.COMMANDER_IS_DEPUTY, "the commander takes Deputy"): (
        commanded, lambda room: room.say(ANN, role("deputy", ANN)),
    ),
    (Pairing.DEPUTY_UNQUALIFIED, "somebody unqualified takes Deputy"): (
        lambda s: commanded(s, settings=QUALIFIED_ANN), lambda room: room.say(BOB, role("deputy", BOB)),
    ),
    (Pairing.COMMANDER_UNQUALIFIED, "somebody unqualified takes command"): (
        lambda s: declared(s, settings=QUALIFIED_ANN), lambda room: room.say(BOB, verbs.TakeCommand()),
    ),
    (Pairing.COMMANDER_IS_PRIMARY, "the one on call takes command"): (
        lambda s: declared(s, primary_ids=frozenset({ANN})), lambda room: room.say(ANN, verbs.TakeCommand()),
    ),
    (Pairing.COMMANDER_IS_SCRIBE, "the commander takes Scribe"): (
        commanded, lambda room: room.say(ANN, role("scribe", ANN)),
    ),
    (Pairing.DEPUTY_HANDS_ON, "the Deputy is given a task"): (
        _with_deputy, lambda room: room.say(ANN, task(BOB)),
    ),
}  # fmt: skip
CELLS = {
    Pairing.COMMANDER_IS_COMMS: (Verdict.OVERRIDE, Verdict.WARN),
    Pairing.COMMANDER_HANDS_ON: (Verdict.OVERRIDE, Verdict.WARN),
    Pairing.COMMANDER_IS_DEPUTY: (Verdict.REFUSED, Verdict.REFUSED),
    Pairing.DEPUTY_UNQUALIFIED: (Verdict.OVERRIDE, Verdict.WARN),
    Pairing.COMMANDER_UNQUALIFIED: (Verdict.WARN, Verdict.OK),
    Pairing.COMMANDER_IS_PRIMARY: (Verdict.WARN, Verdict.OK),
    Pairing.COMMANDER_IS_SCRIBE: (Verdict.WARN, Verdict.OK),
    Pairing.DEPUTY_HANDS_ON: (Verdict.WARN, Verdict.OK),
}
"""The table of the specification, written out a second time."""


def test_every_pairing_is_tried() -> None:
    assert {pairing for pairing, _ in WAYS} == set(Pairing) == set(CELLS)


@pytest.mark.parametrize(("way", "severity"), list(product(WAYS, (*HARD, *SOFT))), ids=str)
def test_every_cell_of_the_table(way: tuple[Pairing, str], severity: Severity | None) -> None:
    pairing, _ = way
    prepare, act = WAYS[way]
    room = prepare(severity)
    before, said = room.incident, len(room.told)
    verdict = CELLS[pairing][0 if severity in HARD else 1]
    if verdict in (Verdict.REFUSED, Verdict.OVERRIDE):
        with pytest.raises(Conflict) as refused:
            act(room)
        assert room.incident is before
        assert ("add_override" in (refused.value.hint or "")) is (verdict == Verdict.OVERRIDE)
        if verdict == Verdict.REFUSED:
            return
        user = BOB if pairing == Pairing.DEPUTY_UNQUALIFIED else ANN
        room.say(CAT, override(Rule(pairing), user))
        said = len(room.told)
    act(room)
    warnings = [words for outcome in room.told[said:] for words in outcome.warnings]
    clashes = [f for o in room.told[said:] for f in o.facts if f.fact.kind == "role.clashed"]
    assert bool(warnings) is bool(clashes) is (verdict != Verdict.OK), "what is warned of is shown and journaled"


def test_a_coordination_task_may_go_to_the_commander() -> None:
    room = commanded(S1)
    outcome = room.say(BOB, task(ANN, TaskKind.COORDINATION))
    assert outcome.warnings == ()


def test_another_hands_on_task_for_the_commander_is_refused_though_one_is_there() -> None:
    room = commanded(S3)
    room.say(BOB, task(ANN))
    room.say(BOB, verbs.SetSeverity(to=S1))
    room.wait(15)
    with pytest.raises(Conflict):
        room.say(BOB, task(ANN))


def test_every_hands_on_task_of_the_commander_is_said_at_sev3() -> None:
    room = commanded(S3)
    assert all(room.say(BOB, task(ANN)).warnings for _ in range(2))
    assert not room.say(BOB, role("scribe", BOB)).warnings, "what clashed before is not said again"


def test_the_deputy_who_takes_over_is_no_longer_deputy() -> None:
    room = _with_deputy(S1)
    offer = room.say(ANN, verbs.OfferCommand(to=BOB)).made
    room.say(BOB, verbs.AcceptCommand(offer=offer, brief_read=True))
    assert (room.commander, room.holder("deputy")) == (BOB, None)


# ---------------------------------------------------------------- roles


def test_a_role_with_one_holder_moves() -> None:
    room = commanded()
    room.say(ANN, role("scribe", BOB), role("scribe", CAT))
    assert room.incident.holders("scribe") == (CAT,)
    room.say(ANN, role("responder", BOB), role("responder", CAT))
    assert room.incident.holders("responder") == (BOB, CAT)


def test_a_role_taken_twice_is_taken_once_and_left_twice_left_once() -> None:
    room = commanded()
    room.say(BOB, role("scribe", BOB))
    assert room.say(BOB, role("scribe", BOB)).facts == ()
    room.say(BOB, verbs.LeaveRole(role="scribe", user_id=BOB))
    assert room.say(BOB, verbs.LeaveRole(role="scribe", user_id=BOB)).facts == ()


@pytest.mark.parametrize(("name", "user", "field"), [
    ("commander", BOB, "role"), ("wizard", BOB, "role"), ("scribe", "", "user_id"), ("scribe", "usr_gone", "user_id"),
])  # fmt: skip
def test_a_role_that_cannot_be_given(name: str, user: str, field: str) -> None:
    room = commanded(active_ids=frozenset({ANN, BOB}))
    with pytest.raises(Invalid) as refused:
        room.say(ANN, role(name, user))
    assert refused.value.field == field


def test_whoever_is_given_a_role_is_told_their_duties() -> None:
    outcome = commanded().say(ANN, role("comms", BOB))
    told = [effect for effect in outcome.effects if effect.users == (BOB,)]
    assert "Drafts" in told[0].text
    assert "Never" in told[0].text


def test_whoever_joins_no_longer_observes_and_observers_give_no_orders() -> None:
    room = commanded()
    room.say(CAT, role("observer", CAT))
    with pytest.raises(Forbidden):
        room.say(CAT, role("scribe", BOB))
    room.say(CAT, role("scribe", CAT))
    assert room.incident.holders("observer") == ()


def test_the_commander_and_the_deputy_let_people_go_others_leave_their_own() -> None:
    room = commanded()
    room.say(ANN, role("deputy", DAN), role("scribe", BOB), role("comms", CAT))
    with pytest.raises(Forbidden):
        room.say(BOB, verbs.LeaveRole(role="comms", user_id=CAT))
    room.say(BOB, verbs.LeaveRole(role="scribe", user_id=BOB))
    room.say(DAN, verbs.LeaveRole(role="comms", user_id=CAT))
    assert room.incident.engaged_ids == (ANN, DAN)
    with pytest.raises(Invalid):
        room.say(ANN, verbs.LeaveRole(role="commander", user_id=ANN))


def test_more_than_seven_people_suggest_sub_teams() -> None:
    room = commanded()
    warned = [bool(room.say(ANN, role("responder", f"usr_{n}")).warnings) for n in range(9)]
    assert warned == [False] * 7 + [True, False]


# ---------------------------------------------------------------- overrides


@pytest.mark.parametrize(("minutes", "reason", "field"), [
    (0, REASON, "minutes"), (61, REASON, "minutes"), (-5, REASON, "minutes"), (15, "", "reason"),
    (15, "too short", "reason"), (15, "a        b", "reason"),
])  # fmt: skip
def test_an_override_is_short_and_has_a_reason(minutes: int, reason: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        commanded().say(ANN, override(Rule.COMMANDER_IS_COMMS, minutes=minutes, reason=reason))
    assert refused.value.field == field


def test_an_override_says_who_why_and_until_when() -> None:
    room = commanded()
    made = room.say(BOB, override(Rule.COMMANDER_IS_COMMS, minutes=60)).made
    given = room.incident.overrides[0]
    assert (given.id, given.by, given.user_id, given.reason) == (made, BOB, ANN, REASON)
    assert (given.at, given.expires_at) == (NOW, plus(NOW, 3600))


def test_renewing_needs_new_words() -> None:
    room = commanded()
    room.say(ANN, override(Rule.COMMANDER_IS_COMMS))
    with pytest.raises(Invalid) as refused:
        room.say(ANN, override(Rule.COMMANDER_IS_COMMS, reason=f" {REASON.upper()} "))
    assert refused.value.field == "reason"
    room.say(ANN, override(Rule.COMMANDER_HANDS_ON))
    room.say(ANN, override(Rule.COMMANDER_IS_COMMS, reason="Cat is still on the train."))
    assert len(room.incident.overrides) == 3


def test_three_minutes_before_the_end_they_are_nudged_and_at_the_end_comms_is_vacant_and_paged() -> None:
    room = commanded(S1)
    room.say(ANN, override(Rule.COMMANDER_IS_COMMS), role("comms", ANN))
    room.told.clear()
    room.wait(11.9)
    assert (ANN,) not in room.heard(EffectKind.NUDGE)
    room.wait(0.1)
    assert room.heard(EffectKind.NUDGE).count((ANN,)) == 1
    room.wait(2.9)
    assert room.holder("comms") == ANN
    room.wait(0.1)
    assert (room.commander, room.holder("comms")) == (ANN, None), "command stays"
    assert room.heard(EffectKind.PAGE_ROLE) == [("comms",)]
    assert room.facts().count("command.override_expired") == 1


def test_a_renewed_override_keeps_the_role() -> None:
    room = commanded(S1)
    room.say(ANN, override(Rule.COMMANDER_IS_COMMS), role("comms", ANN))
    room.wait(11)
    room.say(ANN, override(Rule.COMMANDER_IS_COMMS, reason="Cat is still on the train."))
    room.told.clear()
    room.wait(10)
    reminders = [e.text for outcome in room.told for e in outcome.effects if "override" in e.text]
    assert reminders == [], "of the one that was renewed nobody is reminded"
    assert room.holder("comms") == ANN
    room.wait(5)
    assert room.holder("comms") is None


def test_at_the_end_the_task_has_nobody_and_is_paged() -> None:
    room = commanded(S1)
    room.say(ANN, override(Rule.COMMANDER_HANDS_ON))
    made = room.say(ANN, task(ANN)).made
    room.wait(15)
    left = next(one for one in room.incident.tasks if one.id == made)
    assert (left.assignee_id, room.commander) == (None, ANN)
    assert ("responder",) in room.heard(EffectKind.PAGE_ROLE)
    assert "task.vacated" in room.facts()


def test_at_the_end_an_unqualified_deputy_is_none() -> None:
    room = commanded(S1, settings=QUALIFIED_ANN)
    room.say(ANN, override(Rule.DEPUTY_UNQUALIFIED, BOB), role("deputy", BOB))
    room.wait(15)
    assert room.holder("deputy") is None
    assert ("deputy",) in room.heard(EffectKind.PAGE_ROLE)


def test_an_override_that_is_no_longer_needed_ends_without_a_page() -> None:
    room = commanded(S1)
    room.say(ANN, override(Rule.COMMANDER_IS_COMMS), role("comms", ANN))
    room.say(ANN, verbs.SetSeverity(to=S3, reason=REASON))
    room.told.clear()
    room.wait(20)
    assert room.holder("comms") == ANN
    assert room.heard(EffectKind.PAGE_ROLE) == []
    assert all(one.ended_at is not None for one in room.incident.overrides)


def test_a_late_worker_changes_nothing_about_the_end() -> None:
    room = commanded(S1)
    room.say(ANN, override(Rule.COMMANDER_IS_COMMS), role("comms", ANN))
    room.now = plus(room.now, 3600)
    room.say(EVE, verbs.AddNote(text="Nobody has ticked for an hour."))
    assert room.holder("comms") is None, "whatever is said, time has passed first"


def test_live_ends_at_its_last_instant() -> None:
    room = commanded(S1)
    room.say(ANN, override(Rule.COMMANDER_IS_COMMS))
    one = room.incident.overrides[0]
    assert integrity.is_live(one, plus(one.expires_at, -0.001))
    assert not integrity.is_live(one, one.expires_at)
