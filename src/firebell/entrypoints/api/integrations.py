"""``/api/v1/integrations``: the doors through which a service's alerts come in. A key is shown when it is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from firebell.domain.alerts.model import Ingested
from firebell.domain.services import commands, queries
from firebell.domain.services.model import Integration
from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import Body, Cursor, IfMatch, Limit, Page, Shown, expected, iso, pages_of, tag
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.api.services import Reference
from firebell.entrypoints.api.users import Name
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import Site, read, run, site_of
from firebell.entrypoints.web import sample_signals
from firebell.integrations.sources.contract import Snippet
from firebell.kernel.errors import Invalid
from firebell.kernel.work import Read, Work

router = APIRouter(prefix="/integrations", tags=["integrations"], route_class=ApiRoute)

Settings = Annotated[dict[str, Any], Field(max_length=50)]


class IntegrationShown(Shown):
    """An integration. ``key_hint`` are the last characters of its key; ``url`` has ``…`` in the key's place."""

    id: str
    service_id: str
    name: str
    source: str
    key_hint: str
    url: str
    settings: dict[str, Any]
    managed_by: str | None
    created_at: str
    disabled_at: str | None
    last_signal_at: str | None
    signal_count: int
    html_url: str


class IntegrationMade(IntegrationShown):
    """``key`` is shown here; later only to those who may edit the service, with the set-up texts."""

    key: str


class NewIntegration(Body):
    """``key``: an existing one of at least 16 characters, to be kept; otherwise one is generated."""

    service: Reference
    name: Name
    source: Name
    key: str | None = Field(None, max_length=128)
    settings: Settings = Field(default_factory=dict)


class IntegrationEdit(Body):
    name: Name | None = None
    settings: Settings | None = None


class NewKey(Body):
    key: str | None = Field(None, max_length=128)


class SnippetShown(Shown):
    """Copy-paste set-up with the real address and key."""

    title: str
    language: str
    text: str


class SourceShown(Shown):
    """One kind of sender."""

    slug: str
    name: str
    blurb: str


class SignalSent(Shown):
    """What became of a signal: opened, repeated, acknowledged, resolved, nothing_open …"""

    became: str
    dedup_key: str
    alert_id: str | None
    alert_url: str | None


class TestHeard(Shown):
    """What the intake answered to a test: exactly what the sender would hear."""

    status: int
    accepted: bool
    body: str


def shown(site: Site, one: Integration, key: str = "…") -> IntegrationShown:
    """An integration as the API shows it."""
    return IntegrationShown(
        id=one.id, service_id=one.service_id, name=one.name, source=one.source, key_hint=one.key_hint,
        url=address(site, one.source, key), settings=dict(one.settings), managed_by=one.managed_by,
        created_at=one.created_at.format_iso(), disabled_at=iso(one.disabled_at),
        last_signal_at=iso(one.last_signal_at), signal_count=one.signal_count,
        html_url=f"{site.base_url}/integrations/{one.id}",
    )  # fmt: skip


def address(site: Site, source: str, key: str) -> str:
    """Where a sender sends."""
    return f"{door(site, source)}/{key}"


def door(site: Site, source: str) -> str:
    """The same without the key, as set-up texts want it."""
    return f"{site.base_url}/in/{source}"


@router.get("")
def list_integrations(
    request: Request, caller: Caller, limit: Limit = 50, cursor: Cursor = None,
    service: Annotated[str | None, Query(max_length=100)] = None,
) -> Page[IntegrationShown]:  # fmt: skip
    """Integrations by name, of one service if given."""

    def look(r: Read) -> list[Integration]:
        return queries.integrations(r, references.service(r, service).id if service else None)

    found, following = pages_of(read(request, look, caller), limit, cursor, lambda one: f"{one.name} {one.id}")
    return Page(items=[shown(site_of(request), one) for one in found], next=following)


@router.get("/sources")
def list_sources(request: Request, caller: Caller) -> list[SourceShown]:
    """Every kind of sender that can be understood."""
    return [SourceShown(slug=s.slug, name=s.name, blurb=s.blurb) for s in site_of(request).sources.values()]


@router.post("", status_code=201)
def create_integration(request: Request, response: Response, caller: Caller, body: NewIntegration) -> IntegrationMade:
    """A new integration with its key."""
    site = site_of(request)

    def make(w: Work) -> IntegrationMade:
        service_id = references.service(w, body.service).id
        if body.source not in site.sources:
            raise Invalid("There is no such source.", field="source", hint=f"One of {', '.join(site.sources)}.")
        made = commands.create_integration(
            w, service_id, body.name, body.source, site.keyring, key=body.key, settings=body.settings
        )
        return _made(site, response, w, made.id, made.key)

    return run(request, make, caller)


@router.get("/{integration_id}")
def get_integration(request: Request, response: Response, integration_id: str, caller: Caller) -> IntegrationShown:
    """One integration."""
    found = read(request, lambda r: queries.integration(r, integration_id), caller)
    tag(response, found.version)
    return shown(site_of(request), found)


@router.patch("/{integration_id}")
def edit_integration(
    request: Request, response: Response, integration_id: str, caller: Caller, body: IntegrationEdit,
    if_match: IfMatch = None,
) -> IntegrationShown:  # fmt: skip
    """Change what is given."""
    fields: Any = {k: v for k, v in body.model_dump(exclude_unset=True).items() if v is not None}
    changed = run(request, lambda w: commands.edit_integration(w, integration_id, expected(if_match), **fields), caller)
    tag(response, changed.version)
    return shown(site_of(request), changed)


@router.delete("/{integration_id}", status_code=204)
def delete_integration(request: Request, integration_id: str, caller: Caller, if_match: IfMatch = None) -> None:
    """Close this door for good."""
    run(request, lambda w: commands.delete_integration(w, integration_id, expected(if_match)), caller)


@router.post("/{integration_id}:rotate")
def rotate(
    request: Request, response: Response, integration_id: str, caller: Caller, body: NewKey | None = None,
    if_match: IfMatch = None,
) -> IntegrationMade:  # fmt: skip
    """Replace the key; the old one is refused from now on."""
    site = site_of(request)
    key = body.key if body else None

    def change(w: Work) -> IntegrationMade:
        made = commands.rotate_key(w, integration_id, site.keyring, key=key, expected=expected(if_match))
        return _made(site, response, w, made.id, made.key)

    return run(request, change, caller)


@router.post("/{integration_id}:disable")
def disable(request: Request, integration_id: str, caller: Caller) -> IntegrationShown:
    """Refuse this integration's signals until it is enabled again."""

    def change(w: Work) -> Integration:
        commands.disable_integration(w, integration_id)
        return queries.integration(w, integration_id)

    return shown(site_of(request), run(request, change, caller))


@router.post("/{integration_id}:enable")
def enable(request: Request, integration_id: str, caller: Caller) -> IntegrationShown:
    """Accept signals again."""

    def change(w: Work) -> Integration:
        commands.enable_integration(w, integration_id)
        return queries.integration(w, integration_id)

    return shown(site_of(request), run(request, change, caller))


@router.post("/{integration_id}:detach")
def detach(request: Request, integration_id: str, caller: Caller) -> IntegrationShown:
    """Take the integration out of a configuration file's hands."""
    changed = run(request, lambda w: commands.edit_integration(w, integration_id, managed_by=None), caller)
    return shown(site_of(request), changed)


@router.post("/{integration_id}:test")
def test(request: Request, integration_id: str, caller: Caller) -> TestHeard:
    """Send a test alert through the real door, in the sender's own format. Whoever is on call is paged."""
    site = site_of(request)

    def look(r: Read) -> Sequence[Snippet]:
        found = queries.integration(r, integration_id)
        key = queries.plain_key(r, integration_id, site.keyring)
        source = site.sources.get(found.source)
        return source.snippets(door(site, found.source), key) if source else []

    heard = sample_signals.send(site.inbound, read(request, look, caller))
    return TestHeard(status=heard.status, accepted=heard.accepted, body=heard.body)


@router.get("/{integration_id}/snippets")
def snippets(request: Request, integration_id: str, caller: Caller) -> list[SnippetShown]:
    """Set-up texts with the real address and key, for those who may edit the service."""
    site = site_of(request)

    def look(r: Read) -> list[SnippetShown]:
        found = queries.integration(r, integration_id)
        key = queries.plain_key(r, integration_id, site.keyring)
        source = site.sources.get(found.source)
        texts = source.snippets(door(site, found.source), key) if source else []
        return [SnippetShown(title=s.title, language=s.language, text=s.text) for s in texts]

    return read(request, look, caller)


def sent(site: Site, ingested: Ingested) -> SignalSent:
    """What became of one signal."""
    alert = ingested.alert
    return SignalSent(
        became=ingested.became, dedup_key=ingested.dedup_key, alert_id=alert.id if alert else None,
        alert_url=f"{site.base_url}/alerts/{alert.id}" if alert else None,
    )  # fmt: skip


def _made(site: Site, response: Response, w: Work, integration_id: str, key: str) -> IntegrationMade:
    found = queries.integration(w, integration_id)
    tag(response, found.version)
    return IntegrationMade(**shown(site, found, key).model_dump(), key=key)
