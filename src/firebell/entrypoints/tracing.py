"""Every request has an id, which its answer and its log lines carry; the unexpected is answered without details."""

from __future__ import annotations

import re
import secrets

import msgspec
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()

HEADER = b"x-request-id"
_SOUND = re.compile(rb"[A-Za-z0-9._-]{8,64}")


class Tracing:
    """Outermost: gives ids, and turns an unexpected failure into a problem document."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == HEADER), b"")
        request_id = given if _SOUND.fullmatch(given) else secrets.token_hex(8).encode()
        begun = False

        async def traced(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message = {**message, "headers": [*message["headers"], (HEADER, request_id)]}
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id.decode()):
            try:
                await self._app(scope, receive, traced)
            except Exception:
                # The words of an exception may hold what was sent; they go to the log, never to the caller.
                log.exception("request_failed", method=scope["method"])
                if begun:
                    raise
                await _say(traced, request_id.decode())


async def _say(send: Send, request_id: str) -> None:
    document = {
        "type": "urn:firebell:problem:internal", "title": "Something broke in Firebell.", "status": 500,
        "hint": f"It is in the log under the request id {request_id}.",
    }  # fmt: skip
    body = msgspec.json.encode(document)
    headers = [
        (b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"),
    ]  # fmt: skip
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})
