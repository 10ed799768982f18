"""An incident repeats an earlier one: known and unfinished, repeat after fix, or plain recurrence (postmortems.md 7).

Found when it is declared and whenever what is known of it changes; shown to whoever commands, and kept, since what
was open then may be done by tomorrow.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents import store as incident_rows
from firebell.domain.incidents.model import Incident, Kind
from firebell.domain.postmortems import likeness_store, queries, similar, verdict
from firebell.domain.postmortems.actions import ActionState
from firebell.domain.postmortems.facts import IncidentRepeats
from firebell.domain.postmortems.likeness_store import RepeatRow
from firebell.domain.postmortems.verdict import Repeat
from firebell.kernel.clock import Instant
from firebell.kernel.work import Read, Work
from firebell.workflows import incident_words, nudged, postmortem_likeness, postmortems_seen
from firebell.workflows.postmortems_seen import Action

GROUP = 20


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier incident this one repeats. ``actions``: its promises that were open when this one began."""

    incident: Incident
    kind: Repeat
    score: float
    actions: tuple[Action, ...]


def next_due(read: Read) -> Instant | None:
    return likeness_store.next_look(read)


def tick(work: Work) -> bool:
    """Look at incidents that have begun or changed, a few at a time. True when there was any."""
    due = likeness_store.looks_due(work, GROUP)
    for incident_id in sorted(due):
        incident = incident_rows.take(work, incident_id)
        likeness_store.looked(work, incident_id)
        if incident is not None and incident.active:
            look(work, incident)
    return bool(due)


def look(work: Work, incident: Incident) -> Sequence[RepeatRow]:
    """Look again what it repeats. What is newly found is recorded, and whoever commands is told of promises that are
    open still."""
    if incident.kind != Kind.NORMAL:
        return ()
    before = {(one.earlier_id, one.kind): one for one in likeness_store.repeats_of(work, incident.id)}
    found = _found(work, incident)
    after = {(one.earlier_id, one.kind): one for one in found}
    if before.keys() == after.keys():
        return found
    likeness_store.set_repeats(work, incident.id, [before.get(key, one) for key, one in after.items()])
    for how in (Repeat.KNOWN_UNFINISHED, Repeat.AFTER_FIX):
        new = [one for key, one in after.items() if one.kind is how and key not in before]
        if new:
            _say(work, incident, how, new)
    for earlier_id in {one.earlier_id for key, one in after.items() if key not in before}:
        likeness_store.ask_verdict(work, earlier_id)
    work.publish(incident.id)
    return found


def _found(work: Work, incident: Incident) -> list[RepeatRow]:
    alike = postmortem_likeness.find(work, incident, best=similar.BEST, house=True)
    learnt = queries.of_incidents(work, [one.id for one in alike])
    rows = []
    for one in alike:
        items = learnt[one.id].document.actions if one.id in learnt else ()
        promised = [item.id for item in items if item.state is ActionState.COMMITTED]
        done = sum(item.state is ActionState.DONE for item in items)
        rows.append(
            RepeatRow(
                incident_id=incident.id, earlier_id=one.id, score_permille=round(one.score * 1000), at=work.now,
                kind=verdict.repeats(one.score, committed=len(promised), done=done), action_ids=tuple(promised),
            )
        )  # fmt: skip
    return rows


def _say(work: Work, incident: Incident, how: Repeat, found: Sequence[RepeatRow]) -> None:
    open_ids = [action_id for one in found for action_id in one.action_ids]
    work.record(incident.id, IncidentRepeats(how=how, earlier=[one.earlier_id for one in found], actions=open_ids))
    if incident.commander_id is not None and incident.active:
        _tell(work, incident, how, found)


def commanded(work: Work, incident: Incident) -> None:
    """Somebody has taken command: they hear at once what is known and unfinished."""
    rows = [one for one in _open_repeats(work, incident) if one.kind is Repeat.KNOWN_UNFINISHED]
    if rows and incident.active:
        _tell(work, incident, Repeat.KNOWN_UNFINISHED, rows)


def _open_repeats(read: Read, incident: Incident) -> list[RepeatRow]:
    """What it repeats, without earlier incidents that have become private since: the house names these to nobody."""
    rows = queries.repeats(read, incident.id)
    private = incidents.private_among(read, [one.earlier_id for one in rows])
    return [one for one in rows if one.earlier_id not in private]


def _tell(work: Work, incident: Incident, how: Repeat, found: Sequence[RepeatRow]) -> None:
    if incident.commander_id is None:
        return
    earlier = incidents.names(work, [one.earlier_id for one in found])
    names = ", ".join(sorted(earlier.values())) or "an earlier incident"
    promised = sum(len(one.action_ids) for one in found)
    words = (
        f"Known, unfinished: this is like {names}; action items of it that are promised and open: {promised}."
        if how is Repeat.KNOWN_UNFINISHED
        else f"This is like {names}, whose action items were all done: repeat after fix."
    )
    nudged.nudge(
        work, [incident.commander_id], title=incident_words.title(incident), body=words, incident_id=incident.id
    )


def known(read: Read, incident_id: str) -> list[Known]:
    """What an incident repeats, the most alike first, of what the reader may know of. Raises NotFound."""
    incident = incidents.incident(read, incident_id)
    rows = queries.repeats(read, incident.id)
    there = postmortems_seen.incidents_of(read, [one.earlier_id for one in rows])
    found = []
    for one in rows:
        if one.earlier_id in there:
            actions = [a for action_id in one.action_ids if (a := _action(read, action_id)) is not None]
            found.append(
                Known(
                    incident=there[one.earlier_id], kind=one.kind, score=one.score_permille / 1000,
                    actions=tuple(actions),
                )
            )  # fmt: skip
    return found


def _action(read: Read, action_id: str) -> Action | None:
    row = queries.action(read, action_id)
    one = queries.find(read, row.postmortem_id) if row is not None else None
    if row is None or one is None or not postmortems_seen.is_readable(read, one):
        return None
    return Action(row=row, postmortem=one)


def unfinished_lines(read: Read, incident: Incident) -> tuple[str, ...]:
    """Promises of earlier incidents like this one that are open still: for its draft."""
    found = []
    for row in _open_repeats(read, incident):
        if row.kind is Repeat.KNOWN_UNFINISHED:
            earlier = incidents.find(read, row.earlier_id)
            items = [action for action_id in row.action_ids if (action := queries.action(read, action_id)) is not None]
            reference = earlier.reference if earlier is not None else "an earlier incident"
            found += [
                f"Known, unfinished since {reference}: {one.item.text}"
                for one in items
                if one.item.state is ActionState.COMMITTED
            ]
    return tuple(found)
