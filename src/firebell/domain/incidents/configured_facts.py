"""What happened to the way this installation runs incidents."""

from __future__ import annotations

from typing import ClassVar

from firebell.kernel.journal import Fact


class ScaleSet(Fact, frozen=True, kw_only=True):
    """``changed``: the levels that read otherwise than before."""

    kind: ClassVar[str] = "severity_scale.set"
    version: int
    changed: list[str]


class RolesSet(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "incident_roles.set"
    changed: list[str]


class IncidentSettingsSet(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "incident_settings.set"
    changed: list[str]
