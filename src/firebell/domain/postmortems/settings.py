"""How this installation writes postmortems: when one must be written, when people may be reminded, and templates."""

from __future__ import annotations

import msgspec

from firebell.domain.postmortems.model import Section
from firebell.domain.postmortems.office import Calendar
from firebell.domain.postmortems.rules import Policy


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """``policy``: when one is required (which severities: the severity scale says). ``zone``, ``opens``, ``closes``,
    ``holidays``: office hours, in which alone anybody is reminded."""

    policy: Policy = Policy()
    zone: str = "UTC"
    opens: int = 9
    closes: int = 17
    holidays: tuple[str, ...] = ()
    managed_by: str | None = None
    version: int = 1

    @property
    def calendar(self) -> Calendar:
        return Calendar(zone=self.zone, opens=self.opens, closes=self.closes, holidays=frozenset(self.holidays))


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """Prompts inside the sections of a new draft. ``severities`` and ``kinds`` (of incidents) say for which; empty: for
    all. The one that names most counts, then the first by name."""

    id: str = ""
    name: str
    title: str = ""
    severities: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    prompts: dict[Section, tuple[str, ...]] = {}
    managed_by: str | None = None
    version: int = 1

    def fits(self, severity: str, kind: str) -> bool:
        return (not self.severities or severity in self.severities) and (not self.kinds or kind in self.kinds)


def chosen(templates: list[Template], severity: str, kind: str) -> Template | None:
    """The template for an incident."""
    fitting = [one for one in templates if one.fits(severity, kind)]
    return min(fitting, key=lambda one: (-bool(one.severities) - bool(one.kinds), one.name), default=None)
