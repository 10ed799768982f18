"""Schedule, move, begin, check, end and cancel maintenances. Subscribers are told by ``workflows/maintenance_due``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from msgspec.structs import replace

from firebell.domain.statuspage import maintenance_rules as rules
from firebell.domain.statuspage import maintenance_store as rows
from firebell.domain.statuspage import rules as page_rules
from firebell.domain.statuspage import store
from firebell.domain.statuspage.components import change_state
from firebell.domain.statuspage.maintenance_model import (
    ACTIVE,
    OVER,
    Happening,
    Maintenance,
    MaintenanceChanged,
    MaintenanceEdited,
    MaintenanceFields,
    MaintenanceMoved,
    MaintenanceNoted,
    MaintenanceScheduled,
    MaintenanceState,
    MaintenanceUpdate,
    Step,
)
from firebell.domain.statuspage.model import ComponentStatus, StatusPage
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Changed, Conflict, Invalid, NotFound
from firebell.kernel.work import Read, Work

_PUBLISH = Permission.STATUS_PUBLISH
SHOWN_S = 90 * 86_400


def schedule(
    work: Work, page_id: str, scheduled_for: Instant, scheduled_until: Instant, **fields: Unpack[MaintenanceFields]
) -> Happening:
    """A new maintenance; ``name`` is needed. One that should have begun already begins with the next tick.

    Raises Invalid, NotFound, Conflict when the page is disabled.
    """
    page = _page(work, page_id)
    if page.disabled:
        raise Conflict(f"{page.name} is disabled.", hint="Enable it in its settings first.")
    rules.check_times(scheduled_for, scheduled_until)
    if scheduled_until <= work.now:
        raise Invalid("It would be over already.", field="scheduled_until")
    values = _checked(work, page_id, scheduled_for, {"body": "", **fields})
    if not values.get("name"):
        raise Invalid("A maintenance needs a name.", field="name")
    new_id = ids.new("mnt", work.now)
    state = MaintenanceState.SCHEDULED
    said = MaintenanceUpdate(
        state=state, body=values["body"], at=work.now, by=_by(work), notify=values.get("notify", True)
    )
    new = Maintenance(
        id=new_id, page_id=page_id, scheduled_for=scheduled_for, scheduled_until=scheduled_until,
        anchor_at=scheduled_for, series_id=new_id if values.get("recurrence") else "", updates=(said,),
        created_at=work.now, updated_at=work.now, **values,
    )  # fmt: skip
    return _add(work, new)


def edit(
    work: Work, maintenance_id: str, expected: int | None = None, **fields: Unpack[MaintenanceFields]
) -> Maintenance:
    """Change the given fields; nobody is told. Its times are :func:`move_times`'s."""
    before = _take(work, maintenance_id, expected)
    if before.state in OVER:
        raise Conflict("It is over.", hint="Schedule a new one.")
    values = _checked(work, before.page_id, before.anchor_at, dict(fields))
    changed = sorted(name for name, value in values.items() if getattr(before, name) != value)
    if not changed:
        return before
    if "component_ids" in changed and before.state in ACTIVE:
        raise Conflict("It is under way.", field="component_ids", hint="Set the component's state by hand.")
    after = rules.settled(replace(before, **values, updated_at=work.now))
    work.record(after.id, MaintenanceEdited(page_id=after.page_id, name=after.name, changed=changed))
    return _save(work, after)


def move_times(
    work: Work, maintenance_id: str, scheduled_for: Instant, scheduled_until: Instant, body: str = "",
    *, notify: bool = True, expected: int | None = None,
) -> Happening:  # fmt: skip
    """To another time; once it has begun, only its end."""
    before = _take(work, maintenance_id, expected)
    text = page_rules.words(body, "body")
    after, happened = rules.moved(before, scheduled_for, scheduled_until, text, work.now, _by(work), notify=notify)
    fact = MaintenanceMoved(
        page_id=after.page_id, name=after.name, scheduled_for=after.scheduled_for.format_iso(),
        scheduled_until=after.scheduled_until.format_iso(),
    )  # fmt: skip
    work.record(after.id, fact)
    _save(work, after)
    return happened


def move(
    work: Work, maintenance_id: str, state: str, body: str = "", *, notify: bool = True, expected: int | None = None
) -> list[Happening]:
    """Begin, check, end or cancel it by hand. Raises Conflict, naming what can be done."""
    before = _take(work, maintenance_id, expected)
    try:
        wanted = MaintenanceState(state)
    except ValueError:
        raise Invalid(f"“{state[:40]}” is no state of a maintenance.", field="state") from None
    text = page_rules.words(body, "body")
    after, happened = rules.move(before, wanted, text, work.now, _by(work), notify=notify)
    return [happened, *_follow(work, before, after, [happened])]


def note(work: Work, maintenance_id: str, body: str, *, notify: bool = True) -> Happening:
    """Say something about it."""
    before = _take(work, maintenance_id)
    after, happened = rules.noted(before, page_rules.body(body), work.now, _by(work), notify=notify)
    work.record(after.id, MaintenanceNoted(page_id=after.page_id, name=after.name, body=happened.body))
    _save(work, after)
    return happened


def tick(work: Work, maintenance_id: str) -> list[Happening]:
    """What the clock has to do with it. A second time does nothing."""
    before = rows.take(work, maintenance_id)
    if before is None:
        return []
    store.take_page(work, before.page_id)
    ticked = rules.tick(before, work.now)
    if ticked.maintenance is before:
        return []
    return [*ticked.happened, *_follow(work, before, ticked.maintenance, ticked.happened)]


def _follow(work: Work, before: Maintenance, after: Maintenance, happened: Sequence[Happening]) -> list[Happening]:
    """Components into maintenance and back, facts, and the next of its series when this one is over."""
    for one in happened:
        if one.step is Step.REMINDED:
            continue
        state = one.maintenance.state
        work.record(after.id, MaintenanceChanged(page_id=after.page_id, name=after.name, state=state, body=one.body))
    _save(work, after)
    if after.state in ACTIVE and before.state not in ACTIVE:
        _put(work, after, ComponentStatus.OPERATIONAL, ComponentStatus.UNDER_MAINTENANCE)
    if after.state in OVER and before.state not in OVER:
        _put(work, after, ComponentStatus.UNDER_MAINTENANCE, ComponentStatus.OPERATIONAL)
        following = rules.following(after, ids.new("mnt", work.now), work.now)
        if following is not None:
            first = MaintenanceUpdate(
                state=following.state, body=following.body, at=work.now, by="system", notify=following.notify
            )
            return [_add(work, replace(following, updates=(first,)))]
    return []


def _put(work: Work, one: Maintenance, if_in: ComponentStatus, to: ComponentStatus) -> None:
    """Only those that are as expected: an outage is not covered up, and not forgotten."""
    busy: set[str] = set()
    if to is ComponentStatus.OPERATIONAL:
        others = [each for each in rows.active(work, one.page_id) if each.id != one.id]
        busy = {component_id for each in others for component_id in each.component_ids}
    for component in store.all_components(work, one.component_ids):
        if component.status is if_in and component.id not in busy:
            change_state(work, component, to, work.now)


def _add(work: Work, new: Maintenance) -> Happening:
    new = rules.born(new, work.now)
    rows.add(work, new)
    fact = MaintenanceScheduled(
        page_id=new.page_id, name=new.name, scheduled_for=new.scheduled_for.format_iso(),
        scheduled_until=new.scheduled_until.format_iso(),
    )  # fmt: skip
    work.record(new.id, fact)
    store.touch(work, new.page_id)
    work.wake()
    return Happening(Step.SCHEDULED, new, f"{new.id}/scheduled" if new.notify else "", new.body)


def _save(work: Work, after: Maintenance) -> Maintenance:
    saved = rows.save(work, after)
    store.touch(work, after.page_id)
    work.wake()
    return saved


def _checked(work: Work, page_id: str, anchor: Instant, fields: dict[str, Any]) -> dict[str, Any]:
    checked = dict(fields)
    if "name" in fields:
        checked["name"] = page_rules.label(fields["name"], "name")
    if "body" in fields:
        checked["body"] = page_rules.words(fields["body"], "body")
    if "notices_s" in fields:
        checked["notices_s"] = rules.notices(tuple(fields["notices_s"]))
    if "recurrence" in fields:
        checked["recurrence"] = rules.recurrence(fields["recurrence"], anchor)
    if "verify_s" in fields and not 0 <= fields["verify_s"] <= 7 * 86_400:
        raise Invalid("Checking takes at most a week.", field="verify_s")
    if "component_ids" in fields:
        theirs = {str(one.id): one for one in store.components_of(work, page_id)}
        for each in fields["component_ids"]:
            if each not in theirs or theirs[each].is_group:
                raise Invalid("There is no such component on this page.", field="component_ids")
        checked["component_ids"] = tuple(dict.fromkeys(fields["component_ids"]))
    return checked


def _page(work: Work, page_id: str) -> StatusPage:
    page = store.take_page(work, page_id)
    work.needs(_PUBLISH, page.team_id if page else None)
    if page is None:
        raise NotFound("There is no such status page.", field="page_id")
    return page


def _take(work: Work, maintenance_id: str, expected: int | None = None) -> Maintenance:
    found = rows.take(work, maintenance_id)
    page = store.take_page(work, found.page_id) if found else None
    work.needs(_PUBLISH, page.team_id if page else None)
    if found is None or page is None:
        raise NotFound("There is no such maintenance.", field="maintenance_id")
    if expected is not None and expected != found.version:
        raise Changed("This maintenance has been edited meanwhile.", hint="Load it again and repeat your change.")
    return found


def _by(work: Work) -> str:
    return f"{work.actor.kind}:{work.actor.id}"


def of_page(read: Read, page_id: str) -> list[Maintenance]:
    """What is to come, what is under way, and what ended in the last ninety days, by planned start. Asks no
    permission: the page's gate does."""
    return rows.of_page(read, page_id, plus(read.now, -SHOWN_S))
