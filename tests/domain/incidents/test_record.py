"""What is written down: fields, notes and milestones with the time they are about, corrections, stars, links."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebell.domain.incidents import verbs
from firebell.domain.incidents.milestones import AFTER, FOLLOWS, breaches
from firebell.domain.incidents.model import MilestoneName, Phase, RoleName, Severity
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tests.domain.incidents.room import ANN, BOB, CAT, NOW, Room, commanded, declared, in_phase

M = MilestoneName


def at(minutes: float) -> Instant:
    return plus(NOW, minutes * 60)


# ---- fields


def test_what_is_given_is_set_and_the_rest_left_alone() -> None:
    room = commanded()
    room.say(BOB, verbs.Edit(title="  Checkout   fails ", impact="A third of orders fail."))
    assert (room.incident.title, room.incident.impact, room.incident.summary) == (
        "Checkout fails", "A third of orders fail.", "",
    )  # fmt: skip


def test_the_eta_is_the_commanders_word() -> None:
    room = commanded()
    with pytest.raises(Forbidden):
        room.say(BOB, verbs.Edit(eta="11:30 UTC"))
    room.say(ANN, verbs.Edit(eta="11:30 UTC"))
    assert (room.incident.eta, room.incident.eta_by) == ("11:30 UTC", ANN)
    room.say(ANN, verbs.Edit(eta=""))
    assert (room.incident.eta, room.incident.eta_by) == ("", None)


def test_an_eta_that_is_already_so_needs_nobody() -> None:
    room = commanded()
    room.say(ANN, verbs.Edit(eta="11:30 UTC"))
    room.say(BOB, verbs.Edit(eta="11:30 UTC", summary="Rolling back"))
    assert room.incident.summary == "Rolling back"


@pytest.mark.parametrize("title", ["", "   ", "x" * 201])
def test_a_title_is_there_and_short(title: str) -> None:
    with pytest.raises(Invalid) as refused:
        commanded().say(BOB, verbs.Edit(title=title))
    assert refused.value.field == "title"


# ---- notes, corrections, stars


@pytest.mark.parametrize(("ahead_s", "heard"), [(-86_400, True), (0, True), (60, True), (61, False)])
def test_a_note_is_about_a_time_up_to_a_minute_ahead(ahead_s: int, heard: bool) -> None:
    room = commanded()
    note = verbs.AddNote(text="The switch rebooted", at=plus(room.now, ahead_s))
    if not heard:
        with pytest.raises(Invalid) as refused:
            room.say(BOB, note)
        assert refused.value.field == "at"
        return
    recorded = room.say(BOB, note).facts[-1]
    assert (recorded.fact.kind, recorded.event_at) == ("note.added", plus(room.now, ahead_s))


def test_a_correction_names_what_it_supersedes_and_why() -> None:
    room = commanded()
    with pytest.raises(Invalid):
        room.say(BOB, verbs.CorrectEntry(n=3, text="It was 10:07", reason=""))
    fact = room.say(BOB, verbs.CorrectEntry(n=3, text="It was 10:07", reason="The log says so")).facts[-1].fact
    assert fact.kind == "entry.corrected"
    assert (fact.supersedes, fact.reason) == (3, "The log says so")  # type: ignore[attr-defined]


def test_stars_come_and_go() -> None:
    room = commanded()
    for n in (7, 3, 7):
        room.say(BOB, verbs.Star(n=n))
    assert list(room.incident.stars) == [3, 7]
    room.say(BOB, verbs.Star(n=7, on=False))
    assert list(room.incident.stars) == [3]


def test_a_link_leads_to_the_web() -> None:
    with pytest.raises(Invalid):
        commanded().say(BOB, verbs.AddNote(text="See", link="javascript:alert(1)"))


# ---- milestones


def test_the_start_of_the_impact_is_blank_until_a_person_sets_it() -> None:
    room = commanded()
    assert room.incident.milestone(M.IMPACT_STARTED) is None
    room.say(BOB, verbs.SetMilestone(name=M.IMPACT_STARTED, at=at(-7)))
    standing = room.incident.milestone(M.IMPACT_STARTED)
    assert standing is not None
    assert (standing.at, standing.by, standing.source) == (at(-7), BOB, "hand")


def test_a_correction_needs_a_reason_and_keeps_what_stood_before() -> None:
    room = commanded()
    room.say(BOB, verbs.SetMilestone(name=M.IMPACT_STARTED, at=at(-7)))
    with pytest.raises(Invalid) as refused:
        room.say(BOB, verbs.SetMilestone(name=M.IMPACT_STARTED, at=at(-9)))
    assert refused.value.field == "reason"
    room.say(BOB, verbs.SetMilestone(name=M.IMPACT_STARTED, at=at(-9), reason="The graph begins earlier"))
    room.say(BOB, verbs.SetMilestone(name=M.IMPACT_STARTED, at=None, reason="It was another graph"))
    history = [one.at for one in room.incident.milestones if one.name == M.IMPACT_STARTED]
    assert history == [at(-7), at(-9), None]
    assert room.incident.milestone(M.IMPACT_STARTED) is None


def test_no_milestone_lies_ahead() -> None:
    with pytest.raises(Invalid):
        commanded().say(BOB, verbs.SetMilestone(name=M.IDENTIFIED, at=at(2)))


def test_a_breach_of_the_order_is_shown_and_not_repaired() -> None:
    room = commanded()
    detected = room.incident.milestone(M.DETECTED)
    room.wait(10)
    outcome = room.say(BOB, verbs.SetMilestone(name=M.IMPACT_STARTED, at=at(5)))
    assert "Detected is said to be before impact started" in outcome.warnings[0]
    assert room.incident.milestone(M.DETECTED) == detected
    assert {(one.earlier, one.later) for one in breaches(room.incident)} >= {(M.IMPACT_STARTED, M.DETECTED)}


def test_there_is_no_second_mitigation_before_it_was_reopened() -> None:
    room = in_phase(Phase.MITIGATED)
    with pytest.raises(Invalid):
        room.say(ANN, verbs.SetMilestone(name=M.MITIGATED, at=NOW, occurrence=2, reason="Again"))
    room.say(ANN, verbs.Reopen(reason="It fails again."))
    room.say(ANN, verbs.SetMilestone(name=M.MITIGATED, at=NOW, occurrence=2))
    assert {one.occurrence for one in room.incident.milestones if one.name == M.MITIGATED} == {1, 2}


def test_the_order_is_the_one_that_was_agreed() -> None:
    assert AFTER[M.IMPACT_STARTED] == set(M) - {M.IMPACT_STARTED, M.FIRST_PUBLIC_POST}
    assert AFTER[M.DETECTED] == {M.ACKNOWLEDGED, M.DECLARED, M.COMMANDER_ASSIGNED}
    assert AFTER[M.RESOLVED] == {M.POSTMORTEM_PUBLISHED, M.ACTIONS_CLOSED}


@given(st.dictionaries(st.sampled_from(sorted(set(M) - {M.DECLARED, M.DETECTED})), st.integers(-600, 0)))
def test_there_is_a_breach_exactly_where_a_later_one_comes_first(minutes: dict[M, int]) -> None:
    room = declared()
    for name, offset in minutes.items():
        room.say(BOB, verbs.SetMilestone(name=M(name), at=at(offset), reason="So it was"))
    known = {M(name): offset for name, offset in minutes.items()} | {M.DECLARED: 0, M.DETECTED: 0}
    wrong = {(a, b) for a in known for b in known if b in AFTER[a] and known[b] < known[a]}
    assert {(one.earlier, one.later) for one in breaches(room.incident)} == wrong
    assert all(direct in AFTER[name] for name, each in FOLLOWS.items() for direct in each)


# ---- alerts and others


def test_an_alert_that_fires_again_restarts_the_stability_window() -> None:
    room = commanded(Severity.SEV2, impact="Orders fail.")
    room.say(BOB, verbs.LinkAlert(alert_id="alr_1", service_id="svc_1"))
    room.say("", verbs.NoteAlert(alert_id="alr_1", open=False))
    room.say(ANN, verbs.Mitigate())
    room.wait(5)
    room.say("", verbs.NoteAlert(alert_id="alr_1", open=True))
    assert room.incident.stable_since == room.now
    assert room.incident.service_ids == ("svc_1",)


def test_an_alert_that_is_not_linked_or_no_news_changes_nothing() -> None:
    room = commanded()
    room.say(BOB, verbs.LinkAlert(alert_id="alr_1"))
    before = room.incident
    room.say(BOB, verbs.LinkAlert(alert_id="alr_1"))
    room.say("", verbs.NoteAlert(alert_id="alr_1", open=True))
    room.say("", verbs.NoteAlert(alert_id="alr_9", open=True))
    assert room.incident == before


def test_the_first_human_is_a_milestone_and_is_at_work() -> None:
    room = declared()
    room.say("", verbs.NoteAcknowledged(user_id=BOB))
    first = room.incident.milestone(M.ACKNOWLEDGED)
    room.wait(1)
    room.say("", verbs.NoteAcknowledged(user_id=CAT))
    assert room.incident.milestone(M.ACKNOWLEDGED) == first
    assert room.incident.holders(RoleName.RESPONDER) == (BOB, CAT)


def test_the_first_public_word_and_the_first_that_knows_the_cause_are_milestones() -> None:
    room = commanded()
    room.say("", verbs.NotePublicPost())
    room.wait(5)
    room.say("", verbs.NotePublicPost(identified=True))
    told, known = room.incident.milestone(M.FIRST_PUBLIC_POST), room.incident.milestone(M.IDENTIFIED)
    assert told is not None
    assert known is not None
    assert (told.at, known.at) == (NOW, at(5))


def test_relations_are_to_others_that_are_there() -> None:
    room = commanded(others=frozenset({("inc_2", Phase.RESPONDING)}))
    room.say(BOB, verbs.Relate(other="inc_2"))
    assert list(room.incident.related_ids) == ["inc_2"]
    with pytest.raises(NotFound):
        room.say(BOB, verbs.Relate(other="inc_9"))
    with pytest.raises(Invalid):
        room.say(BOB, verbs.Relate(other=room.incident.id))
    room.say(BOB, verbs.Unrelate(other="inc_2"))
    assert list(room.incident.related_ids) == []


# ---- privacy


def private() -> Room:
    room = commanded()
    room.say(ANN, verbs.AssignRole(role=RoleName.RESPONDER, user_id=BOB))
    room.say(ANN, verbs.MakePrivate())
    return room


def test_only_the_commander_or_an_administrator_makes_it_private() -> None:
    with pytest.raises(Forbidden):
        commanded().say(BOB, verbs.MakePrivate())
    room = private()
    assert (room.incident.private, room.incident.member_ids) == (True, (ANN, BOB))


def test_making_it_public_takes_a_reason() -> None:
    room = private()
    with pytest.raises(Invalid):
        room.say(ANN, verbs.MakePublic(reason="ok"))
    room.say(ANN, verbs.MakePublic(reason="It was disclosed on Monday."))
    assert (room.incident.private, room.incident.codename, room.incident.member_ids) == (False, "", ())


def test_whoever_is_put_out_has_no_role_left() -> None:
    room = private()
    room.say(ANN, verbs.Admit(user_id=CAT))
    room.say(ANN, verbs.Expel(user_id=BOB))
    assert (room.incident.member_ids, BOB in room.incident.engaged_ids) == ((ANN, CAT), False)
    with pytest.raises(Conflict):
        room.say(ANN, verbs.Expel(user_id=ANN))


def test_acknowledging_an_alert_lets_nobody_in_and_being_called_does() -> None:
    room = private()
    room.say("", verbs.NoteAcknowledged(user_id=CAT))
    assert CAT not in room.incident.engaged_ids
    assert room.incident.milestone(M.ACKNOWLEDGED) is not None
    room.say("", verbs.NoteAcknowledged(user_id=CAT, called=True))
    assert CAT in room.incident.engaged_ids


def test_there_is_nobody_to_let_into_what_everybody_sees() -> None:
    with pytest.raises(Conflict):
        commanded().say(ANN, verbs.Admit(user_id=CAT))
