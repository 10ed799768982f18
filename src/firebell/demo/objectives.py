"""What the sample company promises its customers, with a month of counts behind it, and how the counts go on.

One incident spent 23 % of a budget, a bad night spent half of another and has no incident, and one is overspent.
"""

from __future__ import annotations

import contextlib
import math
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from firebell.app import House
from firebell.demo.company import Company
from firebell.domain.services import queries as services
from firebell.domain.slo import counting, policies, queries
from firebell.domain.slo.gate import Change
from firebell.domain.slo.model import EVENT, Bucket, Source
from firebell.domain.slo.policy import Exemption, Threshold, read_threshold
from firebell.domain.slo.records import PolicyRecord, SloRecord
from firebell.kernel.clock import Instant, micros, plus
from firebell.kernel.errors import Unavailable
from firebell.kernel.work import Read, Work
from firebell.workflows import gate_asked, slo_written

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
FEED_S = 60
CATCH_UP_S = 2 * DAY_S


@dataclass(frozen=True, slots=True)
class Spell:
    """From ``start`` for ``minutes``: this share of the requests fails; or so many that ``spends`` of the budget go."""

    start: Instant
    minutes: float
    failing: float = 0.0
    spends: float = 0.0


@dataclass(frozen=True, slots=True)
class Promise:
    """``usual``: the burn rate of an ordinary day. ``busy``: requests a minute at noon. ``step_s``: of its buckets."""

    name: str
    title: str
    service: str
    target: str
    usual: float
    busy: int
    about: str
    spells: Sequence[Spell] = ()
    extra: Mapping[str, Any] | None = None
    step_s: int = 5 * MINUTE_S

    @property
    def allowed(self) -> float:
        return 1 - float(self.target) / 100

    def document(self) -> dict[str, Any]:
        metric = {"metricSource": {"type": "push", "spec": {}}}
        spec: dict[str, Any] = {
            "service": self.service, "description": self.about,
            "indicator": {"spec": {"ratioMetric": {"counter": True, "good": metric, "total": metric}}},
            "timeWindow": [{"duration": "28d", "isRolling": True}], "budgetingMethod": "Occurrences",
            "objectives": [{"targetPercent": self.target}],
        }  # fmt: skip
        spec |= self.extra or {}
        # Nobody pushes while a demo is not being served, and it should not page about that.
        notes = {"firebell/absent": "off", "firebell/resolution": f"{self.step_s // MINUTE_S}m"}
        return {
            "apiVersion": "openslo/v1", "kind": "SLO",
            "metadata": {"name": self.name, "displayName": self.title, "annotations": notes}, "spec": spec,
        }  # fmt: skip


def promises(end: Instant) -> list[Promise]:
    """What the shop promises, and what has gone wrong lately."""

    def ago(days: float, minutes: float = 0) -> Instant:
        return plus(end, -days * DAY_S + minutes * MINUTE_S)

    def night(days: int, hour: int, minute: int) -> Instant:
        midnight = micros(end) // (DAY_S * 1_000_000) * DAY_S
        return Instant.from_timestamp(midnight - days * DAY_S + hour * HOUR_S + minute * MINUTE_S)

    return [
        Promise(
            "payments-fast", "Payments take less than a minute", "payment-gateway", "99.9", 0.4, 9_000,
            "Who waits longer tries again, and may pay twice.", [Spell(ago(9, -6), 24, spends=0.23)],
        ),
        Promise(
            "payments-accepted", "Payments are accepted", "payment-gateway", "99.9", 0.35, 8_500,
            "A declined card is an order that is lost.", [Spell(night(8, 2, 12), 95, spends=0.46)],
        ),
        Promise(
            "checkout", "Checkout succeeds", "checkout", "99.95", 0.6, 11_000,
            "An order that fails here is one that was nearly ours.",
            [Spell(ago(17), 190, spends=0.78), Spell(ago(0, -3), 3, failing=0.11)],
            step_s=MINUTE_S,
        ),
        Promise(
            "search-fast", "Search answers within 200 ms", "search", "99", 0.2, 24_000,
            "Customers leave a slow search.",
            [Spell(night(_saturday(end), 14, 5), 50, failing=1)],
            {
                "budgetingMethod": "Timeslices",
                "timeWindow": [{
                    "duration": "1M", "isRolling": False,
                    "calendar": {"startTime": "2026-01-01 00:00:00", "timeZone": "Europe/Berlin"},
                }],
                "objectives": [{"targetPercent": "99", "timeSliceTarget": 0.95, "timeSliceWindow": "5m"}],
            },
        ),
    ]  # fmt: skip


def _saturday(end: Instant) -> int:
    midnight = micros(end) // (DAY_S * 1_000_000) * DAY_S
    return next(
        n for n in range(3, 10)
        if Instant.from_timestamp(midnight - n * DAY_S).to_tz("UTC").date().day_of_week().value == 6
    )  # fmt: skip


def traffic(one: Promise, second: int) -> int:
    """Requests of a bucket: many at noon, few at night, never twice the same."""
    hour = second % DAY_S / HOUR_S
    day = (1 - math.cos((hour - 3) / 24 * 2 * math.pi)) / 2
    return int(one.busy * one.step_s / MINUTE_S * (0.08 + 0.92 * day) * (0.94 + 0.12 * _noise(one.name, second)))


def _noise(name: str, second: int) -> float:
    """In [0, 1), the same each time."""
    return (zlib.crc32(f"{name} {second}".encode()) & 0xFFFF) / 0x10000


def counts(one: Promise, start: int, end: int) -> Iterator[Bucket]:
    """The buckets of ``[start, end)``, which are whole ones."""
    totals = {at: traffic(one, at) for at in range(start, end, one.step_s)}
    failing = _failing(one, totals)
    for at, total in totals.items():
        whole = total * failing.get(at, one.usual * one.allowed)
        # Fractions of an error come as one error now and then.
        bad = min(total, int(whole) + (_noise(one.title, at) < whole % 1))
        yield Bucket(at, (total - bad) * EVENT, total * EVENT)


def _failing(one: Promise, totals: Mapping[int, int]) -> dict[int, float]:
    """Bucket → share that fails, where it is not as usual."""
    found: dict[int, float] = {}
    period = sum(traffic(one, at) for at in range(0, DAY_S, one.step_s)) * 28
    for spell in one.spells:
        first = micros(spell.start) // 1_000_000 // one.step_s * one.step_s
        last = int(first + spell.minutes * MINUTE_S)
        inside = range(first, last, one.step_s)
        requests = sum(totals.get(at, 0) for at in inside)
        share = spell.failing or min(1.0, spell.spends * one.allowed * period / max(1, requests))
        found |= dict.fromkeys(inside, share)
    return found


FRESH: Mapping[str, Any] = {
    "apiVersion": "openslo/v1", "kind": "SLO",
    "metadata": {
        "name": "prices-fresh", "displayName": "Prices are fresh", "annotations": {"firebell/source": "incidents"},
    },
    "spec": {
        "service": "catalogue", "description": "Nobody measures it; the incidents say how long prices were old.",
        "timeWindow": [{"duration": "28d", "isRolling": True}], "budgetingMethod": "Occurrences",
        "objectives": [{"targetPercent": "95"}],
    },
}  # fmt: skip
THRESHOLDS: Sequence[tuple[str, Sequence[str], Sequence[str]]] = (
    ("remaining < 25%", ("notify-team", "gate-warn"), ()),
    ("remaining <= 0", ("notify-owners", "gate-block"), ("p0_fix", "security", "reliability")),
    ("incident > 20%", ("require-postmortem", "require-p0-action"), ()),
    ("class > 20% per quarter", ("p0-on-next-quarter-plan", "mark-systemic"), ()),
)


class Objectives:
    """Makes them at the end of the history, as if they had been there all along."""

    def __init__(self, house: House, company: Company, end: Instant, days: int) -> None:
        self._house, self._company, self._end, self._days = house, company, end, days

    def add(self) -> None:
        end = micros(self._end) // 1_000_000
        found = promises(self._end)
        made = self._run(lambda work: [slo_written.create(work, one.document()).record for one in found])
        for one, record in zip(found, made, strict=True):
            until = end - end % one.step_s
            buckets = list(counts(one, until - self._days * DAY_S, until))
            self._store(record, buckets)
        self._run(lambda work: slo_written.create(work, FRESH))
        self._run(lambda work: self._agree(work, made))
        self._house.budgets.burns.act()
        self._house.budgets.shares.follow()
        self._run(self._asked)

    def _store(self, record: SloRecord, buckets: Sequence[Bucket]) -> None:
        self._run(lambda work: counting.store_counts(work, [(record, 0, buckets)]))

    def _run(self, job: Callable[[Work], Any]) -> Any:
        return self._house.runner.run(job)

    def _agree(self, work: Work, made: Sequence[SloRecord]) -> None:
        """One policy that everybody has signed, one that waits."""
        users = self._company.users
        thresholds: list[Threshold] = [read_threshold(when, do, spared) for when, do, spared in THRESHOLDS]

        def write(name: str, team: str, slos: Sequence[SloRecord], signers: Sequence[str]) -> PolicyRecord:
            roles = zip(policies.ROLES, signers, strict=True)
            return policies.create(
                work, name=name, team_id=self._company.teams[team], slo_ids=[one.id for one in slos],
                thresholds=thresholds, approvals=[(role, str(users[who])) for role, who in roles],
                goals=("protect customers", "balance reliability and features"),
                decider_id=str(users["payments-lead"]), exemptions=tuple(Exemption),
            )  # fmt: skip

        by_name = {one.name: one for one in made}
        payments = write(
            "payments", "payments", [by_name[n] for n in ("payments-fast", "payments-accepted", "checkout")],
            ("payments-lead", "payments-a", "payments-b"),
        )  # fmt: skip
        for approval in payments.policy.approvals:
            policies.approve(work, payments.id, approval.as_, person_id=approval.user_id)
        shop = write("storefront", "storefront", [by_name["search-fast"]], ("shop-lead", "shop-a", "shop-b"))
        policies.approve(work, shop.id, "product", person_id=str(users["shop-lead"]))

    def _asked(self, work: Work) -> None:
        for name, change, sha in (
            ("checkout", Change.DEPLOY, "4f1c2a9d0e77"), ("payment-gateway", Change.DEPLOY, "b81d03c5aa12"),
            ("checkout", Change.SECURITY, "0c9e77fe1d20"),
        ):  # fmt: skip
            service = services.service_by_name(work, name)
            assert service is not None
            gate_asked.ask(work, service, change=change, sha=sha)


class Feeder:
    """The counts go on while the demo is served: a minute at a time, and what was missed while it was not."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo counts", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while True:
            # The next minute brings along what this one could not.
            with contextlib.suppress(Unavailable):
                feed(self._house)
            if self._over.wait(FEED_S):
                return


def feed(house: House) -> None:
    """Store what has passed since the newest bucket, without anything bad out of the ordinary."""
    now = micros(house.clock.now()) // 1_000_000
    known = {one.name: one for one in promises(house.clock.now())}

    def look(read: Read) -> list[tuple[SloRecord, int]]:
        ours = [one for one in queries.every(read) if one.name in known and one.source is Source.PUSHED]
        standing = queries.series_of(read, [one.id for one in ours])
        return [
            (one, max(standing[one.id, 0].newest_end or now, now - now % HOUR_S - CATCH_UP_S))
            for one in ours if (one.id, 0) in standing
        ]  # fmt: skip

    items = []
    for record, since in house.runner.read(look):
        usual = replace(known[record.name], spells=())
        items.append((record, 0, list(counts(usual, since, now - now % usual.step_s))))
    house.runner.run(lambda work: counting.store_counts(work, [one for one in items if one[2]]))
