"""Declaring an incident: a title is enough. From an alert most of the form is filled in already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.alerts import queries as alerts
from firebell.domain.alerts.model import Alert
from firebell.domain.incidents import queries, scale
from firebell.domain.incidents.declaration import Declaration
from firebell.domain.incidents.model import CustomerImpact, Detection, Incident, Kind, Scale, Severity
from firebell.domain.people import queries as people
from firebell.domain.services import queries as services
from firebell.entrypoints.web import choices, incident_burn, incident_forms, incident_rows
from firebell.entrypoints.web import incident_words as words
from firebell.entrypoints.web.drafts import Choices, Draft, refused
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.incident_burn import Burn
from firebell.entrypoints.web.incident_rows import IncidentRow
from firebell.entrypoints.web.session import FormLists, Here
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Invalid, Refused
from firebell.kernel.work import Read, Work
from firebell.workflows import incident_declared

router = APIRouter()
KINDS: Choices = (
    (str(Kind.NORMAL), "A real incident"),
    (str(Kind.TEST), "A test: counts nowhere"),
    (str(Kind.DRILL), "A drill: calls only those who take part"),
    (str(Kind.BACKFILLED), "Over already, entered afterwards: calls nobody"),
)


@dataclass(frozen=True, slots=True)
class DeclarePage:
    """``suggested`` by the impact matrix and not yet confirmed. ``standing``: is it one of these already?

    ``ticked``: ids of the services chosen. ``joined``: the incident the alert belongs to already. ``burns``: objectives
    of those services that burn too fast now; ``at_least``: the severity that alone calls for.
    """

    draft: Draft
    scale: Scale
    suggested: str
    standing: Sequence[IncidentRow]
    joined: IncidentRow | None
    alert: Alert | None
    services: Choices
    ticked: Sequence[str]
    teams: Choices
    words: object
    kinds: Choices
    burns: Sequence[Burn]
    at_least: str


@router.get("/incidents/new")
def ask(here: Here, alert: str = "", title: str = "", service: str = "", at: str = "") -> Response:
    """The form. ``?alert=`` fills it in with what the alert says, ``?service=`` and ``?at=`` (an instant) too."""
    given = {"alert": alert, "title": title[:200], "service_ids": service, "event_at": _typed(at, here.zone)}

    def look(read: Read) -> DeclarePage:
        read.needs(Permission.INCIDENTS_DECLARE)
        found = alerts.by_ids(read, [alert]).get(alert) if alert else None
        about = _about(found) if found else {}
        return _page(here, read, Draft({**about, **{k: v for k, v in given.items() if v}}), found)

    return here.page("incidents/new.html", here.read(look), title="Declare an incident", nav="incidents")


@router.post("/incidents")
def declare(here: Here, form: FormLists) -> Response:
    """Declare it, or (``action=suggest``) say what the matrix suggests for the answers given."""
    values = incident_forms.values_of(form)
    try:
        if values.get("action") == "suggest":
            chosen = form.get("service_ids", ())
            burns = here.read(lambda read: incident_burn.burning(read, chosen))
            draft = Draft(values | {"severity": suggestion(values, incident_burn.strongest(burns))})
            return _again(here, draft, draft.of("severity"))
        made = here.run(lambda work: _declare(work, form, here.zone))
    except Refused as error:
        return _again(here, refused(values, error), status=error.status)
    named = f"{made.reference} is declared." if not made.private else f"Declared as “{made.codename}”."
    return here.go(f"/incidents/{made.id}", Flash(f"{named} Who commands?"))


def _declare(work: Work, form: Mapping[str, Sequence[str]], zone: str) -> Incident:
    values = incident_forms.values_of(form)
    typed = values.get("event_at", "").strip()
    alert_ids = [one for one in form.get("alert", ()) if one]
    new = Declaration(
        title=values.get("title", ""),
        severity=Severity(values["severity"]) if values.get("severity") in [*Severity] else None,
        kind=Kind(values["kind"]) if values.get("kind") in [*Kind] else Kind.NORMAL,
        detection=Detection(values["detection"]) if values.get("detection") in [*Detection] else Detection.PERSON,
        team_id=choices.team(work, values.get("team_id", "")),
        service_ids=tuple(_services(work, form.get("service_ids", ()))),
        summary=values.get("summary", ""),
        impact=values.get("impact", ""),
        customer_impact=_impact(values.get("customer_impact", "")),
        private=values.get("private") == "true",
        security=values.get("security") == "true",
        event_at=_when(typed, zone, work.now),
    )
    return incident_declared.declare(work, new, alert_ids=alert_ids)


def suggestion(values: Mapping[str, str], burning: scale.Burning = scale.Burning.NOT) -> str:
    """What the impact matrix and a burning budget suggest. Raises Invalid when a question is not answered."""
    reach, condition = values.get("reach", ""), values.get("condition", "")
    if reach not in [*scale.Reach]:
        raise Invalid("Say whom it hits.", field="reach")
    if condition not in [*scale.Condition]:
        raise Invalid("Say how badly.", field="condition")
    return str(scale.suggest(reach, condition, values.get("breach") == "true", burning))


def _again(here: Here, draft: Draft, suggested: str = "", status: int = 200) -> Response:
    alert_id = draft.of("alert")

    def look(read: Read) -> DeclarePage:
        found = alerts.by_ids(read, [alert_id]).get(alert_id) if alert_id else None
        return _page(here, read, draft, found, suggested)

    view = here.read(look)
    return here.page("incidents/new.html", view, title="Declare an incident", nav="incidents", status=status)


def _page(here: Here, read: Read, draft: Draft, alert: Alert | None, suggested: str = "") -> DeclarePage:
    joined = queries.of_alert(read, alert.id) if alert else None
    burns = incident_burn.burning(read, draft.of("service_ids").split(","))
    return DeclarePage(
        draft=draft, scale=queries.scale(read), suggested=suggested,
        standing=incident_rows.rows(read, queries.active(read)[:5], here.zone, here.me.id),
        joined=incident_rows.rows(read, [joined], here.zone)[0] if joined else None,
        alert=alert,
        services=[(s.id, s.display_name) for s in services.services(read)],
        ticked=draft.of("service_ids").split(","),
        teams=[(t.id, t.display_name or t.name) for t in people.teams(read)],
        words=words, kinds=KINDS, burns=burns, at_least=scale.at_least(incident_burn.strongest(burns)) or "",
    )  # fmt: skip


def _about(alert: Alert) -> dict[str, str]:
    return {
        "title": alert.summary, "severity": alert.severity, "service_ids": alert.service_id,
        "team_id": alert.team_id or "", "detection": str(Detection.ALERT), "alert": alert.id,
    }  # fmt: skip


def _services(read: Read, chosen: Sequence[str]) -> list[str]:
    known = services.display_names(read, [one for one in chosen if one])
    if set(chosen) - {""} - set(known):
        raise choices.gone("service_ids")
    return [one for one in chosen if one in known]


def _impact(typed: str) -> CustomerImpact:
    return CustomerImpact(typed) if typed in [*CustomerImpact] else CustomerImpact.UNKNOWN


def _typed(at: str, zone: str) -> str:
    """An instant as the form's input shows it; nothing when it is none."""
    try:
        there = Instant.parse_iso(at).to_tz(zone)
    except ValueError:
        return ""
    return f"{there.date()}T{there.hour:02}:{there.minute:02}"


def _when(typed: str, zone: str, now: Instant) -> Instant | None:
    return incident_forms.instant(typed, zone, now, "event_at") if typed else None
