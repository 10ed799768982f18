"""How postmortems are written here: when one must be, when people are reminded, and templates with prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import available_timezones

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.postmortems import configured, queries
from firebell.domain.postmortems.model import Section
from firebell.domain.postmortems.rules import Policy
from firebell.domain.postmortems.settings import Settings, Template
from firebell.entrypoints.web import postmortem_words as words
from firebell.entrypoints.web.drafts import Choices, Draft, refused, whole_number
from firebell.entrypoints.web.drafts import words as words_of
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.session import Form, FormLists, Here
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Changed, Conflict, Invalid, NotFound
from firebell.kernel.work import Read, Work

router = APIRouter(prefix="/settings/postmortems")
HOME = "/settings/postmortems"
KINDS: Choices = [("normal", "Incidents"), ("drill", "Drills"), ("test", "Tests"), ("backfilled", "Entered afterwards")]
SEVERITIES = ("SEV1", "SEV2", "SEV3", "SEV4")
REASONS: Mapping[str, str] = {
    "data_loss": "Data was lost or exposed", "customers_first": "Customers noticed before monitoring did",
    "seen_before": "Something like it was seen before", "asked_for": "Somebody asks for one",
}  # fmt: skip
"""Fields of the policy that are on or off."""


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """``prompts``: how many lines it asks in all."""

    template: Template
    holds_for: str
    prompts: int

    @property
    def href(self) -> str:
        return f"{HOME}/templates/{self.template.id}"


@dataclass(frozen=True, slots=True)
class PostmortemSettingsPage:
    draft: Draft
    managed_by: str | None
    rows: Sequence[TemplateRow]
    zones: Sequence[str]
    may_edit: bool

    @property
    def reasons(self) -> Mapping[str, str]:
        return REASONS


@dataclass(frozen=True, slots=True)
class TemplateForm:
    """``template`` is ``None`` for a new one. ``sections``: (slug, section) in their order."""

    template: Template | None
    draft: Draft
    may_edit: bool

    @property
    def href(self) -> str:
        return f"{HOME}/templates/{self.template.id if self.template else 'new'}"

    @property
    def sections(self) -> Sequence[tuple[str, Section]]:
        return list(words.SLUGS.items())

    @property
    def kinds(self) -> Choices:
        return KINDS

    @property
    def severities(self) -> Sequence[str]:
        return SEVERITIES

    @property
    def fixed(self) -> bool:
        """Whether nothing can be changed here."""
        return not self.may_edit or bool(self.template and self.template.managed_by)


@router.get("")
def show(here: Here) -> Response:
    current = here.read(queries.settings)
    policy = current.policy
    values = {
        "zone": current.zone, "opens": str(current.opens), "closes": str(current.closes),
        "holidays": "\n".join(current.holidays), "version": str(current.version),
        "budget": f"{policy.budget_permille / 10:g}" if policy.budget_permille is not None else "",
        **{name: "1" if getattr(policy, name) else "" for name in REASONS},
    }  # fmt: skip
    return _page(here, Draft(values))


@router.post("")
def save(here: Here, form: Form) -> Response:
    try:
        new, version = _settings(form), whole_number(form, "version")
        here.run(lambda work: configured.set_settings(work, new, expected=version))
    except (Conflict, Changed, Invalid) as error:
        return _page(here, refused(form, error, {"policy.budget_permille": "budget"}))
    return here.go(HOME, Flash("Saved."))


def _settings(form: Mapping[str, str]) -> Settings:
    typed = form.get("budget", "").strip().replace(",", ".").removesuffix("%").strip()
    try:
        budget = round(float(typed) * 10) if typed else None
    except ValueError:
        raise Invalid("A share in percent is needed.", field="budget", hint="For example 20.") from None
    on = {name: bool(form.get(name)) for name in REASONS}
    policy = Policy(
        budget_permille=budget, data_loss=on["data_loss"], customers_first=on["customers_first"],
        seen_before=on["seen_before"], asked_for=on["asked_for"],
    )  # fmt: skip
    return Settings(
        policy=policy, zone=form.get("zone", "").strip(), opens=whole_number(form, "opens"),
        closes=whole_number(form, "closes"), holidays=tuple(words_of(form.get("holidays", ""))),
    )  # fmt: skip


def _page(here: Here, draft: Draft) -> Response:
    def look(read: Read) -> PostmortemSettingsPage:
        found = queries.templates(read)
        rows = [TemplateRow(one, _holds_for(one), sum(map(len, one.prompts.values()))) for one in found]
        return PostmortemSettingsPage(
            draft, queries.settings(read).managed_by, rows, sorted(available_timezones()),
            here.may(Permission.SETTINGS_EDIT),
        )  # fmt: skip

    view = here.read(look)
    return here.page("settings/postmortems.html", view, title="Postmortems", nav="settings", status=draft.status)


def _holds_for(one: Template) -> str:
    kinds = dict(KINDS)
    said = [*one.severities, *(kinds.get(kind, kind).lower() for kind in one.kinds)]
    return ", ".join(said) or "every incident"


@router.get("/templates/{template_id}")
def edit(here: Here, template_id: str) -> Response:
    template = _template(here, template_id)
    values = {"name": "", "title": ""}
    if template is not None:
        values = {
            "name": template.name, "title": template.title, "version": str(template.version),
            **{f"severity-{one}": "1" for one in template.severities}, **{f"kind-{one}": "1" for one in template.kinds},
            **{f"prompts-{words.SLUG_OF[section]}": "\n".join(lines) for section, lines in template.prompts.items()},
        }  # fmt: skip
    return _form(here, template, Draft(values))


@router.post("/templates/{template_id}")
def save_template(here: Here, template_id: str, form: Form, lists: FormLists) -> Response:
    template = _template(here, template_id)

    def job(work: Work) -> None:
        configured.save_template(
            work, name=form.get("name", "").strip(), template_id=template.id if template else "",
            expected=whole_number(form, "version") if template else None, title=form.get("title", "").strip(),
            severities=tuple(one for one in SEVERITIES if form.get(f"severity-{one}")),
            kinds=tuple(one for one, _ in KINDS if form.get(f"kind-{one}")),
            prompts={
                section: tuple(line.strip() for line in form.get(f"prompts-{slug}", "").splitlines() if line.strip())
                for slug, section in words.SLUGS.items()
            },
        )  # fmt: skip

    try:
        here.run(job)
    except (Conflict, Changed, Invalid) as error:
        return _form(here, template, refused(form, error))
    return here.go(HOME, Flash("Saved. The next draft asks it."))


@router.post("/templates/{template_id}/delete")
def delete(here: Here, template_id: str) -> Response:
    here.run(lambda work: configured.delete_template(work, template_id))
    return here.go(HOME, Flash("Deleted. Drafts made by it stay as they are."))


@router.post("/templates/{template_id}/detach")
def detach(here: Here, template_id: str) -> Response:
    here.run(lambda work: configured.detach_template(work, template_id))
    return here.go(f"{HOME}/templates/{template_id}", Flash("No longer managed by a file.", "note"))


def _template(here: Here, template_id: str) -> Template | None:
    if template_id == "new":
        return None
    found = here.read(lambda read: next((one for one in queries.templates(read) if one.id == template_id), None))
    if found is None:
        raise NotFound("There is no such template.")
    return found


def _form(here: Here, template: Template | None, draft: Draft) -> Response:
    view = TemplateForm(template, draft, here.may(Permission.SETTINGS_EDIT))
    title = f"Template {template.name}" if template else "New postmortem template"
    return here.page("settings/postmortem_template.html", view, title=title, nav="settings", status=draft.status)
