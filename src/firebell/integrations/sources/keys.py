"""Where an integration key may stand in a request, and how to keep it out of the logs.

Senders put it in the path, in one of half a dozen headers, in the query or in the body. All are the same key; the
path wins, because some senders fill the body with a key of another product.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import unquote

import msgspec

from firebell.integrations.sources import shaping
from firebell.integrations.sources.contract import Unreadable
from firebell.integrations.sources.decoding import tree, typed

__all__ = ["BODY_FIELDS", "body_fields", "candidate_keys", "redacted_headers", "redacted_target", "vendor_path"]

BODY_FIELDS = ("routing_key", "service_key")
_HEADERS = ("x-routing-key", "x-api-key", "x-gitlab-token")
_QUERY = ("token", "apikey", "api_key", "auth_token", "routing_key", "key")
_SECRET_HEADERS = frozenset((*_HEADERS, "authorization", "proxy-authorization", "cookie"))
_KEY_MAX = 256
_CANDIDATES_MAX = 8
_LIKE_A_KEY = 16
_REDACTED = "[redacted]"


def candidate_keys(
    path_segments: Sequence[str],
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body_fields: Mapping[str, str],
) -> list[str]:
    """Everything that may be the key, the likeliest first, without repeats, at most 8 to look up.

    ``path_segments``: what follows ``/in/<slug>``, decoded. ``headers`` have lower-case names; ``query`` names may
    have any case. ``body_fields``: from :func:`body_fields`, or empty as long as the other places suffice.
    """
    found: dict[str, None] = {}
    for text in _places(path_segments, query, headers, body_fields):
        key = text.strip()
        if key and len(key) <= _KEY_MAX and key.isascii() and key.isprintable():
            found[key] = None
    return list(found)[:_CANDIDATES_MAX]


def vendor_path(path_segments: Sequence[str], key: str) -> tuple[str, ...]:
    """What is left for the source: the segments without the key and without empty ones (a trailing slash)."""
    rest = [segment for segment in path_segments if segment]
    if key in rest:
        rest.remove(key)
    return tuple(rest)


class _Fields(msgspec.Struct):
    routing_key: str = ""
    service_key: str = ""


_FIELDS = msgspec.json.Decoder(_Fields)


def body_fields(body: bytes, names: Sequence[str] = BODY_FIELDS) -> dict[str, str]:
    """Those of the top-level ``names`` that hold text, as ``{name: text}``; never raises.

    A body no parser accepts is searched for ``"name": "text"`` all the same: its sender proves who it is, so that
    the unreadable alert can be paged.
    """
    if set(names) <= set(BODY_FIELDS) and (fields := typed(body, _FIELDS)) is not None:
        found = {name: getattr(fields, name) for name in names}
        return {name: text for name, text in found.items() if text}
    try:
        value = tree(body)
    except Unreadable:
        return {name: text for name in names if (text := _searched(body, name))}
    if not isinstance(value, dict):
        return {}
    return {name: text for name in names if (text := shaping.scalar(value.get(name)))}


def redacted_target(raw_path: str, query_string: str = "") -> str:
    """A request target fit for logs: the key segment of ``/in/<slug>/<key>``, any other long segment without a dot
    that looks random, and every secret query value are replaced by ``[redacted]``.
    """
    segments = raw_path.split("/")
    after = segments.index("in") + 2 if "in" in segments else len(segments)
    for at, segment in enumerate(segments):
        if (at == after and segment and not re.fullmatch(r"v[0-9]", segment)) or _looks_random(segment):
            segments[at] = _REDACTED
    target = "/".join(segments)
    if not query_string:
        return target
    pairs = []
    for pair in query_string.split("&"):
        name, equals, value = pair.partition("=")
        secret = unquote(name).lower() in _QUERY
        pairs.append(f"{name}={_REDACTED}" if secret and equals and value else pair)
    return f"{target}?{'&'.join(pairs)}"


def redacted_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers with every value that may be a key or a session replaced by ``[redacted]``."""
    return {name: _REDACTED if name.lower() in _SECRET_HEADERS else value for name, value in headers.items()}


def _places(
    path_segments: Sequence[str], query: Mapping[str, str], headers: Mapping[str, str], fields: Mapping[str, str]
) -> Iterator[str]:
    rest = [segment for segment in path_segments if segment]
    yield from rest[:1]
    yield from (segment for segment in rest[1:] if len(segment) >= _LIKE_A_KEY)
    yield from _authorization(headers.get("authorization", ""))
    for name in _HEADERS:
        yield headers.get(name, "")
    for name, value in query.items():
        if name.lower() in _QUERY:
            yield value
    yield from fields.values()


def _authorization(value: str) -> Iterator[str]:
    """``GenieKey K``, ``Bearer K``, ``Key K``, ``Token K``, ``Token token=K``, ``Basic`` (password, user), ``K``."""
    scheme, _, rest = value.strip().partition(" ")
    rest = rest.strip()
    if not rest:
        yield scheme
    elif scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(rest, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return
        yield password
        yield user
    elif scheme.lower() in ("geniekey", "bearer", "key", "token"):
        yield rest.removeprefix("token=").strip('"')


def _searched(body: bytes, name: str) -> str:
    # UTF-16 cut in half still shows its ASCII once the zero bytes are gone.
    found = re.search(rb'"' + re.escape(name.encode()) + rb'"\s*:\s*"([!#-\[\]-~]{1,256})"', body.replace(b"\0", b""))
    return found[1].decode("ascii") if found else ""


def _looks_random(segment: str) -> bool:
    return len(segment) >= 20 and segment.isalnum() and any(c.isdigit() for c in segment)
