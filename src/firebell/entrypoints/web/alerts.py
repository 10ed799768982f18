"""The list of alerts and one alert: its state, what happens next, who was told, and the buttons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import Response

from firebell.domain.alerts import queries
from firebell.domain.alerts.model import Alert, AlertKind, AlertState, Severity
from firebell.domain.alerts.rules import Answer, legal_verbs
from firebell.domain.escalation import queries as escalation
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.model import Incident
from firebell.domain.services import queries as services
from firebell.entrypoints.web import alert_rows, incident_rows, incident_runbooks, ledger, sentences
from firebell.entrypoints.web.alert_rows import AlertRow, Next
from firebell.entrypoints.web.flashes import Flash, Undo
from firebell.entrypoints.web.incident_rows import IncidentRow
from firebell.entrypoints.web.incident_runbooks import RunbooksPanel
from firebell.entrypoints.web.ledger import Told
from firebell.entrypoints.web.names import look_up
from firebell.entrypoints.web.sentences import Line
from firebell.entrypoints.web.session import Form, FormLists, Here
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Invalid
from firebell.kernel.work import Read, Work
from firebell.workflows import alert_resolved, alerts_seen, journal_read, own_alert, page_answered

router = APIRouter()
PER_PAGE = 50
VIEWS = {
    "open": (AlertState.OPEN,),
    "acknowledged": (AlertState.ACKNOWLEDGED,),
    "resolved": (AlertState.RESOLVED,),
    "all": tuple(AlertState),
}
COUNTED = ("open", "acknowledged")
VERBS = {
    "acknowledge": Permission.ALERTS_ACKNOWLEDGE, "unacknowledge": Permission.ALERTS_ACKNOWLEDGE,
    "escalate": Permission.ALERTS_ESCALATE, "resolve": Permission.ALERTS_RESOLVE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    href: str
    key: str
    count: int | None


@dataclass(frozen=True, slots=True)
class AlertsPage:
    """``older`` is the link to the next page, or empty. ``csv`` and ``json`` export this very selection."""

    rows: Sequence[AlertRow]
    tabs: Sequence[Tab]
    state: str
    q: str
    service: str
    severity: str
    services: Sequence[tuple[str, str]]
    older: str
    newest: str
    csv: str
    json: str
    here: str
    may_act: bool


@dataclass(frozen=True, slots=True)
class AlertPage:
    """``verbs``: the moves this person may make now; ``as_of``: the movement they saw, so two clicks escalate once.

    ``incident``: the one it belongs to, of those to be seen. ``runbooks``: none where none can help.
    """

    alert: Alert
    service: str
    service_href: str
    integration: str
    policy: tuple[str, str]
    state: str
    acked_by: str
    resolved_by: str
    verbs: Sequence[str]
    as_of: int | None
    next: Next
    told: Sequence[Told]
    mine: str
    timeline: Sequence[Line]
    may_see_signals: bool
    incident: IncidentRow | None
    may_declare: bool
    runbooks: RunbooksPanel | None


@router.get("/alerts")
def show_list(
    here: Here, state: str = "open", q: str = Query("", max_length=200), service: str = "", severity: str = "",
    before: str = "",
) -> Response:  # fmt: skip
    state = state if state in VIEWS else "open"
    chosen = {"q": q, "service": service, "severity": severity if severity in [*Severity] else ""}

    def address(path: str = "/alerts", **more: str) -> str:
        wanted = {k: v for k, v in {"state": state, **chosen, **more}.items() if v and (k, v) != ("state", "open")}
        return path + (f"?{urlencode(wanted)}" if wanted else "")

    def look(read: Read) -> AlertsPage:
        found = selection(read, state, chosen, before, PER_PAGE + 1)
        counts = queries.counts(read)
        shown = found[:PER_PAGE]
        return AlertsPage(
            rows=alert_rows.rows(read, shown, here.zone),
            tabs=[
                Tab(key.capitalize(), address(state=key), key, counts.get(key, 0) if key in COUNTED else None)
                for key in VIEWS
            ],
            state=state, q=q, service=service, severity=chosen["severity"],
            services=[(s.id, s.display_name) for s in services.services(read)],
            older=address(before=shown[-1].id) if len(found) > PER_PAGE else "", newest=address() if before else "",
            csv=address("/alerts.csv"), json=address("/alerts.json"), here=address(before=before),
            may_act=here.may(Permission.ALERTS_ACKNOWLEDGE),
        )  # fmt: skip

    return here.page("alerts/list.html", here.read(look), title="Alerts", nav="alerts", block="list")


def selection(read: Read, state: str, chosen: dict[str, str], before: str, limit: int) -> list[Alert]:
    """The alerts a list's address asks for."""
    return queries.alert_list(
        read, states=[str(s) for s in VIEWS.get(state, VIEWS["open"])], service_id=chosen["service"] or None,
        severity=chosen["severity"] or None, text=chosen["q"] or None, before_id=before or None, limit=limit,
    )  # fmt: skip


@router.post("/alerts/selected/{verb}")
def act_on_selected(here: Here, verb: str, form: FormLists) -> Response:
    """The same move on every ticked alert; what cannot move is left as it is and counted."""
    if verb not in ("acknowledge", "resolve"):
        raise Invalid("That cannot be done to several alerts.", field="verb")
    wanted = form.get("id", [])[:200]
    if not wanted:
        return here.back("/alerts", Flash("Tick at least one alert first.", "note"))
    done = here.run(lambda work: sum(_move(here, work, alert_id, verb) == Answer.DONE for alert_id in wanted))
    rest = len(wanted) - done
    words = f"{done} {'alert' if done == 1 else 'alerts'} {verb}d." + (f" {rest} were already." if rest else "")
    return here.back("/alerts", Flash(words))


@router.get("/alerts/{alert_id}")
def show(here: Here, alert_id: str) -> Response:
    view = here.read(lambda read: _alert_page(here, read, alert_id))
    return here.page("alerts/alert.html", view, title=view.alert.summary, nav="alerts", block="alert")


def _alert_page(here: Here, read: Read, alert_id: str) -> AlertPage:
    alerts_seen.check(read, alert_id)
    alert = queries.alert(read, alert_id)
    run = escalation.run(read, alert.run_id) if alert.run_id else None
    policy_id = run.policy_id if run else None
    names = look_up(read, {alert.service_id, alert.integration_id, alert.acknowledged_by, alert.resolved_by, policy_id})
    told = ledger.told(read, alert_id, here.zone) if here.may(Permission.PAGES_VIEW) else []
    incident = _incident(read, alert) if here.may(Permission.INCIDENTS_VIEW) else None
    mine = next((one.why for one in reversed(told) if one.user_id == here.me.id), "")
    return AlertPage(
        alert=alert,
        service=names.of(alert.service_id) or "Firebell itself",
        service_href=f"/services/{alert.service_id}" if alert.service_id else "",
        integration=names.of(alert.integration_id) if alert.integration_id != "firebell" else "Firebell itself",
        policy=(names.of(policy_id), f"/policies/{policy_id}") if policy_id else ("", ""),
        state=alert.state,
        acked_by=names.of(alert.acknowledged_by),
        resolved_by=names.of(alert.resolved_by),
        verbs=[v for v in legal_verbs(alert.state) if here.may(VERBS[v], alert.team_id)],
        as_of=run.movement if run else None,
        next=alert_rows.next_step(read, alert, here.zone),
        told=told,
        mine=mine,
        timeline=sentences.lines(read, journal_read.open_to(read, read.history(alert_id)), here.zone),
        may_see_signals=here.may(Permission.SIGNALS_VIEW, alert.team_id),
        incident=incident_rows.rows(read, [incident], here.zone, here.me.id)[0] if incident else None,
        may_declare=alert.unresolved
        and alert.kind != AlertKind.INCIDENT
        and here.may(Permission.INCIDENTS_DECLARE, alert.team_id),
        runbooks=_runbooks(here, read, alert),
    )


def _runbooks(here: Here, read: Read, alert: Alert) -> RunbooksPanel | None:
    """Those that fit it; once it is over, only what was run for it. Firebell's own calls need none."""
    if not here.may(Permission.RUNBOOKS_VIEW, alert.team_id) or alert.kind == AlertKind.INCIDENT:
        return None
    panel = incident_runbooks.of_alert(here, read, alert.id, alert.team_id)
    return panel if alert.unresolved or panel.runs else None


def _incident(read: Read, alert: Alert) -> Incident | None:
    """The incident an alert belongs to, or that calls by it; of those to be seen."""
    if alert.kind != AlertKind.INCIDENT:
        return incidents.of_alert(read, alert.id)
    found = incidents.find(read, alert.labels.get(own_alert.INCIDENT, ""))
    return found if found and incidents.visible(read.actor, found) else None


@router.post("/alerts/{alert_id}/{verb}")
def act(here: Here, alert_id: str, verb: str, form: Form) -> Response:
    """One move on one alert, then back to where the button was."""
    if verb not in VERBS:
        raise Invalid("There is no such move.", field="verb")
    as_of = int(form["as_of"]) if form.get("as_of", "").isdigit() else None
    outcome = here.run(lambda work: _move(here, work, alert_id, verb, as_of))
    return here.back(f"/alerts/{alert_id}", said(verb, outcome, alert_id))


def _move(here: Here, work: Work, alert_id: str, verb: str, as_of: int | None = None) -> str:
    me = here.me
    moves: dict[str, Callable[[], str]] = {
        "acknowledge": lambda: page_answered.acknowledge(
            work, alert_id, "button", user_id=me.id, name=me.display_name
        ).outcome,
        "unacknowledge": lambda: page_answered.unacknowledge(work, alert_id, f"{me.display_name} gave it back").outcome,
        "escalate": lambda: page_answered.escalate(work, alert_id, as_of, "by button").outcome,
        "resolve": lambda: alert_resolved.resolve(work, alert_id, "button")[0],
    }  # fmt: skip
    return moves[verb]()


def said(verb: str, outcome: str, alert_id: str) -> Flash:
    """The effect of a move in one sentence, with the way back where there is one."""
    if outcome == "done":
        return {
            "acknowledge": Flash(
                "It is yours. Escalation stopped. Next: nobody.", undo=Undo(f"/alerts/{alert_id}/unacknowledge")
            ),
            "unacknowledge": Flash("Open again. The first step is told now.", "note"),
            "escalate": Flash("Escalated. The next step is told now.", "note"),
            "resolve": Flash("Resolved. Nothing more is sent."),
        }[verb]
    words = {
        "already_acknowledged": "Somebody had it already. Nothing changed.",
        "already_resolved": "It is resolved already. Nothing changed.",
        "already_open": "It is open already. Nothing changed.",
        "already_moved": "Somebody escalated a moment before you. Nothing changed.",
        "ended": "Its escalation is over. Nothing changed.",
    }
    return Flash(words.get(outcome, "Nothing changed."), "note")
