"""Break-glass: the person at the machine gets somebody in; and the journal, which remembers it, can be verified."""

from __future__ import annotations

import pytest

from firebell.app import chain_key, keyring_of
from firebell.domain.people import passwords, setup
from firebell.domain.people import queries as people
from firebell.kernel.clock import SystemClock
from firebell.kernel.db import Database
from firebell.kernel.errors import Conflict, NotFound
from firebell.kernel.work import Runner
from firebell.upkeep.auditing import verify
from firebell.upkeep.letting_in import create_user, reset_password, setup_link
from firebell.upkeep.opening import installation
from tests.upkeep.conftest import Place


def test_a_reset_link_lets_a_person_choose_a_password(place: Place) -> None:
    place.with_person("ann")
    address = reset_password("ann")
    assert address.startswith("http://127.0.0.1:8080/reset/")
    hashed = passwords.make_hash("correct horse battery staple")
    with installation() as house:
        house.runner.run(lambda work: setup.reset_password(work, address.rpartition("/")[2], hashed))
        user = house.runner.read(lambda read: people.user_by_name(read, "ann"))
    assert user is not None
    assert user.has_password


def test_a_new_person_is_made_with_their_role(place: Place) -> None:
    assert "/invite/" in create_user("ben", "ben@example.com", "admin")
    with installation() as house:
        user = house.runner.read(lambda read: people.user_by_name(read, "ben"))
    assert user is not None
    assert user.role == "admin"


def test_the_set_up_link_is_there_until_somebody_can_sign_in_as_administrator(place: Place) -> None:
    first = setup_link()
    hashed = passwords.make_hash("correct horse battery staple")
    with installation() as house:
        house.runner.run(
            lambda work: setup.create_first_admin(
                work, first.rpartition("/")[2], name="ann", email=None, password_hash=hashed, time_zone="UTC"
            )
        )
    with pytest.raises(Conflict):
        setup_link()


def test_nobody_of_that_name_is_said(place: Place) -> None:
    with pytest.raises(NotFound, match="ann"):
        reset_password("ann")


def test_a_journal_that_was_changed_is_found_out_at_the_first_bad_row(place: Place) -> None:
    for name in ("ann", "ben", "cat"):
        place.with_person(name)
    whole = verify()
    assert (whole.broken, whole.chains, whole.rows) == ((), 1, 3)
    database = Database(place.settings.url)
    with database.writer.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER journal_no_update")
        connection.exec_driver_sql("UPDATE journal SET actor = 'user:usr_else' WHERE n = 2")
    database.close()
    assert [(chain, n) for chain, n, _ in verify().broken] == [("admin", 2)]


def test_with_another_key_the_journal_does_not_verify(place: Place) -> None:
    place.with_person("ann")
    (place.data / "secret.key").unlink()
    assert verify().broken[0][:2] == ("admin", 1)


def test_the_upkeep_runs_as_the_house_itself(place: Place) -> None:
    with installation() as house:
        assert isinstance(house.runner, Runner)
        assert house.runner.key == chain_key(keyring_of(place.settings).current)
        assert isinstance(house.runner.clock, SystemClock)


def test_where_there_is_no_database_nothing_is_verified_and_nothing_made(place: Place) -> None:
    with pytest.raises(NotFound):
        verify()
    assert not place.file.exists()
