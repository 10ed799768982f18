"""Refusals as RFC 9457 problem documents with a stable type, the offending field and a hint."""

from __future__ import annotations

from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from firebell.kernel.errors import Refused, Unavailable

PREFIX = "urn:firebell:problem:"


def document(
    status: int, slug: str, title: str, *, field: str | None = None, hint: str | None = None
) -> dict[str, Any]:
    """A problem document; ``field`` and ``hint`` are left out when there are none."""
    found: dict[str, Any] = {"type": PREFIX + slug, "title": title, "status": status}
    if field:
        found["field"] = field
    if hint:
        found["hint"] = hint
    return found


def answer(status: int, slug: str, title: str, *, field: str | None = None, hint: str | None = None) -> JSONResponse:
    body = document(status, slug, title, field=field, hint=hint)
    return JSONResponse(body, status, media_type="application/problem+json")


def of(error: Refused) -> JSONResponse:
    """A refusal as an answer."""
    reply = answer(error.status, error.slug, error.message, field=error.field, hint=error.hint)
    if isinstance(error, Unavailable):
        reply.headers["Retry-After"] = str(error.retry_after_s)
    if error.status == 401:
        reply.headers["WWW-Authenticate"] = "Bearer"
    return reply


def validation(error: RequestValidationError) -> JSONResponse:
    """The first wrong field, named as the caller wrote it."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path", "header"))
    return answer(
        422, "invalid", str(first["msg"]), field=where or None, hint="See /api/docs for the form of this request."
    )
