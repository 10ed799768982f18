"""The composer: an update filled in from its template, checked, seen as its readers will see it, sent or handed in."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.comms import queries as comms
from firebell.domain.comms.model import PENDING, Audience, Finding, NewUpdate, Prompt, Update, UpdateState
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.model import Incident
from firebell.domain.statuspage import queries as pages
from firebell.domain.statuspage.model import Component, ComponentStatus, PublicStatus
from firebell.entrypoints.web.drafts import Choices, Draft, refused
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.incident_acts import spoken
from firebell.entrypoints.web.incident_forms import ahead
from firebell.entrypoints.web.incident_said import AUDIENCES
from firebell.entrypoints.web.session import Form, Here
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Conflict, Invalid, Refused
from firebell.kernel.work import Read, Work
from firebell.workflows import update_posted

router = APIRouter()
STATUSES: Mapping[str, Choices] = {
    Audience.INTERNAL: [(one, one) for one in ("Investigating", "Mitigating", "Resolved")],
    Audience.EXECUTIVE: [(one, one) for one in ("Investigating", "Mitigating", "Resolved")],
    Audience.PUBLIC: [(one.value, one.value.capitalize()) for one in PublicStatus],
}
COMPONENT_STATES: Choices = [(one.value, one.value.replace("_", " ").capitalize()) for one in ComponentStatus]


@dataclass(frozen=True, slots=True)
class ComposerPage:
    """``things``: the true things of which an update needs one when nothing has changed. ``overridable``: checks that
    the commander may overrule with a reason. ``preview`` is the text as its readers see it."""

    i: Incident
    audience: str
    label: str
    draft: Draft
    findings: Sequence[Finding]
    things: Sequence[Prompt]
    latest: Instant | None
    statuses: Choices
    components: Sequence[Component]
    states: Choices
    preview: str
    commands: bool
    key: str
    pending: Update | None = None

    @property
    def href(self) -> str:
        return f"/incidents/{self.i.id}"

    @property
    def overridable(self) -> Sequence[Finding]:
        return [one for one in self.findings if one.level == "block" and one.overridable]


@router.get("/incidents/{incident_id}/updates/new")
def compose(here: Here, incident_id: str, audience: str = "internal") -> Response:
    """An update ready to be edited: the template, filled in."""
    return _composer(here, incident_id, _audience(audience))


@router.get("/incidents/{incident_id}/updates/{update_id}")
def show(here: Here, incident_id: str, update_id: str) -> Response:
    """An update that waits, to be read, edited and released."""
    found = here.read(lambda read: comms.update(read, update_id, team=incidents.incident(read, incident_id).team_id))
    if found.incident_id != here.read(lambda read: incidents.incident(read, incident_id)).id:
        raise Invalid("This update belongs to another incident.", field="update")
    if found.state not in PENDING:
        return here.go(f"/incidents/{incident_id}#{found.id}")
    return _composer(here, incident_id, found.audience, pending=found)


def _audience(word: str) -> str:
    return word if word in [*Audience] else Audience.INTERNAL.value


def _composer(
    here: Here, incident_id: str, audience: str, *, typed: Mapping[str, str] | None = None,
    error: Refused | None = None, new: NewUpdate | None = None, pending: Update | None = None,
) -> Response:  # fmt: skip
    def look(read: Read) -> ComposerPage:
        i = incidents.incident(read, incident_id)
        composed = update_posted.compose(read, i.id, audience)
        shown = new or (_of(pending) if pending is not None else composed.new)
        findings = composed.findings if shown is composed.new else update_posted.check(read, i.id, shown)
        values = dict(typed) if typed is not None else _values(shown, here.zone)
        draft = Draft(values) if error is None else refused(values, error, {"next_update_by": "next", "audience": ""})
        if error is not None:
            draft = Draft(draft.values, draft.at, spoken(read, draft.error), spoken(read, draft.hint))
        listed = _components(read, i, shown) if audience == Audience.PUBLIC else []
        return ComposerPage(
            i, audience, AUDIENCES[audience], draft, findings, composed.true_things, composed.latest,
            STATUSES[audience], listed, COMPONENT_STATES, shown.body or composed.new.body,
            here.me.id == i.commander_id or here.me.id in i.holders("deputy"),
            values.get("key") or secrets.token_hex(8), pending,
        )  # fmt: skip

    view = here.read(look)
    title = f"Update to {view.label.lower()}: {view.i.reference}"
    return here.page("incidents/update.html", view, title=title, nav="incidents", status=error.status if error else 200)


def _components(read: Read, i: Incident, new: NewUpdate) -> list[Component]:
    """The components of the page it goes to: those of the incident first."""
    found = pages.pages(read)
    if not found or not read.actor.may(Permission.STATUS_VIEW):
        return []
    chosen = next((one for one in found if one.id == new.page_id), found[0])
    listed = [one for one in pages.components(read, chosen.id) if not one.is_group and not one.hidden]
    return sorted(
        listed, key=lambda one: (one.id not in i.component_ids and one.id not in new.components, one.position)
    )


def _of(one: Update) -> NewUpdate:
    return NewUpdate(
        audience=Audience(one.audience), body=one.body, title=one.title, status=one.status, impact=one.impact,
        eta=one.eta, next_update_by=one.next_update_by, final=one.final, components=one.components,
        page_id=one.page_id, overrides=one.overrides,
    )  # fmt: skip


def _values(new: NewUpdate, zone: str) -> dict[str, str]:
    due = new.next_update_by.to_tz(zone).to_plain().format_iso()[:16] if new.next_update_by else ""
    values = {"body": new.body, "impact": new.impact, "eta": new.eta, "status": new.status, "next": due}
    values |= {f"component-{id_}": state for id_, state in new.components.items()}
    return values | ({"final": "true"} if new.final else {}) | ({"page_id": new.page_id} if new.page_id else {})


def _new(form: Mapping[str, str], audience: str, zone: str, now: Instant) -> NewUpdate:
    due = form.get("next", "").strip()
    states = {
        name.removeprefix("component-"): value
        for name, value in form.items()
        if name.startswith("component-") and value
    }
    reasons = {
        name.removeprefix("override-"): value.strip()
        for name, value in form.items()
        if name.startswith("override-") and value.strip()
    }
    return NewUpdate(
        audience=Audience(audience), body=form.get("body", "").replace("\r\n", "\n").strip(),
        impact=form.get("impact", "").strip(), eta=form.get("eta", "").strip(), status=form.get("status", ""),
        next_update_by=ahead(due, zone, now, "next") if due else None, final=bool(form.get("final")),
        components=states, page_id=form.get("page_id") or None, key=form.get("key", ""), overrides=reasons,
    )  # fmt: skip


@router.post("/incidents/{incident_id}/updates/send")
def send(here: Here, incident_id: str, form: Form) -> Response:
    """Check it (``check``), or send it or hand it in. Refused, it comes back as it was typed."""
    audience = _audience(form.get("audience", ""))
    typed = {name: value for name, value in form.items() if name not in ("csrf_token", "action")}
    now = here.site.runner.clock.now()
    pending = form.get("pending", "")
    try:
        new = _new(form, audience, here.zone, now)
        if form.get("action") == "check":
            return _composer(here, incident_id, audience, typed=typed, new=new, pending=_pending(here, pending))
        made = here.run(lambda work: _submitted(work, incident_id, new, pending))
    except (Conflict, Invalid) as error:
        checked = _readable(form, audience, here.zone, now)
        return _composer(
            here, incident_id, audience, typed=typed, error=error, new=checked, pending=_pending(here, pending)
        )
    sent = made.state == UpdateState.SENT
    words = "Sent." if sent else "It waits for the Incident Commander’s release."
    return here.go(f"/incidents/{incident_id}#updates", Flash(words, "ok" if sent else "note"))


def _readable(form: Mapping[str, str], audience: str, zone: str, now: Instant) -> NewUpdate | None:
    try:
        return _new(form, audience, zone, now)
    except Invalid:
        return None


def _pending(here: Here, update_id: str) -> Update | None:
    return here.read(lambda read: comms.update(read, update_id)) if update_id else None


def _submitted(work: Work, incident_id: str, new: NewUpdate, pending: str) -> Update:
    if pending:
        return update_posted.edit(work, pending, new)
    return update_posted.submit(work, incidents.incident(work, incident_id).id, new)
