"""What the house holds now, in the words of the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from firebell.domain.escalation import queries as policies
from firebell.domain.escalation.model import Climb, Target, TargetKind
from firebell.domain.oncall import queries as oncall
from firebell.domain.oncall.model import Schedule
from firebell.domain.people import queries as people
from firebell.domain.people.methods import Sealer
from firebell.domain.people.model import Person, TeamRole, Urgency
from firebell.domain.services import queries as services
from firebell.domain.services.model import Service
from firebell.domain.slo import policy_queries as slos
from firebell.kernel.secrets import Keyring, Unsealable
from firebell.kernel.work import Read
from firebell.workflows.config.channels import ChannelDeclaration, secret_fields
from firebell.workflows.config.response_current import add_response
from firebell.workflows.config.schedules import written_layers
from firebell.workflows.config.slo_current import add_slos
from firebell.workflows.config.specs import (
    TARGET_KINDS,
    IntegrationSpec,
    Item,
    MethodSpec,
    PolicySpec,
    RuleSpec,
    ScheduleSpec,
    ServiceSpec,
    Spec,
    TeamSpec,
    UserSpec,
)

Key = tuple[str, str]
Part = tuple[str, str, str]


@dataclass(slots=True)
class Current:
    """Items by (kind, name), and what leads back to rows.

    ``parts`` are contact methods, integrations and components, ``(kind, owner, name)`` → id; those in ``by_hand`` are
    in no file.
    """

    items: dict[Key, Item] = field(default_factory=dict)
    ids: dict[Key, str] = field(default_factory=dict)
    managed_by: dict[Key, str] = field(default_factory=dict)
    parts: dict[Part, str] = field(default_factory=dict)
    by_hand: set[Part] = field(default_factory=set)
    schedules: dict[str, Schedule] = field(default_factory=dict)

    def add(self, kind: str, name: str, row_id: str, spec: Spec, team: str | None, managed_by: str | None) -> None:
        self.items[kind, name] = Item(kind, name, spec, team, managed_by is not None)
        self.ids[kind, name] = row_id
        if managed_by is not None:
            self.managed_by[kind, name] = managed_by

    def names(self, kind: str) -> dict[str, str]:
        """id → name of all objects of a kind."""
        return {row_id: name for (each, name), row_id in self.ids.items() if each == kind}

    def part(self, kind: str, owner: str, name: str, row_id: str, managed_by: str | None) -> None:
        self.parts[kind, owner, name] = row_id
        if managed_by is None:
            self.by_hand.add((kind, owner, name))


def current(read: Read, keyring: Keyring, sealer: Sealer, channels: Mapping[str, ChannelDeclaration]) -> Current:
    """Everything that files can describe. Names of what is gone are left out, as the house no longer knows them."""
    now = Current()
    users = people.users(read)
    everyone = people.people(read, [user.id for user in users])
    for user in users:
        person = everyone[user.id]
        now.add("User", user.name, user.id, _user(person, sealer, channels), None, user.managed_by)
        for method in person.methods:
            now.part("User", user.name, method.name, method.id, method.managed_by)
    names = now.names("User")
    for team in people.teams(read):
        members = people.team_members(read, team.id)
        spec = TeamSpec(
            team.display_name,
            frozenset(names[u] for u, role in members if role is TeamRole.RESPONDER and u in names),
            frozenset(names[u] for u, role in members if role is TeamRole.MANAGER and u in names),
        )
        now.add("Team", team.name, team.id, spec, None, team.managed_by)
    teams = now.names("Team")
    for schedule in oncall.schedules(read):
        layers = written_layers(schedule, names)
        body = ScheduleSpec(schedule.zone, schedule.description, layers)
        team_name = teams.get(schedule.team_id or "")
        now.add("Schedule", schedule.name, schedule.id, body, team_name, schedule.managed_by)
        now.schedules[schedule.name] = schedule
    known = {kind: now.names(word) for kind, word in TARGET_KINDS.items()}
    for policy in policies.policies(read):
        climb = PolicySpec(policy.display_name, named(policy.climb, known))
        now.add("EscalationPolicy", policy.name, policy.id, climb, teams.get(policy.team_id or ""), policy.managed_by)
    ladders = now.names("EscalationPolicy")
    for service in services.services(read):
        found = _service(read, service, ladders, keyring, now)
        now.add("Service", service.name, service.id, found, teams.get(service.team_id or ""), service.managed_by)
    add_response(read, now, keyring)
    add_slos(read, now, keyring)
    return now


def _user(person: Person, sealer: Sealer, channels: Mapping[str, ChannelDeclaration]) -> UserSpec:
    user = person.user
    methods: list[MethodSpec] = []
    for method in person.methods:
        values = sealer.unseal(method.id, method.channel, method.config)
        secret = secret_fields(channels.get(method.channel), values)
        methods.append(MethodSpec(method.name, method.channel, dict(values), secret, method.verified_at is not None))
    by_id = {method.id: method.name for method in person.methods}
    rules = {
        urgency: sorted(
            (RuleSpec(r.delay_s, by_id[r.method_id], r.hours) for r in person.rules if r.urgency is urgency),
            key=rule_order,
        )
        for urgency in Urgency
    }
    return UserSpec(
        display_name=user.display_name,
        email=user.email,
        time_zone=user.time_zone,
        role=user.role.value,
        active=user.active,
        methods=tuple(sorted(methods, key=lambda m: m.name)),
        high=tuple(rules[Urgency.HIGH]),
        low=tuple(rules[Urgency.LOW]),
    )


def rule_order(rule: RuleSpec) -> tuple[int, str, str]:
    return (rule.after_s, rule.use, str(rule.hours))


def named(climb: Climb, known: Mapping[TargetKind, Mapping[str, str]]) -> Climb:
    """``climb`` with each target's id looked up in ``known``; targets that are not there are left out."""

    def looked_up(targets: tuple[Target, ...]) -> tuple[Target, ...]:
        return tuple(Target(t.kind, known[t.kind][t.id]) for t in targets if t.id in known[t.kind])

    steps = tuple(replace(step, notify=looked_up(step.notify)) for step in climb.steps)
    return replace(climb, steps=steps, fallback=looked_up(climb.fallback))


def _service(read: Read, service: Service, ladders: Mapping[str, str], keyring: Keyring, now: Current) -> ServiceSpec:
    integrations: list[IntegrationSpec] = []
    for each in services.integrations(read, service.id):
        try:
            key: str | None = services.plain_key(read, each.id, keyring)
        except Unsealable:
            key = None  # its seal is lost: a file that gives a key replaces it
        integrations.append(IntegrationSpec(each.name, each.source, key, dict(each.settings)))
        now.part("Service", service.name, each.name, each.id, each.managed_by)
    return ServiceSpec(
        display_name=service.display_name,
        description=service.description,
        policy=ladders.get(service.policy_id or ""),
        default_severity=service.default_severity,
        urgency=service.urgency.value,
        component=service.component,
        depends_on=frozenset(service.depends_on),
        integrations=tuple(sorted(integrations, key=lambda i: i.name)),
        gate_on_error=str(slos.on_error(read, service.id)),
    )
