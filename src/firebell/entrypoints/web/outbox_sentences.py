"""The sentences of what leaves by the outbox, of webhooks, of subscribers and of maintenances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firebell.entrypoints.web.sentence import Sentence

_CHANGED = {
    "in_progress": "began the maintenance {name}",
    "verifying": "began to check the maintenance {name}",
    "completed": "completed the maintenance {name}",
    "cancelled": "cancelled the maintenance {name}",
}


def _changed(fact: Mapping[str, Any]) -> str:
    words = _CHANGED.get(str(fact["state"]), "moved the maintenance {name} to {state}")
    return words + (": {body}" if fact["body"] else "") + _stop(fact)


def _noted(fact: Mapping[str, Any]) -> str:
    return "said about the maintenance {name}: {body}" + _stop(fact)


def _stop(fact: Mapping[str, Any]) -> str:
    return "" if str(fact["body"]).endswith(".") else "."


def _ended(fact: Mapping[str, Any]) -> str:
    if fact["by"] == "firebell":
        return "A subscriber is not told any more: {why}."
    return "A subscriber left." if fact["by"] == "link" else "took a subscriber off the list."


def _imported(fact: Mapping[str, Any]) -> str:
    state = "who had agreed" if fact["confirmed"] else "who were asked to confirm"
    return "imported {added} subscribers " + state + "; {known} were known already."


def _digest(fact: Mapping[str, Any]) -> str:
    whose = "the organisation's digest" if fact["scope"] == "all" else "the digest of {scope}"
    return f"asked for {whose} by mail." if fact["wanted"] else f"wants {whose} by mail no more."


OUTBOX: Mapping[str, Sentence] = {
    "post.failed": Sentence("A message by {outlet} was given up after {attempts} attempts ({reply}).", "broken"),
    "post.quarantined": Sentence("A message by {outlet} was set aside: it took its sender down three times.", "broken"),
    "insight.digest_chosen": Sentence(_digest),
    # webhooks
    "webhook.created": Sentence("made the webhook {name} to {to} ({flavour}), for {events}."),
    "webhook.edited": Sentence("changed {changed} of the webhook {name}."),
    "webhook.deleted": Sentence("deleted the webhook {name}."),
    "webhook.secret_rotated": Sentence("gave the webhook {name} a new secret; the old one signs too until {until}."),
    "webhook.disabled": Sentence("The webhook {name} was switched off: {why}.", "broken"),
    "webhook.enabled": Sentence("switched the webhook {name} on."),
    # subscribers
    "subscriber.confirmed": Sentence("A subscriber confirmed (by {by}, from {source})."),
    "subscriber.ended": Sentence(_ended),
    "subscriber.imported": Sentence(_imported),
    "subscriber.exported": Sentence("exported {count} subscribers."),
    "subscriber.told": Sentence("“{subject}” was put on its way to {told} subscribers.", "machine"),
    # maintenance
    "maintenance.scheduled": Sentence("scheduled the maintenance {name} from {scheduled_for} to {scheduled_until}."),
    "maintenance.moved": Sentence("moved the maintenance {name} to {scheduled_for} until {scheduled_until}."),
    "maintenance.changed": Sentence(_changed, "strong"),
    "maintenance.noted": Sentence(_noted),
    "maintenance.edited": Sentence("changed {changed} of the maintenance {name}."),
}
