"""Who may change whom: oneself, or a person whose powers do not exceed one's own."""

from __future__ import annotations

from firebell.domain.people import store
from firebell.domain.people.model import TeamRole, User
from firebell.kernel.actor import GRANTS, Actor, Permission, Role
from firebell.kernel.errors import Conflict, Forbidden, NotFound
from firebell.kernel.work import Read, Work


def is_self(read: Read, user_id: str) -> bool:
    """Whether the actor is this person in a browser. A token is never its owner."""
    return read.actor.kind == "user" and read.actor.id == user_id


def needs_self_or(read: Read, permission: Permission, user_id: str) -> None:
    """Oneself (SELF_EDIT), or ``permission``. Raises Forbidden or Unauthenticated."""
    read.needs(Permission.SELF_EDIT if is_self(read, user_id) else permission)


def needs_role(read: Read, role: Role) -> None:
    """Nobody hands out, or takes over, more than they hold: a token that may edit people makes no administrator."""
    if not GRANTS[role] <= read.actor.grants:
        raise Forbidden(f"This needs everything the role {role} may do.", field="role", hint="Ask an administrator.")


def needs_team_role(read: Read, role: TeamRole, team_id: str) -> None:
    """The same within a team. Who may apply a configuration may describe any team."""
    held = all(read.actor.may(permission, team_id) for permission in GRANTS[Role(role.value)])
    if not held and not read.actor.may(Permission.CONFIG_APPLY):
        raise Forbidden(f"This needs everything a team's {role} may do.", field="members", hint="Ask an administrator.")


def take_person(work: Work, user_id: str) -> User:
    """The live person, locked, for a change by themselves or by an administrator."""
    needs_self_or(work, Permission.PEOPLE_EDIT, user_id)
    user = store.take_user(work, user_id)
    if user.deleted_at is not None:
        raise NotFound("There is no such person.")
    if not is_self(work, user_id):
        needs_role(work, user.role)
    return user


def check_managed(managed_by: str | None, applied_by: str | None) -> None:
    """What a configuration owns is changed there, or detached first."""
    if managed_by is not None and applied_by is None:
        raise Conflict(f"This is managed by {managed_by}.", hint="Change it there, or detach it first.")


def check_keeps_an_admin(work: Work, user: User) -> None:
    """Refuse when ``user``, about to lose the role, is the last active administrator."""
    if user.role is Role.ADMIN and user.active and user.deleted_at is None and store.take_admins(work) == [user.id]:
        raise Conflict("This is the last administrator.", hint="Make somebody else an administrator first.")


def user_actor(read: Read, user_id: str) -> Actor | None:
    """The person as an actor: what the role grants everywhere, each team within itself. ``None``: may not sign in."""
    found = store.find_users(read, store.users_table.c.id == user_id, store.may_sign_in())
    if not found:
        return None
    teams = store.memberships(read, store.memberships_table.c.user_id == user_id)
    return Actor(
        kind="user",
        id=user_id,
        name=found[0].display_name,
        grants=GRANTS[found[0].role],
        teams={member.team_id: GRANTS[Role(member.role.value)] for member in teams},
    )
