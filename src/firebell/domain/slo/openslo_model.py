"""What a set of OpenSLO documents says, once read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from firebell.domain.slo.model import Slo
from firebell.domain.slo.openslo_nodes import Faults, Node, Problem, near

API = "openslo/v1"
KINDS = ("SLO", "SLI", "DataSource", "AlertPolicy", "AlertCondition", "AlertNotificationTarget", "Service")

SHORT_WINDOW = "firebell/short-window"
SHARE = "firebell/share"
RULES = "firebell/rules"
SOURCE = "firebell/source"
SEVERITIES = "firebell/severities"
POLICY = "firebell/policy"
EVALUATOR = "firebell/evaluator"
COMPOSITE = "firebell/composite"
ABSENT = "firebell/absent"
RESOLUTION = "firebell/resolution"
MIN_BAD_EVENTS = "firebell/min-bad-events"
PAGE_SEV = "firebell/page-severity"
TICKET_SEV = "firebell/ticket-severity"
OURS = (
    RULES, SOURCE, SEVERITIES, POLICY, EVALUATOR, COMPOSITE, ABSENT, RESOLUTION, MIN_BAD_EVENTS, PAGE_SEV, TICKET_SEV,
)  # fmt: skip
"""Annotations of an SLO for what OpenSLO cannot say."""


@dataclass(frozen=True, slots=True)
class DataSource:
    """``details`` hold no secret; ``secret_file`` names where one is. Types other than Prometheus are pushed to us."""

    name: str
    type: str
    details: Mapping[str, str] = field(default_factory=dict)
    secret_file: str = ""

    @property
    def asked(self) -> bool:
        """Whether it can be asked, or has to push."""
        return self.type.lower() == "prometheus"


@dataclass(frozen=True, slots=True)
class Documents:
    """``services``: name → description. ``targets``: name → (target, description). ``slos`` are those without fault.

    ``warnings`` were understood, but should be said aloud.
    """

    slos: tuple[Slo, ...]
    data_sources: tuple[DataSource, ...]
    services: Mapping[str, str]
    targets: Mapping[str, tuple[str, str]]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Parsing:
    """All documents by kind and name, as they came, so that references can be followed in any order."""

    found: Mapping[tuple[str, str], tuple[int, Mapping[str, Any]]]
    sources: Mapping[str, DataSource]
    faults: Faults
    known_rules: Collection[str] | None = None

    def spec(self, kind: str, name: str, asking: Node, key: str) -> tuple[Node, Node] | None:
        """Metadata and spec of the document that ``asking`` refers to; a fault when there is none."""
        entry = self.found.get((kind, name))
        if entry is None:
            known = [other for of, other in self.found if of == kind]
            hint = near(name, known, "Describe it in the same set of documents.")
            asking.problem(key, f"There is no {kind} “{name[:60]}”.", hint)
            return None
        index, value = entry
        return (
            Node(value.get("metadata"), "metadata", index, self.faults),
            Node(value.get("spec"), "spec", index, self.faults),
        )
