"""``/api/v1/postmortems/{key}/…``: the why-tree, factors, action items, comments, revisions, likeness, verdict, and the
public text."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from firebell.domain.comms.model import Finding
from firebell.domain.postmortems import configured, document, verbs
from firebell.domain.postmortems.model import Confidence, Section, WhyKind
from firebell.domain.postmortems.verdict import Verdict
from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import Body, IfMatch, Shown, iso
from firebell.entrypoints.api.incidents import AsPerson, Parts, Reference, plain
from firebell.entrypoints.api.postmortems import PostmortemActed, Reason, say
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.api.updates import FindingShown, UpdateShown
from firebell.entrypoints.api.updates import shown as update_shown
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.work import Read, Work
from firebell.workflows import (
    incident_spoken_for,
    postmortem_likeness,
    postmortem_public,
    postmortem_verdicts,
    postmortems_seen,
)

router = APIRouter(prefix="/postmortems/{key}", tags=["postmortems"], route_class=ApiRoute)

Id = Annotated[str, Field(max_length=60)]
Line = Annotated[str, Field(min_length=1, max_length=2_000)]
Day = Annotated[str, Field(max_length=40, examples=["2026-03-17T12:00:00Z"])]


class EvidenceBody(Body):
    """``kind``: link, graph, log, diff or interview; ``ref``: a URL or a few words."""

    kind: Annotated[str, Field(max_length=40)]
    ref: Line


class NewWhy(Body):
    """``parent`` "was made possible by" it; left out: the root, the impact."""

    parent: Id = ""
    condition: Line
    kind: WhyKind = WhyKind.CONDITION
    evidence: list[EvidenceBody] = Field(default_factory=list, max_length=20)
    confidence: Confidence = Confidence.MEDIUM
    detection: bool = False
    reason: Reason = ""


class NewFactor(Body):
    """``kind``: config, monitoring_gap, … or a class of your own. ``services``: by name or id."""

    kind: Annotated[str, Field(min_length=1, max_length=60)]
    text: Line
    why_ids: list[Id] = Field(default_factory=list, max_length=50)
    services: list[Reference] = Field(default_factory=list, max_length=50)
    confidence: Confidence = Confidence.MEDIUM
    mechanism: Annotated[str, Field(max_length=200)] = ""


class NewAction(Body):
    """A proposal. Later than its severity asks for needs a ``late_reason``."""

    text: Line
    type: Annotated[str, Field(max_length=20, description="prevent, detect, mitigate or process")] | None = None
    owner: Reference | None = None
    team: Reference | None = None
    due_at: Day | None = None
    late_reason: Reason = ""
    end_state: Annotated[str, Field(max_length=1_000)] = ""
    priority: Annotated[str, Field(max_length=10)] = ""
    factor_ids: list[Id] = Field(default_factory=list, max_length=50)
    tracker_url: Annotated[str, Field(max_length=2_000)] = ""


class NewComment(Body):
    """``section`` by its short name; ``quote``: the piece it is about."""

    section: Annotated[str, Field(max_length=40, examples=["root_cause"])]
    text: Line
    quote: Annotated[str, Field(max_length=2_000)] = ""


class NewVerdict(Body):
    """``verdict`` null: what the rules say counts again."""

    verdict: Verdict | None
    reason: Reason = ""


class RevisionShown(Shown):
    number: int
    state: str
    by: str
    at: str
    until_at: str | None
    reason: str


class RevisionFull(RevisionShown):
    """The document as it was."""

    title: str
    sections: dict[str, str]
    whys: Parts
    factors: Parts
    actions: Parts


class SimilarShown(Shown):
    """An earlier incident that is alike. ``score`` and its parts are 0 to 1; from 0.45 on it is suggested."""

    incident_id: str
    reference: str
    title: str
    postmortem_id: str | None
    score: float
    parts: dict[str, float]
    reasons: list[str]
    repeat: str
    mitigated_by: str
    took_s: int | None
    runbooks: list[str]
    open_actions: Parts
    html_url: str


class VerdictShown(Shown):
    """``stands`` is what counts: a person's ``override``, else what the rules ``computed``. Each finding names its
    rule, says why in a sentence and gives the ids it rests on."""

    stands: str | None
    computed: str | None
    findings: Parts
    computed_at: str | None
    provisional_until: str | None
    override: str | None
    override_reason: str
    override_by: str | None


class PublicTextBody(Body):
    """What customers read, in Markdown: no names, no internals."""

    what_happened: Annotated[str, Field(max_length=4_000)]
    impact: Annotated[str, Field(max_length=4_000)]
    changing: Annotated[str, Field(max_length=4_000)]
    apology: Annotated[str, Field(max_length=4_000)] = postmortem_public.SORRY
    title: Annotated[str, Field(max_length=200)] = ""
    page_id: Id | None = None


class PublicTextShown(Shown):
    """``update`` carries its state and the digest its release is bound to (``POST /updates/{id}:approve``); null:
    nothing is written yet."""

    text: dict[str, Any]
    update: UpdateShown | None
    findings: list[FindingShown]
    may_release: bool


# ------------------------------------------------------------------ what it is made of


def _document(request: Request, key: str, caller: Caller, part: str) -> Parts:
    def look(r: Read) -> Parts:
        found: Parts = plain(getattr(postmortems_seen.one(r, key).document, part))
        return found

    return read(request, look, caller)


@router.get("/whys")
def list_whys(request: Request, key: str, caller: Caller) -> Parts:
    """The why-tree; each node names its parent, and the impact has none."""
    return _document(request, key, caller, "whys")


@router.post("/whys", status_code=201)
def add_why(
    request: Request, response: Response, key: str, caller: Caller, body: NewWhy, as_person: AsPerson = None,
    if_match: IfMatch = None,
) -> PostmortemActed:  # fmt: skip
    """Another answer. ``made`` is its id."""
    verb = document.verb_of({"verb": "add_why", **body.model_dump(mode="json")})
    return say(request, response, caller, key, verb, as_person=as_person, if_match=if_match)


@router.get("/factors")
def list_factors(request: Request, key: str, caller: Caller) -> Parts:
    """Contributing factors: there are several, and none is the cause."""
    return _document(request, key, caller, "factors")


@router.post("/factors", status_code=201)
def add_factor(
    request: Request, response: Response, key: str, caller: Caller, body: NewFactor, as_person: AsPerson = None,
    if_match: IfMatch = None,
) -> PostmortemActed:  # fmt: skip
    """Another contributing factor. ``made`` is its id."""
    ids = read(request, lambda r: [references.service(r, name).id for name in body.services], caller)
    said = body.model_dump(mode="json", exclude={"services"})
    verb = document.verb_of({"verb": "add_factor", **said, "service_ids": ids})
    return say(request, response, caller, key, verb, as_person=as_person, if_match=if_match)


@router.get("/actions")
def list_actions_of(request: Request, key: str, caller: Caller) -> Parts:
    """Its action items, declined ones too."""
    return _document(request, key, caller, "actions")


@router.post("/actions", status_code=201)
def add_action(
    request: Request, response: Response, key: str, caller: Caller, body: NewAction, as_person: AsPerson = None,
    if_match: IfMatch = None,
) -> PostmortemActed:  # fmt: skip
    """A proposal for an action item. ``made`` is its id."""

    def people(r: Read) -> dict[str, Any]:
        owner = references.user_id(r, body.owner, "owner") if body.owner else None
        return {"owner_id": owner, "team_id": references.team_id(r, body.team)}

    said = body.model_dump(mode="json", exclude={"owner", "team"})
    verb = document.verb_of({"verb": "add_action", **said, **read(request, people, caller)})
    return say(request, response, caller, key, verb, as_person=as_person, if_match=if_match)


@router.get("/comments")
def list_comments(request: Request, key: str, caller: Caller) -> Parts:
    """What was said about it, resolved comments too."""
    return read(request, lambda r: plain(postmortems_seen.one(r, key).comments), caller)


@router.post("/comments", status_code=201)
def add_comment(
    request: Request, response: Response, key: str, caller: Caller, body: NewComment, as_person: AsPerson = None
) -> PostmortemActed:
    """Say something about a section. ``made`` is the comment's id."""
    verb = verbs.AddComment(section=configured.section_of(body.section), text=body.text, quote=body.quote)
    return say(request, response, caller, key, verb, as_person=as_person)


# ------------------------------------------------------------------ what it was


@router.get("/revisions")
def list_revisions(request: Request, key: str, caller: Caller) -> list[RevisionShown]:
    """Every revision, newest first, with its author."""

    def look(r: Read) -> list[RevisionShown]:
        return [_revision(one) for one in postmortems_seen.revisions(r, key)]

    return read(request, look, caller)


def _revision(one: Any) -> RevisionShown:
    return RevisionShown(
        number=one.number, state=str(one.state), by=one.by, at=one.at.format_iso(), until_at=iso(one.until_at),
        reason=one.reason,
    )  # fmt: skip


@router.get("/revisions/{number}")
def show_revision(request: Request, key: str, number: int, caller: Caller) -> RevisionFull:
    """The document as it was."""

    def look(r: Read) -> RevisionFull:
        kept = postmortems_seen.revision(r, key, number)
        doc = kept.document
        return RevisionFull(
            **_revision(kept).model_dump(), title=doc.title, whys=plain(doc.whys), factors=plain(doc.factors),
            sections={section.name.lower(): doc.text(section) for section in Section}, actions=plain(doc.actions),
        )  # fmt: skip

    return read(request, look, caller)


# ------------------------------------------------------------------ one-off or systemic


@router.get("/similar")
def list_similar(request: Request, key: str, caller: Caller) -> list[SimilarShown]:
    """The five earlier incidents most alike, with the parts of the likeness. Nothing is linked by itself."""

    def look(r: Read) -> list[SimilarShown]:
        one = postmortems_seen.one(r, key)
        return [_similar(request, like) for like in postmortem_likeness.similar_to(r, one.incident_id)]

    return read(request, look, caller)


def _similar(request: Request, like: postmortem_likeness.Like) -> SimilarShown:
    alike, incident = like.alike, like.incident
    return SimilarShown(
        incident_id=incident.id, reference=incident.reference, title=incident.title,
        postmortem_id=like.postmortem.id if like.postmortem else None, score=round(alike.score, 4),
        parts={name: round(getattr(alike, name), 4) for name in ("service", "factors", "text", "trigger")},
        reasons=list(alike.reasons), repeat=str(like.repeat), mitigated_by=like.mitigated_by, took_s=like.took_s,
        runbooks=list(like.runbooks), open_actions=plain(like.open_actions),
        html_url=f"{site_of(request).base_url}/incidents/{incident.id}",
    )  # fmt: skip


@router.get("/verdict")
def show_verdict(request: Request, key: str, caller: Caller) -> VerdictShown:
    """One-off or systemic, by which rules."""

    def look(r: Read) -> VerdictShown:
        found = postmortem_verdicts.shown(r, postmortems_seen.one(r, key).incident_id)
        if found is None:
            return VerdictShown(
                stands=None, computed=None, findings=[], computed_at=None, provisional_until=None, override=None,
                override_reason="", override_by=None,
            )  # fmt: skip
        return VerdictShown(
            stands=str(found.stands), computed=str(found.computed), findings=plain(found.findings),
            computed_at=iso(found.computed_at), provisional_until=iso(found.provisional_until),
            override=str(found.override) if found.override else None, override_reason=found.override_reason,
            override_by=found.override_by,
        )  # fmt: skip

    return read(request, look, caller)


@router.put("/verdict")
def set_verdict(
    request: Request, response: Response, key: str, caller: Caller, body: NewVerdict, as_person: AsPerson = None
) -> PostmortemActed:
    """Say otherwise than the rules, with a reason; what they say stays readable."""
    verb: verbs.Verb = verbs.ComputeVerdict()
    if body.verdict is not None:
        verb = verbs.OverrideVerdict(verdict=body.verdict, reason=body.reason)
    return say(request, response, caller, key, verb, as_person=as_person)


# ------------------------------------------------------------------ what customers read


@router.get("/public-text")
def show_public_text(request: Request, key: str, caller: Caller) -> PublicTextShown:
    """What customers read about it, and how far it has come."""

    def look(r: Read) -> PublicTextShown:
        found = postmortem_public.standing(r, key, person_id=incident_spoken_for.person(r, None))
        return PublicTextShown(
            text=plain(found.text), findings=[_finding(one) for one in found.findings], may_release=found.may_release,
            update=update_shown(request, found.update) if found.update else None,
        )  # fmt: skip

    return read(request, look, caller)


def _finding(one: Finding) -> FindingShown:
    return FindingShown.model_validate(one)


def _public(body: PublicTextBody) -> postmortem_public.PublicText:
    return postmortem_public.PublicText(**body.model_dump())


@router.post("/public-text:check")
def check_public_text(request: Request, key: str, caller: Caller, body: PublicTextBody) -> list[FindingShown]:
    """What the quality gate would say."""

    def look(r: Read) -> list[FindingShown]:
        return [_finding(one) for one in postmortem_public.check(r, key, _public(body))]

    return read(request, look, caller)


@router.put("/public-text")
def write_public_text(request: Request, key: str, caller: Caller, body: PublicTextBody) -> UpdateShown:
    """Hand it in. Released like any public update, it stands on the status page as ``postmortem`` and its subscribers
    are told."""

    def do(w: Work) -> UpdateShown:
        person = incident_spoken_for.person(w, None)
        return update_shown(request, postmortem_public.submit(w, key, _public(body), person_id=person))

    return run(request, do, caller)
