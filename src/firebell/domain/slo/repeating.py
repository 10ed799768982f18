"""Repetitions of an adjustment (RFC 5545 rules, in UTC) written out. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dateutil.rrule import rrulestr

from firebell.domain.slo.model import Span
from firebell.kernel.clock import Instant, from_micros, micros
from firebell.kernel.errors import Invalid

REPETITIONS_MAX = 2000
_RARELY = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY")


def check(rule: str, start: Instant, end: Instant) -> None:
    """Raises Invalid for a rule that cannot be read, or repeats more often than every hour."""
    if not rule:
        return
    parts = dict(part.partition("=")[::2] for part in rule.upper().removeprefix("RRULE:").split(";") if part)
    if parts.get("FREQ") not in _RARELY:
        raise Invalid(
            "It repeats every hour at most.", field="rrule", hint="FREQ=WEEKLY;BYDAY=SU, or FREQ=MONTHLY;BYMONTHDAY=1."
        )
    if any(key in parts for key in ("BYSECOND", "BYMINUTE", "BYSETPOS", "BYEASTER")):
        raise Invalid("Seconds, minutes and positions are not for this.", field="rrule", hint="FREQ=WEEKLY;BYDAY=SU")
    if "\n" in rule or "DTSTART" in parts:
        raise Invalid("The rule is one line, and its start is the adjustment's.", field="rrule")
    try:
        written_out(rule, start, end, start, end)
    except ValueError as bad:
        raise Invalid(f"The rule cannot be read: {bad}"[:300], field="rrule", hint="FREQ=WEEKLY;BYDAY=SU") from None


def written_out(rule: str, start: Instant, end: Instant, since: Instant, until: Instant) -> tuple[Span, ...]:
    """Every repetition of ``start`` to ``end`` that touches ``[since, until)``, at most 2 000. Raises ValueError."""
    if not rule:
        return (Span(start, end),) if start < until and since < end else ()
    length = timedelta(microseconds=micros(end) - micros(start))
    found = rrulestr(rule.upper().removeprefix("RRULE:"), dtstart=_plain(start))
    spans: list[Span] = []
    for at in found.xafter(_plain(since) - length, inc=False):
        begins = _instant(at)
        if begins >= until or len(spans) >= REPETITIONS_MAX:
            break
        spans.append(Span(begins, _instant(at + length)))
    return tuple(spans)


def _plain(at: Instant) -> datetime:
    return datetime.fromtimestamp(micros(at) // 1_000_000, UTC).replace(tzinfo=None)


def _instant(at: datetime) -> Instant:
    return from_micros(int(at.replace(tzinfo=UTC).timestamp()) * 1_000_000)
