"""Who plays in stories of incidents: somebody on call, somebody who may command, somebody who speaks."""

from __future__ import annotations

from firebell.kernel.actor import Role
from tests.incident_story import Room
from tests.story import Story
from tests.workflows.cast import without_watchmen


def staffed(story: Story, *, severity: str = "SEV1", ack_timeout_s: int | None = 1800, files: bool = False) -> Room:
    """``oncall`` is paged by the service's policy, then ``lead``; ``chief`` by the commander's policy; ``boss`` runs
    the installation. Nobody stands behind a role until a story says so. ``files``: the offline state is written each
    minute, which makes long stories slow."""
    without_watchmen(story)
    worker = story.house.worker
    worker.lines = tuple(line for line in worker.lines if files or line.name != "state files")
    story.person("boss", role=Role.ADMIN)
    for name in ("oncall", "lead", "chief", "spokes", "ann"):
        story.person(name)
    story.policy("ladder", ("oncall", 1200), ("lead", 1200), fallback=("boss",), ack_timeout_s=ack_timeout_s)
    story.policy("commanders", ("chief", 600), fallback=("boss",), repeat=0)
    story.service("checkout", policy="ladder", severity=severity)
    room = Room(story)
    room.configure(commander_policy_id=story.policies["commanders"])
    return room
