"""The sample company: a shop with three teams. People are named after their roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from firebell.domain.alerts.model import Origin
from firebell.domain.escalation import commands as escalation
from firebell.domain.escalation.model import Climb, Step, Target, TargetKind, Wait
from firebell.domain.oncall import commands as oncall
from firebell.domain.oncall.config import parse_layers
from firebell.domain.people import commands as people
from firebell.domain.people import methods, signin, teams
from firebell.domain.people.methods import NewRule
from firebell.domain.people.model import TeamRole
from firebell.domain.services import commands as services
from firebell.domain.services import queries as service_queries
from firebell.kernel.actor import Role
from firebell.kernel.ids import PolicyId, TeamId, UserId
from firebell.kernel.secrets import Keyring
from firebell.kernel.work import Work

ADMIN = "demo-admin"
BERLIN, NEW_YORK, SINGAPORE = "Europe/Berlin", "America/New_York", "Asia/Singapore"

PEOPLE: tuple[tuple[str, str, str, Role], ...] = (
    ("payments-lead", "Payments Lead", BERLIN, Role.MANAGER),
    ("payments-a", "Payments Engineer A", BERLIN, Role.RESPONDER),
    ("payments-b", "Payments Engineer B", BERLIN, Role.RESPONDER),
    ("payments-c", "Payments Engineer C", BERLIN, Role.RESPONDER),
    ("platform-lead", "Platform Lead", NEW_YORK, Role.MANAGER),
    ("platform-berlin", "Platform Engineer Berlin", BERLIN, Role.RESPONDER),
    ("platform-york", "Platform Engineer New York", NEW_YORK, Role.RESPONDER),
    ("platform-singapore", "Platform Engineer Singapore", SINGAPORE, Role.RESPONDER),
    ("shop-lead", "Storefront Lead", BERLIN, Role.MANAGER),
    ("shop-a", "Storefront Engineer A", BERLIN, Role.RESPONDER),
    ("shop-b", "Storefront Engineer B", BERLIN, Role.RESPONDER),
    ("support", "Support Desk", BERLIN, Role.VIEWER),
)
TEAMS: Mapping[str, tuple[str, ...]] = {
    "payments": ("payments-lead", "payments-a", "payments-b", "payments-c"),
    "platform": ("platform-lead", "platform-berlin", "platform-york", "platform-singapore"),
    "storefront": ("shop-lead", "shop-a", "shop-b"),
}
SUN = (("singapore", "00:00", "08:00"), ("berlin", "08:00", "16:00"), ("york", "16:00", "24:00"))
SERVICES: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("database", "Database", "platform", "alertmanager", ()),
    ("queue", "Message queue", "platform", "alertmanager", ()),
    ("cdn", "Content delivery", "platform", "alertmanager", ()),
    ("checkout", "Checkout", "payments", "alertmanager", ("database", "queue")),
    ("payment-gateway", "Payment gateway", "payments", "alertmanager", ("queue",)),
    ("ledger", "Ledger", "payments", "generic", ("database",)),
    ("catalogue", "Catalogue", "storefront", "alertmanager", ("database",)),
    ("search", "Search", "storefront", "generic", ("catalogue",)),
)


@dataclass(slots=True)
class Company:
    """Ids by name. ``origins`` is what each service's integration stamps on its alerts."""

    users: dict[str, UserId] = field(default_factory=dict)
    teams: dict[str, TeamId] = field(default_factory=dict)
    schedules: dict[str, str] = field(default_factory=dict)
    policies: dict[str, PolicyId] = field(default_factory=dict)
    services: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)


def found(work: Work, keyring: Keyring, password_hash: str) -> Company:
    """Make everything, in one unit of work. The administrator signs in with the password behind the hash."""
    company = Company()
    admin = people.create_user(
        work, name=ADMIN, display_name="Demo Administrator", email="demo-admin@example.com", role=Role.ADMIN
    )
    signin.set_password(work, admin, password_hash, by="demo")
    company.users[ADMIN] = admin
    _reachable(work, admin, ADMIN)
    for name, display_name, zone, role in PEOPLE:
        company.users[name] = people.create_user(
            work, name=name, display_name=display_name, email=f"{name}@example.com", time_zone=zone, role=role
        )
        _reachable(work, company.users[name], name)
    for name, members in TEAMS.items():
        company.teams[name] = teams.create_team(work, name=name, display_name=f"{name.capitalize()} (demo)")
        roles = {
            str(company.users[m]): TeamRole.MANAGER if m.endswith("-lead") else TeamRole.RESPONDER for m in members
        }
        teams.set_members(work, company.teams[name], roles)
    _schedules(work, company)
    _policies(work, company)
    _services(work, company, keyring)
    return company


def _reachable(work: Work, user_id: UserId, name: str) -> None:
    # .invalid is reserved and leads nowhere, should this folder ever be served without its recorders.
    push = methods.add_method(
        work, user_id, name="phone", channel="ntfy", config={"to": f"https://ntfy.invalid/{name}"},
        masked=f"ntfy.invalid/{name[:3]}…", trusted=True,
    )  # fmt: skip
    mail = methods.add_method(
        work, user_id, name="mail", channel="email", config={"to": f"{name}@mail.invalid"},
        masked=f"{name[0]}…@mail.invalid", trusted=True,
    )  # fmt: skip
    methods.set_rules(work, user_id, "high", [NewRule(push, 0), NewRule(push, 120), NewRule(mail, 240)])
    methods.set_rules(work, user_id, "low", [NewRule(mail, 0)])


def _weekly(names: Sequence[str], *, first: int = 0) -> dict[str, Any]:
    return {
        "every": "1w", "handoff": "Mon 09:00", "participants": [[n] for n in names], "startIndex": first,
    }  # fmt: skip


def _schedules(work: Work, company: Company) -> None:
    payments = TEAMS["payments"][1:]
    day = [{"days": "Mon-Fri", "from": "09:00", "to": "17:00"}]

    def make(name: str, team: str, zone: str, description: str, *layers: dict[str, Any]) -> None:
        company.schedules[name] = oncall.create_schedule(
            work, name=name, zone=zone, team_id=company.teams[team], description=description,
            layers=parse_layers({"timeZone": zone, "layers": list(layers)}, company.users),
        )  # fmt: skip

    make(
        "payments-primary", "payments", BERLIN, "First for everything that moves money.",
        {"name": "weekly", "priority": 1, "rotation": _weekly(payments)},
    )  # fmt: skip
    make(
        "payments-secondary", "payments", BERLIN, "When the primary does not answer.",
        {"name": "weekly", "priority": 1, "rotation": _weekly(payments, first=1)},
    )  # fmt: skip
    make(
        "platform-primary", "platform", "UTC", "Follows the sun: eight hours each, awake.",
        *(
            {
                "name": place, "priority": 1, "rotation": _weekly([f"platform-{place}"]),
                "restrictions": [{"from": start, "to": end}],
            }
            for place, start, end in SUN
        ),
    )  # fmt: skip
    make(
        "storefront-hours", "storefront", BERLIN, "Office hours only: nights and weekends are nobody's.",
        {"name": "office", "priority": 1, "rotation": _weekly(("shop-a", "shop-b")), "restrictions": day},
    )  # fmt: skip


def _policies(work: Work, company: Company) -> None:
    def target(word: str) -> Target:
        if word in company.users:
            return Target(TargetKind.USER, company.users[word])
        return Target(TargetKind.SCHEDULE, company.schedules[word])

    def make(name: str, display_name: str, fallback: str, *steps: tuple[str, int, dict[str, int]]) -> None:
        climb = Climb(
            tuple(Step((target(who),), Wait(wait_s, by)) for who, wait_s, by in steps), (target(fallback),), 2, 4 * 3600
        )
        made = escalation.create_policy(
            work, name=name, display_name=display_name, climb=climb, team_id=company.teams[name]
        )
        company.policies[name] = PolicyId(made.id)

    urgent = {"SEV1": 300, "SEV2": 900}
    make(
        "payments", "Payments", "payments-lead",
        ("payments-primary", 7200, urgent), ("payments-secondary", 900, {}), ("payments-lead", 1800, {}),
    )  # fmt: skip
    make("platform", "Platform", "platform-lead", ("platform-primary", 7200, urgent), ("platform-lead", 1800, {}))
    make("storefront", "Storefront", "shop-lead", ("storefront-hours", 7200, urgent))
    escalation.set_fallback(work, [Target(TargetKind.USER, company.users[ADMIN])])


def _services(work: Work, company: Company, keyring: Keyring) -> None:
    for name, display_name, team, source, needs in SERVICES:
        company.services[name] = services.create_service(
            work, name=name, display_name=display_name, team_id=company.teams[team], policy_id=company.policies[team],
            depends_on=needs, description="Part of the demo.",
        )  # fmt: skip
        made = services.create_integration(work, company.services[name], source, source, keyring)
        company.keys[name] = made.key
        intake = service_queries.intakes(work, [made.id])[made.id]
        company.origins[name] = Origin(
            integration_id=intake.integration_id, service_id=intake.service_id, team_id=intake.team_id,
            policy_id=intake.policy_id, default_severity=intake.default_severity, urgency=intake.urgency,
        )  # fmt: skip
