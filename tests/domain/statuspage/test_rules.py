"""What follows from what on a status page."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebell.domain.statuspage import rules
from firebell.domain.statuspage.model import (
    Component,
    ComponentStatus,
    Impact,
    PublicIncident,
    PublicStatus,
    PublicUpdate,
    TopLine,
)
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Invalid
from firebell.kernel.ids import ComponentId, StatusPageId

NOW = Instant.parse_iso("2026-03-02T10:12:00Z")
OK, CARE, SLOW, PART, DOWN = ComponentStatus


def component(name: str, status: str = OK, *, within: str = "", group: bool = False, hidden: bool = False) -> Component:
    return Component(
        id=ComponentId(name), code=name, page_id=StatusPageId("p"), group_id=ComponentId(within) if within else None,
        is_group=group, name=name, status=ComponentStatus(status), status_since=NOW, hidden=hidden, created_at=NOW,
        updated_at=NOW,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("statuses", "impact"),
    [
        ([], "none"), ([OK], "none"), ([CARE], "none"), ([OK, SLOW], "minor"), ([SLOW, PART], "major"),
        ([PART, DOWN, OK], "critical"),
    ],
)  # fmt: skip
def test_the_worst_component_makes_the_impact(statuses: list[str], impact: str) -> None:
    assert rules.impact(statuses) == impact


@pytest.mark.parametrize(
    ("statuses", "impacts", "indicator", "words"),
    [
        ([], [], "none", "All Systems Operational"),
        ([OK, OK], [], "none", "All Systems Operational"),
        ([OK], ["none"], "none", "All Systems Operational"),
        ([OK, CARE], [], "maintenance", "Service Under Maintenance"),
        ([CARE, SLOW], [], "minor", "Partially Degraded Service"),
        ([SLOW], [], "minor", "Partially Degraded Service"),
        ([PART, SLOW], [], "major", "Partial System Outage"),
        ([DOWN], [], "critical", "Major System Outage"),
        ([], ["minor"], "minor", "Partially Degraded Service"),
        ([OK], ["none", "major"], "major", "Partial System Outage"),
        ([SLOW], ["critical"], "critical", "Major System Outage"),
        ([CARE], ["minor"], "minor", "Partially Degraded Service"),
    ],
)
def test_the_top_line_is_the_worst_of_states_and_open_impacts(
    statuses: list[str], impacts: list[str], indicator: str, words: str
) -> None:
    assert rules.top_line(statuses, impacts) == TopLine(indicator=indicator, description=words)


@given(st.lists(st.sampled_from(list(ComponentStatus))), st.lists(st.sampled_from(list(Impact))))
def test_nothing_that_gets_worse_makes_the_top_line_better(
    statuses: list[ComponentStatus], impacts: list[Impact]
) -> None:
    order = list(rules.TOP_LINES)
    before = order.index(rules.top_line(statuses, impacts).indicator)
    for more in ComponentStatus:
        assert order.index(rules.top_line([*statuses, more], impacts).indicator) >= before


@pytest.mark.parametrize(
    ("phase", "identified", "published", "status"),
    [
        ("triage", False, False, "investigating"), ("responding", False, False, "investigating"),
        ("responding", True, False, "identified"), ("mitigated", False, False, "monitoring"),
        ("mitigated", True, False, "monitoring"), ("resolved", True, False, "resolved"),
        ("postmortem", True, False, "resolved"), ("closed", True, True, "postmortem"),
        ("mitigated", True, True, "monitoring"),
    ],
)  # fmt: skip
def test_every_phase_has_a_public_status(phase: str, identified: bool, published: bool, status: str) -> None:
    assert rules.status_for(phase, identified=identified, postmortem_published=published) == status


def test_a_group_is_as_bad_as_the_worst_within_it_however_deep() -> None:
    found = rules.with_group_states(
        [
            component("all", group=True), component("cards", group=True, within="all"),
            component("visa", PART, within="cards"), component("bank", SLOW, within="all"),
            component("empty", group=True),
        ]
    )  # fmt: skip
    assert found == {"all": PART, "cards": PART, "visa": PART, "bank": SLOW, "empty": OK}


def test_what_stands_in_a_hidden_group_is_hidden_too() -> None:
    every = [component("g", group=True, hidden=True), component("in", within="g"), component("out")]
    assert [one.id for one in rules.shown(every)] == ["out"]


@given(st.text(min_size=1))
def test_public_ids_are_twelve_characters_of_base36_and_always_the_same(identity: str) -> None:
    identity = identity.encode(errors="ignore").decode()
    code = rules.code_of(identity)
    assert re.fullmatch(r"[0-9a-z]{12}", code)
    assert rules.code_of(identity) == code


def test_public_ids_of_different_things_differ() -> None:
    assert len({rules.code_of(f"cmp_{n}") for n in range(10_000)}) == 10_000


def test_a_group_cannot_stand_in_itself_nor_in_what_stands_in_it() -> None:
    every = [component("a", group=True), component("b", group=True, within="a"), component("leaf")]
    rules.check_group("leaf", "b", every)
    for one, within in (("a", "a"), ("a", "b"), ("leaf", "leaf"), ("leaf", "nowhere")):
        with pytest.raises(Invalid):
            rules.check_group(one, within, every)


def said(*rows: tuple[float, float | None], backfilled: bool = False) -> PublicIncident:
    """An incident whose updates were posted at minutes, each announcing the next within minutes of the start."""
    updates = tuple(
        PublicUpdate(
            id=str(at), code="x", public_incident_id="i", page_id=StatusPageId("p"), status=PublicStatus.INVESTIGATING,
            body="b", event_at=plus(NOW, at * 60), created_at=plus(NOW, at * 60), updated_at=NOW,
            next_update_by=None if by is None else plus(NOW, by * 60),
        )
        for at, by in rows
    )  # fmt: skip
    return PublicIncident(
        id="i", code="i", page_id=StatusPageId("p"), number=1, name="n", status=PublicStatus.INVESTIGATING,
        started_at=NOW, created_at=NOW, updated_at=NOW, updates=updates, backfilled=backfilled,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "now_min", "kept"),
    [
        ([(0, 30), (29, None)], 60, (1, 1)),
        ([(0, 30), (31, None)], 60, (0, 1)),
        ([(0, 30)], 29, (0, 0)),
        ([(0, 30)], 31, (0, 1)),
        ([(0, None), (90, 120), (110, 140), (150, None)], 200, (1, 2)),
    ],
)
def test_a_promise_is_kept_by_the_next_update_in_time(
    rows: list[tuple[float, float | None]], now_min: float, kept: tuple[int, int]
) -> None:
    assert rules.kept([said(*rows)], plus(NOW, now_min * 60)) == kept


def test_incidents_entered_afterwards_promised_nothing() -> None:
    assert rules.kept([said((0, 30), backfilled=True)], plus(NOW, 9999)) == (0, 0)


@pytest.mark.parametrize("wrong", ["", "Acme", "a b", "-a", "a-", "ä", "a/b", "a" * 64, "a.b"])
def test_what_cannot_stand_in_an_address_is_no_slug(wrong: str) -> None:
    with pytest.raises(Invalid):
        rules.slug(wrong)


@pytest.mark.parametrize("wrong", ["https://a.example", "a", "a_b.example", "a.example/x", "1.2.3.4", "a..b.example"])
def test_what_is_no_host_name_is_refused(wrong: str) -> None:
    with pytest.raises(Invalid):
        rules.domain(wrong)


def test_a_host_name_is_kept_in_lower_case() -> None:
    assert rules.domain(" Status.Example.COM. ") == "status.example.com"
    assert rules.domain("  ") is None


@pytest.mark.parametrize("wrong", ["javascript:alert(1)", "ftp://x", "https://a b", 'https://a"b', "x"])
def test_only_web_addresses_are_linked(wrong: str) -> None:
    with pytest.raises(Invalid):
        rules.url(wrong)


def test_every_state_has_a_rank_and_every_impact_a_line() -> None:
    assert list(rules.RANK) == list(ComponentStatus)
    assert set(rules.IMPACTS) == set(Impact) < set(rules.TOP_LINES) | {"none"}
    for one, other in itertools.pairwise(ComponentStatus):
        assert rules.worst([one, other]) == other
