"""What the worker notices by itself, beside what is due."""

from __future__ import annotations

from structlog.testing import capture_logs

from tests.story import Story


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
