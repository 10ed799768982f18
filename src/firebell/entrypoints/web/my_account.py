"""One's own account: password, sessions, calendar addresses and personal API tokens."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.oncall import commands as oncall
from firebell.domain.people import signin, tokens
from firebell.entrypoints import callers
from firebell.entrypoints.web import me, proving
from firebell.entrypoints.web.drafts import Draft, refused, whole_number
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.me import Shown
from firebell.entrypoints.web.on_call import feed_address
from firebell.entrypoints.web.session import Form, FormLists, Here
from firebell.kernel.clock import plus
from firebell.kernel.errors import Invalid, Refused
from firebell.kernel.work import Work

router = APIRouter(prefix="/me")
DAY_S = 86_400


@router.post("/password")
def change_password(here: Here, form: Form) -> Response:
    try:
        if form.get("new", "") != form.get("again", ""):
            raise Invalid("The two new passwords differ.", field="again", hint="Type it once more.")
        signin.change_password(
            here.site.runner, here.token, form.get("old", ""), form.get("new", ""), callers.client_ip(here.request)
        )
    except Refused as error:
        at = "old" if error.field == "password" else error.field or ""
        return me.page(here, "password", Draft({}, at, error.message, error.hint or ""))
    return here.go("/me#account", Flash("Your password is changed. Your other sessions have ended."))


@router.post("/sessions/{session_id}/revoke")
def revoke_session(here: Here, session_id: str) -> Response:
    here.run(lambda work: signin.revoke_session(work, session_id))
    return here.go("/me#account", Flash("That session has ended.", "note"))


@router.post("/feeds")
def issue_feed(here: Here) -> Response:
    made = here.run(lambda work: oncall.issue_feed(work, user_id=here.me.id))
    return me.page(here, shown=Shown("Your calendar address", feed_address(here, made.token)))


@router.post("/feeds/{feed_id}/revoke")
def revoke_feed(here: Here, feed_id: str) -> Response:
    here.run(lambda work: oncall.revoke_feed(work, feed_id))
    return here.go("/me#calendar", Flash("That calendar address is withdrawn.", "note"))


@router.post("/tokens")
def create_token(here: Here, form: Form, lists: FormLists) -> Response:
    if away := proving.detour(here, "/me#tokens"):
        return away
    try:
        issued = here.run(lambda work: token_of(work, form, lists.get("scopes", []), personal=True))
    except Refused as error:
        return me.page(here, "token", refused(form, error))
    return me.page(here, shown=Shown("Your API token", issued.plain))


def token_of(work: Work, form: Form, scopes: list[str], *, personal: bool) -> tokens.Issued:
    """A token from a form: ``name``, ``days`` (empty: no end) and scopes."""
    days = whole_number(form, "days", otherwise=0)
    expires_at = plus(work.now, min(days, 3650) * DAY_S) if days else None
    return tokens.create(work, form.get("name", "").strip(), scopes, expires_at, personal=personal)


@router.post("/tokens/{token_id}/revoke")
def revoke_token(here: Here, token_id: str) -> Response:
    here.run(lambda work: tokens.revoke(work, token_id))
    return here.go("/me#tokens", Flash("The token is revoked.", "note"))
