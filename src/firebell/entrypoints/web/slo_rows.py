"""Objectives as lists show them: their state in words, what is left as a bar, how fast it burns, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from firebell.domain.services.model import Service
from firebell.domain.slo import queries
from firebell.domain.slo.budget import Knowing
from firebell.domain.slo.burn import Judged, Standing, StreamState, Verdict
from firebell.domain.slo.coverage import Presence
from firebell.domain.slo.model import BudgetState, Evaluator, Source, Stream
from firebell.domain.slo.records import ObjectiveState, SloClock, SloRecord
from firebell.entrypoints.web import moments, slo_words
from firebell.entrypoints.web.slo_charts import Bar, budget_bar
from firebell.kernel.clock import Instant
from firebell.kernel.work import Read
from firebell.workflows import gate_asked
from firebell.workflows.budget_composites import WHOLE

HORIZONS_S = (3600, 6 * 3600, 3 * 86_400)
HOURS, DAY, WEEKS = HORIZONS_S
TOO_LITTLE = "Too little of the last windows is known: alerts are frozen until data is back."


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know about the numbers. ``loud``: they cannot be trusted as they stand."""

    text: str
    loud: bool = False
    icon: str = "info"


@dataclass(frozen=True, slots=True)
class Rate:
    """``fires``: the rows of this window are true."""

    window: str
    words: str
    fires: bool


@dataclass(frozen=True, slots=True)
class SloRow:
    """One objective in a list. ``key``: its state's name, for filters."""

    href: str
    name: str
    promise: str
    source: str
    key: str
    state: tuple[str, str, str]
    left: str
    over: bool
    bar: Bar | None
    rates: Sequence[Rate]
    alerts: Sequence[str]
    coverage: str
    notes: Sequence[Note]
    service_id: str | None
    remaining: Fraction | None


def rows(
    records: Iterable[SloRecord],
    states: Mapping[tuple[str, int], ObjectiveState],
    clocks: Mapping[str, SloClock],
    now: Instant,
    zone: str,
) -> list[SloRow]:
    """One row for each objective, in the order of the records; for a composite with numbers of its own one more."""
    return [
        row(record, index, states.get((record.id, index)), clocks.get(record.id), now, zone)
        for record in records
        for index in numbers(record, states)
    ]


def numbers(record: SloRecord, states: Mapping[tuple[str, int], ObjectiveState]) -> list[int]:
    """Its objectives, after the composite as a whole where that is evaluated."""
    return [*([WHOLE] if (record.id, WHOLE) in states else []), *range(len(record.slo.objectives))]


def row(
    record: SloRecord, index: int, state: ObjectiveState | None, clock: SloClock | None, now: Instant, zone: str
) -> SloRow:
    objective = record.slo.objectives[index]
    left = None if state is None else state.remaining
    key = state_key(state)
    many = len(record.slo.objectives) > 1
    part = f" · {objective.name or index + 1}" if index >= 0 else " · as a whole"
    name = title(record) + (part if many else "")
    words = slo_words.share(left)
    return SloRow(
        href=f"/slos/{ref(record)}" + (f"?objective={index}" if index > 0 else ""),
        name=name,
        promise=slo_words.promise(objective, record.slo.window) if index >= 0 else f"{record.slo.composite}",
        source=slo_words.SOURCES.get(record.source or "", "Members"),
        key=key, state=slo_words.STATES[key], left=words, over=left is not None and left < 0,
        bar=budget_bar(left, f"{words} of the budget is left"),
        rates=rates(state), alerts=alerts(state), coverage=coverage(state),
        notes=notes(record, state, clock, now, zone), service_id=record.service_id, remaining=left,
    )  # fmt: skip


RESERVED = frozenset({"new", "import", "sources", "policies", "adjustments"})


def ref(record: SloRecord) -> str:
    """Its name, or its id where the name is an address of ours."""
    return record.id if record.name in RESERVED else record.name


def title(record: SloRecord) -> str:
    return record.slo.display_name or record.name


def state_key(state: ObjectiveState | None) -> str:
    """Its state, or ``unknown`` when nothing is known of it."""
    return "unknown" if state is None or state.remaining is None else str(state.state)


def coverage(state: ObjectiveState | None) -> str:
    """``coverage 93.2 %``, and nothing when all is known or nothing."""
    if state is None or state.remaining is None or state.coverage == 1:
        return ""
    return f"coverage {slo_words.share(state.coverage)}"


def rates(state: ObjectiveState | None) -> list[Rate]:
    """Burn rates now, by horizon: an hour, six, three days."""
    if state is None:
        return []
    firing = {one.row.long_s for one in state.rows if one.verdict is Verdict.TRUE}
    return [
        Rate(slo_words.window_of(window), slo_words.rate(state.rates[window]), window in firing)
        for window in sorted(state.rates)
        if window in HORIZONS_S or window in firing
    ][:4]


def alerts(state: ObjectiveState | None) -> list[str]:
    """The streams that stand open."""
    if state is None:
        return []
    said = []
    for stream, words in ((Stream.PAGE, "Page alert"), (Stream.TICKET, "Ticket alert")):
        standing = state.streams.get(stream, StreamState())
        if standing.standing is Standing.OPEN:
            said.append(f"{words} open" + (", frozen: no data" if standing.frozen else ""))
    return said


def frozen(rows: Iterable[Judged]) -> bool:
    return any(one.verdict is Verdict.FROZEN for one in rows)


def notes(
    record: SloRecord, state: ObjectiveState | None, clock: SloClock | None, now: Instant, zone: str
) -> list[Note]:
    """The worst first: what is wrong with the source, then with the data, then what the numbers are."""
    said: list[Note] = []
    if clock is not None and clock.error:
        again = f", {clock.failures} times in a row" if clock.failures > 1 else ""
        said.append(Note(f"The source does not answer as it should{again}: {clock.error}", True, "attention"))
    said += _missing(state, clock, now, zone)
    if record.slo.evaluator is Evaluator.PROMETHEUS:
        said.append(Note("Its alerts are opened by Prometheus, not by Firebell."))
    if record.source is Source.INCIDENTS:
        said.append(Note("Declared, not measured: the numbers are as good as the impact that incidents say."))
    elif any(part.indicator.by_time for part in record.parts):
        said.append(Note("Time-weighted, not by traffic."))
    return said


def _missing(state: ObjectiveState | None, clock: SloClock | None, now: Instant, zone: str) -> list[Note]:
    presence = Presence.WAITING if clock is None else clock.presence
    if state is not None and state.knowing is Knowing.NOT_BEGUN:
        return [Note("Its first window has not begun yet.")]
    if presence is Presence.WAITING:
        return [Note("Waiting for its first data.", icon="clock")]
    if presence in (Presence.ABSENT, Presence.LATE) and clock is not None and clock.quiet_since is not None:
        since = moments.clock(clock.quiet_since, zone, now)
        return [Note(f"No data since {since}: alerts are frozen, none opens and none is resolved.", True, "attention")]
    if state is not None and frozen(state.rows):
        return [Note(TOO_LITTLE, True, "attention")]
    return []


def worst_first(found: Sequence[SloRow]) -> list[SloRow]:
    """Exhausted, caution, unknown, ok; within each the least left first."""
    order = {"exhausted": 0, "caution": 1, "unknown": 2, "ok": 3}
    return sorted(found, key=lambda one: (order[one.key], one.remaining if one.remaining is not None else 0, one.name))


def of_service(read: Read, service_id: str, zone: str) -> list[SloRow]:
    """The objectives of one service, the worst first."""
    records = queries.by_service(read, service_id)
    ids = [one.id for one in records]
    return worst_first(rows(records, queries.states(read, ids), queries.clocks(read, ids), read.now, zone))


def gate(read: Read, service: Service) -> tuple[tuple[str, str, str], str]:
    """What the gate would say to a deployment now: (look, icon, words) and why."""
    answer = gate_asked.look(read, service).answer
    why = slo_words.minus(answer.reasons[0].words) if answer.reasons else ""
    return slo_words.DECISIONS[answer.decision], why


def exhausted(read: Read, zone: str) -> list[SloRow]:
    """All whose budget is spent, the least left first."""
    records = queries.slos(read, state=BudgetState.EXHAUSTED)
    ids = [one.id for one in records]
    found = rows(records, queries.states(read, ids), {}, read.now, zone)
    return [one for one in worst_first(found) if one.key == BudgetState.EXHAUSTED]
