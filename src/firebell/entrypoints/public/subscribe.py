"""Subscribing to a status page, and links out of its messages. What a link does, it does on POST; GET shows a button.

RFC 8058: a mail program unsubscribes by a POST to the link itself, so nothing else is asked of that request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from firebell.domain.statuspage import queries, subscriber_queries, subscribers
from firebell.domain.statuspage.model import Component, StatusPage
from firebell.domain.statuspage.subscriber_model import Subscriber, SubscriberState
from firebell.entrypoints import callers
from firebell.entrypoints.public import html
from firebell.entrypoints.public.gate import Gate, Verdict
from firebell.entrypoints.public.place import Place, home_of
from firebell.entrypoints.site import site_of
from firebell.kernel.actor import NOBODY
from firebell.kernel.errors import NotFound, Refused
from firebell.kernel.work import Read, Work
from firebell.workflows import subscribers_told

router = APIRouter(prefix="/status/{slug}", include_in_schema=False)
KINDS = (("email", "By e-mail"), ("webhook", "By a signed webhook"), ("chat", "In a chat (incoming webhook)"))
_THANKS = {
    "email": "If this address is not subscribed yet, a mail with a link is on its way to it. The link is good for two "
    "days; until it is used, nothing else is sent.",
    "webhook": "A signed ping is on its way to this address. Once it is answered with 2xx, the address is subscribed. "
    "If it was subscribed before, nothing has changed and its old secret stays.",
    "chat": "A message is on its way to this address. Once it is accepted, the channel is subscribed.",
}
_PRIVATE = {"cache-control": "private, no-store", "referrer-policy": "no-referrer"}


BODY_MAX = 64 * 1024


@dataclass(frozen=True, slots=True)
class Form:
    """The form that subscribes, with what was typed."""

    components: Sequence[Component]
    kind: str = "email"
    address: str = ""
    chosen: Sequence[str] = ()
    incidents: bool = True
    maintenance: bool = True
    wrong: str = ""
    kinds: Sequence[tuple[str, str]] = KINDS


@dataclass(frozen=True, slots=True)
class Said:
    """What came of something, and what can be done about it: ``button`` posts to ``action``, ``leave`` unsubscribes."""

    heading: str
    lines: Sequence[str] = ()
    secret: str = ""
    action: str = ""
    button: str = ""
    leave: str = ""
    editable: bool = False
    components: Sequence[Component] = ()
    chosen: Sequence[str] = ()
    incidents: bool = True
    maintenance: bool = True
    wrong: str = ""


class _TooLarge(Refused):
    slug = "too-large"
    status = 413


async def _bounded(request: Request) -> Request:
    """The request with its whole body in hand. A stranger's is small, or it is not read to its end."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > BODY_MAX:
            raise _TooLarge(f"At most {BODY_MAX >> 10} KiB.", hint="Choose fewer components.")
        chunks.append(chunk)
    body = b"".join(chunks)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, receive)


async def _form(request: Request) -> FormData:
    return await (await _bounded(request)).form(max_fields=600)


Given = Annotated[FormData, Depends(_form)]


@router.get("/subscribe")
def form(request: Request, slug: str) -> Response:
    page, shown = _page(request, slug)
    return _kept_out(request, page) or _draw(request, page, "subscribe.html", Form(shown))


@router.post("/subscribe")
def subscribe(request: Request, slug: str, given: Given) -> Response:
    page, shown = _page(request, slug)
    if (out := _kept_out(request, page)) is not None:
        return out
    kind, address = str(given.get("kind", "email")), str(given.get("address", ""))[:2000]
    if given.get("website"):
        # A field no person sees: whoever fills it in hears what everybody hears.
        return _draw(request, page, "subscription.html", Said("Thank you", [_THANKS["email"]]))
    try:
        asked = _ask(request, page, kind, address, _scope(given, shown))
    except Refused as refused:
        wrong = " ".join(part for part in (refused.message, refused.hint) if part)
        again = Form(
            shown, kind, address, [str(one) for one in given.getlist("components")], "incidents" in given,
            "maintenance" in given, wrong,
        )  # fmt: skip
        return _draw(request, page, "subscribe.html", again, refused.status)
    return _draw(request, page, "subscription.html", Said("Thank you", [_THANKS[kind]], asked.secret))


def _ask(request: Request, page: StatusPage, kind: str, address: str, scope: dict[str, Any]) -> subscribers.Asked:
    site, caller = site_of(request), callers.client_ip(request)

    def job(work: Work) -> subscribers.Asked:
        found = subscribers.ask(work, site.keyring, page.id, kind=kind, address=address, scope=scope, caller=caller)
        subscribers_told.asked(work, page, found)
        return found

    return site.runner.run(job, NOBODY)


async def _json(request: Request) -> Any:
    try:
        return await (await _bounded(request)).json()
    except (ValueError, RecursionError):
        return None


@router.post("/api/v2/subscribers.json")
def subscribe_by_program(request: Request, slug: str, body: Annotated[Any, Depends(_json)]) -> Response:
    """As Statuspage takes it: ``{"subscriber": {"email" | "endpoint", "component_ids"}}``."""
    try:
        given = dict(body["subscriber"])
        kind, address = ("webhook", given["endpoint"]) if given.get("endpoint") else ("email", given["email"])
        wanted = [str(one) for one in given.get("component_ids") or ()]
    except (ValueError, KeyError, TypeError):
        return JSONResponse({"error": ["Send a subscriber with an email or an endpoint."]}, 422)
    page, shown = _page(request, slug)
    if _kept_out(request, page) is not None:
        return JSONResponse({"error": "Could not authenticate"}, 401)
    codes = {one.code: str(one.id) for one in shown}
    try:
        asked = _ask(request, page, kind, str(address), {"components": [codes.get(each, each) for each in wanted]})
    except Refused as refused:
        return JSONResponse({"error": [refused.message]}, refused.status)
    said = {"mode": kind, "email": address if kind == "email" else None, "component_ids": wanted,
            "endpoint": address if kind == "webhook" else None}  # fmt: skip
    return JSONResponse({"subscriber": said | ({"secret": asked.secret} if asked.secret else {})}, 201, _PRIVATE)


@router.get("/{purpose:str}/{link:str}")
def linked(request: Request, slug: str, purpose: str, link: str) -> Response:
    """What the link would do, with a button that does it."""
    page, shown = _page(request, slug)
    one = _linked(request, page, purpose, link)
    here = f"{_place(request, page).root}/{purpose}/{link}"
    if purpose == "confirm":
        if one.state is SubscriberState.CONFIRMED:
            said = Said("You are subscribed", [f"Messages about {page.name} go to {one.shown}."])
        else:
            said = Said(f"Messages to {one.shown}?", [], action=here, button="Yes, subscribe me")
    elif purpose == "unsubscribe":
        ended = one.state is SubscriberState.ENDED
        lines = [f"{one.shown} gets no more messages about {page.name}."]
        said = Said("You are not subscribed", lines) if ended else Said(
            "Unsubscribe?", [f"{one.shown} will hear no more of {page.name}."], action=here, button="Unsubscribe"
        )  # fmt: skip
    else:
        said = _managed(request, page, one, shown, here)
    return _draw(request, page, "subscription.html", said)


@router.post("/{purpose:str}/{link:str}")
def follow(request: Request, slug: str, purpose: str, link: str, given: Given) -> Response:
    """Do what the link says. Mail programs send ``List-Unsubscribe=One-Click`` to an unsubscribe link."""
    page, shown = _page(request, slug)
    one = _linked(request, page, purpose, link)
    runner = site_of(request).runner
    if purpose == "confirm":
        runner.run(lambda work: subscribers.confirm(work, one.id, "link"), NOBODY)
        said = Said("You are subscribed", [f"Messages about {page.name} go to {one.shown}."])
    elif purpose == "unsubscribe":
        runner.run(lambda work: subscribers.end(work, one.id, "link"), NOBODY)
        said = Said("You are not subscribed any more", [f"{one.shown} hears no more of {page.name}."])
    else:
        here = f"{_place(request, page).root}/manage/{link}"
        try:
            after = runner.run(lambda work: subscribers.change(work, one.id, _scope(given, shown)), NOBODY)
        except Refused as refused:
            said = _managed(request, page, one, shown, here, wrong=refused.message)
            return _draw(request, page, "subscription.html", said, refused.status)
        said = _managed(request, page, after, shown, here, heading="Saved")
    return _draw(request, page, "subscription.html", said)


def _managed(
    request: Request, page: StatusPage, one: Subscriber, shown: Sequence[Component], here: str, *,
    heading: str = "", wrong: str = "",
) -> Said:  # fmt: skip
    if one.state is not SubscriberState.CONFIRMED:
        return Said("You are not subscribed", [f"{one.shown} gets no messages about {page.name}."])
    codes = {str(each.id): each.code for each in shown}
    leave = subscriber_queries.link_of(site_of(request).keyring, "unsubscribe", one)
    return Said(
        heading or f"Messages to {one.shown}", [], action=here, button="Save", editable=True, components=shown,
        leave=f"{_place(request, page).root}/unsubscribe/{leave}",
        chosen=[codes[each] for each in one.components if each in codes],
        incidents=one.incidents, maintenance=one.maintenance, wrong=wrong,
    )  # fmt: skip


# ------------------------------------------------------------------ what all of them need


def _page(request: Request, slug: str) -> tuple[StatusPage, Sequence[Component]]:
    def look(read: Read) -> tuple[StatusPage, Sequence[Component]]:
        found = queries.snapshot(read, slug)
        return found.page, found.components

    return site_of(request).runner.read(look, NOBODY)


def _linked(request: Request, page: StatusPage, purpose: str, link: str) -> Subscriber:
    site = site_of(request)
    if purpose not in ("confirm", "unsubscribe", "manage"):
        raise NotFound("There is no such page.")
    found = site.runner.read(lambda read: subscriber_queries.linked(read, site.keyring, purpose, link), NOBODY)
    if found.page_id != page.id:
        raise NotFound("This link is not known.")
    return found


def _kept_out(request: Request, page: StatusPage) -> Response | None:
    """Who may not see the page may not subscribe to it either."""
    verdict = Gate(site_of(request)).judge(page, request.scope)
    if verdict in (Verdict.OPEN, Verdict.PRIVATE):
        return None
    return RedirectResponse(_place(request, page).front, 303)


def _scope(given: FormData, shown: Sequence[Component]) -> dict[str, Any]:
    ids = {one.code: str(one.id) for one in shown}
    wanted = [str(one) for one in given.getlist("components")]
    return {
        "components": [ids.get(code, code) for code in wanted], "incidents": "incidents" in given,
        "maintenance": "maintenance" in given,
    }  # fmt: skip


def _place(request: Request, page: StatusPage) -> Place:
    host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
    own = page.domain is not None and host.lower() == page.domain
    return Place(home_of(page, site_of(request).base_url), "" if own else f"/status/{page.slug}")


def _draw(request: Request, page: StatusPage, template: str, view: Form | Said, status: int = 200) -> Response:
    now = site_of(request).runner.clock.now()
    text = html.form(template, page, _place(request, page), now, view, page.name)
    policy = (
        f"default-src 'none'; style-src '{html.style_hash()}'; img-src 'self' data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(text, status, {**_PRIVATE, "content-security-policy": policy})
