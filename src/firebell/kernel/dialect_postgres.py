"""How statements are written for PostgreSQL: as SQLAlchemy does (why a class: :mod:`firebell.kernel.compiled`)."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from firebell.kernel.compiled import Alike


class Dialect(Alike, PGDialect_psycopg):
    supports_statement_cache = True
