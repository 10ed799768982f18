"""Markdown as plain data that any template can draw: blocks of text, and spans within them.

Blocks are dicts with ``k`` for their kind: ``p``, ``h`` (``level``), ``ul``, ``ol`` (``start``), ``quote``, ``code``,
``table``, ``times`` and ``rule``. Spans have ``s``: ``text``, ``code``, ``link`` (``url``), ``em``, ``strong``, ``del``
and ``br``. Raw HTML stays text, comments in it are left out, images are links, and a link that leads elsewhere than to
http, https or mail is its words alone. Nesting and sizes are limited, so that drawing has an end.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from firebell.kernel import text as texts

Block = dict[str, Any]
Span = dict[str, Any]

SOURCE_MAX_BYTES = 32 * 1024
"""Of one text; what is beyond is cut and says so. Parsing runs of brackets costs quadratic time."""
DEPTH_MAX = 5
SPANS_DEPTH_MAX = 5
COLUMNS_MAX = 8

# Images are off, so that "![x](url)" stays readable and nothing remote is asked for. HTML is on to be recognised, and
# never passed on.
_markdown = (
    MarkdownIt("commonmark", {"html": True, "maxNesting": 100}).enable(["table", "strikethrough"]).disable("image")
)
_lock = threading.Lock()
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_SAFE = re.compile(r"(?:https?://|mailto:)\S+\Z", re.IGNORECASE)
_TIMED = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d(?::\d\d)?) UTC: ")


def blocks_of(markdown: str) -> list[Block]:
    """The blocks of a text, in order."""
    source = texts.cut_bytes(texts.printable(markdown), SOURCE_MAX_BYTES)
    with _lock:
        tokens = _markdown.parse(source)
    found, _ = _blocks(tokens, 0, "", 0)
    return found


def spans_of(line: str) -> list[Span]:
    """A single line: only what stands within a paragraph is markup."""
    source = texts.cut_bytes(texts.printable(line, one_line=True), SOURCE_MAX_BYTES)
    with _lock:
        tokens = _markdown.parseInline(source)
    return _spans(tokens[0].children or []) if tokens else []


def words_of(spans: Sequence[Span]) -> str:
    """Spans without their looks."""
    return "".join(" " if one["s"] == "br" else one.get("t", "") or words_of(one.get("in", ())) for one in spans)


def _blocks(tokens: Sequence[Token], at: int, until: str, depth: int) -> tuple[list[Block], int]:
    """Blocks from ``at`` to the token ``until``, and the index behind it. Deeper than the limit they come up flat."""
    found: list[Block] = []
    while at < len(tokens):
        token = tokens[at]
        at += 1
        if token.type == until:
            break
        if token.type in ("paragraph_open", "heading_open"):
            spans = _spans(tokens[at].children or [])
            at += 2
            if token.type == "heading_open":
                found.append({"k": "h", "level": int(token.tag[1]), "in": spans})
            elif words_of(spans).strip():
                found.append({"k": "p", "in": spans})
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            items, at = _items(tokens, at, token.type.replace("open", "close"), depth + 1)
            found += _listed(token, items, depth)
        elif token.type == "blockquote_open":
            inner, at = _blocks(tokens, at, "blockquote_close", depth + 1)
            found += [{"k": "quote", "in": inner}] if depth < DEPTH_MAX else inner
        elif token.type == "table_open":
            table, at = _table(tokens, at)
            found.append(table)
        elif token.type in ("fence", "code_block"):
            found.append({"k": "code", "t": texts.show_hidden(token.content.rstrip("\n"))})
        elif token.type == "html_block":
            rest = texts.show_hidden(_COMMENT.sub("", token.content)).strip()
            if rest:
                found.append({"k": "p", "in": [{"s": "text", "t": rest}]})
        elif token.type == "hr":
            found.append({"k": "rule"})
    return found, at


def _items(tokens: Sequence[Token], at: int, until: str, depth: int) -> tuple[list[list[Block]], int]:
    items: list[list[Block]] = []
    while at < len(tokens) and tokens[at].type != until:
        inner, at = _blocks(tokens, at + 1, "list_item_close", depth)
        items.append(inner)
    return items, at + 1


def _listed(token: Token, items: list[list[Block]], depth: int) -> list[Block]:
    if depth >= DEPTH_MAX:
        return [one for item in items for one in item]
    if token.type == "ordered_list_open":
        return [{"k": "ol", "start": min(int(token.attrGet("start") or 1), 999_999), "items": items}]
    return [_times(items) or {"k": "ul", "items": items}]


def _times(items: list[list[Block]]) -> Block | None:
    """A list whose every item begins with a time is a table of times; the day stands where it changes."""
    rows: list[dict[str, Any]] = []
    day = ""
    for item in items:
        first = item[0] if item else {}
        spans = first.get("in") if first.get("k") == "p" else None
        match = _TIMED.match(spans[0].get("t", "")) if spans and spans[0]["s"] == "text" else None
        if match is None or spans is None:
            return None
        said = {"k": "p", "in": [{"s": "text", "t": spans[0]["t"][match.end() :]}, *spans[1:]]}
        rows.append({"day": "" if match[1] == day else match[1], "time": match[2], "in": [said, *item[1:]]})
        day = match[1]
    return {"k": "times", "rows": rows} if rows else None


def _table(tokens: Sequence[Token], at: int) -> tuple[Block, int]:
    rows: list[list[list[Span]]] = []
    heads = 0
    while at < len(tokens) and tokens[at].type != "table_close":
        kind = tokens[at].type
        if kind == "tr_open":
            rows.append([])
        elif kind == "thead_close":
            heads = len(rows)
        elif kind == "inline" and len(rows[-1]) < COLUMNS_MAX:
            rows[-1].append(_spans(tokens[at].children or []))
        at += 1
    columns = max((len(row) for row in rows), default=1)
    filled = [[*row, *([[]] * (columns - len(row)))] for row in rows]
    return {"k": "table", "head": filled[:heads], "rows": filled[heads:], "columns": columns}, at + 1


_WRAPS = {"em_open": "em", "strong_open": "strong", "s_open": "del", "link_open": "link"}


def _spans(tokens: Sequence[Token]) -> list[Span]:
    """Spans as a tree. What is nested too deep is put into the deepest one there may be."""
    root: list[Span] = []
    open_: list[list[Span]] = [root]
    skipped = 0
    for token in tokens:
        if token.type in _WRAPS:
            url = texts.show_hidden(str(token.attrGet("href") or ""))
            if len(open_) > SPANS_DEPTH_MAX:
                skipped += 1
                continue
            one: Span = {"s": _WRAPS[token.type], "in": []}
            if one["s"] == "link":
                one = {**one, "url": url} if _SAFE.match(url) else {"s": "plain", "in": []}
            open_[-1].append(one)
            open_.append(one["in"])
        elif token.type in ("em_close", "strong_close", "s_close", "link_close"):
            if skipped:
                skipped -= 1
            else:
                open_.pop()
        elif token.type in ("softbreak", "hardbreak"):
            # Lines of a draft are lines ("Impact: …", "Mitigated by: …"), as the editor shows them.
            open_[-1].append({"s": "br"})
        elif token.type == "html_inline" and token.content.startswith("<!--"):
            continue
        elif token.content:
            _add(open_[-1], "code" if token.type == "code_inline" else "text", texts.show_hidden(token.content))
    return root


def _add(to: list[Span], kind: str, words: str) -> None:
    """Neighbouring texts become one."""
    if to and to[-1]["s"] == kind == "text":
        to[-1]["t"] += words
    else:
        to.append({"s": kind, "t": words})
