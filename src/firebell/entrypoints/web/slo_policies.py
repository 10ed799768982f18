"""Error budget policies: the list, one as a page to print and sign, and the decisions that were taken under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.people import queries as people
from firebell.domain.slo import policies, policy_queries, queries
from firebell.domain.slo.policy import Subject, Threshold
from firebell.domain.slo.records import PolicyRecord
from firebell.entrypoints.web import sentences, slo_words
from firebell.entrypoints.web.drafts import Draft, refused
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.names import look_up
from firebell.entrypoints.web.sentences import Line
from firebell.entrypoints.web.session import Form, Here
from firebell.entrypoints.web.slo_rows import ref, title
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Refused
from firebell.kernel.work import Read, Work

router = APIRouter()
_EDIT = Permission.SLOS_EDIT


@dataclass(frozen=True, slots=True)
class PolicyRow:
    name: str
    covers: str
    edition: int
    team: str
    state: tuple[str, str, str]
    due: bool


@dataclass(frozen=True, slots=True)
class PoliciesPage:
    rows: Sequence[PolicyRow]
    may_edit: bool


@dataclass(frozen=True, slots=True)
class ThresholdLine:
    when: str
    then: str
    spared: str


@dataclass(frozen=True, slots=True)
class Signature:
    """``at`` is ``None`` while this edition waits for it. ``mine``: the reader is the one who is asked."""

    who: str
    as_: str
    at: Instant | None
    mine: bool


@dataclass(frozen=True, slots=True)
class Decided:
    about: str
    decision: str
    by: str
    at: Instant
    edition: int


@dataclass(frozen=True, slots=True)
class PolicyPage:
    name: str
    edition: int
    written_at: Instant
    team: str
    managed_by: str | None
    approved: bool
    slos: Sequence[tuple[str, str, str]]
    goals: Sequence[str]
    thresholds: Sequence[ThresholdLine]
    exemptions: Sequence[str]
    override_max: str
    override_who: str
    approvals: Sequence[Signature]
    decider: str
    review_every: str
    review_due: Instant
    review_over: bool
    decisions: Sequence[Decided]
    timeline: Sequence[Line]
    draft: Draft
    may_edit: bool
    may_decide: bool


@router.get("/slos/policies")
def show_list(here: Here) -> Response:
    def look(read: Read) -> PoliciesPage:
        names = {str(one.id): title(one) for one in queries.slos(read)}
        rows = []
        for one in policy_queries.policies(read):
            covered = [names[slo] for slo in one.policy.slos if slo in names]
            state = ("ok", "check", "In force") if one.policy.approved else ("unknown", "clock", "Waits for signatures")
            rows.append(
                PolicyRow(
                    one.name, ", ".join(covered) or "covers nothing yet", one.policy.version, _team(read, one), state,
                    _due(one) < read.now,
                )
            )  # fmt: skip
        return PoliciesPage(rows, here.may(_EDIT))

    return here.page("slos/policies.html", here.read(look), title="Error budget policies", nav="slos")


@router.get("/slos/policies/{name}")
def show(here: Here, name: str) -> Response:
    return _page(here, name, Draft())


def _page(here: Here, name: str, draft: Draft) -> Response:
    def look(read: Read) -> PolicyPage:
        one = policy_queries.policy(read, name)
        policy = one.policy
        decisions = policy_queries.decisions(read, one.id)
        who = sorted(policy.override_who)
        asked = [approval.user_id for approval in policy.approvals]
        names = look_up(read, [*asked, *who, policy.decider, *(decision.by for decision in decisions)])
        records = {str(record.id): record for record in queries.slos(read)}
        editions = policy_queries.editions(read, one.id)
        return PolicyPage(
            name=one.name, edition=policy.version, written_at=editions[0][2] if editions else one.updated_at,
            team=_team(read, one), managed_by=one.managed_by, approved=policy.approved,
            slos=[
                (title(records[id_]), f"/slos/{ref(records[id_])}",
                 slo_words.promise(records[id_].slo.objectives[0], records[id_].slo.window))
                for id_ in policy.slos if id_ in records
            ],
            goals=policy.goals, thresholds=[threshold_line(each) for each in policy.thresholds],
            exemptions=[_capital(slo_words.EXEMPTIONS[each]) for each in sorted(policy.exemptions)],
            override_max=slo_words.length(policy.override_max_s),
            override_who=", ".join(names.of(each) for each in who),
            approvals=[
                Signature(
                    names.of(each.user_id), each.as_, each.at if each.version == policy.version else None,
                    each.user_id == here.me.id,
                )
                for each in policy.approvals
            ],
            decider=names.of(policy.decider), review_every=slo_words.length(policy.review_every_s),
            review_due=_due(one), review_over=_due(one) < read.now,
            decisions=[Decided(each.about, each.decision, names.of(each.by), each.at, each.edition)
                       for each in decisions],
            timeline=list(reversed(sentences.lines(read, read.history(one.id, limit=40), here.zone))), draft=draft,
            may_edit=here.may(_EDIT, one.team_id), may_decide=policy.decider == here.me.id,
        )  # fmt: skip

    view = here.read(look)
    return here.page("slos/policy.html", view, title=f"Policy {view.name}", nav="slos", block="policy",
                     status=draft.status)  # fmt: skip


def _due(one: PolicyRecord) -> Instant:
    return plus(one.reviewed_at or one.created_at, one.policy.review_every_s)


def _team(read: Read, one: PolicyRecord) -> str:
    if one.team_id is None or not read.actor.may(Permission.PEOPLE_VIEW):
        return ""
    team = people.team(read, one.team_id)
    return "" if team is None else team.display_name or team.name


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def threshold_line(one: Threshold) -> ThresholdLine:
    """``less than 25 % of the budget is left: the team is told, the gate warns``."""
    share = slo_words.share(one.value)
    match one.subject:
        case Subject.REMAINING:
            under = (
                "is spent"
                if one.value <= 0 and one.op == "<="
                else f"has {'at most' if '=' in one.op else 'less than'}"
            )
            when = f"The budget {under}" + ("" if under == "is spent" else f" {share} left")
        case Subject.INCIDENT:
            when = f"One incident spends {'at least' if '=' in one.op else 'more than'} {share} of the budget"
        case Subject.OVERDUE:
            when = f"{'At least' if '=' in one.op else 'More than'} {one.value} action items that prevent are overdue"
        case _:
            more = "at least" if "=" in one.op else "more than"
            when = f"One kind of incident spends {more} {share} of a quarter’s budget"
    then = ", ".join(slo_words.CONSEQUENCES[each] for each in one.consequences)
    spared = ", ".join(slo_words.CHANGES.get(each, each) for each in sorted(one.spared))
    return ThresholdLine(when, _capital(then), spared)


@router.post("/slos/policies/{name}/sign")
def sign(here: Here, name: str, form: Form) -> Response:
    edition = int(form["edition"]) if form.get("edition", "").isdigit() else None

    def agree(work: Work) -> bool:
        one = policy_queries.policy(work, name)
        return policies.approve(work, one.id, form.get("as_", ""), edition).policy.approved

    complete = here.run(agree)
    words = "Signed. Everybody has: the policy is in force." if complete else "Signed. It waits for the others."
    return here.go(f"/slos/policies/{name}", Flash(words))


@router.post("/slos/policies/{name}/withdraw")
def withdraw(here: Here, name: str, form: Form) -> Response:
    here.run(lambda work: policies.withdraw(work, policy_queries.policy(work, name).id, form.get("as_", "")))
    return here.go(f"/slos/policies/{name}", Flash("Withdrawn. Until everybody has signed, the gate only warns."))


@router.post("/slos/policies/{name}/decide")
def decide(here: Here, name: str, form: Form) -> Response:
    about, decision = form.get("about", ""), form.get("decision", "")
    try:
        here.run(lambda work: policies.decide(work, policy_queries.policy(work, name).id, about, decision))
    except Refused as error:
        return _page(here, name, refused(form, error))
    return here.go(f"/slos/policies/{name}", Flash("Recorded."))


@router.post("/slos/policies/{name}/reviewed")
def reviewed(here: Here, name: str) -> Response:
    here.run(lambda work: policies.note_reviewed(work, policy_queries.policy(work, name).id))
    return here.go(f"/slos/policies/{name}", Flash("Recorded: it stands as it is until the next review."))


@router.post("/slos/policies/{name}/delete")
def delete(here: Here, name: str) -> Response:
    here.run(lambda work: policies.delete(work, policy_queries.policy(work, name).id))
    return here.go("/slos/policies", Flash("Deleted. The gate goes by the budgets alone."))
