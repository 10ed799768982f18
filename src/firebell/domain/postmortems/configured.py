"""How this installation writes postmortems: its settings and its templates, by hand and from files."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace
from whenever import Date, ZonedDateTime

from firebell.domain.postmortems import settings_store
from firebell.domain.postmortems.facts import (
    PostmortemSettingsChanged,
    PostmortemTemplateDeleted,
    PostmortemTemplateSaved,
)
from firebell.domain.postmortems.model import Section
from firebell.domain.postmortems.settings import Settings, Template
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Changed, Conflict, Invalid, NotFound
from firebell.kernel.ids import is_slug
from firebell.kernel.work import Work

SUBJECT = "postmortem settings"
PROMPT_MAX = 300
SEVERITIES = ("SEV1", "SEV2", "SEV3", "SEV4")
KINDS = ("normal", "drill", "test", "backfilled")


def set_settings(work: Work, new: Settings, expected: int | None = None) -> Settings:
    """Write all settings. Raises Changed when ``expected`` is not the version in force, Invalid."""
    work.needs(Permission.SETTINGS_EDIT)
    before = settings_store.settings(work)
    was = before or Settings()
    if expected is not None and expected != was.version:
        raise Changed("These settings have been edited meanwhile.", hint="Load them again and repeat your change.")
    _check_settings(new)
    after = replace(new, version=was.version)
    if after == was:
        return was
    after = replace(after, version=was.version + 1)
    settings_store.set_settings(work, before, after)
    fields = [name for name in Settings.__struct_fields__ if getattr(was, name) != getattr(after, name)]
    work.record(SUBJECT, PostmortemSettingsChanged(changed=sorted(set(fields) - {"version"})))
    work.memo.pop(("postmortem settings",), None)
    work.publish("postmortems", "settings")
    return after


def _check_settings(new: Settings) -> None:
    try:
        ZonedDateTime(2026, 1, 1, tz=new.zone)
    except ValueError:
        raise Invalid(f"There is no time zone {new.zone}.", field="zone", hint="Like Europe/Berlin.") from None
    if not 0 <= new.opens < new.closes <= 24:
        raise Invalid("Office hours begin before they end.", field="opens", hint="Hours from 0 to 24.")
    for day in new.holidays:
        try:
            Date.parse_iso(day)
        except ValueError:
            raise Invalid(f"{day} is no date.", field="holidays", hint="Like 2026-12-25.") from None
    budget = new.policy.budget_permille
    if budget is not None and not 1 <= budget <= 1000:
        raise Invalid("A share of the budget is more than nothing.", field="policy.budget_permille")


def save_template(
    work: Work, *, name: str, template_id: str = "", expected: int | None = None, managed_by: str | None = None,
    title: str = "", severities: tuple[str, ...] = (), kinds: tuple[str, ...] = (),
    prompts: dict[Section, tuple[str, ...]] | None = None,
) -> Template:  # fmt: skip
    """A new template, or (``template_id``) one changed. Raises Invalid, Conflict, Changed, NotFound."""
    work.needs(Permission.SETTINGS_EDIT)
    new = checked(
        Template(
            name=name, title=" ".join(title.split()), severities=severities, kinds=kinds, prompts=prompts or {},
            managed_by=managed_by,
        )
    )  # fmt: skip
    same = next((one for one in settings_store.all_templates(work) if one.name == new.name), None)
    if same is not None and same.id != template_id:
        raise Conflict(f"There is a template {new.name} already.", field="name")
    if not template_id:
        new = replace(new, id=ids.new("pmp", work.now))
        settings_store.add_template(work, new)
        work.record(new.id, PostmortemTemplateSaved(name=new.name, new=True))
        work.publish("postmortems")
        return new
    before = _template(work, template_id, expected, managed_by)
    after = replace(new, id=before.id, version=before.version)
    if after == before:
        return before
    after = replace(after, version=before.version + 1)
    settings_store.save_template(work, before, after)
    work.record(after.id, PostmortemTemplateSaved(name=after.name, new=False))
    work.publish("postmortems")
    return after


def delete_template(
    work: Work, template_id: str, expected: int | None = None, *, managed_by: str | None = None
) -> None:
    """Drafts made by it stay as they are."""
    work.needs(Permission.SETTINGS_EDIT)
    before = _template(work, template_id, expected, managed_by)
    settings_store.delete_template(work, before.id)
    work.record(before.id, PostmortemTemplateDeleted(name=before.name))
    work.publish("postmortems")


def detach_template(work: Work, template_id: str) -> None:
    """No file rules it any more."""
    work.needs(Permission.SETTINGS_EDIT)
    before = settings_store.template(work, template_id)
    if before is not None and before.managed_by is not None:
        after = replace(before, managed_by=None, version=before.version + 1)
        settings_store.save_template(work, before, after)
        work.record(after.id, PostmortemTemplateSaved(name=after.name, new=False))


def _template(work: Work, template_id: str, expected: int | None, managed_by: str | None) -> Template:
    before = settings_store.template(work, template_id)
    if before is None:
        raise NotFound("There is no such template.", field="template_id")
    if before.managed_by is not None and managed_by is None:
        raise Conflict(f"{before.managed_by} manages this template.", hint="Change it there.")
    if expected is not None and expected != before.version:
        raise Changed("This template has been edited meanwhile.", hint="Load it again and repeat your change.")
    return before


def checked(new: Template) -> Template:
    """The template as it is kept. Raises Invalid."""
    if not is_slug(new.name):
        raise Invalid("A template has a short name.", field="name", hint="Like security-review: a-z, 0-9, - and _.")
    for field, given, known in (("severities", new.severities, SEVERITIES), ("kinds", new.kinds, KINDS)):
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise Invalid(f"There is no {unknown[0]}.", field=field, hint=f"One of {', '.join(known)}.")
    prompts: dict[Section, tuple[str, ...]] = {}
    for section in Section:
        lines = tuple(" ".join(one.split()) for one in new.prompts.get(section, ()) if one.strip())
        if any(len(one) > PROMPT_MAX or one.startswith("#") for one in lines):
            raise Invalid(
                "A prompt is one short line, and no heading.", field="prompts",
                hint="There are six sections, never a seventh.",
            )  # fmt: skip
        if lines:
            prompts[section] = lines
    return replace(new, prompts=prompts)


def section_of(name: Any) -> Section:
    """A section by its name or by its short one (``summary``, ``root_cause``). Raises Invalid."""
    for section in Section:
        if name in (section.value, section.name.lower()):
            return section
    hint = f"One of {', '.join(one.name.lower() for one in Section)}."
    raise Invalid(f"There is no section {name}.", field="section", hint=hint)
