"""Posts go out: claim, commit, send, reopen, record. They have their own hands, so that no page ever waits for one.

``Dispatcher`` is what the worker holds. A receiver that is slow to answer keeps a hand busy for a second only: then
another takes up the work, so that a place that does not answer delays nobody else.
"""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from firebell.domain.outbox import commands, queries, rules
from firebell.domain.outbox.model import Outcome, OutcomeKind, Post
from firebell.integrations.outlets.contract import Outlet, Parcel
from firebell.kernel.clock import Instant, micros, plus
from firebell.kernel.crash import crashpoint
from firebell.kernel.errors import Unavailable
from firebell.kernel.fetch import Fetch
from firebell.kernel.work import Read, Runner, Work
from firebell.workflows.outbox_desks import Desk, Directions
from firebell.workflows.outbox_results import Results

log = structlog.get_logger()
QUICK_S = 1.0
REST_S = 1.0
HANDS_MAX = 64
BATCH = 16
STOP_WAITS_S = 5.0
STOP_WAITS_LEAST_S = 0.5
PAUSE_S = 0.02


@dataclass(frozen=True, slots=True)
class Ready:
    """A claimed post with its directions."""

    post: Post
    directions: Directions
    at_monotonic: float


@dataclass(slots=True)
class _Hands:
    """What is claimed and not begun, what is being sent since when, and how many results are not written yet."""

    waiting: deque[Ready] = field(default_factory=deque)
    busy: dict[str, float] = field(default_factory=dict)
    unwritten: int = 0

    @property
    def full(self) -> bool:
        """A result that is not written is a copy if we die now: there must not be ever more of them."""
        return len(self.busy) + self.unwritten >= HANDS_MAX


class Dispatcher:
    """``posters``: how many send at once; 0 sends inline, in the caller's thread (tests, demo)."""

    def __init__(
        self,
        runner: Runner,
        outlets: Mapping[str, Outlet],
        desks: Mapping[str, Desk],
        fetch: Fetch,
        *,
        boot_id: str,
        posters: int,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._runner = runner
        self._outlets = outlets
        self._desks = desks
        self._fetch = fetch
        self._boot_id = boot_id
        self._posters = posters
        self._jitter = jitter
        self._hands = _Hands()
        self._changed = threading.Condition()
        self._stopping = False
        self._stopping_since = 0.0
        self._closed = False
        self._rest_until: Instant | None = None
        self._results = Results(runner, self._settle, PAUSE_S if posters else 0.0)
        self.woken: Callable[[], None] = lambda: None
        runner.on_commit(self._committed)

    def _committed(self, topics: frozenset[str], woken: bool) -> None:
        if woken:
            self._rest_until = None

    # ---- what the worker asks

    def next_due(self, read: Read) -> Instant | None:
        """When ``act`` would find something to do."""
        due = queries.next_due(read)
        if due is None:
            return None
        if self._stopping or self._room() <= 0:
            return max(due, plus(read.now, REST_S))
        rest = self._rest_until
        return due if rest is None else max(due, rest)

    def act(self) -> bool:
        """Claim what is due and begin sending it. True when something was claimed."""
        self._pump()
        room = self._room()
        if room <= 0 or self._stopping:
            return False
        now = self._runner.clock.now()
        due = self._runner.read(queries.next_due, lane="engine")
        if due is None or micros(due) > micros(now):
            return False
        if self._runner.read(queries.any_abandoned, lane="engine"):
            self._runner.run(commands.take_over, lane="engine")
        if self._runner.read(queries.any_postponable, lane="engine"):
            return self._runner.run(commands.postpone, lane="engine") > 0
        # Inline one of a lane at a time, so that tests see the first failure of a lane stop the second attempt.
        lane_max = self._posters * BATCH or 1
        waiting = self._runner.read(
            lambda read: queries.waiting(read, limit=room * 4, lane_max=lane_max), lane="engine"
        )
        before = self._runner.clock.monotonic()
        claimed = self._runner.run(
            lambda work: self._claim(work, waiting, room, lane_max, before), lane="engine"
        ) if waiting else None  # fmt: skip
        if claimed is None or not claimed.any:
            # Something is due and cannot go (its lane is being probed): look again in a moment, not at once.
            self._rest_until = plus(now, REST_S)
            return False
        crashpoint("post.after_claim")
        if self._posters == 0:
            for one in claimed.ready:
                self._record(one.post, self._deliver(one))
            return True
        with self._changed:
            self._hands.waiting.extend(claimed.ready)
        self._pump()
        return True

    @dataclass(frozen=True, slots=True)
    class _Claimed:
        ready: list[Ready]
        any: bool

    def _claim(
        self, work: Work, waiting: Sequence[rules.Waiting], slots: int, lane_max: int, before: float
    ) -> _Claimed:
        posts = commands.claim(work, waiting, self._boot_id, slots=slots, lane_max=lane_max)
        ready: list[Ready] = []
        by_outlet: dict[str, list[Post]] = {}
        for post in posts:
            by_outlet.setdefault(post.outlet, []).append(post)
        for outlet, group in by_outlet.items():
            desk = self._desks.get(outlet)
            if desk is None or outlet not in self._outlets:
                for post in group:
                    outcome = Outcome(OutcomeKind.DEAD, f"there is no outlet {outlet}")
                    sequel = commands.record(work, post, outcome, patience_s=0, jitter=0.0)
                    if sequel is not None:
                        commands.say_failed(work, post, sequel)
                continue
            found = desk.directions(work, group)
            for post in group:
                if post.id in found:
                    ready.append(Ready(post, found[post.id], before))
                else:
                    commands.drop(work, post, "its target is gone")
        order = {post.id: n for n, post in enumerate(posts)}
        return self._Claimed(sorted(ready, key=lambda one: order[one.post.id]), bool(posts))

    # ---- the hands

    def _quick(self) -> int:
        """How many sends began less than a second ago: only these keep others from beginning."""
        now = self._runner.clock.monotonic()
        return sum(1 for since in self._hands.busy.values() if now - since < QUICK_S)

    def _room(self) -> int:
        """How many more posts are worth claiming."""
        if self._posters == 0:
            return 16
        with self._changed:
            if self._hands.full or len(self._hands.waiting) >= self._posters:
                return 0
            return self._posters * BATCH - len(self._hands.waiting)

    def _pump(self) -> None:
        """Begin what can begin."""
        late: list[Ready] = []
        with self._changed:
            now = self._runner.clock.monotonic()
            while self._hands.waiting and self._quick() < self._posters and not self._hands.full:
                one = self._hands.waiting.popleft()
                if self._stopping or not rules.may_start(one.at_monotonic, now):
                    late.append(one)
                    continue
                self._hands.busy[one.post.id] = now
                threading.Thread(target=self._carry, args=(one,), name="poster", daemon=True).start()
        self._give_back(late)

    def _carry(self, one: Ready) -> None:
        """Send, let the next one begin, and write down what came of it together with others."""
        try:
            outcome = self._deliver(one)
        finally:
            with self._changed:
                self._hands.busy.pop(one.post.id, None)
                self._hands.unwritten += 1
                hungry = len(self._hands.waiting) < self._posters
        try:
            self._pump()
            if hungry:
                self.woken()
            self._record(one.post, outcome)
        except Exception:  # the lease runs out and somebody takes it over
            log.exception("post_failed", post=one.post.id)
        finally:
            with self._changed:
                self._hands.unwritten -= 1
                self._changed.notify_all()
            self._rest_until = None
            self._pump()

    def _give_back(self, late: Sequence[Ready]) -> None:
        if late:
            self._runner.run(lambda work: commands.hand_back(work, [one.post for one in late]), lane="engine")

    def _deliver(self, one: Ready) -> Outcome:
        """Send one claimed post. Never raises for what a receiver does."""
        post = one.post
        payload = post.payload if one.directions.payload is None else one.directions.payload
        parcel = Parcel(
            post.id, payload, post.attempt, micros(self._runner.clock.now()) // 1_000_000, post.attempt > 1
        )  # fmt: skip
        try:
            outcome = self._outlets[post.outlet].deliver(parcel, one.directions.target, self._fetch)
        except Exception as error:  # a faulty outlet must not stop the others
            log.exception("outlet_raised", outlet=post.outlet, post=post.id)
            outcome = Outcome(OutcomeKind.RETRY, f"the outlet failed: {type(error).__name__}")
        crashpoint("post.after_provider")
        if outcome.kind is OutcomeKind.RETRY:
            self._spare(post.lane)
        return outcome

    def _record(self, post: Post, outcome: Outcome) -> None:
        if self._closed:
            log.warning("post_ended_after_the_end", post=post.id)
            return
        self._results.add(post, outcome)
        crashpoint("post.after_record")

    def _spare(self, lane: str) -> None:
        """A lane has just failed: what was claimed for it and has not begun goes back."""
        with self._changed:
            spared = [one for one in self._hands.waiting if one.post.lane == lane]
            self._hands.waiting = deque(one for one in self._hands.waiting if one.post.lane != lane)
        self._give_back(spared)

    def _settle(self, work: Work, post: Post, outcome: Outcome) -> None:
        patience_s = self._outlets[post.outlet].patience_s
        sequel = commands.record(work, post, outcome, patience_s=patience_s, jitter=self._jitter())
        if sequel is None:
            log.warning("stale_post", post=post.id, outcome=outcome.kind)
            return
        self._desks[post.outlet].told(work, post, outcome, sequel)

    # ---- the end

    def finish(self) -> None:
        """Begin nothing new. Returns at once."""
        if not self._stopping:
            self._stopping_since = self._runner.clock.monotonic()
        self._stopping = True

    def stop(self) -> None:
        """Give back what has not begun and wait a little for what is under way; leases cover the rest."""
        self.finish()
        with self._changed:
            spared, self._hands.waiting = list(self._hands.waiting), deque()
        try:
            self._give_back(spared)
        except Unavailable:
            log.warning("posts_not_given_back", posts=len(spared))
        with self._changed:
            # What pages waited for was waited for here, too: one after the other would be more than a stop may take.
            waited_s = self._runner.clock.monotonic() - self._stopping_since
            left_s = max(STOP_WAITS_LEAST_S, STOP_WAITS_S - waited_s)
            self._changed.wait_for(lambda: not (self._hands.busy or self._hands.unwritten), left_s)
        # The database may be gone from here on: what is still under way is left to whoever takes its lease over.
        self._closed = True
