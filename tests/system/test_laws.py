"""When something is stuck, the installation says so itself: not ready, and no heartbeat."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest
from sqlalchemy import delete, update

from firebell.app import open_house
from firebell.domain.escalation.store import runs
from firebell.domain.paging.store import pages
from firebell.kernel.clock import plus
from firebell.kernel.work import Work
from tests.bench.server import seed
from tests.fakes.http_sink import Answer, Hang
from tests.fakes.receiver import Hit, Receiver
from tests.system.server import CLOCK, Launcher, Server, pause, settings_of

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.postgres]
EVENT = {"summary": "alert k-000001 is firing", "dedup_key": "k-000001"}


def lose_the_run(work: Work) -> None:
    work.write(delete(runs))


def lose_the_deadline(work: Work) -> None:
    work.write(update(runs).values(due_at=None))


def forget_an_acknowledgement(work: Work) -> None:
    work.write(update(runs).values(due_at=None, state="ended"))


def orphan_a_page(work: Work) -> None:
    work.write(update(pages).values(due_at=plus(work.now, -60), alert_id="alr_gone", state="answered"))


def beats(receiver: Receiver) -> int:
    return sum(hit.path == "/beat" for hit in receiver.hits)


def problems(server: Server) -> dict[str, str]:
    answer = httpx2.get(f"{server.base_url}/readyz", timeout=10)
    found: dict[str, str] = answer.json()["problems"]
    assert (answer.status_code == 503) == bool(found)
    return found


@pytest.mark.parametrize(
    ("plant", "law"),
    [
        (lose_the_run, "open_alerts_lead_somewhere"),
        (lose_the_deadline, "open_alerts_lead_somewhere"),
        (forget_an_acknowledgement, "open_alerts_lead_somewhere"),
        (orphan_a_page, "no_page_is_overdue"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_planted_dead_end_makes_it_not_ready_and_silences_the_heartbeat(
    plant: object, law: str, database_url: str, tmp_path: Path, launcher: Launcher, receiver: Receiver
) -> None:
    settings = settings_of(tmp_path, database_url)
    keys = seed(settings, people_count=1, source="generic", channel="webhook", to=receiver.url("/p{n}"))
    given = {"FIREBELL_HEARTBEAT_URL": receiver.url("/beat")}
    with Server(tmp_path, database_url, launcher=launcher, settings=given) as server:
        server.start()
        server.send(keys[0], EVENT)
        assert receiver.wait_until(lambda hits: len(hits) == 2, timeout_s=10), "a page and a heartbeat"
        assert beats(receiver) == 1
        assert problems(server) == {}
        server.stop()
        house = open_house(settings, inline=True)
        house.runner.run(plant)  # type: ignore[arg-type]
        house.close()
        server.start()
        assert eventually(lambda: law in problems(server), 5)
        pause(1)
        assert beats(receiver) == 1, "a heartbeat went out although a law is broken"


def test_messages_that_pile_up_behind_a_hanging_provider_are_told(
    database_url: str, tmp_path: Path, launcher: Launcher, receiver: Receiver
) -> None:
    settings = settings_of(tmp_path, database_url)
    keys = seed(settings, people_count=14, source="generic", channel="webhook", to=receiver.url("/p{n}"))

    def hang(hit: Hit) -> Answer | Hang:
        return Hang()

    receiver.script = hang
    with Server(tmp_path, database_url, launcher=launcher, settings={"FIREBELL_SENDERS": "1"}) as server:
        server.start()
        for n, key in enumerate(keys):
            server.send(key, {"summary": f"alert {n}", "dedup_key": str(n)})
        assert eventually(lambda: "no_message_is_overdue" in problems(server), 60)
        receiver.script = lambda hit: Answer()
        assert eventually(lambda: problems(server) == {}, 60), problems(server)


def eventually(holds: object, timeout_s: float) -> bool:
    """Whether ``holds()`` became true within ``timeout_s``."""
    assert callable(holds)
    end = CLOCK.monotonic() + timeout_s
    while not holds():
        if CLOCK.monotonic() > end:
            return False
        pause(0.1)
    return True
