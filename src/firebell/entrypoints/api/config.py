"""``/api/v1/config``: the whole configuration as files; what files would change; and making it so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import Field

from firebell.entrypoints.api import problems
from firebell.entrypoints.api.frame import Body, Shown, iso
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import Site, read, site_of
from firebell.workflows.config.applying import Means, Plan, apply, plan
from firebell.workflows.config.differing import Coming
from firebell.workflows.config.exporting import export
from firebell.workflows.config.problems import BadConfig
from firebell.workflows.config.reading import FILE_BYTES_MAX, File

router = APIRouter(tags=["config"], route_class=ApiRoute)

PROBLEMS_SHOWN = 1000
_Value = Annotated[str, Field(max_length=65_536)]


class FileSent(Body):
    """One file. ``secret_files``: the contents of what stands behind ``secretFile:`` in it, by the path as written."""

    path: str = Field(min_length=1, max_length=500)
    text: str = Field(max_length=FILE_BYTES_MAX)
    secret_files: dict[str, _Value] = Field(default_factory=dict, max_length=1000)


class Files(Body):
    """What to plan or apply. ``environment``: the values of the variables that the files refer to."""

    files: list[FileSent] = Field(min_length=1, max_length=1000)
    environment: dict[str, _Value] = Field(default_factory=dict, max_length=10_000)
    prune: bool = Field(False, description="Also remove what no file describes, of the kinds the files speak of.")


class LineShown(Shown):
    """A value that differs: ``before`` null is new, ``after`` null is gone. Secrets are never in it."""

    path: str
    before: str | None
    after: str | None


class ChangeShown(Shown):
    """``verb``: created, changed or removed. ``by_hand``: no file had described it so far."""

    verb: str
    kind: str
    name: str
    file: str | None
    line: int | None
    by_hand: bool
    lines: list[LineShown]


class StretchShown(Shown):
    starts_at: str | None
    ends_at: str | None
    before: list[str]
    after: list[str]


class ComingShown(Shown):
    """What becomes of the shifts of a schedule until ``until``; ``seconds`` is each person's gain or loss."""

    schedule: str
    until: str | None
    uncovered_s: int
    seconds: dict[str, int]
    stretches: list[StretchShown]


class ObjectNamed(Shown):
    kind: str
    name: str


class KeyShown(Shown):
    """A generated integration key. It is shown here and on the integration's page."""

    service: str
    integration: str
    key: str


class SecretMade(Shown):
    """The signing secret of a webhook that was generated. It is shown here and never again."""

    webhook: str
    secret: str


class NoticeShown(Shown):
    """What of a file was understood, but should be said aloud."""

    file: str
    line: int
    path: str
    message: str
    hint: str | None


class PlanShown(Shown):
    """``left_alone``: managed objects that no file describes any more, which only ``prune`` removes.
    ``warnings``: of what is created or changed."""

    changes: list[ChangeShown]
    coming: list[ComingShown]
    left_alone: list[ObjectNamed]
    warnings: list[NoticeShown]
    new_keys: list[KeyShown]
    new_secrets: list[SecretMade]


class FileShown(Shown):
    path: str
    text: str


class Export(Shown):
    files: list[FileShown]


def shown(found: Plan) -> PlanShown:
    """A plan as the API shows it."""
    return PlanShown(
        changes=[
            ChangeShown(
                verb=change.verb,
                kind=change.kind,
                name=change.name,
                file=change.place.file if change.place else None,
                line=change.place.line if change.place else None,
                by_hand=change.by_hand,
                lines=[LineShown(path=line.path, before=line.before, after=line.after) for line in change.lines],
            )
            for change in found.changes
        ],
        coming=[_coming(each) for each in found.coming],
        left_alone=[ObjectNamed(kind=kind, name=name) for kind, name in found.left_alone],
        warnings=[
            NoticeShown(file=p.place.file, line=p.place.line, path=p.place.path, message=p.message, hint=p.hint)
            for p in found.warnings
        ],
        new_keys=[KeyShown(service=k.service, integration=k.integration, key=k.key) for k in found.new_keys],
        new_secrets=[SecretMade(webhook=one.webhook, secret=one.secret) for one in found.new_secrets],
    )


def _coming(found: Coming) -> ComingShown:
    return ComingShown(
        schedule=found.schedule,
        until=iso(found.until),
        uncovered_s=found.uncovered_s,
        seconds=dict(found.seconds),
        stretches=[
            StretchShown(
                starts_at=iso(each.starts_at),
                ends_at=iso(each.ends_at),
                before=list(each.before),
                after=list(each.after),
            )
            for each in found.stretches
        ],
    )


@router.get("/config")
def get_config(request: Request, caller: Caller) -> Export:
    """Everything that files can describe, as files. Secrets are left out; applied again, they stay as they are."""
    files = read(request, lambda r: export(r, _means(site_of(request))), caller)
    return Export(files=[FileShown(path=file.path, text=file.text) for file in files])


@router.post("/config:plan", response_model=PlanShown)
def plan_config(request: Request, caller: Caller, body: Files) -> Any:
    """What applying these files would change, and what it would do to the coming shifts. Changes nothing."""
    site = site_of(request)
    return _answered(lambda: plan(site.runner, _files(body), body.environment, _means(site), caller, prune=body.prune))


@router.post("/config:apply", response_model=PlanShown)
def apply_config(request: Request, caller: Caller, body: Files) -> Any:
    """Make it so, in one transaction. A fault anywhere changes nothing."""
    site = site_of(request)
    return _answered(lambda: apply(site.runner, _files(body), body.environment, _means(site), caller, prune=body.prune))


def _means(site: Site) -> Means:
    return Means(site.channels, site.sources, site.keyring, site.sealing)


def _files(body: Files) -> list[File]:
    return [File(file.path, file.text, file.secret_files) for file in body.files]


def _answered(job: Callable[[], Plan]) -> PlanShown | JSONResponse:
    """The plan; faults in the files as one problem document with every place in ``problems``."""
    try:
        return shown(job())
    except BadConfig as bad:
        document = problems.document(bad.status, bad.slug, bad.message, field=bad.field, hint=bad.hint)
        document["problems"] = [
            {"file": p.place.file, "line": p.place.line, "path": p.place.path, "message": p.message, "hint": p.hint}
            for p in bad.problems[:PROBLEMS_SHOWN]
        ]
        return JSONResponse(document, bad.status, media_type="application/problem+json")
