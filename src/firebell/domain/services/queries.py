"""Services and integrations for pages, the API and the intake."""

from __future__ import annotations

from collections.abc import Collection

from firebell.domain.services import store
from firebell.domain.services.model import Intake, Integration, Service
from firebell.kernel.actor import Permission
from firebell.kernel.errors import NotFound
from firebell.kernel.reach import reach
from firebell.kernel.secrets import Keyring
from firebell.kernel.work import Read

_VIEW = Permission.SERVICES_VIEW


def service(read: Read, service_id: str, *, deleted: bool = False) -> Service:
    """One service; raises NotFound. ``deleted``: also a deleted one (to restore it)."""
    found = store.service(read, service_id, deleted=deleted)
    read.needs(_VIEW, found.team_id if found else None)
    if found is None:
        raise NotFound("There is no such service.", field="service_id")
    return found


def service_by_name(read: Read, name: str) -> Service | None:
    found = store.service_by_name(read, name)
    read.needs(_VIEW, found.team_id if found else None)
    return found


def services(read: Read, team: str | None = None, *, deleted: bool = False) -> list[Service]:
    """Services by name, of one team if given, or of those the actor may see; ``deleted``: only the deleted ones."""
    teams = reach(read, _VIEW, team)
    found = store.all_services(read, team_id=team, deleted=deleted)
    return found if teams is None else [one for one in found if one.team_id in teams]


def integration(read: Read, integration_id: str) -> Integration:
    """One integration; raises NotFound."""
    found = store.integration(read, integration_id)
    owner = store.service(read, found.service_id) if found else None
    read.needs(_VIEW, owner.team_id if owner else None)
    if found is None or owner is None:
        raise NotFound("There is no such integration.", field="integration_id")
    return found


def integrations(read: Read, service_id: str | None = None) -> list[Integration]:
    """Integrations by name, of one service if given, or of those the actor may see."""
    if service_id is not None:
        owner = store.service(read, service_id)
        read.needs(_VIEW, owner.team_id if owner else None)
        return store.all_integrations(read, service_id=service_id)
    teams = reach(read, _VIEW)
    found = store.all_integrations(read)
    if teams is None:
        return found
    theirs = {one.id for one in store.all_services(read) if one.team_id in teams}
    return [one for one in found if one.service_id in theirs]


def integration_by_key_hash(read: Read, key_hash: str) -> Intake | None:
    """Whose key this is (SHA-256 in hex), or ``None``. Asks no permission: the key is the permission."""
    return store.intake_by_key_hash(read, key_hash)


def intakes(read: Read, integration_ids: Collection[str]) -> dict[str, Intake]:
    """The same for many integrations in one query; ids that are gone are absent. Asks no permission."""
    return store.intakes(read, integration_ids)


def plain_key(read: Read, integration_id: str, keyring: Keyring) -> str:
    """The key in plain text, for those who may edit the service."""
    found = store.integration(read, integration_id)
    owner = store.service(read, found.service_id) if found else None
    read.needs(Permission.SERVICES_EDIT, owner.team_id if owner else None)
    sealed = store.sealed_key(read, integration_id) if found and owner else None
    if sealed is None:
        raise NotFound("There is no such integration.", field="integration_id")
    return keyring.unseal(sealed, table="integrations", column="key_sealed", row_id=integration_id)


def of_teams(read: Read, team_ids: Collection[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Ids of these teams' services and of their integrations. Asks no permission: it narrows what was asked for."""
    owned = frozenset(str(one.id) for one in store.all_services(read) if one.team_id in team_ids)
    return owned, frozenset(str(one.id) for one in store.all_integrations(read) if one.service_id in owned)


def display_names(read: Read, service_ids: Collection[str]) -> dict[str, str]:
    """Display names by id, deleted services included. Asks no permission: the pager says them to whoever it pages."""
    return store.display_names(read, service_ids)


def open_doors(read: Read, integration_ids: Collection[str]) -> dict[str, str]:
    """Those of the integrations through which signals may come now, with the hash of the key that opens each.

    Asks no permission: the intake checks its keys.
    """
    return store.open_doors(read, integration_ids)
