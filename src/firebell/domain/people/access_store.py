"""Tables of sessions, tokens, one-time links, codes and sign-in buckets. Secrets lie here only as hashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, ForeignKey, Integer, Row, String, Table, delete, select, update

from firebell.domain.people.limits import ABSOLUTE_S, IDLE_S
from firebell.domain.people.model import ApiToken, Session
from firebell.domain.people.store import may_sign_in, users_table
from firebell.kernel.clock import Instant, plus
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.ids import SessionId, TeamId, TokenId, UserId
from firebell.kernel.work import Read, Work

sessions_table = Table(
    "sessions",
    metadata,
    Column("id", String, primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False, index=True),
    Column("token_hash", String, nullable=False, unique=True),
    Column("created_at", InstantType, nullable=False),
    Column("last_seen_at", InstantType, nullable=False),
    Column("stepped_up_at", InstantType, nullable=False),
    Column("ip", String, nullable=False),
    Column("user_agent", String, nullable=False),
    Column("ended_at", InstantType),
)

tokens_table = Table(
    "api_tokens",
    metadata,
    Column("id", String, primary_key=True),
    Column("key", String, nullable=False, unique=True),
    Column("hash", String, nullable=False),
    Column("name", String, nullable=False),
    Column("scopes", Doc, nullable=False),
    Column("user_id", ForeignKey("users.id"), index=True),
    Column("team_id", ForeignKey("teams.id")),
    Column("created_at", InstantType, nullable=False),
    Column("expires_at", InstantType),
    Column("last_used_at", InstantType),
    Column("revoked_at", InstantType),
)

# No foreign key to the method: the count of messages sent must outlive a method that is removed and added again.
verifications_table = Table(
    "verifications",
    metadata,
    Column("id", String, primary_key=True),
    Column("method_id", String, nullable=False, index=True),
    Column("user_id", String, nullable=False, index=True),
    Column("code_hash", String, nullable=False),
    Column("sent_at", InstantType, nullable=False),
    Column("expires_at", InstantType, nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("ended_at", InstantType),
)

buckets_table = Table(
    "login_buckets",
    metadata,
    Column("key", String, primary_key=True),
    Column("full_at", InstantType, nullable=False),
)

links_table = Table(
    "setup_tokens",
    metadata,
    Column("id", String, primary_key=True),
    Column("hash", String, nullable=False, unique=True),
    Column("purpose", String, nullable=False),
    Column("user_id", ForeignKey("users.id")),
    Column("created_at", InstantType, nullable=False),
    Column("expires_at", InstantType, nullable=False),
    Column("used_at", InstantType),
)

# ---------------------------------------------------------------- sessions


def session_of(row: Row[Any]) -> Session:
    return Session(
        id=SessionId(row.id),
        user_id=UserId(row.user_id),
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        stepped_up_at=row.stepped_up_at,
        ip=row.ip,
        user_agent=row.user_agent,
    )


def add_session(work: Work, session: Session, token_hash: str) -> None:
    row = {name: getattr(session, name) for name in session.__slots__} | {"token_hash": token_hash}
    work.insert(sessions_table, [row])


def open_sessions(read: Read, *where: ColumnElement[bool]) -> list[Session]:
    """Sessions that are neither ended nor over, of people who may sign in, newest first."""
    statement = (
        select(sessions_table)
        .join(users_table, users_table.c.id == sessions_table.c.user_id)
        .where(
            sessions_table.c.ended_at.is_(None),
            sessions_table.c.created_at > plus(read.now, -ABSOLUTE_S),
            sessions_table.c.last_seen_at > plus(read.now, -IDLE_S),
            may_sign_in(),
            *where,
        )
        .order_by(sessions_table.c.created_at.desc(), sessions_table.c.id.desc())
    )
    return [session_of(row) for row in read.all(statement)]


def end_sessions(work: Work, user_id: str, *, keep: str | None = None) -> list[str]:
    """End every session of a user but ``keep``; returns their ids."""
    where = (sessions_table.c.user_id == user_id) & sessions_table.c.ended_at.is_(None)
    if keep is not None:
        where &= sessions_table.c.id != keep
    ended = [row.id for row in work.all(select(sessions_table.c.id).where(where).order_by(sessions_table.c.id))]
    if ended:
        work.write(update(sessions_table).where(sessions_table.c.id.in_(ended)).values(ended_at=work.now))
    return ended


# ---------------------------------------------------------------- buckets


def buckets(work: Work, keys: Sequence[str]) -> dict[str, Instant]:
    """When each bucket is full again; locked in key order, so that two sign-ins cannot spend one token twice."""
    work.insert(buckets_table, [{"key": key, "full_at": work.now} for key in sorted(keys)], skip_existing=True)
    statement = select(buckets_table).where(buckets_table.c.key.in_(keys)).order_by(buckets_table.c.key)
    rows = work.all(statement if work.is_sqlite else statement.with_for_update())
    return {row.key: row.full_at for row in rows}


def save_buckets(work: Work, full_at: Mapping[str, Instant]) -> None:
    for key, at in sorted(full_at.items()):
        work.write(update(buckets_table).where(buckets_table.c.key == key).values(full_at=at))


def drop_bucket(work: Work, key: str) -> None:
    work.write(delete(buckets_table).where(buckets_table.c.key == key))


# ---------------------------------------------------------------- tokens


def token_of(row: Row[Any]) -> ApiToken:
    return ApiToken(
        id=TokenId(row.id),
        key=row.key,
        name=row.name,
        scopes=frozenset(row.scopes),
        created_at=row.created_at,
        user_id=None if row.user_id is None else UserId(row.user_id),
        team_id=None if row.team_id is None else TeamId(row.team_id),
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )


def add_token(work: Work, token: ApiToken, secret_hash: str) -> None:
    row: dict[str, Any] = {name: getattr(token, name) for name in token.__slots__}
    work.insert(tokens_table, [row | {"scopes": sorted(token.scopes), "hash": secret_hash}])


# ---------------------------------------------------------------- one-time links


def add_link(work: Work, link_id: str, purpose: str, user_id: str | None, link_hash: str, expires_at: Instant) -> None:
    row = {"id": link_id, "hash": link_hash, "purpose": purpose, "user_id": user_id}
    work.insert(links_table, [row | {"created_at": work.now, "expires_at": expires_at}])


def end_links(work: Work, *where: ColumnElement[bool]) -> None:
    work.write(update(links_table).where(links_table.c.used_at.is_(None), *where).values(used_at=work.now))
