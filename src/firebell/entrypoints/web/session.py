"""The browser at the other end: who it is, what its forms prove, and how it is answered.

A page's handler asks for ``here: Here`` (signed in) or ``here: Anyone`` (sign-in, links) and answers with
``here.page(...)``, ``here.go(...)`` or ``here.back(...)``. Forms arrive as ``form: Form`` and are checked by then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from firebell.domain.alerts import queries as alerts
from firebell.domain.incidents import queries as incidents
from firebell.domain.people import queries as people
from firebell.domain.people import signin
from firebell.domain.people.model import User
from firebell.entrypoints import callers
from firebell.entrypoints.site import Site, site_of
from firebell.entrypoints.web import flashes
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.frame import THEME_COOKIE, THEMES, PageFrame, Viewer
from firebell.entrypoints.web.render import Renderer
from firebell.entrypoints.web.warnings import Warnings
from firebell.kernel.actor import NOBODY, Actor, Permission
from firebell.kernel.errors import Forbidden, Unauthenticated
from firebell.kernel.work import Read, Work

T = TypeVar("T")
SECRET_PATHS = ("/a/", "/invite/", "/reset/", "/setup/")
SECRET_HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}
LIVE_HEADER = "firebell-live"
FORM_MAX_BYTES = 2 << 20


@dataclass(slots=True)
class Web:
    """What all pages of one process share (``request.app.state.web``)."""

    site: Site
    renderer: Renderer
    warnings: Warnings

    @property
    def flash_key(self) -> bytes:
        return self.site.keyring.current.raw


def web_of(request: Request) -> Web:
    found: Web = request.app.state.web
    return found


@dataclass(slots=True)
class Browser:
    """One request of one browser. ``user`` is ``None`` for a visitor, whose ``actor`` is nobody.

    ``link_zone``: the time zone of the person whom the link in the address was sent to.
    """

    request: Request
    web: Web
    actor: Actor
    user: User | None
    token: str
    session_id: str = ""
    link_zone: str = ""
    _said: list[Flash] = field(default_factory=list)

    @property
    def site(self) -> Site:
        return self.web.site

    @property
    def me(self) -> User:
        """The signed-in user."""
        if self.user is None:
            raise Unauthenticated("Sign in first.")
        return self.user

    @property
    def zone(self) -> str:
        return self.user.time_zone if self.user else self.link_zone or "UTC"

    @property
    def csrf(self) -> str:
        return signin.csrf(self.token) if self.token else ""

    @property
    def path(self) -> str:
        """This page's path and query, without what only asks for a part of it."""
        url = self.request.url
        query = "&".join(p for p in url.query.split("&") if p and not p.startswith("fragment="))
        return url.path + (f"?{query}" if query else "")

    def may(self, permission: Permission, team: str | None = None) -> bool:
        return self.actor.may(permission, team)

    def read(self, job: Callable[[Read], T]) -> T:
        """Look, as this browser's user."""
        return self.site.runner.read(job, self.actor)

    def run(self, job: Callable[[Work], T]) -> T:
        """Change something, as this browser's user, in one unit of work."""
        return self.site.runner.run(job, self.actor)

    # ---- answers

    def page(
        self, template: str, view: object, *, title: str, nav: str = "", status: int = 200, block: str = "",
    ) -> Response:  # fmt: skip
        """``template`` drawn with ``view`` (the handler's page dataclass).

        ``?fragment=name`` draws that block alone; so does an htmx request when the handler names its ``block``.
        """
        wanted = self.request.query_params.get("fragment", "")
        if not wanted and block and self.request.headers.get("hx-request") == "true":
            wanted = block
        headers = SECRET_HEADERS if has_secret(self.request) else None
        context = {"page": self.frame(title, nav, whole=not wanted), "view": view}
        if wanted:
            return HTMLResponse(self.web.renderer.block(template, wanted, context), status, headers=headers)
        response = HTMLResponse(self.web.renderer.page(template, context), status, headers=headers)
        if flashes.COOKIE in self.request.cookies:
            response.delete_cookie(flashes.COOKIE)
        return response

    def go(self, path: str, *said: Flash) -> Response:
        """See ``path`` next (303), where ``said`` is shown."""
        response = RedirectResponse(local_path(path), 303)
        if said:
            value = flashes.pack(said, self.web.flash_key, self.site.runner.clock.now())
            response.set_cookie(flashes.COOKIE, value, max_age=120, httponly=True, samesite="lax", secure=self.secure)
        return response

    def back(self, otherwise: str, *said: Flash) -> Response:
        """See the page the form was on, when it is ours, else ``otherwise``."""
        came = urlsplit(self.request.headers.get("referer", ""))
        here = came.netloc == self.request.url.netloc and came.path
        return self.go(came.path + (f"?{came.query}" if came.query else "") if here else otherwise, *said)

    @property
    def secure(self) -> bool:
        return self.site.base_url.startswith("https://")

    def frame(self, title: str, nav: str = "", *, whole: bool = True) -> PageFrame:
        """The frame around a page; a fragment needs no banners, counts or messages."""
        now = self.site.runner.clock.now()
        theme = self.request.cookies.get(THEME_COOKIE, "system")
        said: list[Flash] = []
        if whole:
            said = flashes.unpack(self.request.cookies.get(flashes.COOKIE, ""), self.web.flash_key, now)
        user = self.user
        # During set-up everything is still missing, and the steps say so.
        setting_up = self.request.url.path.startswith("/setup")
        return PageFrame(
            title=title, nav=nav, theme=theme if theme in THEMES else "system", csrf=self.csrf, now=now, zone=self.zone,
            viewer=Viewer(user.id, user.display_name or user.name, str(user.role)) if user else None,
            path=self.path if self.request.method == "GET" else "/",
            banners=self.web.warnings.of(user.id, now, self.zone) if user and whole and not setting_up else (),
            flashes=said + self._said,
            counts=self.read(self._counts) if user and whole else {},
        )  # fmt: skip

    def _counts(self, read: Read) -> dict[str, int]:
        seen = incidents.counts(read).active if self.may(Permission.INCIDENTS_VIEW) else 0
        return {"alerts": alerts.counts(read).get("open", 0), "incidents": seen}

    def say(self, flash: Flash) -> None:
        """Show ``flash`` on the page this request answers with."""
        self._said.append(flash)


def local_path(path: str) -> str:
    """``path`` if it stays on this site, else ``/``: nothing posted may send a browser elsewhere."""
    if not path.startswith("/") or path.startswith(("//", "/\\")) or any(c in path for c in "\r\n\t\\"):
        return "/"
    return path


async def posted(request: Request) -> Mapping[str, str]:
    """The fields of a form, the last of a name winning; empty for a GET."""
    return {name: value for name, value in (await _form(request)).multi_items() if isinstance(value, str)}


async def posted_lists(request: Request) -> Mapping[str, list[str]]:
    """The fields of a form whose names may repeat (checkboxes)."""
    found: dict[str, list[str]] = {}
    for name, value in (await _form(request)).multi_items():
        if isinstance(value, str):
            found.setdefault(name, []).append(value)
    return found


async def _form(request: Request) -> FormData:
    if request.method in callers.SAFE:
        return FormData()
    known: FormData | None = getattr(request.state, "form", None)
    if known is None:
        body = await _body(request)

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        whole = Request(request.scope, receive)
        known = request.state.form = await whole.form(max_files=0, max_fields=400, max_part_size=256 * 1024)
    return known


async def _body(request: Request) -> bytes:
    # The parser bounds each field and their number, which together are still a hundred megabytes for a stranger.
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > FORM_MAX_BYTES:
            raise HTTPException(413, "This form is too large.")
        chunks.append(chunk)
    return b"".join(chunks)


Form = Annotated[Mapping[str, str], Depends(posted)]
FormLists = Annotated[Mapping[str, list[str]], Depends(posted_lists)]


def who(request: Request) -> Browser:
    """Whose browser this is, without asking what its form proves."""
    web = web_of(request)
    token = callers.session_token(request)
    found = web.site.runner.read(lambda read: _signed_in(read, token), NOBODY) if token else None
    if found is None:
        return Browser(request, web, NOBODY, None, "")
    actor, user, session_id, touch = found
    # Refreshing by itself must not keep an idle session alive.
    if touch and LIVE_HEADER not in request.headers:
        web.site.runner.run(lambda work: signin.touch_session(work, session_id), NOBODY)
    return Browser(request, web, actor, user, token, session_id)


def by_link(request: Request) -> Browser:
    """A visitor whose right is the secret in the address; whether they are also signed in plays no part."""
    _from_here(request)
    return Browser(request, web_of(request), NOBODY, None, "")


def visitor(request: Request, form: Form) -> Browser:
    """Whoever it is, signed in or not. A form from another site's page, or of another session, is refused."""
    _from_here(request)
    browser = who(request)
    if browser.token and request.method not in callers.SAFE:
        signin.check_csrf(browser.token, form.get("csrf_token"))
    return browser


def signed_in(browser: Annotated[Browser, Depends(visitor)]) -> Browser:
    """A signed-in browser. Raises Unauthenticated, which the pages answer with the way to sign in."""
    if browser.user is None:
        raise Unauthenticated("Sign in first.", hint="You will come back here.")
    return browser


def _signed_in(read: Read, token: str) -> tuple[Actor, User, str, bool] | None:
    session = signin.session(read, token)
    actor = signin.session_actor(read, token)
    if session is None or actor is None:
        return None
    person = people.person(read, session.user_id)
    if person is None:
        return None
    return actor, person.user, session.id, signin.worth_touching(session, read.now)


def has_secret(request: Request) -> bool:
    """Whether the address itself is the key, and so must not be passed on as a referrer."""
    return request.url.path.startswith(SECRET_PATHS)


def _from_here(request: Request) -> None:
    callers.same_origin(request)
    origin = request.headers.get("origin")
    # A page with a secret in its address sends no referrer, and so "null" here; that secret is the proof.
    if request.method in callers.SAFE or origin is None or (origin == "null" and has_secret(request)):
        return
    if urlsplit(origin).netloc not in (request.url.netloc, urlsplit(site_of(request).base_url).netloc):
        raise Forbidden("This form was sent from another site.", hint="Open the page here and send it again.")


def sign_in_path(path: str) -> str:
    """Where to sign in so that one comes back to ``path``."""
    return "/sign-in" if path in ("", "/") else f"/sign-in?next={quote(path, safe='/')}"


Here = Annotated[Browser, Depends(signed_in)]
Anyone = Annotated[Browser, Depends(visitor)]
Linked = Annotated[Browser, Depends(by_link)]
