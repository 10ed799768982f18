"""What a form says becomes a verb, or is refused at the input that is wrong."""

from __future__ import annotations

import pytest

from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import MilestoneName, Remedy, Severity, TaskKind
from firebell.domain.incidents.verbs import Verb
from firebell.entrypoints.web import incident_forms, incident_words
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Invalid, NotFound

NOW = Instant.parse_iso("2026-11-24T18:00:00Z")
ZONE = "Europe/Berlin"


def verb(tag: str, /, **given: str) -> Verb:
    return incident_forms.verb_of(tag, {name: [value] for name, value in given.items()}, ZONE, NOW)


@pytest.mark.parametrize(
    ("tag", "form", "meant"),
    [
        ("take_command", {}, verbs.TakeCommand()),
        ("set_severity", {"to": "SEV1", "reason": ""}, verbs.SetSeverity(to=Severity.SEV1)),
        ("mitigate", {"remedy": "rollback", "at": ""}, verbs.Mitigate(remedy=Remedy.ROLLBACK)),
        (
            "assign_task",
            {"text": " look ", "assignee_id": "usr_b", "minutes": "5", "kind": "coordination"},
            verbs.AssignTask(text="look", assignee_id="usr_b", minutes=5, kind=TaskKind.COORDINATION),
        ),
        (
            "accept_command",
            {"offer": "off_1", "brief_read": "true", "comms_to": ""},
            verbs.AcceptCommand(offer="off_1", brief_read=True),
        ),
        ("accept_command", {"offer": "off_1"}, verbs.AcceptCommand(offer="off_1")),
        ("edit", {"impact": "", "customer_impact": ""}, verbs.Edit(impact="")),
        (
            "set_milestone",
            {"name": "detected", "at": "", "reason": "it was not"},
            verbs.SetMilestone(name=MilestoneName.DETECTED, at=None, reason="it was not"),
        ),
        (
            "note",
            {"text": "one\r\ntwo", "at": "2026-11-24T18:30"},
            verbs.AddNote(text="one\ntwo", at=Instant.parse_iso("2026-11-24T17:30:00Z")),
        ),
    ],
)
def test_a_form_says_its_verb(tag: str, form: dict[str, str], meant: Verb) -> None:
    assert verb(tag, **form) == meant


def test_ticked_people_are_all_meant() -> None:
    meant = incident_forms.verb_of("release_responders", {"stay": ["usr_a", "usr_b"]}, ZONE, NOW)
    assert meant == verbs.ReleaseResponders(stay=("usr_a", "usr_b"))


@pytest.mark.parametrize(
    ("tag", "form", "field"),
    [
        ("assign_task", {"text": "look", "minutes": "10"}, "assignee_id"),
        ("assign_task", {"text": "look", "assignee_id": "usr_b", "minutes": "ten"}, "minutes"),
        ("assign_task", {"text": "look", "assignee_id": "usr_b", "minutes": "-3"}, "minutes"),
        ("set_severity", {"to": "SEV9"}, "to"),
        ("set_severity", {}, "to"),
        ("note", {"text": "  "}, "text"),
        ("note", {"text": "x" * 4001}, "text"),
        ("note", {"text": "x", "at": "yesterday"}, "at"),
        ("mitigate", {"at": "0001-01-01T00:00"}, "at"),
    ],
)
def test_what_is_wrong_is_said_at_its_input(tag: str, form: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        verb(tag, **form)
    assert refused.value.field == field


def test_a_time_alone_is_the_last_time_it_was_that() -> None:
    assert verb("mitigate", at="18:45") == verbs.Mitigate(at=Instant.parse_iso("2026-11-24T17:45:00Z"))
    assert verb("mitigate", at="23:45") == verbs.Mitigate(at=Instant.parse_iso("2026-11-23T22:45:00Z"))


def test_an_hour_that_was_skipped_is_refused_and_of_a_repeated_one_the_first_is_meant() -> None:
    with pytest.raises(Invalid):
        verb("mitigate", at="2026-03-29T02:30")
    assert verb("mitigate", at="2026-10-25T02:30") == verbs.Mitigate(at=Instant.parse_iso("2026-10-25T00:30:00Z"))


@pytest.mark.parametrize(
    "tag",
    [
        "tick",
        "lose_commander",
        "note_alert",
        "note_acknowledged",
        "note_public_post",
        "note_learned",
        "name_postmortem_owner",
        "x",
    ],
)
def test_what_the_house_tells_itself_no_form_may_say(tag: str) -> None:
    with pytest.raises(NotFound):
        verb(tag)


def test_every_verb_of_a_form_has_its_section_and_its_words() -> None:
    tags = set(incident_forms.verbs_by_tag())
    assert tags - set(incident_words.ANCHORS) == set()
    assert tags - set(incident_words.SAID) == set()


@pytest.mark.parametrize(
    ("now", "due"),
    [("2026-10-24T23:50:00Z", "2026-10-25T00:20:00Z"), ("2026-10-25T01:05:00Z", "2026-10-25T01:20:00Z")],
)
def test_a_time_promised_in_the_hour_that_comes_twice_lies_ahead(now: str, due: str) -> None:
    found = incident_forms.ahead("2026-10-25T02:20", ZONE, Instant.parse_iso(now), "next")
    assert found == Instant.parse_iso(due)
