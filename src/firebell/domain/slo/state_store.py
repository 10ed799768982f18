"""The table of how each objective stood after its last evaluation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, Column, Integer, Row, String, Table, Text, select

from firebell.domain.slo.budget import Knowing
from firebell.domain.slo.burn import Judged, Standing, StreamState, Verdict
from firebell.domain.slo.exact import from_kept, kept, surely
from firebell.domain.slo.model import BudgetState, BurnRow, Span, Stream
from firebell.domain.slo.records import ObjectiveState
from firebell.kernel.clock import Instant, micros
from firebell.kernel.db import Doc, InstantType, doc, metadata
from firebell.kernel.work import Read, Work

states = Table(
    "slo_states",
    metadata,
    Column("slo_id", String, primary_key=True),
    Column("objective", Integer, primary_key=True, autoincrement=False),
    Column("state", String, nullable=False, index=True),
    Column("state_since", InstantType),
    Column("streams", Doc, nullable=False),
    Column("at", InstantType),
    Column("since", InstantType),
    Column("until", InstantType),
    Column("period_s", Integer, nullable=False),
    Column("elapsed_s", Integer, nullable=False),
    Column("knowing", String, nullable=False),
    Column("coverage", Text, nullable=False),
    Column("error", Text),
    Column("measured", Text),
    Column("charged", Text),
    Column("unattributed", Text),
    Column("missed", Doc, nullable=False),
    Column("rows", Doc, nullable=False),
    Column("rates", Doc, nullable=False),
    Column("stale", Boolean, nullable=False),
)

_NAMES = tuple(column.name for column in states.columns)
_KEYS = ("slo_id", "objective")
_UPSERT = (
    f"INSERT INTO slo_states ({','.join(_NAMES)}) VALUES ({','.join('?' * len(_NAMES))}) "  # noqa: S608 - ours
    "ON CONFLICT (slo_id,objective) DO UPDATE SET "
    + ",".join(f"{name}=excluded.{name}" for name in _NAMES if name not in _KEYS)
)


def _state(row: Row[Any]) -> ObjectiveState:
    return ObjectiveState(
        slo_id=row.slo_id, objective=row.objective, state=BudgetState(row.state), state_since=row.state_since,
        streams={
            Stream(name): StreamState(Standing(standing), frozen) for name, (standing, frozen) in row.streams.items()
        },
        at=row.at, window=None if row.since is None else Span(row.since, row.until), period_s=row.period_s,
        elapsed_s=row.elapsed_s, knowing=Knowing(row.knowing), coverage=surely(row.coverage),
        error=from_kept(row.error), measured=from_kept(row.measured), charged=from_kept(row.charged),
        unattributed=from_kept(row.unattributed), missed=tuple((a, b) for a, b in row.missed),
        rows=tuple(_judged(one) for one in row.rows),
        rates={int(window): surely(rate) for window, rate in row.rates.items()}, stale=row.stale,
    )  # fmt: skip


def _judged(one: Mapping[str, Any]) -> Judged:
    row = one["row"]
    return Judged(
        BurnRow(Stream(row["stream"]), surely(row["share"]), row["long_s"], row["short_s"]), Verdict(one["verdict"]),
        surely(one["factor"]), surely(one["least"]), from_kept(one["long"]), from_kept(one["short"]),
    )  # fmt: skip


def _row_doc(one: Judged) -> dict[str, Any]:
    row = one.row
    return {
        "row": {"stream": str(row.stream), "share": kept(row.share), "long_s": row.long_s, "short_s": row.short_s},
        "verdict": str(one.verdict), "factor": kept(one.factor), "least": kept(one.least), "long": kept(one.long),
        "short": kept(one.short),
    }  # fmt: skip


def states_of(read: Read, slo_ids: Iterable[str]) -> dict[tuple[str, int], ObjectiveState]:
    """Those that were ever evaluated, by SLO and objective."""
    wanted = sorted(set(slo_ids))
    if not wanted:
        return {}
    query = select(states).where(states.c.slo_id.in_(wanted)).order_by(states.c.slo_id, states.c.objective)
    return {(row.slo_id, row.objective): _state(row) for row in read.all(query)}


def put(work: Work, found: Sequence[ObjectiveState]) -> None:
    """Write them whole, whether or not they are there."""
    work.execute_many(_UPSERT, [_values(one) for one in found])


def drop_beyond(work: Work, slo_id: str, objectives: int) -> None:
    """Forget objectives that the document has no more."""
    work.write(states.delete().where(states.c.slo_id == slo_id, states.c.objective >= objectives))


def _values(one: ObjectiveState) -> tuple[Any, ...]:
    span = one.window
    return (
        one.slo_id, one.objective, str(one.state), _us(one.state_since),
        doc({str(name): [str(is_.standing), is_.frozen] for name, is_ in one.streams.items()}),
        _us(one.at), None if span is None else _us(span.start), None if span is None else _us(span.end),
        one.period_s, one.elapsed_s, str(one.knowing), kept(one.coverage), kept(one.error), kept(one.measured),
        kept(one.charged), kept(one.unattributed), doc([list(pair) for pair in one.missed]),
        doc([_row_doc(row) for row in one.rows]), doc({str(w): kept(rate) for w, rate in one.rates.items()}), one.stale,
    )  # fmt: skip


def _us(at: Instant | None) -> int | None:
    return None if at is None else micros(at)
