"""Tables of incidents' shares of budgets, every version of them, and of what people said about those shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, Column, Index, Integer, Row, String, Table, Text, select, text, update

from firebell.domain.slo.attribution import Baseline, Basis, Share
from firebell.domain.slo.exact import kept, surely
from firebell.domain.slo.model import Span
from firebell.domain.slo.policy import Exemption
from firebell.domain.slo.records import AttributionRecord, ClaimWord
from firebell.kernel.db import InstantType, metadata
from firebell.kernel.work import Read, Work

attributions = Table(
    "slo_attributions",
    metadata,
    Column("slo_id", String, primary_key=True),
    Column("objective", Integer, primary_key=True, autoincrement=False),
    Column("incident_id", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("newest", Boolean, nullable=False),
    Column("since", InstantType),
    Column("until", InstantType),
    Column("basis", String, nullable=False),
    Column("errors", Text, nullable=False),
    Column("net", Text, nullable=False),
    Column("gross", Text, nullable=False),
    Column("declared", Text, nullable=False),
    Column("charged", Text, nullable=False),
    Column("usual", Text, nullable=False),
    Column("baseline", String, nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("weight", Text, nullable=False),
    Column("exempt", Text, nullable=False),
    Column("class", Text, nullable=False),
    Column("at", InstantType, nullable=False),
    Column("final_at", InstantType),
    Index(
        "ix_slo_attributions_newest", "slo_id", "objective",
        sqlite_where=text("newest"), postgresql_where=text("newest"),
    ),
    Index("ix_slo_attributions_incident", "incident_id"),
)  # fmt: skip

claims = Table(
    "slo_claims",
    metadata,
    Column("slo_id", String, primary_key=True),
    Column("incident_id", String, primary_key=True),
    Column("weight", Text, nullable=False),
    Column("exempt", String),
    Column("reason", Text, nullable=False),
    Column("by", String, nullable=False),
    Column("at", InstantType, nullable=False),
    Column("version", Integer, nullable=False),
)

_FRACTIONS = ("errors", "net", "gross", "declared", "charged", "usual")


def _record(row: Row[Any]) -> AttributionRecord:
    values = row._mapping
    share = Share(
        incident_id=row.incident_id, basis=Basis(row.basis), baseline=Baseline(row.baseline),
        provisional=row.provisional, **{name: surely(values[name]) for name in _FRACTIONS},
    )  # fmt: skip
    return AttributionRecord(
        slo_id=row.slo_id, objective=row.objective, incident_id=row.incident_id, version=row.version,
        window=None if row.since is None else Span(row.since, row.until), share=share, weight=surely(row.weight),
        exempt=row.exempt, class_=values["class"], at=row.at, final_at=row.final_at,
    )  # fmt: skip


def newest(read: Read, slo_id: str, objective: int) -> list[AttributionRecord]:
    """The standing share of every incident, in order of their ids."""
    query = select(attributions).where(
        attributions.c.slo_id == slo_id, attributions.c.objective == objective, attributions.c.newest
    )
    return [_record(row) for row in read.all(query.order_by(attributions.c.incident_id))]


def of_incidents(read: Read, incident_ids: Iterable[str]) -> list[AttributionRecord]:
    """The standing shares of these incidents, by SLO and objective."""
    wanted = sorted(set(incident_ids))
    if not wanted:
        return []
    query = select(attributions).where(attributions.c.incident_id.in_(wanted), attributions.c.newest)
    order = (attributions.c.slo_id, attributions.c.objective, attributions.c.incident_id)
    return [_record(row) for row in read.all(query.order_by(*order))]


def versions(read: Read, slo_id: str, objective: int, incident_id: str) -> list[AttributionRecord]:
    """Every version, the newest first."""
    query = select(attributions).where(
        attributions.c.slo_id == slo_id, attributions.c.objective == objective,
        attributions.c.incident_id == incident_id,
    )  # fmt: skip
    return [_record(row) for row in read.all(query.order_by(attributions.c.version.desc()))]


def add(work: Work, found: Sequence[AttributionRecord]) -> None:
    work.insert(attributions, [_values(one) for one in found])


def replace(work: Work, one: AttributionRecord) -> None:
    """Overwrite this very version: a provisional one that is counted again."""
    work.write(update(attributions).where(*_key(one)).values(**_values(one)))


def supersede(work: Work, one: AttributionRecord) -> None:
    """It is no longer the newest."""
    work.write(update(attributions).where(*_key(one)).values(newest=False))


def _key(one: AttributionRecord) -> tuple[Any, ...]:
    c = attributions.c
    return (
        c.slo_id == one.slo_id, c.objective == one.objective, c.incident_id == one.incident_id,
        c.version == one.version,
    )  # fmt: skip


def _values(one: AttributionRecord) -> dict[str, Any]:
    share = one.share
    return {
        "slo_id": one.slo_id, "objective": one.objective, "incident_id": one.incident_id, "version": one.version,
        "newest": True, "since": one.window.start if one.window else None,
        "until": one.window.end if one.window else None, "basis": str(share.basis),
        **{name: kept(getattr(share, name)) for name in _FRACTIONS}, "baseline": str(share.baseline),
        "provisional": share.provisional, "weight": kept(one.weight), "exempt": one.exempt, "class": one.class_,
        "at": one.at, "final_at": one.final_at,
    }  # fmt: skip


# ------------------------------------------------------------------ what people said


def words_of(read: Read, slo_ids: Iterable[str]) -> list[ClaimWord]:
    wanted = sorted(set(slo_ids))
    query = select(claims).where(claims.c.slo_id.in_(wanted)).order_by(claims.c.slo_id, claims.c.incident_id)
    return [_word(row) for row in read.all(query)] if wanted else []


def word(read: Read, slo_id: str, incident_id: str) -> ClaimWord | None:
    row = read.one(select(claims).where(claims.c.slo_id == slo_id, claims.c.incident_id == incident_id))
    return _word(row) if row else None


def put_word(work: Work, one: ClaimWord) -> None:
    values: Mapping[str, Any] = {
        "slo_id": one.slo_id, "incident_id": one.incident_id, "weight": kept(one.weight),
        "exempt": None if one.exempt is None else str(one.exempt), "reason": one.reason, "by": one.by, "at": one.at,
    }  # fmt: skip
    changed = work.write(
        update(claims)
        .where(claims.c.slo_id == one.slo_id, claims.c.incident_id == one.incident_id)
        .values(**values, version=claims.c.version + 1)
    )
    if not changed:
        work.insert(claims, [{**values, "version": 1}])


def _word(row: Row[Any]) -> ClaimWord:
    return ClaimWord(
        slo_id=row.slo_id, incident_id=row.incident_id, weight=surely(row.weight),
        exempt=None if row.exempt is None else Exemption(row.exempt), reason=row.reason, by=row.by, at=row.at,
    )  # fmt: skip
