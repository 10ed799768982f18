"""A table with every kind of column the house uses, and its struct."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Boolean, Column, Integer, MetaData, String, Table, Text, UniqueConstraint, select

from firebell.kernel.clock import Instant
from firebell.kernel.db import Doc, InstantType
from firebell.kernel.journal import Fact
from firebell.kernel.work import Read

things = Table(
    "things",
    MetaData(),
    Column("id", String, primary_key=True),
    Column("name", Text),
    Column("n", Integer, nullable=False),
    Column("yes", Boolean, nullable=False),
    Column("at", InstantType),
    Column("doc", Doc),
    UniqueConstraint("name"),
)


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``things``, field for field."""

    id: str
    name: str | None = None
    n: int = 0
    yes: bool = False
    at: Instant | None = None
    doc: Any = None


class Happened(Fact, frozen=True, kw_only=True):
    kind = "thing.happened"
    what: str = ""
    n: int = 0


def all_things(read: Read) -> list[Thing]:
    return [Thing(**row._mapping) for row in read.all(select(things).order_by(things.c.id))]
