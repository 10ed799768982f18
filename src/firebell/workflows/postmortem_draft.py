"""What is known when an incident is resolved, gathered for the draft of its postmortem (postmortems.md 2).

Everything comes from tables and the journal; nothing is guessed. People appear by the role they held, in people's own
words as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from firebell.domain.comms import queries as comms
from firebell.domain.comms.model import Kept, Promise
from firebell.domain.incidents import metrics, severity
from firebell.domain.incidents.model import Detection, Incident, MilestoneName, Remedy, TaskState
from firebell.domain.postmortems import draft, queries
from firebell.domain.postmortems.blameless import Names, unnamed
from firebell.domain.postmortems.draft import Facts, Guess, Measured, Moment, Posted
from firebell.domain.postmortems.merge import base_of
from firebell.domain.postmortems.model import DetectedBy, Document, Mitigation, Postmortem, Section
from firebell.domain.runbooks import queries as runbooks
from firebell.domain.runbooks.model import StepState
from firebell.domain.statuspage import queries as pages
from firebell.kernel import journal
from firebell.kernel.actor import SYSTEM
from firebell.kernel.clock import Instant, seconds_between
from firebell.kernel.work import Read
from firebell.workflows import postmortem_people, postmortem_spent, postmortem_timeline

_DETECTED = {
    Detection.ALERT: DetectedBy.ALERT, Detection.CUSTOMER: DetectedBy.CUSTOMER, Detection.PERSON: DetectedBy.STAFF,
    Detection.REPORT: DetectedBy.STAFF,
}  # fmt: skip
_MITIGATED = {
    Remedy.ROLLBACK: Mitigation.ROLLBACK, Remedy.FAILOVER: Mitigation.FAILOVER, Remedy.FIX: Mitigation.HOTFIX,
}  # fmt: skip
_AFTER = (MilestoneName.POSTMORTEM_PUBLISHED, MilestoneName.ACTIONS_CLOSED)
_WORD_MAX = 400


class Drafted(msgspec.Struct, frozen=True, kw_only=True):
    """A draft with what is kept beside it: the process box, and who held which role."""

    document: Document
    process: tuple[str, ...]
    roles: dict[str, str]


def drafted(read: Read, incident: Incident, *, known: tuple[str, ...] = ()) -> Drafted:
    """The draft of an incident's postmortem as of now. ``known``: promises of earlier ones that are unfinished."""
    house = Read(read.connection, read.now, SYSTEM)
    house.memo = read.memo
    held = postmortem_people.roles(house, incident)
    names = postmortem_people.names(house, None, held)
    facts = facts_of(house, incident, held, names, known=known)
    document = draft.draft(facts)
    template = queries.template_for(house, incident.peak or "SEV2", incident.kind)
    if template is not None:
        texts = {section: _prompted(document.text(section), template.prompts.get(section, ())) for section in Section}
        document = replace(document, texts=texts)
    mitigated_by = _MITIGATED.get(incident.remedy, "") if incident.remedy is not None else ""
    return Drafted(document=replace(document, mitigated_by=mitigated_by), process=facts.process, roles=held)


def with_draft(one: Postmortem, made: Drafted) -> Postmortem:
    """A new postmortem with its draft, remembered as the machine's."""
    bases = {section: base_of(made.document.text(section)) for section in Section}
    return replace(one, document=made.document, bases=bases, process=made.process)


def _prompted(text: str, prompts: tuple[str, ...]) -> str:
    lines = "\n\n".join(f"*{one}*" for one in prompts)
    return f"{text}\n\n{lines}".strip("\n") if lines else text


def facts_of(
    house: Read, incident: Incident, held: Mapping[str, str], names: Names, *, known: tuple[str, ...] = ()
) -> Facts:
    """All that is known. ``held``: who held which role; ``names``: the roster, whose names become roles."""
    spent = postmortem_spent.spent(house, incident.id)
    promises = comms.promises(house, incident.id)
    timeline = postmortem_timeline.gather(house, incident, held)
    found = Facts(
        reference=incident.reference,
        title=incident.title,
        kind=incident.kind,
        peak=incident.peak or "SEV2",
        severity_s=tuple((key or "unset", s) for key, s in severity.seconds_in_each(incident, house.now).items()),
        impact=incident.impact or incident.summary,
        mitigation=_mitigation(incident),
        detected_by=_DETECTED.get(incident.detection, ""),
        moments=tuple(_moment(incident, name) for name in MilestoneName if name not in _AFTER),
        measures=tuple(_measures(incident)),
        entries=timeline.entries,
        updates=tuple(_updates(house, incident, promises)),
        changes=timeline.changes,
        guesses=tuple(
            Guess(text=h.text, evidence=h.evidence, eliminated=h.eliminated_at is not None, against=h.against)
            for h in incident.hypotheses
        ),
        components=_components(house, incident),
        customers=_customers(incident, spent),
        spent=spent,
        roles=tuple(dict.fromkeys(held.values())),
        left_open=(*_left_open(house, incident, timeline.follow_ups), *known),
        process=tuple(_process(house, incident, promises)),
    )
    by_role: Facts = _through(found, held, names)
    entries = tuple(replace(one, text=one.text[:1].upper() + one.text[1:]) for one in by_role.entries)
    return replace(by_role, entries=entries)


def _through(value: Any, held: Mapping[str, str], names: Names) -> Any:
    """Every text in it with people as roles."""
    if isinstance(value, str):
        return unnamed(postmortem_people.in_prose(value, held), names)
    if isinstance(value, tuple):
        return tuple(_through(one, held, names) for one in value)
    if isinstance(value, msgspec.Struct):
        kept = {"url", "name", "reference", "slo", "unit", "kind", "peak"}
        fields = {f: _through(getattr(value, f), held, names) for f in value.__struct_fields__ if f not in kept}
        return replace(value, **fields)
    return value


def _mitigation(incident: Incident) -> str:
    if incident.remedy is None:
        return ""
    decided = next((d for d in reversed(incident.decisions) if d.remedy is incident.remedy and d.decided_at), None)
    words = incident.remedy.replace("_", " ")
    said = incident.remedy_note or (decided.proposal if decided is not None else "")
    return f"{words}: {said}" if said else words


def _moment(incident: Incident, name: MilestoneName) -> Moment:
    found = incident.milestone(name)
    return Moment(name=name, at=found.at if found is not None else None)


def _measures(incident: Incident) -> list[Measured]:
    found = metrics.measures(incident, metrics.Which.LAST)
    return [
        Measured(
            name=one.name, seconds=found[one.name].seconds, words=found[one.name].why,
            stage=one.convention is metrics.Convention.STAGE,
        )
        for one in metrics.METRICS
    ]  # fmt: skip


def _updates(house: Read, incident: Incident, promises: list[Promise]) -> list[Posted]:
    kept = {one.fulfilled_by: one for one in promises if one.fulfilled_by}
    return [
        Posted(
            at=one.event_at, audience=one.audience, text=_short(one.title or one.body),
            promise=_outcome(kept[one.id]) if one.id in kept else "",
        )
        for one in comms.updates(house, incident.id, sent=True)
    ]  # fmt: skip


def _outcome(one: Promise) -> str:
    return f"promised {one.late_s // 60 or 1} min earlier" if one.outcome == Kept.LATE else "in time"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WORD_MAX else line[:_WORD_MAX].rsplit(" ", 1)[0] + " …"


def _components(house: Read, incident: Incident) -> tuple[str, ...]:
    found = pages.components_by_id(house, incident.component_ids)
    return tuple(found[one].name for one in incident.component_ids if one in found)


def _customers(incident: Incident, spent: tuple[draft.Spent, ...]) -> str:
    counted = [f"{one.bad} of {one.total} {one.unit}" for one in spent if one.bad is not None and one.total]
    if counted:
        return "; ".join(counted)
    return "no customers" if incident.customer_impact == "no" else ""


def _left_open(house: Read, incident: Incident, follow_ups: tuple[str, ...]) -> list[str]:
    found = [task.text for task in incident.tasks if task.state is TaskState.OPEN]
    found += follow_ups
    for run in runbooks.runs_of(house, incident_id=incident.id):
        for step in run.steps:
            done = run.of(step.id)
            if done is not None and done.state is StepState.FAILED:
                note = f" ({done.note})" if done.note else ""
                found.append(f"Runbook “{run.title}”: the step “{_short(step.text)}” failed{note}.")
    return found


def _process(house: Read, incident: Incident, promises: list[Promise]) -> list[str]:
    """The process box: late and missed promises, minutes without command, overrides, what was not verified."""
    found = []
    for one in promises:
        if one.outcome in (Kept.LATE, Kept.MISSED):
            late = "never came" if one.outcome == Kept.MISSED else f"came {one.late_s // 60 or 1} min late"
            found.append(f"The {one.audience} update promised for {_clock(one.due_at)} {late}.")
    seconds = commandless_s(incident, house.now)
    if seconds >= 60:
        found.append(f"{seconds // 60} min without an Incident Commander.")
    for override in incident.overrides:
        rule = override.rule.replace("_", " ")
        found.append(f"Override of “{rule}” at {_clock(override.at)}: {override.reason}")
    found += [
        f"Not verified before resolving: {one.what.replace('_', ' ')} ({one.reason})." for one in incident.skipped
    ]
    missed = journal.of_kind(house.connection, incident.id, "incident.response_missed")
    if missed:
        found.append("Nobody acknowledged within the time its severity asks for.")
    return found


def _clock(at: Instant) -> str:
    return f"{at.format_iso()[11:16]} UTC"


def commandless_s(incident: Incident, now: Instant) -> int:
    """Seconds in which it was active and nobody commanded it, up to the last resolution."""
    end = incident.all_clear_at or incident.closed_at or now
    held = sorted(
        (one.since_at, min(one.until_at or end, end)) for one in incident.engagements if one.role == "commander"
    )
    total, reached = 0, incident.declared_at
    for since, until in held:
        if since > reached:
            total += int(seconds_between(reached, min(since, end)))
        reached = max(reached, until)
    return total + max(0, int(seconds_between(reached, end))) if reached < end else total
