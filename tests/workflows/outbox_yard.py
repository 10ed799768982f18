"""An outbox with a set clock and outlets that record: who was told what, and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from firebell.domain.outbox import commands, queries, store
from firebell.domain.outbox.model import Outcome, OutcomeKind, Post
from firebell.domain.outbox.rules import Sequel
from firebell.integrations.outlets.contract import Parcel
from firebell.kernel.clock import SetClock, from_micros, micros
from firebell.kernel.db import Database
from firebell.kernel.fetch import Fetch, FetchPolicy
from firebell.kernel.journal import ChainKey
from firebell.kernel.work import Read, Runner, Work
from firebell.workflows.outbox_desks import Directions, say_if_failed
from firebell.workflows.outbox_due import Dispatcher

Script = Callable[[str, int], Outcome | None]


@dataclass(frozen=True, slots=True)
class Told:
    """One attempt. ``after_s``: seconds since the yard was opened."""

    target: str
    words: str
    after_s: float
    attempt: int
    outcome: str


@dataclass(slots=True)
class RecordingOutlet:
    """Accepts everything, unless ``script(target, attempt)`` says otherwise."""

    yard: Yard
    slug: str = "test"
    name: str = "Test"
    patience_s: int = 4 * 86_400

    def deliver(self, parcel: Parcel, target: Mapping[str, str], fetch: Fetch) -> Outcome:
        outcome = self.yard.script(target["to"], parcel.attempt) or Outcome(OutcomeKind.SENT, "200 OK")
        self.yard.told.append(
            Told(target["to"], str(parcel.payload["words"]), self.yard.passed_s(), parcel.attempt, outcome.kind)
        )
        return outcome


@dataclass(slots=True)
class TestDesk:
    """Every target is there, except those that have gone."""

    __test__ = False
    gone: set[str] = field(default_factory=set)
    after: list[tuple[str, str]] = field(default_factory=list)

    def directions(self, read: Read, posts: Sequence[Post]) -> Mapping[str, Directions]:
        return {one.id: Directions({"to": one.target_id}) for one in posts if one.target_id not in self.gone}

    def told(self, work: Work, post: Post, outcome: Outcome, sequel: Sequel) -> None:
        self.after.append((post.target_id, sequel.state))
        say_if_failed(work, post, sequel)


class Yard:
    """``posters`` = 0: sent in the caller's thread."""

    def __init__(self, url: str, *, posters: int = 0, clock: SetClock | None = None) -> None:
        self.clock = clock or SetClock()
        self.began = micros(self.clock.now())
        self.told: list[Told] = []
        self.script: Script = lambda target, attempt: None
        self.desk = TestDesk()
        self.database = Database(url)
        self.runner = Runner(self.database, self.clock, ChainKey("test", b"k" * 32))
        self.outlet = RecordingOutlet(self)
        self.dispatcher = self.another("boot", posters)

    def another(self, boot_id: str, posters: int = 0) -> Dispatcher:
        """One more dispatcher on the same database, as another process would have."""
        return Dispatcher(
            self.runner, {"test": self.outlet}, {"test": self.desk}, Fetch(FetchPolicy()), boot_id=boot_id,
            posters=posters, jitter=lambda: 0.0,
        )  # fmt: skip

    def close(self) -> None:
        self.dispatcher.stop()
        self.database.close()

    def passed_s(self) -> float:
        return (micros(self.clock.now()) - self.began) / 1e6

    def put(self, target: str, words: str = "hello", **more: Any) -> str:
        return self.runner.run(lambda work: commands.put(work, "test", target, {"words": words}, **more))

    def settle(self) -> None:
        while self.dispatcher.act():
            pass

    def run_for(self, *, seconds: float = 0, hours: float = 0) -> None:
        """Let time pass, stopping at everything that falls due."""
        end = micros(self.clock.now()) + round((seconds + 3600 * hours) * 1e6)
        while True:
            self.settle()
            due = self.runner.read(self.dispatcher.next_due)
            if due is None or micros(due) >= end:
                break
            self.clock.set(due)
        self.clock.set(from_micros(end))
        self.settle()

    def post(self, post_id: str) -> Post:
        return self.runner.read(lambda read: queries.post(read, post_id))

    def states(self) -> list[str]:
        rows = self.runner.read(lambda read: read.all(store.select(store.posts.c.state).order_by(store.posts.c.id)))
        return [row.state for row in rows]

    def words_to(self, target: str) -> list[str]:
        return [one.words for one in self.told if one.target == target and one.outcome == "sent"]


def failing(*targets: str, kind: OutcomeKind = OutcomeKind.RETRY, times: int = 10**9, **more: Any) -> Script:
    """Each of these targets fails so many times before it works."""
    left = dict.fromkeys(targets, times)

    def script(target: str, attempt: int) -> Outcome | None:
        if left.get(target, 0) <= 0:
            return None
        left[target] -= 1
        return Outcome(kind, "503", **more)

    return script
