"""Ten thousand escalation timers due at the same instant: how long until every next step has been taken."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from firebell.app import open_house
from firebell.domain.alerts.model import Arrival, Origin, Signal, Status
from firebell.domain.escalation import queries as escalation
from firebell.domain.services import queries as services
from firebell.kernel.clock import SetClock
from firebell.kernel.work import Work
from firebell.settings import Settings
from firebell.workflows import alert_arrives
from tests.bench.server import seed

TIMERS = 10_000
SERVICES = 100


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(prefix="firebell-bench-") as folder:
        settings = Settings(data=Path(folder), allow_http=True, allow_internal=("127.0.0.0/8",))
        seed(
            settings, people_count=SERVICES, source="generic", channel="webhook", to="http://127.0.0.1:9/{n}", wait_s=60
        )
        clock = SetClock()
        house = open_house(settings, clock=clock, inline=True)
        doors = house.runner.read(services.integrations)
        intakes = house.runner.read(lambda read: services.intakes(read, [d.id for d in doors]))
        origins = [
            Origin(i.integration_id, i.service_id, i.team_id, i.policy_id, "SEV1", "high") for i in intakes.values()
        ]

        def arrive(work: Work, n: int) -> None:
            signals = [Signal(status=Status.FIRING, summary=f"alert {n}-{i}", dedup_key=f"{n}-{i}") for i in range(100)]
            alert_arrives.arrive(work, [Arrival(origins[n % SERVICES], signals, None)])

        for n in range(TIMERS // 100):
            house.runner.run(lambda work, n=n: arrive(work, n))  # type: ignore[misc]
        for label in ("first steps", "timers due at once"):
            begun = time.perf_counter()
            while house.worker.lines[0].act():
                pass
            took = time.perf_counter() - begun
            left = house.runner.read(lambda read: escalation.due(read, read.now, 1))
            print(f"{TIMERS:,} {label}: {took:.1f} s, {TIMERS / took:,.0f} a second, left over {len(left)}")
            clock.advance(61)
        house.close()


if __name__ == "__main__":
    main()
