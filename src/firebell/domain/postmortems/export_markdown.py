"""A postmortem as Markdown that comes back as the same document (postmortems.md 8).

What people read is plain Markdown: six sections, the why-tree and the actions as lists. What lists cannot say (ids,
states, times) stands in a comment at the end of each item, as JSON; the words themselves stand once, in the item. Lines
of people's text that would read as ours are escaped by a backslash, and come back without it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from firebell.domain.postmortems.actions import ActionItem
from firebell.domain.postmortems.blameless import NOBODY, Names, unnamed
from firebell.domain.postmortems.model import Document, Factor, Section, Why
from firebell.domain.postmortems.timeline import shown
from firebell.kernel.clock import Instant

MARK = "<!-- firebell postmortem 1"
WHYS, FACTORS, ACTIONS = "whys", "factors", "actions"
OURS = re.compile(r"^\\*(?:#{1,2}(?:\s|$)|<!-- /?firebell)")
_PLAIN = ("trigger", "detected_by", "mitigated_by", "no_actions_because")


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """What every export states. ``drill``: the watermark."""

    revision: int
    at: Instant
    audience: str
    drill: bool = False


def export(document: Document, stamp: Stamp, names: Names = NOBODY) -> str:
    """The Markdown of a document. ``names`` is the role map: with it no name leaves; without, nothing is replaced."""

    def said(text: str) -> str:
        return unnamed(text, names) if names.people else text

    blocks: dict[Section, Iterator[str]] = {
        Section.ROOT_CAUSE: _root_cause(document, said),
        Section.ACTION_ITEMS: _actions(document, said, names),
    }
    about = {name: said(getattr(document, name)) for name in _PLAIN if getattr(document, name)}
    lines = [
        f"# {one_line(said(document.title))}",
        "",
        f"{MARK} {_json(about)} -->",
        f"*{'DRILL · ' if stamp.drill else ''}Revision {stamp.revision} · {shown(stamp.at)} · {stamp.audience}*",
    ]
    for section in Section:
        lines += ["", f"## {section.value}", ""]
        text = tidy(said(document.text(section)))
        if text:
            lines += [escaped(text), ""]
        lines += blocks.get(section, iter(()))
    return "\n".join(lines).rstrip("\n") + "\n"


def tidy(text: str) -> str:
    """A text as a section keeps it: breaks are ``\\n``, no blank lines at its ends; only blanks are nothing."""
    if not text.strip():
        return ""
    return re.sub(r"\A(?:[ \t]*\n)+|(?:\n[ \t]*)+\Z", "", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    return " ".join(text.split())


def escaped(text: str) -> str:
    return "\n".join("\\" + line if OURS.match(line) else line for line in text.split("\n"))


def _root_cause(document: Document, said: Callable[[str], str]) -> Iterator[str]:
    if document.whys:
        yield from ("<!-- firebell whys -->", "### Why-tree", "")
        yield from _tree(document.whys, None, 0, said)
        yield from ("", "<!-- /firebell -->", "")
    if document.factors:
        yield from ("<!-- firebell factors -->", "### Contributing factors", "")
        for one in document.factors:
            yield f"- **{one_line(one.kind)}**: {_item(said(one.text), _rest(one, said, 'text', 'kind'))}"
        yield from ("", "<!-- /firebell -->", "")


def _tree(whys: tuple[Why, ...], parent: str | None, depth: int, said: Callable[[str], str]) -> Iterator[str]:
    """Children below their parent, in the order they were given."""
    for one in whys:
        if one.parent == parent and depth <= len(whys):
            rest = _rest(one, said, "condition", "parent")
            if not _is_ordered(whys):
                rest["n"] = whys.index(one)
            yield f"{'  ' * depth}- {_item(said(one.condition), rest)}"
            yield from _tree(whys, one.id, depth + 1, said)


def _actions(document: Document, said: Callable[[str], str], names: Names) -> Iterator[str]:
    if document.no_actions_because.strip():
        yield from (f"None, because {one_line(said(document.no_actions_because))}", "")
    if not document.actions:
        return
    yield from ("<!-- firebell actions -->", "### Agreed actions", "")
    for one in document.actions:
        ticked = "x" if one.state.value == "done" else " "
        yield f"- [{ticked}] {_item(said(one.text), _rest(one, said, 'text'))}"
        for label, value in _shown(one, names).items():
            yield f"  - {label}: {said(one_line(value))}"
    yield from ("", "<!-- /firebell -->", "")


def _shown(one: ActionItem, names: Names) -> Mapping[str, str]:
    owner = names.role_of(one.owner_id) if one.owner_id else ""
    found = {
        "State": f"{one.state.value}{f' ({one.reason})' if one.reason else ''}",
        "Type": one.type.value if one.type else "",
        "Owner": owner,
        "Due": shown(one.due_at)[:10] if one.due_at else "",
        "End state": one.end_state,
        "Tracker": one.tracker_url,
        "Evidence": one.proof.ref if one.proof else "",
    }
    return {label: value for label, value in found.items() if value}


def _item(text: str, rest: Mapping[str, object]) -> str:
    return f"{one_line(text)} <!-- {_json(rest)} -->"


def _is_ordered(whys: tuple[Why, ...]) -> bool:
    """Whether they stand as a tree is read, so that the lines alone say their order."""

    def below(parent: str | None, left: int) -> Iterator[str]:
        for one in whys:
            if one.parent == parent and left:
                yield one.id
                yield from below(one.id, left - 1)

    return list(below(None, len(whys))) == [one.id for one in whys]


def _rest(one: Why | Factor | ActionItem, said: Callable[[str], str], *visible: str) -> dict[str, object]:
    """What the visible words do not say; defaults are left out. Words in it go through the role map as well."""
    every = _through(msgspec.to_builtins(one, enc_hook=_plain), said)
    standard = {field.name: field.default for field in msgspec.structs.fields(one)}
    return {
        name: value for name, value in every.items() if name not in visible and getattr(one, name) != standard[name]
    }


_NO_WORDS = frozenset(
    [
        "id",
        "owner_id",
        "team_id",
        "factor_ids",
        "why_ids",
        "service_ids",
        "parent",
        "kind",
        "state",
        "type",
        "effect",
        "due_at",
        "done_at",
    ]
)


def _through(value: Any, said: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return said(value)
    if isinstance(value, dict):
        return {name: one if name in _NO_WORDS else _through(one, said) for name, one in value.items()}
    return [_through(one, said) for one in value] if isinstance(value, list | tuple) else value


def _plain(value: object) -> str:
    if isinstance(value, Instant):
        return value.format_iso()
    raise NotImplementedError(type(value))


def _json(value: object) -> str:
    # ">" would end the comment, "<" may begin one.
    return msgspec.json.encode(value).decode().replace("<", "\\u003c").replace(">", "\\u003e")
