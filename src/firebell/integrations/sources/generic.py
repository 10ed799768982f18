"""Generic JSON: the shape for everything that has no source of its own.

Firebell's own names first, then those of the GitLab alert endpoint and of incident.io's HTTP source, so that a sender
written for either works unchanged. Nothing is rejected for being unknown: it becomes a label.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qsl

import msgspec

from firebell.domain.alerts.model import Link, Signal, Status
from firebell.integrations.sources import shaping
from firebell.integrations.sources.contract import Accepted, Reply, Request, Snippet, Source, Unreadable
from firebell.integrations.sources.decoding import tree
from firebell.kernel.clock import Instant

__all__ = ["SOURCE", "signals"]

_SUMMARY = ("summary", "title", "message", "subject", "text", "name", "alertname")
_DETAILS = ("description", "details", "body", "message", "text")
_DEDUP_KEY = ("dedup_key", "fingerprint", "deduplication_key")
_STATUS = ("status", "state", "event_action", "action")
_SEVERITY = ("severity", "priority", "level")
_SOURCE = ("source", "service", "hosts", "host", "monitoring_tool")
_STARTS = ("starts_at", "start_time", "startsAt", "timestamp")
_ENDS = ("ends_at", "end_time", "endsAt")
_LABELS = ("labels", "tags", "metadata")
_LINKS = ("links", "link", "url", "source_url")
_IMAGES = ("images", "image", "image_url")
# Read in full above or too long for a label; whatever else a body holds becomes labels.
_READ = frozenset(
    (
        *("summary", "title", "subject", "description", "details", "body", "message", "text", "severity", "source"),
        *(_DEDUP_KEY + _STATUS + _STARTS + _ENDS + _LABELS + _LINKS + _IMAGES),
        *("routing_key", "service_key"),
    )
)

_RESOLVED = frozenset(
    (
        *("resolved", "resolve", "closed", "close", "cleared", "clear", "recovered", "recovery"),
        *("ok", "okay", "up", "normal", "healthy", "inactive", "success"),
    )
)
_ACKNOWLEDGED = frozenset(("acknowledged", "acknowledge", "ack", "acked"))


def signals(value: object, *, sender: str = "the sender") -> list[Signal]:
    """One object, or a list of them, as Signals. Raises :class:`Unreadable` when there is nothing to tell a person."""
    items = value if isinstance(value, list) else [value]
    if len(items) > shaping.SIGNALS_MAX:
        raise Unreadable(f"the body holds {len(items)} alerts; at most {shaping.SIGNALS_MAX} are read at once")
    if not items:
        raise Unreadable("the body is an empty list")
    if isinstance(value, list):
        return [_signal(item) or _oddity(item, sender) for item in items]
    signal = _signal(value)
    if signal is None:
        raise Unreadable("the body names no summary, title or message, and no dedup_key")
    return [signal]


def _oddity(item: object, sender: str) -> Signal:
    """One item of a list that says nothing readable must not cost the readable ones."""
    return Signal(
        status=Status.FIRING,
        summary=shaping.one_line(f"Unreadable alert in a list from {sender}"),
        details=shaping.details(shaping.prose(item)),
    )


def _signal(item: object) -> Signal | None:
    if not isinstance(item, dict):
        return None
    key = _key(item)
    summary_name, summary = _first(item, _SUMMARY)
    if not summary:
        summary = key or ""
    if not summary:
        return None
    status = _status(item)
    inner = item.get("labels")
    severity_word = _first(item, _SEVERITY)[1] or (_first(inner, ("severity",))[1] if isinstance(inner, dict) else "")
    severity = shaping.severity(severity_word)
    labels, dropped = shaping.labels(_labels(item, None if severity else severity_word))
    return Signal(
        status=status,
        summary=shaping.one_line(summary),
        dedup_key=key,
        severity=severity,
        details=shaping.details(_details(item, summary_name), dropped),
        source=shaping.one_line(_source(item), shaping.LABEL_VALUE_MAX),
        labels=labels,
        links=_links(item, _LINKS, ("href", "url"), ("text", "title")),
        images=_links(item, _IMAGES, ("src", "href", "url"), ("alt", "text")),
        starts_at=_stamp(item, _STARTS),
        ends_at=_stamp(item, _ENDS),
    )


def _first(item: Mapping[str, object], names: Sequence[str]) -> tuple[str, str]:
    """The first of the names that holds a non-blank scalar, and its text."""
    for name in names:
        value = item.get(name)
        if value is not None and (text := shaping.scalar(value)).strip():
            return name, text
    return "", ""


def _key(item: Mapping[str, object]) -> str | None:
    for name in _DEDUP_KEY:
        value = item.get(name)
        if isinstance(value, list):
            parts = [text for part in value if (text := shaping.scalar(part))]
            if len(parts) > 1:
                return hashlib.sha256("\n".join(parts).encode()).hexdigest()
            value = parts[0] if parts else None
        if key := shaping.dedup_key(shaping.scalar(value)):
            return key
    return None


def _status(item: Mapping[str, object]) -> Status:
    """Silence about the state, and any word we do not know, means trouble. ``end_time`` alone means it is over."""
    word = _first(item, _STATUS)[1].strip().lower()
    if word in _RESOLVED:
        return Status.RESOLVED
    if word in _ACKNOWLEDGED:
        return Status.ACKNOWLEDGED
    return Status.RESOLVED if not word and shaping.instant(item.get("end_time")) else Status.FIRING


def _details(item: Mapping[str, object], summary_name: str) -> str:
    for name in _DETAILS:
        if name != summary_name and (text := shaping.prose(item.get(name))).strip():
            return text
    return ""


def _source(item: Mapping[str, object]) -> str:
    for name in _SOURCE:
        value = item.get(name)
        if isinstance(value, list):
            value = value[0] if value else None
        if text := shaping.scalar(value):
            return text
    return ""


def _labels(item: Mapping[str, object], unknown_severity: str | None) -> Iterator[tuple[str, str]]:
    for name in _LABELS:
        value = item.get(name)
        yield from shaping.flatten(value, "" if isinstance(value, dict) else name)
    if unknown_severity:
        yield "severity", unknown_severity
    for name, value in item.items():
        if name not in _READ:
            yield from shaping.flatten(value, name)


def _links(
    item: Mapping[str, object], names: Sequence[str], hrefs: Sequence[str], texts: Sequence[str]
) -> tuple[Link, ...]:
    """Links as one address, one object, or a list of either."""
    found: list[Link] = []
    for name in names:
        value = item.get(name)
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, dict):
                made = shaping.link(_first(entry, hrefs)[1], _first(entry, texts)[1])
            else:
                made = shaping.link(entry)
            if made and len(found) < shaping.LINKS_MAX:
                found.append(made)
    return tuple(found)


def _stamp(item: Mapping[str, object], names: Sequence[str]) -> Instant | None:
    for name in names:
        if (at := shaping.instant(item.get(name))) is not None:
            return at
    return None


class Generic:
    """Anything that can POST JSON. Answers ``202`` with what became of each alert, in the order they were sent."""

    slug = "generic"
    name = "Generic JSON"
    blurb = "Any script or tool that can POST JSON: one alert, or a list of them."
    key_in_body: tuple[str, ...] = ("routing_key",)
    resolve_timeout_s: int | None = None

    def parse(self, request: Request) -> list[Signal]:
        try:
            value = tree(request.body)
        except Unreadable:
            value = _form(request)
            if value is None:
                raise
        return signals(value)

    def reply(self, request: Request, accepted: Sequence[Accepted]) -> Reply:
        answer = [{"alert_id": one.alert_id, "new": one.new, "dedup_key": one.dedup_key} for one in accepted]
        return Reply(202, msgspec.json.encode({"accepted": answer}))

    def busy(self, retry_after_s: int) -> Reply:
        return Reply(
            503,
            b'{"error":"Firebell is busy; please send this alert again."}',
            headers={"Retry-After": str(retry_after_s)},
        )

    def snippets(self, url: str, key: str) -> list[Snippet]:
        return [
            Snippet("Send a test alert", "bash", _curl(url, key, _FIRE)),
            Snippet("Resolve it", "bash", _curl(url, key, _RESOLVE)),
            Snippet("With the key in a header", "bash", _HEADER.format(url=url, key=key)),
        ]


def _form(request: Request) -> dict[str, str] | None:
    """``curl -d 'summary=disk full'``: what people try first. Only when the sender says that it is a form."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return None
    try:
        pairs = parse_qsl(request.body.decode(), max_num_fields=200)
    except ValueError:
        return None
    # "+" and %00 decode to anything; hold the form to what JSON text is held to.
    fields = {name.replace("\0", "\ufffd"): value.replace("\0", "\ufffd") for name, value in pairs}
    return fields if any(name in fields for name in _SUMMARY + _DEDUP_KEY) else None


def _curl(url: str, key: str, body: str) -> str:
    return f"curl -sS '{url}/{key}' \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'"


_FIRE = """{
    "dedup_key": "db-1/disk",
    "status": "firing",
    "severity": "critical",
    "summary": "Disk full on db-1",
    "description": "/var is at 97 %.",
    "source": "db-1",
    "labels": {"env": "prod", "mount": "/var"},
    "links": [{"href": "https://example.org/runbooks/disk", "text": "Runbook"}]
  }"""
_RESOLVE = '{"dedup_key": "db-1/disk", "status": "resolved", "summary": "Disk full on db-1"}'
_HEADER = """curl -sS '{url}' \\
  -H 'Authorization: Bearer {key}' \\
  -H 'Content-Type: application/json' \\
  -d '{{"summary": "Hello from Firebell", "severity": "info"}}'"""

SOURCE: Source = Generic()
