"""What a page says: severity, service, symptom, why you, what to press. Written in one place, plain text."""

from __future__ import annotations

from collections.abc import Sequence

from firebell.domain.alerts.model import Alert
from firebell.domain.incidents.model import Level
from firebell.domain.paging.model import Delivery, Message, MessageKind
from firebell.kernel.clock import Instant, micros, seconds_between

DAY_S = 86_400


def ago(then: Instant, now: Instant) -> str:
    """A duration in words: ``12 s``, ``4 min``, ``3 h``, ``2 d``."""
    seconds = max(0, int(seconds_between(then, now)))
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def within(level: Level) -> str:
    """How soon somebody is to answer: ``SEV2: respond within 15 min``."""
    seconds = level.respond_s
    if level.calendar == "business" and seconds >= DAY_S:
        days = seconds // DAY_S
        return f"{level.severity}: respond " + ("by the next business day" if days == 1 else f"in {days} business days")
    size, unit = next((s, u) for s, u in ((3600, "h"), (60, "min"), (1, "s")) if seconds % s == 0)
    hours = ", in business hours" if level.calendar == "business" else ""
    return f"{level.severity}: respond within {seconds // size} {unit}{hours}"


def page(
    lead: Delivery,
    alerts: Sequence[Alert],
    *,
    service: str,
    why: str,
    shadow: bool,
    ack_url: str | None,
    view_url: str,
    now: Instant,
    zone: str = "UTC",
    respond: str = "",
    thread: str = "",
) -> Message:
    """The message of one page, or of a bundle of pages about one service. ``zone`` is the reader's (an IANA name).

    ``respond``: how soon somebody is to answer (:func:`within`). ``thread``: what messages like it are kept together
    by (empty: the alert).
    """
    first = min(alerts, key=lambda a: (a.severity, a.id))
    if len(alerts) == 1:
        title = f"{first.severity} {service}: {first.summary}"
        lines = [f"{first.severity} · {service}", first.summary]
    else:
        title = f"{first.severity} {service}: {len(alerts)} alerts, first: {first.summary}"
        lines = [f"{first.severity} · {service} · {len(alerts)} alerts"]
        lines += [f"- {a.severity} {a.summary}" for a in alerts[:20]]
        if len(alerts) > 20:
            lines.append(f"- and {len(alerts) - 20} more")
    if shadow:
        title = f"[shadow] {title}"
        lines.insert(0, "You are shadowing: this is to learn from, somebody else has been paged.")
    if lead.attempt > 1:
        lines.append("Possible duplicate: an earlier attempt may have reached you.")
    lines += [
        "",
        *([f"{respond}."] if respond else []),
        f"Why you: {why}." if why else "",
        f"Open for {ago(first.opened_at, now)}, since {clock(first.opened_at, zone)}.",
    ]
    more = [first.details[:1500], ""] if first.details and len(alerts) == 1 else []
    if first.source:
        more.append(f"Source: {first.source}")
    more += [f"{link.get('text') or 'Link'}: {link.get('href')}" for link in first.links[:4]]
    body = "\n".join(lines)
    return Message(
        id=lead.id, kind=MessageKind.PAGE, title=title[:200], body=body, severity=first.severity, urgency=lead.urgency,
        alert_id=first.id, ack_url=ack_url, view_url=view_url, thread=thread or first.id,
        copies_possible=lead.attempt > 1, sent_at_s=micros(now) // 1_000_000, more="\n".join(more).strip(),
    )  # fmt: skip


def clock(at: Instant, zone: str) -> str:
    """``03:12 CET (02:12 UTC)``: the reader's own clock, and UTC for the logs where the two differ."""
    utc = f"{at.format_iso()[11:16]} UTC"
    there = at.to_tz(zone)
    if not there.offset:
        return utc
    # Zones without letters of their own are called +03 in the database of zones.
    name = there.tz_abbrev()
    return f"{there.format_iso()[11:16]} {name if name[:1].isalpha() else 'UTC' + name} ({utc})"
