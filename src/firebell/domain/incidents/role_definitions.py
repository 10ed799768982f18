"""One role of this installation at a time: reworded, added, put back to what comes with Firebell."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from firebell.domain.incidents import queries, store
from firebell.domain.incidents.configured import INSTALLATION, check_roles
from firebell.domain.incidents.configured_facts import RolesSet
from firebell.domain.incidents.model import RoleDefinition, RoleName
from firebell.domain.incidents.scale import DEFAULT_ROLES, role_definition
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Conflict, Invalid, NotFound
from firebell.kernel.work import Work


def put_role(work: Work, new: RoleDefinition, *, managed_by: str | None = None) -> RoleDefinition:
    """Reword a role, or add one. ``new.own`` and ``new.managed_by`` are not looked at.

    Raises Invalid (field as ``duties``), Conflict (a file manages it).
    """
    work.needs(Permission.INCIDENTS_EDIT)
    current = tuple(queries.roles(work))
    was = role_definition(current, new.name)
    _check_managed(was, managed_by)
    new = replace(new, own=new.name not in frozenset(RoleName), managed_by=managed_by)
    if new == was:
        return new
    roles = [new if one.name == new.name else one for one in current] if was else [*current, new]
    try:
        check_roles(roles)
    except Invalid as refused:
        raise Invalid(refused.message, field=(refused.field or "").rpartition(".")[2], hint=refused.hint) from None
    _store(work, roles, new.name)
    return new


def reset_role(work: Work, name: str, *, managed_by: str | None = None) -> None:
    """Put one of the seven back to what comes with Firebell, or take one of the installation's own away.

    Raises NotFound, Conflict (a file manages it; the severity scale pages it).
    """
    work.needs(Permission.INCIDENTS_EDIT)
    current = tuple(queries.roles(work))
    was = role_definition(current, name)
    if was is None:
        raise NotFound("There is no such role.", field="role")
    _check_managed(was, managed_by)
    usual = role_definition(DEFAULT_ROLES, name)
    if usual is None and any(name in level.page_roles for level in queries.scale(work).levels):
        raise Conflict(f"The severity scale pages the role {name}.", hint="Take it out there first.")
    if was != usual:
        roles = [(usual if one.name == name else one) for one in current]
        _store(work, [one for one in roles if one is not None], name)


def detach_role(work: Work, name: str) -> None:
    """Take a role out of a configuration's hands. Raises NotFound."""
    work.needs(Permission.INCIDENTS_EDIT)
    current = queries.roles(work)
    was = role_definition(tuple(current), name)
    if was is None:
        raise NotFound("There is no such role.", field="role")
    if was.managed_by is not None:
        _store(work, [replace(one, managed_by=None) if one.name == name else one for one in current], name)


def _check_managed(was: RoleDefinition | None, managed_by: str | None) -> None:
    if was is not None and was.managed_by is not None and managed_by is None:
        raise Conflict(f"This is managed by {was.managed_by}.", hint="Change it there, or detach it first.")


def _store(work: Work, roles: Sequence[RoleDefinition], changed: str) -> None:
    store.set_roles(work, roles)
    work.record(INSTALLATION, RolesSet(changed=[changed]))
    work.publish("incidents")
