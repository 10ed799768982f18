"""The whole timeline: two times, stars, corrections, redaction, filters and files, by plain forms."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator

import pytest

from tests.entrypoints.web.visitors import Village, Visitor, village


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with village(tmp_path_factory.mktemp("town")) as made:
        yield made


@pytest.fixture(scope="module")
def ann(town: Village) -> Visitor:
    return town.visitor("ann")


@pytest.fixture(scope="module")
def bob(town: Village) -> Visitor:
    return town.visitor("bob")


@pytest.fixture(scope="module")
def eve(town: Village) -> Visitor:
    return town.visitor("eve")


def declared(who: Visitor, title: str = "Checkout fails", **more: str) -> str:
    seen = who.send("/incidents", title=title, severity="SEV3", **more)
    assert seen.location.startswith("/incidents/inc_"), seen.text
    return seen.location


def noted(who: Visitor, path: str, text: str, **more: str) -> int:
    """The number of the note on the timeline."""
    who.send(f"{path}/note", text=text, **more)
    return number(who, path, text)


def number(who: Visitor, path: str, text: str) -> int:
    rows = json.loads(who.see(f"{path}/timeline.json").html)
    return next(int(row["n"]) for row in reversed(rows) if text in row["text"])


def entry(html: str, n: int) -> str:
    """The HTML of one entry."""
    found = re.search(rf'<li class="[^"]*" id="e{n}">.*?</div></li>', html, re.DOTALL)
    assert found, f"no entry {n}"
    return found[0]


def test_while_at_work_the_newest_is_at_the_bottom_and_in_review_on_top(bob: Visitor) -> None:
    path = declared(bob)
    noted(bob, path, "first word")
    noted(bob, path, "second word")
    text = bob.see(f"{path}/timeline").text
    assert text.index("first word") < text.index("second word")
    assert "Newest at the bottom" in text
    bob.send(f"{path}/decline", reason="false_alarm")
    text = bob.see(f"{path}/timeline").text
    assert text.index("second word") < text.index("first word")
    assert "Newest on top" in text


def test_the_panel_of_the_incident_leads_to_all_of_it(bob: Visitor) -> None:
    path = declared(bob)
    assert f'href="{path}/timeline"' in bob.see(path).html


def test_both_times_are_said_when_they_are_more_than_five_minutes_apart(bob: Visitor) -> None:
    path = declared(bob)
    late = noted(bob, path, "Failover was begun", at="2026-01-05T16:10")
    soon = noted(bob, path, "Failover is over")
    html = bob.see(f"{path}/timeline").html
    assert re.search(r"added \S+.* for .*16:10", entry(html, late))
    assert "added" not in entry(html, soon)
    rows = {row["n"]: row for row in json.loads(bob.see(f"{path}/timeline.json").html)}
    assert rows[late]["event_at"] == "2026-01-05T15:10:00Z"
    assert rows[late]["recorded_at"] > rows[late]["event_at"]


def test_a_star_is_given_and_taken_back_and_can_be_shown_alone(bob: Visitor, eve: Visitor) -> None:
    path = declared(bob)
    keep, other = noted(bob, path, "The pool was full"), noted(bob, path, "Coffee is out")
    seen = bob.send(f"{path}/timeline/{keep}/star", on="true")
    assert "Kept for the postmortem" in seen.text
    assert seen.location.endswith(f"#e{keep}")
    starred = bob.see(f"{path}/timeline?show=starred").html
    assert "The pool was full" in starred
    assert f'id="e{other}"' not in starred
    assert eve.send(f"{path}/timeline/{keep}/star", on="false").status == 403
    assert f"/timeline/{keep}/star" not in eve.see(f"{path}/timeline").html, "who looks on has no buttons"
    bob.send(f"{path}/timeline/{keep}/star", on="false", _show="starred")
    assert "Nothing is starred yet" in bob.see(f"{path}/timeline?show=starred").text


def test_a_correction_strikes_the_old_words_through_and_keeps_them(bob: Visitor) -> None:
    path = declared(bob)
    n = noted(bob, path, "Half of all payments fail")
    asked = bob.see(f"{path}/timeline?entry={n}").html
    assert f'action="{path}/timeline/{n}/correct"' in asked
    refused = bob.send(f"{path}/timeline/{n}/correct", text="A third of payments fail", reason="")
    assert refused.status == 422
    assert "A third of payments fail</textarea>" in refused.html, "what was typed is still there"
    bob.send(f"{path}/timeline/{n}/correct", text="A third of payments fail", reason="misread the graph")
    html = bob.see(f"{path}/timeline").html
    by = number(bob, path, "A third of payments fail")
    assert re.search(r"<s>.*Half of all payments fail.*</s>", entry(html, n))
    assert f'href="#e{by}"' in entry(html, n)
    assert f'href="#e{n}"' in entry(html, by)
    assert "misread the graph" in entry(html, by)


def test_only_whoever_may_destroys_what_an_entry_says(ann: Visitor, bob: Visitor) -> None:
    path = declared(bob)
    n = noted(bob, path, "the key is hunter2")
    assert "/redact" not in bob.see(f"{path}/timeline?entry={n}").html
    assert bob.send(f"{path}/timeline/{n}/redact", why="it is a password").status == 403
    short = ann.send(f"{path}/timeline/{n}/redact", why="oops")
    assert short.status == 422
    assert "ten characters" in short.text
    assert "hunter2" in short.text
    done = ann.send(f"{path}/timeline/{n}/redact", why="it is a password")
    assert "Destroyed" in done.text
    for seen in (done, bob.see(f"{path}/timeline"), bob.see(f"{path}/timeline.json"), bob.see(path)):
        assert "hunter2" not in seen.html
    assert "has been redacted" in entry(bob.see(f"{path}/timeline").html, n)


def test_what_machines_say_is_folded_behind_its_count(bob: Visitor) -> None:
    path = declared(bob)
    n = noted(bob, path, "something to star")
    for on in ("true", "false", "true"):
        bob.send(f"{path}/timeline/{n}/star", on=on)
    assert "3 entries by machines" in bob.see(f"{path}/timeline").text
    assert "entries by machines" not in bob.see(f"{path}/timeline?show=people").text


@pytest.mark.parametrize(
    ("show", "wanted", "unwanted"),
    [
        ("people", "only a note", "Nobody has commanded"),
        ("decisions", "took command", "only a note"),
        ("updates", "Nothing of that kind", "only a note"),
        ("alerts", "Nothing of that kind", "only a note"),
        ("nonsense", "only a note", "Nothing of that kind"),
    ],
)
def test_filters_stand_in_the_address(bob: Visitor, show: str, wanted: str, unwanted: str) -> None:
    path = declared(bob)
    noted(bob, path, "only a note")
    if show == "decisions":
        bob.send(f"{path}/take_command")
    text = bob.see(f"{path}/timeline?show={show}").text
    assert wanted in text
    assert unwanted not in text


def test_more_than_two_hundred_entries_are_read_page_by_page(bob: Visitor) -> None:
    path = declared(bob)
    for n in range(205):
        bob.client.post(f"{path}/note", data={"csrf_token": bob.token, "text": f"word-{n:03}"})
    newest = bob.see(f"{path}/timeline")
    assert "word-204" in newest.text
    assert "word-003" not in newest.text
    older = re.findall(r'href="([^"]*before=\d+)"', newest.html)[0]
    rest = bob.see(older)
    assert "word-003" in rest.text
    assert "word-204" not in rest.text
    both = re.findall(r"word-\d{3}", newest.text) + re.findall(r"word-\d{3}", rest.text)
    assert sorted(both) == [f"word-{n:03}" for n in range(205)], "nothing twice, nothing lost"
    assert "To the newest" in rest.text


def test_a_file_holds_the_same_selection_and_no_formula(bob: Visitor) -> None:
    path = declared(bob)
    noted(bob, path, "=1+1")
    answer = bob.client.get(f"{path}/timeline.csv?show=people")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert rows[-1]["text"].startswith("noted: =1+1")
    assert rows[-1]["who"] == "Bob Okafor"
    assert all(not value.startswith(("=", "+", "@")) for row in rows for value in row.values())


def test_a_private_incident_is_not_there_for_others_and_leaves_in_no_file(bob: Visitor, eve: Visitor) -> None:
    path = declared(bob, "An insider", private="true")
    assert bob.see(f"{path}/timeline").status == 200
    assert f"{path}/timeline.csv" not in bob.see(f"{path}/timeline").html
    assert bob.see(f"{path}/timeline.json").status == 409
    for part in ("timeline", "timeline.csv", "timeline.json"):
        assert eve.see(f"{path}/{part}").status == 404
    assert eve.send(f"{path}/timeline/1/star", on="true").status == 404


def test_the_panel_says_when_it_happened_and_what_was_corrected(bob: Visitor) -> None:
    path = declared(bob)
    n = noted(bob, path, "Failover was begun", at="2026-01-05T16:10")
    bob.send(f"{path}/timeline/{n}/correct", text="Failover was tried", reason="it did not begin")
    html = bob.see(f"{path}?fragment=timeline").html
    assert re.search(r"<s>.*Failover was begun.*</s>", html)
    assert re.search(r"added \S+.* for .*16:10", html)
    assert 'datetime="2026-01-05T15:10:00Z"' in html
