"""A text made ready for reading: what is no prose is blanked out, words and sentences are found.

Offsets never change: every character is replaced by exactly one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

THING = "\ue000"
"""Stands for inline code and URLs: a word that is a thing."""
BREAK = "\ue001"
"""Ends a sentence where a block ends: list items, cells, paragraphs, blanked lines."""

_FENCE = re.compile(r" {0,3}(?:[-*+] +|\d+[.)] +)?(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}#{1,6}(?:\s|$)")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-{2,})\s*$")
_QUOTE = re.compile(r" {0,3}(?:[-*+] +|\d+[.)] +)?>")
_BULLET = re.compile(r"\s*(?:[-*+]|\d{1,4}[.)])\s+(?:\[[ xX]\]\s+)?")
_CODE = re.compile(r"(?<!`)(`{1,6})(?!`)(?:(?!\n[ \t]*\n).){1,2000}?(?<!`)\1(?!`)", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,300}>")
_TARGET = re.compile(
    r"\]\([^()\s]{0,2000}(?:\s+\"[^\"\n]*\")?\)|\]\[[^\]\n]{0,200}\]|^ {0,3}\[[^\]\n]{1,200}\]:.*$", re.MULTILINE
)
_URL = re.compile(r"<?\b(?:https?|ftp|ssh|git|mailto|postgres|redis)://?[^\s<>\"]+>?|\bwww\.[^\s<>\"]+", re.IGNORECASE)
_SPEECH = re.compile(r"[\"“](?=(?:[^\"”\n]*?\S\s+\S){2})[^\"”\n]{1,400}[\"”]")
_EMPHASIS = re.compile(r"(?<!\w)_+|_+(?!\w)")
_WORD = re.compile(r"[@#]?[^\W_](?:[\w’'@/-]|[.:,](?=\d))*(?<![’'/-])|" + THING + "+")
_STOP = re.compile(r"[.!?]+[)\"”’']*(?=\s|$)|" + BREAK)
_ABBREVIATED = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|no|fig|resp)|\b[A-Z])\.$", re.IGNORECASE)
_FRONT = re.compile(r"\A---\n.*?\n(?:---|\.\.\.)(?:\n|\Z)", re.DOTALL)
_SIMPLE = (("’", "'"), ("\u00a0", " "), ("\u202f", " "), ("*", " "), ("[", " "), ("]", " "), ("~", " "), ("|", BREAK))


@dataclass(frozen=True, slots=True)
class Prose:
    """``text``: what is left to read. ``low``: the same in lower case. ``words`` with ``starts`` and ``ends``.
    ``stops``: where sentences end, ascending. ``headings``: (offset, words) of each."""

    text: str
    low: str
    words: list[str]
    starts: list[int]
    ends: list[int]
    stops: list[int]
    headings: list[tuple[int, int, str]]

    def sentence(self, at: int) -> tuple[int, int]:
        """Offsets of the sentence around ``at``, without white space at its ends."""
        index = bisect_right(self.stops, at)
        start = self.stops[index - 1] if index else 0
        end = self.stops[index] if index < len(self.stops) else len(self.text)
        piece = self.text[start:end]
        start += len(piece) - len(piece.lstrip(f" \t\n{BREAK}|"))
        return start, max(start, start + len(self.text[start:end].rstrip(f" \t\n{BREAK}|")))


def _blank(found: re.Match[str]) -> str:
    return "".join("\n" if char == "\n" else " " for char in found[0])


def _thing(found: re.Match[str]) -> str:
    return THING * len(found[0])


def read(text: str) -> Prose:
    """``text`` as prose. Never fails, whatever the text is."""
    kept, headings = _blocks(_FRONT.sub(_blank, text) if text.startswith("---") else text)
    if "<!--" in kept:
        kept = _COMMENT.sub(_blank, kept)
    if "`" in kept:
        kept = _CODE.sub(_thing, kept)
    if "](" in kept or "][" in kept or "]:" in kept:
        kept = _TARGET.sub(_blank, kept)
    if "://" in kept or "www." in kept or "mailto:" in kept:
        kept = _URL.sub(_thing, kept)
    if "<" in kept:
        kept = _TAG.sub(_blank, kept)
    if '"' in kept or "“" in kept:
        kept = _SPEECH.sub(_blank, kept)
    if "_" in kept:
        kept = _EMPHASIS.sub(_blank, kept)
    for char, plain in _SIMPLE:
        kept = kept.replace(char, plain)
    low = kept.lower()
    if len(low) != len(kept):
        # A few letters grow in lower case; those stay as they are, or every offset after them would be wrong.
        low = "".join(char.lower() if len(char.lower()) == 1 else char for char in kept)
    words, starts, ends = [], [], []
    for found in _WORD.finditer(low):
        words.append(found[0])
        starts.append(found.start())
        ends.append(found.end())
    stops = [
        found.end() for found in _STOP.finditer(kept)
        if found[0][0] != "." or not _ABBREVIATED.search(kept, max(0, found.start() - 7), found.start() + 1)
    ]  # fmt: skip
    return Prose(kept, low, words, starts, ends, stops, headings)


def _blocks(text: str) -> tuple[str, list[tuple[int, int, str]]]:
    """``text`` with fenced code, block quotes and headings blanked, and a break where a block begins or ends."""
    lines = text.split("\n")
    kept: list[str] = []
    headings: list[tuple[int, int, str]] = []
    fence = ""
    at = 0
    quoted = False
    for number, line in enumerate(lines):
        opened = _FENCE.match(line)
        out = line
        if fence:
            out = _gone(line)
            if opened and opened[1].startswith(fence) and not line.strip(" \t>`~"):
                fence = ""
        elif opened:
            fence, out, quoted = opened[1], _gone(line), False
        elif _QUOTE.match(line) or (quoted and line.strip() and not _BULLET.match(line) and not _HEADING.match(line)):
            # A paragraph goes on within the quote even where the mark is left out.
            quoted, out = True, _gone(line)
        else:
            quoted = False
            if _HEADING.match(line):
                bare = line.strip().strip("#").strip()
                headings.append((at, len(line.strip()) - len(line.strip().lstrip("#")), bare))
                out = _gone(line)
            elif _underlined(line, lines[number + 1] if number + 1 < len(lines) else ""):
                headings.append((at, 1 if "=" in lines[number + 1] else 2, line.strip()))
                out = _gone(line)
            else:
                bullet = _BULLET.match(line)
                if bullet and bullet.end() > bullet.start():
                    out = " " * (bullet.end() - 1) + BREAK + line[bullet.end() :]
                elif not line.strip():
                    out = _gone(line)
        kept.append(out)
        at += len(line) + 1
    # A blank line would lose its break: the newline in front of it takes it.
    joined = "\n".join(kept)
    return re.sub(r"\n(?=[ \t\r]*(?:\n|$))", BREAK, joined), headings


def _underlined(line: str, below: str) -> bool:
    return bool(line.strip() and _UNDERLINE.match(below) and "|" not in line and not _BULLET.match(line))


def _gone(line: str) -> str:
    return BREAK * len(line)
