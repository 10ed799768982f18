"""What leaves the house: every form says what it is, names nobody, and is nothing but data."""

from __future__ import annotations

import io
import json
from html.parser import HTMLParser

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from pypdf import PdfReader

from firebell.domain.postmortems import import_markdown, slides
from firebell.domain.postmortems.model import Document, Section
from firebell.entrypoints.documents import press
from firebell.entrypoints.documents.blocks import blocks_of, spans_of, words_of
from firebell.entrypoints.documents.boards import boards, fitted
from firebell.entrypoints.documents.exports import Export, Format, made
from firebell.entrypoints.documents.sheet import sheet
from firebell.kernel.errors import Invalid
from tests.entrypoints.documents.sample import HOSTILE, NAMES, TEXTS, WHOLE, at, hostile, outgoing

STAMP = "Revision 3 · 2026-03-05 09:30 UTC · organisation"


def words(export: Export) -> str:
    """All that somebody reads in an export, blanks and breaks as single blanks."""
    if export.media_type == "application/pdf":
        pages = PdfReader(io.BytesIO(export.body)).pages
        found = "\n".join(page.extract_text() for page in pages)
    elif export.media_type.startswith("text/html"):
        found = Seen.of(export).text
    else:
        found = export.body.decode()
    return " ".join(found.replace("\u200b", "").split())


class Seen(HTMLParser):
    """The tags, attributes and texts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self._silent = False

    @classmethod
    def of(cls, export: Export) -> Seen:
        found = cls()
        found.feed(export.body.decode())
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self._silent = tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        self.text += "" if self._silent else f"{data} "


# ------------------------------------------------------------------ what every export says


@pytest.mark.parametrize("form", Format)
def test_every_export_states_revision_time_and_audience_and_names_nobody(form: Format) -> None:
    export = made(outgoing(drill=True), form)
    said = words(export)
    if form is Format.JSON:
        read = json.loads(export.body)
        assert (read["revision"], read["exported_at"], read["audience"], read["drill"]) == (
            3, "2026-03-05T09:30:00Z", "organisation", True,
        )  # fmt: skip
    else:
        assert STAMP in said
        assert "DRILL" in said
    # Markdown comes back as the same document: it keeps the opaque id of an owner.
    hidden = said.replace("usr_maria", "") if form is Format.MARKDOWN else said
    for name in NAMES:
        assert name not in hidden, name
    assert export.filename.startswith("INC-12-postmortem-r3")


@pytest.mark.parametrize("form", [Format.HTML, Format.PDF, Format.JSON])
def test_a_document_holds_all_six_sections_and_what_stands_in_them(form: Format) -> None:
    said = words(made(outgoing(), form))
    places = (
        [said.index(f"{number} {one.value}") for number, one in enumerate(Section, 1)] if form is Format.PDF else []
    )
    assert places == sorted(places)
    assert all(section.value in said for section in Section)
    for part in (
        "No limit per push", "review", "Reject an empty list in CI", "2026-03-17", "on-call engineer", "12 010",
        "The on-call engineer rolled back after responder", "regions = []", "It was not a Friday.", "23.4 %", "98 min",
        "config rollout", "Too dear.",
    ):  # fmt: skip
        assert part in said, part
    if form is not Format.JSON:
        assert "is that so?" not in said


def test_the_names_are_there_only_while_there_is_no_role_map() -> None:
    assert "Maria Rossi" in words(made(outgoing(named=True), Format.HTML))


_NAMED = st.lists(
    st.one_of(
        st.sampled_from(
            ["Maria Rossi", "Maria", "@maria", "Will Stone", "Lindy", "maria@example.com", "June Okafor", "ben.ho"]
        ),
        st.sampled_from(["**", "_", "> ", "\n", "\n- ", "\n# ", " and ", "; ", "| a |", "<!-- ", " -->", ": ", "~~"]),
    ),
    max_size=8,
).map(" ".join)


@settings(max_examples=40, deadline=None)
@given(_NAMED)
def test_no_name_leaves_by_any_way(text: str) -> None:
    """HTML and PDF are drawn from the sheet and the boards, so that these stand for them."""
    named = Document(
        title=text, texts={Section.SUMMARY: f"{text}\n\n- 2026-03-02 10:00 UTC: {text}", Section.IMPACT: text},
        whys=(replace(WHOLE.whys[0], condition=text, reason=text),), detected_by=text,
        factors=(replace(WHOLE.factors[0], text=text, mechanism=text),),
        actions=(replace(WHOLE.actions[0], text=text, end_state=text, reason=text),),
    )  # fmt: skip
    out = outgoing(named)
    said = [
        json.dumps(msgspec.to_builtins(sheet(out)), ensure_ascii=False), made(out, Format.JSON).body.decode(),
        json.dumps(msgspec.to_builtins(boards(out)), ensure_ascii=False), made(out, Format.MARKDOWN).body.decode(),
    ]  # fmt: skip
    for name in ("Maria", "Rossi", "Stone", "Lindy", "Okafor", "ben.ho"):
        assert [one for one in said if name in one] == [], name


def test_markdown_comes_back_as_the_same_document() -> None:
    export = made(outgoing(named=True), Format.MARKDOWN)
    assert import_markdown.read(export.body.decode()).document == WHOLE


def test_a_postmortem_of_which_nothing_is_written_is_drawn_too() -> None:
    out = outgoing(Document(title=""))
    assert words(made(out, Format.HTML)).count("Nothing has been written here.") == 6
    assert words(made(out, Format.PDF)).count("Nothing has been written here.") == 6
    assert len(PdfReader(io.BytesIO(made(out, Format.SLIDES_PDF).body)).pages) == 6


# ------------------------------------------------------------------ hostile words


@pytest.mark.parametrize("form", [Format.HTML, Format.PDF, Format.JSON])
def test_hostile_words_stand_in_it_as_they_were_written(form: Format) -> None:
    said = words(made(outgoing(hostile(), named=True), form))
    if form is Format.JSON:
        said = json.loads(made(outgoing(hostile(), named=True), form).body)["sections"][0]["markdown"]
    for one in HOSTILE:
        # To Markdown a backslash before a sign means to take that sign literally.
        for word in one.replace("\\", "").split():
            assert word in said.replace("\\", ""), word
    assert "root:x:0" not in said


@pytest.mark.parametrize("form", [Format.HTML, Format.SLIDES])
def test_a_page_has_no_tag_script_or_address_of_anybody_elses(form: Format) -> None:
    export = made(outgoing(hostile()), form)
    seen = Seen.of(export)
    assert seen.tags.count("script") == (1 if form is Format.SLIDES else 0)
    assert seen.tags.count("style") == 1
    assert not {"img", "iframe", "object", "link", "base", "form", "svg"} & set(seen.tags)
    assert not [name for name, _ in seen.attributes if name.startswith("on") or name in ("src", "style", "srcdoc")]
    for name, value in seen.attributes:
        if name == "href":
            assert value.startswith(("#s", "https://", "http://", "mailto:")), value
    assert f'content="{export.policy}"'.replace("'", "&#39;") in export.body.decode()
    assert export.policy.startswith("default-src 'none'; style-src 'sha256-")


LINKS = "[a](javascript:alert(1)) [b](file:///etc/passwd) [c](https://x.example.com)"


@pytest.mark.parametrize("form", [Format.PDF, Format.SLIDES_PDF])
def test_a_pdf_carries_nothing_but_pages_and_links_to_the_web(form: Format) -> None:
    document = replace(hostile(), texts={**TEXTS, Section.SUMMARY: LINKS})
    body = made(outgoing(document), form).body
    reader = PdfReader(io.BytesIO(body))
    assert "/JavaScript" not in str(reader.trailer["/Root"])
    assert not reader.attachments
    for page in reader.pages:
        for note in page.get("/Annots") or ():
            action = note.get_object()["/A"]
            assert action["/S"] == "/URI"
            assert str(action["/URI"]).startswith("https://")


def test_directions_and_hidden_signs_are_shown_not_obeyed() -> None:
    text = "pay \u202e001 euro\u202c &#8238; a\u200bb"
    assert words_of(spans_of(text)) == "pay ⟨U+202E⟩001 euro⟨U+202C⟩ ⟨U+202E⟩ a⟨U+200B⟩b"
    assert words_of(blocks_of(text)[0]["in"]) == words_of(spans_of(text))


def test_nesting_and_width_have_an_end() -> None:
    deep = ("> " * 40) + "quoted\n\n" + "".join("  " * n + f"- item {n}\n" for n in range(40))
    wide = "|x" * 40 + "\n" + "|-" * 40 + "\n" + "|" + "#y" * 300 + "|z" * 39
    runs = "*a **b " * 300 + "\n\n" + "x" * 3000 + "\n\n" + "https://example.com/" + "a/" * 400
    out = outgoing(Document(title="x", texts={Section.IMPACT: f"{deep}\n\n{wide}\n\n{runs}"}))
    said = words(made(out, Format.PDF))
    assert "item 39" in said
    assert "quoted" in said
    assert max(block["columns"] for block in blocks_of(wide) if block["k"] == "table") == 8


def test_what_is_too_long_for_the_engine_is_refused_with_another_way() -> None:
    with pytest.raises(Invalid) as refused:
        press.pressed("document.typ", {"title": "x" * press.DATA_MAX_BYTES}, at("09:30"))
    assert "HTML" in str(refused.value.hint)


def test_the_same_document_is_the_same_file() -> None:
    assert made(outgoing(), Format.PDF).body == made(outgoing(), Format.PDF).body


def test_scripts_that_the_engine_has_no_letters_for_do_not_stop_it() -> None:
    document = replace(WHOLE, title="障害 انقطاع 🔥", texts={Section.SUMMARY: "結帳失敗 " * 40})
    assert len(PdfReader(io.BytesIO(made(outgoing(document), Format.SLIDES_PDF).body)).pages) == 6


# ------------------------------------------------------------------ the deck


def full() -> Document:
    """More than fits on any slide."""
    long = "Wide letters WWWW and MMMM in a line that is as long as a line of a slide may be at the very most, or more"
    lines = "\n".join(f"- 2026-03-02 10:{n:02} UTC: {long}" for n in range(30))
    return replace(
        WHOLE, title=f"INC-12: {long}", texts=dict.fromkeys(Section, lines),
        factors=tuple(replace(WHOLE.factors[0], id=f"f{n}", text=long) for n in range(9)),
        actions=tuple(replace(WHOLE.actions[0], id=f"a{n}", text=long) for n in range(12)),
    )  # fmt: skip


@pytest.mark.parametrize("document", [WHOLE, full()], ids=["usual", "too much"])
def test_the_deck_is_six_pages_of_16_to_9_and_nothing_is_smaller_than_18_pt(document: Document) -> None:
    export = made(outgoing(document, drill=True), Format.SLIDES_PDF)
    pages = PdfReader(io.BytesIO(export.body)).pages
    assert len(pages) == 6
    for page, title in zip(pages, slides.TITLES, strict=True):
        assert (page.mediabox.width, page.mediabox.height) == (960, 540)
        sizes: list[float] = []

        def visit(text: str, _: object, matrix: list[float], __: object, size: float) -> None:
            if text.strip() and text.strip() not in "DRILL":
                sizes.append(abs(matrix[3]) * size)  # noqa: B023

        said = page.extract_text(visitor_text=visit)
        assert min(sizes) >= 17.99
        assert title in said
        assert STAMP in said
        assert "DRILL" in said
        if document is not WHOLE and title != "Roles & response":
            assert slides.SEE_DOCUMENT in said


def test_on_a_screen_what_does_not_fit_is_cut_as_well() -> None:
    deck = boards(outgoing(full()))
    for one in fitted(deck):
        if one.board.title != "Roles & response":
            assert one.lines[-1].text == f"… {slides.SEE_DOCUMENT}"
    assert [one.step for one in fitted(boards(outgoing()))][1] == 0
