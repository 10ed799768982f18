"""One incident: looked up, and drawn whole or in the parts that a live page asks for anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response

from firebell.domain.alerts import queries as alerts
from firebell.domain.comms import queries as comms
from firebell.domain.incidents import queries, response_time, rules, severity, verification
from firebell.domain.incidents.milestones import breaches
from firebell.domain.incidents.model import Incident, Phase
from firebell.domain.incidents.outcome import Asking
from firebell.domain.oncall import queries as oncall
from firebell.domain.people import queries as people
from firebell.domain.people.model import User
from firebell.domain.services import queries as services
from firebell.entrypoints import state_lines
from firebell.entrypoints.web import (
    alert_rows,
    incident_brief,
    incident_burn,
    incident_learning,
    incident_runbooks,
    incident_said,
    incident_words,
    timeline_entries,
)
from firebell.entrypoints.web.alert_rows import AlertRow
from firebell.entrypoints.web.drafts import Choices, Draft
from firebell.entrypoints.web.incident_view import Around, IncidentPage, Other, Promise
from firebell.entrypoints.web.names import look_up
from firebell.entrypoints.web.session import Browser, Here
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant, plus
from firebell.kernel.work import Read
from firebell.workflows import incident_state

router = APIRouter()
TEMPLATE = "incidents/incident.html"
ALERTS_SHOWN = 20
LOOKING_ON = frozenset({"set_severity", "request_info", "object", "note"})
"""What somebody may ask who may only look; of the severity only that it be raised."""
TIMELINE_SHOWN = 100


@router.get("/incidents/{incident_id}")
def show(here: Here, incident_id: str) -> Response:
    """By id, number or reference; the page's own address is the id's."""
    if not incident_id.startswith("inc_"):
        return here.go(f"/incidents/{here.read(lambda read: queries.incident(read, incident_id)).id}")
    return page(here, incident_id)


@router.get("/incidents/{incident_id}/state.txt")
def state(here: Here, incident_id: str) -> Response:
    """All that command needs, as plain text: what is also kept on disk."""
    text = here.read(
        lambda read: incident_state.state(read, queries.incident(read, incident_id), state_lines.said).text
    )
    return PlainTextResponse(text, headers={"Cache-Control": "no-store"})


def _recent(here: Browser, read: Read, i: Incident) -> object:
    return list(reversed(timeline_entries.told(read, i, queries.timeline(read, i.id, limit=TIMELINE_SHOWN), here.zone)))


MORE: Mapping[str, Callable[[Browser, Read, Incident], object]] = {
    "timeline": _recent, "updates": incident_said.panel, "runbooks": incident_runbooks.of_incident,
    "learning": incident_learning.of_incident, "burn": incident_burn.of_incident,
}  # fmt: skip
"""What other parts of the page look up for themselves, by the block that draws it (``view.around.more[block]``)."""
_ALSO_IN: Mapping[str, Sequence[str]] = {"updates": ("top",), "learning": ("top",), "burn": ("side",)}
"""The top says which update waits for its release, and whose turn the postmortem is; severity knows of the burn."""


def page(here: Browser, incident_id: str, refused: str = "", draft: Draft | None = None, status: int = 200) -> Response:
    """The page; after a refusal with the form ``refused`` (``verb:key``) as it was sent."""
    drafts = {refused: draft} if draft is not None else {}
    part = here.request.query_params.get("fragment", "")
    view = here.read(lambda read: look(here, read, queries.incident(read, incident_id), part, drafts, refused))
    return here.page(TEMPLATE, view, title=f"{view.i.reference} {view.i.title}", nav="incidents", status=status)


def look(
    here: Browser, read: Read, i: Incident, part: str = "", drafts: Mapping[str, Draft] | None = None, refused: str = ""
) -> IncidentPage:
    """``part``: the block that alone will be drawn (empty: all); the others' are not looked up."""
    asking = queries.asking(read, i)
    me = here.me.id
    responds = here.may(Permission.INCIDENTS_RESPOND, i.team_id) or me in _at_work(i)
    legal = frozenset(rules.legal(i, asking))

    def drawn(*parts: str) -> bool:
        return part in ("", *parts)

    found = people.users(read) if drawn("work", "side") else []
    shown = _alerts(here, read, i) if drawn("work", "side") else []
    names = look_up(read, _ids(i))
    more = {name: make(here, read, i) for name, make in MORE.items() if drawn(name, *_ALSO_IN.get(name, ()))}
    around = Around(
        scale=asking.scale,
        roles=asking.roles,
        legal=legal if responds else legal & _looking_on(i),
        names=names,
        people=_people(i, found),
        alerts=shown,
        others=_others(read, i) if drawn("top", "side") else (),
        promises=_promises(read, i),
        missing=_missing(i, asking, shown),
        stable_at=_stable_at(i, asking),
        answer_by=awaited[0] if (awaited := response_time.target(i, asking.scale)) else None,
        breaches={b.later: f"{_milestone(b.later)} is said to be before {_milestone(b.earlier)}." for b in breaches(i)},
        brief=incident_brief.parts(read, i, asking, names, here.zone) if _offered_to(i, me) and drawn("work") else (),
        call=_callable(here, read, found) if responds and drawn("side") else (),
        minutes=[(s or "", seconds) for s, seconds in severity.seconds_in_each(i, read.now).items()],
        services=_services(read, i) if drawn("work") else (),
        offered=_offered(here, read) if responds and drawn("work") else {},
        more=more,
    )
    return IncidentPage(
        i=i, me=me, now=read.now, responds=responds, around=around, drafts=drafts or {}, refused=refused
    )


def _people(i: Incident, found: Iterable[User]) -> Choices:
    """Whom something can be given to: those engaged first."""
    here = frozenset(i.engaged_ids)
    active = [(str(u.id), u.display_name or u.name) for u in found if u.active]
    return sorted(active, key=lambda one: one[0] not in here)


def _at_work(i: Incident) -> set[str]:
    return {e.user_id for e in i.engagements if e.until_at is None and e.role != "observer"}


def _looking_on(i: Incident) -> frozenset[str]:
    return LOOKING_ON if i.severity != "SEV1" else LOOKING_ON - {"set_severity"}


def _offered_to(i: Incident, user_id: str) -> bool:
    return any(one.to_id == user_id and one.state == "open" for one in i.offers)


def _milestone(name: str) -> str:
    return f"“{incident_words.MILESTONES[name]}”"


def _missing(i: Incident, asking: Asking, shown: Sequence[AlertRow]) -> list[str]:
    """What is still to be verified, a sentence each."""
    if i.phase is not Phase.MITIGATED:
        return []
    titles = {row.id: row.title for row in shown}
    said = []
    for part in verification.remaining(i, asking).parts:
        alert_id = part.what.removeprefix("alert ")
        open_still = f"“{titles.get(alert_id, 'A linked alert')}” is still open"
        words = open_still if part.what.startswith("alert ") else part.words
        said.append(words[:1].upper() + words[1:])
    return said


def _stable_at(i: Incident, asking: Asking) -> Instant | None:
    if i.phase is not Phase.MITIGATED or i.stable_since is None:
        return None
    return plus(i.stable_since, verification.window_s(i, asking))


def _promises(read: Read, i: Incident) -> list[Promise]:
    """What is due to whom next, for as long as its clocks run."""
    if not i.active:
        return []
    clocks = comms.clocks(read, i.id, team=i.team_id)
    return [Promise(str(audience), clock.due_at) for audience, clock in clocks.items() if clock.due_at is not None]


def _alerts(here: Browser, read: Read, i: Incident) -> list[AlertRow]:
    newest = [one.alert_id for one in reversed(i.alerts)][:ALERTS_SHOWN]
    if not newest or not here.may(Permission.ALERTS_VIEW):
        return []
    found = alerts.by_ids(read, newest)
    return alert_rows.rows(read, [found[one] for one in newest if one in found], here.zone)


def _others(read: Read, i: Incident) -> list[Other]:
    found = {one.id: one for one in queries.related(read, i)}
    if i.duplicate_of and (of := queries.find(read, i.duplicate_of)) and queries.visible(read.actor, of):
        found[of.id] = of
    return [Other(one.id, one.reference, one.title) for one in found.values()]


def _services(read: Read, i: Incident) -> Choices:
    names = look_up(read, i.service_ids)
    return [(one, names.of(one)) for one in i.service_ids]


def _offered(here: Browser, read: Read) -> dict[str, Choices]:
    may = here.may(Permission.SERVICES_VIEW)
    return {
        "services": [(s.id, s.display_name) for s in services.services(read)] if may else [],
        "teams": [(t.id, t.display_name or t.name) for t in people.teams(read)],
    }


def _callable(here: Browser, read: Read, found: Iterable[User]) -> Choices:
    """Whom one may page: whoever is on call in a schedule, a team, a person."""
    may = here.may
    schedules = [(f"schedule:{s.id}", f"On call: {s.name}") for s in oncall.schedules(read)] if may(
        Permission.SCHEDULES_VIEW) else []  # fmt: skip
    teams = [(f"team:{t.id}", f"Team {t.display_name or t.name}") for t in people.teams(read)]
    return [*schedules, *teams, *((f"user:{u.id}", u.display_name or u.name) for u in found if u.active)]


def _ids(i: Incident) -> set[str | None]:
    """Everybody the incident names."""
    found: set[str | None] = {i.declared_by, i.eta_by, i.postmortem_owner_id, *i.member_ids}
    found |= {e.user_id for e in i.engagements}
    found |= {x for o in i.offers for x in (o.giver_id, o.to_id)}
    found |= {x for o in i.overrides for x in (o.user_id, o.by)}
    found |= {x for t in i.tasks for x in (t.assignee_id, t.by)}
    found |= {x for d in i.decisions for x in (d.by, d.executor_id, d.decided_by, *(o.by for o in d.objections))}
    found |= {x for h in i.hypotheses for x in (h.by, h.eliminated_by)}
    found |= {s.by for s in i.size_ups} | {c.ticked_by for c in i.criteria} | {m.by for m in i.milestones}
    found |= {r.by for r in i.requests} | {s.by for s in i.skipped}
    return found | ({i.check.asked_by} if i.check else set())
