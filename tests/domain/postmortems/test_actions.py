"""Action items: promises with an end anybody can see, reminders, the ladder, and the question whether it helped."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from firebell.domain.postmortems import actionlint, actions, nagging
from firebell.domain.postmortems.actionlint import Vague
from firebell.domain.postmortems.actions import ActionItem, ActionState, ActionType, Effect, Proof, Strength
from firebell.domain.postmortems.nagging import Told
from firebell.domain.postmortems.office import Calendar
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Conflict, Forbidden, Invalid

NOW = Instant.parse_iso("2026-03-02T10:00:00Z")
DAY = 86_400
REASON = "because it is so"
CHANGE = Proof(kind="change", ref="https://git.example.com/pull/7")


def item(state: ActionState = ActionState.COMMITTED, **fields: object) -> ActionItem:
    given = {
        "id": "a1", "text": "Reject an empty region list in CI", "type": ActionType.PREVENT, "owner_id": "usr_a",
        "due_at": plus(NOW, 30 * DAY), "state": state,
    }  # fmt: skip
    if state is ActionState.DONE:
        given["done_at"] = NOW
    return ActionItem(**given | fields)  # type: ignore[arg-type]


def say(verb: str, one: ActionItem) -> ActionItem:
    return {
        "commit": lambda: actions.commit(one, NOW),
        "decline": lambda: actions.decline(one, REASON, approved=True),
        "waive": lambda: actions.waive(one, REASON, approved=True),
        "close": lambda: actions.close(one, CHANGE, NOW),
        "reopen": lambda: actions.reopen(one, REASON),
    }[verb]()


@pytest.mark.parametrize(("state", "verb"), list(itertools.product(ActionState, actions.MOVES)))
def test_every_pair_of_state_and_verb(state: ActionState, verb: str) -> None:
    to = actions.MOVES[verb].get(state)
    if to is None:
        with pytest.raises(Conflict):
            say(verb, item(state))
    else:
        assert say(verb, item(state)).state is to


@pytest.mark.parametrize("field", ["owner_id", "due_at", "type"])
def test_a_promise_has_one_owner_a_date_and_a_type(field: str) -> None:
    with pytest.raises(Invalid) as refused:
        actions.commit(item(ActionState.PROPOSED, **{field: None}), NOW)
    assert refused.value.field == field


@pytest.mark.parametrize(("severity", "refused"), [("SEV1", True), ("SEV2", True), ("SEV3", False), ("SEV4", False)])
def test_promises_of_major_incidents_are_taken_back_by_an_approver(severity: str, refused: bool) -> None:
    for verb in (actions.decline, actions.waive):
        if refused:
            with pytest.raises(Forbidden):
                verb(item(severity=severity), REASON, approved=False)
        else:
            verb(item(severity=severity), REASON, approved=False)


def test_an_idea_may_be_declined_by_anybody_who_says_why() -> None:
    assert actions.decline(item(ActionState.PROPOSED), REASON, approved=False).reason == REASON
    with pytest.raises(Invalid):
        actions.decline(item(ActionState.PROPOSED), "no", approved=True)


@pytest.mark.parametrize(
    ("kind", "ref", "closes"),
    [
        ("change", "https://git.example.com/pull/7", True),
        ("test", "ci/1234", True),
        ("alert", "alr_123", True),
        ("drill", "drl_1", True),
        ("change", "it is done", False),
        ("change", "done", False),
        ("word", "https://git.example.com/pull/7", False),
        ("change", "", False),
    ],
)
def test_evidence_closes_and_words_do_not(kind: str, ref: str, closes: bool) -> None:
    if closes:
        assert actions.close(item(), Proof(kind=kind, ref=ref), NOW).state is ActionState.DONE
    else:
        with pytest.raises(Invalid):
            actions.close(item(), Proof(kind=kind, ref=ref), NOW)


@pytest.mark.parametrize(("severity", "days"), [("SEV1", 15), ("SEV2", 30), ("SEV3", 90), ("SEV4", 90), ("", 30)])
def test_due_by_severity_and_later_only_with_a_reason(severity: str, days: int) -> None:
    latest = actions.due_by(severity, NOW)
    assert latest == plus(NOW, days * DAY)
    assert actions.check_due(item(), latest, latest, "").late_reason == ""
    with pytest.raises(Invalid):
        actions.check_due(item(), plus(latest, 1), latest, "later")
    assert actions.check_due(item(), plus(latest, 1), latest, "the part is delivered in May").late_reason


def test_thirty_days_later_somebody_asks_whether_it_helped() -> None:
    done = item(ActionState.DONE)
    at = actions.check_at(done)
    assert at == plus(NOW, 30 * DAY)
    assert actions.checked(done, plus(at, -1), exercised=True) is done
    assert actions.checked(done, at, exercised=True).effect is Effect.EFFECTIVE
    assert actions.checked(done, at).effect is Effect.NOT_EXERCISED
    again = actions.checked(done, plus(NOW, DAY), recurred_in="INC-31")
    assert (again.state, again.effect, again.reopened) == (ActionState.COMMITTED, Effect.RECURRED, 1)
    assert "INC-31" in again.reason
    assert actions.check_at(actions.checked(done, at, exercised=True)) is None


def test_closing_again_after_a_failed_check_asks_again() -> None:
    again = actions.close(actions.reopen(item(ActionState.DONE), REASON), CHANGE, plus(NOW, DAY))
    assert actions.check_at(again) == plus(NOW, 31 * DAY)


# ------------------------------------------------------------------ reminders

DUE = Instant.parse_iso("2026-03-18T10:00:00Z")  # a Wednesday


def test_the_ladder_of_an_action() -> None:
    rungs = list(itertools.islice(nagging.ladder(DUE, Calendar()), 7))
    assert [(rung.day, rung.to, rung.review) for rung in rungs] == [
        (-7, Told.OWNER, False), (-1, Told.OWNER, False), (0, Told.OWNER, False), (7, Told.MANAGER, False),
        (14, Told.TEAM_LEAD, True), (21, Told.TEAM_LEAD, True), (28, Told.TEAM_LEAD, True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("due", "told_at"),
    [
        ("2026-03-18T10:00:00Z", "2026-03-18T10:00:00Z"),
        ("2026-03-18T20:00:00Z", "2026-03-19T09:00:00Z"),
        ("2026-03-18T03:00:00Z", "2026-03-18T09:00:00Z"),
        ("2026-03-20T18:00:00Z", "2026-03-23T09:00:00Z"),
        ("2026-03-21T10:00:00Z", "2026-03-23T09:00:00Z"),
    ],
)
def test_nobody_is_nagged_outside_office_hours(due: str, told_at: str) -> None:
    on_the_day = list(itertools.islice(nagging.ladder(Instant.parse_iso(due), Calendar()), 3))[2]
    assert on_the_day.at == Instant.parse_iso(told_at)


@given(st.integers(0, 60 * DAY), st.integers(0, 8))
def test_rungs_come_in_office_hours_once_and_in_order(after_s: int, told: int) -> None:
    calendar = Calendar(zone="America/New_York", holidays=frozenset({"2026-03-17"}))
    now = plus(DUE, after_s)
    rung = nagging.due_rung(item(due_at=DUE), told, now, calendar)
    if rung is not None:
        assert rung.number > told
        assert calendar.open_at(rung.at)
        assert nagging.due_rung(item(due_at=DUE), rung.number, now, calendar) is None
    upcoming = nagging.next_at(item(due_at=DUE), told, now, calendar)
    assert upcoming is not None
    assert (upcoming <= now) == (rung is not None)


def test_a_worker_that_slept_tells_the_newest_rung_only() -> None:
    rung = nagging.due_rung(item(due_at=DUE), 1, plus(DUE, 15 * DAY), Calendar())
    assert rung is not None
    assert (rung.day, rung.to) == (14, Told.TEAM_LEAD)


@pytest.mark.parametrize("state", [ActionState.PROPOSED, ActionState.DECLINED, ActionState.DONE])
def test_only_promises_are_nagged_about(state: ActionState) -> None:
    assert nagging.due_rung(item(state, due_at=DUE), 0, plus(DUE, 9 * DAY), Calendar()) is None
    assert nagging.next_at(item(state, due_at=DUE), 0, DUE, Calendar()) is None


def test_an_overdue_promise_says_for_how_long() -> None:
    assert actions.overdue_s(item(due_at=DUE), plus(DUE, 60)) == 60


# ------------------------------------------------------------------ what is vague


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Improve monitoring", {Vague.VERB, Vague.END_STATE}),
        ("Look into the retries", {Vague.VERB, Vague.END_STATE}),
        ("Consider a cache", {Vague.VERB, Vague.END_STATE}),
        ("Discuss quotas", {Vague.VERB, Vague.END_STATE}),
        ("Investigate disk growth", {Vague.OUTPUT}),
        ("Investigate disk growth: write-up with three options by 12 May", set()),
        ("Make sure everyone knows the runbook", {Vague.EXHORTATION, Vague.END_STATE}),
        ("Add an alert on replica lag > 30 s for 5 min, tested by pausing replication", set()),
        ("Reject config with an empty region list in CI (test included)", set()),
        ("The thing", {Vague.VERB, Vague.END_STATE}),
        ("", {Vague.VERB, Vague.END_STATE}),
        ("Monitor the monitors", {Vague.END_STATE}),
    ],
)
def test_what_is_vague_is_said(text: str, expected: set[Vague]) -> None:
    found = actionlint.check(ActionItem(id="a", text=text))
    assert {one.what for one in found} == expected
    assert actionlint.verifiable(ActionItem(id="a", text=text)) is not bool(expected)
    for one in found:
        assert one.message.endswith((".", "”."))


def test_an_end_state_makes_an_end() -> None:
    assert actionlint.check(ActionItem(id="a", text="Limit pushes", end_state="one region per push, tested")) == ()


def test_a_foreign_item_is_told_what_it_lacks() -> None:
    lacking = actionlint.contract(ActionItem(id="a", text="Add a limit of 10"))
    assert [one.what for one in lacking] == [Vague.OWNER, Vague.DUE, Vague.TYPE]


@pytest.mark.parametrize(
    ("text", "strength"),
    [
        ("Remove the shared admin account", Strength.ELIMINATE),
        ("Reject config with an empty region list in CI", Strength.GUARD),
        ("Use a dry run by default", Strength.DEFAULT),
        ("Add an alert on replica lag > 30 s", Strength.ALERT),
        ("Add the step to the release checklist", Strength.CHECKLIST),
        ("Document the failover", Strength.DOCUMENTATION),
        ("Train the operators", Strength.TRAINING),
        ("Be more careful", Strength.CARE),
    ],
)
def test_strength_from_eliminating_to_being_careful(text: str, strength: Strength) -> None:
    assert actionlint.strength(ActionItem(id="a", text=text)) is strength


def test_a_list_is_warned_about_as_a_whole() -> None:
    eight = [item(id=f"a{n}", priority="high") for n in range(8)]
    assert [words.split()[0] for words in actionlint.check_list(eight)] == ["8", "All", "All"]
    mixed = [item(id="a1", priority="high"), item(id="a2", type=ActionType.DETECT, priority="low")]
    assert actionlint.check_list(mixed) == ()
    declined = [replace(one, state=ActionState.DECLINED) for one in eight]
    assert actionlint.check_list(declined) == ()
