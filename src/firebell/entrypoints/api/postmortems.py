"""``/api/v1/postmortems``: what incidents taught. Find them, write them, lint them, take them out as files."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from firebell.domain.postmortems import completeness, configured, deciding, document, verbs
from firebell.domain.postmortems.blameless import Hit
from firebell.domain.postmortems.commands import Acted
from firebell.domain.postmortems.model import Depth, Postmortem, Section, State
from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import Body, IfMatch, Limit, Page, Shown, expected, iso, tag
from firebell.entrypoints.api.incidents import AsPerson, Parts, Reference, plain
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.documents.exports import Format, made
from firebell.entrypoints.documents.taking import outgoing, sent
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.actor import Actor
from firebell.kernel.work import Read, Work
from firebell.workflows import incident_spoken_for, postmortem_moves, postmortem_opens, postmortems_seen

router = APIRouter(prefix="/postmortems", tags=["postmortems"], route_class=ApiRoute)

Text = Annotated[str, Field(max_length=100_000)]
Reason = Annotated[str, Field(max_length=2_000)]


class PostmortemLine(Shown):
    """A postmortem in a list. ``required``: why it must be written; ``due_at``: the next thing asked of it."""

    id: str
    incident_id: str
    reference: str
    title: str
    state: str
    depth: str
    kind: str
    peak: str
    private: bool
    owner_id: str | None
    team_id: str | None
    service_ids: list[str]
    required: list[str]
    audience: str | None
    resolved_at: str
    review_at: str | None
    published_at: str | None
    closed_at: str | None
    skipped_at: str | None
    due_at: str | None
    revision: int
    version: int
    html_url: str


class PostmortemShown(PostmortemLine):
    """All of it. ``sections`` are Markdown by short name; ``score`` 0 to 100 of ``checks``; ``possible`` the verbs of
    its state; ``deadlines`` all its clocks."""

    released: bool
    collaborator_ids: list[str]
    facilitator_id: str | None
    investigator_id: str | None
    sections: dict[str, str]
    trigger: str
    detected_by: str
    mitigated_by: str
    no_actions_because: str
    whys: Parts
    factors: Parts
    actions: Parts
    comments: Parts
    process: list[str]
    meeting: dict[str, Any]
    score: int
    checks: Parts
    deadlines: dict[str, str | None]
    possible: list[str]
    created_at: str
    submitted_at: str | None
    reviewed_at: str | None
    reviewed_by: str | None


class PostmortemActed(Shown):
    """``made``: the id of the part that was made. ``warnings``: allowed, and to be known."""

    changed: bool
    made: str
    warnings: list[str]
    postmortem: PostmortemShown


class NewPostmortem(Body):
    """``incident`` is an id, a number or ``INC-12`` of one that is resolved."""

    incident: Reference
    owner: Reference | None = None


class PostmortemEdit(Body):
    """What is given is changed. ``sections`` by short name: summary, timeline, root_cause, impact, action_items,
    lessons."""

    title: Annotated[str, Field(min_length=1, max_length=300)] | None = None
    sections: dict[Annotated[str, Field(max_length=40)], Text] | None = None
    trigger: Annotated[str, Field(max_length=100)] | None = None
    detected_by: Annotated[str, Field(max_length=100)] | None = None
    mitigated_by: Annotated[str, Field(max_length=100)] | None = None
    no_actions_because: Reason | None = None
    depth: Depth | None = None
    owner: Reference | None = None
    facilitator: Reference | None = None
    review_at: Annotated[str, Field(max_length=40, examples=["2026-03-09T13:00:00Z"])] | None = None


class HitShown(Shown):
    """``where``: a section's short name, ``title``, or ``why:``, ``factor:``, ``action:`` and an id; ``start`` and
    ``end`` count characters in it. Only the level ``gate`` (a person's name) keeps from publishing."""

    where: str
    start: int
    end: int
    family: str
    level: str
    quote: str
    why: str
    suggestions: list[str]
    key: str


def line(request: Request, one: Postmortem) -> PostmortemLine:
    """A postmortem as lists show it."""
    return PostmortemLine(**_line(request, one))


def _line(request: Request, one: Postmortem) -> dict[str, Any]:
    values = {name: getattr(one, name) for name in PostmortemLine.model_fields if hasattr(one, name)}
    for name in ("resolved_at", "review_at", "published_at", "closed_at", "skipped_at", "due_at"):
        values[name] = iso(values[name])
    return values | {
        "title": one.document.title, "state": str(one.state), "depth": str(one.depth),
        "audience": str(one.audience) if one.audience else None, "service_ids": list(one.service_ids),
        "required": list(one.required), "html_url": f"{site_of(request).base_url}/postmortems/{one.id}",
    }  # fmt: skip


def shown(request: Request, r: Read, one: Postmortem) -> PostmortemShown:
    """A postmortem as the API shows it."""
    doc, checks = one.document, postmortems_seen.checks(r, one)
    who = incident_spoken_for.person(r, None) or r.actor.id
    return PostmortemShown(
        **_line(request, one),
        released=one.released, collaborator_ids=list(one.collaborator_ids), facilitator_id=one.facilitator_id,
        investigator_id=one.investigator_id,
        sections={section.name.lower(): doc.text(section) for section in Section},
        trigger=doc.trigger, detected_by=doc.detected_by, mitigated_by=doc.mitigated_by,
        no_actions_because=doc.no_actions_because, whys=plain(doc.whys), factors=plain(doc.factors),
        actions=plain(doc.actions), comments=plain(one.comments), process=list(one.process),
        meeting=plain(one.meeting), score=completeness.score(checks),
        checks=[{**plain(check), "holds": check.holds} for check in checks],
        deadlines=plain(postmortems_seen.deadlines(r, one)), possible=list(deciding.possible(one, who)),
        created_at=one.created_at.format_iso(), submitted_at=iso(one.submitted_at), reviewed_at=iso(one.reviewed_at),
        reviewed_by=one.reviewed_by,
    )  # fmt: skip


def acted(request: Request, response: Response, w: Work, done: Acted) -> PostmortemActed:
    """What a verb did, as the API answers."""
    tag(response, done.postmortem.version)
    return PostmortemActed(
        changed=done.changed,
        made=done.made,
        warnings=list(done.warnings),
        postmortem=shown(request, w, done.postmortem),
    )


def say(
    request: Request, response: Response, caller: Actor, key: str, verb: verbs.Verb, *, as_person: str | None = None,
    if_match: str | None = None,
) -> PostmortemActed:  # fmt: skip
    """Ask ``verb`` of a postmortem, as the API does everywhere."""

    def do(w: Work) -> PostmortemActed:
        done = postmortem_moves.act(w, key, verb, person_id=_person(w, as_person), expected=expected(if_match))
        return acted(request, response, w, done)

    return run(request, do, caller)


def _person(w: Work, as_person: str | None) -> str | None:
    return incident_spoken_for.person(w, references.user(w, as_person).id if as_person else None)


# ------------------------------------------------------------------ reading


@router.get("")
def list_postmortems(
    request: Request, caller: Caller, *, limit: Limit = 50,
    cursor: Annotated[str | None, Query(max_length=40)] = None,
    state: Annotated[list[State] | None, Query()] = None,
    severity: Annotated[list[Annotated[str, Field(max_length=10)]] | None, Query()] = None,
    owner: Annotated[str | None, Query(max_length=100)] = None,
    team: Annotated[str | None, Query(max_length=100)] = None,
    service: Annotated[str | None, Query(max_length=100)] = None,
    q: Annotated[str | None, Query(max_length=200, description="Every word of it stands in the text.")] = None,
    skipped: Annotated[bool, Query(description="Those that will not be written, too.")] = False,
) -> Page[PostmortemLine]:  # fmt: skip
    """Those you may see, the newest resolution first."""

    def look(r: Read) -> Page[PostmortemLine]:
        found = postmortems_seen.postmortem_list(
            r, states=state or (), severities=severity or (), text=q or "", before=cursor, skipped=skipped,
            owner_id=references.user(r, owner).id if owner else None,
            team_id=references.team(r, team).id if team else None,
            service_id=references.service(r, service).id if service else None, limit=limit + 1,
        )  # fmt: skip
        kept = found[:limit]
        return Page(
            items=[line(request, one) for one in kept], next=kept[-1].id if len(found) > limit and kept else None
        )

    return read(request, look, caller)


@router.get("/{key}")
def show_postmortem(request: Request, response: Response, key: str, caller: Caller) -> PostmortemShown:
    """One, by its id, or by its incident's id, number or reference (``INC-12``)."""

    def look(r: Read) -> PostmortemShown:
        one = postmortems_seen.one(r, key)
        tag(response, one.version)
        return shown(request, r, one)

    return read(request, look, caller)


@router.get(
    "/{key}/export",
    response_class=Response,
    responses={200: {"content": {kind: {} for kind in ("text/markdown", "text/html", "application/pdf")}}},
)
def export_postmortem(
    request: Request, key: str, caller: Caller, form: Annotated[Format, Query(alias="format")] = Format.MARKDOWN,
    revision: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
) -> Response:  # fmt: skip
    """A file: Markdown (which comes back by import as the same document), HTML, PDF, JSON, or the review deck
    (``slides``, ``slides-pdf``). People appear as roles."""
    return sent(made(read(request, lambda r: outgoing(r, key, revision), caller), form))


@router.post("/{key}:lint")
def lint_postmortem(request: Request, key: str, caller: Caller) -> list[HitShown]:
    """Blame in it, and names of people, with what could stand there instead. What was set aside is left out."""

    def look(r: Read) -> list[HitShown]:
        found = postmortems_seen.hits(r, postmortems_seen.one(r, key))
        return [_hit(where, hit) for where, hits in found.items() for hit in hits]

    return read(request, look, caller)


_SHORT = {section.value: section.name.lower() for section in Section}


def _hit(where: str, hit: Hit) -> HitShown:
    return HitShown(
        where=_SHORT.get(where, where), start=hit.start, end=hit.end, family=str(hit.family), level=str(hit.level),
        quote=hit.quote, why=hit.why, suggestions=list(hit.suggestions), key=hit.key,
    )  # fmt: skip


# ------------------------------------------------------------------ writing


@router.post("", status_code=201)
def create_postmortem(request: Request, response: Response, caller: Caller, body: NewPostmortem) -> PostmortemShown:
    """A draft from the incident's journal, or the one there is."""

    def make(w: Work) -> PostmortemShown:
        owner = references.user_id(w, body.owner, "owner") if body.owner else None
        one = postmortem_opens.open_one(w, body.incident, owner)
        tag(response, one.version)
        return shown(request, w, one)

    return run(request, make, caller)


@router.patch("/{key}")
def edit_postmortem(
    request: Request, response: Response, key: str, caller: Caller, body: PostmortemEdit, as_person: AsPerson = None,
    if_match: IfMatch = None,
) -> PostmortemActed:  # fmt: skip
    """Change what is given, all of it or nothing."""

    def do(w: Work) -> PostmortemActed:
        one = postmortems_seen.one(w, key)
        done, version = Acted(one), expected(if_match)
        warnings: list[str] = []
        for verb in _verbs(w, body):
            step = postmortem_moves.act(w, one.id, verb, person_id=_person(w, as_person), expected=version)
            warnings += step.warnings
            done, version = Acted(step.postmortem, (), tuple(warnings), "", done.changed or step.changed), None
        return acted(request, response, w, done)

    return run(request, do, caller)


def _verbs(r: Read, body: PostmortemEdit) -> list[verbs.Verb]:
    """What a body asks for, one verb after another."""
    given = body.model_fields_set
    found: list[verbs.Verb] = []
    if body.title is not None:
        found.append(verbs.SetTitle(title=body.title))
    found += [
        verbs.SaveSection(section=configured.section_of(name), text=text)
        for name, text in (body.sections or {}).items()
    ]
    if given & {"trigger", "detected_by", "mitigated_by"}:
        found.append(verbs.Classify(trigger=body.trigger, detected_by=body.detected_by, mitigated_by=body.mitigated_by))
    if body.no_actions_because is not None:
        found.append(verbs.NoActions(because=body.no_actions_because))
    if body.depth is not None:
        found.append(verbs.SetDepth(depth=body.depth))
    if body.owner is not None:
        found.append(verbs.SetOwner(user_id=references.user_id(r, body.owner, "owner")))
    if "facilitator" in given:
        who = references.user_id(r, body.facilitator, "facilitator") if body.facilitator else None
        found.append(verbs.SetFacilitator(user_id=who))
    if "review_at" in given:
        found.append(document.verb_of({"verb": "book_review", "at": body.review_at}))
    return found
