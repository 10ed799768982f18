"""The ordered list of what the house does by itself. Woken by commits, it sleeps until the next deadline.

Tests drive the same object by hand: ``tick()`` does everything that is due, ``next_due()`` says when to look again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog

from firebell.domain.alerts import queries as alert_queries
from firebell.domain.escalation import queries as escalation_queries
from firebell.domain.paging import queries as paging_queries
from firebell.domain.people import verification
from firebell.entrypoints.loops import Line, Loop
from firebell.kernel.clock import Instant, micros, plus
from firebell.kernel.errors import Unavailable
from firebell.kernel.fetch import Fetch, FetchFailed
from firebell.kernel.work import Read, Runner, Work
from firebell.workflows import (
    alert_resolved,
    consistency,
    escalation_due,
    incident_due,
    laws,
    page_due,
    shift_changes,
    update_due,
)
from firebell.workflows.delivery_due import Claimed, Sender

__all__ = ["Line", "Worker"]

log = structlog.get_logger()
GROUP = 100
LAWS_EVERY_S = 15
COMPARE_EVERY_S = 60
HEARTBEAT_EVERY_S = 60
TIDY_EVERY_S = 60
WALL_JUMP_S = 2
UPKEEP = frozenset({"updates", "status pages", "tidying"})
"""Our own lines that no page waits for."""


class Worker:
    """``threads`` = 0 sends inline, in the caller's thread (tests, demo). ``others``: more lines of the list.

    Lines that may wake somebody have a thread of their own; the rest (``UPKEEP``, ``others``) have another, so that
    nothing that tells places, compares or writes files ever holds a page.
    """

    def __init__(
        self, runner: Runner, sender: Sender, *, threads: int, heartbeat_url: str = "", fetch: Fetch | None = None,
        others: Sequence[Line] = (),
    ) -> None:  # fmt: skip
        self._runner = runner
        self._sender = sender
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="sender") if threads else None
        self._free = threads or 8
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._heartbeat_url = heartbeat_url
        self._fetch = fetch
        self._laws_at: Instant | None = None
        self._compared_at: Instant | None = None
        self._heartbeat_at: Instant | None = None
        self._tidy_at: Instant | None = None
        self._wall_jump_s = 0.0
        self.breaches: list[laws.Breach] = []
        self._upkeep = UPKEEP | {line.name for line in others}
        self._pager = Loop("worker", runner, lambda: [one for one in self.lines if not self._waits(one)], self._stop)
        self._keeper = Loop("upkeep", runner, lambda: [one for one in self.lines if self._waits(one)], self._stop)
        runner.on_commit(self._committed)
        self.lines: tuple[Line, ...] = (
            Line("escalation", escalation_queries.next_due, self._escalate),
            Line("pages", paging_queries.next_page_due, self._ring),
            Line("deliveries", paging_queries.next_delivery_due, self._deliver),
            Line("silent senders", alert_queries.next_expiry, self._resolve_silent),
            Line("shift changes", shift_changes.next_due, self._turn_over),
            Line("incidents", incident_due.next_due, self._move_incidents),
            Line("updates", update_due.next_due, self._remind),
            Line("status pages", lambda read: self._compared_at or read.now, self._compare),
            *others,
            Line("laws", lambda read: self._laws_at or read.now, self._check_laws),
            Line("heartbeat", lambda read: self._heartbeat_at or read.now, self._beat),
            Line("tidying", lambda read: self._tidy_at or read.now, self._tidy),
        )

    def _waits(self, line: Line) -> bool:
        """Whether a line belongs to the upkeep, which no page waits for."""
        return line.name in self._upkeep

    @property
    def last_tick_monotonic(self) -> float:
        """When the lines that may wake somebody were last looked at."""
        return self._pager.last_tick_monotonic

    @property
    def last_upkeep_monotonic(self) -> float:
        """When the others were."""
        return self._keeper.last_tick_monotonic

    def _committed(self, topics: frozenset[str], woken: bool) -> None:
        if woken:
            self.wake()

    def wake(self) -> None:
        """Look at the list again."""
        self._pager.wake()
        self._keeper.wake()

    # ---- running by itself

    def start(self) -> None:
        self._pager.start()
        self._keeper.start()

    def finish(self) -> None:
        """Claim nothing new. Returns at once."""
        self._stop.set()
        self.wake()

    def stop(self) -> None:
        """Claim nothing new, and return when what is being sent has been recorded."""
        self.finish()
        self._pager.join(10)
        self._keeper.join(10)
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=False)

    def next_due(self) -> Instant | None:
        """The earliest deadline of all lines."""
        times = self._runner.read(lambda read: [line.due(read) for line in self.lines], lane="engine")
        return min((at for at in times if at is not None), default=None)

    def tick(self) -> bool:
        """Do everything that is due now, until nothing is. True when anything was done."""
        worked = False
        while self._pager.tick() | self._keeper.tick():
            worked = True
            if self._stop.is_set():
                break
        return worked

    # ---- the list

    def _escalate(self) -> bool:
        due = self._runner.read(lambda read: escalation_queries.due(read, read.now, GROUP), lane="engine")
        return self._each(due, escalation_due.climb_all, self._poisoned_run)

    def _ring(self) -> bool:
        due = self._runner.read(lambda read: paging_queries.due_pages(read, read.now, GROUP), lane="engine")
        return self._each(due, page_due.tick_all, None)

    def _each(
        self,
        due: list[tuple[str, str]],
        act: Callable[[Work, Sequence[tuple[str, str]]], bool],
        poisoned: Callable[[str, str], None] | None,
    ) -> bool:
        """All in one unit; if that fails, each on its own, so that one poisoned row does not hold the rest."""
        if not due:
            return False
        # Alert rows are locked in one order everywhere, or two nodes could wait for each other.
        ordered = sorted(due, key=lambda pair: pair[1])
        try:
            return self._runner.run(lambda work: act(work, ordered), lane="engine")
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 - narrowed down below, item by item
            log.warning("group_failed", size=len(due))
        worked = False
        for one, alert in ordered:
            try:
                worked = self._runner.run(lambda work, pair=(one, alert): act(work, [pair]), lane="engine") or worked  # type: ignore[misc]
            except Unavailable:
                raise
            except Exception:  # the rest must flow
                log.exception("item_failed", item=one, alert=alert)
                if poisoned is not None:
                    poisoned(one, alert)
        return worked

    def _poisoned_run(self, run_id: str, alert_id: str) -> None:
        self._runner.run(lambda work: escalation_due.failed(work, run_id, alert_id), lane="engine")

    def _deliver(self) -> bool:
        with self._lock:
            slots = self._free
        if slots <= 0 or self._stop.is_set():
            return False
        if not self._runner.read(_anything_to_send, lane="engine"):
            return False
        claimed = self._sender.claim(slots)
        for one in claimed:
            if self._pool is None:
                self._sender.send(one)
                continue
            with self._lock:
                self._free -= 1
            self._pool.submit(self._send, one)
        return bool(claimed)

    def _send(self, one: Claimed) -> None:
        try:
            self._sender.send(one)
        except Exception:  # the lease runs out and somebody takes it over
            log.exception("send_failed", delivery=one.delivery.id)
        finally:
            with self._lock:
                self._free += 1
            self._pager.wake()

    def _resolve_silent(self) -> bool:
        due = self._runner.read(alert_queries.next_expiry, lane="engine")
        if due is None or micros(due) > micros(self._runner.clock.now()):
            return False
        return self._runner.run(alert_resolved.resolve_silent, lane="engine") > 0

    def _move_incidents(self) -> bool:
        due = self._runner.read(incident_due.due, lane="engine")
        return self._each([(one, one) for one in due], incident_due.tick_pairs, None)

    def _turn_over(self) -> bool:
        due = self._runner.read(shift_changes.next_due, lane="engine")
        if due is None or micros(due) > micros(self._runner.clock.now()):
            return False
        return self._runner.run(shift_changes.record, lane="engine")

    def _remind(self) -> bool:
        due = self._runner.read(lambda read: update_due.due(read, read.now, GROUP), lane="engine")
        return self._each(due, update_due.tick_all, self._poisoned_reminder)

    def _poisoned_reminder(self, clock_id: str, incident_id: str) -> None:
        self._runner.run(lambda work: update_due.failed(work, clock_id, incident_id), lane="engine")

    def _compare(self) -> bool:
        now = self._runner.clock.now()
        if self._compared_at is not None and now < self._compared_at:
            return False
        self._compared_at = plus(now, COMPARE_EVERY_S)
        if not self._runner.read(consistency.stirs, lane="engine"):
            return False
        return self._runner.run(consistency.check, lane="engine")

    def _check_laws(self) -> bool:
        now = self._runner.clock.now()
        if self._laws_at is not None and now < self._laws_at:
            return False
        self.breaches = self._runner.read(laws.check, lane="engine")
        for breach in self.breaches:
            log.error("law_broken", law=breach.law, examples=breach.examples)
        self._watch_the_wall()
        self._laws_at = plus(now, LAWS_EVERY_S)
        return False

    def _watch_the_wall(self) -> None:
        """Timers go by elapsed time, so a machine whose clock was set stays right until a restart: say so once."""
        jumped_s = self._runner.clock.wall_jump_s
        if abs(jumped_s - self._wall_jump_s) > WALL_JUMP_S:
            log.warning("wall_jumped", by_s=round(jumped_s - self._wall_jump_s, 1), in_all_s=round(jumped_s, 1))
            self._wall_jump_s = jumped_s

    def _beat(self) -> bool:
        now = self._runner.clock.now()
        if self._heartbeat_at is not None and now < self._heartbeat_at:
            return False
        self._heartbeat_at = plus(now, HEARTBEAT_EVERY_S)
        if self._heartbeat_url and not self.breaches:
            if self._pool is None:
                self._call_heartbeat()
            else:
                # Never from this thread: a slow receiver of heartbeats must not hold a page.
                self._pool.submit(self._call_heartbeat)
        return False

    def _call_heartbeat(self) -> None:
        if self._fetch is None:
            return
        try:
            self._fetch.request("GET", self._heartbeat_url)
        except FetchFailed as error:
            log.warning("heartbeat_failed", why=str(error))

    def _tidy(self) -> bool:
        now = self._runner.clock.now()
        if self._tidy_at is not None and now < self._tidy_at:
            return False
        self._tidy_at = plus(now, TIDY_EVERY_S)
        self._runner.run(verification.remove_unverified, lane="engine")
        return False


def _anything_to_send(read: Read) -> bool:
    due = paging_queries.next_delivery_due(read)
    return due is not None and micros(due) <= micros(read.now)
