"""The shared templates keep the content policy and stand without a script."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.entrypoints.web.gallery_data import SAMPLE, TEMPLATES, environment, frame

ENV = environment(lambda name: f"/static/{name}")
UI: Any = ENV.globals["ui"]
CAL: Any = ENV.globals["cal"]
VOID = {"meta", "link", "input", "br", "hr", "img"}


class Reader(HTMLParser):
    """Collects what the assertions ask for; raises on a closing tag that closes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1:] == [tag], f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()


def read(template: str, viewer: bool = True) -> Reader:
    reader = Reader()
    reader.feed(ENV.get_template(template).render(page=frame("dark", viewer), g=SAMPLE))
    return reader


GALLERY = read("gallery.html")
ACK = read("gallery_ack.html", viewer=False)
BOTH = pytest.mark.parametrize("page", [GALLERY, ACK], ids=["gallery", "ack"])


@BOTH
def test_every_tag_is_closed(page: Reader) -> None:
    assert page.open == []


@BOTH
def test_no_inline_style_and_no_inline_script(page: Reader) -> None:
    for tag, attrs in page.tags:
        assert tag != "style"
        assert "style" not in attrs
        assert not [name for name in attrs if name.startswith(("on", "hx-on"))]
        if tag == "script":
            assert attrs["src"].startswith("/static/")


@BOTH
def test_ids_are_unique_and_labels_point_somewhere(page: Reader) -> None:
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    for _, attrs in page.tags:
        for name in ("for", "aria-describedby", "aria-labelledby", "popovertarget", "commandfor", "aria-controls"):
            for target in attrs.get(name, "").split():
                assert target in ids, f"{name}={target}"


@BOTH
def test_every_form_that_changes_something_carries_the_token(page: Reader) -> None:
    posts = [attrs for tag, attrs in page.tags if tag == "form" and attrs.get("method") == "post"]
    tokens = [attrs for tag, attrs in page.tags if tag == "input" and attrs.get("name") == "csrf_token"]
    assert posts
    assert len(tokens) == len(posts)


def test_the_theme_is_rendered_by_the_server() -> None:
    assert dict(GALLERY.tags)["html"]["data-theme"] == "dark"


def test_text_from_outside_is_escaped() -> None:
    evil = "<b>"
    for made in (
        UI.snippet("</code><b>"),
        UI.severity(evil),
        UI.state(evil),
        UI.person("<b> x"),
        UI.callout("info", evil, evil),
        UI.field(SAMPLE.fields[0], '"><b>', evil, evil),
        UI.timeline_entry(None, evil, who=evil),
        UI.tag(evil),
    ):
        assert "<b>" not in made.lower()


def test_a_secret_never_comes_back_to_the_page() -> None:
    assert "hunter2" not in UI.field(SAMPLE.fields[1], "hunter2", kept=True)


def test_an_error_is_tied_to_its_input() -> None:
    made = UI.field(SAMPLE.fields[0], "1", "Too short.", "Write it in full.")
    for tie in ('aria-invalid="true"', 'aria-describedby="f-to-error f-to-help"', 'id="f-to-error"'):
        assert tie in made


def test_the_calendar_names_every_gap_in_words() -> None:
    made = CAL.calendar("c", SAMPLE.lanes, "a", "b", SAMPLE.marks, "Rota", "Europe/Berlin")
    assert "1 gap: nobody on call" in made
    assert made.count("Nobody on call, Fri 23 Oct 18:00") >= 3  # lane, list by day, table
    assert "Europe/Berlin" in made


def test_a_calendar_without_gaps_says_so() -> None:
    whole = [lane for lane in SAMPLE.lanes if not any(span.is_gap for span in lane.spans)]
    assert "No gaps" in CAL.calendar("c", whole, "a", "b", SAMPLE.marks, "Rota", "UTC")


def test_only_known_icons_are_asked_for() -> None:
    known = set(re.findall(r'^  "(\w+)": ', (TEMPLATES / "_icons.html").read_text(), re.MULTILINE))
    asked = {
        name
        for file in TEMPLATES.glob("*.html")
        for name in re.findall(r'(?:icon|icon_name)[(=]"(\w+)"', file.read_text())
    }
    assert asked <= known
