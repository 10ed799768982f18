"""Tables of status pages, components and their spans, and their rows as values. What is said: ``said_store.py``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    select,
    text,
    update,
)

from firebell.domain.statuspage.model import (
    PAGES,
    Access,
    Component,
    ComponentStatus,
    Impact,
    PublicStatus,
    Span,
    StatusPage,
)
from firebell.kernel.clock import Instant
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.errors import Stale
from firebell.kernel.ids import ComponentId
from firebell.kernel.work import Read, Work

_alive: dict[str, Any] = {"sqlite_where": text("deleted_at IS NULL"), "postgresql_where": text("deleted_at IS NULL")}

pages = Table(
    "status_pages",
    metadata,
    Column("id", String, primary_key=True),
    Column("slug", String, nullable=False),
    Column("code", String(12), nullable=False),
    Column("name", String, nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("url", String, nullable=False, default=""),
    Column("time_zone", String, nullable=False, default="Etc/UTC"),
    Column("domain", String),
    Column("access", String, nullable=False, default="public"),
    Column("password_hash", String),
    Column("addresses", Doc, nullable=False),
    Column("auto_posts", Boolean, nullable=False, default=False),
    Column("ledger_public", Boolean, nullable=False, default=False),
    Column("weights", Doc, nullable=False),
    Column("team_id", String),
    Column("disabled", Boolean, nullable=False, default=False),
    Column("managed_by", String),
    Column("created_at", InstantType, nullable=False),
    Column("changed_at", InstantType, nullable=False),
    Column("deleted_at", InstantType),
    Column("version", Integer, nullable=False, default=1),
)
Index("uq_status_pages_slug", pages.c.slug, unique=True, **_alive)
Index("uq_status_pages_domain", pages.c.domain, unique=True, **_alive)

components = Table(
    "status_components",
    metadata,
    Column("id", String, primary_key=True),
    Column("code", String(12), nullable=False),
    Column("page_id", String, ForeignKey("status_pages.id"), nullable=False, index=True),
    Column("group_id", String),
    Column("is_group", Boolean, nullable=False, default=False),
    Column("name", String, nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("status", String, nullable=False, default="operational"),
    Column("note", Text, nullable=False, default=""),
    Column("status_since", InstantType, nullable=False),
    Column("position", Integer, nullable=False, default=0),
    Column("showcase", Boolean, nullable=False, default=True),
    Column("hidden", Boolean, nullable=False, default=False),
    Column("only_show_if_degraded", Boolean, nullable=False, default=False),
    Column("managed_by", String),
    Column("created_at", InstantType, nullable=False),
    Column("updated_at", InstantType, nullable=False),
    Column("deleted_at", InstantType),
    Column("version", Integer, nullable=False, default=1),
)

spans = Table(
    "status_spans",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("component_id", String, nullable=False),
    Column("status", String, nullable=False),
    Column("from_at", InstantType, nullable=False),
    Column("until_at", InstantType),
    Column("backfilled", Boolean, nullable=False, default=False),
)
Index("ix_status_spans_component_id", spans.c.component_id, spans.c.from_at)

# ------------------------------------------------------------------ rows as values


def page_row(row: Row[Any]) -> StatusPage:
    found = dict(row._mapping)
    return StatusPage(**found | {"access": Access(row.access), "addresses": tuple(row.addresses)})


def component_row(row: Row[Any]) -> Component:
    return Component(**dict(row._mapping) | {"status": ComponentStatus(row.status)})


# ------------------------------------------------------------------ pages


def page(read: Read, page_id: str, *, deleted: bool = False) -> StatusPage | None:
    query = select(pages).where(pages.c.id == page_id)
    row = read.one(query if deleted else query.where(pages.c.deleted_at.is_(None)))
    return page_row(row) if row else None


def take_page(work: Work, page_id: str) -> StatusPage | None:
    """One page, locked: whoever changes anything on it waits here."""
    row = work.take(select(pages).where(pages.c.id == page_id, pages.c.deleted_at.is_(None)))
    return page_row(row) if row else None


def page_by_slug(read: Read, slug: str) -> StatusPage | None:
    row = read.one(select(pages).where(pages.c.slug == slug, pages.c.deleted_at.is_(None)))
    return page_row(row) if row else None


def page_by_domain(read: Read, domain: str) -> StatusPage | None:
    row = read.one(select(pages).where(pages.c.domain == domain, pages.c.deleted_at.is_(None)))
    return page_row(row) if row else None


def all_pages(read: Read, *, deleted: bool = False) -> list[StatusPage]:
    """By name; ``deleted``: only the deleted ones."""
    gone = pages.c.deleted_at.is_not(None) if deleted else pages.c.deleted_at.is_(None)
    return [page_row(row) for row in read.all(select(pages).where(gone).order_by(pages.c.name, pages.c.id))]


def changes(read: Read) -> dict[str, Instant]:
    """When each living page last changed."""
    query = select(pages.c.id, pages.c.changed_at).where(pages.c.deleted_at.is_(None))
    return {row.id: row.changed_at for row in read.all(query)}


def add_page(work: Work, value: StatusPage) -> None:
    work.insert(pages, [plain(value)])


def touch(work: Work, page_id: str) -> None:
    """Something on the page has changed: readers of it are told with the commit."""
    work.write(update(pages).where(pages.c.id == page_id).values(changed_at=work.now))
    work.publish(f"status:{page_id}", page_id, PAGES)


def save(work: Work, table: Table, row_id: str, version: int, values: Mapping[str, Any]) -> None:
    """Write ``values`` and count the version up; a version that has moved meanwhile is a lost race."""
    change = update(table).where(table.c.id == row_id, table.c.version == version).values(**values, version=version + 1)
    if work.write(change) != 1:
        raise Stale("Somebody else changed this at the same moment.")


# ------------------------------------------------------------------ components and spans


def component(read: Read, component_id: str) -> Component | None:
    row = read.one(select(components).where(components.c.id == component_id, components.c.deleted_at.is_(None)))
    return component_row(row) if row else None


def components_of(read: Read, page_id: str) -> list[Component]:
    """In the order in which they are shown within their group."""
    query = select(components).where(components.c.page_id == page_id, components.c.deleted_at.is_(None))
    return [component_row(row) for row in read.all(query.order_by(components.c.position, components.c.id))]


def all_components(read: Read, component_ids: Collection[str]) -> list[Component]:
    query = select(components).where(components.c.id.in_(sorted(set(component_ids))), components.c.deleted_at.is_(None))
    return [component_row(row) for row in read.all(query)]


def add_component(work: Work, value: Component) -> None:
    work.insert(components, [plain(value)])


def add_spans(work: Work, found: Collection[Span]) -> None:
    work.insert(spans, [plain(one) for one in found])


def end_span(work: Work, component_id: str, at: Instant) -> None:
    """End the span the component is in."""
    still = (spans.c.component_id == component_id) & spans.c.until_at.is_(None) & spans.c.backfilled.is_(False)
    work.write(update(spans).where(still).values(until_at=at))


def spans_since(read: Read, component_ids: Collection[str], since: Instant) -> dict[str, tuple[Span, ...]]:
    """Spans that reach beyond ``since``, by component, oldest first."""
    query = (
        select(spans.c.component_id, spans.c.status, spans.c.from_at, spans.c.until_at, spans.c.backfilled)
        .where(spans.c.component_id.in_(sorted(component_ids)), spans.c.until_at.is_(None) | (spans.c.until_at > since))
        .order_by(spans.c.from_at, spans.c.seq)
    )
    found: dict[str, list[Span]] = {}
    for row in read.all(query):
        span = Span(
            ComponentId(row.component_id), ComponentStatus(row.status), row.from_at, row.until_at, row.backfilled
        )
        found.setdefault(row.component_id, []).append(span)
    return {component_id: tuple(theirs) for component_id, theirs in found.items()}


def plain(value: Any) -> dict[str, Any]:
    """A value as the row it is stored as."""
    row = {one.name: getattr(value, one.name) for one in fields(value)}
    return {name: str(found) if isinstance(found, _WORDS) else found for name, found in row.items()}


_WORDS = (Access, ComponentStatus, Impact, PublicStatus)
