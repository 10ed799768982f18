"""Create, edit, delete and restore services. Their integrations: :mod:`firebell.domain.services.keys`."""

from __future__ import annotations

from typing import Any, Unpack

from firebell.domain.services import rules, store
from firebell.domain.services.keys import (
    create_integration,
    delete_integration,
    disable_integration,
    edit_integration,
    enable_integration,
    rotate_key,
    signals_seen,
)
from firebell.domain.services.model import (
    IntegrationDeleted,
    Service,
    ServiceCreated,
    ServiceDeleted,
    ServiceEdited,
    ServiceFields,
    ServiceRestored,
    UrgencyRule,
)
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Changed, Conflict, Invalid, NotFound
from firebell.kernel.ids import ServiceId
from firebell.kernel.work import Read, Work

__all__ = [
    "create_integration", "create_service", "delete_integration", "delete_service", "detach_service",
    "disable_integration", "edit_integration", "edit_service", "enable_integration", "restore_service",
    "rotate_key", "signals_seen",
]  # fmt: skip

_EDIT = Permission.SERVICES_EDIT


def create_service(work: Work, **fields: Unpack[ServiceFields]) -> ServiceId:
    """A new service; only ``name`` is needed. Raises Conflict when the name is taken, Invalid for a bad value."""
    work.needs(_EDIT, fields.get("team_id"))
    if "name" not in fields:
        raise Invalid("A service needs a name.", field="name")
    values = {"display_name": fields["name"]} | _checked(fields)
    _free(work, values["name"])
    _depends(work, values["name"], values.get("depends_on", ()))
    new = ServiceId(ids.new("svc", work.now))
    store.add_service(work, Service(id=new, created_at=work.now, **values))
    work.record(
        new, ServiceCreated(name=values["name"], team_id=values.get("team_id"), managed_by=values.get("managed_by"))
    )
    work.publish("services", new)
    return new


def edit_service(work: Work, service_id: str, expected: int | None = None, **fields: Unpack[ServiceFields]) -> Service:
    """Change the given fields. Raises Changed when ``expected`` is not the current version.

    What a file manages is refused (Conflict) unless ``managed_by`` is given: the file, or ``None`` to detach it.
    Finding nothing to change leaves the version alone. Moving to another team needs the permission in both.
    """
    before = store.service(work, service_id)
    work.needs(_EDIT, before.team_id if before else None)
    if before is None:
        raise NotFound("There is no such service.", field="service_id")
    if "team_id" in fields and fields["team_id"] != before.team_id:
        work.needs(_EDIT, fields["team_id"])
    if expected is not None and expected != before.version:
        raise Changed("This service has been edited meanwhile.", hint="Load it again and repeat your change.")
    rules.check_managed(before.managed_by, on_behalf="managed_by" in fields)
    values = _checked(fields)
    changed = rules.differences({name: getattr(before, name) for name in values}, values)
    if not changed:
        return before
    name = values.get("name", before.name)
    if "name" in changed:
        _free(work, name)
        _rename_dependents(work, before.name, name)
    if "depends_on" in changed or "name" in changed:
        _depends(work, name, values.get("depends_on", before.depends_on))
    written = {field: values[field] for field in changed}
    store.save(work, store.services, service_id, before.version, written)
    work.record(service_id, ServiceEdited(changed=_plain(changed)))
    work.publish("services", service_id)
    after = store.service(work, service_id)
    assert after is not None
    return after


def detach_service(work: Work, service_id: str) -> None:
    """Take a service and its integrations out of a configuration's hands."""
    before = store.service(work, service_id)
    work.needs(_EDIT, before.team_id if before else None)
    if before is None:
        raise NotFound("There is no such service.", field="service_id")
    for door in store.all_integrations(work, service_id=service_id):
        if door.managed_by is not None:
            edit_integration(work, door.id, managed_by=None)
    if before.managed_by is not None:
        edit_service(work, service_id, managed_by=None)


def delete_service(work: Work, service_id: str, expected: int | None = None, *, managed_by: str | None = None) -> None:
    """Take a service and its integrations out of use; restorable. Raises Conflict while others depend on it.

    Its alerts stay. Its senders are refused from now on.
    """
    before = store.service(work, service_id)
    work.needs(_EDIT, before.team_id if before else None)
    if before is None:
        raise NotFound("There is no such service.", field="service_id")
    if expected is not None and expected != before.version:
        raise Changed("This service has been edited meanwhile.", hint="Load it again and repeat your change.")
    rules.check_managed(before.managed_by, on_behalf=managed_by is not None)
    dependents = [other.name for other in store.all_services(work) if before.name in other.depends_on]
    if dependents:
        raise Conflict(f"{', '.join(dependents)} depend on {before.name}.", hint="Take the dependency out there first.")
    for door in store.all_integrations(work, service_id=service_id):
        store.save(work, store.integrations, door.id, door.version, {"deleted_at": work.now})
        work.record(door.id, IntegrationDeleted(service_id=service_id, name=door.name))
    store.save(work, store.services, service_id, before.version, {"deleted_at": work.now})
    work.record(service_id, ServiceDeleted(name=before.name))
    work.publish("services", service_id)


def restore_service(work: Work, service_id: str) -> None:
    """Undo :func:`delete_service`, with the integrations that went with it.

    Raises Conflict when its name has been taken meanwhile. An integration whose key now belongs to another one, and a
    dependency that is gone, stay behind.
    """
    before = store.service(work, service_id, deleted=True)
    work.needs(_EDIT, before.team_id if before else None)
    if before is None:
        raise NotFound("There is no such service.", field="service_id")
    if before.deleted_at is None:
        return
    _free(work, before.name)
    alive = {other.name: other.depends_on for other in store.all_services(work)}
    depends_on = tuple(other for other in before.depends_on if other in alive)
    if rules.cycle(before.name, depends_on, alive):
        depends_on = ()
    store.save(work, store.services, service_id, before.version, {"deleted_at": None, "depends_on": depends_on})
    for door, key_hash in store.integrations_deleted_at(work, service_id, before.deleted_at):
        if store.key_holder(work, key_hash) is None:
            store.save(work, store.integrations, door.id, door.version, {"deleted_at": None})
    work.record(service_id, ServiceRestored(name=before.name))
    work.publish("services", service_id)


def _checked(fields: ServiceFields) -> dict[str, Any]:
    checked: dict[str, Any] = dict(fields)
    if "name" in fields:
        checked["name"] = rules.slug(fields["name"], "name")
    if "display_name" in fields:
        checked["display_name"] = rules.label(fields["display_name"], "display_name")
    if "description" in fields:
        checked["description"] = rules.description(fields["description"])
    if "component" in fields:
        checked["component"] = rules.component(fields["component"])
    if "default_severity" in fields:
        checked["default_severity"] = rules.severity(fields["default_severity"])
    if "urgency" in fields:
        checked["urgency"] = rules.urgency(fields["urgency"])
    if "depends_on" in fields:
        checked["depends_on"] = tuple(dict.fromkeys(fields["depends_on"]))
    return checked


def _free(read: Read, name: str) -> None:
    if store.service_by_name(read, name):
        raise Conflict(f"There is a service “{name}” already.", field="name", hint="Choose another name.")


def _depends(read: Read, name: str, depends_on: tuple[str, ...]) -> None:
    if not depends_on:
        return
    others = {other.name: other.depends_on for other in store.all_services(read)}
    for missing in (other for other in depends_on if other != name and other not in others):
        raise Invalid(f"There is no service “{missing}” to depend on.", field="depends_on")
    if way := rules.cycle(name, depends_on, others):
        raise Invalid(f"Services would depend on each other in a circle: {' → '.join(way)}.", field="depends_on")


def _rename_dependents(work: Work, old: str, new: str) -> None:
    for other in store.all_services(work):
        if old in other.depends_on:
            renamed = tuple(new if name == old else name for name in other.depends_on)
            store.save(work, store.services, other.id, other.version, {"depends_on": renamed})
            work.record(other.id, ServiceEdited(changed={"depends_on": [list(other.depends_on), list(renamed)]}))
            work.publish(other.id)


def _plain(changed: dict[str, Any]) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        return list(value) if isinstance(value, tuple) else str(value) if isinstance(value, UrgencyRule) else value

    return {field: [plain(before), plain(after)] for field, (before, after) in changed.items()}
