"""API tokens: shown once, scoped, and never more than their creator may."""

from __future__ import annotations

from typing import Any

import pytest

from firebell.domain.people import access_store, commands, teams, tokens
from firebell.domain.people.model import TeamRole
from firebell.kernel.actor import ADMIN, NOBODY, Actor, Permission, Role
from firebell.kernel.clock import plus
from firebell.kernel.errors import Forbidden, Invalid, NotFound


def make(house: Any, who: Actor, *scopes: str, **options: Any) -> tokens.Issued:
    return house.do(lambda work: tokens.create(work, "ci", scopes, **options), who)


def stands_for(house: Any, plain: str) -> Actor | None:
    return house.look(lambda read: tokens.actor(read, plain), NOBODY)


@pytest.fixture
def boss(house: Any) -> Actor:
    return house.actor(house.person("boss", Role.ADMIN))


def test_a_token_may_exactly_its_scopes(house: Any, boss: Actor) -> None:
    made = make(house, boss, "alerts.view", "signals.send")
    actor = stands_for(house, made.plain)
    assert actor is not None
    assert actor.grants == {Permission.ALERTS_VIEW, Permission.SIGNALS_SEND}
    assert (actor.kind, actor.id, actor.name) == ("token", made.token.id, "ci")


def test_the_secret_is_nowhere_but_in_the_answer(house: Any, boss: Actor) -> None:
    made = make(house, boss, "alerts.view")
    secret = made.plain.split("_", 2)[2]
    assert secret not in repr(made)
    assert secret not in str(house.look(lambda read: read.all(access_store.tokens_table.select())))
    assert secret not in str([entry.data for entry in house.history(made.token.id)])


def test_only_the_whole_token_opens(house: Any, boss: Actor) -> None:
    one, two = make(house, boss, "alerts.view").plain, make(house, boss, "alerts.view").plain
    crossed = "_".join([*one.split("_", 2)[:2], two.split("_", 2)[2]])
    for wrong in ("", "fb_", one[:-1], one + "A", one + "\n", one.upper(), one[3:], crossed, "é" * 55):
        assert stands_for(house, wrong) is None


def test_nobody_hands_out_what_they_do_not_hold(house: Any, boss: Actor) -> None:
    maker = stands_for(house, make(house, boss, "tokens.edit", "alerts.view").plain)
    assert maker is not None
    make(house, maker, "alerts.view")
    for scope in ("alerts.resolve", "people.edit"):
        with pytest.raises(Forbidden):
            make(house, maker, "alerts.view", scope)


def test_scopes_are_checked_by_name(house: Any, boss: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        make(house, boss, "alert.view")
    assert refused.value.hint == "Did you mean alerts.view?"
    with pytest.raises(Invalid):
        make(house, boss)


def test_a_token_ends_when_it_expires_or_is_revoked(house: Any, boss: Actor) -> None:
    short = make(house, boss, "alerts.view", expires_at=plus(house.clock.now(), 60))
    long = make(house, boss, "alerts.view")
    house.clock.advance(59)
    assert stands_for(house, short.plain) is not None
    house.clock.advance(1)
    assert stands_for(house, short.plain) is None
    for _ in range(2):
        house.do(lambda work: tokens.revoke(work, long.token.id), boss)
    assert stands_for(house, long.plain) is None
    assert house.facts(long.token.id) == ["token.created", "token.revoked"]
    with pytest.raises(Invalid):
        make(house, boss, "alerts.view", expires_at=house.clock.now())
    with pytest.raises(NotFound):
        house.do(lambda work: tokens.revoke(work, "tok_nothing"), boss)


def test_a_personal_token_shrinks_and_ends_with_its_owner(house: Any, boss: Actor) -> None:
    ann = house.person("ann")
    made = make(house, house.actor(ann), "alerts.view", "alerts.resolve", personal=True)
    with pytest.raises(Forbidden):
        make(house, house.actor(ann), "people.edit", personal=True)
    house.do(lambda work: commands.edit_user(work, ann, role=Role.VIEWER))
    actor = stands_for(house, made.plain)
    assert actor is not None
    assert actor.grants == {Permission.ALERTS_VIEW}
    house.do(lambda work: commands.deactivate_user(work, ann))
    assert stands_for(house, made.plain) is None


def test_an_installations_token_outlives_the_person_who_made_it(house: Any, boss: Actor) -> None:
    made = make(house, boss, "alerts.view")
    house.person("next", Role.ADMIN)
    house.do(lambda work: commands.delete_user(work, boss.id))
    assert stands_for(house, made.plain) is not None


def test_a_teams_token_works_within_the_team(house: Any, boss: Actor) -> None:
    team = house.do(lambda work: teams.create_team(work, name="payments"))
    lead = house.person("lead", Role.VIEWER)
    house.do(lambda work: teams.set_members(work, team, {lead: TeamRole.MANAGER}))
    made = make(house, house.actor(lead), "schedules.edit", team=team, personal=True)
    actor = stands_for(house, made.plain)
    assert actor is not None
    assert actor.may(Permission.SCHEDULES_EDIT, team)
    assert not actor.may(Permission.SCHEDULES_EDIT)
    assert not actor.may(Permission.SCHEDULES_EDIT, "team_other")
    with pytest.raises(Forbidden):
        make(house, house.actor(lead), "schedules.edit", personal=True)
    house.do(lambda work: teams.set_members(work, team, {}))
    assert not stands_for(house, made.plain).teams[team]  # type: ignore[union-attr]
    house.do(lambda work: teams.delete_team(work, team))
    assert stands_for(house, made.plain) is None


def test_lists_show_what_is_not_revoked_and_when_it_was_used(house: Any, boss: Actor) -> None:
    kept, dropped = make(house, boss, "alerts.view").token, make(house, boss, "alerts.view").token
    house.do(lambda work: tokens.revoke(work, dropped.id), boss)
    house.do(lambda work: tokens.touch(work, kept.id))
    first = house.clock.now()
    house.clock.advance(59)
    house.do(lambda work: tokens.touch(work, kept.id))
    [listed] = house.look(tokens.installed, boss)
    assert (listed.id, listed.last_used_at) == (kept.id, first)
    assert house.look(lambda read: tokens.of_user(read, boss.id), boss) == []


@pytest.mark.parametrize(
    ("given", "configured", "opens"),
    [("s3cret", "s3cret", True), ("s3cret", "other", False), ("", "", False), ("", None, False), ("x", None, False)],
)
def test_the_bootstrap_token_is_an_administrator_when_one_is_configured(
    given: str, configured: str | None, opens: bool
) -> None:
    actor = tokens.bootstrap_actor(given, configured)
    assert (actor is not None and actor.grants == ADMIN) is opens
