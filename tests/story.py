"""Stories through time: a whole installation with a set clock, recording carriers, and the real worker.

story.receive("disk full", severity="critical")
story.run_for(minutes=11)
assert story.paged() == ["primary", "secondary"]
"""

from __future__ import annotations

import atexit
import ipaddress
import json
import socket
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import structs

from firebell.app import House, open_house
from firebell.domain.alerts import queries as alert_queries
from firebell.domain.alerts.model import Alert, AlertKind, Arrival, Ingested, Origin, Raw, Signal, Status
from firebell.domain.escalation import commands as escalation
from firebell.domain.escalation.model import Climb, Step, Target, TargetKind, Wait
from firebell.domain.incidents import configured
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.model import Severity
from firebell.domain.oncall import commands as oncall
from firebell.domain.oncall.config import parse_layers
from firebell.domain.paging.model import Message, Outcome, OutcomeKind
from firebell.domain.people import commands as people
from firebell.domain.people import methods, teams
from firebell.domain.people.methods import NewRule
from firebell.domain.people.model import TeamRole
from firebell.domain.services import commands as services
from firebell.domain.services import keys
from firebell.domain.services import queries as service_queries
from firebell.kernel.actor import SYSTEM, Actor, Role
from firebell.kernel.clock import Instant, SetClock, micros
from firebell.kernel.fetch import Fetch, FetchPolicy
from firebell.settings import Settings
from firebell.workflows import alert_arrives, alert_resolved, laws, page_answered
from tests.fakes.certificate import certificate


@dataclass(frozen=True, slots=True)
class Sent:
    """One message a carrier accepted (or refused): when, to whom, by what."""

    at: Instant
    to: str
    channel: str
    message: Message
    outcome: str


@dataclass(slots=True)
class RecordingCarrier:
    """Accepts everything, unless scripted: ``script(message)`` returns an outcome or ``None`` for "sent"."""

    channel: str
    clock: SetClock
    log: list[Sent]
    script: Callable[[Message], Outcome | None] | None = None
    set_up: bool = True

    def configured(self, settings: Mapping[str, str]) -> bool:
        return self.set_up

    def deliver(
        self, message: Message, method: Mapping[str, str], settings: Mapping[str, str], fetch: Fetch
    ) -> Outcome:
        outcome = (self.script(message) if self.script else None) or Outcome(
            OutcomeKind.SENT, "250 accepted", "fake-id"
        )
        self.log.append(Sent(self.clock.now(), method["to"], self.channel, message, outcome.kind))
        return outcome


@dataclass(slots=True)
class Story:
    """An installation under test. People are named; ``sent`` is the carriers' ground truth."""

    house: House
    clock: SetClock
    sent: list[Sent]
    carriers: dict[str, RecordingCarrier]
    users: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    schedules: dict[str, str] = field(default_factory=dict)
    policies: dict[str, str] = field(default_factory=dict)
    team_ids: dict[str, str] = field(default_factory=dict)
    services: dict[str, str] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    alert_ids: dict[str, str] = field(default_factory=dict)

    # ---- the cast

    def person(
        self,
        name: str,
        *,
        rules: Mapping[str, list[tuple[int, str]]] | None = None,
        channels: tuple[str, ...] = ("ntfy",),
        role: Role = Role.RESPONDER,
        zone: str = "UTC",
        verified: bool = True,
    ) -> str:
        """A person with one method per channel; ``rules``: {urgency: [(delay_s, channel)]}."""

        def make(work: Any) -> str:
            user_id = people.create_user(work, name=name, email=f"{name}@example.com", time_zone=zone, role=role)
            made = {
                channel: methods.add_method(
                    work,
                    user_id,
                    name=channel,
                    channel=channel,
                    config={"to": f"{channel}:{name}"},
                    masked="…",
                    trusted=verified,
                )
                for channel in channels
            }
            for urgency, chosen in (rules or {}).items():
                methods.set_rules(
                    work, user_id, urgency, [NewRule(made[channel], delay_s) for delay_s, channel in chosen]
                )
            return str(user_id)

        self.users[name] = self.run(make)
        self.names[self.users[name]] = name
        return self.users[name]

    def team(self, name: str, *, members: tuple[str, ...] = (), managers: tuple[str, ...] = ()) -> str:
        def make(work: Any) -> str:
            team_id = teams.create_team(work, name=name)
            roles = {self.users[m]: TeamRole.RESPONDER for m in members} | {
                self.users[m]: TeamRole.MANAGER for m in managers
            }
            teams.set_members(work, team_id, roles)
            return str(team_id)

        self.team_ids[name] = self.run(make)
        return self.team_ids[name]

    def schedule(self, name: str, *, zone: str = "UTC", layers: list[dict[str, Any]], team: str | None = None) -> str:
        """``layers`` in the words of the configuration file."""
        parsed = parse_layers({"timeZone": zone, "layers": layers}, self.users)
        self.schedules[name] = self.run(
            lambda work: str(
                oncall.create_schedule(work, name=name, zone=zone, layers=parsed, team_id=self.team_ids.get(team or ""))
            )
        )
        return self.schedules[name]

    def target(self, word: str) -> Target:
        if word in self.users:
            return Target(TargetKind.USER, self.users[word])
        if word in self.schedules:
            return Target(TargetKind.SCHEDULE, self.schedules[word])
        return Target(TargetKind.TEAM, self.team_ids[word])

    def policy(
        self,
        name: str,
        *steps: tuple[str | tuple[str, ...], int | dict[str, int]],
        fallback: tuple[str, ...],
        repeat: int = 2,
        ack_timeout_s: int | None = 1800,
        team: str | None = None,
    ) -> str:
        """Steps are (who, wait in seconds or {severity: seconds, "default": seconds})."""
        made = []
        for who, wait in steps:
            words = (who,) if isinstance(who, str) else who
            by = dict(wait) if isinstance(wait, dict) else {"default": wait}
            made.append(Step(tuple(self.target(w) for w in words), Wait(by.pop("default", 900), by)))
        climb = Climb(tuple(made), tuple(self.target(w) for w in fallback), repeat, ack_timeout_s)
        self.policies[name] = self.run(
            lambda work: (
                escalation.create_policy(work, name=name, climb=climb, team_id=self.team_ids.get(team or "")).id
            )
        )
        return self.policies[name]

    def service(self, name: str, *, policy: str | None = None, team: str | None = None, severity: str = "SEV1") -> str:
        """A service with one generic integration."""

        def make(work: Any) -> tuple[str, str]:
            service_id = services.create_service(
                work,
                name=name,
                display_name=name.capitalize(),
                policy_id=self.policies.get(policy or ""),  # type: ignore[typeddict-item]
                team_id=self.team_ids.get(team or ""),
                default_severity=severity,
            )
            made = keys.create_integration(work, service_id, "generic", "generic", self.house.keyring)
            return str(service_id), str(made.id)

        self.services[name], integration_id = self.run(make)
        intake = self.house.runner.read(lambda read: service_queries.intakes(read, [integration_id]))[integration_id]
        self.origins[name] = Origin(
            integration_id=integration_id,
            service_id=intake.service_id,
            team_id=intake.team_id,
            policy_id=intake.policy_id,
            default_severity=intake.default_severity,
            urgency=intake.urgency,
        )
        return self.services[name]

    # ---- what happens

    def run(self, job: Callable[[Any], Any], actor: Actor = SYSTEM) -> Any:
        return self.house.runner.run(job, actor)

    def receive(
        self, summary: str, *, service: str | None = None, severity: str | None = None, key: str | None = None,
        status: Status = Status.FIRING, starts_at: Instant | None = None, kind: AlertKind = AlertKind.SIGNAL,
    ) -> Ingested:  # fmt: skip
        """A signal arrives and everything that is due at once happens."""
        origin = self.origins[service or next(iter(self.origins))]
        signal = Signal(
            status=status, summary=summary, severity=severity, dedup_key=key or summary, starts_at=starts_at,
            ends_at=starts_at if status is Status.RESOLVED else None,
        )  # fmt: skip
        raw = Raw("generic", "POST", "/", "application/json", json.dumps({"summary": summary}).encode(), 20)
        answer: Ingested = self.run(lambda work: alert_arrives.arrive(work, [Arrival(origin, [signal], raw, kind)]))[0][
            0
        ]
        if answer.alert is not None:
            self.alert_ids[key or summary] = answer.alert.id
        self.settle()
        return answer

    def clear(self, summary: str, *, service: str | None = None, key: str | None = None) -> Ingested:
        return self.receive(summary, service=service, key=key, status=Status.RESOLVED)

    def acknowledge(self, who: str, what: str | None = None) -> str:
        alert_id = self._id(what)
        done = self.run(
            lambda work: page_answered.acknowledge(work, alert_id, "test", user_id=self.users[who], name=who),
            self.actor(who),
        )
        self.settle()
        return str(done.outcome)

    def resolve(self, who: str, what: str | None = None) -> str:
        alert_id = self._id(what)
        outcome, _ = self.run(lambda work: alert_resolved.resolve(work, alert_id, "test"), self.actor(who))
        self.settle()
        return str(outcome)

    def escalate(self, who: str, what: str | None = None, as_of: int | None = None) -> str:
        alert_id = self._id(what)
        done = self.run(lambda work: page_answered.escalate(work, alert_id, as_of, "by test"), self.actor(who))
        self.settle()
        return str(done.outcome)

    def actor(self, who: str) -> Actor:
        from firebell.domain.people import authority

        found = self.house.runner.read(lambda read: authority.user_actor(read, self.users[who]))
        assert found is not None
        return found

    def settle(self) -> None:
        self.house.worker.tick()

    def run_for(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        """Let time pass, stopping at every deadline on the way."""
        self.run_until_micros(
            micros(self.clock.now()) + round((seconds + 60 * minutes + 3600 * hours + 86400 * days) * 1e6)
        )

    def run_until_micros(self, end: int) -> None:
        from firebell.kernel.clock import from_micros

        while True:
            self.settle()
            due = self.house.worker.next_due()
            if due is None or micros(due) >= end:
                break
            self.clock.set(due)
        self.clock.set(from_micros(end))
        self.settle()

    # ---- what can be seen

    def _id(self, what: str | None) -> str:
        return self.alert_ids[what] if what is not None else list(self.alert_ids.values())[-1]

    def alert(self, what: str | None = None) -> Alert:
        alert_id = self._id(what)
        found: Alert = self.house.runner.read(lambda read: alert_queries.alert(read, alert_id), SYSTEM)
        return found

    def messages(self, kind: str = "page") -> list[Sent]:
        return [s for s in self.sent if s.message.kind == kind and s.outcome == "sent"]

    def paged(self) -> list[str]:
        """Who has been paged so far, in order, repeats included."""
        return [s.to.partition(":")[2] for s in self.messages()]

    def paged_by(self) -> list[tuple[str, str]]:
        """(person, channel) of every page so far."""
        return [(s.to.partition(":")[2], s.channel) for s in self.messages()]

    def facts(self, what: str | None = None) -> list[str]:
        alert_id = self._id(what)
        return [e.kind for e in self.house.runner.read(lambda read: read.history(alert_id))]

    def breaches(self) -> list[laws.Breach]:
        return self.house.runner.read(laws.check)


def _loopback_only() -> Fetch:
    """An outgoing client that cannot leave this machine, whatever a generated test makes it call."""

    def resolve(host: str, port: int) -> list[str]:
        if host != "localhost":
            raise OSError(f"{host}: tests resolve nothing but localhost")
        return ["127.0.0.1"]

    def connect(address: tuple[str, int], timeout_s: float) -> socket.socket:
        if not ipaddress.ip_address(address[0]).is_loopback:
            raise OSError(f"{address[0]}: tests leave this machine alone")
        return socket.create_connection(address, timeout_s)

    policy = FetchPolicy(allow_http=True, allow_internal=("127.0.0.0/8",), ca_file=_one_authority())
    return _Loopback(policy, resolve, connect=connect)


class _Loopback(Fetch):
    """In tests a stranger's address is on this machine as well (who may call inside: tests/security)."""

    def outward(self) -> Fetch:
        return self


@cache
def _one_authority() -> str:
    """A bundle with one authority that signed nothing: reading the world's takes a good part of opening a story."""
    folder = tempfile.TemporaryDirectory(prefix="firebell-authority-")
    atexit.register(folder.cleanup)
    return str(certificate(Path(folder.name), "nobody.example")[0])


def open_story(
    url: str,
    tmp_path: Any,
    *,
    start: str = "2026-01-05T09:00:00Z",
    channels: tuple[str, ...] = ("ntfy", "email", "webhook"),
    clock: SetClock | None = None,
    sent: list[Sent] | None = None,
    auto_declare: tuple[str, ...] = (),
    outlets: Mapping[str, Any] | None = None,
    **given: Any,
) -> Story:
    """A fresh (or, with the same ``url``, a restarted) installation. ``auto_declare``: severities of alerts that
    declare an incident by rule (none, so that stories of alerts are about alerts). ``outlets``: instead of the real
    ones. ``given``: more settings."""
    clock = clock or SetClock(start)
    log: list[Sent] = sent if sent is not None else []
    carriers = {channel: RecordingCarrier(channel, clock, log) for channel in channels}
    settings = Settings(data=tmp_path, database_url=url, **given)
    house = open_house(settings, clock=clock, inline=True, carriers=carriers, fetch=_loopback_only(), outlets=outlets)
    declaring = tuple(Severity(one) for one in auto_declare)

    def declare_by_rule(work: Any) -> None:
        configured.set_settings(work, structs.replace(incidents.settings(work), auto_declare=declaring))

    house.runner.run(declare_by_rule)
    return Story(house, clock, log, carriers)
