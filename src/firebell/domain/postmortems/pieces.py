"""What the verbs of the text share: whether it may be written in, whether a piece is still what its writer saw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from firebell.domain.postmortems.model import Document, Postmortem, State, fingerprint, stamp
from firebell.domain.postmortems.outcome import Saying
from firebell.kernel.errors import Changed, Conflict, Invalid, NotFound

LINE_MAX = 2_000


def writable(one: Postmortem) -> None:
    if one.state not in (State.DRAFT, State.IN_REVIEW):
        raise Conflict(
            f"The postmortem is {one.state.replace('_', ' ')}; its text is fixed.", field="verb",
            hint="Revise it first, with a reason.",
        )  # fmt: skip


def unchanged(text: str, was: str | None, what: str) -> None:
    """Raise Changed when a text is no longer what its writer started from."""
    if was is not None and was != fingerprint(text):
        raise Changed(f"{what} has been changed meanwhile.", field="was", hint="Look at it again, then save yours.")


def untouched(part: msgspec.Struct, was: str | None, what: str) -> None:
    """The same of a node, a factor or an action."""
    if was is not None and was != stamp(part):
        raise Changed(f"{what} has been changed meanwhile.", field="was", hint="Look at it again, then save yours.")


def with_document(one: Postmortem, doc: Document) -> Postmortem:
    return one if doc == one.document else replace(one, document=doc)


def wrote(one: Postmortem, doc: Document, saying: Saying) -> Postmortem:
    if doc == one.document:
        return one
    saying.wrote()
    return replace(one, document=doc)


def line(text: str, field: str) -> str:
    line = " ".join(text.split())
    if not line:
        raise Invalid("It is empty.", field=field)
    if len(line) > LINE_MAX:
        raise Invalid("That is too long.", field=field, hint=f"At most {LINE_MAX} characters.")
    return line


def one_of(words: Any, given: str | None, before: str, field: str) -> str:
    if given is None:
        return before
    if given and given not in set(words):
        raise Invalid(f"There is no {field} {given}.", field=field, hint=f"One of {', '.join(words)}.")
    return given


def free_id(letter: str, taken: Sequence[str]) -> str:
    number = 1
    while f"{letter}{number}" in taken:
        number += 1
    return f"{letter}{number}"


def part_of(parts: Sequence[Any], wanted: str, noun: str, field: str) -> Any:
    found = next((part for part in parts if part.id == wanted), None)
    if found is None:
        raise NotFound(f"There is no such {noun}.", field=field)
    return found


def swapped(parts: tuple[Any, ...], new: Any) -> tuple[Any, ...]:
    return tuple(new if part.id == new.id else part for part in parts)
