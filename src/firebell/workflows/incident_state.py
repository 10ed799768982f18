"""The offline state of an incident, built from everything known about it: what command goes on from without Firebell.

``domain/incidents/statefile`` words it; here it is gathered, written to disk and mailed. One that cannot be written is
an alert.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from firebell.domain.alerts.model import AlertKind
from firebell.domain.comms import queries as comms
from firebell.domain.comms.model import Kept
from firebell.domain.escalation.model import Target, TargetKind
from firebell.domain.incidents import document, statefile
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.brief import LastWord
from firebell.domain.incidents.model import ACTIVE, Incident, Kind, Severity
from firebell.domain.incidents.statefile import STALE_AFTER_S, Around, Promised
from firebell.domain.outbox import commands as outbox
from firebell.domain.people import queries as people
from firebell.domain.runbooks import queries as runbooks
from firebell.domain.runbooks.model import DONE
from firebell.kernel.journal import Entry
from firebell.kernel.work import Read, Work
from firebell.workflows import incident_words, own_alert

Say = Callable[[Read, Sequence[Entry]], list[str]]
"""Entries of a timeline as lines, in their order."""
TIMELINE_MAX = 200
_PERSON = re.compile(r"\busr_[0-9a-z]{18}\b")


@dataclass(frozen=True, slots=True)
class State:
    """One incident's file as it is now. ``mark`` changes with whatever is new in it but the time."""

    incident: Incident
    text: str
    page: str
    mark: str


def state(read: Read, incident: Incident, say: Say) -> State:
    """The file of ``incident``. Whether the reader may see it is asked by whoever shows it."""
    asking = incidents.asking(read, incident)
    entries = incidents.timeline(read, incident.id, limit=TIMELINE_MAX)
    around = _around(read, incident, entries, say)
    last = f"{max((one.n for one in entries), default=0)}.{len(around.updates)}.{len(around.promises)}"
    return State(
        incident, statefile.text(incident, asking, around), statefile.page(incident, asking, around),
        f"{incident.version}.{last}",
    )  # fmt: skip


def _around(read: Read, incident: Incident, entries: Sequence[Entry], say: Say) -> Around:
    ids = set(_PERSON.findall(document.encode(incident)))
    promises = comms.promises(read, incident.id, team=incident.team_id)
    said = comms.updates(read, incident.id, sent=True, team=incident.team_id)
    ids |= {one.author_id for one in said}
    names = {str(user_id): one.user.display_name for user_id, one in people.people(read, ids).items()}
    return Around(
        names=names,
        timeline=say(read, list(reversed(entries))),
        updates=[
            LastWord(one.audience, one.body, one.sent_at or one.recorded_at, one.author_id, one.next_update_by)
            for one in {one.audience: one for one in said}.values()
        ],
        promises=[Promised(one.audience, one.due_at, one.outcome) for one in promises if _is_told(one.outcome)],
        runbook=_runbook(read, incident),
    )


def _is_told(outcome: str) -> bool:
    return outcome in (Kept.OPEN, Kept.LATE, Kept.MISSED)


def _runbook(read: Read, incident: Incident) -> list[str]:
    lines = []
    for run in runbooks.runs_of(read, incident_id=incident.id):
        lines.append(f"{run.title} (started {statefile.clock(run.started_at)})")
        for step in run.steps:
            done = run.of(step.id)
            state = done.state if done is not None else ""
            lines.append(f"[{'x' if state in DONE else ' '}] {step.text}" + (f" ({state})" if state else ""))
    return lines


def mail(work: Work, found: State) -> int:
    """Mail a SEV1 to those who are to have it in their hands. Each state goes once; returns to how many."""
    incident = found.incident
    grave = incident.severity is Severity.SEV1 and incident.active and incident.kind is Kind.NORMAL
    if not grave or incident.private:
        return 0
    addresses = incidents.settings(work).mail_state_to
    for address in addresses:
        payload = {
            "subject": f"State of {incident_words.title(incident)}", "text": found.text, "html": found.page,
            "thread": incident.id,
        }  # fmt: skip
        key = f"state:{incident.id}:{found.mark}:{address}"
        outbox.put(work, "state_mail", address, payload, stream=f"state:{incident.id}:{address}", key=key)
    return len(addresses)


def active_ids(read: Read) -> list[str]:
    """Incidents whose file is to be kept up to date."""
    found = incidents.incident_list(read, phases=ACTIVE, limit=1000)
    return [one.id for one in found if one.kind is not Kind.BACKFILLED]


def stale(work: Work, incident_id: str, why: str) -> None:
    """The file of an active incident is too old: whoever commands and the administrators are told by an alert."""
    incident = incidents.find(work, incident_id)
    if incident is None or not incident.active:
        return
    told = dict.fromkeys((*([incident.commander_id] if incident.commander_id else []), *people.admins(work)))
    own_alert.raise_alert(
        work, kind=AlertKind.INCIDENT, dedup_key=_key(incident_id), severity=Severity.SEV2,
        summary=f"{incident.name}: its state file is more than {STALE_AFTER_S // 60} minutes old",
        details=f"{why} Should Firebell fail, command would go on from what is not there: keep notes by hand.",
        targets=[Target(TargetKind.USER, user_id) for user_id in told],
        labels={own_alert.INCIDENT: incident.id, own_alert.REFERENCE: incident_words.reference(incident)},
    )  # fmt: skip


def fresh(work: Work, incident_id: str) -> None:
    """The file is written again."""
    own_alert.end(work, _key(incident_id), "its state file is written again")


def _key(incident_id: str) -> str:
    return f"incident:{incident_id}:state-file"
