"""incident command."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("event_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("salt", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("digest", sa.LargeBinary(), nullable=True))

    for statement in _JOURNAL_IS_APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(sa.text(statement))


_JOURNAL_IS_APPEND_ONLY = {
    "postgresql": [
        (
            "CREATE OR REPLACE FUNCTION journal_guard() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "BEGIN IF TG_OP = 'UPDATE' THEN IF OLD.salt IS NOT NULL AND NEW.salt IS NULL AND "
            "NEW.data = '{}' AND NEW.seq IS NOT DISTINCT FROM OLD.seq AND NEW.chain IS NOT "
            "DISTINCT FROM OLD.chain AND NEW.n IS NOT DISTINCT FROM OLD.n AND NEW.subject IS "
            "NOT DISTINCT FROM OLD.subject AND NEW.at IS NOT DISTINCT FROM OLD.at AND "
            "NEW.actor IS NOT DISTINCT FROM OLD.actor AND NEW.kind IS NOT DISTINCT FROM "
            "OLD.kind AND NEW.kid IS NOT DISTINCT FROM OLD.kid AND NEW.hash IS NOT DISTINCT "
            "FROM OLD.hash AND NEW.event_at IS NOT DISTINCT FROM OLD.event_at AND NEW.digest "
            "IS NOT DISTINCT FROM OLD.digest THEN RETURN NEW; END IF; END IF; RAISE EXCEPTION "
            "'the journal is append-only'; END $$"
        ),
        (
            "CREATE OR REPLACE TRIGGER journal_no_change BEFORE UPDATE OR DELETE ON journal "
            "FOR EACH ROW EXECUTE FUNCTION journal_guard()"
        ),
    ],
    "sqlite": [
        "DROP TRIGGER IF EXISTS journal_no_update",
        (
            "CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal WHEN NOT (OLD.salt IS NOT "
            "NULL AND NEW.salt IS NULL AND NEW.data = '{}' AND NEW.seq IS OLD.seq AND NEW.chain IS "
            "OLD.chain AND NEW.n IS OLD.n AND NEW.subject IS OLD.subject AND NEW.at IS OLD.at AND "
            "NEW.actor IS OLD.actor AND NEW.kind IS OLD.kind AND NEW.kid IS OLD.kid AND NEW.hash "
            "IS OLD.hash AND NEW.event_at IS OLD.event_at AND NEW.digest IS OLD.digest) BEGIN "
            "SELECT RAISE(ABORT, 'the journal is append-only'); END"
        ),
        (
            "CREATE TRIGGER IF NOT EXISTS journal_no_delete BEFORE DELETE ON journal BEGIN SELECT "
            "RAISE(ABORT, 'the journal is append-only'); END"
        ),
    ],
}
