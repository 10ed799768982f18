"""Learning as lines of the worker's list: what is late of postmortems and action items, and verdicts. No page waits."""

from __future__ import annotations

from collections.abc import Callable

from firebell.entrypoints.worker import Line
from firebell.kernel.clock import Instant, micros
from firebell.kernel.work import Read, Runner, Work
from firebell.workflows import action_due, postmortem_due, postmortem_repeats, postmortem_verdicts


def lines(runner: Runner) -> tuple[Line, ...]:
    """The worker's lines for all of it, in order."""
    return (
        _line("postmortems", runner, postmortem_due.next_due, postmortem_due.tick),
        _line("action items", runner, action_due.next_due, action_due.tick),
        _line("recurrence", runner, postmortem_repeats.next_due, postmortem_repeats.tick),
        _line("verdicts", runner, postmortem_verdicts.next_due, postmortem_verdicts.tick),
    )


def _line(name: str, runner: Runner, next_due: Callable[[Read], Instant | None], tick: Callable[[Work], bool]) -> Line:
    def act() -> bool:
        due = runner.read(next_due, lane="engine")
        if due is None or micros(due) > micros(runner.clock.now()):
            return False
        return runner.run(tick, lane="engine")

    return Line(name, next_due, act)
