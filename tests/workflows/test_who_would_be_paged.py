"""A rehearsal says what then happens: the same people, at the same moments, on the same steps of the same rounds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from firebell.kernel.actor import SYSTEM
from firebell.kernel.clock import Instant, seconds_between
from firebell.workflows.who_would_be_paged import FALLBACK, preview
from tests.effort import examples
from tests.story import Story
from tests.workflows.cast import weekly, without_watchmen

# Gone can never be reached; dusk begins an hour after the alert: a step empty at first may reach somebody later.
WHO = ("ann", "ben", "gone", "dusk")
STEP = st.tuples(st.sampled_from(WHO), st.sampled_from([300, 1800]))


@pytest.fixture
def cast(story: Story) -> Story:
    without_watchmen(story)
    for name in ("ann", "ben", "cat"):
        story.person(name)
    story.person("gone", verified=False)
    hours = [{"days": "mon-sun", "from": "10:00", "to": "18:00"}]
    story.schedule("dusk", layers=[weekly("cat", restrictions=hours)])
    return story


@pytest.mark.slow
@pytest.mark.parametrize("severity", ["SEV1", "SEV4"])
def test_what_is_rehearsed_is_what_happens(cast: Story, severity: str) -> None:
    told: list[int] = []

    @settings(
        max_examples=examples(6, soak=200), deadline=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(
        steps=st.lists(STEP, min_size=1, max_size=3), repeat=st.integers(0, 2), fallback=st.sampled_from(["ann", "cat"])
    )
    def compare(steps: list[Any], repeat: int, fallback: str) -> None:
        told.append(len(told))
        name = f"p{len(told)}"
        cast.clock.set(Instant.parse_iso("2026-01-05T09:00:00Z").add(hours=24 * len(told)))
        cast.policy(name, *steps, fallback=(fallback,), repeat=repeat)
        service = cast.service(name, policy=name)
        rehearsed = cast.house.runner.read(lambda read: preview(read, service_id=service, severity=severity), SYSTEM)
        expected = [
            (one.offset_s, -1 if one.step == FALLBACK else one.loop, one.person)
            for one in rehearsed.lines
            if one.person_id
        ]
        begin = cast.clock.now()
        word = {"SEV1": "critical", "SEV4": "info"}[severity]
        answer = cast.receive("it broke", service=name, severity=word, key=name)
        assert answer.alert is not None
        cast.run_for(hours=10)
        assert sorted(expected) == sorted(_happened(cast, answer.alert.id, begin))
        cast.clear("it broke", service=name, key=name)

    compare()


def _happened(story: Story, alert_id: str, begin: Instant) -> list[tuple[int, int, str]]:
    """(seconds after the beginning, round or -1 for the fallback, person) of every page begun for this alert."""
    entries = story.house.runner.read(lambda read: read.history(alert_id))
    return [
        (
            round(seconds_between(begin, one.at)),
            -1 if one.data["why"].startswith("fallback: ") else one.data["loop"],
            story.names[one.data["user_id"]],
        )
        for one in entries
        if one.kind == "page.started"
    ]
