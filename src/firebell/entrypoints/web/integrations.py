"""Integrations: choosing a sender, the set-up page with its real URL and key, and what has come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.alerts import queries as alerts
from firebell.domain.alerts.queries import SignalSeen
from firebell.domain.services import commands, queries
from firebell.domain.services.model import Integration, Service
from firebell.entrypoints.web import proving, sample_signals, sentences
from firebell.entrypoints.web.drafts import Draft, refused, whole_number, words
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.moments import Moment, moment
from firebell.entrypoints.web.sentences import Line
from firebell.entrypoints.web.session import Form, Here
from firebell.integrations.sources.contract import Snippet, Source
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Conflict, Refused
from firebell.kernel.work import Read

router = APIRouter()
_EDIT = Permission.SERVICES_EDIT
SIGNALS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class SourceCard:
    slug: str
    name: str
    blurb: str


@dataclass(frozen=True, slots=True)
class NewIntegrationPage:
    service: Service
    sources: Sequence[SourceCard]
    draft: Draft


@dataclass(frozen=True, slots=True)
class SignalRow:
    """``became``: what it did, in words, with the alert's link where there is one."""

    id: str
    at: Moment | None
    method: str
    size: int
    became: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class IntegrationPage:
    """``key`` is masked for those who may not edit the service, and so are the snippets."""

    integration: Integration
    service: Service
    source: str
    blurb: str
    url: str
    key: str
    key_shown: bool
    snippets: Sequence[Snippet]
    last: Moment | None
    signals: Sequence[SignalRow]
    timeline: Sequence[Line]
    draft: Draft
    default_timeout: str
    may_edit: bool
    may_send: bool


@router.get("/services/{service_id}/integrations/new")
def choose(here: Here, service_id: str, source: str = "") -> Response:
    return _new(here, service_id, Draft({"source": source, "name": source}))


@router.post("/services/{service_id}/integrations/new")
def create(here: Here, service_id: str, form: Form) -> Response:
    source = form.get("source", "")
    try:
        if source not in here.site.sources:
            raise Conflict("Choose what will send the alerts.", field="source")
        made = here.run(
            lambda work: commands.create_integration(
                work, service_id, form.get("name", "").strip() or source, source, here.site.keyring
            )
        )
    except Refused as error:
        return _new(here, service_id, refused(form, error))
    return here.go(f"/integrations/{made.id}", Flash("Here is its URL and key. This page notices the first signal."))


def _new(here: Here, service_id: str, draft: Draft) -> Response:
    service = here.read(lambda read: queries.service(read, service_id))
    cards = [SourceCard(s.slug, s.name, s.blurb) for s in here.site.sources.values()]
    view = NewIntegrationPage(service, cards, draft)
    return here.page("integrations/new.html", view, title="Add an integration", nav="services", status=draft.status)


@router.get("/integrations/{integration_id}")
def show(here: Here, integration_id: str) -> Response:
    return _show(here, integration_id, None)


def _show(here: Here, integration_id: str, draft: Draft | None) -> Response:
    view = here.read(lambda read: _page(here, read, integration_id, draft))
    title = f"{view.integration.name}: {view.service.display_name}"
    return here.page(
        "integrations/integration.html", view, title=title, nav="services", block="heard",
        status=draft.status if draft else 200,
    )  # fmt: skip


def address(here: Here, source: str) -> str:
    """Where signals of this kind are sent."""
    return f"{here.site.base_url}/in/{source}"


def _page(here: Here, read: Read, integration_id: str, draft: Draft | None) -> IntegrationPage:
    door = queries.integration(read, integration_id)
    service = queries.service(read, door.service_id)
    source: Source | None = here.site.sources.get(door.source)
    may_edit = here.may(_EDIT, service.team_id)
    key = queries.plain_key(read, integration_id, here.site.keyring) if may_edit else "•" * 28 + door.key_hint
    url = address(here, door.source)
    may_look = here.may(Permission.SIGNALS_VIEW, service.team_id)
    seen = alerts.signal_list(read, integration_id=integration_id, limit=SIGNALS_SHOWN) if may_look else []
    settings = door.settings
    minutes = int(settings["resolve_timeout_s"]) // 60 if settings.get("resolve_timeout_s") else ""
    stands = Draft({
        "name": door.name, "ignore_labels": ", ".join(settings.get("ignore_labels", ())),
        "resolve_timeout_min": str(minutes), "version": str(door.version),
    })  # fmt: skip
    usual = source.resolve_timeout_s if source else None
    return IntegrationPage(
        integration=door, service=service, source=source.name if source else door.source,
        blurb=source.blurb if source else "", url=url, key=key, key_shown=may_edit,
        snippets=source.snippets(url, key) if source else [],
        last=moment(door.last_signal_at, read.now, here.zone), signals=[_row(one, read, here.zone) for one in seen],
        timeline=list(reversed(sentences.lines(read, read.history(integration_id, limit=10), here.zone))),
        draft=draft or stands, default_timeout=f"{usual // 60} min" if usual else "never",
        may_edit=may_edit, may_send=may_edit and door.disabled_at is None and source is not None,
    )  # fmt: skip


def _row(seen: SignalSeen, read: Read, zone: str) -> SignalRow:
    became = [(word.replace("_", " "), f"/alerts/{alert_id}" if alert_id else "") for word, alert_id in seen.outcomes]
    at = moment(seen.received_at, read.now, zone)
    return SignalRow(seen.id, at, seen.method, seen.size, became or [(seen.note or "nothing", "")])


@router.post("/integrations/{integration_id}/edit")
def save(here: Here, integration_id: str, form: Form) -> Response:
    def job_settings(before: Mapping[str, Any]) -> dict[str, Any]:
        settings = {k: v for k, v in before.items() if k not in ("ignore_labels", "resolve_timeout_s")}
        if ignored := words(form.get("ignore_labels", "")):
            settings["ignore_labels"] = ignored
        if minutes := whole_number(form, "resolve_timeout_min", otherwise=0):
            settings["resolve_timeout_s"] = minutes * 60
        return settings

    try:
        door = here.read(lambda read: queries.integration(read, integration_id))
        settings, expected = job_settings(door.settings), whole_number(form, "version")
        here.run(
            lambda work: commands.edit_integration(
                work, integration_id, expected, name=form.get("name", "").strip(), settings=settings
            )
        )
    except Refused as error:
        return _show(here, integration_id, refused(form, error))
    return here.go(f"/integrations/{integration_id}", Flash("Saved."))


@router.post("/integrations/{integration_id}/test")
def test(here: Here, integration_id: str) -> Response:
    view = here.read(lambda read: _page(here, read, integration_id, None))
    if not view.may_send:
        raise Conflict("No test signal can be sent here.", hint="Switch the integration on, or ask its owner.")
    heard = sample_signals.send(here.site.inbound, view.snippets)
    said = (
        Flash(f"The intake accepted it ({heard.status}). Its alert is below; resolve it when you have seen enough.")
        if heard.accepted
        else Flash(f"The intake answered {heard.status}: {heard.body}", "attention")
    )
    return here.go(f"/integrations/{integration_id}", said)


@router.post("/integrations/{integration_id}/rotate")
def rotate(here: Here, integration_id: str) -> Response:
    if away := proving.detour(here, f"/integrations/{integration_id}"):
        return away
    here.run(lambda work: commands.rotate_key(work, integration_id, here.site.keyring))
    said = Flash("A new key. The old one is refused from now on: change it at the sender.")
    return here.go(f"/integrations/{integration_id}", said)


@router.post("/integrations/{integration_id}/disable")
def disable(here: Here, integration_id: str) -> Response:
    here.run(lambda work: commands.disable_integration(work, integration_id))
    return here.go(f"/integrations/{integration_id}", Flash("Switched off: its signals are refused.", "note"))


@router.post("/integrations/{integration_id}/enable")
def enable(here: Here, integration_id: str) -> Response:
    here.run(lambda work: commands.enable_integration(work, integration_id))
    return here.go(f"/integrations/{integration_id}", Flash("Switched on."))


@router.post("/integrations/{integration_id}/delete")
def delete(here: Here, integration_id: str) -> Response:
    door = here.read(lambda read: queries.integration(read, integration_id))
    here.run(lambda work: commands.delete_integration(work, integration_id))
    return here.go(f"/services/{door.service_id}", Flash("The integration is deleted; its key is refused."))
