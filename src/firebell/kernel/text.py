"""Text from outside on its way to people: Markdown to safe HTML, hidden characters shown, lengths kept."""

from __future__ import annotations

import re
import threading

import nh3
from markdown_it import MarkdownIt

__all__ = ["CUT", "MARKDOWN_MAX_BYTES", "cut", "cut_bytes", "html_of", "printable", "show_hidden"]

CUT = "…cut"
MARKDOWN_MAX_BYTES = 16 * 1024

# Direction overrides and isolates, zero-width characters and invisible operators: they make a text read differently
# from what it is. The joiner between two pictographs only draws one emoji and stays.
_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\u3164\ufeff\uffa0\U000e0000-\U000e007f]|(?<![\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\u200d"
    "|\u200d(?![\u2600-\u27bf\U0001f000-\U0001faff])"
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BREAK = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")

_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip


_cleaner = nh3.Cleaner(
    tags=_TAGS,
    attributes={"a": {"href", "title"}, "ol": {"start"}},
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="noopener nofollow",
)
# Images are off at the parser, so that "![x](url)" stays readable as a link and nothing remote is loaded.
_markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
_lock = threading.Lock()


def html_of(markdown: str) -> str:
    """Markdown as an HTML fragment that is safe to put into a page or a mail.

    Raw HTML is shown as text, links go to http, https and mailto only, images are links, hidden characters are
    visible. Input over 16 KiB is cut and says so: parsing long runs of brackets costs quadratic time.
    """
    source = cut_bytes(printable(markdown), MARKDOWN_MAX_BYTES)
    with _lock:
        rendered = _markdown.render(source)
        cleaned = _cleaner.clean(rendered)
    # Again at the end: an entity such as &#8238; becomes the character only in the parser.
    return show_hidden(cleaned)


def show_hidden(text: str) -> str:
    """Direction marks and zero-width characters as ``⟨U+202E⟩``."""
    return _HIDDEN.sub(lambda found: "".join(f"⟨U+{ord(char):04X}⟩" for char in found[0]), text)


def printable(text: str, *, one_line: bool = False) -> str:
    """``text`` without control characters and lone surrogates, hidden characters shown, breaks as ``\\n``.

    ``one_line``: breaks and tabs become single spaces and the ends are stripped, as a title or header needs it.
    """
    text = _BREAK.sub("\n", _SURROGATE.sub("\ufffd", text))
    text = show_hidden(_CONTROL.sub("\ufffd", text))
    return " ".join(text.split()) if one_line else text


def cut(text: str, limit: int) -> str:
    """``text`` in at most ``limit`` characters, ending in ``…cut`` when something was left out."""
    if len(text) <= limit:
        return text
    return text[: max(limit - len(CUT), 0)] + CUT[: max(limit, 0)]


def cut_bytes(text: str, limit: int) -> str:
    """Like :func:`cut`, with ``limit`` in bytes of UTF-8; never splits a character."""
    raw = text.encode(errors="replace")
    if len(raw) <= limit:
        return text
    room = limit - len(CUT.encode())
    if room < 0:
        return raw[: max(limit, 0)].decode(errors="ignore")
    return raw[:room].decode(errors="ignore") + CUT
