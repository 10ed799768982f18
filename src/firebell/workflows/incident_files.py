"""``<data>/state/INC-12.txt`` and ``.html``: written each minute while an incident is active, and when something
important happens to it. A file is whole or not there: it is replaced in one step."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

import structlog

from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.model import Kind
from firebell.domain.incidents.statefile import STALE_AFTER_S
from firebell.kernel.clock import Instant, plus
from firebell.kernel.work import Read, Runner
from firebell.workflows import incident_state
from firebell.workflows.incident_state import Say, State

log = structlog.get_logger()
EVERY_S = 60
WINDOW_S, BURST = 10, 8
"""So often a file may be written at once in so many seconds: in a storm of alerts it changes with each of them."""


class StateFiles:
    """The files of one process. ``act`` is called by its worker alone; commits are heard from any thread.

    Nothing is kept for a restart: the first round writes the file of every active incident anew.
    """

    def __init__(self, runner: Runner, folder: Path, say: Say) -> None:
        self._runner = runner
        self._folder = folder
        self._say = say
        self._guard = threading.Lock()
        self._changed: set[str] = set()
        self._round_at: Instant | None = runner.clock.now()
        self._written: dict[str, Instant] = {}
        self._mailed: dict[str, str] = {}
        self._late: set[str] = set()
        self._window: dict[str, tuple[Instant, int]] = {}
        runner.on_commit(self._heard)

    def _heard(self, topics: frozenset[str], woken: bool) -> None:
        found = {topic for topic in topics if topic.startswith("inc_")}
        if found:
            with self._guard:
                self._changed |= found

    def next_due(self, read: Read) -> Instant | None:
        """Now when something has changed, else the next minute while anything is active."""
        with self._guard:
            times = [self._may_write_at(one, read.now) for one in self._changed]
        return min([*times, *([self._round_at] if self._round_at is not None else [])], default=None)

    def act(self) -> bool:
        """Write what is due. True when something else is to be done for it (a mail, an alert)."""
        now = self._runner.clock.now()
        with self._guard:
            changed = {one for one in self._changed if self._may_write_at(one, now) <= now}
            self._changed -= changed
        whole = self._round_at is not None and self._round_at <= now
        if not (changed or whole):
            return False
        active = set(self._runner.read(incident_state.active_ids, lane="engine"))
        if whole or (active and self._round_at is None):
            whole = True  # the first of them begins the minutes
            self._round_at = plus(now, EVERY_S) if active else None
        due = (active if whole else changed & active) | (changed & self._written.keys())
        worked = [self._write(one, now, still=one in active, mail=whole) for one in sorted(due)]
        for gone in self._written.keys() - active:
            self._written.pop(gone)
            self._window.pop(gone, None)
        return any(worked)

    def _may_write_at(self, incident_id: str, now: Instant) -> Instant:
        began, n = self._window.get(incident_id, (now, 0))
        return now if n < BURST else max(now, plus(began, WINDOW_S))

    def _count(self, incident_id: str, now: Instant) -> None:
        began, n = self._window.get(incident_id, (now, 0))
        self._window[incident_id] = (began, n + 1) if now < plus(began, WINDOW_S) else (now, 1)

    def _write(self, incident_id: str, now: Instant, *, still: bool, mail: bool) -> bool:
        self._written.setdefault(incident_id, now)
        self._count(incident_id, now)
        try:
            found = self._runner.read(lambda read: self._state(read, incident_id), lane="engine")
            if found is None:
                return False
            self._put(found)
        except Exception as error:  # a fault in one file must stop neither the others nor the worker
            log.exception("state_file_not_written", incident=incident_id)
            return still and self._complain(incident_id, now, error)
        self._written[incident_id] = now
        recovered = incident_id in self._late
        if recovered:
            self._late.discard(incident_id)
            self._runner.run(lambda work: incident_state.fresh(work, incident_id), lane="engine")
        return (mail and self._mail(found)) or recovered

    def _state(self, read: Read, incident_id: str) -> State | None:
        incident = incidents.find(read, incident_id)
        if incident is None or incident.kind is Kind.BACKFILLED:
            return None
        return incident_state.state(read, incident, self._say)

    def _put(self, found: State) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for suffix, text in (("txt", found.text), ("html", found.page)):
            replace_file(self._folder / f"{found.incident.reference}.{suffix}", text)

    def _mail(self, found: State) -> bool:
        incident_id = found.incident.id
        if self._mailed.get(incident_id) == found.mark:
            return False
        self._mailed[incident_id] = found.mark
        return self._runner.run(lambda work: incident_state.mail(work, found), lane="engine") > 0

    def _complain(self, incident_id: str, now: Instant, error: Exception) -> bool:
        if incident_id in self._late or plus(self._written[incident_id], STALE_AFTER_S) >= now:
            return False
        self._late.add(incident_id)
        why = f"It cannot be written ({type(error).__name__})."
        self._runner.run(lambda work: incident_state.stale(work, incident_id, why), lane="engine")
        return True


def replace_file(path: Path, text: str) -> None:
    """``text`` as the file's whole content, in one step and for this user alone. Raises OSError."""
    beside = path.with_name(f".{path.name}.new")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
