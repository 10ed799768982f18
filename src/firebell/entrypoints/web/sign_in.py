"""Signing in and out, accepting an invitation, choosing a new password."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from fastapi import APIRouter, BackgroundTasks
from fastapi.responses import Response

from firebell.domain.paging import queries as paging
from firebell.domain.paging.model import Message, MessageKind
from firebell.domain.people import passwords, setup, signin
from firebell.domain.people.model import User
from firebell.domain.people.setup import Purpose
from firebell.entrypoints import callers
from firebell.entrypoints.site import Site
from firebell.entrypoints.web import report
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.session import Anyone, Browser, Form, Linked, local_path
from firebell.entrypoints.web.warnings import settings_of
from firebell.kernel.actor import NOBODY, SYSTEM
from firebell.kernel.errors import NotFound, Refused
from firebell.kernel.ids import UserId
from firebell.kernel.work import Work

log = structlog.get_logger()
router = APIRouter()


@dataclass(frozen=True, slots=True)
class SignInPage:
    """``next`` is where to go afterwards. ``error`` and ``hint`` say why it did not work.

    ``may_report``: whoever cannot sign in may still report a problem.
    """

    next: str
    name: str = ""
    error: str = ""
    hint: str = ""
    may_report: bool = False


@dataclass(frozen=True, slots=True)
class PasswordPage:
    """Somebody with a one-time link chooses a password. ``purpose`` is invite or reset."""

    purpose: str
    name: str
    error: str = ""
    hint: str = ""


@router.get("/sign-in")
def show(here: Anyone, next: str = "/") -> Response:  # noqa: A002 - the name in the address
    if here.user is not None:
        return here.go(local_path(next))
    if here.site.runner.read(setup.needs_first_admin, NOBODY):
        return here.page("sign_in/first.html", None, title="Welcome")
    return here.page(
        "sign_in/sign_in.html", SignInPage(local_path(next), may_report=_may_report(here)), title="Sign in"
    )


@router.post("/sign-in")
def sign_in(here: Anyone, form: Form) -> Response:
    target, name = local_path(form.get("next", "/")), form.get("name", "")
    request = here.request
    try:
        entered = signin.sign_in(
            here.site.runner, name, form.get("password", ""), callers.client_ip(request),
            request.headers.get("user-agent", ""),
        )  # fmt: skip
    except Refused as error:
        view = SignInPage(target, name, error.message, error.hint or "", _may_report(here))
        return here.page("sign_in/sign_in.html", view, title="Sign in", status=error.status)
    return entered_at(here, here.go(target), entered.session_token)


def _may_report(here: Browser) -> bool:
    return here.site.runner.read(report.is_public, NOBODY)


@router.get("/forgot")
def ask(here: Anyone) -> Response:
    return here.page("sign_in/forgot.html", None, title="Forgotten password")


@router.post("/forgot")
def forgot(here: Anyone, form: Form, later: BackgroundTasks) -> Response:
    """Mail a reset link, if there is such a person with an address. The answer is the same for every name, as is its
    time: the mail goes out after it."""
    later.add_task(_mail_reset, here.site, form.get("name", ""))
    answer = here.go("/sign-in", Flash("If that name has an e-mail address, a link is on its way to it.", "note"))
    answer.background = later
    return answer


def _mail_reset(site: Site, name: str) -> None:
    found = site.runner.run(lambda work: setup.request_reset(work, name), SYSTEM)
    if found is None:
        return
    user, link = found
    stored = site.runner.read(paging.channel_settings, SYSTEM).get("email", {})
    message = Message(
        id=f"reset-{user.id}", kind=MessageKind.NOTICE, title="A new password for Firebell",
        body=f"Choose a new password within 30 minutes:\n{site.base_url}/reset/{link.plain}\n\n"
        "If you did not ask for this, ignore it: nothing has changed.",
        urgency="low",
    )  # fmt: skip
    outcome = site.channels["email"].deliver(
        message, {"to": user.email or ""}, settings_of(site, "email", stored), site.fetch
    )
    log.info("reset_link_mailed", user=user.id, outcome=str(outcome.kind))


@router.post("/sign-out")
def sign_out(here: Anyone) -> Response:
    if here.token:
        here.site.runner.run(lambda work: signin.sign_out(work, here.token), NOBODY)
    answer = here.go("/sign-in", Flash("You are signed out.", "note"))
    answer.delete_cookie(callers.cookie_name(here.site), secure=here.secure, httponly=True, samesite="lax")
    return answer


@router.get("/invite/{token}")
@router.get("/reset/{token}")
def choose(here: Linked, token: str) -> Response:
    user = _owner(here, token)
    view = PasswordPage(_purpose(here), user.display_name)
    return here.page("sign_in/password.html", view, title="Choose a password")


@router.post("/invite/{token}")
@router.post("/reset/{token}")
def set_password(here: Linked, token: str, form: Form) -> Response:
    user, purpose = _owner(here, token), _purpose(here)
    try:
        password_hash = passwords.make_hash(form.get("password", ""), about=[user.name, user.display_name])
    except Refused as error:
        view = PasswordPage(purpose, user.display_name, error.message, error.hint or "")
        return here.page("sign_in/password.html", view, title="Choose a password", status=error.status)

    def save(work: Work) -> str:
        accept = setup.accept_invite if purpose == Purpose.INVITE else setup.reset_password
        user_id = accept(work, token, password_hash)
        return enter(here, work, user_id)

    session_token = here.site.runner.run(save, NOBODY)
    said = "Welcome to Firebell." if purpose == Purpose.INVITE else "Your password is changed. Other sessions ended."
    # The page with the secret in its address must not stay behind the back button: start afresh.
    return entered_at(here, here.go("/", Flash(said)), session_token)


def enter(here: Browser, work: Work, user_id: UserId) -> str:
    """Start a session for somebody who has just proved who they are; returns its token."""
    request = here.request
    entered = signin.enter(work, user_id, callers.client_ip(request), request.headers.get("user-agent", ""))
    return entered.session_token


def entered_at(here: Browser, answer: Response, session_token: str) -> Response:
    """``answer`` with the session's cookie: fresh at every sign-in, for this host only, out of reach of scripts."""
    answer.set_cookie(
        callers.cookie_name(here.site), session_token, max_age=30 * 86_400, httponly=True, samesite="lax", path="/",
        secure=here.secure,
    )  # fmt: skip
    return answer


def _purpose(here: Browser) -> str:
    return Purpose.INVITE if here.request.url.path.startswith("/invite/") else Purpose.RESET


def _owner(here: Browser, token: str) -> User:
    found = here.site.runner.read(lambda read: setup.link(read, token), NOBODY)
    if found is None or found[0] != _purpose(here) or found[1] is None:
        raise NotFound("This link has run out or was used.", hint="Ask an administrator for a new one.")
    return found[1]
