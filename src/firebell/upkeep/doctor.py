"""Looks an installation over: what would keep it from starting, from paging, or from losing nothing."""

from __future__ import annotations

import importlib.metadata
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from firebell.app import keyring_of
from firebell.domain.escalation import queries as escalation
from firebell.domain.oncall import queries as oncall
from firebell.domain.oncall import rules as oncall_rules
from firebell.domain.paging import queries as paging
from firebell.domain.people import queries as people
from firebell.entrypoints.sealing import Sealing
from firebell.integrations.channels import all_channels
from firebell.kernel import disks
from firebell.kernel.actor import SYSTEM
from firebell.kernel.clock import Instant, SystemClock, from_micros, plus, seconds_between
from firebell.kernel.db import Database, sqlite_version
from firebell.kernel.errors import Refused
from firebell.kernel.work import Read
from firebell.migrations.upgrade import current, steps
from firebell.settings import Settings, load
from firebell.upkeep.opening import InUse, database_of

WAL_RESET_FIXED = (3, 51, 3)
GAP_AHEAD_S = 7 * 86_400
SKEW_MAX_S = 2


class State(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at, how it is, and what to do when it is not well."""

    name: str
    state: State
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """All checks. ``served_at`` is where a running server answers when it holds the file (then it must be asked)."""

    checks: tuple[Check, ...]
    served_at: str | None = None


def examine() -> Report:
    """Look at everything that can be seen from this machine; changes nothing."""
    try:
        settings = load()
    except Refused as error:
        return Report((Check("settings", State.FAIL, f"{error.message} {error.hint or ''}".strip()),))
    now = SystemClock().now()
    checks = [Check("settings", State.OK, "valid"), *_machine(settings, now)]
    try:
        with database_of(settings) as database:
            checks += _database(database, settings)
    except InUse as error:
        checks.append(Check("lock", State.OK, f"a server is running: {error.message}"))
        return Report(tuple(checks), _address(settings))
    except (SQLAlchemyError, OSError) as error:
        checks.append(Check("database", State.FAIL, f"it cannot be opened: {_first_line(error)}"))
    return Report(tuple(checks))


def _address(settings: Settings) -> str:
    """Where a server on this machine answers, past any proxy."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def _has_key(settings: Settings) -> bool:
    return bool(settings.secret_key.get_secret_value()) or _key_file(settings).exists()


def _key_file(settings: Settings) -> Path:
    return settings.secret_key_file or settings.data / "secret.key"


def _machine(settings: Settings, now: Instant) -> Iterator[Check]:
    if settings.url.startswith("sqlite:"):
        yield sqlite_check(sqlite_version())
        yield from _folder(Path(settings.url.removeprefix("sqlite:///")).parent)
    if not settings.secret_key.get_secret_value():
        yield key_check(_key_file(settings))
    if settings.heartbeat_url:
        yield Check("heartbeat", State.OK, "something outside hears this installation every minute")
    else:
        yield Check("heartbeat", State.WARN, "nothing outside would notice if this machine died: set heartbeat_url")
    yield tzdata_check(importlib.metadata.version("tzdata"), now)
    if settings.public_url:
        yield Check("public_url", State.OK, settings.public_url)
    else:
        yield Check("public_url", State.WARN, f"links in messages lead to {settings.base_url}: set public_url")


def sqlite_check(version: tuple[int, int, int]) -> Check:
    """Before 3.51.3 two connections that write and checkpoint can corrupt the file (the WAL-reset bug)."""
    shown = ".".join(str(part) for part in version)
    if version < WAL_RESET_FIXED:
        why = "two writers could corrupt the file; Firebell allows one only. Better: a newer SQLite"
        return Check("sqlite", State.WARN, f"{shown} is older than 3.51.3: {why}")
    return Check("sqlite", State.OK, shown)


def _folder(folder: Path) -> Iterator[Check]:
    existing = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            yield Check("data folder", State.OK, f"{folder} can be written")
    except OSError as error:
        yield Check("data folder", State.FAIL, f"{folder} cannot be written: {error.strerror}")
    kind = disks.file_system_of(existing, disks.mounts())
    if kind in disks.NETWORK:
        yield Check("disk", State.FAIL, f"{folder} lies on {kind}: SQLite needs a local disk; use one, or PostgreSQL")
    else:
        yield Check("disk", State.OK, f"local ({kind or 'unknown'})")


def key_check(path: Path) -> Check:
    """The secret key may be read by its owner only."""
    if not path.exists():
        return Check("secret key", State.OK, f"{path} will be made at the first start; keep a copy elsewhere")
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        return Check("secret key", State.FAIL, f"{path} has mode {mode:04o}, so others may read it: chmod 600 {path}")
    if not os.access(path, os.R_OK):
        return Check("secret key", State.FAIL, f"{path} cannot be read by this user")
    return Check("secret key", State.OK, f"{path}; keep a copy apart from the backups")


def tzdata_check(version: str, now: Instant) -> Check:
    """Rules of time zones older than a year have missed changes; the version begins with the year."""
    year = re.match(r"\d{4}", version)
    age = now.to_tz("UTC").year - int(year[0]) if year else 0
    if age > 1:
        return Check("time zones", State.WARN, f"tzdata {version} is over a year old: upgrade the package tzdata")
    return Check("time zones", State.OK, f"tzdata {version}")


def _database(database: Database, settings: Settings) -> Iterator[Check]:
    yield Check("lock", State.OK, "no server is running here")
    if not database.is_sqlite:
        yield from _postgres(database)
    with database.readers.connect() as connection:
        schema = current(connection)
    if schema is None:
        yield Check("schema", State.WARN, "empty: the first start makes the tables")
        return
    if schema not in steps():
        yield Check("schema", State.FAIL, f"{schema} is newer than this Firebell ({steps()[-1]}): start the newer one")
        return
    if schema != steps()[-1]:
        yield Check("schema", State.WARN, f"{schema}: the next start, or firebell migrate, brings it to {steps()[-1]}")
        return
    yield Check("schema", State.OK, schema)
    if not _has_key(settings):
        with database.readers.connect() as connection:
            used = connection.scalar(text("SELECT count(*) FROM (SELECT 1 FROM journal LIMIT 1) AS one"))
        if used:
            why = "the key this database was used with is gone: put it back, or nothing sealed in it can be read"
            yield Check("secret key", State.FAIL, why)
        return
    sealing = Sealing(keyring_of(settings), all_channels())

    def configured(channel: str, stored: dict[str, str]) -> bool:
        values = sealing.settings_in_use(channel, stored, settings.smtp_url.get_secret_value())
        return channel in all_channels() and all_channels()[channel].configured(values)

    with database.readers.connect() as connection, connection.begin():
        yield from list(_paging(Read(connection, SystemClock().now(), SYSTEM), configured))


def _postgres(database: Database) -> Iterator[Check]:
    unsafe = database.unsafe_settings()
    yield Check(
        "durability", State.FAIL if unsafe else State.OK, " ".join(unsafe) or "fsync and full_page_writes are on"
    )
    with database.readers.connect() as connection:
        if connection.scalar(text("SELECT setting FROM pg_settings WHERE name = 'synchronous_commit'")) == "off":
            yield Check("synchronous_commit", State.WARN, "off for this session: an accepted alert could be lost")
        there = connection.scalar(text("SELECT (extract(epoch from clock_timestamp()) * 1000000)::bigint"))
        waiting = connection.scalar(text("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'async'"))
    skew_s = abs(seconds_between(from_micros(int(there or 0)), SystemClock().now()))
    state = State.WARN if skew_s > SKEW_MAX_S else State.OK
    yield Check("clock", state, f"{skew_s:.1f} s between this machine and the database")
    if waiting:
        yield Check("replication", State.WARN, f"{waiting} asynchronous standby: one that is promoted may lack alerts")


def _paging(read: Read, configured: Callable[[str, dict[str, str]], bool]) -> Iterator[Check]:
    users = [user for user in people.users(read) if user.active]
    settings = paging.channel_settings(read)
    kinds: dict[str, set[str]] = {}
    for person in people.people(read, [user.id for user in users]).values():
        usable = {m.channel for m in person.methods if m.usable and configured(m.channel, settings.get(m.channel, {}))}
        kinds[person.user.name] = usable
    able = [name for name, found in kinds.items() if found]
    if able:
        yield Check("channels", State.OK, f"{len(able)} of {len(users)} people can be paged")
    elif users:
        yield Check(
            "channels", State.FAIL, "nobody can be paged: no verified contact method on a channel that is set up"
        )
    single = sorted(name for name, found in kinds.items() if len(found) == 1)
    if single:
        shown = ", ".join(single[:5]) + (" …" if len(single) > 5 else "")
        yield Check("second channel", State.WARN, f"reached by one kind of channel only: {shown}")
    if escalation.installation_fallback(read):
        yield Check("fallback", State.OK, "named")
    else:
        state = State.FAIL if users else State.WARN
        yield Check("fallback", state, "nobody is named for escalations that reach no one: Settings → Fallback")
    until = plus(read.now, GAP_AHEAD_S)
    gaps = [(s.name, found) for s in oncall.schedules(read) for found in oncall_rules.gaps(s, read.now, until)[:1]]
    for name, gap in gaps[:5]:
        yield Check("coverage", State.WARN, f"nobody is on call in {name} from {gap.starts_at.format_iso()[:16]} UTC")
    if not gaps:
        yield Check("coverage", State.OK, "no gap within 7 days")


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
