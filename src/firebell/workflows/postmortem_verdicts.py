"""One-off or systemic: computed when an incident is resolved, each day for 90 days, and when one like it opens.

What is private takes no part in what is computed for others. A person may say otherwise with a reason; what was
computed stays visible beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from msgspec.structs import replace

from firebell.domain.alerts import queries as alerts
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents import store as incident_rows
from firebell.domain.incidents.model import Incident, Kind
from firebell.domain.postmortems import likeness_store, queries, similar, verbs, verdict
from firebell.domain.postmortems.actions import ActionState
from firebell.domain.postmortems.facts import VerdictChanged
from firebell.domain.postmortems.likeness_store import VerdictRow
from firebell.domain.postmortems.model import Postmortem
from firebell.domain.postmortems.process import needs_reason
from firebell.domain.postmortems.similar import Signature
from firebell.domain.postmortems.verdict import Finding, OpenAction, Paging
from firebell.kernel.clock import Instant, plus, seconds_between
from firebell.kernel.errors import Conflict, NotFound
from firebell.kernel.work import Read, Work
from firebell.workflows import postmortem_likeness, postmortem_spent, postmortems_seen
from firebell.workflows.postmortems_seen import Action

GROUP = 20
DAY_S = 86_400
PAGED_S = 30 * DAY_S


def next_due(read: Read) -> Instant | None:
    return likeness_store.next_verdict(read)


def tick(work: Work) -> bool:
    """Compute those that are due, a few at a time. True when any was."""
    due = likeness_store.verdicts_due(work, work.now, GROUP)
    for incident_id in due:
        compute(work, incident_id)
    return bool(due)


def compute(work: Work, incident_id: str) -> VerdictRow | None:
    """Compute the verdict of one incident again, and say so when it has changed. ``None``: it has none."""
    incident = incidents.find(work, incident_id)
    resolved = incident.milestone("resolved") if incident is not None else None
    if incident is None or incident.kind != Kind.NORMAL or resolved is None or resolved.at is None:
        return None
    before = likeness_store.take_verdict(work, incident_id)
    found = _findings(work, incident, before)
    computed = verdict.verdict(one.rule for one in found)
    over = verdict.settled(computed, resolved.at, work.now)
    row = VerdictRow(
        incident_id=incident_id, computed=computed, findings=found, computed_at=work.now,
        next_at=None if over else plus(work.now, DAY_S),
        provisional_until=plus(resolved.at, verdict.PROVISIONAL_S),
    )  # fmt: skip
    if before is not None:
        row = replace(
            before, computed=row.computed, findings=row.findings, computed_at=row.computed_at, next_at=row.next_at,
            provisional_until=row.provisional_until,
        )  # fmt: skip
    likeness_store.put_verdict(work, row)
    if before is None or before.computed is not computed:
        said = before.computed if before is not None else ""
        work.record(incident_id, _changed(incident_id, said, computed, found))
        work.publish(incident_id)
    return row


def _changed(incident_id: str, before: str, after: str, found: Sequence[Finding], reason: str = "") -> VerdictChanged:
    return VerdictChanged(
        incident_id=incident_id, before=before, after=after, rules=[one.rule.value for one in found],
        override=bool(reason), reason=reason,
    )  # fmt: skip


def ask(work: Work, incident_ids: Iterable[str]) -> None:
    """Have these computed again as soon as possible: an incident that is linked to them has opened."""
    for incident_id in sorted(set(incident_ids)):
        likeness_store.ask_verdict(work, incident_id)


# ---------------------------------------------------------------- what the rules look at


def _findings(work: Work, incident: Incident, before: VerdictRow | None) -> tuple[Finding, ...]:
    one = queries.find(work, incident.id)
    mine = postmortem_likeness.signature(work, incident, one)
    around = [
        other
        for other in postmortem_likeness.index(work).documents
        if not other.private and abs(seconds_between(other.at, mine.at)) <= similar.WINDOW_S
    ]
    return verdict.findings(
        _compared(work, mine, mine),
        [_compared(work, other, mine) for other in around if other.id != incident.id],
        alike=postmortem_likeness.find(work, incident, house=True),
        actions=_confirmed(work, before),
        pages=_pages(work, incident),
        now=work.now,
    )


def _compared(work: Read, other: Signature, mine: Signature) -> verdict.Incident:
    """``other`` as the rules look at it. Its share of the budget is looked up only where it may be added up."""
    shares = other.factors & mine.factors
    return verdict.Incident(
        id=other.id, at=other.at, service_ids=other.service_ids, factors=other.factors, mechanisms=other.mechanisms,
        budget_share=postmortem_spent.quarter_share(work, other.id) if shares else Fraction(0),
    )  # fmt: skip


def _confirmed(work: Read, before: VerdictRow | None) -> list[OpenAction]:
    """Open actions of earlier postmortems of which somebody says that they would have applied. Those of private
    incidents are left out: the finding quotes them to everybody who reads the verdict."""
    found = []
    for action_id, by in (before.confirmed if before is not None else {}).items():
        row = queries.action(work, action_id)
        earlier = incidents.find(work, row.incident_id) if row is not None else None
        if row is not None and earlier is not None and not earlier.private:
            found.append(
                OpenAction(
                    id=action_id, incident_id=earlier.reference,
                    text=row.item.text, confirmed_by=by,
                )
            )  # fmt: skip
    return found


def _pages(work: Read, incident: Incident) -> list[Paging]:
    """What the rules of its alerts have paged for in the last 30 days, and how each was resolved: by what stopped the
    impact of the incident it led to."""
    own = alerts.by_ids(work, [one.alert_id for one in incident.alerts])
    rules = {_rule(one.labels, one.summary) for one in own.values()}
    since = plus(work.now, -PAGED_S)
    found = []
    for other in _recent(work, incident, since):
        if (other.private and other.id != incident.id) or other.remedy is None:
            continue
        how = other.remedy.replace("_", " ")
        linked = alerts.by_ids(work, [one.alert_id for one in other.alerts])
        found += [
            Paging(rule=rule, at=one.opened_at, resolution=how)
            for one in linked.values()
            if (rule := _rule(one.labels, one.summary)) in rules
        ]
    return found


def _recent(work: Read, incident: Incident, since: Instant) -> list[Incident]:
    """Incidents of the same services declared since then, this one too."""
    tied = incident_rows.tied_to(work, incident_rows.SERVICE, incident.service_ids)
    found = {one.id: one for several in tied.values() for one in several if one.declared_at >= since}
    return list({**found, incident.id: incident}.values())


def _rule(labels: object, summary: str) -> str:
    name = labels.get("alertname") if isinstance(labels, dict) else None
    return str(name or summary)


# ---------------------------------------------------------------- what people say


def act(work: Work, one: Postmortem, verb: verbs.Verb, by: str) -> VerdictRow:
    """OverrideVerdict, ComputeVerdict, ConfirmAction."""
    row = likeness_store.take_verdict(work, one.incident_id) or compute(work, one.incident_id)
    if row is None:
        raise Conflict("There is no verdict on this incident.", field="verb", hint="Drills and tests have none.")
    match verb:
        case verbs.OverrideVerdict(verdict=says, reason=why):
            reason = needs_reason(why)
            said = replace(row, override=says, override_reason=reason, override_by=by, override_at=work.now)
            work.record(one.incident_id, _changed(one.incident_id, row.stands, says, row.findings, reason))
        case verbs.ComputeVerdict():
            said = replace(row, override=None, override_reason="", override_by=None, override_at=None)
        case verbs.ConfirmAction(action=action_id, applies=applies):
            known = {action.row.item.id for action in candidates(work, one.incident_id)}
            if action_id not in known | row.confirmed.keys():
                raise NotFound("There is no such action item.", field="action")
            kept = {key: who for key, who in row.confirmed.items() if key != action_id}
            said = replace(row, confirmed={**kept, action_id: by} if applies else kept)
        case _:
            raise Conflict("That is no matter of the verdict.", field="verb")
    likeness_store.put_verdict(work, said)
    work.publish(one.incident_id, one.id)
    return compute(work, one.incident_id) or said


def shown(read: Read, incident_id: str) -> VerdictRow | None:
    """What is said of an incident. Raises NotFound for one that is not to be seen. What it rests on and the reader may
    not know of is left out of the evidence."""
    incident = incidents.incident(read, incident_id)
    row = queries.verdict(read, incident.id)
    if row is None:
        return None
    closed = postmortems_seen.hidden(read)
    findings = tuple(
        replace(one, evidence=tuple(key for key in one.evidence if key not in closed)) for one in row.findings
    )
    return replace(row, findings=findings)


def candidates(read: Read, incident_id: str) -> list[Action]:
    """Open action items of earlier incidents like this one: any of them may be confirmed as one that would have
    applied."""
    incident = incidents.incident(read, incident_id)
    alike = postmortem_likeness.find(read, incident, best=10)
    there = postmortems_seen.incidents_of(read, [one.id for one in alike])
    rows = queries.of_incidents(read, there)
    return [
        Action(row=row, postmortem=one)
        for one in rows.values()
        if postmortems_seen.is_readable(read, one)
        for row in queries.actions_of(read, [one.id]).get(one.id, [])
        if row.item.state is ActionState.COMMITTED
    ]
