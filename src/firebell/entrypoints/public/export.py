"""Status pages as files, so that a plain web server can answer when Firebell cannot.

``<data>/public/<slug>/`` holds ``index.html``, ``history/``, ``incidents/<id>/``, ``api/v2/*.json``, the feeds and the
badge: written anew within seconds of a change and once an hour, each file whole or not at all, and only where something
has changed. Pages that are not for everybody are never written, and their files go when a page is closed.
"""

from __future__ import annotations

import secrets
import shutil
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from firebell.domain.statuspage import queries
from firebell.domain.statuspage.model import Access, Snapshot, StatusPage
from firebell.entrypoints.public import documents, html
from firebell.entrypoints.public.place import Place, home_of
from firebell.entrypoints.public.planned import planned
from firebell.entrypoints.worker import Line
from firebell.kernel.actor import NOBODY
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import NotFound, Unavailable
from firebell.kernel.work import Read, Runner

log = structlog.get_logger()
MARK = ".firebell-status-page"
"""Stands in every folder that is ours, so that nothing else is ever removed."""
AGAIN_S = 3600
AFTER_FAILURE_S = 60
_FOLDER_MODE, _FILE_MODE = 0o755, 0o644


def files(snapshot: Snapshot, base_url: str, report: str = "") -> Mapping[str, bytes]:
    """Every file of a page by its path within the page's folder. ``report``: where strangers report a problem."""
    here = Place(home_of(snapshot.page, base_url), ".", True, urlsplit(base_url).hostname or "localhost", report)
    return dict(_files(snapshot, here))


def _files(snapshot: Snapshot, here: Place) -> Iterator[tuple[str, bytes]]:
    for name, draw in documents.FIXED.items():
        if name:
            body = draw(snapshot, here)[1]
            yield name, body.encode() if isinstance(body, str) else body
    yield "history/index.html", html.past(snapshot, here.within(1)).encode()
    for one in snapshot.incidents:
        yield f"incidents/{one.code}/index.html", html.incident(snapshot, one, here.within(2)).encode()
    for plan in planned(snapshot):
        yield f"incidents/{plan.code}/index.html", html.incident(snapshot, plan, here.within(2)).encode()
    # Last, so that what it links to is there.
    yield "index.html", html.front(snapshot, here).encode()


def write(folder: Path, wanted: Mapping[str, bytes]) -> int:
    """Make ``folder`` hold exactly these files; returns how many had to be written. What stays keeps its time."""
    written = 0
    for path, body in {MARK: b"Written by Firebell; changes are lost.\n", **wanted}.items():
        target = folder / path
        if target.is_file() and target.read_bytes() == body:
            continue
        _folder(target.parent, folder)
        draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        try:
            draft.write_bytes(body)
            draft.chmod(_FILE_MODE)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
        written += 1
    known = {folder / path for path in wanted} | {folder / MARK}
    for found in sorted(folder.rglob("*"), reverse=True):
        if found.is_file() and found not in known:
            found.unlink()
        elif found.is_dir() and not any(found.iterdir()):
            found.rmdir()
    return written


def _folder(wanted: Path, top: Path) -> None:
    wanted.mkdir(parents=True, exist_ok=True)
    for each in (wanted, *wanted.parents):
        each.chmod(_FOLDER_MODE)
        if each in (top, top.parent):
            return


def write_all(runner: Runner, root: Path, base_url: str) -> list[Path]:
    """Write every public page below ``root``, and take away those that are not public any more."""
    shown = []
    report = f"{base_url}/report" if runner.read(documents.may_report, NOBODY) else ""
    for page in runner.read(queries.addresses, NOBODY):
        if page.access is not Access.PUBLIC or page.disabled:
            continue
        try:
            snapshot = runner.read(lambda read, p=page: _look(read, p), NOBODY)  # type: ignore[misc]
        except NotFound:
            continue
        write(root / page.slug, files(snapshot, base_url, report))
        shown.append(root / page.slug)
    for found in root.iterdir() if root.is_dir() else ():
        if found not in shown and (found / MARK).is_file():
            shutil.rmtree(found)
    return shown


def _look(read: Read, page: StatusPage) -> Snapshot:
    return queries.snapshot_of(read, queries.public_page(read, page.id))


class Exporter:
    """A line of the worker. ``inline``: writes in the caller's thread (tests)."""

    def __init__(self, runner: Runner, root: Path, base_url: str, *, inline: bool) -> None:
        self._runner, self._root, self._base_url = runner, root, base_url
        # Not in the worker's own thread: a slow disk must not hold a page.
        self._pool = None if inline else ThreadPoolExecutor(1, thread_name_prefix="status-files")
        self._busy = threading.Event()
        self._written: Mapping[str, Instant] = {}
        self._again_at: Instant | None = None
        self._not_before: Instant | None = None

    def line(self) -> Line:
        return Line("status page files", self.due, self.act)

    def due(self, read: Read) -> Instant | None:
        """Now when a page has changed since it was written, else an hour after the last time (while there are any)."""
        if self._busy.is_set():
            return None
        changes = queries.changes(read)
        if changes == self._written:
            return self._again_at if changes else None
        return self._not_before or read.now

    def act(self) -> bool:
        def look(read: Read) -> Mapping[str, Instant] | None:
            at = self.due(read)
            return queries.changes(read) if at is not None and at <= read.now else None

        changes = self._runner.read(look, NOBODY, lane="engine")
        if changes is None:
            return False
        self._busy.set()
        if self._pool is None:
            self._write(changes)
        else:
            self._pool.submit(self._write, changes)
        return False

    def _write(self, changes: Mapping[str, Instant]) -> None:
        now = self._runner.clock.now()
        try:
            write_all(self._runner, self._root, self._base_url)
        except (OSError, Unavailable) as error:
            log.warning("status_files_failed", why=str(error))
            self._not_before = plus(now, AFTER_FAILURE_S)
        else:
            self._written, self._again_at, self._not_before = changes, plus(now, AGAIN_S), None
        finally:
            self._busy.clear()
