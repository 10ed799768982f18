"""What really happened: three accounts compared, of the senders (who got a 2xx), the receiver and the database."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from firebell.app import open_house
from firebell.domain.alerts.store import alerts
from firebell.kernel import journal
from firebell.workflows import laws
from tests.fakes.receiver import Hit
from tests.system.server import settings_of

ALERT = re.compile(r"k-\d{6}")


@dataclass(slots=True)
class Account:
    """The figures of one run; every list is empty when all is well, but ``copies`` only lists what came twice."""

    alerts: int
    pages: int
    lost: list[str] = field(default_factory=list)
    unpaged: list[str] = field(default_factory=list)
    opened_twice: list[str] = field(default_factory=list)
    copies: dict[str, int] = field(default_factory=dict)
    unmarked: list[str] = field(default_factory=list)
    broken_chains: list[str] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)

    @property
    def duplicates(self) -> int:
        """Messages that were received beyond the first of each."""
        return sum(n - 1 for n in self.copies.values())

    @property
    def faults(self) -> dict[str, list[str]]:
        """What must be empty whatever was killed."""
        named = {
            "lost": self.lost, "unpaged": self.unpaged, "opened twice": self.opened_twice, "unmarked": self.unmarked,
            "broken chains": self.broken_chains, "breaches": self.breaches,
        }  # fmt: skip
        return {name: found[:10] for name, found in named.items() if found}


def told(hits: Iterable[Hit]) -> set[str]:
    """The alerts these messages speak of."""
    return {name for hit in hits for name in ALERT.findall(hit.body)}


def account(data: Path, database_url: str, acknowledged: set[str], hits: Sequence[Hit]) -> Account:
    """Settle up after the servers have ended. Opens the installation itself, so no server may run on SQLite."""
    house = open_house(settings_of(data, database_url), inline=True)
    try:
        rows = house.runner.read(lambda read: read.all(select(alerts.c.dedup_key)))
        stored = Counter(row.dedup_key for row in rows if ALERT.fullmatch(row.dedup_key))
        keys = {house.runner.key.kid: house.runner.key.key}
        broken = house.runner.read(lambda read: [str(b) for b in journal.verify(read.connection, keys)])
        breaches = [str(b) for b in house.runner.read(laws.check)]
    finally:
        house.close()
    heard = told(hits)
    copies = Counter(hit.webhook_id for hit in hits)
    seen: set[str] = set()
    unmarked = []
    for hit in hits:
        if hit.webhook_id in seen and not (hit.copies_possible and "Possible duplicate" in hit.body):
            unmarked.append(hit.webhook_id)
        seen.add(hit.webhook_id)
    return Account(
        alerts=len(stored), pages=len(hits), lost=sorted(acknowledged - stored.keys()),
        unpaged=sorted(stored.keys() - heard), opened_twice=sorted(k for k, n in stored.items() if n > 1),
        copies={k: n for k, n in copies.items() if n > 1}, unmarked=unmarked, broken_chains=broken, breaches=breaches,
    )  # fmt: skip
