"""One-time messages that survive a redirect, in a signed cookie: what was done, and for a while how to undo it."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass

from firebell.kernel.clock import Instant, micros

COOKIE = "firebell_flash"
UNDO_S = 60


@dataclass(frozen=True, slots=True)
class Undo:
    """Where the undo form posts to, and how long it is offered."""

    action: str
    seconds_left: int = UNDO_S


@dataclass(frozen=True, slots=True)
class Flash:
    """``kind``: ok | note | attention."""

    text: str
    kind: str = "ok"
    undo: Undo | None = None


def pack(flashes: Sequence[Flash], key: bytes, now: Instant) -> str:
    """The cookie's value."""
    second = micros(now) // 1_000_000
    rows = [
        [f.text[:600], f.kind, f.undo.action if f.undo else "", second + f.undo.seconds_left if f.undo else 0]
        for f in flashes[:4]
    ]
    body = base64.urlsafe_b64encode(json.dumps(rows).encode()).rstrip(b"=")
    return f"{body.decode()}.{_mark(body, key)}"


def unpack(cookie: str, key: bytes, now: Instant) -> list[Flash]:
    """What a cookie says; nothing when it is not ours."""
    body, _, mark = cookie.partition(".")
    if not mark or not hmac.compare_digest(mark.encode(), _mark(body.encode(), key).encode()):
        return []
    second = micros(now) // 1_000_000
    rows = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return [
        Flash(words, kind, Undo(action, until - second) if action and until > second else None)
        for words, kind, action, until in rows
    ]


def _mark(body: bytes, key: bytes) -> str:
    digest = hmac.digest(key, b"firebell flash " + body, "sha256")[:16]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
