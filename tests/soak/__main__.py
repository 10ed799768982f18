"""Long runs: ``python -m tests.soak kills --count 200 --database both``. Exits 1 when a promise broke.

``properties`` runs whatever Hypothesis drives with many times the examples of ``make test``; it takes hours.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import databases, effort
from tests.system.kills import kill_again_and_again


def main() -> int:
    """Run what the command line asks for (everything without arguments)."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["kills", "properties"], default="kills")
    parser.add_argument("--count", type=int, default=200, help="how many kills per database")
    parser.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-s", type=float, default=40, help="alerts per second")
    parser.add_argument("--senders", type=int, default=8, help="messages sent at the same time")
    given = parser.parse_args()
    if given.what == "properties":
        return properties()
    kinds = ["sqlite", "postgres"] if given.database == "both" else [given.database]
    return max(kills(kind, given) for kind in kinds)


def properties() -> int:
    """Every property, and the state machines behind the slow tests, with many examples. 1 when one does not hold."""
    which = "(hypothesis or slow) and not system and not browser"
    command = [sys.executable, "-m", "pytest", "-n", "auto", "-m", which]
    done = subprocess.run(command, env={**os.environ, effort.VARIABLE: "soak"}, check=False)
    return int(done.returncode != 0)


def kills(kind: str, given: argparse.Namespace) -> int:
    """SIGKILL ``count`` times under load. 1 when anything was lost, unpaged or sent too often."""
    with fresh(kind) as (data, url):
        print(f"== kills, {kind}, seed {given.seed}, {given.senders} senders", flush=True)
        killed = kill_again_and_again(
            data,
            url,
            count=given.count,
            random_seed=given.seed,
            per_s=given.per_s,
            senders=given.senders,
            say=lambda line: print(f"   {line}", flush=True),
        )
        print(f"   {killed}", flush=True)
        broken = killed.faults
        if broken:
            print(f"   BROKEN: {broken}", flush=True)
        return int(bool(broken))


@contextmanager
def fresh(kind: str) -> Iterator[tuple[Path, str]]:
    """A data folder and the URL of an empty database of this kind, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="firebell-soak-") as folder:
        if kind == "sqlite":
            yield Path(folder), ""
            return
        with databases.cluster("fsync=on") as server:
            yield Path(folder), databases.fresh_database(server, "soak")


if __name__ == "__main__":
    sys.exit(main())
