"""The process dies between any two steps: nothing is lost, one copy at most, and a copy says that it may be one."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from tests.bench.server import seed
from tests.fakes.receiver import Receiver
from tests.system.server import CLOCK, Launcher, Server, settings_of
from tests.system.truth import account, told

ALERTS = 2
LEASE_S = 8
POINTS = [
    "intake.before_commit",
    "intake.after_commit",
    "engine.before_commit",
    "engine.after_commit",
    "escalation.before_pages",
    "send.after_claim",
    "send.after_provider",
    "send.after_record",
]
NOTHING_IN_FLIGHT = {"send.after_claim", "send.after_record"}
"""The one sender is here, so no message can be with the receiver and not yet recorded."""


def deliver_all(server: Server, receiver: Receiver, keys: list[str], names: list[str], accepted: set[str]) -> bool:
    """Send what is not accepted yet and wait until everybody is told; False when the server died of it."""
    for name, key in zip(names, keys, strict=True):
        if name in accepted:
            continue
        try:
            answer = server.send(key, {"summary": f"alert {name} is firing", "dedup_key": name})
        except httpx2.HTTPError:
            assert server.gone(5)
            return False
        assert answer.is_success, answer.text
        accepted.add(name)
    deadline = CLOCK.monotonic() + LEASE_S + 12
    while not receiver.wait_until(lambda hits: told(hits) >= set(names), timeout_s=0.1):
        if server.gone():
            return False
        assert CLOCK.monotonic() < deadline, f"only {sorted(told(receiver.hits))} were told"
    # What is recorded after the receiver's answer may still be a place to die.
    return not server.gone(0.5)


@pytest.mark.system
@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("point", POINTS)
def test_dying_at_every_pass_of_a_crashpoint(
    point: str, database_url: str, tmp_path: Path, launcher: Launcher, receiver: Receiver
) -> None:
    settings = settings_of(tmp_path, database_url)
    keys = seed(settings, people_count=ALERTS, source="generic", channel="webhook", to=receiver.url("/p{n}"))
    # SQLite has one process, so that a new one knows at once that the old one's leases are dead.
    takeover_max_s = LEASE_S / 2 if database_url.startswith("sqlite") else LEASE_S + 5
    crashes = 0
    acknowledged: set[str] = set()
    for k in range(1, 40):
        names = [f"k-{k:03}{n:03}" for n in range(ALERTS)]
        accepted: set[str] = set()
        before = len(receiver.hits)
        with Server(tmp_path, database_url, launcher=launcher, settings={"FIREBELL_SENDERS": "1"}) as server:
            server.start(crash=f"{point}:{k}")
            survived = deliver_all(server, receiver, keys, names, accepted)
            if not survived:
                crashes += 1
                server.start()
                answered_at_s = CLOCK.monotonic()
                assert deliver_all(server, receiver, keys, names, accepted)
                assert receiver.hits[-1].at_s - answered_at_s < takeover_max_s
            acknowledged |= accepted
            server.stop()
        hits = receiver.hits[before:]
        copies = len(hits) - len({h.webhook_id for h in hits})
        assert copies <= (0 if survived or point in NOTHING_IN_FLIGHT else 1)
        if survived:
            break
    else:
        pytest.fail(f"{point} is reached without end")
    settled = account(tmp_path, database_url, acknowledged, receiver.hits)
    assert settled.faults == {}
    assert crashes >= 1, f"{point} was never reached"
