"""Proof that a contact method reaches its owner: a six-digit code, fifteen minutes, five tries."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import replace
from enum import StrEnum

from sqlalchemy import select, update

from firebell.domain.people import limits, reach_store
from firebell.domain.people.access_store import verifications_table as codes
from firebell.domain.people.commands import PEOPLE
from firebell.domain.people.facts import MethodVerified
from firebell.domain.people.methods import end_codes, forget, take_own
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.clock import plus
from firebell.kernel.errors import Conflict, TooMany
from firebell.kernel.secrets import hash_token
from firebell.kernel.work import Work


class Confirmation(StrEnum):
    """What became of a code. Wrong tries are counted, so none of these may be raised: that would undo the count."""

    VERIFIED = "verified"
    WRONG = "wrong"
    EXPIRED = "expired"
    NO_TRIES_LEFT = "no_tries_left"


def start_verification(work: Work, method_id: str) -> str:
    """A fresh six-digit code for the caller to send *after the commit*; earlier codes end.

    Raises Conflict when there is nothing to prove, TooMany beyond 3 per method in 10 min or 10 per person in an hour.
    """
    method = take_own(work, method_id)
    if method.verified_at is not None:
        raise Conflict("This contact method is verified already.")
    # take_own has locked the person, so two requests cannot both be the third.
    recent = work.all(
        select(codes.c.method_id, codes.c.sent_at).where(
            codes.c.user_id == method.user_id, codes.c.sent_at > plus(work.now, -limits.SENDS_PER_USER[1])
        )
    )
    by_method = [row.sent_at for row in recent if row.method_id == method_id]
    if not limits.may_send(by_method, limits.SENDS_PER_METHOD, work.now) or not limits.may_send(
        [row.sent_at for row in recent], limits.SENDS_PER_USER, work.now
    ):
        raise TooMany("Too many codes were sent.", hint="Wait ten minutes; the last code may still arrive.")
    end_codes(work, method_id)
    code = f"{secrets.randbelow(1_000_000):06d}"
    code_id = ids.new("ver", work.now)
    work.insert(
        codes,
        [
            {
                "id": code_id,
                "method_id": method_id,
                "user_id": method.user_id,
                "code_hash": hash_token(f"{code_id}:{code}"),
                "sent_at": work.now,
                "expires_at": plus(work.now, limits.CODE_S),
            }
        ],
    )
    return code


def confirm_verification(work: Work, method_id: str, code: str) -> Confirmation:
    """Compare what the person typed with the last code sent. Only VERIFIED changes the method."""
    method = take_own(work, method_id)
    if method.verified_at is not None:
        return Confirmation.VERIFIED
    row = work.take(select(codes).where(codes.c.method_id == method_id, codes.c.ended_at.is_(None)))
    if row is None or row.expires_at <= work.now:
        return Confirmation.EXPIRED
    if row.tries >= limits.CODE_TRIES:
        return Confirmation.NO_TRIES_LEFT
    typed = "".join(character for character in code if character.isascii() and not character.isspace())
    if not hmac.compare_digest(hash_token(f"{row.id}:{typed}"), row.code_hash):
        work.write(update(codes).where(codes.c.id == row.id).values(tries=row.tries + 1))
        return Confirmation.NO_TRIES_LEFT if row.tries + 1 >= limits.CODE_TRIES else Confirmation.WRONG
    end_codes(work, method_id)
    reach_store.save_method(work, replace(method, verified_at=work.now, failing=0))
    work.record(method.user_id, MethodVerified(method=method.id))
    work.publish(method.user_id, PEOPLE)
    return Confirmation.VERIFIED


def remove_unverified(work: Work) -> int:
    """Forget methods whose last code ran out unused; returns how many. Those a configuration owns stay."""
    work.needs(Permission.PEOPLE_EDIT)
    methods = reach_store.methods_table
    # A newer code has ended the ones before it, so a lapsed code that has not ended is the last one.
    lapsed = select(codes.c.method_id).where(codes.c.expires_at <= work.now, codes.c.ended_at.is_(None))
    rows = work.all(
        select(methods)
        .where(methods.c.verified_at.is_(None), methods.c.managed_by.is_(None))
        .where(methods.c.id.in_(lapsed))
    )
    for row in rows:
        forget(work, reach_store.method_of(row), "never_verified")
    return len(rows)
