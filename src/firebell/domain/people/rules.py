"""How a person is reached: which method, after how long, and why not at all.

Everything is decided from a :class:`Person` and instants handed in. Weekly hours are read on the person's own clock,
through the zone database, so that a change of daylight saving moves no window.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from whenever import TimeZoneNotFoundError

from firebell.domain.people.model import (
    ContactMethod,
    DisabledReason,
    Hours,
    NotificationRule,
    Person,
    Unreachable,
    Urgency,
)
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Invalid
from firebell.kernel.ids import RuleId

METHODS_MAX = 20
RULES_MAX = 40
DELAY_S_MAX = 86_400
FAILURES_MAX = 3
DEFAULT_VOICE_DELAY_S = 120
_VOICE = "voice"
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?")
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f<>,;:\"\\]{1,64}@[^@\s\x00-\x1f\x7f<>,;:\"\\]{1,189}")
_HHMM = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Chosen(StrEnum):
    """Where a plan comes from."""

    RULES = "rules"
    NO_RULE_AT_THIS_HOUR = "no_rule_at_this_hour"


@dataclass(frozen=True, slots=True)
class Step:
    """Use ``method`` ``delay_s`` after the page began. ``rule_id`` is ``None`` in the default set."""

    method: ContactMethod
    delay_s: int
    rule_id: RuleId | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of one page to one person, soonest first; empty only when no method is usable."""

    steps: tuple[Step, ...]
    chosen: Chosen


def within(hours: Sequence[Hours], at: Instant, time_zone: str) -> bool:
    """Whether ``at`` lies in one of the weekly windows on the wall clock of ``time_zone``. No windows: always."""
    if not hours:
        return True
    try:
        local = at.to_tz(time_zone)
    except TimeZoneNotFoundError:
        return True  # Zones are checked when they are set; should the zone database lose one, paging must not stop.
    today = local.date().day_of_week().value
    yesterday = (today + 5) % 7 + 1
    minute = local.hour * 60 + local.minute
    for window in hours:
        if window.since < window.until:
            if today in window.days and window.since <= minute < window.until:
                return True
        elif (today in window.days and minute >= window.since) or (yesterday in window.days and minute < window.until):
            return True
    return False


def plan(person: Person, urgency: str, started_at: Instant) -> Plan:
    """What a page that began at ``started_at`` will do, unless the rules change meanwhile.

    A rule applies when its method is usable and the instant at which it would fire lies in its hours. When none
    applies, the default set holds: every usable method at once, voice after two minutes.
    """
    usable = {method.id: method for method in person.methods if method.usable}
    steps = [
        Step(usable[rule.method_id], rule.delay_s, rule.id)
        for rule in person.rules
        if rule.urgency == urgency
        and rule.method_id in usable
        and within(rule.hours, plus(started_at, rule.delay_s), person.user.time_zone)
    ]
    chosen = Chosen.RULES if steps else Chosen.NO_RULE_AT_THIS_HOUR
    if not steps:
        steps = [Step(m, DEFAULT_VOICE_DELAY_S if m.channel == _VOICE else 0) for m in usable.values()]
    return Plan(tuple(sorted(steps, key=lambda step: step.delay_s)), chosen)


def due(person: Person, urgency: str, started_at: Instant, covered_at: Instant | None, now: Instant) -> Plan:
    """The steps that fire at this tick: ``delay <= now - started_at`` and not covered by the tick at ``covered_at``.

    ``covered_at`` is the ``now`` of the last tick (``None`` before the first). A rule added mid-page whose moment has
    passed is therefore skipped. After a long sleep several steps fire together, each once; the same destination
    collapses into its soonest step.
    """
    whole = plan(person, urgency, started_at)
    firing: list[Step] = []
    for step in whole.steps:
        at = plus(started_at, step.delay_s)
        if at <= now and (covered_at is None or at > covered_at) and not any(_same(step, other) for other in firing):
            firing.append(step)
    return Plan(tuple(firing), whole.chosen)


def next_due_at(person: Person, urgency: str, started_at: Instant, covered_at: Instant) -> Instant | None:
    """When the next step after the tick at ``covered_at`` fires; ``None`` when all have."""
    times = (plus(started_at, step.delay_s) for step in plan(person, urgency, started_at).steps)
    return min((at for at in times if at > covered_at), default=None)


def _same(one: Step, other: Step) -> bool:
    a, b = one.method, other.method
    return a.id == b.id or (a.channel == b.channel and a.config == b.config)


def reachable(person: Person | None, *, away: bool = False) -> Unreachable | None:
    """Why this person cannot be paged now, or ``None`` when a page would go out.

    Having no rule for the hour is no reason: the default set steps in. ``away`` is what the calendars say.
    """
    if person is None or person.user.deleted_at is not None:
        return Unreachable.DELETED
    if not person.user.active:
        return Unreachable.DISABLED_USER
    if away:
        return Unreachable.AWAY
    if not any(method.usable for method in person.methods):
        return Unreachable.NO_VERIFIED_METHOD
    return None


def failed(method: ContactMethod, *, permanent: bool) -> tuple[int, DisabledReason | None]:
    """The new count of permanent errors in a row, and why the method is switched off now (if it is).

    A passing error neither counts nor clears: a destination that alternates between the two is still dead.
    """
    failing = method.failing + 1 if permanent else method.failing
    off = failing >= FAILURES_MAX and permanent and method.disabled_at is None
    return failing, DisabledReason.PERMANENT_FAILURES if off else None


# ---------------------------------------------------------------- what fields may hold


def slug(value: str, field: str = "name") -> str:
    """A name as it stands in ``metadata.name``. Raises Invalid."""
    if not _SLUG.fullmatch(value):
        raise Invalid(
            f"{value!r} cannot be a name.",
            field=field,
            hint="Use 1 to 63 lower-case letters, digits, '-', '_' or '.', starting and ending with a letter or digit.",
        )
    return value


def typed(value: str) -> str:
    """A name or address as somebody typed it, made comparable; what no name can be (a NUL, say) becomes empty."""
    value = value.strip().lower()[:320]
    return value if value.isprintable() else ""


def title(value: str, field: str = "display_name") -> str:
    """A name for people to read, 1 to 100 printable characters. Raises Invalid."""
    value = value.strip()
    if not 1 <= len(value) <= 100 or not value.isprintable():
        raise Invalid("This name cannot be shown.", field=field, hint="Use 1 to 100 printable characters.")
    return value


def email(value: str | None, field: str = "email") -> str | None:
    """An address that can stand in a mail header, or ``None``. Raises Invalid."""
    if value is None or not value.strip():
        return None
    value = value.strip()
    if not _EMAIL.fullmatch(value):
        raise Invalid("This is not an e-mail address.", field=field, hint="Write it as name@example.com.")
    return value


def time_zone(value: str, now: Instant, field: str = "time_zone") -> str:
    """An IANA zone name known here. Raises Invalid."""
    try:
        now.to_tz(value)
    except (TimeZoneNotFoundError, ValueError):
        hint = "Use an IANA name such as Europe/Berlin."
        raise Invalid(f"{value!r} is not a time zone.", field=field, hint=hint) from None
    return value


def hours(documents: Iterable[Mapping[str, Any]], field: str = "hours") -> tuple[Hours, ...]:
    """Weekly windows from ``{"days": ["mon", "tue"], "from": "09:00", "to": "17:00"}``. Raises Invalid.

    Days may also be ISO numbers 1 to 7. ``to`` not after ``from`` runs past midnight.
    """
    windows: list[Hours] = []
    for index, document in enumerate(documents):
        where = f"{field}[{index}]"
        days = frozenset(_day(day, f"{where}.days") for day in document.get("days", ()))
        if not days:
            raise Invalid("A window needs at least one day.", field=f"{where}.days", hint="Name days as mon … sun.")
        since = _minute(document.get("from"), f"{where}.from")
        windows.append(Hours(days, since, _minute(document.get("to"), f"{where}.to")))
    if len(windows) > 21:
        raise Invalid("Too many windows.", field=field, hint="At most 21 windows per rule.")
    return tuple(windows)


def hours_document(windows: Iterable[Hours]) -> list[dict[str, Any]]:
    """The inverse of :func:`hours`."""
    return [
        {"days": [_DAYS[day - 1] for day in sorted(w.days)], "from": _hhmm(w.since), "to": _hhmm(w.until)}
        for w in windows
    ]


def _day(value: object, field: str) -> int:
    if isinstance(value, str) and value.lower() in _DAYS:
        return _DAYS.index(value.lower()) + 1
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 7:
        return value
    raise Invalid(f"{value!r} is not a weekday.", field=field, hint="Name days as mon, tue, wed, thu, fri, sat, sun.")


def _minute(value: object, field: str) -> int:
    if value == "24:00":
        return 0
    match = _HHMM.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Invalid(f"{value!r} is not a time of day.", field=field, hint='Write it as "09:00".')
    return int(match[1]) * 60 + int(match[2])


def _hhmm(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def check_rules(rules: Sequence[tuple[str, int]], methods: Iterable[ContactMethod], others: int) -> None:
    """Refuse rules (``(method id, delay_s)``) that point nowhere or are too many beside ``others`` existing ones."""
    known = {method.id for method in methods}
    if len(rules) + others > RULES_MAX:
        raise Invalid("Too many rules.", field="rules", hint=f"A person has at most {RULES_MAX} notification rules.")
    for index, (method_id, delay_s) in enumerate(rules):
        if method_id not in known:
            where = f"rules[{index}].method_id"
            raise Invalid("No such contact method.", field=where, hint="Use one of the person's own.")
        if not 0 <= delay_s <= DELAY_S_MAX:
            raise Invalid("This delay is out of range.", field=f"rules[{index}].delay_s", hint="0 to 86400 seconds.")


def urgency(value: str, field: str = "urgency") -> Urgency:
    """The urgency named ``value``. Raises Invalid."""
    try:
        return Urgency(value)
    except ValueError:
        raise Invalid(f"{value!r} is not an urgency.", field=field, hint="Use high or low.") from None


def sorted_rules(rules: Iterable[NotificationRule]) -> tuple[NotificationRule, ...]:
    """By urgency, then delay, then id: the order in which people read them."""
    return tuple(sorted(rules, key=lambda rule: (rule.urgency, rule.delay_s, rule.id)))
