"""A month in the life of the sample company. Seeded, so that every demo tells the same story up to today's date.

The ordinary days come from a table of troubles; the days that people remember are written out.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from firebell.demo.learning import Learning
from firebell.demo.responses import WELL_DAYS_AGO, Responses
from firebell.demo.stage import Stage, Trouble
from firebell.domain.oncall import commands as oncall
from firebell.domain.oncall.model import OverrideKind
from firebell.domain.paging.model import Outcome, OutcomeKind
from firebell.kernel.clock import Instant, micros, plus

DAY_S, HOUR_S, MINUTE_S = 86400, 3600, 60
QUIET_S = 3 * HOUR_S
STORM_SIZE = 215
PROVIDER_DOWN_DAYS_AGO = (21, 5)

ORDINARY: tuple[tuple[Trouble, int], ...] = (
    (Trouble("checkout", "HighErrorRate", "Checkout: 4 % of orders fail", "high", "5xx above 2 % for 5 min."), 3),
    (Trouble("checkout", "SlowResponses", "Checkout: p99 above 2 s", "warning"), 5),
    (Trouble("payment-gateway", "DeclinesUp", "Payment gateway: declines twice as many as usual", "high"), 3),
    (Trouble("payment-gateway", "CertificateExpires", "Certificate of pay.example.com ends in 14 days", "info"), 1),
    (Trouble("ledger", "ReconciliationLate", "Ledger: reconciliation is 2 h late", "warning"), 3),
    (Trouble("database", "ReplicaLag", "Database: replica is 90 s behind", "warning", "Replica db-2."), 6),
    (Trouble("database", "DiskFull", "Database: disk is 85 % full", "warning", "Volume /data of db-1."), 4),
    (Trouble("database", "ConnectionsExhausted", "Database: 95 % of connections in use", "high"), 2),
    (Trouble("queue", "Backlog", "Queue: 40,000 messages wait", "high", "orders.created is not drained."), 3),
    (Trouble("queue", "ConsumerGone", "Queue: no consumer on mail.outgoing", "warning"), 3),
    (Trouble("cdn", "HitRateDown", "Content delivery: hit rate below 60 %", "info"), 3),
    (Trouble("catalogue", "StaleIndex", "Catalogue: prices are an hour old", "warning"), 4),
    (Trouble("search", "SlowQueries", "Search: p95 above 800 ms", "warning"), 5),
)


# Their team answers on working days only; at other times every alert would be one more gap.
OFFICE_HOURS = frozenset({"catalogue", "search"})


@dataclass(order=True)
class _Scene:
    at_us: int
    order: int
    play: Callable[[], None] = field(compare=False)


class History:
    """Plays ``days`` days that end at ``end``. ``before``: and the incidents of the months before them."""

    def __init__(
        self, stage: Stage, end: Instant, days: int, *, storm_size: int = STORM_SIZE, before: bool = True
    ) -> None:
        self.stage, self.end, self.days, self.storm_size = stage, end, days, storm_size
        self.start = plus(end, -days * DAY_S)
        self._before = before
        self._dice = random.Random(20260105)  # noqa: S311 - a story, not a secret
        self._scenes: list[_Scene] = []
        self._order = itertools.count()

    def at(self, when: Instant, play: Callable[[], None]) -> None:
        """Something happens then (not at all if that is before the beginning or after the end)."""
        if micros(self.start) <= micros(when) <= micros(self.end):
            heapq.heappush(self._scenes, _Scene(micros(when), next(self._order), play))

    def _at_any_time(self, when: Instant, play: Callable[[], None]) -> None:
        """Something happens then, be it before the month."""
        heapq.heappush(self._scenes, _Scene(micros(when), next(self._order), play))

    def play(self) -> None:
        """From the first day to now."""
        self._covers()
        self._ordinary_days()
        self._storm_night()
        self._missed_page()
        self._push_provider_down()
        self._gap_on_saturday()
        self._today()
        responses = Responses(self.stage, self.end, self._at_any_time if self._before else self.at)
        responses.add()
        if self._before or self.days > WELL_DAYS_AGO:
            Learning(self.stage, self.end, self._at_any_time, responses).add(before=self._before)
        while self._scenes:
            scene = heapq.heappop(self._scenes)
            begins = Instant.from_timestamp(scene.at_us, unit="microsecond")
            self._leap(min(begins, self.start))
            self.stage.run_until(begins)
            scene.play()
        self.stage.run_until(self.end)

    def _leap(self, to: Instant) -> None:
        """Past the quiet days of earlier months: nothing happens in them that anybody will look at."""
        if micros(to) - micros(self.stage.clock.now()) > QUIET_S * 1_000_000:
            self.stage.clock.set(to)
            self.stage.settle()

    # ---- what happens on any day

    def _ordinary_days(self) -> None:
        troubles, weights = zip(*ORDINARY, strict=True)
        busy: dict[str, int] = {}
        for day in range(self.days):
            for _ in range(self._dice.choice((1, 2, 3, 3, 4, 5))):
                trouble = self._dice.choices(troubles, weights)[0]
                begins = plus(self.start, day * DAY_S + self._dice.uniform(0, DAY_S))
                if trouble.service in OFFICE_HOURS and not _in_office(begins):
                    continue
                lasts_s = self._dice.uniform(12, 75) * MINUTE_S
                # One thing breaks once at a time, and the last hours belong to what is still open.
                key = trouble.name
                over = micros(begins) + int((lasts_s + HOUR_S) * 1e6)
                if busy.get(key, 0) > micros(begins) or over > micros(plus(self.end, -4 * HOUR_S)):
                    continue
                busy[key] = over
                self._trouble(begins, trouble, answers_s=self._dice.lognormvariate(4.6, 0.8), lasts_s=lasts_s)

    def _trouble(self, begins: Instant, trouble: Trouble, *, answers_s: float, lasts_s: float) -> None:
        made: list[str] = []
        self.at(begins, lambda: self._arrive([trouble], made))
        if lasts_s > 30 * MINUTE_S:
            self.at(plus(begins, lasts_s / 2), lambda: self._arrive([trouble], []))
        if answers_s < lasts_s:
            self.at(plus(begins, answers_s), lambda: self._answer(made))
        self.at(plus(begins, lasts_s), lambda: self._clear([trouble]))

    def _arrive(self, troubles: Sequence[Trouble], made: list[str]) -> None:
        made.extend(self.stage.arrive(troubles))

    def _answer(self, made: Sequence[str]) -> None:
        for alert_id in made:
            self.stage.acknowledge(alert_id, self._dice.choice(("link", "link", "page", "API")))

    # ---- the days that people remember

    def _covers(self) -> None:
        users, schedules = self.stage.company.users, self.stage.company.schedules

        def cover(schedule: str, who: str, by: str, begins: Instant, days: float, why: str) -> Callable[[], None]:
            def play() -> None:
                self.stage.run(
                    lambda work: oncall.add_override(
                        work, schedules[schedule], OverrideKind.REPLACE, users[who], begins, plus(begins, days * DAY_S),
                        by_user_id=users[by], reason=why,
                    )
                )  # fmt: skip

            return play

        past, coming = plus(self.end, -16 * DAY_S), plus(self.end, 5 * DAY_S)
        self.at(
            plus(past, -3 * DAY_S), cover("payments-primary", "payments-b", "payments-lead", past, 2, "Parental leave")
        )
        self.at(plus(self.end, -2 * DAY_S), cover("payments-primary", "payments-a", "payments-c", coming, 1, "Dentist"))

    def _night(self, days_ago: int, hour: int, minute: int) -> Instant:
        midnight = micros(self.end) // (DAY_S * 1_000_000) * DAY_S
        return Instant.from_timestamp(midnight - days_ago * DAY_S + hour * HOUR_S + minute * MINUTE_S)

    def _storm_night(self) -> None:
        """A region of the content delivery falls over: hundreds of alerts within minutes, a handful of pages."""
        begins = self._night(12, 1, 10)
        nodes = [
            Trouble("cdn", f"EdgeDown{n:03}", f"Content delivery: edge node {n:03} does not answer", "high")
            for n in range(self.storm_size)
        ]
        made: list[str] = []
        groups = [nodes[n : n + 25] for n in range(0, len(nodes), 25)]
        for n, group in enumerate(groups):
            self.at(plus(begins, 15 * n), lambda group=group: self._arrive(group, made))  # type: ignore[misc]
        self.at(plus(begins, 7 * MINUTE_S), lambda: self._answer(made[:1]))
        self.at(plus(begins, 8 * MINUTE_S), lambda: self._answer(made[:25]))
        for n, group in enumerate(groups):
            self.at(plus(begins, 10 * MINUTE_S + 20 * n), lambda group=group: self._clear(group))  # type: ignore[misc]

    def _clear(self, troubles: Sequence[Trouble]) -> None:
        self.stage.arrive(troubles, resolved=True)

    def _missed_page(self) -> None:
        """The primary sleeps through it, the secondary's phone is in another room, the lead answers."""
        trouble = Trouble(
            "payment-gateway", "AllDeclined", "Payment gateway: every payment is declined", "critical", "Since 03:12."
        )
        self._trouble(self._night(8, 2, 12), trouble, answers_s=22 * MINUTE_S, lasts_s=95 * MINUTE_S)

    def _push_provider_down(self) -> None:
        """Something breaks while the push provider is down: the page goes by mail within a minute."""
        for days_ago, (trouble, _) in zip(PROVIDER_DOWN_DAYS_AGO, ORDINARY[7:9], strict=True):
            begins = plus(self.end, -days_ago * DAY_S + 5 * MINUTE_S)
            self._trouble(begins, trouble, answers_s=6 * MINUTE_S, lasts_s=55 * MINUTE_S)

    def _gap_on_saturday(self) -> None:
        """Storefront has office hours only: an alert on a Saturday finds nobody, and that is an alert too."""
        day = next(n for n in range(3, 10) if self._night(n, 12, 0).to_tz("UTC").date().day_of_week().value == 6)
        begins = self._night(day, 14, 5)
        trouble = Trouble("search", "NoResults", "Search: every query returns nothing", "critical")
        self._trouble(begins, trouble, answers_s=11 * MINUTE_S, lasts_s=50 * MINUTE_S)
        # What the office finds in the morning, and once more before today's own troubles.
        for days_ago in range(self.days):
            self.at(self._night(days_ago, 8, 30), self._close_gaps)
        self.at(plus(self.end, -3 * HOUR_S), self._close_gaps)

    def _close_gaps(self) -> None:
        for alert_id in self.stage.open_gaps():
            self.stage.acknowledge(alert_id, "page")
            self.stage.resolve(alert_id, "shop-lead")

    def _today(self) -> None:
        """What is going on right now."""
        made: list[str] = []
        slow = Trouble("database", "ReplicaLag", "Database: replica is 240 s behind", "high", "Replica db-2.")
        self.at(plus(self.end, -38 * MINUTE_S), lambda: self._arrive([slow], made))
        self.at(plus(self.end, -35 * MINUTE_S), lambda: self._answer(made))
        disk = Trouble("queue", "DiskFull", "Queue: disk is 81 % full", "warning", "Volume /var/lib/queue of mq-1.")
        self.at(plus(self.end, -70 * MINUTE_S), lambda: self._arrive([disk], []))
        failing = Trouble(
            "checkout", "HighErrorRate", "Checkout: 11 % of orders fail", "critical", "5xx above 10 % for 3 min."
        )
        self.at(plus(self.end, -2 * MINUTE_S), lambda: self._arrive([failing], []))


def _in_office(at: Instant) -> bool:
    there = at.to_tz("UTC")
    return there.date().day_of_week().value <= 5 and 9 <= there.hour < 14


def provider_down(clock_now: Callable[[], Instant], end: Instant) -> Callable[[str], Outcome | None]:
    """The push provider has two bad spells in the month: messages fail over to mail."""
    spells = [(plus(end, -days * DAY_S), 40 * MINUTE_S) for days in PROVIDER_DOWN_DAYS_AGO]

    def failing(channel: str) -> Outcome | None:
        now = micros(clock_now())
        down = any(micros(begins) <= now < micros(begins) + lasts_s * 1_000_000 for begins, lasts_s in spells)
        return Outcome(OutcomeKind.RETRY, "503 the provider is down") if channel == "ntfy" and down else None

    return failing
