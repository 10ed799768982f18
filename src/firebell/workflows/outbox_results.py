"""What came of posts, recorded together: a send that is not recorded yet is a copy if we die now."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from firebell.domain.outbox.model import Outcome, Post
from firebell.kernel.errors import Unavailable
from firebell.kernel.work import Runner, Work

log = structlog.get_logger()


class Results:
    """Records results that come in together in one unit. Whoever holds the turn records for all who wait for it.

    ``pause_s`` after each unit, in which nothing of ours asks for the one writing connection: whoever gets it next is
    not decided by who has waited longest, and a page must not be the one that loses every time.
    """

    def __init__(self, runner: Runner, settle: Callable[[Work, Post, Outcome], None], pause_s: float) -> None:
        self._runner = runner
        self._settle = settle
        self._pause_s = pause_s
        self._never = threading.Event()
        self._waiting: list[tuple[Post, Outcome]] = []
        self._guard = threading.Lock()
        self._turn = threading.Lock()

    def add(self, post: Post, outcome: Outcome) -> None:
        """Returns when it is recorded (or could not be: then its lease runs out and the post goes again)."""
        with self._guard:
            self._waiting.append((post, outcome))
        with self._turn:
            with self._guard:
                group, self._waiting = self._waiting, []
            self._record(sorted(group, key=lambda pair: pair[0].id))
            if group and self._pause_s:
                self._never.wait(self._pause_s)

    def _record(self, group: list[tuple[Post, Outcome]]) -> None:
        if not group:
            return
        try:
            self._runner.run(lambda work: [self._settle(work, *pair) for pair in group], lane="engine")
        except Unavailable:
            log.warning("posts_not_recorded", posts=[post.id for post, _ in group])
        except Exception:  # one poisoned result must not hold the rest
            if len(group) == 1:
                log.exception("post_not_recorded", post=group[0][0].id)
                return
            for one in group:
                self._record([one])
