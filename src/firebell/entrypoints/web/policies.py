"""Escalation policies: the list and one ladder, step by step, with who stands on each step now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.escalation import queries
from firebell.domain.escalation.model import Policy
from firebell.domain.services import queries as services
from firebell.entrypoints.web import moments, paged_now, sentences
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.names import look_up
from firebell.entrypoints.web.paged_now import Person, Rung
from firebell.entrypoints.web.sentences import Line
from firebell.entrypoints.web.session import Here
from firebell.kernel.actor import Permission
from firebell.kernel.work import Read
from firebell.workflows import policy_removed

router = APIRouter()
_EDIT = Permission.POLICIES_EDIT


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """``first``: who would be paged now; empty is said loudly."""

    id: str
    name: str
    team: str
    steps: int
    services: int
    first: Sequence[Person]


@dataclass(frozen=True, slots=True)
class PoliciesPage:
    rows: Sequence[PolicyRow]
    may_edit: bool


@dataclass(frozen=True, slots=True)
class PolicyPage:
    policy: Policy
    team: tuple[str, str]
    rungs: Sequence[Rung]
    fallback: Sequence[Person]
    repeat: str
    ack_timeout: str
    services: Sequence[tuple[str, str]]
    live_runs: int
    timeline: Sequence[Line]
    may_edit: bool


@router.get("/policies")
def show_list(here: Here) -> Response:
    def look(read: Read) -> PoliciesPage:
        found = queries.policies(read)
        names = look_up(read, [p.team_id for p in found])
        used = [s.policy_id for s in services.services(read)] if here.may(Permission.SERVICES_VIEW) else []
        return PoliciesPage(
            [
                PolicyRow(
                    p.id, p.display_name, names.of(p.team_id), len(p.climb.steps), used.count(p.id),  # type: ignore[arg-type]
                    paged_now.told(read, p.climb.steps[0].notify)[0],
                )
                for p in found
            ],
            here.may(_EDIT),
        )  # fmt: skip

    return here.page("policies/list.html", here.read(look), title="Policies", nav="policies", block="list")


@router.get("/policies/{policy_id}")
def show(here: Here, policy_id: str) -> Response:
    view = here.read(lambda read: _page(here, read, policy_id))
    return here.page("policies/policy.html", view, title=view.policy.display_name, nav="policies", block="policy")


def _page(here: Here, read: Read, policy_id: str) -> PolicyPage:
    policy = queries.policy(read, policy_id)
    ladder = policy.climb
    names = look_up(read, [policy.team_id])
    rounds = ladder.repeat + 1
    return PolicyPage(
        policy=policy,
        team=(names.of(policy.team_id), f"/teams/{policy.team_id}") if policy.team_id else ("", ""),
        rungs=paged_now.rungs(read, ladder),
        fallback=paged_now.told(read, ladder.fallback)[0],
        repeat="once" if rounds == 1 else f"{rounds} times",
        ack_timeout=moments.span(ladder.ack_timeout_s) if ladder.ack_timeout_s is not None else "",
        services=[(s.display_name, f"/services/{s.id}") for s in services.services(read) if s.policy_id == policy_id],
        live_runs=queries.live_runs(read, policy_id),
        timeline=list(reversed(sentences.lines(read, read.history(policy_id, limit=20), here.zone))),
        may_edit=here.may(_EDIT, policy.team_id),
    )


@router.post("/policies/{policy_id}/delete")
def delete(here: Here, policy_id: str) -> Response:
    here.run(lambda work: policy_removed.remove(work, policy_id))
    return here.go("/policies", Flash("The policy is deleted. Runs under way finish it.", "note"))
