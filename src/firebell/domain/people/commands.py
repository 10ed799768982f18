"""Users: create, edit, switch off, delete, bring back.

``managed_by`` names the configuration on whose behalf a change is made; without it,
what a configuration owns is refused.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import ColumnElement

from firebell.domain.people import access_store, authority, reach_store, rules, store
from firebell.domain.people.facts import (
    SessionsEnded,
    UserActivated,
    UserCreated,
    UserDeactivated,
    UserDeleted,
    UserDetached,
    UserEdited,
    UserRestored,
    UserRoleChanged,
)
from firebell.domain.people.model import User
from firebell.kernel import ids
from firebell.kernel.actor import Permission, Role
from firebell.kernel.errors import Changed, Conflict, Forbidden
from firebell.kernel.ids import UserId
from firebell.kernel.work import Work

PEOPLE = "people"


def create_user(
    work: Work,
    *,
    name: str,
    display_name: str = "",
    email: str | None = None,
    time_zone: str = "UTC",
    role: Role = Role.RESPONDER,
    managed_by: str | None = None,
) -> UserId:
    """A new person, active, without a password (invite them). Raises Invalid, or Conflict when the name is taken."""
    work.needs(Permission.PEOPLE_EDIT)
    authority.needs_role(work, role)
    return add_user(
        work, name=name, display_name=display_name, email=email, time_zone=time_zone, role=role, managed_by=managed_by
    )


def add_user(
    work: Work,
    *,
    name: str,
    display_name: str,
    email: str | None,
    time_zone: str,
    role: Role,
    managed_by: str | None = None,
    password_hash: str | None = None,
) -> UserId:
    """:func:`create_user` for callers that have answered for themselves (the first administrator has no creator)."""
    user = User(
        id=UserId(ids.new("usr", work.now)),
        name=rules.slug(name),
        display_name=rules.title(display_name or name),
        email=rules.email(email),
        time_zone=rules.time_zone(time_zone, work.now),
        role=role,
        active=True,
        managed_by=managed_by,
        created_at=work.now,
    )
    _check_free(work, user)
    store.add_user(work, user, password_hash)
    work.record(user.id, UserCreated(role=role.value))
    work.publish(user.id, PEOPLE)
    return user.id


def edit_user(
    work: Work,
    user_id: str,
    *,
    name: str | None = None,
    display_name: str | None = None,
    email: str | None = None,
    time_zone: str | None = None,
    role: Role | None = None,
    version: int | None = None,
    managed_by: str | None = None,
) -> User:
    """Change what is given (``email=""`` removes the address). People edit themselves, but not their name or role.

    ``version`` is the one the editor saw. Raises Changed, Conflict, Forbidden, Invalid, NotFound.
    """
    before = authority.take_person(work, user_id)
    if version is not None and version != before.version:
        raise Changed("This person has been edited meanwhile.", hint="Load it again and repeat your change.")
    authority.check_managed(before.managed_by, managed_by)
    after = replace(
        before,
        name=before.name if name is None else rules.slug(name),
        display_name=before.display_name if display_name is None else rules.title(display_name),
        email=before.email if email is None else rules.email(email),
        time_zone=before.time_zone if time_zone is None else rules.time_zone(time_zone, work.now),
        role=before.role if role is None else role,
        managed_by=managed_by or before.managed_by,
    )
    if (after.name, after.role) != (before.name, before.role) and not work.actor.may(Permission.PEOPLE_EDIT):
        raise Forbidden("Nobody changes their own name or role.", field="role", hint="Ask an administrator.")
    fields = ("name", "display_name", "email", "time_zone", "role", "managed_by")
    changed = [field for field in fields if getattr(after, field) != getattr(before, field)]
    if not changed:
        return before
    if after.role is not before.role:
        authority.needs_role(work, after.role)
        authority.check_keeps_an_admin(work, before)
        work.record(user_id, UserRoleChanged(before=before.role.value, after=after.role.value))
    if {"name", "email"} & set(changed):
        _check_free(work, after)
    store.save_user(work, after)
    if changed != ["role"]:
        work.record(user_id, UserEdited(changed=[field for field in changed if field != "role"]))
    work.publish(user_id, PEOPLE)
    return replace(after, version=after.version + 1)


def deactivate_user(work: Work, user_id: str) -> None:
    """No more pages, no more sign-in; sessions and personal tokens end now. Raises Conflict for the last admin."""
    work.needs(Permission.PEOPLE_EDIT)
    user = authority.take_person(work, user_id)
    if not user.active:
        return
    authority.check_keeps_an_admin(work, user)
    store.save_user(work, replace(user, active=False))
    _end_sessions(work, user_id, "deactivated")
    work.record(user_id, UserDeactivated())
    work.publish(user_id, PEOPLE)


def activate_user(work: Work, user_id: str) -> None:
    work.needs(Permission.PEOPLE_EDIT)
    user = authority.take_person(work, user_id)
    if user.active:
        return
    store.save_user(work, replace(user, active=True))
    work.record(user_id, UserActivated())
    work.publish(user_id, PEOPLE)


def delete_user(work: Work, user_id: str, *, managed_by: str | None = None) -> None:
    """Hide the person everywhere and free the name; history keeps the id. Can be restored."""
    work.needs(Permission.PEOPLE_EDIT)
    user = authority.take_person(work, user_id)
    authority.check_managed(user.managed_by, managed_by)
    authority.check_keeps_an_admin(work, user)
    store.save_user(work, replace(user, deleted_at=work.now))
    _end_sessions(work, user_id, "deleted")
    work.record(user_id, UserDeleted())
    work.publish(user_id, PEOPLE)


def restore_user(work: Work, user_id: str) -> None:
    """Undo :func:`delete_user`. Raises Conflict when the name or address has been given away since."""
    work.needs(Permission.PEOPLE_EDIT)
    user = store.take_user(work, user_id)
    if user.deleted_at is None:
        return
    authority.needs_role(work, user.role)
    _check_free(work, user)
    store.save_user(work, replace(user, deleted_at=None))
    work.record(user_id, UserRestored())
    work.publish(user_id, PEOPLE)


def detach_user(work: Work, user_id: str) -> None:
    """Take the person and their contact methods out of a configuration's hands."""
    work.needs(Permission.PEOPLE_EDIT)
    user = authority.take_person(work, user_id)
    if user.managed_by is None:
        return
    store.save_user(work, replace(user, managed_by=None))
    for method in reach_store.people(work, [user_id])[user.id].methods:
        if method.managed_by is not None:
            reach_store.save_method(work, replace(method, managed_by=None))
    work.record(user_id, UserDetached(managed_by=user.managed_by))
    work.publish(user_id, PEOPLE)


def _check_free(work: Work, user: User) -> None:
    def taken(where: ColumnElement[bool]) -> bool:
        return bool(store.find_users(work, store.live(), store.users_table.c.id != user.id, where))

    if taken(store.users_table.c.name == user.name):
        raise Conflict(f"Somebody is called {user.name} already.", field="name", hint="Choose another name.")
    if user.email is not None and taken(store.users_table.c.email_key == user.email.lower()):
        raise Conflict("Somebody has this e-mail address already.", field="email", hint="Use another address.")


def _end_sessions(work: Work, user_id: str, reason: str) -> None:
    ended = access_store.end_sessions(work, user_id)
    if ended:
        work.record(user_id, SessionsEnded(sessions=ended, reason=reason))
