"""``/api/v1/fallback``: who is told when neither a policy nor a team's managers reach anybody."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import Field

from firebell.domain.escalation import commands, queries
from firebell.domain.escalation.model import Target, TargetKind
from firebell.domain.people import queries as people
from firebell.domain.people import rules as people_rules
from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import Body, Shown
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.actor import Permission
from firebell.kernel.work import Read, Work

router = APIRouter(prefix="/fallback", tags=["escalation-policies"], route_class=ApiRoute)


class PersonShown(Shown):
    """``unreachable``: why a page would not reach this person now (null: it would)."""

    user_id: str
    user: str
    unreachable: str | None


class FallbackShown(Shown):
    """The installation's last resort. Empty until somebody is named: then administrators are told."""

    people: list[PersonShown]
    html_url: str


class FallbackGiven(Body):
    """All of them, by name or id; at least one."""

    people: list[str] = Field(max_length=100)


@router.get("")
def get_fallback(request: Request, caller: Caller) -> FallbackShown:
    """Who is told when nothing else reaches a human."""
    return read(request, lambda r: _shown(request, r), caller)


@router.put("")
def set_fallback(request: Request, caller: Caller, body: FallbackGiven) -> FallbackShown:
    """Name them, all at once. It cannot be emptied."""

    def change(w: Work) -> FallbackShown:
        w.needs(Permission.SETTINGS_EDIT)
        named = [references.user_id(w, one, f"people[{n}]") for n, one in enumerate(body.people)]
        commands.set_fallback(w, [Target(TargetKind.USER, one) for one in dict.fromkeys(named)])
        return _shown(request, w)

    return run(request, change, caller)


def _shown(request: Request, r: Read) -> FallbackShown:
    r.needs(Permission.PEOPLE_VIEW)
    wanted = queries.installation_fallback(r)
    found = {str(user_id): person for user_id, person in people.people(r, wanted).items()}
    shown = []
    for user_id in wanted:
        person = found.get(user_id)
        why = people_rules.reachable(person)
        shown.append(
            PersonShown(
                user_id=user_id, user=person.user.name if person else user_id, unreachable=why.value if why else None
            )
        )
    return FallbackShown(people=shown, html_url=f"{site_of(request).base_url}/settings")
