"""The commander's release, and what people do to the clocks of updates."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.incidents import queries as incidents
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.incident_acts import spoken
from firebell.entrypoints.web.session import Form, Here
from firebell.kernel.errors import Conflict, Invalid, Refused
from firebell.kernel.work import Work
from firebell.workflows import update_clocks, update_posted

router = APIRouter()


@router.post("/incidents/{incident_id}/updates/{update_id}/{verb}")
def decide(here: Here, incident_id: str, update_id: str, verb: str, form: Form) -> Response:
    """Release exactly what was read (``sha256``), reject it with a reason, or take it back."""
    back = f"/incidents/{incident_id}#updates"
    try:
        if verb == "approve":
            here.run(lambda work: update_posted.approve(work, update_id, form.get("sha256", "")))
            return here.go(back, Flash("Released and sent."))
        if verb == "reject":
            here.run(lambda work: update_posted.reject(work, update_id, form.get("reason", "")))
            return here.go(back, Flash("Back to its author, with your reason.", "note"))
        if verb == "withdraw":
            here.run(lambda work: update_posted.withdraw(work, update_id))
            return here.go(back, Flash("Withdrawn.", "note"))
    except (Conflict, Invalid) as error:
        return here.go(back, _said(here, error))
    raise Invalid("There is no such move.", field="verb")


@router.post("/incidents/{incident_id}/clocks/{audience}/{verb}")
def clock(here: Here, incident_id: str, audience: str, verb: str, form: Form) -> Response:
    """Snooze a reminder (a fact of the timeline), or slow the rhythm down (the commander, after two hours)."""
    minutes = form.get("minutes", "")
    if not minutes.isascii() or not minutes.isdigit() or len(minutes) > 3:
        raise Invalid("Say for how many minutes.", field="minutes", hint="For example 5.")

    def job(work: Work) -> None:
        i = incidents.incident(work, incident_id)
        if verb == "snooze":
            update_clocks.snooze(work, i.id, audience, int(minutes))
        elif verb == "slow":
            update_clocks.slow_down(work, i.id, audience, int(minutes) * 60)
        else:
            raise Invalid("There is no such move.", field="verb")

    try:
        here.run(job)
    except (Conflict, Invalid) as error:
        return here.go(f"/incidents/{incident_id}#updates", _said(here, error))
    return here.go(f"/incidents/{incident_id}#updates", Flash("Done. It is on the timeline.", "note"))


def _said(here: Here, error: Refused) -> Flash:
    words = f"{error.message} {error.hint or ''}".strip()
    return Flash(here.read(lambda read: spoken(read, words)), "attention")
