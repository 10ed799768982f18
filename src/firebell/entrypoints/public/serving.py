"""Status pages over HTTP, before the framework: a document in memory costs one look into a dict and one write.

Under ``/status/<slug>``, and under ``/`` of the page's own host name. What else is asked for under that host is passed
on as if it had been asked for under ``/status/<slug>``, so no other part of Firebell is reachable there.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit

from starlette.types import Receive, Scope, Send

from firebell.domain.statuspage.model import StatusPage
from firebell.entrypoints.public import documents, html
from firebell.entrypoints.public.documents import HTML, JSON, Rendered
from firebell.entrypoints.public.gate import Gate, Verdict, address
from firebell.entrypoints.public.place import Place, home_of
from firebell.entrypoints.public.shelf import Shelf
from firebell.entrypoints.site import Site
from firebell.kernel.errors import NotFound, Unavailable

Headers = list[tuple[bytes, bytes]]
FORM_MAX_BYTES = 8192
_CSP = (
    f"default-src 'none'; style-src '{html.style_hash()}'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_OPEN: Headers = [(b"cache-control", b"public, max-age=15"), (b"access-control-allow-origin", b"*")]
_CLOSED: Headers = [(b"cache-control", b"private, no-store"), (b"x-robots-tag", b"noindex, nofollow")]
_PREFLIGHT: Headers = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, HEAD, OPTIONS"),
    (b"access-control-allow-headers", b"If-None-Match, Content-Type"),
    (b"access-control-max-age", b"86400"),
]
_METHODS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Asked:
    """One document of one page. ``root``: what its links begin with."""

    root: str
    slug: str
    name: str


class Public:
    """``asked(scope)`` says whether a request is for a status page; ``answer`` answers it."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._gate = Gate(site)
        self.shelf = Shelf(site.runner)
        self.shelf.know_pages()
        self._own_host = urlsplit(site.base_url).hostname or ""
        self.headers: Headers = []
        """What every answer carries besides its own; the front of the house sets it."""

    # ---- whose it is

    def asked(self, scope: Scope) -> Asked | None:
        path: str = scope["path"]
        if path.startswith("/status/"):
            slug, _, name = path[8:].partition("/")
            asked = Asked(f"/status/{slug}", slug, name)
        elif self.shelf.index.by_host and (slug := self._slug_of_host(scope)):
            asked = Asked("", slug, path[1:])
        else:
            return None
        known = documents.is_document(asked.name) and scope["method"] in _METHODS
        return asked if known or (asked.name == "unlock" and scope["method"] == "POST") else None

    def moved(self, scope: Scope) -> Scope:
        """A request under a page's own host as it would be under ``/status/<slug>``."""
        slug = self._slug_of_host(scope) if self.shelf.index.by_host else ""
        path: str = scope["path"]
        if not slug or path.startswith(("/static/", f"/status/{slug}/")):
            return scope
        there = f"/status/{slug}{path}"
        return {**scope, "path": there, "raw_path": quote(there).encode()}

    def _slug_of_host(self, scope: Scope) -> str:
        for name, value in scope["headers"]:
            if name == b"host":
                host = value.decode("latin-1").rpartition(":")[0] or value.decode("latin-1")
                host = host.lower()
                return "" if host == self._own_host else self.shelf.index.by_host.get(host, "")
        return ""

    # ---- answering

    async def answer(self, asked: Asked, scope: Scope, receive: Receive, send: Send) -> None:
        kept = self.shelf.fresh((asked.root, asked.slug, asked.name))
        if kept is not None and self.shelf.index_is_fresh and scope["method"] in ("GET", "HEAD"):
            page = self.shelf.index.by_slug.get(asked.slug)
            if page is not None and page.access == "public":
                await self._send(scope, send, 200, kept.rendered, _OPEN)
                return
        if scope["method"] == "OPTIONS":
            await self._raw(send, 204, _PREFLIGHT, b"")
            return
        loop = asyncio.get_running_loop()
        try:
            if asked.name == "unlock":
                await self._unlock(asked, scope, receive, send)
                return
            status, rendered, headers = await loop.run_in_executor(self.shelf.pool, self._found, asked, scope)
        except Unavailable:
            again = [(b"retry-after", b"2"), (b"cache-control", b"no-store")]
            await self._raw(send, 503, [*again, (b"content-type", b"text/plain")], b"Not now. Try again in a moment.\n")
            return
        await self._send(scope, send, status, rendered, headers)

    def _found(self, asked: Asked, scope: Scope) -> tuple[int, Rendered, Headers]:
        page = self.shelf.pages().by_slug.get(asked.slug)
        if page is None:
            return 404, self._nothing(asked), _CLOSED
        verdict = self._gate.judge(page, scope)
        if verdict in (Verdict.OPEN, Verdict.PRIVATE):
            try:
                kept = self.shelf.draw(page, asked.name, self.place(page, asked.root))
            except NotFound as error:
                return 404, self._refusal(page, asked, error.message), _CLOSED
            return 200, kept.rendered, _OPEN if verdict is Verdict.OPEN else _CLOSED
        return self._kept_out(page, asked, verdict)

    def _kept_out(self, page: StatusPage, asked: Asked, verdict: Verdict) -> tuple[int, Rendered, Headers]:
        human = documents.is_page(asked.name)
        if verdict is Verdict.LOCKED:
            if not human:
                return 401, self._refusal(page, asked, "This page has a password."), _CLOSED
            shown = html.locked(page, self.place(page, asked.root), self._site.runner.clock.now())
            return 401, documents.rendered(HTML, shown), _CLOSED
        if verdict is Verdict.SIGN_IN:
            if not human or not asked.root:
                words = f"Sign in at {self._site.base_url} to see this page."
                return 401, self._refusal(page, asked, words), _CLOSED
            there = f"/sign-in?next={quote(f'{asked.root}/{asked.name}'.rstrip('/'), safe='/')}"
            return 303, documents.rendered(HTML, ""), [*_CLOSED, (b"location", there.encode())]
        return 403, self._refusal(page, asked, "This page is for some networks only."), _CLOSED

    async def _unlock(self, asked: Asked, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while len(body) <= FORM_MAX_BYTES:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        given = parse_qs(body[:FORM_MAX_BYTES].decode("latin-1"), encoding="utf-8").get("password", [""])[0]
        status, rendered, headers = await asyncio.to_thread(self._tried, asked, given, scope)
        await self._send(scope, send, status, rendered, headers)

    def _tried(self, asked: Asked, password: str, scope: Scope) -> tuple[int, Rendered, Headers]:
        page = self.shelf.pages().by_slug.get(asked.slug)
        if page is None or page.access != "password":
            return 404, self._nothing(asked), _CLOSED
        place, now = self.place(page, asked.root), self._site.runner.clock.now()
        if not self._gate.may_try(address(self._site, scope)):
            shown = html.locked(page, place, now, wrong="Too many attempts. Wait a minute.")
            return 429, documents.rendered(HTML, shown), _CLOSED
        cookie = self._gate.unlock(page, password, scope)
        if cookie is None:
            return 401, documents.rendered(HTML, html.locked(page, place, now, wrong="That is not it.")), _CLOSED
        headers = [(b"set-cookie", cookie.encode()), (b"location", place.front.encode())]
        return 303, documents.rendered(HTML, ""), [*_CLOSED, *headers]

    def place(self, page: StatusPage, root: str) -> Place:
        base = self._site.base_url
        return Place(home_of(page, base), root, house=self._own_host or "localhost", report=f"{base}/report")

    def _refusal(self, page: StatusPage, asked: Asked, words: str) -> Rendered:
        if documents.is_page(asked.name):
            place = self.place(page, asked.root)
            return documents.rendered(HTML, html.refused(page, place, self._site.runner.clock.now(), words))
        return documents.rendered(JSON, documents.error(words))

    @staticmethod
    def _nothing(asked: Asked) -> Rendered:
        if documents.is_page(asked.name):
            return documents.rendered(HTML, html.nothing())
        return documents.rendered(JSON, documents.error("There is no such status page."))

    # ---- the wire

    async def _send(self, scope: Scope, send: Send, status: int, rendered: Rendered, more: Headers) -> None:
        squeeze = unchanged = False
        for name, value in scope["headers"]:
            if name == b"accept-encoding":
                squeeze = rendered.squeezed is not None and b"gzip" in value
            elif name == b"if-none-match":
                unchanged = status == 200 and (rendered.tag in value or value == b"*")
        headers = [(b"etag", b"W/" + rendered.tag), (b"vary", b"Accept-Encoding"), *more] if status == 200 else [*more]
        if unchanged and more is _OPEN:
            await self._raw(send, 304, headers, b"")
            return
        body = rendered.squeezed if squeeze and rendered.squeezed is not None else rendered.body
        headers.append((b"content-type", rendered.content_type.encode()))
        headers.append((b"content-length", str(len(body)).encode()))
        if squeeze:
            headers.append((b"content-encoding", b"gzip"))
        if rendered.content_type == HTML:
            headers.append((b"content-security-policy", _CSP.encode()))
        await self._raw(send, status, headers, b"" if scope["method"] == "HEAD" else body)

    async def _raw(self, send: Send, status: int, headers: Headers, body: bytes) -> None:
        said = {name for name, _ in headers}
        every = [*headers, *(pair for pair in self.headers if pair[0] not in said)]
        await send({"type": "http.response.start", "status": status, "headers": every})
        await send({"type": "http.response.body", "body": body})
