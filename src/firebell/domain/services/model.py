"""Services: what can break, who owns it, and the integrations through which its alerts come in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, TypedDict

from firebell.kernel.clock import Instant
from firebell.kernel.ids import IntegrationId, PolicyId, ServiceId, TeamId
from firebell.kernel.journal import Fact

SEVERITIES = ("SEV1", "SEV2", "SEV3", "SEV4")


class UrgencyRule(StrEnum):
    """How a service's alerts get their urgency: from the severity (SEV1/2 high), or always the same."""

    BY_SEVERITY = "by_severity"
    HIGH = "high"
    LOW = "low"


class ServiceFields(TypedDict, total=False):
    """What of a service can be set. ``depends_on`` are names of other services; ``component`` one on a status page."""

    name: str
    display_name: str
    description: str
    team_id: TeamId | None
    policy_id: PolicyId | None
    default_severity: str
    urgency: str
    component: str | None
    depends_on: tuple[str, ...]
    managed_by: str | None


class IntegrationFields(TypedDict, total=False):
    """What of an integration can be changed. ``settings`` are the source's own, such as ``ignore_labels``."""

    name: str
    settings: Mapping[str, Any]
    managed_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """``version`` counts edits: what ``expected`` of an edit refers to. ``managed_by`` names the file that rules it."""

    id: ServiceId
    name: str
    display_name: str
    description: str = ""
    team_id: TeamId | None = None
    policy_id: PolicyId | None = None
    default_severity: str = "SEV3"
    urgency: UrgencyRule = UrgencyRule.BY_SEVERITY
    component: str | None = None
    depends_on: tuple[str, ...] = ()
    managed_by: str | None = None
    created_at: Instant
    deleted_at: Instant | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """One door into a service. The key itself is not here: only its last four characters (``key_hint``)."""

    id: IntegrationId
    service_id: ServiceId
    name: str
    source: str
    key_hint: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    managed_by: str | None = None
    created_at: Instant
    disabled_at: Instant | None = None
    deleted_at: Instant | None = None
    last_signal_at: Instant | None = None
    signal_count: int = 0
    version: int = 1


@dataclass(frozen=True, slots=True)
class Intake:
    """All the intake needs to know about a key, from one query."""

    integration_id: IntegrationId
    source: str
    service_id: ServiceId
    service_name: str
    display_name: str
    team_id: TeamId | None
    policy_id: PolicyId | None
    default_severity: str
    urgency: str
    disabled: bool
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewIntegration:
    """A created integration (or a rotated one) with its key in plain text, to be shown."""

    id: IntegrationId
    key: str


# ------------------------------------------------------------------ facts


class ServiceCreated(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "service.created"
    name: str
    team_id: str | None = None
    managed_by: str | None = None


class ServiceEdited(Fact, frozen=True, kw_only=True):
    """``changed`` maps a field to ``[before, after]``."""

    kind: ClassVar[str] = "service.edited"
    changed: dict[str, Any]


class ServiceDeleted(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "service.deleted"
    name: str


class ServiceRestored(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "service.restored"
    name: str


class IntegrationCreated(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "integration.created"
    service_id: str
    name: str
    source: str
    managed_by: str | None = None


class IntegrationEdited(Fact, frozen=True, kw_only=True):
    """``changed`` maps a field to ``[before, after]``."""

    kind: ClassVar[str] = "integration.edited"
    service_id: str
    changed: dict[str, Any]


class IntegrationKeyRotated(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "integration.key_rotated"
    service_id: str


class IntegrationDisabled(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "integration.disabled"
    service_id: str


class IntegrationEnabled(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "integration.enabled"
    service_id: str


class IntegrationDeleted(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "integration.deleted"
    service_id: str
    name: str
