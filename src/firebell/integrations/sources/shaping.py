"""From what senders write to what a Signal may hold: limits, timestamps, severity words, labels and links.

All strings given to these functions are storable already (see ``decoding``); none of the functions raises.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Iterable, Iterator

from firebell.domain.alerts.model import Link
from firebell.kernel.clock import Instant

SUMMARY_MAX = 1_024
DETAILS_MAX = 6_144
DEDUP_KEY_MAX = 512
LABELS_MAX = 64
LABEL_NAME_MAX = 128
LABEL_VALUE_MAX = 1_024
HREF_MAX = 2_048
LINKS_MAX = 32
SIGNALS_MAX = 5_000
"""Alerts in one body. A real one takes 200 bytes and more, so an honest body of 1 MiB stays below."""

_MARK = "…cut"
_DROPPED_NAMED = 20

# --- text ------------------------------------------------------------------------------------------------------------


def cut(text: str, limit: int) -> str:
    """``text``, or its beginning and the mark "…cut", together ``limit`` characters."""
    return text if len(text) <= limit else text[: limit - len(_MARK)] + _MARK


def one_line(text: str, limit: int = SUMMARY_MAX) -> str:
    """A summary: no line breaks, no blanks around it, within the limit."""
    if "\n" in text or "\r" in text or "\t" in text:
        text = " ".join(text.split())
    return cut(text.strip(), limit)


def scalar(value: object) -> str:
    """A string, number or flag as text; everything else is ``""``. Whole numbers keep every digit."""
    if isinstance(value, str):
        return value
    if value is True or value is False:
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else ""


def prose(value: object) -> str:
    """Any JSON value as readable text: strings as they are, structures as indented JSON."""
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, indent=1) if value else ""
    return scalar(value)


def dedup_key(text: str) -> str | None:
    """The sender's key, its sha256 (64 hex digits) beyond 512 characters, or ``None`` when it is blank."""
    if len(text) > DEDUP_KEY_MAX:
        return hashlib.sha256(text.encode()).hexdigest()
    return text if text.strip() else None


# --- labels ----------------------------------------------------------------------------------------------------------


def labels(pairs: Iterable[tuple[str, str]]) -> tuple[dict[str, str], list[str]]:
    """The first 64 pairs, names and values within their limits, and the names of those that had to go.

    A pair without name or value is no label. The first of two equal names wins. At most 20 names are kept of the
    dropped, then "…".
    """
    kept: dict[str, str] = {}
    dropped: list[str] = []
    for raw_name, value in pairs:
        if not raw_name or not value:
            continue
        name = cut(raw_name, LABEL_NAME_MAX)
        if name in kept:
            continue
        if len(kept) < LABELS_MAX:
            kept[name] = cut(value, LABEL_VALUE_MAX)
        elif len(dropped) < _DROPPED_NAMED:
            dropped.append(name)
        else:
            dropped.append("…")
            break
    return kept, dropped


def fits(pairs: dict[str, str]) -> bool:
    """Whether the pairs can be labels just as they stand (the usual case, and cheap to know)."""
    if len(pairs) > LABELS_MAX:
        return False
    for name, value in pairs.items():
        if not 0 < len(name) <= LABEL_NAME_MAX or not 0 < len(value) <= LABEL_VALUE_MAX:
            return False
    return True


def flatten(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """``{"a": {"b": 1}}`` as ``("a.b", "1")``. Lists of plain values are joined by ``, ``; other lists become JSON."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flatten(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        if any(isinstance(item, (dict, list)) for item in value):
            yield name, json.dumps(value, ensure_ascii=False)
        else:
            yield name, ", ".join(filter(None, map(scalar, value)))
    else:
        yield name, scalar(value)


def details(text: str, dropped: list[str] | None = None) -> str:
    """Details within the limit. Labels that were dropped are named at the end: that line is never cut off."""
    if not dropped:
        return cut(text, DETAILS_MAX)
    note = f"Labels beyond the first {LABELS_MAX} were dropped: {', '.join(dropped)}"
    return f"{cut(text, DETAILS_MAX - len(note) - 2)}\n\n{note}" if text else note


# --- links -----------------------------------------------------------------------------------------------------------

_HREF = re.compile(r"https?://[^\s/?#\x00-\x20\x7f][^\s\x00-\x20\x7f]*", re.IGNORECASE)


def link(href: object, text: object = "") -> Link | None:
    """A link somebody may click: ``http`` or ``https``, no blanks, at most 2,048 characters. Else ``None``.

    A longer address is dropped, not cut: half an address leads somewhere else.
    """
    if not isinstance(href, str) or not href or len(href) > HREF_MAX:
        return None
    return _link(href, text if isinstance(text, str) and len(text) <= LABEL_NAME_MAX else cut(scalar(text), 128))


@functools.lru_cache(maxsize=1024)
def _link(href: str, text: str) -> Link | None:
    href = href.strip()
    return Link(href, text) if _HREF.fullmatch(href) else None


# --- severity --------------------------------------------------------------------------------------------------------

_WORDS = {
    # SEV1-SEV4 are Firebell's own levels and mean here what they mean on its pages. Azure counts from Sev0: when it
    # gets a source, that source brings its own table.
    "critical": "critical crit page emergency emerg fatal disaster panic down p1 sev0 sev1 5",
    "high": "high error err major unreachable unknown p2 sev2 4",
    "warning": "warning warn medium moderate minor average p3 p4 sev3 3 2",
    "info": "info information informational notice none low ok up success debug p5 sev4 1 0",
}
_SEVERITY = {word: canonical for canonical, words in _WORDS.items() for word in words.split()}


def severity(word: object) -> str | None:
    """``critical | high | warning | info``, or ``None`` for a word that nobody taught us: the service's default holds.

    Knows, in any case, the words of PagerDuty, Opsgenie (P1-P5), VictorOps, Nagios, Zabbix (0-5), New Relic and
    the usual label values.
    """
    text = scalar(word)
    return _SEVERITY.get(text) or (_SEVERITY.get(text.strip().lower()) if 0 < len(text) <= 32 else None)


# --- time ------------------------------------------------------------------------------------------------------------

_FLOOR = Instant.from_timestamp(0)
_CEILING = Instant.parse_iso("9999-12-31T23:59:59Z")
_STAMP_MAX = 64
_NUMBER = re.compile(r"[+-]?[0-9]{1,24}(\.[0-9]{0,18})?", re.ASCII)
_STAMP = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ]\s?([0-9]{2}:[0-9]{2})(?::([0-9]{2}))?(?:[.,]([0-9]{1,18}))?)?"
    # Go prints "+0000 UTC m=+0.1"; a zone's name alone says too little, except these two.
    r"\s?(?:Z|UTC|GMT|([+-][0-9]{2}):?([0-9]{2})?\s?(?:Z|[A-Z]{3,5})?)?(?: m=[+-][0-9.]+)?",
    re.ASCII | re.IGNORECASE,
)


def instant(value: object) -> Instant | None:
    """A sender's stamp as an instant; ``None`` when it is unset or makes no sense.

    Reads ISO 8601 with any number of decimals, with ``Z``, ``+00:00``, ``+0000``, both (``+00:00Z``) or no zone
    (then UTC), with ``T`` or a blank; epoch seconds, milliseconds, microseconds and nanoseconds as number or text.
    Unset are the year 1 (Go's zero time) and numbers <= 0. Anything else is held within 1970-9999.
    """
    if type(value) is str:
        return _from_text(value) if len(value) <= _STAMP_MAX else None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _from_epoch(value)
    return None


@functools.lru_cache(maxsize=2048)
def _from_text(text: str) -> Instant | None:
    if text.startswith("0001-01-01"):
        return None
    text = text.strip()
    try:
        return _held(Instant.parse_iso(text))
    except ValueError:
        pass
    if _NUMBER.fullmatch(text):
        return _from_epoch(float(text) if "." in text else int(text))
    found = _STAMP.fullmatch(text)
    if not found:
        return None
    day, minute, second, decimals, zone_h, zone_m = found.groups()
    seconds = "59" if second == "60" else second or "00"
    zone = f"{zone_h}:{zone_m or '00'}" if zone_h else "Z"
    try:
        return _held(Instant.parse_iso(f"{day}T{minute or '00:00'}:{seconds}.{(decimals or '0')[:9]}{zone}"))
    except ValueError:
        # Beyond the last representable instant, or no such day.
        return _CEILING if day == "9999-12-31" else None


def _from_epoch(number: int | float) -> Instant | None:
    if not 0 < number < 1e30:
        return None
    # Seconds reach the year 5138 before they look like milliseconds, and so on by thousands.
    for limit, per_unit_ns in ((1e11, 10**9), (1e14, 10**6), (1e17, 10**3), (1e20, 1)):
        if number < limit:
            nanos = number * per_unit_ns if isinstance(number, int) else round(number * per_unit_ns / 1e3) * 1000
            try:
                return _held(Instant.from_timestamp(nanos, unit="nanosecond"))
            except (ValueError, OverflowError):
                return _CEILING
    return _CEILING


def _held(at: Instant) -> Instant:
    return min(max(at, _FLOOR), _CEILING)
