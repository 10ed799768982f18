"""``/api/v1/chat``: the chat services that incidents are run in as well. Secrets go in and never come out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from firebell.domain.chat import commands, queries
from firebell.domain.chat.model import Connection
from firebell.domain.outbox.model import OutcomeKind
from firebell.entrypoints.api.channels import FieldShown, field_shown
from firebell.entrypoints.api.frame import Body, IfMatch, Shown, expected, iso, tag
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.chat import connecting
from firebell.entrypoints.chat.connecting import VENDORS
from firebell.entrypoints.sealing import CHAT_SECRETS
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.errors import Invalid
from firebell.kernel.work import Read, Work

router = APIRouter(prefix="/chat", tags=["chat"], route_class=ApiRoute)

Value = Annotated[str, Field(max_length=2000)]


class ChatShown(Shown):
    """A chat service. ``works`` and ``said``: what it last answered; null before it was asked.

    ``secrets_set``: the secrets that are stored, by name only.
    """

    vendor: str
    name: str
    blurb: str
    fields: list[FieldShown]
    connected: bool
    enabled: bool
    values: dict[str, Any]
    secrets_set: list[str]
    works: bool | None
    said: str
    said_at: str | None
    version: int
    html_url: str


class ChatBody(Body):
    """All values. A secret that is left out or empty stays as it is."""

    values: dict[Annotated[str, Field(max_length=40)], Value | bool] = Field(max_length=20)
    enabled: bool = True


class ChatAnswer(Shown):
    """``outcome``: sent, retry or dead. ``reply``: the vendor's own words."""

    outcome: str
    reply: str


def _shown(request: Request, slug: str, found: Connection | None) -> ChatShown:
    vendor = connecting.vendor(slug)
    stored = found.settings if found is not None else {}
    secret = CHAT_SECRETS[slug]
    return ChatShown(
        vendor=slug, name=vendor.name, blurb=vendor.blurb, fields=[field_shown(one) for one in vendor.fields],
        connected=found is not None, enabled=found is not None and found.enabled,
        values={name: value for name, value in stored.items() if name not in secret},
        secrets_set=sorted(name for name in secret if stored.get(name)),
        works=found.works if found is not None else None, said=found.said if found is not None else "",
        said_at=iso(found.said_at) if found is not None else None, version=found.version if found is not None else 0,
        html_url=f"{site_of(request).base_url}/settings/chat/{slug}",
    )  # fmt: skip


def _answer(request: Request, response: Response, r: Read, slug: str) -> ChatShown:
    found = queries.connection(r, slug)
    tag(response, found.version if found is not None else 0)
    return _shown(request, slug, found)


@router.get("")
def list_chats(request: Request, caller: Caller) -> list[ChatShown]:
    """Every chat service there is, connected or not."""
    return read(request, lambda r: [_shown(request, slug, queries.connection(r, slug)) for slug in VENDORS], caller)


@router.get("/{vendor}")
def get_chat(request: Request, response: Response, vendor: str, caller: Caller) -> ChatShown:
    """One of them."""
    return read(request, lambda r: _answer(request, response, r, vendor), caller)


@router.put("/{vendor}")
def connect_chat(
    request: Request, response: Response, vendor: str, caller: Caller, body: ChatBody, if_match: IfMatch = None
) -> ChatShown:
    """Connect it, or change how. Test it to see that it works."""
    sealing = site_of(request).sealing

    def change(w: Work) -> ChatShown:
        found = queries.connection(w, vendor)
        known = [one.name for one in connecting.vendor(vendor).fields]
        for name in body.values:
            if name not in known:
                raise Invalid(
                    f"“{name}” is not known here.", field=f"values.{name}", hint=f"One of {', '.join(known)}."
                )
        kept = sealing.open_chat(vendor, found.settings) if found is not None else {}
        given = {name: value for name, value in body.values.items() if value is not False}
        given |= {name: "true" for name, value in given.items() if value is True}
        try:
            values = connecting.checked(vendor, given, kept)
        except Invalid as refused:
            raise Invalid(refused.message, field=f"values.{refused.field}", hint=refused.hint) from None
        commands.connect(
            w, vendor, sealing.seal_chat(vendor, values), enabled=body.enabled, expected=expected(if_match)
        )
        return _answer(request, response, w, vendor)

    return run(request, change, caller)


@router.delete("/{vendor}", status_code=204)
def disconnect_chat(request: Request, vendor: str, caller: Caller) -> None:
    """Forget it with its secrets. Incidents go on without it."""

    def change(w: Work) -> None:
        queries.connection(w, vendor)
        commands.disconnect(w, connecting.vendor(vendor).slug)

    run(request, change, caller)


@router.post("/{vendor}:test")
def test_chat(request: Request, vendor: str, caller: Caller) -> ChatAnswer:
    """Ask the vendor right now, and say what it answered."""
    site = site_of(request)
    found = read(request, lambda r: queries.connection(r, vendor), caller)
    connecting.vendor(vendor)
    opened = site.sealing.open_chat(vendor, found.settings) if found is not None else {}
    if not opened:
        raise Invalid("This chat is not connected.", field="vendor", hint="Set its values first.")
    answer = connecting.ask(vendor, opened, site.settings.slack_api_url, site.fetch)
    works = answer.kind is OutcomeKind.SENT
    run(request, lambda w: commands.note_answer(w, vendor, works, answer.reply), caller)
    return ChatAnswer(outcome=answer.kind.value, reply=answer.reply)
