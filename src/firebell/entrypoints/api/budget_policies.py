"""``/api/v1/budget-policies``: what a team has agreed to do when a budget runs out, and who has agreed."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Request, Response
from pydantic import Field

from firebell.domain.people import names
from firebell.domain.slo import policies, policy_queries, queries
from firebell.domain.slo.gate import Change
from firebell.domain.slo.policy import Consequence, Exemption, read_threshold
from firebell.domain.slo.records import PolicyRecord
from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import Body, Cursor, IfMatch, Limit, Page, Shown, expected, iso, pages_of, tag
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.work import Read, Work
from firebell.workflows import incident_spoken_for

router = APIRouter(prefix="/budget-policies", tags=["slos"], route_class=ApiRoute)

BudgetPolicy = Annotated[str, Field(max_length=100)]
Named = Annotated[str, Field(max_length=100)]
As = Literal["product", "development", "reliability"]


class ApprovalShown(Shown):
    """``approved_at`` null: not to this edition."""

    as_: Annotated[As, Field(serialization_alias="as")]
    user_id: str
    user: str | None
    approved_at: str | None


class ThresholdShown(Shown):
    when: str
    do: list[str]
    spared: Annotated[list[str], Field(serialization_alias="except")]


class PolicyShown(Shown):
    """``edition`` is what people agree to. Until all have, every block is a warning."""

    id: str
    name: str
    team_id: str | None
    edition: int
    approved: bool
    slos: list[str]
    goals: list[str]
    approvals: list[ApprovalShown]
    thresholds: list[ThresholdShown]
    decider: str | None
    exemptions: list[str]
    review_every_s: int
    reviewed_at: str | None
    override_max_s: int
    override_who: list[str]
    managed_by: str | None
    created_at: str
    updated_at: str
    version: int
    html_url: str


class ThresholdBody(Body):
    """``when`` in words: ``remaining < 25%``, ``incident > 20%``, ``class > 20% per quarter``."""

    when: Annotated[str, Field(max_length=100)]
    do: Annotated[list[Consequence], Field(min_length=1, max_length=10)]
    spared: Annotated[list[Change], Field(alias="except", max_length=10, default_factory=list)]


class ApprovalBody(Body):
    user: Named
    as_: Annotated[As, Field(alias="as")]


class PolicyEdit(Body):
    """Objectives and people by id or name."""

    team: Named | None = None
    slos: Annotated[list[Named], Field(max_length=200)] | None = None
    goals: Annotated[list[Annotated[str, Field(max_length=500)]], Field(max_length=10)] | None = None
    approvals: Annotated[list[ApprovalBody], Field(min_length=3, max_length=3)] | None = None
    thresholds: Annotated[list[ThresholdBody], Field(max_length=20)] | None = None
    decider: Named | None = None
    exemptions: Annotated[list[Exemption], Field(max_length=10)] | None = None
    review_every_s: Annotated[int, Field(ge=0, le=10**9)] | None = None
    override_max_s: Annotated[int, Field(ge=0, le=10**9)] | None = None
    override_who: Annotated[list[Named], Field(max_length=50)] | None = None


class NewPolicy(PolicyEdit):
    name: Annotated[str, Field(min_length=1, max_length=63)]
    approvals: Annotated[list[ApprovalBody], Field(min_length=3, max_length=3)]


class Agreement(Body):
    """``edition``: the one you have read; 412 when it is another by now."""

    as_: Annotated[As, Field(alias="as")]
    edition: Annotated[int, Field(ge=1, le=10**9)] | None = None


class NewDecision(Body):
    about: Annotated[str, Field(min_length=1, max_length=1000)]
    decision: Annotated[str, Field(min_length=1, max_length=1000)]


class DecisionShown(Shown):
    id: str
    edition: int
    about: str
    decision: str
    by: str | None
    at: str


def _shown(request: Request, r: Read, found: list[PolicyRecord]) -> list[PolicyShown]:
    people = {
        who
        for one in found
        for who in (one.policy.decider, *one.policy.override_who, *(each.user_id for each in one.policy.approvals))
        if who
    }
    known = names.of_users(r, people)
    wanted = {each for one in found for each in one.policy.slos}
    slos: dict[str, str] = {one.id: one.name for one in queries.those(r, wanted)}
    return [
        PolicyShown(
            id=one.id, name=one.name, team_id=one.team_id, edition=one.policy.version, approved=one.policy.approved,
            slos=[slos[each] for each in one.policy.slos if each in slos], goals=list(one.policy.goals),
            approvals=[
                ApprovalShown(
                    as_=cast("As", each.as_), user_id=each.user_id, user=known.get(each.user_id),
                    approved_at=iso(each.at),
                )
                for each in one.policy.approvals
            ],
            thresholds=[
                ThresholdShown(
                    when=str(each), do=[str(word) for word in each.consequences], spared=sorted(each.spared)
                )
                for each in one.policy.thresholds
            ],
            decider=known.get(one.policy.decider), exemptions=sorted(one.policy.exemptions),
            review_every_s=one.policy.review_every_s, reviewed_at=iso(one.reviewed_at),
            override_max_s=one.policy.override_max_s,
            override_who=sorted(known[each] for each in one.policy.override_who if each in known),
            managed_by=one.managed_by, created_at=one.created_at.format_iso(),
            updated_at=one.updated_at.format_iso(), version=one.version,
            html_url=f"{site_of(request).base_url}/slos/policies/{one.name}",
        )
        for one in found
    ]  # fmt: skip


def _fields(r: Read, body: PolicyEdit) -> Any:
    plain = ("goals", "exemptions", "review_every_s", "override_max_s")
    given: dict[str, Any] = {name: getattr(body, name) for name in plain if getattr(body, name) is not None}
    if "team" in body.model_fields_set:
        given["team_id"] = references.team_id(r, body.team)
    if body.slos is not None:
        given["slo_ids"] = references.slo_ids(r, body.slos)
    if body.approvals is not None:
        given["approvals"] = [
            (one.as_, references.user_id(r, one.user, f"approvals[{index}].user"))
            for index, one in enumerate(body.approvals)
        ]
    if body.thresholds is not None:
        given["thresholds"] = [
            read_threshold(one.when, list(one.do), [str(word) for word in one.spared], f"thresholds[{index}]")
            for index, one in enumerate(body.thresholds)
        ]
    if "decider" in body.model_fields_set:
        given["decider_id"] = references.user_id(r, body.decider, "decider") if body.decider else ""
    if body.override_who is not None:
        given["override_who"] = [
            references.user_id(r, one, f"override_who[{index}]") for index, one in enumerate(body.override_who)
        ]
    return given


def _answer(request: Request, response: Response, r: Read, one: PolicyRecord) -> PolicyShown:
    tag(response, one.version)
    return _shown(request, r, [one])[0]


@router.get("")
def list_policies(request: Request, caller: Caller, limit: Limit = 50, cursor: Cursor = None) -> Page[PolicyShown]:
    """Oldest first."""

    def look(r: Read) -> Page[PolicyShown]:
        kept, following = pages_of(policy_queries.policies(r), limit, cursor, lambda one: one.id)
        return Page(items=_shown(request, r, kept), next=following)

    return read(request, look, caller)


@router.post("", status_code=201)
def create_policy(request: Request, response: Response, caller: Caller, body: NewPolicy) -> PolicyShown:
    """A new policy, to which nobody has agreed yet."""

    def make(w: Work) -> PolicyShown:
        return _answer(request, response, w, policies.create(w, name=body.name, **_fields(w, body)))

    return run(request, make, caller)


@router.get("/{budget_policy}")
def get_policy(request: Request, response: Response, budget_policy: BudgetPolicy, caller: Caller) -> PolicyShown:
    """One policy, by id or name."""
    return read(request, lambda r: _answer(request, response, r, policy_queries.policy(r, budget_policy)), caller)


@router.patch("/{budget_policy}")
def edit_policy(
    request: Request, response: Response, budget_policy: BudgetPolicy, caller: Caller, body: PolicyEdit,
    if_match: IfMatch = None,
) -> PolicyShown:  # fmt: skip
    """Change what is given: the next edition, and every approval is void."""

    def change(w: Work) -> PolicyShown:
        before = policy_queries.policy(w, budget_policy)
        after = policies.edit(w, before.id, expected(if_match), **_fields(w, body))
        return _answer(request, response, w, after)

    return run(request, change, caller)


@router.post("/{budget_policy}:approve")
def approve_policy(
    request: Request, response: Response, budget_policy: BudgetPolicy, caller: Caller, body: Agreement
) -> PolicyShown:
    """Agree to the standing edition: whom the policy names, in person or with a token of one's own."""

    def change(w: Work) -> PolicyShown:
        found, person = policy_queries.policy(w, budget_policy), incident_spoken_for.person(w, None)
        after = policies.approve(w, found.id, body.as_, body.edition, person_id=person)
        return _answer(request, response, w, after)

    return run(request, change, caller)


@router.post("/{budget_policy}:withdraw")
def withdraw_policy(
    request: Request, response: Response, budget_policy: BudgetPolicy, caller: Caller, body: Agreement
) -> PolicyShown:
    """No longer agree."""

    def change(w: Work) -> PolicyShown:
        found, person = policy_queries.policy(w, budget_policy), incident_spoken_for.person(w, None)
        return _answer(request, response, w, policies.withdraw(w, found.id, body.as_, person_id=person))

    return run(request, change, caller)


@router.post("/{budget_policy}:review")
def review_policy(request: Request, response: Response, budget_policy: BudgetPolicy, caller: Caller) -> PolicyShown:
    """It was looked at and stands as it is; the next review is due after ``review_every_s``."""

    def note(w: Work) -> PolicyShown:
        return _answer(request, response, w, policies.note_reviewed(w, policy_queries.policy(w, budget_policy).id))

    return run(request, note, caller)


@router.post("/{budget_policy}:detach")
def detach_policy(request: Request, response: Response, budget_policy: BudgetPolicy, caller: Caller) -> PolicyShown:
    """Take it out of a configuration file's hands; what was agreed to stays."""

    def change(w: Work) -> PolicyShown:
        found = policy_queries.policy(w, budget_policy)
        return _answer(request, response, w, policies.edit(w, found.id, managed_by=None))

    return run(request, change, caller)


@router.get("/{budget_policy}/decisions")
def list_decisions(request: Request, budget_policy: BudgetPolicy, caller: Caller) -> list[DecisionShown]:
    """What its decider settled, the newest first."""

    def look(r: Read) -> list[DecisionShown]:
        found = policy_queries.decisions(r, policy_queries.policy(r, budget_policy).id)
        known = names.of_users(r, {one.by for one in found})
        return [
            DecisionShown(
                id=one.id, edition=one.edition, about=one.about, decision=one.decision, by=known.get(one.by),
                at=one.at.format_iso(),
            )
            for one in found
        ]  # fmt: skip

    return read(request, look, caller)


@router.post("/{budget_policy}/decisions", status_code=201)
def add_decision(request: Request, budget_policy: BudgetPolicy, caller: Caller, body: NewDecision) -> DecisionShown:
    """Settle a dispute: only the policy's decider."""

    def make(w: Work) -> DecisionShown:
        found, person = policy_queries.policy(w, budget_policy), incident_spoken_for.person(w, None)
        one = policies.decide(w, found.id, body.about, body.decision, person_id=person)
        return DecisionShown(
            id=one.id, edition=one.edition, about=one.about, decision=one.decision,
            by=names.of_users(w, {one.by}).get(one.by), at=one.at.format_iso(),
        )  # fmt: skip

    return run(request, make, caller)


@router.delete("/{budget_policy}", status_code=204)
def delete_policy(request: Request, budget_policy: BudgetPolicy, caller: Caller, if_match: IfMatch = None) -> None:
    """Its objectives have none from now on."""
    run(request, lambda w: policies.delete(w, policy_queries.policy(w, budget_policy).id, expected(if_match)), caller)
