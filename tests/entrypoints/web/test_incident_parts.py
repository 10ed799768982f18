"""The page of an incident, drawn from incidents made by hand: what it says to whom, and that it is sound HTML."""

from __future__ import annotations

import re
from dataclasses import replace

import msgspec
import pytest

from firebell.domain.incidents import model as m
from firebell.domain.incidents.model import Severity
from firebell.entrypoints.web.incident_page import LOOKING_ON
from firebell.entrypoints.web.render import of_this_process
from tests.entrypoints.web.incident_samples import ANN, BOB, CYD, EVE, SAMPLES, ago, drawn, refused, sample
from tests.entrypoints.web.test_templates import Reader

PAGES = pytest.mark.parametrize("which", sorted(SAMPLES))


def read(which: str, **more: object) -> Reader:
    reader = Reader()
    reader.feed(drawn(of_this_process(), sample(which, **more)))
    return reader


def text(which: str, **more: object) -> str:
    """The words of the page, as somebody reads them."""
    bare = re.sub(
        r"<(script|style).*?</\1>|<[^>]+>", " ", drawn(of_this_process(), sample(which, **more)), flags=re.DOTALL
    )
    return " ".join(bare.split())


@PAGES
def test_every_tag_is_closed_and_nothing_is_inline(which: str) -> None:
    page = read(which)
    assert page.open == []
    for _, attrs in page.tags:
        assert "style" not in attrs
        assert not [name for name in attrs if name.startswith("on")]


@PAGES
def test_ids_are_unique_and_everything_that_points_points_somewhere(which: str) -> None:
    page = read(which)
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert sorted(ids) == sorted(set(ids))
    for _, attrs in page.tags:
        for name in ("for", "aria-describedby", "aria-labelledby", "list"):
            for target in attrs.get(name, "").split():
                assert target in ids, f"{name}={target}"


@PAGES
def test_every_form_carries_the_token_and_goes_to_a_verb_of_this_incident(which: str) -> None:
    posts = [a["action"] for tag, a in read(which).tags if tag == "form" and a.get("method") == "post"]
    own = [action for action in posts if action.startswith(f"/incidents/{SAMPLES[which].id}/")]
    assert own
    tokens = [a for tag, a in read(which).tags if tag == "input" and a.get("name") == "csrf_token"]
    assert len(tokens) == len(posts)


@PAGES
def test_a_button_is_drawn_only_for_what_is_legal(which: str) -> None:
    bare = sample(which)
    legal = bare.around.legal | {"page_people", "page_role"}
    legal |= {"mitigate_and_resolve"} if "mitigate" in legal else set()
    for tag, attrs in read(which).tags:
        if tag == "form" and attrs.get("action", "").startswith(bare.href + "/"):
            assert attrs["action"].rpartition("/")[2] in legal


def test_the_commander_reads_their_duties_and_what_is_next() -> None:
    said = text("responding")
    assert "You are Incident Commander : your duties" in said
    assert "Never: Reads graphs or logs, runs fixes, writes updates." in said
    assert "1 task not taken: ask, or give it to somebody else" in said


def test_whoever_has_a_task_reads_it_first_and_takes_it_with_one_button() -> None:
    said = text("responding", me=CYD)
    assert (
        "Find out whether orders were charged twice Your task from Ann Lindqvist, time box: 2:00 over I have it" in said
    )
    assert "your duties" in said
    assert "Next for you as commander" not in said


def test_nobody_in_command_is_said_in_the_header_with_the_time_that_has_passed() -> None:
    page = drawn(of_this_process(), sample("triage"))
    clock = page.partition('class="commandless sev1"')[2].partition("</a>")[0]
    assert re.search(r'<time class="count"[^>]*data-count="up"[^>]*>4:00</time>', clock)
    assert "Nobody is in command" in page
    assert "counts as SEV2" in page


def test_how_long_there_is_to_answer_counts_down_and_a_miss_stays_visible() -> None:
    around = replace(sample("triage").around, answer_by=ago(-3))
    assert "Answer within 3:00" in text("triage", around=around)
    missed = msgspec.structs.replace(SAMPLES["triage"], response_missed=Severity.SEV2)
    assert "Not answered within 15 min" in text("triage", i=missed)


def test_after_four_hours_in_command_the_page_says_to_hand_over() -> None:
    held = m.Engagement(role="commander", user_id=ANN, since_at=ago(241))
    tired = msgspec.structs.replace(SAMPLES["responding"], engagements=(held,))
    assert "Four hours in command: hand over to somebody rested" in text("responding", i=tired)


def test_at_sev4_it_is_said_quietly() -> None:
    quiet = msgspec.structs.replace(SAMPLES["triage"], severity=Severity.SEV4)
    assert 'class="commandless sev-none"' in drawn(of_this_process(), sample("triage", i=quiet))


def test_an_offer_is_read_as_a_brief_and_ticked_before_it_is_accepted() -> None:
    said = text("offered")
    assert "Ann Lindqvist offers you command" in said
    assert "Ruled out" in said or "ruled out" in said
    box = next(a for tag, a in read("offered").tags if a.get("name") == "brief_read")
    assert "required" in box
    assert "I have read the brief" not in text("offered", me=BOB), "only whom it was offered to accepts"


def test_the_stability_window_counts_down_and_says_what_is_still_to_come() -> None:
    said = text("mitigated")
    assert "Stability window: 18:00 left." in said
    assert "Still to come before it is resolved Criterion: error ratio under 0.1 % for 30 min" in said


def test_what_was_ruled_out_and_what_was_skipped_stays_readable() -> None:
    assert "the provider is down ruled out by Dot Ray: their status page is green" in text("responding")
    assert "The stability window was skipped by Ann Lindqvist: the region is gone" in text("resolved")


def test_both_times_of_a_milestone_are_shown_and_a_broken_order_is_said() -> None:
    said = text("responding")
    assert "Detected 11:07" in said
    assert "Before the impact started." in said
    assert "said Mon 2 Mar, 11:02 CET by Ann Lindqvist" in said, "the correction keeps what was said before"


def test_a_refused_form_comes_back_open_with_its_words_and_the_reason() -> None:
    given = refused("assign_task", "", "One person must not do both.", "Ask Bob.", text="reboot db-1", minutes="7")
    page = drawn(of_this_process(), sample("responding", **given))
    assert 'value="reboot db-1"' in page
    assert page.count("One person must not do both.") == 2, "above, and at the form"
    form = page[page.index("/assign_task") - 400 : page.index("/assign_task")]
    assert '<details class="act" open>' in form


def test_a_reader_who_may_only_look_can_ask_object_note_and_raise() -> None:
    around = replace(sample("responding").around, legal=LOOKING_ON)
    page = read("responding", me=EVE, responds=False, around=around)
    forms = {a["action"].rpartition("/")[2] for tag, a in page.tags if tag == "form" and "inc_" in a.get("action", "")}
    assert forms == LOOKING_ON


def test_a_private_drill_says_so_and_by_which_name_to_speak_of_it() -> None:
    said = text("private")
    assert "DRILL" in said
    assert "say “amber walrus”" in said
