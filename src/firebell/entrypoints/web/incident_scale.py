"""Editing the severity scale: what each level means and its clocks. A save is a new version."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.incidents import commands, queries
from firebell.domain.incidents.model import Level, Scale, Severity
from firebell.entrypoints.web.drafts import Choices, Draft, refused, whole_number
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.session import Form, FormLists, Here
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Changed, Conflict, Invalid, Refused
from firebell.kernel.work import Read, Work
from firebell.workflows.config import durations

router = APIRouter()
WORDS = ("name", "impact", "example", "response")
SPANS: Sequence[tuple[str, str, str]] = (
    ("respond_s", "Acknowledged within", "needed"),
    ("command_s", "Commanded within", ""),
    ("internal_every_s", "The team hears every", ""),
    ("executive_every_s", "Executives hear every", ""),
    ("public_first_s", "Customers hear first within", ""),
    ("public_scope_s", "What is affected, within", ""),
    ("public_every_s", "Customers then hear every", ""),
    ("stability_s", "Stable before it is resolved", "needed"),
)
"""(field, label, whether it must be there); typed as ``5m``."""
CALENDARS: Choices = (("24x7", "Day and night"), ("business", "Support hours"))
POSTMORTEMS: Choices = (("required", "Required"), ("optional", "Optional"))


@dataclass(frozen=True, slots=True)
class ScalePage:
    """Inputs are called ``SEV1-respond_s``. ``paged``: (severity, role) that are ticked. ``versions``: older ones."""

    draft: Draft
    severities: Sequence[str]
    spans: Sequence[tuple[str, str, str]]
    calendars: Choices
    postmortems: Choices
    roles: Choices
    paged: Sequence[tuple[str, str]]
    managed_by: str | None
    version: int
    may_edit: bool

    @property
    def versions(self) -> Sequence[int]:
        return range(self.version - 1, max(0, self.version - 6), -1)


@router.get("/settings/incidents/scale")
def show(here: Here) -> Response:
    current = here.read(queries.scale)
    values = {f"{one.severity}-{name}": value for one in current.levels for name, value in _typed(one).items()}
    paged = [(str(one.severity), role) for one in current.levels for role in one.page_roles]
    return _page(here, Draft(values | {"version": str(current.version)}), paged)


@router.post("/settings/incidents/scale")
def save(here: Here, form: Form, lists: FormLists) -> Response:
    paged = [(str(one), role) for one in Severity for role in lists.get(f"{one}-page_roles", [])]
    try:
        made = here.run(lambda work: _save(work, form, paged))
    except (Conflict, Changed, Invalid) as error:
        return _page(here, _refused(form, error), paged)
    said = f"Version {made.version} is in force. Incidents that run keep the one they were judged under."
    return here.go("/settings/incidents/scale", Flash(said))


@router.post("/settings/incidents/scale/detach")
def detach(here: Here) -> Response:
    here.run(commands.detach_scale)
    return here.go("/settings/incidents/scale", Flash("No longer managed by a file.", "note"))


def _typed(one: Level) -> dict[str, str]:
    values = {name: str(getattr(one, name)) for name in (*WORDS, "calendar", "postmortem", "action_days")}
    for name, _, _ in SPANS:
        seconds = getattr(one, name)
        values[name] = "" if seconds is None else durations.shown(seconds)
    return values


def _save(work: Work, form: Mapping[str, str], paged: Sequence[tuple[str, str]]) -> Scale:
    expected = whole_number(form, "version")
    return commands.set_scale(work, [_level(form, one, paged) for one in Severity], expected=expected)


def _level(form: Mapping[str, str], severity: Severity, paged: Sequence[tuple[str, str]]) -> Level:
    def of(name: str) -> str:
        return form.get(f"{severity}-{name}", "").strip().replace("\r\n", "\n")

    spans = {name: _seconds(of(name), f"{severity}-{name}", bool(needed)) for name, _, needed in SPANS}
    return Level(
        severity=severity, name=of("name"), impact=of("impact"), example=of("example"), response=of("response"),
        respond_s=spans["respond_s"] or 0, command_s=spans["command_s"], calendar=of("calendar"),
        internal_every_s=spans["internal_every_s"], executive_every_s=spans["executive_every_s"],
        public_first_s=spans["public_first_s"], public_scope_s=spans["public_scope_s"],
        public_every_s=spans["public_every_s"], stability_s=spans["stability_s"] or 0, postmortem=of("postmortem"),
        action_days=whole_number(form, f"{severity}-action_days"),
        page_roles=tuple(role for one, role in paged if one == severity),
    )  # fmt: skip


def _seconds(typed: str, field: str, needed: bool) -> int | None:
    if not typed and not needed:
        return None
    found = durations.seconds(typed.replace(" ", "").replace("min", "m").lower())
    if found is None:
        raise Invalid("This is not a length of time.", field=field, hint="For example 5m, 90s, 4h or 1d.")
    return found


def _refused(form: Mapping[str, str], error: Refused) -> Draft:
    """The domain counts levels from 0; the form calls them by name."""
    where = re.fullmatch(r"levels\.(\d)\.(\w+)", error.field or "")
    at = f"{list(Severity)[int(where[1])]}-{where[2]}" if where and int(where[1]) < len(Severity) else ""
    return refused(form, error, {error.field or "": at} if where else {})


def _page(here: Here, draft: Draft, paged: Sequence[tuple[str, str]]) -> Response:
    def look(read: Read) -> ScalePage:
        read.needs(Permission.INCIDENTS_VIEW)
        current = queries.scale(read)
        return ScalePage(
            draft, list(Severity), SPANS, CALENDARS, POSTMORTEMS,
            [(one.name, one.display_name) for one in queries.roles(read)], paged, current.managed_by, current.version,
            here.may(Permission.INCIDENTS_EDIT),
        )  # fmt: skip

    view = here.read(look)
    return here.page("settings/scale.html", view, title="Severity scale", nav="settings", status=draft.status)
