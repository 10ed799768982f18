"""Set-up, fourth and fifth step: the first integration with its real key, and a page that really arrives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.alerts import queries as alerts
from firebell.domain.alerts.model import Alert, AlertKind, AlertState
from firebell.domain.services import queries as services
from firebell.domain.services.model import Integration
from firebell.entrypoints.web import ledger
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.ledger import Told
from firebell.entrypoints.web.session import Browser, Form, Here
from firebell.entrypoints.web.setup import Step, progress
from firebell.integrations.sources.contract import Snippet, Source
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Invalid, Refused
from firebell.kernel.work import Read
from firebell.workflows import first_service, page_tried

router = APIRouter(prefix="/setup")


@dataclass(frozen=True, slots=True)
class IntegrationPage:
    """A form, or with ``integration`` its snippets (real address, real key) and whether anything has come in."""

    steps: Sequence[Step]
    sources: Sequence[Source]
    values: Mapping[str, str]
    integration: Integration | None
    source: Source | None
    snippets: Sequence[Snippet]
    received_at: Instant | None
    alert: Alert | None
    error: str = ""
    hint: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class TestPage:
    """``alert`` is the latest test page; ``told`` its ledger, provider replies included."""

    __test__ = False
    steps: Sequence[Step]
    alert: Alert | None
    told: Sequence[Told]
    answered: bool


@router.get("/integration")
def show_integration(here: Here) -> Response:
    view = _integration(here, {})
    return here.page("setup/integration.html", view, title="First integration", block="first_event")


def _integration(here: Browser, form: Mapping[str, str], error: Refused | None = None) -> IntegrationPage:
    def look(read: Read) -> IntegrationPage:
        read.needs(Permission.SERVICES_EDIT)
        found = services.integrations(read)
        integration = found[0] if found else None
        source = here.site.sources.get(integration.source) if integration else None
        snippets: list[Snippet] = []
        received_at = alert = None
        if integration is not None and source is not None:
            key = services.plain_key(read, integration.id, here.site.keyring)
            snippets = source.snippets(f"{here.site.base_url}/in/{source.slug}", key)
            received_at = alerts.last_received(read, integration.id)
            latest = alerts.alert_list(read, states=[*AlertState], service_id=integration.service_id, limit=20)
            alert = next((a for a in latest if a.kind != AlertKind.TEST), None)
        values = {"service": "checkout", "source": "generic", "team": "platform"} | dict(form)
        return IntegrationPage(
            progress(here, read).steps(), list(here.site.sources.values()), values, integration, source, snippets,
            received_at, alert, error.message if error else "", (error.hint or "") if error else "",
            (error.field or "") if error else "",
        )  # fmt: skip

    return here.read(look)


@router.post("/integration")
def make_integration(here: Here, form: Form) -> Response:
    """Team, schedule with the administrator on call, policy, service and integration, at once or not at all."""
    try:
        if form.get("source") not in here.site.sources:
            raise Invalid("Choose what sends the alerts.", field="source")
        name = form.get("service", "").strip()
        slug = "-".join(name.lower().split())
        here.run(
            lambda work: first_service.make(
                work, name=slug, display_name=name, source=form["source"], team=form.get("team", "").strip().lower(),
                user_id=here.me.id, zone=here.me.time_zone, keyring=here.site.keyring,
            )
        )  # fmt: skip
    except Refused as error:
        view = _integration(here, form, error)
        return here.page("setup/integration.html", view, title="First integration", status=error.status)
    return here.go("/setup/integration", Flash("Made. You are on call for it from now on."))


@router.get("/test")
def show_test(here: Here) -> Response:
    return here.page("setup/test.html", here.read(lambda read: _test(here, read)), title="Test page", block="test")


def _test(here: Browser, read: Read) -> TestPage:
    latest = alerts.alert_list(read, states=[*AlertState], limit=200)
    alert = next((a for a in latest if a.kind == AlertKind.TEST), None)
    told = ledger.told(read, alert.id, here.zone) if alert else []
    return TestPage(progress(here, read).steps(), alert, told, alert is not None and alert.state != AlertState.OPEN)


@router.post("/test")
def send_test(here: Here) -> Response:
    here.run(lambda work: page_tried.page_myself(work, here.me.id))
    return here.go("/setup/test")
