"""Both databases for everything that touches SQL: a temporary file, and a throw-away cluster started once per run."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from firebell.kernel.db import Database
from firebell.migrations.upgrade import TABLE, upgrade

# No test here pulls the plug of the database's own machine: nothing is gained by waiting for a disk.
CARELESS = ("fsync=off", "full_page_writes=off", "autovacuum=off")
# As a server asks for it (see doctor): `firebell serve` refuses the settings above.
CAREFUL = ("fsync=on", "full_page_writes=on")


def programs() -> Path | None:
    """The folder of PostgreSQL's server programs, if they are installed."""
    folders = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    on_path = shutil.which("initdb")
    folders += [str(Path(on_path).parent)] if on_path else []
    return next((Path(folder) for folder in folders if (Path(folder) / "initdb").exists()), None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _as_user(command: list[str]) -> list[str]:
    # PostgreSQL refuses to run as root.
    return (
        ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
        if os.geteuid() == 0
        else command
    )


@contextmanager
def cluster(*settings: str) -> Iterator[str]:
    """A running server on loopback; yields ``postgresql://postgres@127.0.0.1:port`` without a database name."""
    found = programs()
    if found is None:
        raise RuntimeError("PostgreSQL's server programs are not installed")
    folder = Path(tempfile.mkdtemp(prefix="firebell-pg-"))
    port = free_port()
    data = folder / "data"
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=200 " + " ".join(
        f"-c {s}" for s in settings
    )
    control = [str(found / "pg_ctl"), "-D", str(data), "-w", "-t", "60"]
    quiet = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(
        _as_user(
            [str(found / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8"]
        ),
        check=True,
        **quiet,
    )  # type: ignore[call-overload]
    subprocess.run(_as_user([*control, "-o", options, "-l", str(folder / "log"), "start"]), check=True, **quiet)  # type: ignore[call-overload]
    try:
        yield f"postgresql://postgres@127.0.0.1:{port}"
    finally:
        subprocess.run(_as_user([*control, "-m", "immediate", "stop"]), check=False, **quiet)  # type: ignore[call-overload]
        shutil.rmtree(folder, ignore_errors=True)


def fresh_database(server: str, name: str, *, template: str = "template1") -> str:
    """A new database, empty or a copy of ``template``; returns its URL."""
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
    return f"{server}/{name}"


def drop_database(url: str) -> None:
    """Remove a database made by :func:`fresh_database`, whoever is still connected."""
    server, _, name = url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


class Shelf:
    """Copies of one migrated database. A copy that comes back is emptied, which costs a tenth of making one."""

    USES_MAX = 40
    """Emptied tables grow, as nothing vacuums them."""
    _numbers = itertools.count(1)

    def __init__(self, server: str, template: str) -> None:
        self._server, self._template = server, template
        self._free: list[tuple[str, int]] = []
        # One stays connected to each copy: PostgreSQL reads its catalogue of 110 tables anew in every session.
        self._sweepers: dict[str, psycopg.Connection[tuple[object, ...]]] = {}
        with psycopg.connect(f"{server}/{template}", autocommit=True) as connection:
            self._shape = _shape(connection)
            self._wipe = _wipe(connection)

    def take(self) -> tuple[str, int]:
        """(URL of a database with nothing in it, how often it has been used)."""
        if self._free:
            return self._free.pop()
        name = f"fb_{os.getpid()}_{next(self._numbers)}"
        return fresh_database(self._server, name, template=self._template), 0

    def give_back(self, url: str, uses: int) -> None:
        """Empty it for the next test; one whose tables were changed, or that has been used for long, is dropped."""
        try:
            good = self._emptied(url, uses)
        except psycopg.OperationalError:
            # The test ended every connection, ours with them.
            self._sweepers.pop(url).close()
            good = self._emptied(url, uses)
        if good:
            self._free.append((url, uses + 1))
        else:
            self._sweepers.pop(url).close()
            drop_database(url)

    def _emptied(self, url: str, uses: int) -> bool:
        """Whether it can be used again and is empty now."""
        if url not in self._sweepers:
            self._sweepers[url] = psycopg.connect(url, autocommit=True)
        connection = self._sweepers[url]
        _alone(connection)
        if uses + 1 >= self.USES_MAX or _shape(connection) != self._shape:
            return False
        connection.execute(self._wipe)
        return True

    def close(self) -> None:
        for connection in self._sweepers.values():
            connection.close()


def without_a_table(url: str) -> str:
    """Throw everything out of a database made by :func:`fresh_database`; returns the URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        _alone(connection)
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return url


def _alone(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Whoever else is still connected, is not any more."""
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def _shape(connection: psycopg.Connection[tuple[object, ...]]) -> tuple[object, ...] | None:
    """What differs as soon as a test makes, drops or alters a table, a column, an index, a condition or a trigger.

    Copies of a database keep the numbers (oid) of what is in it.
    """
    return connection.execute(
        "SELECT md5(string_agg(thing, ',' ORDER BY thing)) FROM ("
        " SELECT concat_ws(' ', relname, relkind, relchecks, relhastriggers) AS thing FROM pg_class"
        "  WHERE relnamespace = 'public'::regnamespace"
        " UNION ALL SELECT concat_ws(' ', attrelid, attname, atttypid, attnotnull, attisdropped)"
        "  FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid WHERE relnamespace = 'public'::regnamespace"
        " UNION ALL SELECT concat_ws(' ', conname, conrelid, contype) FROM pg_constraint"
        " UNION ALL SELECT concat_ws(' ', tgname, tgrelid, tgenabled) FROM pg_trigger"
        ") AS things"
    ).fetchone()


def _wipe(connection: psycopg.Connection[tuple[object, ...]]) -> bytes:
    """One statement list that deletes every row (triggers and foreign keys asleep) and starts every sequence anew."""
    tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    names = [str(name) for (name,) in tables if name != TABLE]
    for name in names:
        rows = connection.execute(f'SELECT count(*) FROM "{name}"'.encode()).fetchone()
        assert rows == (0,), f"a migrated database has rows in {name}: emptying would lose them"
    sequences = connection.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'").fetchall()
    statements = [
        "SET session_replication_role = replica",
        *(f'DELETE FROM "{name}"' for name in names),
        *(f"SELECT setval('\"{name}\"', 1, false)" for (name,) in sequences),
    ]
    return "; ".join(statements).encode()


def migrated(url: str) -> str:
    """Bring the database up to date once, to be copied for every test; returns the URL."""
    database = Database(url)
    upgrade(database)
    database.close()
    return url
