"""Calendar feeds (RFC 5545): explicit events in UTC, no recurrence rules, so that no reader's zone data matter.

The names are handed in: a feed holds no private detail but who is on call when, and an address where one is given.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from icalendar import Alarm, Calendar, Event, vCalAddress, vText

from firebell.domain.oncall.events import FeedEvent, FeedPage
from firebell.domain.oncall.model import LayerRole
from firebell.kernel.clock import Instant
from firebell.kernel.ids import UserId

PRODID = "-//Firebell//On-call//EN"
REFRESH = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Attendee:
    """How a person appears. Without ``email`` the event has no ATTENDEE."""

    name: str
    email: str | None = None


def render(
    page: FeedPage, people: Mapping[UserId, Attendee], *, zone: str = "UTC", reminders_s: Sequence[int] = ()
) -> bytes:
    """A feed as ``text/calendar`` bytes: CRLF, folded at 75 octets. The same page gives the same bytes.

    ``zone`` is only a display hint of a person's feed (a schedule's feed has its own); ``reminders_s`` are seconds
    before the start at which a calendar should remind.
    """
    schedule = page.schedule
    title = schedule.name if schedule is not None else _name(page.feed.user_id, people)
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", PRODID)
    calendar.add("METHOD", "PUBLISH")
    calendar.add("X-WR-CALNAME", f"On call: {title}")
    calendar.add("X-WR-TIMEZONE", schedule.zone if schedule is not None else zone)
    calendar.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", vText("PT1H"))
    for one in page.events:
        calendar.add_component(_event(one, people, reminders_s))
    return bytes(calendar.to_ical())


def _event(one: FeedEvent, people: Mapping[UserId, Attendee], reminders_s: Sequence[int]) -> Event:
    on = one.event.on
    name = _name(on.user_id, people)
    shadow = " (shadow)" if on.role is LayerRole.SHADOW else ""
    event = Event()
    event.add("UID", one.event.uid)
    event.add("DTSTAMP", _utc(one.changed_at))
    event.add("LAST-MODIFIED", _utc(one.changed_at))
    event.add("DTSTART", _utc(one.event.starts_at))
    event.add("DTEND", _utc(one.event.ends_at))
    event.add("SUMMARY", f"{name}{shadow}")
    event.add("DESCRIPTION", _description(one, people))
    event.add("SEQUENCE", one.sequence)
    event.add("STATUS", "CANCELLED" if one.cancelled else "CONFIRMED")
    event.add("TRANSP", "TRANSPARENT")
    person = people.get(on.user_id)
    if person is not None and person.email:
        attendee = vCalAddress(f"mailto:{person.email}")
        attendee.params["CN"] = vText(person.name)
        event.add("ATTENDEE", attendee, encode=False)
    for before_s in () if one.cancelled else reminders_s:
        alarm = Alarm()
        alarm.add("ACTION", "DISPLAY")
        alarm.add("DESCRIPTION", f"On call: {one.schedule_name}")
        alarm.add("TRIGGER", -dt.timedelta(seconds=before_s))
        event.add_component(alarm)
    return event


def _description(one: FeedEvent, people: Mapping[UserId, Attendee]) -> str:
    on = one.event.on
    words = [f"Schedule {one.schedule_name}"]
    if on.layer_name:
        words.append(f"layer {on.layer_name}")
    if on.instead_of is not None:
        words.append(f"covering for {_name(on.instead_of, people)}")
    return ", ".join(words)


def _name(user: UserId | None, people: Mapping[UserId, Attendee]) -> str:
    person = people.get(user) if user is not None else None
    return person.name if person is not None else "somebody who has left"


def _utc(at: Instant) -> dt.datetime:
    # Whole seconds: the format has no fractions. An edit in mid-second moves an event's edge by less than one.
    return at.to_stdlib().replace(microsecond=0)
