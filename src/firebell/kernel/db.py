"""The SQLite / PostgreSQL seam: engines, pragmas, column types, bulk insert. Nothing else names a database.

SQLite: WAL with ``synchronous=FULL``, exactly one writing connection, ``BEGIN IMMEDIATE``, one process per file (an
exclusive lock on ``<file>.lock``); readers are other connections with ``query_only=ON``.
PostgreSQL: psycopg 3 with the time-outs that notice a cut link in three seconds; separate pools for the engine, the
intake and people, so that a slow page never starves a pager.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import astuple
from sqlalchemy import BigInteger, Connection, Engine, MetaData, Table, Text, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import QueuePool, StaticPool
from sqlalchemy.types import TypeDecorator

from firebell.kernel.clock import Instant, from_micros, micros
from firebell.kernel.errors import Conflict

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

LANES = ("engine", "intake", "people")
_ROWS_PER_STATEMENT = (64, 16, 4, 1)
_KEYS_PER_QUERY = (1, 4, 16, 64, 256)


class InstantType(TypeDecorator[Instant]):
    """A UTC instant as whole microseconds since 1970 in a BIGINT."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Instant | int | None, dialect: Any) -> int | None:
        return value if value is None or isinstance(value, int) else micros(value)

    def process_result_value(self, value: int | None, dialect: Any) -> Instant | None:
        return None if value is None else from_micros(value)


def _encode_hook(value: object) -> object:
    if isinstance(value, Instant):
        return value.format_iso()
    raise NotImplementedError(type(value).__name__)


_doc_encoder = msgspec.json.Encoder(enc_hook=_encode_hook)
_doc_decoder = msgspec.json.Decoder()


def doc(value: object) -> str:
    """A JSON document in stored form (instants as RFC 3339)."""
    return _doc_encoder.encode(value).decode()


class Doc(TypeDecorator[Any]):
    """A JSON document in a TEXT column, the same in both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        return None if value is None else doc(value)

    def process_result_value(self, value: str | None, dialect: Any) -> Any:
        return None if value is None else _doc_decoder.decode(value)


class LockedOut(RuntimeError):
    """Another process has this SQLite file open."""


def sqlite_version() -> tuple[int, int, int]:
    """The version of SQLite this Python is linked with."""
    return sqlite3.sqlite_version_info[0], sqlite3.sqlite_version_info[1], sqlite3.sqlite_version_info[2]


def sqlite_faults(path: Path) -> list[str]:
    """What is wrong with a SQLite file that nobody has open (none: it is whole)."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)")]
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return [] if found == ["ok"] else found


class Database:
    """Open engines for one installation. ``url`` is ``sqlite:///path`` or ``postgresql://…``."""

    def __init__(self, url: str, *, boot_id: str = "boot") -> None:
        self.url: URL = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._lock_file: int | None = None
        self.writer_lock = threading.RLock()
        if self.is_sqlite:
            self._open_sqlite(boot_id)
        else:
            self._open_postgres()

    def _open_sqlite(self, boot_id: str) -> None:
        path = self.url.database or ":memory:"
        memory = path == ":memory:"
        if not memory:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            self._take_lock(path, boot_id)

        def connect(*, write: bool) -> sqlite3.Connection:
            connection = sqlite3.connect(
                path, timeout=5, isolation_level=None, check_same_thread=False, cached_statements=512
            )
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON", "mmap_size=0",
                           f"cache_size={-32768 if write else -4096}", "journal_size_limit=67108864",
                "wal_autocheckpoint=4000"):  # fmt: skip
                connection.execute(f"PRAGMA {pragma}")
            if not write:
                connection.execute("PRAGMA query_only=ON")
            return connection

        self.writer = create_engine("sqlite://", creator=lambda: connect(write=True), poolclass=StaticPool)
        event.listen(self.writer, "begin", lambda c: c.exec_driver_sql("BEGIN IMMEDIATE"))
        if memory:
            self.readers = self.writer
        else:
            self.readers = create_engine(
                "sqlite://", creator=lambda: connect(write=False), poolclass=QueuePool, pool_size=8, max_overflow=8
            )
            event.listen(self.readers, "begin", lambda c: c.exec_driver_sql("BEGIN"))
        self._engines: Mapping[str, Engine] = dict.fromkeys(LANES, self.writer)

    def _take_lock(self, path: str, boot_id: str) -> None:
        handle = os.open(path + ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(handle, 200, 0).decode("utf-8", "replace").strip() or "unknown"
            os.close(handle)
            raise LockedOut(
                f"{path} is in use by another process ({holder}). One process per SQLite file: stop it, or use PostgreSQL."
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"pid {os.getpid()}, boot {boot_id}, host {os.uname().nodename}\n".encode(), 0)
        self._lock_file = handle

    def _open_postgres(self) -> None:
        host = self.url.host or ""
        local = host in ("", "localhost", "127.0.0.1", "::1") or host.startswith("/")
        url = self.url.set(drivername="postgresql+psycopg")

        def engine(statement_ms: int, idle_ms: int, size: int) -> Engine:
            arguments: dict[str, Any] = {
                "connect_timeout": 3,
                "tcp_user_timeout": 3000,
                "keepalives": 1,
                "keepalives_idle": 2,
                "keepalives_interval": 1,
                "keepalives_count": 2,
                "target_session_attrs": "read-write",
                "options": f"-c statement_timeout={statement_ms} -c lock_timeout=2000 -c synchronous_commit=on"
                f" -c idle_in_transaction_session_timeout={idle_ms} -c timezone=UTC",
            }
            if not local and "sslmode" not in self.url.query:
                arguments["sslmode"] = "verify-full"
            return create_engine(
                url, connect_args=arguments, pool_pre_ping=True, pool_size=size, max_overflow=size, pool_timeout=5,
                isolation_level="READ COMMITTED",
            )  # fmt: skip

        self._engines = {
            "engine": engine(5000, 3000, 4),
            "intake": engine(5000, 3000, 2),
            "people": engine(10000, 10000, 5),
        }
        self.writer = self._engines["engine"]
        self.readers = self._engines["people"]

    def engine(self, lane: str) -> Engine:
        """The engine that writes for ``lane`` (one of :data:`LANES`)."""
        return self._engines[lane]

    def reader(self, lane: str) -> Engine:
        return self.readers if self.is_sqlite else self._engines[lane]

    def unsafe_settings(self) -> list[str]:
        """Reasons to refuse to start, each one sentence. Empty when commits are durable."""
        if self.is_sqlite:
            return []
        with self.writer.connect() as connection:
            off = [n for n in ("fsync", "full_page_writes") if connection.scalar(text(f"SHOW {n}")) == "off"]
        return [f"PostgreSQL runs with {name}=off: an accepted alert could be lost. Turn it on." for name in off]

    def listen(self, channel: str, hear: Callable[[str], None], stopping: threading.Event) -> None:
        """Call ``hear(payload)`` for every NOTIFY on ``channel`` until ``stopping`` (PostgreSQL; returns then).

        A lost connection only costs latency: whoever needs to know also looks every second.
        """
        import psycopg

        dsn = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while not stopping.is_set():
            try:
                with psycopg.connect(dsn, autocommit=True, connect_timeout=3) as connection:
                    connection.execute(f"LISTEN {channel}".encode())
                    while not stopping.is_set():
                        for note in connection.notifies(timeout=1):
                            hear(note.payload)
            except psycopg.Error:
                stopping.wait(1)

    def copy_to(self, target: Path) -> None:
        """A consistent copy of the SQLite file, as of this moment, while others go on writing. Raises Conflict.

        One step of the backup interface reads one snapshot, so a commit in between neither tears nor restarts it.
        """
        path = self.url.database or ":memory:"
        if not self.is_sqlite or path == ":memory:":
            raise Conflict("Only a SQLite file can be copied.", hint="On PostgreSQL use pg_dump.")
        with closing(sqlite3.connect(path, timeout=5)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            wrong = copy.execute("PRAGMA quick_check").fetchone()[0]
        if wrong != "ok":
            raise Conflict(f"The copy of {path} is damaged: {wrong}", hint="Keep every file; run firebell doctor.")

    def close(self) -> None:
        for engine in {*self._engines.values(), self.readers}:
            engine.dispose()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None


@lru_cache(maxsize=256)
def _shape(table: Table) -> _Shape:
    names: list[str] = []
    instants: list[int] = []
    docs: list[int] = []
    defaults: dict[str, Any] = {}
    for column in table.columns:
        if column.autoincrement is True:
            continue
        at = len(names)
        names.append(column.name)
        if isinstance(column.type, InstantType):
            instants.append(at)
        elif isinstance(column.type, Doc):
            docs.append(at)
        if getattr(column.default, "is_scalar", False):
            defaults[column.name] = getattr(column.default, "arg", None)
    return _Shape(tuple(names), tuple(instants), tuple(docs), defaults)


class _Shape(NamedTuple):
    """A table as the fast paths see it: column names in order, and which positions need converting."""

    names: tuple[str, ...]
    instants: tuple[int, ...]
    docs: tuple[int, ...]
    defaults: Mapping[str, Any]

    def stored(self, row: list[Any], memo: dict[int, int]) -> list[Any]:
        """``row`` in stored form, changed in place. ``memo`` spares converting the same instant again."""
        for at in self.instants:
            value = row[at]
            if value is not None and not isinstance(value, int):
                found = memo.get(id(value))
                if found is None:
                    found = memo[id(value)] = micros(value)
                row[at] = found
        for at in self.docs:
            value = row[at]
            # A string is a document that is already encoded: the hot path encodes once and reuses.
            if value is not None and not isinstance(value, str):
                row[at] = doc(value) if value else ("{}" if isinstance(value, dict) else "[]")
        return row

    def value(self, row: Sequence[Any]) -> dict[str, Any]:
        """A stored row as ``{column: value}``."""
        out = list(row)
        for at in self.instants:
            if out[at] is not None:
                out[at] = from_micros(out[at])
        for at in self.docs:
            if out[at] is not None:
                out[at] = _doc_decoder.decode(out[at])
        return dict(zip(self.names, out, strict=True))


def bulk_insert(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, skip_existing: bool = False
) -> int:
    """Insert many rows with few statements (64 rows each); returns how many were inserted.

    Several hundred rows cost one hand-over of the interpreter lock per statement instead of one per row, which is what
    keeps the intake fast beside a busy event loop. ``skip_existing``: rows that meet a unique key are left out.
    """
    shape = _shape(table)
    memo: dict[int, int] = {}
    flat = []
    for row in rows:
        values = [row.get(name) for name in shape.names]
        for name, default in shape.defaults.items():
            if name not in row:
                values[shape.names.index(name)] = default
        flat.append(shape.stored(values, memo))
    return _insert(connection, table, flat, skip_existing)


def bulk_insert_rows(connection: Connection, table: Table, rows: list[list[Any]]) -> int:
    """The same for rows that are in column order and in stored form already."""
    return _insert(connection, table, rows, False)


def bulk_insert_structs(
    connection: Connection, table: Table, rows: Sequence[msgspec.Struct], *, skip_existing: bool = False
) -> int:
    """The same for structs whose fields are the table's columns in order: half the cost of mappings."""
    shape = _shape(table)
    if rows and rows[0].__struct_fields__ != shape.names:
        raise TypeError(f"{type(rows[0]).__name__} is not laid out like {table.name}")
    memo: dict[int, int] = {}
    return _insert(connection, table, [shape.stored(list(astuple(row)), memo) for row in rows], skip_existing)


def _insert(connection: Connection, table: Table, rows: list[list[Any]], skip_existing: bool) -> int:
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    tail = " ON CONFLICT DO NOTHING" if skip_existing else ""
    done = start = 0
    for size in _ROWS_PER_STATEMENT:
        while len(rows) - start >= size:
            values = tuple(chain.from_iterable(rows[start : start + size]))
            done += connection.exec_driver_sql(_insert_sql(table, size, mark, tail), values).rowcount
            start += size
    return done


@lru_cache(maxsize=1024)
def _insert_sql(table: Table, rows: int, mark: str, tail: str) -> str:
    names = _shape(table).names
    one = "(" + ",".join([mark] * len(names)) + ")"
    return f"INSERT INTO {table.name} ({','.join(names)}) VALUES {','.join([one] * rows)}{tail}"  # noqa: S608 - ours


def bulk_add(connection: Connection, table: Table, key: str, column: str, amounts: Mapping[str, int]) -> None:
    """Add to a counter per key, creating what is not there yet; keys in order, so that two writers never cross."""
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    tail = f" ON CONFLICT ({key}) DO UPDATE SET {column} = {table.name}.{column} + excluded.{column}"
    rows = [[name, amounts[name]] for name in sorted(amounts)]
    start = 0
    for size in _ROWS_PER_STATEMENT:
        while len(rows) - start >= size:
            values = tuple(chain.from_iterable(rows[start : start + size]))
            connection.exec_driver_sql(_insert_sql(table, size, mark, tail), values)
            start += size


def fetch_in(connection: Connection, table: Table, key: str, wanted: Iterable[str], *, lock: bool) -> list[dict[str, Any]]:
    """All rows whose ``key`` is one of ``wanted``, in key order; ``lock``ed until the end of the unit."""
    keys = sorted(set(wanted))
    sqlite = connection.dialect.name == "sqlite"
    shape = _shape(table)
    found: list[dict[str, Any]] = []
    for start in range(0, len(keys), _KEYS_PER_QUERY[-1]):
        part = keys[start : start + _KEYS_PER_QUERY[-1]]
        size = next(n for n in _KEYS_PER_QUERY if n >= len(part))
        # Padding with the last key keeps the number of different statements small.
        part += [part[-1]] * (size - len(part))
        sql = _fetch_sql(table, key, size, "?" if sqlite else "%s", lock and not sqlite)
        found += [shape.value(row) for row in connection.exec_driver_sql(sql, tuple(part)).fetchall()]
    return found


@lru_cache(maxsize=256)
def _fetch_sql(table: Table, key: str, size: int, mark: str, lock: bool) -> str:
    names = ",".join(_shape(table).names)
    tail = " FOR UPDATE" if lock else ""
    marks = ",".join([mark] * size)
    return f"SELECT {names} FROM {table.name} WHERE {key} IN ({marks}) ORDER BY {key}{tail}"  # noqa: S608 - ours


def bulk_update_structs(connection: Connection, table: Table, rows: Sequence[msgspec.Struct]) -> None:
    """Write whole structs back over their rows, found by ``id`` or ``key`` (the first column)."""
    shape = _shape(table)
    if rows and rows[0].__struct_fields__ != shape.names:
        raise TypeError(f"{type(rows[0]).__name__} is not laid out like {table.name}")
    memo: dict[int, int] = {}
    values = []
    for row in rows:
        stored = shape.stored(list(astuple(row)), memo)
        values.append((*stored[1:], stored[0]))
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    connection.exec_driver_sql(_update_sql(table, mark), values)


@lru_cache(maxsize=64)
def _update_sql(table: Table, mark: str) -> str:
    key, *names = _shape(table).names
    return f"UPDATE {table.name} SET {','.join(f'{n}={mark}' for n in names)} WHERE {key}={mark}"  # noqa: S608 - ours


def execute_many(connection: Connection, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """One of our own statements, marked with ``?``, for many rows. Instants are given as microseconds."""
    connection.exec_driver_sql(sql if connection.dialect.name == "sqlite" else sql.replace("?", "%s"), list(rows))


def select_in(connection: Connection, sql: str, wanted: Iterable[str]) -> list[tuple[Any, ...]]:
    """One of our own queries for any number of keys, without compiling it anew: ``IN ({keys})`` or ``VALUES {rows}``.

    With ``{rows}`` a key may be given more than once to the query, so it may answer more than once.
    """
    keys = sorted(set(wanted))
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    found: list[tuple[Any, ...]] = []
    for start in range(0, len(keys), _KEYS_PER_QUERY[-1]):
        part = keys[start : start + _KEYS_PER_QUERY[-1]]
        size = next(n for n in _KEYS_PER_QUERY if n >= len(part))
        part += [part[-1]] * (size - len(part))
        found += connection.exec_driver_sql(_keyed(sql, size, mark), tuple(part)).fetchall()
    return found


@lru_cache(maxsize=256)
def _keyed(sql: str, size: int, mark: str) -> str:
    return sql.replace("{keys}", ",".join([mark] * size)).replace("{rows}", ",".join([f"({mark})"] * size))
