"""Passwords: which are refused, and Argon2id (RFC 9106) with the parameters of OWASP's floor: t=2, m=19 MiB, p=1.

Hashing costs about 30 ms and 19 MiB, so it runs outside every transaction, and only twice as many hashes as there are
processor cores run at once: a flood of sign-ins waits instead of eating the memory.
"""

from __future__ import annotations

import os
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from firebell.kernel.errors import Invalid, Unavailable

LENGTH_MIN = 8
LENGTH_MAX = 256
_WAIT_S = 10.0

_argon2 = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_slots = threading.BoundedSemaphore(2 * (os.cpu_count() or 1))
# What an unknown name is compared with, so that it takes as long as a known one. Made at import with these parameters.
_NOBODY = _argon2.hash("nobody has this password")

# What most bad passwords are made of; endings, digits and look-alike letters are taken off before comparing.
_COMMON = frozenset({
    "password", "passwort", "passwd", "pass", "kennwort", "motdepasse", "contrasena", "senha", "wachtwoord", "parola",
    "haslo", "geheim", "secret", "secrets", "qwerty", "qwertz", "azerty", "asdf", "asdfgh", "asdfghjk", "yxcvbnm",
    "zxcvbnm", "qazwsx", "qweasd", "qweasdzxc", "letmein", "login", "welcome", "willkommen", "hello", "hallo",
    "bonjour", "admin", "administrator", "root", "user", "guest", "test", "tester", "testing", "default", "changeme",
    "change", "changeit", "temp", "temporary", "access", "master", "monkey", "dragon", "football", "baseball",
    "basketball", "soccer", "hockey", "sunshine", "princess", "shadow", "superman", "batman", "spiderman", "pokemon",
    "starwars", "iloveyou", "ihateyou", "lovely", "flower", "summer", "winter", "spring", "autumn", "sommer",
    "herbst", "fruehling", "january", "february", "march", "april", "june", "july", "august", "september", "october",
    "november", "december", "monday", "friday", "michael", "jennifer", "jessica", "jordan", "hunter", "ranger",
    "killer", "charlie", "thomas", "daniel", "andrew", "joshua", "matthew", "ashley", "nicole", "computer",
    "internet", "samsung", "google", "facebook", "trustno", "freedom", "whatever", "cheese", "chocolate", "cookie",
    "banana", "orange", "apple", "purple", "yellow", "silver", "golden", "diamond", "mustang", "ferrari", "porsche",
    "harley", "corvette", "yankees", "liverpool", "arsenal", "chelsea", "barcelona", "firebell", "pager", "pagerduty",
    "opsgenie", "oncall", "incident", "company", "database", "server", "network", "security", "system",
})  # fmt: skip
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz", "0123456789", "1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop",
    "yxcvbnm", "azertyuiop", "qsdfghjklm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "1q2w3e4r5t6y7u8i9o0p", "qazwsxedcrfvtgb",
)  # fmt: skip
_LOOK_ALIKE = str.maketrans("@4301!$57", "aaeoiisst")
_ENDINGS = "0123456789!@#$%^&*?.,;:_-+=/\\ ~"


def check(password: str, *, about: Iterable[str] = (), field: str = "password") -> str:
    """The password in its one spelling (NFC). Raises Invalid when it is too short, too long, or easily guessed.

    ``about``: words that belong to the person (name, e-mail address). There are no composition rules.
    """
    password = _spelling(password)
    hint = "Three or four unrelated words are easy to remember and hard to guess."
    if len(password) < LENGTH_MIN:
        raise Invalid(f"A password has at least {LENGTH_MIN} characters.", field=field, hint=hint)
    if len(password) > LENGTH_MAX:
        raise Invalid(f"A password has at most {LENGTH_MAX} characters.", field=field)
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in password):
        raise Invalid("This password has characters that cannot be typed everywhere.", field=field, hint=hint)
    if _guessable(password, about):
        raise Invalid("This password is among the first that are guessed.", field=field, hint=hint)
    return password


def make_hash(password: str, *, about: Iterable[str] = (), field: str = "password") -> str:
    """Check and hash a new password. Slow: never within a unit of work. Raises Invalid, Unavailable."""
    password = check(password, about=about, field=field)
    with _slot():
        return _argon2.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether ``password`` is the one hashed; ``None`` (nobody, or no password) costs the same and is never true."""
    with _slot():
        try:
            _argon2.verify(stored or _NOBODY, _spelling(password[: 4 * LENGTH_MAX]))
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False
    return stored is not None


def is_weak_hash(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's and should be made again at sign-in."""
    return _argon2.check_needs_rehash(stored)


def rehash(password: str) -> str:
    """Hash a password that has just matched, whatever today's policy would say of it."""
    with _slot():
        return _argon2.hash(_spelling(password))


@contextmanager
def _slot() -> Iterator[None]:
    if not _slots.acquire(timeout=_WAIT_S):
        raise Unavailable("Too many people are signing in at once.", retry_after_s=10)
    try:
        yield
    finally:
        _slots.release()


def _spelling(password: str) -> str:
    return unicodedata.normalize("NFC", password)


def _guessable(password: str, about: Iterable[str]) -> bool:
    lower = password.casefold()
    if len(set(lower)) <= 2 or _is_walk(lower) or _is_repeated(lower):
        return True
    words = _COMMON | {part for word in about for part in _parts(word)}
    cores = {lower.strip(_ENDINGS), lower.translate(_LOOK_ALIKE).strip(_ENDINGS)}
    cores.add(lower.rstrip(_ENDINGS).translate(_LOOK_ALIKE))
    return any(core in words or not core for core in cores) or any(
        core[:cut] in words and core[cut:].strip(_ENDINGS) in words for core in cores for cut in range(3, len(core) - 2)
    )


def _parts(word: str) -> set[str]:
    lower = word.casefold()
    local, _, host = lower.partition("@")
    return {part for part in (lower, local, host, host.partition(".")[0]) if len(part) >= 3}


def _is_walk(lower: str) -> bool:
    # One or two strides along the alphabet, the digits or a keyboard row, in either direction.
    def along(part: str) -> bool:
        return any(part in row * 2 or part in row[::-1] * 2 for row in _ROWS)

    return along(lower) or any(along(lower[:cut]) and along(lower[cut:]) for cut in range(3, len(lower) - 2))


def _is_repeated(lower: str) -> bool:
    # "abcabcabc": a short piece and nothing else.
    return any(lower == (lower[:size] * len(lower))[: len(lower)] for size in range(1, 5))
