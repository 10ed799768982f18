"""Beside an incident: its postmortem, what it repeats whose promises are open, and what it is like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from firebell.domain.incidents.model import ACTIVE, Incident, Kind, Phase
from firebell.domain.postmortems import nagging
from firebell.domain.postmortems.model import Postmortem, State
from firebell.entrypoints.web import postmortem_words as words
from firebell.entrypoints.web.actions import ActionView, names_of, row
from firebell.entrypoints.web.names import look_up
from firebell.entrypoints.web.postmortems import next_clock
from firebell.entrypoints.web.session import Browser
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.work import Read
from firebell.workflows import postmortem_likeness, postmortem_repeats, postmortems_seen
from firebell.workflows.postmortem_likeness import Like

OVER = frozenset({Phase.RESOLVED, Phase.POSTMORTEM, Phase.FOLLOW_UP, Phase.CLOSED})


@dataclass(frozen=True, slots=True)
class Repeated:
    """An earlier incident that this one repeats. ``rows``: its promises that were open when this one began."""

    incident: Incident
    words: str
    rows: Sequence[ActionView]


@dataclass(frozen=True, slots=True)
class LearningPanel:
    """``step``: what the reader has to do now about the postmortem, or nothing. ``may_open``: they can begin one."""

    pm: Postmortem | None
    state: str
    owner: str
    late: Sequence[str]
    next_label: str
    next_at: Instant | None
    step: str
    may_open: bool
    actions: tuple[int, int]
    repeats: Sequence[Repeated]
    likes: Sequence[Like]

    @property
    def words(self) -> object:
        return words

    @property
    def unfinished(self) -> Sequence[Repeated]:
        return [one for one in self.repeats if one.rows]


def of_incident(here: Browser, read: Read, i: Incident) -> LearningPanel | None:
    """For an incident's page; ``None`` for those who may see no postmortem."""
    if not here.may(Permission.POSTMORTEMS_VIEW, i.team_id):
        return None
    pm = postmortems_seen.of_incident(read, i.id)
    label, at, late = "", None, []
    if pm is not None and pm.skipped_at is None:
        until = postmortems_seen.deadlines(read, pm)
        label, at = next_clock(pm, until)
        late = [words.NAGS[one] for one in nagging.late(pm, until, read.now)]
    items = [one for one in pm.document.actions if one.state != "declined"] if pm is not None else []
    return LearningPanel(
        pm=pm, state=words.STATES[pm.state] if pm is not None else "",
        owner=look_up(read, [pm.owner_id]).of(pm.owner_id) if pm is not None else "",
        late=late, next_label=label, next_at=at, step=_step(i, pm, here.me.id),
        may_open=pm is None and i.phase in OVER and here.may(Permission.POSTMORTEMS_EDIT, i.team_id),
        actions=(sum(one.state == "done" for one in items), len(items)),
        repeats=_repeats(here, read, i), likes=_likes(read, i),
    )  # fmt: skip


def _step(i: Incident, pm: Postmortem | None, me: str) -> str:
    if i.phase in ACTIVE or pm is None or pm.skipped_at is not None:
        return ""
    if me == i.commander_id and pm.owner_id is None:
        return "Name who owns the postmortem: one person, who sees to the document"
    if me == pm.owner_id and pm.state is State.DRAFT:
        return "The draft of your postmortem is made from the timeline: go on with it"
    if me == i.commander_id and pm.state is State.DRAFT:
        return "The postmortem has begun as a draft"
    return ""


def _repeats(here: Browser, read: Read, i: Incident) -> list[Repeated]:
    if i.kind != Kind.NORMAL:
        return []
    found = postmortem_repeats.known(read, i.id)
    names = names_of(read, [action for one in found for action in one.actions])
    return [
        Repeated(one.incident, str(one.kind), [row(read, action, names, here.me.id) for action in one.actions])
        for one in found
    ]  # fmt: skip


def _likes(read: Read, i: Incident) -> Sequence[Like]:
    return postmortem_likeness.similar_to(read, i.id) if i.kind == Kind.NORMAL else ()
