"""Tables of how this installation writes postmortems: its settings and its templates."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Column, Integer, String, Table, delete, insert, select, update

from firebell.domain.postmortems import document
from firebell.domain.postmortems.settings import Settings, Template
from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.errors import Stale
from firebell.kernel.work import Read, Work

postmortem_settings = Table(
    "postmortem_settings",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Doc, nullable=False),
    Column("version", Integer, nullable=False),
)

templates = Table(
    "postmortem_templates",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("value", Doc, nullable=False),
    Column("updated_at", InstantType, nullable=False),
    Column("version", Integer, nullable=False),
)
_NAME = "postmortems"


def settings(read: Read) -> Settings | None:
    value = read.scalar(select(postmortem_settings.c.value).where(postmortem_settings.c.name == _NAME))
    return None if value is None else document.converted(value, Settings)


def set_settings(work: Work, before: Settings | None, new: Settings) -> None:
    """Write settings that were read as ``before``; those that have moved meanwhile are a lost race."""
    row = {"name": _NAME, "value": msgspec.to_builtins(new), "version": new.version}
    if before is None:
        work.insert(postmortem_settings, [row])
        return
    where = (postmortem_settings.c.name == _NAME) & (postmortem_settings.c.version == before.version)
    if not work.write(update(postmortem_settings).where(where).values(row)):
        raise Stale("Somebody else changed these settings at the same moment.")


def _template(row: Any) -> Template:
    found: Template = document.converted(row.value, Template)
    return msgspec.structs.replace(found, id=row.id, version=row.version)


def all_templates(read: Read) -> list[Template]:
    return [_template(row) for row in read.all(select(templates).order_by(templates.c.name))]


def template(read: Read, template_id: str) -> Template | None:
    row = read.one(select(templates).where(templates.c.id == template_id))
    return _template(row) if row else None


def add_template(work: Work, new: Template) -> None:
    work.write(insert(templates).values(_template_values(work, new)))


def save_template(work: Work, before: Template, after: Template) -> None:
    where = (templates.c.id == before.id) & (templates.c.version == before.version)
    if not work.write(update(templates).where(where).values(_template_values(work, after))):
        raise Stale("Somebody else changed this template at the same moment.")


def delete_template(work: Work, template_id: str) -> None:
    work.write(delete(templates).where(templates.c.id == template_id))


def _template_values(work: Work, one: Template) -> dict[str, Any]:
    return {
        "id": one.id, "name": one.name, "value": msgspec.to_builtins(one), "updated_at": work.now,
        "version": one.version,
    }  # fmt: skip
