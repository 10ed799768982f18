"""What the files say, typed: names instead of ids, defaults filled in, in an order that does not matter.

The same values are made from the files (:mod:`parsing`) and from the database (:mod:`current`), so that comparing
them is planning and writing them down (:func:`written`) is exporting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from firebell.domain.escalation.model import Climb, Step, Target
from firebell.domain.people.model import Hours
from firebell.domain.people.rules import hours_document
from firebell.domain.slo.gate import OnError
from firebell.workflows.config.durations import shown
from firebell.workflows.config.response_specs import DEFAULTS, RESPONSE_KINDS, TARGET_WORDS, ResponseSpec, needs
from firebell.workflows.config.response_writing import WRITERS
from firebell.workflows.config.slo_specs import SLO_KINDS, DataSourceSpec, Slos, SloSpec
from firebell.workflows.config.slo_specs import needs as slo_needs
from firebell.workflows.config.slo_writing import WRITERS as SLO_WRITERS
from firebell.workflows.config.slo_writing import openslo_document
from firebell.workflows.config.writing import sparse

KINDS = ("User", "Team", "Schedule", "EscalationPolicy", "Service", *RESPONSE_KINDS, *SLO_KINDS)
TEAMED = frozenset({"Schedule", "EscalationPolicy", "Service", "Runbook", "StatusPage", "Webhook", "ErrorBudgetPolicy"})
"""Kinds whose objects may be a team's."""
TARGET_KINDS = TARGET_WORDS
LATER = (
    "RoutingRule", "Silence", "MaintenanceWindow", "Heartbeat", "PayPolicy", "Drill",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MethodSpec:
    """A contact method. ``values`` are the channel's fields; of ``secret`` ones only a changed value is ever told."""

    name: str
    channel: str
    values: Mapping[str, str]
    secret: frozenset[str] = frozenset()
    verified: bool = True


@dataclass(frozen=True, slots=True)
class RuleSpec:
    after_s: int
    use: str
    hours: tuple[Hours, ...] = ()


@dataclass(frozen=True, slots=True)
class UserSpec:
    display_name: str
    email: str | None = None
    time_zone: str = "UTC"
    role: str = "responder"
    active: bool = True
    methods: tuple[MethodSpec, ...] = ()
    high: tuple[RuleSpec, ...] = ()
    low: tuple[RuleSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class TeamSpec:
    """Each person stands in one of the two."""

    display_name: str
    members: frozenset[str] = frozenset()
    managers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ScheduleSpec:
    """``layers`` in the canonical form of the files, with the names of people."""

    time_zone: str
    description: str = ""
    layers: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class PolicySpec:
    """``climb`` has names where a stored one has ids."""

    display_name: str
    climb: Climb


@dataclass(frozen=True, slots=True)
class IntegrationSpec:
    """``key`` ``None``: whatever it is now, or a generated one."""

    name: str
    source: str
    key: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    display_name: str
    description: str = ""
    policy: str | None = None
    default_severity: str = "SEV3"
    urgency: str = "by_severity"
    component: str | None = None
    depends_on: frozenset[str] = frozenset()
    integrations: tuple[IntegrationSpec, ...] = ()
    gate_on_error: str = str(OnError.OPEN)


Spec = UserSpec | TeamSpec | ScheduleSpec | PolicySpec | ServiceSpec | ResponseSpec | Slos


@dataclass(frozen=True, slots=True)
class Item:
    """One object. ``managed`` false: kept by hand, although a file describes it. ``team`` is a name."""

    kind: str
    name: str
    spec: Spec
    team: str | None = None
    managed: bool = True

    @property
    def key(self) -> tuple[str, str]:
        return (self.kind, self.name)


def needed(item: Item) -> frozenset[tuple[str, str]]:
    """The (kind, name) of everything that ``item`` refers to."""
    spec = item.spec
    found: set[tuple[str, str]] = {("Team", item.team)} if item.team is not None else set()
    if isinstance(spec, TeamSpec):
        found |= {("User", name) for name in spec.members | spec.managers}
    elif isinstance(spec, ScheduleSpec):
        found |= {
            ("User", name) for layer in spec.layers for slot in layer["rotation"]["participants"] for name in slot
        }
    elif isinstance(spec, PolicySpec):
        targets = [*spec.climb.fallback, *(target for step in spec.climb.steps for target in step.notify)]
        found |= {(TARGET_KINDS[target.kind], target.id) for target in targets}
    elif isinstance(spec, ServiceSpec):
        found |= {("Service", name) for name in spec.depends_on}
        found |= {("EscalationPolicy", spec.policy)} if spec.policy is not None else set()
    return frozenset(found | needs(spec) | slo_needs(spec))


def default(key: tuple[str, str]) -> Item | None:
    """What holds under ``key`` where nothing is described and nobody has changed anything; of most kinds, nothing."""
    spec = DEFAULTS.get(key)
    return None if spec is None else Item(*key, spec, managed=False)


# ------------------------------------------------------------------ writing down


def written(item: Item) -> dict[str, Any]:
    """The document of ``item``, ready for YAML. Secrets are left out; so is everything that is a default."""
    metadata: dict[str, Any] = {"name": item.name}
    if item.team is not None:
        metadata["team"] = item.team
    if not item.managed:
        metadata["managed"] = False
    spec = item.spec
    if isinstance(spec, SloSpec | DataSourceSpec):
        return openslo_document(item.name, spec, managed=item.managed)
    if isinstance(spec, UserSpec):
        body = _user(item.name, spec)
    elif isinstance(spec, TeamSpec):
        body = sparse(
            displayName=spec.display_name if spec.display_name != item.name else None,
            members=sorted(spec.members),
            managers=sorted(spec.managers),
        )
    elif isinstance(spec, ScheduleSpec):
        body = sparse(timeZone=spec.time_zone, description=spec.description, layers=[dict(x) for x in spec.layers])
    elif isinstance(spec, PolicySpec):
        body = _policy(item.name, spec)
    elif isinstance(spec, ServiceSpec):
        body = _service(item.name, spec)
    else:
        body = {**WRITERS, **SLO_WRITERS}[type(spec)](item.name, spec)
    return {"apiVersion": "firebell/v1", "kind": item.kind, "metadata": metadata, "spec": body}


def _user(name: str, spec: UserSpec) -> dict[str, Any]:
    methods = [
        {"name": m.name, "channel": m.channel}
        | {key: value for key, value in m.values.items() if key not in m.secret and value != ""}
        | ({} if m.verified else {"verified": False})
        for m in spec.methods
    ]
    rules = {"high": [_rule(r) for r in spec.high], "low": [_rule(r) for r in spec.low]}
    return sparse(
        displayName=spec.display_name if spec.display_name != name else None,
        email=spec.email,
        timeZone=spec.time_zone,
        role=spec.role,
        active=None if spec.active else False,
        contactMethods=methods,
        notificationRules={urgency: listed for urgency, listed in rules.items() if listed},
    )


def _rule(rule: RuleSpec) -> dict[str, Any]:
    return {"after": shown(rule.after_s), "use": rule.use} | sparse(hours=hours_document(rule.hours))


def _policy(name: str, spec: PolicySpec) -> dict[str, Any]:
    climb = spec.climb
    return sparse(displayName=spec.display_name if spec.display_name != name else None) | {
        "steps": [_step(step) for step in climb.steps],
        "repeat": climb.repeat,
        "ackTimeout": "off" if climb.ack_timeout_s is None else shown(climb.ack_timeout_s),
        "fallback": [_target(target) for target in climb.fallback],
    }


def _step(step: Step) -> dict[str, Any]:
    wait: Any = shown(step.wait.default_s)
    if step.wait.by_severity:
        wait = {severity: shown(s) for severity, s in sorted(step.wait.by_severity.items())} | {"default": wait}
    return {"notify": [_target(target) for target in step.notify], "wait": wait}


def _target(target: Target) -> dict[str, str]:
    return {target.kind.value: target.id}


def _service(name: str, spec: ServiceSpec) -> dict[str, Any]:
    return sparse(
        displayName=spec.display_name if spec.display_name != name else None,
        description=spec.description,
        escalationPolicy=spec.policy,
        defaultSeverity=spec.default_severity if spec.default_severity != "SEV3" else None,
        urgency=spec.urgency if spec.urgency != "by_severity" else None,
        dependsOn=sorted(spec.depends_on),
        component=spec.component,
        gateOnError=spec.gate_on_error if spec.gate_on_error != OnError.OPEN else None,
        integrations=[{"name": i.name, "source": i.source} | _settings(i.settings) for i in spec.integrations],
    )


def _settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in settings.items() if name != "ignore_labels"}
    return sparse(ignoreLabels=list(settings.get("ignore_labels", [])), settings=rest)
