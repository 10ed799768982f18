"""The journal: append-only, hash-chained facts. Timeline, audit log, webhooks and live pages are readings of it.

One chain per alert and per incident, one (``admin``) for everything else. In each chain ``n`` counts from 1 without
gaps and ``hash = HMAC-SHA256(key, previous hash || JCS(row without hash))``; the first previous hash is 32 zero bytes.
Rows hold ids, never names, so that forgetting a person leaves the chain valid.

Incidents' chains have two times and can be redacted: ``digest = SHA-256(salt || C(data))`` with a random salt, and
``hash = SHA-256(previous hash || C({actor, event_at, kind, payload_sha256, recorded_at, seq, subject}))``, where ``C``
is the canonical form of :data:`_canonical` and ``seq`` is ``n`` (incidents.md 5). Redaction destroys ``data`` and
``salt`` and keeps the digest, so the chain still holds.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    select,
    text,
    update,
)

from firebell.kernel.actor import Actor
from firebell.kernel.clock import Instant, micros
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.rows import bulk_insert_rows, select_in

ZERO = bytes(32)
ADMIN = "admin"
_OWN_CHAIN = ("alr_", "inc_")
_TWO_TIMES = "inc_"
PUBLIC_KID = "sha256"
"""The ``kid`` of chains that anybody can compute."""

journal = Table(
    "journal",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("chain", String, nullable=False),
    Column("n", BigInteger, nullable=False),
    Column("subject", String, nullable=False),
    Column("at", InstantType, nullable=False),
    Column("actor", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("data", Doc, nullable=False),
    Column("kid", String, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("event_at", InstantType),
    Column("salt", LargeBinary),
    Column("digest", LargeBinary),
    UniqueConstraint("chain", "n"),
)
Index(
    "ix_journal_subject",
    journal.c.subject,
    sqlite_where=text("chain = 'admin'"),
    postgresql_where=text("chain = 'admin'"),
)


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened, in the past tense. Fields are str, int, bool, None, and lists and dicts of them.

    ``kind`` is the stable name, ``noun.happened`` (``alert.opened``). No floats (they have no canonical form here).
    """

    kind: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row read back. ``actor`` is ``kind:id``; ``data`` are the fact's fields.

    ``at`` is when Firebell learned it, ``event_at`` when it happened (the same, unless a person said otherwise).
    ``redacted``: what it said has been destroyed.
    """

    seq: int
    chain: str
    n: int
    subject: str
    at: Instant
    actor: str
    kind: str
    data: Mapping[str, Any]
    hash: bytes
    event_at: Instant
    redacted: bool = False


class Redacted(Fact, frozen=True, kw_only=True):
    """Entry ``n`` of this chain held a secret or personal data and has been destroyed."""

    kind: ClassVar[str] = "journal.redacted"
    n: int
    why: str


_canonical = msgspec.json.Encoder(
    order="sorted", enc_hook=lambda value: value.format_iso() if isinstance(value, Instant) else value
)


def link(key: bytes, previous: bytes, row: Mapping[str, Any]) -> bytes:
    """The hash that ties ``row`` to ``previous`` (RFC 8785 canonical JSON under HMAC-SHA256)."""
    return hmac.digest(key, previous + _canonical.encode(row), "sha256")


def digest_of(salt: bytes, data: Mapping[str, Any] | Fact) -> bytes:
    """``SHA-256(salt || C(data))``."""
    return hashlib.sha256(salt + _canonical.encode(data)).digest()


def public_link(
    previous: bytes,
    *,
    actor: str,
    event_at: Instant,
    kind: str,
    digest: bytes,
    recorded_at: Instant,
    n: int,
    subject: str,
) -> bytes:
    """The hash of one entry of an incident's chain (incidents.md 5)."""
    row = {
        "actor": actor, "event_at": _microseconds(event_at), "kind": kind, "payload_sha256": digest.hex(),
        "recorded_at": _microseconds(recorded_at), "seq": n, "subject": subject,
    }  # fmt: skip
    return hashlib.sha256(previous + _canonical.encode(row)).digest()


def _microseconds(at: Instant) -> str:
    us = micros(at)
    return f"{at.format_iso()[:19]}.{us % 1_000_000:06d}Z"


def chain_of(subject: str) -> str:
    """Which chain a subject's facts go into."""
    return subject if subject.startswith(_OWN_CHAIN) else ADMIN


@dataclass(frozen=True, slots=True)
class ChainKey:
    """The key under which chains are computed, and its name."""

    kid: str
    key: bytes


def append(
    connection: Connection,
    key: ChainKey,
    now: Instant,
    actor: Actor,
    facts: Sequence[tuple[str, Fact, Instant | None]],
    fresh: frozenset[str],
) -> None:
    """Append ``(subject, fact, event_at)`` in order. ``fresh``: chains known to be new, which need no looking up."""
    if not facts:
        return
    chains = {chain_of(subject) for subject, _, _ in facts}
    heads = dict.fromkeys(chains, (0, ZERO))
    known = [chain for chain in chains if chain not in fresh]
    if connection.dialect.name != "sqlite" and ADMIN in chains:
        # Two nodes appending to the one shared chain queue here instead of colliding on its unique key.
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(4607182)")
    heads.update(_heads(connection, known))
    who = f"{actor.kind}:{actor.id}"
    at = micros(now)
    rows: list[list[Any]] = []
    for subject, fact, event_at in facts:
        chain = chain_of(subject)
        n, previous = heads[chain]
        data = _canonical.encode(fact).decode()
        if subject.startswith(_TWO_TIMES):
            salt = secrets.token_bytes(16)
            inner = hashlib.sha256(salt + data.encode()).digest()
            digest = public_link(
                previous, actor=who, event_at=event_at or now, kind=fact.kind, digest=inner, recorded_at=now, n=n + 1,
                subject=subject,
            )  # fmt: skip
            heads[chain] = (n + 1, digest)
            happened = micros(event_at) if event_at is not None else at
            rows.append([chain, n + 1, subject, at, who, fact.kind, data, PUBLIC_KID, digest, happened, salt, inner])
            continue
        digest = hmac.digest(
            key.key, previous + _line(chain, n + 1, subject, at, who, fact.kind, data, key.kid), "sha256"
        )
        heads[chain] = (n + 1, digest)
        rows.append([chain, n + 1, subject, at, who, fact.kind, data, key.kid, digest, None, None, None])
    bulk_insert_rows(connection, journal, rows)


def _line(chain: str, n: int, subject: str, at: int, actor: str, kind: str, data: str, kid: str) -> bytes:
    # The canonical form of the row, keys in order; data is canonical already.
    return (
        f'{{"actor":{_text(actor)},"at":{at},"chain":{_text(chain)},"data":{data},"kid":{_text(kid)},'
        f'"kind":{_text(kind)},"n":{n},"subject":{_text(subject)}}}'
    ).encode()


def _text(value: str) -> str:
    return (
        '"' + value + '"'
        if value.isascii() and value.isprintable() and '"' not in value and "\\" not in value
        else _canonical.encode(value).decode()
    )


# The newest row of each chain by its key: grouping would walk the whole administration chain at every write.
_HEADS = (
    "WITH k(chain) AS (VALUES {rows}) SELECT j.chain, j.n, j.hash FROM k JOIN journal j"
    " ON j.chain = k.chain AND j.n = (SELECT max(m.n) FROM journal m WHERE m.chain = k.chain)"
)


def _heads(connection: Connection, chains: Sequence[str]) -> dict[str, tuple[int, bytes]]:
    return {chain: (n, bytes(digest)) for chain, n, digest in select_in(connection, _HEADS, chains)}


def of(connection: Connection, subject: str, *, limit: int = 500) -> list[Entry]:
    """The newest ``limit`` facts about one subject, oldest first."""
    chain = chain_of(subject)
    where = journal.c.chain == chain
    if chain == ADMIN:
        where = where & (journal.c.subject == subject)
    rows = connection.execute(select(journal).where(where).order_by(journal.c.seq.desc()).limit(limit)).all()
    return [_entry(row) for row in reversed(rows)]


def entry(connection: Connection, chain: str, n: int) -> Entry | None:
    """Entry ``n`` of one chain."""
    row = connection.execute(select(journal).where(journal.c.chain == chain, journal.c.n == n)).first()
    return _entry(row) if row is not None else None


def by_event(connection: Connection, chain: str, *, before: int | None = None, limit: int = 500) -> list[Entry]:
    """The newest ``limit`` facts of one incident by when they happened, oldest first.

    ``before`` (an ``n`` of this chain) continues backwards from that entry.
    """
    query = select(journal).where(journal.c.chain == chain)
    if before is not None:
        mark = connection.execute(
            select(journal.c.event_at, journal.c.n).where(journal.c.chain == chain, journal.c.n == before)
        ).first()
        if mark is None:
            return []
        same = (journal.c.event_at == mark.event_at) & (journal.c.n < mark.n)
        query = query.where((journal.c.event_at < mark.event_at) | same)
    query = query.order_by(journal.c.event_at.desc(), journal.c.n.desc()).limit(limit)
    return [_entry(row) for row in reversed(connection.execute(query).all())]


def of_kind(connection: Connection, chain: str, kind: str) -> list[Entry]:
    """Every fact of one kind in a chain, in the order they were written."""
    query = select(journal).where(journal.c.chain == chain, journal.c.kind == kind).order_by(journal.c.n)
    return [_entry(row) for row in connection.execute(query)]


def since(connection: Connection, seq: int, *, limit: int = 500) -> list[Entry]:
    """Facts after ``seq`` in the order they were written."""
    rows = connection.execute(select(journal).where(journal.c.seq > seq).order_by(journal.c.seq).limit(limit))
    return [_entry(row) for row in rows]


def latest(connection: Connection, before: int | None = None, *, limit: int = 50) -> list[Entry]:
    """The newest facts first, those with a smaller ``seq`` than ``before``."""
    query = select(journal).order_by(journal.c.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(journal.c.seq < before)
    return [_entry(row) for row in connection.execute(query)]


def _entry(row: Any) -> Entry:
    return Entry(
        row.seq, row.chain, row.n, row.subject, row.at, row.actor, row.kind, row.data, bytes(row.hash),
        row.event_at or row.at, row.digest is not None and row.salt is None,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Broken:
    """Where a chain stops being true."""

    chain: str
    n: int
    reason: str


def verify(connection: Connection, keys: Mapping[str, bytes], chain: str | None = None) -> Iterator[Broken]:
    """Walk the chains (or one) and yield the first fault of each: an edit, a gap, a swap or an unknown key."""
    query = select(journal).order_by(journal.c.chain, journal.c.n)
    if chain is not None:
        query = query.where(journal.c.chain == chain)
    current, expected, previous, broken = "", 1, ZERO, False
    for row in connection.execute(query.execution_options(stream_results=True, yield_per=500)):
        if row.chain != current:
            current, expected, previous, broken = row.chain, 1, ZERO, False
        if broken:
            continue
        data = _canonical.encode(row.data).decode()
        key = keys.get(row.kid)
        fault = None
        if row.n != expected:
            fault = f"row {expected} is missing"
        elif row.chain.startswith(_TWO_TIMES):
            fault = _public_fault(row, previous)
        elif key is None:
            fault = f"unknown key {row.kid}"
        elif hmac.digest(
            key,
            previous + _line(row.chain, row.n, row.subject, micros(row.at), row.actor, row.kind, data, row.kid),
            "sha256",
        ) != bytes(row.hash):
            fault = "the row does not match its hash"
        if fault:
            broken = True
            yield Broken(row.chain, row.n, fault)
        expected, previous = expected + 1, bytes(row.hash)


def _public_fault(row: Any, previous: bytes) -> str | None:
    if row.digest is None or row.kid != PUBLIC_KID or row.event_at is None:
        return "the row is not one of an incident's chain"
    digest = bytes(row.digest)
    if row.salt is not None and digest_of(bytes(row.salt), row.data) != digest:
        return "what the row says does not match its digest"
    if row.salt is None and row.data != {}:
        return "a redacted row says something"
    expected = public_link(
        previous, actor=row.actor, event_at=row.event_at, kind=row.kind, digest=digest, recorded_at=row.at, n=row.n,
        subject=row.subject,
    )  # fmt: skip
    return None if expected == bytes(row.hash) else "the row does not match its hash"


def redact(connection: Connection, chain: str, n: int) -> bool:
    """Destroy what entry ``n`` of an incident's chain says. False when there is no such entry or it is gone already."""
    where = (journal.c.chain == chain) & (journal.c.n == n) & journal.c.salt.is_not(None)
    if not chain.startswith(_TWO_TIMES):
        return False
    return connection.execute(update(journal).where(where).values(data={}, salt=None)).rowcount == 1


def guard_statements(dialect: str) -> list[str]:
    """DDL that makes the database itself refuse DELETE on the journal, and any UPDATE but a redaction."""
    kept = ("seq", "chain", "n", "subject", "at", "actor", "kind", "kid", "hash", "event_at", "digest")
    if dialect == "sqlite":
        same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in kept)
        refuse = "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        redaction = f"OLD.salt IS NOT NULL AND NEW.salt IS NULL AND NEW.data = '{{}}' AND {same}"
        return [
            "DROP TRIGGER IF EXISTS journal_no_update",
            f"CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal WHEN NOT ({redaction}) {refuse}",
            f"CREATE TRIGGER IF NOT EXISTS journal_no_delete BEFORE DELETE ON journal {refuse}",
        ]
    same = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in kept)
    return [
        (
            "CREATE OR REPLACE FUNCTION journal_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF TG_OP = 'UPDATE' THEN "
            f"IF OLD.salt IS NOT NULL AND NEW.salt IS NULL AND NEW.data = '{{}}' AND {same} THEN RETURN NEW; END IF; "
            "END IF; RAISE EXCEPTION 'the journal is append-only'; END $$"
        ),
        (
            "CREATE OR REPLACE TRIGGER journal_no_change BEFORE UPDATE OR DELETE ON journal "
            "FOR EACH ROW EXECUTE FUNCTION journal_guard()"
        ),
    ]
