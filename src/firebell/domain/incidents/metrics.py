"""How long things took, in both conventions side by side; computed from milestones, never stored (incidents.md 11).

One incident at a time: what many of them say together is ``domain/insight``. Only what is *recorded* enters statistics
there, so whatever cannot be true is said to be invalid here, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from firebell.domain.incidents.guards import AHEAD_MAX_S
from firebell.domain.incidents.marks import AGAIN
from firebell.domain.incidents.milestones import Breach, breaches, standing
from firebell.domain.incidents.model import CustomerImpact, Incident, MilestoneName, Phase
from firebell.kernel.clock import Instant, micros, plus

_M = MilestoneName
_NEVER_SET = Instant.from_utc(1971, 1, 1)
"""A time before this comes from a clock that was never set, or from a slip of the pen."""


class Convention(StrEnum):
    """``cumulative``: from the start of the impact. ``stage``: from the stage before. ``single``: neither."""

    CUMULATIVE = "cumulative"
    STAGE = "stage"
    SINGLE = "single"


class Standing(StrEnum):
    """What became of a metric in one incident."""

    RECORDED = "recorded"
    PENDING = "pending"
    NOT_APPLICABLE = "not_applicable"
    INVALID = "invalid"


class Which(StrEnum):
    """Of milestones that come again after reopening: the first or the last."""

    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class Metric:
    """The time from one milestone to another. ``public``: about what customers were told."""

    name: str
    start: MilestoneName
    end: MilestoneName
    convention: Convention
    public: bool = False


METRICS: tuple[Metric, ...] = (
    Metric("time_to_detect", _M.IMPACT_STARTED, _M.DETECTED, Convention.CUMULATIVE),
    Metric("time_to_ack", _M.IMPACT_STARTED, _M.ACKNOWLEDGED, Convention.CUMULATIVE),
    Metric("time_to_mitigate", _M.IMPACT_STARTED, _M.MITIGATED, Convention.CUMULATIVE),
    Metric("time_to_resolve", _M.IMPACT_STARTED, _M.RESOLVED, Convention.CUMULATIVE),
    Metric("stage_detect", _M.IMPACT_STARTED, _M.DETECTED, Convention.STAGE),
    Metric("stage_ack", _M.DETECTED, _M.ACKNOWLEDGED, Convention.STAGE),
    Metric("stage_mitigate", _M.ACKNOWLEDGED, _M.MITIGATED, Convention.STAGE),
    Metric("stage_resolve", _M.MITIGATED, _M.RESOLVED, Convention.STAGE),
    Metric("time_to_command", _M.DECLARED, _M.COMMANDER_ASSIGNED, Convention.SINGLE),
    Metric("time_to_first_post", _M.IMPACT_STARTED, _M.FIRST_PUBLIC_POST, Convention.SINGLE, public=True),
)


@dataclass(frozen=True, slots=True)
class Measure:
    """``seconds`` only when recorded; ``why`` it is not, in words, otherwise."""

    standing: Standing
    seconds: int | None = None
    why: str = ""


def measures(incident: Incident, which: Which = Which.FIRST) -> dict[str, Measure]:
    """Every metric of one incident, by name."""
    wrong = breaches(incident)
    return {metric.name: _measured(incident, metric, which, wrong) for metric in METRICS}


def measure(incident: Incident, metric: Metric, which: Which = Which.FIRST) -> Measure:
    """One metric of one incident."""
    return _measured(incident, metric, which, breaches(incident))


def _measured(incident: Incident, metric: Metric, which: Which, wrong_order: Sequence[Breach]) -> Measure:
    if incident.phase in (Phase.DUPLICATE, Phase.DECLINED):
        return Measure(Standing.NOT_APPLICABLE, why=f"it was {incident.phase}")
    if metric.public and incident.customer_impact is CustomerImpact.NO:
        return Measure(Standing.NOT_APPLICABLE, why="customers were not affected")
    occurrence = incident.occurrence if which is Which.LAST else 1
    start = standing(incident, metric.start, occurrence)
    end = standing(incident, metric.end, occurrence)
    wrong = _impossible(incident, metric, occurrence) or _contradiction(metric, occurrence, wrong_order)
    if wrong:
        return Measure(Standing.INVALID, why=wrong)
    if start is None and standing(incident, _M.RESOLVED, occurrence) is not None:
        return Measure(Standing.INVALID, why=f"{_words(metric.start)} is blank")
    if start is None or end is None:
        missing = metric.start if start is None else metric.end
        return Measure(Standing.PENDING, why=f"{_words(missing)} is not known yet")
    if end < start:
        return Measure(Standing.INVALID, why=f"{_words(metric.end)} is before {_words(metric.start)}")
    return Measure(Standing.RECORDED, (micros(end) - micros(start)) // 1_000_000)


def _impossible(incident: Incident, metric: Metric, occurrence: int) -> str:
    """Why one of the two times cannot be true, whatever the others say."""
    return _untrue(incident, metric.start, occurrence) or _untrue(incident, metric.end, occurrence)


def _untrue(incident: Incident, name: MilestoneName, occurrence: int) -> str:
    mark = incident.milestone(name, occurrence if name in AGAIN else 1)
    if mark is None or mark.at is None:
        return ""
    if mark.at < _NEVER_SET:
        return f"{_words(name)} is said to be before 1971"
    if mark.at > plus(mark.recorded_at, AHEAD_MAX_S):
        return f"{_words(name)} is later than the moment it was recorded: a clock is wrong"
    return ""


def _contradiction(metric: Metric, occurrence: int, found: Sequence[Breach]) -> str:
    used = {metric.start, metric.end}
    for breach in found:
        now = breach.occurrence == occurrence or not AGAIN & {breach.earlier, breach.later}
        if now and used & {breach.earlier, breach.later}:
            return breach.words
    return ""


def _words(name: MilestoneName) -> str:
    return name.replace("_", " ")


# ---- people and impact


def engaged_s(incident: Incident, now: Instant) -> dict[str, int]:
    """Seconds each person was engaged; two roles at once count once, and nothing after the last resolution counts."""
    end = _ended(incident) or now
    spans: dict[str, list[tuple[int, int]]] = {}
    for one in incident.engagements:
        until = min(micros(one.until_at or end), micros(end))
        if until > micros(one.since_at):
            spans.setdefault(one.user_id, []).append((micros(one.since_at), until))
    return {user_id: _union_us(found) // 1_000_000 for user_id, found in spans.items()}


def _ended(incident: Incident) -> Instant | None:
    if incident.active:
        return None
    return incident.closed_at if incident.all_clear_at is None else incident.all_clear_at


def _union_us(spans: Iterable[tuple[int, int]]) -> int:
    total, reached = 0, -1
    for since, until in sorted(spans):
        total += max(0, until - max(since, reached))
        reached = max(reached, until)
    return total


def impact_s(incident: Incident, now: Instant) -> int | None:
    """Seconds customers were affected, over all occurrences; ``None`` when nobody has said since when, or the times
    contradict each other or cannot be true."""
    began = standing(incident, _M.IMPACT_STARTED, 1)
    if began is None or _untrue(incident, _M.IMPACT_STARTED, 1):
        return None
    total = 0
    for occurrence in range(1, incident.occurrence + 1):
        since = began if occurrence == 1 else incident.reopened_at[occurrence - 2]
        until = standing(incident, _M.MITIGATED, occurrence) or incident.closed_at or now
        if until < since or _untrue(incident, _M.MITIGATED, occurrence):
            return None
        total += (micros(until) - micros(since)) // 1_000_000
    return total
