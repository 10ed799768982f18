"""What every request of the API passes before its handler: who asks, how large, whether the JSON means one thing only,
and whether this very request has been answered before (``Idempotency-Key``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Iterable, MutableMapping
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from firebell.domain.people import idempotency, tokens
from firebell.domain.people.idempotency import Repeat
from firebell.entrypoints import callers
from firebell.entrypoints.site import Site, site_of
from firebell.kernel.actor import Actor
from firebell.kernel.errors import Refused

BODY_MAX = 8 << 20
KEY_HEADER = "idempotency-key"
_PLACE = {"table": "idempotency_keys", "column": "body"}
_TOUCH_EVERY_S = 60.0

_KEY_DOCUMENTED = {
    "name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string", "maxLength": 255},
    "description": "A POST repeated with the same key is done once and answered alike, for 24 hours.",
}  # fmt: skip

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Unclear(Refused):
    """A body that is no JSON, or JSON that could be read in two ways."""

    slug = "unclear-body"
    status = 400


class TooLarge(Refused):
    slug = "too-large"
    status = 413


class ApiRoute(APIRoute):
    """A route of the API. Every POST takes an ``Idempotency-Key``, and its documentation says so."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **given: Any) -> None:
        if "POST" in (given.get("methods") or ()) and not given.get("openapi_extra"):
            given["openapi_extra"] = {"parameters": [_KEY_DOCUMENTED]}
        super().__init__(path, endpoint, **given)

    def get_route_handler(self) -> Handler:
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            _no_zero(request)
            actor = await run_in_threadpool(callers.api_actor, request)
            await run_in_threadpool(_touch, site_of(request), actor)
            if request.method in callers.SAFE:
                return await answer(request)
            body = await _body(request)
            request = _again(request, body)
            key = request.headers.get(KEY_HEADER)
            if request.method != "POST" or not key:
                return await answer(request)
            return await _once(request, actor, key, body, answer)

        return handle


async def _once(request: Request, actor: Actor, key: str, body: bytes, answer: Handler) -> Response:
    site = site_of(request)
    asked = Repeat.of(key, f"{actor.kind}:{actor.id}", f"{request.url.path}?{request.url.query}", body)
    known = await run_in_threadpool(site.runner.run, lambda work: idempotency.begin(work, asked), actor)
    if known is not None:
        plain = site.keyring.unseal(known.body, **_PLACE, row_id=asked.id).encode("latin-1")
        return Response(plain, known.status, {"content-type": known.content_type, "idempotent-replayed": "true"})
    try:
        response = await answer(request)
    except BaseException:
        # Nothing was done: the unit of work has been undone, so the same request may be made again.
        await run_in_threadpool(site.runner.run, lambda work: idempotency.forget(work, asked), actor)
        raise
    if response.status_code >= 500 or not hasattr(response, "body"):
        # A stream cannot be kept, and a failure is worth another try.
        await run_in_threadpool(site.runner.run, lambda work: idempotency.forget(work, asked), actor)
        return response
    content = bytes(response.body)
    sealed = site.keyring.seal(content.decode("latin-1"), **_PLACE, row_id=asked.id)
    kind = response.headers.get("content-type", "application/json")
    await run_in_threadpool(
        site.runner.run, lambda work: idempotency.finish(work, asked, response.status_code, kind, sealed), actor
    )
    return response


def _touch(site: Site, actor: Actor) -> None:
    """Remember that a token is in use: one write a minute at most, not one a request."""
    if actor.kind != "token" or actor.id == "bootstrap":
        return
    now = site.runner.clock.monotonic()
    if now - site.touched.get(actor.id, -_TOUCH_EVERY_S) >= _TOUCH_EVERY_S:
        site.touched[actor.id] = now
        site.runner.run(lambda work: tokens.touch(work, actor.id), actor)


def _no_zero(request: Request) -> None:
    # No text column can hold a zero byte, and no name of ours does.
    if (
        "\0" in request.scope["path"]
        or b"%00" in request.scope["query_string"]
        or b"\0" in request.scope["query_string"]
    ):
        raise Unclear("An address holds no zero byte.", hint="Leave %00 out.")


async def _body(request: Request) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > BODY_MAX:
            raise TooLarge(f"A body is at most {BODY_MAX >> 20} MiB.", hint="Send it in parts.")
        chunks.append(chunk)
    body = b"".join(chunks)
    if body:
        _clear(body)
    return body


def _clear(body: bytes) -> None:
    """Refuse what is no JSON, repeats a key, or holds text that is none."""
    try:
        text = body.decode("utf-8-sig" if body.startswith(b"\xef\xbb\xbf") else "utf-8")
        json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer)
    except UnicodeDecodeError:
        raise Unclear("The body is not UTF-8.", hint="Send JSON in UTF-8.") from None
    except RecursionError:
        raise Unclear("The body is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise Unclear(
            f"The body is not JSON: {error.msg} in line {error.lineno}, column {error.colno}.", hint="Send JSON."
        ) from None
    if "\\u0000" in text or "\\ud" in text.lower():
        _printable(json.loads(text))


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Unclear(
                f"The key “{name[:100]}” stands twice in one object.", field=name[:100], hint="Keep one of the two."
            )
        found[name] = value
    return found


def _constant(word: str) -> Any:
    raise Unclear(f"{word} is not JSON.", hint="Send a number or null.")


def _integer(digits: str) -> int:
    if len(digits) > 18:
        raise Unclear("A number in the body is too large.", hint="Send at most 18 digits.")
    return int(digits)


def _printable(value: Any) -> None:
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise Unclear("The body holds a character that no text can hold.", hint="Leave it out.")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _printable(name)
            _printable(inner)
    elif isinstance(value, list):
        for inner in value:
            _printable(inner)


def _again(request: Request, body: bytes) -> Request:
    """The same request with its body to be read once more."""

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, receive)
