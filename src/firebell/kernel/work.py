"""Units of work: the only module that begins or commits. A lost race repeats the whole unit.

``Runner.run(job, actor)`` opens a transaction, calls ``job(work)``, appends the journal, commits, and only then wakes
the worker and tells the live pages. ``Runner.read(job, actor)`` is the same for looking. A job may run more than once,
so it must not act on the outside world.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Executable, Row, Table, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from firebell.kernel import journal
from firebell.kernel.actor import SYSTEM, Actor, Permission
from firebell.kernel.clock import Clock, Instant, SystemClock, from_micros
from firebell.kernel.crash import crashpoint
from firebell.kernel.db import Database, doc
from firebell.kernel.errors import Forbidden, Stale, Unauthenticated, Unavailable
from firebell.kernel.rows import (
    bulk_add,
    bulk_insert,
    bulk_insert_structs,
    bulk_update_structs,
    execute_many,
    fetch_in,
    select_in,
)

T = TypeVar("T")
_ATTEMPTS = 5


class Read:
    """A consistent look at the database: ``now`` and ``actor`` hold for all of it."""

    def __init__(self, connection: Connection, now: Instant, actor: Actor) -> None:
        self.connection = connection
        self.now = now
        self.actor = actor
        self.memo: dict[Any, Any] = {}
        """What was looked up in this unit and cannot change within it; keys are tuples that begin with a name."""

    def needs(self, permission: Permission, team: str | None = None) -> None:
        """The first line of every command and query: raises Forbidden (or Unauthenticated) unless the actor may."""
        if not self.actor.may(permission, team):
            if self.actor.kind == "nobody":
                raise Unauthenticated("Sign in first.", hint="Sign in, or send an API token.")
            raise Forbidden(
                f"This needs the permission {permission}.", hint="Ask an administrator or a manager of the team."
            )

    def all(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        return self.connection.execute(statement, parameters).all()

    def one(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Row[Any] | None:
        return self.connection.execute(statement, parameters).first()

    def scalar(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Any:
        return self.connection.execute(statement, parameters).scalar()

    @property
    def is_sqlite(self) -> bool:
        return self.connection.dialect.name == "sqlite"

    def select_in(self, sql: str, wanted: Iterable[str]) -> list[tuple[Any, ...]]:
        """A fast query by keys: ``sql`` has ``{keys}`` inside its ``IN (…)``. For stores on the hot path."""
        return select_in(self.connection, sql, wanted)

    def history(self, subject: str, *, limit: int = 500) -> list[journal.Entry]:
        """The journal of one subject, oldest first."""
        return journal.of(self.connection, subject, limit=limit)


class Work(Read):
    """A transaction. What it records and whom it wakes takes effect at commit, or not at all."""

    def __init__(self, connection: Connection, now: Instant, actor: Actor, key: journal.ChainKey) -> None:
        super().__init__(connection, now, actor)
        self._key = key
        self._facts: list[tuple[str, journal.Fact, Instant | None]] = []
        self._fresh: set[str] = set()
        self.topics: set[str] = set()
        self.woken = False
        self._after: list[Callable[[], None]] = []

    def write(self, statement: Executable, parameters: Any = None) -> int:
        """Execute a change; returns how many rows it touched."""
        return int(self.connection.execute(statement, parameters).rowcount)

    def insert(self, table: Table, rows: Sequence[Mapping[str, Any]], *, skip_existing: bool = False) -> int:
        """Insert rows given as mappings; returns how many went in."""
        return bulk_insert(self.connection, table, rows, skip_existing=skip_existing) if rows else 0

    def insert_structs(self, table: Table, rows: Sequence[msgspec.Struct], *, skip_existing: bool = False) -> int:
        """Insert structs whose fields are the table's columns, in order; returns how many went in."""
        return bulk_insert_structs(self.connection, table, rows, skip_existing=skip_existing) if rows else 0

    def update_structs(self, table: Table, rows: Sequence[msgspec.Struct]) -> None:
        """Write structs back whole, found by their first field."""
        if rows:
            bulk_update_structs(self.connection, table, rows)

    def execute_many(self, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """One of our own statements (marks are ``?``) for many rows. For stores on the hot path."""
        if rows:
            execute_many(self.connection, sql, rows)

    def add(self, table: Table, key: str, column: str, amounts: Mapping[str, int]) -> None:
        """Add to counters, ``{key: amount}``."""
        bulk_add(self.connection, table, key, column, amounts)

    def take_in(self, table: Table, key: str, wanted: Iterable[str]) -> list[dict[str, Any]]:
        """Rows by key, locked, in key order: the fast way to take many."""
        return fetch_in(self.connection, table, key, wanted, lock=True)

    def record(self, subject: str, fact: journal.Fact, *, fresh: bool = False, event_at: Instant | None = None) -> None:
        """Put a fact about ``subject`` into the journal. ``fresh``: the subject was created in this unit.

        ``event_at``: when it happened, if not now (incidents only; elsewhere it is not kept).
        """
        self._facts.append((subject, fact, event_at))
        if fresh:
            self._fresh.add(subject)

    def publish(self, *topics: str) -> None:
        """Tell live pages, after the commit, that what they show about ``topics`` has changed."""
        self.topics.update(topics)

    def wake(self) -> None:
        """Something is due now: wake the worker after the commit."""
        self.woken = True

    def after_commit(self, call: Callable[[], None]) -> None:
        """Run ``call`` once the commit stands (never if it fails)."""
        self._after.append(call)

    def take(self, statement: Any) -> Row[Any] | None:
        """One row, locked until the end of the unit (on SQLite the unit itself is the lock)."""
        return self.one(statement if self.is_sqlite else statement.with_for_update())

    def flush(self) -> None:
        journal.append(self.connection, self._key, self.now, self.actor, self._facts, frozenset(self._fresh))
        self._facts = []
        if not self.is_sqlite and (self.topics or self.woken):
            payload = doc({"wake": self.woken, "topics": sorted(self.topics)[:100]})
            self.connection.execute(text("SELECT pg_notify('firebell', :p)"), {"p": payload})


class Runner:
    """Runs units of work against one database with one clock."""

    def __init__(self, database: Database, clock: Clock, key: journal.ChainKey) -> None:
        self.database = database
        self.clock = clock
        self.key = key
        self._on_commit: list[Callable[[frozenset[str], bool], None]] = []
        self._pause = threading.Event()
        self._inside = threading.local()

    def on_commit(self, call: Callable[[frozenset[str], bool], None]) -> None:
        """``call(topics, woken)`` after every commit of this process that published or woke."""
        self._on_commit.append(call)

    def run(self, job: Callable[[Work], T], actor: Actor = SYSTEM, *, lane: str = "people") -> T:
        """Run ``job`` in one transaction and commit. Raises what the job raises; Unavailable when the database is away.

        A unit cannot be run within a unit (RuntimeError): the inner one would commit, or on SQLite roll back, what is
        not its own.
        """
        if getattr(self._inside, "unit", False):
            raise RuntimeError("a unit of work was begun within another one")
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                work, answer = self._once(job, actor, lane)
            except (Stale, DBAPIError, PoolTimeout) as error:
                again = _worth_repeating(error)
                if attempt == _ATTEMPTS or not again:
                    if _away(error) or (again and not isinstance(error, Stale)):
                        raise Unavailable("The database is busy or away.") from error
                    raise
                self._pause.wait(random.uniform(0.001, 0.02) * attempt)  # noqa: S311 - jitter
                continue
            self._tell(work)
            return answer
        raise AssertionError("unreachable")

    def _once(self, job: Callable[[Work], T], actor: Actor, lane: str) -> tuple[Work, T]:
        if self.database.is_sqlite:
            with self.database.writer_lock:
                return self._transaction(job, actor, lane)
        return self._transaction(job, actor, lane)

    def _transaction(self, job: Callable[[Work], T], actor: Actor, lane: str) -> tuple[Work, T]:
        with self.database.engine(lane).connect() as connection, connection.begin():
            work = Work(connection, self._now(connection), actor, self.key)
            self._inside.unit = True
            try:
                answer = job(work)
            finally:
                self._inside.unit = False
            work.flush()
            crashpoint(f"{lane}.before_commit")
        crashpoint(f"{lane}.after_commit")
        return work, answer

    def read(self, job: Callable[[Read], T], actor: Actor = SYSTEM, *, lane: str = "people") -> T:
        """Look without changing anything. Raises what the job raises; Unavailable when the database is away."""
        try:
            return self._look(job, actor, lane)
        except (DBAPIError, PoolTimeout) as error:
            if _taken_back(error):
                return self._look(job, actor, lane)
            if _away(error):
                raise Unavailable("The database is busy or away.") from error
            raise

    def _look(self, job: Callable[[Read], T], actor: Actor, lane: str) -> T:
        with self.database.reader(lane).connect() as connection, connection.begin():
            return job(Read(connection, self._now(connection), actor))

    def _now(self, connection: Connection) -> Instant:
        # Nodes may disagree about the time; on PostgreSQL the database decides, unless a test has set the clock.
        if self.database.is_sqlite or not isinstance(self.clock, SystemClock):
            return self.clock.now()
        at = connection.exec_driver_sql("SELECT (extract(epoch from clock_timestamp()) * 1000000)::bigint").scalar_one()
        return from_micros(int(at))

    def _tell(self, work: Work) -> None:
        for call in work._after:
            call()
        if work.topics or work.woken:
            self.tell(frozenset(work.topics), work.woken)

    def tell(self, topics: frozenset[str], woken: bool) -> None:
        """Pass on what another node has committed (or this one)."""
        for call in self._on_commit:
            call(topics, woken)


def _worth_repeating(error: Exception) -> bool:
    """Whether the same unit may succeed a moment later. A locked SQLite file has been waited for already."""
    if isinstance(error, Stale) or _taken_back(error):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return str(state)[:2] in ("40", "08") or str(state)[:4] == "57P0" or state in ("55P03", "23505")
    return error.connection_invalidated


def _taken_back(error: Exception) -> bool:
    """Whether this process stood still in a transaction for so long that the server ended it: nothing has happened."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == "25P03"


_SQLITE_AWAY = ("locked", "busy", "is full", "readonly", "disk i/o", "unable to open")


def _away(error: Exception) -> bool:
    """Whether the database cannot be used now, rather than the statement being wrong."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.orig is not None and type(error.orig).__module__ == "sqlite3":
        return any(words in str(error.orig).lower() for words in _SQLITE_AWAY)
    return isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
