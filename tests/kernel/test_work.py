"""Units of work: all or nothing, repeated when a race is lost, heard of only after the commit, never one in another."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select, text, update

from firebell.kernel.actor import NOBODY, SYSTEM, Actor, Permission
from firebell.kernel.clock import SetClock
from firebell.kernel.errors import Forbidden, Invalid, Stale, Unauthenticated, Unavailable
from firebell.kernel.work import Read, Runner, Work
from tests.kernel.things import Happened, Thing, all_things, things


def test_a_unit_that_raises_leaves_no_trace(runner: Runner) -> None:
    heard: list[object] = []
    runner.on_commit(lambda topics, woken: heard.append((topics, woken)))

    def job(work: Work) -> None:
        work.insert_structs(things, [Thing(id="t1")])
        work.record("thing_1", Happened(what="made"))
        work.publish("things")
        work.wake()
        work.after_commit(lambda: heard.append("after"))
        raise Invalid("no")

    with pytest.raises(Invalid):
        runner.run(job)
    assert runner.read(all_things) == []
    assert runner.read(lambda read: read.history("thing_1")) == []
    assert heard == []


def test_what_follows_a_commit_sees_the_commit(runner: Runner) -> None:
    seen: list[int] = []
    topics: list[tuple[frozenset[str], bool]] = []
    runner.on_commit(lambda what, woken: topics.append((what, woken)))

    def job(work: Work) -> str:
        work.insert_structs(things, [Thing(id="t1")])
        work.after_commit(lambda: seen.append(len(runner.read(all_things))))
        work.publish("a", "b")
        return "answer"

    assert runner.run(job) == "answer"
    assert seen == [1]
    assert topics == [(frozenset({"a", "b"}), False)]
    runner.run(lambda work: None)
    assert len(topics) == 1, "a unit that says nothing is not announced"


def test_a_lost_race_repeats_the_whole_unit_and_only_the_last_attempt_counts(runner: Runner) -> None:
    tries: list[int] = []

    def job(work: Work) -> int:
        tries.append(len(tries))
        work.insert_structs(things, [Thing(id=f"t{len(tries)}")])
        work.after_commit(lambda n=len(tries): tries.append(100 + n))  # type: ignore[misc]
        if len(tries) < 3:
            raise Stale("lost")
        return len(tries)

    assert runner.run(job) == 3
    assert [t.id for t in runner.read(all_things)] == ["t3"]
    assert tries == [0, 1, 2, 103]


def test_a_race_that_is_always_lost_is_given_up(runner: Runner) -> None:
    tries: list[None] = []

    def job(work: Work) -> None:
        tries.append(None)
        raise Stale("lost")

    with pytest.raises(Stale):
        runner.run(job)
    assert len(tries) == 5


@pytest.mark.parametrize("verb", ["run", "read"])
def test_what_stood_still_for_so_long_that_its_transaction_was_ended_is_repeated(runner: Runner, verb: str) -> None:
    if runner.database.is_sqlite:
        return  # nobody ends a transaction there
    tries: list[int] = []

    def job(read: Read) -> object:
        tries.append(1)
        if len(tries) == 1:
            read.connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 20")
            threading.Event().wait(0.3)
        return read.scalar(text("SELECT 7"))

    assert getattr(runner, verb)(job) == 7
    assert len(tries) == 2


def test_an_ordinary_refusal_is_not_repeated(runner: Runner) -> None:
    tries: list[None] = []

    def job(work: Work) -> None:
        tries.append(None)
        raise Invalid("no")

    with pytest.raises(Invalid):
        runner.run(job)
    assert len(tries) == 1


def test_a_unit_within_a_unit_is_refused_and_the_outer_one_stays_whole(runner: Runner) -> None:
    def job(work: Work) -> None:
        work.insert_structs(things, [Thing(id="outer")])
        with pytest.raises(RuntimeError, match="within another"):
            runner.run(lambda inner: inner.insert_structs(things, [Thing(id="inner")]))
        work.insert_structs(things, [Thing(id="outer_2")])
        raise Invalid("undo it all")

    with pytest.raises(Invalid):
        runner.run(job)
    assert runner.read(all_things) == []
    assert runner.run(lambda work: work.insert_structs(things, [Thing(id="later")])) == 1


def test_the_instant_is_the_same_for_the_whole_unit(runner: Runner, clock: SetClock) -> None:
    def job(work: Work) -> bool:
        before = work.now
        clock.advance(5)
        return bool(work.now == before and work.now < clock.now())

    assert runner.run(job)


def test_looking_changes_nothing_and_asks_who_is_looking(runner: Runner) -> None:
    reader = Actor("user", "usr_1", grants=frozenset({Permission.ALERTS_VIEW}))
    runner.read(lambda read: read.needs(Permission.ALERTS_VIEW), reader)
    with pytest.raises(Forbidden):
        runner.read(lambda read: read.needs(Permission.SETTINGS_EDIT), reader)
    with pytest.raises(Unauthenticated):
        runner.read(lambda read: read.needs(Permission.ALERTS_VIEW), NOBODY)
    runner.read(lambda read: read.needs(Permission.SETTINGS_EDIT, "tea_1"), SYSTEM)


def test_four_threads_count_to_forty_and_none_is_lost(runner: Runner) -> None:
    runner.run(lambda work: work.insert_structs(things, [Thing(id="t", n=0)]))
    failed: list[BaseException] = []

    def one_more(work: Work) -> None:
        row = work.take(select(things).where(things.c.id == "t"))
        assert row is not None
        work.write(update(things).where(things.c.id == "t").values(n=row.n + 1))
        work.record("alr_same", Happened(n=row.n))

    def count() -> None:
        try:
            for _ in range(10):
                runner.run(one_more)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert runner.read(all_things)[0].n == 40
    assert [e.n for e in runner.read(lambda read: read.history("alr_same"))] == list(range(1, 41))


def test_the_end_waits_for_the_unit_under_way_and_refuses_the_next(runner: Runner) -> None:
    begun, closing = threading.Event(), threading.Event()
    came_of_it: list[object] = []

    def job(work: Work) -> str:
        begun.set()
        assert closing.wait(10)
        work.insert_structs(things, [Thing(id="t1")])
        return "done"

    def close() -> None:
        closing.set()
        runner.database.close()

    unit = threading.Thread(target=lambda: came_of_it.append(runner.run(job)))
    unit.start()
    assert begun.wait(10)
    end = threading.Thread(target=close)
    end.start()
    for one in (unit, end):
        one.join(10)
    assert came_of_it == ["done"]
    with pytest.raises(Unavailable):
        runner.run(lambda work: work.insert_structs(things, [Thing(id="t2")]))
    with pytest.raises(Unavailable):
        runner.read(all_things)
