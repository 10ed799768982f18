"""Which method a page uses, after how long, and why a person cannot be reached."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebell.domain.people import rules
from firebell.domain.people.model import (
    ContactMethod,
    DisabledReason,
    Hours,
    NotificationRule,
    Person,
    Unreachable,
    Urgency,
    User,
)
from firebell.kernel.actor import Role
from firebell.kernel.clock import Instant, plus, seconds_between
from firebell.kernel.errors import Invalid
from firebell.kernel.ids import MethodId, RuleId, UserId

NOW = Instant.parse_iso("2026-01-05T09:00:00Z")  # a Monday
ANN = User(UserId("usr_ann"), "ann", "Ann", None, "UTC", Role.RESPONDER, True, None, NOW)


def method(name: str, channel: str = "email", *, verified: bool = True, disabled: bool = False) -> ContactMethod:
    return ContactMethod(
        MethodId(f"mth_{name}"), ANN.id, name, channel, {"to": name}, "…", NOW,
        verified_at=NOW if verified else None, disabled_at=NOW if disabled else None,
    )  # fmt: skip


def rule(
    use: str, delay_s: int = 0, urgency: Urgency = Urgency.HIGH, hours: tuple[Hours, ...] = ()
) -> NotificationRule:
    return NotificationRule(RuleId(f"rul_{use}_{delay_s}"), ANN.id, urgency, MethodId(f"mth_{use}"), delay_s, hours)


def used(plan: rules.Plan) -> list[tuple[str, int]]:
    return [(step.method.name, step.delay_s) for step in plan.steps]


PUSH, MAIL, CALL = method("push", "ntfy"), method("mail"), method("call", "voice")
WORKDAYS = Hours(frozenset({1, 2, 3, 4, 5}), 9 * 60, 17 * 60)


def test_rules_are_followed_in_order_of_delay_for_their_urgency_only() -> None:
    person = Person(ANN, (PUSH, MAIL), (rule("mail", 120), rule("push", 0), rule("mail", 0, Urgency.LOW)))
    assert used(rules.plan(person, Urgency.HIGH, NOW)) == [("push", 0), ("mail", 120)]
    assert used(rules.plan(person, "low", NOW)) == [("mail", 0)]


def test_without_a_rule_everything_verified_goes_at_once_and_voice_after_two_minutes() -> None:
    person = Person(ANN, (CALL, PUSH, MAIL, method("new", verified=False), method("old", disabled=True)))
    plan = rules.plan(person, Urgency.HIGH, NOW)
    assert used(plan) == [("push", 0), ("mail", 0), ("call", 120)]
    assert plan.chosen is rules.Chosen.NO_RULE_AT_THIS_HOUR
    assert {step.rule_id for step in plan.steps} == {None}


def test_a_rule_whose_method_cannot_be_used_does_not_keep_the_default_set_away() -> None:
    off = replace(PUSH, disabled_at=NOW)
    assert used(rules.plan(Person(ANN, (off, MAIL), (rule("push"),)), Urgency.HIGH, NOW)) == [("mail", 0)]


def test_a_rule_outside_its_hours_gives_way_to_the_default_set() -> None:
    person = Person(ANN, (PUSH, MAIL), (rule("mail", hours=(WORKDAYS,)),))
    at_work, at_night = NOW, Instant.parse_iso("2026-01-05T03:00:00Z")
    assert rules.plan(person, Urgency.HIGH, at_work).chosen is rules.Chosen.RULES
    assert used(rules.plan(person, Urgency.HIGH, at_night)) == [("push", 0), ("mail", 0)]


def test_hours_are_judged_at_the_moment_the_rule_would_fire() -> None:
    person = Person(ANN, (PUSH, MAIL), (rule("push"), rule("mail", 600, hours=(WORKDAYS,))))
    assert used(rules.plan(person, Urgency.HIGH, Instant.parse_iso("2026-01-05T16:55:00Z"))) == [("push", 0)]
    early = Instant.parse_iso("2026-01-05T08:55:00Z")
    assert used(rules.plan(person, Urgency.HIGH, early)) == [("push", 0), ("mail", 600)]


@pytest.mark.parametrize(
    ("at", "zone", "inside"),
    [
        ("2026-01-05T08:00:00Z", "Europe/Berlin", True),  # 09:00
        ("2026-01-05T07:59:59Z", "Europe/Berlin", False),
        ("2026-01-05T16:00:00Z", "Europe/Berlin", False),  # 17:00 is outside
        ("2026-07-06T07:00:00Z", "Europe/Berlin", True),  # summer time
        ("2026-07-06T15:00:00Z", "Europe/Berlin", False),
        ("2026-01-04T23:30:00Z", "Asia/Tokyo", False),  # Monday 08:30 there
        ("2026-01-05T00:30:00Z", "Asia/Tokyo", True),
        ("2026-01-10T10:00:00Z", "UTC", False),  # Saturday
    ],
)
def test_a_weekly_window_is_read_on_the_persons_own_clock(at: str, zone: str, inside: bool) -> None:
    assert rules.within((WORKDAYS,), Instant.parse_iso(at), zone) is inside


@pytest.mark.parametrize(
    ("at", "inside"),
    [
        ("2026-01-09T21:59:00Z", False),
        ("2026-01-09T22:00:00Z", True),  # Friday evening
        ("2026-01-10T05:59:00Z", True),  # its Saturday morning
        ("2026-01-10T06:00:00Z", False),
        ("2026-01-10T22:30:00Z", False),  # Saturday evening starts none
        ("2026-01-09T05:00:00Z", False),  # Thursday night was none
    ],
)
def test_a_window_past_midnight_belongs_to_the_day_it_starts_on(at: str, inside: bool) -> None:
    assert rules.within((Hours(frozenset({5}), 22 * 60, 6 * 60),), Instant.parse_iso(at), "UTC") is inside


def test_a_sunday_night_window_runs_into_monday() -> None:
    sunday = (Hours(frozenset({7}), 22 * 60, 6 * 60),)
    assert rules.within(sunday, Instant.parse_iso("2026-01-05T05:00:00Z"), "UTC")


def test_equal_ends_are_the_whole_day() -> None:
    assert rules.within((Hours(frozenset({1}), 0, 0),), Instant.parse_iso("2026-01-05T23:59:00Z"), "UTC")
    assert not rules.within((Hours(frozenset({1}), 0, 0),), Instant.parse_iso("2026-01-06T00:00:00Z"), "UTC")


def test_a_zone_that_has_gone_missing_does_not_stop_a_page() -> None:
    assert rules.within((WORKDAYS,), NOW, "Atlantis/Capital")


@pytest.mark.parametrize(
    ("person", "away", "reason"),
    [
        (None, False, Unreachable.DELETED),
        (Person(replace(ANN, deleted_at=NOW), (MAIL,)), False, Unreachable.DELETED),
        (Person(replace(ANN, active=False), (MAIL,)), False, Unreachable.DISABLED_USER),
        (Person(ANN, (MAIL,)), True, Unreachable.AWAY),
        (Person(ANN), False, Unreachable.NO_VERIFIED_METHOD),
        (Person(ANN, (method("new", verified=False),)), False, Unreachable.NO_VERIFIED_METHOD),
        (Person(ANN, (method("old", disabled=True),)), False, Unreachable.NO_VERIFIED_METHOD),
        (Person(ANN, (MAIL,)), False, None),
        (Person(ANN, (MAIL,), (rule("mail", hours=(Hours(frozenset({7}), 0, 1),)),)), False, None),
    ],
)
def test_every_reason_for_not_reaching_somebody_has_a_name(
    person: Person | None, away: bool, reason: Unreachable | None
) -> None:
    assert rules.reachable(person, away=away) is reason


# ---------------------------------------------------------------- ticks

delays = st.lists(st.integers(0, 600), min_size=1, max_size=8, unique=True)
gaps = st.lists(st.integers(1, 400), min_size=1, max_size=12)


@given(delays, gaps)
def test_no_rule_fires_early_or_twice_and_every_one_fires_by_the_tick_that_passes_it(
    wanted: list[int], pauses: list[int]
) -> None:
    names = [f"m{i}" for i in range(len(wanted))]
    person = Person(ANN, tuple(method(n) for n in names), tuple(rule(n, d) for n, d in zip(names, wanted, strict=True)))
    fired: list[tuple[int, float]] = []
    covered, now = None, NOW
    for pause_s in pauses:
        steps = rules.due(person, Urgency.HIGH, NOW, covered, now).steps
        fired.extend((step.delay_s, seconds_between(NOW, now)) for step in steps)
        covered, now = now, plus(now, pause_s)
    assert covered is not None
    assert all(delay_s <= at_s for delay_s, at_s in fired)
    assert sorted(delay_s for delay_s, _ in fired) == sorted(d for d in wanted if d <= seconds_between(NOW, covered))


@given(delays, st.integers(0, 700))
def test_the_next_tick_is_asked_for_when_something_is_due_and_not_before(wanted: list[int], covered_s: int) -> None:
    person = Person(ANN, (PUSH,), tuple(rule("push", d) for d in wanted))
    covered = plus(NOW, covered_s)
    at = rules.next_due_at(person, Urgency.HIGH, NOW, covered)
    if at is None:
        assert max(wanted) <= covered_s
    else:
        assert rules.due(person, Urgency.HIGH, NOW, covered, at).steps
        assert not rules.due(person, Urgency.HIGH, NOW, covered, plus(at, -0.001)).steps


def test_a_rule_added_mid_page_with_a_past_delay_is_skipped_and_one_still_ahead_fires() -> None:
    person = Person(ANN, (PUSH, MAIL), (rule("push"), rule("mail", 60), rule("mail", 300)))
    tick = rules.due(person, Urgency.HIGH, NOW, plus(NOW, 100), plus(NOW, 300))
    assert used(tick) == [("mail", 300)]


def test_a_tick_that_slept_through_several_sends_one_message_per_destination() -> None:
    twin = replace(MAIL, id=MethodId("mth_twin"), name="twin")
    person = Person(ANN, (PUSH, MAIL, twin), (rule("push"), rule("mail", 60), rule("twin", 70), rule("mail", 120)))
    assert used(rules.due(person, Urgency.HIGH, NOW, None, plus(NOW, 500))) == [("push", 0), ("mail", 60)]


# ---------------------------------------------------------------- failures and fields


@pytest.mark.parametrize(
    ("errors", "outcome"),
    [
        ("P", (1, None)),
        ("PP", (2, None)),
        ("PPP", (3, DisabledReason.PERMANENT_FAILURES)),
        ("PPT", (2, None)),
        ("PTPTP", (3, DisabledReason.PERMANENT_FAILURES)),
        ("TTTTT", (0, None)),
    ],
)
def test_three_permanent_errors_in_a_row_disable_a_method(
    errors: str, outcome: tuple[int, DisabledReason | None]
) -> None:
    seen: tuple[int, DisabledReason | None] = (0, None)
    for error in errors:
        seen = rules.failed(replace(MAIL, failing=seen[0]), permanent=error == "P")
    assert seen == outcome


windows = st.builds(Hours, st.frozensets(st.integers(1, 7), min_size=1), st.integers(0, 1439), st.integers(0, 1439))


@given(st.lists(windows, max_size=5))
def test_hours_written_down_and_read_again_are_the_same(week: list[Hours]) -> None:
    assert rules.hours(rules.hours_document(week)) == tuple(week)


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"days": [], "from": "09:00", "to": "17:00"}, "hours[0].days"),
        ({"days": ["someday"], "from": "09:00", "to": "17:00"}, "hours[0].days"),
        ({"days": [0], "from": "09:00", "to": "17:00"}, "hours[0].days"),
        ({"days": ["mon"], "from": "9", "to": "17:00"}, "hours[0].from"),
        ({"days": ["mon"], "from": "09:00"}, "hours[0].to"),
        ({"days": ["mon"], "from": "09:00", "to": "17:00\n"}, "hours[0].to"),
    ],
)
def test_a_window_that_makes_no_sense_is_refused_by_field(document: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.hours([document])
    assert refused.value.field == field


@pytest.mark.parametrize("name", ["ann", "primary-a", "a", "a.b_c-9", "0x"])
def test_names_that_fit_a_file(name: str) -> None:
    assert rules.slug(name) == name


@pytest.mark.parametrize("name", ["", "Ann", "-a", "a-", "a b", "a@b", "a\n", "ä", "a" * 64])
def test_names_that_do_not(name: str) -> None:
    with pytest.raises(Invalid):
        rules.slug(name)


@pytest.mark.parametrize(
    "address", ["a", "a@", "@b", "a@b@c", "a b@c", "a@b\r\nBcc: c@d", "a@b,c@d", "<a@b>", "a@" + "b" * 190]
)
def test_addresses_that_could_break_a_mail_header_are_refused(address: str) -> None:
    with pytest.raises(Invalid):
        rules.email(address)


def test_an_unknown_zone_is_refused() -> None:
    assert rules.time_zone("Europe/Berlin", NOW) == "Europe/Berlin"
    for zone in ("Mars/Base", "../etc", ""):
        with pytest.raises(Invalid):
            rules.time_zone(zone, NOW)
