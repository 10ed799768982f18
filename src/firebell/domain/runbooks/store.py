"""Tables of runbooks, their versions and their runs; rows to values and back."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Column, Index, Integer, Row, String, Table, Text, UniqueConstraint, select, text, update

from firebell.domain.runbooks.model import Helped, Matcher, Run, Runbook, Step, StepRun
from firebell.kernel.clock import Instant
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.errors import Stale
from firebell.kernel.work import Read, Work

runbooks = Table(
    "runbooks",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("title", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("team_id", String),
    Column("owner_id", String),
    Column("service_ids", Doc, nullable=False),
    Column("severities", Doc, nullable=False),
    Column("matchers", Doc, nullable=False),
    Column("title_pattern", String, nullable=False),
    Column("managed_by", String),
    Column("created_at", InstantType, nullable=False),
    Column("edited_at", InstantType, nullable=False),
    Column("edited_by", String, nullable=False),
    Column("last_run_at", InstantType),
    Column("last_success_at", InstantType),
    Column("runs", Integer, nullable=False),
    Column("failures_in_a_row", Integer, nullable=False),
    Column("deleted_at", InstantType),
    Column("version", Integer, nullable=False),
)
_ALIVE: dict[str, Any] = {"sqlite_where": text("deleted_at IS NULL"), "postgresql_where": text("deleted_at IS NULL")}
Index("uq_runbooks_name", runbooks.c.name, unique=True, **_ALIVE)

versions = Table(
    "runbook_versions",
    metadata,
    Column("runbook_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("title", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("edited_at", InstantType, nullable=False),
    Column("edited_by", String, nullable=False),
)

runs = Table(
    "runbook_runs",
    metadata,
    Column("id", String, primary_key=True),
    Column("runbook_id", String, nullable=False),
    Column("runbook_version", Integer, nullable=False),
    Column("title", String, nullable=False),
    Column("intro", Text, nullable=False),
    Column("steps", Doc, nullable=False),
    Column("progress", Doc, nullable=False),
    Column("variables", Doc, nullable=False),
    Column("incident_id", String, index=True),
    Column("alert_id", String, index=True),
    Column("started_at", InstantType, nullable=False),
    Column("started_by", String, nullable=False),
    Column("ended_at", InstantType),
    Column("helped", String),
    Column("helped_note", Text, nullable=False),
    Column("version", Integer, nullable=False),
)
Index("ix_runbook_runs_runbook", runs.c.runbook_id, runs.c.id)

misses = Table(
    "runbook_misses",
    metadata,
    Column("subject", String, nullable=False),
    Column("what", String, nullable=False),
    Column("words", Text, nullable=False),
    Column("at", InstantType, nullable=False),
    Column("by", String, nullable=False),
    UniqueConstraint("subject", "what"),
)


def _dec_hook(kind: type, value: Any) -> Any:
    if kind is Instant:
        return Instant.parse_iso(value)
    raise NotImplementedError(kind)


def runbook(row: Row[Any]) -> Runbook:
    fields = dict(row._mapping)
    return Runbook(
        **fields
        | {
            "service_ids": tuple(row.service_ids), "severities": tuple(row.severities),
            "matchers": msgspec.convert(row.matchers, tuple[Matcher, ...]),
        }
    )  # fmt: skip


def run(row: Row[Any]) -> Run:
    fields = dict(row._mapping)
    return Run(
        **fields
        | {
            "steps": msgspec.convert(row.steps, tuple[Step, ...]),
            "progress": msgspec.convert(row.progress, tuple[StepRun, ...], dec_hook=_dec_hook),
            "helped": Helped(row.helped) if row.helped else None,
        }
    )  # fmt: skip


def get(read: Read, key: str) -> Runbook | None:
    """By id or by name, the deleted ones by id only."""
    where = (
        runbooks.c.id == key if key.startswith("rbk_") else (runbooks.c.name == key) & runbooks.c.deleted_at.is_(None)
    )
    row = read.one(select(runbooks).where(where))
    return runbook(row) if row else None


def all_of(read: Read) -> list[Runbook]:
    query = select(runbooks).where(runbooks.c.deleted_at.is_(None)).order_by(runbooks.c.name)
    return [runbook(row) for row in read.all(query)]


def add(work: Work, new: Runbook) -> None:
    work.insert_structs(runbooks, [new])


def save(work: Work, changed: Runbook, before: int) -> None:
    """Write it back. Raises Stale when another unit was faster."""
    fields = {name: getattr(changed, name) for name in changed.__struct_fields__ if name != "id"}
    where = (runbooks.c.id == changed.id) & (runbooks.c.version == before)
    if work.write(update(runbooks).where(where).values(**fields)) != 1:
        raise Stale("The runbook was changed at the same time.")


def count_run(work: Work, changed: Runbook) -> None:
    """Write back what a run changes: nothing people edit, so the version stays."""
    work.write(
        update(runbooks)
        .where(runbooks.c.id == changed.id)
        .values(
            last_run_at=changed.last_run_at, last_success_at=changed.last_success_at, runs=changed.runs,
            failures_in_a_row=changed.failures_in_a_row,
        )
    )  # fmt: skip


def add_version(work: Work, one: Runbook) -> None:
    work.insert(
        versions,
        [
            {"runbook_id": one.id, "version": one.version, "title": one.title, "body": one.body,
             "edited_at": one.edited_at, "edited_by": one.edited_by}
        ],
    )  # fmt: skip


def history(read: Read, runbook_id: str) -> list[Row[Any]]:
    """Every version, newest first: version, title, body, edited_at, edited_by."""
    query = select(versions).where(versions.c.runbook_id == runbook_id).order_by(versions.c.version.desc())
    return list(read.all(query))


def get_run(read: Read, run_id: str) -> Run | None:
    row = read.one(select(runs).where(runs.c.id == run_id))
    return run(row) if row else None


def take_run(work: Work, run_id: str) -> Run | None:
    row = work.take(select(runs).where(runs.c.id == run_id))
    return run(row) if row else None


def add_run(work: Work, new: Run) -> None:
    work.insert_structs(runs, [new])


def save_run(work: Work, changed: Run) -> None:
    fields = {name: getattr(changed, name) for name in ("progress", "ended_at", "helped", "helped_note")}
    work.write(update(runs).where(runs.c.id == changed.id).values(**fields, version=runs.c.version + 1))


def runs_of(
    read: Read, *, incident_id: str | None = None, alert_id: str | None = None, runbook_id: str | None = None,
    limit: int = 50,
) -> list[Run]:  # fmt: skip
    """The newest first, of whichever of the three is given."""
    query = select(runs).order_by(runs.c.id.desc()).limit(limit)
    for column, value in (
        (runs.c.incident_id, incident_id),
        (runs.c.alert_id, alert_id),
        (runs.c.runbook_id, runbook_id),
    ):
        if value is not None:
            query = query.where(column == value)
    return [run(row) for row in read.all(query)]


def note_miss(work: Work, subject: str, what: str, words: str, by: str) -> bool:
    """Count once per subject and what. False when it was known."""
    row = {"subject": subject, "what": what, "words": words, "at": work.now, "by": by}
    return work.insert(misses, [row], skip_existing=True) == 1


def miss_counts(read: Read) -> dict[str, int]:
    """How often a runbook was ``missing`` or ``wrong``."""
    found: dict[str, int] = {}
    for row in read.all(select(misses.c.what)):
        found[row.what] = found.get(row.what, 0) + 1
    return found


def misses_between(read: Read, since: Instant, until: Instant) -> list[Row[Any]]:
    """(subject, what, words, at) of what was noted then, oldest first."""
    query = select(misses.c.subject, misses.c.what, misses.c.words, misses.c.at).where(
        misses.c.at >= since, misses.c.at < until
    )
    return list(read.all(query.order_by(misses.c.at, misses.c.subject)))
