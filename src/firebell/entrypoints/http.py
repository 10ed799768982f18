"""The HTTP application: signals straight to the intake, everything else through FastAPI."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.middleware.base import RequestResponseEndpoint
from starlette.types import ASGIApp, Receive, Scope, Send

from firebell.entrypoints import callers
from firebell.entrypoints.api import routes
from firebell.entrypoints.site import Site
from firebell.entrypoints.tracing import Tracing
from firebell.entrypoints.web import errors as pages_errors
from firebell.entrypoints.web import routes as pages

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; "
    "object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Front:
    """Sends signals to the intake without touching the framework, which costs five times as much there."""

    def __init__(self, site: Site, app: ASGIApp) -> None:
        self.live = site.live
        self._inbound = site.inbound
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._inbound.wants(scope):
            await self._inbound(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def create_app(site: Site, *, on_start: Callable[[], None], on_stop: Callable[[], None]) -> FastAPI:
    """The FastAPI part. ``on_start`` / ``on_stop`` run with the server."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        on_start()
        yield
        site.live.close()
        on_stop()

    app = FastAPI(
        title="Firebell", version="0.1.0", openapi_url="/api/openapi.json", docs_url=None, redoc_url=None, lifespan=lifespan,
        description="From alert to postmortem. Errors are RFC 9457 problem documents.",
    )  # fmt: skip
    app.state.site = site
    pages_errors.install(app)
    routes.install(app)
    pages.install(app, site)
    _health(app, site)
    _live(app, site)
    _headers(app, site)
    app.add_middleware(Tracing)
    return app


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
    @app.get("/live/events", include_in_schema=False, dependencies=[Depends(callers.api_actor)])
    async def events() -> StreamingResponse:
        return StreamingResponse(
            site.live.events(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
        )


def _headers(app: FastAPI, site: Site) -> None:
    hsts = (
        {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
        if site.base_url.startswith("https://")
        else {}
    )

    @app.middleware("http")
    async def add(request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        for name, value in {**SECURITY_HEADERS, **hsts}.items():
            response.headers.setdefault(name, value)
        return response
