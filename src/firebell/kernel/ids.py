"""Sortable text ids with a noun prefix: ``alr_06e1x0k3v9q2m7s8t4``.

The body is 18 characters of Crockford base32 in lower case: 48 bits of milliseconds
(10 characters), then 40 bits (8 characters) that start at random each millisecond and count up,
so that ids made by one process sort in the order they were made.
"""

from __future__ import annotations

import re
import secrets
import threading
from typing import NewType

from firebell.kernel.clock import Instant

UserId = NewType("UserId", str)
TeamId = NewType("TeamId", str)
TokenId = NewType("TokenId", str)
SessionId = NewType("SessionId", str)
MethodId = NewType("MethodId", str)
RuleId = NewType("RuleId", str)
ServiceId = NewType("ServiceId", str)
IntegrationId = NewType("IntegrationId", str)
SignalId = NewType("SignalId", str)
AlertId = NewType("AlertId", str)
ScheduleId = NewType("ScheduleId", str)
LayerId = NewType("LayerId", str)
OverrideId = NewType("OverrideId", str)
PolicyId = NewType("PolicyId", str)
RunId = NewType("RunId", str)
PageId = NewType("PageId", str)
DeliveryId = NewType("DeliveryId", str)
IncidentId = NewType("IncidentId", str)
UpdateId = NewType("UpdateId", str)
StatusPageId = NewType("StatusPageId", str)
ComponentId = NewType("ComponentId", str)
SubscriberId = NewType("SubscriberId", str)
RunbookId = NewType("RunbookId", str)
PostId = NewType("PostId", str)
WebhookId = NewType("WebhookId", str)
SloId = NewType("SloId", str)
PostmortemId = NewType("PostmortemId", str)
ActionId = NewType("ActionId", str)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]
_lock = threading.Lock()
_last_ms = 0
_tail = 0


def _encode(ms: int, tail: int) -> str:
    p = _PAIRS
    return (
        p[ms >> 40 & 1023] + p[ms >> 30 & 1023] + p[ms >> 20 & 1023] + p[ms >> 10 & 1023] + p[ms & 1023]
        + p[tail >> 30 & 1023] + p[tail >> 20 & 1023] + p[tail >> 10 & 1023] + p[tail & 1023]
    )  # fmt: skip


def new(prefix: str, now: Instant) -> str:
    """A fresh id, e.g. ``new("alr", work.now)``. Unique across processes, sortable by time."""
    global _last_ms, _tail
    ms = int(now.timestamp(unit="millisecond"))
    with _lock:
        if ms > _last_ms:
            _last_ms, _tail = ms, secrets.randbits(39)
        else:
            _tail += 1
        return f"{prefix}_{_encode(_last_ms, _tail)}"


_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")


def is_slug(text: str) -> bool:
    """Whether ``text`` can be a name in URLs and YAML: 1 to 64 of ``a-z 0-9 . _ -``, a letter or digit at both ends."""
    return _SLUG.fullmatch(text) is not None
