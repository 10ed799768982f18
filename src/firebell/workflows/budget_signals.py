"""What an evaluation says to the intake: a budget that burns opens an alert like any sender's, data that stop another.

A stream's change is a Signal of the source ``slo``. Silence resolves nothing: a stream that cannot be judged writes
that on its open alert and leaves it open.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from firebell.domain.alerts.model import Arrival, Link, Origin, Severity, Signal, Status, Urgency
from firebell.domain.slo.burn import Change, Happens, Judged, Verdict, shown
from firebell.domain.slo.coverage import Absence
from firebell.domain.slo.exact import percent
from firebell.domain.slo.exact import shown as rounded
from firebell.domain.slo.model import Absent, Stream, dedup_key, nodata_key
from firebell.domain.slo.promrules import window_name
from firebell.domain.slo.records import SloRecord
from firebell.kernel.clock import Instant, from_micros

SOURCE = "slo"
"""The integration id of alerts about budgets."""
RUNBOOKS = ("firebell/runbook", "runbook", "runbook_url")
_WORDS = {Severity.SEV1: "critical", Severity.SEV2: "high", Severity.SEV3: "warning", Severity.SEV4: "info"}
_NOTES = ("Frozen", "Judged again", "The slow burn")
_NAMES = {Stream.PAGE: "burns fast", Stream.TICKET: "burns slowly"}


@dataclass(frozen=True, slots=True)
class About:
    """Whose signal it is. ``policy_id``: the service's escalation policy. ``at``: the numbers are of then.
    ``worst``: the labels of the series with the most errors, where the query groups."""

    record: SloRecord
    objective: int
    allowed: Fraction
    period_s: int
    remaining: Fraction | None
    at: Instant
    policy_id: str | None = None
    service: str = ""
    base_url: str = ""
    worst: str = ""

    @property
    def name(self) -> str:
        """What it is called: of several objectives with which one."""
        slo = self.record.slo
        if self.objective < 0 or len(slo.objectives) < 2:
            return slo.name
        return f"{slo.name} ({slo.objectives[self.objective].name or self.objective + 1})"

    @property
    def runbook(self) -> str:
        found = self.record.slo.annotations
        return next((found[key] for key in RUNBOOKS if found.get(key)), "")


def arrival(about: About, signal: Signal, stream: Stream | None = None, urgency: str = Urgency.LOW) -> Arrival:
    """The signal as it comes in. A page wakes somebody and a ticket does not, whatever severity they are given."""
    if stream is not None:
        urgency = Urgency.HIGH if stream is Stream.PAGE else Urgency.LOW
    origin = Origin(
        integration_id=SOURCE, service_id=about.record.service_id or "", team_id=about.record.team_id,
        policy_id=about.policy_id, default_severity=Severity.SEV4, urgency=urgency,
    )  # fmt: skip
    return Arrival(origin, [signal], None)


def severity(about: About, stream: Stream) -> str:
    slo = about.record.slo
    return slo.page_severity if stream is Stream.PAGE else slo.ticket_severity


def key_of(about: About, stream: Stream) -> str:
    return dedup_key(about.record.name, about.objective, stream)


def burning(about: About, stream: Stream, rows: tuple[Judged, ...], notes: tuple[str, ...] = ()) -> Arrival:
    """The stream fires, or still does. ``notes`` come after the numbers."""
    true = tuple(one for one in rows if one.verdict is Verdict.TRUE) or rows
    worst = max(true, key=lambda one: (one.factor, -one.row.long_s))
    numbers = shown(
        Change(stream, Happens.OPENS, True, worst, true),
        allowed=about.allowed, period_s=about.period_s,
        remaining=Fraction(0) if about.remaining is None else about.remaining,
    )  # fmt: skip
    summary = f"{about.name} {_NAMES[stream]}"
    labels = _labels(about, stream)
    lines: list[str] = []
    if numbers is not None:
        long, short = window_name(numbers.row.long_s), window_name(numbers.row.short_s)
        summary = f"{about.name} burns its error budget at {rounded(numbers.burn, 1)} times the rate it can bear"
        lasts = "not at this rate" if numbers.exhausts_s is None else span(numbers.exhausts_s)
        labels |= {
            "row": f"{long}/{short}", "burn_rate": rounded(numbers.burn, 2), "error_long": percent(numbers.long),
            "error_short": percent(numbers.short), "spent": percent(numbers.spent, 2), "exhausted_in": lasts,
        }  # fmt: skip
        lines = [
            f"Errors: {percent(numbers.long)} over {long}, {percent(numbers.short)} over {short}.",
            f"It fires above {percent(worst.least)}: {rounded(numbers.factor)} times what the target allows.",
            f"Spent in {long}: {percent(numbers.spent, 2)} of the budget of {span(about.period_s)}.",
        ]
        if about.remaining is not None:
            gone = "It is gone." if about.remaining <= 0 else f"At this rate it is gone in {lasts}."
            left = f"Left: {percent(about.remaining, 1)}."
            lines.append(f"{left} {gone}" if numbers.exhausts_s is not None else left)
    if len(true) > 1:
        others = ", ".join(f"{window_name(one.row.long_s)}/{window_name(one.row.short_s)}" for one in true)
        lines.append(f"True: {others}.")
    if about.worst:
        labels["worst"] = about.worst
        lines.append(f"Most errors: {about.worst}.")
    lines += [*notes, f"Numbers of {clock_text(about.at)}."]
    if about.runbook:
        lines.append(f"Runbook: {about.runbook}")
    signal = Signal(
        status=Status.FIRING, summary=summary, dedup_key=key_of(about, stream),
        severity=_WORDS[Severity(severity(about, stream))], details="\n".join(lines), source=about.service,
        labels=labels, links=_links(about),
    )  # fmt: skip
    return arrival(about, signal, stream)


def noted(about: About, stream: Stream, details: str, note: str) -> Arrival:
    """An open alert, whose text so far is ``details``, says that it is frozen, has thawed, or was joined."""
    kept = [line for line in details.splitlines() if not line.startswith(_NOTES)]
    signal = Signal(
        status=Status.FIRING, summary="", dedup_key=key_of(about, stream), details="\n".join([note, *kept]),
        source=about.service,
    )  # fmt: skip
    return arrival(about, signal, stream)


def cleared(about: About, stream: Stream) -> Arrival:
    """None of the stream's rows is true, and all could be judged."""
    signal = Signal(status=Status.RESOLVED, summary=f"{about.name} no longer {_NAMES[stream]}",
                    dedup_key=key_of(about, stream), source=about.service)  # fmt: skip
    return arrival(about, signal, stream)


def silent(about: About, absence: Absence) -> Arrival:
    """No data for a quarter of an hour: an alert of its own, as loud as the SLO says."""
    since = "" if absence.since is None else f" since {clock_text(absence.since)}"
    high = absence.opens is Absent.HIGH
    signal = Signal(
        status=Status.FIRING, summary=f"{about.record.name} has no data{since}",
        dedup_key=nodata_key(about.record.name), source=about.service,
        severity=_WORDS[Severity.SEV2 if high else Severity.SEV4],
        details="Nothing is judged meanwhile: alerts that are open stay open, and none opens.",
        labels={"slo": about.record.name, "service": about.service}, links=_links(about),
    )  # fmt: skip
    return arrival(about, signal, urgency=Urgency.HIGH if high else Urgency.LOW)


def heard(about: About) -> Arrival:
    """Data have come back."""
    signal = Signal(
        status=Status.RESOLVED, summary=f"{about.record.name} has data again",
        dedup_key=nodata_key(about.record.name), source=about.service,
    )  # fmt: skip
    return arrival(about, signal)


def frozen_note(newest_end: int | None) -> str:
    """``Frozen since 2026-11-02 03:12 UTC, no data.``"""
    if newest_end is None:
        return "Frozen: there are no data to judge it by."
    return f"Frozen since {clock_text(from_micros(newest_end * 1_000_000))}, no data. It stays open meanwhile."


THAWED = "Judged again: there are data."
JOINED = "The slow burn is true as well and is part of this alert."


def clock_text(at: Instant) -> str:
    """``2026-11-02 03:12 UTC``."""
    return at.format_iso()[:16].replace("T", " ") + " UTC"


def span(seconds: Fraction | int) -> str:
    """``2 d 8 h``: the two largest units, rounded down, for eyes."""
    whole = int(seconds)
    for length, unit, rest_s, rest in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min")):
        if whole >= length:
            more = whole % length // rest_s
            return f"{whole // length} {unit} {more} {rest}" if more else f"{whole // length} {unit}"
    return f"{whole // 60} min" if whole >= 60 else f"{whole} s"


def _labels(about: About, stream: Stream) -> dict[str, str]:
    return {
        "slo": about.record.name, "objective": str(about.objective),
        "service": about.service or about.record.slo.service, "stream": str(stream),
    }  # fmt: skip


def _links(about: About) -> tuple[Link, ...]:
    found = []
    if about.base_url:
        found.append(Link(f"{about.base_url}/slos/{about.record.id}", "The objective"))
    if about.runbook.startswith(("https://", "http://")):
        found.append(Link(about.runbook, "Runbook"))
    return tuple(found)
