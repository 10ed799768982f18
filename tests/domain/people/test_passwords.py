"""Which passwords are taken, and how they are kept."""

from __future__ import annotations

import unicodedata

import pytest
from argon2 import PasswordHasher, extract_parameters

from firebell.domain.people import passwords
from firebell.kernel.errors import Invalid

GOOD = "four unrelated words here"


@pytest.mark.parametrize(
    "password",
    [GOOD, "k7#mPq2vXw", "x" * 30 + "y" * 30 + "zebra", "ünïcode-sätze-gehen", "пароль и ещё слова"],
)
def test_no_composition_is_asked_for(password: str) -> None:
    assert passwords.check(password) == unicodedata.normalize("NFC", password)


@pytest.mark.parametrize(
    "password",
    [
        "", "short", "1234567", "password", "Password1!", "P@ssw0rd", "passw0rd123", "12345678", "123456789",
        "87654321",
        "qwertyuiop", "poiuytrewq", "qwerty123", "QWERTZ2024", "aaaaaaaa", "abababab", "abcabcabc", "abcdefgh",
        "letmein!!", "welcome2026", "Summer2025", "iloveyou1", "adminadmin", "changeme", "trustno1", "1q2w3e4r",
        "1qaz2wsx",
        "abcd1234", "firebell", "PagerDuty1", "monkeydragon", "        ", "x" * 257,
        "four unrelated\0 words", "four unrelated\ud800 words",
    ],
)  # fmt: skip
def test_what_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        passwords.check(password, field="new")
    assert refused.value.field == "new"


def test_ones_own_name_or_address_is_no_password() -> None:
    about = ["marguerite", "m.duras@seaside-hotel.example"]
    for password in ("Marguerite", "marguerite1914", "m.duras!!", "seaside-hotel", "seaside-hotel99"):
        with pytest.raises(Invalid):
            passwords.check(password, about=about)
    assert passwords.check("marguerite reads the sea", about=about)


def test_sixty_four_and_more_characters_are_taken() -> None:
    assert len(passwords.check("walk the old dog past four green doors, " * 4)) == 160


def test_a_hash_is_argon2id_with_the_named_parameters_and_never_the_same_twice() -> None:
    one, two = passwords.make_hash(GOOD), passwords.make_hash(GOOD)
    made = extract_parameters(one)
    assert (made.type.name, made.time_cost, made.memory_cost, made.parallelism) == ("ID", 2, 19456, 1)
    assert one != two
    assert GOOD not in one


def test_only_the_right_password_matches() -> None:
    stored = passwords.make_hash(GOOD)
    assert passwords.matches(stored, GOOD)
    assert not passwords.matches(stored, GOOD + " ")
    assert not passwords.matches(stored, "")
    assert not passwords.matches("not a hash", GOOD)


def test_two_spellings_of_one_letter_are_one_password() -> None:
    stored = passwords.make_hash("gr\u00fcne Gl\u00e4ser auf dem Tisch")
    assert passwords.matches(stored, "gru\u0308ne Gla\u0308ser auf dem Tisch")


def test_nobody_has_no_password_at_all() -> None:
    assert not passwords.matches(None, GOOD)
    assert not passwords.matches(None, "nobody has this password")


def test_hashes_of_older_parameters_are_recognised() -> None:
    assert passwords.is_weak_hash(PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(GOOD))
    assert not passwords.is_weak_hash(passwords.make_hash(GOOD))
