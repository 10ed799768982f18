"""``/api/v1/actions``: action items across postmortems, and what can be said of one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from firebell.domain.postmortems import verbs
from firebell.domain.postmortems.actions import ActionState, ActionType, moves_from
from firebell.domain.postmortems.document import verb_of
from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import Body, IfMatch, Limit, Page, Shown, expected, iso, tag
from firebell.entrypoints.api.incidents import AsPerson, Reference
from firebell.entrypoints.api.postmortems import Reason
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.actor import Actor
from firebell.kernel.errors import Changed, Invalid
from firebell.kernel.work import Read, Work
from firebell.workflows import incident_spoken_for, postmortem_moves, postmortems_seen
from firebell.workflows.postmortems_seen import Action

router = APIRouter(prefix="/actions", tags=["actions"], route_class=ApiRoute)


class ActionShown(Shown):
    """An action item. ``waived``: why its incident may close while it is open; ``proof``: what shows that it is done;
    ``effect``: what became of it 30 days later; ``possible``: the verbs of its state."""

    id: str
    postmortem_id: str
    incident_id: str
    reference: str
    text: str
    type: str | None
    state: str
    owner_id: str | None
    team_id: str | None
    due_at: str | None
    overdue: bool
    end_state: str
    severity: str
    priority: str
    factor_ids: list[str]
    tracker_url: str
    reason: str
    late_reason: str
    waived: str
    proof: dict[str, str] | None
    committed_at: str | None
    done_at: str | None
    effect: str | None
    reopened: int
    possible: list[str]
    version: int
    html_url: str


class ActionEdit(Body):
    """What is given is changed. A promise moved past what its severity asks for needs a ``late_reason``."""

    text: Annotated[str, Field(min_length=1, max_length=2_000)] | None = None
    type: ActionType | None = None
    owner: Reference | None = None
    due_at: Annotated[str, Field(max_length=40, examples=["2026-03-17T12:00:00Z"])] | None = None
    late_reason: Reason = ""
    end_state: Annotated[str, Field(max_length=1_000)] | None = None
    priority: Annotated[str, Field(max_length=10)] | None = None
    tracker_url: Annotated[str, Field(max_length=2_000)] | None = None


class Because(Body):
    reason: Reason


class Proof(Body):
    """Evidence: ``kind`` is change, test, alert or drill; ``ref`` a URL or an id. Words alone close nothing."""

    kind: Annotated[str, Field(max_length=20)] = "change"
    ref: Annotated[str, Field(max_length=2_000)]
    note: Reason = ""


def shown(request: Request, r: Read, one: Action) -> ActionShown:
    """An action item as the API shows it."""
    item, row = one.row.item, one.row
    values = {name: getattr(item, name) for name in ActionShown.model_fields if hasattr(item, name)}
    for name in ("due_at", "committed_at", "done_at"):
        values[name] = iso(values[name])
    late = item.state is ActionState.COMMITTED and item.due_at is not None and item.due_at < r.now
    return ActionShown(
        **values
        | {
            "postmortem_id": row.postmortem_id, "incident_id": row.incident_id, "reference": one.postmortem.reference,
            "type": str(item.type) if item.type else None, "state": str(item.state), "overdue": late,
            "factor_ids": list(item.factor_ids), "effect": str(item.effect) if item.effect else None,
            "proof": {"kind": item.proof.kind, "ref": item.proof.ref, "note": item.proof.note} if item.proof else None,
            "possible": list(moves_from(item.state)), "version": row.version,
            "html_url": f"{site_of(request).base_url}/actions/{item.id}",
        }
    )  # fmt: skip


def _say(
    request: Request, response: Response, caller: Actor, action_id: str, verb: verbs.Verb, as_person: str | None,
    if_match: str | None = None,
) -> ActionShown:  # fmt: skip
    def do(w: Work) -> ActionShown:
        version = expected(if_match)
        if version is not None and version != postmortems_seen.action(w, action_id).row.version:
            raise Changed("This action item has moved on meanwhile.", hint="Look at it again and repeat your change.")
        person = incident_spoken_for.person(w, references.user(w, as_person).id if as_person else None)
        postmortem_moves.act_on_action(w, action_id, verb, person_id=person)
        after = postmortems_seen.action(w, action_id)
        tag(response, after.row.version)
        return shown(request, w, after)

    return run(request, do, caller)


@router.get("")
def list_actions(
    request: Request, caller: Caller, *, limit: Limit = 50,
    cursor: Annotated[str | None, Query(max_length=40)] = None,
    state: Annotated[list[ActionState] | None, Query(description="Left out: what is promised and not done.")] = None,
    owner: Annotated[str | None, Query(max_length=100, description="A person; `me` is whoever asks.")] = None,
    team: Annotated[str | None, Query(max_length=100)] = None,
    service: Annotated[str | None, Query(max_length=100)] = None,
    kind: Annotated[list[ActionType] | None, Query(alias="type")] = None,
    overdue: bool | None = None,
    q: Annotated[str | None, Query(max_length=200)] = None,
) -> Page[ActionShown]:  # fmt: skip
    """Action items you may see, the earliest due first."""

    def look(r: Read) -> Page[ActionShown]:
        found = postmortems_seen.action_list(
            r, states=state or [ActionState.COMMITTED], owner_id=_owner(r, owner), overdue=overdue, types=kind or (),
            team_id=references.team(r, team).id if team else None, text=q or "",
            service_id=references.service(r, service).id if service else None, before=_after(r, cursor),
            limit=limit + 1,
        )  # fmt: skip
        kept = found[:limit]
        more = len(found) > limit and kept
        return Page(items=[shown(request, r, one) for one in kept], next=kept[-1].row.item.id if more else None)

    return read(request, look, caller)


def _owner(r: Read, owner: str | None) -> str | None:
    if owner is None:
        return None
    if owner != "me":
        return references.user(r, owner).id
    me = incident_spoken_for.person(r, None)
    if me is None:
        raise Invalid("This token is nobody's.", field="owner", hint="Name the person.")
    return me


def _after(r: Read, cursor: str | None) -> Any:
    return postmortems_seen.action(r, cursor).row if cursor else None


@router.get("/{action_id}")
def show_action(request: Request, response: Response, action_id: str, caller: Caller) -> ActionShown:
    """One action item."""

    def look(r: Read) -> ActionShown:
        one = postmortems_seen.action(r, action_id)
        tag(response, one.row.version)
        return shown(request, r, one)

    return read(request, look, caller)


@router.patch("/{action_id}")
def edit_action(
    request: Request, response: Response, action_id: str, caller: Caller, body: ActionEdit, as_person: AsPerson = None,
    if_match: IfMatch = None,
) -> ActionShown:  # fmt: skip
    """Change what is given."""
    given = body.model_dump(mode="json", exclude_unset=True, exclude={"owner"})
    if "owner" in body.model_fields_set:
        owner = body.owner
        given["owner_id"] = read(request, lambda r: references.user_id(r, owner, "owner"), caller) if owner else ""
    verb = verb_of({"verb": "edit_action", "action": action_id, **given})
    return _say(request, response, caller, action_id, verb, as_person, if_match)


@router.post("/{action_id}:commit")
def commit_action(
    request: Request, response: Response, action_id: str, caller: Caller, as_person: AsPerson = None
) -> ActionShown:
    """A promise: it has an owner, a day and a type."""
    return _say(request, response, caller, action_id, verbs.CommitAction(action=action_id), as_person)


@router.post("/{action_id}:decline")
def decline_action(
    request: Request, response: Response, action_id: str, caller: Caller, body: Because, as_person: AsPerson = None
) -> ActionShown:
    """It will not be done, and here is why."""
    verb = verbs.DeclineAction(action=action_id, reason=body.reason)
    return _say(request, response, caller, action_id, verb, as_person)


@router.post("/{action_id}:close")
def close_action(
    request: Request, response: Response, action_id: str, caller: Caller, body: Proof, as_person: AsPerson = None
) -> ActionShown:
    """Done, with evidence. After 30 days it is asked whether it helped."""
    verb = verbs.CloseAction(action=action_id, kind=body.kind, ref=body.ref, note=body.note)
    return _say(request, response, caller, action_id, verb, as_person)


@router.post("/{action_id}:waive")
def waive_action(
    request: Request, response: Response, action_id: str, caller: Caller, body: Because, as_person: AsPerson = None
) -> ActionShown:
    """It stays open while its incident closes."""
    verb = verbs.WaiveAction(action=action_id, reason=body.reason)
    return _say(request, response, caller, action_id, verb, as_person)


@router.post("/{action_id}:reopen")
def reopen_action(
    request: Request, response: Response, action_id: str, caller: Caller, body: Because, as_person: AsPerson = None
) -> ActionShown:
    """What it was to prevent has happened again."""
    verb = verbs.ReopenAction(action=action_id, reason=body.reason)
    return _say(request, response, caller, action_id, verb, as_person)
