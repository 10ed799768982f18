"""The action items of one postmortem, being worked on: what is vague about each, while it is typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.people import queries as people
from firebell.domain.postmortems import actionlint, actions
from firebell.domain.postmortems.actions import ActionItem, ActionType, Strength
from firebell.domain.postmortems.model import stamp
from firebell.entrypoints.web import postmortem_desk, postmortem_forms
from firebell.entrypoints.web.drafts import Choices, Draft
from firebell.entrypoints.web.postmortem_desk import Desk
from firebell.entrypoints.web.postmortem_view import ActionLine, action_lines
from firebell.entrypoints.web.session import Browser, Form, Here
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Invalid
from firebell.kernel.work import Read
from firebell.workflows import postmortems_seen

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the action linter says of one wish. ``strength`` is ``None`` while nothing is written."""

    warned: Sequence[str]
    strength: Strength | None


@dataclass(frozen=True, slots=True)
class ActionsPage:
    """``lines`` with their stamps in ``was``; ``together``: what is to say about all of them. ``chosen``: the answer or
    factor a new one is for. ``said``: of the one being written."""

    desk: Desk
    lines: Sequence[ActionLine]
    was: Mapping[str, str]
    together: Sequence[str]
    refs: Choices
    teams: Choices
    due: str
    days: Mapping[str, str]
    chosen: str
    said: Verdict


@router.get("/postmortems/{key}/actions")
def show(here: Here, key: str) -> Response:
    return page(here, key, chosen=here.request.query_params.get("for", ""))


@router.post("/postmortems/{key}/actions/check")
def check(here: Here, key: str, form: Form) -> Response:
    """What is vague about the one being written."""
    return page(here, key, said=_said(here, key, form), block="said")


def page(
    here: Browser, key: str, refused: str = "", draft: Draft | None = None, status: int = 200, *, chosen: str = "",
    said: Verdict | None = None, block: str = "",
) -> Response:  # fmt: skip
    def look(read: Read) -> ActionsPage:
        desk = postmortem_desk.look(here, read, key, {refused: draft} if draft else {}, refused)
        document = desk.pm.document
        refs = [(one.id, f"Factor: {one.text[:70]}") for one in document.factors]
        refs += [(one.id, f"Answer: {one.condition[:70]}") for one in document.whys if one.parent is not None]
        return ActionsPage(
            desk, action_lines(desk), {one.id: stamp(one) for one in document.actions},
            actionlint.check_list(document.actions), refs,
            [(t.id, t.display_name or t.name) for t in people.teams(read)],
            postmortem_forms.day_of(desk.latest, here.zone),
            {one.id: postmortem_forms.day_of(one.due_at, here.zone) for one in document.actions},
            chosen, said or Verdict((), None),
        )  # fmt: skip

    view = here.read(look)
    title = f"Action items: {view.desk.pm.reference}"
    return here.page("postmortems/actions.html", view, title=title, nav="postmortems", status=status, block=block)


def _said(here: Browser, key: str, form: Mapping[str, str]) -> Verdict:
    def look(read: Read) -> Verdict:
        pm = postmortems_seen.one(read, key)
        kind = form.get("type", "")
        item = ActionItem(
            id="", text=form.get("text", "").strip(), end_state=form.get("end_state", "").strip(), severity=pm.peak,
            type=ActionType(kind) if kind in [*ActionType] else None, owner_id=form.get("owner_id") or None,
            due_at=_due(form, here.zone),
        )  # fmt: skip
        if not item.text:
            return Verdict((), None)
        warned = [*actionlint.check(item, postmortems_seen.names(read, pm)), *actionlint.contract(item)]
        words = [one.message for one in warned]
        latest = actions.due_by(pm.peak, pm.resolved_at)
        if item.due_at is not None and item.due_at > latest and len(form.get("late_reason", "")) < actions.REASON_MIN:
            words.append(f"It is due later than a {pm.peak} asks for: say why.")
        return Verdict(words, actionlint.strength(item))

    return here.read(look)


def _due(form: Mapping[str, str], zone: str) -> Instant | None:
    try:
        return postmortem_forms.due_at(form.get("due_at", ""), zone)
    except Invalid:
        return None
