"""The verbs of the process: state, people, the review meeting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from firebell.domain.postmortems import completeness, rules, verbs
from firebell.domain.postmortems.actions import ActionItem, ActionState
from firebell.domain.postmortems.facts import (
    PostmortemDepthSet,
    PostmortemMet,
    PostmortemMoved,
    PostmortemPeopleChanged,
    PostmortemPublished,
    PostmortemReleased,
    PostmortemReviewBooked,
)
from firebell.domain.postmortems.model import Comment, Meeting, Postmortem, Section
from firebell.domain.postmortems.outcome import Asking, Saying
from firebell.kernel.errors import Conflict, Forbidden, Invalid

_AHEAD_MAX_S = 400 * 86_400
P0_ACTION = "p0_action"
"""A reason in ``required``: an error budget policy asks for a promise of priority P0."""


def submit(one: Postmortem, verb: verbs.Submit, asking: Asking, saying: Saying) -> Postmortem:
    after = rules.submit(one, asking.missing, asking.now, asking.by, verb.waiver)
    waived = list(asking.missing) if len(after.waivers) > len(one.waivers) else []
    saying.tell((one.facilitator_id, *one.collaborator_ids), "is ready for review.", but=asking.by)
    return _moved(one, after, "submit", saying, verb.waiver.strip() if waived else "", waived)


def request_changes(one: Postmortem, verb: verbs.RequestChanges, asking: Asking, saying: Saying) -> Postmortem:
    after = rules.request_changes(one, verb.text)
    comment = Comment(
        id=asking.new_id("cmt"), section=Section.SUMMARY, text=verb.text.strip(), by=asking.by, at=asking.now
    )
    saying.made = comment.id
    saying.tell((one.owner_id,), f"needs changes: {verb.text.strip()}", but=asking.by)
    after = replace(after, comments=(*one.comments, comment))
    return _moved(one, after, "request_changes", saying, verb.text.strip())


def approve(one: Postmortem, verb: verbs.Approve, asking: Asking, saying: Saying) -> Postmortem:
    after = rules.approve(one, asking.now, asking.by)
    saying.tell((one.owner_id,), "has been reviewed. It can be published.", but=asking.by)
    return _moved(one, after, "approve", saying)


def publish(one: Postmortem, verb: verbs.Publish, asking: Asking, saying: Saying) -> Postmortem:
    """Publish. Of a private incident for its members, unless it has been released. What an error budget policy asks for
    has one promise of the highest priority."""
    if P0_ACTION in one.required and not any(_is_first(item) for item in one.document.actions):
        raise Conflict(
            "The error budget policy asks for one action item of priority P0.", field="actions",
            hint="Revise it, and promise one.",
        )  # fmt: skip
    after = rules.publish(one, verb.audience, completeness.named(one.document, asking.names), asking.now)
    after = _moved(one, after, "publish", saying)
    saying.record(
        one.id,
        PostmortemPublished(incident_id=one.incident_id, audience=verb.audience, revision=one.revision + 1),
    )
    return after


def _is_first(item: ActionItem) -> bool:
    return item.priority.upper() == "P0" and item.state in (ActionState.COMMITTED, ActionState.DONE)


def close(one: Postmortem, verb: verbs.Close, asking: Asking, saying: Saying) -> Postmortem:
    return _moved(one, rules.close(one, asking.now), "close", saying)


def revise(one: Postmortem, verb: verbs.Revise, asking: Asking, saying: Saying) -> Postmortem:
    after = rules.revise(one, verb.reason)
    saying.tell((one.owner_id,), f"is a draft again: {verb.reason.strip()}", but=asking.by)
    return _moved(one, after, "revise", saying, verb.reason.strip())


def release(one: Postmortem, verb: verbs.Release, asking: Asking, saying: Saying) -> Postmortem:
    """Release: whoever may see private incidents, or waive, says that this may leave the circle."""
    reason = needs_reason(verb.reason)
    if not asking.releases:
        raise Forbidden("You may not release what is private.", field="verb", hint="Ask an administrator.")
    if not one.private or one.released:
        return one
    saying.record(one.id, PostmortemReleased(incident_id=one.incident_id, reason=reason))
    return replace(one, released=True)


def _moved(
    before: Postmortem, after: Postmortem, verb: str, saying: Saying, reason: str = "", waived: list[str] | None = None
) -> Postmortem:
    saying.kept(reason or verb.replace("_", " "))
    saying.record(
        before.id,
        PostmortemMoved(
            incident_id=before.incident_id, verb=verb, before=before.state, after=after.state,
            revision=before.revision + 1, reason=reason, waived=waived or [],
        ),
    )  # fmt: skip
    return replace(after, revision=before.revision)


# ---------------------------------------------------------------- people


def set_owner(one: Postmortem, verb: verbs.SetOwner, asking: Asking, saying: Saying) -> Postmortem:
    """SetOwner: one person."""
    owner = _person(verb.user_id, asking)
    if owner == one.owner_id:
        return one
    if owner == one.facilitator_id:
        raise Invalid("Whoever facilitates the review does not own the postmortem.", field="user_id")
    _people(one, saying, "owner", one.owner_id, owner)
    saying.tell((owner,), "is yours to write.", but=asking.by)
    return replace(one, owner_id=owner, told_at={})


def add_collaborator(one: Postmortem, verb: verbs.AddCollaborator, asking: Asking, saying: Saying) -> Postmortem:
    person = _person(verb.user_id, asking)
    if person in one.collaborator_ids:
        return one
    _people(one, saying, "collaborator", None, person)
    saying.tell((person,), "is written with your help.", but=asking.by)
    return replace(one, collaborator_ids=(*one.collaborator_ids, person))


def remove_collaborator(one: Postmortem, verb: verbs.RemoveCollaborator, asking: Asking, saying: Saying) -> Postmortem:
    if verb.user_id not in one.collaborator_ids:
        return one
    _people(one, saying, "collaborator", verb.user_id, None)
    return replace(one, collaborator_ids=tuple(u for u in one.collaborator_ids if u != verb.user_id))


def set_facilitator(one: Postmortem, verb: verbs.SetFacilitator, asking: Asking, saying: Saying) -> Postmortem:
    person = _person(verb.user_id, asking) if verb.user_id else None
    if person == one.facilitator_id:
        return one
    if person is not None and person == one.owner_id:
        raise Invalid("Its owner does not facilitate the review.", field="user_id", hint="Ask somebody else.")
    _people(one, saying, "facilitator", one.facilitator_id, person)
    saying.tell((person,), "is reviewed in a meeting that you facilitate.", but=asking.by)
    return replace(one, facilitator_id=person)


def set_investigator(one: Postmortem, verb: verbs.SetInvestigator, asking: Asking, saying: Saying) -> Postmortem:
    person = _person(verb.user_id, asking) if verb.user_id else None
    if person == one.investigator_id:
        return one
    if person in asking.responders:
        raise Invalid(
            "Whoever responded does not investigate.", field="user_id", hint="Ask somebody who was not there."
        )
    _people(one, saying, "investigator", one.investigator_id, person)
    saying.tell((person,), "is yours to investigate.", but=asking.by)
    return replace(one, investigator_id=person)


def _people(one: Postmortem, saying: Saying, role: str, before: str | None, after: str | None) -> None:
    saying.record(
        one.id,
        PostmortemPeopleChanged(incident_id=one.incident_id, role=role, before=before, user_id=after),
    )


def _person(user_id: str, asking: Asking) -> str:
    return present(user_id, asking, "user_id")


def present(user_id: str, asking: Asking, field: str) -> str:
    """Somebody with an active account, who may know of the incident. Raises Invalid."""
    if not user_id.strip() or user_id in asking.outsiders:
        raise Invalid(
            "This person cannot work on it.", field=field,
            hint="Name somebody with an active account; that of a private incident has to be let into it first.",
        )  # fmt: skip
    return user_id


# ---------------------------------------------------------------- depth and meeting


def set_depth(one: Postmortem, verb: verbs.SetDepth, asking: Asking, saying: Saying) -> Postmortem:
    if verb.depth is one.depth:
        return one
    saying.record(one.id, PostmortemDepthSet(incident_id=one.incident_id, before=one.depth, after=verb.depth))
    return replace(one, depth=verb.depth)


def book_review(one: Postmortem, verb: verbs.BookReview, asking: Asking, saying: Saying) -> Postmortem:
    if verb.at == one.review_at:
        return one
    if verb.at is not None and abs(verb.at.timestamp() - asking.now.timestamp()) > _AHEAD_MAX_S:
        raise Invalid("That is too far away.", field="at", hint="A moment within a year.")
    at = verb.at.format_iso() if verb.at is not None else None
    saying.record(one.id, PostmortemReviewBooked(incident_id=one.incident_id, at=at))
    return replace(one, review_at=verb.at)


def record_meeting(one: Postmortem, verb: verbs.RecordMeeting, asking: Asking, saying: Saying) -> Postmortem:
    was = one.meeting
    if verb.started_at and verb.ended_at and verb.ended_at < verb.started_at:
        raise Invalid("It ended before it began.", field="ended_at")
    now = Meeting(
        opening=was.opening if verb.opening is None else verb.opening.strip(),
        attendance=was.attendance if verb.attendance is None else tuple(dict.fromkeys(verb.attendance)),
        decisions=was.decisions if verb.decisions is None else tuple(d.strip() for d in verb.decisions if d.strip()),
        started_at=verb.started_at or was.started_at,
        ended_at=verb.ended_at or was.ended_at,
    )
    if now == was:
        return one
    if (now.attendance, now.decisions) != (was.attendance, was.decisions):
        saying.record(
            one.id,
            PostmortemMet(incident_id=one.incident_id, attendance=list(now.attendance), decisions=len(now.decisions)),
        )
    return replace(one, meeting=now)


def needs_reason(text: str, field: str = "reason") -> str:
    """At least ten characters. Raises Invalid."""
    if len(text.strip()) < rules.REASON_MIN:
        raise Invalid("Say why.", field=field, hint=f"At least {rules.REASON_MIN} characters.")
    return text.strip()


HANDLERS: Mapping[type[verbs.Verb], Callable[[Postmortem, Any, Asking, Saying], Postmortem]] = {
    verbs.Submit: submit,
    verbs.RequestChanges: request_changes,
    verbs.Approve: approve,
    verbs.Publish: publish,
    verbs.Close: close,
    verbs.Revise: revise,
    verbs.Release: release,
    verbs.SetOwner: set_owner,
    verbs.AddCollaborator: add_collaborator,
    verbs.RemoveCollaborator: remove_collaborator,
    verbs.SetFacilitator: set_facilitator,
    verbs.SetInvestigator: set_investigator,
    verbs.SetDepth: set_depth,
    verbs.BookReview: book_review,
    verbs.RecordMeeting: record_meeting,
}
