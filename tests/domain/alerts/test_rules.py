"""What signals do to alerts, and which answers an alert accepts: every case, and what holds for all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from firebell.domain.alerts import rules
from firebell.domain.alerts.model import Alert, AlertState, Became, KeyState, Origin, Signal, Status
from firebell.domain.alerts.rules import Answer
from firebell.kernel.clock import Instant, plus

NOW = Instant.parse_iso("2026-01-05T09:00:00Z")
DAY = 86_400
ORIGIN = Origin("int_1", "svc_1", None)


def signal(status: Status = Status.FIRING, summary: str = "disk full", **more: object) -> Signal:
    return Signal(status=status, summary=summary, **more)  # type: ignore[arg-type]


def an_alert(state: str = AlertState.OPEN, **more: object) -> Alert:
    fields: dict[str, object] = {
        "id": "alr_1", "service_id": "svc_1", "team_id": None, "integration_id": "int_1", "dedup_key": "k",
        "severity": "SEV2", "urgency": "high", "summary": "disk full", "opened_at": NOW, "last_seen_at": NOW,
        "state": state,
    }  # fmt: skip
    if state == AlertState.ACKNOWLEDGED:
        fields |= {"acknowledged_at": NOW, "acknowledged_by": "user:usr_1"}
    if state == AlertState.RESOLVED:
        fields |= {"resolved_at": NOW, "resolved_by": "user:usr_1"}
    return Alert(**(fields | more))  # type: ignore[arg-type]


def fold(
    known: KeyState, current: Alert | None, one: Signal, origin: Origin = ORIGIN, now: Instant = NOW
) -> tuple[Became, KeyState, Alert | None]:
    return rules.fold(known, current, one, origin, now, new_id="alr_new", signal_id="sgn_1")


# ---------------------------------------------------------------- verbs

D, AO, AA, AR = Answer.DONE, Answer.ALREADY_OPEN, Answer.ALREADY_ACKNOWLEDGED, Answer.ALREADY_RESOLVED


@pytest.mark.parametrize(
    ("verb", "when_open", "when_acknowledged", "when_resolved"),
    [("acknowledge", D, AA, AR), ("unacknowledge", AO, D, AR), ("escalate", D, D, AR), ("resolve", D, D, AR)],
)
def test_every_verb_in_every_state(
    verb: str, when_open: Answer, when_acknowledged: Answer, when_resolved: Answer
) -> None:
    assert rules.MOVES[verb] == {"open": when_open, "acknowledged": when_acknowledged, "resolved": when_resolved}


def test_every_verb_knows_every_state_and_pages_draw_the_legal_ones() -> None:
    assert all(set(by_state) == set(AlertState) for by_state in rules.MOVES.values())
    assert rules.legal_verbs("open") == ["acknowledge", "escalate", "resolve"]
    assert rules.legal_verbs("acknowledged") == ["unacknowledge", "escalate", "resolve"]
    assert rules.legal_verbs("resolved") == []


VERBS: dict[str, Callable[[Alert], Alert]] = {
    "acknowledge": lambda a: rules.acknowledge(a, plus(NOW, 5), "user:u"),
    "unacknowledge": rules.unacknowledge,
    "resolve": lambda a: rules.resolve(a, plus(NOW, 5), "user:u"),
}
TO = {"acknowledge": "acknowledged", "unacknowledge": "open", "resolve": "resolved"}


@pytest.mark.parametrize(("verb", "state"), list(product(VERBS, AlertState)))
def test_a_verb_moves_the_alert_or_returns_it_untouched(verb: str, state: AlertState) -> None:
    before = an_alert(state)
    after = VERBS[verb](before)
    if rules.MOVES[verb][state] is Answer.DONE:
        assert (after.state, after.version) == (TO[verb], before.version + 1)
    else:
        assert after is before
    assert VERBS[verb](after) is after, "a second time changes nothing"


def test_what_a_verb_leaves_behind() -> None:
    taken = rules.acknowledge(an_alert(), plus(NOW, 5), "user:u")
    assert (taken.acknowledged_at, taken.acknowledged_by) == (plus(NOW, 5), "user:u")
    given_back = rules.unacknowledge(taken)
    assert (given_back.acknowledged_at, given_back.acknowledged_by) == (None, None)
    over = rules.resolve(an_alert(resolve_due_at=NOW), plus(NOW, 9), "user:u")
    assert (over.resolved_at, over.resolved_by, over.resolve_due_at) == (plus(NOW, 9), "user:u", None)


# ---------------------------------------------------------------- fold

KNOWN_OPEN = KeyState(key="int_1|k", open_alert_id="alr_1", last_alert_id="alr_1")
KNOWN_OVER = KeyState(key="int_1|k", last_alert_id="alr_1", resolved_at=NOW)
NEVER = KeyState(key="int_1|k")


@pytest.mark.parametrize(
    ("known", "state", "status", "became", "state_after"),
    [
        (NEVER, None, Status.FIRING, Became.OPENED, "open"),
        (NEVER, None, Status.ACKNOWLEDGED, Became.NOTHING_OPEN, None),
        (NEVER, None, Status.RESOLVED, Became.NOTHING_OPEN, None),
        (KNOWN_OVER, None, Status.FIRING, Became.OPENED, "open"),
        (KNOWN_OVER, None, Status.ACKNOWLEDGED, Became.NOTHING_OPEN, None),
        (KNOWN_OVER, None, Status.RESOLVED, Became.NOTHING_OPEN, None),
        (KNOWN_OPEN, "open", Status.FIRING, Became.REPEATED, "open"),
        (KNOWN_OPEN, "open", Status.ACKNOWLEDGED, Became.ACKNOWLEDGED, "acknowledged"),
        (KNOWN_OPEN, "open", Status.RESOLVED, Became.RESOLVED, "resolved"),
        (KNOWN_OPEN, "acknowledged", Status.FIRING, Became.REPEATED, "acknowledged"),
        (KNOWN_OPEN, "acknowledged", Status.ACKNOWLEDGED, Became.ALREADY_ACKNOWLEDGED, "acknowledged"),
        (KNOWN_OPEN, "acknowledged", Status.RESOLVED, Became.RESOLVED, "resolved"),
    ],
)
def test_every_signal_meets_every_state_of_its_key(
    known: KeyState, state: str | None, status: Status, became: Became, state_after: str | None
) -> None:
    current = None if state is None else an_alert(state)
    what, after_key, alert = fold(known, current, signal(status))
    assert what is became
    assert (alert.state if alert else None) == state_after
    unresolved = alert is not None and alert.unresolved
    assert after_key.open_alert_id == (alert.id if alert is not None and unresolved else None)


def test_a_key_that_fires_again_after_its_resolve_gets_a_new_alert_that_names_the_last() -> None:
    _, known, first = fold(NEVER, None, signal())
    _, known, over = fold(known, first, signal(Status.RESOLVED))
    assert over is not None
    became, known, again = rules.fold(known, None, signal(), ORIGIN, NOW, new_id="alr_2", signal_id=None)
    assert again is not None
    assert (became, again.id, again.previous_alert_id, known.last_alert_id) == ("opened", "alr_2", "alr_new", "alr_2")
    assert over.state == "resolved"


def test_a_repeat_counts_and_takes_over_the_newest_words_and_the_earliest_start() -> None:
    before = an_alert(starts_at=plus(NOW, -60), details="old")
    later = signal(summary="disk fuller", starts_at=plus(NOW, -30))
    _, _, after = fold(KNOWN_OPEN, before, later, now=plus(NOW, 10))
    assert after is not None
    assert (after.count, after.summary, after.details) == (2, "disk fuller", "old")
    assert (after.starts_at, after.last_seen_at, after.opened_at) == (plus(NOW, -60), plus(NOW, 10), NOW)
    _, _, earlier = fold(KNOWN_OPEN, before, signal(starts_at=plus(NOW, -90)))
    assert earlier is not None
    assert earlier.starts_at == plus(NOW, -90)


def test_the_end_of_a_silent_sender_moves_with_every_repeat() -> None:
    origin = replace_origin(resolve_timeout_s=300)
    _, known, opened = fold(NEVER, None, signal(), origin)
    assert opened is not None
    assert opened.resolve_due_at == plus(NOW, 300)
    _, _, again = fold(known, opened, signal(), origin, plus(NOW, 60))
    assert again is not None
    assert again.resolve_due_at == plus(NOW, 360)


def replace_origin(**more: object) -> Origin:
    return Origin("int_1", "svc_1", None, **more)  # type: ignore[arg-type]


# ---------------------------------------------------------------- severity and urgency


@pytest.mark.parametrize(
    ("word", "severity"),
    [("critical", "SEV1"), ("high", "SEV2"), ("warning", "SEV3"), ("info", "SEV4"), (None, "SEV3"), ("bad", "SEV3")],
)
def test_the_senders_word_or_the_services_default(word: str | None, severity: str) -> None:
    assert rules.severity_of(signal(severity=word), ORIGIN) == severity
    assert rules.severity_of(signal(), replace_origin(default_severity="SEV1")) == "SEV1"


@pytest.mark.parametrize(
    ("severity", "urgency"), [("SEV1", "high"), ("SEV2", "high"), ("SEV3", "low"), ("SEV4", "low")]
)
def test_urgency_follows_severity_unless_the_service_says_otherwise(severity: str, urgency: str) -> None:
    assert rules.urgency_of(severity, ORIGIN) == urgency
    assert rules.urgency_of(severity, replace_origin(urgency="high")) == "high"
    assert rules.urgency_of(severity, replace_origin(urgency="low")) == "low"


@pytest.mark.parametrize(
    ("before", "word"), list(product(("SEV1", "SEV2", "SEV3", "SEV4"), ("critical", "info", None)))
)
def test_a_repeat_may_raise_the_severity_and_never_lowers_it(before: str, word: str | None) -> None:
    urgency = rules.urgency_of(before, ORIGIN)
    _, _, after = fold(KNOWN_OPEN, an_alert(severity=before, urgency=urgency), signal(severity=word))
    assert after is not None
    assert after.severity == ("SEV1" if word == "critical" else before)
    assert after.urgency == rules.urgency_of(after.severity, ORIGIN)


# ---------------------------------------------------------------- dedup keys


def test_the_callers_key_comes_first_then_the_labels_then_the_text() -> None:
    labels = {"b": "2", "a": "1"}
    assert rules.dedup_key(signal(dedup_key="mine", labels=labels)) == "mine"
    assert rules.dedup_key(signal(labels=labels)) == hashlib.sha256(b"a=1\x1fb=2").hexdigest()
    text = signal(summary="s", details="d")
    assert rules.dedup_key(text) == hashlib.sha256(b"s\nd").hexdigest()


def test_labels_that_are_ignored_do_not_tell_signals_apart() -> None:
    one, other = signal(labels={"a": "1", "pod": "x"}), signal(labels={"pod": "y", "a": "1"})
    assert rules.dedup_key(one, frozenset({"pod"})) == rules.dedup_key(other, frozenset({"pod"}))
    assert rules.dedup_key(one) != rules.dedup_key(other)


def test_when_all_labels_are_ignored_the_text_tells_signals_apart() -> None:
    one = signal(summary="disk full", labels={"pod": "x"})
    other = signal(summary="no memory", labels={"pod": "x"})
    assert rules.dedup_key(one, frozenset({"pod"})) != rules.dedup_key(other, frozenset({"pod"}))


def test_a_key_over_512_characters_becomes_its_hash() -> None:
    assert rules.dedup_key(signal(dedup_key="k" * 512)) == "k" * 512
    assert rules.dedup_key(signal(dedup_key="k" * 513)) == hashlib.sha256(b"k" * 513).hexdigest()


# ---------------------------------------------------------------- late and re-ordered triggers


@pytest.mark.parametrize(
    ("fired", "resolved", "stale"),
    [
        (-120, -60, True),
        (-60, -120, False),
        (-60, -60, False),
        (-DAY, -60, True),
        (-DAY - 1, -60, False),
        (DAY - 1, DAY, True),
        (DAY, DAY + 1, False),
        (None, -60, False),
        (-120, None, False),
        (None, None, False),
    ],
)
def test_a_trigger_is_stale_when_both_stamps_are_near_and_it_is_the_earlier(
    fired: int | None, resolved: int | None, stale: bool
) -> None:
    known = KeyState(key="int_1|k", resolve_stamp=None if resolved is None else plus(NOW, resolved))
    one = signal(starts_at=None if fired is None else plus(NOW, fired))
    assert rules.is_stale_trigger(known, one, NOW) is stale
    assert (fold(known, None, one)[0] is Became.STALE_TRIGGER) is stale


def test_a_late_trigger_opens_nothing_even_if_its_resolve_came_first_and_for_an_unknown_key() -> None:
    _, known, _ = fold(NEVER, None, signal(Status.RESOLVED, ends_at=plus(NOW, -60)))
    became, _, alert = fold(known, None, signal(starts_at=plus(NOW, -120)))
    assert (became, alert) == (Became.STALE_TRIGGER, None)


def test_a_resolve_without_a_stamp_keeps_no_later_trigger_out() -> None:
    """Its sender's clock may be behind ours, and then the next trigger is stamped before the resolve arrived."""
    _, known, opened = fold(NEVER, None, signal(starts_at=plus(NOW, -10)))
    _, known, _ = fold(known, opened, signal(Status.RESOLVED), now=plus(NOW, 5))
    became, _, _ = fold(known, None, signal(starts_at=plus(NOW, 1)), now=plus(NOW, 11))
    assert became is Became.OPENED


def test_an_older_resolve_does_not_move_the_stamp_back() -> None:
    _, known, _ = fold(NEVER, None, signal(Status.RESOLVED, ends_at=plus(NOW, -60)))
    _, after, _ = fold(known, None, signal(Status.RESOLVED, ends_at=plus(NOW, -600)))
    assert after.resolve_stamp == plus(NOW, -60)


def test_repeats_are_journalled_at_powers_of_two() -> None:
    assert [n for n in range(2, 70) if rules.worth_a_fact(n)] == [2, 4, 8, 16, 32, 64]


# ---------------------------------------------------------------- whatever comes

stamps = st.none() | st.integers(-2 * DAY, 2 * DAY).map(lambda s: plus(NOW, s))
signals = st.builds(
    Signal, status=st.sampled_from(Status), summary=st.text(max_size=5), starts_at=stamps, ends_at=stamps,
    severity=st.sampled_from(["critical", "high", "warning", "info", None, "?"]),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.tuples(signals, st.integers(0, DAY)), max_size=40))
def test_whatever_arrives_nothing_rises_from_the_dead_and_counts_only_grow(story: list[tuple[Signal, int]]) -> None:
    known, now = NEVER, NOW
    current: Alert | None = None
    closed: set[str] = set()
    count = 0
    for number, (one, later) in enumerate(story):
        now = plus(now, later)
        before = current
        became, known, after = rules.fold(
            known, current, one, ORIGIN, now, new_id=f"alr_{number}", signal_id=None
        )  # fmt: skip
        assert after is None or after.id not in closed
        if before is not None and after is not None and after.id == before.id:
            assert after.count == before.count + (became is Became.REPEATED)
            assert after.severity <= before.severity
            assert after.opened_at == before.opened_at
        if became is Became.OPENED:
            count += 1
            assert before is None
            assert after is not None
            assert (after.previous_alert_id is not None) == (count > 1)
        if one.status is not Status.FIRING and before is None:
            assert after is None
        if after is not None and not after.unresolved:
            closed.add(after.id)
            after = None
        current = after if after is not None else current if became is Became.NOTHING_OPEN else None
        assert known.open_alert_id == (current.id if current else None)


@given(st.sampled_from(AlertState), st.lists(st.sampled_from(sorted(VERBS)), max_size=12))
def test_a_resolved_alert_stays_resolved_whatever_is_asked_of_it(state: AlertState, verbs: list[str]) -> None:
    alert = an_alert(state)
    for verb in verbs:
        was = alert
        alert = VERBS[verb](alert)
        assert alert.version in (was.version, was.version + 1)
        if was.state == "resolved":
            assert alert is was
    assert replace(alert) == alert
