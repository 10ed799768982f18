"""Drawn documents in memory, by page: dropped the moment a commit changes their page, and drawn anew after 15 s.

What is drawn while a change is committed is not kept: every look remembers how often its page had changed before.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from firebell.domain.statuspage import queries
from firebell.domain.statuspage.model import PAGES, Snapshot, StatusPage
from firebell.entrypoints.public import documents
from firebell.entrypoints.public.documents import Rendered
from firebell.entrypoints.public.place import Place
from firebell.kernel.actor import NOBODY
from firebell.kernel.clock import seconds_between
from firebell.kernel.errors import Unavailable
from firebell.kernel.work import Read, Runner

KEPT_S = 15.0
DOCUMENTS_MAX = 2000


@dataclass(frozen=True, slots=True)
class Kept:
    """``until_s``: on the monotonic clock."""

    rendered: Rendered
    page_id: str
    until_s: float


@dataclass(frozen=True, slots=True)
class Index:
    """Which pages there are: ``{slug: page}`` and ``{host: slug}``."""

    by_slug: dict[str, StatusPage] = field(default_factory=dict)
    by_host: dict[str, str] = field(default_factory=dict)


class Shelf:
    """Safe from any thread. ``documents`` is read by the event loop without a lock."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        # Drawing waits for the database: not in the threads in which everybody else's waiting is done.
        self.pool = ThreadPoolExecutor(2, thread_name_prefix="status-page")
        self._lock = threading.Lock()
        self._changes: dict[str, int] = {}
        self._snapshots: dict[str, tuple[Snapshot, float]] = {}
        self.documents: dict[tuple[str, str, str], Kept] = {}
        """By (root, slug, name)."""
        self.index = Index()
        self._index_until_s = -1.0
        self._index_changes = 0
        self.drawn = 0
        runner.on_commit(self._committed)

    def _committed(self, topics: frozenset[str], woken: bool) -> None:
        changed = {topic.removeprefix("status:") for topic in topics if topic.startswith("status:")}
        if not changed and PAGES not in topics:
            return
        with self._lock:
            for page_id in changed:
                self._changes[page_id] = self._changes.get(page_id, 0) + 1
                self._snapshots.pop(page_id, None)
            if changed:
                stale = [key for key, kept in self.documents.items() if kept.page_id in changed]
                for key in stale:
                    del self.documents[key]
            self._index_changes += 1
            self._index_until_s = -1.0
        # Host names are looked up without waiting, so what they lead to must not wait for a visitor.
        with suppress(RuntimeError):
            self.pool.submit(self.know_pages)

    # ---- which pages there are

    @property
    def index_is_fresh(self) -> bool:
        return self._runner.clock.monotonic() < self._index_until_s

    def know_pages(self) -> None:
        """Look which pages there are, if the database is there."""
        with suppress(Unavailable):
            self.pages()

    def pages(self) -> Index:
        """The pages there are now. Looks into the database when what is known may be old."""
        if self.index_is_fresh:
            return self.index
        with self._lock:
            changes = self._index_changes
        found = [page for page in self._runner.read(queries.addresses, NOBODY) if not page.disabled]
        made = Index({page.slug: page for page in found}, {page.domain: page.slug for page in found if page.domain})
        with self._lock:
            self.index = made
            if changes == self._index_changes:
                self._index_until_s = self._runner.clock.monotonic() + KEPT_S
        return made

    # ---- what they say

    def fresh(self, key: tuple[str, str, str]) -> Kept | None:
        """What is drawn and still stands."""
        kept = self.documents.get(key)
        return kept if kept is not None and kept.until_s > self._runner.clock.monotonic() else None

    def draw(self, page: StatusPage, name: str, place: Place) -> Kept:
        """A document of the page, from memory or drawn now. Raises NotFound. Not for the event loop."""
        key = (place.root, page.slug, name)
        kept = self.fresh(key)
        if kept is not None:
            return kept
        with self._lock:
            changes = self._changes.get(page.id, 0)
            known = self._snapshots.get(page.id)
        now_s = self._runner.clock.monotonic()

        def look(read: Read) -> tuple[Snapshot, Rendered]:
            usable = known is not None and known[1] > now_s
            snapshot = known[0] if known is not None and usable else self._snapshot(read, page)
            return snapshot, documents.draw(read, snapshot, name, place)

        snapshot, rendered = self._runner.read(look, NOBODY)
        until_s = known[1] if known is not None and known[0] is snapshot else now_s + _stands_s(snapshot)
        made = Kept(rendered, page.id, until_s)
        with self._lock:
            self.drawn += 1
            if changes == self._changes.get(page.id, 0):
                self._snapshots[page.id] = (snapshot, until_s)
                while len(self.documents) >= DOCUMENTS_MAX:
                    del self.documents[next(iter(self.documents))]
                self.documents[key] = made
        return made

    @staticmethod
    def _snapshot(read: Read, page: StatusPage) -> Snapshot:
        # Looked up again: the page as the index knows it may be seconds old.
        return queries.snapshot_of(read, queries.public_page(read, page.id))


def _stands_s(snapshot: Snapshot) -> float:
    """How long what the snapshot says stands by itself: until a promise runs out, at most 15 s."""
    promised = [one.next_update_by for one in snapshot.incidents if one.open and one.next_update_by is not None]
    left = [seconds_between(snapshot.taken_at, at) for at in promised if at > snapshot.taken_at]
    return max(0.2, min([KEPT_S, *left]))
