"""Lists of subscribers in and out as CSV, for their owners. Only mailboxes: other addresses are secrets of others."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from firebell.domain.statuspage import store as page_rows
from firebell.domain.statuspage import subscriber_rules as rules
from firebell.domain.statuspage import subscriber_store as store
from firebell.domain.statuspage.subscriber_model import (
    Scope,
    Subscriber,
    SubscriberKind,
    SubscribersExported,
    SubscribersImported,
    SubscriberState,
)
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Invalid, NotFound, Refused
from firebell.kernel.ids import SubscriberId
from firebell.kernel.work import Read, Work

COLUMNS = ("address", "components", "incidents", "maintenance", "state")
ROWS_MAX = 20_000
CHUNK = 500
_NO = frozenset({"no", "false", "0"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file. ``components``: names, as the page shows them."""

    line: int
    address: str
    components: tuple[str, ...] = ()
    incidents: bool = True
    maintenance: bool = True


@dataclass(slots=True)
class Imported:
    """``to_ask``: those who are to be asked to confirm. ``problems``: (line, what is wrong)."""

    added: int = 0
    known: int = 0
    to_ask: list[Subscriber] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)


def rows_of(text: str) -> list[Row]:
    """Read a file with a header line; ``address`` (or ``email``) is needed, ``components`` are split at ``;``.

    Raises Invalid when it is no such file.
    """
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    names = {name.strip().lower(): name for name in reader.fieldnames or ()}
    address = names.get("address") or names.get("email")
    if address is None:
        raise Invalid("The first line must name a column “address”.", field="file", hint=",".join(COLUMNS))
    found: list[Row] = []
    try:
        for given in reader:
            if len(found) >= ROWS_MAX:
                raise Invalid(f"At most {ROWS_MAX} lines at once.", field="file")
            value = (given.get(address) or "").strip().lstrip("'")
            if value:
                found.append(_row(reader.line_num, value, given, names))
    except csv.Error as wrong:
        raise Invalid(f"Line {reader.line_num}: {wrong}.", field="file") from None
    return found


def _row(line: int, address: str, given: Mapping[str, str | None], names: Mapping[str, str]) -> Row:
    def cell(name: str) -> str:
        return (given.get(names.get(name, "")) or "").strip()

    parts = tuple(part.strip() for part in cell("components").split(";") if part.strip())
    return Row(line, address, parts, cell("incidents").lower() not in _NO, cell("maintenance").lower() not in _NO)


def add_rows(work: Work, page_id: str, rows: Sequence[Row], *, confirmed: bool) -> Imported:
    """Add up to five hundred. ``confirmed``: their owner answers for their having agreed; else each is asked."""
    team = _team(work, page_id)
    work.needs(Permission.STATUS_EDIT, team)
    if len(rows) > CHUNK:
        raise ValueError("too many at once")
    every = page_rows.components_of(work, page_id)
    by_name = {one.name.lower(): str(one.id) for one in every}
    done, new = Imported(), list[Subscriber]()
    for row in rows:
        try:
            new.append(_made(work, page_id, row, by_name, confirmed=confirmed))
        except Refused as refused:
            done.problems.append((row.line, refused.message))
    there = store.fingerprints(work, page_id, [one.fingerprint for one in new])
    fresh = list({one.fingerprint: one for one in new if one.fingerprint not in there}.values())
    done.added = store.add(work, fresh)
    done.known = len(new) - done.added
    done.to_ask = [] if confirmed else fresh
    if done.added:
        work.record(page_id, SubscribersImported(added=done.added, known=done.known, confirmed=confirmed))
        work.publish(f"subscribers:{page_id}")
    return done


def _made(work: Work, page_id: str, row: Row, by_name: Mapping[str, str], *, confirmed: bool) -> Subscriber:
    kind = SubscriberKind.EMAIL
    address = rules.address(kind, row.address)
    unknown = [name for name in row.components if name.lower() not in by_name]
    if unknown:
        raise Invalid(f"There is no component {unknown[0][:60]} on this page.", field="components")
    if not row.incidents and not row.maintenance:
        raise Invalid("Neither incidents nor maintenance.", field="incidents")
    scope = Scope(tuple(by_name[name.lower()] for name in row.components), row.incidents, row.maintenance)
    return Subscriber(
        id=SubscriberId(ids.new("sub", work.now)), page_id=page_id, kind=kind, address=address, shown=address,
        fingerprint=rules.fingerprint(address), components=scope.components, incidents=scope.incidents,
        maintenance=scope.maintenance, asked_at=work.now, confirmed_at=work.now if confirmed else None,
        state=SubscriberState.CONFIRMED if confirmed else SubscriberState.PENDING, source="import",
        updated_at=work.now,
    )  # fmt: skip


def exported(work: Work, page_id: str) -> str:
    """All mailboxes that are subscribed or asked, as a file of :data:`COLUMNS`; that it was made is recorded."""
    work.needs(Permission.STATUS_EDIT, _team(work, page_id))
    names = {str(one.id): one.name for one in page_rows.components_of(work, page_id)}
    lines, count = io.StringIO(), 0
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for one in store.every(work, page_id):
        if one.kind is SubscriberKind.EMAIL:
            count += 1
            writer.writerow(_cells(one, names))
    work.record(page_id, SubscribersExported(count=count))
    return lines.getvalue()


def _cells(one: Subscriber, names: Mapping[str, str]) -> Iterable[str]:
    cells = [
        one.address, ";".join(names[each] for each in one.components if each in names),
        "yes" if one.incidents else "no", "yes" if one.maintenance else "no", str(one.state),
    ]  # fmt: skip
    # A spreadsheet must not take an address for a formula.
    return [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells]


def _team(read: Read, page_id: str) -> str | None:
    found = page_rows.page(read, page_id)
    if found is None:
        raise NotFound("There is no such status page.", field="page_id")
    return found.team_id
