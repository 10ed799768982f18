"""Postmortems as their readers see them: what belongs to a private incident is not there for those outside it.

Everything that reads postmortems, action items, likeness or verdicts for somebody goes through here. A private
incident's postmortem is for its members, until it has been released and published for everybody (incidents.md 10).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from firebell.domain.incidents import metrics
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.model import Incident
from firebell.domain.postmortems import commands, completeness, queries, saidtimes, store
from firebell.domain.postmortems.blameless import Hit, Names, still_open
from firebell.domain.postmortems.completeness import Checked
from firebell.domain.postmortems.model import Meeting, Postmortem, Revision, Section, State
from firebell.domain.postmortems.queries import Reach, RevisionLine
from firebell.domain.postmortems.rules import Deadlines
from firebell.domain.postmortems.saidtimes import Disagreement
from firebell.domain.postmortems.store import ActionRow
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Forbidden, NotFound
from firebell.kernel.work import Read
from firebell.workflows import postmortem_people, postmortem_surroundings


class May(msgspec.Struct, frozen=True, kw_only=True):
    """What the reader may do, whatever its state allows. ``approve``: not as its owner. ``decide``: decline and waive
    promises. ``names``: look up who held which role."""

    edit: bool
    approve: bool
    decide: bool
    names: bool
    release: bool


_PUBLIC = (State.PUBLISHED, State.CLOSED)


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """An action item, and the postmortem it belongs to."""

    row: ActionRow
    postmortem: Postmortem

    @property
    def item(self) -> Any:
        return self.row.item


def hidden(read: Read) -> frozenset[str]:
    """Ids of the incidents this reader must not know of."""
    return frozenset(incidents.hidden_subjects(read))


def seen(read: Read, found: Postmortem | None) -> Postmortem:
    """``found``, if the reader may know of it. Raises NotFound; Forbidden to one who may see no postmortem at all."""
    if found is not None and _is_inside(read, found):
        return found
    read.needs(Permission.POSTMORTEMS_VIEW, _team(read, found))
    if found is None:
        raise commands.missing()
    if found.incident_id not in hidden(read):
        return found
    if not store.is_open_to_all(found):
        raise commands.missing()
    # It was released as it was published; how it came to be stays with the members.
    return replace(found, comments=(), meeting=Meeting(), dismissals=(), waivers=(), process=())


def _is_inside(read: Read, found: Postmortem) -> bool:
    """Its people see it, whatever permissions they hold: they were let in by name."""
    own = (found.owner_id, found.facilitator_id, found.investigator_id, *found.collaborator_ids)
    return read.actor.kind == "user" and read.actor.id in own and found.incident_id not in hidden(read)


def _team(read: Read, found: Postmortem | None) -> str | None:
    if found is not None and not found.private:
        return found.team_id
    return next((team for team in read.actor.teams if read.actor.may(Permission.POSTMORTEMS_VIEW, team)), None)


def circle(read: Read, topic: str) -> frozenset[str] | None:
    """Who may hear that something happened (actors, ``user:…``): to an incident, a postmortem, an action item, by id.
    ``None``: everybody. What is gone may have been private, so nobody."""
    incident_id = topic
    if topic.startswith("act_"):
        row = queries.action(read, topic)
        incident_id = row.incident_id if row is not None else ""
    elif topic.startswith("pmt_"):
        found = queries.find(read, topic)
        incident_id = found.incident_id if found is not None else ""
    return incidents.circle(read, incident_id) if incident_id else frozenset()


def key_of(read: Read, key: str) -> str:
    """``pmt_…`` as it is; of an incident's id, number or reference the incident's id."""
    if key.startswith(("pmt_", "inc_")):
        return key
    found = incidents.find(read, key)
    return found.id if found is not None else key


def one(read: Read, key: str) -> Postmortem:
    """By its id, or by its incident's id, number or reference. Raises NotFound."""
    return seen(read, queries.find(read, key_of(read, key)))


def of_incident(read: Read, incident_id: str) -> Postmortem | None:
    """The postmortem of an incident, if there is one to be seen."""
    found = queries.find(read, incident_id)
    try:
        return seen(read, found) if found is not None else None
    except NotFound:
        return None


def postmortem_list(read: Read, **asked: Any) -> list[Postmortem]:
    """``queries.postmortem_list`` without what is closed to the reader; of one team's only, where their permission is
    only within it."""
    return queries.postmortem_list(read, hidden(read), **_within(read, asked))


def counts(read: Read) -> Mapping[State, int]:
    """How many there are in each state, of those to be seen."""
    return queries.counts(read, hidden(read), **_within(read, {}))


def _within(read: Read, asked: dict[str, Any]) -> dict[str, Any]:
    if read.actor.may(Permission.POSTMORTEMS_VIEW):
        return asked
    team = asked.get("team_id") or _team(read, None)
    read.needs(Permission.POSTMORTEMS_VIEW, team)
    return {**asked, "team_id": team}


def may(read: Read, found: Postmortem) -> May:
    actor, team = read.actor, found.team_id
    edit = commands.may_edit(actor, found)
    waive = actor.may(Permission.POSTMORTEMS_WAIVE, team)
    return May(
        edit=edit, approve=edit and actor.id != found.owner_id, decide=waive,
        names=actor.may(Permission.POSTMORTEMS_NAMES, team),
        release=waive or actor.may(Permission.INCIDENTS_PRIVATE, team),
    )  # fmt: skip


# ---------------------------------------------------------------- about one


def revisions(read: Read, key: str) -> list[RevisionLine]:
    """Newest first. Outside a private incident only those from its publication on."""
    found = one(read, key)
    lines = queries.revisions(read, found.id)
    return [line for line in lines if line.state in _PUBLIC] if found.incident_id in hidden(read) else lines


def revision(read: Read, key: str, number: int) -> Revision:
    """The document as it was. Raises NotFound."""
    whole = one(read, key)
    found = queries.revision(read, whole.id, number)
    if found is None or (found.state not in _PUBLIC and whole.incident_id in hidden(read)):
        raise NotFound("There is no such revision.", field="revision")
    return found


def names(read: Read, found: Postmortem) -> Names:
    """The roster with the roles held then: for the linter and for exports, which show roles only."""
    return postmortem_people.names(read, found.id)


def role_map(read: Read, found: Postmortem) -> dict[str, str]:
    """User → role held then. Needs a permission of its own."""
    read.needs(Permission.POSTMORTEMS_NAMES, found.team_id)
    return queries.role_map(read, found.id)


def checks(read: Read, found: Postmortem) -> tuple[Checked, ...]:
    """All thirteen; ``completeness.score`` makes a number of them."""
    return completeness.check(found.document, postmortem_surroundings.around(read, found))


def hits(read: Read, found: Postmortem) -> dict[str, list[Hit]]:
    """What the linter says of every piece, without what was set aside."""
    gone = [known.key for known in found.dismissals]
    said = {
        where: still_open(hits, gone) for where, hits in completeness.hits(found.document, names(read, found)).items()
    }
    return {where: hits for where, hits in said.items() if hits}


def disagreements(read: Read, found: Postmortem, texts: Sequence[str] | None = None) -> list[Disagreement]:
    """Durations and dates in prose that the milestones contradict. ``texts``: what is being typed; else every section
    of the document."""
    incident = incidents.find(read, found.incident_id)
    if incident is None:
        return []
    measured = metrics.measures(incident, metrics.Which.LAST)
    known = {name: one.seconds for name, one in measured.items() if one.seconds is not None}
    began = incident.milestone("impact_started")
    start = began.at if began is not None and began.at is not None else incident.declared_at
    said = list(texts) if texts is not None else [found.document.text(section) for section in Section]
    return list(saidtimes.all_of(said, known, start, found.resolved_at))


def deadlines(read: Read, found: Postmortem) -> Deadlines:
    return queries.deadlines_of(read, found)


def reach(read: Read, found: Postmortem) -> Reach:
    return queries.reach(read, found.id, read.actor.id)


# ---------------------------------------------------------------- action items


def action_list(read: Read, **asked: Any) -> list[Action]:
    """``queries.action_list`` without what is closed to the reader, with the postmortem each belongs to. A person sees
    their own whatever permissions they hold."""
    if asked.get("owner_id") != read.actor.id:
        asked = _within(read, asked)
    return _placed(read, queries.action_list(read, hidden(read), **asked))


def action(read: Read, action_id: str) -> Action:
    """Raises NotFound."""
    row = queries.action(read, action_id)
    missing = NotFound("There is no such action item.", field="action_id")
    found = queries.find(read, row.postmortem_id) if row is not None else None
    if row is None or found is None:
        raise missing
    if row.item.owner_id == read.actor.id and found.incident_id not in hidden(read):
        return Action(row=row, postmortem=found)
    try:
        return Action(row=row, postmortem=seen(read, found))
    except NotFound:
        raise missing from None


def action_counts(read: Read) -> Mapping[str, int]:
    """By state, and ``overdue``."""
    return queries.action_counts(read, hidden(read), **_within(read, {}))


def _placed(read: Read, rows: Sequence[ActionRow]) -> list[Action]:
    found = queries.of_incidents(read, [row.incident_id for row in rows])
    return [Action(row=row, postmortem=found[row.incident_id]) for row in rows if row.incident_id in found]


def is_readable(read: Read, found: Postmortem) -> bool:
    """Whether the reader of an incident may read its postmortem as well."""
    try:
        seen(read, found)
    except (NotFound, Forbidden):
        return False
    return True


# ---------------------------------------------------------------- search


def full_text(read: Read, text: str, limit: int = 10) -> list[Postmortem]:
    """Those that hold every word of it, newest first."""
    return postmortem_list(read, text=text, limit=limit) if text.strip() else []


def incidents_of(read: Read, incident_ids: Collection[str]) -> dict[str, Incident]:
    """The incidents of these that are to be seen."""
    closed = hidden(read)
    found = {}
    for incident_id in sorted(set(incident_ids) - closed):
        incident = incidents.find(read, incident_id)
        if incident is not None and incidents.visible(read.actor, incident):
            found[incident_id] = incident
    return found
