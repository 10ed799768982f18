"""Who is who, for pages, the API and the pager.

The pager's questions (``person people team_members team_owners admins``) ask for no permission: workflows answer them
on anybody's behalf, and nobody stays unpaged because the actor at hand may not see people. A :class:`Person` carries
contact configuration (secrets sealed), so no page hands one out; pages ask :func:`methods`.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from firebell.domain.people import authority, reach_store, rules, store
from firebell.domain.people.facts import UserEdited
from firebell.domain.people.model import ContactMethod, NotificationRule, Person, Team, TeamRole, User
from firebell.kernel import journal
from firebell.kernel.actor import GRANTS, Permission, Role
from firebell.kernel.errors import NotFound
from firebell.kernel.ids import TeamId, UserId
from firebell.kernel.work import Read

_users, _teams, _members = store.users_table, store.teams_table, store.memberships_table

_EDITS_READ = 5_000


def email_is_vouched_for(read: Read, user_id: str) -> bool:
    """Whether a person's e-mail address is more than their own word: an administrator entered it, or a code that was
    sent there came back. Only such an address says who somebody is elsewhere."""
    one = person(read, user_id)
    if one is None or not one.user.email:
        return False
    proven = [m for m in one.methods if m.channel == "email" and m.verified_at is not None]
    if any(str(m.config.get("to", "")).strip().lower() == one.user.email.lower() for m in proven):
        return True
    facts = journal.of(read.connection, user_id, limit=_EDITS_READ)
    if len(facts) == _EDITS_READ:
        return False  # who edits themselves five thousand times has something to bury
    said = [fact for fact in facts if fact.kind == UserEdited.kind and "email" in fact.data["changed"]]
    # Who may edit everybody could enter it for anybody, so their own is believed as well.
    return not said or said[-1].actor != f"user:{user_id}" or Permission.PEOPLE_EDIT in GRANTS[one.user.role]


# ---------------------------------------------------------------- for the pager


def person(read: Read, user_id: str) -> Person | None:
    """The user with methods and rules, deleted ones included (``reachable`` says so)."""
    return next(iter(reach_store.people(read, [user_id]).values()), None)


def people(read: Read, user_ids: Iterable[str]) -> dict[UserId, Person]:
    """:func:`person` for many at once, in three queries per 500 ids; unknown ids are left out."""
    return reach_store.people(read, user_ids)


def team_members(read: Read, team_id: str) -> list[tuple[UserId, TeamRole]]:
    """Live members by name, disabled ones included; empty for an unknown or deleted team."""
    return [(m.user_id, m.role) for m in store.memberships(read, _members.c.team_id == team_id)]


def team_owners(read: Read, team_id: str) -> list[UserId]:
    """Who answers for the team: its active managers, else its active members."""
    found = store.memberships(read, _members.c.team_id == team_id, _users.c.active.is_(True))
    managers = [m.user_id for m in found if m.role is TeamRole.MANAGER]
    return managers or [m.user_id for m in found]


def admins(read: Read) -> list[UserId]:
    """Active administrators, by name."""
    return [user.id for user in store.find_users(read, _users.c.role == Role.ADMIN.value, store.may_sign_in())]


# ---------------------------------------------------------------- for pages and the API


def users(read: Read, *, role: Role | None = None, team_id: str | None = None, deleted: bool = False) -> list[User]:
    """Live people by name (``deleted``: only the deleted ones)."""
    read.needs(Permission.PEOPLE_VIEW)
    where = [_users.c.deleted_at.is_not(None) if deleted else store.live()]
    if role is not None:
        where.append(_users.c.role == role.value)
    if team_id is not None:
        where.append(_users.c.id.in_(select(_members.c.user_id).where(_members.c.team_id == team_id)))
    return store.find_users(read, *where)


def user(read: Read, user_id: str) -> User:
    """One person, deleted or not. Raises NotFound."""
    read.needs(Permission.PEOPLE_VIEW)
    found = store.find_users(read, _users.c.id == user_id)
    if not found:
        raise NotFound("There is no such person.")
    return found[0]


def user_by_name(read: Read, name: str) -> User | None:
    """The live person of this name (case ignored)."""
    read.needs(Permission.PEOPLE_VIEW)
    return next(iter(store.find_users(read, store.live(), _users.c.name == rules.typed(name))), None)


def methods(read: Read, user_id: str) -> tuple[ContactMethod, ...]:
    """A person's contact methods, oldest first: for themselves and for administrators. Raises NotFound."""
    return _own(read, user_id).methods


def notification_rules(read: Read, user_id: str) -> tuple[NotificationRule, ...]:
    """A person's rules by urgency and delay: for themselves and for administrators. Raises NotFound."""
    return _own(read, user_id).rules


def team(read: Read, team_id: str) -> Team | None:
    read.needs(Permission.PEOPLE_VIEW)
    found = read.one(select(_teams).where(_teams.c.id == team_id, _teams.c.deleted_at.is_(None)))
    return None if found is None else store.team_of(found)


def team_by_name(read: Read, name: str) -> Team | None:
    read.needs(Permission.PEOPLE_VIEW)
    found = read.one(select(_teams).where(_teams.c.name == rules.typed(name), _teams.c.deleted_at.is_(None)))
    return None if found is None else store.team_of(found)


def teams(read: Read) -> list[Team]:
    """Live teams by name."""
    read.needs(Permission.PEOPLE_VIEW)
    rows = read.all(select(_teams).where(_teams.c.deleted_at.is_(None)).order_by(_teams.c.name))
    return [store.team_of(row) for row in rows]


def teams_of(read: Read, user_id: str) -> list[tuple[TeamId, TeamRole]]:
    """The teams a person is in, with their role there."""
    read.needs(Permission.PEOPLE_VIEW)
    return [(m.team_id, m.role) for m in store.memberships(read, _members.c.user_id == user_id)]


def _own(read: Read, user_id: str) -> Person:
    authority.needs_self_or(read, Permission.PEOPLE_EDIT, user_id)
    found = person(read, user_id)
    if found is None:
        raise NotFound("There is no such person.")
    return found
