"""Brings a database up to this version's schema, step by step, in one transaction.

There is no ini file and no env.py: the steps in ``versions`` run on the engine that the caller has opened. A database
that is up to date costs one query, and alembic is not even imported.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from firebell.kernel.db import Database
from firebell.kernel.errors import Conflict

VERSIONS = Path(__file__).parent / "versions"
TABLE = "schema_version"
_TURN = 4607181  # the advisory lock under which nodes that start together take turns


class SchemaUnknown(Conflict):
    """The database was made by a newer Firebell, or by something else."""

    slug = "schema-unknown"


def steps() -> list[str]:
    """The steps of this version in order; each is named by the number its file begins with."""
    return sorted(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*_*.py"))


def current(connection: Connection) -> str | None:
    """The last step this database has taken; ``None`` when it has taken none."""
    if not inspect(connection).has_table(TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {TABLE}")).scalar()  # noqa: S608 - ours
    return None if found is None else str(found)


def upgrade(database: Database) -> list[str]:
    """Take the steps that are missing; returns them. Idempotent; two nodes starting together take turns.

    Raises SchemaUnknown when the database is newer than this version, or holds tables of unknown origin.
    """
    with database.readers.connect() as connection:
        if current(connection) == steps()[-1]:
            return []
    with _turn(database) as connection:
        before = current(connection)
        _check(connection, before)
        missing = [step for step in steps() if step > (before or "")]
        if missing:
            _run(connection)
        return missing


def _check(connection: Connection, before: str | None) -> None:
    if before is not None and before not in steps():
        raise SchemaUnknown(
            f"The database has schema {before}; this Firebell knows up to {steps()[-1]}. Start the newer Firebell that "
            "made it, or restore a backup that is older than the upgrade.",
            hint="See docs/operations.md.",
        )
    if before is None and inspect(connection).has_table("journal"):
        raise SchemaUnknown(
            f"The database holds Firebell's tables but no {TABLE}: it was made by an unreleased version. Begin with an "
            "empty database.",
            hint="See docs/operations.md.",
        )


@contextmanager
def _turn(database: Database) -> Iterator[Connection]:
    """One transaction in which the schema may change, and only this node changes it."""
    with database.writer_lock, database.writer.connect() as connection:
        if not database.is_sqlite:
            with connection.begin():
                # The engine's time limits are for pages; a table may take longer to change, and a turn to come.
                connection.execute(text("SET LOCAL statement_timeout = 0"))
                connection.execute(text("SET LOCAL lock_timeout = 0"))
                # Reading the steps takes a busy machine longer than a transaction may otherwise idle.
                connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
                connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})
                yield connection
            return
        # SQLite changes a table by copying it, and would take the rows that refer to the old one for orphans. The
        # switch works only outside of a transaction, so it goes to the driver.
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                yield connection
                orphans = connection.execute(text("PRAGMA foreign_key_check")).all()
                if orphans:
                    raise RuntimeError(f"rows would point nowhere after the upgrade: {orphans[:3]}")
        finally:
            driver.execute("PRAGMA foreign_keys=ON")


def _run(connection: Connection) -> None:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(VERSIONS.parent), version_locations=[str(VERSIONS)])
    context = MigrationContext.configure(
        connection,
        opts={
            "version_table": TABLE,
            # What alembic's own upgrade command does, without its ini file.
            "fn": lambda revision, _: script._upgrade_revs("head", revision),
        },
    )
    with Operations.context(context):
        context.run_migrations()
