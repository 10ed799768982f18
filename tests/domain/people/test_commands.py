"""Accounts and teams, on both databases."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import event

from firebell.domain.people import commands, queries, signin, teams
from firebell.domain.people.model import TeamRole
from firebell.kernel.actor import Role
from firebell.kernel.errors import Changed, Conflict, Invalid, NotFound, Refused


def test_a_new_person_can_be_found_and_is_journalled_without_their_name(house: Any) -> None:
    ann = house.person("ann", display_name="Ann Lee", email="Ann@Example.com", time_zone="Asia/Tokyo")
    user = house.look(lambda read: queries.user_by_name(read, "ann"))
    assert (user.id, user.display_name, user.email, user.time_zone) == (ann, "Ann Lee", "Ann@Example.com", "Asia/Tokyo")
    assert user.active
    assert not user.has_password
    entries = house.history(ann)
    assert [entry.kind for entry in entries] == ["user.created"]
    assert "ann" not in str(entries[0].data).lower()
    assert house.topics[-1] == {ann, "people"}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "Ann Lee"}, "name"),
        ({"name": "ann2", "email": "not an address"}, "email"),
        ({"name": "ann2", "time_zone": "Mars/Base"}, "time_zone"),
        ({"name": "ann2", "display_name": "a\nb"}, "display_name"),
        ({"name": "ann"}, "name"),
        ({"name": "ann2", "email": "ANN@example.com"}, "email"),
    ],
)
def test_what_cannot_be_stored_is_refused_by_field(house: Any, fields: dict[str, str], field: str) -> None:
    house.person("ann", email="ann@example.com")
    with pytest.raises(Refused) as refused:
        house.do(lambda work: commands.create_user(work, **fields))
    assert refused.value.field == field
    assert len(house.look(queries.users)) == 1


def test_people_edit_themselves_and_only_real_changes_are_recorded(house: Any) -> None:
    ann = house.person("ann", email="ann@example.com")
    me = house.actor(ann)
    after = house.do(lambda work: commands.edit_user(work, ann, time_zone="Asia/Tokyo", email="", name="ann"), me)
    assert (after.time_zone, after.email, after.version) == ("Asia/Tokyo", None, 2)
    house.do(lambda work: commands.edit_user(work, ann, time_zone="Asia/Tokyo"), me)
    assert house.facts(ann) == ["user.created", "user.edited"]
    assert house.history(ann)[-1].data == {"changed": ["email", "time_zone"]}


def test_an_edit_of_an_older_version_is_a_lost_race(house: Any) -> None:
    ann = house.person("ann")
    house.do(lambda work: commands.edit_user(work, ann, display_name="Ann", version=1))
    with pytest.raises(Changed):
        house.do(lambda work: commands.edit_user(work, ann, display_name="Anna", version=1))


def test_what_a_configuration_owns_is_edited_there_or_detached_first(house: Any) -> None:
    ann = house.do(lambda work: commands.create_user(work, name="ann", managed_by="config"))
    with pytest.raises(Conflict):
        house.do(lambda work: commands.edit_user(work, ann, display_name="Annie"))
    house.do(lambda work: commands.edit_user(work, ann, display_name="Anna", managed_by="config"))
    house.do(lambda work: commands.detach_user(work, ann))
    assert house.do(lambda work: commands.edit_user(work, ann, display_name="Annie")).managed_by is None


def last_admin_leaves(house: Any, boss: str) -> list[Any]:
    return [
        lambda work: commands.edit_user(work, boss, role=Role.MANAGER),
        lambda work: commands.deactivate_user(work, boss),
        lambda work: commands.delete_user(work, boss),
    ]


def test_the_last_administrator_stays(house: Any) -> None:
    boss = house.person("boss", Role.ADMIN)
    asleep = house.person("asleep", Role.ADMIN)
    house.do(lambda work: commands.deactivate_user(work, asleep))
    for leave in last_admin_leaves(house, boss):
        with pytest.raises(Conflict):
            house.do(leave)
    house.do(lambda work: commands.activate_user(work, asleep))
    house.do(last_admin_leaves(house, boss)[0])
    assert house.look(queries.admins) == [asleep]
    assert house.history(boss)[-1].data == {"before": "admin", "after": "manager"}


def test_two_administrators_cannot_demote_each_other_at_once(house: Any) -> None:
    first, second = house.person("first", Role.ADMIN), house.person("second", Role.ADMIN)
    refused: list[Exception] = []
    gate = threading.Barrier(2, timeout=10)

    def demote(user_id: str) -> None:
        gate.wait()
        try:
            house.do(lambda work: commands.edit_user(work, user_id, role=Role.VIEWER))
        except Conflict as error:
            refused.append(error)

    threads = [threading.Thread(target=demote, args=(user_id,)) for user_id in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert len(refused) == 1
    assert len(house.look(queries.admins)) == 1


def test_switching_somebody_off_ends_their_sessions_and_powers_at_once(house: Any) -> None:
    ann = house.person("ann")
    token = house.do(lambda work: signin.enter(work, ann, "::1")).session_token
    assert house.look(lambda read: signin.session_actor(read, token)).id == ann
    house.do(lambda work: commands.deactivate_user(work, ann))
    assert house.look(lambda read: signin.session_actor(read, token)) is None
    house.do(lambda work: commands.activate_user(work, ann))
    assert house.look(lambda read: signin.session_actor(read, token)) is None
    assert house.facts(ann)[-3:] == ["session.ended", "user.deactivated", "user.activated"]


def test_a_deleted_person_frees_the_name_and_comes_back_unless_it_is_taken(house: Any) -> None:
    ann = house.person("ann")
    house.do(lambda work: commands.delete_user(work, ann))
    assert house.look(lambda read: queries.user_by_name(read, "ann")) is None
    assert [user.id for user in house.look(lambda read: queries.users(read, deleted=True))] == [ann]
    with pytest.raises(NotFound):
        house.do(lambda work: commands.edit_user(work, ann, display_name="x"))
    other = house.person("ann")
    with pytest.raises(Conflict):
        house.do(lambda work: commands.restore_user(work, ann))
    house.do(lambda work: commands.edit_user(work, other, name="anna"))
    house.do(lambda work: commands.restore_user(work, ann))
    assert house.look(lambda read: queries.user_by_name(read, "ann")).id == ann


# ---------------------------------------------------------------- teams


def test_a_team_has_members_and_owners(house: Any) -> None:
    ann, bob, lead = house.person("ann"), house.person("bob"), house.person("lead")
    team = house.do(lambda work: teams.create_team(work, name="payments"))
    house.do(lambda work: teams.set_members(work, team, {bob: TeamRole.RESPONDER, ann: TeamRole.RESPONDER}))
    assert house.look(lambda read: queries.team_members(read, team)) == [
        (ann, TeamRole.RESPONDER),
        (bob, TeamRole.RESPONDER),
    ]
    assert house.look(lambda read: queries.team_owners(read, team)) == [ann, bob]
    house.do(lambda work: teams.set_members(work, team, {ann: TeamRole.RESPONDER, lead: TeamRole.MANAGER}))
    assert house.look(lambda read: queries.team_owners(read, team)) == [lead]
    assert house.history(team)[-1].data == {"joined": {lead: "manager"}, "changed": {}, "left": [bob]}
    house.do(lambda work: commands.deactivate_user(work, lead))
    assert house.look(lambda read: queries.team_owners(read, team)) == [ann]
    assert (lead, TeamRole.MANAGER) in house.look(lambda read: queries.team_members(read, team))
    house.do(lambda work: commands.delete_user(work, lead))
    assert house.look(lambda read: queries.team_members(read, team)) == [(ann, TeamRole.RESPONDER)]


def test_a_team_grants_within_itself_only(house: Any) -> None:
    lead = house.person("lead", Role.VIEWER)
    mine, other = (house.do(lambda work, n=n: teams.create_team(work, name=n)) for n in ("mine", "other"))
    house.do(lambda work: teams.set_members(work, mine, {lead: TeamRole.MANAGER}))
    actor = house.actor(lead)
    house.do(lambda work: teams.edit_team(work, mine, display_name="Mine"), actor)
    with pytest.raises(Refused):
        house.do(lambda work: teams.edit_team(work, other, display_name="Mine too"), actor)
    house.do(lambda work: teams.delete_team(work, mine))
    assert house.actor(lead).teams == {}


def test_an_unknown_member_leaves_the_team_as_it_was(house: Any) -> None:
    ann = house.person("ann")
    team = house.do(lambda work: teams.create_team(work, name="payments"))
    house.do(lambda work: teams.set_members(work, team, {ann: TeamRole.MANAGER}))
    with pytest.raises(NotFound):
        house.do(lambda work: teams.set_members(work, team, {"usr_nobody": TeamRole.MANAGER}))
    assert house.look(lambda read: queries.team_owners(read, team)) == [ann]


def test_team_names_are_unique_among_the_living(house: Any) -> None:
    team = house.do(lambda work: teams.create_team(work, name="payments"))
    with pytest.raises(Conflict):
        house.do(lambda work: teams.create_team(work, name="payments"))
    house.do(lambda work: teams.delete_team(work, team))
    house.do(lambda work: teams.create_team(work, name="payments"))
    assert len(house.look(queries.teams)) == 1
    with pytest.raises(Invalid):
        house.do(lambda work: teams.create_team(work, name="Pay ments"))


def test_many_people_are_read_in_three_queries(house: Any) -> None:
    ids = [house.person(f"p{i}") for i in range(12)]
    for user_id in ids[:3]:
        house.method(user_id, trusted=True)
    asked: list[Any] = []

    def look(read: Any) -> Any:
        event.listen(read.connection, "before_cursor_execute", lambda *seen: asked.append(seen[2]))
        return queries.people(read, [*ids, ids[0], "usr_unknown"])

    found = house.look(look)
    assert set(found) == set(ids)
    assert [len(found[user_id].methods) for user_id in ids] == [1] * 3 + [0] * 9
    assert len(asked) == 3
    assert house.look(lambda read: queries.person(read, "usr_unknown")) is None
