"""Postmortems and verbs as JSON: what lies in the database, and what comes in from an API or a form."""

from __future__ import annotations

from typing import Any

import msgspec

from firebell.domain.postmortems import verbs
from firebell.domain.postmortems.actions import ActionItem
from firebell.domain.postmortems.model import Postmortem
from firebell.kernel.clock import Instant
from firebell.kernel.verbs import verb_in


def _out(value: object) -> object:
    if isinstance(value, Instant):
        return value.format_iso()
    raise NotImplementedError(type(value).__name__)


def taken_in(wanted: type, value: object) -> object:
    """``dec_hook`` of msgspec for instants."""
    if wanted is Instant:
        try:
            return Instant.parse_iso(str(value))
        except ValueError as error:
            raise ValueError("an instant looks like 2026-03-02T10:12:00Z") from error
    raise NotImplementedError(wanted.__name__)


_encoder = msgspec.json.Encoder(enc_hook=_out)
_postmortems = msgspec.json.Decoder(Postmortem, dec_hook=taken_in)
_items = msgspec.json.Decoder(ActionItem, dec_hook=taken_in)


def encode(value: msgspec.Struct) -> str:
    """A value as it is kept (instants as RFC 3339)."""
    return _encoder.encode(value).decode()


def postmortem(text: str) -> Postmortem:
    return _postmortems.decode(text)


def item(text: str) -> ActionItem:
    return _items.decode(text)


def read(text: str) -> Any:
    """What was kept, as plain data."""
    return msgspec.json.decode(text)


def converted(data: Any, to: Any) -> Any:
    """Plain data as a value of that type."""
    return msgspec.convert(data, to, dec_hook=taken_in)


def tag(verb: verbs.Verb | type[verbs.Verb]) -> str:
    """What the verb is called in the API."""
    return str(verb.__struct_config__.tag)


TAGS: dict[str, type[verbs.Verb]] = {tag(one): one for one in verbs.Verb.__subclasses__()}
"""Every verb, by its tag."""


def verb_of(given: object) -> verbs.Verb:
    """A verb from plain data (``{"verb": "submit"}``). Raises Invalid with the field."""
    return verb_in(given, TAGS, taken_in)
