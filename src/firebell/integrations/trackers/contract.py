"""What a tracker can be asked, and how it fails."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from firebell.domain.trackers.model import Issue
from firebell.kernel.clock import Instant
from firebell.kernel.fetch import Fetch, FetchFailed

DEADLINE_S = 15.0
REPLY_MAX = 4 * 1024 * 1024
PAGES_MAX = 20
"""Pages of changes that are read at once; the rest comes next time."""


class TrackerFailed(Exception):
    """It did not do what it was asked. ``message`` is safe to show. ``this_one``: another issue may well be taken."""

    def __init__(self, message: str, *, this_one: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.this_one = this_one


class IssueTracker(Protocol):
    """Every call is one to three requests and raises :class:`TrackerFailed`. ``key`` as in :class:`Issue`."""

    def check(self) -> None:
        """Whether the token may read the project and write issues, as far as can be seen without writing."""
        ...

    def create(self, title: str, body: str) -> Issue: ...

    def find(self, marker: str, since: Instant) -> Issue | None:
        """The issue with ``marker`` in its text, if it was made after ``since``."""
        ...

    def rewrite(self, key: str, title: str, body: str) -> None: ...

    def close(self, key: str, *, dropped: bool) -> None:
        """``dropped``: it will not be done."""
        ...

    def open(self, key: str) -> None: ...

    def say(self, key: str, text: str) -> None:
        """A comment."""
        ...

    def changed(self, since: Instant) -> list[Issue]:
        """Ours that have changed after ``since``, the one changed first first."""
        ...

    def comments(self, key: str) -> list[str]:
        """What was said, the oldest first (of the last hundred)."""
        ...


def ask(
    fetch: Fetch, who: str, method: str, url: str, headers: Mapping[str, str], given: object = None
) -> tuple[Any, Mapping[str, str]]:
    """JSON there and back; the reply's headers with it. Raises :class:`TrackerFailed` for anything but success."""
    content = None if given is None else json.dumps(given).encode()
    sent = {"accept": "application/json", "user-agent": "Firebell", **headers}
    if content is not None:
        sent["content-type"] = "application/json"
    try:
        answer = fetch.request(method, url, headers=sent, content=content, deadline_s=DEADLINE_S, reply_max=REPLY_MAX)
    except FetchFailed as failed:
        raise TrackerFailed(failed.message) from failed
    if answer.status == 204 or (200 <= answer.status < 300 and not answer.body.strip()):
        return None, answer.headers
    if not 200 <= answer.status < 300:
        raise TrackerFailed(
            _said(who, answer.status, answer.body, answer.headers), this_one=answer.status in (400, 404, 409, 410, 422)
        )
    try:
        return json.loads(answer.body), answer.headers
    except ValueError:
        raise TrackerFailed(f"{who} answered with something that is not JSON.") from None


def text(found: object, *path: str) -> str:
    """``found[path[0]][path[1]]…`` as text; empty when it is not there."""
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return "" if found is None else str(found)


def listed(found: object, *path: str) -> list[dict[str, Any]]:
    """The objects of a list; anything else is left out."""
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


_WHY = {
    401: "the token is wrong or has expired",
    403: "the token may not do this, or has asked too often",
    404: "there is no such project or issue, or the token may not see it",
    410: "the issue has been deleted, or issues are switched off",
    429: "asked too often",
}


def _said(who: str, status: int, body: bytes, headers: Mapping[str, str]) -> str:
    why = _WHY.get(status, "")
    if status == 403 and headers.get("x-ratelimit-remaining") == "0":
        why = "asked too often; its limit is used up"
    try:
        found: Any = json.loads(body)
    except ValueError:
        found = None
    told = text(found, "message")
    if not told and isinstance(found, dict):
        errors = found.get("errors")
        parts = [*found.get("errorMessages", [])] if isinstance(found.get("errorMessages"), list) else []
        parts += [f"{name}: {value}" for name, value in errors.items()] if isinstance(errors, dict) else []
        told = "; ".join(str(part) for part in parts)
    words = "; ".join(part for part in (why, " ".join(told.split())[:200]) if part)
    return f"{who} answered {status}" + (f": {words}." if words else ".")
