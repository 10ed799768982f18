"""A postmortem as a file: Markdown, HTML, PDF, JSON, and the review deck."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from firebell.entrypoints.documents.exports import Format, made
from firebell.entrypoints.documents.taking import outgoing, sent
from firebell.entrypoints.web.session import Here

router = APIRouter()


@router.get("/postmortems/{key}/export")
def export(
    here: Here, key: str, form: Annotated[Format, Query(alias="format")] = Format.HTML,
    revision: Annotated[int | None, Query(ge=1)] = None, show: bool = False,
) -> Response:  # fmt: skip
    """``show``: the deck or the document in the browser instead of as a file. Drawn after everything has been read."""
    return sent(made(here.read(lambda r: outgoing(r, key, revision)), form), shown=show)
