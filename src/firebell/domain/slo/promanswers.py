"""Answers of the Prometheus HTTP API as samples, and samples as buckets. What cannot be read is a state, not a number.

Protocol: ``{status, data: {resultType, result}, errorType?, error?, warnings?, infos?}`` of ``/api/v1/query`` and
``/api/v1/query_range``; values are texts and may be ``NaN`` and ``±Inf``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from typing import Any

import msgspec

POINTS_MAX = 11_000
"""What Prometheus gives per series and call."""
_TEXT_MAX, _EXPONENT_MAX = 400, 400
"""Of one value: every float of 64 bits is shorter and nearer to one."""
_LATEST_S = 1e12
_WINDOW = re.compile(r"\$window\b|\{\{\s*\.window\s*\}\}")


class State(StrEnum):
    """``empty``: answered, and there is nothing. ``refused``: the query is wrong; nothing will change by repeating.
    ``back_off``: it may work later. ``unreadable``: this is no answer of Prometheus."""

    READ = "read"
    EMPTY = "empty"
    REFUSED = "refused"
    BACK_OFF = "back_off"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Series:
    """``samples``: seconds since 1970 → value; ``None`` is what was not a finite number."""

    labels: Mapping[str, str]
    samples: Mapping[int, Fraction | None]


@dataclass(frozen=True, slots=True)
class Answer:
    """``words`` say what is wrong unless it was read. ``warnings`` are shown on the SLO either way."""

    state: State
    series: tuple[Series, ...] = ()
    words: str = ""
    warnings: tuple[str, ...] = ()


def with_window(query: str, window: str) -> str:
    """``$window`` and ``{{.window}}`` are this long."""
    return _WINDOW.sub(window, query)


def has_window(query: str) -> bool:
    """Whether the query depends on the length of the bucket, as one over a counter has to."""
    return _WINDOW.search(query) is not None


def pages(start: int, end: int, step: int, points_max: int = POINTS_MAX) -> Iterator[tuple[int, int]]:
    """``[start, end]``, both included, in calls of at most so many points."""
    at = start
    while at <= end:
        until = min(end, at + (points_max - 1) * step)
        yield at, until
        at = until + step


def read(status: int, body: bytes) -> Answer:
    """An HTTP status (0: none came) and body as an answer. Never raises."""
    if status in (0, 408, 429) or status >= 500:
        return Answer(State.BACK_OFF, words=_said(body) or (f"It answered {status}." if status else "No answer."))
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Answer(State.REFUSED if status >= 400 else State.UNREADABLE, words=f"{status}: that is no JSON.")
    if not isinstance(decoded, dict):
        return Answer(State.UNREADABLE, words="The answer is no object.")
    warnings = tuple(str(one) for key in ("warnings", "infos") for one in _list(decoded.get(key)))
    if status >= 400 or decoded.get("status") == "error":
        # A timeout and a server going down are said with 503; whatever else it calls an error is the query's.
        return Answer(State.REFUSED, words=_said(body) or f"It answered {status}.", warnings=warnings)
    data = decoded.get("data")
    if decoded.get("status") != "success" or not isinstance(data, dict):
        return Answer(State.UNREADABLE, words="The answer has neither data nor an error.", warnings=warnings)
    try:
        series = _series(data.get("resultType"), data.get("result"))
    except _UnreadableError as bad:
        return Answer(State.UNREADABLE, words=str(bad), warnings=warnings)
    if not any(one.samples for one in series):
        return Answer(State.EMPTY, words="The query matches nothing.", warnings=warnings)
    return Answer(State.READ, series, warnings=warnings)


class _UnreadableError(ValueError):
    pass


def _said(body: bytes) -> str:
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    if not isinstance(decoded, dict) or not decoded.get("error"):
        return ""
    return f"{decoded.get('errorType', 'error')}: {decoded['error']}"[:500]


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _series(kind: object, result: object) -> tuple[Series, ...]:
    if kind in ("scalar", "string"):
        return (Series({}, dict([_sample(result)])),)
    if kind not in ("vector", "matrix") or not isinstance(result, list):
        raise _UnreadableError(f"The result is of type {str(kind)[:40]}.")
    found = []
    for one in result:
        if not isinstance(one, dict):
            raise _UnreadableError("A series is no object.")
        if "histogram" in one or "histograms" in one:
            raise _UnreadableError("The result is native histograms; ask for numbers, with histogram_count().")
        pairs = one.get("values") if kind == "matrix" else [one.get("value")]
        if not isinstance(pairs, list):
            raise _UnreadableError("A series has no values.")
        labels = one.get("metric")
        named = {str(k): str(v) for k, v in labels.items()} if isinstance(labels, dict) else {}
        found.append(Series(named, dict(_sample(pair) for pair in pairs)))
    return tuple(found)


def _sample(pair: object) -> tuple[int, Fraction | None]:
    if not isinstance(pair, list) or len(pair) != 2 or isinstance(pair[0], bool):
        raise _UnreadableError("A sample is no pair.")
    at, text = pair
    if not isinstance(at, int | float) or not isinstance(text, str) or not abs(at) < _LATEST_S:
        raise _UnreadableError("A sample is no time and text.")
    try:
        value = Decimal(text)
    except InvalidOperation:
        # Prometheus writes +Inf, -Inf and NaN, all of which Decimal reads; anything else is no number.
        raise _UnreadableError(f"“{text[:40]}” is no number.") from None
    if not value.is_finite():
        return round(at), None
    if len(text) > _TEXT_MAX or abs(value.adjusted()) > _EXPONENT_MAX:
        # No such number is a float of 64 bits, and written out it could take all memory there is.
        raise _UnreadableError(f"“{text[:40]}” is no number of a Prometheus.")
    return round(at), Fraction(value)
