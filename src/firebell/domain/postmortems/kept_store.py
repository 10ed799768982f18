"""What is kept beside a postmortem: its revisions, the map from people to roles, and who has read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Column, Index, Integer, String, Table, Text, case, func, select, update

from firebell.domain.postmortems import document
from firebell.domain.postmortems.model import Document, Revision, State
from firebell.kernel.db import InstantType, metadata
from firebell.kernel.work import Read, Work

revisions = Table(
    "postmortem_revisions",
    metadata,
    Column("postmortem_id", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("state", String, nullable=False),
    Column("by", String, nullable=False),
    Column("at", InstantType, nullable=False),
    Column("until_at", InstantType, nullable=False),
    Column("reason", Text, nullable=False),
    Column("doc", Text, nullable=False),
)

role_map = Table(
    "postmortem_roles",
    metadata,
    Column("postmortem_id", String, primary_key=True),
    Column("user_id", String, primary_key=True),
    Column("role", String, nullable=False),
    Column("position", Integer, nullable=False),
)

readers = Table(
    "postmortem_readers",
    metadata,
    Column("postmortem_id", String, primary_key=True),
    Column("user_id", String, primary_key=True),
    Column("first_at", InstantType, nullable=False),
    Column("last_at", InstantType, nullable=False),
    Column("useful", Integer),
)
Index("ix_postmortem_readers_last", readers.c.last_at)


def _revision(row: Any) -> Revision:
    return Revision(
        number=row.number, document=document.converted(document.read(row.doc), Document), state=State(row.state),
        by=row.by, at=row.at, until_at=row.until_at, reason=row.reason,
    )  # fmt: skip


def put_revision(work: Work, postmortem_id: str, one: Revision) -> None:
    """Write it; one of that number that is there already is gone on with."""
    where = (revisions.c.postmortem_id == postmortem_id) & (revisions.c.number == one.number)
    values = {
        "state": one.state, "by": one.by, "at": one.at, "until_at": one.until_at, "reason": one.reason,
        "doc": document.encode(one.document),
    }  # fmt: skip
    if not work.write(update(revisions).where(where).values(values)):
        work.insert(revisions, [{"postmortem_id": postmortem_id, "number": one.number, **values}])


def revision(read: Read, postmortem_id: str, number: int) -> Revision | None:
    where = (revisions.c.postmortem_id == postmortem_id) & (revisions.c.number == number)
    row = read.one(select(revisions).where(where))
    return _revision(row) if row else None


def revision_lines(read: Read, postmortem_id: str) -> list[Any]:
    """Rows without their documents, newest first."""
    columns = [one for one in revisions.columns if one.name != "doc"]
    query = select(*columns).where(revisions.c.postmortem_id == postmortem_id)
    return list(read.all(query.order_by(revisions.c.number.desc())))


def set_roles(work: Work, postmortem_id: str, roles: Mapping[str, str]) -> None:
    """Add to the map; whoever stands in it keeps the role they have, so that a document's words stay true."""
    known = roles_of(work, postmortem_id)
    rows = [
        {"postmortem_id": postmortem_id, "user_id": user_id, "role": role, "position": len(known) + n}
        for n, (user_id, role) in enumerate((u, r) for u, r in roles.items() if u not in known)
    ]
    work.insert(role_map, rows, skip_existing=True)


def roles_of(read: Read, postmortem_id: str) -> dict[str, str]:
    """User id → role held then, in the order in which they were added."""
    query = select(role_map).where(role_map.c.postmortem_id == postmortem_id).order_by(role_map.c.position)
    return {row.user_id: row.role for row in read.all(query)}


def note_read(work: Work, postmortem_id: str, user_id: str) -> None:
    where = (readers.c.postmortem_id == postmortem_id) & (readers.c.user_id == user_id)
    if not work.write(update(readers).where(where).values(last_at=work.now)):
        row = {"postmortem_id": postmortem_id, "user_id": user_id, "first_at": work.now, "last_at": work.now}
        work.insert(readers, [{**row, "useful": None}], skip_existing=True)


def say_useful(work: Work, postmortem_id: str, user_id: str, useful: bool) -> None:
    note_read(work, postmortem_id, user_id)
    where = (readers.c.postmortem_id == postmortem_id) & (readers.c.user_id == user_id)
    work.write(update(readers).where(where).values(useful=int(useful)))


def reach(read: Read, postmortem_ids: Iterable[str]) -> dict[str, tuple[int, int, int]]:
    """(read by, found useful, found not useful) by postmortem; those nobody has read are not in it."""
    query = (
        select(
            readers.c.postmortem_id,
            func.count().label("n"),
            func.sum(case((readers.c.useful == 1, 1), else_=0)).label("yes"),
            func.sum(case((readers.c.useful == 0, 1), else_=0)).label("no"),
        )
        .where(readers.c.postmortem_id.in_(sorted(set(postmortem_ids))))
        .group_by(readers.c.postmortem_id)
    )
    return {row.postmortem_id: (int(row.n), int(row.yes), int(row.no)) for row in read.all(query)}


def useful_to(read: Read, postmortem_id: str, user_id: str) -> bool | None:
    where = (readers.c.postmortem_id == postmortem_id) & (readers.c.user_id == user_id)
    value = read.scalar(select(readers.c.useful).where(where))
    return None if value is None else bool(value)
