"""One click mends what disagrees between an incident and its status page, as far as one click can."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from firebell.domain.comms.model import Audience, UpdateState
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents import verbs
from firebell.domain.statuspage import commands as pages
from firebell.domain.statuspage import maintenance_queries
from firebell.domain.statuspage import queries as page_queries
from firebell.domain.statuspage.model import PublicStatus
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Conflict, NotFound
from firebell.kernel.work import Work
from firebell.workflows import (
    consistency,
    incident_moves,
    maintenance_due,
    status_published,
    update_posted,
    update_situation,
)
from firebell.workflows.disagreements import Disagreement

OPENING = "We are aware of an issue affecting {name}. We are investigating."


def fix(work: Work, key: str) -> str:
    """Mend one disagreement (its ``key``). Returns in a sentence what was done.

    Raises NotFound when it does not stand (any more), Conflict when a person has to say which way, and whatever the
    commands behind it raise: the quality gate and the release hold for a fix as for everything that is said.
    """
    work.needs(Permission.INCIDENTS_VIEW)
    one = next((each for each in consistency.standing(work) if each.key == key), None)
    if one is None:
        raise NotFound("That is mended already.", field="key")
    return FIXES[one.rule](work, one)


def _post(work: Work, one: Disagreement) -> str:
    """What the composer offers: the template of the phase."""
    if one.incident_id is None:
        raise Conflict("Nothing inside goes with it.", hint="Say on the page how it is.")
    new = update_posted.compose(work, one.incident_id, Audience.PUBLIC).new
    made = update_posted.submit(work, one.incident_id, new)
    return "Posted." if made.state == UpdateState.SENT else "Written; it waits for its release."


def _settle_components(work: Work, one: Disagreement) -> str:
    incident = incidents.find(work, one.incident_id) if one.incident_id else None
    if incident is not None and incident.active:
        raise Conflict(
            "Its incident goes on: which components are not well?", hint="Set them with the next update, or mitigate."
        )
    if incident is not None:
        return _post(work, one)
    status_published.align(work, one.public_id or "", PublicStatus.RESOLVED, "This is resolved; no data was lost.")
    return "Resolved on the page."


def _open_one(work: Work, one: Disagreement) -> str:
    found = next((each for each in incidents.active(work) if one.subject_id in each.component_ids), None)
    component = page_queries.component(update_situation.as_system(work), one.subject_id or "")
    if found is not None:
        new = update_posted.compose(work, found.id, Audience.PUBLIC).new
        made = update_posted.submit(work, found.id, new)
        return "Posted." if made.state == UpdateState.SENT else "Written; it waits for its release."
    status_published.post(
        work, component.page_id, name=f"Issue affecting {component.name}", status=PublicStatus.INVESTIGATING,
        body=OPENING.format(name=component.name), components={str(component.id): component.status},
    )  # fmt: skip
    return "A public incident is open."


def _end_maintenance(work: Work, one: Disagreement) -> str:
    overdue = {each.id for each in maintenance_queries.overdue(work)}
    if one.subject_id not in overdue:
        raise Conflict("Is it done, or does it take longer?", hint="Set the component's state, or plan it anew.")
    maintenance_due.move(work, one.subject_id, "completed")
    return "Completed."


def _unlink(work: Work, one: Disagreement) -> str:
    for public in page_queries.of_incident(update_situation.as_system(work), one.incident_id or ""):
        pages.link(work, public.id, None)
    incident_moves.act(work, one.incident_id or "", verbs.Edit(component_ids=()))
    return "Unlinked. What was posted stays on the page: take it off there if it has to go."


def _show(work: Work, one: Disagreement) -> str:
    inside = update_situation.as_system(work)
    page = page_queries.page(inside, one.page_id or "")
    if page.disabled:
        pages.edit_page(work, page.id, disabled=False)
        return f"{page.name} is enabled."
    known = {str(each.id): each for each in page_queries.components(inside, page.id)}
    at = known.get(one.subject_id or "")
    while at is not None:
        if at.hidden:
            pages.edit_component(work, at.id, hidden=False)
        at = known.get(str(at.group_id))
    return "It is shown."


FIXES: Mapping[str, Callable[[Work, Disagreement], str]] = {
    "C1": _post, "C2": _settle_components, "C3": _open_one, "C4": _post, "C5": _post, "C6": _post,
    "C7": _end_maintenance, "C8": _post, "C9": _unlink, "C10": _show,
}  # fmt: skip
