"""Metrics: the vectors of the specification, and four outcomes, each with its reason."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from firebell.domain.incidents.metrics import (
    Standing,
    Which,
    engaged_s,
    impact_s,
    measures,
)
from firebell.domain.incidents.model import (
    CustomerImpact,
    Engagement,
    Incident,
    Milestone,
    MilestoneName,
    Phase,
    Severity,
    Span,
)
from firebell.domain.incidents.severity import minutes_in_each
from firebell.kernel.clock import Instant

M = MilestoneName
CUMULATIVE = ("time_to_detect", "time_to_ack", "time_to_mitigate", "time_to_resolve")
STAGES = ("stage_detect", "stage_ack", "stage_mitigate", "stage_resolve")
VECTOR = {
    M.IMPACT_STARTED: "10:00", M.DETECTED: "10:07", M.ACKNOWLEDGED: "10:09", M.DECLARED: "10:12",
    M.MITIGATED: "10:50", M.RESOLVED: "11:30",
}  # fmt: skip


def clock(time: str) -> Instant:
    return Instant.parse_iso(f"2026-03-02T{time}:00Z")


def mark(name: MilestoneName, time: str, occurrence: int = 1) -> Milestone:
    return Milestone(
        name=name, occurrence=occurrence, at=clock(time), recorded_at=clock(time), source="hand", by="usr_ann"
    )


def incident(times: dict[MilestoneName, str] | None = None, **more: Any) -> Incident:
    marks = tuple(mark(name, time) for name, time in (VECTOR if times is None else times).items())
    fields = {"milestones": marks, "phase": Phase.RESOLVED} | more
    return Incident(id="inc_1", number=1, title="Checkout", declared_at=clock("10:12"), declared_by="usr_ann", **fields)


def minutes(one: Incident, names: tuple[str, ...]) -> list[int | str]:
    found = measures(one)
    return [
        found[name].seconds // 60 if found[name].seconds is not None else str(found[name].standing)  # type: ignore[operator]
        for name in names
    ]


def test_both_conventions_side_by_side() -> None:
    assert minutes(incident(), CUMULATIVE) == [7, 9, 50, 90]
    assert minutes(incident(), STAGES) == [7, 2, 41, 40]


def test_a_blank_start_makes_what_counts_from_it_invalid_and_leaves_the_other_stages() -> None:
    blank = incident({name: time for name, time in VECTOR.items() if name != M.IMPACT_STARTED})
    assert minutes(blank, CUMULATIVE) == ["invalid"] * 4
    assert minutes(blank, STAGES) == ["invalid", 2, 41, 40]


def test_what_has_not_happened_yet_is_pending() -> None:
    early = incident({M.DETECTED: "10:07", M.DECLARED: "10:12"}, phase=Phase.TRIAGE)
    assert set(minutes(early, CUMULATIVE + STAGES)) == {"pending"}


def test_a_broken_order_makes_the_metrics_that_use_it_invalid_and_no_others() -> None:
    wrong = incident(VECTOR | {M.ACKNOWLEDGED: "10:05"})
    assert minutes(wrong, CUMULATIVE) == ["invalid", "invalid", 50, 90]
    assert minutes(wrong, STAGES) == ["invalid", "invalid", "invalid", 40]


@pytest.mark.parametrize("phase", [Phase.DUPLICATE, Phase.DECLINED])
def test_nothing_applies_to_a_duplicate(phase: Phase) -> None:
    assert {one.standing for one in measures(incident(phase=phase)).values()} == {Standing.NOT_APPLICABLE}


def test_the_first_post_does_not_apply_where_no_customer_was_affected() -> None:
    posted = VECTOR | {M.FIRST_PUBLIC_POST: "10:15"}
    assert measures(incident(posted))["time_to_first_post"].seconds == 900
    inside = incident(posted, customer_impact=CustomerImpact.NO)
    assert measures(inside)["time_to_first_post"].standing is Standing.NOT_APPLICABLE


def test_time_to_command_counts_from_the_declaration() -> None:
    assert measures(incident(VECTOR | {M.COMMANDER_ASSIGNED: "10:14"}))["time_to_command"].seconds == 120


def test_of_what_came_again_the_first_or_the_last_is_asked_for() -> None:
    again = incident(reopened_at=(clock("12:00"),))
    again = replace(again, milestones=(*again.milestones, mark(M.MITIGATED, "12:30", 2), mark(M.RESOLVED, "13:00", 2)))
    assert measures(again)["time_to_resolve"].seconds == 90 * 60
    assert measures(again, Which.LAST)["time_to_resolve"].seconds == 180 * 60
    assert measures(again, Which.LAST)["stage_resolve"].seconds == 30 * 60


def test_minutes_in_each_severity() -> None:
    spans = tuple(
        Span(severity=Severity(severity), from_at=clock(time), by="usr_ann")
        for severity, time in (("SEV3", "10:00"), ("SEV1", "10:10"), ("SEV2", "10:40"))
    )
    one = incident({M.MITIGATED: "11:00"}, spans=spans)
    one = replace(one, declared_at=clock("10:00"))
    assert dict(minutes_in_each(one, clock("12:00"))) == {"SEV3": 10, "SEV1": 30, "SEV2": 20}


# ---- what cannot be true


@pytest.mark.parametrize(
    ("at", "recorded", "why"),
    [
        ("1970-01-01T00:00:00Z", "2026-03-02T10:12:00Z", "impact started is said to be before 1971"),
        ("1969-12-31T23:59:59Z", "2026-03-02T10:12:00Z", "impact started is said to be before 1971"),
        ("2026-03-02T10:02:01Z", "2026-03-02T10:01:00Z", "impact started is later than the moment it was recorded"),
    ],
)
def test_a_time_that_cannot_be_true_is_invalid_with_the_reason(at: str, recorded: str, why: str) -> None:
    one = incident({name: time for name, time in VECTOR.items() if name != M.IMPACT_STARTED})
    wrong = Milestone(
        name=M.IMPACT_STARTED, at=Instant.parse_iso(at), recorded_at=Instant.parse_iso(recorded), source="hand",
        by="usr_ann",
    )  # fmt: skip
    found = measures(replace(one, milestones=(wrong, *one.milestones)))
    assert found["time_to_detect"].standing is Standing.INVALID
    assert found["time_to_detect"].why.startswith(why)
    assert found["stage_ack"].seconds == 120


def test_impact_that_starts_after_the_resolution_is_invalid() -> None:
    late = measures(incident(VECTOR | {M.IMPACT_STARTED: "11:45"}))
    assert [late[name].standing for name in CUMULATIVE] == [Standing.INVALID] * 4
    assert "before impact started" in late["time_to_resolve"].why


# ---- people and impact


def engaged(role: str, since: str, until: str | None) -> Engagement:
    return Engagement(
        role=role, user_id="usr_ann", since_at=clock(since), until_at=clock(until) if until else None, by="usr_ann"
    )


def test_two_roles_at_once_count_once() -> None:
    one = incident(
        engagements=(engaged("commander", "10:00", "11:00"), engaged("scribe", "10:30", "11:30")),
        phase=Phase.RESPONDING,
    )
    assert engaged_s(one, clock("12:00")) == {"usr_ann": 90 * 60}


def test_nobody_is_engaged_after_the_all_clear() -> None:
    one = incident(engagements=(engaged("commander", "10:00", None),), all_clear_at=clock("11:30"))
    assert engaged_s(one, clock("18:00")) == {"usr_ann": 90 * 60}


def test_impact_is_known_or_it_is_not() -> None:
    assert impact_s(incident(), clock("12:00")) == 50 * 60
    assert impact_s(incident({M.MITIGATED: "10:50"}), clock("12:00")) is None
    assert impact_s(incident(VECTOR | {M.MITIGATED: "09:00"}), clock("12:00")) is None
    never_set = replace(mark(M.IMPACT_STARTED, "10:00"), at=Instant.from_timestamp(0))
    assert impact_s(replace(incident({}), milestones=(never_set,)), clock("12:00")) is None
