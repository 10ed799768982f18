# ruff: noqa: E501 - a strategy reads best with one value to a line
"""Random small companies that are valid, as items."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from firebell.domain.escalation.model import Climb, Step, Target, TargetKind, Wait
from firebell.domain.people.model import Hours
from firebell.workflows.config.schedules import canonical_layers
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
    return items
