# ruff: noqa: E501 - a strategy reads best with one value to a line
"""Random small companies that are valid, as items."""

from __future__ import annotations

from dataclasses import replace as dc_replace
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from firebell.domain.escalation.model import Climb, Step, Target, TargetKind, Wait
from firebell.domain.incidents.scale import DEFAULT_SCALE
from firebell.domain.people.model import Hours
from firebell.domain.slo.adjustments import Category
from firebell.domain.slo.model import BurnRow, Stream
from firebell.domain.slo.policy import Exemption, read_threshold
from firebell.domain.statuspage.model import WEIGHTS
from firebell.kernel.clock import from_micros, plus
from firebell.workflows.config.response_specs import (
    ONLY,
    ComponentSpec,
    IncidentSettingsSpec,
    RoleSpec,
    RunbookSpec,
    ScaleSpec,
    StatusPageSpec,
    TemplateSpec,
    WebhookSpec,
)
from firebell.workflows.config.schedules import canonical_layers
from firebell.workflows.config.slo_specs import (
    AdjustmentSpec,
    BudgetPolicySpec,
    DataSourceSpec,
    RuleSetSpec,
    SloSpec,
)
from firebell.workflows.config.specs import (
    IntegrationSpec,
    Item,
    MethodSpec,
    PolicySpec,
    RuleSpec,
    ScheduleSpec,
    ServiceSpec,
    TeamSpec,
    UserSpec,
)
from firebell.workflows.config.template_specs import PostmortemTemplateSpec
from tests.slo_documents import parsed

NAMES = ("ann", "ben", "carl", "dee")
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"])
# What YAML could mistake for something else, and what our own files treat specially.
TEXTS = st.one_of(
    st.sampled_from(["yes", "null", "12", "17:00", "2026-01-05", "${HOME}", "$${X}", "a: b", "# no", "- x", "“é” 🔥", "~"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=["Cc", "Cf", "Cs", "Zs", "Cn"]), min_size=1, max_size=12),
)  # fmt: skip
WAITS = st.sampled_from([60, 90, 300, 3600, 5430, 540_000])


@st.composite
def users(draw: st.DrawFn, name: str) -> Item:
    methods: list[MethodSpec] = []
    if draw(st.booleans()):
        methods.append(MethodSpec("mail", "email", {"to": f"{name}@example.com"}, verified=draw(st.booleans())))
    if draw(st.booleans()):
        values = {"to": f"https://ntfy.example.com/{name}"} | draw(st.sampled_from([{}, {"token": f"tk_{name}"}]))
        methods.append(MethodSpec("push", "ntfy", values, frozenset({"token"})))
    if draw(st.booleans()):
        secret = frozenset({"secret", "old_secret"})
        methods.append(MethodSpec("web", "webhook", {"to": f"https://example.com/{name}"}, secret))

    def rules() -> tuple[RuleSpec, ...]:
        if not methods:
            return ()
        hours = st.sampled_from([(), (Hours(frozenset({1, 2}), 540, 1020),), (Hours(frozenset({7}), 0, 0),)])
        rule = st.builds(RuleSpec, st.sampled_from([0, 60, 86_400]), st.sampled_from([m.name for m in methods]), hours)
        found = draw(st.lists(rule, max_size=3))
        return tuple(sorted(found, key=lambda r: (r.after_s, r.use, str(r.hours))))

    spec = UserSpec(
        display_name=draw(TEXTS),
        email=draw(st.sampled_from([None, f"{name}@example.com"])),
        time_zone=draw(ZONES),
        role=draw(st.sampled_from(["admin", "manager", "responder", "viewer"])),
        active=draw(st.booleans()),
        methods=tuple(methods),
        high=rules(),
        low=rules(),
    )
    return Item("User", name, spec, managed=draw(st.booleans()))


@st.composite
def layers(draw: st.DrawFn, people: list[str], zone: str) -> Any:
    found = []
    for n in range(draw(st.integers(0, 3))):
        every = draw(st.sampled_from(["12h", "1d", "1w", "2w", "1mo"]))
        slots = draw(st.lists(st.lists(st.sampled_from(people), max_size=2, unique=True), min_size=1, max_size=3))
        rotation: dict[str, Any] = {"every": every, "participants": slots}
        if draw(st.booleans()):
            rotation["start"] = draw(st.sampled_from(["2025-12-01", "2026-01-05", "2026-02-03"]))
        if every.endswith("w") and draw(st.booleans()):
            rotation["handoff"] = draw(st.sampled_from(["Mon 09:00", "Fri 17:30"]))
        layer: dict[str, Any] = {"name": f"layer-{n}", "priority": draw(st.integers(0, 9)), "rotation": rotation}
        if draw(st.booleans()):
            layer["restrictions"] = [draw(st.sampled_from([
                {"days": "Mon-Fri", "from": "09:00", "to": "17:00"}, {"from": "Fri 20:00", "to": "Mon 08:00"},
            ]))]  # fmt: skip
        if draw(st.booleans()):
            layer["role"] = draw(st.sampled_from(["primary", "shadow"]))
        found.append(layer)
    return canonical_layers(found, zone)


def _components(names: tuple[str, ...]) -> st.SearchStrategy[tuple[ComponentSpec, ...]]:
    flags = {"showcase": st.booleans(), "hidden": st.booleans(), "only_show_if_degraded": st.booleans()}
    leaf = st.builds(ComponentSpec, st.sampled_from(names), st.sampled_from(["", "Ours"]), **flags)
    inner = st.builds(
        ComponentSpec, st.just("Inner"), is_group=st.just(True), components=st.lists(leaf, max_size=2).map(tuple)
    )
    outer = st.builds(
        ComponentSpec, st.sampled_from(["Shop", "API"]), is_group=st.just(True),
        components=st.lists(st.one_of(leaf, inner), max_size=3).map(tuple),
    )  # fmt: skip
    return st.lists(st.one_of(leaf, outer), max_size=4).map(tuple)


@st.composite
def response(draw: st.DrawFn, items: list[Item]) -> list[Item]:
    """How such a company runs incidents: every kind once at least, unlike what comes with Firebell."""

    def named(kind: str) -> list[str]:
        return [item.name for item in items if item.kind == kind]

    team = st.sampled_from([None, *named("Team")])
    people = st.frozensets(st.sampled_from(named("User")), max_size=2)
    found = [
        Item("IncidentRole", "care", RoleSpec("care", ("Answers customers.",), holders_max=draw(st.sampled_from([None, 1, 2])))),
        Item("IncidentRole", "comms", RoleSpec(draw(TEXTS), ("Writes.",), page=Target(TargetKind.USER, named("User")[0]))),
    ]  # fmt: skip
    found = found[draw(st.integers(0, 1)) :]
    roles = ["commander", *(item.name for item in found)]
    levels = tuple(
        replace(level, respond_s=draw(WAITS), command_s=draw(st.sampled_from([None, 300])), example=draw(TEXTS),
                page_roles=tuple(draw(st.lists(st.sampled_from(roles), unique=True))))
        for level in DEFAULT_SCALE.levels
    )  # fmt: skip
    found.append(Item("SeverityScale", ONLY, ScaleSpec(levels)))
    settings = IncidentSettingsSpec(
        auto_declare=draw(st.sampled_from([(), ("SEV1",), ("SEV1", "SEV4")])),
        commander_policy=draw(st.sampled_from([None, *named("EscalationPolicy")])),
        commanders=draw(people), executives=draw(people), auto_offer=draw(st.booleans()), support_zone=draw(ZONES),
    )  # fmt: skip
    found.append(Item("IncidentSettings", ONLY, settings, managed=draw(st.booleans())))
    for name in draw(
        st.lists(st.sampled_from(["internal-default", "public-resolved"]), min_size=1, unique=True).map(sorted)
    ):
        body = TemplateSpec(draw(st.sampled_from(["Over.", "{{ impact }}\n\n${HOME}\n", "12"])))
        found.append(Item("CommsTemplate", name, body, managed=draw(st.booleans())))
    prompts = draw(st.sampled_from([(), (("impact", ("How many?", "12")),)]))
    asks = PostmortemTemplateSpec(draw(st.sampled_from(["Ours", "Small ones"])), ("SEV3",), (), prompts)
    found.append(Item("PostmortemTemplate", "small", asks, managed=draw(st.booleans())))
    for name in draw(st.lists(st.sampled_from(["full", "slow"]), min_size=1, unique=True).map(sorted)):
        book = RunbookSpec(
            title=draw(TEXTS), body=draw(st.sampled_from(["- [ ] Look {#a}\n", "{{service}} 17:00", "# no\n\n  x\n"])),
            owner=draw(st.sampled_from([None, *named("User")])), title_pattern=draw(st.sampled_from(["", "^disk"])),
            services=draw(st.frozensets(st.sampled_from(named("Service")))) if named("Service") else frozenset(),
            severities=draw(st.sampled_from([(), ("SEV1", "SEV2")])), matchers=draw(st.sampled_from([(), ('a!="b"',)])),
        )  # fmt: skip
        found.append(Item("Runbook", name, book, draw(team), managed=draw(st.booleans())))
    for name in draw(st.lists(st.sampled_from(["acme", "inside"]), min_size=1, unique=True).map(sorted)):
        closed = draw(st.booleans())
        page = StatusPageSpec(
            display_name=draw(st.sampled_from([name, "Acme"])), time_zone=draw(ZONES), disabled=draw(st.booleans()),
            weights=dict(WEIGHTS) | draw(st.sampled_from([{}, {"partial_outage": 0.5}])), components=draw(_components(("API", "Mail", "EU"))),
            access="addresses" if closed else "public", addresses=("192.0.2.0/24",) if closed else (),
        )  # fmt: skip
        found.append(Item("StatusPage", name, page, draw(team), managed=draw(st.booleans())))
    for name in draw(st.lists(st.sampled_from(["CI hook", "bot"]), min_size=1, unique=True).map(sorted)):
        hook = WebhookSpec(
            events=draw(st.sampled_from([("*",), ("alert.opened", "incident.*")])), url=f"https://{name[:2].lower()}.example.com/x",
            private=draw(st.booleans()), flavour=draw(st.sampled_from(["webhook", "teams", "pagerduty_webhook"])),
        )  # fmt: skip
        found.append(Item("Webhook", name, hook, draw(team), managed=draw(st.booleans())))
    return found


@st.composite
def worlds(draw: st.DrawFn) -> list[Item]:
    """A company in which every reference holds."""
    people = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True).map(sorted))
    items = [draw(users(name)) for name in people]
    teams = draw(st.lists(st.sampled_from(["core", "payments"]), unique=True).map(sorted))
    for name in teams:
        managers = draw(st.frozensets(st.sampled_from(people)))
        members = draw(st.frozensets(st.sampled_from(people))) - managers
        items.append(Item("Team", name, TeamSpec(draw(TEXTS), members, managers), managed=draw(st.booleans())))
    team = st.sampled_from([None, *teams])
    schedules = draw(st.lists(st.sampled_from(["primary", "secondary"]), unique=True).map(sorted))
    for name in schedules:
        zone = draw(ZONES)
        spec = ScheduleSpec(zone, draw(st.sampled_from(["", "Nights & days"])), draw(layers(people, zone)))
        items.append(Item("Schedule", name, spec, draw(team)))
    targets = [Target(TargetKind.USER, n) for n in people] + [Target(TargetKind.TEAM, n) for n in teams]
    targets += [Target(TargetKind.SCHEDULE, n) for n in schedules]
    some = st.lists(st.sampled_from(targets), min_size=1, max_size=2, unique_by=lambda t: (t.kind, t.id)).map(tuple)
    policies = draw(st.lists(st.sampled_from(["business-hours", "standard"]), unique=True).map(sorted))
    for name in policies:
        by_severity = st.dictionaries(st.sampled_from(["SEV1", "SEV2"]), WAITS, max_size=2)
        step = st.builds(Step, some, st.builds(Wait, WAITS, by_severity))
        climb = st.builds(
            Climb,
            st.lists(step, min_size=1, max_size=3).map(tuple),
            some,
            st.integers(0, 20),
            st.sampled_from([None, 1800]),
        )
        items.append(Item("EscalationPolicy", name, PolicySpec(draw(TEXTS), draw(climb)), draw(team)))
    services = draw(st.lists(st.sampled_from(["api", "checkout", "database"]), unique=True).map(sorted))
    for n, name in enumerate(services):
        doors = draw(st.lists(st.sampled_from(["events", "prometheus"]), unique=True).map(sorted))
        body = ServiceSpec(
            display_name=draw(TEXTS),
            description=draw(st.sampled_from(["", "Takes ${5}.\n\n- pays\n"])),
            policy=draw(st.sampled_from([None, *policies])),
            default_severity=draw(st.sampled_from(["SEV1", "SEV3"])),
            urgency=draw(st.sampled_from(["by_severity", "high"])),
            component=draw(st.sampled_from([None, "shop"])),
            depends_on=frozenset(other for other in services[n + 1 :] if draw(st.booleans())),
            integrations=tuple(
                IntegrationSpec(
                    door,
                    draw(st.sampled_from(["alertmanager", "generic"])),
                    draw(st.sampled_from([None, f"key-of-{name}-{door}-0123456789"])),
                    draw(st.sampled_from([{}, {"ignore_labels": ["pod"]}, {"other": {"deep": [1, True, "1"]}}])),
                )
                for door in doors
            ),
        )
        items.append(Item("Service", name, body, draw(team), managed=draw(st.booleans())))
    items += draw(response(items))
    return [*items, *(draw(objectives(items, people, services)) if services else ())]


@st.composite
def objectives(draw: st.DrawFn, items: list[Item], people: list[str], services: list[str]) -> list[Item]:
    """Objectives of such a company's services, with every kind that goes with them."""
    managed = st.booleans()
    found = [
        Item("DataSource", "prom", DataSourceSpec("Prometheus", {"url": "http://prom:9090"} | draw(st.sampled_from([{}, {"username": "x"}]))), managed=draw(managed)),
        Item("BurnRateRules", "ours", RuleSetSpec(86_400 * 30, tuple(
            BurnRow(draw(st.sampled_from(Stream)), Fraction(draw(st.integers(1, 50)), 100), 3600 * n, 300 * n)
            for n in range(1, draw(st.integers(2, 4)))
        )), managed=draw(managed)),
    ]  # fmt: skip
    names = draw(st.lists(st.sampled_from(["availability", "latency"]), min_size=1, unique=True).map(sorted))
    for name in names:
        slo = parsed(
            name=name, service=draw(st.sampled_from(services)), target=draw(st.sampled_from(["0.999", "0.95", "0.99995"])),
            window=draw(st.sampled_from(["30d", "4w", "12h"])), prometheus="prom",
            source=draw(st.sampled_from(["push", "incidents", "prometheus"])),
            annotations=draw(st.sampled_from([{}, {"firebell/resolution": "5m"}, {"team/ours": "yes: no"}])),
        )  # fmt: skip
        rules = draw(st.sampled_from(["default", "seven-day", "ours"]))
        found.append(
            Item("SLO", name, SloSpec(dc_replace(slo, rules=rules, description=draw(TEXTS))), managed=draw(managed))
        )
    person = st.sampled_from(people)
    policy = BudgetPolicySpec(
        slos=draw(st.frozensets(st.sampled_from(names))), goals=draw(st.sampled_from([(), ("Protect users.", "12")])),
        approvals=tuple((role, draw(person)) for role in ("product", "development", "reliability")),
        thresholds=draw(st.sampled_from([(), (read_threshold("remaining < 12.5%", ["gate-warn"], ["fix"]),)])),
        decider=draw(st.sampled_from(["", *people])), override_max_s=draw(WAITS),
        override_who=draw(st.frozensets(person)), exemptions=draw(st.sampled_from([frozenset(), frozenset(Exemption)])),
    )  # fmt: skip
    found.append(Item("ErrorBudgetPolicy", "shop", policy, managed=draw(managed)))
    start = from_micros(draw(st.integers(1_700_000_000, 1_800_000_000)) * 1_000_000)
    change = AdjustmentSpec(
        slos=frozenset(names), category=str(draw(st.sampled_from(Category))), start=start, end=plus(start, 3600),
        reason=draw(TEXTS), rrule=draw(st.sampled_from(["", "FREQ=WEEKLY;BYDAY=SU"])), author=draw(st.sampled_from(["", people[0]])),
        approver=draw(st.sampled_from(["", *people[1:]])),
    )  # fmt: skip
    return [*found, Item("BudgetAdjustment", "window", change, managed=draw(managed))]
