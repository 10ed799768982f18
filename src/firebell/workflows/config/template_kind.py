"""The kind PostmortemTemplate: read from files, found in the house, put in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firebell.domain.postmortems import configured, queries
from firebell.domain.postmortems.settings import Template
from firebell.kernel.errors import Invalid
from firebell.kernel.work import Read
from firebell.workflows.config.parsed import Parsing
from firebell.workflows.config.problems import near
from firebell.workflows.config.reading import Part
from firebell.workflows.config.template_specs import SECTIONS, PostmortemTemplateSpec

if TYPE_CHECKING:
    from firebell.workflows.config.current import Current
    from firebell.workflows.config.making import Making
    from firebell.workflows.config.specs import Item

KIND = "PostmortemTemplate"


def read(name: str, part: Part, parsing: Parsing) -> PostmortemTemplateSpec:
    """The spec of a document."""
    prompts = part.part("prompts") if part.has("prompts") else None
    if prompts is None:
        part.raw("prompts")
    found = []
    for key in SECTIONS:
        lines = prompts.texts(key) if prompts is not None else ()
        if lines:
            found.append((key, lines))
    if prompts is not None:
        prompts.close()
    spec = PostmortemTemplateSpec(
        title=" ".join(part.text("title", name).split()) or name,
        severities=_known(part, "severities", configured.SEVERITIES),
        kinds=_known(part, "kinds", configured.KINDS),
        prompts=tuple(found),
    )
    try:
        configured.checked(_template(name, spec))
    except Invalid as refused:
        part.problem(refused.field or "prompts", refused.message, refused.hint)
    return spec


def _known(part: Part, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    found = part.texts(key) if part.has(key) else ()
    part.raw(key)
    for i, one in enumerate(found):
        if one not in known:
            part.problem(
                f"{key}[{i}]", f"“{one}” is not known.", near(one, known, otherwise=f"One of {', '.join(known)}.")
            )
    return tuple(sorted(set(found) & set(known)))


def _template(name: str, spec: PostmortemTemplateSpec) -> Template:
    return Template(
        name=name, title=spec.title, severities=spec.severities, kinds=spec.kinds,
        prompts={SECTIONS[key]: lines for key, lines in spec.prompts},
    )  # fmt: skip


def add_templates(house: Read, now: Current) -> None:
    """Those the house holds."""
    for one in queries.templates(house):
        prompts = tuple((key, one.prompts[section]) for key, section in SECTIONS.items() if section in one.prompts)
        spec = PostmortemTemplateSpec(
            title=one.title or one.name, severities=tuple(sorted(set(one.severities))),
            kinds=tuple(sorted(set(one.kinds))), prompts=prompts,
        )  # fmt: skip
        now.add(KIND, one.name, one.id, spec, None, one.managed_by)


def put(making: Making, before: Item | None, item: Item, by: str | None) -> None:
    spec = item.spec
    assert isinstance(spec, PostmortemTemplateSpec)
    wanted = _template(item.name, spec)
    made = configured.save_template(
        making.work, name=item.name, template_id=making.ids[item.key] if before is not None else "", managed_by=by,
        title=wanted.title, severities=wanted.severities, kinds=wanted.kinds, prompts=wanted.prompts,
    )  # fmt: skip
    making.ids[item.key] = made.id
    if not item.managed:
        configured.detach_template(making.work, made.id)


def remove(making: Making, key: tuple[str, str], by: str | None) -> None:
    configured.delete_template(making.work, making.ids[key], managed_by=by)
