"""Signals in: the one hot door. A plain ASGI app that finds the key, parses, and answers after the group's commit.

An authenticated sender never hears 429 or 400 because of load or an odd body: what cannot be read is stored raw
and paged.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec
import structlog

from firebell.domain.alerts.model import AlertKind, Arrival, Ingested, Origin, Raw, Signal, Status
from firebell.domain.services import keys as service_keys
from firebell.domain.services import queries as services
from firebell.domain.services.model import Intake
from firebell.domain.services.rules import RESOLVE_TIMEOUT_S_MAX
from firebell.integrations.sources import keys
from firebell.integrations.sources.contract import Accepted, Reply, Request, Source, Unreadable
from firebell.kernel.batch import Batch
from firebell.kernel.errors import Unavailable
from firebell.kernel.text import cut, printable
from firebell.kernel.work import Runner, Work
from firebell.workflows import alert_arrives

log = structlog.get_logger()

BODY_MAX = 1 << 20
KEPT_OF_OVERSIZE = 256 << 10
KEY_FRESH_S = 5.0
VENDOR_PATHS = {b"/v2/enqueue": "pagerduty", b"/v2/change/enqueue": "pagerduty"}

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Door:
    """An integration as the intake remembers it for a few seconds; the transaction checks it again."""

    intake: Intake
    origin: Origin
    key_hash: str
    known_at: float


@dataclass(frozen=True, slots=True)
class _Knock:
    """A request that a key let in; the transaction asks whether it is still that integration's key."""

    arrival: Arrival
    key_hash: str


class _Gone(Exception):
    """The key was good a moment ago and is not any more."""


class Inbound:
    """``wants(scope)`` says whether a request is a signal; calling it takes the signal in."""

    def __init__(self, runner: Runner, sources: Mapping[str, Source], room: Callable[[], bool] = lambda: True) -> None:
        """``room``: whether the disk still has room for more than the engine itself needs."""
        self._runner = runner
        self._room = room
        self._room_checked = 0.0
        self._has_room = True
        self._sources = sources
        self._doors: dict[tuple[str, str], _Door] = {}
        runner.on_commit(self._forget)
        self.batch: Batch[_Knock, list[Ingested] | None] = Batch(runner, _take_in)
        self.headers: list[tuple[bytes, bytes]] = []
        """What every answer carries besides its own; the front of the house sets it."""
        self.accepted = 0
        self.refused: dict[str, int] = {}

    def wants(self, scope: Scope) -> bool:
        path: str = scope["path"]
        return path.startswith("/in/") or path.rstrip("/").encode() in VENDOR_PATHS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = await self._answer(scope, receive)
        headers = [(b"content-type", reply.content_type.encode()), (b"content-length", str(len(reply.body)).encode())]
        headers += [(name.lower().encode(), value.encode()) for name, value in reply.headers.items()]
        if reply.status == 413:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers + self.headers})
        await send({"type": "http.response.body", "body": reply.body})

    async def _answer(self, scope: Scope, receive: Receive) -> Reply:
        slug, segments = _address(scope)
        source = self._sources.get(slug)
        if source is None:
            return self._refuse(
                404, "unknown-source", f"There is no source called {slug!r}.", f"One of: {', '.join(self._sources)}."
            )
        if not self._enough_room():
            self._count("disk")
            return source.busy(30)
        body, whole = await _body(receive)
        if body is None:
            return self._refuse(400, "aborted", "The request ended before its body did.", "Send it again.")
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        try:
            door, key = await self._door(source, segments, query, headers, body)
        except Unavailable as error:
            return source.busy(error.retry_after_s)
        if door is None:
            return self._stranger(source)
        if door.intake.disabled:
            return self._refuse(403, "disabled", "This integration is switched off.", "Switch it on in Firebell.")
        request = Request(scope["method"], keys.vendor_path(segments, key), query, headers, body)
        raw = self._raw(source, request, headers, whole)
        arrival, after = self._read(source, door, request, raw)
        try:
            try:
                ingested = await self._submit(door, arrival)
            except Unavailable:
                raise
            except Exception:
                # The database works, and this body alone cannot be taken in: somebody is told of it all the same.
                log.exception("intake_failed", integration=door.intake.integration_id)
                self._count("failed")
                ingested = await self._submit(door, _as_unreadable(source, door, raw, "cannot be taken in"))
        except Unavailable as error:
            self._count("busy")
            return source.busy(error.retry_after_s)
        except Exception:  # nothing was accepted, so the sender must try again
            log.exception("intake_failed", integration=door.intake.integration_id)
            self._count("failed")
            return source.busy(5)
        if ingested is None:
            self._doors.clear()
            return self._stranger(source)
        self.accepted += len(ingested)
        if after is not None:
            return after
        return source.reply(
            request, [Accepted(i.alert.id if i.alert else None, i.became == "opened", i.dedup_key) for i in ingested]
        )

    async def _submit(self, door: _Door, arrival: Arrival) -> list[Ingested] | None:
        return await self.batch.submit(_Knock(arrival, door.key_hash), max(1, len(arrival.signals)))

    def _forget(self, topics: frozenset[str], woken: bool) -> None:
        """Something about services or integrations was edited: what is remembered of them may be wrong."""
        if "services" in topics:
            self._doors.clear()

    def _enough_room(self) -> bool:
        """Looked up once a second: the last megabytes are for claiming and recording what was accepted already."""
        now = self._runner.clock.monotonic()
        if now - self._room_checked >= 1:
            self._room_checked, self._has_room = now, self._room()
        return self._has_room

    async def _door(
        self, source: Source, segments: Sequence[str], query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> tuple[_Door | None, str]:
        now = self._runner.clock.monotonic()
        if segments:
            known = self._doors.get((source.slug, segments[0]))
            if known is not None and now - known.known_at < KEY_FRESH_S:
                return known, segments[0]
        fields = keys.body_fields(body, source.key_in_body) if source.key_in_body else {}
        candidates = keys.candidate_keys(segments, query, headers, fields)
        for key in candidates:
            known = self._doors.get((source.slug, key))
            if known is not None and now - known.known_at < KEY_FRESH_S:
                return known, key
        for key in candidates:
            hashed = hashlib.sha256(key.encode()).hexdigest()
            intake = await asyncio.to_thread(
                self._runner.read, lambda read, h=hashed: services.integration_by_key_hash(read, h), lane="intake"
            )
            if intake is not None and intake.source == source.slug:
                door = _Door(intake, _origin(intake, source), hashed, now)
                if len(self._doors) > 10_000:
                    self._doors.clear()
                # One that is switched off is looked up anew: once it is on again, not one alert may be refused.
                if not intake.disabled:
                    self._doors[source.slug, key] = door
                return door, key
        return None, ""

    def _raw(self, source: Source, request: Request, headers: Mapping[str, str], whole: bool) -> Raw:
        size = int(headers.get("content-length", 0) or 0) if not whole else len(request.body)
        kept = request.body if whole else request.body[:KEPT_OF_OVERSIZE]
        return Raw(
            source=source.slug, method=request.method, path="/" + "/".join(request.path),
            content_type=headers.get("content-type", "")[:200], body=kept, size=max(size, len(kept)), cut=not whole,
        )  # fmt: skip

    def _read(self, source: Source, door: _Door, request: Request, raw: Raw) -> tuple[Arrival, Reply | None]:
        """What the request says, and the answer if it is not the source's ordinary one."""
        if raw.cut:
            signal = _unreadable(door, raw.body, f"Oversize signal from {door.intake.display_name} ({source.name})")
            reply = _problem(
                413,
                "too-large",
                f"A body is at most {BODY_MAX} bytes; the first {KEPT_OF_OVERSIZE} were kept and paged.",
                "Send fewer alerts at once.",
            )
            return Arrival(door.origin, [signal], raw, AlertKind.UNREADABLE, "over 1 MiB"), reply
        try:
            return Arrival(door.origin, source.parse(request), raw), None
        except Unreadable as error:
            return _as_unreadable(source, door, raw, error.reason), error.reply
        except Exception:
            # A fault of ours in reading must not cost an alert.
            log.exception("parse_failed", source=source.slug, integration=door.intake.integration_id)
            return _as_unreadable(source, door, raw, "the reader of this source failed"), None

    def _stranger(self, source: Source) -> Reply:
        if source.slug == "pagerduty":
            self._count("key")
            body = {"status": "invalid event", "message": "Event object is invalid", "errors": ["Invalid routing key"]}
            return Reply(400, msgspec.json.encode(body))
        return self._refuse(
            401, "key", "The integration key is missing or not known.", "Copy the URL from the integration's page."
        )

    def _refuse(self, status: int, slug: str, title: str, hint: str) -> Reply:
        self._count(slug)
        return _problem(status, slug, title, hint)

    def _count(self, why: str) -> None:
        self.refused[why] = self.refused.get(why, 0) + 1


def _take_in(work: Work, knocks: Sequence[_Knock]) -> list[list[Ingested] | None]:
    """One group in one transaction. ``None`` for a request whose integration is gone, or has another key, by now."""
    live = services.open_doors(work, {k.arrival.origin.integration_id for k in knocks})
    good = [k.arrival for k in knocks if live.get(k.arrival.origin.integration_id) == k.key_hash]
    answers = iter(alert_arrives.arrive(work, good))
    counts: dict[str, int] = {}
    for arrival in good:
        counts[arrival.origin.integration_id] = counts.get(arrival.origin.integration_id, 0) + 1
    service_keys.signals_seen(work, counts)
    kept = {id(a) for a in good}
    return [next(answers) if id(k.arrival) in kept else None for k in knocks]


def _address(scope: Scope) -> tuple[str, tuple[str, ...]]:
    """(source slug, the segments after it), decoded one by one from the raw path: so an encoded slash stays one."""
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    path = path.partition(b"?")[0]
    vendor = VENDOR_PATHS.get(path.rstrip(b"/"))
    if vendor is not None:
        return vendor, tuple(path.decode("latin-1").strip("/").split("/"))
    text = path.decode("latin-1")
    parts = text.split("/")[2:]
    if "%" in text:
        parts = [unquote(part) for part in parts]
    return (parts[0] if parts else ""), tuple(part for part in parts[1:] if part)


async def _body(receive: Receive) -> tuple[bytes | None, bool]:
    """The body, and whether it is all there (``False``: over the limit, reading stopped)."""
    message = await receive()
    if message["type"] != "http.request":
        return None, False
    first: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return (first, True) if len(first) <= BODY_MAX else (first[:BODY_MAX], False)
    chunks = [first]
    size = len(first)
    while size <= BODY_MAX:
        message = await receive()
        if message["type"] != "http.request":
            return None, False
        chunk = message.get("body", b"")
        chunks.append(chunk)
        size += len(chunk)
        if not message.get("more_body", False):
            break
    body = b"".join(chunks)
    return (body, True) if len(body) <= BODY_MAX else (body[:BODY_MAX], False)


def _origin(intake: Intake, source: Source) -> Origin:
    settings = intake.settings
    ignored = settings.get("ignore_labels") or ()
    timeout_s = settings.get("resolve_timeout_s", source.resolve_timeout_s)
    if type(timeout_s) is not int or not 0 < timeout_s <= RESOLVE_TIMEOUT_S_MAX:
        timeout_s = None
    return Origin(
        integration_id=intake.integration_id, service_id=intake.service_id, team_id=intake.team_id,
        policy_id=intake.policy_id, default_severity=intake.default_severity, urgency=intake.urgency,
        resolve_timeout_s=timeout_s, ignore_labels=frozenset(str(name) for name in ignored),
    )  # fmt: skip


def _as_unreadable(source: Source, door: _Door, raw: Raw, why: str) -> Arrival:
    """What cannot be understood is an alert too, and carries the body."""
    signal = _unreadable(door, raw.body, f"Unreadable signal from {door.intake.display_name} ({source.name})")
    return Arrival(door.origin, [signal], raw, AlertKind.UNREADABLE, why)


def _unreadable(door: _Door, body: bytes, summary: str) -> Signal:
    raw = printable(body[:20_000].decode("utf-8", "replace"))
    return Signal(
        status=Status.FIRING, summary=summary, details=cut(raw, 6144), source=door.intake.source,
        dedup_key=f"unreadable:{hashlib.sha256(body).hexdigest()}",
    )  # fmt: skip


def _problem(status: int, slug: str, title: str, hint: str) -> Reply:
    document = {"type": f"urn:firebell:problem:{slug}", "title": title, "status": status, "hint": hint}
    return Reply(status, msgspec.json.encode(document), "application/problem+json")
