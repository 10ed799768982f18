"""What every resource of the API shares: pages of a list, versions as ETags, and times as RFC 3339 UTC."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Header, Query, Response
from pydantic import BaseModel, ConfigDict

from firebell.kernel.clock import Instant
from firebell.kernel.errors import Invalid

T = TypeVar("T")
Limit = Annotated[int, Query(ge=1, le=200, description="How many items at most.")]
Cursor = Annotated[str | None, Query(description="The `next` of the page before.", max_length=200)]
IfMatch = Annotated[str | None, Header(description="The ETag you read; 412 when somebody changed it since.")]


class Body(BaseModel):
    """A request body: unknown keys are errors, so that a typing slip is not a silent no-op."""

    model_config = ConfigDict(extra="forbid")


class Shown(BaseModel):
    """A resource as the API shows it."""

    model_config = ConfigDict(from_attributes=True)


class Page(BaseModel, Generic[T]):
    """One page of a list; ``next`` is the cursor of the following one, or null."""

    items: list[T]
    next: str | None = None


def page(items: Sequence[T], limit: int, cursor_of: str) -> Page[T]:
    """A page from ``limit + 1`` fetched items: the extra one only says that there are more."""
    more = len(items) > limit
    kept = list(items[:limit])
    return Page(items=kept, next=str(getattr(kept[-1], cursor_of)) if more and kept else None)


def pages_of(found: Iterable[T], limit: int, cursor: str | None, key: Callable[[T], str]) -> tuple[list[T], str | None]:
    """One page of a list that is read as a whole: what follows ``cursor`` by ``key``, and the next cursor."""
    rest = sorted((one for one in found if cursor is None or key(one) > cursor), key=key)
    kept = rest[:limit]
    return kept, key(kept[-1]) if len(rest) > limit else None


def moment(text: str, field: str) -> Instant:
    """An instant out of RFC 3339 text. Raises Invalid."""
    try:
        return Instant.parse_iso(text)
    except ValueError:
        raise Invalid(
            f"“{text[:50]}” is not a moment.", field=field, hint="Write it as 2026-01-05T09:00:00Z."
        ) from None


def iso(at: Instant | None) -> str | None:
    """An instant as RFC 3339 in UTC."""
    return None if at is None else at.format_iso()


def tag(response: Response, version: int) -> None:
    """Say which version this is."""
    response.headers["ETag"] = f'"{version}"'


def expected(if_match: str | None) -> int | None:
    """The version the caller saw, or ``None`` when they do not care."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid(
            "If-Match holds no version of this resource.", field="If-Match", hint='Send the ETag as you got it, "3".'
        )
    return int(text)


__all__ = [
    "Body", "Cursor", "IfMatch", "Limit", "Page", "Shown", "expected", "iso", "moment", "page", "pages_of", "tag",
]  # fmt: skip
