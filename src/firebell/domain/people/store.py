"""Tables of users, teams, contact methods and rules, and their rows as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    delete,
    select,
    text,
    update,
)

from firebell.domain.people.model import (
    Membership,
    Team,
    TeamRole,
    User,
)
from firebell.kernel.actor import Role
from firebell.kernel.db import InstantType, metadata
from firebell.kernel.errors import NotFound, Stale
from firebell.kernel.ids import TeamId, UserId
from firebell.kernel.work import Read, Work

_LIVE = text("deleted_at IS NULL")

users_table = Table(
    "users",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("display_name", String, nullable=False),
    Column("email", String),
    Column("email_key", String),  # lower case: what sign-in and uniqueness compare
    Column("time_zone", String, nullable=False),
    Column("role", String, nullable=False),
    Column("password_hash", String),
    Column("active", Boolean(create_constraint=False), nullable=False, default=True),
    Column("managed_by", String),
    Column("created_at", InstantType, nullable=False),
    Column("deleted_at", InstantType),
    Column("version", Integer, nullable=False, default=1),
)
# A deleted person's name is free again; history knows people by id.
Index("uq_users_name", users_table.c.name, unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE)
Index("uq_users_email_key", users_table.c.email_key, unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE)

teams_table = Table(
    "teams",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("display_name", String, nullable=False),
    Column("managed_by", String),
    Column("created_at", InstantType, nullable=False),
    Column("deleted_at", InstantType),
    Column("version", Integer, nullable=False, default=1),
)
Index("uq_teams_name", teams_table.c.name, unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE)

memberships_table = Table(
    "memberships",
    metadata,
    Column("team_id", ForeignKey("teams.id"), primary_key=True),
    Column("user_id", ForeignKey("users.id"), primary_key=True, index=True),
    Column("role", String, nullable=False),
)

# ---------------------------------------------------------------- users


def user_of(row: Row[Any]) -> User:
    return User(
        id=UserId(row.id),
        name=row.name,
        display_name=row.display_name,
        email=row.email,
        time_zone=row.time_zone,
        role=Role(row.role),
        active=row.active,
        managed_by=row.managed_by,
        created_at=row.created_at,
        deleted_at=row.deleted_at,
        has_password=row.password_hash is not None,
        version=row.version,
    )


def _user_values(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "display_name": user.display_name,
        "email": user.email,
        "email_key": None if user.email is None else user.email.lower(),
        "time_zone": user.time_zone,
        "role": user.role.value,
        "active": user.active,
        "managed_by": user.managed_by,
        "deleted_at": user.deleted_at,
    }


def add_user(work: Work, user: User, password_hash: str | None = None) -> None:
    row = _user_values(user) | {"id": user.id, "created_at": user.created_at, "password_hash": password_hash}
    work.insert(users_table, [row])


def save_user(work: Work, user: User) -> None:
    """Write everything but the password; ``user.version`` is the one that was read."""
    changed = work.write(
        update(users_table)
        .where(users_table.c.id == user.id, users_table.c.version == user.version)
        .values(**_user_values(user), version=user.version + 1)
    )
    if not changed:
        raise Stale("Somebody else changed this person first.")


def take_user(work: Work, user_id: str) -> User:
    """The user, locked; deleted ones included. Raises NotFound."""
    row = work.take(select(users_table).where(users_table.c.id == user_id))
    if row is None:
        raise NotFound("There is no such person.")
    return user_of(row)


def find_users(read: Read, *where: ColumnElement[bool]) -> list[User]:
    return [user_of(row) for row in read.all(select(users_table).where(*where).order_by(users_table.c.name))]


def password_hash(read: Read, user_id: str) -> str | None:
    found: str | None = read.scalar(select(users_table.c.password_hash).where(users_table.c.id == user_id))
    return found


def set_password_hash(work: Work, user_id: str, value: str) -> None:
    work.write(update(users_table).where(users_table.c.id == user_id).values(password_hash=value))


def live() -> ColumnElement[bool]:
    return users_table.c.deleted_at.is_(None)


def may_sign_in() -> ColumnElement[bool]:
    return live() & users_table.c.active.is_(True)


def take_admins(work: Work) -> list[UserId]:
    """Active administrators, locked, so that two of them cannot demote each other at the same moment."""
    where = (users_table.c.role == Role.ADMIN.value) & may_sign_in()
    statement = select(users_table.c.id).where(where).order_by(users_table.c.id)
    rows = work.all(statement if work.is_sqlite else statement.with_for_update())
    return [UserId(row.id) for row in rows]


# ---------------------------------------------------------------- teams


def team_of(row: Row[Any]) -> Team:
    return Team(
        id=TeamId(row.id),
        name=row.name,
        display_name=row.display_name,
        managed_by=row.managed_by,
        created_at=row.created_at,
        deleted_at=row.deleted_at,
        version=row.version,
    )


def add_team(work: Work, team: Team) -> None:
    row = {name: getattr(team, name) for name in ("id", "name", "display_name", "managed_by", "created_at")}
    work.insert(teams_table, [row])


def save_team(work: Work, team: Team) -> None:
    values = {name: getattr(team, name) for name in ("name", "display_name", "managed_by", "deleted_at")}
    changed = work.write(
        update(teams_table)
        .where(teams_table.c.id == team.id, teams_table.c.version == team.version)
        .values(**values, version=team.version + 1)
    )
    if not changed:
        raise Stale("Somebody else changed this team first.")


def take_team(work: Work, team_id: str) -> Team:
    """The team, locked. Raises NotFound."""
    row = work.take(select(teams_table).where(teams_table.c.id == team_id, teams_table.c.deleted_at.is_(None)))
    if row is None:
        raise NotFound("There is no such team.")
    return team_of(row)


def memberships(read: Read, *where: ColumnElement[bool]) -> list[Membership]:
    """Memberships of live people in live teams, by team and then by person's name."""
    m = memberships_table
    statement = (
        select(m)
        .join(teams_table, teams_table.c.id == m.c.team_id)
        .join(users_table, users_table.c.id == m.c.user_id)
        .where(teams_table.c.deleted_at.is_(None), live(), *where)
        .order_by(m.c.team_id, users_table.c.name)
    )
    return [Membership(TeamId(row.team_id), UserId(row.user_id), TeamRole(row.role)) for row in read.all(statement)]


def replace_members(work: Work, team_id: str, members: Mapping[UserId, TeamRole]) -> None:
    work.write(delete(memberships_table).where(memberships_table.c.team_id == team_id))
    rows = [{"team_id": team_id, "user_id": user_id, "role": role.value} for user_id, role in members.items()]
    work.insert(memberships_table, rows)
