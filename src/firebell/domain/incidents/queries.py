"""Incidents as pages, the API and the workflows read them. What an actor must not see is not in any answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import func, select

from firebell.domain.incidents import store, verbs
from firebell.domain.incidents.model import (
    ACTIVE,
    Incident,
    Phase,
    RoleDefinition,
    Scale,
    Settings,
    Severity,
    Task,
    TaskState,
)
from firebell.domain.incidents.outcome import Asking
from firebell.domain.incidents.record_facts import EntryCorrected
from firebell.domain.incidents.scale import DEFAULT_ROLES, DEFAULT_SCALE
from firebell.domain.incidents.store import incidents
from firebell.domain.incidents.visibility import hidden_subjects, person_of, seen, visible, where_visible
from firebell.kernel import ids, journal
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.journal import Entry
from firebell.kernel.work import Read

__all__ = [
    "Counts", "active", "active_of_services", "all_of_alert", "asking", "corrections", "counts", "declared_between",
    "due", "find", "first_declared", "hidden_subjects", "incident", "incident_list", "names", "next_due", "of_alert",
    "of_alerts", "open_tasks_of", "private_among", "related", "roles", "scale", "settings", "timeline", "visible",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counts:
    """How many the actor sees. ``by_severity`` counts active ones, ``unset`` among them; ``by_phase`` all."""

    active: int
    by_severity: Mapping[str, int]
    by_phase: Mapping[str, int]


def find(read: Read, key: str | int) -> Incident | None:
    """By id, number or reference (``INC-12``), whether the actor may see it or not: for commands."""
    text = str(key).strip()
    number = text.upper().removeprefix("INC-")
    if number.isascii() and number.isdigit():
        return store.by_number(read, int(number)) if len(number) < 10 else None
    return store.get(read, text)


def incident(read: Read, key: str | int) -> Incident:
    """One incident by id, number or reference. NotFound when there is none, or none to be seen."""
    return seen(read, find(read, key))


def incident_list(
    read: Read, *, phases: Collection[str] = (), severity: str | None = None, text: str | None = None,
    service_id: str | None = None, before: int | None = None, limit: int = 50,
) -> list[Incident]:  # fmt: skip
    """Newest first. ``phases`` empty: all; ``severity`` ``unset``: not judged yet; ``text`` is looked for in number,
    title, summary, impact, cause and labels; ``before`` (a number) continues a list."""
    query = select(incidents.c.doc).where(where_visible(read)).order_by(incidents.c.number.desc()).limit(limit)
    if phases:
        query = query.where(incidents.c.phase.in_(sorted(phases)))
    if severity:
        query = query.where(incidents.c.severity.is_(None) if severity == "unset" else incidents.c.severity == severity)
    if text and text.strip():
        query = query.where(incidents.c.words.contains(text.strip().lower(), autoescape=True))
    if service_id:
        tied = select(store.incident_links.c.incident_id).where(
            store.incident_links.c.kind == store.SERVICE, store.incident_links.c.other_id == service_id
        )
        query = query.where(incidents.c.id.in_(tied))
    if before is not None:
        query = query.where(incidents.c.number < before)
    return [store.incident(row) for row in read.all(query)]


def declared_between(read: Read, since: Instant, until: Instant) -> list[Incident]:
    """Those declared from ``since`` on and before ``until``, of every kind and phase, oldest first."""
    query = select(incidents.c.doc).where(
        where_visible(read), incidents.c.declared_at >= since, incidents.c.declared_at < until
    )
    return [store.incident(row) for row in read.all(query.order_by(incidents.c.declared_at, incidents.c.number))]


def private_among(read: Read, incident_ids: Iterable[str]) -> frozenset[str]:
    """Which of these are private, whoever asks: for what leaves the house."""
    wanted = sorted(set(incident_ids))
    if not wanted:
        return frozenset()
    query = select(incidents.c.id).where(incidents.c.id.in_(wanted), incidents.c.private)
    return frozenset(row.id for row in read.all(query))


def first_declared(read: Read) -> Instant | None:
    """When the first incident of those to be seen was declared: how far back history reaches."""
    found: Instant | None = read.scalar(select(func.min(incidents.c.declared_at)).where(where_visible(read)))
    return found


def counts(read: Read) -> Counts:
    """For navigation and overviews."""
    query = (
        select(incidents.c.phase, incidents.c.severity, func.count().label("n"))
        .where(where_visible(read))
        .group_by(incidents.c.phase, incidents.c.severity)
    )
    by_severity = dict.fromkeys((*Severity, "unset"), 0)
    by_phase = dict.fromkeys(Phase, 0)
    for row in read.all(query):
        by_phase[Phase(row.phase)] += row.n
        if row.phase in ACTIVE:
            by_severity[Severity(row.severity) if row.severity else "unset"] += row.n
    return Counts(
        sum(by_severity.values()),
        {str(name): n for name, n in by_severity.items()},
        {str(name): n for name, n in by_phase.items()},
    )


def active(read: Read) -> list[Incident]:
    """Those in which people are at work, worst first, then oldest."""
    query = select(incidents.c.doc).where(where_visible(read), incidents.c.phase.in_(sorted(ACTIVE)))
    found = [store.incident(row) for row in read.all(query)]
    return sorted(found, key=lambda one: (one.counts_as, one.number))


def active_of_services(read: Read, service_ids: Iterable[str]) -> dict[str, list[Incident]]:
    """The active incidents of each of these services, oldest first."""
    tied = store.tied_to(read, store.SERVICE, service_ids, phases=ACTIVE)
    found = {key: [one for one in each if visible(read.actor, one)] for key, each in tied.items()}
    return {key: each for key, each in found.items() if each}


def of_alert(read: Read, alert_id: str) -> Incident | None:
    """The incident an alert belongs to: an active one before one that is over, then the newest."""
    return of_alerts(read, [alert_id]).get(alert_id)


def of_alerts(read: Read, alert_ids: Iterable[str]) -> dict[str, Incident]:
    """The same for many; alerts that belong to none (to be seen) are not in it."""
    found: dict[str, Incident] = {}
    for alert_id, tied in store.tied_to(read, store.ALERT, alert_ids).items():
        seen_here = [one for one in tied if visible(read.actor, one)]
        if seen_here:
            found[alert_id] = max(seen_here, key=lambda one: (one.active, _stands(one), one.number))
    return found


def _stands(one: Incident) -> bool:
    return one.phase not in (Phase.DECLINED, Phase.DUPLICATE)


def all_of_alert(read: Read, alert_id: str) -> list[Incident]:
    """Every incident an alert belongs to (of those to be seen), oldest first: for what the house tells them."""
    tied = store.tied_to(read, store.ALERT, [alert_id]).get(alert_id, [])
    return [one for one in tied if visible(read.actor, one)]


def circle(read: Read, incident_id: str) -> frozenset[str] | None:
    """Who may know that a private incident exists, as actors (``user:…``); ``None`` when it is not private. Those who
    hold INCIDENTS_PRIVATE may as well."""
    one = store.get(read, incident_id)
    if one is None or not one.private:
        return None
    return frozenset(f"user:{user_id}" for user_id in (*one.engaged_ids, *one.member_ids))


def related(read: Read, one: Incident) -> list[Incident]:
    """What it is related to, whichever of the two said so."""
    named = [store.get(read, other) for other in one.related_ids]
    naming = store.tied_to(read, store.INCIDENT, [one.id]).get(one.id, [])
    found = {other.id: other for other in (*named, *naming) if other is not None and visible(read.actor, other)}
    return sorted(found.values(), key=lambda other: other.number)


def names(read: Read, incident_ids: Iterable[str]) -> dict[str, str]:
    """What each of those to be seen is called: ``INC-12 Checkout errors``, a private one by its codename."""
    wanted = sorted(set(incident_ids))
    if not wanted:
        return {}
    query = select(incidents.c.id, incidents.c.number, incidents.c.title, incidents.c.codename).where(
        incidents.c.id.in_(wanted), where_visible(read)
    )
    return {row.id: f"INC-{row.number} {row.codename or row.title}" for row in read.all(query)}


def open_tasks_of(read: Read, user_id: str) -> list[tuple[Incident, Task]]:
    """What a person still has to do in active incidents, the most urgent first."""
    found = [
        (one, task)
        for one in active(read)
        for task in one.tasks
        if task.assignee_id == user_id and task.state is TaskState.OPEN
    ]
    return sorted(found, key=lambda pair: pair[1].due_at)


def timeline(read: Read, incident_id: str, *, limit: int = 500, before: int | None = None) -> list[Entry]:
    """The newest ``limit`` facts by when they happened, oldest first. ``before`` (an ``n``) continues backwards."""
    incident(read, incident_id)
    return journal.by_event(read.connection, incident_id, before=before, limit=limit)


def corrections(read: Read, incident_id: str) -> dict[int, Entry]:
    """What was corrected on a timeline: the newest correction by the number of the entry it supersedes.

    One that has itself been destroyed by redaction does not say any more what it superseded, and is not in it.
    """
    incident(read, incident_id)
    found = journal.of_kind(read.connection, incident_id, EntryCorrected.kind)
    return {one.data["supersedes"]: one for one in found if not one.redacted}


def scale(read: Read, version: int | None = None) -> Scale:
    """The severity scale of that version, or the one in force. A version nobody has is the one in force."""
    key = ("severity scale", version)
    if key not in read.memo:
        found = store.scale(read, version) if version != DEFAULT_SCALE.version else DEFAULT_SCALE
        read.memo[key] = found or store.scale(read, None) or DEFAULT_SCALE
    answer: Scale = read.memo[key]
    return answer


def roles(read: Read) -> Sequence[RoleDefinition]:
    """The roles of this installation with their duties, in order."""
    return store.roles(read) or tuple(DEFAULT_ROLES)


def settings(read: Read) -> Settings:
    """How this installation runs incidents."""
    key = ("incident settings",)
    if key not in read.memo:
        read.memo[key] = store.settings(read) or Settings()
    found: Settings = read.memo[key]
    return found


def next_due(read: Read) -> Instant | None:
    """When the next clock of an incident runs out."""
    return store.next_due(read)


def due(read: Read, now: Instant, limit: int = 100) -> list[str]:
    """Ids of incidents one of whose clocks has run out."""
    return store.due(read, now, limit)


def asking(
    read: Read, one: Incident | None = None, *, verb: verbs.Verb | None = None,
    primary_ids: frozenset[str] = frozenset(), active_ids: frozenset[str] | None = None, person_id: str | None = None,
) -> Asking:  # fmt: skip
    """What the rules need to know beyond the incident: for ``rules.legal``, ``verification.remaining`` and commands.

    ``person_id``: whom a client speaks for, where that is not the actor. A token that is nobody's asks as itself, so
    that it is never taken for the house.
    """
    who = person_id or person_of(read.actor)
    if not who and read.actor.kind == "token":
        who = read.actor.id
    team = one.team_id if one is not None else None
    return Asking(
        now=read.now,
        user_id=who,
        scale=scale(read, one.scale_version if one is not None else None),
        settings=settings(read),
        roles=roles(read),
        new_id=partial(_new_id, read.now),
        primary_ids=primary_ids,
        active_ids=active_ids,
        may_waive=read.actor.may(Permission.POSTMORTEMS_WAIVE, team),
        is_admin=read.actor.may(Permission.INCIDENTS_PRIVATE, team),
        others=_others(read, verb),
    )


def _new_id(now: Instant, prefix: str) -> str:
    return ids.new(prefix, now)


def _others(read: Read, verb: verbs.Verb | None) -> frozenset[tuple[str, str]]:
    """(id, phase) of the incident a verb names, if there is one to be seen."""
    named = other_of(verb)
    found = store.get(read, named) if named else None
    if found is None or not visible(read.actor, found):
        return frozenset()
    return frozenset({(found.id, found.phase)})


def other_of(verb: verbs.Verb | None) -> str | None:
    """The other incident a verb names."""
    match verb:
        case verbs.MarkDuplicate(of=other) | verbs.Merge(into=other) | verbs.Relate(other=other):
            return other
        case verbs.Unrelate(other=other):
            return other
        case _:
            return None
