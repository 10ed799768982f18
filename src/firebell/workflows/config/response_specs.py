"""What files say about responding to incidents: severities, roles, settings, texts, runbooks, pages, webhooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from firebell.domain.comms import defaults
from firebell.domain.escalation.model import Target, TargetKind
from firebell.domain.incidents.model import Level, RoleName, Settings
from firebell.domain.incidents.scale import DEFAULT_ROLES, DEFAULT_SCALE
from firebell.domain.statuspage.model import WEIGHTS
from firebell.domain.webhooks.model import Flavour
from firebell.workflows.config.template_specs import PostmortemTemplateSpec

Key = tuple[str, str]

RESPONSE_KINDS = (
    "IncidentRole", "SeverityScale", "IncidentSettings", "CommsTemplate", "Runbook", "StatusPage", "Webhook",
    "PostmortemTemplate",
)  # fmt: skip
ONLY = "default"
"""The name of what an installation has one of."""
SINGLE = frozenset({"SeverityScale", "IncidentSettings"})
BUILT_IN: frozenset[Key] = frozenset(("IncidentRole", str(name)) for name in RoleName)
"""What is there without anybody having described it, and stays when its description goes."""
TEMPLATES: tuple[str, ...] = tuple(f"{audience}-{word}" for audience, words in defaults.WORDS.items() for word in words)
TARGET_WORDS: Mapping[TargetKind, str] = {
    TargetKind.USER: "User", TargetKind.SCHEDULE: "Schedule", TargetKind.TEAM: "Team",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ScaleSpec:
    """Four levels, worst first."""

    levels: tuple[Level, ...] = DEFAULT_SCALE.levels


@dataclass(frozen=True, slots=True)
class RoleSpec:
    """``holders_max`` ``None``: any number. ``page``: who is paged for it, by name."""

    display_name: str
    duties: tuple[str, ...] = ()
    never: str = ""
    holders_max: int | None = 1
    page: Target | None = None


@dataclass(frozen=True, slots=True)
class IncidentSettingsSpec:
    """``executives`` and ``support_zone`` are settings of communication."""

    auto_declare: tuple[str, ...] = tuple(str(one) for one in Settings().auto_declare)
    commander_policy: str | None = None
    commanders: frozenset[str] = frozenset()
    auto_offer: bool = False
    report_form: str = "internal"
    mail_state_to: tuple[str, ...] = ()
    executives: frozenset[str] = frozenset()
    support_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class TemplateSpec:
    body: str


@dataclass(frozen=True, slots=True)
class RunbookSpec:
    """``matchers`` as they are written: ``label="value"``."""

    title: str
    body: str
    owner: str | None = None
    services: frozenset[str] = frozenset()
    severities: tuple[str, ...] = ()
    matchers: tuple[str, ...] = ()
    title_pattern: str = ""


@dataclass(frozen=True, slots=True)
class ComponentSpec:
    """``components``: what stands in it, if it is a group."""

    name: str
    description: str = ""
    is_group: bool = False
    showcase: bool = True
    hidden: bool = False
    only_show_if_degraded: bool = False
    components: tuple[ComponentSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusPageSpec:
    """``password`` is what a file says, until it is settled which ``password_hash`` that comes to."""

    display_name: str
    description: str = ""
    url: str = ""
    time_zone: str = "Etc/UTC"
    domain: str | None = None
    access: str = "public"
    addresses: tuple[str, ...] = ()
    auto_posts: bool = False
    ledger_public: bool = False
    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    disabled: bool = False
    components: tuple[ComponentSpec, ...] = ()
    password: str | None = field(default=None, repr=False)
    password_hash: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class WebhookSpec:
    """``url`` and ``secret`` ``None``: whatever they are now."""

    events: tuple[str, ...]
    url: str | None = field(default=None, repr=False)
    flavour: str = str(Flavour.STANDARD)
    private: bool = False
    secret: str | None = field(default=None, repr=False)


ResponseSpec = (
    ScaleSpec | RoleSpec | IncidentSettingsSpec | TemplateSpec | RunbookSpec | StatusPageSpec | WebhookSpec
    | PostmortemTemplateSpec
)  # fmt: skip

DEFAULTS: Mapping[Key, ResponseSpec] = {
    ("SeverityScale", ONLY): ScaleSpec(),
    ("IncidentSettings", ONLY): IncidentSettingsSpec(),
    **{
        ("IncidentRole", one.name): RoleSpec(one.display_name, one.duties, one.never, one.holders_max)
        for one in DEFAULT_ROLES
    },
}
"""What holds where nothing is described and nobody has changed anything."""


# ------------------------------------------------------------------ what they refer to


def _of_scale(spec: ScaleSpec) -> set[Key]:
    return {("IncidentRole", str(name)) for level in spec.levels for name in level.page_roles}


def _of_role(spec: RoleSpec) -> set[Key]:
    return {(TARGET_WORDS[spec.page.kind], spec.page.id)} if spec.page is not None else set()


def _of_settings(spec: IncidentSettingsSpec) -> set[Key]:
    policy = {("EscalationPolicy", spec.commander_policy)} if spec.commander_policy is not None else set()
    return policy | {("User", name) for name in spec.commanders | spec.executives}


def _of_runbook(spec: RunbookSpec) -> set[Key]:
    owner = {("User", spec.owner)} if spec.owner is not None else set()
    return owner | {("Service", name) for name in spec.services}


_NEEDS: Mapping[type, Callable[[Any], set[Key]]] = {
    ScaleSpec: _of_scale, RoleSpec: _of_role, IncidentSettingsSpec: _of_settings, RunbookSpec: _of_runbook,
}  # fmt: skip


def needs(spec: object) -> set[Key]:
    """The (kind, name) of everything that ``spec`` refers to, but for what is always there."""
    look = _NEEDS.get(type(spec))
    return look(spec) - BUILT_IN if look is not None else set()


def secrets(spec: object) -> Mapping[str, str | None]:
    """What of ``spec`` is never shown, by its path: only that it changed is told."""
    if isinstance(spec, WebhookSpec):
        return {"spec.url": spec.url, "spec.secret": spec.secret}
    if isinstance(spec, StatusPageSpec):
        return {"spec.password": spec.password_hash}
    return {}
