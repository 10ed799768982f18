"""The templates that updates begin with: by audience and phase, with a preview, their versions, and the way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.comms import defaults, liquid, queries, settings
from firebell.domain.comms.model import CommsSettings, Template
from firebell.domain.people import queries as people
from firebell.entrypoints.web import choices
from firebell.entrypoints.web.drafts import Choices, Draft, refused, whole_number
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.incident_said import AUDIENCES
from firebell.entrypoints.web.session import Form, FormLists, Here
from firebell.entrypoints.web.side_by_side import Compared, compared
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Changed, Conflict, Invalid, NotFound
from firebell.kernel.work import Read, Work

router = APIRouter(prefix="/settings/templates")
HOME = "/settings/templates"
PHASES: Mapping[str, str] = {
    "default": "Any other", "investigating": "Investigating", "identified": "Identified", "monitoring": "Monitoring",
    "mitigating": "Mitigating", "resolved": "Resolved",
}  # fmt: skip
STANDS_IN = "default"
"""For people inside, the template that stands in for the words without one of their own."""


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """``said``: what it says of an invented incident. ``stands_in``: it has no text of its own."""

    audience: str
    phase: str
    label: str
    version: int
    own: bool
    stands_in: bool
    managed_by: str | None
    said: str

    @property
    def href(self) -> str:
        return f"{HOME}/{self.audience}/{self.phase}"


@dataclass(frozen=True, slots=True)
class TemplatesPage:
    """``chosen``: who gets executive updates."""

    groups: Sequence[tuple[str, str, Sequence[TemplateRow]]]
    draft: Draft
    people: Choices
    chosen: Sequence[str]
    may_edit: bool


@dataclass(frozen=True, slots=True)
class TemplatePage:
    """``preview``: what the text typed would say. ``versions``: (number, label), ours as 0, newest first."""

    audience: str
    phase: str
    title: str
    draft: Draft
    preview: str
    variables: Sequence[tuple[str, str]]
    filters: Sequence[str]
    versions: Choices
    left: str
    right: str
    compared: Compared | None
    own: bool
    managed_by: str | None
    may_edit: bool

    @property
    def href(self) -> str:
        return f"{HOME}/{self.audience}/{self.phase}"

    @property
    def public(self) -> bool:
        return self.audience == "public"


@router.get("")
def show_list(here: Here) -> Response:
    current = here.read(queries.settings)
    values = {"support_zone": current.support_zone, "version": str(current.version)}
    return _list(here, Draft(values), current.executive_ids)


@router.post("")
def save_settings(here: Here, form: Form, lists: FormLists) -> Response:
    """Who the executives are, and where the support hours are."""
    chosen = [one for one in dict.fromkeys(lists.get("executive_ids", [])) if one]

    def job(work: Work) -> None:
        choices.persons(work, chosen, "executive_ids")
        value = CommsSettings(executive_ids=tuple(chosen), support_zone=form.get("support_zone", "").strip())
        settings.set_settings(work, value, expected=whole_number(form, "version"))

    try:
        here.run(job)
    except (Conflict, Changed, Invalid) as error:
        return _list(here, refused(form, error), chosen)
    return here.go(HOME, Flash("Saved."))


def _list(here: Here, draft: Draft, chosen: Sequence[str]) -> Response:
    def look(read: Read) -> TemplatesPage:
        known = {(one.audience, one.phase): one for one in queries.templates(read)}
        groups = [
            (audience, AUDIENCES[audience], [_row(read, known, audience, phase) for phase in phases])
            for audience, phases in defaults.WORDS.items()
        ]
        users = [(str(u.id), u.display_name or u.name) for u in people.users(read) if u.active or u.id in chosen]
        return TemplatesPage(groups, draft, users, chosen, here.may(Permission.INCIDENTS_EDIT))

    view = here.read(look)
    return here.page("settings/templates.html", view, title="Templates", nav="settings", status=draft.status)


def _row(read: Read, known: Mapping[tuple[str, str], Template], audience: str, phase: str) -> TemplateRow:
    one = known.get((audience, phase))
    standing = one or queries.template(read, audience, phase)
    own = one is not None and one.body != _ours(audience, phase)
    return TemplateRow(
        audience, phase, PHASES[phase], one.version if one else 0, own, one is None,
        one.managed_by if one else None, queries.preview(read, audience, _shown(phase), standing.body),
    )  # fmt: skip


def _ours(audience: str, phase: str) -> str:
    found = defaults.DEFAULTS.get((audience, phase))
    return found.body if found is not None else ""


@router.get("/{audience}/{phase}")
def show(here: Here, audience: str, phase: str, left: str = "", right: str = "") -> Response:
    _check(audience, phase)
    one = here.read(lambda read: queries.template(read, audience, phase))
    versions = here.read(lambda read: queries.template_versions(read, audience, phase))
    version = versions[-1].version if versions else 0
    return _form(here, audience, phase, Draft({"body": one.body, "version": str(version)}), left, right)


@router.post("/{audience}/{phase}")
def save(here: Here, audience: str, phase: str, form: Form) -> Response:
    """Save it as a new version, show what it would say (``preview``), or go back to ours (``reset``)."""
    _check(audience, phase)
    typed = {**form, "body": form.get("body", "").replace("\r\n", "\n")}
    if form.get("action") == "preview":
        return _form(here, audience, phase, Draft(typed))

    def job(work: Work) -> None:
        expected = whole_number(form, "version")
        if form.get("action") == "reset":
            settings.reset_template(work, audience, phase, expected=expected)
        else:
            settings.set_template(work, audience, phase, typed["body"], expected=expected)

    try:
        here.run(job)
    except (Conflict, Changed, Invalid) as error:
        return _form(here, audience, phase, refused(typed, error))
    said = "Back to the text that comes with Firebell." if form.get("action") == "reset" else "Saved."
    return here.go(f"{HOME}/{audience}/{phase}", Flash(said))


@router.post("/{audience}/{phase}/preview")
def preview(here: Here, audience: str, phase: str, form: Form) -> Response:
    """What the text would say, while it is being typed."""
    _check(audience, phase)
    return _form(here, audience, phase, Draft({**form, "body": form.get("body", "").replace("\r\n", "\n")}))


@router.post("/{audience}/{phase}/detach")
def detach(here: Here, audience: str, phase: str) -> Response:
    _check(audience, phase)
    here.run(lambda work: settings.detach_template(work, audience, phase))
    return here.go(f"{HOME}/{audience}/{phase}", Flash("No longer managed by a file.", "note"))


def _check(audience: str, phase: str) -> None:
    if phase not in defaults.WORDS.get(audience, ()):
        raise NotFound("There is no such template.")


def _form(here: Here, audience: str, phase: str, draft: Draft, left: str = "", right: str = "") -> Response:
    def look(read: Read) -> TemplatePage:
        found = queries.template_versions(read, audience, phase)
        texts = {"0": _ours(audience, phase) or queries.template(read, audience, STANDS_IN).body}
        texts |= {str(one.version): one.body or texts["0"] for one in found}
        labels = {"0": "ours"} | {str(n.version): f"version {n.version}" for n in found}
        numbers = list(reversed(texts))
        was, now = (left if left in texts else _before(numbers)), (right if right in texts else numbers[0])
        preview, said = _preview(read, audience, phase, draft)
        current = found[-1] if found else None
        return TemplatePage(
            audience, phase, f"{AUDIENCES[audience]}: {PHASES[phase].lower()}", said, preview,
            list(liquid.VARIABLES.items()), sorted(liquid.FILTERS), [(n, labels[n]) for n in numbers], was, now,
            compared(texts[was], texts[now]) if len(texts) > 1 else None, bool(current and current.body),
            current.managed_by if current else None, here.may(Permission.INCIDENTS_EDIT),
        )  # fmt: skip

    view = here.read(look)
    return here.page(
        "settings/template.html", view, title=view.title, nav="settings", block="preview", status=view.draft.status
    )


def _shown(phase: str) -> str:
    """The status an invented incident has: what stands in for others is shown for one of them."""
    return "investigating" if phase == STANDS_IN else phase


def _before(numbers: Sequence[str]) -> str:
    return numbers[1] if len(numbers) > 1 else numbers[0]


def _preview(read: Read, audience: str, phase: str, draft: Draft) -> tuple[str, Draft]:
    """What it would say, or the draft with what is wrong in it."""
    try:
        return queries.preview(read, audience, _shown(phase), draft.of("body")), draft
    except Invalid as error:
        return "", draft if draft.error else refused(draft.values, error)
