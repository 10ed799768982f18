"""Budgets as lines of the worker's list: sources are asked, objectives looked at, shares reckoned. No page waits."""

from __future__ import annotations

from firebell.entrypoints.worker import Line
from firebell.kernel.fetch import Fetch
from firebell.kernel.secrets import Keyring
from firebell.kernel.work import Runner
from firebell.workflows import budget_requires
from firebell.workflows.budget_burns import Burns
from firebell.workflows.budget_polls import Polls
from firebell.workflows.budget_shares import Shares

POLLERS = 4


class Budgets:
    """``inline``: sources are asked in the caller's thread (tests, demo)."""

    def __init__(self, runner: Runner, fetch: Fetch, keyring: Keyring, base_url: str, *, inline: bool) -> None:
        self.polls = Polls(runner, fetch, keyring, pollers=0 if inline else POLLERS)
        self.burns = Burns(runner, base_url, self.polls.worst)
        self.shares = Shares(runner, self.burns, require=budget_requires.require, classes=budget_requires.classes)

    def lines(self) -> tuple[Line, ...]:
        """In order: what is asked before what is judged."""
        return (
            Line("slo polls", self.polls.next_due, self.polls.act),
            Line("budgets", self.burns.next_due, self._evaluate),
        )

    def finish(self) -> None:
        """Ask nothing new. Returns at once."""
        self.polls.finish()

    def stop(self) -> None:
        """Return when what is being asked has answered."""
        self.polls.stop()

    def _evaluate(self) -> bool:
        worked = self.burns.act()
        if worked:
            self.shares.follow()
        return worked
