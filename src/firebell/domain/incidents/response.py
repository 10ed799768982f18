"""The verbs of the response in one place, and their clocks: tasks, decisions, understanding, questions, the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firebell.domain.incidents import decisions, requests, tasks, understanding
from firebell.domain.incidents.model import Incident
from firebell.domain.incidents.outcome import Asking, Saying
from firebell.domain.incidents.verbs import Verb
from firebell.kernel.clock import Instant

HANDLERS: Mapping[type[Verb], Any] = {
    **tasks.HANDLERS,
    **decisions.HANDLERS,
    **understanding.HANDLERS,
    **requests.HANDLERS,
}


def tick(incident: Incident, asking: Asking, saying: Saying) -> Incident:
    """Time has passed: overdue tasks and missing size-ups are said to whoever watches the clocks."""
    return understanding.tick(tasks.tick(incident, asking, saying), asking, saying)


def due_at(incident: Incident) -> Instant | None:
    """The earliest deadline of these clocks."""
    deadlines = (tasks.due_at(incident), understanding.size_up_due(incident))
    return min((at for at in deadlines if at is not None), default=None)
