"""Working through a runbook: start it, tick its steps, make its calls, and say whether it helped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.alerts import queries as alerts
from firebell.domain.incidents import queries as incidents
from firebell.domain.runbooks import commands, rules
from firebell.domain.runbooks.model import Helped, Run, StepState
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.names import look_up
from firebell.entrypoints.web.session import Form, Here
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Conflict, Invalid, Refused
from firebell.kernel.work import Read, Work
from firebell.workflows import runbook_worked

router = APIRouter()


@dataclass(frozen=True, slots=True)
class RunPage:
    """``late``: seconds past its time box, by step id. ``about``: (words, link) of what it is run for."""

    run: Run
    about: tuple[str, str]
    late: dict[str, int]
    names: Any
    current: str
    may_run: bool


@router.get("/runbook-runs/{run_id}")
def show(here: Here, run_id: str) -> Response:
    view = here.read(lambda read: _page(here, read, run_id))
    return here.page("runbooks/run.html", view, title=view.run.title, nav="runbooks", block="run")


def _page(here: Here, read: Read, run_id: str) -> RunPage:
    run = runbook_worked.visible(read, run_id)
    about = ("A rehearsal", "")
    if run.incident_id is not None:
        one = incidents.incident(read, run.incident_id)
        about = (f"{one.reference} {one.title}", f"/incidents/{one.id}")
    elif run.alert_id is not None:
        about = (alerts.alert(read, run.alert_id).summary, f"/alerts/{run.alert_id}")
    late = {
        step.id: rules.overdue_s(step, progress, read.now)
        for step, progress in zip(run.steps, run.progress, strict=True)
    }
    names = look_up(read, {run.started_by, *(p.by for p in run.progress)})
    current = run.current
    return RunPage(run, about, late, names, current.id if current else "", here.may(Permission.RUNBOOKS_RUN))


@router.post("/runbooks/missed")
def missed(here: Here, form: Form) -> Response:
    """There was no runbook, or it was wrong: counted once for each alert and incident."""
    subject = form.get("incident") or form.get("alert") or ""

    def job(work: Work) -> bool:
        if form.get("incident"):
            team = incidents.incident(work, subject).team_id
        else:
            team = alerts.alert(work, subject).team_id
        return commands.report_miss(work, subject, form.get("what", "missing"), form.get("words", ""), team)

    here.run(job)
    return here.back("/runbooks", Flash("Noted. It is counted on the list of runbooks."))


@router.post("/runbooks/{runbook_id}/run")
def start(here: Here, runbook_id: str, form: Form) -> Response:
    """``runbook_id`` may be ``any`` when the form names it."""
    wanted = form.get("runbook", "") if runbook_id == "any" else runbook_id

    def job(work: Work) -> Run:
        return runbook_worked.start(
            work, wanted, incident_id=form.get("incident") or None, alert_id=form.get("alert") or None
        )

    try:
        run = here.run(job)
    except (Conflict, Invalid) as error:
        return here.back("/runbooks", _said(error))
    return here.go(f"/runbook-runs/{run.id}")


@router.post("/runbook-runs/{run_id}/steps/{step}")
def tick(here: Here, run_id: str, step: str, form: Form) -> Response:
    """``state`` ok, failed or skipped, with a note; ``call``: make the step's call."""
    try:
        if form.get("state") == "call":
            runbook_worked.call(here.site.runner, here.site.fetch, here.actor, run_id, step)
        else:
            if form.get("state") not in ("ok", "failed", "skipped"):
                raise Invalid("A step ends ok, failed or skipped.", field="state")
            state = StepState(form["state"])
            here.run(lambda work: runbook_worked.tick(work, run_id, step, state, form.get("note", "")))
    except (Conflict, Invalid) as error:
        return here.go(f"/runbook-runs/{run_id}#{step}", _said(error))
    following = here.read(lambda read: _page(here, read, run_id)).current
    return here.go(f"/runbook-runs/{run_id}#{following or 'end'}")


@router.post("/runbook-runs/{run_id}/end")
def end(here: Here, run_id: str, form: Form) -> Response:
    """Did it help?"""
    helped = form.get("helped", "")
    if helped not in [*Helped]:
        return here.go(f"/runbook-runs/{run_id}#end", Flash("Say whether it helped.", "attention"))

    def job(work: Work) -> None:
        runbook_worked.visible(work, run_id)
        commands.end(work, run_id, Helped(helped), form.get("note", ""))

    try:
        here.run(job)
    except (Conflict, Invalid) as error:
        return here.go(f"/runbook-runs/{run_id}", _said(error))
    return here.go(f"/runbook-runs/{run_id}", Flash("Thank you. The runbook remembers."))


def _said(error: Refused) -> Flash:
    return Flash(f"{error.message} {error.hint or ''}".strip(), "attention")
