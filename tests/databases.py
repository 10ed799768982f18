"""Both databases for everything that touches SQL: a temporary file, and a throw-away cluster started once per run."""

from __future__ import annotations

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
from firebell.migrations.upgrade import upgrade


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


def migrated(url: str) -> str:
    """Bring the database up to date once, to be copied for every test; returns the URL."""
    database = Database(url)
    upgrade(database)
    database.close()
    return url
