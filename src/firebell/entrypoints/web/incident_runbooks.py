"""Runbooks beside an incident or an alert: those that fit, and the runs under way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from firebell.domain.incidents.model import Incident
from firebell.domain.runbooks import queries, rules
from firebell.domain.runbooks.model import DONE, Match, Run
from firebell.entrypoints.web.session import Browser
from firebell.kernel.actor import Permission
from firebell.kernel.work import Read
from firebell.workflows import runbook_worked

SHOWN = 5


@dataclass(frozen=True, slots=True)
class MatchRow:
    """A runbook that fits, why, and the reasons not to trust it blindly."""

    match: Match
    why: str
    stale: Sequence[str]
    steps: int


@dataclass(frozen=True, slots=True)
class RunRow:
    run: Run
    done: int
    overdue: bool


@dataclass(frozen=True, slots=True)
class RunbooksPanel:
    """``subject``: what a run is started for, as the form's hidden input has it: (name, id)."""

    matches: Sequence[MatchRow]
    runs: Sequence[RunRow]
    others: Sequence[tuple[str, str]]
    may_run: bool
    may_write: bool
    subject: tuple[str, str]


def of_incident(here: Browser, read: Read, i: Incident) -> RunbooksPanel:
    """For an incident's page."""
    matches = queries.matching(read, runbook_worked.of_incident(read, i))
    runs = queries.runs_of(read, incident_id=i.id)
    return _panel(here, read, matches, runs, ("incident", i.id), i.team_id)


def of_alert(here: Browser, read: Read, alert_id: str, team_id: str | None) -> RunbooksPanel:
    """For an alert's page."""
    matches = runbook_worked.matching_alert(read, alert_id)
    return _panel(here, read, matches, queries.runs_of(read, alert_id=alert_id), ("alert", alert_id), team_id)


def _panel(
    here: Browser, read: Read, matches: Sequence[Match], runs: Sequence[Run], subject: tuple[str, str],
    team_id: str | None,
) -> RunbooksPanel:  # fmt: skip
    rows = []
    for one in matches[:SHOWN]:
        parsed = queries.parsed(one.runbook)
        stale = runbook_worked.stale_reasons(read, one.runbook, parsed)
        rows.append(MatchRow(one, ", ".join(one.reasons), stale, len(parsed.steps)))
    fitting = {one.runbook.id for one in matches}
    return RunbooksPanel(
        rows, [row(one, read) for one in runs],
        [(one.id, one.title) for one in queries.runbooks(read) if one.id not in fitting],
        here.may(Permission.RUNBOOKS_RUN, team_id), here.may(Permission.RUNBOOKS_EDIT, team_id), subject,
    )  # fmt: skip


def row(one: Run, read: Read) -> RunRow:
    """A run with how far it has come."""
    late = any(
        rules.overdue_s(step, progress, read.now) for step, progress in zip(one.steps, one.progress, strict=True)
    )
    return RunRow(one, sum(p.state in DONE for p in one.progress), one.ended_at is None and late)
