"""Asking to be let into a private incident. The answer is the same whether there is one or not."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.entrypoints.web.drafts import Draft, refused
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.session import Form, Here
from firebell.kernel.errors import Refused
from firebell.workflows import access_asked

router = APIRouter()
TEMPLATE = "incidents/access.html"


@dataclass(frozen=True, slots=True)
class AccessPage:
    draft: Draft


@router.get("/incidents/access")
def show(here: Here, key: str = "") -> Response:
    view = AccessPage(Draft({"key": key[:40]}))
    return here.page(TEMPLATE, view, title="Ask to be let in", nav="incidents")


@router.post("/incidents/access")
def ask(here: Here, form: Form) -> Response:
    try:
        said = here.run(lambda work: access_asked.ask(work, form.get("key", "").strip(), form.get("why", "")))
    except Refused as error:
        view = AccessPage(refused(form, error))
        return here.page(TEMPLATE, view, title="Ask to be let in", nav="incidents", status=error.status)
    return here.go("/incidents", Flash(said, "note"))
