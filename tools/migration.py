"""Writes the code of a schema change from the difference between the tables in the code and the steps so far.

``python tools/migration.py new "incidents get a phase"`` writes the next step, to be read and mended by hand.
``python tools/migration.py renew`` writes the last step anew while nobody has taken it yet (it is not on the main
branch). Steps that others may have taken are never touched.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from pprint import pformat
from typing import Any, Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from firebell.kernel.db import Database, Doc, InstantType
from firebell.kernel.journal import guard_statements
from firebell.migrations.tables import all_tables
from firebell.migrations.upgrade import TABLE, VERSIONS, steps, upgrade

ROOT = Path(__file__).resolve().parent.parent
HEAD = '''"""{title}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {before}
branch_labels = None
depends_on = None


def upgrade() -> None:
{body}
'''
GUARD = """
    for statement in _JOURNAL_IS_APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(sa.text(statement))


_JOURNAL_IS_APPEND_ONLY = {statements}
"""


def render_item(kind: str, item: Any, context: Any) -> str | Literal[False]:
    """Our column types as what lies in the database: a step must not change when the code does."""
    if kind == "type" and isinstance(item, InstantType):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(item, Doc):
        return "sa.Text()"
    return False


def body(connection: Connection) -> str:
    """The operations that bring ``connection`` to the tables in the code."""
    context = MigrationContext.configure(connection, opts={"version_table": TABLE, "compare_type": True})
    found = produce_migrations(context, all_tables()).upgrade_ops
    if found is None or found.is_empty():
        return ""
    code = render_python_code(found, render_as_batch=True, migration_context=context, render_item=render_item)
    return "\n".join(line for line in code.splitlines() if not line.strip().startswith("#"))


def write(name: str, revision: str, before: str | None, title: str, text: str, tail: str = "") -> Path:
    path = VERSIONS / f"{revision}_{name}.py"
    shown = "None" if before is None else f'"{before}"'
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / path.name
        draft.write_text(HEAD.format(title=title, revision=revision, before=shown, body=text) + tail, encoding="utf-8")
        for command in (["check", "--fix", "--unsafe-fixes", "--exit-zero"], ["format"]):
            ruff = [sys.executable, "-m", "ruff", *command, "--quiet", "--config", str(ROOT / "pyproject.toml")]
            subprocess.run([*ruff, str(draft)], check=True, stdout=subprocess.DEVNULL)
        code = draft.read_text(encoding="utf-8")
    if not path.exists() or path.read_text(encoding="utf-8") != code:
        path.write_text(code, encoding="utf-8")
    return path


def new(title: str) -> Path:
    database = Database("sqlite://")
    upgrade(database)
    with database.writer.connect() as connection:
        text = body(connection)
        guards = _guards(connection)
    if not text:
        raise SystemExit("The steps so far lead to the tables in the code: nothing to write.")
    name = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:40]
    before = steps()[-1]
    return write(name, f"{int(before) + 1:04}", before, title, text, guards)


def _guards(connection: Connection) -> str:
    """The journal's guard anew, where it has changed."""
    stands = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'journal_no_update'").scalar()
    if stands in guard_statements("sqlite"):
        return ""
    guards = {dialect: guard_statements(dialect) for dialect in ("sqlite", "postgresql")}
    return GUARD.format(statements=pformat(guards, width=100))


def renew() -> Path:
    last = max(VERSIONS.glob("[0-9]*_*.py"))
    title = last.read_text(encoding="utf-8").partition('"""')[2].partition('."""')[0]
    last.unlink()
    return new(title)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("renew")
    commands.add_parser("new").add_argument("title")
    given = parser.parse_args()
    print(renew() if given.command == "renew" else new(given.title))


if __name__ == "__main__":
    main()
