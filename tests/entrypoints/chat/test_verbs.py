"""The grammar of chat: every verb as people type it, and what they are told when it cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import Remedy, Severity, TaskKind
from firebell.entrypoints.chat.verbs import (
    USAGE,
    Accept,
    Act,
    Approve,
    Call,
    Declare,
    Draft,
    Help,
    Release,
    Status,
    Wanted,
    last_time,
    parse,
)
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Invalid, Refused

HALF_PAST = Instant.parse_iso("2026-03-02T10:31:00Z")
NOW = Instant.parse_iso("2026-03-02T10:40:00Z")
PEOPLE = {"@ann": "usr_ann", "<@U1|bob>": "usr_bob", "@cleo": "usr_cleo"}


def say(text: str, *, zone: str = "UTC", now: Instant = NOW) -> Wanted:
    return parse(text, find=PEOPLE.get, now=now, zone=zone)


def verb_of(text: str, **given: object) -> verbs.Verb:
    wanted = say(text, **given)  # type: ignore[arg-type]
    assert isinstance(wanted, Act)
    assert wanted.said
    return wanted.verb


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", Status()),
        ("status", Status()),
        ("help", Help()),
        ("?", Help()),
        ("declare checkout is down", Declare("checkout is down", None)),
        ("declare SEV1 checkout is down", Declare("checkout is down", Severity.SEV1)),
        ("DECLARE sev-2 slow", Declare("slow", Severity.SEV2)),
        ("declare 2 of 3 replicas lost", Declare("2 of 3 replicas lost", None)),
        ("accept", Accept()),
        ("approve", Approve()),
        ("update", Draft("internal", "")),
        ("update still looking", Draft("internal", "still looking")),
        ("post We are aware.", Draft("public", "We are aware.")),
        ("page @ann <@U1|bob> need the database", Call(("usr_ann", "usr_bob"), (), "need the database")),
        ("page payments the queue is stuck", Call((), ("team:payments",), "the queue is stuck")),
        ("page schedule:db-primary failover", Call((), ("schedule:db-primary",), "failover")),
        ("page @ann team:payments both of you", Call(("usr_ann",), ("team:payments",), "both of you")),
        ("release", Release(())),
        ("release @ann @cleo", Release(("usr_ann", "usr_cleo"))),
    ],
)
def test_what_is_no_single_verb(text: str, wanted: Wanted) -> None:
    assert say(text) == wanted


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("take", verbs.TakeCommand()),
        ("offer @ann I have to leave", verbs.OfferCommand(to="usr_ann", note="I have to leave")),
        ("offer <@U1|bob>", verbs.OfferCommand(to="usr_bob")),
        ("decline in a meeting", verbs.DeclineCommand(offer="", reason="in a meeting")),
        ("withdraw", verbs.WithdrawOffer(offer="")),
        ("sev 1", verbs.SetSeverity(to=Severity.SEV1)),
        ("severity SEV3 only one region left", verbs.SetSeverity(to=Severity.SEV3, reason="only one region left")),
        ("role comms @cleo", verbs.AssignRole(role="comms", user_id="usr_cleo")),
        ("task @ann 15m roll back", verbs.AssignTask(text="roll back", assignee_id="usr_ann", minutes=15)),
        ("task @ann roll back", verbs.AssignTask(text="roll back", assignee_id="usr_ann", minutes=10)),
        (
            "task @ann 5min coordinate: call the provider",
            verbs.AssignTask(
                text="call the provider", assignee_id="usr_ann", minutes=5, kind=TaskKind.COORDINATION
            ),
        ),
        ("ack", verbs.AcknowledgeTask()),
        ("done", verbs.FinishTask()),
        ("done rolled back to 41", verbs.FinishTask(outcome="rolled back to 41")),
        ("decide fail over to west", verbs.ProposeDecision(proposal="fail over to west")),
        ("object west is full", verbs.Object(decision="", text="west is full")),
        ("adopt", verbs.Adopt(decision="")),
        ("sizeup the queue grows", verbs.AddSizeUp(wrong="the queue grows")),
        ("hypothesis a bad deploy", verbs.SuggestHypothesis(text="a bad deploy")),
        ("mitigated", verbs.Mitigate()),
        ("mitigated rollback", verbs.Mitigate(remedy=Remedy.ROLLBACK)),
        (
            "mitigated 10:30 workaround cache off",
            verbs.Mitigate(
                at=Instant.parse_iso("2026-03-02T10:30:00Z"), remedy=Remedy.WORKAROUND, note="cache off"
            ),
        ),
        ("resolve all is well, no data lost", verbs.Resolve(all_clear="all is well, no data lost")),
        ("clear all is well", verbs.Resolve(all_clear="all is well")),
        ("reopen it is back", verbs.Reopen(reason="it is back")),
        ("note at 10:31 restarted db-1", verbs.AddNote(text="restarted db-1", at=HALF_PAST)),
        ("note restarted db-1", verbs.AddNote(text="restarted db-1")),
    ],
)  # fmt: skip
def test_a_line_is_the_verb_the_page_s_button_would_send(text: str, verb: verbs.Verb) -> None:
    assert verb_of(text) == verb


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dance", "“dance” is not something I can do."),
        ("declare", "Say what is wrong."),
        ("declare SEV1", "Say what is wrong."),
        ("sev", "Say which severity."),
        ("sev 9", "“9” is no severity."),
        ("offer", "Say who."),
        ("offer @nobody", "I do not know @nobody."),
        ("role commander @ann", "Command is taken or offered, not given: say “take” or “offer @person”."),
        ("task @ann", "Say what to do."),
        ("task ann roll back", "I do not know ann."),
        ("page", "Say whom to page."),
        ("page @ann", "Say why they are needed."),
        ("mitigated 25:00", "25:00 is no time of day."),
        ("release bob", "I do not know bob."),
    ],
)
def test_a_line_that_cannot_be_read_is_answered_with_the_way_to_say_it(text: str, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        say(text)
    assert refused.value.message == message
    assert refused.value.hint


@pytest.mark.parametrize(
    ("now", "zone", "clock", "expected"),
    [
        ("2026-03-02T10:40:00Z", "UTC", (10, 31), "2026-03-02T10:31:00Z"),
        ("2026-03-02T10:40:00Z", "Europe/Berlin", (11, 31), "2026-03-02T10:31:00Z"),
        ("2026-03-02T00:05:00Z", "UTC", (23, 58), "2026-03-01T23:58:00Z"),
        # 25 October 2026: 02:30 comes twice in Berlin, at 00:30 UTC and at 01:30 UTC.
        ("2026-10-25T01:45:00Z", "Europe/Berlin", (2, 30), "2026-10-25T01:30:00Z"),
        ("2026-10-25T00:45:00Z", "Europe/Berlin", (2, 30), "2026-10-25T00:30:00Z"),
    ],
)
def test_a_time_of_day_is_the_last_time_the_speaker_s_clock_showed_it(
    now: str, zone: str, clock: tuple[int, int], expected: str
) -> None:
    assert last_time(*clock, Instant.parse_iso(now), zone) == Instant.parse_iso(expected)


@given(st.text(max_size=80) | st.builds(" ".join, st.lists(st.sampled_from([*USAGE, "@ann", "10m", "SEV1", "x"]))))
def test_any_line_is_understood_or_refused_with_a_hint(text: str) -> None:
    try:
        say(text)
    except Refused as refused:
        assert refused.hint  # noqa: PT017 - most lines are refused, and each must help
