"""Components of a status page as a tree of names, and which of them stand for which rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from firebell.domain.statuspage.model import Component
from firebell.workflows.config.response_specs import ComponentSpec

_WITHIN = "\n"
"""Between a group's name and what stands in it: no name holds a line break."""


@dataclass(frozen=True, slots=True)
class Standing:
    """``path`` tells a component from all others of its page; ``within`` is the path of its group."""

    path: str
    within: str | None
    spec: ComponentSpec


def standings(components: Sequence[ComponentSpec], within: str | None = None) -> list[Standing]:
    """Every component of a tree, each before what stands in it. Of two alike side by side, the second is counted."""
    found: list[Standing] = []
    seen: dict[str, int] = {}
    for one in components:
        path = one.name if within is None else f"{within}{_WITHIN}{one.name}"
        seen[path] = seen.get(path, 0) + 1
        if seen[path] > 1:
            path = f"{path}{_WITHIN}{_WITHIN}{seen[path]}"
        found += [Standing(path, within, one), *standings(one.components, path)]
    return found


def tree(rows: Sequence[Component], within: str | None = None) -> tuple[tuple[ComponentSpec, ...], list[str]]:
    """Rows in their order as a tree, and their ids in the order of :func:`standings`."""
    specs: list[ComponentSpec] = []
    ids: list[str] = []
    for row in (one for one in rows if one.group_id == within):
        inner, inner_ids = tree(rows, row.id) if row.is_group else ((), [])
        specs.append(
            ComponentSpec(
                row.name, row.description, row.is_group, row.showcase, row.hidden, row.only_show_if_degraded, inner
            )
        )
        ids += [row.id, *inner_ids]
    return tuple(specs), ids


def spoken_of(
    now: Sequence[ComponentSpec], wanted: Sequence[ComponentSpec], by_hand: Collection[str], within: str | None = None
) -> tuple[ComponentSpec, ...]:
    """``now`` without what people added by hand beside the components of the file."""
    named = {one.path for one in standings(wanted, within)}
    kept: list[ComponentSpec] = []
    for one in standings(now, within):
        if one.within != within:
            continue
        theirs = next((each.spec.components for each in standings(wanted, within) if each.path == one.path), ())
        inner = spoken_of(one.spec.components, theirs, by_hand, one.path)
        if one.path in named or one.path not in by_hand or inner:
            kept.append(replace(one.spec, components=inner))
    return tuple(kept)


def matched(wanted: Iterable[Standing], there: Mapping[str, str], groups: Collection[str]) -> dict[str, str]:
    """Path of each wanted component → id of the row it is. ``there`` maps paths to ids; ``groups`` are ids.

    What stands elsewhere than before under the same name has moved there, and keeps its history.
    """
    every = list(wanted)
    found = {
        one.path: there[one.path]
        for one in every
        if one.path in there and (there[one.path] in groups) == one.spec.is_group
    }
    free = {path: row_id for path, row_id in there.items() if row_id not in set(found.values())}
    for one in every:
        if one.path in found:
            continue
        for path, row_id in free.items():
            if path.split(_WITHIN)[-1] == one.spec.name and (row_id in groups) == one.spec.is_group:
                found[one.path] = row_id
                del free[path]
                break
    return found
