"""Refusals on pages: a page (or for htmx a fragment) that names the field and the way out. The API has its own."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from firebell.entrypoints import callers
from firebell.entrypoints.api import problems
from firebell.entrypoints.web import session
from firebell.entrypoints.web.session import Browser
from firebell.kernel.actor import NOBODY
from firebell.kernel.errors import Refused

log = structlog.get_logger()
API = ("/api/", "/in/", "/healthz", "/readyz", "/live/", "/search.json", "/metrics")
TITLES = {
    401: "Sign in first", 403: "Not for you", 404: "Nothing here", 405: "Not that way", 409: "That cannot be done now",
    412: "Somebody was faster", 422: "That cannot be used", 429: "Slow down", 503: "Busy for a moment",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProblemPage:
    """``back`` is the page the person came from, when it was one of ours."""

    status: int
    title: str
    text: str
    field: str
    hint: str
    back: str


def for_people(request: Request) -> bool:
    """Whether this path is answered with pages (else with problem documents)."""
    return not request.url.path.startswith(API)


def install(app: FastAPI) -> None:
    """Answer every refusal in the form its path calls for."""

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> Response:
        if not for_people(request):
            return problems.of(error)
        if error.status == 401 and request.method in callers.SAFE and "hx-request" not in request.headers:
            path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(session.sign_in_path(path), 303)
        return await _page(request, error.status, error.message, error.field or "", error.hint or "")

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        if not for_people(request):
            body = getattr(request.scope.get("route"), "body_field", None)
            return problems.validation(error, body.field_info.annotation if body else None)
        first = error.errors()[0]
        return await _page(request, 422, str(first["msg"]), str(first["loc"][-1]), "")

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        if not for_people(request):
            slug = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "refused")
            reply = problems.answer(error.status_code, slug, str(error.detail))
            reply.headers.update(error.headers or {})
            return reply
        words = "There is no page at this address." if error.status_code == 404 else str(error.detail)
        hint = "The link may be old, or something in it got lost." if error.status_code == 404 else ""
        return await _page(request, error.status_code, words, "", hint)

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> Response:
        # The server logs the error itself; whoever asked learns only what to quote when they report it.
        number = secrets.token_hex(4)
        log.error("request_failed", request_id=number, kind=type(error).__name__)
        hint = f"If it happens again, tell an administrator the number {number}: it stands in the log."
        if not for_people(request):
            return problems.answer(500, "internal", "Something broke in Firebell.", hint=hint)
        view = ProblemPage(
            500, "Something broke in Firebell", "It is not your fault, and it is in the log.", "", hint, ""
        )
        browser = Browser(request, session.web_of(request), NOBODY, None, "")
        return await run_in_threadpool(browser.page, "problem.html", view, title=view.title, status=500)


async def _page(request: Request, status: int, words: str, field: str, hint: str) -> Response:
    return await run_in_threadpool(problem, request, status, words, field, hint)


def problem(request: Request, status: int, words: str, field: str = "", hint: str = "") -> Response:
    """The page of one refusal."""
    came = urlsplit(request.headers.get("referer", ""))
    back = came.path if came.netloc == request.url.netloc and came.path != request.url.path else ""
    browser = session.who(request)
    view = ProblemPage(status, TITLES.get(status, "That did not work"), words, field, hint, back)
    # A part of a page that is refused is answered with a part, too.
    if request.headers.get("hx-request") == "true" or "fragment" in request.query_params:
        context = {"page": browser.frame(view.title, whole=False), "view": view}
        html = browser.web.renderer.block("problem.html", "problem", context)
        return Response(html, status, media_type="text/html")
    return browser.page("problem.html", view, title=view.title, status=status)
