"""Sealed values open only where they were sealed; tokens are what we issued and nothing like it."""

from __future__ import annotations

import base64
import datetime as dt
import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from firebell.kernel.errors import Invalid
from firebell.kernel.secrets import (
    Key,
    Keyring,
    Unsealable,
    hash_token,
    new_token,
    new_url_token,
    new_webhook_secret,
    parse_token,
    token_matches,
    url_token_matches,
    webhook_key,
    webhook_signature,
)

ONE, TWO = Key(bytes(range(32))), Key(bytes(range(1, 33)))
PLACE = {"table": "contact_method", "column": "secret", "row_id": "mth_1"}
VECTOR = "fb_test0001_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
VECTOR_HASH = "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"


@settings(deadline=None)
@given(st.text())
def test_what_is_sealed_opens_in_its_place(plain: str) -> None:
    sealed = Keyring(ONE).seal(plain, **PLACE)
    assert sealed.startswith(f"v1.{ONE.id}.")
    assert Keyring(ONE).unseal(sealed, **PLACE) == plain


def test_the_sealed_form_is_what_the_specification_says() -> None:
    sealed = Keyring(ONE).seal("canary", **PLACE)
    version, key_id, nonce, ciphertext = sealed.split(".")
    raw_nonce, raw = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in (nonce, ciphertext))
    assert (version, key_id, len(raw_nonce)) == ("v1", ONE.id, 12)
    place = f"contact_method|secret|mth_1|{ONE.id}".encode()
    assert AESGCM(ONE.raw).decrypt(raw_nonce, raw, place) == b"canary"


def test_the_same_value_never_seals_to_the_same_text() -> None:
    ring = Keyring(ONE)
    assert len({ring.seal("canary", **PLACE) for _ in range(50)}) == 50


@pytest.mark.parametrize("moved", ["table", "column", "row_id"])
def test_a_sealed_value_does_not_open_elsewhere(moved: str) -> None:
    sealed = Keyring(ONE).seal("canary", **PLACE)
    with pytest.raises(Unsealable):
        Keyring(ONE).unseal(sealed, **{**PLACE, moved: "other"})


def test_a_bar_cannot_make_two_places_look_alike() -> None:
    with pytest.raises(ValueError, match="bar"):
        Keyring(ONE).seal("x", table="a|b", column="c", row_id="d")


def test_during_a_rotation_both_keys_open_and_the_new_one_seals() -> None:
    before = Keyring(ONE).seal("canary", **PLACE)
    ring = Keyring(TWO, old=ONE)
    assert ring.unseal(before, **PLACE) == "canary"
    assert ring.is_stale(before)
    after = ring.seal("canary", **PLACE)
    assert not ring.is_stale(after)
    assert Keyring(TWO).unseal(after, **PLACE) == "canary"
    with pytest.raises(Unsealable):
        Keyring(TWO).unseal(before, **PLACE)


def test_a_value_relabelled_with_another_key_id_does_not_open() -> None:
    sealed = Keyring(ONE).seal("canary", **PLACE)
    with pytest.raises(Unsealable):
        Keyring(TWO, old=ONE).unseal(sealed.replace(ONE.id, TWO.id), **PLACE)


@settings(deadline=None)
@given(st.integers(min_value=0), st.characters(codec="ascii"))
def test_one_changed_character_is_noticed(at: int, char: str) -> None:
    sealed = Keyring(ONE).seal("canary", **PLACE)
    at %= len(sealed)
    changed = sealed[:at] + char + sealed[at + 1 :]
    if changed != sealed:
        with pytest.raises(Unsealable):
            Keyring(ONE).unseal(changed, **PLACE)


@pytest.mark.parametrize("text", ["", "v1", "v1...", "plain text", "v2.630dcd29.AAAA.AAAA", "v1.x.y.z.w"])
def test_what_was_never_sealed_is_refused(text: str) -> None:
    with pytest.raises(Unsealable):
        Keyring(ONE).unseal(text, **PLACE)


def test_a_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret.key"
    made = Key.load_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_size == 32
    assert Key.load_or_create(path) == made
    assert [entry.name for entry in path.parent.iterdir()] == ["secret.key"]


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    keys: list[Key] = []
    threads = [threading.Thread(target=lambda: keys.append(Key.load_or_create(tmp_path / "k"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


def test_a_damaged_key_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    path.write_bytes(b"short")
    with pytest.raises(Invalid):
        Key.load_or_create(path)
    assert path.read_bytes() == b"short"


def test_a_key_may_come_as_text() -> None:
    key = Key(bytes([251, 255] * 16))
    for text in (base64.urlsafe_b64encode(key.raw).decode(), base64.b64encode(key.raw).decode()):
        assert Key.from_text(f"{text}\n") == Key.from_text(text.rstrip("=")) == key
    for wrong in ("", "short", "!" * 43):
        with pytest.raises(Invalid):
            Key.from_text(wrong)


def test_the_token_vector_of_the_specification() -> None:
    token = parse_token(VECTOR)
    assert token is not None
    assert token.id == "test0001"
    assert token_matches(token, VECTOR_HASH)
    assert not token_matches(replace(token, secret=bytes(32)), VECTOR_HASH)


@pytest.mark.parametrize(
    "text",
    [
        VECTOR[:-1],
        VECTOR + "A",
        VECTOR.replace("test0001", "TEST0001"),
        VECTOR + "\n",
        " " + VECTOR,
        VECTOR.removeprefix("fb_"),
        VECTOR.replace("fb_", "FB_"),
        VECTOR.replace("test0001", "test001"),
        VECTOR.replace("test0001", "test_001"),
        VECTOR.replace("AAEC", "AA+C"),
        VECTOR.replace("AAEC", "AA=C"),
        # The last character carries four bits only: this spelling decodes to the same bytes.
        VECTOR[:-1] + "9",
        "",
    ],
)
def test_what_only_resembles_a_token_is_refused(text: str) -> None:
    assert parse_token(text) is None


def test_a_new_token_is_accepted_and_no_other() -> None:
    mine, other = new_token(), new_token()
    parsed = parse_token(mine.plain)
    assert parsed is not None
    assert parsed.id == mine.id
    assert token_matches(parsed, mine.hash)
    assert not token_matches(parsed, other.hash)
    assert not token_matches(parsed, None)
    assert not token_matches(None, mine.hash)
    assert not token_matches(None, None)
    plain, token_id, stored = mine
    assert (plain, token_id, stored) == (mine.plain, mine.id, mine.hash)


def test_a_link_token_matches_its_hash_only() -> None:
    plain, stored = new_url_token()
    assert len(plain) == 43
    assert stored == hash_token(plain)
    assert url_token_matches(plain, stored)
    assert not url_token_matches(plain + "x", stored)
    assert not url_token_matches(plain, None)


def test_no_repr_shows_a_secret() -> None:
    token = new_token()
    parsed = parse_token(token.plain)
    assert parsed is not None
    shown = repr([ONE, Keyring(ONE, TWO), token, parsed])
    assert token.plain not in shown
    assert token.hash not in shown
    for secret in (ONE.raw, TWO.raw, parsed.secret):
        assert repr(secret) not in shown


def test_the_webhook_vector_of_the_specification() -> None:
    signature = webhook_signature(bytes(range(32)), "msg_1", 1700000000, b'{"a":1}')
    assert signature == "v1,AMaOha7DUT/0J0JMycRuYOBSvbx3WtwLd2khXXbaVj4="


@settings(deadline=None)
@given(st.binary(min_size=24, max_size=64), st.text())
def test_an_independent_library_signs_alike(raw: bytes, body: str) -> None:
    secret = "whsec_" + base64.b64encode(raw).decode()
    theirs = Webhook(secret).sign("msg_1", dt.datetime(2026, 1, 5, tzinfo=dt.UTC), body)
    assert webhook_signature(webhook_key(secret), "msg_1", 1767571200, body.encode()) == theirs


def test_a_new_webhook_secret_has_a_usable_key() -> None:
    assert len(webhook_key(new_webhook_secret())) == 32


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_c2hvcnQ=", "plain", "whsec_" + "A" * 90, "WHSEC_" + "A" * 44, "whsec_" + "!" * 44]
)
def test_a_weak_webhook_secret_is_refused(secret: str) -> None:
    with pytest.raises(Invalid):
        webhook_key(secret)


def test_an_empty_key_signs_nothing() -> None:
    with pytest.raises(ValueError, match="empty key"):
        webhook_signature(b"", "msg_1", 1700000000, b"{}")
