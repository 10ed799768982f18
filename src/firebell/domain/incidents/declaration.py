"""What somebody says when they declare an incident. A title is enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from firebell.domain.incidents.model import CustomerImpact, Detection, Kind, LinkedAlert, Severity
from firebell.kernel.clock import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """``event_at``: when it was detected (now, unless somebody says). ``drill``: short for ``kind`` drill.

    ``codename``: what a private one is called outside its circle. ``origin``: ``web``, ``api``, ``cli``, ``chat``,
    ``rule`` or ``report``.
    """

    title: str
    severity: Severity | None = None
    kind: Kind = Kind.NORMAL
    detection: Detection = Detection.PERSON
    origin: str = "web"
    team_id: str | None = None
    service_ids: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    summary: str = ""
    impact: str = ""
    customer_impact: CustomerImpact = CustomerImpact.UNKNOWN
    private: bool = False
    security: bool = False
    codename: str = ""
    alerts: tuple[LinkedAlert, ...] = ()
    event_at: Instant | None = None
    drill: bool = False
