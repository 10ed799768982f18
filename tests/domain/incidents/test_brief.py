"""The brief for whoever takes over, and the file from which command can go on without Firebell."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from firebell.domain.incidents import verbs
from firebell.domain.incidents.brief import LastWord, brief
from firebell.domain.incidents.model import Kind, Remedy, RoleName, Rule, Severity, TaskKind, Trend
from firebell.domain.incidents.statefile import WIDTH, Around, Promised, page, text
from firebell.kernel.clock import plus
from tests.domain.incidents.room import ANN, BOB, CAT, DAN, Room, commanded

NAMES = {ANN: "Ann Example", BOB: "Bob Example", CAT: "Cat Example", DAN: "Dan Example"}


def busy() -> Room:
    """Ann has commanded for half an hour; a good deal is under way."""
    room = commanded(Severity.SEV1, impact="Orders fail.")
    room.say(ANN, verbs.AssignRole(role=RoleName.DEPUTY, user_id=CAT))
    room.say(ANN, verbs.AssignRole(role=RoleName.COMMS, user_id=DAN))
    room.say(ANN, verbs.Edit(summary="Checkout is failing.", command_post="https://meet.example.com/12"))
    room.say(BOB, verbs.AddSizeUp(wrong="Checkout times out", scope="EU", trend=Trend.STEADY))
    room.say(BOB, verbs.SuggestHypothesis(text="The release"))
    other = room.say(BOB, verbs.SuggestHypothesis(text="The certificate")).made
    room.say(BOB, verbs.EliminateHypothesis(hypothesis=other, evidence="Valid until May"))
    room.say(ANN, verbs.AssignTask(text="Roll back 4.2", assignee_id=BOB, minutes=10))
    room.say(ANN, verbs.AssignTask(text="Call the bank", assignee_id=CAT, minutes=60, kind=TaskKind.COORDINATION))
    decision = room.say(BOB, verbs.ProposeDecision(proposal="Roll back 4.2", remedy=Remedy.ROLLBACK)).made
    room.say(BOB, verbs.ProposeDecision(proposal="Fail over"))
    room.say(ANN, verbs.AddCriterion(text="Error ratio < 0.1 %"))
    room.say(ANN, verbs.AddOverride(rule=Rule.COMMANDER_HANDS_ON, user_id=ANN, reason="Nobody else has the key.",
                                    minutes=60))  # fmt: skip
    room.wait(30)
    room.say(ANN, verbs.Adopt(decision=decision))
    room.say(ANN, verbs.OfferCommand(to=CAT, note="Watch the bank."))
    return room


def test_the_brief_says_what_the_next_commander_must_know() -> None:
    room = busy()
    word = LastWord("internal", "Rolling back", room.now, DAN, plus(room.now, 900))
    found = brief(room.incident, room.asking(CAT), last_internal=word, stakeholders=["Support"], channels=["#inc-12"])
    assert (found.severity, found.peak, dict(found.minutes)) == ("SEV1", "SEV1", {"SEV1": 30})
    assert found.size_up is not None
    assert found.size_up.wrong == "Checkout times out"
    assert [one.text for one in found.hypotheses] == ["The release"]
    assert [(one.text, one.against) for one in found.eliminated] == [("The certificate", "Valid until May")]
    assert [one.proposal for one in found.decisions] == ["Roll back 4.2"]
    assert [one.proposal for one in found.proposals] == ["Fail over"]
    assert [(one.task.text, one.overdue, one.left_s // 60) for one in found.running] == [
        ("Roll back 4.2", True, -20), ("Call the bank", False, 30),
    ]  # fmt: skip
    assert {(one.user_id, one.engaged_s // 60) for one in found.engaged} >= {(ANN, 30), (BOB, 30)}
    assert (found.last_internal, found.last_public, found.stakeholders) == (word, None, ("Support",))
    assert found.channels == ("https://meet.example.com/12", "#inc-12")
    assert [one.rule for one in found.overrides] == [Rule.COMMANDER_HANDS_ON]
    assert [one.text for one in found.criteria] == ["Error ratio < 0.1 %"]
    assert (found.next_commander_id, found.note) == (CAT, "Watch the bank.")


def test_without_an_offer_the_deputy_is_next() -> None:
    room = commanded()
    assert brief(room.incident, room.asking()).next_commander_id is None
    room.say(ANN, verbs.AssignRole(role=RoleName.DEPUTY, user_id=CAT))
    assert brief(room.incident, room.asking()).next_commander_id == CAT


def around(room: Room) -> Around:
    return Around(
        names=NAMES,
        timeline=["10:31 Bob Example finished it", "10:00 Ann Example took command"],
        updates=[LastWord("public", "We are aware of an issue affecting checkout.", room.now, DAN)],
        promises=[Promised("public", plus(room.now, 900))],
        phones={BOB: "+49 30 123456"},
        runbook=["[x] Look at the graphs", "[ ] Roll back"],
    )


def test_the_file_holds_all_that_command_needs() -> None:
    room = busy()
    said = text(room.incident, room.asking(), around(room))
    for words in (
        "INC-12 Checkout errors", "SEV1 | ", "Command post: https://meet.example.com/12",
        "Incident Commander: Ann Example", "Next commander: Cat Example", "Checkout times out", "Trend: steady",
        "Bob Example: Roll back 4.2", "OVERDUE by 20 min", "[ ] Error ratio < 0.1 %", "ruled out: The certificate",
        "We are aware of an issue", "public: by 2026-03-02 10:45 UTC (open)", "Bob Example (responder) for 30 min, +49",
        "[x] Look at the graphs", "10:31 Bob Example finished it", "Written 2026-03-02 10:30 UTC",
        "commander hands on: Ann Example until",
    ):  # fmt: skip
        assert words in said, words


def test_no_line_is_wider_than_eighty_columns_and_nothing_in_it_moves_the_cursor() -> None:
    room = busy()
    room.say(ANN, verbs.Edit(summary="x" * 300 + " \x1b[2J\r\nforged: line \u202e" + "word " * 100))
    said = text(room.incident, room.asking(), around(room))
    assert max(len(line) for line in said.splitlines()) <= WIDTH
    assert not set(said) & {"\x1b", "\r", "\u202e"}
    assert not any(line.startswith("forged") for line in said.splitlines())


def test_nobody_in_command_is_said_aloud() -> None:
    room = commanded(Severity.SEV3)
    room.say(ANN, verbs.StepDown(reason="Going home."))
    said = text(room.incident, room.asking(), Around(names=NAMES))
    assert "Incident Commander: NOBODY" in said
    assert "Without a commander since 2026-03-02 10:00 UTC" in said


@pytest.mark.parametrize(("kind", "mark"), [(Kind.DRILL, "DRILL INC-12"), (Kind.NORMAL, "INC-12")])
def test_a_drill_is_marked_as_one(kind: Kind, mark: str) -> None:
    room = commanded()
    said = text(replace(room.incident, kind=kind), room.asking(), Around())
    assert said.startswith(mark)


def test_a_private_incident_goes_by_its_codename() -> None:
    room = commanded()
    said = text(replace(room.incident, private=True, codename="amber otter"), room.asking(), Around())
    assert "amber otter" in said
    assert "Checkout errors" not in said


def test_the_page_is_the_same_text_and_needs_nothing_else() -> None:
    room = busy()
    room.say(ANN, verbs.Edit(title="<script>alert(1)</script>"))
    shown = page(room.incident, room.asking(), around(room))
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    assert "src=" not in shown
    assert "href=" not in shown
    assert "OVERDUE by 20 min" in shown
