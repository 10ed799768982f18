"""Signing in, staying signed in, and proving it again."""

from __future__ import annotations

from typing import Any

import pytest
from argon2 import PasswordHasher

from firebell.domain.people import access_store, commands, limits, passwords, prune, signin, store
from firebell.kernel.actor import NOBODY, Role
from firebell.kernel.errors import Forbidden, Invalid, NotFound, Refused, TooMany, Unauthenticated

PASSWORD = "four unrelated words here"
HASH = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(PASSWORD)
HOUR_S = 3600


@pytest.fixture
def ann(house: Any) -> str:
    user_id: str = house.person("ann", email="Ann@example.com")
    house.do(lambda work: store.set_password_hash(work, user_id, HASH))
    return user_id


def sign_in(house: Any, name: str = "ann", password: str = PASSWORD, ip: str = "192.0.2.1") -> signin.Entered:
    return signin.sign_in(house.runner, name, password, ip, "Firefox")


def refusal(house: Any, name: str, password: str, ip: str = "192.0.2.1") -> tuple[type, str, str | None, str | None]:
    with pytest.raises(Refused) as refused:
        sign_in(house, name, password, ip)
    return type(refused.value), refused.value.message, refused.value.field, refused.value.hint


def who(house: Any, token: str) -> str | None:
    actor = house.look(lambda read: signin.session_actor(read, token), NOBODY)
    return None if actor is None else actor.id


def test_name_or_address_and_password_open_a_session(house: Any, ann: str) -> None:
    for name in ("ann", " ANN ", "ann@EXAMPLE.com"):
        assert who(house, sign_in(house, name).session_token) == ann
    assert house.facts(ann)[-1] == "session.signed_in"


def test_the_token_is_stored_only_as_a_hash_and_is_new_every_time(house: Any, ann: str) -> None:
    one, two = sign_in(house), sign_in(house)
    assert one.session_token != two.session_token
    stored = str(house.look(lambda read: read.all(access_store.sessions_table.select())))
    assert one.session_token not in stored
    assert one.session_token not in str([entry.data for entry in house.history(ann)])


def test_unknown_wrong_disabled_deleted_and_passwordless_get_one_answer(house: Any, ann: str) -> None:
    for name, change in (("off", commands.deactivate_user), ("gone", commands.delete_user)):
        user_id = house.person(name)
        house.do(lambda work, u=user_id: store.set_password_hash(work, u, HASH))
        house.do(lambda work, u=user_id, c=change: c(work, u))
    house.person("invited")
    answers = {
        refusal(house, "ann", "wrong"),
        refusal(house, "nobody", PASSWORD),
        refusal(house, "", ""),
        refusal(house, "off", PASSWORD),
        refusal(house, "gone", PASSWORD),
        refusal(house, "invited", PASSWORD),
    }
    assert len(answers) == 1


def test_every_attempt_costs_one_comparison_whoever_it_names(house: Any, ann: str) -> None:
    compared: list[str | None] = []

    def counting(stored: str | None, password: str) -> bool:
        compared.append(stored)
        return passwords.matches(stored, password)

    for name in ("ann", "nobody"):
        with pytest.raises(Unauthenticated):
            signin.sign_in(house.runner, name, "wrong", "192.0.2.1", compare=counting)
    assert compared == [HASH, None]


def test_a_password_changed_while_it_was_compared_opens_nothing(house: Any, ann: str) -> None:
    def slow(stored: str | None, password: str) -> bool:
        house.do(lambda work: store.set_password_hash(work, ann, "$another"))
        return passwords.matches(stored, password)

    with pytest.raises(Unauthenticated):
        signin.sign_in(house.runner, "ann", PASSWORD, "192.0.2.1", compare=slow)
    assert house.look(lambda read: signin.sessions(read, ann)) == []


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "a" * 5000, "' OR 1=1 --"])
def test_a_name_that_cannot_be_one_is_just_unknown(house: Any, ann: str, name: str) -> None:
    assert refusal(house, name, PASSWORD) == refusal(house, "ann", "\ud800\0")


def test_a_browser_may_call_itself_anything(house: Any, ann: str) -> None:
    signin.sign_in(house.runner, "ann", PASSWORD, "::1", "Fire\0fox\n" + "x" * 5000)
    [session] = house.look(lambda read: signin.sessions(read, ann))
    assert session.user_agent.startswith("Firefox")
    assert len(session.user_agent) <= 300


def test_ten_wrong_attempts_then_one_a_minute_known_or_not(house: Any, ann: str) -> None:
    for name in ("ann", "nobody"):
        kinds = [refusal(house, name, "wrong", f"198.51.100.{i}")[0] for i in range(11)]
        assert kinds == [Unauthenticated] * 10 + [TooMany]
    house.clock.advance(60)
    for name in ("ann", "nobody"):
        kinds = [refusal(house, name, "wrong", f"203.0.113.{i}")[0] for i in range(2)]
        assert kinds == [Unauthenticated, TooMany]


def test_one_address_may_try_thirty_times_over_all_names(house: Any) -> None:
    kinds = [refusal(house, f"nobody{i}", "wrong")[0] for i in range(31)]
    assert kinds == [Unauthenticated] * 30 + [TooMany]
    assert refusal(house, "nobody", "wrong", "192.0.2.2")[0] is Unauthenticated
    house.clock.advance(6)
    assert refusal(house, "nobody", "wrong")[0] is Unauthenticated


def test_guessing_from_elsewhere_does_not_lock_a_person_out_of_their_usual_place(house: Any, ann: str) -> None:
    signin_token = sign_in(house, ip="192.0.2.77").session_token
    house.do(lambda work: signin.sign_out(work, signin_token), NOBODY)
    for i in range(10):
        refusal(house, "ann", "wrong", f"198.51.100.{i}")
    assert refusal(house, "ann", PASSWORD, "198.51.100.99")[0] is TooMany
    assert sign_in(house, ip="192.0.2.77").user_id == ann


def test_the_right_password_clears_the_count(house: Any, ann: str) -> None:
    for _ in range(9):
        refusal(house, "ann", "wrong")
    sign_in(house)
    assert [refusal(house, "ann", "wrong")[0] for _ in range(10)] == [Unauthenticated] * 10


def test_signing_in_rightly_is_never_too_much_for_the_account(house: Any, ann: str) -> None:
    for i in range(12):
        refusal(house, "ann", "wrong", f"198.51.100.{i}")
        assert sign_in(house, ip=f"198.51.100.{i}").user_id == ann


def test_an_old_hash_is_made_anew_at_sign_in(house: Any, ann: str) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    house.do(lambda work: store.set_password_hash(work, ann, old))
    sign_in(house)
    fresh = house.look(lambda read: store.password_hash(read, ann))
    assert fresh != old
    assert not passwords.is_weak_hash(fresh)
    assert who(house, sign_in(house).session_token) == ann


def test_failures_are_journalled_without_what_was_typed(house: Any, ann: str) -> None:
    refusal(house, "ann", "hunter2hunter2")
    refusal(house, "hunter2hunter2", "ann")
    assert house.facts(ann)[-1] == "session.sign_in_failed"
    [unknown] = house.history("sign-in")
    assert unknown.data == {"ip": "192.0.2.1", "known": False}
    assert "hunter2" not in str([entry.data for entry in house.history(ann)])
    assert "hunter2" not in str(house.look(lambda read: read.all(access_store.buckets_table.select())))


# ---------------------------------------------------------------- sessions


def test_a_session_dies_after_72_idle_hours(house: Any, ann: str) -> None:
    token = sign_in(house).session_token
    house.clock.advance(72 * HOUR_S - 1)
    assert who(house, token) == ann
    house.clock.advance(1)
    assert who(house, token) is None


def test_a_session_in_use_lives_thirty_days_and_no_longer(house: Any, ann: str) -> None:
    entered = sign_in(house)
    for _ in range(30):
        assert who(house, entered.session_token) == ann
        house.do(lambda work: signin.touch_session(work, entered.session_id))
        house.clock.advance(24 * HOUR_S)
    assert who(house, entered.session_token) is None


def test_use_is_noted_at_most_once_a_minute(house: Any, ann: str) -> None:
    entered = sign_in(house)

    def seen() -> Any:
        house.do(lambda work: signin.touch_session(work, entered.session_id))
        return house.look(lambda read: signin.session(read, entered.session_token)).last_seen_at

    first = seen()
    house.clock.advance(59)
    assert seen() == first
    house.clock.advance(1)
    assert seen() == house.clock.now()


def test_signing_out_ends_this_session_only(house: Any, ann: str) -> None:
    one, two = sign_in(house).session_token, sign_in(house).session_token
    for _ in range(2):
        house.do(lambda work: signin.sign_out(work, one), NOBODY)
    assert (who(house, one), who(house, two)) == (None, ann)
    assert house.facts(ann).count("session.ended") == 1


def test_people_see_and_end_their_own_sessions_but_not_others(house: Any, ann: str) -> None:
    one, two = sign_in(house), sign_in(house)
    me, bob = house.actor(ann), house.actor(house.person("bob"))
    listed = house.look(lambda read: signin.sessions(read, ann), me)
    assert {s.id for s in listed} == {one.session_id, two.session_id}
    for session_id in (one.session_id, "ses_nothing"):
        with pytest.raises(NotFound):
            house.do(lambda work, s=session_id: signin.revoke_session(work, s), bob)
    house.do(lambda work: signin.revoke_session(work, one.session_id), me)
    assert (who(house, one.session_token), who(house, two.session_token)) == (None, ann)


def test_grants_follow_the_role_at_once(house: Any, ann: str) -> None:
    token = sign_in(house).session_token
    house.person("boss", Role.ADMIN)
    before = house.look(lambda read: signin.session_actor(read, token)).grants
    house.do(lambda work: commands.edit_user(work, ann, role=Role.VIEWER))
    assert house.look(lambda read: signin.session_actor(read, token)).grants < before


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "é", "\ud800"])
def test_an_invented_cookie_is_nobody(house: Any, ann: str, token: str) -> None:
    sign_in(house)
    assert who(house, token) is None


# ---------------------------------------------------------------- proving it again


def test_a_step_up_lasts_ten_minutes_under_a_new_token(house: Any, ann: str) -> None:
    old = sign_in(house)
    house.clock.advance(HOUR_S)
    fresh = signin.step_up(house.runner, old.session_token, PASSWORD, "192.0.2.1")
    assert fresh.session_id == old.session_id
    assert (who(house, old.session_token), who(house, fresh.session_token)) == (None, ann)
    session = house.look(lambda read: signin.session(read, fresh.session_token))
    assert limits.stepped_up(session, house.clock.now())
    house.clock.advance(600)
    assert not limits.stepped_up(session, house.clock.now())
    with pytest.raises(Unauthenticated):
        signin.step_up(house.runner, fresh.session_token, "wrong", "192.0.2.1")
    with pytest.raises(Unauthenticated):
        signin.step_up(house.runner, old.session_token, PASSWORD, "192.0.2.1")


def test_a_new_password_ends_every_other_session(house: Any, ann: str) -> None:
    here, there = sign_in(house).session_token, sign_in(house).session_token
    with pytest.raises(Unauthenticated):
        signin.change_password(house.runner, here, "wrong", "seven green bottles", "192.0.2.1")
    with pytest.raises(Invalid) as refused:
        signin.change_password(house.runner, here, PASSWORD, "password1", "192.0.2.1")
    assert refused.value.field == "new"
    assert who(house, there) == ann
    signin.change_password(house.runner, here, PASSWORD, "seven green bottles", "192.0.2.1")
    assert (who(house, here), who(house, there)) == (ann, None)
    assert refusal(house, "ann", PASSWORD)[0] is Unauthenticated
    assert sign_in(house, password="seven green bottles").user_id == ann


def test_guessing_at_the_old_password_is_limited_too(house: Any, ann: str) -> None:
    token = sign_in(house).session_token
    kinds = []
    for _ in range(11):
        with pytest.raises(Refused) as refused:
            signin.step_up(house.runner, token, "wrong", "192.0.2.1")
        kinds.append(type(refused.value))
    assert kinds == [Unauthenticated] * 10 + [TooMany]


def test_a_form_belongs_to_its_session(house: Any, ann: str) -> None:
    one, two = sign_in(house).session_token, sign_in(house).session_token
    signin.check_csrf(one, signin.csrf(one))
    assert one not in signin.csrf(one)
    wrong = [(one, given) for given in (signin.csrf(two), "", None, "é", "\ud800")]
    for token, given in (*wrong, ("", signin.csrf(""))):
        with pytest.raises(Forbidden):
            signin.check_csrf(token, given)


def test_what_is_over_is_forgotten_and_what_lives_stays(house: Any, ann: str) -> None:
    old = sign_in(house).session_token
    house.clock.advance(29 * 24 * HOUR_S)
    token = sign_in(house).session_token
    house.clock.advance(2 * 24 * HOUR_S)
    refusal(house, "ann", "wrong")
    house.do(prune.prune)
    assert (who(house, old), who(house, token)) == (None, ann)
    assert len(house.look(lambda read: read.all(access_store.sessions_table.select()))) == 1
    assert len(house.look(lambda read: read.all(access_store.buckets_table.select()))) == 2
