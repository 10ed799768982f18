"""The names of a page's documents, and each drawn as bytes from a snapshot of the page."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import msgspec

from firebell.domain.incidents import queries as incidents
from firebell.domain.statuspage import queries
from firebell.domain.statuspage.model import PublicIncident, Snapshot
from firebell.entrypoints.public import badge, feeds, html, v2
from firebell.entrypoints.public.place import Place
from firebell.entrypoints.public.planned import Planned, planned
from firebell.kernel.errors import NotFound
from firebell.kernel.work import Read

HTML = "text/html; charset=utf-8"
JSON = "application/json; charset=utf-8"
_GZIP_FROM = 700
_INCIDENT = re.compile(r"incidents/([0-9a-z]{12})")
_MONTH = re.compile(r"history/(\d{4}-(?:0[1-9]|1[0-2]))")

Drawn = tuple[str, str | bytes]
Draw = Callable[[Snapshot, Place], Drawn]


def _json(name: str) -> Draw:
    return lambda snapshot, place: (JSON, v2.document(name, snapshot, place))


FIXED: Mapping[str, Draw] = {
    "": lambda snapshot, place: (HTML, html.front(snapshot, place)),
    "history.atom": lambda snapshot, place: ("application/atom+xml; charset=utf-8", feeds.atom(snapshot, place)),
    "history.rss": lambda snapshot, place: ("application/rss+xml; charset=utf-8", feeds.rss(snapshot, place)),
    "maintenance.ics": lambda snapshot, place: ("text/calendar; charset=utf-8", feeds.calendar(snapshot, place)),
    "badge.svg": lambda snapshot, place: ("image/svg+xml", badge.draw(snapshot)),
    **{f"api/v2/{name}.json": _json(name) for name in v2.DOCUMENTS},
    "history.json": lambda snapshot, place: (JSON, v2.document("incidents", snapshot, place)),
}
"""Documents that need nothing but the snapshot."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A document ready to be sent. ``squeezed``: gzip, where that is worth it. ``tag``: the weak ETag's quoted part."""

    content_type: str
    body: bytes
    squeezed: bytes | None
    tag: bytes


def is_document(name: str) -> bool:
    """Whether a page has a document of that name (an incident's or a month's may still turn out not to exist)."""
    return name in FIXED or is_page(name)


def is_page(name: str) -> bool:
    """Whether a person reads it, rather than a program."""
    return name in ("", "history") or _INCIDENT.fullmatch(name) is not None or _MONTH.fullmatch(name) is not None


def error(words: str) -> bytes:
    """What a program is told instead of a document."""
    return msgspec.json.encode({"error": words})


def draw(read: Read, snapshot: Snapshot, name: str, place: Place) -> Rendered:
    """One document. Raises NotFound."""
    if place.report and not may_report(read):
        place = replace(place, report="")
    fixed = FIXED.get(name)
    if fixed is not None:
        return rendered(*fixed(snapshot, place))
    incident = _INCIDENT.fullmatch(name)
    if incident is not None:
        return rendered(HTML, _incident(read, snapshot, incident[1], place))
    month = _MONTH.fullmatch(name)
    if month is not None or name == "history":
        return rendered(HTML, html.month(read, snapshot, month[1] if month else "", place))
    raise NotFound("This status page has no such part.")


def may_report(read: Read) -> bool:
    """Whether the form for reporting a problem is open to strangers."""
    return incidents.settings(read).report_form == "public"


def _incident(read: Read, snapshot: Snapshot, code: str, place: Place) -> str:
    known: list[PublicIncident | Planned] = [*snapshot.incidents, *planned(snapshot)]
    for one in known:
        if one.code == code:
            return html.incident(snapshot, one, place)
    older = queries.by_code(read, snapshot.page.id, code)
    if older is None:
        raise NotFound("There is no such incident on this page.")
    return html.incident(snapshot, older, place)


def rendered(content_type: str, body: str | bytes) -> Rendered:
    raw = body.encode() if isinstance(body, str) else body
    squeezed = gzip.compress(raw, 6, mtime=0) if len(raw) >= _GZIP_FROM else None
    return Rendered(content_type, raw, squeezed, f'"{hashlib.sha256(raw).hexdigest()[:32]}"'.encode())
