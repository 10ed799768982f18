"""Refusals as RFC 9457 problem documents with a stable type, the offending field and a hint."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Any, get_args

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel

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


def validation(error: RequestValidationError, expected: Any = None) -> JSONResponse:
    """The first wrong field, named as the caller wrote it. ``expected`` is the type of the body, to name its keys."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path", "header"))
    if first["type"] == "extra_forbidden" and (known := _keys(expected, first["loc"][1:-1])):
        near = difflib.get_close_matches(str(first["loc"][-1]), known, n=1)
        hint = (f"Did you mean “{near[0]}”? " if near else "") + f"Known here: {', '.join(known)}."
        return answer(422, "invalid", "This key is not known here.", field=where or None, hint=hint)
    return answer(
        422, "invalid", str(first["msg"]), field=where or None, hint="See /api/docs for the form of this request."
    )


def _keys(kind: Any, path: Sequence[str | int]) -> list[str]:
    """The keys of the object at ``path`` within a body of type ``kind``; none when that is no object of ours."""
    if not path:
        return [field.alias or name for model in _models(kind) for name, field in model.model_fields.items()]
    step, rest = path[0], path[1:]
    for model in _models(kind):
        for name, field in model.model_fields.items():
            if step in (name, field.alias):
                return _keys(field.annotation, rest)
    # An index or a key of a map: what is looked for lies within the same type's parts.
    return _keys(kind, rest)


def _models(kind: Any) -> Iterator[type[BaseModel]]:
    """The models named anywhere in a type such as ``list[X] | None``."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for part in get_args(kind):
        yield from _models(part)
