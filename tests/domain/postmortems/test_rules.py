"""Which postmortems must be written, by when, and what may be asked of one in each state."""

from __future__ import annotations

import itertools

import pytest
from msgspec.structs import replace

from firebell.domain.postmortems import rules
from firebell.domain.postmortems.actions import ActionItem, ActionState
from firebell.domain.postmortems.model import Audience, Document, Postmortem, Section, State
from firebell.domain.postmortems.nagging import Nag, late
from firebell.domain.postmortems.office import Calendar
from firebell.domain.postmortems.rules import Circumstances, Policy, Why
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Conflict, Forbidden, Invalid

NOW = Instant.parse_iso("2026-03-05T10:00:00Z")
RESOLVED = Instant.parse_iso("2026-03-02T11:30:00Z")  # a Monday
REASON = "because it is so"


def one(state: State = State.DRAFT, **fields: object) -> Postmortem:
    given = {
        "id": "pst_1", "incident_id": "inc_1", "document": Document(title="Checkout"), "state": state,
        "owner_id": "usr_owner", "resolved_at": RESOLVED, "created_at": RESOLVED,
    }  # fmt: skip
    return Postmortem(**given | fields)  # type: ignore[arg-type]


def say(verb: str, pm: Postmortem) -> Postmortem:
    return {
        "submit": lambda: rules.submit(pm, (), NOW, "usr_a"),
        "request_changes": lambda: rules.request_changes(pm, REASON),
        "approve": lambda: rules.approve(pm, NOW, "usr_b"),
        "publish": lambda: rules.publish(pm, Audience.ORGANISATION, 0, NOW),
        "close": lambda: rules.close(pm, NOW),
        "revise": lambda: rules.revise(pm, REASON),
    }[verb]()


@pytest.mark.parametrize(("state", "verb"), list(itertools.product(State, rules.MOVES)))
def test_every_pair_of_state_and_verb(state: State, verb: str) -> None:
    to = rules.MOVES[verb].get(state)
    if to is None:
        with pytest.raises(Conflict) as refused:
            say(verb, one(state))
        for legal in rules.moves_from(state):
            assert legal in str(refused.value.hint)
    else:
        assert say(verb, one(state)).state is to


def test_eight_pairs_lead_somewhere() -> None:
    assert sum(len(moves) for moves in rules.MOVES.values()) == 8
    assert [section.value for section in Section] == [
        "Summary", "Timeline", "Root cause (5 whys)", "Impact", "Action items", "Lessons learned",
    ]  # fmt: skip


def test_hard_checks_keep_it_out_of_review_unless_waived_with_a_reason() -> None:
    with pytest.raises(Conflict) as refused:
        rules.submit(one(), ("timeline", "factors"), NOW, "usr_a")
    assert "timeline, factors" in refused.value.message
    with pytest.raises(Invalid):
        rules.submit(one(), ("timeline",), NOW, "usr_a", waiver="short")
    waived = rules.submit(one(), ("timeline",), NOW, "usr_a", waiver="the logs are gone for good")
    assert [waiver.reason for waiver in waived.waivers] == ["the logs are gone for good"]


def test_its_owner_does_not_approve_and_no_idea_is_left_undecided() -> None:
    with pytest.raises(Forbidden):
        rules.approve(one(State.IN_REVIEW), NOW, "usr_owner")
    idea = Document(title="x", actions=(ActionItem(id="a1", text="Add a limit"),))
    with pytest.raises(Conflict):
        rules.approve(one(State.IN_REVIEW, document=idea), NOW, "usr_b")


def test_names_block_publishing_and_a_private_incident_needs_its_release() -> None:
    with pytest.raises(Conflict):
        rules.publish(one(State.REVIEWED), Audience.ORGANISATION, 1, NOW)
    private = one(State.REVIEWED, private=True)
    with pytest.raises(Forbidden):
        rules.publish(private, Audience.ORGANISATION, 0, NOW)
    assert rules.publish(private, Audience.MEMBERS, 0, NOW).audience is Audience.MEMBERS
    assert rules.publish(replace(private, released=True), Audience.ORGANISATION, 0, NOW).state is State.PUBLISHED


@pytest.mark.parametrize(
    ("state", "waived", "closes"),
    [
        (ActionState.DONE, "", True),
        (ActionState.DECLINED, "", True),
        (ActionState.COMMITTED, "moved to the next quarter", True),
        (ActionState.COMMITTED, "", False),
    ],
)
def test_it_closes_over_actions_that_are_settled(state: ActionState, waived: str, closes: bool) -> None:
    item = ActionItem(id="a1", text="Add a limit", state=state, waived=waived)
    pm = one(State.PUBLISHED, document=Document(title="x", actions=(item,)))
    if closes:
        assert rules.close(pm, NOW).state is State.CLOSED
    else:
        with pytest.raises(Conflict):
            rules.close(pm, NOW)


def test_a_revision_counts_up_and_says_why() -> None:
    with pytest.raises(Invalid):
        rules.revise(one(State.PUBLISHED), "")
    assert rules.revise(one(State.PUBLISHED, revision=3), REASON).revision == 4


@pytest.mark.parametrize(
    ("state", "revision"),
    [(State.DRAFT, 1), (State.IN_REVIEW, 1), (State.REVIEWED, 1), (State.PUBLISHED, 2), (State.CLOSED, 2)],
)
def test_reopening_the_incident_makes_it_a_draft_again(state: State, revision: int) -> None:
    after = rules.reopened(one(state))
    assert (after.state, after.revision) == (State.DRAFT, revision)


def test_the_incident_goes_on_once_it_is_reviewed() -> None:
    assert [state for state in State if rules.lets_follow_up(state)] == [State.REVIEWED, State.PUBLISHED, State.CLOSED]


# ------------------------------------------------------------------ required


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Circumstances(peak="SEV1"), (Why.SEVERITY,)),
        (Circumstances(peak="SEV2"), (Why.SEVERITY,)),
        (Circumstances(peak="SEV3"), ()),
        (Circumstances(peak="SEV4"), ()),
        (Circumstances(peak="SEV4", data_loss=True), (Why.DATA_LOSS,)),
        (Circumstances(peak="SEV3", budget_permille=200), ()),
        (Circumstances(peak="SEV3", budget_permille=201), (Why.BUDGET,)),
        (Circumstances(peak="SEV3", customers_first=True), (Why.CUSTOMERS_FIRST,)),
        (Circumstances(peak="SEV3", seen_before=True), (Why.SEEN_BEFORE,)),
        (Circumstances(peak="SEV3", asked_for=True), (Why.ASKED_FOR,)),
        (Circumstances(peak="SEV1", kind="drill"), ()),
        (Circumstances(peak="SEV1", kind="test"), ()),
        (Circumstances(peak="SEV1", kind="backfilled"), (Why.SEVERITY,)),
    ],
)
def test_when_one_is_required(facts: Circumstances, expected: tuple[Why, ...]) -> None:
    assert rules.required(facts, Policy()) == expected


def test_every_reason_can_be_switched_off() -> None:
    everything = Circumstances(
        peak="SEV1", data_loss=True, budget_permille=900, customers_first=True, seen_before=True, asked_for=True
    )
    assert set(rules.required(everything, Policy())) == set(Why)
    off = Policy(
        severities=frozenset(), data_loss=False, budget_permille=None, customers_first=False, seen_before=False,
        asked_for=False,
    )  # fmt: skip
    assert rules.required(everything, off) == ()


def test_waiving_a_required_one_needs_the_permission_and_a_reason() -> None:
    with pytest.raises(Forbidden):
        rules.waive_required(REASON, NOW, "usr_a", may=False)
    with pytest.raises(Invalid):
        rules.waive_required("no", NOW, "usr_a", may=True)
    assert rules.waive_required(REASON, NOW, "usr_a", may=True).reason == REASON


# ------------------------------------------------------------------ deadlines


@pytest.mark.parametrize(
    ("peak", "draft", "published", "actions"),
    [
        ("SEV1", "2026-03-05T11:30:00Z", "2026-03-09T11:30:00Z", "2026-03-17T11:30:00Z"),
        ("SEV2", "2026-03-09T11:30:00Z", "2026-03-12T11:30:00Z", "2026-04-01T11:30:00Z"),
        ("SEV3", "2026-03-16T11:30:00Z", "2026-03-22T11:30:00Z", "2026-05-31T11:30:00Z"),
        ("SEV4", "2026-03-16T11:30:00Z", "2026-03-22T11:30:00Z", "2026-05-31T11:30:00Z"),
        ("", "2026-03-09T11:30:00Z", "2026-03-12T11:30:00Z", "2026-04-01T11:30:00Z"),
    ],
)
def test_deadlines_by_severity(peak: str, draft: str, published: str, actions: str) -> None:
    until = rules.deadlines(peak, RESOLVED, Calendar())
    assert (until.draft_at, until.published_at, until.actions_at) == tuple(
        Instant.parse_iso(text) for text in (draft, published, actions)
    )


def test_the_draft_can_be_read_a_day_before_the_meeting_at_sev1_and_sev2() -> None:
    meeting = Instant.parse_iso("2026-03-06T14:00:00Z")
    assert rules.deadlines("SEV2", RESOLVED, Calendar(), meeting).readable_at == Instant.parse_iso(
        "2026-03-05T14:00:00Z"
    )
    assert rules.deadlines("SEV3", RESOLVED, Calendar(), meeting).readable_at is None
    assert rules.deadlines("SEV1", RESOLVED, Calendar()).readable_at is None


def test_business_days_skip_weekends_and_holidays_and_keep_the_local_hour() -> None:
    berlin = Calendar(zone="Europe/Berlin", holidays=frozenset({"2026-04-03", "2026-04-06"}))
    before_easter = Instant.parse_iso("2026-03-27T10:00:00Z")  # 11:00 in winter time
    due = rules.deadlines("SEV2", before_easter, berlin).draft_at
    assert due == Instant.parse_iso("2026-04-07T09:00:00Z")  # 11:00 in summer time


def test_what_is_late_is_said_until_it_is_done() -> None:
    until = rules.deadlines("SEV2", RESOLVED, Calendar(), Instant.parse_iso("2026-03-09T14:00:00Z"))
    assert late(one(owner_id=None), until, RESOLVED) == (Nag.NO_OWNER,)
    much_later = Instant.parse_iso("2026-03-20T10:00:00Z")
    assert late(one(), until, much_later) == (Nag.DRAFT, Nag.NO_MEETING, Nag.READABLE, Nag.PUBLISHED)
    booked = one(State.IN_REVIEW, review_at=NOW)
    assert late(booked, until, much_later) == (Nag.PUBLISHED,)
    assert late(one(State.PUBLISHED, review_at=NOW, published_at=NOW), until, much_later) == ()
