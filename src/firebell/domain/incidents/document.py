"""Incidents and verbs as JSON: what lies in the database, and what comes in from an API, a form or a chat."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from firebell.domain.incidents import verbs
from firebell.domain.incidents.learning import NamePostmortemOwner, NoteLearned
from firebell.domain.incidents.model import Incident
from firebell.kernel.clock import Instant
from firebell.kernel.verbs import verb_in

__all__ = ["HOUSE_VERBS", "TAGS", "decode", "encode", "is_house", "tag", "verb_of"]

HOUSE_VERBS: frozenset[type[verbs.Verb]] = frozenset(
    {
        verbs.LoseCommander,
        verbs.NoteAlert,
        verbs.NoteAcknowledged,
        verbs.NotePublicPost,
        NamePostmortemOwner,
        NoteLearned,
        verbs.Tick,
    }
)
"""What only the house says: no page, client or chat can."""


def _every(of: type[verbs.Verb]) -> Iterator[type[verbs.Verb]]:
    for one in of.__subclasses__():
        yield one
        yield from _every(one)


_SAYABLE = tuple(sorted((one for one in _every(verbs.Verb) if one not in HOUSE_VERBS), key=lambda one: one.__name__))


def _out(value: object) -> object:
    if isinstance(value, Instant):
        return value.format_iso()
    raise NotImplementedError(type(value).__name__)


def _in(wanted: type, value: object) -> object:
    if wanted is Instant:
        try:
            return Instant.parse_iso(str(value))
        except ValueError as error:
            raise ValueError("an instant looks like 2026-03-02T10:12:00Z") from error
    raise NotImplementedError(wanted.__name__)


_encoder = msgspec.json.Encoder(enc_hook=_out)
_decoder = msgspec.json.Decoder(Incident, dec_hook=_in)


def encode(incident: Incident) -> str:
    """The whole incident as it is kept (instants as RFC 3339)."""
    return _encoder.encode(incident).decode()


def decode(text: str) -> Incident:
    """The inverse of :func:`encode`."""
    return _decoder.decode(text)


def tag(verb: verbs.Verb | type[verbs.Verb]) -> str:
    """What the verb is called in the API and in chat."""
    return str(verb.__struct_config__.tag)


TAGS: dict[str, type[verbs.Verb]] = {tag(one): one for one in _SAYABLE}
"""Every verb somebody may say, by its tag."""


def is_house(verb: verbs.Verb) -> bool:
    """Whether only the house says this."""
    return type(verb) in HOUSE_VERBS


def verb_of(given: object) -> verbs.Verb:
    """A verb from plain data (``{"verb": "set_severity", "to": "SEV1"}``). Raises Invalid with the field."""
    return verb_in(given, TAGS, _in)
