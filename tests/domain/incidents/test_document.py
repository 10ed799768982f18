"""Incidents and verbs as JSON: nothing is lost, nothing the house alone says comes in from outside."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from firebell.domain.incidents import rules, verbs
from firebell.domain.incidents.document import HOUSE_VERBS, TAGS, decode, encode, tag, verb_of
from firebell.domain.incidents.model import Remedy, Severity, Trend
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Invalid
from tests.domain.incidents.room import ANN, BOB, commanded


def test_an_incident_comes_back_as_it_was() -> None:
    room = commanded(Severity.SEV2, impact="Orders fail.", labels={"region": "eu"})
    room.say(ANN, verbs.AssignTask(text="Look", assignee_id=BOB), verbs.OfferCommand(to=BOB))
    room.say(BOB, verbs.AddSizeUp(wrong="All", trend=Trend.FLAPPING), verbs.ProposeDecision(proposal="Wait"))
    room.say(ANN, verbs.AddCriterion(text="Green"), verbs.Mitigate(remedy=Remedy.FAILOVER))
    assert decode(encode(room.incident)) == room.incident


def test_every_verb_is_decided_somewhere_and_said_by_somebody() -> None:
    assert set(rules.HANDLERS) == set(TAGS.values()) | HOUSE_VERBS
    assert not {tag(one) for one in HOUSE_VERBS} & TAGS.keys()


@pytest.mark.parametrize("name", sorted(TAGS))
def test_a_verb_goes_out_and_comes_back(name: str) -> None:
    kind = TAGS[name]
    given: dict[str, Any] = {"verb": name}
    examples = {
        "to": "SEV1" if name == "set_severity" else "usr_bob", "name": "detected", "n": 3, "minutes": 5,
        "reason": "external" if name == "decline" else "Because", "rule": "commander_is_comms",
        "at": "2026-03-02T10:12:00Z",
    }  # fmt: skip
    for field in msgspec.structs.fields(kind):
        if field.required:
            given[field.encode_name] = examples.get(field.name, "x")
    verb = verb_of(given)
    assert type(verb) is kind
    assert verb_of(msgspec.to_builtins(verb, enc_hook=lambda value: value.format_iso())) == verb


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"verb": "tick"}, "verb"),
        ({"verb": "note_acknowledged", "user_id": "usr_ann"}, "verb"),
        ({"verb": "explode"}, "verb"),
        ({}, "verb"),
        ([], "verb"),
        ({"verb": "set_severity", "to": "SEV9"}, "to"),
        ({"verb": "mitigate", "at": "yesterday"}, "at"),
        ({"verb": "assign_task", "text": "x", "assignee_id": "usr_1", "minutes": "ten"}, "minutes"),
        ({"verb": "assign_task", "text": "x"}, "assignee_id"),
        ({"verb": "note", "text": "x", "when": "2026-03-02T10:12:00Z"}, "when"),
    ],
)
def test_what_is_no_verb_is_refused_at_the_field_that_is_wrong(given: object, field: str | None) -> None:
    with pytest.raises(Invalid) as refused:
        verb_of(given)
    assert refused.value.field == field


def test_an_instant_may_be_given_with_any_offset() -> None:
    verb = verb_of({"verb": "note", "text": "x", "at": "2026-03-02T11:12:00+01:00"})
    assert isinstance(verb, verbs.AddNote)
    assert verb.at == Instant.parse_iso("2026-03-02T10:12:00Z")
