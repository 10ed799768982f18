"""Signing in with a password, and the sessions that follow.

The expensive comparison runs between two units of work: the first takes a token out of the buckets and reads the hash,
the second records what came of it. Known, unknown, disabled and password-less names get the same answer after the same
work. Limits are per name *as typed* and per address, so they tell nobody which names exist.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select, update

from firebell.domain.people import access_store, authority, limits, passwords, rules, store
from firebell.domain.people.access_store import sessions_table
from firebell.domain.people.commands import PEOPLE
from firebell.domain.people.facts import PasswordChanged, SessionsEnded, SignedIn, SignInFailed, SteppedUp
from firebell.domain.people.model import Session
from firebell.kernel import ids
from firebell.kernel.actor import NOBODY, Actor, Permission
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Forbidden, NotFound, TooMany, Unauthenticated
from firebell.kernel.ids import SessionId, UserId
from firebell.kernel.secrets import hash_token, new_url_token
from firebell.kernel.work import Read, Runner, Work

_users = store.users_table
_AGENT_MAX = 300


@dataclass(frozen=True, slots=True)
class Entered:
    """A new session. ``session_token`` goes into the cookie and is stored nowhere."""

    session_token: str
    session_id: SessionId
    user_id: UserId


@dataclass(frozen=True, slots=True)
class _Attempt:
    user_id: UserId | None
    password_hash: str | None
    account_key: str


def sign_in(
    runner: Runner,
    name: str,
    password: str,
    ip: str,
    user_agent: str = "",
    *,
    compare: Callable[[str | None, str], bool] = passwords.matches,
) -> Entered:
    """Start a session for ``name`` (or e-mail address). Raises Unauthenticated; TooMany before anything is compared."""
    attempt = runner.run(lambda work: _attempt(work, name, ip), NOBODY)
    right = compare(attempt.password_hash, password)
    stronger = None
    if right and attempt.password_hash is not None and passwords.is_weak_hash(attempt.password_hash):
        stronger = passwords.rehash(password)
    entered = runner.run(lambda work: _settle(work, attempt, right, stronger, ip, user_agent), NOBODY)
    if entered is None:
        raise Unauthenticated("That name and password do not match.", hint="Ask an administrator for a reset link.")
    return entered


def _attempt(work: Work, name: str, ip: str) -> _Attempt:
    typed = rules.typed(name)
    row = work.one(
        select(_users.c.id, _users.c.password_hash)
        .where(store.may_sign_in(), (_users.c.name == typed) | (_users.c.email_key == typed))
        .limit(1)
    )
    account_key = "name:" + hash_token(typed)
    if row is not None and _has_been_here(work, row.id, ip):
        # Somebody guessing from elsewhere cannot lock an on-call person out of the place they sign in from.
        account_key += ":" + hash_token(ip)
    address_key = "ip:" + hash_token(ip)
    full_at = access_store.buckets(work, [account_key, address_key])
    account = limits.take(limits.PER_ACCOUNT, full_at.get(account_key), work.now)
    address = limits.take(limits.PER_ADDRESS, full_at.get(address_key), work.now)
    if not account.allowed or not address.allowed or account.full_at is None or address.full_at is None:
        wait_s = max(account.retry_after_s, address.retry_after_s)
        raise TooMany("Too many attempts to sign in.", hint=f"Try again in {wait_s} s.")
    access_store.save_buckets(work, {account_key: account.full_at, address_key: address.full_at})
    return _Attempt(row and UserId(row.id), row and row.password_hash, account_key)


def _has_been_here(work: Work, user_id: str, ip: str) -> bool:
    seen = select(sessions_table.c.id).where(sessions_table.c.user_id == user_id, sessions_table.c.ip == ip).limit(1)
    return work.one(seen) is not None


def _settle(
    work: Work, attempt: _Attempt, right: bool, stronger: str | None, ip: str, user_agent: str
) -> Entered | None:
    if not right or attempt.user_id is None:
        work.record(attempt.user_id or "sign-in", SignInFailed(ip=ip, known=attempt.user_id is not None))
        return None
    row = work.take(select(_users.c.password_hash).where(_users.c.id == attempt.user_id, store.may_sign_in()))
    if row is None or row.password_hash != attempt.password_hash:
        return None  # switched off, or given another password, while we compared
    if stronger is not None:
        store.set_password_hash(work, attempt.user_id, stronger)
    access_store.drop_bucket(work, attempt.account_key)
    return enter(work, attempt.user_id, ip, user_agent)


def enter(work: Work, user_id: UserId, ip: str, user_agent: str = "") -> Entered:
    """Start a session for somebody who has just proved who they are (password, invitation, reset)."""
    token, token_hash = new_url_token()
    session = Session(
        id=SessionId(ids.new("ses", work.now)),
        user_id=user_id,
        created_at=work.now,
        last_seen_at=work.now,
        stepped_up_at=work.now,
        ip=ip,
        user_agent="".join(character for character in user_agent[:_AGENT_MAX] if character.isprintable()),
    )
    access_store.add_session(work, session, token_hash)
    work.record(user_id, SignedIn(session=session.id, ip=ip))
    work.publish(user_id)
    return Entered(token, session.id, user_id)


# ---------------------------------------------------------------- sessions


def session(read: Read, token: str) -> Session | None:
    """The session behind a cookie while it lives and its owner may sign in."""
    if not token.isascii():
        return None
    found = access_store.open_sessions(read, sessions_table.c.token_hash == hash_token(token))
    return found[0] if found else None


def session_actor(read: Read, token: str) -> Actor | None:
    """Who a cookie stands for, with what the role and the teams grant at this moment."""
    found = session(read, token)
    return None if found is None else authority.user_actor(read, found.user_id)


def touch_session(work: Work, session_id: str) -> None:
    """Note that the session was used; writes at most once a minute."""
    row = work.one(select(sessions_table.c.last_seen_at).where(sessions_table.c.id == session_id))
    if row is not None and limits.worth_touching(row.last_seen_at, work.now):
        work.write(update(sessions_table).where(sessions_table.c.id == session_id).values(last_seen_at=work.now))


def worth_touching(found: Session, now: Instant) -> bool:
    """Whether :func:`touch_session` would write, so that a page need not open a unit of work to find out."""
    return limits.worth_touching(found.last_seen_at, now)


def sign_out(work: Work, token: str) -> None:
    """End the session behind this cookie; one that is over already is no error."""
    row = work.take(select(sessions_table).where(sessions_table.c.token_hash == hash_token(token)))
    if row is not None and row.ended_at is None:
        _end(work, row.user_id, row.id, "signed_out")


def sessions(read: Read, user_id: str) -> list[Session]:
    """A person's open sessions, newest first."""
    authority.needs_self_or(read, Permission.PEOPLE_EDIT, user_id)
    return access_store.open_sessions(read, sessions_table.c.user_id == user_id)


def revoke_session(work: Work, session_id: str) -> None:
    """End one of one's own sessions, or (PEOPLE_EDIT) anybody's. Raises NotFound."""
    row = work.take(select(sessions_table).where(sessions_table.c.id == session_id))
    if row is None or not (authority.is_self(work, row.user_id) or work.actor.may(Permission.PEOPLE_EDIT)):
        work.needs(Permission.SELF_EDIT)
        raise NotFound("There is no such session.")
    if row.ended_at is None:
        _end(work, row.user_id, session_id, "revoked")


def _end(work: Work, user_id: str, session_id: str, reason: str) -> None:
    work.write(update(sessions_table).where(sessions_table.c.id == session_id).values(ended_at=work.now))
    work.record(user_id, SessionsEnded(sessions=[session_id], reason=reason))
    work.publish(user_id)


# ---------------------------------------------------------------- proving it again


def proved_lately(read: Read, token: str) -> bool:
    """Whether the person behind this cookie proved who they are within the last ten minutes."""
    found = session(read, token)
    return found is not None and limits.stepped_up(found, read.now)


def step_up(runner: Runner, token: str, password: str, ip: str) -> Entered:
    """Prove again who is sitting there, for ten minutes; the session goes on under a new token.

    Raises Unauthenticated (no session, or a wrong password) and TooMany.
    """
    user_id, name = _owner(runner, token)
    _prove(runner, user_id, name, password, ip)

    def renew(work: Work) -> Entered:
        found = session(work, token)
        if found is None:
            raise Unauthenticated("Your session is over.", hint="Sign in again.")
        fresh, fresh_hash = new_url_token()
        work.write(
            update(sessions_table)
            .where(sessions_table.c.id == found.id, sessions_table.c.token_hash == hash_token(token))
            .values(token_hash=fresh_hash, stepped_up_at=work.now, last_seen_at=work.now)
        )
        work.record(user_id, SteppedUp(session=found.id))
        return Entered(fresh, found.id, user_id)

    return runner.run(renew, NOBODY)


def change_password(runner: Runner, token: str, old: str, new: str, ip: str) -> None:
    """Replace one's own password; every other session ends. Raises Unauthenticated, Invalid, TooMany."""
    user_id, name = _owner(runner, token)
    _prove(runner, user_id, name, old, ip)
    new_hash = passwords.make_hash(new, about=[name], field="new")

    def save(work: Work) -> None:
        found = session(work, token)
        if found is None:
            raise Unauthenticated("Your session is over.", hint="Sign in again.")
        set_password(work, user_id, new_hash, keep=found.id, by="self")

    runner.run(save, NOBODY)


def set_password(work: Work, user_id: str, password_hash: str, *, by: str, keep: str | None = None) -> None:
    """Store a new hash; all sessions but ``keep`` and all links end. The callers have proved that they may."""
    store.set_password_hash(work, user_id, password_hash)
    access_store.end_links(work, access_store.links_table.c.user_id == user_id)
    work.record(user_id, PasswordChanged(by=by))
    ended = access_store.end_sessions(work, user_id, keep=keep)
    if ended:
        work.record(user_id, SessionsEnded(sessions=ended, reason="password_changed"))
    work.publish(user_id, PEOPLE)


def _owner(runner: Runner, token: str) -> tuple[UserId, str]:
    def look(read: Read) -> tuple[UserId, str]:
        found = session(read, token)
        if found is None:
            raise Unauthenticated("Your session is over.", hint="Sign in again.")
        return found.user_id, store.find_users(read, _users.c.id == found.user_id)[0].name

    return runner.read(look, NOBODY)


def _prove(runner: Runner, user_id: UserId, name: str, password: str, ip: str) -> None:
    attempt = runner.run(lambda work: _attempt(work, name, ip), NOBODY)
    if not passwords.matches(attempt.password_hash, password):
        runner.run(lambda work: work.record(user_id, SignInFailed(ip=ip, known=True)), NOBODY)
        raise Unauthenticated("That is not your password.", field="password")
    runner.run(lambda work: access_store.drop_bucket(work, attempt.account_key), NOBODY)


# ---------------------------------------------------------------- forms


def csrf(token: str) -> str:
    """What a form of this session carries: an HMAC under the session's own token, so it is stored nowhere."""
    digest = hmac.digest(token.encode(), b"firebell csrf", "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def check_csrf(token: str, given: str | None) -> None:
    """Raises Forbidden unless the form came from a page of this session."""
    if not token or not hmac.compare_digest(csrf(token).encode(), (given or "").encode(errors="replace")):
        raise Forbidden("This form has run out.", hint="Load the page again and repeat.")
