"""Components as our own pages list them: the tree laid flat, each with how deep it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from firebell.domain.statuspage import rules
from firebell.domain.statuspage.model import Component
from firebell.entrypoints.web.drafts import Choices

COMPONENT_STATES: Choices = (
    ("operational", "Operational"),
    ("under_maintenance", "Under maintenance"),
    ("degraded_performance", "Degraded performance"),
    ("partial_outage", "Partial outage"),
    ("major_outage", "Major outage"),
)
PUBLIC_STATES: Choices = (
    ("investigating", "Investigating"),
    ("identified", "Identified"),
    ("monitoring", "Monitoring"),
    ("resolved", "Resolved"),
)
IMPACTS: Choices = (("none", "None"), ("minor", "Minor"), ("major", "Major"), ("critical", "Critical"))


@dataclass(frozen=True, slots=True)
class ComponentRow:
    """``status``: a group's is its children's worst. ``depth`` 0: at the top."""

    component: Component
    status: str
    words: str
    depth: int

    @property
    def label(self) -> str:
        """Its name behind as many dashes as it stands deep, for selects."""
        return "– " * self.depth + self.component.name


def component_rows(components: Sequence[Component]) -> list[ComponentRow]:
    """In the order of the page."""
    states = rules.with_group_states(components)
    known = {str(one.id) for one in components}
    children: dict[str, list[Component]] = {}
    for one in components:
        children.setdefault(one.group_id if one.group_id and one.group_id in known else "", []).append(one)

    def level(group_id: str, depth: int) -> list[ComponentRow]:
        found = []
        for one in children.get(group_id, ()):
            found.append(ComponentRow(one, states[one.id], dict(COMPONENT_STATES)[states[one.id]], depth))
            if one.is_group and depth <= rules.GROUP_DEPTH_MAX:
                found += level(one.id, depth + 1)
        return found

    return level("", 0)
