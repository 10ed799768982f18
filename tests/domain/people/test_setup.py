"""One-time links: the first administrator, invitations and resets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from firebell.domain.people import access_store, commands, prune, queries, setup, signin, store
from firebell.domain.people.setup import Purpose
from firebell.kernel.actor import NOBODY, Role
from firebell.kernel.errors import Conflict, NotFound

HASH = "$argon2id$made-elsewhere"


def first_admin(house: Any, token: str, name: str = "boss") -> str:
    return house.do(
        lambda work: setup.create_first_admin(
            work, token, name=name, email="boss@example.com", password_hash=HASH, time_zone="Europe/Berlin"
        ),
        NOBODY,
    )


def accept(house: Any, token: str) -> str:
    return house.do(lambda work: setup.accept_invite(work, token, HASH), NOBODY)


def reset(house: Any, token: str) -> str:
    return house.do(lambda work: setup.reset_password(work, token, HASH), NOBODY)


def test_the_first_administrator_comes_in_by_link_and_is_the_only_one(house: Any) -> None:
    assert house.look(setup.needs_first_admin)
    spare, token = house.do(setup.issue_link), house.do(setup.issue_link)
    boss = first_admin(house, token)
    assert house.look(queries.admins) == [boss]
    assert not house.look(setup.needs_first_admin)
    with pytest.raises(Conflict):
        house.do(setup.issue_link)
    for used in (token, spare):
        with pytest.raises(NotFound):
            first_admin(house, used, "second")
    assert house.facts(boss) == ["user.created", "link.used"]


def test_an_administrator_who_cannot_sign_in_yet_does_not_count(house: Any) -> None:
    house.person("from-a-file", Role.ADMIN)
    assert house.look(setup.needs_first_admin)


def links(house: Any) -> dict[str, tuple[str, float, Callable[[Any, str], str]]]:
    ann, bob = house.person("ann"), house.person("bob")
    return {
        "setup": (house.do(setup.issue_link), 3600, first_admin),
        "invite": (house.do(lambda work: setup.issue_invite(work, ann)).plain, 7 * 86400, accept),
        "reset": (house.do(lambda work: setup.issue_reset(work, bob)).plain, 1800, reset),
    }


@pytest.mark.parametrize("purpose", ["setup", "invite", "reset"])
def test_a_link_is_good_once(house: Any, purpose: str) -> None:
    token, life_s, use = links(house)[purpose]
    house.clock.advance(life_s - 1)
    assert house.look(lambda read: setup.link(read, token))[0] == purpose
    assert use(house, token)
    with pytest.raises(NotFound):
        use(house, token)
    assert house.look(lambda read: setup.link(read, token)) is None


@pytest.mark.parametrize("purpose", ["setup", "invite", "reset"])
def test_a_link_runs_out(house: Any, purpose: str) -> None:
    token, life_s, use = links(house)[purpose]
    house.clock.advance(life_s)
    assert house.look(lambda read: setup.link(read, token)) is None
    with pytest.raises(NotFound):
        use(house, token)


def test_a_link_of_one_kind_opens_no_other_door_and_all_refusals_sound_alike(house: Any) -> None:
    made = links(house)
    said = set()
    for purpose, (_, _, use) in made.items():
        for other, (token, _, _) in made.items():
            if other != purpose:
                with pytest.raises(NotFound) as refused:
                    use(house, token)
                said.add(str(refused.value))
        with pytest.raises(NotFound) as refused:
            use(house, "A" * 42 + "\ud800")
        said.add(str(refused.value))
    assert len(said) == 1
    assert house.look(setup.needs_first_admin)


def test_an_invited_person_chooses_a_password(house: Any) -> None:
    link = house.do(lambda work: setup.invite_user(work, name="ann", email="ann@example.com"))
    shown = house.look(lambda read: setup.link(read, link.plain))
    assert shown[1].name == "ann"
    assert accept(house, link.plain) == link.user_id
    assert house.facts(link.user_id) == ["user.created", "link.issued", "link.used", "user.password_changed"]
    assert house.look(lambda read: queries.user(read, link.user_id)).has_password
    with pytest.raises(Conflict):
        house.do(lambda work: setup.issue_invite(work, link.user_id))


def test_inviting_again_ends_the_earlier_invitation(house: Any) -> None:
    first = house.do(lambda work: setup.invite_user(work, name="ann"))
    second = house.do(lambda work: setup.issue_invite(work, first.user_id))
    with pytest.raises(NotFound):
        accept(house, first.plain)
    assert accept(house, second.plain) == first.user_id


def test_a_reset_ends_all_sessions_and_links_of_the_person(house: Any) -> None:
    ann = house.person("ann", email="ann@example.com")
    cookie = house.do(lambda work: signin.enter(work, ann, "::1")).session_token
    asked = house.do(lambda work: setup.request_reset(work, "ANN@example.com"))[1]
    given = house.do(lambda work: setup.issue_invite(work, ann))
    assert reset(house, asked.plain) == ann
    assert house.look(lambda read: signin.session(read, cookie)) is None
    with pytest.raises(NotFound):
        accept(house, given.plain)
    assert house.look(lambda read: store.password_hash(read, ann)) == HASH


def test_asking_for_a_reset_is_limited_and_breaks_no_earlier_link(house: Any) -> None:
    ann = house.person("ann", email="ann@example.com")
    house.person("bob")
    first = house.do(lambda work: setup.request_reset(work, "ann"))[1]
    more = [house.do(lambda work: setup.request_reset(work, "ann")) for _ in range(3)]
    assert [answer is None for answer in more] == [False, False, True]
    assert house.do(lambda work: setup.request_reset(work, "nobody")) is None
    assert house.do(lambda work: setup.request_reset(work, "bob")) is None  # nowhere to send it
    assert reset(house, first.plain) == ann


@pytest.mark.parametrize("change", [commands.deactivate_user, commands.delete_user])
def test_links_of_people_who_are_gone_open_nothing(house: Any, change: Any) -> None:
    link = house.do(lambda work: setup.invite_user(work, name="ann"))
    house.do(lambda work: change(work, link.user_id))
    assert house.look(lambda read: setup.link(read, link.plain)) is None
    with pytest.raises(NotFound):
        accept(house, link.plain)


def test_links_are_stored_hashed_and_forgotten_a_day_after_they_run_out(house: Any) -> None:
    link = house.do(lambda work: setup.invite_user(work, name="ann"))
    assert link.purpose is Purpose.INVITE
    assert link.plain not in repr(link)
    assert link.plain not in str(house.look(lambda read: read.all(access_store.links_table.select())))
    house.clock.advance(8 * 86400 + 1)
    house.do(prune.prune)
    assert house.look(lambda read: read.all(access_store.links_table.select())) == []
