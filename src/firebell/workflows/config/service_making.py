"""A service and its integrations, made what a file says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from firebell.domain.services import commands as services
from firebell.domain.slo import gating
from firebell.domain.slo.gate import OnError
from firebell.kernel.ids import PolicyId
from firebell.workflows import slo_written
from firebell.workflows.config.specs import IntegrationSpec, Item, ServiceSpec

if TYPE_CHECKING:
    from firebell.workflows.config.making import Making


def create(making: Making, item: Item, spec: ServiceSpec, by: str | None) -> None:
    making.ids[item.key] = services.create_service(
        making.work, name=item.name, managed_by=by, **_service_fields(making, item, spec)
    )
    _gate(making, item, spec)
    _doors(making, item.name, None, spec, by)


def change(making: Making, item: Item, was: ServiceSpec, spec: ServiceSpec, by: str | None) -> None:
    row_id = making.ids[item.key]
    services.edit_service(making.work, row_id, managed_by=by, **_service_fields(making, item, spec))
    slo_written.follow(making.work, row_id)
    _gate(making, item, spec)
    _doors(making, item.name, was, spec, by)
    if not item.managed:
        services.detach_service(making.work, row_id)


def _gate(making: Making, item: Item, spec: ServiceSpec) -> None:
    gating.set_on_error(making.work, making.ids[item.key], making.team(item), OnError(spec.gate_on_error))


def _service_fields(making: Making, item: Item, spec: ServiceSpec) -> Any:
    policy_id = making.id("EscalationPolicy", spec.policy)
    return {
        "display_name": spec.display_name,
        "description": spec.description,
        "team_id": making.team(item),
        "policy_id": None if policy_id is None else PolicyId(policy_id),
        "default_severity": spec.default_severity,
        "urgency": spec.urgency,
        "component": spec.component,
        "depends_on": tuple(sorted(spec.depends_on)),
    }


def _doors(making: Making, owner: str, was: ServiceSpec | None, spec: ServiceSpec, by: str | None) -> None:
    before = {i.name: i for i in was.integrations} if was else {}
    wanted = {i.name for i in spec.integrations}
    for gone in before.keys() - wanted:
        _close(making, owner, gone, by)
    for door in spec.integrations:
        known = before.get(door.name)
        if known is not None and known.source != door.source:
            _close(making, owner, door.name, by)
            known = None
        if known is None:
            _open(making, owner, door, by)
        elif known != door or making.adopted("Service", owner, door.name, by):
            _alter(making, owner, known, door, by)


def _open(making: Making, owner: str, door: IntegrationSpec, by: str | None) -> None:
    made = services.create_integration(
        making.work,
        making.ids["Service", owner],
        door.name,
        door.source,
        making.keyring,
        key=door.key,
        settings=door.settings,
        managed_by=by,
    )
    making.parts["Service", owner, door.name] = made.id
    if door.key is None:
        making.new_keys.append((owner, door.name, made.key))


def _alter(making: Making, owner: str, known: IntegrationSpec, door: IntegrationSpec, by: str | None) -> None:
    row_id = making.parts["Service", owner, door.name]
    services.edit_integration(making.work, row_id, settings=door.settings, managed_by=by)
    if door.key is not None and door.key != known.key:
        services.rotate_key(making.work, row_id, making.keyring, key=door.key)


def _close(making: Making, owner: str, name: str, by: str | None) -> None:
    services.delete_integration(making.work, making.parts["Service", owner, name], managed_by=by)
