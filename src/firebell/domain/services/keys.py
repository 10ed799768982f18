"""Commands for integrations: the doors through which a service's alerts come in, and their keys."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any, Unpack

from firebell.domain.services import rules, store
from firebell.domain.services.model import (
    Integration,
    IntegrationCreated,
    IntegrationDeleted,
    IntegrationDisabled,
    IntegrationEdited,
    IntegrationEnabled,
    IntegrationFields,
    IntegrationKeyRotated,
    NewIntegration,
)
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Changed, Conflict, NotFound
from firebell.kernel.ids import IntegrationId
from firebell.kernel.secrets import Keyring
from firebell.kernel.work import Work

_EDIT = Permission.SERVICES_EDIT


def create_integration(
    work: Work,
    service_id: str,
    name: str,
    source: str,
    keyring: Keyring,
    *,
    key: str | None = None,
    settings: Mapping[str, Any] | None = None,
    managed_by: str | None = None,
) -> NewIntegration:
    """A new integration of the kind ``source``, with a generated key unless one of at least 16 characters is given.

    Raises Conflict when the service has one of that name, or when the key is in use; Invalid for a bad value.
    """
    owner = store.service(work, service_id)
    work.needs(_EDIT, owner.team_id if owner else None)
    if owner is None:
        raise NotFound("There is no such service.", field="service_id")
    _free(work, service_id, name)
    new = IntegrationId(ids.new("int", work.now))
    plain, columns = _key(work, new, key, keyring)
    value = Integration(
        id=new,
        service_id=owner.id,
        name=rules.slug(name, "name"),
        source=rules.slug(source, "source"),
        key_hint=plain[-4:],
        settings=rules.settings(settings or {}),
        managed_by=managed_by,
        created_at=work.now,
    )
    store.add_integration(work, value, key_hash=columns["key_hash"], key_sealed=columns["key_sealed"])
    work.record(new, IntegrationCreated(service_id=service_id, name=name, source=source, managed_by=managed_by))
    work.publish("services", service_id, new)
    return NewIntegration(new, plain)


def rotate_key(
    work: Work, integration_id: str, keyring: Keyring, *, key: str | None = None, expected: int | None = None
) -> NewIntegration:
    """Replace the key; the old one is refused from the commit on."""
    before = _take(work, integration_id, expected)
    plain, columns = _key(work, before.id, key, keyring)
    store.save(work, store.integrations, before.id, before.version, columns)
    work.record(before.id, IntegrationKeyRotated(service_id=before.service_id))
    work.publish("services", before.service_id, before.id)
    return NewIntegration(before.id, plain)


def edit_integration(
    work: Work, integration_id: str, expected: int | None = None, **fields: Unpack[IntegrationFields]
) -> Integration:
    """Change the given fields. Raises Changed when ``expected`` is not the current version.

    What a file manages is refused (Conflict) unless ``managed_by`` is given. Its key and whether it is disabled are
    nobody's but the editors'.
    """
    before = _take(work, integration_id, expected)
    rules.check_managed(before.managed_by, on_behalf="managed_by" in fields)
    values: dict[str, Any] = dict(fields)
    if "name" in fields:
        values["name"] = rules.slug(fields["name"], "name")
    if "settings" in fields:
        values["settings"] = rules.settings(fields["settings"])
    changed = rules.differences({name: getattr(before, name) for name in values}, values)
    if not changed:
        return before
    if "name" in changed:
        _free(work, before.service_id, values["name"])
    store.save(work, store.integrations, before.id, before.version, {name: values[name] for name in changed})
    work.record(before.id, IntegrationEdited(service_id=before.service_id, changed=changed))
    work.publish("services", before.service_id, before.id)
    after = store.integration(work, before.id)
    assert after is not None
    return after


def disable_integration(work: Work, integration_id: str) -> None:
    """Refuse this integration's signals until it is enabled again."""
    before = _take(work, integration_id, None)
    if before.disabled_at is None:
        store.save(work, store.integrations, before.id, before.version, {"disabled_at": work.now})
        work.record(before.id, IntegrationDisabled(service_id=before.service_id))
        work.publish("services", before.service_id, before.id)


def enable_integration(work: Work, integration_id: str) -> None:
    before = _take(work, integration_id, None)
    if before.disabled_at is not None:
        store.save(work, store.integrations, before.id, before.version, {"disabled_at": None})
        work.record(before.id, IntegrationEnabled(service_id=before.service_id))
        work.publish("services", before.service_id, before.id)


def delete_integration(
    work: Work, integration_id: str, expected: int | None = None, *, managed_by: str | None = None
) -> None:
    """Close this door for good. Its key may be used again elsewhere."""
    before = _take(work, integration_id, expected)
    rules.check_managed(before.managed_by, on_behalf=managed_by is not None)
    store.save(work, store.integrations, before.id, before.version, {"deleted_at": work.now})
    work.record(before.id, IntegrationDeleted(service_id=before.service_id, name=before.name))
    work.publish("services", before.service_id, before.id)


def signals_seen(work: Work, counts: Mapping[str, int]) -> None:
    """Count what arrived, ``{integration id: how many}``. Asks no permission: the intake has checked the key."""
    store.count_signals(work, counts)


def _take(work: Work, integration_id: str, expected: int | None) -> Integration:
    found = store.integration(work, integration_id)
    owner = store.service(work, found.service_id) if found else None
    work.needs(_EDIT, owner.team_id if owner else None)
    if found is None or owner is None:
        raise NotFound("There is no such integration.", field="integration_id")
    if expected is not None and expected != found.version:
        raise Changed("This integration has been edited meanwhile.", hint="Load it again and repeat your change.")
    return found


def _free(work: Work, service_id: str, name: str) -> None:
    if any(other.name == name for other in store.all_integrations(work, service_id=service_id)):
        raise Conflict(f"The service has an integration “{name}” already.", field="name", hint="Choose another name.")


def _key(work: Work, integration_id: str, key: str | None, keyring: Keyring) -> tuple[str, dict[str, str]]:
    plain = rules.generated_key(secrets.choice) if key is None else rules.key(key)
    digest = hashlib.sha256(plain.encode()).hexdigest()
    holder = store.key_holder(work, digest)
    if holder is not None and holder != integration_id:
        raise Conflict(
            "This key is in use by another integration.", field="key", hint="Every integration needs its own key."
        )
    return plain, {
        "key_hash": digest,
        "key_sealed": keyring.seal(plain, table="integrations", column="key_sealed", row_id=integration_id),
        "key_hint": plain[-4:],
    }
