"""Objectives for people, the API and the evaluation: documents, counts, states, shares, adjustments, sources."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import func, select

from firebell.domain.slo import (
    adjustment_store,
    attribution_store,
    counts_store,
    day_sums,
    policy_store,
    repeating,
    rule_store,
    source_store,
    state_store,
    store,
)
from firebell.domain.slo.burn_rows import BUILT_IN, Usable, usable
from firebell.domain.slo.counts_store import day_of
from firebell.domain.slo.model import DAY_S, Bucket, BudgetState, RuleSet, Source, Span
from firebell.domain.slo.records import (
    AdjustmentRecord,
    AttributionRecord,
    ClaimWord,
    Day,
    ObjectiveState,
    RuleSetRecord,
    SeriesInfo,
    SloClock,
    SloRecord,
    SourceRecord,
)
from firebell.domain.slo.sources import COLUMN, TABLE
from firebell.domain.slo.tally import Slot, Tally
from firebell.domain.slo.windows import nominal_s
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.errors import NotFound
from firebell.kernel.secrets import Keyring
from firebell.kernel.work import Read

_VIEW = Permission.SLOS_VIEW
# Rows are never taken out and every change counts a version up, so the sum of versions never comes back.
_VERSIONED = (
    store.slos, source_store.sources, rule_store.rules, policy_store.policies, adjustment_store.adjustments,
    attribution_store.claims,
)  # fmt: skip
_REVISION = (
    *(select(func.sum(table.c.version)) for table in _VERSIONED),
    select(func.count()).select_from(policy_store.approvals),
)


def slo(read: Read, id_or_name: str) -> SloRecord:
    """Raises NotFound, Forbidden."""
    found = store.get(read, id_or_name) or store.named(read, id_or_name)
    read.needs(_VIEW, found.team_id if found else None)
    if found is None:
        raise NotFound("There is no such SLO.", field="slo_id")
    return found


def slos(
    read: Read,
    *,
    service_id: str | None = None,
    team_id: str | None = None,
    state: BudgetState | None = None,
    source: Source | None = None,
    words: str = "",
) -> list[SloRecord]:
    """Those this actor may see, by name. ``state``: any of its objectives is in it; ``words``: in its names."""
    where = []
    if service_id is not None:
        where.append(store.slos.c.service_id == service_id)
    if team_id is not None:
        where.append(store.slos.c.team_id == team_id)
    found = [one for one in store.listed(read, *where) if read.actor.may(_VIEW, one.team_id)]
    if not found:
        read.needs(_VIEW, next(iter(read.actor.teams), None))
    if source is not None:
        found = [one for one in found if any(part.indicator.source is source for part in one.parts)]
    if words.strip():
        sought = words.strip().casefold()
        found = [
            one for one in found
            if sought in f"{one.name}\n{one.slo.display_name}\n{one.slo.service}".casefold()
        ]  # fmt: skip
    if state is not None:
        standing = {
            slo_id for (slo_id, _), one in state_store.states_of(read, [r.id for r in found]).items()
            if one.state is state
        }  # fmt: skip
        found = [one for one in found if one.id in standing]
    return found


def by_service(read: Read, service_id: str) -> list[SloRecord]:
    """The objectives of one service, by name."""
    return slos(read, service_id=service_id)


def every(read: Read) -> list[SloRecord]:
    """All there are, by name. Asks no permission: it is for the house itself."""
    return store.listed(read)


def those(read: Read, slo_ids: Iterable[str]) -> list[SloRecord]:
    """Some, by name. Asks no permission: it is for the house itself."""
    return store.those(read, slo_ids)


def clock(read: Read, slo_id: str) -> SloClock:
    return store.clocks_of(read, [slo_id]).get(slo_id, SloClock(slo_id))


def clocks(read: Read, slo_ids: Iterable[str]) -> dict[str, SloClock]:
    return store.clocks_of(read, slo_ids)


def due(read: Read, now: Instant, limit: int = 1000) -> list[str]:
    """Ids of those whose evaluation is due, the longest due first."""
    return store.due(read, now, limit)


def revision(read: Read) -> str:
    """Another one after every change of a document, source, rule set, policy, adjustment, or word about a share."""
    return "-".join(str(read.scalar(query) or 0) for query in _REVISION)


def series(read: Read, slo_id: str) -> dict[int, SeriesInfo]:
    """The counts of each part."""
    return {part: one for (_, part), one in counts_store.series_of(read, [slo_id]).items()}


def series_of(read: Read, slo_ids: Iterable[str]) -> dict[tuple[str, int], SeriesInfo]:
    return counts_store.series_of(read, slo_ids)


def state(read: Read, slo_id: str, objective: int = 0) -> ObjectiveState | None:
    """``None``: never evaluated."""
    return state_store.states_of(read, [slo_id]).get((slo_id, objective))


def states(read: Read, slo_ids: Iterable[str]) -> dict[tuple[str, int], ObjectiveState]:
    return state_store.states_of(read, slo_ids)


# ------------------------------------------------------------------ counts


def buckets(read: Read, record: SloRecord, part: int, start: int, end: int) -> list[Bucket]:
    """Those of one part that start in ``[start, end)``, ascending."""
    info = _info(read, record, part)
    return [] if info is None else counts_store.buckets(read, info, start, end)


def slots(read: Read, record: SloRecord, objective: int, start: int, end: int) -> list[Slot]:
    """Those of one objective that start in ``[start, end)``, ascending. One that still runs comes as far as it is
    filled."""
    info = _info(read, record, record.part_of(objective))
    return [] if info is None else day_sums.read_slots(read, record, info, objective, start, end)


def tally(read: Read, record: SloRecord, objective: int, start: int, end: int) -> Tally:
    """Their sum; whole days are not read minute by minute."""
    info = _info(read, record, record.part_of(objective))
    return Tally() if info is None else day_sums.read_tally(read, record, info, objective, start, end)


def days(read: Read, record: SloRecord, objective: int, start: int, end: int) -> list[Day]:
    """The sums of the UTC days that touch ``[start, end)`` and have data, ascending; the last may still run."""
    info = _info(read, record, record.part_of(objective))
    if info is None:
        return []
    found = counts_store.day_sums(read, [info.id], day_of(start), end, objective)
    return [Day(key.day, one) for key, one in found.items()]


def first_start(read: Read, record: SloRecord, objective: int) -> int | None:
    """When its first data begin."""
    info = _info(read, record, record.part_of(objective))
    return None if info is None else info.first_start


def _info(read: Read, record: SloRecord, part: int) -> SeriesInfo | None:
    key = ("slo series", record.id)
    if key not in read.memo:
        read.memo[key] = series(read, record.id)
    found: dict[int, SeriesInfo] = read.memo[key]
    return found.get(part)


@dataclass(frozen=True, slots=True)
class Point:
    """What was left at ``at`` (seconds since 1970); ``None`` before there were data. ``coverage`` of what went by."""

    at: int
    remaining: Fraction | None
    coverage: Fraction


def burn_down(
    read: Read, record: SloRecord, objective: int, *, since: int, until: int, period_s: int, step_s: int = DAY_S
) -> list[Point]:
    """How the measured budget of a window was spent, from whole at ``since``: one point at the end of every step and
    at ``until`` (both seconds since 1970). Each is ``1 − bad/(β·N)``, with N scaled from the elapsed part to P."""
    length = day_sums.slot_length(record, objective)
    first = first_start(read, record, objective)
    allowed = record.slo.objectives[objective].allowed
    found = [Point(since, Fraction(1), Fraction(0))]
    sums = Tally()
    at = since
    while at < until:
        following = min(until, at - at % step_s + step_s)
        sums += tally(read, record, objective, at, following)
        at = following
        begun = since if first is None else max(since, first)
        elapsed = max(0, at - begun)
        error = sums.error
        if error is None or elapsed == 0:
            found.append(Point(at, None, Fraction(0)))
            continue
        coverage = min(Fraction(1), Fraction(sums.covered * length, elapsed))
        found.append(Point(at, 1 - error / allowed * elapsed / period_s, coverage))
    return found


def daily_rates(read: Read, record: SloRecord, objective: int, until: int, *, days_max: int = 7) -> list[Fraction]:
    """Burn rates of the whole UTC days before ``until`` that have data, the newest last."""
    last = day_of(until)
    allowed = record.slo.objectives[objective].allowed
    found = days(read, record, objective, last - days_max * DAY_S, last)
    return [one.tally.error / allowed for one in found if one.tally.error is not None]


# ------------------------------------------------------------------ rules, shares, sources, adjustments


def rule_records(read: Read) -> list[RuleSetRecord]:
    """Those that are not built in, by name."""
    read.needs(_VIEW)
    return rule_store.listed(read)


def rule_sets(read: Read) -> dict[str, RuleSet]:
    """All of them, the built-in ones too, by name. Asks no permission: it is for the house itself."""
    if "slo rule sets" not in read.memo:
        read.memo["slo rule sets"] = {**BUILT_IN, **{one.name: one.rules for one in rule_store.listed(read)}}
    found: dict[str, RuleSet] = read.memo["slo rule sets"]
    return found


def rows(read: Read, record: SloRecord, objective: int = 0) -> Usable:
    """The burn-rate rows that can fire for this objective, and why others were dropped. A set that has been deleted
    since counts as the default one, which is said."""
    one = record.slo.objectives[objective]
    period_s = nominal_s(record.slo.window)
    if record.slo.rows:
        return usable(record.slo.rows, one.allowed, period_s, written=False)
    known = rule_sets(read)
    named = known.get(record.slo.rules)
    found = usable((named or BUILT_IN["default"]).rows, one.allowed, period_s, written=False)
    if named is None:
        gone = f"There is no rule set “{record.slo.rules}” any more; the default one is used."
        return Usable(found.rows, (gone, *found.warnings))
    return found


def attributions(read: Read, slo_id: str, objective: int = 0) -> list[AttributionRecord]:
    """The standing share of every incident. The caller leaves out incidents that may not be seen."""
    return attribution_store.newest(read, slo_id, objective)


def attributions_of(read: Read, incident_ids: Iterable[str]) -> list[AttributionRecord]:
    """The standing shares of these incidents in every objective."""
    return attribution_store.of_incidents(read, incident_ids)


def attribution_versions(read: Read, slo_id: str, objective: int, incident_id: str) -> list[AttributionRecord]:
    """The newest first."""
    return attribution_store.versions(read, slo_id, objective, incident_id)


def claim_words(read: Read, slo_id: str) -> dict[str, ClaimWord]:
    """What people said about shares, by incident."""
    return {one.incident_id: one for one in attribution_store.words_of(read, [slo_id])}


def sources(read: Read) -> list[SourceRecord]:
    """By name."""
    read.needs(_VIEW)
    return source_store.listed(read)


def source(read: Read, id_or_name: str) -> SourceRecord:
    """Raises NotFound."""
    read.needs(_VIEW)
    found = source_store.get(read, id_or_name)
    if found is None:
        raise NotFound("There is no such data source.", field="source_id")
    return found


def source_secret(read: Read, source_id: str, keyring: Keyring) -> str:
    """Its secret, or nothing. For the house itself. Raises Unsealable."""
    sealed = source_store.sealed(read, source_id)
    return keyring.unseal(sealed, table=TABLE, column=COLUMN, row_id=source_id) if sealed else ""


def adjustments(read: Read, slo_id: str | None = None) -> list[AdjustmentRecord]:
    """The latest to begin first."""
    read.needs(_VIEW)
    found = adjustment_store.listed(read)
    return found if slo_id is None else [one for one in found if slo_id in one.slo_ids]


def adjustment(read: Read, id_or_name: str) -> AdjustmentRecord:
    """Raises NotFound."""
    read.needs(_VIEW)
    found = adjustment_store.get(read, id_or_name)
    if found is None:
        raise NotFound("There is no such adjustment.", field="adjustment_id")
    return found


def forgiven_spans(read: Read, slo_id: str, since: Instant, until: Instant) -> tuple[Span, ...]:
    """Every stretch that approved adjustments forgive this objective, repetitions written out, in order."""
    if "slo adjustments" not in read.memo:
        read.memo["slo adjustments"] = adjustment_store.listed(read)
    found = [
        span
        for one in read.memo["slo adjustments"]
        if one.approved_at is not None and slo_id in one.slo_ids
        for span in repeating.written_out(one.rrule, one.start, one.end, since, until)
    ]
    return tuple(sorted(found, key=lambda one: (one.start, one.end)))
