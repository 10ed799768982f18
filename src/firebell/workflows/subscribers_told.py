"""Subscribers of a status page are told: one update is one message to each, in batches, and who asks is asked back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from firebell.domain.outbox import commands as outbox
from firebell.domain.outbox.model import NewPost
from firebell.domain.statuspage import subscribers
from firebell.domain.statuspage.maintenance_model import Happening, Maintenance, Step
from firebell.domain.statuspage.model import Component, PublicIncident, PublicUpdate, StatusPage
from firebell.domain.statuspage.rules import code_of
from firebell.domain.statuspage.subscriber_model import About, Fanout, Subscriber, SubscriberKind
from firebell.domain.statuspage.subscribers import Asked
from firebell.kernel.clock import Instant, micros
from firebell.kernel.work import Work

OUTLETS: Mapping[SubscriberKind, str] = {
    SubscriberKind.EMAIL: "subscriber_mail",
    SubscriberKind.WEBHOOK: "subscriber_webhook",
    SubscriberKind.CHAT: "subscriber_chat",
}
STATUS_WORDS: Mapping[str, str] = {
    "investigating": "Investigating", "identified": "Identified", "monitoring": "Monitoring", "resolved": "Resolved",
    "postmortem": "Postmortem", "operational": "Operational", "under_maintenance": "Under maintenance",
    "degraded_performance": "Degraded performance", "partial_outage": "Partial outage", "major_outage": "Major outage",
}  # fmt: skip
_STEP_WORDS: Mapping[Step, str] = {
    Step.SCHEDULED: "Scheduled maintenance",
    Step.REMINDED: "Upcoming maintenance",
    Step.STARTED: "Maintenance has begun",
    Step.VERIFYING: "Maintenance is being verified",
    Step.COMPLETED: "Maintenance completed",
    Step.CANCELLED: "Maintenance cancelled",
    Step.MOVED: "Maintenance moved",
    Step.NOTED: "About maintenance",
}


def incident_posted(work: Work, page_id: str, made: PublicIncident, update: PublicUpdate) -> str | None:
    """Tell of an update of a public incident, once; returns the fan-out's id."""
    said = {change.component_id: change for change in update.changes}
    word = STATUS_WORDS[update.status]
    message = {
        "subject": f"{word}: {made.name}",
        "heading": f"{made.name}: {word.lower()}",
        "body": update.body,
        "lines": [f"{one.name}: {STATUS_WORDS[one.new]}" for one in said.values()],
        "path": f"/incidents/{made.code}",
        "thread": made.id,
        "event": {
            "type": "status.incident_updated",
            "data": {
                "incident": {
                    "id": made.code, "name": made.name, "status": str(made.status), "impact": str(made.impact),
                    "started_at": made.started_at.format_iso(), "resolved_at": _iso(made.resolved_at),
                },
                "update": {"id": update.code, "status": str(update.status), "body": update.body,
                           "event_at": update.event_at.format_iso()},
                "components": [{"id": one.code, "name": one.name, "status": one.new} for one in said.values()],
            },
        },
    }  # fmt: skip
    about = {*made.components, *said}
    return subscribers.tell_all(work, page_id, About.INCIDENTS, made.id, update.id, sorted(about), message)


def component_changed(work: Work, page_id: str, before: Component, after: Component) -> str | None:
    """Tell of a component's state and its note, in one message."""
    if after.hidden:
        return None
    word = STATUS_WORDS[after.status]
    message = {
        "subject": f"{after.name}: {word}",
        "heading": f"{after.name}: {word.lower()}",
        "body": after.note,
        "lines": [f"It was {STATUS_WORDS[before.status].lower()} before."],
        "path": "",
        "thread": after.id,
        "event": {
            "type": "status.component_changed",
            "data": {
                "component": {"id": after.code, "name": after.name, "status": str(after.status), "note": after.note,
                              "old_status": str(before.status)},
            },
        },
    }  # fmt: skip
    key = f"{after.id}@{micros(work.now)}"
    return subscribers.tell_all(work, page_id, About.INCIDENTS, after.id, key, [after.id], message)


def maintenance_happened(work: Work, happened: Iterable[Happening]) -> None:
    """Tell of what a maintenance has come to, as far as its subscribers want to know."""
    for one in happened:
        if one.key:
            planned = one.maintenance
            subscribers.tell_all(
                work, planned.page_id, About.MAINTENANCE, planned.id, one.key, planned.component_ids, _planned(one)
            )


def _planned(happening: Happening) -> dict[str, Any]:
    one, word = happening.maintenance, _STEP_WORDS[happening.step]
    return {
        "subject": f"{word}: {one.name}",
        "heading": f"{word}: {one.name}",
        "body": happening.body or one.body,
        "lines": [],
        "from": one.scheduled_for.format_iso(),
        "until": one.scheduled_until.format_iso(),
        "path": f"/incidents/{code_of(one.id)}",
        "thread": one.id,
        "event": {"type": f"status.maintenance_{happening.step}", "data": {"maintenance": _plan(one)}},
    }


def _plan(one: Maintenance) -> dict[str, Any]:
    return {
        "id": code_of(one.id), "name": one.name, "status": str(one.state), "body": one.body,
        "scheduled_for": one.scheduled_for.format_iso(), "scheduled_until": one.scheduled_until.format_iso(),
    }  # fmt: skip


def _iso(at: Instant | None) -> str | None:
    return at.format_iso() if at is not None else None


# ------------------------------------------------------------------ the way out


def spread(work: Work) -> bool:
    """Queue the message for the next batch of subscribers. False when nothing is to be spread."""
    found = subscribers.spread(work)
    if found is None:
        return False
    fanout, chosen = found
    outbox.put_all(work, [_post(fanout, one) for one in chosen])
    return True


def _post(fanout: Fanout, one: Subscriber) -> NewPost:
    # A page's mails share the mail server's fate; other addresses share nobody's.
    lane = f"mail:{fanout.page_id}" if one.kind is SubscriberKind.EMAIL else ""
    return NewPost(OUTLETS[one.kind], one.id, {"fanout": fanout.id}, key=f"{fanout.key}/{one.id}", lane=lane)


def asked(work: Work, page: StatusPage, found: Asked) -> None:
    """Ask somebody to prove their address: a mail with a link, or a signed ping that must be answered with 2xx."""
    one = found.subscriber
    if one is None:
        return
    if found.known and one.kind is not SubscriberKind.EMAIL:
        return
    lane = f"mail:asks:{page.id}" if one.kind is SubscriberKind.EMAIL else ""
    what = "known" if found.known else "ask"
    outbox.put(work, OUTLETS[one.kind], one.id, {what: True}, key=f"{one.id}/{what}@{micros(work.now)}", lane=lane)
