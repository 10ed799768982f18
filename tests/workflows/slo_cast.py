"""A shop with an objective that a Prometheus on loopback measures, told through time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from firebell.domain.alerts import queries as alert_queries
from firebell.domain.alerts.model import Alert
from firebell.domain.services import queries as services
from firebell.domain.slo import commands, queries, sources, targets, windows
from firebell.domain.slo.gate import Answer
from firebell.domain.slo.model import Indicator, Shape, Slo, Source
from firebell.domain.slo.records import AttributionRecord, ObjectiveState, SloClock, SloRecord
from firebell.kernel.clock import Instant, from_micros, micros
from firebell.kernel.work import Work
from firebell.workflows import gate_asked
from tests.fakes.prometheus import FakePrometheus, Value
from tests.story import Story

KEPT = ("escalation", "pages", "deliveries", "incidents", "slo polls", "budgets", "laws", "postmortems")
"""Lines of the worker's list that these stories need."""
PER_MINUTE = 600
MEASURED = Indicator(Source.PROMETHEUS, Shape.BAD_TOTAL, part="bad[$window]", total="total[$window]")


def an_slo(name: str = "checkout", *, target: str = "99.9", days: int = 30, **given: Any) -> Slo:
    """99.9 % of requests over 30 days, of the service ``shop``."""
    method = {key: given.pop(key) for key in ("method", "slice_target", "slice_s") if key in given}
    objective = targets.objective(target_percent=target, **method)
    values: dict[str, Any] = {
        "name": name, "service": "shop", "window": windows.rolling(windows.read_length(f"{days}d", "duration")),
        "method": method.get("method", targets.Method.OCCURRENCES), "objectives": (objective,), "indicator": MEASURED,
    }  # fmt: skip
    return Slo(**{**values, **given})


@dataclass(slots=True)
class Shop:
    """``bad(at)``: which share of the requests of the minute before ``at`` failed; ``None``: no data."""

    story: Story
    prometheus: FakePrometheus
    bad: Callable[[int], float | None] = lambda at: 0.0
    records: dict[str, SloRecord] = field(default_factory=dict)

    def value(self, query: str, at: int) -> Value:
        share = self.bad(at)
        if share is None or at > self.now:
            return None
        return PER_MINUTE * share if query.startswith("bad") else PER_MINUTE

    @property
    def now(self) -> int:
        """Seconds since 1970."""
        return micros(self.story.clock.now()) // 1_000_000

    def promise(self, slo: Slo) -> SloRecord:
        """An objective of the service ``shop``."""
        service_id = self.story.services["shop"]
        made = self.story.run(lambda work: commands.create(work, slo, service_id=service_id, team_id=None))
        self.records[slo.name] = made
        self.story.settle()
        return made

    def at(self, began: int, minute: float) -> Instant:
        """So many minutes after ``began``."""
        return from_micros(round((began + 60 * minute) * 1_000_000))

    def shares(self, name: str = "checkout") -> dict[str, AttributionRecord]:
        """By incident."""
        found = self.story.house.runner.read(lambda read: queries.attributions(read, self.records[name].id))
        return {one.incident_id: one for one in found}

    def wait(self, minutes: float, step: float = 5) -> None:
        """Time passes in steps, which is quicker than stopping at every deadline on the way."""
        while minutes > 0:
            self.story.clock.advance(60 * min(step, minutes))
            self.story.settle()
            minutes -= step

    def state(self, name: str = "checkout", objective: int = 0) -> ObjectiveState:
        found = self.story.house.runner.read(lambda read: queries.state(read, self.records[name].id, objective))
        assert found is not None
        return found

    def clock(self, name: str = "checkout") -> SloClock:
        return self.story.house.runner.read(lambda read: queries.clock(read, self.records[name].id))

    def alerts(self) -> dict[str, Alert]:
        """Unresolved alerts by dedup key."""
        states = ("open", "acknowledged")
        found = self.story.house.runner.read(lambda read: alert_queries.alert_list(read, states=states))
        return {one.dedup_key: one for one in found}

    def woken(self) -> int:
        """How often Ada was paged for something urgent. She has it at once."""
        for alert in self.alerts().values():
            if alert.state == "open" and alert.urgency == "high":
                self.story.alert_ids[alert.dedup_key] = alert.id
                self.story.acknowledge("ada", alert.dedup_key)
        return self.story.paged_by().count(("ada", "ntfy"))

    def gate(self, **asked: Any) -> Answer:
        """What the gate says of a deployment of the shop."""

        def ask(work: Work) -> Answer:
            return gate_asked.ask(work, services.service(work, self.story.services["shop"]), **asked).answer

        found: Answer = self.story.run(ask)
        return found

    def facts(self, name: str = "checkout") -> list[str]:
        key = self.records[name].id
        return [one.kind for one in self.story.house.runner.read(lambda read: read.history(key))]


@contextmanager
def a_shop(story: Story) -> Iterator[Shop]:
    """Ada is paged at once for what is urgent; low urgency reaches her in a notice."""
    story.person("ada", rules={"high": [(0, "ntfy")], "low": [(0, "email")]}, channels=("ntfy", "email"))
    story.policy("shop", ("ada", 900), fallback=("ada",), ack_timeout_s=None)
    story.service("shop", policy="shop")
    worker = story.house.worker
    worker.lines = tuple(line for line in worker.lines if line.name in KEPT)
    with FakePrometheus(lambda query, at: None) as prometheus:
        shop = Shop(story, prometheus)
        prometheus.value = shop.value
        keyring = story.house.keyring
        story.run(lambda work: sources.create(work, keyring, name="prometheus", url=prometheus.url, secret="t0ken"))
        yield shop
