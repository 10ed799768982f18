"""``/api/v1/incidents``: declare, look, and every verb that can be asked of an incident."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import ConfigDict, Field

from firebell.domain.incidents import queries, rules, severity, verbs
from firebell.domain.incidents.commands import Acted
from firebell.domain.incidents.declaration import Declaration
from firebell.domain.incidents.document import verb_of
from firebell.domain.incidents.model import CustomerImpact, Detection, Incident, Kind, Phase, Severity
from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import Body, IfMatch, Limit, Page, Shown, expected, iso, moment, tag
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.actor import Actor
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Invalid
from firebell.kernel.text import cut
from firebell.kernel.work import Read, Work
from firebell.workflows import incident_declared, incident_moves, incident_spoken_for

router = APIRouter(prefix="/incidents", tags=["incidents"], route_class=ApiRoute)

Reference = Annotated[str, Field(min_length=1, max_length=100, description="A name or an id.")]
Line = Annotated[str, Field(max_length=300)]
Text = Annotated[str, Field(max_length=10_000)]
Moment = Annotated[str, Field(max_length=40, examples=["2026-03-02T10:12:00Z"])]
AsPerson = Annotated[
    str | None,
    Query(alias="as", max_length=100, description="Whom a token speaks for: a person's name or id."),
]  # fmt: skip
Parts = list[dict[str, Any]]


class IncidentShown(Shown):
    """An incident. ``name`` is what it may be called aloud (the codename of a private one); ``counts_as`` the severity
    every rule goes by; ``legal`` the verbs the caller could ask for now. Parts are as ``GET …/{part}`` shows them."""

    id: str
    number: int
    reference: str
    kind: str
    title: str
    name: str
    phase: str
    severity: str | None
    counts_as: str
    peak: str | None
    team_id: str | None
    private: bool
    summary: str
    impact: str
    customer_impact: str
    eta: str
    cause: str
    command_post: str
    detection: str
    origin: str
    declared_at: str
    declared_by: str
    labels: dict[str, str]
    service_ids: list[str]
    component_ids: list[str]
    commander_id: str | None
    commandless_since: str | None
    roles: Parts
    milestones: Parts
    minutes_in_severity: dict[str, int]
    all_clear: str
    remedy: str | None
    duplicate_of: str | None
    related_ids: list[str]
    postmortem_owner_id: str | None
    closed_at: str | None
    legal: list[str]
    version: int
    html_url: str


class IncidentActed(Shown):
    """``made``: the id of the part that was made (a task, an offer). ``warnings``: allowed, and to be known."""

    changed: bool
    made: str
    warnings: list[str]
    incident: IncidentShown


class NewIncident(Body):
    """A title is enough; ``alert_ids`` say since when, for which services and team."""

    title: Line = ""
    severity: Severity | None = None
    kind: Kind = Kind.NORMAL
    detection: Detection = Detection.PERSON
    team: Reference | None = None
    services: list[Reference] = Field(default_factory=list, max_length=50)
    alert_ids: list[Annotated[str, Field(max_length=40)]] = Field(default_factory=list, max_length=200)
    labels: dict[Annotated[str, Field(max_length=100)], Annotated[str, Field(max_length=500)]] = Field(
        default_factory=dict, max_length=50
    )
    summary: Text = ""
    impact: Text = ""
    customer_impact: CustomerImpact = CustomerImpact.UNKNOWN
    private: bool = False
    security: bool = False
    detected_at: Moment | None = None


class SeverityChange(Body):
    to: Severity
    reason: Text = ""


class PhaseChange(Body):
    """``verb``: engage, decline, mark_duplicate, mitigate, resolve, start_postmortem, skip_postmortem,
    complete_postmortem or close; its fields stand beside it."""

    model_config = ConfigDict(extra="allow")
    verb: Annotated[str, Field(max_length=40)]


class Said(Body):
    """Any verb, with its fields beside it: ``{"verb": "assign_task", "assignee_id": "usr_…", "text": "…"}``."""

    model_config = ConfigDict(extra="allow")
    verb: Annotated[str, Field(max_length=40, examples=["take_command"])]


class MergeInto(Body):
    into: Reference


class Reopening(Body):
    reason: Text


PHASE_VERBS = frozenset(
    {"engage", "decline", "mark_duplicate", "mitigate", "resolve", "start_postmortem", "skip_postmortem",
     "complete_postmortem", "close", "reopen"}
)  # fmt: skip


def plain(part: object) -> Any:
    """Parts of an incident as JSON has them; instants as RFC 3339."""
    return msgspec.to_builtins(part, enc_hook=_out)


def _out(value: object) -> object:
    if isinstance(value, Instant):
        return value.format_iso()
    raise NotImplementedError(type(value).__name__)


def shown(request: Request, r: Read, one: Incident) -> IncidentShown:
    """An incident as the API shows it."""
    values = {name: getattr(one, name) for name in IncidentShown.model_fields if hasattr(one, name)}
    for name in ("declared_at", "commandless_since", "closed_at"):
        values[name] = iso(values[name])
    minutes = severity.minutes_in_each(one, r.now)
    hidden = queries.hidden_subjects(r)
    return IncidentShown(
        **values
        | {
            "roles": [plain(each) for each in one.engagements if each.until_at is None],
            "milestones": plain(one.milestones), "service_ids": list(one.service_ids),
            "component_ids": list(one.component_ids),
            "duplicate_of": None if one.duplicate_of in hidden else one.duplicate_of,
            "related_ids": [other for other in one.related_ids if other not in hidden],
            "minutes_in_severity": {str(name or "unset"): n for name, n in minutes.items()},
            "legal": list(rules.legal(one, queries.asking(r, one))),
            "html_url": f"{site_of(request).base_url}/incidents/{one.id}",
        }
    )  # fmt: skip


def acted(request: Request, response: Response, w: Work, done: Acted) -> IncidentActed:
    """What a verb did, as the API answers."""
    tag(response, done.incident.version)
    return IncidentActed(
        changed=done.changed, made=done.made, warnings=list(done.warnings), incident=shown(request, w, done.incident)
    )


def say(
    request: Request, response: Response, caller: Actor, incident: str, verb: verbs.Verb, *,
    as_person: str | None = None, if_match: str | None = None,
) -> IncidentActed:  # fmt: skip
    """Ask ``verb`` of an incident, as the API does everywhere."""

    def do(w: Work) -> IncidentActed:
        person = incident_spoken_for.person(w, references.user(w, as_person).id if as_person else None)
        done = incident_moves.act(w, incident, verb, person_id=person, expected=expected(if_match))
        return acted(request, response, w, done)

    return run(request, do, caller)


def part_of(request: Request, incident: str, caller: Actor, part: str) -> Any:
    """One part of an incident as JSON has it."""
    return read(request, lambda r: plain(getattr(queries.incident(r, incident), part)), caller)


def user_named(request: Request, reference: str | None, caller: Actor, field: str) -> str | None:
    """The id of the person that a body names."""
    return None if reference is None else read(request, lambda r: references.user_id(r, reference, field), caller)


@router.get("")
def list_incidents(
    request: Request, caller: Caller, limit: Limit = 50,
    cursor: Annotated[str | None, Query(max_length=9)] = None,
    phase: Annotated[list[Phase] | None, Query()] = None,
    severity_is: Annotated[Severity | None, Query(alias="severity")] = None,
    service: Annotated[str | None, Query(max_length=100)] = None,
    active: bool = False, q: Annotated[str | None, Query(max_length=200)] = None,
) -> Page[IncidentShown]:  # fmt: skip
    """Incidents, newest first. ``active``: only those in which people are at work."""

    def look(r: Read) -> Page[IncidentShown]:
        if cursor is not None and not (cursor.isascii() and cursor.isdigit()):
            raise Invalid("This is no cursor of this list.", field="cursor", hint="Send the `next` of the page before.")
        phases = [*phase] if phase else []
        if active:
            phases = [p for p in (Phase.TRIAGE, Phase.RESPONDING, Phase.MITIGATED) if not phases or p in phases]
        found = queries.incident_list(
            r, phases=phases, severity=severity_is, text=q, before=int(cursor) if cursor else None, limit=limit + 1,
            service_id=references.service(r, service).id if service else None,
        )  # fmt: skip
        more = len(found) > limit
        kept = found[:limit]
        return Page(
            items=[shown(request, r, one) for one in kept], next=str(kept[-1].number) if more and kept else None
        )

    return read(request, look, caller)


@router.post("", status_code=201)
def declare_incident(request: Request, response: Response, caller: Caller, body: NewIncident) -> IncidentShown:
    """Declare an incident. Everything but the title may be unknown."""

    def make(w: Work) -> IncidentShown:
        new = Declaration(
            title=body.title.strip(), severity=body.severity, kind=body.kind, detection=body.detection, origin="api",
            team_id=references.team_id(w, body.team), labels=body.labels,
            service_ids=tuple(references.service(w, name).id for name in body.services), summary=body.summary,
            impact=body.impact, customer_impact=body.customer_impact, private=body.private, security=body.security,
            event_at=moment(body.detected_at, "detected_at") if body.detected_at else None,
        )  # fmt: skip
        made = incident_declared.declare(
            w, new, alert_ids=body.alert_ids, person_id=incident_spoken_for.person(w, None)
        )
        tag(response, made.version)
        return shown(request, w, made)

    return run(request, make, caller)


@router.get("/{incident}")
def get_incident(request: Request, response: Response, incident: str, caller: Caller) -> IncidentShown:
    """One incident, by id, number or reference (``INC-12``)."""

    def look(r: Read) -> IncidentShown:
        one = queries.incident(r, incident)
        tag(response, one.version)
        return shown(request, r, one)

    return read(request, look, caller)


@router.post("/{incident}:act")
def act(
    request: Request, response: Response, incident: str, caller: Caller, body: Said, as_person: AsPerson = None,
    if_match: IfMatch = None,
) -> IncidentActed:  # fmt: skip
    """Any verb: what the page's buttons and chat ask for, too."""
    verb = verb_of(body.model_dump())
    return say(request, response, caller, incident, verb, as_person=as_person, if_match=if_match)


@router.post("/{incident}:phase")
def change_phase(
    request: Request, response: Response, incident: str, caller: Caller, body: PhaseChange, as_person: AsPerson = None,
    if_match: IfMatch = None,
) -> IncidentActed:  # fmt: skip
    """Move to another phase. Refused with the legal verbs when it cannot."""
    if body.verb not in PHASE_VERBS:
        raise Invalid(
            f"“{cut(body.verb, 40)}” changes no phase.", field="verb", hint=f"One of {', '.join(sorted(PHASE_VERBS))}."
        )
    verb = verb_of(body.model_dump())
    return say(request, response, caller, incident, verb, as_person=as_person, if_match=if_match)


@router.post("/{incident}:severity")
def change_severity(
    request: Request, response: Response, incident: str, caller: Caller, body: SeverityChange,
    as_person: AsPerson = None,
) -> IncidentActed:  # fmt: skip
    """Raise (anybody) or lower (the Incident Commander, with a reason)."""
    verb = verbs.SetSeverity(to=body.to, reason=body.reason)
    return say(request, response, caller, incident, verb, as_person=as_person)


@router.post("/{incident}:merge")
def merge(request: Request, response: Response, incident: str, caller: Caller, body: MergeInto) -> IncidentActed:
    """This one goes on within another."""
    return say(request, response, caller, incident, verbs.Merge(into=body.into))


@router.post("/{incident}:reopen")
def reopen(
    request: Request, response: Response, incident: str, caller: Caller, body: Reopening, as_person: AsPerson = None
) -> IncidentActed:
    """It is not over."""
    return say(request, response, caller, incident, verbs.Reopen(reason=body.reason), as_person=as_person)


@router.patch("/{incident}")
def edit(
    request: Request, response: Response, incident: str, caller: Caller, body: dict[str, Any],
    as_person: AsPerson = None, if_match: IfMatch = None,
) -> IncidentActed:  # fmt: skip
    """Change title, summary, impact, customer_impact, eta, cause, command_post, team_id, service_ids, component_ids."""
    verb = verb_of({**body, "verb": "edit"})
    return say(request, response, caller, incident, verb, as_person=as_person, if_match=if_match)
