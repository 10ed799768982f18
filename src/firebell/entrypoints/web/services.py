"""Services: the list, one service with everything that hangs on it, and the form that makes and edits one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.alerts import queries as alerts
from firebell.domain.escalation import queries as escalation
from firebell.domain.people import queries as people
from firebell.domain.services import commands, queries
from firebell.domain.services.model import SEVERITIES, Service, ServiceFields
from firebell.entrypoints.web import alert_rows, choices, paged_now, sentences, slo_rows
from firebell.entrypoints.web.alert_rows import AlertRow
from firebell.entrypoints.web.drafts import Choices, Draft, refused, whole_number
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.moments import Moment, moment
from firebell.entrypoints.web.names import look_up
from firebell.entrypoints.web.paged_now import Person, Rung
from firebell.entrypoints.web.sentences import Line
from firebell.entrypoints.web.session import Form, FormLists, Here
from firebell.entrypoints.web.slo_rows import SloRow
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Refused
from firebell.kernel.work import Read, Work
from firebell.workflows import slo_written

router = APIRouter()
_EDIT = Permission.SERVICES_EDIT
URGENCIES: Choices = (
    ("by_severity", "By severity: SEV1 and SEV2 wake people"),
    ("high", "Always high: every alert wakes people"),
    ("low", "Always low: nobody is woken"),
)


@dataclass(frozen=True, slots=True)
class ServiceRow:
    id: str
    name: str
    team: str
    policy: str
    policy_id: str
    open: int
    integrations: int
    last_signal: Moment | None


@dataclass(frozen=True, slots=True)
class ServicesPage:
    rows: Sequence[ServiceRow]
    deleted: Sequence[tuple[str, str]]
    q: str
    may_edit: bool


@dataclass(frozen=True, slots=True)
class Door:
    """An integration as the page of its service shows it."""

    id: str
    name: str
    source: str
    state: str
    last_signal: Moment | None
    signals: int


@dataclass(frozen=True, slots=True)
class ServicePage:
    service: Service
    team: tuple[str, str]
    policy: tuple[str, str]
    depends_on: Sequence[tuple[str, str]]
    dependents: Sequence[tuple[str, str]]
    open: Sequence[AlertRow]
    doors: Sequence[Door]
    rungs: Sequence[Rung]
    fallback: Sequence[Person]
    slos: Sequence[SloRow]
    gate: tuple[tuple[str, str, str], str] | None
    timeline: Sequence[Line]
    may_edit: bool
    may_act: bool


@dataclass(frozen=True, slots=True)
class ServiceForm:
    """``service`` is ``None`` for a new one. ``others`` can be depended on; ``chosen`` are."""

    service: Service | None
    draft: Draft
    teams: Choices
    policies: Choices
    others: Sequence[Service]
    chosen: Sequence[str]
    severities: Choices
    urgencies: Choices


@router.get("/services")
def show_list(here: Here, q: str = "") -> Response:
    def look(read: Read) -> ServicesPage:
        found = [s for s in queries.services(read) if q.lower() in f"{s.name} {s.display_name}".lower()]
        names = look_up(read, [s.team_id for s in found] + [s.policy_id for s in found])
        load = alerts.load(read, [s.id for s in found])
        doors = queries.integrations(read)
        rows = []
        for s in found:
            mine = [d for d in doors if d.service_id == s.id]
            last = max((d.last_signal_at for d in mine if d.last_signal_at), default=None)
            rows.append(
                ServiceRow(
                    s.id, s.display_name, names.of(s.team_id), names.of(s.policy_id), s.policy_id or "",
                    load.get(s.id, 0), len(mine), moment(last, read.now, here.zone),
                )
            )  # fmt: skip
        gone = queries.services(read, deleted=True) if here.may(_EDIT) else []
        return ServicesPage(rows, [(s.id, s.display_name) for s in gone], q, may_make(here))

    return here.page("services/list.html", here.read(look), title="Services", nav="services", block="list")


def may_make(here: Here) -> bool:
    """Whether this person may make services somewhere."""
    return here.may(_EDIT) or any(_EDIT in granted for granted in here.actor.teams.values())


@router.get("/services/new")
def new(here: Here) -> Response:
    draft = Draft({"default_severity": "SEV3", "urgency": "by_severity"})
    return _form(here, None, draft, [])


@router.post("/services/new")
def create(here: Here, form: Form, lists: FormLists) -> Response:
    try:
        made = here.run(lambda work: commands.create_service(work, **_fields(work, form, lists)))
    except Refused as error:
        return _form(here, None, refused(form, error), lists.get("depends_on", []))
    return here.go(f"/services/{made}", Flash("The service is there. Add an integration so that alerts can come in."))


@router.get("/services/{service_id}")
def show(here: Here, service_id: str) -> Response:
    view = here.read(lambda read: _page(here, read, service_id))
    return here.page("services/service.html", view, title=view.service.display_name, nav="services", block="service")


def _page(here: Here, read: Read, service_id: str) -> ServicePage:
    service = queries.service(read, service_id)
    names = look_up(read, [service.team_id, service.policy_id])
    all_services = queries.services(read)
    by_name = {s.name: s for s in all_services}
    rungs: list[Rung] = []
    fallback: list[Person] = []
    if service.policy_id and here.may(Permission.POLICIES_VIEW, service.team_id):
        ladder = escalation.policy(read, service.policy_id).climb
        rungs, fallback = paged_now.rungs(read, ladder), paged_now.told(read, ladder.fallback)[0]
    sees_slos = here.may(Permission.SLOS_VIEW, service.team_id)
    needed = [by_name[n] for n in service.depends_on if n in by_name]
    needing = [s for s in all_services if service.name in s.depends_on]
    return ServicePage(
        service=service,
        team=(names.of(service.team_id), f"/teams/{service.team_id}") if service.team_id else ("", ""),
        policy=(names.of(service.policy_id), f"/policies/{service.policy_id}") if service.policy_id else ("", ""),
        depends_on=[(s.display_name, f"/services/{s.id}") for s in needed],
        dependents=[(s.display_name, f"/services/{s.id}") for s in needing],
        open=alert_rows.rows(read, alerts.alert_list(read, service_id=service_id, limit=20), here.zone)
        if here.may(Permission.ALERTS_VIEW)
        else [],
        doors=[
            Door(
                d.id, d.name, here.site.sources[d.source].name if d.source in here.site.sources else d.source,
                "off" if d.disabled_at else "active" if d.last_signal_at else "pending",
                moment(d.last_signal_at, read.now, here.zone), d.signal_count,
            )
            for d in queries.integrations(read, service_id)
        ],
        rungs=rungs,
        fallback=fallback,
        slos=slo_rows.of_service(read, service_id, here.zone) if sees_slos else (),
        gate=slo_rows.gate(read, service) if sees_slos else None,
        timeline=list(reversed(sentences.lines(read, read.history(service_id, limit=20), here.zone))),
        may_edit=here.may(_EDIT, service.team_id),
        may_act=here.may(Permission.ALERTS_ACKNOWLEDGE, service.team_id),
    )  # fmt: skip


@router.get("/services/{service_id}/edit")
def edit(here: Here, service_id: str) -> Response:
    service = here.read(lambda read: queries.service(read, service_id))
    values = {
        "name": service.name, "display_name": service.display_name, "description": service.description,
        "team_id": service.team_id or "", "policy_id": service.policy_id or "", "urgency": str(service.urgency),
        "default_severity": service.default_severity, "version": str(service.version),
    }  # fmt: skip
    return _form(here, service, Draft(values), service.depends_on)


@router.post("/services/{service_id}/edit")
def save(here: Here, service_id: str, form: Form, lists: FormLists) -> Response:
    service = here.read(lambda read: queries.service(read, service_id))
    try:
        expected = whole_number(form, "version")

        def edit(work: Work) -> None:
            commands.edit_service(work, service_id, expected, **_fields(work, form, lists))
            slo_written.follow(work, service_id)

        here.run(edit)
    except Refused as error:
        return _form(here, service, refused(form, error), lists.get("depends_on", []))
    return here.go(f"/services/{service_id}", Flash("Saved."))


@router.post("/services/{service_id}/delete")
def delete(here: Here, service_id: str) -> Response:
    here.run(lambda work: commands.delete_service(work, service_id))
    return here.go("/services", Flash("The service is deleted and its senders are refused. It can be restored below."))


@router.post("/services/{service_id}/restore")
def restore(here: Here, service_id: str) -> Response:
    here.run(lambda work: commands.restore_service(work, service_id))
    return here.go(f"/services/{service_id}", Flash("The service is back, with its integrations."))


def _fields(read: Read, form: Mapping[str, str], lists: Mapping[str, list[str]]) -> ServiceFields:
    name = form.get("name", "").strip()
    return {
        "name": name,
        "display_name": form.get("display_name", "").strip() or name,
        "description": form.get("description", ""),
        "team_id": choices.team(read, form.get("team_id", "")),
        "policy_id": choices.policy(read, form.get("policy_id", "")),
        "default_severity": form.get("default_severity", "SEV3"),
        "urgency": form.get("urgency", "by_severity"),
        "depends_on": tuple(lists.get("depends_on", ())),
    }


def _form(here: Here, service: Service | None, draft: Draft, chosen: Sequence[str]) -> Response:
    def look(read: Read) -> ServiceForm:
        return ServiceForm(
            service, draft,
            [(t.id, t.display_name) for t in people.teams(read)] if here.may(Permission.PEOPLE_VIEW) else [],
            [(p.id, p.display_name) for p in escalation.policies(read)],
            [s for s in queries.services(read) if service is None or s.id != service.id],
            chosen, [(s, s) for s in SEVERITIES], URGENCIES,
        )  # fmt: skip

    title = f"Edit {service.display_name}" if service else "New service"
    return here.page("services/form.html", here.read(look), title=title, nav="services", status=draft.status)
