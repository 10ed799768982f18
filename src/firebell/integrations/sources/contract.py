"""What a source declares: how one kind of sender speaks, and what it insists on hearing back.

A source is one file in this package with a module-level ``SOURCE``. It is found by being there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from firebell.domain.alerts.model import Signal


@dataclass(frozen=True, slots=True)
class Request:
    """An authenticated inbound request. ``path`` is what follows the slug, split on ``/`` and then decoded, without the
    key and without empty segments (``keys.vendor_path``).

    ``headers`` have lower-case names; ``body`` is raw, at most 1 MiB.
    """

    method: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of one signal, in the order ``parse`` returned them."""

    alert_id: str | None
    new: bool
    dedup_key: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, exactly as the sender insists on it."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class Unreadable(Exception):
    """The body of an authenticated sender cannot be understood. It is stored raw and paged all the same.

    ``reply``: what this sender must be told after the alert is stored (``None``: the source's ordinary success).
    """

    def __init__(self, reason: str, *, reply: Reply | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Snippet:
    """Copy-paste set-up. ``language`` is for the eye: ``bash``, ``yaml``, ``json``, ``text``."""

    title: str
    language: str
    text: str


class Source(Protocol):
    """Declaration of one kind of sender.

    ``slug`` is the file's name and the URL part; ``key_in_body`` names JSON fields that may carry the key when
    the URL does not (PagerDuty's ``routing_key``); ``resolve_timeout_s`` is set only for senders that repeat
    while firing and may go silent without a resolve.
    """

    slug: str
    name: str
    blurb: str
    key_in_body: tuple[str, ...]
    resolve_timeout_s: int | None

    def parse(self, request: Request) -> list[Signal]:
        """Bytes in, signals out (possibly none), nothing asked of the world. Raises :class:`Unreadable`, nothing else.

        Pure, but for a dedup key that a protocol wants random; so parse once and keep the result.
        """
        ...

    def reply(self, request: Request, accepted: Sequence[Accepted]) -> Reply:
        """What the sender hears after the commit: success, or its protocol's own complaint about an alert that is
        stored all the same. ``accepted`` is empty when there was nothing to store.
        """
        ...

    def busy(self, retry_after_s: int) -> Reply:
        """The back-pressure answer this sender retries (503 unless its protocol says otherwise)."""
        ...

    def snippets(self, url: str, key: str) -> list[Snippet]:
        """Set-up texts with the real ``url`` (no trailing slash) and ``key``; one of them sends a test alert."""
        ...
