"""Takes the steps a database lacks, without starting a server."""

from __future__ import annotations

from firebell.migrations.upgrade import upgrade
from firebell.settings import load
from firebell.upkeep.opening import database_of


def migrate() -> list[str]:
    """The steps taken (none: it was up to date). Raises InUse, SchemaUnknown."""
    with database_of(load()) as database:
        return upgrade(database)
