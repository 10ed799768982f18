"""A form's fields as a verb of postmortems: one form per verb, one route takes them all.

An input is called like the field of the verb. What a form does not send stays as it is; what it sends empty is empty.
A due date is a day on the reader's calendar, a moment may be ``now``.
Evidence comes as rows: ``evidence_kind`` and ``evidence_ref`` repeated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from whenever import Date, Time

from firebell.domain.postmortems import verbs
from firebell.domain.postmortems.model import Evidence
from firebell.domain.postmortems.verbs import Verb
from firebell.entrypoints.web import incident_forms
from firebell.entrypoints.web.choices import YEARS
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Invalid, NotFound

Fields = Mapping[str, Sequence[str]]
_LONGEST = 100_000
_NOBODY = (verbs.SetFacilitator, verbs.SetInvestigator, verbs.AddAction)
"""Where an empty choice means nobody; in an edit it takes away who was there."""
_MISSING = {
    "text": "Say what it is.", "reason": "A reason is needed.", "condition": "Say what was the case.",
    "user_id": "Choose a person.", "because": "Say why there is none.", "ref": "Link what shows it.",
    "kind": "Choose what it is.", "depth": "Choose how deep.", "parent": "Choose where it goes.",
}  # fmt: skip


@cache
def verbs_by_tag() -> Mapping[str, type[Verb]]:
    """Every verb that a form may ask for, by its tag."""
    return {str(kind.__struct_config__.tag): kind for kind in Verb.__subclasses__()}


def verb_of(tag: str, form: Fields, zone: str, now: Instant, latest: Instant | None = None) -> Verb:
    """The verb a form asks for. ``latest``: when an action of this postmortem is due at the latest.

    Raises NotFound for a verb there is not, Invalid at the field that is wrong.
    """
    kind = verbs_by_tag().get(tag)
    if kind is None:
        raise NotFound("There is no such move.")
    given: dict[str, Any] = {}
    for one in msgspec.structs.fields(kind):
        if one.name == "evidence":
            if "evidence_ref" in form:
                given["evidence"] = _evidence(form)
            continue
        typed = form.get(one.name)
        if typed is not None:
            value = _value(kind, one.name, typed, zone, now, latest)
            if value is not None or not one.required:
                given[one.name] = value
        if one.required and given.get(one.name) in (None, "") and not _optional(kind, one.name):
            raise Invalid(_MISSING.get(one.name, f"{_label(one.name)} is missing."), field=one.name)
        if one.required and one.name not in given:
            given[one.name] = None
        if given.get(one.name, _ABSENT) is None and one.default is not None and not one.required:
            # Nothing chosen, where the verb's own default is something.
            del given[one.name]
    return kind(**given)


_ABSENT = object()


def due_at(typed: str, zone: str, latest: Instant | None = None) -> Instant:
    """The end of that day for the reader; on the last day allowed, not beyond what is allowed. Raises Invalid."""
    try:
        day = Date.parse_iso(typed)
        if day.year not in YEARS:
            raise ValueError(typed)
    except ValueError:
        raise Invalid("A day is needed.", field="due_at", hint="For example 2026-12-24.") from None
    end = day.at(Time(23, 59)).assume_tz(zone).to_instant()
    if latest is not None and latest.to_tz(zone).date() == day:
        return min(end, latest)
    return end


def day_of(at: Instant | None, zone: str) -> str:
    """An instant as the value of a day's input."""
    return at.to_tz(zone).date().format_iso() if at is not None else ""


def _evidence(form: Fields) -> tuple[Evidence, ...]:
    kinds = form.get("evidence_kind", [])
    refs = form["evidence_ref"]
    return tuple(
        Evidence(kind=kinds[n] if n < len(kinds) and kinds[n] else "link", ref=ref.strip())
        for n, ref in enumerate(refs)
        if ref.strip()
    )


@cache
def _hints(kind: type[Verb]) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _optional(kind: type[Verb], name: str) -> bool:
    return NoneType in get_args(_hints(kind)[name]) or (name == "text" and kind is verbs.SaveSection)


def _value(kind: type[Verb], name: str, typed: Sequence[str], zone: str, now: Instant, latest: Instant | None) -> Any:
    hint = _hints(kind)[name]
    inner = [one for one in get_args(hint) if one is not NoneType] if get_origin(hint) in (Union, UnionType) else []
    hint = inner[0] if inner else hint
    if hint is bool:
        return typed[-1] in ("true", "on", "1", "yes")
    if get_origin(hint) is tuple:
        if name == "decisions":
            return tuple(line.strip() for line in typed[-1].splitlines() if line.strip())
        return tuple(one for one in typed if one)
    text = typed[-1].replace("\r\n", "\n")
    if len(text) > _LONGEST:
        raise Invalid(f"At most {_LONGEST} characters.", field=name)
    if hint is Instant:
        if not text.strip():
            return None
        if text.strip() == "now":
            return now
        if name == "due_at":
            return due_at(text.strip(), zone, latest)
        return incident_forms.ahead(text.strip(), zone, now, name)
    if isinstance(hint, type) and issubclass(hint, Enum):
        if not text:
            return None
        try:
            return hint(text)
        except ValueError:
            raise Invalid("Choose one of those offered.", field=name) from None
    if hint is int:
        if not text.isascii() or not text.isdigit() or len(text) > 6:
            raise Invalid("A whole number is needed here.", field=name)
        return int(text)
    if kind is verbs.SaveSection and name == "text":
        return text
    nothing = bool(inner) and not text.strip() and kind in _NOBODY
    return None if nothing else text.strip()


def _label(name: str) -> str:
    return name.removesuffix("_id").replace("_", " ").capitalize()
