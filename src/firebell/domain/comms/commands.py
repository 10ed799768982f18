"""What can be done to updates. Told by workflows, which hand over the incident as a situation."""

from __future__ import annotations

from msgspec.structs import replace

from firebell.domain.comms import cadence, compose, desk_store, store
from firebell.domain.comms.access import may, may_approve
from firebell.domain.comms.facts import (
    CheckOverridden,
    UpdateApproved,
    UpdateEdited,
    UpdateRejected,
    UpdateSent,
    UpdateSubmitted,
    UpdateWithdrawn,
)
from firebell.domain.comms.model import PENDING, Audience, NewUpdate, Situation, Update, UpdateState
from firebell.kernel import ids
from firebell.kernel.clock import Instant, seconds_between
from firebell.kernel.errors import Changed, Conflict, Forbidden, Invalid, NotFound
from firebell.kernel.work import Work

EVENT_AHEAD_S = 60


def write(work: Work, situation: Situation, new: NewUpdate, *, author_id: str, template_only: bool) -> Update:
    """A new update, complete as it is given, as a draft. Overruled checks are recorded when it is sent."""
    may(work, situation, new.audience)
    update = Update(
        id=ids.new("upd", work.now), incident_id=situation.incident_id, audience=new.audience, phase=situation.phase,
        state=UpdateState.DRAFT, title=new.title, body=new.body, status=new.status, severity=situation.severity,
        impact=new.impact, eta=new.eta, commander_id=situation.commander_id,
        next_update_by=None if new.final else new.next_update_by, final=new.final, components=new.components,
        page_id=new.page_id, key=new.key or None, automatic=new.automatic, template_only=template_only,
        author_id=author_id, sha256=compose.sha256(new.body, new.components, new.status), overrides=new.overrides,
        event_at=new.event_at or work.now, recorded_at=work.now,
    )  # fmt: skip
    store.add_update(work, update)
    work.publish(situation.incident_id)
    return update


def rewrite(
    work: Work, update_id: str, situation: Situation, new: NewUpdate, *, author_id: str, template_only: bool
) -> Update:
    """Another text for what is not sent yet, by whoever wrote it now: who rewrites a draft cannot release it as
    somebody else's. An approval is void, whatever was changed."""
    may(work, situation, new.audience)
    before = _pending(work, update_id)
    after = replace(
        before, phase=situation.phase, state=UpdateState.DRAFT, title=new.title, body=new.body, status=new.status,
        severity=situation.severity, impact=new.impact, eta=new.eta,
        next_update_by=None if new.final else new.next_update_by, final=new.final, components=new.components,
        page_id=new.page_id, template_only=template_only, overrides=new.overrides, approver_id=None, approved_at=None,
        author_id=author_id, sha256=compose.sha256(new.body, new.components, new.status), version=before.version + 1,
    )  # fmt: skip
    store.save_update(work, after)
    work.record(before.incident_id, UpdateEdited(update_id=after.id, audience=after.audience, sha256=after.sha256))
    work.publish(before.incident_id)
    return after


def submit(work: Work, update: Update) -> Update:
    """It waits for its release."""
    after = replace(update, state=UpdateState.AWAITING_APPROVAL)
    store.save_update(work, after)
    work.record(
        update.incident_id,
        UpdateSubmitted(update_id=update.id, audience=update.audience, status=update.status, sha256=update.sha256),
    )
    return after


def approve(work: Work, update_id: str, situation: Situation, sha256: str, *, approver_id: str) -> Update:
    """Release exactly what ``sha256`` stands for. Raises Changed when that is not the text any more, Forbidden unless
    the Incident Commander (or the deputy by delegation) says so, and at SEV1 and SEV2 not to their own text."""
    may(work, situation, Audience.PUBLIC)
    update = _pending(work, update_id)
    if not may_approve(situation, approver_id, desk_store.delegation(work, situation.incident_id)):
        raise Forbidden(
            "The Incident Commander releases public text.", hint="Or the deputy, when the commander has delegated it."
        )
    if situation.major and approver_id == update.author_id:
        raise Forbidden(
            "Nobody releases their own text at SEV1 and SEV2.",
            hint="Let the Comms Lead write it, or delegate the release to the deputy.",
        )
    if any(update.overrides.values()) and approver_id != situation.commander_id:
        raise Forbidden("Only the Incident Commander overrules a check.", hint="Mend the text, or ask the commander.")
    if sha256 != update.sha256:
        raise Changed("The text has been edited since you read it.", hint="Read it again and release that.")
    after = replace(
        update, state=UpdateState.APPROVED, approver_id=approver_id, approved_at=work.now, version=update.version + 1
    )
    store.save_update(work, after)
    work.record(update.incident_id, UpdateApproved(update_id=update.id, audience=update.audience, sha256=update.sha256))
    return after


def reject(work: Work, update_id: str, situation: Situation, reason: str, *, approver_id: str) -> Update:
    """Refuse a draft, with the reason its author needs."""
    may(work, situation, Audience.PUBLIC)
    update = _pending(work, update_id)
    if not may_approve(situation, approver_id, desk_store.delegation(work, situation.incident_id)):
        raise Forbidden("The Incident Commander decides on public text.", hint="Withdraw it if it is yours.")
    if not reason.strip():
        raise Invalid("Say what is wrong with it.", field="reason", hint="The author has to know what to change.")
    after = replace(update, state=UpdateState.REJECTED, reason=reason.strip(), version=update.version + 1)
    store.save_update(work, after)
    work.record(update.incident_id, UpdateRejected(update_id=update.id, audience=update.audience, reason=after.reason))
    work.publish(update.incident_id)
    return after


def withdraw(work: Work, update_id: str, situation: Situation, reason: str = "") -> Update:
    """Take back what is not sent yet."""
    may(work, situation)
    return _withdrawn(work, _pending(work, update_id), reason)


def withdraw_past(work: Work, situation: Situation, *, public_only: bool = False) -> list[Update]:
    """Drafts that belong to a phase that is over (or, of a private incident, to the public) are not for sending."""
    done = []
    for one in store.pending_of(work, situation.incident_id):
        if public_only and one.audience != Audience.PUBLIC:
            continue
        if not public_only and one.status == "postmortem" and not situation.active:
            # Customers are told what happened in any phase after the response.
            continue
        if public_only or not _same_stretch(one.phase, situation.phase):
            why = "the incident is private" if public_only else f"the incident is {situation.phase}"
            done.append(_withdrawn(work, one, why))
    return done


def _same_stretch(one: str, other: str) -> bool:
    """Triage and responding are told in the same words: a draft survives the step between them."""
    early = ("triage", "responding")
    return one == other or (one in early and other in early)


def _withdrawn(work: Work, update: Update, reason: str) -> Update:
    after = replace(update, state=UpdateState.WITHDRAWN, reason=reason, version=update.version + 1)
    store.save_update(work, after)
    work.record(update.incident_id, UpdateWithdrawn(update_id=update.id, audience=update.audience, reason=reason))
    work.publish(update.incident_id)
    return after


def _pending(work: Work, update_id: str) -> Update:
    update = store.take_update(work, update_id)
    if update is None:
        raise NotFound("There is no such update.", field="update_id")
    if update.state not in PENDING:
        raise Conflict(f"This update is {update.state}.", hint="Write a new one.")
    return update


def send(work: Work, update: Update, situation: Situation, zone: str) -> Update:
    """It is said: the promise before it is settled, the next one made, and the clock starts its next wait."""
    after = replace(update, state=UpdateState.SENT, sent_at=work.now, version=update.version + 1)
    store.save_update(work, after)
    for check, reason in sorted(after.overrides.items()):
        if reason.strip():
            work.record(after.incident_id, CheckOverridden(update_id=after.id, check=check, reason=reason.strip()))
    due_at = after.next_update_by
    work.record(
        after.incident_id,
        UpdateSent(
            update_id=after.id, audience=after.audience, status=after.status, body=after.body,
            next_update_by=due_at.format_iso() if due_at is not None else None, final=after.final,
            automatic=after.automatic,
        ),
        event_at=after.event_at,
    )  # fmt: skip
    if situation.keeps_time:
        cadence.promise(work, after, situation)
        cadence.go_on(work, after, situation, zone)
    work.publish("incidents", after.incident_id)
    return after


def check_promise(new: NewUpdate, latest: Instant | None, now: Instant) -> None:
    """Raises Invalid (field ``next_update_by`` or ``event_at``) for a due time past the ceiling, or a time to come."""
    if new.event_at is not None and seconds_between(now, new.event_at) > EVENT_AHEAD_S:
        raise Invalid("That has not happened yet.", field="event_at", hint="Leave it out for now.")
    due_at = new.next_update_by
    if new.final or due_at is None or latest is None:
        return
    if seconds_between(latest, due_at) > 0:
        minutes = round(seconds_between(now, latest) / 60)
        raise Invalid(
            f"The next {new.audience} update comes within {minutes} min at the latest.", field="next_update_by",
            hint=f"By {latest.format_iso()}. From two hours on the Incident Commander may slow the updates down.",
        )  # fmt: skip
