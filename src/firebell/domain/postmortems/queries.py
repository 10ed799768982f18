"""Postmortems and action items as pages, the API and the workflows read them.

What belongs to an incident the reader must not know of is not in any answer: whoever asks says which those are
(``hidden``), and ``workflows/postmortems_seen`` knows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import ColumnElement, case, func, or_, select

from firebell.domain.postmortems import kept_store, likeness_store, settings_store, store
from firebell.domain.postmortems.actions import ActionState, ActionType
from firebell.domain.postmortems.likeness_store import RepeatRow, VerdictRow
from firebell.domain.postmortems.model import Postmortem, Revision, State
from firebell.domain.postmortems.rules import Deadlines, deadlines
from firebell.domain.postmortems.settings import Settings, Template, chosen
from firebell.domain.postmortems.store import ActionRow, actions, postmortems
from firebell.kernel.clock import Instant
from firebell.kernel.work import Read


class RevisionLine(msgspec.Struct, frozen=True, kw_only=True):
    """A revision in a list: without its document."""

    number: int
    state: State
    by: str
    at: Instant
    until_at: Instant
    reason: str = ""


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """How many have read it, and what they say. ``mine``: what the reader said (``None``: nothing)."""

    read_by: int = 0
    useful: int = 0
    not_useful: int = 0
    mine: bool | None = None


def find(read: Read, key: str) -> Postmortem | None:
    """By its id or its incident's, whether the actor may see it or not: for commands and workflows."""
    return store.of_incident(read, key) if key.startswith("inc_") else store.get(read, key)


def of_incidents(read: Read, incident_ids: Iterable[str]) -> dict[str, Postmortem]:
    """By incident."""
    return store.of_incidents(read, incident_ids)


def postmortem_list(
    read: Read, hidden: Collection[str], *, states: Collection[str] = (), text: str = "", owner_id: str | None = None,
    team_id: str | None = None, service_id: str | None = None, severities: Collection[str] = (),
    kinds: Collection[str] = (), since: Instant | None = None, until: Instant | None = None,
    before: str | None = None, skipped: bool = False, limit: int = 50,
) -> list[Postmortem]:  # fmt: skip
    """Newest resolution first. ``text``: every word of it stands in the postmortem. ``since``, ``until``: when the
    incident was resolved. ``before`` (an id) continues a list. ``skipped``: those that were done without, too."""
    where: list[ColumnElement[bool]] = [store.where_open(hidden)]
    if not skipped:
        where.append(postmortems.c.skipped_at.is_(None))
    if states:
        where.append(postmortems.c.state.in_(sorted(states)))
    if text.strip():
        where.append(store.holding(text))
    if owner_id is not None:
        where.append(postmortems.c.owner_id == owner_id)
    if team_id is not None:
        where.append(postmortems.c.team_id == team_id)
    if service_id is not None:
        tied = store.postmortem_services
        where.append(postmortems.c.id.in_(select(tied.c.postmortem_id).where(tied.c.service_id == service_id)))
    if severities:
        where.append(postmortems.c.peak.in_(sorted(severities)))
    if kinds:
        where.append(postmortems.c.kind.in_(sorted(kinds)))
    if since is not None:
        where.append(postmortems.c.resolved_at >= since)
    if until is not None:
        where.append(postmortems.c.resolved_at < until)
    last = store.get(read, before) if before else None
    if last is not None:
        same = (postmortems.c.resolved_at == last.resolved_at) & (postmortems.c.id < last.id)
        where.append(or_(postmortems.c.resolved_at < last.resolved_at, same))
    return store.listed(read, where, limit)


def counts(read: Read, hidden: Collection[str], team_id: str | None = None) -> Mapping[State, int]:
    """How many the actor sees in each state, of all or of one team; those that were done without are not counted."""
    query = (
        select(postmortems.c.state, func.count().label("n"))
        .where(store.where_open(hidden), postmortems.c.skipped_at.is_(None))
        .group_by(postmortems.c.state)
    )
    if team_id is not None:
        query = query.where(postmortems.c.team_id == team_id)
    found = {row.state: int(row.n) for row in read.all(query)}
    return {state: found.get(state.value, 0) for state in State}


def revisions(read: Read, postmortem_id: str) -> list[RevisionLine]:
    """Newest first."""
    return [
        RevisionLine(
            number=row.number, state=State(row.state), by=row.by, at=row.at, until_at=row.until_at, reason=row.reason
        )
        for row in kept_store.revision_lines(read, postmortem_id)
    ]


def revision(read: Read, postmortem_id: str, number: int) -> Revision | None:
    return kept_store.revision(read, postmortem_id, number)


def role_map(read: Read, postmortem_id: str) -> dict[str, str]:
    """User → role held then. Asks no permission: for the linter and for exports, which show roles and never names."""
    return kept_store.roles_of(read, postmortem_id)


def reach_of(read: Read, postmortem_ids: Iterable[str]) -> dict[str, Reach]:
    found = kept_store.reach(read, postmortem_ids)
    return {key: Reach(read_by=n, useful=yes, not_useful=no) for key, (n, yes, no) in found.items()}


def reach(read: Read, postmortem_id: str, user_id: str) -> Reach:
    found = reach_of(read, [postmortem_id]).get(postmortem_id, Reach())
    return msgspec.structs.replace(found, mine=kept_store.useful_to(read, postmortem_id, user_id))


def deadlines_of(read: Read, one: Postmortem) -> Deadlines:
    """All its clocks."""
    return deadlines(one.peak, one.resolved_at, settings(read).calendar, one.review_at)


# ---------------------------------------------------------------- action items


def action_list(
    read: Read, hidden: Collection[str], *, states: Collection[str] = (), owner_id: str | None = None,
    team_id: str | None = None, service_id: str | None = None, overdue: bool | None = None,
    severities: Collection[str] = (), types: Collection[str] = (), text: str = "", since: Instant | None = None,
    before: ActionRow | None = None, limit: int = 100,
) -> list[ActionRow]:  # fmt: skip
    """The earliest due first, those without a date last. ``overdue``: promises past their day (``False``: all others).
    ``since``: due or done since then. ``before`` (the last row of a list) continues it. Those of postmortems that are
    closed to the reader are left out."""
    where: list[ColumnElement[bool]] = []
    if hidden:
        where.append(_open_items(hidden))
    if states:
        where.append(actions.c.state.in_(sorted(states)))
    if owner_id is not None:
        where.append(actions.c.owner_id == owner_id)
    if team_id is not None:
        where.append(_of_team(team_id))
    if service_id is not None:
        tied = store.postmortem_services
        where.append(actions.c.postmortem_id.in_(select(tied.c.postmortem_id).where(tied.c.service_id == service_id)))
    if overdue is not None:
        late = (actions.c.state == ActionState.COMMITTED) & (actions.c.due_at < read.now)
        where.append(late if overdue else or_(~late, actions.c.due_at.is_(None)))
    if severities:
        where.append(actions.c.severity.in_(sorted(severities)))
    if types:
        where.append(actions.c.type.in_(sorted(types)))
    where += [actions.c.words.contains(word, autoescape=True) for word in text.lower().split()]
    if since is not None:
        where.append(or_(actions.c.due_at >= since, actions.c.done_at >= since))
    if before is not None:
        where.append(_after(before))
    return store.listed_actions(read, where, limit)


def _open_items(hidden: Collection[str]) -> ColumnElement[bool]:
    """Those that do not belong to a hidden incident, or whose postmortem is for everybody."""
    open_ids = select(postmortems.c.id).where(postmortems.c.open_to_all)
    return or_(actions.c.incident_id.not_in(sorted(hidden)), actions.c.postmortem_id.in_(open_ids))


def _of_team(team_id: str) -> ColumnElement[bool]:
    """The team's own, and those of its postmortems that name no other team."""
    of_team = select(postmortems.c.id).where(postmortems.c.team_id == team_id)
    return or_(actions.c.team_id == team_id, actions.c.team_id.is_(None) & actions.c.postmortem_id.in_(of_team))


def _after(last: ActionRow) -> ColumnElement[bool]:
    if last.item.due_at is None:
        return actions.c.due_at.is_(None) & (actions.c.id > last.item.id)
    same = (actions.c.due_at == last.item.due_at) & (actions.c.id > last.item.id)
    return or_(actions.c.due_at.is_(None), actions.c.due_at > last.item.due_at, same)


def action(read: Read, action_id: str) -> ActionRow | None:
    """Whether the actor may see it or not: for workflows."""
    return store.action(read, action_id)


def actions_of(read: Read, postmortem_ids: Iterable[str]) -> dict[str, list[ActionRow]]:
    """By postmortem, in the order of the document."""
    found: dict[str, list[ActionRow]] = {}
    for row in store.of_postmortems(read, postmortem_ids):
        found.setdefault(row.postmortem_id, []).append(row)
    return found


def action_counts(read: Read, hidden: Collection[str], team_id: str | None = None) -> Mapping[str, int]:
    """How many the actor sees by state, and ``overdue``; of all or of one team."""
    found = dict.fromkeys((*ActionState, "overdue"), 0)
    query = select(actions.c.state, func.count().label("n"), func.sum(_late(read)).label("late"))
    if hidden:
        query = query.where(_open_items(hidden))
    if team_id is not None:
        query = query.where(_of_team(team_id))
    for row in read.all(query.group_by(actions.c.state)):
        found[row.state] = int(row.n)
        found["overdue"] += int(row.late or 0)
    return found


def _late(read: Read) -> ColumnElement[int]:
    late = (actions.c.state == ActionState.COMMITTED) & (actions.c.due_at < read.now)
    return case((late, 1), else_=0)


def overdue_prevent(read: Read, service_ids: Iterable[str]) -> dict[str, list[str]]:
    """Overdue ``prevent`` items by service: what marks it in the budget gate, where its policy says so. Those of
    private incidents are not counted, since whoever asks the gate is told how many there are."""
    tied, owners = store.postmortem_services, store.postmortems
    query = (
        select(tied.c.service_id, actions.c.id)
        .join(actions, actions.c.postmortem_id == tied.c.postmortem_id)
        .join(owners, owners.c.id == tied.c.postmortem_id)
        .where(
            owners.c.private.is_(False) | owners.c.open_to_all.is_(True),
            tied.c.service_id.in_(sorted(set(service_ids))), actions.c.state == ActionState.COMMITTED,
            actions.c.type == ActionType.PREVENT, actions.c.due_at < read.now,
        )
        .order_by(actions.c.due_at)
    )  # fmt: skip
    found: dict[str, list[str]] = {}
    for row in read.all(query):
        found.setdefault(row.service_id, []).append(row.id)
    return found


# ---------------------------------------------------------------- likeness and how it is written


def verdict(read: Read, incident_id: str) -> VerdictRow | None:
    return likeness_store.verdict(read, incident_id)


def verdicts(read: Read, incident_ids: Iterable[str]) -> dict[str, VerdictRow]:
    return likeness_store.verdicts_of(read, incident_ids)


def repeats(read: Read, incident_id: str) -> list[RepeatRow]:
    """Earlier incidents this one is like, the most alike first."""
    return likeness_store.repeats_of(read, incident_id)


def all_repeats(read: Read, since: Instant, hidden: Collection[str]) -> list[RepeatRow]:
    """Of incidents found to repeat another since then; pairs of which one is hidden are left out."""
    found = likeness_store.all_repeats(read, since)
    return [one for one in found if one.incident_id not in hidden and one.earlier_id not in hidden]


def settings(read: Read) -> Settings:
    """How this installation writes postmortems."""
    key = ("postmortem settings",)
    if key not in read.memo:
        read.memo[key] = settings_store.settings(read) or Settings()
    found: Settings = read.memo[key]
    return found


def templates(read: Read) -> Sequence[Template]:
    return settings_store.all_templates(read)


def template_for(read: Read, severity: str, kind: str) -> Template | None:
    return chosen(settings_store.all_templates(read), severity, kind)
