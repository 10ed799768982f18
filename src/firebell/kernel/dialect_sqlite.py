"""How statements are written for SQLite: as SQLAlchemy does (why there is a class: :mod:`firebell.kernel.compiled`)."""

from __future__ import annotations

from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from firebell.kernel.compiled import Alike


class Dialect(Alike, SQLiteDialect_pysqlite):
    supports_statement_cache = True
