"""Statements are compiled once per process: the engines of an installation, and one opened after another, share them.

SQLAlchemy keeps what it compiled per engine. SQLite has two engines here and PostgreSQL three, each of which would
compile, and keep, the same statements anew.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

KEPT = 4000
"""Statements of different shape that stay compiled."""
_kept: LRUCache[Any, Any] = LRUCache(KEPT)

OPTIONS = {"compiled_cache": _kept}
"""``execution_options`` of every engine."""
SQLITE = "sqlite+firebell"
POSTGRES = "postgresql+firebell"

# By name, as whoever has SQLite only does without the other's modules.
registry.register("sqlite.firebell", "firebell.kernel.dialect_sqlite", "Dialect")
registry.register("postgresql.firebell", "firebell.kernel.dialect_postgres", "Dialect")


class Alike(DefaultDialect):
    """Mixed into a dialect: two for servers of one version write the same, so what one compiled serves the other."""

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Alike)
            and type(self) is type(other)
            and self.server_version_info == other.server_version_info
            and self.default_schema_name == other.default_schema_name
        )

    def __hash__(self) -> int:
        return hash(type(self))
