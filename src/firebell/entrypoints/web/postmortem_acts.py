"""What is done to a postmortem from its pages: one form per verb, one route for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.incidents import verbs as incident_verbs
from firebell.domain.postmortems import actions
from firebell.entrypoints.web import (
    postmortem_actions,
    postmortem_forms,
    postmortem_history,
    postmortem_meeting,
    postmortem_page,
    postmortem_refresh,
    postmortem_whys,
)
from firebell.entrypoints.web import postmortem_words as words
from firebell.entrypoints.web.drafts import Draft, refused
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.incident_acts import named, spoken
from firebell.entrypoints.web.session import FormLists, Here
from firebell.kernel.errors import Refused
from firebell.kernel.work import Work
from firebell.workflows import incident_moves, postmortem_moves, postmortems_seen

router = APIRouter()
PERSONS = ("user_id", "owner_id")
PAGES: Mapping[str, Callable[..., Response]] = {
    "": postmortem_page.page, "whys": postmortem_whys.whys_page, "factors": postmortem_whys.factors_page,
    "actions": postmortem_actions.page, "meeting": postmortem_meeting.page, "refresh": postmortem_refresh.page,
    "history": postmortem_history.page,
}  # fmt: skip
"""The pages that forms stand on, by what ``_page`` says: a refused form comes back open there."""


@router.post("/postmortems/{key}/{verb}")
def act(here: Here, key: str, verb: str, form: FormLists) -> Response:
    """Do what the form says. Refused, its page comes back with the form open, as it was sent, and the reason."""
    at = _one(form, "_page") if _one(form, "_page") in PAGES else ""
    try:
        said = here.run(lambda work: _act(work, key, verb, form, here.zone))
    except Refused as error:
        values = {name: ",".join(held) for name, held in form.items()}
        draft = refused(values, error)
        error_said, hint = here.read(lambda read: (spoken(read, draft.error), spoken(read, draft.hint)))
        draft = Draft(draft.values, draft.at, error_said, hint)
        return PAGES[at](here, key, f"{verb}:{_one(form, '_key')}", draft, error.status)
    return here.go(f"/postmortems/{key}{'/' if at else ''}{at}{said.anchor}", *said.flashes)


class Said:
    """What is shown after a verb, and where."""

    def __init__(self, anchor: str, *flashes: Flash) -> None:
        self.anchor, self.flashes = anchor, flashes


def _act(work: Work, key: str, verb: str, form: Mapping[str, Any], zone: str) -> Said:
    if verb == "skip":
        pm = postmortems_seen.one(work, key)
        incident_moves.act(work, pm.incident_id, incident_verbs.SkipPostmortem(reason=_one(form, "reason")))
        return Said("", Flash("No postmortem will be written. The reason stays readable.", "note"))
    pm = postmortems_seen.one(work, key)
    latest = actions.due_by(pm.peak, pm.resolved_at)
    wish = postmortem_forms.verb_of(verb, named(work, form, PERSONS), zone, work.now, latest)
    acted = postmortem_moves.act(work, key, wish)
    done = Flash(SAID.get(verb, "Saved.")) if acted.changed else Flash("It was so already. Nothing changed.", "note")
    about = acted.made or _one(form, "_key")
    anchor = f"#{about}" if verb in _PARTS and about and not verb.startswith("remove_") else ANCHORS.get(verb, "")
    return Said(anchor, done, *(Flash(spoken(work, one), "attention") for one in acted.warnings))


def _one(form: Mapping[str, Any], name: str) -> str:
    values = form.get(name) or [""]
    return str(values[-1]).strip()


_PARTS = frozenset(
    {"add_why", "edit_why", "move_why", "add_factor", "edit_factor", "add_action", "edit_action", "commit_action",
     "decline_action", "add_comment"}
)  # fmt: skip
"""Verbs about one part: one comes back to it."""
ANCHORS: Mapping[str, str] = {
    "resolve_comment": "", "override_verdict": "#verdict", "compute_verdict": "#verdict", "confirm_action": "#verdict",
    "set_owner": "#people", "add_collaborator": "#people", "remove_collaborator": "#people",
    "set_facilitator": "#people", "set_investigator": "#people", "set_depth": "#people", "book_review": "#review",
    "names_to_roles": "#complete",
}  # fmt: skip
SAID: Mapping[str, str] = {
    **words.SAID,
    "release": "Released: it can be published for everybody.", "set_owner": "The owner is named.",
    "add_collaborator": "They can write along.", "remove_collaborator": "They no longer write along.",
    "set_facilitator": "The facilitator is named.", "set_investigator": "The investigator is named.",
    "book_review": "The review meeting is booked.", "record_meeting": "Written down.",
    "add_why": "Added to the tree.", "edit_why": "Saved.", "move_why": "Moved.",
    "remove_why": "Removed; what stood below it moved up.", "add_factor": "Added.", "remove_factor": "Removed.",
    "add_action": "Proposed. Commit to it, or decline it.", "commit_action": "It is a promise now.",
    "decline_action": "Declined; the reason stays visible.", "remove_action": "Removed.",
    "add_comment": "Said.", "resolve_comment": "Resolved.", "names_to_roles": "Names became roles.",
    "refresh": "Drafted again. What people have written is untouched.", "take_offers": "The chosen lines are in.",
    "restore": "The words of that revision are back, as a new one.", "override_verdict": "Your judgement counts.",
    "compute_verdict": "The rules count again.", "confirm_action": "Noted.",
}  # fmt: skip
