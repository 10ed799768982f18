"""Bytes of strangers to values that both databases can hold.

Two ways in. :func:`typed` is the fast one: it takes a well-formed body that fits a msgspec schema, or says ``None``.
:func:`tree` is the patient one: it also takes UTF-16, byte order marks, lone surrogates, NUL and raw line breaks in
strings, and refuses (as :class:`Unreadable`, so the body is paged raw) what has no honest meaning: bad UTF-8,
NaN, numbers out of range, nesting beyond 32 levels. Of duplicate keys the last wins.

Every string either of them returns can be encoded as UTF-8 and holds no NUL (PostgreSQL refuses NUL, both refuse
lone surrogates; each becomes U+FFFD). Integers keep all their digits: make text of them before they are stored.
"""

from __future__ import annotations

import json
import math
from typing import NoReturn, TypeVar

import msgspec

from firebell.integrations.sources.contract import Unreadable

__all__ = ["DEPTH_MAX", "raw_text", "too_deep", "tree", "typed"]

T = TypeVar("T")

DEPTH_MAX = 32
_REPLACEMENT = "\ufffd"
_ANY = msgspec.json.Decoder()
# For the depth scan: all but quotes and brackets goes, and both kinds of bracket become one.
_TO_ONE_BRACKET = bytes.maketrans(b"{}", b"[]")
_NOT_STRUCTURE = bytes(sorted(set(range(256)) - set(b'"[]{}')))


def typed(body: bytes, decoder: msgspec.json.Decoder[T]) -> T | None:
    """The body as the decoder's type, or ``None``: then :func:`tree` has to look at it.

    msgspec refuses bad UTF-8 and lone surrogates in the strings it returns but lets ``\\u0000`` pass, hence the scan.
    Fields outside the schema are skipped unread, so a trap hidden in one of them harms nobody.
    """
    if b"\\u0000" in body or too_deep(body):
        return None
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def tree(body: bytes) -> object:
    """The body as plain Python values (dict, list, str, int, finite float, bool, None).

    Raises :class:`Unreadable` with a reason fit for people.
    """
    if not body.strip():
        raise Unreadable("the body is empty")
    plain = typed(body, _ANY)
    if plain is not None:
        return plain
    text = _decoded(body)
    if too_deep(text.encode()):
        raise Unreadable(f"the body is nested deeper than {DEPTH_MAX} levels")
    try:
        value: object = _PATIENT.decode(text)
    except json.JSONDecodeError as error:
        raise Unreadable(f"the body is not JSON: {error.msg} at character {error.pos}") from None
    except ValueError:
        # An integer of thousands of digits: Python refuses to spend the time, and so do we.
        raise Unreadable("the body holds a number that is out of range") from None
    except RecursionError:
        raise Unreadable("the body is nested too deeply") from None
    # Only an escape, or a NUL in the open, can have brought in something that cannot be stored.
    return _storable(value) if "\\u" in text or "\0" in text else value


def too_deep(body: bytes) -> bool:
    """Whether arrays and objects nest beyond 32 levels, judged before any parser may recurse.

    Linear in the body at the speed of ``bytes`` methods: strings are cut out, then every round of ``replace`` peels
    the innermost level.
    """
    if body.count(b"[") + body.count(b"{") <= DEPTH_MAX:
        return False
    if b"\\" in body:
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Between quotes lie, in turn, structure and strings.
    marks = body.translate(_TO_ONE_BRACKET, _NOT_STRUCTURE)
    left = b"".join(marks.split(b'"')[::2])
    rounds = 0
    while left and rounds <= DEPTH_MAX:
        peeled = left.replace(b"[]", b"")
        if len(peeled) == len(left):
            # What is left never closes (a body cut short): it nests at most as deep as it opens.
            return rounds + left.count(b"[") > DEPTH_MAX
        left = peeled
        rounds += 1
    return rounds > DEPTH_MAX


def raw_text(body: bytes) -> str:
    """Any body as storable text for human eyes: what cannot be decoded shows as U+FFFD. Never raises."""
    try:
        text = body.decode(json.detect_encoding(body), "replace")
    except (UnicodeError, LookupError):
        text = body.decode("utf-8", "replace")
    return text.replace("\0", _REPLACEMENT)


def _decoded(body: bytes) -> str:
    encoding = json.detect_encoding(body)
    try:
        return body.decode(encoding)
    except UnicodeError:
        raise Unreadable(f"the body is not valid {encoding.upper().removesuffix('-SIG')}") from None


def _storable(value: object) -> object:
    if isinstance(value, str):
        return _storable_text(value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable_text(key): _storable(item) for key, item in value.items()}
    return value


def _storable_text(text: str) -> str:
    if not text.isascii():
        # Joins halves that found each other and replaces those that did not.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\0", _REPLACEMENT)


def _constant(name: str) -> NoReturn:
    raise Unreadable(f"the body holds {name}, which is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise Unreadable("the body holds a number that is out of range")
    return number


# strict=False: shell scripts like to send real line breaks inside strings.
_PATIENT = json.JSONDecoder(strict=False, parse_constant=_constant, parse_float=_finite)
