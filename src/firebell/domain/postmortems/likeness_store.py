"""Tables of what incidents have in common: signatures, verdicts, and incidents that repeat earlier ones.

Every resolved incident of normal kind has a signature, computed again when its postmortem changes. ``mark`` is new at
each write, so that what was read once can be kept in memory and brought up to date by the rows that have changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text, delete, func, select, text, update

from firebell.domain.postmortems import document
from firebell.domain.postmortems.similar import Signature
from firebell.domain.postmortems.verdict import Finding, Repeat, Verdict
from firebell.kernel import ids
from firebell.kernel.clock import Instant
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.work import Read, Work

signatures = Table(
    "postmortem_signatures",
    metadata,
    Column("incident_id", String, primary_key=True),
    Column("mark", String, nullable=False),
    Column("at", InstantType, nullable=False),
    Column("title", Text, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("service_ids", Doc, nullable=False),
    Column("factors", Doc, nullable=False),
    Column("mechanisms", Doc, nullable=False),
    Column("trigger", String, nullable=False),
    Column("words", Text, nullable=False),
)

marks = Table(
    "postmortem_marks",
    metadata,
    Column("name", String, primary_key=True),
    Column("mark", String, nullable=False),
)
_ALL = "signatures"

verdicts = Table(
    "postmortem_verdicts",
    metadata,
    Column("incident_id", String, primary_key=True),
    Column("computed", String, nullable=False),
    Column("findings", Doc, nullable=False),
    Column("computed_at", InstantType, nullable=False),
    Column("next_at", InstantType),
    Column("provisional_until", InstantType, nullable=False),
    Column("override", String),
    Column("override_reason", Text, nullable=False),
    Column("override_by", String),
    Column("override_at", InstantType),
    Column("confirmed", Doc, nullable=False),
)
_NEXT = text("next_at IS NOT NULL")
Index("ix_postmortem_verdicts_next", verdicts.c.next_at, sqlite_where=_NEXT, postgresql_where=_NEXT)

repeats = Table(
    "postmortem_repeats",
    metadata,
    Column("incident_id", String, primary_key=True),
    Column("earlier_id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("score_permille", Integer, nullable=False),
    Column("action_ids", Doc, nullable=False),
    Column("at", InstantType, nullable=False),
)
Index("ix_postmortem_repeats_earlier", repeats.c.earlier_id)


looks = Table(
    "postmortem_looks",
    metadata,
    Column("incident_id", String, primary_key=True),
    Column("asked_at", InstantType, nullable=False),
)


class VerdictRow(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules say of an incident, and what a person says instead. ``confirmed``: open actions of earlier
    postmortems that would have applied, with who says so. ``next_at`` ``None``: computed no more by itself."""

    incident_id: str
    computed: Verdict
    findings: tuple[Finding, ...] = ()
    computed_at: Instant
    next_at: Instant | None = None
    provisional_until: Instant
    override: Verdict | None = None
    override_reason: str = ""
    override_by: str | None = None
    override_at: Instant | None = None
    confirmed: dict[str, str] = {}

    @property
    def stands(self) -> Verdict:
        """What counts: a person's word before the computed one."""
        return self.override or self.computed


class RepeatRow(msgspec.Struct, frozen=True, kw_only=True):
    """``incident_id`` is like ``earlier_id``. ``action_ids``: promises of the earlier one that were open then."""

    incident_id: str
    earlier_id: str
    kind: Repeat
    score_permille: int
    action_ids: tuple[str, ...] = ()
    at: Instant


# ---------------------------------------------------------------- signatures


def put_signature(work: Work, one: Signature) -> None:
    """Write it over the one that is there."""
    mark = ids.new("sgm", work.now)
    values = {
        "mark": mark, "at": one.at, "title": one.title, "private": one.private,
        "service_ids": sorted(one.service_ids), "factors": sorted(one.factors), "mechanisms": sorted(one.mechanisms),
        "trigger": one.trigger, "words": " ".join(one.words),
    }  # fmt: skip
    if not work.write(update(signatures).where(signatures.c.incident_id == one.id).values(values)):
        work.insert(signatures, [{"incident_id": one.id, **values}])
    _stamp(work, mark)


def _stamp(work: Work, mark: str) -> None:
    if not work.write(update(marks).where(marks.c.name == _ALL).values(mark=mark)):
        work.insert(marks, [{"name": _ALL, "mark": mark}])


def signature(row: Any) -> Signature:
    return Signature(
        id=row.incident_id, title=row.title, at=row.at, service_ids=frozenset(row.service_ids),
        factors=frozenset(row.factors), mechanisms=frozenset(row.mechanisms), trigger=row.trigger,
        words=tuple(row.words.split()), private=row.private,
    )  # fmt: skip


def signature_of(read: Read, incident_id: str) -> Signature | None:
    row = read.one(select(signatures).where(signatures.c.incident_id == incident_id))
    return signature(row) if row else None


def newest(read: Read) -> str:
    """The mark of the last change to any signature: what was read under the same one is true still. Never used twice,
    not even by a change that was taken back."""
    return str(read.scalar(select(marks.c.mark).where(marks.c.name == _ALL)) or "")


def marks_of_all(read: Read) -> dict[str, str]:
    return {row.incident_id: row.mark for row in read.all(select(signatures.c.incident_id, signatures.c.mark))}


def fetched(read: Read, incident_ids: Iterable[str] | None = None) -> Sequence[Any]:
    """Whole rows: of these incidents, or of all."""
    query = select(signatures).order_by(signatures.c.incident_id)
    if incident_ids is not None:
        query = query.where(signatures.c.incident_id.in_(sorted(set(incident_ids))))
    return read.all(query)


# ---------------------------------------------------------------- verdicts


def verdict(read: Read, incident_id: str) -> VerdictRow | None:
    row = read.one(select(verdicts).where(verdicts.c.incident_id == incident_id))
    return _verdict(row) if row else None


def take_verdict(work: Work, incident_id: str) -> VerdictRow | None:
    row = work.take(select(verdicts).where(verdicts.c.incident_id == incident_id))
    return _verdict(row) if row else None


def verdicts_of(read: Read, incident_ids: Iterable[str]) -> dict[str, VerdictRow]:
    rows = read.all(select(verdicts).where(verdicts.c.incident_id.in_(sorted(set(incident_ids)))))
    return {row.incident_id: _verdict(row) for row in rows}


def _verdict(row: Any) -> VerdictRow:
    found: VerdictRow = document.converted(
        {
            **{str(name): value for name, value in row._mapping.items() if not isinstance(value, Instant)},
            **{str(name): value.format_iso() for name, value in row._mapping.items() if isinstance(value, Instant)},
        },
        VerdictRow,
    )
    return found


def put_verdict(work: Work, one: VerdictRow) -> None:
    values = {name: getattr(one, name) for name in one.__struct_fields__ if name != "incident_id"}
    values["findings"] = [msgspec.to_builtins(finding) for finding in one.findings]
    if not work.write(update(verdicts).where(verdicts.c.incident_id == one.incident_id).values(values)):
        work.insert(verdicts, [{"incident_id": one.incident_id, **values}])


def verdicts_due(read: Read, now: Instant, limit: int) -> list[str]:
    query = select(verdicts.c.incident_id).where(verdicts.c.next_at <= now)
    return [row.incident_id for row in read.all(query.order_by(verdicts.c.next_at).limit(limit))]


def next_verdict(read: Read) -> Instant | None:
    found: Instant | None = read.scalar(select(func.min(verdicts.c.next_at)).where(_NEXT))
    return found


# ---------------------------------------------------------------- repeats


def ask_look(work: Work, incident_id: str) -> None:
    """Have it looked up, soon and elsewhere, what an incident repeats: no page waits for that."""
    work.insert(looks, [{"incident_id": incident_id, "asked_at": work.now}], skip_existing=True)
    work.wake()


def looks_due(read: Read, limit: int) -> list[str]:
    """Incidents that are to be looked at, in the order in which that was asked."""
    query = select(looks.c.incident_id).order_by(looks.c.asked_at, looks.c.incident_id)
    return [row.incident_id for row in read.all(query.limit(limit))]


def next_look(read: Read) -> Instant | None:
    found: Instant | None = read.scalar(select(func.min(looks.c.asked_at)))
    return found


def looked(work: Work, incident_id: str) -> None:
    work.write(delete(looks).where(looks.c.incident_id == incident_id))


def set_repeats(work: Work, incident_id: str, rows: Sequence[RepeatRow]) -> None:
    """What an incident repeats, in place of what stood there."""
    work.write(delete(repeats).where(repeats.c.incident_id == incident_id))
    work.insert(
        repeats,
        [{name: getattr(one, name) for name in one.__struct_fields__} for one in rows],
    )


def repeats_of(read: Read, incident_id: str) -> list[RepeatRow]:
    query = select(repeats).where(repeats.c.incident_id == incident_id)
    return [_repeat(row) for row in read.all(query.order_by(repeats.c.score_permille.desc(), repeats.c.earlier_id))]


def repeated_by(read: Read, earlier_id: str) -> list[RepeatRow]:
    """Incidents that were found to be like this one, the first to be found first."""
    query = select(repeats).where(repeats.c.earlier_id == earlier_id).order_by(repeats.c.at, repeats.c.incident_id)
    return [_repeat(row) for row in read.all(query)]


def all_repeats(read: Read, since: Instant) -> list[RepeatRow]:
    """Of incidents found to repeat another since then."""
    return [_repeat(row) for row in read.all(select(repeats).where(repeats.c.at >= since).order_by(repeats.c.at))]


def _repeat(row: Any) -> RepeatRow:
    return RepeatRow(
        incident_id=row.incident_id, earlier_id=row.earlier_id, kind=Repeat(row.kind),
        score_permille=row.score_permille, action_ids=tuple(row.action_ids), at=row.at,
    )  # fmt: skip


def ask_verdict(work: Work, incident_id: str) -> None:
    """Have the verdict of an incident computed again as soon as possible: one like it has opened."""
    work.write(update(verdicts).where(verdicts.c.incident_id == incident_id).values(next_at=work.now))
    work.wake()
