"""The verbs of ``/api/v1/postmortems``: what can be asked of a postmortem, each by name behind a colon."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict, Field

from firebell.domain.postmortems import document, import_markdown, verbs
from firebell.domain.postmortems.model import Audience
from firebell.entrypoints.api.frame import Body, IfMatch
from firebell.entrypoints.api.incidents import AsPerson
from firebell.entrypoints.api.postmortems import PostmortemActed, Reason, say
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller

router = APIRouter(prefix="/postmortems", tags=["postmortems"], route_class=ApiRoute)


class Said(Body):
    """Any verb, with its fields beside it: ``{"verb": "add_factor", "kind": "config", "text": "…"}``."""

    model_config = ConfigDict(extra="allow")
    verb: Annotated[str, Field(max_length=40, examples=["add_factor"])]


class Submission(Body):
    """``waiver``: why it goes into review although hard checks fail."""

    waiver: Reason = ""


class Wanted(Body):
    text: Reason


class Publication(Body):
    audience: Audience = Audience.ORGANISATION


class Why(Body):
    reason: Reason


class Markdown(Body):
    """``replace``: what people have written may go; it stays readable as a revision."""

    markdown: Annotated[str, Field(min_length=1, max_length=400_000)]
    replace: bool = False


class Imported(PostmortemActed):
    """``ours``: an export of Firebell's, read back exactly. ``notes`` say what was not understood or is missing."""

    ours: bool
    notes: list[str]


@router.post("/{key}:import")
def import_into(
    request: Request, response: Response, key: str, caller: Caller, body: Markdown, as_person: AsPerson = None,
    if_match: IfMatch = None,
) -> Imported:  # fmt: skip
    """Markdown of ours or of anybody's becomes its text; what lacks is said, and nothing of it is refused."""
    verb = verbs.ImportMarkdown(text=body.markdown, replace=body.replace)
    done = say(request, response, caller, key, verb, as_person=as_person, if_match=if_match)
    found = import_markdown.read(body.markdown)
    return Imported(**done.model_dump(), ours=found.ours, notes=list(found.warnings))


@router.post("/{key}:act")
def act(
    request: Request, response: Response, key: str, caller: Caller, body: Said, as_person: AsPerson = None,
    if_match: IfMatch = None,
) -> PostmortemActed:  # fmt: skip
    """Any verb: what the page's buttons ask for, too."""
    verb = document.verb_of(body.model_dump())
    return say(request, response, caller, key, verb, as_person=as_person, if_match=if_match)


@router.post("/{key}:submit")
def submit(
    request: Request, response: Response, key: str, caller: Caller, body: Submission | None = None,
    as_person: AsPerson = None, if_match: IfMatch = None,
) -> PostmortemActed:  # fmt: skip
    """Into review: the hard checks hold, or are waived."""
    verb = verbs.Submit(waiver=body.waiver if body else "")
    return say(request, response, caller, key, verb, as_person=as_person, if_match=if_match)


@router.post("/{key}:request_changes")
def request_changes(
    request: Request, response: Response, key: str, caller: Caller, body: Wanted, as_person: AsPerson = None,
    if_match: IfMatch = None,
) -> PostmortemActed:  # fmt: skip
    """Back to its authors."""
    verb = verbs.RequestChanges(text=body.text)
    return say(request, response, caller, key, verb, as_person=as_person, if_match=if_match)


@router.post("/{key}:approve")
def approve(
    request: Request, response: Response, key: str, caller: Caller, as_person: AsPerson = None, if_match: IfMatch = None
) -> PostmortemActed:
    """Reviewed, by somebody who does not own it."""
    return say(request, response, caller, key, verbs.Approve(), as_person=as_person, if_match=if_match)


@router.post("/{key}:publish")
def publish(
    request: Request, response: Response, key: str, caller: Caller, body: Publication | None = None,
    as_person: AsPerson = None, if_match: IfMatch = None,
) -> PostmortemActed:  # fmt: skip
    """Readable by its audience. Names of people in the text keep it from that."""
    verb = verbs.Publish(audience=body.audience if body else Audience.ORGANISATION)
    return say(request, response, caller, key, verb, as_person=as_person, if_match=if_match)


@router.post("/{key}:close")
def close(
    request: Request, response: Response, key: str, caller: Caller, as_person: AsPerson = None, if_match: IfMatch = None
) -> PostmortemActed:
    """Over, together with its incident: every promise is done, declined or waived."""
    return say(request, response, caller, key, verbs.Close(), as_person=as_person, if_match=if_match)


@router.post("/{key}:revise")
def revise(
    request: Request, response: Response, key: str, caller: Caller, body: Why, as_person: AsPerson = None,
    if_match: IfMatch = None,
) -> PostmortemActed:  # fmt: skip
    """A draft again; the revision before stays readable."""
    verb = verbs.Revise(reason=body.reason)
    return say(request, response, caller, key, verb, as_person=as_person, if_match=if_match)
