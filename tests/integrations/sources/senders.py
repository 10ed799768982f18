"""Requests as real programs sent them, and a check for what both databases can store."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

import msgspec

from firebell.domain.alerts.model import Signal
from firebell.integrations.sources.contract import Request
from firebell.integrations.sources.shaping import (
    DEDUP_KEY_MAX,
    DETAILS_MAX,
    HREF_MAX,
    LABEL_NAME_MAX,
    LABEL_VALUE_MAX,
    LABELS_MAX,
    SUMMARY_MAX,
)

CAPTURES = Path(__file__).parents[2] / "captures"


def capture(name: str) -> Request:
    """A recorded request as the intake hands it over once the key is found."""
    seen = json.loads((CAPTURES / f"{name}.json").read_text())
    return Request(
        method=seen["method"],
        path=tuple(unquote(part) for part in seen["path"].split("/") if part),
        query=dict(seen["query"]),
        headers={name.lower(): value for name, value in seen["headers"]},
        body=seen["body"].encode(),
    )


def captures() -> list[str]:
    return sorted(
        path.stem
        for path in CAPTURES.glob("*.json")
        if isinstance(seen := json.loads(path.read_text()), dict) and isinstance(seen.get("body"), str)
    )


def post(
    body: object, *path: str, headers: Mapping[str, str] | None = None, query: Mapping[str, str] | None = None
) -> Request:
    """``body``: bytes as they are, anything else as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request("POST", path, query or {}, headers or {}, raw)


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from strings(key)
            yield from strings(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, msgspec.Struct):
        for inner in msgspec.structs.asdict(value).values():
            yield from strings(inner)


def check_storable(signal: Signal) -> None:
    """Both databases take it, and every limit holds."""
    for text in strings(signal):
        assert "\0" not in text
        text.encode("utf-8")
    assert len(signal.summary) <= SUMMARY_MAX
    assert signal.summary.strip()
    assert len(signal.details) <= DETAILS_MAX
    assert signal.dedup_key is None or 0 < len(signal.dedup_key) <= DEDUP_KEY_MAX
    assert len(signal.labels) <= LABELS_MAX
    assert all(0 < len(name) <= LABEL_NAME_MAX for name in signal.labels)
    assert all(type(value) is str and 0 < len(value) <= LABEL_VALUE_MAX for value in signal.labels.values())
    assert all(len(x.href) <= HREF_MAX and x.href.lower().startswith("http") for x in (*signal.links, *signal.images))
    assert signal.severity in {None, "critical", "high", "warning", "info"}
    for at in (signal.starts_at, signal.ends_at):
        assert at is None or 0 <= at.timestamp() < 253402300800
