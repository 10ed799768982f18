"""How far an actor sees: everything, or the things of some teams. Lists are narrowed by it instead of refused."""

from __future__ import annotations

from firebell.kernel.actor import Permission
from firebell.kernel.work import Read


def reach(read: Read, permission: Permission, team: str | None = None) -> frozenset[str] | None:
    """The teams within which the actor holds ``permission``; ``None``: everywhere. ``team`` narrows to that one.

    Raises Forbidden (or Unauthenticated) when there is not one.
    """
    if team is not None:
        read.needs(permission, team)
        return frozenset({team})
    if permission in read.actor.grants:
        return None
    teams = frozenset(each for each, granted in read.actor.teams.items() if permission in granted)
    if not teams:
        read.needs(permission)
    return teams
