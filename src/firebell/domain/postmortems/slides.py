"""The review deck: exactly six slides, one idea each, as data (postmortems.md 8).

Whoever draws them keeps 18 pt at least, so a slide holds so many lines of so many cells and no more; what does not
fit is cut and says so. No names: the texts are put through the role map first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import msgspec

from firebell.domain.postmortems.actions import ActionState
from firebell.domain.postmortems.blameless import NOBODY, Names, unnamed
from firebell.domain.postmortems.completeness import lesson_parts
from firebell.domain.postmortems.draft import CONVENTIONS, NOT_KNOWN
from firebell.domain.postmortems.export_markdown import Stamp, one_line
from firebell.domain.postmortems.model import LESSONS, Document, Section
from firebell.domain.postmortems.timeline import Covers, covered, parsed, shown
from firebell.kernel.clock import Instant

TITLES = (
    "Summary & severity", "Roles & response", "Timeline", "Root cause", "Impact & error budget", "Actions & lessons",
)  # fmt: skip
LINES_MAX = 9
CHARS_MAX = 96
SEE_DOCUMENT = "see document"


class Slide(msgspec.Struct, frozen=True, kw_only=True):
    """``lines`` are plain text, never markup. ``cut``: something was left out, and the last line says so."""

    number: int
    title: str
    lines: tuple[str, ...]
    cut: bool = False


class Deck(msgspec.Struct, frozen=True, kw_only=True):
    """16:9. ``foot`` states revision, time and audience; ``watermark`` is ``DRILL`` or empty."""

    title: str
    slides: tuple[Slide, ...]
    foot: str
    watermark: str = ""


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """What the deck shows that the document does not hold. All of it is words, people as roles."""

    severity: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    durations: tuple[str, ...] = ()
    budget: tuple[str, ...] = ()


def deck(document: Document, stamp: Stamp, response: Response, names: Names = NOBODY) -> Deck:
    """Six slides from a document and what is known of its response."""
    bodies = (
        _whole([*response.severity, *_summary(document, response)]),
        _whole([*response.roles, *response.durations]),
        _whole(_timeline(document)),
        _whole(_root_cause(document)),
        _whole([*response.budget, *_plain(document.text(Section.IMPACT))]),
        _actions(document),
    )
    slides = tuple(
        _slide(number, title, [(unnamed(line, names), kept) for line, kept in body])
        for number, (title, body) in enumerate(zip(TITLES, bodies, strict=True), 1)
    )
    return Deck(
        title=_fit(unnamed(one_line(document.title), names))[0], slides=slides,
        foot=f"Revision {stamp.revision} · {shown(stamp.at)} · {stamp.audience}",
        watermark="DRILL" if stamp.drill else "",
    )  # fmt: skip


_Line = tuple[str, str]
"""What may be cut, and what must stand behind it all the same."""


def _whole(lines: Iterable[str]) -> list[_Line]:
    return [(line, "") for line in lines]


def _slide(number: int, title: str, body: Iterable[_Line]) -> Slide:
    fitted = [_fit(line, kept) for line, kept in body if line]
    lines = [line for line, _ in fitted]
    cut = any(shortened for _, shortened in fitted)
    if len(lines) > LINES_MAX or cut:
        cut = True
        lines = [*lines[: LINES_MAX - 1], f"… {SEE_DOCUMENT}"]
    return Slide(number=number, title=title, lines=tuple(lines or [NOT_KNOWN.strip("*")]), cut=cut)


def width(line: str) -> int:
    """Cells that ``line`` takes: an ideograph or an emoji is as wide as two letters, an accent takes none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line
    )


def _fit(line: str, kept: str = "") -> tuple[str, bool]:
    """At most so many cells, cut at a word; ``kept`` stands behind what is left."""
    line, room = one_line(line), CHARS_MAX - width(kept)
    if width(line) <= room:
        return f"{line}{kept}", False
    short = line[: room - 1]
    while width(short) > room - 1:
        short = short[:-1]
    return f"{short.rsplit(' ', 1)[0] or short}…{kept}", True


_MARKUP = re.compile(r"^\s*(?:#{1,6}\s+|[-*+]\s+|\d{1,3}[.)]\s+|>\s?)|[*_`]{1,3}|!?\[([^\]]*)\]\([^)]*\)")
_UNDER_HEADS = re.compile(r"\s*\|?(?:\s*:?-+:?\s*\|)+\s*(?::?-+:?)?\s*")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_PROMPT = re.compile(r"\s*\*[^*]+\*\s*")


def _plain(text: str) -> list[str]:
    """The lines of Markdown as words; prompts and empty lines are left out."""
    found = []
    for line in _COMMENT.sub("", text).split("\n"):
        if _PROMPT.fullmatch(line) or _UNDER_HEADS.fullmatch(line) or NOT_KNOWN in line:
            continue
        words = _words(line)
        if words:
            found.append(words)
    return found


def _words(line: str) -> str:
    """A line without its markup; the cells of a table's row with dots between them."""
    words = _MARKUP.sub(lambda match: match[1] or "", line).strip()
    if words.startswith("|") and words.endswith("|"):
        return " · ".join(cell.strip() for cell in words.strip("|").split("|"))
    return words


def _summary(document: Document, response: Response) -> list[str]:
    """Durations have a slide of their own; on the first one they would stand twice."""
    lines = _plain(document.text(Section.SUMMARY))
    return [one for one in lines if not (response.durations and one.startswith(CONVENTIONS))]


def _timeline(document: Document) -> list[str]:
    """The entries that carry the story first: one each for start, detection, mitigation, resolution, then the others
    from the start; in the order of their time, what does not fit at the end."""
    entries = [one for one in parsed(document.text(Section.TIMELINE)) if one.at is not None]
    room = LINES_MAX if len(entries) <= LINES_MAX else LINES_MAX - 1
    firsts = [next((n for n, one in enumerate(entries) if what in covered([one])), None) for what in Covers]
    order = list(dict.fromkeys([*(n for n in firsts if n is not None), *range(len(entries))]))
    chosen = sorted(order[:room])
    days = {shown(one.at)[:10] for one in entries if one.at}
    return [_entry(entries[n].at, entries[n].text, dated=len(days) > 1) for n in (*chosen, *order[room:])]


def _entry(at: Instant | None, text: str, *, dated: bool) -> str:
    """``10:12 UTC`` and what happened; with month and day when the slide spans several days."""
    return f"{shown(at)[5 if dated else 11 :] if at else ''} {_words(text)}".strip()


def _root_cause(document: Document) -> list[str]:
    """Leaves as conditions, then the classes of factors; never one cause."""
    parents = {one.parent for one in document.whys}
    ends = [one.condition for one in document.whys if one.parent is not None and one.id not in parents]
    return [*ends, *(f"{one.kind.replace('_', ' ')}: {one.text}" for one in document.factors)]


def _actions(document: Document) -> list[_Line]:
    live = [one for one in document.actions if one.state is not ActionState.DECLINED]
    said = [
        (one.text, f" ({one.type or 'no type'}, {shown(one.due_at)[:10] if one.due_at else 'no date'})") for one in live
    ]
    parts = lesson_parts(document.text(Section.LESSONS))
    lessons = _whole(f"{heading}: {lines[0]}" for heading in LESSONS if (lines := _plain(parts.get(heading, ""))))
    if not said and document.no_actions_because:
        said = _whole([f"No actions, because {document.no_actions_because}"])
    room = LINES_MAX - len(lessons)
    if len(said) > room:
        room -= 1
    return [*said[:room], *lessons, *said[room:]]
