"""A runbook is worked through for an alert or an incident; its calls go out with no transaction open."""

from __future__ import annotations

from collections.abc import Mapping

from firebell.domain.alerts import queries as alerts
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.model import DecisionState, Incident
from firebell.domain.people import queries as people
from firebell.domain.runbooks import commands, queries, rules
from firebell.domain.runbooks.model import DONE, Match, Parsed, Run, Runbook, StepKind, StepState, Subject
from firebell.domain.services import queries as services
from firebell.kernel.actor import Actor
from firebell.kernel.errors import Conflict, NotFound
from firebell.kernel.fetch import Fetch, FetchFailed
from firebell.kernel.work import Read, Runner, Work


def of_alert(read: Read, alert_id: str) -> Subject:
    """What a runbook is looked for: one alert."""
    alert = alerts.alert(read, alert_id)
    return Subject(
        title=alert.summary, severity=alert.severity, service_ids=(alert.service_id,) if alert.service_id else (),
        labels=alert.labels,
    )  # fmt: skip


def of_incident(read: Read, incident: Incident) -> Subject:
    """What a runbook is looked for: an incident, with the labels of its alerts where they agree."""
    return Subject(
        title=incident.title, severity=incident.counts_as.value, service_ids=incident.service_ids,
        labels=incident.labels,
    )  # fmt: skip


def matching_alert(read: Read, alert_id: str) -> list[Match]:
    """Runbooks for an alert, the best first."""
    return queries.matching(read, of_alert(read, alert_id))


def matching_incident(read: Read, incident_id: str) -> list[Match]:
    """Runbooks for an incident, the best first."""
    return queries.matching(read, of_incident(read, incidents.incident(read, incident_id)))


def start(
    work: Work, key: str, *, incident_id: str | None = None, alert_id: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> Run:  # fmt: skip
    """Start a runbook (by id or name) for an incident, an alert, or (a rehearsal) neither."""
    runbook = queries.runbook(work, key)
    team_id = None
    if incident_id is not None:
        incident = incidents.incident(work, incident_id)
        incident_id, team_id = incident.id, incident.team_id
        known = _variables(work, of_incident(work, incident))
    elif alert_id is not None:
        team_id = alerts.alert(work, alert_id).team_id
        known = _variables(work, of_alert(work, alert_id))
    else:
        known = {}
    return commands.start(
        work, runbook.id, variables={**known, **(variables or {})}, incident_id=incident_id, alert_id=alert_id,
        team_id=team_id,
    )  # fmt: skip


def _variables(read: Read, subject: Subject) -> dict[str, str]:
    """What a runbook's text may put in: ``service``, ``severity``, ``title`` and every label."""
    found = {name: value for name, value in subject.labels.items() if name not in ("service", "severity", "title")}
    found |= {"severity": subject.severity, "title": subject.title}
    for service_id in subject.service_ids[:1]:
        try:
            found["service"] = services.service(read, service_id).name
        except NotFound:
            continue
    return found


def tick(work: Work, run_id: str, step_id: str, state: StepState, note: str = "") -> Run:
    """One step is done. A dangerous one is refused until the incident's commander has adopted a decision."""
    run = visible(work, run_id)
    step = rules.known_step(run, step_id)
    if step.kind is StepKind.DANGEROUS and state is StepState.OK:
        _check_decided(work, run)
    return commands.end_step(work, run_id, step_id, state, note)


def _check_decided(read: Read, run: Run) -> None:
    if run.incident_id is None:
        return
    adopted = (DecisionState.ADOPTED, DecisionState.ADOPTED_OVER_OBJECTION)
    incident = incidents.incident(read, run.incident_id)
    if not any(d.state in adopted and d.decided_at and d.decided_at >= run.started_at for d in incident.decisions):
        raise Conflict(
            "This step is dangerous: it needs an adopted decision first.", field="step",
            hint="Propose it (“any strong objections?”) and let the Incident Commander adopt it.",
        )  # fmt: skip


def visible(read: Read, run_id: str) -> Run:
    """The run; one of a private incident behaves for others as if it did not exist."""
    run = queries.run(read, run_id)
    if run.incident_id is not None:
        incidents.incident(read, run.incident_id)
    return run


def call(runner: Runner, fetch: Fetch, actor: Actor, run_id: str, step_id: str) -> Run:
    """Make the call of an ``http`` step through the guarded client and tick the step by its answer.

    No transaction is open while it waits. Raises Conflict when the step is done already or is of another kind.
    """

    def look(read: Read) -> Run:
        # Before anything goes out: what may not be ticked may not be called either.
        visible(read, run_id)
        return queries.run_to_work(read, run_id)

    run = runner.read(look, actor)
    step = rules.known_step(run, step_id)
    progress = run.of(step_id)
    if step.kind is not StepKind.HTTP:
        raise Conflict("This step calls nothing.", field="step", hint="Do it by hand and tick it.")
    if progress is not None and progress.state in DONE:
        raise Conflict("This step is done already.", field="step", hint="Start the runbook again to repeat it.")
    state, note = StepState.FAILED, ""
    try:
        answer = fetch.request(step.method, step.url)
        state = StepState.OK if answer.status == step.expect else StepState.FAILED
        # Never what it answered: anything may stand in there, and notes are read by many.
        note = f"answered {answer.status}"
    except FetchFailed as error:
        note = str(error)
    return runner.run(lambda work: tick(work, run_id, step_id, state, note), actor)


def stale_reasons(read: Read, runbook: Runbook, parsed: Parsed) -> list[str]:
    """Why this runbook should be looked at before it is trusted."""
    owner = people.person(read, runbook.owner_id) if runbook.owner_id else None
    active = None if runbook.owner_id is None else owner is not None and owner.user.active
    return rules.stale(runbook, parsed, read.now, owner_active=active)
