"""Components as the front page lists them: groups with what is in them, however deep, each leaf with its bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from firebell.domain.statuspage import rules
from firebell.domain.statuspage.model import Component, ComponentStatus, Snapshot
from firebell.entrypoints.public import words
from firebell.entrypoints.public.bars import Bars, bars


@dataclass(frozen=True, slots=True)
class Row:
    """``children``: a group's, else empty. ``opened``: something in it is not operational."""

    name: str
    description: str
    tone: str
    state: str
    note: str
    bars: Bars | None
    group: bool
    opened: bool
    children: Sequence[Row]


def rows(snapshot: Snapshot) -> list[Row]:
    """The top level, in order. What is only shown when degraded is left out while it is well."""
    states = rules.with_group_states(snapshot.components)
    known = {str(one.id) for one in snapshot.components}
    children: dict[str, list[Component]] = {}
    for one in snapshot.components:
        children.setdefault(one.group_id if one.group_id in known and one.group_id else "", []).append(one)

    def row(one: Component, depth: int) -> Row | None:
        state = states[one.id]
        if one.only_show_if_degraded and state is ComponentStatus.OPERATIONAL:
            return None
        within = level(one.id, depth + 1) if one.is_group and depth <= rules.GROUP_DEPTH_MAX else []
        if one.is_group and not within:
            return None
        page = snapshot.page
        drawn = None
        if one.showcase and not one.is_group:
            drawn = bars(one, snapshot.spans.get(one.id, ()), snapshot.taken_at, page.time_zone, page.weights)
        return Row(
            one.name, one.description, words.TONE[state], words.COMPONENT[state], one.note, drawn, one.is_group,
            state is not ComponentStatus.OPERATIONAL, within,
        )  # fmt: skip

    def level(group_id: str, depth: int) -> list[Row]:
        return [made for one in children.get(group_id, ()) if (made := row(one, depth)) is not None]

    return level("", 0)
