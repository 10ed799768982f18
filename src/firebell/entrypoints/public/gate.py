"""Who may see a page: everybody, who knows its password, who is signed in, or who comes from certain networks."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http.cookies import CookieError, SimpleCookie

from starlette.types import Scope

from firebell.domain.people import passwords, signin, strangers
from firebell.domain.statuspage.model import Access, StatusPage
from firebell.entrypoints import callers
from firebell.entrypoints.site import Site
from firebell.kernel.actor import NOBODY, Permission
from firebell.kernel.clock import Instant
from firebell.kernel.work import Read

UNLOCKED_S = 7 * 86_400
TRIES_MAX = 10
TRIES_WITHIN_S = 60.0


class Verdict(StrEnum):
    OPEN = "open"
    """For everybody: may be kept by caches."""
    PRIVATE = "private"
    """For this one: may not."""
    LOCKED = "locked"
    SIGN_IN = "sign_in"
    REFUSED = "refused"


@dataclass(slots=True)
class Gate:
    """``tries``: when each address tried passwords lately."""

    site: Site
    tries: dict[str, list[float]] = field(default_factory=dict)

    def judge(self, page: StatusPage, scope: Scope) -> Verdict:
        """May look into the database: not for the event loop, unless the page is public."""
        if page.access is Access.PUBLIC:
            return Verdict.OPEN
        if page.access is Access.PASSWORD:
            given = cookies(scope).get(cookie_name(page), "")
            return Verdict.PRIVATE if self._opens(page, given) else Verdict.LOCKED
        if page.access is Access.SIGNED_IN:
            token = cookies(scope).get(callers.cookie_name(self.site), "")
            return Verdict.PRIVATE if token and self._knows(page, token) else Verdict.SIGN_IN
        return Verdict.PRIVATE if self._is_near(page, address(self.site, scope)) else Verdict.REFUSED

    def unlock(self, page: StatusPage, password: str, scope: Scope) -> str | None:
        """The cookie that a right password buys, else ``None``. Slow, as comparing passwords is."""
        if not passwords.matches(page.password_hash, password):
            return None
        until_s = int(self.site.runner.clock.now().timestamp()) + UNLOCKED_S
        path = f"/status/{page.slug}" if str(scope["path"]).startswith("/status/") else "/"
        secure = "; Secure" if self.site.base_url.startswith("https://") or page.domain else ""
        value = f"{until_s}.{self._signed(page, until_s)}"
        return f"{cookie_name(page)}={value}; Max-Age={UNLOCKED_S}; Path={path}; HttpOnly; SameSite=Lax{secure}"

    def may_try(self, who: str) -> bool:
        """Whether this address may try another password now: ten a minute."""
        now_s = self.site.runner.clock.monotonic()
        if len(self.tries) > 10_000:
            self.tries.clear()
        who = strangers.place(who)
        recent = [at for at in self.tries.get(who, ()) if at > now_s - TRIES_WITHIN_S]
        allowed = len(recent) < TRIES_MAX
        self.tries[who] = [*recent, now_s] if allowed else recent
        return allowed

    def _opens(self, page: StatusPage, given: str) -> bool:
        until, _, signature = given.partition(".")
        if not (until.isascii() and until.isdigit() and len(until) < 12):
            return False
        right = hmac.compare_digest(self._signed(page, int(until)).encode(), signature.encode(errors="replace"))
        return right and Instant.from_timestamp(int(until)) > self.site.runner.clock.now()

    def _signed(self, page: StatusPage, until_s: int) -> str:
        # With the password's hash in it, a new password locks everybody out again.
        key = hmac.digest(self.site.keyring.current.raw, b"firebell status page", "sha256")
        return hmac.digest(key, f"{page.id}|{page.password_hash}|{until_s}".encode(), "sha256").hex()

    def _knows(self, page: StatusPage, token: str) -> bool:
        def look(read: Read) -> bool:
            actor = signin.session_actor(read, token)
            return actor is not None and actor.may(Permission.STATUS_VIEW, page.team_id)

        return self.site.runner.read(look, NOBODY)

    @staticmethod
    def _is_near(page: StatusPage, who: str) -> bool:
        try:
            found = ipaddress.ip_address(who)
        except ValueError:
            return False
        mapped = getattr(found, "ipv4_mapped", None)
        found = mapped or found
        return any(found in ipaddress.ip_network(each) for each in page.addresses)


def cookie_name(page: StatusPage) -> str:
    return f"fb_status_{page.code}"


def cookies(scope: Scope) -> Mapping[str, str]:
    """The cookies of a request; those that cannot be read are none."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name == b"cookie":
            for part in value.decode("latin-1").split(";"):
                try:
                    parsed = SimpleCookie(part.strip())
                except CookieError:
                    continue
                found |= {key: morsel.value for key, morsel in parsed.items()}
    return found


def address(site: Site, scope: Scope) -> str:
    """The sender's address; X-Forwarded-For is believed only from configured proxies."""
    return callers.sender(scope, site.settings.trusted_proxies)
