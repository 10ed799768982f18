"""Markdown as a document: our own export comes back as it was; anything else is taken apart by its headings.

Nothing of a foreign text is thrown away: its timeline stays word for word, what belongs to no section goes into the
Summary under its heading, and action items without owner or date are kept with a warning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from whenever import Date, Time

from firebell.domain.postmortems import actionlint
from firebell.domain.postmortems.actions import ActionItem, ActionState
from firebell.domain.postmortems.export_markdown import MARK, OURS, one_line, tidy
from firebell.domain.postmortems.model import Document, Factor, Section, Why
from firebell.domain.postmortems.timeline import Entry, parsed
from firebell.kernel.clock import Instant

_BLOCK = re.compile(r"^<!-- (/?)firebell ?(\w*) -->$")
_FACTOR = re.compile(r"^- \*\*(?P<kind>.*?)\*\*: ?(?P<text>.*)$")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"^ {0,3}(?P<marks>#{1,6})\s+(?P<words>.*?)\s*#*\s*$")
_TASK = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s+(?:\[(?P<tick>[ xX])\]\s+)?(?P<text>\S.*?)\s*$")
_CELLS = re.compile(r"^\s*\|(?P<cells>.+)\|\s*$")
_PLAIN = frozenset(Document.__struct_fields__) - {"title", "texts", "whys", "factors", "actions"}
_NOON = Time(12)
_DAY = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_ALL_TIMES = re.compile(r"\btimes?\b[^.\n]{0,30}\b(UTC|GMT|CET|CEST|EST|EDT|PST|PDT)\b", re.IGNORECASE)
_OFFSETS = {"UTC": 0, "GMT": 0, "CET": 60, "CEST": 120, "EST": -300, "EDT": -240, "PST": -480, "PDT": -420}
_KNOWN: tuple[tuple[Section, re.Pattern[str]], ...] = (
    (Section.TIMELINE, re.compile(r"\btimeline\b|\bchronology\b|\bsequence of events\b", re.IGNORECASE)),
    (
        Section.ACTION_ITEMS,
        re.compile(r"\baction|\bfollow[- ]?ups?\b|\bremediation|\bnext steps\b|\bcorrective\b", re.IGNORECASE),
    ),
    (Section.LESSONS, re.compile(r"\blessons?\b|\bwhat went\b|\bgot lucky\b|\blearn|\bretrospective\b", re.IGNORECASE)),
    (
        Section.ROOT_CAUSE,
        re.compile(r"\broot cause|\bcauses?\b|\bwhys?\b|\bcontributing\b|\banalysis\b|\btrigger\b", re.IGNORECASE),
    ),
    (Section.IMPACT, re.compile(r"\bimpact\b|\baffected\b", re.IGNORECASE)),
    (
        Section.SUMMARY,
        re.compile(r"\bsummary\b|\boverview\b|\babstract\b|\bwhat happened\b|\bbackground\b", re.IGNORECASE),
    ),
)


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """``entries`` are the timeline's lines with their times; ``warnings`` are sentences for the person importing."""

    document: Document
    entries: tuple[Entry, ...] = ()
    warnings: tuple[str, ...] = ()
    ours: bool = False


def read(text: str, *, day: Date | None = None) -> Imported:
    """Any Markdown as a document. ``day`` is the date of times that have none. Never refuses."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    if MARK in text.split("\n## ", 1)[0]:
        try:
            return _ours(text)
        except (msgspec.MsgspecError, ValueError, KeyError) as error:
            found = _foreign(text, day)
            said = f"It was exported by Firebell and changed since, so that it could not be read exactly: {error}."
            return msgspec.structs.replace(found, warnings=(said, *found.warnings))
    return _foreign(text, day)


# ------------------------------------------------------------------ our own


def _ours(text: str) -> Imported:
    lines = text.split("\n")
    title = lines[0].removeprefix("# ")
    about = next((line for line in lines if line.startswith(MARK)), "")
    if not about:
        raise ValueError("the line that says what it is has lost its beginning")
    plain: Mapping[str, str] = msgspec.json.decode(
        about.removeprefix(MARK).removesuffix("-->").strip() or "{}", type=dict[str, str]
    )
    if unknown := plain.keys() - _PLAIN:
        raise ValueError(f"“{min(unknown)}” is no field of a postmortem")
    texts: dict[Section, list[str]] = {}
    blocks: dict[str, list[str]] = {}
    section: Section | None = None
    block = ""
    names = {f"## {one.value}": one for one in Section}
    for line in lines:
        marked = _BLOCK.match(line)
        if line in names:
            section, block = names[line], ""
            texts[section] = []
        elif marked:
            block = "" if marked[1] else marked[2]
        elif block:
            blocks.setdefault(block, []).append(line)
        elif section is not None:
            texts[section].append(line[1:] if line.startswith("\\") and OURS.match(line) else line)
    because = plain.get("no_actions_because", "")
    if because and Section.ACTION_ITEMS in texts:
        texts[Section.ACTION_ITEMS] = _without_last(texts[Section.ACTION_ITEMS], f"None, because {one_line(because)}")
    document = Document(
        title=title, texts={one: found for one, kept in texts.items() if (found := tidy("\n".join(kept)))},
        whys=_whys(blocks.get("whys", [])), factors=_factors(blocks.get("factors", [])),
        actions=_items(blocks.get("actions", [])), **plain,
    )  # fmt: skip
    return Imported(document=document, entries=parsed(document.text(Section.TIMELINE)), ours=True)


def _without_last(lines: list[str], gone: str) -> list[str]:
    for number in range(len(lines) - 1, -1, -1):
        if lines[number] == gone:
            return lines[:number] + lines[number + 1 :]
    return lines


def _split(line: str) -> tuple[str, dict[str, Any]]:
    """The words of an item, and what its comment says."""
    words, mark, rest = line.rpartition("<!-- {")
    if not mark or not rest.rstrip().endswith("-->"):
        raise ValueError(f"“{line[:60]}” has lost its comment")
    kept = msgspec.json.decode("{" + rest.rstrip().removesuffix("-->").rstrip(), type=dict[str, Any])
    return words.removesuffix(" "), kept


def _instant(kind: type, value: Any) -> Any:
    if kind is Instant:
        return Instant.parse_iso(value)
    raise NotImplementedError(kind)


def _whys(lines: list[str]) -> tuple[Why, ...]:
    found: list[Why] = []
    path: list[str] = []
    places: dict[str, int] = {}
    for line in lines:
        if not line.lstrip().startswith("- "):
            continue
        depth = (len(line) - len(line.lstrip())) // 2
        if depth > len(path):
            raise ValueError(f"“{line.strip()[:60]}” hangs below nothing")
        words, rest = _split(line.lstrip()[2:])
        places[str(rest.get("id"))] = rest.pop("n", len(places))
        parent = path[depth - 1] if depth else None
        one = msgspec.convert({**rest, "condition": words, "parent": parent}, Why, dec_hook=_instant)
        path = [*path[:depth], one.id]
        found.append(one)
    return tuple(sorted(found, key=lambda one: places[one.id]))


def _factors(lines: list[str]) -> tuple[Factor, ...]:
    found = []
    for line in lines:
        match = _FACTOR.match(line)
        if match:
            words, rest = _split(match["text"])
            found.append(msgspec.convert({**rest, "text": words, "kind": match["kind"]}, Factor, dec_hook=_instant))
    return tuple(found)


def _items(lines: list[str]) -> tuple[ActionItem, ...]:
    found = []
    for line in lines:
        if line.startswith(("- [ ] ", "- [x] ")):
            words, rest = _split(line[6:])
            found.append(msgspec.convert({**rest, "text": words}, ActionItem, dec_hook=_instant))
    return tuple(found)


# ------------------------------------------------------------------ anybody's


def _foreign(text: str, day: Date | None) -> Imported:
    title, parts = _parts(text)
    texts: dict[Section, list[str]] = {}
    lost: list[str] = []
    section, depth = Section.SUMMARY, 0
    for level, heading, body in parts:
        known = next((one for one, pattern in _KNOWN if pattern.search(heading)), None)
        if known is not None and (depth == 0 or level <= depth or known is not section):
            keep = section is known or known in texts or (known is Section.LESSONS and level > 1)
            section, depth = known, level
            head = [f"### {heading}", ""] if keep and heading.casefold() != known.value.casefold() else []
        elif heading and level > depth > 0:
            head = [f"{'#' * max(3, level)} {heading}", ""]
        elif heading:
            # A section of its own that is none of the six: nothing is thrown away.
            section, depth, head = Section.SUMMARY, 0, [f"### {heading}", ""]
            lost.append(heading)
        else:
            head = []
        if tidy(body) or head:
            texts.setdefault(section, []).append(tidy("\n".join([*head, tidy(body)])))
    kept = {one: "\n\n".join(piece for piece in found if piece) for one, found in texts.items()}
    entries, warnings = _timeline(kept.get(Section.TIMELINE, ""), text, day)
    actions = _found_actions(kept.get(Section.ACTION_ITEMS, ""))
    warnings += [f"“{one}” is none of the six sections; it is kept in the Summary." for one in lost]
    for item in actions:
        missing = ", ".join(one.what.value.replace("_", " ") for one in actionlint.contract(item))
        if missing:
            warnings.append(f"“{item.text[:60]}” lacks: {missing}.")
    warnings += [f"There is no section “{one.value}”." for one in Section if not kept.get(one)]
    document = Document(title=title, texts=kept, actions=tuple(actions))
    return Imported(document=document, entries=entries, warnings=tuple(warnings))


def _parts(text: str) -> tuple[str, list[tuple[int, str, str]]]:
    """The title, and (level, heading, body) of every part; headings in fenced code are none."""
    title, fence = "", ""
    parts: list[tuple[int, str, list[str]]] = [(0, "", [])]
    for line in text.split("\n"):
        opened = _FENCE.match(line)
        if opened:
            fence = "" if fence and opened[1].startswith(fence) else fence or opened[1]
        heading = None if fence or opened else _HEADING.match(line)
        if heading is None:
            parts[-1][2].append(line)
        elif not title and len(heading["marks"]) == 1 and not any(p.search(heading["words"]) for _, p in _KNOWN[:3]):
            title = heading["words"]
        else:
            parts.append((len(heading["marks"]), heading["words"], []))
    return title or "Imported postmortem", [(level, words, "\n".join(body)) for level, words, body in parts]


def _timeline(text: str, whole: str, day: Date | None) -> tuple[tuple[Entry, ...], list[str]]:
    stated = _ALL_TIMES.search(whole)
    offset_min = _OFFSETS[stated[1].upper()] if stated else 0
    if day is None:
        first = _DAY.search(whole)
        try:
            day = Date(int(first[1]), int(first[2]), int(first[3])) if first else None
        except ValueError:
            day = None
    entries = parsed(text, day, offset_min)
    warnings = [f"“{one.text[:60]}”: {one.problem}." for one in entries if one.problem]
    if text.strip() and not entries:
        warnings.append("No line of the timeline begins with a time; its text is kept as it is.")
    return entries, warnings


def _found_actions(text: str) -> list[ActionItem]:
    """List items and table rows of a section; its text is kept as well."""
    found: list[ActionItem] = []
    for line in text.split("\n"):
        task, cells = _TASK.match(line), _CELLS.match(line)
        done = bool(task and (task["tick"] or " ") in "xX")
        words = task["text"] if task else cells["cells"].split("|")[0].strip() if cells else ""
        if not words or re.fullmatch(r"[-:\s|]+", words) or (cells and words.casefold() in _HEADS):
            continue
        state = ActionState.COMMITTED if done else ActionState.PROPOSED
        found.append(ActionItem(id=f"a{len(found) + 1}", text=one_line(words), state=state, due_at=_due(line)))
    return found


_HEADS = frozenset({"action", "action item", "action items", "item", "task", "what", "description", "title", "todo"})


def _due(line: str) -> Instant | None:
    match = _DAY.search(line)
    try:
        return Date(int(match[1]), int(match[2]), int(match[3])).at(_NOON).assume_utc() if match else None
    except ValueError:
        return None
