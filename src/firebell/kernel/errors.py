"""Refusals: what the house says when it will not do a thing, and what would help."""

from __future__ import annotations


class Refused(Exception):
    """The request is understood and declined. ``slug`` is the stable problem type.

    ``message`` is one sentence for a person; ``field`` the offending field as a dotted
    path (or ``None``); ``hint`` what to do instead.
    """

    slug = "refused"
    status = 400

    def __init__(self, message: str, *, field: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.hint = hint


class NotFound(Refused):
    """No such thing, or not visible to this actor (the two look the same)."""

    slug = "not-found"
    status = 404


class Forbidden(Refused):
    """The actor is known and lacks the permission."""

    slug = "forbidden"
    status = 403


class Unauthenticated(Refused):
    """Nobody in particular is asking."""

    slug = "unauthenticated"
    status = 401


class Conflict(Refused):
    """The thing is not in a state that allows this."""

    slug = "conflict"
    status = 409


class Invalid(Refused):
    """A field's value cannot be used."""

    slug = "invalid"
    status = 422


class TooMany(Refused):
    """Slow down (never said to an authenticated alert sender)."""

    slug = "too-many"
    status = 429


class Unavailable(Refused):
    """Cannot be made durable right now; the caller should repeat after ``retry_after_s``."""

    slug = "unavailable"
    status = 503

    def __init__(self, message: str, *, retry_after_s: int = 2) -> None:
        super().__init__(message, hint=f"Repeat the request after {retry_after_s} s.")
        self.retry_after_s = retry_after_s


class Stale(Refused):
    """A lost race: somebody else changed the row first. The unit of work is repeated."""

    slug = "stale"
    status = 412


class Changed(Refused):
    """The thing has been edited since the caller last read it (``If-Match`` or ``version`` no longer holds).

    Unlike :class:`Stale` this is never repeated: the caller must look again and decide.
    """

    slug = "changed"
    status = 412
