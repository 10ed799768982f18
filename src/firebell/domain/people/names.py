"""Names and ids, both ways. Asks no permission: whoever sees or edits a schedule may know the people in it by name."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from firebell.domain.people import store
from firebell.kernel.ids import UserId
from firebell.kernel.work import Read

_users, _teams = store.users_table, store.teams_table


def users(read: Read) -> dict[str, UserId]:
    """Every living person, ``{name: id}``."""
    query = select(_users.c.name, _users.c.id).where(store.live())
    return {row.name: UserId(row.id) for row in read.all(query)}


def of_users(read: Read, user_ids: Iterable[str]) -> dict[str, str]:
    """``{id: name}`` of these people, those who have left included; unknown ids are left out."""
    wanted = sorted(set(user_ids))
    found: dict[str, str] = {}
    for start in range(0, len(wanted), 500):
        query = select(_users.c.id, _users.c.name).where(_users.c.id.in_(wanted[start : start + 500]))
        found.update({row.id: row.name for row in read.all(query)})
    return found


def teams(read: Read) -> dict[str, str]:
    """Every living team, ``{name: id}``."""
    return {
        row.name: row.id for row in read.all(select(_teams.c.name, _teams.c.id).where(_teams.c.deleted_at.is_(None)))
    }


def display_names(read: Read, user_ids: Iterable[str]) -> dict[UserId, str]:
    """``{id: display name}`` of these people, those who have left included."""
    wanted = sorted(set(user_ids))
    found: dict[UserId, str] = {}
    for start in range(0, len(wanted), 500):
        query = select(_users.c.id, _users.c.display_name).where(_users.c.id.in_(wanted[start : start + 500]))
        found.update({UserId(row.id): row.display_name for row in read.all(query)})
    return found
