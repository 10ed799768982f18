"""Looking back at an objective: three answers suggest whether the target or the alerts should change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.slo import policies, policy_queries, queries
from firebell.domain.slo.policy import review_hint
from firebell.entrypoints.web.drafts import Draft, refused
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.names import look_up
from firebell.entrypoints.web.session import Form, Here
from firebell.entrypoints.web.slo_rows import ref, title
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Invalid, Refused
from firebell.kernel.work import Read

router = APIRouter()
QUESTIONS = ("met", "toil_high", "satisfied")
_SAID = (("met", "missed"), ("high", "low"), ("high", "low"))


@dataclass(frozen=True, slots=True)
class PastReview:
    hint: str
    words: str
    by: str
    at: Instant
    note: str


@dataclass(frozen=True, slots=True)
class ReviewPage:
    ref: str
    name: str
    draft: Draft
    table: Sequence[tuple[str, str, str, str]]
    past: Sequence[PastReview]


@router.get("/slos/{name}/review")
def ask(here: Here, name: str) -> Response:
    return _page(here, name, Draft())


@router.post("/slos/{name}/review")
def record(here: Here, name: str, form: Form) -> Response:
    try:
        met, toil_high, satisfied = (_said(form, one) for one in QUESTIONS)
        found = here.read(lambda read: queries.slo(read, name))
        said = here.run(
            lambda work: policies.review(
                work, found.id, met=met, toil_high=toil_high, satisfied=satisfied, note=form.get("note", "")
            )
        )
    except Refused as error:
        return _page(here, name, refused(form, error))
    return here.go(f"/slos/{ref(found)}", Flash(f"Reviewed. {said.hint}"))


def _said(form: Mapping[str, str], name: str) -> bool:
    if form.get(name) not in ("true", "false"):
        raise Invalid("Answer all three questions.", field=name)
    return form[name] == "true"


def _words(met: bool, toil_high: bool, satisfied: bool) -> tuple[str, str, str]:
    said = [_SAID[i][0 if value else 1] for i, value in enumerate((met, toil_high, satisfied))]
    return said[0], said[1], said[2]


def _page(here: Here, name: str, draft: Draft) -> Response:
    def look(read: Read) -> ReviewPage:
        one = queries.slo(read, name)
        read.needs(Permission.SLOS_EDIT, one.team_id)
        reviews = policy_queries.reviews(read, one.id)
        names = look_up(read, [each.by for each in reviews])
        past = []
        for each in reviews:
            met, toil, satisfied = _words(each.met, each.toil_high, each.satisfied)
            said = f"{met}, toil {toil}, satisfaction {satisfied}"
            past.append(PastReview(each.hint, said, names.of(each.by), each.at, each.note))
        table = [
            (*_words(met, toil, happy), review_hint(met=met, toil_high=toil, satisfied=happy))
            for met in (True, False) for toil in (False, True) for happy in (True, False)
        ]  # fmt: skip
        return ReviewPage(ref(one), title(one), draft, table, past)

    view = here.read(look)
    return here.page("slos/review.html", view, title=f"Review: {view.name}", nav="slos", status=draft.status)
