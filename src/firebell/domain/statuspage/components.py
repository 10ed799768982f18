"""Commands for components: what a page is made of, and the state each is in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from firebell.domain.statuspage import rules, store
from firebell.domain.statuspage.facts import (
    ComponentAdded,
    ComponentEdited,
    ComponentRemoved,
    ComponentStatusChanged,
)
from firebell.domain.statuspage.model import Change, Component, ComponentFields, ComponentStatus, Span, StatusPage
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Conflict, Invalid, NotFound
from firebell.kernel.ids import ComponentId
from firebell.kernel.work import Work


def add_component(
    work: Work, page_id: str, *, is_group: bool = False, **fields: Unpack[ComponentFields]
) -> ComponentId:
    """A new component (or group) at the end of its page; ``name`` is needed. Raises Invalid, NotFound."""
    page = _page(work, page_id, Permission.STATUS_EDIT)
    theirs = store.components_of(work, page_id)
    if "name" not in fields:
        raise Invalid("A component needs a name.", field="name")
    values = _checked(fields)
    rules.check_group("", values.get("group_id"), theirs)
    new = ComponentId(ids.new("cmp", work.now))
    values = {"position": max((one.position for one in theirs), default=0) + 1} | values
    store.add_component(
        work,
        Component(
            id=new, code=rules.code_of(new), page_id=page.id, is_group=is_group, status_since=work.now,
            created_at=work.now, updated_at=work.now, **values,
        ),
    )  # fmt: skip
    if not is_group:
        store.add_spans(work, [Span(new, ComponentStatus.OPERATIONAL, work.now)])
    work.record(new, ComponentAdded(page_id=page_id, name=values["name"], group=is_group))
    store.touch(work, page_id)
    return new


def edit_component(work: Work, component_id: str, **fields: Unpack[ComponentFields]) -> Component:
    """Change the given fields; the state is set by :func:`set_component`. Raises Invalid, NotFound."""
    before = _component(work, component_id, Permission.STATUS_EDIT)
    rules.check_managed(before.managed_by, on_behalf="managed_by" in fields)
    values = _checked(fields)
    if "group_id" in values:
        rules.check_group(component_id, values["group_id"], store.components_of(work, before.page_id))
    changed = rules.differences({name: getattr(before, name) for name in values}, values)
    if not changed:
        return before
    written = {name: values[name] for name in changed} | {"updated_at": work.now}
    store.save(work, store.components, component_id, before.version, written)
    work.record(component_id, ComponentEdited(page_id=before.page_id, name=before.name, changed=changed))
    store.touch(work, before.page_id)
    found = store.component(work, component_id)
    assert found is not None
    return found


def arrange(work: Work, page_id: str, order: Sequence[str]) -> None:
    """Put the page's components into this order; those not named follow as they were."""
    _page(work, page_id, Permission.STATUS_EDIT)
    theirs = {str(one.id): one for one in store.components_of(work, page_id)}
    unknown = [each for each in order if each not in theirs]
    if unknown:
        raise Invalid("There is no such component on this page.", field="order")
    wanted = [*dict.fromkeys(order), *(each for each in theirs if each not in set(order))]
    for position, component_id in enumerate(wanted, 1):
        one = theirs[component_id]
        if one.position != position:
            store.save(work, store.components, component_id, one.version, {"position": position})
    store.touch(work, page_id)


def remove_component(work: Work, component_id: str, *, managed_by: str | None = None) -> None:
    """Take a component off its page. A group must be empty. Raises Conflict."""
    before = _component(work, component_id, Permission.STATUS_EDIT)
    rules.check_managed(before.managed_by, on_behalf=managed_by is not None)
    within = [one.name for one in store.components_of(work, before.page_id) if one.group_id == component_id]
    if within:
        raise Conflict(f"{', '.join(within)} stand in this group.", hint="Move them out or remove them first.")
    store.save(work, store.components, component_id, before.version, {"deleted_at": work.now})
    store.end_span(work, component_id, work.now)
    work.record(component_id, ComponentRemoved(page_id=before.page_id, name=before.name))
    store.touch(work, before.page_id)


def set_component(work: Work, component_id: str, status: str, note: str = "") -> Component:
    """Say in which state a component is from now on. The note goes with the state and is replaced with it.

    Raises Invalid for a group (its state is its children's worst) and for a word that is no state.
    """
    before = _component(work, component_id, Permission.STATUS_PUBLISH)
    change_state(work, before, rules.component_status(status), work.now, rules.words(note, "note", 1000))
    found = store.component(work, component_id)
    assert found is not None
    return found


def change_state(work: Work, before: Component, status: ComponentStatus, at: Instant, note: str = "") -> Change | None:
    """Put a component into a state at ``at`` (not before it got into the one it is in). ``None``: it is there."""
    if before.is_group:
        raise Invalid("A group shows the worst of what is in it.", field="status", hint="Set its components.")
    if before.status == status and before.note == note:
        return None
    at = min(max(at, before.status_since), work.now)
    moved = before.status != status
    written: dict[str, Any] = {"status": str(status), "note": note, "updated_at": work.now}
    if moved:
        written["status_since"] = at
        store.end_span(work, before.id, at)
        store.add_spans(work, [Span(before.id, status, at)])
    store.save(work, store.components, before.id, before.version, written)
    work.record(
        before.id,
        ComponentStatusChanged(page_id=before.page_id, name=before.name, old=before.status, new=status, note=note),
    )
    store.touch(work, before.page_id)
    return Change(before.id, before.code, before.name, before.status, status) if moved else None


def _page(work: Work, page_id: str, permission: Permission) -> StatusPage:
    page = store.take_page(work, page_id)
    work.needs(permission, page.team_id if page else None)
    if page is None:
        raise NotFound("There is no such status page.", field="page_id")
    return page


def _component(work: Work, component_id: str, permission: Permission) -> Component:
    found = store.component(work, component_id)
    page = store.take_page(work, found.page_id) if found else None
    work.needs(permission, page.team_id if page else None)
    # Looked at again behind the page's lock: the state must not be older than the lock.
    found = store.component(work, component_id) if page else None
    if found is None:
        raise NotFound("There is no such component.", field="component_id")
    return found


def _checked(fields: ComponentFields) -> dict[str, Any]:
    checked: dict[str, Any] = dict(fields)
    if "name" in fields:
        checked["name"] = rules.label(fields["name"], "name", 100)
    if "description" in fields:
        checked["description"] = rules.words(fields["description"], "description")
    return checked
