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
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Engine, MetaData, Text, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import QueuePool, StaticPool
from sqlalchemy.types import TypeDecorator

from firebell.kernel import compiled
from firebell.kernel.clock import Instant, from_micros, micros
from firebell.kernel.errors import Conflict, Unavailable

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

LANES = ("engine", "intake", "people")


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
doc_decoder = msgspec.json.Decoder()


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
        return None if value is None else doc_decoder.decode(value)


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
        self._closed = False
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

        opening = threading.Lock()

        def connect(*, write: bool) -> sqlite3.Connection:
            connection = sqlite3.connect(
                path, timeout=5, isolation_level=None, check_same_thread=False, cached_statements=512
            )
            # The first of a new file turns it to WAL, and a second one at that moment would not wait: it would fail.
            with opening:
                set_up(connection, write=write)
            return connection

        def set_up(connection: sqlite3.Connection, *, write: bool) -> None:
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                "busy_timeout=5000",
                "foreign_keys=ON",
                "mmap_size=0",
                f"cache_size={-32768 if write else -4096}",
                "journal_size_limit=67108864",
                "wal_autocheckpoint=4000",
            ):
                connection.execute(f"PRAGMA {pragma}")
            if not write:
                connection.execute("PRAGMA query_only=ON")

        # An error of a statement goes to the log; what was to be stored, secrets among it, does not.
        self.writer = create_engine(
            f"{compiled.SQLITE}://",
            creator=lambda: connect(write=True),
            poolclass=StaticPool,
            hide_parameters=True,
            execution_options=compiled.OPTIONS,
        )
        event.listen(self.writer, "begin", lambda c: c.exec_driver_sql("BEGIN IMMEDIATE"))
        if memory:
            self.readers = self.writer
        else:
            self.readers = create_engine(
                f"{compiled.SQLITE}://",
                creator=lambda: connect(write=False),
                poolclass=QueuePool,
                pool_size=8,
                max_overflow=8,
                hide_parameters=True,
                execution_options=compiled.OPTIONS,
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
                f"{path} is in use by another process ({holder}). "
                "One process per SQLite file: stop it, or use PostgreSQL."
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"pid {os.getpid()}, boot {boot_id}, host {os.uname().nodename}\n".encode(), 0)
        self._lock_file = handle

    def _open_postgres(self) -> None:
        host = self.url.host or ""
        local = host in ("", "localhost", "127.0.0.1", "::1") or host.startswith("/")
        url = self.url.set(drivername=compiled.POSTGRES)

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
                url,
                connect_args=arguments,
                pool_pre_ping=True,
                pool_size=size,
                max_overflow=size,
                pool_timeout=5,
                isolation_level="READ COMMITTED",
                hide_parameters=True,
                use_native_hstore=False,
                execution_options=compiled.OPTIONS,
            )

        self._engines = {
            "engine": engine(5000, 3000, 4),
            "intake": engine(5000, 3000, 2),
            "people": engine(10000, 10000, 5),
        }
        self.writer = self._engines["engine"]
        self.readers = self._engines["people"]

    def engine(self, lane: str) -> Engine:
        """The engine that writes for ``lane`` (one of :data:`LANES`). Raises Unavailable after the end."""
        self._refuse_if_closed()
        return self._engines[lane]

    def reader(self, lane: str) -> Engine:
        self._refuse_if_closed()
        return self.readers if self.is_sqlite else self._engines[lane]

    def _refuse_if_closed(self) -> None:
        # An engine that was disposed of would quietly open a new connection, to a file that is locked no longer.
        if self._closed:
            raise Unavailable("The database is closed.")

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
        import psycopg  # noqa: PLC0415 - an extra: SQLite installations do without

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
        """Close every connection, the writing one between two units of work. Whoever comes later gets Unavailable."""
        self._closed = True
        with self.writer_lock:
            self._close()

    def _close(self) -> None:
        for engine in {*self._engines.values(), self.readers}:
            engine.dispose()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None
