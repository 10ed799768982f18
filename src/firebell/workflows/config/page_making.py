"""A status page and its components, made what a file says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from firebell.domain.statuspage import commands
from firebell.workflows.config.component_trees import Standing, matched, standings
from firebell.workflows.config.response_specs import StatusPageSpec
from firebell.workflows.config.specs import Item

if TYPE_CHECKING:
    from firebell.workflows.config.making import Making

KIND = "StatusPage"


def put(making: Making, before: Item | None, item: Item, spec: StatusPageSpec, by: str | None) -> None:
    """``before`` holds of the page what is spoken of: what it does not hold is left alone."""
    fields: Any = {
        "name": spec.display_name,
        "description": spec.description,
        "url": spec.url,
        "time_zone": spec.time_zone,
        "domain": spec.domain,
        "access": spec.access,
        "password_hash": spec.password_hash,
        "addresses": spec.addresses,
        "auto_posts": spec.auto_posts,
        "ledger_public": spec.ledger_public,
        "weights": spec.weights,
        "team_id": making.team(item),
        "disabled": spec.disabled,
        "managed_by": by if item.managed else None,
    }
    if before is None:
        making.ids[item.key] = commands.create_page(making.work, slug=item.name, **fields)
    else:
        commands.edit_page(making.work, making.ids[item.key], **fields)
    was = before.spec if before is not None else None
    now = standings(was.components) if isinstance(was, StatusPageSpec) else []
    _arrange(making, item, now, standings(spec.components), by)


def remove(making: Making, key: tuple[str, str], by: str | None) -> None:
    commands.delete_page(making.work, making.ids[key], managed_by=by)


def _arrange(making: Making, item: Item, now: list[Standing], wanted: list[Standing], by: str | None) -> None:
    work, page_id = making.work, making.ids[item.key]
    there = {one.path: making.parts[KIND, item.name, one.path] for one in now}
    at = {there[one.path]: one for one in now}
    known = matched(wanted, there, {row_id for row_id, one in at.items() if one.spec.is_group})
    kept = set(known.values())
    owner = by if item.managed else None
    ids: dict[str | None, str] = {None: ""}

    def fields(one: Standing) -> Any:
        return {
            "name": one.spec.name,
            "description": one.spec.description,
            "group_id": ids[one.within] or None,
            "showcase": one.spec.showcase,
            "hidden": one.spec.hidden,
            "only_show_if_degraded": one.spec.only_show_if_degraded,
            "managed_by": owner,
        }

    # What moves is first put at the top: two groups may change places, one within the other.
    for one in wanted:
        row_id = known.get(one.path)
        if row_id is not None and at[row_id].within is not None and at[row_id].path != one.path:
            commands.edit_component(work, row_id, group_id=None, managed_by=owner)
    for one in wanted:
        row_id = known.get(one.path)
        if row_id is None:
            row_id = commands.add_component(work, page_id, is_group=one.spec.is_group, **fields(one))
        else:
            commands.edit_component(work, row_id, **fields(one))
        ids[one.path] = row_id
    for one in reversed(now):
        if there[one.path] not in kept:
            commands.remove_component(work, there[one.path], managed_by=by)
    if [one.path for one in now] != [one.path for one in wanted]:
        commands.arrange(work, page_id, [ids[one.path] for one in wanted])
