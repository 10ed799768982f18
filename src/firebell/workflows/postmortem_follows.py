"""An incident has moved: its postmortem goes along. And what an incident may not do without it.

Resolved: drafted, or drafted again. Reopened: a draft again. Skipped: not asked for any more. Closed: closed together.
"""

from __future__ import annotations

from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import ACTIVE, Incident, Phase
from firebell.domain.postmortems import commands, likeness_store, queries, rules
from firebell.domain.postmortems import verbs as asked
from firebell.domain.postmortems.model import Postmortem, State
from firebell.domain.postmortems.verdict import Repeat
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Conflict, Forbidden, Invalid
from firebell.kernel.work import Read, Work
from firebell.workflows import (
    action_due,
    postmortem_likeness,
    postmortem_opens,
    postmortem_repeats,
    postmortem_surroundings,
    postmortem_verdicts,
)

_AFTER = frozenset({Phase.RESOLVED, Phase.POSTMORTEM, Phase.FOLLOW_UP, Phase.CLOSED})
_COMPARED = ("title", "summary", "impact", "service_ids", "private", "codename", "kind")
_TAKEN_OVER = ("team_id", "service_ids", "peak", "private")


# ---------------------------------------------------------------- what may not be done without it


def check(work: Work, incident: Incident, verb: verbs.Verb) -> None:
    """Raise Conflict, Forbidden or Invalid where the postmortem stands in the way of what an incident is asked."""
    match verb:
        case verbs.SkipPostmortem():
            _check_skip(work, incident)
        case verbs.StartPostmortem(owner_id=owner_id):
            _check_owner(work, incident, owner_id)
        case verbs.CompletePostmortem():
            one = queries.find(work, incident.id)
            if one is not None and not rules.lets_follow_up(one.state):
                raise Conflict(
                    f"The postmortem is {one.state.replace('_', ' ')}.", field="verb", hint="Have it reviewed first."
                )
        case verbs.Close():
            one = queries.find(work, incident.id)
            if one is not None and one.skipped_at is None:
                _check_close(work, one)


def _check_skip(work: Work, incident: Incident) -> None:
    if incident.phase is not Phase.RESOLVED or work.actor.may(Permission.POSTMORTEMS_WAIVE, incident.team_id):
        return
    one = queries.find(work, incident.id)
    why = one.required if one is not None else tuple(postmortem_opens.required(work, incident))
    if why:
        words = ", ".join(reason.replace("_", " ") for reason in why)
        raise Forbidden(
            f"{incident.reference} needs a postmortem ({words}).", field="verb",
            hint="Start it (start_postmortem), or ask somebody who may waive it.",
        )  # fmt: skip


def _check_owner(work: Read, incident: Incident, owner_id: str) -> None:
    """Whoever owns what is private can see it."""
    if not incident.private:
        return
    circle = incidents.circle(work, incident.id) or frozenset()
    if f"user:{owner_id}" not in circle:
        raise Invalid("They do not know of this incident.", field="owner_id", hint="Let them into it first.")


def _check_close(work: Work, one: Postmortem) -> None:
    if one.state is State.CLOSED:
        return
    if one.state is not State.PUBLISHED:
        raise Conflict(
            f"The postmortem is {one.state.replace('_', ' ')}.", field="verb", hint="Publish it first, or waive it."
        )
    rules.close(one, work.now)


# ---------------------------------------------------------------- what follows


def followed(work: Work, before: Incident | None, after: Incident, verb: verbs.Verb | None = None) -> None:
    """What becomes of the postmortem, of what the incident is compared by, and of what it repeats. ``verb``: what was
    said, where one was."""
    was = before.phase if before is not None else None
    one = queries.find(work, after.id)
    if after.phase is not was:
        one = _moved(work, one, was, after, verb)
    if one is not None and before is not None and any(getattr(before, f) != getattr(after, f) for f in _TAKEN_OVER):
        taken = postmortem_opens.of_incident(after, work.now)
        one = commands.follow(work, one.id, taken).postmortem
    if after.phase in _AFTER and before is not None and _judged(before) != _judged(after):
        one = _graver(work, one, after)
    if before is None or any(getattr(before, field) != getattr(after, field) for field in _COMPARED):
        if after.phase in _AFTER:
            postmortem_likeness.remember(work, after, one)
        elif after.active:
            if likeness_store.signature_of(work, after.id) is not None and before is not None:
                # Resolved once and open again: what others are compared with has to know at once that it is private.
                postmortem_likeness.remember(work, after, one)
            likeness_store.ask_look(work, after.id)
    if before is not None and after.commander_id not in (None, before.commander_id):
        postmortem_repeats.commanded(work, after)
    linked = set(after.related_ids) - set(before.related_ids if before is not None else ())
    if linked:
        postmortem_verdicts.ask(work, linked)


def _judged(incident: Incident) -> tuple[object, ...]:
    """What a postmortem may be required by, as far as the incident itself says it."""
    return incident.peak, incident.detection, postmortem_opens.is_data_lost(incident)


def _graver(work: Work, one: Postmortem | None, after: Incident) -> Postmortem | None:
    """It was judged graver after the resolution, or customers were the first to notice, or data was lost: what was
    optional may have become due. What somebody has decided not to write stays unwritten."""
    why = postmortem_opens.required(work, after)
    if one is None:
        return postmortem_opens.draft_one(work, after, owner_id=after.postmortem_owner_id, why=why) if why else None
    return postmortem_opens.reasoned(work, one, why)


def _moved(
    work: Work, one: Postmortem | None, was: Phase | None, after: Incident, verb: verbs.Verb | None
) -> Postmortem | None:
    if after.phase in ACTIVE:
        if one is not None and was in _AFTER:
            return commands.reopened(work, one.id, work.actor.id).postmortem
        return one
    if after.phase is Phase.RESOLVED:
        one = postmortem_opens.on_resolved(work, after)
        postmortem_likeness.remember(work, after, one)
        for row in postmortem_repeats.look(work, after):
            if row.kind is Repeat.AFTER_FIX:
                action_due.recurred(work, row.earlier_id, after)
        postmortem_verdicts.compute(work, after.id)
        return one
    if after.phase is Phase.POSTMORTEM:
        return _begun(work, one, after)
    if after.phase is Phase.FOLLOW_UP and was is Phase.RESOLVED and one is not None:
        reason = verb.reason.strip() if isinstance(verb, verbs.SkipPostmortem) else ""
        return commands.skip(work, one.id, reason, work.actor.id).postmortem
    if after.phase is Phase.CLOSED and one is not None and one.state is State.PUBLISHED and one.skipped_at is None:
        return _said(work, one, asked.Close())
    return one


def _begun(work: Work, one: Postmortem | None, after: Incident) -> Postmortem:
    owner = after.postmortem_owner_id
    if one is None:
        return postmortem_opens.draft_one(work, after, owner_id=owner)
    return _said(work, one, asked.SetOwner(user_id=owner)) if owner and owner != one.owner_id else one


def _said(work: Work, one: Postmortem, verb: asked.Verb) -> Postmortem:
    """What the house says to the postmortem because the incident has moved."""
    asking = postmortem_surroundings.asking(work, one, verb, user_id="")
    return commands.act(work, one.id, verb, asking, told=True).postmortem
