"""What people ask for, as data: plain values become one of the verbs a capability knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from firebell.kernel.errors import Invalid

V = TypeVar("V", bound=msgspec.Struct)
_MISSING = re.compile(r"missing required field `(\w+)`")


def verb_in(given: object, tags: Mapping[str, type[V]], hook: Callable[[type, Any], Any]) -> V:
    """A verb from plain data, ``{"verb": "submit"}``, its fields beside it. ``hook`` reads what JSON has no type of.

    Raises Invalid with the field.
    """
    name = given.get("verb") if isinstance(given, Mapping) else None
    if not isinstance(given, Mapping) or not isinstance(name, str) or name not in tags:
        raise Invalid(f"There is no verb {name}.", field="verb", hint=f"One of {', '.join(sorted(tags))}.")
    known = {"verb", *(field.encode_name for field in msgspec.structs.fields(tags[name]))}
    unknown = sorted(str(key) for key in given if key not in known)
    if unknown:
        raise Invalid(f"{name} has no {unknown[0]}.", field=unknown[0], hint=f"It has {', '.join(sorted(known))}.")
    try:
        return msgspec.convert(given, tags[name], dec_hook=hook, strict=True)
    except msgspec.ValidationError as error:
        words, _, path = str(error).partition(" - at `$")
        missing = _MISSING.search(words)
        raise Invalid(words.rstrip(".") + ".", field=path.strip("`. ") or (missing[1] if missing else None)) from None
