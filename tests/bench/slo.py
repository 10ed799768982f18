"""500 objectives over 90 days of minute data: what one evaluation of all of them costs, and what is kept in memory.

Twice: the arithmetic alone, and the real path from a database that holds all 64.8 million minutes to states, clocks and
signals written down.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

from firebell.app import open_house
from firebell.domain.services import commands as services
from firebell.domain.slo import budget, burn, burn_rows, commands, counting, counts_store, queries, targets, windows
from firebell.domain.slo.counts_store import DayKey
from firebell.domain.slo.coverage import stale
from firebell.domain.slo.hours import encode
from firebell.domain.slo.model import Bucket, BudgetState, Indicator, Method, Slo, Source
from firebell.domain.slo.policy import next_state
from firebell.domain.slo.records import SeriesInfo, SloRecord
from firebell.domain.slo.running import KEPT_MAX_S, Running
from firebell.domain.slo.tally import Slot, Tally, tally
from firebell.kernel.clock import SetClock, from_micros
from firebell.kernel.work import Read, Work
from firebell.settings import Settings
from firebell.workflows.budget_burns import Burns

SLOS = 500
DAY = 86_400
PERIOD_S = 90 * DAY
TICKS = 70
REREAD = 10
ALLOWED = Fraction(1, 1000)
EVENT = 10**6
NOW = 20_000 * DAY
WINDOWS = sorted({PERIOD_S, *(w for row in burn_rows.DEFAULT.rows for w in (row.long_s, row.short_s))})
RATES = [[(minute * 7919 + of) % 997 % 3 for minute in range(1440)] for of in range(16)]


def slot(of: int, start: int) -> Slot:
    """Minute data without a table: a day's pattern for each objective, every day the same."""
    return Slot(start, RATES[of % 16][start // 60 % 1440] * EVENT, (1000 + of) * EVENT)


def between(of: int, start: int, end: int) -> Iterable[Slot]:
    return (slot(of, at) for at in range(start, end, 60))


def rss_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def alone() -> None:
    """The arithmetic without a database."""
    before = rss_mib()
    began = time.perf_counter()
    running = []
    for of in range(SLOS):
        day = tally(between(of, NOW - DAY, NOW))
        whole = Tally(day.bad * 90, day.total * 90, day.covered * 90)
        recent = between(of, NOW - KEPT_MAX_S, NOW)
        running.append(Running.begin(WINDOWS, 60, NOW, recent, {PERIOD_S: whole}, NOW - PERIOD_S))
    print(f"{SLOS} objectives begun in {time.perf_counter() - began:.1f} s (their data are made up meanwhile)")
    streams: list[burn.Streams] = [{} for _ in range(SLOS)]
    states = [BudgetState.OK] * SLOS
    took: list[float] = []
    end = NOW
    for tick in range(1, TICKS + 1):
        end = NOW + tick * 60
        began = time.perf_counter()
        for of, one in enumerate(running):
            arriving = between(of, end - REREAD * 60, end)
            one.advance(end, arriving, lambda start, until, of=of: between(of, start, until))  # type: ignore[misc]
            judged = burn.judge(
                burn_rows.DEFAULT.rows, one.readings(), allowed=ALLOWED, period_s=PERIOD_S,
                is_stale=stale(one.newest_end, end),
            )  # fmt: skip
            streams[of], _ = burn.turn(streams[of], judged)
            spent = budget.charge(
                one.tally(PERIOD_S), ALLOWED, elapsed=one.elapsed_s(PERIOD_S), period_s=PERIOD_S, length_s=60
            )
            states[of] = next_state(states[of], spent.remaining)
        took.append(time.perf_counter() - began)
    for of in (0, SLOS - 1):
        assert running[of].tally(PERIOD_S) == tally(between(of, end - PERIOD_S, end))
    ordered = sorted(took)
    print(
        f"{TICKS} ticks of {SLOS} objectives: median {ordered[TICKS // 2] * 1000:.0f} ms, "
        f"worst {ordered[-1] * 1000:.0f} ms; memory {rss_mib():.0f} MiB, of which {rss_mib() - before:.0f} for this"
    )


def bucket(of: int, start: int) -> Bucket:
    one = slot(of, start)
    return Bucket(start, one.total - one.bad, one.total)


def promised(work: Work) -> list[SloRecord]:
    """Objectives of 50 services, measured by what is pushed."""
    window = windows.rolling(windows.read_length("90d", "duration"))
    objectives = (targets.objective(target_percent="99.9"),)
    shops = [services.create_service(work, name=f"shop-{n}") for n in range(50)]
    return [
        commands.create(
            work,
            Slo(name=f"slo-{of}", service=f"shop-{of % 50}", window=window, method=Method.OCCURRENCES,
                objectives=objectives, indicator=Indicator(Source.PUSHED)),
            service_id=shops[of % 50], team_id=None,
        )
        for of in range(SLOS)
    ]  # fmt: skip


def hours_of(found: list[SeriesInfo]) -> Iterator[tuple[int, int, bytes]]:
    """Every stored hour of the last 90 days. A day is encoded once: where an hour lies is not part of it."""
    for of, info in enumerate(found):
        day = [encode({at: bucket(of, at) for at in range(h, h + 3600, 60)}, h, 60) for h in range(0, DAY, 3600)]
        for hour in range(NOW - PERIOD_S, NOW, 3600):
            yield info.id, hour, day[hour % DAY // 3600]


def stored(work: Work, records: list[SloRecord]) -> int:
    """64.8 million minutes, as they lie there after three months. Returns how many."""
    infos = queries.series_of(work, [one.id for one in records])
    found = [infos[one.id, 0] for one in records]
    hours = hours_of(found)
    while rows := list(islice(hours, 50_000)):
        work.execute_many("INSERT INTO slo_hours (series,hour,counts) VALUES (?,?,?)", rows)
    for of, info in enumerate(found):
        day = tally(between(of, NOW - DAY, NOW))
        counts_store.put_days(work, {DayKey(info.id, 0, at): day for at in range(NOW - PERIOD_S, NOW, DAY)})
    work.execute_many(
        "UPDATE slo_series SET first_start=?, newest_end=? WHERE id=?", [(NOW - PERIOD_S, NOW, one.id) for one in found]
    )
    return SLOS * PERIOD_S // 60


def evaluate(burns: Burns) -> None:
    """All that is due, in the portions of the worker."""
    assert burns.act()
    while burns.act():
        pass


def whole() -> None:
    """The real path: read what is stored, judge, write states and clocks."""
    with tempfile.TemporaryDirectory() as folder:
        clock = SetClock(from_micros((NOW + 60) * 1_000_000))
        settings = Settings(data=Path(folder), database_url=f"sqlite:///{folder}/bench.db")
        house = open_house(settings, clock=clock, inline=True)
        records = house.runner.run(promised)
        began = time.perf_counter()
        minutes = house.runner.run(lambda work: stored(work, records))
        size = (Path(folder) / "bench.db").stat().st_size >> 20
        print(f"{minutes / 1e6:.1f} million minutes stored in {time.perf_counter() - began:.0f} s, {size} MiB")
        before, burns = rss_mib(), Burns(house.runner, "http://bench")
        began = time.perf_counter()
        evaluate(burns)
        print(f"first look at all of them, sums begun from the store: {time.perf_counter() - began:.1f} s")
        took: list[float] = []
        wrote: list[float] = []
        worked: list[float] = []
        for tick in range(1, TICKS + 1):
            at = NOW + tick * 60
            clock.set(from_micros((at + 60) * 1_000_000))
            counts = [(one, 0, [bucket(of, at - 60)]) for of, one in enumerate(records)]
            began = time.perf_counter()
            house.runner.run(lambda work, counts=counts: counting.store_counts(work, counts))  # type: ignore[misc]
            wrote.append(time.perf_counter() - began)
            began, busy = time.perf_counter(), time.process_time()
            evaluate(burns)
            took.append(time.perf_counter() - began)
            worked.append(time.process_time() - busy)
        end = NOW + TICKS * 60

        def check(read: Read) -> None:
            for of in (0, SLOS - 1):
                state = queries.state(read, records[of].id)
                expected = tally(between(of, end - PERIOD_S, end))
                assert state is not None
                assert state.error == expected.error

        house.runner.read(check)
        assert burns.sums.begun == SLOS
        house.close()
    ordered, writes, cpu = sorted(took), sorted(wrote), sorted(worked)
    print(
        f"{TICKS} ticks of {SLOS} stored objectives, reads and writes included: median "
        f"{ordered[TICKS // 2] * 1000:.0f} ms, worst {ordered[-1] * 1000:.0f} ms, of the processor "
        f"{cpu[TICKS // 2] * 1000:.0f} ms (storing their minute: {writes[TICKS // 2] * 1000:.0f} ms); "
        f"memory {rss_mib():.0f} MiB, of which {rss_mib() - before:.0f} for this"
    )


def main() -> None:
    """Print the figures."""
    alone()
    whole()


if __name__ == "__main__":
    main()
