"""When the shares of an objective were last reckoned, of which incidents, and what nobody claimed of it then."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import Column, Integer, String, Table, Text, select

from firebell.domain.slo.attribution import Attribution
from firebell.domain.slo.exact import surely
from firebell.domain.slo.store import slos
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant, micros
from firebell.kernel.db import Doc, InstantType, doc, metadata
from firebell.kernel.work import Read, Work

reckonings = Table(
    "slo_reckonings",
    metadata,
    Column("slo_id", String, primary_key=True),
    Column("objective", Integer, primary_key=True, autoincrement=False),
    Column("at", InstantType, nullable=False, index=True),
    Column("consumed", Text, nullable=False),
    Column("unattributed", Text, nullable=False),
    Column("incidents", Doc, nullable=False),
)
_UPSERT = (
    "INSERT INTO slo_reckonings (slo_id,objective,at,consumed,unattributed,incidents) VALUES (?,?,?,?,?,?) "
    "ON CONFLICT (slo_id,objective) DO UPDATE SET at=excluded.at,consumed=excluded.consumed,"
    "unattributed=excluded.unattributed,incidents=excluded.incidents"
)


@dataclass(frozen=True, slots=True)
class Reckoned:
    """``incidents``: those that had a share of the window ``consumed`` is of. All are shares of the budget."""

    slo_id: str
    objective: int
    at: Instant
    consumed: Fraction
    unattributed: Fraction
    incidents: tuple[str, ...]

    @property
    def attributed(self) -> Fraction:
        return self.consumed - self.unattributed


def note(work: Work, slo_id: str, objective: int, found: Attribution) -> None:
    """It was reckoned now."""
    work.needs(Permission.SLOS_EDIT)
    ids = [one.incident_id for one in found.shares]
    row = (slo_id, objective, micros(work.now), str(found.consumed), str(found.unattributed), doc(ids))
    work.execute_many(_UPSERT, [row])


def of(read: Read, slo_ids: Iterable[str]) -> dict[tuple[str, int], Reckoned]:
    """By SLO and objective. Incidents are raw ids: leave out those the reader may not see."""
    wanted = sorted(set(slo_ids))
    if not wanted:
        return {}
    rows = read.all(select(reckonings).where(reckonings.c.slo_id.in_(wanted)))
    return {(row.slo_id, row.objective): _reckoned(row) for row in rows}


def newest(read: Read, limit: int) -> Sequence[Reckoned]:
    """The last ones, of whichever objectives there are."""
    query = select(reckonings).join(slos, slos.c.id == reckonings.c.slo_id).where(slos.c.deleted_at.is_(None))
    rows = read.all(query.order_by(reckonings.c.at.desc()).limit(limit))
    return [_reckoned(row) for row in rows]


def _reckoned(row: object) -> Reckoned:
    values = dict(row._mapping)  # type: ignore[attr-defined]
    return Reckoned(
        values["slo_id"], values["objective"], values["at"], surely(values["consumed"]),
        surely(values["unattributed"]), tuple(values["incidents"]),
    )  # fmt: skip
