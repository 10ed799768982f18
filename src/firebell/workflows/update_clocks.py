"""An incident has changed: its update clocks start and stop, promises are released or missed, old drafts withdrawn.

Also what people do to the clocks: snooze a reminder, slow the updates down, let the deputy release public text.
"""

from __future__ import annotations

from firebell.domain.comms import cadence, commands, defaults, desk_store, rules, store
from firebell.domain.comms import compose as writing
from firebell.domain.comms.model import Audience, Clock, NewUpdate, Situation
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents import store as incident_rows
from firebell.domain.incidents.model import Incident, Phase, RoleName
from firebell.domain.incidents.visibility import person_of
from firebell.kernel.work import Work
from firebell.workflows import update_sent, update_situation

_RELEASED = (Phase.DECLINED, Phase.DUPLICATE)


def follow(work: Work, before: Incident | None, after: Incident) -> None:
    """What a change means for the updates (``before`` ``None``: it was declared). Finds nothing to do most of the time:
    only the phase, the severity, whom it hits and who there is to be told matter."""
    if before is not None and _bearing(before) == _bearing(after):
        return
    at = update_situation.situation(work, after)
    if before is not None and before.phase != after.phase:
        commands.withdraw_past(work, at)
        if after.phase in _RELEASED:
            cadence.release_promises(work, after.id)
        elif after.phase is Phase.CLOSED:
            cadence.miss_promises(work, after.id)
        elif after.phase is Phase.RESOLVED and before.phase is Phase.MITIGATED:
            _all_clear(work, after, at)
    if before is not None and after.private and not before.private:
        commands.withdraw_past(work, at, public_only=True)
    anew = before is not None and not before.active and after.active
    zone = update_situation.zone(work)
    for audience in Audience:
        posted = bool(update_situation.last_sent(work, after.id, audience)) if audience is Audience.PUBLIC else False
        listeners = update_situation.listeners(work, after, audience)
        wanted = rules.wanted(at, audience, posted=posted, listeners=listeners)
        cadence.keep_time(work, at, audience, wanted, zone, anew=anew)


def _bearing(incident: Incident) -> tuple[object, ...]:
    return (
        incident.phase, incident.counts_as, incident.customer_impact, bool(incident.component_ids), incident.private,
        bool(incident.holders(RoleName.LIAISON)),
    )  # fmt: skip


def _all_clear(work: Work, incident: Incident, at: Situation) -> None:
    """The commander's all-clear is the last internal update, and the last to executives who were promised one."""
    words = incident.all_clear.strip()
    if not words or not at.keeps_time:
        return
    for audience in (Audience.INTERNAL, Audience.EXECUTIVE):
        if audience is Audience.EXECUTIVE and store.open_promise(work, incident.id, audience) is None:
            continue
        new = NewUpdate(audience=audience, final=True)
        template = defaults.in_force(desk_store.templates(work), audience, writing.status_of(at, audience))
        filled = writing.filled(template, at, new, [], work.now, "UTC")
        new = NewUpdate(
            audience=audience, title=filled.title, body=f"{filled.body}\nAll clear: {words}", status=filled.status,
            impact=filled.impact, eta=filled.eta, final=True, key=f"all-clear:{audience}:{incident.version}",
        )  # fmt: skip
        author_id = person_of(work.actor) or incident.commander_id or work.actor.id
        update = commands.write(work, at, new, author_id=author_id, template_only=False)
        update_sent.send(work, incident, at, update)


# ---------------------------------------------------------------- what people do to the clocks


def snooze(work: Work, incident_id: str, audience: str, minutes: int, reason: str = "") -> Clock:
    """Silence the reminders of one clock for 1 to 15 minutes; a fact of the timeline. Raises Conflict, Invalid."""
    at = _at(work, incident_id)
    return cadence.snooze(work, at, audience, minutes, reason)


def slow_down(
    work: Work, incident_id: str, audience: str, every_s: int, reason: str = "", *, person_id: str | None = None
) -> Clock:
    """The commander's slower rhythm: from two hours on, up to 60 minutes. Raises Forbidden, Conflict, Invalid."""
    at = _at(work, incident_id)
    return cadence.slow_down(work, at, audience, every_s, reason, by=person_id or work.actor.id)


def delegate_approval(work: Work, incident_id: str, on: bool = True, *, person_id: str | None = None) -> None:
    """The commander lets the deputy release public text, or takes that back. Raises Forbidden, Conflict."""
    cadence.delegate_approval(work, _at(work, incident_id), on, by=person_id or work.actor.id)


def _at(work: Work, incident_id: str) -> Situation:
    incident = incidents.incident(work, incident_id)
    incident = incident_rows.take(work, incident.id) or incident
    return update_situation.situation(work, incident)
