"""A form's fields as a verb: the page of an incident has one form per verb, and one route takes them all.

An input is called like the field of the verb. Empty means "not said" (the verb's default), a time is a time on the
reader's clock, a tick is true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from whenever import PlainDateTime

from firebell.domain.incidents import verbs
from firebell.domain.incidents.document import HOUSE_VERBS
from firebell.domain.incidents.verbs import Verb
from firebell.entrypoints.web.choices import YEARS
from firebell.kernel.clock import Instant, seconds_between
from firebell.kernel.errors import Invalid, NotFound

Fields = Mapping[str, Sequence[str]]
_LONGEST = 4000
_MISSING = {
    "text": "Say what it is.", "reason": "A reason is needed.", "all_clear": "Say that it is over, and what lingers.",
    "assignee_id": "Choose one person.", "user_id": "Choose a person.", "to": "Choose to whom.",
    "proposal": "Say what is proposed.", "wrong": "Say what is wrong.", "evidence": "Say what speaks for that.",
    "question": "Ask something.", "value": "A link or a reading is needed.", "owner_id": "Choose who owns it.",
}  # fmt: skip


@cache
def verbs_by_tag() -> Mapping[str, type[Verb]]:
    """Every verb that a form may ask for, by its tag."""
    found: dict[str, type[Verb]] = {}
    for kind in Verb.__subclasses__():
        tag = kind.__struct_config__.tag
        if isinstance(tag, str) and kind not in HOUSE_VERBS:
            found[tag] = kind
    return found


def verb_of(tag: str, form: Fields, zone: str, now: Instant) -> Verb:
    """The verb a form asks for. Raises NotFound for a tag no form may ask for, Invalid at the field that is wrong."""
    kind = verbs_by_tag().get(tag)
    if kind is None:
        raise NotFound("There is no such move.")
    given: dict[str, Any] = {}
    for one in msgspec.structs.fields(kind):
        value = _value(kind, one.name, form.get(one.name), zone, now)
        if value is not None:
            given[one.name] = value
        elif one.required and not _may_be_nothing(kind, one.name):
            raise Invalid(_MISSING.get(one.name, f"{_label(one.name)} is missing."), field=one.name)
        elif one.required:
            given[one.name] = None
    return kind(**given)


def values_of(form: Fields) -> dict[str, str]:
    """The form as it comes back after a refusal: the last value of each input, repeated ones with commas."""
    return {name: ",".join(values) for name, values in form.items()}


@cache
def _hints(kind: type[Verb]) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _may_be_nothing(kind: type[Verb], name: str) -> bool:
    return NoneType in get_args(_hints(kind)[name])


def _value(kind: type[Verb], name: str, typed: Sequence[str] | None, zone: str, now: Instant) -> Any:
    """What was typed as the field's type, ``None`` for nothing."""
    hint = _hints(kind)[name]
    if get_origin(hint) in (Union, UnionType):
        inner = [one for one in get_args(hint) if one is not NoneType]
        optional, hint = True, inner[0]
    else:
        optional = False
    if hint is bool:
        # An unticked box is not sent at all; a hidden twin says that the form has one.
        return None if typed is None else typed[-1] in ("true", "on", "1", "yes")
    if get_origin(hint) is tuple:
        return None if typed is None else tuple(one for one in typed if one)
    if typed is None:
        return None
    text = typed[-1].strip().replace("\r\n", "\n")
    if not text:
        # In an edit an empty input empties; elsewhere nothing was said.
        return "" if kind is verbs.Edit and optional and hint is str else None
    if len(text) > _LONGEST:
        raise Invalid(f"At most {_LONGEST} characters.", field=name)
    if hint is Instant:
        return instant(text, zone, now, name)
    if hint is int:
        if not text.isascii() or not text.isdigit() or len(text) > 6:
            raise Invalid("A whole number is needed here.", field=name, hint="For example 10.")
        return int(text)
    if isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint(text)
        except ValueError:
            raise Invalid("Choose one of those offered.", field=name) from None
    return text


def instant(typed: str, zone: str, now: Instant, field: str) -> Instant:
    """``2026-11-26T03:00`` (or ``03:00``: the last time it was that) on the clock of ``zone``.

    Raises Invalid, also for an hour that was skipped there; of an hour that came twice the first is meant.
    """
    try:
        if len(typed) <= 8 and ":" in typed:
            today = now.to_tz(zone).date()
            found = _there(f"{today}T{typed}", zone)
            return found if seconds_between(found, now) > -60 else _there(f"{today.subtract(days=1)}T{typed}", zone)
        return _there(typed, zone)
    except ValueError:
        raise Invalid("A day and a time are needed.", field=field, hint="For example 2026-11-26T03:00.") from None


def ahead(typed: str, zone: str, now: Instant, field: str) -> Instant:
    """The same for what is still to come: of an hour that comes twice the first time that lies ahead."""
    found = instant(typed, zone, now, field)
    again = _there(typed, zone, "later") if "T" in typed or " " in typed else found
    return again if seconds_between(found, now) >= 0 else found


def _there(typed: str, zone: str, which: Literal["earlier", "later"] = "earlier") -> Instant:
    plain = PlainDateTime.parse_iso(typed.replace(" ", "T", 1))
    found = plain.assume_tz(zone, disambiguation=which)
    if plain.year not in YEARS or found.to_plain() != plain:
        raise ValueError(typed)
    return found.to_instant()


def _label(name: str) -> str:
    return name.removesuffix("_id").replace("_", " ").capitalize()
