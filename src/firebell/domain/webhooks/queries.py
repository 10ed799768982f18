"""Webhooks for people, for the API, and for whoever sends to them."""

from __future__ import annotations

from collections.abc import Iterable

from firebell.domain.webhooks import store
from firebell.domain.webhooks.model import Webhook
from firebell.kernel.actor import Permission
from firebell.kernel.clock import micros
from firebell.kernel.errors import NotFound
from firebell.kernel.secrets import Keyring, Unsealable
from firebell.kernel.work import Read


def webhook(read: Read, webhook_id: str) -> Webhook:
    """Raises NotFound."""
    found = store.webhook(read, webhook_id)
    read.needs(Permission.WEBHOOKS_EDIT, found.team_id if found else None)
    if found is None:
        raise NotFound("There is no such webhook.", field="webhook_id")
    return found


def webhooks(read: Read) -> list[Webhook]:
    """Those this actor may edit, by name."""
    found = store.all_webhooks(read)
    mine = [one for one in found if read.actor.may(Permission.WEBHOOKS_EDIT, one.team_id)]
    if not mine:
        read.needs(Permission.WEBHOOKS_EDIT, next(iter(read.actor.teams), None))
    return mine


def listeners(read: Read) -> list[Webhook]:
    """Every endpoint that is enabled. Asks no permission: it is for the house itself."""
    return [one for one in store.all_webhooks(read) if one.enabled]


def behind(read: Read) -> bool:
    """Whether the journal holds entries that no events have been made of, and somebody listens."""
    return store.any_enabled(read) and store.newest_entry(read) > (store.cursor(read) or 0)


def opened(read: Read, webhook_ids: Iterable[str], keyring: Keyring) -> dict[str, dict[str, str]]:
    """Address and secrets of endpoints, unsealed, by id; what cannot be opened is left out."""
    found: dict[str, dict[str, str]] = {}
    for webhook_id, sealed in store.sealed(read, webhook_ids).items():
        values: dict[str, str] = {"id": webhook_id}
        until = sealed["old_secret_until"]
        for name in ("url", "secret", "old_secret"):
            if not sealed[name] or (name == "old_secret" and (until is None or micros(until) <= micros(read.now))):
                continue
            try:
                values[name] = keyring.unseal(sealed[name], table="webhooks", column=name, row_id=webhook_id)
            except Unsealable:
                continue
        found[webhook_id] = values
    return found
