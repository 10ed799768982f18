"""How this installation runs incidents: its severity scale, its roles, its settings. Each change is a new version."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from firebell.domain.incidents import queries, store
from firebell.domain.incidents.configured_facts import IncidentSettingsSet, RolesSet, ScaleSet
from firebell.domain.incidents.model import Level, RoleDefinition, RoleName, Scale, Settings, Severity
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Changed, Conflict, Invalid
from firebell.kernel.work import Work

INSTALLATION = "installation"
_MOST_S = 366 * 86_400
_CALENDARS = ("24x7", "business")
_TARGETS = ("schedule:", "user:", "team:")
_FORMS = ("off", "internal", "public")


def set_scale(
    work: Work, levels: Sequence[Level], *, expected: int | None = None, managed_by: str | None = None
) -> Scale:
    """A new version of the severity scale. Incidents keep the one they were judged under.

    Raises Invalid (field as ``levels.0.respond_s``), Changed (``expected`` is no longer in force), Conflict (a file
    manages it).
    """
    work.needs(Permission.INCIDENTS_EDIT)
    current = queries.scale(work)
    if expected is not None and expected != current.version:
        raise Changed("The severity scale has been edited meanwhile.", hint="Load it again and repeat your change.")
    _check_managed(current.managed_by, managed_by)
    known = {one.name for one in queries.roles(work)}
    check_levels(levels, known)
    if tuple(levels) == current.levels and managed_by == current.managed_by:
        return current
    changed = [one.severity for one in levels if one != current.level(one.severity)]
    return _store_scale(work, Scale(version=current.version + 1, levels=tuple(levels), managed_by=managed_by), changed)


def detach_scale(work: Work) -> None:
    """Take the severity scale out of a configuration's hands."""
    work.needs(Permission.INCIDENTS_EDIT)
    current = queries.scale(work)
    if current.managed_by is not None:
        _store_scale(work, replace(current, version=current.version + 1, managed_by=None), [])


def _store_scale(work: Work, scale: Scale, changed: Sequence[Severity]) -> Scale:
    store.add_scale(work, scale)
    work.memo.pop(("severity scale", None), None)
    work.record(INSTALLATION, ScaleSet(version=scale.version, changed=[str(one) for one in changed]))
    work.publish("incidents")
    return scale


def check_levels(levels: Sequence[Level], roles: set[str]) -> None:
    """Raise Invalid unless these are the four levels, worst first, each with clocks that can be kept."""
    if tuple(one.severity for one in levels) != tuple(Severity):
        raise Invalid("A scale has SEV1, SEV2, SEV3 and SEV4, in this order.", field="levels")
    for at, one in enumerate(levels):
        for name in ("name", "impact", "response"):
            _said(getattr(one, name), f"levels.{at}.{name}")
        for name in (
            "respond_s", "command_s", "internal_every_s", "executive_every_s", "public_first_s", "public_scope_s",
            "public_every_s", "stability_s",
        ):  # fmt: skip
            value = getattr(one, name)
            least = 0 if name == "stability_s" else 1
            if value is not None and not least <= value <= _MOST_S:
                raise Invalid("A time is between a second and a year.", field=f"levels.{at}.{name}")
        if one.calendar not in _CALENDARS:
            raise Invalid("A calendar is 24x7 or business.", field=f"levels.{at}.calendar")
        if one.postmortem not in ("required", "optional"):
            raise Invalid("A postmortem is required or optional.", field=f"levels.{at}.postmortem")
        if not 1 <= one.action_days <= 366:
            raise Invalid("Actions are due within a year.", field=f"levels.{at}.action_days")
        unknown = [name for name in one.page_roles if name not in roles]
        if unknown:
            raise Invalid(f"There is no role {unknown[0]}.", field=f"levels.{at}.page_roles")


def set_roles(
    work: Work, roles: Sequence[RoleDefinition], *, managed_by: str | None = None
) -> Sequence[RoleDefinition]:
    """The roles of this installation with their duties: all seven, and its own.

    Raises Invalid (field as ``roles.0.duties``), Conflict (a file manages them, or a scale pages one that would go).
    """
    work.needs(Permission.INCIDENTS_EDIT)
    current = tuple(queries.roles(work))
    check_roles(roles)
    names = {one.name for one in roles}
    paged = {name for level in queries.scale(work).levels for name in level.page_roles}
    if paged - names:
        raise Conflict(f"The severity scale pages the role {min(paged - names)}.", field="roles")
    standard = frozenset(RoleName)
    owners = {one.name: one.managed_by for one in current if managed_by is None}
    new = tuple(
        replace(one, own=one.name not in standard, managed_by=managed_by or owners.get(one.name)) for one in roles
    )
    for one in current:
        if one not in new:
            _check_managed(one.managed_by, managed_by)
    if new != current:
        store.set_roles(work, new)
        was = {one.name: one for one in current}
        changed = sorted({one.name for one in new if was.get(one.name) != one} | (was.keys() - names))
        work.record(INSTALLATION, RolesSet(changed=changed))
        work.publish("incidents")
    return new


def detach_roles(work: Work) -> None:
    """Take the roles out of a configuration's hands."""
    work.needs(Permission.INCIDENTS_EDIT)
    current = queries.roles(work)
    if any(one.managed_by for one in current):
        store.set_roles(work, [replace(one, managed_by=None) for one in current])
        work.record(INSTALLATION, RolesSet(changed=[one.name for one in current if one.managed_by]))


def check_roles(roles: Sequence[RoleDefinition]) -> None:
    """Raise Invalid unless the seven roles are there and each is worded."""
    names = [one.name for one in roles]
    missing = [name for name in RoleName if name not in names]
    if missing:
        raise Invalid(f"The role {missing[0]} is missing.", field="roles", hint="Every incident has it.")
    for at, one in enumerate(roles):
        if not ids.is_slug(one.name) or names.count(one.name) > 1:
            raise Invalid("A role's name is lower-case letters, digits and hyphens, once.", field=f"roles.{at}.name")
        _said(one.display_name, f"roles.{at}.display_name")
        if not one.duties or not all(duty.strip() for duty in one.duties):
            raise Invalid("A role has written duties.", field=f"roles.{at}.duties", hint="One line each.")
        if one.holders_max is not None and one.holders_max < 1:
            raise Invalid("A role has at least one holder.", field=f"roles.{at}.holders_max")
        if one.name == RoleName.COMMANDER and one.holders_max != 1:
            raise Invalid("There is exactly one commander.", field=f"roles.{at}.holders_max")
        if one.page and not one.page.startswith(_TARGETS):
            raise Invalid("A role is paged at a schedule, a user or a team.", field=f"roles.{at}.page")


def set_settings(work: Work, new: Settings, *, expected: int | None = None, managed_by: str | None = None) -> Settings:
    """How this installation runs incidents. ``new.version`` and ``new.managed_by`` are not looked at.

    Raises Invalid, Changed, Conflict (a file manages them).
    """
    work.needs(Permission.INCIDENTS_EDIT)
    stored = store.settings(work)
    current = stored or Settings()
    if expected is not None and expected != current.version:
        raise Changed("These settings have been edited meanwhile.", hint="Load them again and repeat your change.")
    _check_managed(current.managed_by, managed_by)
    new = replace(new, managed_by=managed_by)
    if new.report_form not in _FORMS:
        raise Invalid("The form is off, internal or public.", field="report_form")
    for at, address in enumerate(new.mail_state_to):
        check_address(address, f"mail_state_to.{at}")
    if replace(new, version=current.version) == current:
        return current
    new = replace(new, version=current.version + 1)
    changed = [name for name in new.__struct_fields__ if getattr(new, name) != getattr(current, name)]
    store.set_settings(work, stored, new)
    work.memo.pop(("incident settings",), None)
    work.record(INSTALLATION, IncidentSettingsSet(changed=[name for name in changed if name != "version"]))
    work.publish("incidents")
    return new


def detach_settings(work: Work) -> None:
    """Take these settings out of a configuration's hands."""
    work.needs(Permission.INCIDENTS_EDIT)
    stored = store.settings(work)
    if stored is not None and stored.managed_by is not None:
        store.set_settings(work, stored, replace(stored, managed_by=None, version=stored.version + 1))
        work.memo.pop(("incident settings",), None)
        work.record(INSTALLATION, IncidentSettingsSet(changed=["managed_by"]))
        work.publish("incidents")


def check_address(address: str, field: str) -> None:
    """Raise Invalid unless ``address`` can be an e-mail address."""
    if "@" not in address or any(mark in address for mark in " \r\n,;<>"):
        raise Invalid("This is not an e-mail address.", field=field)


def _said(value: str, field: str) -> None:
    if not value.strip():
        raise Invalid("This cannot be empty.", field=field)


def _check_managed(managed_by: str | None, applied_by: str | None) -> None:
    if managed_by is not None and applied_by is None:
        raise Conflict(f"This is managed by {managed_by}.", hint="Change it there, or detach it first.")
