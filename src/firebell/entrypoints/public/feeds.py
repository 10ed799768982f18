"""Atom (RFC 4287), RSS 2.0 and iCalendar: one entry per incident or maintenance, with all its updates inside.

An entry's id is made of its public id and the host of this installation alone, so it outlives renamed pages and new
host names; ``updated`` moves with each update.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

from icalendar import Calendar, Event
from whenever import ZonedDateTime

from firebell.domain.statuspage.model import Snapshot
from firebell.entrypoints.public import planned as plans
from firebell.entrypoints.public import words
from firebell.entrypoints.public.place import Place
from firebell.entrypoints.public.planned import Planned, planned
from firebell.kernel import text
from firebell.kernel.clock import Instant

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class _Entry:
    id: str
    title: str
    link: str
    published_at: Instant
    updated_at: Instant
    html: str


def atom(snapshot: Snapshot, place: Place) -> str:
    """The history as an Atom feed, newest first."""
    name = _x(snapshot.page.name)
    entries = "".join(
        f"<entry><id>{_x(one.id)}</id><published>{_iso(one.published_at)}</published>"
        f"<updated>{_iso(one.updated_at)}</updated>"
        f'<link rel="alternate" type="text/html" href="{_x(one.link)}"/><title>{_x(one.title)}</title>'
        f'<content type="html">{_x(one.html)}</content></entry>'
        for one in _entries(snapshot, place)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><feed xml:lang="en" xmlns="http://www.w3.org/2005/Atom">'
        f"<id>tag:{_x(place.house)},2005:/history/{snapshot.page.code}</id>"
        f'<link rel="alternate" type="text/html" href="{_x(place.home)}"/>'
        f'<link rel="self" type="application/atom+xml" href="{_x(place.home)}/history.atom"/>'
        f"<title>{name} status: incident history</title><updated>{_iso(snapshot.page.changed_at)}</updated>"
        f"<author><name>{name}</name></author>{entries}</feed>"
    )


def rss(snapshot: Snapshot, place: Place) -> str:
    """The history as RSS 2.0, newest first."""
    name = _x(snapshot.page.name)
    items = "".join(
        f"<item><title>{_x(one.title)}</title><description>{_x(one.html)}</description>"
        f"<pubDate>{_rfc822(one.published_at)}</pubDate><atom:updated>{_iso(one.updated_at)}</atom:updated>"
        f'<link>{_x(one.link)}</link><guid isPermaLink="false">{_x(one.id)}</guid></item>'
        for one in _entries(snapshot, place)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
        f"<title>{name} status: incident history</title><link>{_x(place.home)}</link>"
        f"<description>Incidents and maintenance of {name}</description>"
        f'<atom:link rel="self" type="application/rss+xml" href="{_x(place.home)}/history.rss"/>'
        f"<pubDate>{_rfc822(snapshot.page.changed_at)}</pubDate>"
        f"<lastBuildDate>{_rfc822(snapshot.page.changed_at)}</lastBuildDate>{items}</channel></rss>"
    )


def calendar(snapshot: Snapshot, place: Place) -> bytes:
    """Maintenance as iCalendar (RFC 5545): the same UID when it moves, so that calendars move it too."""
    made = Calendar()
    made.add("prodid", "-//Firebell//Status page//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", f"{snapshot.page.name} maintenance")
    for one in planned(snapshot, cancelled=True):
        event = Event()
        event.add("uid", f"{one.code}@{place.house}")
        event.add("dtstamp", one.updated_at.to_stdlib())
        event.add("dtstart", one.scheduled_for.to_stdlib())
        event.add("dtend", one.scheduled_until.to_stdlib())
        event.add("summary", f"{snapshot.page.name}: {one.name}")
        event.add("description", one.body)
        event.add("url", f"{place.home}/incidents/{one.code}")
        event.add("status", "CANCELLED" if one.status == "cancelled" else "CONFIRMED")
        made.add_component(event)
    return bytes(made.to_ical())


def _entries(snapshot: Snapshot, place: Place) -> list[_Entry]:
    found = [*_incidents(snapshot, place), *_maintenances(snapshot, place)]
    # Sorting keeps the order of what began in the same moment: the newest first.
    return sorted(found, key=lambda one: one.published_at, reverse=True)[:50]


def _incidents(snapshot: Snapshot, place: Place) -> Iterator[_Entry]:
    zone = snapshot.page.time_zone
    for one in snapshot.incidents:
        said = "".join(_said(words.INCIDENT[u.status], u.body, u.event_at, zone) for u in one.updates)
        note = "<p><em>Entered afterwards.</em></p>" if one.backfilled else ""
        yield _Entry(
            f"tag:{place.house},2005:Incident/{one.code}", one.name, f"{place.home}/incidents/{one.code}",
            one.started_at, one.updated_at, said + note,
        )  # fmt: skip


def _maintenances(snapshot: Snapshot, place: Place) -> Iterator[_Entry]:
    zone = snapshot.page.time_zone
    for one in planned(snapshot):
        when = f"<p><strong>{_span(one, zone)}</strong></p>"
        said = "".join(_said(plans.STATUS_WORDS.get(u.status, u.status), u.body, u.event_at, zone) for u in one.updates)
        yield _Entry(
            f"tag:{place.house},2005:Maintenance/{one.code}", one.name, f"{place.home}/incidents/{one.code}",
            one.created_at, one.updated_at, when + (said or text.html_of(one.body)),
        )  # fmt: skip


def _said(status: str, body: str, at: Instant, zone: str) -> str:
    html = text.html_of(body).strip()
    head = f"<p><small>{_local(at, zone)}</small><br><strong>{status}</strong>"
    if html.startswith("<p>") and html.endswith("</p>") and html.count("<p>") == 1:
        return f"{head} - {html.removeprefix('<p>')}"
    return f"{head}</p>{html}"


def _local(at: Instant, zone: str) -> str:
    there = at.to_tz(zone)
    return f"{_MONTHS[there.month - 1]} {there.day:02}, {there.hour:02}:{there.minute:02} {there.tz_abbrev()}"


def _span(one: Planned, zone: str) -> str:
    return f"{_local(one.scheduled_for, zone)} to {_local(one.scheduled_until, zone)}"


def _iso(at: Instant) -> str:
    return Instant.from_timestamp(int(at.timestamp())).format_iso()


def _rfc822(at: Instant) -> str:
    there: ZonedDateTime = at.to_tz("UTC")
    day = _DAYS[there.date().day_of_week().value - 1]
    month = _MONTHS[there.month - 1]
    return f"{day}, {there.day:02} {month} {there.year} {there.hour:02}:{there.minute:02}:{there.second:02} +0000"


def _x(value: str) -> str:
    # Two characters that no other text minds and no XML may hold.
    return escape(text.printable(value), {'"': "&quot;", "\ufffe": "\ufffd", "\uffff": "\ufffd"})
