"""Teams and who is in them.

``managed_by`` names the configuration on whose behalf a change is made; without it,
what a configuration owns is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from firebell.domain.people import authority, rules, store
from firebell.domain.people.facts import MembersChanged, TeamCreated, TeamDeleted, TeamDetached, TeamEdited
from firebell.domain.people.model import Team, TeamRole
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Changed, Conflict, NotFound
from firebell.kernel.ids import TeamId, UserId
from firebell.kernel.work import Work

PEOPLE = "people"


def create_team(work: Work, *, name: str, display_name: str = "", managed_by: str | None = None) -> TeamId:
    work.needs(Permission.TEAMS_EDIT)
    team = Team(
        id=TeamId(ids.new("team", work.now)),
        name=rules.slug(name),
        display_name=rules.title(display_name or name),
        managed_by=managed_by,
        created_at=work.now,
    )
    _check_team_free(work, team)
    store.add_team(work, team)
    work.record(team.id, TeamCreated())
    work.publish(team.id, PEOPLE)
    return team.id


def edit_team(
    work: Work,
    team_id: str,
    *,
    name: str | None = None,
    display_name: str | None = None,
    version: int | None = None,
    managed_by: str | None = None,
) -> Team:
    """Rename a team (its managers may). Raises Changed, Conflict, Invalid, NotFound."""
    work.needs(Permission.TEAMS_EDIT, team_id)
    before = store.take_team(work, team_id)
    if version is not None and version != before.version:
        raise Changed("This team has been edited meanwhile.", hint="Load it again and repeat your change.")
    authority.check_managed(before.managed_by, managed_by)
    after = replace(
        before,
        name=before.name if name is None else rules.slug(name),
        display_name=before.display_name if display_name is None else rules.title(display_name),
        managed_by=managed_by or before.managed_by,
    )
    changed = [f for f in ("name", "display_name", "managed_by") if getattr(after, f) != getattr(before, f)]
    if not changed:
        return before
    _check_team_free(work, after)
    store.save_team(work, after)
    work.record(team_id, TeamEdited(changed=changed))
    work.publish(team_id, PEOPLE)
    return replace(after, version=after.version + 1)


def delete_team(work: Work, team_id: str, *, managed_by: str | None = None) -> None:
    """Hide the team and what it grants; its name is free again. Managers of the team alone may not."""
    work.needs(Permission.TEAMS_EDIT)
    team = store.take_team(work, team_id)
    authority.check_managed(team.managed_by, managed_by)
    store.save_team(work, replace(team, deleted_at=work.now))
    work.record(team_id, TeamDeleted())
    work.publish(team_id, PEOPLE)


def detach_team(work: Work, team_id: str) -> None:
    """Take the team out of a configuration's hands."""
    work.needs(Permission.TEAMS_EDIT, team_id)
    team = store.take_team(work, team_id)
    if team.managed_by is None:
        return
    store.save_team(work, replace(team, managed_by=None))
    work.record(team_id, TeamDetached(managed_by=team.managed_by))
    work.publish(team_id, PEOPLE)


def set_members(work: Work, team_id: str, members: Mapping[str, TeamRole], *, managed_by: str | None = None) -> None:
    """Make ``members`` (user id → role within the team) the whole team.

    Raises NotFound for an unknown person, Forbidden for a role that may more there than the actor.
    """
    work.needs(Permission.TEAMS_EDIT, team_id)
    team = store.take_team(work, team_id)
    authority.check_managed(team.managed_by, managed_by)
    known = {user.id for user in store.find_users(work, store.live(), store.users_table.c.id.in_(list(members)))}
    if missing := sorted(set(members) - known):
        raise NotFound(f"There is no person {missing[0]}.", field="members")
    before = {m.user_id: m.role for m in store.memberships(work, store.memberships_table.c.team_id == team_id)}
    after = {UserId(user_id): TeamRole(role) for user_id, role in members.items()}
    if after == before:
        return
    for user_id, role in after.items():
        if before.get(user_id) is not role:
            authority.needs_team_role(work, role, team_id)
    store.replace_members(work, team_id, after)
    work.record(
        team_id,
        MembersChanged(
            joined={u: r.value for u, r in after.items() if u not in before},
            changed={u: r.value for u, r in after.items() if u in before and before[u] is not r},
            left=sorted(before.keys() - after.keys()),
        ),
    )
    work.publish(team_id, PEOPLE, *(before.keys() ^ after.keys()))


def _check_team_free(work: Work, team: Team) -> None:
    t = store.teams_table.c
    if work.one(store.teams_table.select().where(t.name == team.name, t.id != team.id, t.deleted_at.is_(None))):
        raise Conflict(f"A team is called {team.name} already.", field="name", hint="Choose another name.")
