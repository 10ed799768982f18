"""Phases: sixteen of ninety pairs lead on, the others are refused and say what would; guards; the way back."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from firebell.domain.incidents import phases, rules, verbs
from firebell.domain.incidents.model import CustomerImpact, DeclineReason, Kind, MilestoneName, Phase, Remedy, Severity
from firebell.domain.incidents.outcome import EffectKind
from firebell.domain.incidents.verbs import Verb
from firebell.kernel.clock import plus
from firebell.kernel.errors import Conflict, Forbidden, Invalid
from tests.domain.incidents.room import ANN, BOB, CAT, CLEAR, NOW, REASON, commanded, declared, in_phase

TEN: dict[str, Verb] = {
    "engage": verbs.Engage(),
    "decline": verbs.Decline(reason=DeclineReason.FALSE_ALARM),
    "mark_duplicate": verbs.MarkDuplicate(of="inc_2"),
    "mitigate": verbs.Mitigate(),
    "resolve": verbs.Resolve(all_clear=CLEAR, skip=REASON),
    "start_postmortem": verbs.StartPostmortem(owner_id=ANN),
    "skip_postmortem": verbs.SkipPostmortem(reason=REASON),
    "complete_postmortem": verbs.CompletePostmortem(),
    "close": verbs.Close(),
    "reopen": verbs.Reopen(reason=REASON),
}
P = Phase
LEADS: dict[tuple[str, Phase], Phase] = {
    ("engage", P.TRIAGE): P.RESPONDING,
    ("decline", P.TRIAGE): P.DECLINED,
    ("mark_duplicate", P.TRIAGE): P.DUPLICATE,
    ("mitigate", P.RESPONDING): P.MITIGATED,
    ("resolve", P.MITIGATED): P.RESOLVED,
    ("start_postmortem", P.RESOLVED): P.POSTMORTEM,
    ("skip_postmortem", P.RESOLVED): P.FOLLOW_UP,
    ("complete_postmortem", P.POSTMORTEM): P.FOLLOW_UP,
    ("close", P.FOLLOW_UP): P.CLOSED,
    ("reopen", P.MITIGATED): P.RESPONDING,
    ("reopen", P.RESOLVED): P.RESPONDING,
    ("reopen", P.POSTMORTEM): P.RESPONDING,
    ("reopen", P.FOLLOW_UP): P.RESPONDING,
    ("reopen", P.CLOSED): P.RESPONDING,
    ("reopen", P.DECLINED): P.TRIAGE,
    ("reopen", P.DUPLICATE): P.TRIAGE,
}
"""Written out a second time, from the specification: a slip in the table of the rules shows here."""


def test_ninety_pairs_sixteen_of_them_legal() -> None:
    assert len(list(product(TEN, Phase))) == 90
    assert {(tag, before): after for tag, moves in rules.MOVES.items() for before, after in moves.items()} == LEADS
    assert len(LEADS) == 16


@pytest.mark.parametrize(("tag", "phase"), list(product(TEN, Phase)))
def test_every_verb_in_every_phase(tag: str, phase: Phase) -> None:
    room = in_phase(phase)
    before = room.incident
    if (tag, phase) in LEADS:
        outcome = room.say(ANN, TEN[tag])
        assert room.incident.phase == LEADS[tag, phase]
        changes = [(e.before, e.after) for e in outcome.effects if e.kind == EffectKind.PHASE_CHANGED]
        assert changes == [(phase, LEADS[tag, phase])]
        return
    with pytest.raises(Conflict) as refused:
        room.say(ANN, TEN[tag])
    possible = [one for one in TEN if (one, phase) in LEADS]
    assert refused.value.hint == f"Possible now: {', '.join(possible)}."
    assert phase.replace("_", " ") in refused.value.message
    assert room.incident is before


@pytest.mark.parametrize("phase", list(Phase))
def test_the_buttons_are_the_legal_moves(phase: Phase) -> None:
    room = in_phase(phase)
    drawn = rules.legal(room.incident, room.asking(ANN))
    assert [tag for tag in drawn if tag in TEN] == [tag for tag in TEN if (tag, phase) in LEADS]
    assert set(phases.moves_from(phase)) == {tag for tag, before in LEADS if before == phase}


@pytest.mark.parametrize("phase", list(Phase))
def test_somebody_who_does_not_command_is_shown_no_button_of_the_commander(phase: Phase) -> None:
    room = in_phase(phase)
    drawn = rules.legal(room.incident, room.asking(BOB))
    assert {"mitigate", "resolve", "skip_postmortem", "offer_command", "step_down", "close"}.isdisjoint(drawn)
    assert ("engage" in drawn) is (phase == Phase.TRIAGE)
    assert ("reopen" in drawn) is (("reopen", phase) in LEADS)


@pytest.mark.parametrize("phase", list(Phase))
def test_what_else_can_be_said_depends_on_whether_people_are_at_work(phase: Phase) -> None:
    room = in_phase(phase)
    drawn = rules.legal(room.incident, room.asking(ANN))
    over = phase in (Phase.CLOSED, Phase.DECLINED, Phase.DUPLICATE)
    for tag in ("assign_role", "assign_task", "size_up", "add_override", "request_info"):
        assert (tag in drawn) is not over
    assert ("sign_off" in drawn) is (phase in (Phase.RESOLVED, Phase.POSTMORTEM, Phase.FOLLOW_UP))
    assert ("merge" in drawn) is (phase in (Phase.TRIAGE, Phase.RESPONDING, Phase.MITIGATED))
    assert {"note", "star", "link_alert", "relate"} <= set(drawn), "what happened can always be written down"


# ---------------------------------------------------------------- declaring


def test_a_title_is_enough() -> None:
    incident = declared(None).incident
    assert (incident.phase, incident.severity, incident.peak) == (Phase.TRIAGE, None, None)
    assert incident.customer_impact == CustomerImpact.UNKNOWN
    assert incident.milestone("detected") is not None
    assert incident.milestone("declared") is not None
    assert incident.milestone("impact_started") is None, "a default would make the time to detect zero"
    assert incident.milestone("acknowledged") is None
    assert incident.reference == "INC-12"


@pytest.mark.parametrize("title", ["", "   ", "x" * 201])
def test_a_title_is_one_line_that_says_something(title: str) -> None:
    with pytest.raises(Invalid) as refused:
        declared(title=title)
    assert refused.value.field == "title"


def test_it_was_detected_when_somebody_says_but_not_tomorrow() -> None:
    at = plus(NOW, -600)
    milestone = declared(event_at=at).incident.milestone("detected")
    assert milestone is not None
    assert (milestone.at, milestone.recorded_at) == (at, NOW)
    with pytest.raises(Invalid):
        declared(event_at=plus(NOW, 61))
    assert declared(event_at=plus(NOW, 60)).incident.active


def test_one_entered_afterwards_pages_nobody_and_runs_no_clock() -> None:
    at = plus(NOW, -86_400)
    room = declared(Severity.SEV1, kind=Kind.BACKFILLED, event_at=at)
    assert (room.incident.declared_at, room.incident.due_at, room.incident.commandless_since) == (at, None, None)
    room.say(ANN, verbs.TakeCommand(), verbs.OfferCommand(to=BOB))
    room.wait(600)
    assert room.incident.due_at is None
    kinds = {effect.kind for outcome in room.told for effect in outcome.effects}
    assert kinds <= {EffectKind.PHASE_CHANGED, EffectKind.COMMANDER_CHANGED}


def test_a_drill_runs_the_same_clocks() -> None:
    room = declared(Severity.SEV1, drill=True)
    assert room.incident.kind == Kind.DRILL
    assert room.incident.due_at == plus(NOW, 120)


def test_a_private_one_is_declared_without_its_title() -> None:
    for room in (declared(title="Stolen keys", private=True), declared(title="Stolen keys", security=True)):
        assert room.incident.private
        assert not any("Stolen" in effect.text for outcome in room.told for effect in outcome.effects)


def test_a_sev1_pages_the_roles_its_level_names() -> None:
    assert declared(Severity.SEV1).heard(EffectKind.PAGE_ROLE) == [("commander",), ("comms",)]
    assert declared(Severity.SEV3).heard(EffectKind.PAGE_ROLE) == []


# ---------------------------------------------------------------- mitigate and resolve


def test_mitigating_needs_the_commander_a_severity_and_the_impact() -> None:
    room = commanded(None)
    with pytest.raises(Conflict) as refused:
        room.say(ANN, verbs.Mitigate())
    assert refused.value.field == "severity"
    room.say(ANN, verbs.SetSeverity(to=Severity.SEV2))
    with pytest.raises(Conflict) as refused:
        room.say(ANN, verbs.Mitigate())
    assert refused.value.field == "impact"
    room.say(ANN, verbs.Edit(impact="A third of searches fail."))
    with pytest.raises(Forbidden) as not_theirs:
        room.say(BOB, verbs.Mitigate())
    assert ANN in not_theirs.value.message, "whoever is refused is told who commands"
    room.say(ANN, verbs.Mitigate(remedy=Remedy.ROLLBACK, note="Back to 41."))
    assert (room.incident.phase, room.incident.remedy) == (Phase.MITIGATED, Remedy.ROLLBACK)


def test_without_a_commander_nobody_mitigates() -> None:
    room = declared(Severity.SEV2, impact="Searches fail.")
    room.say(BOB, verbs.Engage())
    with pytest.raises(Conflict, match="nobody commands"):
        room.say(BOB, verbs.Mitigate())


def test_mitigation_has_happened_when_it_is_said_to_have() -> None:
    room = in_phase(Phase.RESPONDING)
    room.wait(40)
    at = plus(NOW, 1800)
    outcome = room.say(ANN, verbs.Mitigate(at=at))
    assert room.incident.stable_since == at
    assert outcome.facts[0].event_at == at
    milestone = room.incident.milestone("mitigated")
    assert milestone is not None
    assert (milestone.at, milestone.recorded_at) == (at, room.now)
    with pytest.raises(Invalid):
        in_phase(Phase.RESPONDING).say(ANN, verbs.Mitigate(at=plus(NOW, 3600)))


def _mitigated(severity: Severity) -> Any:
    room = commanded(severity, impact="Orders fail.")
    room.say(ANN, verbs.Mitigate())
    return room


@pytest.mark.parametrize(
    ("severity", "window"), [(Severity.SEV1, 30), (Severity.SEV2, 20), (Severity.SEV3, 10), (Severity.SEV4, 0)]
)
def test_resolving_waits_for_the_stability_window(severity: Severity, window: int) -> None:
    room = _mitigated(severity)
    if window:
        room.wait(window - 0.1)
        with pytest.raises(Conflict) as refused:
            room.say(ANN, verbs.Resolve(all_clear=CLEAR))
        assert "stability window" in refused.value.message
        room.wait(0.1)
    room.say(ANN, verbs.Resolve(all_clear=CLEAR))
    assert (room.incident.phase, room.incident.skipped) == (Phase.RESOLVED, ())
    assert room.incident.all_clear == CLEAR


def test_what_is_skipped_takes_a_reason_and_is_listed() -> None:
    room = _mitigated(Severity.SEV1)
    for skip in ("", "short"):
        with pytest.raises((Conflict, Invalid)) as refused:
            room.say(ANN, verbs.Resolve(all_clear=CLEAR, skip=skip))
        assert refused.value.field == "skip"
    outcome = room.say(ANN, verbs.Resolve(all_clear=CLEAR, skip=REASON))
    assert [(one.what, one.reason, one.by) for one in room.incident.skipped] == [("stability window", REASON, ANN)]
    assert outcome.warnings


def test_the_all_clear_says_something() -> None:
    with pytest.raises(Invalid) as refused:
        in_phase(Phase.MITIGATED).say(ANN, verbs.Resolve(all_clear="  "))
    assert refused.value.field == "all_clear"


# ---------------------------------------------------------------- postmortem, closing


def test_the_postmortem_follows_the_worst_it_was() -> None:
    room = in_phase(Phase.RESPONDING, Severity.SEV2)
    room.say(ANN, verbs.SetSeverity(to=Severity.SEV4, reason=REASON), verbs.Mitigate())
    room.say(ANN, verbs.Resolve(all_clear=CLEAR, skip=REASON))
    assert "skip_postmortem" not in rules.legal(room.incident, room.asking(ANN))
    with pytest.raises(Forbidden, match="SEV2"):
        room.say(ANN, verbs.SkipPostmortem(reason=REASON))
    room.may_waive = True
    assert "skip_postmortem" in rules.legal(room.incident, room.asking(ANN))
    room.say(ANN, verbs.SkipPostmortem(reason=REASON))
    assert room.incident.phase == Phase.FOLLOW_UP


def test_a_postmortem_needs_somebody_who_owns_it() -> None:
    room = in_phase(Phase.RESOLVED)
    with pytest.raises(Invalid) as refused:
        room.say(ANN, verbs.StartPostmortem(owner_id=" "))
    assert refused.value.field == "owner_id"
    with pytest.raises(Forbidden):
        room.say(BOB, verbs.StartPostmortem(owner_id=BOB))
    room.say("", verbs.StartPostmortem(owner_id=BOB))
    assert room.incident.postmortem_owner_id == BOB
    with pytest.raises(Forbidden, match=BOB):
        room.say(ANN, verbs.CompletePostmortem())
    room.say(BOB, verbs.CompletePostmortem(), verbs.Close())
    assert (room.incident.phase, room.incident.closed_at) == (Phase.CLOSED, room.now)
    assert room.incident.engaged_ids == ()


def test_the_commander_closes_what_nobody_wrote_about() -> None:
    room = in_phase(Phase.RESOLVED)
    room.say(ANN, verbs.SkipPostmortem(reason="Too small."))
    with pytest.raises(Forbidden):
        room.say(BOB, verbs.Close())
    room.say(ANN, verbs.Close())
    assert room.incident.phase == Phase.CLOSED


# ---------------------------------------------------------------- declined, duplicate, merged


def test_declining_lets_everybody_go_and_stops_the_clocks() -> None:
    room = declared(Severity.SEV1)
    room.say(BOB, verbs.AssignRole(role="scribe", user_id=BOB))
    room.say(BOB, verbs.Decline(reason=DeclineReason.EXTERNAL, note="Their bank."))
    assert (room.incident.phase, room.incident.due_at, room.incident.engaged_ids) == (Phase.DECLINED, None, ())


@pytest.mark.parametrize(
    ("of", "others", "error"),
    [
        ("inc_1", [("inc_1", "triage")], Invalid),
        ("inc_2", [], Invalid),
        ("inc_2", [("inc_2", "declined")], Conflict),
        ("inc_2", [("inc_2", "duplicate")], Conflict),
    ],
)
@pytest.mark.parametrize("verb", [lambda of: verbs.MarkDuplicate(of=of), lambda of: verbs.Merge(into=of)])
def test_a_duplicate_is_of_one_that_stands(
    of: str, others: list[tuple[str, str]], error: type[Exception], verb: Callable[[str], Verb]
) -> None:
    room = declared(others=frozenset(others))
    with pytest.raises(error):
        room.say(ANN, verb(of))


@pytest.mark.parametrize("phase", [Phase.TRIAGE, Phase.RESPONDING, Phase.MITIGATED])
def test_merging_from_any_active_phase_goes_on_in_the_other(phase: Phase) -> None:
    room = in_phase(phase)
    if room.commander:
        with pytest.raises(Forbidden):
            room.say(BOB, verbs.Merge(into="inc_2"))
    outcome = room.say(ANN, verbs.Merge(into="inc_2"))
    assert (room.incident.phase, room.incident.duplicate_of) == (Phase.DUPLICATE, "inc_2")
    assert "inc_2" in room.incident.related_ids
    assert [e.after for e in outcome.effects if e.kind == EffectKind.MERGED] == ["inc_2"]
    assert room.incident.due_at is None


@pytest.mark.parametrize("phase", sorted(set(Phase) - {Phase.TRIAGE, Phase.RESPONDING, Phase.MITIGATED}))
def test_what_is_no_longer_active_is_not_merged(phase: Phase) -> None:
    with pytest.raises(Conflict):
        in_phase(phase).say(ANN, verbs.Merge(into="inc_2"))


# ---------------------------------------------------------------- reopening


@pytest.mark.parametrize("reason", ["", "again", "123456789"])
def test_reopening_needs_a_reason_of_ten_characters(reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        in_phase(Phase.CLOSED).say(BOB, verbs.Reopen(reason=reason))
    assert refused.value.field == "reason"


def test_each_time_round_has_a_mitigation_and_resolution_of_its_own() -> None:
    room = in_phase(Phase.RESOLVED)
    first = room.incident.milestone("mitigated")
    room.wait(60)
    room.say(BOB, verbs.Reopen(reason="It is failing again."))
    assert room.incident.milestone("mitigated", 2) is None
    room.wait(20)
    room.say(ANN, verbs.Mitigate(), verbs.Resolve(all_clear=CLEAR))
    mitigated = [m for m in room.incident.milestones if m.name == MilestoneName.MITIGATED]
    assert [(m.occurrence, m.at) for m in mitigated] == [(1, NOW), (2, plus(NOW, 80 * 60))]
    assert room.incident.milestone("mitigated", 1) == first
    assert [m.occurrence for m in room.incident.milestones if m.name == MilestoneName.RESOLVED] == [1, 2]
    assert [m.occurrence for m in room.incident.milestones if m.name == MilestoneName.COMMANDER_ASSIGNED] == [1]


def test_reopened_it_must_be_verified_anew() -> None:
    room = in_phase(Phase.RESPONDING)
    made = room.say(ANN, verbs.AddCriterion(text="error ratio < 0.1 %")).made
    room.say(ANN, verbs.TickCriterion(criterion=made, value="0.02 %"), verbs.Mitigate())
    room.say(ANN, verbs.Resolve(all_clear=CLEAR), verbs.Reopen(reason=REASON))
    assert (room.incident.all_clear, room.incident.remedy, room.incident.stable_since) == ("", None, None)
    room.say(ANN, verbs.Mitigate())
    with pytest.raises(Conflict, match="error ratio"):
        room.say(ANN, verbs.Resolve(all_clear=CLEAR))


def test_reopened_after_everybody_has_gone_the_commandless_clock_runs() -> None:
    room = in_phase(Phase.CLOSED, Severity.SEV1, may_waive=True)
    room.wait(600)
    room.say(CAT, verbs.Reopen(reason=REASON))
    assert (room.commander, room.incident.commandless_since) == (None, room.now)
    assert room.incident.closed_at is None
    kept = in_phase(Phase.RESOLVED, Severity.SEV1)
    kept.say(CAT, verbs.Reopen(reason=REASON))
    assert (kept.commander, kept.incident.commandless_since) == (ANN, None)


def test_a_declined_one_comes_back_to_triage_as_the_first_time_round() -> None:
    room = in_phase(Phase.DECLINED)
    room.say(BOB, verbs.Reopen(reason=REASON))
    assert (room.incident.phase, room.incident.occurrence) == (Phase.TRIAGE, 1)
    assert room.incident.decline_reason is None
