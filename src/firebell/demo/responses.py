"""Two incidents of the sample company: one that was handled well nine days ago, and one that is under way right now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from firebell.demo.stage import Stage
from firebell.domain.comms.model import Audience, NewUpdate, UpdateState
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents import verbs
from firebell.domain.incidents.declaration import Declaration
from firebell.domain.incidents.model import CustomerImpact, Detection, MilestoneName, Remedy, Severity, TaskKind, Trend
from firebell.domain.people import authority
from firebell.domain.runbooks import commands as runbooks
from firebell.domain.services import queries as services
from firebell.domain.statuspage import commands as pages
from firebell.kernel.actor import Actor
from firebell.kernel.clock import Instant, plus
from firebell.workflows import incident_declared, incident_moves, update_posted

MINUTE_S, DAY_S = 60, 86400
WELL_DAYS_AGO = 9
At = Callable[[Instant, Callable[[], None]], None]
RUNBOOK = """\
Payments fail while the gateway answers slowly.

- [ ] Is the pool of {{service}} empty? If it is, go on with [the restart](#restart) {#pool kind=check timeout=5m}
- [ ] Undo the last release {#undo timeout=10m}
- [ ] Restart the workers one by one {#restart timeout=10m}
- [ ] Send payments to the other provider {#other kind=dangerous timeout=20m}
- [ ] Is the error rate below 0.1 % for ten minutes? {#well kind=check timeout=15m}
"""


class Responses:
    """Adds its scenes to a history: ``at(when, play)``."""

    def __init__(self, stage: Stage, end: Instant, at: At) -> None:
        self.stage, self.end, self._at = stage, end, at
        self._ids: dict[str, str] = {}
        self._parts: dict[str, str] = {}

    def add(self) -> None:
        """Both incidents; the status page and the runbook are there before the first of them."""
        self._at(plus(self.end, -12 * DAY_S), self._prepare)
        self._handled_well(plus(self.end, -WELL_DAYS_AGO * DAY_S))
        self._under_way(plus(self.end, -24 * MINUTE_S))

    # ---- the incident that went well

    def _handled_well(self, begins: Instant) -> None:
        def then(minutes: float, play: Callable[[], None]) -> None:
            self._at(plus(begins, minutes * MINUTE_S), play)

        lead, writer, hands, public = "payments-lead", "payments-c", "payments-b", Audience.PUBLIC
        slow = "Payments take more than a minute"
        empty = verbs.AddSizeUp(wrong="the gateway's pool is empty", trend=Trend.STEADY)
        then(0, lambda: self.declare("well", slow, Severity.SEV2, "payment-gateway", hands))
        then(2, lambda: self.do("well", lead, verbs.TakeCommand()))
        then(3, lambda: self.do("well", lead, verbs.AssignRole(role="comms", user_id=self.user(writer))))
        then(3, lambda: self.do("well", lead, impact_of("One payment in five takes more than a minute")))
        then(4, lambda: self.tell("well", writer, lead, public, None, 30, {"payments": "degraded_performance"}))
        then(6, lambda: self.do("well", hands, empty))
        then(6, lambda: self.do("well", lead, verbs.Edit(summary=(
            "The gateway's pool of connections is empty, this time by release 42: workers wait and payments take "
            "minutes, as at the evening peak a month ago."))))  # fmt: skip
        then(7, lambda: self.do("well", lead, self._task("Undo release 42", hands, 10)))
        then(8, lambda: self.do("well", hands, verbs.AcknowledgeTask()))
        then(9, lambda: self.tell("well", writer, lead, Audience.INTERNAL, "One payment in five is slow. Release 42 "
             "leaks connections; it is being undone.", 30))  # fmt: skip
        then(16, lambda: self.do("well", hands, verbs.FinishTask(outcome="release 41 is back")))
        then(18, lambda: self.do("well", lead, verbs.Mitigate(remedy=Remedy.ROLLBACK, note="release 41")))
        then(19, lambda: self.do("well", lead, verbs.AddCriterion(text="p95 below 2 s for 20 minutes")))
        then(20, lambda: self.tell("well", writer, lead, public, "Payments are fast again since a few minutes, less "
             "than 1 % are still slow. We are watching it; if yours is slow, try it once more.", 30,
             {"payments": "operational"}))  # fmt: skip
        then(41, self._tick_the_criterion)
        then(42, lambda: self.do("well", lead, verbs.Resolve(
            all_clear="Payments have recovered; nothing lingers and no data was lost.")))  # fmt: skip
        then(43, lambda: self.tell("well", writer, lead, public, "Resolved. For 18 minutes one payment in five was "
             "slow. No data was lost and nothing lingers; no action is needed from you.", None))  # fmt: skip
        then(45, lambda: self.do("well", lead, verbs.SetMilestone(
            name=MilestoneName.IMPACT_STARTED, at=plus(begins, -6 * MINUTE_S))))  # fmt: skip
        then(60, lambda: self.do("well", lead, verbs.StartPostmortem(owner_id=self.user(lead))))

    def _tick_the_criterion(self) -> None:
        one = self.stage.read(lambda read: incidents.incident(read, self._ids["well"]))
        tick = verbs.TickCriterion(criterion=one.criteria[0].id, value="https://grafana.invalid/d/payments")
        self.do("well", "payments-b", tick)

    # ---- the incident to play

    def _under_way(self, begins: Instant) -> None:
        def then(minutes: float, play: Callable[[], None]) -> None:
            self._at(plus(begins, minutes * MINUTE_S), play)

        lead, writer, hands = "platform-lead", "shop-lead", "platform-berlin"
        then(0, lambda: self.declare("now", "Search shows old prices", Severity.SEV2, "catalogue", writer))
        then(3, lambda: self.do("now", lead, verbs.TakeCommand()))
        then(3, lambda: self.do("now", lead, verbs.AssignRole(role="comms", user_id=self.user(writer))))
        then(4, lambda: self.do("now", lead, impact_of("A third of the shop's prices are an hour old")))
        then(4, lambda: self.tell("now", writer, lead, Audience.PUBLIC, None, 30, {"search": "degraded_performance"}))
        then(6, lambda: self.do("now", hands, verbs.AddSizeUp(
            wrong="the index is not written since the replica fell behind", scope="catalogue and search",
            trend=Trend.STEADY)))  # fmt: skip
        then(7, lambda: self.tell("now", writer, lead, Audience.INTERNAL, "A third of the prices are an hour old: the "
             "index waits for db-2. The platform team brings the replica back.", 20))  # fmt: skip
        then(8, lambda: self.do("now", lead, self._task("Bring db-2 back in step", hands, 20)))
        then(9, lambda: self.do("now", hands, verbs.AcknowledgeTask()))
        then(10, lambda: self.do("now", hands, verbs.SuggestHypothesis(
            text="A long report holds the replica back", evidence="lag grew when it began")))  # fmt: skip
        stop = verbs.ProposeDecision(
            proposal="Stop the monthly report on db-2", risk="it has to be run again tonight", window_s=120
        )
        then(23, lambda: self.do("now", hands, stop))

    # ---- what they are made of

    def _prepare(self) -> None:
        if self._parts:
            return

        def make(work: Any) -> dict[str, str]:
            page = pages.create_page(work, slug="shop", name="The sample shop")
            return {
                name.lower(): str(pages.add_component(work, page, name=name))
                for name in ("Checkout", "Payments", "Search", "Mail")
            }

        self._parts = self.stage.run(make)
        service = self.stage.read(lambda read: services.service_by_name(read, "payment-gateway"))
        assert service is not None
        self.stage.run(
            lambda work: runbooks.create(
                work, name="payments-slow", title="Payments are slow or fail", body=RUNBOOK, service_ids=[service.id]
            )
        )

    def incident_id(self, key: str) -> str:
        return self._ids[key]

    def user(self, who: str) -> str:
        return str(self.stage.company.users[who])

    def actor(self, who: str) -> Actor:
        found = self.stage.read(lambda read: authority.user_actor(read, self.user(who)))
        assert found is not None
        return found

    def declare(self, key: str, title: str, severity: Severity, service: str, who: str) -> None:
        self._prepare()  # what happens first may come before the page was made
        found = self.stage.read(lambda read: services.service_by_name(read, service))
        assert found is not None
        new = Declaration(
            title=title, severity=severity, service_ids=(found.id,), team_id=found.team_id, detection=Detection.PERSON
        )
        self._ids[key] = self.stage.run(lambda work: incident_declared.declare(work, new), self.actor(who)).id
        self.stage.settle()

    def do(self, key: str, who: str, verb: verbs.Verb) -> None:
        self.stage.run(lambda work: incident_moves.act(work, self._ids[key], verb), self.actor(who))
        self.stage.settle()

    def _task(self, text: str, who: str, minutes: int) -> verbs.Verb:
        return verbs.AssignTask(text=text, assignee_id=self.user(who), minutes=minutes, kind=TaskKind.HANDS_ON)

    def tell(
        self, key: str, who: str, commander: str, audience: Audience, body: str | None, next_min: int | None,
        parts: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        """An update by ``who``, released by the commander where that is needed; ``body`` ``None``: the template's."""

        def submit(work: Any) -> Any:
            made = update_posted.compose(work, self._ids[key], audience).new
            new = NewUpdate(
                audience=audience, body=body or made.body, impact=made.impact, final=next_min is None,
                next_update_by=made.next_update_by if body is None else _in_minutes(work.now, next_min),
                components={self._parts[name]: state for name, state in (parts or {}).items()},
            )  # fmt: skip
            return update_posted.submit(work, self._ids[key], new)

        update = self.stage.run(submit, self.actor(who))
        if update.state == UpdateState.AWAITING_APPROVAL:
            self.stage.run(lambda work: update_posted.approve(work, update.id, update.sha256), self.actor(commander))
        self.stage.settle()


def _in_minutes(now: Instant, minutes: int | None) -> Instant | None:
    return None if minutes is None else plus(now, minutes * MINUTE_S)


def impact_of(words: str) -> verbs.Verb:
    return verbs.Edit(impact=words, customer_impact=CustomerImpact.YES)
