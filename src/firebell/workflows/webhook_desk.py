"""Where webhook posts lead, and what follows when an endpoint fails: its owner is told that it was switched off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from firebell.domain.incidents import queries as incidents
from firebell.domain.outbox.model import Outcome, OutcomeKind, Post
from firebell.domain.outbox.rules import Sequel
from firebell.domain.people import queries as people
from firebell.domain.webhooks import commands, queries
from firebell.domain.webhooks.model import Webhook
from firebell.kernel.actor import SYSTEM
from firebell.kernel.secrets import Keyring
from firebell.kernel.work import Read, Work
from firebell.workflows.nudged import nudge
from firebell.workflows.outbox_desks import Directions


class WebhookDesk:
    """Desk of the outlets ``webhook``, ``pagerduty_webhook``, ``teams`` and ``chat_webhook``."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def directions(self, read: Read, posts: Sequence[Post]) -> Mapping[str, Directions]:
        there = {str(one.id): one for one in queries.listeners(read)}
        opened = queries.opened(read, {post.target_id for post in posts if post.target_id in there}, self._keyring)
        return {
            post.id: Directions(opened[post.target_id], _said(post))
            for post in posts
            if post.target_id in opened and _may_hear(read, there[post.target_id], post)
        }

    def told(self, work: Work, post: Post, outcome: Outcome, sequel: Sequel) -> None:
        if outcome.kind is OutcomeKind.SENT:
            commands.note_delivered(work, post.target_id, outcome.reply)
            return
        gone = outcome.kind is OutcomeKind.GONE
        disabled = commands.note_failed(work, post.target_id, outcome.reply, gone=gone)
        if disabled is not None:
            _tell_owner(work, disabled)


def _said(post: Post) -> Mapping[str, object]:
    said = post.payload.get("said")
    return said if isinstance(said, dict) else post.payload


def _may_hear(read: Read, webhook: Webhook, post: Post) -> bool:
    """An incident may have become private since the post was queued."""
    incident_id = post.payload.get("incident_id")
    if not incident_id or webhook.private:
        return True
    found = incidents.find(Read(read.connection, read.now, SYSTEM), incident_id)
    return found is not None and not found.private


def _tell_owner(work: Work, webhook: Webhook) -> None:
    owner = people.person(work, webhook.owner_id) if webhook.owner_id else None
    told = [webhook.owner_id] if owner is not None and owner.user.active else people.admins(work)
    nudge(
        work,
        told,
        title=f"Webhook {webhook.name} was switched off",
        body=f"{webhook.shown} is not called any more: {webhook.disabled_why}.\nMend it and enable it again.",
        incident_id="",
    )
