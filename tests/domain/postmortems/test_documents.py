"""A draft from facts, its merge with what people write, timelines, and durations held against the milestones."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from firebell.domain.postmortems import merge, saidtimes, timeline
from firebell.domain.postmortems.draft import Facts, Guess, Measured, Moment, Posted, Spent, draft
from firebell.domain.postmortems.model import Section
from firebell.domain.postmortems.timeline import Covers, Entry
from firebell.kernel.clock import Instant, plus


def at(clock: str) -> Instant:
    return Instant.parse_iso(f"2026-03-02T{clock}:00Z")


FACTS = Facts(
    reference="INC-12",
    title="Checkout errors",
    peak="SEV1",
    severity_s=(("SEV3", 600), ("SEV1", 1800), ("SEV2", 1200)),
    impact="Checkout answered errors",
    mitigation="rollback of deploy 123",
    detected_by="alert",
    moments=(
        Moment(name="impact_started", at=at("10:00")),
        Moment(name="detected", at=at("10:07")),
        Moment(name="mitigated", at=at("10:50")),
        Moment(name="resolved", at=at("11:30")),
        Moment(name="first_public_post", at=None),
    ),
    measures=(
        Measured(name="time_to_detect", seconds=420),
        Measured(name="time_to_mitigate", seconds=3000),
        Measured(name="stage_mitigate", seconds=2460, stage=True),
        Measured(name="time_to_first_post", words="first public post is not known yet"),
    ),
    entries=(Entry(at=at("10:12"), text="The Incident Commander took command.", url="https://x.example.com/1"),),
    updates=(Posted(at=at("10:20"), audience="internal", text="Rolling back.", promise="kept"),),
    changes=(Entry(at=at("09:58"), text="Deploy 123 of checkout"),),
    guesses=(
        Guess(text="The deploy", evidence="graph"),
        Guess(text="DNS", eliminated=True, against="no lookup failed"),
    ),
    components=("Checkout",),
    customers="4 % of orders",
    spent=(Spent(slo="availability", permille=230, bad=120, total=3000),),
    left_open=("Add request log",),
    process=("One promise was late by 301 s",),
)


# ------------------------------------------------------------------ the draft


def test_a_draft_says_what_is_known_and_asks_for_the_rest() -> None:
    document = draft(FACTS)
    assert document.title == "INC-12: Checkout errors"
    assert "SEV3 10 min, SEV1 30 min, SEV2 20 min" in document.text(Section.SUMMARY)
    assert "time to first post not measured (first public post is not known yet)" in document.text(Section.SUMMARY)
    assert "From the stage before: stage mitigate 41 min." in document.text(Section.SUMMARY)
    assert "Visible for: 50 min" in document.text(Section.IMPACT)
    assert "Budget of availability: 23 % spent, 120 of 3000 requests" in document.text(Section.IMPACT)
    assert "DNS (no lookup failed)" in document.text(Section.ROOT_CAUSE)
    assert "Add request log" in document.text(Section.ACTION_ITEMS)
    assert [why.condition for why in document.whys] == ["Checkout answered errors"]
    assert document.text(Section.LESSONS).count("###") == 3


def test_its_timeline_begins_before_the_incident_and_covers_it() -> None:
    text = draft(FACTS).text(Section.TIMELINE)
    entries = timeline.parsed(text)
    assert entries[0].text == "Deploy 123 of checkout"
    assert [one.at for one in entries] == sorted(one.at for one in entries if one.at)
    assert timeline.covered(entries) == frozenset(Covers)
    assert entries[3].url == "https://x.example.com/1"
    assert "Not known: first public post." in text


def test_the_same_facts_give_the_same_draft_and_no_facts_give_one_too() -> None:
    assert draft(FACTS) == draft(FACTS)
    empty = draft(Facts(reference="INC-1", title=""))
    assert set(empty.texts) == set(Section)
    assert "not known yet" in empty.text(Section.IMPACT)


def test_a_drill_says_so() -> None:
    assert draft(replace(FACTS, kind="drill")).text(Section.SUMMARY).startswith("**DRILL**")


# ------------------------------------------------------------------ the merge


def test_an_untouched_section_is_replaced_and_a_touched_one_is_kept() -> None:
    base = merge.base_of("a\nb")
    assert merge.merge("a\nb", base, "a\nc") == merge.Merged(text="a\nc", base=merge.base_of("a\nc"))
    kept = merge.merge("a\nb\nmine", base, "a\nc")
    assert (kept.text, kept.offers, kept.gone, kept.touched) == ("a\nb\nmine", ("c",), ("b",), True)
    assert kept.base == base


def test_what_was_emptied_on_purpose_stays_empty() -> None:
    assert merge.merge("", merge.base_of("a"), "a\nb").text == ""
    assert merge.merge("", None, "a").text == "a"


def test_taken_lines_are_not_offered_again_and_stand_at_their_time() -> None:
    mine = "Times are UTC.\n- 2026-03-02 10:00 UTC: begin\n  more of it\n- 2026-03-02 11:00 UTC: my own words"
    fresh = "- 2026-03-02 10:00 UTC: begin\n- 2026-03-02 10:30 UTC: between"
    base = merge.base_of("- 2026-03-02 10:00 UTC: begin")
    [offer] = merge.merge(mine, base, fresh).offers
    taken = merge.take(mine, (offer,), Section.TIMELINE)
    assert taken.split("\n")[2:4] == ["  more of it", "- 2026-03-02 10:30 UTC: between"]
    assert merge.merge(taken, base, fresh).offers == ()
    assert merge.take("- 2026-03-02 11:00 UTC: x", (offer,), Section.TIMELINE).startswith(offer)


TEXT = st.text(st.sampled_from("ab#- \n`:19U\r\u2028é"), max_size=60)


@settings(max_examples=300, deadline=None)
@given(TEXT, TEXT, TEXT, st.sampled_from(Section))
def test_a_merge_never_loses_a_persons_text(drafted: str, written: str, fresh: str, section: Section) -> None:
    base = merge.base_of(drafted)
    merged = merge.merge(written, base, fresh)
    if merge.is_touched(written, base):
        assert merged.text == written
        taken = merge.take(merged.text, merged.offers, section)
        left = iter(taken.split("\n"))
        assert all(line in left for line in written.split("\n") if line.strip())
        assert merge.merge(taken, merged.base, fresh).offers == ()
    else:
        assert written.strip() == drafted.strip()


# ------------------------------------------------------------------ timelines as people write them


@pytest.mark.parametrize(
    ("line", "expected", "text"),
    [
        ("- 2026-03-02 10:12 UTC: begin", "2026-03-02T10:12:00Z", "begin"),
        ("- 2026-03-02T10:12:30Z begin", "2026-03-02T10:12:30Z", "begin"),
        ("10:12 +02:00 - begin", "2026-03-02T08:12:00Z", "begin"),
        ("[10:12] begin", "2026-03-02T10:12:00Z", "begin"),
        ("**10:12 PST** – begin", "2026-03-02T18:12:00Z", "begin"),
        ("- 10:12 SEV2 declared", "2026-03-02T10:12:00Z", "SEV2 declared"),
        ("12:05 am: begin", "2026-03-02T00:05:00Z", "begin"),
    ],
)
def test_times_are_read_as_people_write_them(line: str, expected: str, text: str) -> None:
    [one] = timeline.parsed(line, at("00:00").to_tz("UTC").date())
    assert one.at == Instant.parse_iso(expected)
    assert one.text == text


@pytest.mark.parametrize("line", ["- 2026-02-30 10:12 UTC: x", "- 10:12 x"])
def test_a_time_that_is_none_is_kept_with_its_problem(line: str) -> None:
    [one] = timeline.parsed(line)
    assert one.at is None
    assert one.problem


@given(
    st.lists(
        st.builds(
            Entry,
            at=st.integers(0, 10**6).map(lambda s: plus(at("10:00"), s)),
            text=st.just("a b"),
            corrected=st.booleans(),
        ),
        max_size=6,
    )
)
def test_written_entries_are_read_back(entries: list[Entry]) -> None:
    assert sorted(timeline.parsed(timeline.written(entries)), key=repr) == sorted(entries, key=repr)


# ------------------------------------------------------------------ said and measured

KNOWN = {"time_to_detect": 420, "time_to_mitigate": 98 * 60, "stage_mitigate": 91 * 60, "time_to_resolve": 7200}


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("The outage lasted 110 min.", ["text says 110 min, milestones give 98"]),
        ("The outage lasted 98 minutes.", []),
        ("The outage lasted 1 h 38 min.", []),
        ("It was mitigated after 91 min.", []),
        ("It was mitigated after 99 min.", []),
        ("It was mitigated after 100 min.", ["text says 100 min, milestones give 98"]),
        ("It was detected after 7 min and resolved after 3 hours.", ["text says 180 min, milestones give 120"]),
        ("The job runs every 30 min.", []),
        ("> the outage lasted 110 min", []),
    ],
)
def test_durations_in_prose_are_held_against_the_milestones(text: str, messages: list[str]) -> None:
    assert [one.message for one in saidtimes.durations(text, KNOWN)] == messages


def test_dates_far_from_the_incident_are_flagged() -> None:
    text = "On 2026-03-02, 2025-03-02, 2026-01-31, 2026-04-01, 2026-04-02 and 2026-02-30."
    found = [text[one.start : one.end] for one in saidtimes.dates(text, at("10:00"), at("11:00"))]
    assert found == ["2025-03-02", "2026-04-02", "2026-02-30"]
