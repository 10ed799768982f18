"""The stage on which the sample company lives: the real house, a clock that is set, and hands that press buttons."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from firebell.app import House
from firebell.demo.company import Company
from firebell.domain.alerts import queries as alert_queries
from firebell.domain.alerts.model import Alert, AlertKind, AlertState, Arrival, Raw
from firebell.domain.paging import queries as paging_queries
from firebell.domain.people import authority
from firebell.domain.services import keys as service_keys
from firebell.integrations.sources.contract import Request
from firebell.kernel.actor import SYSTEM, Actor
from firebell.kernel.clock import Instant, SetClock, micros
from firebell.kernel.work import Read, Work
from firebell.workflows import alert_arrives, alert_resolved, page_answered

T = TypeVar("T")
# Deadlines of the house's own every few seconds: a month of them would take an hour and change nothing.
_EVERY_FEW_SECONDS = frozenset({"laws", "heartbeat", "tidying", "outbox tidying", "status pages", "state files"})


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that goes wrong: what the monitoring says about it, the same each time."""

    service: str
    name: str
    summary: str
    severity: str
    details: str = ""


class Stage:
    """Plays one installation through time."""

    def __init__(self, house: House, clock: SetClock, company: Company) -> None:
        self.house, self.clock, self.company = house, clock, company
        self._lines = [line for line in house.worker.lines if line.name not in _EVERY_FEW_SECONDS]

    def run(self, job: Callable[[Work], T], actor: Actor = SYSTEM) -> T:
        return self.house.runner.run(job, actor)

    def read(self, job: Callable[[Read], T]) -> T:
        return self.house.runner.read(job)

    def settle(self) -> Instant | None:
        """Do everything that is due now; returns the next deadline."""
        while True:
            now = micros(self.clock.now())
            dues = self.read(lambda read: [(line, line.due(read)) for line in self._lines])
            due = [line for line, at in dues if at is not None and micros(at) <= now]
            done = [line.act() for line in due]
            if not any(done):
                return min((at for _, at in dues if at is not None and micros(at) > now), default=None)

    def run_until(self, end: Instant) -> None:
        """Let time pass, stopping at every deadline on the way."""
        while True:
            due = self.settle()
            if due is None or micros(due) >= micros(end):
                break
            self.clock.set(due)
        self.clock.set(end)
        self.settle()

    def arrive(self, troubles: Sequence[Trouble], *, resolved: bool = False) -> list[str]:
        """The monitoring of one service calls its integration. Ids of the alerts concerned."""
        origin = self.company.origins[troubles[0].service]
        intake_source = "generic" if self._is_generic(troubles[0].service) else "alertmanager"
        body = (_generic if intake_source == "generic" else _alertmanager)(troubles, resolved, self.clock.now())
        raw = json.dumps(body).encode()
        request = Request("POST", (self.company.keys[troubles[0].service],), {}, {}, raw)
        signals = self.house.sources[intake_source].parse(request)
        kept = Raw(intake_source, "POST", f"/in/{intake_source}/…", "application/json", raw, len(raw))

        def take_in(work: Work) -> list[str]:
            answers = alert_arrives.arrive(work, [Arrival(origin, signals, kept)])
            service_keys.signals_seen(work, {origin.integration_id: 1})
            return [one.alert.id for one in answers[0] if one.alert is not None]

        made = self.run(take_in)
        self.settle()
        return made

    def _is_generic(self, service: str) -> bool:
        return service in {"ledger", "search"}

    def alert(self, alert_id: str) -> Alert:
        return self.read(lambda read: alert_queries.alert(read, alert_id))

    def acknowledge(self, alert_id: str, via: str = "link") -> None:
        """Whoever was paged last has it."""
        pages = self.read(lambda read: paging_queries.pages_of_alert(read, alert_id))
        if not pages or self.alert(alert_id).state != AlertState.OPEN:
            return
        last = max(pages, key=lambda page: micros(page.started_at))
        actor = self.read(lambda read: authority.user_actor(read, last.user_id))
        if actor is not None:
            self.run(
                lambda work: page_answered.acknowledge(work, alert_id, via, user_id=last.user_id, name=actor.name),
                actor,
            )
            self.settle()

    def open_gaps(self) -> list[str]:
        """Ids of coverage gaps nobody has closed."""
        found = self.read(lambda read: alert_queries.alert_list(read, states=["open", "acknowledged"], limit=200))
        return [alert.id for alert in found if alert.kind == AlertKind.COVERAGE_GAP]

    def resolve(self, alert_id: str, who: str) -> None:
        actor = self.read(lambda read: authority.user_actor(read, self.company.users[who]))
        assert actor is not None
        self.run(lambda work: alert_resolved.resolve(work, alert_id, "page"), actor)
        self.settle()


def _alertmanager(troubles: Sequence[Trouble], resolved: bool, now: Instant) -> dict[str, Any]:
    status = "resolved" if resolved else "firing"
    return {
        "version": "4", "groupKey": "{}:{}", "status": status, "receiver": "firebell", "groupLabels": {},
        "commonLabels": {}, "commonAnnotations": {}, "externalURL": "",
        "alerts": [
            {
                "status": status, "startsAt": now.format_iso(),
                "endsAt": now.format_iso() if resolved else "0001-01-01T00:00:00Z",
                "labels": {"alertname": one.name, "service": one.service, "severity": one.severity},
                "annotations": {"summary": one.summary, "description": one.details},
                "fingerprint": f"demo-{one.service}-{one.name}"[:64],
            }
            for one in troubles
        ],
    }  # fmt: skip


def _generic(troubles: Sequence[Trouble], resolved: bool, now: Instant) -> list[dict[str, Any]]:
    return [
        {
            "summary": one.summary, "description": one.details, "severity": one.severity, "service": one.service,
            "dedup_key": f"{one.service}-{one.name}", "status": "resolved" if resolved else "firing",
        }
        for one in troubles
    ]  # fmt: skip
