"""500 objectives over 90 days of minute data: what one evaluation of all of them costs, and what is kept in memory."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterable
from fractions import Fraction

from firebell.domain.slo import budget, burn, burn_rows
from firebell.domain.slo.coverage import stale
from firebell.domain.slo.model import BudgetState
from firebell.domain.slo.policy import next_state
from firebell.domain.slo.running import KEPT_MAX_S, Running
from firebell.domain.slo.tally import Slot, Tally, tally

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


def main() -> None:
    """Print the figures."""
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


if __name__ == "__main__":
    main()
