"""One-time links: the first administrator (1 h), invitations (7 d), password resets (30 min).

A link is 32 random bytes, stored hashed, good once. Used, expired and unknown links get the same answer. Callers hash
the new password first (``passwords.make_hash``), outside the unit of work.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, select

from firebell.domain.people import access_store, authority, commands, limits, rules, signin, store
from firebell.domain.people.access_store import links_table
from firebell.domain.people.facts import LinkIssued, LinkUsed
from firebell.domain.people.model import User
from firebell.kernel import ids
from firebell.kernel.actor import Permission, Role
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Conflict, NotFound
from firebell.kernel.ids import UserId
from firebell.kernel.secrets import hash_token, new_url_token
from firebell.kernel.work import Read, Work

_users = store.users_table
_RESETS = (3, 600)


class Purpose(StrEnum):
    SETUP = "setup"
    INVITE = "invite"
    RESET = "reset"


_LIFE_S = {Purpose.SETUP: limits.SETUP_S, Purpose.INVITE: limits.INVITE_S, Purpose.RESET: limits.RESET_S}


@dataclass(frozen=True, slots=True)
class Link:
    """``plain`` goes into the link and is stored nowhere; ``user_id`` is whom it is for (nobody yet for set-up)."""

    plain: str = field(repr=False)
    purpose: Purpose
    expires_at: Instant
    user_id: UserId | None = None


def needs_first_admin(read: Read) -> bool:
    """Whether there is no administrator who could sign in with a password."""
    admin = (_users.c.role == Role.ADMIN.value) & _users.c.password_hash.is_not(None)
    return read.one(select(_users.c.id).where(admin, store.may_sign_in()).limit(1)) is None


def issue_link(work: Work) -> str:
    """A link to make the first administrator, for the terminal only. Raises Conflict once there is one."""
    work.needs(Permission.SETTINGS_EDIT)
    _check_first(work)
    return _issue(work, Purpose.SETUP, None).plain


def create_first_admin(
    work: Work,
    token: str,
    *,
    name: str,
    email: str | None,
    password_hash: str,
    time_zone: str,
    display_name: str = "",
) -> UserId:
    """Make the first administrator; the link is the authority. Raises NotFound, Conflict, Invalid."""
    row = _take_link(work, token, Purpose.SETUP)
    _check_first(work)
    user_id = commands.add_user(
        work, name=name, display_name=display_name, email=email, time_zone=time_zone, role=Role.ADMIN,
        password_hash=password_hash,
    )  # fmt: skip
    _use(work, row, user_id)
    access_store.end_links(work, links_table.c.purpose == Purpose.SETUP.value)
    return user_id


def invite_user(
    work: Work,
    *,
    name: str,
    display_name: str = "",
    email: str | None = None,
    time_zone: str = "UTC",
    role: Role = Role.RESPONDER,
) -> Link:
    """A new person and the link with which they choose a password."""
    work.needs(Permission.PEOPLE_EDIT)
    user_id = commands.create_user(
        work, name=name, display_name=display_name, email=email, time_zone=time_zone, role=role
    )
    return _issue(work, Purpose.INVITE, user_id)


def issue_invite(work: Work, user_id: str) -> Link:
    """A fresh invitation for somebody without a password; earlier ones end. Raises Conflict, NotFound."""
    work.needs(Permission.PEOPLE_EDIT)
    user = authority.take_person(work, user_id)
    if user.has_password:
        raise Conflict("This person has a password already.", hint="Send a reset link instead.")
    return _issue_only(work, Purpose.INVITE, user.id)


def issue_reset(work: Work, user_id: str) -> Link:
    """A reset link handed out by an administrator; earlier ones end."""
    work.needs(Permission.PEOPLE_EDIT)
    return _issue_only(work, Purpose.RESET, authority.take_person(work, user_id).id)


def request_reset(work: Work, name_or_email: str) -> tuple[User, Link] | None:
    """What to mail to somebody who forgot their password, or ``None``: unknown, without an address, or asked too often.

    For the sign-in page, acting as SYSTEM. The page must answer the same either way, and mail after it has answered.
    """
    work.needs(Permission.PEOPLE_EDIT)
    typed = rules.typed(name_or_email)
    found = store.find_users(work, store.may_sign_in(), (_users.c.name == typed) | (_users.c.email_key == typed))
    if not found or found[0].email is None:
        return None
    user = store.take_user(work, found[0].id)
    mine = (links_table.c.user_id == user.id) & (links_table.c.purpose == Purpose.RESET.value)
    sent = [row.created_at for row in work.all(select(links_table.c.created_at).where(mine))]
    if not limits.may_send(sent, _RESETS, work.now):
        return None
    # Earlier links stay good: else a stranger who keeps asking would keep breaking the one just mailed.
    return user, _issue(work, Purpose.RESET, user.id)


def link(read: Read, token: str) -> tuple[Purpose, User | None] | None:
    """What a link is good for and for whom, to draw its page; ``None`` when it is used, expired or unknown."""
    row = read.one(select(links_table).where(_is(token)))
    if row is None or not _good(row, read.now):
        return None
    if row.user_id is None:
        return Purpose(row.purpose), None
    found = store.find_users(read, _users.c.id == row.user_id, store.may_sign_in())
    return (Purpose(row.purpose), found[0]) if found else None


def accept_invite(work: Work, token: str, password_hash: str) -> UserId:
    """The invited person chooses a password. Raises NotFound."""
    return _choose_password(work, token, Purpose.INVITE, password_hash)


def reset_password(work: Work, token: str, password_hash: str) -> UserId:
    """A new password by reset link; all sessions and links of the person end. Raises NotFound."""
    return _choose_password(work, token, Purpose.RESET, password_hash)


def _choose_password(work: Work, token: str, purpose: Purpose, password_hash: str) -> UserId:
    row = _take_link(work, token, purpose)
    user = store.take_user(work, row.user_id)
    if user.deleted_at is not None or not user.active:
        raise _run_out()
    _use(work, row, user.id)
    signin.set_password(work, user.id, password_hash, by=purpose.value)
    return user.id


def _check_first(read: Read) -> None:
    if not needs_first_admin(read):
        raise Conflict("There is an administrator already.", hint="Ask them for an invitation.")


def _issue_only(work: Work, purpose: Purpose, user_id: UserId) -> Link:
    access_store.end_links(work, links_table.c.user_id == user_id, links_table.c.purpose == purpose.value)
    return _issue(work, purpose, user_id)


def _issue(work: Work, purpose: Purpose, user_id: UserId | None) -> Link:
    plain, link_hash = new_url_token()
    expires_at = plus(work.now, _LIFE_S[purpose])
    access_store.add_link(work, ids.new("lnk", work.now), purpose.value, user_id, link_hash, expires_at)
    work.record(user_id or Purpose.SETUP.value, LinkIssued(purpose=purpose.value))
    return Link(plain, purpose, expires_at, user_id)


def _take_link(work: Work, token: str, purpose: Purpose) -> Row[Any]:
    row = work.take(select(links_table).where(_is(token)))
    if row is None or row.purpose != purpose or not _good(row, work.now):
        raise _run_out()
    return row


def _is(token: str) -> ColumnElement[bool]:
    return links_table.c.hash == hash_token(token if token.isascii() else "")


def _good(row: Row[Any], now: Instant) -> bool:
    return row.used_at is None and row.expires_at > now


def _run_out() -> NotFound:
    return NotFound("This link has run out or was used.", hint="Ask an administrator for a new one.")


def _use(work: Work, row: Row[Any], user_id: UserId) -> None:
    access_store.end_links(work, links_table.c.id == row.id)
    work.record(user_id, LinkUsed(purpose=row.purpose))
