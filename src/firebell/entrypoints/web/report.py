"""Report a problem: for whoever sees one and does not answer pages. It becomes an incident in triage.

Who may is a setting (``off``, ``internal``, ``public``). A stranger learns the reference of their report and nothing
else, and can send only a few.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.incidents import queries
from firebell.domain.incidents.declaration import Declaration
from firebell.domain.incidents.model import Detection, Incident
from firebell.domain.people import strangers
from firebell.entrypoints import callers
from firebell.entrypoints.web.drafts import Draft, refused
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.session import Anyone, Browser, Form
from firebell.kernel.actor import NOBODY, Permission
from firebell.kernel.errors import Invalid, NotFound, TooMany, Unauthenticated
from firebell.kernel.work import Read, Work
from firebell.workflows import incident_declared

router = APIRouter()
LONGEST: Mapping[str, int] = {"title": 200, "what": 3000, "affected": 300, "since": 120, "contact": 200}
"""Of each input, in characters."""


@dataclass(frozen=True, slots=True)
class ReportPage:
    """``known``: the reporter is signed in, and needs no way to be reached."""

    draft: Draft
    known: bool


def is_public(read: Read) -> bool:
    """Whether strangers may report, and are to be told where."""
    return queries.settings(read).report_form == "public"


@router.get("/report")
def ask(here: Anyone) -> Response:
    _open(here)
    return _page(here, Draft())


@router.post("/report")
def report(here: Anyone, form: Form) -> Response:
    _open(here)
    ip = callers.client_ip(here.request)
    try:
        made = here.run(lambda work: _declare(work, here, form, ip))
    except (Invalid, TooMany) as error:
        return _page(here, refused(form, error), error.status)
    return here.go("/report/thanks", Flash(f"Your report is {made.reference}."))


@router.get("/report/thanks")
def thanks(here: Anyone) -> Response:
    _open(here)
    return here.page("report/thanks.html", None, title="Thank you")


def _open(here: Browser) -> None:
    """Raises NotFound when there is no such form, Unauthenticated when it is not for strangers."""
    wanted = here.site.runner.read(queries.settings, NOBODY).report_form
    if wanted not in ("internal", "public"):
        raise NotFound("There is no page at this address.")
    if wanted == "internal" and here.user is None:
        raise Unauthenticated("Sign in first.", hint="You will come back here.")


def _page(here: Browser, draft: Draft, status: int = 200) -> Response:
    view = ReportPage(draft, here.user is not None)
    return here.page("report/form.html", view, title="Report a problem", status=status)


def _declare(work: Work, here: Browser, form: Mapping[str, str], ip: str) -> Incident:
    typed = {name: _typed(form, name, most) for name, most in LONGEST.items()}
    if not typed["title"]:
        raise Invalid("Say in one line what is wrong.", field="title", hint="That is enough; the rest can wait.")
    known = here.user is not None
    if not known:
        strangers.let_in(work, "report", ip)
    elif not here.may(Permission.INCIDENTS_DECLARE):
        # A role may be allowed less than a stranger is: whoever sees a problem may always say so.
        strangers.let_in(work, f"report:{here.me.id}", ip)
    new = Declaration(
        title=typed["title"], summary=_summary(typed), impact=typed["affected"], origin="report",
        detection=Detection.REPORT if known else Detection.CUSTOMER,
    )  # fmt: skip
    return incident_declared.declare(work, new, told=True)


def _typed(form: Mapping[str, str], name: str, most: int) -> str:
    text = form.get(name, "").replace("\r\n", "\n").strip()
    if len(text) > most:
        raise Invalid(f"At most {most} characters.", field=name, hint="Say the most important first.")
    return text


def _summary(typed: Mapping[str, str]) -> str:
    """In the reporter's own words: when it began is what they say, not a milestone."""
    lines = [typed["what"]]
    lines += [f"Since: {typed['since']}"] if typed["since"] else []
    lines += [f"Contact: {typed['contact']}"] if typed["contact"] else []
    return "\n".join(line for line in lines if line)
