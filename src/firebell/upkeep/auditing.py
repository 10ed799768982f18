"""Walks the journal and says whether every chain still holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from firebell.app import chain_key
from firebell.kernel import journal
from firebell.kernel.errors import NotFound
from firebell.settings import load
from firebell.upkeep.opening import installation


@dataclass(frozen=True, slots=True)
class Audit:
    """How many rows and chains were walked, and the first fault of each broken chain: (chain, n, reason)."""

    rows: int
    chains: int
    broken: tuple[tuple[str, int, str], ...]


def verify() -> Audit:
    """Verify every chain with the current key, and the former one while a rotation lasts. Raises NotFound, InUse."""
    url = load().url
    file = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:") and not file.is_file():
        # An empty journal would be whole; a wrong folder must not look like a good answer.
        raise NotFound(f"There is no database at {file}.", hint="Set FIREBELL_DATA to the server's data folder.")
    with installation() as house:
        kept = (house.keyring.current, house.keyring.old)
        keys = {found.kid: found.key for found in (chain_key(key) for key in kept if key is not None)}
        table = journal.journal

        with house.database.readers.connect() as connection:
            count = select(func.count(), func.count(table.c.chain.distinct())).select_from(table)
            rows, chains = connection.execute(count).one()
            broken = tuple((one.chain, one.n, one.reason) for one in journal.verify(connection, keys))
        return Audit(rows, chains, broken)
