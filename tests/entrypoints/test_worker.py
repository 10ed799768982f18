"""What the worker notices by itself, beside what is due."""

from __future__ import annotations

import threading
from pathlib import Path

from structlog.testing import capture_logs

from firebell.domain.alerts.model import Arrival, Signal, Status
from firebell.entrypoints.worker import Line, Worker
from firebell.workflows import alert_arrives
from tests.story import Story, open_story


def test_a_clock_that_was_set_is_said_once_per_jump(story: Story) -> None:
    story.run_for(seconds=30)
    with capture_logs() as log:
        story.clock.wall_jump_s = 1.5
        story.run_for(minutes=1)
        story.clock.wall_jump_s = 3600.0
        story.run_for(minutes=5)
        story.clock.wall_jump_s = -10.0
        story.run_for(minutes=5)
    said = [(one["by_s"], one["in_all_s"]) for one in log if one["event"] == "wall_jumped"]
    assert said == [(3600.0, 3600.0), (-3610.0, -10.0)]


def test_what_only_tells_places_never_holds_a_page(tmp_path: Path) -> None:
    """A line of the upkeep hangs for good; the page goes out by the other thread all the same."""
    story = open_story(f"sqlite:///{tmp_path}/firebell.db", tmp_path)
    story.person("primary")
    story.policy("ladder", ("primary", 300), fallback=("primary",))
    story.service("checkout", policy="ladder")
    begun, release = threading.Event(), threading.Event()

    def hang() -> bool:
        begun.set()
        release.wait(30)
        return False

    worker = Worker(
        story.house.runner, story.house.sender, threads=1, others=(Line("deaf", lambda read: read.now, hang),)
    )
    told = threading.Event()
    carrier = story.carriers["ntfy"]
    carrier.script = lambda message: told.set()  # type: ignore[func-returns-value]
    worker.start()
    try:
        assert begun.wait(30)
        origin = story.origins["checkout"]
        signal = Signal(status=Status.FIRING, summary="disk full", dedup_key="disk")
        story.run(lambda work: alert_arrives.arrive(work, [Arrival(origin, [signal], None)]))
        assert told.wait(30)
        assert not release.is_set()
    finally:
        release.set()
        worker.stop()
        story.house.close()
