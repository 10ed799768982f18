"""What files say about the templates of postmortems: prompts inside the six sections, never a seventh one."""

from __future__ import annotations

from dataclasses import dataclass

from firebell.domain.postmortems.model import Section

SECTIONS: dict[str, Section] = {
    "summary": Section.SUMMARY, "timeline": Section.TIMELINE, "rootCause": Section.ROOT_CAUSE,
    "impact": Section.IMPACT, "actionItems": Section.ACTION_ITEMS, "lessons": Section.LESSONS,
}  # fmt: skip
"""The sections as files name them, in their order."""


@dataclass(frozen=True, slots=True)
class PostmortemTemplateSpec:
    """``prompts``: (section as files name it, its lines), in the order of the sections; those without any are not in
    it. ``severities``, ``kinds``: of which incidents; empty: of all."""

    title: str
    severities: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    prompts: tuple[tuple[str, tuple[str, ...]], ...] = ()
