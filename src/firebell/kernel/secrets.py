"""Sealing at rest, tokens, and the signature on outgoing webhooks.

Nothing here ever shows a secret in a ``repr`` or an error text.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from firebell.kernel.errors import Invalid

__all__ = [
    "Key",
    "Keyring",
    "NewToken",
    "Token",
    "Unsealable",
    "hash_token",
    "new_token",
    "new_url_token",
    "new_webhook_secret",
    "parse_token",
    "token_matches",
    "url_token_matches",
    "webhook_key",
    "webhook_signature",
]

_KEY_BYTES = 32
_NONCE_BYTES = 12
_ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
_TOKEN = re.compile(r"fb_[a-z0-9]{8}_[A-Za-z0-9_-]{43}")
_EITHER_ALPHABET = str.maketrans("+/", "-_")
_NOBODY_HASH = hashlib.sha256(b"no such token").hexdigest()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    """Unpadded base64url, in its only spelling. Raises ``ValueError``."""
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _encode(raw) != text:
        raise ValueError("not canonical base64url")
    return raw


# ------------------------------------------------------------------ sealing at rest


class Unsealable(Exception):
    """The sealed value was made with a key we do not hold, for another place, or was changed."""


@dataclass(frozen=True, slots=True)
class Key:
    """32 random bytes; ``id`` (8 hex digits, of their SHA-256) tells which key sealed a value."""

    raw: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.raw) != _KEY_BYTES:
            raise Invalid(
                "The secret key must be 32 bytes.", field="secret_key", hint="Delete nothing: restore the file."
            )

    @property
    def id(self) -> str:
        return hashlib.sha256(b"firebell key id\0" + self.raw).hexdigest()[:8]

    @classmethod
    def from_text(cls, text: str) -> Self:
        """A key written in base64 of either alphabet, padded or not. Raises ``Invalid``."""
        try:
            return cls(_decode(text.strip().rstrip("=").translate(_EITHER_ALPHABET)))
        except ValueError:
            raise Invalid("The secret key must be 32 bytes in base64.", field="secret_key") from None

    @classmethod
    def load_or_create(cls, path: Path) -> Self:
        """The key in ``path`` (32 raw bytes), made with mode 0600 when there is no such file.

        The file appears whole or not at all, and of two processes that start at once both use the one that stays.
        """
        try:
            return cls(path.read_bytes())
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(_KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            except OSError:
                # A file system without hard links (some container mounts): whole still, only not raced safely.
                draft.replace(path)
            else:
                _sync_folder(path.parent)
        finally:
            draft.unlink(missing_ok=True)
        return cls(path.read_bytes())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@dataclass(frozen=True, slots=True)
class Keyring:
    """Seals with ``current``; opens with ``current`` and, while a rotation lasts, with ``old``.

    A sealed value is ``v1.<key id>.<nonce>.<ciphertext>``: AES-256-GCM (NIST SP 800-38D), random 96-bit nonce,
    associated data ``table|column|row id|key id``, so that a value copied to another row does not open there.
    """

    current: Key
    old: Key | None = None

    def seal(self, plain: str, *, table: str, column: str, row_id: str) -> str:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        place = _place(table, column, row_id, self.current.id)
        sealed = AESGCM(self.current.raw).encrypt(nonce, plain.encode(), place)
        return f"v1.{self.current.id}.{_encode(nonce)}.{_encode(sealed)}"

    def unseal(self, sealed: str, *, table: str, column: str, row_id: str) -> str:
        """Raises :class:`Unsealable`."""
        try:
            version, key_id, nonce, ciphertext = sealed.split(".")
            key = next(key for key in (self.current, self.old) if key is not None and key.id == key_id)
            if version != "v1":
                raise Unsealable(f"{table}.{column}: sealed in an unknown format")
            return (
                AESGCM(key.raw)
                .decrypt(_decode(nonce), _decode(ciphertext), _place(table, column, row_id, key_id))
                .decode()
            )
        except StopIteration:
            raise Unsealable(f"{table}.{column}: sealed with a key that is not on the ring") from None
        except (ValueError, InvalidTag):
            raise Unsealable(f"{table}.{column}: damaged, or sealed for another row") from None

    def is_stale(self, sealed: str) -> bool:
        """Whether the value should be sealed again because the current key did not make it."""
        return not sealed.startswith(f"v1.{self.current.id}.")


def _place(table: str, column: str, row_id: str, key_id: str) -> bytes:
    parts = (table, column, row_id, key_id)
    if any("|" in part for part in parts):
        raise ValueError("a name with a bar would make two places look alike")
    return "|".join(parts).encode()


# ------------------------------------------------------------------ tokens


class NewToken(NamedTuple):
    """A token just made: ``plain`` is shown once, ``id`` is indexed, ``hash`` is stored."""

    plain: str
    id: str
    hash: str

    def __repr__(self) -> str:
        return f"NewToken(id={self.id!r})"


@dataclass(frozen=True, slots=True)
class Token:
    """A presented token taken apart; look ``id`` up, then ask :func:`token_matches`."""

    id: str
    secret: bytes = field(repr=False)


def new_token() -> NewToken:
    """``fb_<id>_<secret>``: 8 x ``[a-z0-9]`` and 32 random bytes in base64url; the hash is SHA-256 of those bytes."""
    raw = secrets.token_bytes(32)
    token_id = "".join(secrets.choice(_ID_ALPHABET) for _ in range(8))
    return NewToken(f"fb_{token_id}_{_encode(raw)}", token_id, hashlib.sha256(raw).hexdigest())


def parse_token(text: str) -> Token | None:
    """``text`` taken apart, or ``None`` when it is no token of ours."""
    if not _TOKEN.fullmatch(text):
        return None
    _, token_id, secret = text.split("_", 2)
    try:
        return Token(token_id, _decode(secret))
    except (ValueError, binascii.Error):
        return None


def token_matches(token: Token | None, stored_hash: str | None) -> bool:
    """Compare in constant time; an unknown id (``None``) costs the same as a wrong secret."""
    given = hashlib.sha256(b"" if token is None else token.secret).hexdigest()
    same = hmac.compare_digest(given, stored_hash or _NOBODY_HASH)
    return same and token is not None and stored_hash is not None


def hash_token(plain: str) -> str:
    """What is stored for a token that stands in a URL or in a foreign key field: SHA-256 of its text, hex.

    A plain hash suffices from 128 random bits on; never use it for what a person chose.
    """
    return hashlib.sha256(plain.encode()).hexdigest()


def new_url_token() -> tuple[str, str]:
    """``(plain, hash)``: 32 random bytes in base64url (43 characters) for ack, invite, reset and feed links."""
    plain = secrets.token_urlsafe(32)
    return plain, hash_token(plain)


def url_token_matches(plain: str, stored_hash: str | None) -> bool:
    """Like :func:`token_matches`, for :func:`new_url_token`."""
    same = hmac.compare_digest(hash_token(plain), stored_hash or _NOBODY_HASH)
    return same and stored_hash is not None


# ------------------------------------------------------------------ signed webhooks


def new_webhook_secret() -> str:
    """A Standard Webhooks secret: ``whsec_`` and base64 of 32 random bytes."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def webhook_key(secret: str) -> bytes:
    """The key inside ``whsec_…``. Raises ``Invalid`` unless it is base64 of 24 to 64 bytes."""
    try:
        prefix, body = secret[:6], secret[6:]
        key = base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
    except ValueError:
        prefix, key = "", b""
    if prefix != "whsec_" or not 24 <= len(key) <= 64:
        raise Invalid("The secret must be whsec_ followed by base64 of 24 to 64 bytes.", field="secret")
    return key


def webhook_signature(key: bytes, message_id: str, sent_at_s: int, body: bytes) -> str:
    """One element of ``webhook-signature``: ``v1,`` and base64 HMAC-SHA256 of ``<id>.<epoch s>.<body>``.

    Source: the Standard Webhooks specification. Raises ``ValueError`` on an empty key.
    """
    if not key:
        raise ValueError("an empty key signs nothing")
    signed = f"{message_id}.{sent_at_s}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode("ascii")
