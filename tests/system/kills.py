"""SIGKILL at random moments under load, again and again, and what came of it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench.server import seed
from tests.fakes.receiver import Receiver
from tests.system.load import Load
from tests.system.server import CLOCK, Launcher, Server, pause, settings_of
from tests.system.truth import Account, account, told

PEOPLE = 150
COPIES_MAX = 3
"""A message is claimed at most three times without a record; then the fallback is told instead."""


@dataclass(frozen=True, slots=True)
class Killed:
    """``accepted``: requests answered 2xx. ``starts_s``: seconds from start to first answer, sorted.

    ``drained_s``: from the end of the load until everybody had been told.
    """

    kills: int
    accepted: int
    unknown: int
    account: Account
    senders: int
    starts_s: list[float]
    drained_s: float
    took_s: float

    @property
    def faults(self) -> dict[str, object]:
        """Every promise that was not kept (none: all well). A kill may double only what was in flight."""
        found: dict[str, object] = dict(self.account.faults)
        if self.account.duplicates > self.kills * self.senders:
            found["duplicates"] = self.account.duplicates
        if too_many := {k: n for k, n in self.account.copies.items() if n > COPIES_MAX}:
            found["copies"] = too_many
        return found

    def __str__(self) -> str:
        a = self.account
        most = max(a.copies.values(), default=1)
        starts = f"{self.starts_s[len(self.starts_s) // 2]:.2f}/{self.starts_s[-1]:.2f}"
        return (
            f"{self.kills} kills in {self.took_s:.0f} s: {self.accepted} accepted, {self.unknown} refused or unknown, "
            f"{a.alerts} alerts, {a.pages} messages received; "
            f"lost {len(a.lost)}, unpaged {len(a.unpaged)}, opened twice {len(a.opened_twice)}, "
            f"duplicates {a.duplicates} (most copies of one {most}), unmarked {len(a.unmarked)}, "
            f"broken chains {len(a.broken_chains)}, breaches {len(a.breaches)}; "
            f"start p50/max {starts} s, drained in {self.drained_s:.0f} s"
        )


def kill_again_and_again(
    data: Path,
    database_url: str,
    *,
    count: int = 1_000_000,
    least: int = 5,
    accepted_least: int = 0,
    budget_s: float = 1e9,
    random_seed: int = 1,
    per_s: float = 40,
    senders: int = 8,
    say: Callable[[str], None] = lambda line: None,
) -> Killed:
    """Kill ``count`` times, or as often as fits in ``budget_s``; then let the last server finish and settle up.

    On a slow machine the budget is exceeded until there were ``least`` kills and ``accepted_least`` alerts accepted.
    """
    chance = random.Random(random_seed)
    begun = CLOCK.monotonic()
    with (
        Receiver() as receiver,
        Launcher() as launcher,
        Server(data, database_url, launcher=launcher, settings={"FIREBELL_SENDERS": str(senders)}) as server,
    ):
        keys = seed(
            settings_of(data, database_url),
            people_count=PEOPLE,
            source="generic",
            channel="webhook",
            to=receiver.url("/p{n}"),
        )
        starts = [server.start()]
        kills = 0
        with Load(server.port, keys, per_s=per_s) as load:
            while kills < count and (
                kills < least or len(load.acknowledged) < accepted_least or CLOCK.monotonic() - begun < budget_s
            ):
                pause(chance.uniform(0.0, 1.2) if chance.random() < 0.8 else chance.uniform(0.0, 0.15))
                server.kill()
                kills += 1
                starts.append(server.start())
                if kills % 20 == 0:
                    say(f"{kills} kills, {len(load.acknowledged)} accepted, {len(receiver.hits)} messages")
            load.stop()
        acknowledged = load.acknowledged
        drained_s = _drain(receiver, acknowledged)
        server.stop()
        return Killed(
            kills, len(acknowledged), sum(n for status, n in load.answers.items() if not 200 <= status < 300),
            account(data, database_url, acknowledged, receiver.hits),
            senders, sorted(starts), drained_s, CLOCK.monotonic() - begun,
        )  # fmt: skip


def _drain(receiver: Receiver, acknowledged: set[str]) -> float:
    """Wait until everybody is told, as long as messages keep coming; seconds that took.

    Twenty seconds of silence are more than a lease of a dead process (8 s) and the longest hold of a webhook (5 s).
    """
    begun = CLOCK.monotonic()
    while not acknowledged <= told(receiver.hits):
        so_far = len(receiver.hits)
        if not receiver.wait_until(lambda hits, so_far=so_far: len(hits) > so_far, timeout_s=20):  # type: ignore[misc]
            break
        pause(0.2)
    return CLOCK.monotonic() - begun
