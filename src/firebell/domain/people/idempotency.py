"""``Idempotency-Key``: a request made twice is done once, and answered alike, for 24 hours.

The key belongs to its caller and address. The answer may hold a secret that is shown once, so it arrives sealed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import delete, select, update

from firebell.domain.people.repeat_store import keys
from firebell.kernel.clock import plus
from firebell.kernel.errors import Conflict, Invalid, Stale
from firebell.kernel.work import Work

KEEP_S = 86_400
UNDER_WAY_S = 60
KEY_MAX = 255


@dataclass(frozen=True, slots=True)
class Repeat:
    """One request as it would be recognised: by ``id`` (key, caller and address), and whether it says the same."""

    id: str
    body_hash: str

    @classmethod
    def of(cls, key: str, caller: str, address: str, body: bytes) -> Repeat:
        """Raises Invalid for a key of no length, or of more than 255 characters."""
        if not 1 <= len(key) <= KEY_MAX:
            raise Invalid("An idempotency key has 1 to 255 characters.", field="Idempotency-Key", hint="Send a UUID.")
        named = f"{caller}\0{address}\0{key}".encode()
        return cls(hashlib.sha256(named).hexdigest(), hashlib.sha256(body).hexdigest())


@dataclass(frozen=True, slots=True)
class Known:
    """The answer that was given; ``body`` is sealed."""

    status: int
    content_type: str
    body: str


def begin(work: Work, asked: Repeat) -> Known | None:
    """The answer given before, or ``None``: then this request is the one to do it.

    Raises Invalid when the key was used for another body, Conflict while the first request is still under way (one that
    has been for a minute is taken for dead).
    """
    work.write(delete(keys).where(keys.c.expires_at <= work.now))
    row = work.take(select(keys).where(keys.c.id == asked.id))
    if row is None:
        fresh = {
            "id": asked.id,
            "body_hash": asked.body_hash,
            "begun_at": work.now,
            "expires_at": plus(work.now, KEEP_S),
        }
        if not work.insert(keys, [fresh], skip_existing=True):
            raise Stale("The same request arrived at the same moment.")
        return None
    if row.body_hash != asked.body_hash:
        raise Invalid(
            "This idempotency key was used for another request.", field="Idempotency-Key", hint="Send a new key."
        )
    if row.status is not None:
        return Known(row.status, row.content_type, row.body)
    if plus(row.begun_at, UNDER_WAY_S) > work.now:
        raise Conflict("The first request with this idempotency key is under way.", hint="Repeat it in a moment.")
    work.write(update(keys).where(keys.c.id == asked.id).values(begun_at=work.now))
    return None


def finish(work: Work, asked: Repeat, status: int, content_type: str, sealed: str) -> None:
    """Keep the answer."""
    change = update(keys).where(keys.c.id == asked.id)
    work.write(change.values(status=status, content_type=content_type, body=sealed))


def forget(work: Work, asked: Repeat) -> None:
    """Nothing came of the request: the key is free again."""
    work.write(delete(keys).where(keys.c.id == asked.id, keys.c.status.is_(None)))
