"""The ladder as people live through it: empty steps, gaps, severities, edits in the middle, a worker that slept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from firebell.domain.alerts.model import AlertKind
from firebell.domain.escalation import commands as escalation
from firebell.domain.escalation import store as escalation_rows
from firebell.domain.escalation.model import Climb, Step, Target, TargetKind, Wait
from firebell.domain.oncall import commands as oncall
from firebell.domain.people import commands as people
from firebell.domain.people import methods
from firebell.domain.people.queries import person
from firebell.kernel.clock import plus
from firebell.kernel.ids import UserId
from firebell.kernel.work import Work
from firebell.workflows import escalation_due, laws, page_tried
from tests.story import Story
from tests.workflows.cast import alone, data, ladder_of_three, minutes, run_of, weekly, without_watchmen


def gap_alert(story: Story) -> str:
    """The id of the one alert about a hole in the coverage."""
    (found,) = story.house.runner.read(lambda read: read.all(text("SELECT id FROM alerts WHERE kind = 'coverage_gap'")))
    story.alert_ids["gap"] = found.id
    return str(found.id)


def office(*names: str) -> dict[str, object]:
    """A layer on duty from 12:00 to 18:00 every day only."""
    return weekly(*names, restrictions=[{"days": "mon-sun", "from": "12:00", "to": "18:00"}])


def test_a_step_that_reaches_nobody_costs_no_time_and_says_why(story: Story) -> None:
    without_watchmen(story)
    story.person("ben")
    story.person("cat")
    story.schedule("noon", layers=[office("cat")])
    story.policy("p", ("noon", 300), ("ben", 600), fallback=("cat",), repeat=1)
    story.service("checkout", policy="p")
    story.receive("disk full")
    assert story.paged() == ["ben"]
    (empty,) = data(story, "escalation.step_empty")
    assert (empty["step"], empty["loop"], empty["reasons"]) == (0, 0, ["gap: noon"])
    story.run_for(minutes=10)
    assert minutes(story) == [("ben", 0), ("ben", 10)]
    assert [e["loop"] for e in data(story, "escalation.step_empty")] == [0, 1]


@pytest.mark.parametrize(
    ("what", "reason"),
    [("deleted", "deleted: ben"), ("deactivated", "disabled_user: ben"), ("unverified", "no_verified_method: ben"),
     ("switched off", "no_verified_method: ben"), ("without a method", "no_verified_method: ben")],
)  # fmt: skip
def test_a_person_who_cannot_be_paged_is_named_and_the_next_is_paged_at_once(
    story: Story, what: str, reason: str
) -> None:
    without_watchmen(story)
    story.person("cat")
    channels = () if what == "without a method" else ("ntfy",)
    ben = story.person("ben", channels=channels, verified=what != "unverified")

    def change(work: Work) -> None:
        if what == "deleted":
            people.delete_user(work, ben)
        elif what == "deactivated":
            people.deactivate_user(work, ben)
        elif what == "switched off":
            (method,) = person(work, ben).methods  # type: ignore[union-attr]
            methods.disable_method(work, method.id)

    story.policy("p", ("ben", 300), ("cat", 600), fallback=("cat",), repeat=0)
    story.service("checkout", policy="p")
    story.run(change)
    story.receive("disk full")
    assert story.paged() == ["cat"]
    assert data(story, "escalation.step_empty")[0]["reasons"] == [reason]


def test_nobody_at_all_the_fallback_is_paged_and_the_hole_is_an_alert_of_its_own_to_the_owners(story: Story) -> None:
    without_watchmen(story)
    for name in ("cat", "dan", "olga"):
        story.person(name)
    story.team("payments", members=("cat",), managers=("olga",))
    story.schedule("noon", layers=[office("cat")])
    story.policy("p", ("noon", 600), fallback=("dan",), repeat=2, team="payments")
    story.service("checkout", policy="p", team="payments")
    story.receive("disk full")
    assert sorted(story.paged()) == ["dan", "olga"]
    assert story.alert("disk full").state == "open"
    gap_alert(story)
    gap = story.alert("gap")
    assert (gap.kind, gap.urgency, gap.team_id) == (AlertKind.COVERAGE_GAP, "high", story.team_ids["payments"])
    assert "p reaches nobody" in gap.summary
    assert "escalation.coverage_gap" in story.facts("disk full")
    story.run_for(minutes=60)
    assert story.breaches() == []


def test_when_the_gap_ends_the_ladder_is_climbed_anew_and_finds_who_is_on_call(tell: Callable[..., Story]) -> None:
    story = without_watchmen(tell(start="2026-01-05T11:55:00Z"))
    for name in ("cat", "dan"):
        story.person(name)
    story.schedule("noon", layers=[office("cat")])
    story.policy("p", ("noon", 600), fallback=("dan",), repeat=2)
    story.service("checkout", policy="p")
    story.receive("disk full")
    assert story.paged() == ["dan"]
    story.run_for(minutes=10)
    assert minutes(story, "2026-01-05T11:55:00Z") == [("dan", 0), ("cat", 10)]


def test_a_gap_that_lasts_pages_the_fallback_once_per_pass_and_then_rests_as_a_fault(story: Story) -> None:
    without_watchmen(story)
    for name in ("cat", "dan"):
        story.person(name)
    story.schedule("noon", layers=[office("cat")])
    story.policy("p", ("noon", 600), fallback=("dan",), repeat=2)
    story.service("checkout", policy="p")
    story.receive("disk full")
    story.run_for(minutes=100)
    mine = [at for who, at in minutes(story) if who == "dan"]
    assert mine == [0, 10, 20]
    assert run_of(story, "disk full").state == "exhausted"
    assert "escalation.exhausted" in story.facts("disk full")


def test_a_gap_of_a_ladder_that_is_climbed_once_is_reported_too(story: Story) -> None:
    without_watchmen(story)
    for name in ("cat", "dan"):
        story.person(name)
    story.schedule("noon", layers=[office("cat")])
    story.policy("p", ("noon", 600), fallback=("dan",), repeat=0)
    story.service("checkout", policy="p")
    story.receive("disk full")
    assert story.paged() == ["dan"]
    assert "escalation.coverage_gap" in story.facts("disk full")
    gap_alert(story)


def test_a_service_without_a_policy_pages_the_installations_fallback_and_reports_the_hole(story: Story) -> None:
    without_watchmen(story)
    dan = story.person("dan")
    story.run(lambda work: escalation.set_fallback(work, [Target(TargetKind.USER, dan)]))
    story.service("checkout")
    story.receive("disk full")
    assert story.paged()[0] == "dan"
    gap_alert(story)
    assert "no policy reaches nobody" in story.alert("gap").summary


def test_a_hole_under_the_hole_raises_no_third_alert(story: Story) -> None:
    without_watchmen(story)
    story.person("cat", verified=False)
    story.policy("p", ("cat", 600), fallback=("cat",), repeat=1)
    story.service("checkout", policy="p")
    story.receive("disk full")
    story.run_for(hours=4)
    kinds = story.house.runner.read(lambda read: [r.kind for r in read.all(text("SELECT kind FROM alerts"))])
    assert sorted(kinds) == ["coverage_gap", "signal"]
    assert story.paged() == []
    assert "escalation.fallback_paged" in story.facts("disk full")


def test_the_wait_depends_on_the_severity_and_a_rise_brings_the_next_step_nearer(story: Story) -> None:
    without_watchmen(story)
    for name in ("ann", "ben"):
        story.person(name)
    story.policy("p", ("ann", {"SEV1": 120, "SEV2": 300, "default": 900}), ("ben", 600), fallback=("ben",))
    story.service("checkout", policy="p")
    story.receive("one", severity="critical")
    story.run_for(seconds=121)
    assert minutes(story) == [("ann", 0), ("ben", 2)]
    story.acknowledge("ann", "one")
    begin = story.clock.now()
    story.receive("two", severity="high")
    story.run_for(seconds=60)
    assert data(story, "alert.severity_changed", "two") == []
    story.receive("two", severity="critical")
    assert data(story, "alert.severity_changed", "two") == [{"before": "SEV2", "after": "SEV1"}]
    assert run_of(story, "two").due_at == plus(begin, 120)
    story.receive("two", severity="info")
    assert story.alert("two").severity == "SEV1"
    assert run_of(story, "two").due_at == plus(begin, 120)


def test_low_urgency_pages_the_first_step_and_rests_until_it_turns_grave(story: Story) -> None:
    ladder_of_three(story, severity="SEV4")
    story.receive("slow", severity="warning")
    story.run_for(hours=3)
    assert story.paged() == ["primary"]
    assert story.breaches() == []
    story.receive("slow", severity="critical")
    assert story.paged() == ["primary", "secondary"]


def test_an_acknowledged_warning_that_turns_critical_is_watched_from_then_on(story: Story) -> None:
    ladder_of_three(story, severity="SEV4")
    story.receive("slow", severity="warning")
    story.acknowledge("primary")
    assert run_of(story).due_at is None
    story.run_for(hours=1)
    story.receive("slow", severity="critical")
    assert run_of(story).due_at == plus(story.clock.now(), 1800)
    assert story.paged() == ["primary"]


def test_an_acknowledgement_runs_out_and_the_acker_and_whoever_is_on_call_are_paged(story: Story) -> None:
    ladder_of_three(story)
    story.receive("disk full")
    story.run_for(minutes=6)
    assert story.acknowledge("secondary") == "done"
    story.run_for(minutes=29)
    assert story.paged() == ["primary", "secondary"]
    story.run_for(minutes=2)
    assert story.paged()[:2] == ["primary", "secondary"]
    assert sorted(story.paged()[2:]) == ["primary", "secondary"]
    assert story.alert().state == "open"
    assert data(story, "escalation.ack_expired")[0]["acker_id"] == story.users["secondary"]
    assert data(story, "alert.unacknowledged") == [{"reason": "the acknowledgement expired"}]


def test_steps_are_frozen_when_the_run_starts_and_people_are_looked_up_when_a_step_is_entered(story: Story) -> None:
    ladder_of_three(story, repeat=0)
    story.person("late")
    story.receive("disk full")
    one = Climb((Step((Target(TargetKind.USER, story.users["late"]),), Wait(60)),), (story.target("lead"),), 0)
    story.run(lambda work: escalation.edit_policy(work, story.policies["ladder"], climb=one))
    story.run(lambda work: people.delete_user(work, story.users["secondary"]))
    story.run_for(minutes=30)
    assert minutes(story) == [("primary", 0), ("lead", 5), ("lead", 15)]
    story.receive("another")
    assert story.paged()[-1] == "late"


def test_a_cover_made_in_the_middle_holds_for_the_next_pass(story: Story) -> None:
    ladder_of_three(story)
    story.receive("disk full")
    now = story.clock.now()
    story.run(
        lambda work: oncall.add_override(
            work, story.schedules["first"], "replace", UserId(story.users["primary"]), plus(now, 60), plus(now, 86400),
            by_user_id=UserId(story.users["lead"]),
        )
    )  # fmt: skip
    story.run_for(minutes=31)
    assert story.paged() == ["primary", "secondary", "lead", "lead", "secondary"]
    assert "override" in data(story, "page.started")[3]["why"]


def test_a_worker_that_slept_six_hours_takes_one_step_and_says_how_late_it_is(story: Story) -> None:
    ladder_of_three(story)
    story.receive("disk full")
    story.clock.advance(6 * 3600)
    story.settle()
    assert minutes(story) == [("primary", 0), ("secondary", 360)]
    assert data(story, "escalation.step_entered")[-1]["late_s"] == 6 * 3600 - 300
    assert "delayed 355 min" in data(story, "page.started")[-1]["why"]
    story.run_for(minutes=9, seconds=59)
    assert len(story.paged()) == 2
    story.run_for(seconds=2)
    assert story.paged()[2:] == ["lead"]


def poison(story: Story, what: str) -> str:
    """Make every step of this alert's run raise, as a row nobody can read would."""
    run = run_of(story, what)
    story.run(
        lambda work: work.write(text("UPDATE runs SET own_climb = '{\"steps\": 7}' WHERE id = :id"), {"id": run.id})
    )
    return run.id


def test_a_poisoned_run_neither_holds_the_others_nor_is_it_forgotten(story: Story) -> None:
    ladder_of_three(story)
    story.run(lambda work: escalation.set_fallback(work, [story.target("primary")]))
    story.receive("poison", key="poison")
    story.receive("healthy", key="healthy")
    poison(story, "poison")
    story.run_for(minutes=5, seconds=1)
    assert story.paged()[-1] == "secondary"
    story.run_for(minutes=2)
    run = run_of(story, "poison")
    assert (run.state, run.failures) == ("exhausted", 3)
    assert data(story, "escalation.fallback_paged", "poison")[0]["people"] == [story.users["primary"]]
    assert minutes(story)[-1] == ("primary", 5.17)
    story.run_for(minutes=20)
    assert "lead" in story.paged()
    assert story.breaches() == []


def test_failures_of_long_ago_do_not_count(story: Story) -> None:
    ladder_of_three(story)
    story.receive("disk full")
    run = run_of(story)
    story.run(lambda work: escalation_rows.save(work, replace(run, failures=2)))
    story.run_for(minutes=6)
    assert run_of(story).failures == 0


def test_a_double_tick_and_a_tick_too_early_do_nothing(story: Story) -> None:
    ladder_of_three(story)
    story.receive("disk full")
    alert = story.alert()
    pair = (alert.run_id or "", alert.id)
    before = run_of(story)
    assert story.run(lambda work: escalation_due.climb_all(work, [pair])) is False
    assert run_of(story) == before
    assert story.paged() == ["primary"]


def test_a_test_page_that_is_not_answered_wakes_nobody_else(story: Story) -> None:
    alone(story)
    dan = story.person("dan")
    story.run(lambda work: escalation.set_fallback(work, [Target(TargetKind.USER, dan)]))
    made = story.run(lambda work: page_tried.page_myself(work, story.users["ann"]), story.actor("ann"))
    story.alert_ids["test"] = made.id
    story.settle()
    story.run_for(hours=1)
    assert story.paged() == ["ann"]
    assert story.breaches() == []


def test_the_laws_notice_a_row_that_was_tampered_with(story: Story) -> None:
    ladder_of_three(story)
    story.receive("disk full")
    assert story.breaches() == []
    run = run_of(story)
    story.run(lambda work: work.write(text("UPDATE runs SET due_at = NULL WHERE id = :id"), {"id": run.id}))
    assert [b.law for b in story.breaches()] == ["open_alerts_lead_somewhere"]
    story.run(lambda work: work.write(text("UPDATE runs SET due_at = 1 WHERE id = :id"), {"id": run.id}))
    assert laws.Breach("no_step_is_overdue", (run.id,)) in story.breaches()
    story.run(lambda work: work.write(text("UPDATE runs SET due_at = NULL, state = 'ended'")))
    story.run(lambda work: work.write(text("UPDATE alerts SET state = 'acknowledged'")))
    assert [b.law for b in story.breaches()] == ["acknowledged_alerts_are_watched"]
    story.run(lambda work: work.write(text("UPDATE pages SET due_at = 1")))
    story.run(lambda work: work.write(text("UPDATE deliveries SET state = 'queued', due_at = 1")))
    assert {b.law for b in story.breaches()} >= {"no_page_is_overdue", "no_message_is_overdue"}
