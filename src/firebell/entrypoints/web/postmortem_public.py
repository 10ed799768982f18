"""The public text of a postmortem: written in four parts, checked, released by the commander, told to customers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response
from msgspec.structs import asdict

from firebell.domain.comms.model import PENDING, Finding, Update, UpdateState
from firebell.domain.postmortems import rules
from firebell.domain.postmortems.model import Postmortem
from firebell.domain.statuspage import queries as pages
from firebell.entrypoints.web import postmortem_desk
from firebell.entrypoints.web.drafts import Choices, Draft, refused
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.postmortem_desk import Desk
from firebell.entrypoints.web.session import Browser, Form, Here
from firebell.kernel.actor import SYSTEM, Permission
from firebell.kernel.errors import Conflict, Invalid, Refused
from firebell.kernel.work import Read, Work
from firebell.workflows import postmortem_public, update_posted
from firebell.workflows.postmortem_public import PublicText

router = APIRouter()
TEMPLATE = "postmortems/public.html"
STATES = {
    UpdateState.DRAFT: "Not handed in yet", UpdateState.AWAITING_APPROVAL: "Waits for the Incident Commander’s release",
    UpdateState.APPROVED: "Released", UpdateState.SENT: "Stands on the status page; its subscribers were told",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PublicPage:
    """``writes``: this reader may hand in a text now; ``why_not``: why nobody may. ``sent``: it is out."""

    desk: Desk
    draft: Draft
    update: Update | None
    findings: Sequence[Finding]
    pages: Choices
    may_release: bool
    writes: bool
    why_not: str
    said: str

    @property
    def waits(self) -> bool:
        return self.update is not None and self.update.state in PENDING


@router.get("/postmortems/{key}/public")
def show(here: Here, key: str) -> Response:
    return _page(here, key)


@router.post("/postmortems/{key}/public")
def hand_in(here: Here, key: str, form: Form) -> Response:
    """Hand in the text; what waits already is written anew."""
    text = PublicText(
        what_happened=form.get("what_happened", ""), impact=form.get("impact", ""), changing=form.get("changing", ""),
        apology=form.get("apology", ""), title=form.get("title", ""), page_id=form.get("page_id") or None,
    )  # fmt: skip
    try:
        made = here.run(lambda work: postmortem_public.submit(work, key, text))
    except Refused as error:
        fields = {"title", "what_happened", "impact", "changing", "apology", "page_id"}
        at = {error.field: error.field if error.field in fields else ""} if error.field else {}
        return _page(here, key, refused(form, error, at), error.status)
    said = "It is out." if made.state == UpdateState.SENT else "Handed in. The Incident Commander releases it."
    return here.go(f"/postmortems/{key}/public", Flash(said))


@router.post("/postmortems/{key}/public/{move}")
def decide(here: Here, key: str, move: str, form: Form) -> Response:
    """Release exactly what was read (``sha256``), send it back with a reason, or take it back."""

    def job(work: Work) -> Flash:
        update = postmortem_public.standing(work, key).update
        if update is None:
            raise Conflict("There is no text yet.", hint="Write one first.")
        if move == "approve":
            update_posted.approve(work, update.id, form.get("sha256", ""))
            return Flash("Released. It stands on the status page, and its subscribers are told.")
        if move == "reject":
            update_posted.reject(work, update.id, form.get("reason", ""))
            return Flash("Back to its author, with your reason.", "note")
        if move == "withdraw":
            update_posted.withdraw(work, update.id)
            return Flash("Withdrawn.", "note")
        raise Invalid("There is no such move.", field="verb")

    try:
        return here.go(f"/postmortems/{key}/public", here.run(job))
    except (Conflict, Invalid) as error:
        return here.go(f"/postmortems/{key}/public", Flash(f"{error.message} {error.hint or ''}".strip(), "attention"))


def _page(here: Browser, key: str, draft: Draft | None = None, status: int = 200) -> Response:
    def look(read: Read) -> PublicPage:
        desk = postmortem_desk.look(here, read, key)
        found = postmortem_public.standing(read, key)
        values = {name: str(value or "") for name, value in asdict(found.text).items()}
        state = UpdateState(found.update.state) if found.update else None
        why_not = _why_not(desk.pm)
        return PublicPage(
            desk=desk, draft=draft or Draft(values), update=found.update, findings=found.findings, pages=_pages(read),
            may_release=found.may_release, why_not=why_not, said=STATES.get(state, "") if state else "",
            writes=not why_not and here.may(Permission.STATUS_PUBLISH, desk.pm.team_id),
        )  # fmt: skip

    view = here.read(look)
    title = f"Text for customers: {view.desk.pm.reference}"
    return here.page(TEMPLATE, view, title=title, nav="postmortems", status=status)


def _why_not(pm: Postmortem) -> str:
    if pm.private:
        return "The incident is private: nothing about it is published."
    if not rules.lets_follow_up(pm.state):
        return "It comes after the review: the postmortem is not reviewed yet."
    return ""


def _pages(read: Read) -> Choices:
    found = pages.pages(Read(read.connection, read.now, SYSTEM))
    return [(str(page.id), page.name) for page in found if not page.disabled]
