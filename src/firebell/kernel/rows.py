"""Many rows with few statements: what keeps the intake fast beside a busy event loop.

Several hundred rows cost one hand-over of the interpreter lock per statement instead of one per row. All SQL here is
ours; both databases speak it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import astuple
from sqlalchemy import Connection, Table

from firebell.kernel.clock import from_micros, micros
from firebell.kernel.db import Doc, InstantType, doc, doc_decoder

_ROWS_PER_STATEMENT = (64, 16, 4, 1)
_KEYS_PER_QUERY = (1, 4, 16, 64, 256)


@lru_cache(maxsize=256)
def _shape(table: Table) -> _Shape:
    names: list[str] = []
    instants: list[int] = []
    docs: list[int] = []
    defaults: dict[str, Any] = {}
    for column in table.columns:
        if column.autoincrement is True:
            continue
        at = len(names)
        names.append(column.name)
        if isinstance(column.type, InstantType):
            instants.append(at)
        elif isinstance(column.type, Doc):
            docs.append(at)
        if getattr(column.default, "is_scalar", False):
            defaults[column.name] = getattr(column.default, "arg", None)
    return _Shape(tuple(names), tuple(instants), tuple(docs), defaults)


class _Shape(NamedTuple):
    """A table as the fast paths see it: column names in order, and which positions need converting."""

    names: tuple[str, ...]
    instants: tuple[int, ...]
    docs: tuple[int, ...]
    defaults: Mapping[str, Any]

    def stored(self, row: list[Any], memo: dict[int, int]) -> list[Any]:
        """``row`` in stored form, changed in place. ``memo`` spares converting the same instant again."""
        for at in self.instants:
            value = row[at]
            if value is not None and not isinstance(value, int):
                found = memo.get(id(value))
                if found is None:
                    found = memo[id(value)] = micros(value)
                row[at] = found
        for at in self.docs:
            value = row[at]
            # A string is a document that is already encoded: the hot path encodes once and reuses.
            if value is not None and not isinstance(value, str):
                row[at] = doc(value) if value else ("{}" if isinstance(value, dict) else "[]")
        return row

    def value(self, row: Sequence[Any]) -> dict[str, Any]:
        """A stored row as ``{column: value}``."""
        out = list(row)
        for at in self.instants:
            if out[at] is not None:
                out[at] = from_micros(out[at])
        for at in self.docs:
            if out[at] is not None:
                out[at] = doc_decoder.decode(out[at])
        return dict(zip(self.names, out, strict=True))


def bulk_insert(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, skip_existing: bool = False
) -> int:
    """Insert many rows with few statements (64 rows each); returns how many were inserted.

    Several hundred rows cost one hand-over of the interpreter lock per statement instead of one per row, which is what
    keeps the intake fast beside a busy event loop. ``skip_existing``: rows that meet a unique key are left out.
    """
    shape = _shape(table)
    memo: dict[int, int] = {}
    flat = []
    for row in rows:
        values = [row.get(name) for name in shape.names]
        for name, default in shape.defaults.items():
            if name not in row:
                values[shape.names.index(name)] = default
        flat.append(shape.stored(values, memo))
    return _insert(connection, table, flat, skip_existing)


def bulk_insert_rows(connection: Connection, table: Table, rows: list[list[Any]]) -> int:
    """The same for rows that are in column order and in stored form already."""
    return _insert(connection, table, rows, False)


def bulk_insert_structs(
    connection: Connection, table: Table, rows: Sequence[msgspec.Struct], *, skip_existing: bool = False
) -> int:
    """The same for structs whose fields are the table's columns in order: half the cost of mappings."""
    shape = _shape(table)
    if rows and rows[0].__struct_fields__ != shape.names:
        raise TypeError(f"{type(rows[0]).__name__} is not laid out like {table.name}")
    memo: dict[int, int] = {}
    return _insert(connection, table, [shape.stored(list(astuple(row)), memo) for row in rows], skip_existing)


def _insert(connection: Connection, table: Table, rows: list[list[Any]], skip_existing: bool) -> int:
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    tail = " ON CONFLICT DO NOTHING" if skip_existing else ""
    done = start = 0
    for size in _ROWS_PER_STATEMENT:
        while len(rows) - start >= size:
            values = tuple(chain.from_iterable(rows[start : start + size]))
            done += connection.exec_driver_sql(_insert_sql(table, size, mark, tail), values).rowcount
            start += size
    return done


@lru_cache(maxsize=1024)
def _insert_sql(table: Table, rows: int, mark: str, tail: str) -> str:
    names = _shape(table).names
    one = "(" + ",".join([mark] * len(names)) + ")"
    return f"INSERT INTO {table.name} ({','.join(names)}) VALUES {','.join([one] * rows)}{tail}"  # noqa: S608 - ours


def bulk_add(connection: Connection, table: Table, key: str, column: str, amounts: Mapping[str, int]) -> None:
    """Add to a counter per key, creating what is not there yet; keys in order, so that two writers never cross."""
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    tail = f" ON CONFLICT ({key}) DO UPDATE SET {column} = {table.name}.{column} + excluded.{column}"
    rows = [[name, amounts[name]] for name in sorted(amounts)]
    start = 0
    for size in _ROWS_PER_STATEMENT:
        while len(rows) - start >= size:
            values = tuple(chain.from_iterable(rows[start : start + size]))
            connection.exec_driver_sql(_insert_sql(table, size, mark, tail), values)
            start += size


def fetch_in(
    connection: Connection, table: Table, key: str, wanted: Iterable[str], *, lock: bool
) -> list[dict[str, Any]]:
    """All rows whose ``key`` is one of ``wanted``, in key order; ``lock``ed until the end of the unit."""
    keys = sorted(set(wanted))
    sqlite = connection.dialect.name == "sqlite"
    shape = _shape(table)
    found: list[dict[str, Any]] = []
    for start in range(0, len(keys), _KEYS_PER_QUERY[-1]):
        part = keys[start : start + _KEYS_PER_QUERY[-1]]
        size = next(n for n in _KEYS_PER_QUERY if n >= len(part))
        # Padding with the last key keeps the number of different statements small.
        part += [part[-1]] * (size - len(part))
        sql = _fetch_sql(table, key, size, "?" if sqlite else "%s", lock and not sqlite)
        found += [shape.value(row) for row in connection.exec_driver_sql(sql, tuple(part)).fetchall()]
    return found


@lru_cache(maxsize=256)
def _fetch_sql(table: Table, key: str, size: int, mark: str, lock: bool) -> str:
    names = ",".join(_shape(table).names)
    tail = " FOR UPDATE" if lock else ""
    marks = ",".join([mark] * size)
    return f"SELECT {names} FROM {table.name} WHERE {key} IN ({marks}) ORDER BY {key}{tail}"  # noqa: S608 - ours


def bulk_update_structs(connection: Connection, table: Table, rows: Sequence[msgspec.Struct]) -> None:
    """Write whole structs back over their rows, found by ``id`` or ``key`` (the first column)."""
    shape = _shape(table)
    if rows and rows[0].__struct_fields__ != shape.names:
        raise TypeError(f"{type(rows[0]).__name__} is not laid out like {table.name}")
    memo: dict[int, int] = {}
    values = []
    for row in rows:
        stored = shape.stored(list(astuple(row)), memo)
        values.append((*stored[1:], stored[0]))
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    connection.exec_driver_sql(_update_sql(table, mark), values)


@lru_cache(maxsize=64)
def _update_sql(table: Table, mark: str) -> str:
    key, *names = _shape(table).names
    return f"UPDATE {table.name} SET {','.join(f'{n}={mark}' for n in names)} WHERE {key}={mark}"  # noqa: S608 - ours


def execute_many(connection: Connection, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """One of our own statements, marked with ``?``, for many rows. Instants are given as microseconds."""
    connection.exec_driver_sql(sql if connection.dialect.name == "sqlite" else sql.replace("?", "%s"), list(rows))


def select_in(connection: Connection, sql: str, wanted: Iterable[str]) -> list[tuple[Any, ...]]:
    """One of our own queries for any number of keys, without compiling it anew: ``IN ({keys})`` or ``VALUES {rows}``.

    With ``{rows}`` a key may be given more than once to the query, so it may answer more than once.
    """
    keys = sorted(set(wanted))
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    found: list[tuple[Any, ...]] = []
    for start in range(0, len(keys), _KEYS_PER_QUERY[-1]):
        part = keys[start : start + _KEYS_PER_QUERY[-1]]
        size = next(n for n in _KEYS_PER_QUERY if n >= len(part))
        part += [part[-1]] * (size - len(part))
        found += connection.exec_driver_sql(_keyed(sql, size, mark), tuple(part)).fetchall()
    return found


@lru_cache(maxsize=256)
def _keyed(sql: str, size: int, mark: str) -> str:
    return sql.replace("{keys}", ",".join([mark] * size)).replace("{rows}", ",".join([f"({mark})"] * size))
