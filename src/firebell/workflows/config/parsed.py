"""What reading any kind takes: the problems and references found so far, and values that have a form of their own."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from firebell.kernel.errors import Invalid
from firebell.workflows.config import durations
from firebell.workflows.config.channels import ChannelDeclaration
from firebell.workflows.config.problems import Place, Problem, near
from firebell.workflows.config.reading import Part
from firebell.workflows.config.zones import known_zone, zone_names

SLUG_HINT = "Use lower-case letters, digits, “-”, “_” and “.”, beginning and ending with a letter or digit."
_INDEX = re.compile(r"\.(\d+)(?=\.|$)")


@dataclass(frozen=True, slots=True)
class Reference:
    """``name`` of a ``kind`` is needed at ``place``."""

    kind: str
    name: str
    place: Place


@dataclass(slots=True)
class Parsing:
    """One reading of all files."""

    channels: Mapping[str, ChannelDeclaration]
    sources: Collection[str]
    problems: list[Problem]
    references: list[Reference]

    def refer(self, part: Part, key: str, kind: str, name: str | None) -> None:
        if name:
            self.references.append(Reference(kind, name, part.document.place(part.at(key))))

    def refer_all(self, part: Part, key: str, kind: str) -> tuple[str, ...]:
        """A list of names of a ``kind``, each to be followed."""
        names = part.texts(key)
        for i, name in enumerate(names):
            self.refer(part, f"{key}[{i}]", kind, name)
        return names


def sound(part: Part, key: str, check: Callable[[], Any]) -> Any:
    """What ``check`` returns; its refusal becomes a problem at ``key`` (or at the field within that it names)."""
    try:
        return check()
    except Invalid as refused:
        inner = _INDEX.sub(r"[\1]", refused.field or "").removeprefix(f"{part.path}.")
        part.problem(inner or key, refused.message, refused.hint)
        return None


def fit(part: Part, key: str, check: Callable[[], Any]) -> Any:
    """Like :func:`sound`, and a refusal always stands at ``key``, whatever the field is called elsewhere."""
    try:
        return check()
    except Invalid as refused:
        part.problem(key, refused.message, refused.hint)
        return None


def time_zone(part: Part, key: str, default: str | None) -> str:
    """The name of a time zone there is."""
    found = part.text(key, default)
    if found and not known_zone(found):
        part.problem(key, f"“{found}” is not a time zone.", near(found, zone_names(), otherwise="Write Europe/Berlin."))
    return found


def duration(part: Part, key: str, default: str | None = None) -> int:
    """Seconds, written as ``1h30m``."""
    text = part.text(key, default)
    found = durations.seconds(text)
    if found is None and text:
        part.problem(key, f"“{text}” is not a duration.", "Write 90s, 5m, 1h30m or 2d.")
    return found or 0


def duration_or_off(part: Part, key: str, default_s: int | None) -> int | None:
    """Seconds, or ``None`` for ``off``."""
    default = "off" if default_s is None else durations.shown(default_s)
    return None if part.text(key, default) in ("off", "false") else duration(part, key, default)


def whole(part: Part, key: str, default: int) -> int:
    """A whole number."""
    found = part.raw(key)
    if found is None:
        return default
    if not isinstance(found, int) or isinstance(found, bool):
        part.problem(key, f"“{key}” must be a whole number.")
        return default
    return found


def number(part: Part, key: str, default: float) -> float:
    """A number that may have a fraction (in YAML as we read it, that is text)."""
    text = part.text(key, str(default))
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        part.problem(key, f"“{text}” is not a number.", "Write 0.5.")
        return default
    return found
