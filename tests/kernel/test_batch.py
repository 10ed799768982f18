"""Group commit: answered after the commit, one poisoned item alone fails, a full queue says so before accepting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from firebell.kernel.batch import Batch
from firebell.kernel.clock import SetClock
from firebell.kernel.errors import Invalid, Unavailable
from firebell.kernel.work import Runner, Work
from tests.kernel.things import Thing, all_things, things


class Intake:
    """Writes a thing per item; the first group waits at the gate, so that the others queue up behind it."""

    def __init__(self, runner: Runner, *, shut: bool = False, **bounds: float) -> None:
        self.groups: list[list[str]] = []
        self.gate = threading.Event()
        self.busy = threading.Event()
        if not shut:
            self.gate.set()
        self.batch: Batch[str, int] = Batch(runner, self._handle, **bounds)  # type: ignore[arg-type]

    def _handle(self, work: Work, items: Sequence[str]) -> list[int]:
        self.groups.append(list(items))
        self.busy.set()
        self.gate.wait(10)
        work.insert_structs(things, [Thing(id=item) for item in items])
        if any(item.startswith("poison") for item in items):
            raise Invalid("cannot be written")
        return [len(item) for item in items]

    async def behind_the_gate(self, items: Sequence[str], weight: int = 1) -> list[int | BaseException]:
        """Submit the first item, and when it is being written the rest; then open the gate."""
        first = asyncio.ensure_future(self.batch.submit(items[0], weight))
        await asyncio.to_thread(self.busy.wait, 10)
        rest = [asyncio.ensure_future(self.batch.submit(item, weight)) for item in items[1:]]
        await asyncio.sleep(0)
        self.gate.set()
        return await asyncio.gather(first, *rest, return_exceptions=True)


def ids(runner: Runner) -> list[str]:
    return [t.id for t in runner.read(all_things)]


def test_everyone_gets_their_own_answer_and_it_is_in_the_database_by_then(runner: Runner) -> None:
    intake = Intake(runner)

    async def one(item: str) -> tuple[int, bool]:
        answer = await intake.batch.submit(item)
        return answer, item in await asyncio.to_thread(ids, runner)

    async def all_of_them() -> list[tuple[int, bool]]:
        return await asyncio.gather(*(one("x" * n) for n in range(1, 30)))

    assert asyncio.run(all_of_them()) == [(n, True) for n in range(1, 30)]
    intake.batch.close()


def test_those_who_wait_go_together_into_the_next_commit(runner: Runner) -> None:
    intake = Intake(runner, shut=True)
    asyncio.run(intake.behind_the_gate(["a", "b", "c", "d"]))
    assert intake.groups == [["a"], ["b", "c", "d"]]
    intake.batch.close()


def test_a_group_holds_no_more_than_its_weight_but_a_heavy_item_goes_alone(runner: Runner) -> None:
    intake = Intake(runner, shut=True, weight_max=5)
    asyncio.run(intake.behind_the_gate(["a", "b", "c", "d", "e"], weight=2))
    assert intake.groups == [["a"], ["b", "c"], ["d", "e"]]
    intake.batch.close()
    heavy = Intake(runner, weight_max=5)
    assert asyncio.run(heavy.batch.submit("heavy", 50)) == 5
    heavy.batch.close()


def test_a_poisoned_item_fails_alone(runner: Runner) -> None:
    intake = Intake(runner, shut=True)
    items = ["a", "b", "c", "poison", "e", "f", "g"]
    answers = asyncio.run(intake.behind_the_gate(items))
    assert [type(a).__name__ for a in answers] == ["int", "int", "int", "Invalid", "int", "int", "int"]
    assert ids(runner) == ["a", "b", "c", "e", "f", "g"]
    intake.batch.close()


def test_a_full_queue_refuses_before_anything_is_accepted(runner: Runner) -> None:
    intake = Intake(runner, shut=True, waiting_max=2)
    answers = asyncio.run(intake.behind_the_gate(["a", "b", "c", "d"]))
    assert answers[:3] == [1, 1, 1]
    assert isinstance(answers[3], Unavailable)
    assert answers[3].retry_after_s >= 1
    assert intake.batch.refused == 1
    assert ids(runner) == ["a", "b", "c"]
    intake.batch.close()


def test_whoever_has_waited_too_long_is_refused_and_not_written(runner: Runner, clock: SetClock) -> None:
    intake = Intake(runner, shut=True, wait_s_max=2.0)

    async def story() -> list[int | BaseException]:
        first = asyncio.ensure_future(intake.batch.submit("a"))
        await asyncio.to_thread(intake.busy.wait, 10)
        late = asyncio.ensure_future(intake.batch.submit("late"))
        await asyncio.sleep(0)
        clock.advance(2.5)
        fresh = asyncio.ensure_future(intake.batch.submit("fresh"))
        await asyncio.sleep(0)
        intake.gate.set()
        return list(await asyncio.gather(first, late, fresh, return_exceptions=True))

    first, late, fresh = asyncio.run(story())
    assert (first, fresh) == (1, 5)
    assert isinstance(late, Unavailable)
    assert ids(runner) == ["a", "fresh"]
    intake.batch.close()


def test_closing_finishes_what_is_queued_and_refuses_what_comes_after(runner: Runner) -> None:
    intake = Intake(runner, shut=True)

    async def story() -> list[int | BaseException]:
        first = asyncio.ensure_future(intake.batch.submit("a"))
        await asyncio.to_thread(intake.busy.wait, 10)
        second = asyncio.ensure_future(intake.batch.submit("b"))
        await asyncio.sleep(0)
        closing = asyncio.ensure_future(asyncio.to_thread(intake.batch.close))
        intake.gate.set()
        await closing
        with pytest.raises(Unavailable):
            await intake.batch.submit("c")
        return list(await asyncio.gather(first, second, return_exceptions=True))

    assert asyncio.run(story()) == [1, 1]
    assert ids(runner) == ["a", "b"]
