"""The HTTP application: signals straight to the intake, status pages from memory, all else through FastAPI."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from firebell.entrypoints import callers
from firebell.entrypoints.api import routes
from firebell.entrypoints.public import subscribe
from firebell.entrypoints.public.serving import Public
from firebell.entrypoints.site import Site
from firebell.entrypoints.tracing import Tracing
from firebell.entrypoints.web import errors as pages_errors
from firebell.entrypoints.web import routes as pages
from firebell.kernel.actor import Actor, Permission
from firebell.kernel.errors import TooMany

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'; "
    "object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


HSTS = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")


class Front:
    """Sends signals to the intake, and status pages out, without the framework, which costs five times as much there.

    Outermost, so that no answer leaves without the security headers: neither the intake's nor a failure's.
    """

    def __init__(self, site: Site, app: ASGIApp) -> None:
        self.live = site.live
        self._inbound = site.inbound
        self._public = Public(site)
        self._app = app
        wanted = [*SECURITY_HEADERS.items(), *([HSTS] if site.base_url.startswith("https://") else [])]
        self._headers = [(name.lower().encode(), value.encode()) for name, value in wanted]
        self._inbound.headers = self._public.headers = self._headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._inbound.wants(scope):
            await self._inbound(scope, receive, send)
            return
        asked = self._public.asked(scope)
        if asked is not None:
            await self._public.answer(asked, scope, receive, send)
            return
        scope = self._public.moved(scope)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message.get("headers", [])
                said = {name.lower() for name, _ in given}
                message = {**message, "headers": [*given, *(pair for pair in self._headers if pair[0] not in said)]}
            await send(message)

        await self._app(scope, receive, guarded)


def create_app(site: Site, *, on_start: Callable[[], None], on_stop: Callable[[], None]) -> FastAPI:
    """The FastAPI part. ``on_start`` / ``on_stop`` run with the server."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        on_start()
        yield
        site.live.close()
        on_stop()

    app = FastAPI(
        title="Firebell",
        version="0.1.0",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        description="From alert to postmortem. Errors are RFC 9457 problem documents.",
        # Starlette would build that redirect from the Host header, which is whatever was sent.
        redirect_slashes=False,
    )
    app.state.site = site
    pages_errors.install(app)
    app.state.web = pages.web(site)
    app.router.routes.extend(_routes())
    _health(app, site)
    _live(app, site)
    app.add_middleware(Tracing)
    return app


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """The routes of every application of this process. What they take and answer is worked out with the first request,
    which costs the better part of a second, and is kept in them."""
    drawn = FastAPI(openapi_url=None)
    routes.install(drawn)
    pages.install(drawn)
    drawn.include_router(subscribe.router)
    return tuple(drawn.routes)


def _health(app: FastAPI, site: Site) -> None:
    @app.get("/healthz", include_in_schema=False)
    def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", include_in_schema=False)
    def readyz() -> JSONResponse:
        found = site.problems()
        return JSONResponse(
            {"status": "ready" if not found else "not ready", "problems": found}, 200 if not found else 503
        )


def _live(app: FastAPI, site: Site) -> None:
    @app.get("/live/events", include_in_schema=False)
    async def events(caller: Annotated[Actor, Depends(callers.api_actor)]) -> StreamingResponse:
        who = f"{caller.kind}:{caller.id}"
        if not site.live.takes(who):
            raise TooMany("You have too many live pages open.", hint="Close some of them.")
        stream = site.live.events(who, sees_private=caller.may(Permission.INCIDENTS_PRIVATE))
        return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
