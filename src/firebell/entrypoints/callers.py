"""Who is asking over HTTP: an API token, the bootstrap token, or a signed-in browser. They say who, never may."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from fastapi import Depends, Request
from starlette.types import Scope

from firebell.domain.people import signin, tokens
from firebell.entrypoints.site import Site, site_of
from firebell.kernel.actor import NOBODY, Actor
from firebell.kernel.errors import Forbidden, Unauthenticated

SAFE = ("GET", "HEAD", "OPTIONS")
BACKUP = "/api/v1/backup"


def cookie_name(site: Site) -> str:
    """The session cookie's name; the ``__Host-`` prefix needs https, which a first start on loopback lacks."""
    return "__Host-fb" if site.base_url.startswith("https://") else "fb"


def session_token(request: Request) -> str:
    """The session token of the browser, or an empty string."""
    return request.cookies.get(cookie_name(site_of(request)), "")


def client_ip(request: Request) -> str:
    """The sender's address; X-Forwarded-For is believed only from configured proxies."""
    return sender(request.scope, site_of(request).settings.trusted_proxies)


def sender(scope: Scope, trusted: tuple[str, ...]) -> str:
    """The same of a request the framework has not seen. A proxy may add a line of its own below the sender's instead
    of replacing it (HAProxy does), so the last line counts, as within a line the last address does."""
    lines = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    peer = scope.get("client")
    return believed(peer[0] if peer else "unknown", lines[-1] if lines else "", trusted)


def believed(peer: str, forwarded: str, trusted: tuple[str, ...]) -> str:
    """The address that counts: the last that a trusted proxy says it forwards for, else the peer's own."""
    if peer in trusted:
        try:
            return str(ipaddress.ip_address(forwarded.rsplit(",", 1)[-1].strip()))
        except ValueError:
            return peer
    return peer


def api_actor(request: Request) -> Actor:
    """The caller of the API. Raises Unauthenticated; a browser session also needs the CSRF token for changes."""
    known: Actor | None = getattr(request.state, "actor", None)
    if known is None:
        # Asked once per request: the principal must not change between two looks at it.
        known = request.state.actor = _api_actor(request)
    return known


def _api_actor(request: Request) -> Actor:
    site = site_of(request)
    scheme, _, plain = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and plain:
        configured = site.settings.bootstrap_token.get_secret_value()
        actor = tokens.bootstrap_actor(plain.strip(), configured)
        if actor is None:
            actor = site.runner.read(lambda read: tokens.actor(read, plain.strip()), NOBODY)
        if actor is None:
            raise Unauthenticated(
                "This API token is not known, revoked or expired.", hint="Make a new one under Settings."
            )
        return actor
    cookie = session_token(request)
    if cookie:
        actor = site.runner.read(lambda read: signin.session_actor(read, cookie), NOBODY)
        if actor is not None:
            if request.method not in SAFE:
                signin.check_csrf(cookie, request.headers.get("x-csrf-token"))
            if request.method not in SAFE or request.url.path == BACKUP:
                _proved(site, cookie)
            return actor
    raise Unauthenticated("Say who you are.", hint="Send Authorization: Bearer fb_….")


def _proved(site: Site, cookie: str) -> None:
    """A session somebody has got hold of must not do through the API what the pages ask a password for."""
    if not site.runner.read(lambda read: signin.proved_lately(read, cookie), NOBODY):
        raise Forbidden(
            "It is more than ten minutes since you proved who you are.",
            hint=f"Enter your password at {site.base_url}/me/prove, or send an API token.",
        )


def same_origin(request: Request) -> None:
    """A change asked for by another site's page is refused, whatever cookie came along."""
    if request.method in SAFE:
        return
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        raise Forbidden("This form was sent from another site.", hint="Open the page here and send it again.")


Caller = Annotated[Actor, Depends(api_actor)]
