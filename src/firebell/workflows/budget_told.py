"""What evaluations found, and how the intake hears of it: signals of one unit are told together at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from firebell.domain.alerts import queries as alert_queries
from firebell.domain.alerts import store as alert_rows
from firebell.domain.alerts.model import Alert, Arrival
from firebell.domain.services import queries as services
from firebell.domain.services.model import Service
from firebell.domain.slo import burn
from firebell.domain.slo.burn import Happens, Judged, Standing, StreamState, Verdict
from firebell.domain.slo.coverage import Absence, Anomaly
from firebell.domain.slo.evaluation import Evaluated
from firebell.domain.slo.model import Evaluator, Stream
from firebell.domain.slo.records import ObjectiveState, SloRecord
from firebell.kernel.clock import Instant, micros
from firebell.kernel.work import Work
from firebell.workflows import alert_arrives, alert_over, budget_signals
from firebell.workflows.budget_signals import About

AGAIN_S = 900
"""An alert of a stream that still fires is told so again: its numbers are new, and if somebody has resolved it while
the budget burns on, it opens again."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One objective as it was found. ``allowed``: β it is judged by. ``number`` -1: a composite as a whole."""

    number: int
    evaluated: Evaluated
    allowed: Fraction
    rates: Mapping[int, Fraction]
    alerts: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """One SLO as it was found. ``newest_end``: of its newest data; of several series the one that lags most.

    ``looked`` is empty when nothing has come since it was judged last, which ``seen`` tells. ``anomalies`` ``None``:
    not looked for now.
    """

    record: SloRecord
    settled: int
    newest_end: int | None
    absence: Absence
    looked: tuple[Looked, ...]
    seen: tuple[object, ...] = ()
    anomalies: frozenset[Anomaly] | None = None


class Teller:
    """Collects what the intake is told at the end of a unit."""

    def __init__(self, work: Work, base_url: str, worst: Mapping[str, str]) -> None:
        self._work = work
        self._worst = worst
        self._base_url = base_url
        self._arrivals: list[Arrival] = []
        self._quietly: list[str] = []
        self._notes: list[tuple[About, Stream, str]] = []
        self._services: dict[str, Service] | None = None

    def say(self, arrival: Arrival) -> None:
        self._arrivals.append(arrival)

    def about(self, found: Found, looked: Looked | None = None, remaining: Fraction | None = None) -> About:
        if self._services is None:
            self._services = {str(one.id): one for one in services.services(self._work)}
        service = self._services.get(found.record.service_id or "")
        return About(
            found.record, 0 if looked is None else looked.number, Fraction(1) if looked is None else looked.allowed,
            0 if looked is None else looked.evaluated.period_s, remaining,
            self._work.now if looked is None else looked.evaluated.at,
            policy_id=None if service is None else service.policy_id,
            service=found.record.slo.service if service is None else service.display_name or service.name,
            base_url=self._base_url, worst=self._worst.get(found.record.id, ""),
        )  # fmt: skip

    def heard(
        self, found: Found, looked: Looked, before: ObjectiveState, after: Mapping[Stream, StreamState],
        changes: Sequence[burn.Change], remaining: Fraction | None,
    ) -> None:  # fmt: skip
        """What the streams of one objective did, and whether one that still fires is due to say so again."""
        slo = found.record.slo
        if slo.evaluator is not Evaluator.INTERNAL:
            return
        about: About | None = None
        told = set()
        for change in changes:
            about = about or self.about(found, looked, remaining)
            told.add(change.stream)
            match change.happens:
                case Happens.OPENS if slo.notify_on_open:
                    self.say(budget_signals.burning(about, change.stream, change.rows))
                case Happens.CLEARS if change.notify and slo.notify_on_resolve:
                    self.say(budget_signals.cleared(about, change.stream))
                case Happens.CLEARS if change.notify:
                    self._quietly.append(budget_signals.key_of(about, change.stream))
                case Happens.JOINS:
                    self._notes.append((about, Stream.PAGE, budget_signals.JOINED))
                case Happens.FREEZES if after[change.stream].standing is Standing.OPEN:
                    self._notes.append((about, change.stream, budget_signals.frozen_note(found.newest_end)))
                case Happens.THAWS if after[change.stream].standing is Standing.OPEN:
                    self._notes.append((about, change.stream, budget_signals.THAWED))
        if not slo.notify_on_open or not _again(before.at, looked.evaluated.at):
            return
        for stream, standing in after.items():
            rows = tuple(one for one in looked.evaluated.rows if one.row.stream is stream)
            if stream not in told and standing.standing is Standing.OPEN and _true(rows):
                about = about or self.about(found, looked, remaining)
                self.say(budget_signals.burning(about, stream, rows))

    def tell(self) -> None:
        """Everything at once, through the same door as any sender's signals."""
        for about, stream, note in self._notes:
            alert = self._open(budget_signals.key_of(about, stream))
            if alert is not None:
                self.say(budget_signals.noted(about, stream, alert.details, note))
        if self._arrivals:
            alert_arrives.arrive(self._work, self._arrivals)
        for key in self._quietly:
            alert = self._open(key)
            if alert is not None:
                alert_over.end_quietly(self._work, alert.id, "the budget no longer burns")

    def _open(self, key: str) -> Alert | None:
        stored = f"{budget_signals.SOURCE}|{key}"
        known = alert_rows.keys(self._work, [stored]).get(stored)
        if known is None or known.open_alert_id is None:
            return None
        return alert_queries.by_ids(self._work, [known.open_alert_id]).get(known.open_alert_id)


def _true(rows: Sequence[Judged]) -> bool:
    return any(one.verdict is Verdict.TRUE for one in rows)


def _again(before: Instant | None, at: Instant) -> bool:
    """Whether a quarter of an hour has begun since the last evaluation."""
    step = AGAIN_S * 1_000_000
    return before is not None and micros(before) // step != micros(at) // step
