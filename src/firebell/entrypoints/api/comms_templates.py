"""``/api/v1/comms-templates``: the texts that updates start from, one per audience and status word."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from firebell.domain.comms import defaults, liquid, queries, settings
from firebell.domain.comms.model import Template
from firebell.entrypoints.api.frame import Body, IfMatch, Shown, expected, tag
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.errors import NotFound
from firebell.kernel.work import Read, Work

router = APIRouter(prefix="/comms-templates", tags=["comms-templates"], route_class=ApiRoute)

Source = Annotated[str, Field(max_length=liquid.SOURCE_MAX)]


class TemplateShown(Shown):
    """A template. ``version`` 0: the one that comes with Firebell. ``inherited``: another word's text stands in for
    it, because it has none of its own."""

    name: str
    audience: str
    phase: str
    body: str
    version: int
    inherited: bool
    managed_by: str | None
    html_url: str


class TemplatesShown(Shown):
    """``variables``: what a template can name, and what it means; ``filters``: what it may do to a value."""

    items: list[TemplateShown]
    variables: dict[str, str]
    filters: list[str]


class TemplateBody(Body):
    """A Liquid template; includes, ranges and long loops do not exist."""

    body: Source


class Sample(Body):
    """What to try: the template in force when ``body`` is left out."""

    body: Source | None = None


class Preview(Shown):
    """What it would say of an invented incident."""

    text: str


def _place(name: str) -> tuple[str, str]:
    audience, _, phase = name.partition("-")
    if phase not in defaults.WORDS.get(audience, ()):
        known = [f"{who}-{word}" for who, words in defaults.WORDS.items() for word in words]
        raise NotFound("There is no such template.", field="template", hint=f"One of {', '.join(known)}.")
    return audience, phase


def _shown(request: Request, found: Template, audience: str, phase: str, version: int) -> TemplateShown:
    own = (found.audience, found.phase) == (audience, phase)
    return TemplateShown(
        name=f"{audience}-{phase}", audience=audience, phase=phase, body=found.body,
        version=found.version if own and found.version else version, inherited=not own,
        managed_by=found.managed_by if own else None,
        html_url=f"{site_of(request).base_url}/settings/templates/{audience}/{phase}",
    )  # fmt: skip


def _answer(request: Request, response: Response | None, r: Read, audience: str, phase: str) -> TemplateShown:
    found = queries.template(r, audience, phase)
    edits = queries.template_versions(r, audience, phase)
    shown = _shown(request, found, audience, phase, 0)
    if response is not None:
        tag(response, edits[-1].version if edits else 0)
    return shown


@router.get("")
def list_templates(request: Request, caller: Caller) -> TemplatesShown:
    """Every template as it is in force, and what can stand in one."""

    def look(r: Read) -> list[TemplateShown]:
        return [
            _answer(request, None, r, str(audience), word)
            for audience, words in defaults.WORDS.items()
            for word in words
        ]

    return TemplatesShown(
        items=read(request, look, caller), variables=dict(liquid.VARIABLES), filters=sorted(liquid.FILTERS)
    )


@router.get("/{template}")
def get_template(request: Request, response: Response, template: str, caller: Caller) -> TemplateShown:
    """One template, such as ``public-investigating``."""
    return read(request, lambda r: _answer(request, response, r, *_place(template)), caller)


@router.put("/{template}")
def set_template(
    request: Request, response: Response, template: str, caller: Caller, body: TemplateBody, if_match: IfMatch = None
) -> TemplateShown:
    """A new version of a template. It is tried with everything and with nothing known before it is kept."""

    def change(w: Work) -> TemplateShown:
        audience, phase = _place(template)
        settings.set_template(w, audience, phase, body.body, expected=expected(if_match))
        return _answer(request, response, w, audience, phase)

    return run(request, change, caller)


@router.delete("/{template}", status_code=204)
def reset_template(request: Request, template: str, caller: Caller, if_match: IfMatch = None) -> None:
    """Back to the text that comes with Firebell; the versions before stay."""
    run(request, lambda w: settings.reset_template(w, *_place(template), expected=expected(if_match)), caller)


@router.post("/{template}:preview")
def preview_template(request: Request, template: str, caller: Caller, body: Sample | None = None) -> Preview:
    """What a text would say of an invented incident; nothing is kept."""

    def look(r: Read) -> Preview:
        audience, phase = _place(template)
        given = body.body if body is not None else None
        source = given if given is not None else queries.template(r, audience, phase).body
        return Preview(text=queries.preview(r, audience, phase, source))

    return read(request, look, caller)


@router.post("/{template}:detach")
def detach_template(request: Request, response: Response, template: str, caller: Caller) -> TemplateShown:
    """Take the template out of a configuration file's hands."""

    def change(w: Work) -> TemplateShown:
        audience, phase = _place(template)
        settings.detach_template(w, audience, phase)
        return _answer(request, response, w, audience, phase)

    return run(request, change, caller)
