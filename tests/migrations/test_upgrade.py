"""The steps lead to the tables in the code, on both databases; a newer schema is refused."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from firebell.kernel.db import Database
from firebell.kernel.journal import guard_statements
from firebell.migrations.tables import all_tables
from firebell.migrations.upgrade import TABLE, VERSIONS, SchemaUnknown, current, steps, upgrade

SQLITE_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
POSTGRES_SCHEMA = """
SELECT 'column', table_name, column_name, concat_ws(' ', ordinal_position, data_type, character_maximum_length,
       is_nullable, column_default, is_identity) FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
       WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger
       WHERE NOT tgisinternal
ORDER BY 1, 2, 3
"""


@pytest.fixture
def database(empty_database_url: str) -> Iterator[Database]:
    opened = Database(empty_database_url)
    yield opened
    opened.close()


def schema(connection: Connection) -> list[tuple[str, ...]]:
    """What the database itself says about its tables, indexes (with their conditions) and triggers."""
    sqlite = connection.dialect.name == "sqlite"
    rows = connection.execute(text(SQLITE_SCHEMA if sqlite else POSTGRES_SCHEMA)).all()
    # CREATE TABLE is kept as it was written; the order of the constraints is no difference.
    words = [tuple(" ".join(sorted(str(part).replace(",", " ").split())) for part in row) for row in rows]
    return [row for row in words if not any(TABLE in part for part in row)]


def test_the_steps_lead_to_the_tables_in_the_code(database: Database) -> None:
    upgrade(database)
    with database.readers.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": TABLE, "compare_type": True})
        assert compare_metadata(context, all_tables()) == []
        migrated = schema(connection)
    with database.writer.begin() as connection:
        for statement in (
            ["PRAGMA foreign_keys=OFF"]
            if database.is_sqlite
            else ["DROP SCHEMA public CASCADE", "CREATE SCHEMA public"]
        ):
            connection.exec_driver_sql(statement)
        if database.is_sqlite:
            all_tables().drop_all(connection)
        all_tables().create_all(connection)
        for statement in guard_statements(connection.dialect.name):
            connection.exec_driver_sql(statement)
        assert schema(connection) == migrated


def test_the_comparison_notices_a_condition_of_an_index_that_is_missing(database: Database) -> None:
    upgrade(database)
    with database.writer.begin() as connection:
        before = schema(connection)
        connection.exec_driver_sql("DROP INDEX ix_runs_due")
        connection.exec_driver_sql("CREATE INDEX ix_runs_due ON runs (due_at)")
        assert schema(connection) != before


def test_a_second_start_finds_nothing_to_do(database: Database) -> None:
    assert upgrade(database) == steps()
    assert upgrade(database) == []


def test_a_start_on_a_current_schema_does_not_import_alembic(database: Database) -> None:
    upgrade(database)
    url = database.url.render_as_string(hide_password=False)
    database.close()
    code = (
        "import sys; from firebell.kernel.db import Database; from firebell.migrations.upgrade import upgrade\n"
        f"assert upgrade(Database({url!r})) == []; sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": "src"}, check=False).returncode == 0


def test_two_nodes_that_start_together_take_turns(database: Database) -> None:
    done: list[list[str]] = []
    nodes = [threading.Thread(target=lambda: done.append(upgrade(database))) for _ in range(2)]
    for node in nodes:
        node.start()
    for node in nodes:
        node.join()
    assert sorted(done) == [[], steps()]


def test_a_newer_schema_is_refused_and_left_alone(database: Database) -> None:
    upgrade(database)
    with database.writer.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {TABLE} SET version_num = '9999'")
    with pytest.raises(SchemaUnknown, match="9999"):
        upgrade(database)
    with database.readers.connect() as connection:
        assert current(connection) == "9999"


def test_tables_of_an_unreleased_version_are_refused_in_one_line(database: Database) -> None:
    with database.writer.begin() as connection:
        all_tables().create_all(connection)
    with pytest.raises(SchemaUnknown, match="unreleased"):
        upgrade(database)


def test_the_journal_refuses_changes_after_the_upgrade(database: Database) -> None:
    upgrade(database)
    with database.writer.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO journal (chain, n, subject, at, actor, kind, data, kid, hash)"
            " VALUES ('admin', 1, 's', 0, 'a', 'k', '{}', 'k', 'h')"
        )
    for change in ("UPDATE journal SET n = 2", "DELETE FROM journal"):
        with pytest.raises(DBAPIError, match="append-only"), database.writer.begin() as connection:
            connection.exec_driver_sql(change)


def test_foreign_keys_hold_again_after_the_upgrade(database: Database) -> None:
    upgrade(database)
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"), database.writer.begin() as connection:
        connection.exec_driver_sql("INSERT INTO memberships (team_id, user_id, role) VALUES ('none', 'none', 'x')")


def test_steps_are_a_chain_named_by_the_numbers_of_their_files() -> None:
    script = ScriptDirectory(str(VERSIONS.parent), version_locations=[str(VERSIONS)])
    chain = [revision.revision for revision in script.walk_revisions()]
    assert chain[::-1] == steps()
