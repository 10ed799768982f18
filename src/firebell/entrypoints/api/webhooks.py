"""``/api/v1/webhooks``: other programs that are told of what happens, and what came of telling them."""

from __future__ import annotations

from typing import Annotated, Any, cast

from fastapi import APIRouter, Request, Response
from pydantic import Field

from firebell.domain.outbox import queries as posts
from firebell.domain.webhooks import commands, queries
from firebell.domain.webhooks.model import Flavour, Webhook, WebhookFields
from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import Body, Cursor, IfMatch, Limit, Page, Shown, expected, iso, pages_of, tag
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.work import Read, Work
from firebell.workflows import webhook_events

router = APIRouter(prefix="/webhooks", tags=["webhooks"], route_class=ApiRoute)

Events = Annotated[list[Annotated[str, Field(max_length=100)]], Field(min_length=1, max_length=100)]
Secret = Annotated[str, Field(max_length=200)]
Url = Annotated[str, Field(max_length=2000)]


class WebhookShown(Shown):
    """An endpoint without its address and secret. ``failures`` in a row; at fifty it is disabled."""

    id: str
    name: str
    to: str
    flavour: str
    events: list[str]
    team_id: str | None
    private: bool
    owner_id: str
    enabled: bool
    disabled_at: str | None
    disabled_why: str
    failures: int
    failed_at: str | None
    delivered_at: str | None
    reply: str
    old_secret_until: str | None
    managed_by: str | None
    created_at: str
    updated_at: str
    version: int
    html_url: str


class WebhookMade(WebhookShown):
    """``secret`` is shown now and never again (empty for chats)."""

    secret: str


class SecretShown(Shown):
    """``secret`` is shown now and never again; the old one signs too until ``old_secret_until``."""

    id: str
    secret: str
    old_secret_until: str | None


class WebhookEdit(Body):
    """``events``: kinds of facts, ``incident.*`` or ``*``. ``team``: only what is this team's."""

    name: Annotated[str, Field(max_length=100)] | None = None
    url: Url | None = None
    events: Events | None = None
    team: Annotated[str, Field(max_length=100)] | None = None
    private: bool | None = Field(None, description="It may hear of private incidents.")


class NewWebhook(WebhookEdit):
    """``secret``: ``whsec_`` and base64 of 24 to 64 bytes; one is made when it is left out."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    url: Url
    events: Events
    flavour: Flavour = Flavour.STANDARD
    secret: Secret = ""


class NewSecret(Body):
    secret: Secret = ""


class DeliveryShown(Shown):
    """One message to the endpoint. ``id`` is the ``webhook-id`` it carries."""

    id: str
    state: str
    type: str
    attempt: int
    created_at: str
    due_at: str
    done_at: str | None
    reply: str


class TestSent(Shown):
    delivery_id: str


def _shown(request: Request, one: Webhook) -> WebhookShown:
    values = {name: getattr(one, name) for name in WebhookShown.model_fields if hasattr(one, name)}
    for name in ("disabled_at", "failed_at", "delivered_at", "old_secret_until", "created_at", "updated_at"):
        values[name] = iso(values[name])
    values |= {"flavour": str(one.flavour), "events": list(one.events), "to": one.shown}
    return WebhookShown(**values, html_url=f"{site_of(request).base_url}/settings/webhooks/{one.id}")


def _fields(r: Read, body: WebhookEdit) -> WebhookFields:
    given: dict[str, Any] = {
        name: getattr(body, name) for name in ("name", "url", "events", "private") if getattr(body, name) is not None
    }
    if "events" in given:
        given["events"] = tuple(given["events"])
    if "team" in body.model_fields_set:
        given["team_id"] = references.team_id(r, body.team)
    return cast("WebhookFields", given)


@router.get("")
def list_webhooks(request: Request, caller: Caller, limit: Limit = 50, cursor: Cursor = None) -> Page[WebhookShown]:
    """The endpoints you may edit, oldest first."""
    found = read(request, queries.webhooks, caller)
    kept, following = pages_of(found, limit, cursor, lambda one: one.id)
    return Page(items=[_shown(request, one) for one in kept], next=following)


@router.post("", status_code=201)
def create_webhook(request: Request, response: Response, caller: Caller, body: NewWebhook) -> WebhookMade:
    """A new endpoint; its secret is shown once."""
    keyring = site_of(request).keyring

    def make(w: Work) -> tuple[Webhook, str]:
        made = commands.create(w, keyring, flavour=body.flavour, secret=body.secret, **_fields(w, body))
        return queries.webhook(w, made.id), made.secret

    one, secret = run(request, make, caller)
    tag(response, one.version)
    return WebhookMade(**_shown(request, one).model_dump(), secret=secret)


@router.get("/{webhook_id}")
def show_webhook(request: Request, response: Response, webhook_id: str, caller: Caller) -> WebhookShown:
    """One endpoint."""
    one = read(request, lambda r: queries.webhook(r, webhook_id), caller)
    tag(response, one.version)
    return _shown(request, one)


@router.patch("/{webhook_id}")
def edit_webhook(
    request: Request, response: Response, webhook_id: str, caller: Caller, body: WebhookEdit, if_match: IfMatch = None
) -> WebhookShown:
    """Change what is given."""
    keyring = site_of(request).keyring
    version = expected(if_match)
    one = run(request, lambda w: commands.edit(w, webhook_id, keyring, version, **_fields(w, body)), caller)
    tag(response, one.version)
    return _shown(request, one)


@router.get("/{webhook_id}/deliveries")
def list_deliveries(request: Request, webhook_id: str, caller: Caller, limit: Limit = 50) -> Page[DeliveryShown]:
    """What was sent, newest first."""

    def look(r: Read) -> list[DeliveryShown]:
        found = posts.of_target(r, queries.webhook(r, webhook_id).id, limit)
        return [
            DeliveryShown(
                id=one.id, state=one.state, type=str((one.payload.get("said") or {}).get("type", "")),
                attempt=one.attempt, created_at=one.created_at.format_iso(), due_at=one.due_at.format_iso(),
                done_at=iso(one.done_at), reply=one.reply,
            )
            for one in found
        ]  # fmt: skip

    return Page(items=read(request, look, caller), next=None)


@router.post("/{webhook_id}:test", status_code=202)
def test_webhook(request: Request, webhook_id: str, caller: Caller) -> TestSent:
    """Send a test, whatever is filtered; what came of it stands among the deliveries."""
    base_url = site_of(request).base_url

    def send(w: Work) -> str:
        return webhook_events.test(w, queries.webhook(w, webhook_id), base_url)

    return TestSent(delivery_id=run(request, send, caller))


@router.post("/{webhook_id}:rotate")
def rotate_secret(request: Request, webhook_id: str, caller: Caller, body: NewSecret | None = None) -> SecretShown:
    """A new secret; for a day both sign."""
    keyring = site_of(request).keyring

    def job(w: Work) -> SecretShown:
        made = commands.rotate(w, webhook_id, keyring, secret=body.secret if body else "")
        until = queries.webhook(w, webhook_id).old_secret_until
        return SecretShown(id=made.id, secret=made.secret, old_secret_until=iso(until))

    return run(request, job, caller)


@router.post("/{webhook_id}:disable")
def disable_webhook(request: Request, webhook_id: str, caller: Caller) -> WebhookShown:
    """It is told nothing from now on."""
    return _shown(request, run(request, lambda w: commands.disable(w, webhook_id), caller))


@router.post("/{webhook_id}:enable")
def enable_webhook(request: Request, webhook_id: str, caller: Caller) -> WebhookShown:
    """It is told again of what happens from now on."""
    return _shown(request, run(request, lambda w: commands.enable(w, webhook_id), caller))


@router.post("/{webhook_id}:detach")
def detach_webhook(request: Request, webhook_id: str, caller: Caller) -> WebhookShown:
    """Take it out of a configuration file's hands."""
    keyring = site_of(request).keyring
    return _shown(request, run(request, lambda w: commands.edit(w, webhook_id, keyring, managed_by=None), caller))


@router.delete("/{webhook_id}", status_code=204)
def delete_webhook(request: Request, webhook_id: str, caller: Caller, if_match: IfMatch = None) -> None:
    """Forget it, with its address and secret."""
    run(request, lambda w: commands.delete(w, webhook_id, expected(if_match)), caller)
