"""Which runbook applies, how a run goes on, when one has gone stale."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from firebell.domain.runbooks import parsing, rules
from firebell.domain.runbooks.model import Helped, Matcher, MatchOp, Run, Runbook, StepState, Subject
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Conflict, Invalid

NOW = Instant.parse_iso("2026-03-02T10:00:00Z")
BODY = "- [ ] look {#look timeout=5m}\n- [ ] act {#act}\n- [ ] look again {#again}"
DAY = 86_400


def book(name: str = "b", **fields: object) -> Runbook:
    given = {
        "id": f"rbk_{name}", "name": name, "title": name, "body": BODY, "created_at": NOW, "edited_at": NOW,
        "edited_by": "usr_a",
    }  # fmt: skip
    return Runbook(**given | fields)  # type: ignore[arg-type]


SUBJECT = Subject(
    title="High latency on checkout", severity="SEV2", service_ids=("svc_1",), labels={"env": "prod", "team": "pay"}
)


@pytest.mark.parametrize(
    ("text", "labels", "expected"),
    [
        ('env="prod"', {"env": "prod"}, True),
        ("env=prod", {"env": "stage"}, False),
        ("env=prod", {}, False),
        ("env!=prod", {"env": "stage"}, True),
        ("env!=prod", {}, True),
        ("env=~prod|stage", {"env": "stage"}, True),
        ("env=~pro", {"env": "prod"}, False),
        ("env=~.*", {}, True),
        ("env!~prod|stage", {"env": "dev"}, True),
        ("env!~prod|stage", {"env": "prod"}, False),
        ("env=", {}, True),
    ],
)
def test_matchers_mean_what_they_mean_in_alertmanager(text: str, labels: dict[str, str], expected: bool) -> None:
    assert rules.holds(rules.read_matcher(text), labels) is expected


@pytest.mark.parametrize("text", ["", "env", "=prod", "a b=c", "env=~("])
def test_what_is_no_matcher_is_refused_with_the_way_to_write_one(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.read_matcher(text)
    assert refused.value.hint


def test_a_hostile_pattern_costs_no_time() -> None:
    matcher = Matcher("env", MatchOp.MATCHES, "(a+)+$")
    assert not rules.holds(matcher, {"env": "a" * 50_000 + "b"})


@pytest.mark.parametrize(
    ("fields", "reasons"),
    [
        ({}, None),
        ({"service_ids": ("svc_1", "svc_2")}, ("its service",)),
        ({"service_ids": ("svc_2",)}, None),
        ({"severities": ("SEV1", "SEV2")}, ("SEV2",)),
        ({"severities": ("SEV1",)}, None),
        ({"title_pattern": "(?i)LATENCY"}, ("the title matches (?i)LATENCY",)),
        ({"title_pattern": "^latency"}, None),
        ({"matchers": (Matcher("env", MatchOp.EQUAL, "prod"),)}, ('env="prod"',)),
        ({"service_ids": ("svc_1",), "matchers": (Matcher("env", MatchOp.EQUAL, "dev"),)}, None),
    ],
)
def test_a_runbook_applies_when_all_it_names_holds(fields: dict[str, object], reasons: tuple[str, ...] | None) -> None:
    assert rules.why(book(**fields), SUBJECT) == reasons


def test_the_one_with_most_conditions_comes_first_then_the_latest_success() -> None:
    general = book("general", service_ids=("svc_1",))
    proven = book("proven", service_ids=("svc_1",), last_success_at=NOW)
    exact = book("exact", service_ids=("svc_1",), severities=("SEV2",))
    other = book("other", service_ids=("svc_9",))
    found = rules.matching([general, other, proven, exact], SUBJECT)
    assert [m.runbook.name for m in found] == ["exact", "proven", "general"]


def begin(at: Instant = NOW) -> Run:
    return rules.begin(
        book(), parsing.parse(BODY), {}, run_id="rrn_1", now=at, by="usr_a", incident_id=None, alert_id=None
    )


def tick(run: Run, step: str, state: StepState = StepState.OK, note: str = "", after_s: int = 60) -> Run:
    return rules.end_step(run, step, state, note=note, by="usr_b", now=plus(NOW, after_s))


def test_a_run_goes_from_step_to_step_and_keeps_the_time_of_each() -> None:
    run = begin()
    assert run.current is not None
    assert run.current.id == "look"
    run = tick(run, "look", after_s=90)
    done, running = run.of("look"), run.of("act")
    assert done is not None
    assert (done.state, done.by, done.ended_at) == (StepState.OK, "usr_b", plus(NOW, 90))
    assert running is not None
    assert (running.state, running.started_at) == (StepState.RUNNING, plus(NOW, 90))


def test_a_step_may_be_done_out_of_order_and_ticked_again() -> None:
    run = tick(begin(), "again", StepState.FAILED)
    assert run.current is not None
    assert run.current.id == "look"
    assert run.failed == 1
    assert tick(run, "again").failed == 0


def test_a_skip_needs_a_reason_and_a_run_that_is_over_takes_nothing() -> None:
    with pytest.raises(Invalid, match="why"):
        tick(begin(), "look", StepState.SKIPPED)
    assert tick(begin(), "look", StepState.SKIPPED, "done before").of("look") is not None
    with pytest.raises(Invalid, match="no step nowhere"):
        tick(begin(), "nowhere")
    over = rules.end(begin(), Helped.YES, "", plus(NOW, 60))
    with pytest.raises(Conflict):
        tick(over, "look")
    assert {p.state for p in over.progress} == {StepState.SKIPPED}


def test_a_time_box_that_ran_out_is_counted() -> None:
    run = begin()
    step, progress = run.steps[0], run.progress[0]
    assert rules.overdue_s(step, progress, plus(NOW, 299)) == 0
    assert rules.overdue_s(step, progress, plus(NOW, 360)) == 60


def test_a_runbook_without_steps_is_not_run() -> None:
    with pytest.raises(Conflict, match="no steps"):
        rules.begin(book(), parsing.parse("words"), {}, run_id="r", now=NOW, by="a", incident_id=None, alert_id=None)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"created_at": plus(NOW, -119 * DAY)}, []),
        ({"created_at": plus(NOW, -121 * DAY)}, ["Never run in 121 days."]),
        ({"created_at": plus(NOW, -300 * DAY), "last_run_at": plus(NOW, -130 * DAY)}, ["Not run for 130 days."]),
        ({"failures_in_a_row": 2}, ["A step failed in each of its last two runs."]),
        ({"body": "- [ ] go [on](#gone)"}, ["“on” leads to #gone, and there is no such step."]),
    ],
)
def test_what_makes_a_runbook_stale_is_said(fields: dict[str, object], expected: list[str]) -> None:
    one = book(**fields)
    assert rules.stale(one, parsing.parse(one.body), NOW) == expected


def test_a_service_changed_since_and_an_owner_who_left_make_it_stale() -> None:
    one = book()
    assert rules.stale(one, parsing.parse(one.body), NOW, services_changed=[plus(NOW, -5)], owner_active=True) == []
    assert rules.stale(one, parsing.parse(one.body), NOW, services_changed=[plus(NOW, 5)], owner_active=False) == [
        "Its service has changed since it was last edited.", "Its owner is no longer active.",
    ]  # fmt: skip


def test_a_run_counts_for_the_runbook() -> None:
    run = begin()
    bad = rules.end(tick(run, "look", StepState.FAILED), Helped.NO, "", NOW)
    twice = rules.counted(rules.counted(book(), bad, NOW), bad, NOW)
    assert (twice.runs, twice.failures_in_a_row, twice.last_success_at) == (2, 2, None)
    good = rules.end(replace(run), Helped.PARTLY, "", NOW)
    mended = rules.counted(twice, good, NOW)
    assert (mended.runs, mended.failures_in_a_row, mended.last_success_at) == (3, 0, NOW)
