"""Proving again who sits there, before what a stolen session must not do: contact methods, tokens, keys."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.people import signin
from firebell.entrypoints import callers
from firebell.entrypoints.web.drafts import Draft
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.session import Form, Here, local_path
from firebell.entrypoints.web.sign_in import entered_at
from firebell.kernel.errors import Refused

router = APIRouter(prefix="/me/prove")


@dataclass(frozen=True, slots=True)
class ProvePage:
    """``next`` is where it goes on; ``name`` for the browser's memory of passwords."""

    next: str
    name: str
    draft: Draft


def detour(here: Here, next_path: str) -> Response | None:
    """The way to prove it when this session's last proof is older than ten minutes, else ``None``: go on."""
    if here.read(lambda read: signin.proved_lately(read, here.token)):
        return None
    return here.go(f"/me/prove?next={quote(next_path, safe='/')}")


@router.get("")
def show(here: Here, next: str = "/me") -> Response:  # noqa: A002 - the name in the address
    view = ProvePage(local_path(next), here.me.name, Draft())
    return here.page("me/prove.html", view, title="Is it you?")


@router.post("")
def prove(here: Here, form: Form) -> Response:
    target = local_path(form.get("next", "/me"))
    try:
        entered = signin.step_up(
            here.site.runner, here.token, form.get("password", ""), callers.client_ip(here.request)
        )
    except Refused as error:
        view = ProvePage(target, here.me.name, Draft({}, "password", error.message, error.hint or ""))
        return here.page("me/prove.html", view, title="Is it you?", status=422)
    return entered_at(here, here.go(target, Flash("Thank you. Go on.", "note")), entered.session_token)
