"""What every page hands to ``base.html``: who looks, what is wrong with Firebell itself, what was just done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.warnings import Banner
from firebell.kernel.clock import Instant

THEME_COOKIE = "firebell_theme"
THEMES = ("system", "light", "dark")


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is signed in. ``name`` is how they are called, ``role`` their word for what they may."""

    id: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class PageFrame:
    """The context of ``base.html`` (its header says what each part is for), and the reader's ``now`` and ``zone``."""

    title: str
    nav: str
    viewer: Viewer | None
    theme: str
    csrf: str
    now: Instant
    zone: str
    path: str
    banners: Sequence[Banner] = ()
    flashes: Sequence[Flash] = ()
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def now_iso(self) -> str:
        return Instant.from_timestamp(int(self.now.timestamp())).format_iso()
