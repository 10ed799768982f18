"""Make, edit, rotate, disable and delete webhooks, and remember how they fare."""

from __future__ import annotations

from typing import Any, Unpack

from firebell.domain.webhooks import rules, store
from firebell.domain.webhooks.model import (
    CHATTY,
    NewWebhook,
    Webhook,
    WebhookCreated,
    WebhookDeleted,
    WebhookDisabled,
    WebhookEdited,
    WebhookEnabled,
    WebhookFields,
    WebhookSecretRotated,
)
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.clock import plus
from firebell.kernel.errors import Changed, Conflict, Invalid, NotFound
from firebell.kernel.ids import WebhookId
from firebell.kernel.secrets import Keyring
from firebell.kernel.work import Work

TOPIC = "webhooks"
_EDIT = Permission.WEBHOOKS_EDIT


def create(
    work: Work, keyring: Keyring, *, flavour: str = "webhook", secret: str = "", **fields: Unpack[WebhookFields]
) -> NewWebhook:
    """A new endpoint; ``name``, ``url`` and ``events`` are needed. Raises Invalid, Conflict, Forbidden.

    Only who may see private incidents may let them out.
    """
    work.needs(_EDIT, fields.get("team_id"))
    for needed in ("name", "url", "events"):
        if not fields.get(needed):
            raise Invalid(f"A webhook needs {needed}.", field=needed)
    kind = rules.flavour(flavour)
    values = _checked(work, fields)
    _free(work, values["name"])
    new = WebhookId(ids.new("whk", work.now))
    plain = rules.secret(secret, kind)
    address, shown = rules.url(fields["url"])
    if not store.any_enabled(work):
        # Nobody has listened so far: what happened before is not told.
        store.set_cursor(work, store.newest_entry(work))
    store.add(
        work,
        {
            "id": new, "owner_id": work.actor.id if work.actor.kind == "user" else "", "team_id": None,
            "private": False, "managed_by": None, **values, "flavour": str(kind), "shown": shown,
            "url": _seal(keyring, "url", new, address), "secret": _seal(keyring, "secret", new, plain),
            "failures": 0, "reply": "", "disabled_why": "", "created_at": work.now, "updated_at": work.now,
            "version": 1,
        },
    )  # fmt: skip
    work.record(new, WebhookCreated(name=values["name"], to=shown, flavour=kind, events=list(values["events"])))
    work.publish(TOPIC, new)
    return NewWebhook(new, plain)


def edit(
    work: Work, webhook_id: str, keyring: Keyring, expected: int | None = None, **fields: Unpack[WebhookFields]
) -> Webhook:
    """Change the given fields. Raises Changed when ``expected`` is not the current version."""
    before = _take(work, webhook_id, expected)
    _managed(before, on_behalf="managed_by" in fields)
    if "team_id" in fields:
        work.needs(_EDIT, fields["team_id"])
    values = _checked(work, fields)
    if "name" in values and values["name"] != before.name:
        _free(work, values["name"])
    changed = {name: value for name, value in values.items() if getattr(before, name) != value}
    if "url" in fields:
        address, shown = rules.url(fields["url"])
        if address != _opened(work, before, keyring, "url"):
            changed |= {"url": _seal(keyring, "url", before.id, address), "shown": shown}
    if not changed:
        return before
    store.save(work, before.id, before.version, changed)
    said = sorted(name for name in changed if name != "shown")
    work.record(before.id, WebhookEdited(name=values.get("name", before.name), changed=said))
    work.publish(TOPIC, before.id)
    return _found(work, webhook_id)


def rotate(work: Work, webhook_id: str, keyring: Keyring, *, secret: str = "") -> NewWebhook:
    """A new signing secret; the old one signs too for a day."""
    before = _take(work, webhook_id)
    if before.flavour in CHATTY:
        raise Conflict("A chat's webhook has no signing secret: its address is the secret.", hint="Change the address.")
    plain = rules.secret(secret, before.flavour)
    until = plus(work.now, rules.BOTH_SECRETS_S)
    former = _opened(work, before, keyring, "secret")
    sealed = {"secret": _seal(keyring, "secret", before.id, plain), "old_secret_until": until,
              "old_secret": _seal(keyring, "old_secret", before.id, former)}  # fmt: skip
    store.save(work, before.id, before.version, sealed)
    work.record(before.id, WebhookSecretRotated(name=before.name, until=until.format_iso()))
    work.publish(TOPIC, before.id)
    return NewWebhook(before.id, plain)


def enable(work: Work, webhook_id: str) -> Webhook:
    """Tell it again of what happens from now on; finding it enabled changes nothing."""
    before = _take(work, webhook_id)
    if before.enabled:
        return before
    if not store.any_enabled(work):
        store.set_cursor(work, store.newest_entry(work))
    store.save(work, before.id, before.version, {"disabled_at": None, "disabled_why": "", "failures": 0})
    work.record(before.id, WebhookEnabled(name=before.name))
    work.publish(TOPIC, before.id)
    work.wake()
    return _found(work, webhook_id)


def disable(work: Work, webhook_id: str, why: str = "by hand") -> Webhook:
    before = _take(work, webhook_id)
    return _disable(work, before, why)


def delete(work: Work, webhook_id: str, expected: int | None = None, *, managed_by: str | None = None) -> None:
    before = _take(work, webhook_id, expected)
    _managed(before, on_behalf=managed_by is not None)
    store.save(work, before.id, before.version, {"deleted_at": work.now, "url": "", "secret": "", "old_secret": None})
    work.record(before.id, WebhookDeleted(name=before.name))
    work.publish(TOPIC, before.id)


def note_delivered(work: Work, webhook_id: str, reply: str) -> None:
    """It has taken a message."""
    store.note(work, webhook_id, {"failures": 0, "delivered_at": work.now, "reply": reply})


def note_failed(work: Work, webhook_id: str, reply: str, *, gone: bool) -> Webhook | None:
    """It has not. Returns it when that disabled it: at the fiftieth failure in a row, or at once when ``gone``."""
    before = store.take(work, webhook_id)
    if before is None or not before.enabled:
        return None
    failures = before.failures + 1
    store.note(work, webhook_id, {"failures": failures, "failed_at": work.now, "reply": reply})
    if not gone and not rules.worn_out(failures):
        return None
    why = f"it asked not to be called again ({reply})" if gone else f"{failures} failures in a row, the last: {reply}"
    return _disable(work, before, why)


def _disable(work: Work, before: Webhook, why: str) -> Webhook:
    if not before.enabled:
        return before
    store.save(work, before.id, before.version, {"disabled_at": work.now, "disabled_why": why})
    work.record(before.id, WebhookDisabled(name=before.name, why=why))
    work.publish(TOPIC, before.id)
    return _found(work, before.id)


def _checked(work: Work, fields: WebhookFields) -> dict[str, Any]:
    checked: dict[str, Any] = {name: value for name, value in fields.items() if name != "url"}
    if "name" in fields:
        checked["name"] = rules.name(fields["name"])
    if "events" in fields:
        checked["events"] = rules.events(fields["events"])
    if fields.get("private"):
        work.needs(Permission.INCIDENTS_PRIVATE, fields.get("team_id"))
    return checked


def _free(work: Work, name: str) -> None:
    if any(one.name == name for one in store.all_webhooks(work)):
        raise Conflict(f"There is a webhook {name} already.", field="name")


def _managed(before: Webhook, *, on_behalf: bool) -> None:
    if before.managed_by is not None and not on_behalf:
        raise Conflict(f"{before.managed_by} manages this webhook.", hint="Change it there.")


def _take(work: Work, webhook_id: str, expected: int | None = None) -> Webhook:
    found = store.take(work, webhook_id)
    work.needs(_EDIT, found.team_id if found else None)
    if found is None:
        raise NotFound("There is no such webhook.", field="webhook_id")
    if expected is not None and expected != found.version:
        raise Changed("This webhook has been edited meanwhile.", hint="Load it again and repeat your change.")
    return found


def _found(work: Work, webhook_id: str) -> Webhook:
    found = store.webhook(work, webhook_id)
    assert found is not None
    return found


def _seal(keyring: Keyring, column: str, webhook_id: str, plain: str) -> str:
    return keyring.seal(plain, table="webhooks", column=column, row_id=webhook_id)


def _opened(work: Work, webhook: Webhook, keyring: Keyring, column: str) -> str:
    sealed = store.sealed(work, [webhook.id])[webhook.id][column]
    return keyring.unseal(sealed, table="webhooks", column=column, row_id=webhook.id)
