"""What can be done to postmortems. Workflows call these; ``act`` is how every verb reaches the database.

The row is locked first, then the rules decide on what it says: of two who write into different sections both are kept,
of two who write into the same one the second is refused. Every change of words is in a revision: one for each stretch
of one person's writing, and one for each move of its state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from firebell.domain.postmortems import acting, deciding, kept_store, nagging, queries, rules, store, verbs
from firebell.domain.postmortems.actions import ActionItem
from firebell.domain.postmortems.facts import (
    PostmortemOpened,
    PostmortemPeopleChanged,
    PostmortemReminded,
    PostmortemSkipped,
    PostmortemWritten,
)
from firebell.domain.postmortems.model import Postmortem, Revision, State, Waiver
from firebell.domain.postmortems.office import Calendar
from firebell.domain.postmortems.outcome import Asking, Keep, Saying, Tell
from firebell.domain.postmortems.store import ActionRow
from firebell.kernel.actor import Actor, Permission
from firebell.kernel.clock import Instant, plus, seconds_between
from firebell.kernel.errors import Changed, NotFound
from firebell.kernel.work import Work

STRETCH_S = 600
"""Writing that goes on after a shorter pause is the same revision."""
QUIET_S = 3600
"""How long one waits of which nothing was to be said although its moment had come."""
TOPIC = "postmortems"
_BY_ANY_READER = (verbs.AddComment,)
_BY_OWNER_OF_ITEM = (verbs.CommitAction, verbs.CloseAction, verbs.EditAction)


@dataclass(frozen=True, slots=True)
class Acted:
    """The postmortem as it is now, and whom to tell. ``warnings`` are for whoever asked; ``made`` is the id of the part
    the verb made. ``changed``: whether anything did."""

    postmortem: Postmortem
    tells: tuple[Tell, ...] = ()
    warnings: tuple[str, ...] = ()
    made: str = ""
    changed: bool = False


def missing() -> NotFound:
    """What is said of a postmortem that is not there, and of one that is not to be seen: the very same."""
    return NotFound("There is no such postmortem.", field="postmortem_id")


def may_edit(actor: Actor, one: Postmortem) -> bool:
    """Whether the actor may write in it: by permission, or as one of its people."""
    if actor.may(Permission.POSTMORTEMS_EDIT, one.team_id):
        return True
    own = (one.owner_id, one.facilitator_id, one.investigator_id, *one.collaborator_ids)
    return actor.kind == "user" and actor.id in own


def open_new(work: Work, new: Postmortem, roles: Mapping[str, str]) -> Postmortem:
    """Write a postmortem that was drafted. ``roles``: who held which role. Told by a workflow that has looked whether
    it may."""
    new = replace(new, due_at=_due_at(work, new))
    store.add(work, new)
    kept_store.set_roles(work, new.id, roles)
    first = Revision(
        number=new.revision, document=new.document, state=new.state, by="system", at=work.now, until_at=work.now,
        reason="the first draft",
    )  # fmt: skip
    kept_store.put_revision(work, new.id, first)
    said = PostmortemOpened(incident_id=new.incident_id, required=list(new.required), owner_id=new.owner_id)
    work.record(new.id, said)
    _told(work, new)
    return new


def act(
    work: Work, postmortem_id: str, verb: verbs.Verb, asking: Asking, *, told: bool = False, expected: int | None = None
) -> Acted:
    """Do what ``verb`` says. ``told``: a workflow says it on behalf of the house, which needs no permission.

    Raises NotFound, Forbidden, Changed, Conflict (naming what is possible), Invalid.
    """
    one = store.take(work, postmortem_id)
    if one is None:
        raise missing()
    if not told:
        _check_may(work, one, verb)
    if expected is not None and expected != one.version:
        raise Changed("This postmortem has moved on meanwhile.", hint="Look at it again and repeat your change.")
    outcome = deciding.apply(one, verb, asking)
    return settle(work, one, outcome.postmortem, outcome.said, asking.by)


def settle(work: Work, before: Postmortem, after: Postmortem, said: Saying, by: str) -> Acted:
    """Write a change down: the row, its action items, the revision, the facts."""
    tells, warnings = tuple(said.tells), tuple(said.warnings)
    if after == before and not said.facts:
        return Acted(before, tells, warnings, said.made)
    after, written = _kept(work, before, after, said, by)
    calendar = queries.settings(work).calendar
    _save_items(work, before, after, calendar)
    after = replace(after, due_at=_due_at(work, after), version=before.version + 1)
    store.save(work, before, after)
    for subject, fact in said.facts:
        work.record(subject, fact)
    if written:
        work.record(after.id, PostmortemWritten(incident_id=after.incident_id, revision=after.revision))
    _told(work, after)
    return Acted(after, tells, warnings, said.made, True)


def _told(work: Work, one: Postmortem) -> None:
    work.publish(TOPIC, "actions", one.id, one.incident_id)
    work.wake()


def _check_may(work: Work, one: Postmortem, verb: verbs.Verb) -> None:
    if may_edit(work.actor, one):
        return
    if isinstance(verb, _BY_ANY_READER) and work.actor.may(Permission.POSTMORTEMS_VIEW, one.team_id):
        return
    if isinstance(verb, _BY_OWNER_OF_ITEM) and work.actor.kind == "user":
        item = next((item for item in one.document.actions if item.id == verb.action), None)
        if item is not None and item.owner_id == work.actor.id:
            return
    work.needs(Permission.POSTMORTEMS_EDIT, one.team_id)


# ---------------------------------------------------------------- revisions


def _kept(work: Work, before: Postmortem, after: Postmortem, said: Saying, by: str) -> tuple[Postmortem, bool]:
    """The change in a revision; and whether a new stretch of writing has begun."""
    if said.keep is Keep.NOT:
        return after, False
    newest = kept_store.revision(work, before.id, before.revision) if said.keep is Keep.STRETCH else None
    goes_on = (
        newest is not None
        and newest.by == by
        and not newest.reason
        and newest.state is after.state
        and seconds_between(newest.until_at or newest.at, work.now) <= STRETCH_S
    )
    number = before.revision if goes_on else before.revision + 1
    began = newest.at if goes_on and newest is not None else work.now
    kept_store.put_revision(
        work,
        before.id,
        Revision(
            number=number, document=after.document, state=after.state, by=by, at=began, until_at=work.now,
            reason=said.reason,
        ),
    )  # fmt: skip
    return replace(after, revision=number), said.keep is Keep.STRETCH and not goes_on


# ---------------------------------------------------------------- action items


def _save_items(work: Work, before: Postmortem, after: Postmortem, calendar: Calendar) -> None:
    was = {item.id: item for item in before.document.actions}
    now = {item.id: item for item in after.document.actions}
    for gone in was.keys() - now.keys():
        store.remove_action(work, gone)
    last = max((row.position for row in store.of_postmortems(work, [after.id])), default=0)
    new = [item for item in after.document.actions if item.id not in was]
    store.add_actions(work, [_row(work, after, item, last + n, calendar) for n, item in enumerate(new, 1)])
    for item_id, item in now.items():
        if item_id in was and was[item_id] != item:
            row = store.take_action(work, item_id)
            if row is not None:
                store.save_action(work, row, rung(row, item, work.now, calendar))


def _row(work: Work, one: Postmortem, item: ActionItem, position: int, calendar: Calendar) -> ActionRow:
    told = acting.told_already(item, work.now, calendar)
    return ActionRow(
        item=item, postmortem_id=one.id, incident_id=one.incident_id, position=position, told=told,
        ring_at=acting.ring_at(item, told, work.now, calendar),
    )  # fmt: skip


def rung(row: ActionRow, item: ActionItem, now: Instant, calendar: Calendar) -> ActionRow:
    """The row with its item changed: a new promise, a new owner and a new day begin the ladder anew, without what lies
    behind."""
    before = row.item
    told = row.told
    if (before.state, before.due_at, before.owner_id) != (item.state, item.due_at, item.owner_id):
        told = acting.told_already(item, now, calendar)
        if before.state is item.state and before.due_at == item.due_at:
            # Another owner hears of the rung their predecessor did not act on.
            told = min(told, max(0, row.told - 1))
    return replace(row, item=item, told=told, ring_at=acting.ring_at(item, told, now, calendar))


# ---------------------------------------------------------------- what the incident and the clock say


def reopened(work: Work, postmortem_id: str, by: str) -> Acted:
    """Its incident was reopened: it is a draft again, and one that was to be done without may be needed."""
    one = store.take(work, postmortem_id)
    if one is None:
        raise missing()
    after = replace(rules.reopened(one), revision=one.revision, skipped_at=None, told_at={})
    said = Saying()
    if after.state is not one.state:
        said.kept("the incident was reopened")
    return settle(work, one, after, said, by)


def follow(
    work: Work, postmortem_id: str, changes: Mapping[str, object], roles: Mapping[str, str] | None = None
) -> Acted:
    """Take over what the incident says of itself: peak, privacy, team, services, when it was resolved, and who has held
    which role since."""
    one = store.take(work, postmortem_id)
    if one is None:
        raise missing()
    if roles:
        kept_store.set_roles(work, one.id, roles)
    return settle(work, one, replace(one, **changes), Saying(), "system")


def skip(work: Work, postmortem_id: str, reason: str, by: str) -> Acted:
    """It will not be written. Whether that may be, the incident's rules have decided."""
    one = store.take(work, postmortem_id)
    if one is None:
        raise missing()
    if one.skipped_at is not None:
        return Acted(one)
    said = Saying()
    waived = bool(one.required)
    said.record(one.id, PostmortemSkipped(incident_id=one.incident_id, reason=reason, waived=waived))
    waivers = one.waivers
    if waived:
        waivers = (*waivers, Waiver(what="required", reason=reason, by=by, at=work.now))
    return settle(work, one, replace(one, skipped_at=work.now, waivers=waivers), said, by)


def reminded(work: Work, one: Postmortem, about: Iterable[nagging.Nag], users: Iterable[str]) -> Postmortem:
    """Its people have been told what is late."""
    said = Saying()
    late = [str(nag) for nag in about]
    said.record(one.id, PostmortemReminded(incident_id=one.incident_id, about=late, users=list(users)))
    after = replace(one, told_at={**one.told_at, **dict.fromkeys(late, work.now)})
    return settle(work, one, after, said, "system").postmortem


def timed(work: Work, one: Postmortem) -> Postmortem:
    """Nothing is to be said of it now: when is it next?"""
    at = _due_at(work, one)
    if at is not None and at <= work.now:
        at = plus(work.now, QUIET_S)
    after = replace(one, due_at=at, version=one.version + 1)
    store.save(work, one, after)
    return after


def _due_at(work: Work, one: Postmortem) -> Instant | None:
    """When something of it is next late, in office hours; ``None`` when nothing can be."""
    if deciding.is_over(one) or one.kind in ("drill", "test") or one.state is State.PUBLISHED:
        return None
    calendar = queries.settings(work).calendar
    until = rules.deadlines(one.peak, one.resolved_at, calendar, one.review_at)
    return nagging.next_nag(one, until, calendar)


def owner_left(work: Work, user_id: str) -> list[str]:
    """Their account is off: what they were to write waits for somebody else. Returns the postmortems."""
    left = []
    for postmortem_id in store.written_by(work, user_id):
        one = store.take(work, postmortem_id)
        if one is None or one.owner_id != user_id:
            continue
        said = Saying()
        said.record(
            one.id,
            PostmortemPeopleChanged(incident_id=one.incident_id, role="owner", before=user_id, user_id=None),
        )
        settle(work, one, replace(one, owner_id=None, told_at={}), said, "system")
        left.append(one.id)
    return left


def note_read(work: Work, postmortem_id: str) -> None:
    """Somebody has opened it. Told by a workflow that has looked whether they may."""
    if work.actor.kind == "user":
        kept_store.note_read(work, postmortem_id, work.actor.id)


def say_useful(work: Work, postmortem_id: str, useful: bool) -> None:
    if work.actor.kind == "user":
        kept_store.say_useful(work, postmortem_id, work.actor.id, useful)
