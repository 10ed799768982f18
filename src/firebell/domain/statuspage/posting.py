"""Commands that say something to the public: open an incident on a page, add to it, mend what was said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firebell.domain.statuspage import rules, said_store, store
from firebell.domain.statuspage.components import change_state
from firebell.domain.statuspage.facts import (
    PublicIncidentEdited,
    PublicIncidentOpened,
    PublicIncidentRemoved,
    PublicUpdateEdited,
    PublicUpdatePosted,
)
from firebell.domain.statuspage.model import (
    OVER,
    Change,
    Component,
    Impact,
    PublicIncident,
    PublicStatus,
    PublicUpdate,
    Span,
    StatusPage,
)
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Conflict, Invalid, NotFound
from firebell.kernel.work import Read, Work

_PUBLISH = Permission.STATUS_PUBLISH


def publish(
    work: Work,
    page_id: str,
    *,
    name: str,
    status: str,
    body: str,
    components: Mapping[str, str] | None = None,
    incident_id: str | None = None,
    public_incident_id: str | None = None,
    event_at: Instant | None = None,
    next_update_by: Instant | None = None,
    notify: bool = True,
    impact_override: str | None = None,
    backfilled: bool = False,
    automatic: bool = False,
    update_id: str = "",
) -> PublicIncident:
    """Open a public incident, or add an update to the one there is: ``public_incident_id``, else the page's newest
    that is linked to ``incident_id``.

    ``components`` maps ids to the states they are in from ``event_at`` on. ``update_id`` (of ``comms``): published
    once. Raises NotFound, Invalid, Conflict when the page is disabled.
    """
    page = _page(work, page_id)
    if update_id and (said := said_store.update_made_from(work, page_id, update_id)) is not None:
        return _incident(work, said.public_incident_id)
    if page.disabled:
        raise Conflict(f"{page.name} is disabled.", hint="Enable it in its settings first.")
    state, text = rules.public_status(status), rules.body(body)
    at = min(event_at or work.now, work.now)
    before = _standing(work, page_id, public_incident_id, incident_id)
    theirs = _components(work, page_id, components or {})
    changes = _apply(work, theirs, components or {}, at, old=before.components if before else {}, real=not backfilled)
    incident = before or _open(work, page, name, state, incident_id, at, backfilled)
    new_id = ids.new("sup", work.now)
    update = PublicUpdate(
        id=new_id, code=rules.code_of(new_id), public_incident_id=incident.id, page_id=page.id, changes=changes,
        event_at=at, created_at=work.now, updated_at=work.now,
        next_update_by=None if state in OVER else next_update_by, notify=notify and not backfilled,
        automatic=automatic, update_id=update_id, status=state, body=text,
    )  # fmt: skip
    said_store.add_update(work, update)
    _settle(work, incident, update, name, components or {}, impact_override)
    fact = PublicUpdatePosted(
        page_id=page_id, incident_id=incident.incident_id, name=rules.label(name, "name"), status=update.status,
        body=update.body, notify=update.notify, update_id=update_id,
    )  # fmt: skip
    work.record(incident.id, fact, event_at=at)
    store.touch(work, page_id)
    return _incident(work, incident.id)


def _open(
    work: Work, page: StatusPage, name: str, status: str, incident_id: str | None, at: Instant, backfilled: bool
) -> PublicIncident:
    new_id = ids.new("sin", work.now)
    new = PublicIncident(
        id=new_id, code=rules.code_of(new_id), page_id=page.id, incident_id=incident_id,
        number=said_store.number_for(work, page.id), name=rules.label(name, "name"), status=PublicStatus(status),
        backfilled=backfilled, started_at=at, created_at=work.now, updated_at=work.now,
    )  # fmt: skip
    said_store.add_incident(work, new)
    opened = PublicIncidentOpened(
        page_id=page.id, incident_id=incident_id, name=new.name, impact=new.impact, backfilled=backfilled
    )
    work.record(new_id, opened, event_at=at)
    return new


def _settle(
    work: Work, incident: PublicIncident, update: PublicUpdate, name: str, components: Mapping[str, str],
    override: str | None,
) -> None:  # fmt: skip
    impact = rules.heavier(incident.impact, rules.impact(components.values()))
    overridden = incident.overridden
    if override is not None:
        impact, overridden = rules.impact_given(override), True
    elif overridden:
        impact = incident.impact
    status = update.status
    written: dict[str, Any] = {
        "name": rules.label(name, "name"), "status": str(status), "impact": str(impact), "overridden": overridden,
        "components": {**incident.components, **components}, "updated_at": work.now,
        "next_update_by": update.next_update_by, "started_at": min(incident.started_at, update.event_at),
        "resolved_at": (incident.resolved_at or update.event_at) if status in OVER else None,
    }  # fmt: skip
    if status == PublicStatus.MONITORING or (status in OVER and incident.monitoring_at):
        written["monitoring_at"] = incident.monitoring_at or update.event_at
    elif status not in OVER:
        written["monitoring_at"] = None
    store.save(work, said_store.incidents, incident.id, incident.version, written)


def _apply(
    work: Work, theirs: Mapping[str, Component], wanted: Mapping[str, str], at: Instant, *, old: Mapping[str, str],
    real: bool,
) -> tuple[Change, ...]:  # fmt: skip
    """Put components into their states; every one named is listed, also one that was there already."""
    changes = []
    for component_id, status in wanted.items():
        one, state = theirs[component_id], rules.component_status(status, f"components.{component_id}")
        was = one.status if real else old.get(component_id, "operational")
        if real:
            change_state(work, one, state, at)
        changes.append(Change(one.id, one.code, one.name, was, state))
    return tuple(changes)


def add_past(
    work: Work, page_id: str, *, name: str, body: str, from_at: Instant, until_at: Instant,
    components: Mapping[str, str] | None = None, impact_override: str | None = None,
) -> PublicIncident:  # fmt: skip
    """An incident that is over, entered afterwards and marked so. It counts in the uptime; nobody is told."""
    if from_at >= until_at or until_at > work.now:
        raise Invalid("It ended after it began, and before now.", field="until_at")
    theirs = _components(work, _page(work, page_id).id, components or {})
    made = publish(
        work, page_id, name=name, status="resolved", body=body, components=components, event_at=until_at, notify=False,
        impact_override=impact_override, backfilled=True,
    )  # fmt: skip
    written = {"started_at": from_at}
    store.save(work, said_store.incidents, made.id, made.version, written)
    store.add_spans(
        work,
        [
            Span(theirs[each].id, rules.component_status(status), from_at, until_at, True)
            for each, status in (components or {}).items()
        ],
    )
    return _incident(work, made.id)


def edit_update(work: Work, public_update_id: str, body: str) -> PublicUpdate:
    """Mend what an update says. Nobody is told again. The words before stay in the journal."""
    before = said_store.update_of(work, public_update_id)
    page = store.take_page(work, before.page_id) if before else None
    work.needs(_PUBLISH, page.team_id if page else None)
    if before is None:
        raise NotFound("There is no such update.", field="update_id")
    body = rules.body(body)
    if body == before.body:
        return before
    work.write(
        said_store.updates.update().where(said_store.updates.c.id == before.id).values(body=body, updated_at=work.now)
    )
    incident = _incident(work, before.public_incident_id)
    store.save(work, said_store.incidents, incident.id, incident.version, {"updated_at": work.now})
    work.record(
        incident.id,
        PublicUpdateEdited(page_id=before.page_id, name=incident.name, before=before.body, after=body),
    )
    store.touch(work, before.page_id)
    after = said_store.update_of(work, public_update_id)
    assert after is not None
    return after


def edit_incident(
    work: Work, public_incident_id: str, *, name: str | None = None, impact: str | None = None
) -> PublicIncident:
    """Another name, or an impact set by hand (which is marked; ``""`` takes it back to what the components say)."""
    before = _taken(work, public_incident_id)
    values: dict[str, Any] = {}
    if name is not None:
        values["name"] = rules.label(name, "name")
    if impact == "":
        values |= {"impact": str(_natural(before)), "overridden": False}
    elif impact is not None:
        values |= {"impact": str(rules.impact_given(impact)), "overridden": True}
    changed = rules.differences({each: getattr(before, each) for each in values}, values)
    if not changed:
        return before
    store.save(work, said_store.incidents, before.id, before.version, values | {"updated_at": work.now})
    work.record(before.id, PublicIncidentEdited(page_id=before.page_id, changed=changed))
    store.touch(work, before.page_id)
    return _incident(work, before.id)


def _natural(incident: PublicIncident) -> Impact:
    reached = [change.new for update in incident.updates for change in update.changes]
    return rules.impact([*incident.components.values(), *reached])


def link(work: Work, public_incident_id: str, incident_id: str | None) -> PublicIncident:
    """Tie a public incident to the internal one behind it, or (``None``) untie it."""
    before = _taken(work, public_incident_id)
    if before.incident_id != incident_id:
        store.save(work, said_store.incidents, before.id, before.version, {"incident_id": incident_id})
        changed = {"incident_id": [before.incident_id, incident_id]}
        work.record(before.id, PublicIncidentEdited(page_id=before.page_id, changed=changed))
        store.touch(work, before.page_id)
    return _incident(work, before.id)


def remove_incident(work: Work, public_incident_id: str, why: str) -> None:
    """Take an incident that should never have been posted off the page. What was said stays in the journal."""
    before = _taken(work, public_incident_id, Permission.STATUS_EDIT)
    why = rules.label(why, "why", 500)
    store.save(work, said_store.incidents, before.id, before.version, {"deleted_at": work.now})
    work.record(before.id, PublicIncidentRemoved(page_id=before.page_id, name=before.name, why=why))
    store.touch(work, before.page_id)


def _page(work: Work, page_id: str) -> StatusPage:
    page = store.take_page(work, page_id)
    work.needs(_PUBLISH, page.team_id if page else None)
    if page is None:
        raise NotFound("There is no such status page.", field="page_id")
    return page


def _incident(read: Read, public_incident_id: str) -> PublicIncident:
    found = said_store.incident(read, public_incident_id)
    if found is None:
        raise NotFound("There is no such public incident.", field="public_incident_id")
    return found


def _taken(work: Work, public_incident_id: str, permission: Permission = _PUBLISH) -> PublicIncident:
    found = said_store.incident(work, public_incident_id)
    page = store.take_page(work, found.page_id) if found else None
    work.needs(permission, page.team_id if page else None)
    # Behind the page's lock once more: it may have moved while we waited.
    return _incident(work, public_incident_id)


def _standing(
    read: Read, page_id: str, public_incident_id: str | None, incident_id: str | None
) -> PublicIncident | None:
    if public_incident_id is not None:
        found = _incident(read, public_incident_id)
        if found.page_id != page_id:
            raise Invalid("That incident is on another page.", field="public_incident_id")
        return found
    if incident_id is None:
        return None
    where = (said_store.incidents.c.page_id == page_id, said_store.incidents.c.incident_id == incident_id)
    return next(iter(said_store.incidents_where(read, *where, limit=1)), None)


def _components(read: Read, page_id: str, wanted: Mapping[str, str]) -> dict[str, Component]:
    theirs = {str(one.id): one for one in store.components_of(read, page_id)}
    for each in wanted:
        if each not in theirs:
            raise Invalid("There is no such component on this page.", field=f"components.{each[:40]}")
        if theirs[each].is_group:
            raise Invalid("A group shows the worst of what is in it.", field=f"components.{each}")
    return theirs
