"""The journal becomes webhook events: read on from where it was left, each entry once for each endpoint that wants it.

What belongs to a private incident leaves only through endpoints that were allowed to hear of such. What belongs to a
drill never leaves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import structlog

from firebell.domain.alerts import queries as alert_queries
from firebell.domain.alerts.model import AlertKind
from firebell.domain.incidents import queries as incident_queries
from firebell.domain.incidents.model import Incident, Kind
from firebell.domain.outbox import commands as outbox
from firebell.domain.outbox.model import NewPost
from firebell.domain.services import queries as services
from firebell.domain.slo import policy_queries
from firebell.domain.slo import queries as slos
from firebell.domain.statuspage import queries as status_queries
from firebell.domain.webhooks import queries, rules, store
from firebell.domain.webhooks.model import TEST, Webhook
from firebell.kernel import journal
from firebell.kernel.actor import SYSTEM
from firebell.kernel.clock import Instant, plus, seconds_between
from firebell.kernel.errors import Refused
from firebell.kernel.journal import Entry
from firebell.kernel.work import Read, Runner, Work
from firebell.workflows.own_alert import INCIDENT
from firebell.workflows.webhook_words import Event, payload

log = structlog.get_logger()
GROUP = 200
GAP_S = 30
"""How long a missing number of the journal may belong to a unit that has not committed yet. Twice what a unit lives."""
_INCIDENT = re.compile(r"inc_[0-9a-z]{18}")


class WebhookEvents:
    """The worker's line. ``base_url``: how people reach this server."""

    def __init__(self, runner: Runner, base_url: str) -> None:
        self._runner = runner
        self._base_url = base_url
        self._rest_until: Instant | None = None

    def next_due(self, read: Read) -> Instant | None:
        if not queries.behind(read):
            return None
        return max(read.now, self._rest_until or read.now)

    def act(self) -> bool:
        """Make events of up to 200 entries. True when the journal was read on."""
        now = self._runner.clock.now()
        if self._rest_until is not None and now < self._rest_until:
            return False
        if not self._runner.read(queries.behind, lane="engine"):
            return False
        moved = self._runner.run(lambda work: read_on(work, self._base_url), lane="engine")
        # An entry with a smaller number is still on its way: look again in a moment.
        self._rest_until = None if moved else plus(now, 1)
        return moved


def read_on(work: Work, base_url: str) -> bool:
    """Queue what the next entries of the journal have to say to anybody. False when there was nothing to read."""
    seq = store.take_cursor(work)
    if seq is None:
        store.set_cursor(work, store.newest_entry(work))
        return True
    found = journal.since(work.connection, seq, limit=GROUP)
    entries = found if work.is_sqlite else settled(found, seq, work.now)
    if not entries:
        return False
    listeners = queries.listeners(work)
    posts: list[NewPost] = []
    if listeners:
        for event in _events(work, [one for one in entries if rules.may_leave(one.kind)], base_url):
            posts += _posts(event, listeners)
    outbox.put_all(work, posts)
    store.set_cursor(work, entries[-1].seq)
    return True


def settled(entries: Sequence[Entry], seq: int, now: Instant) -> list[Entry]:
    """The entries that no other unit can still put one in front of.

    Units that run at the same time take their numbers before they commit, so a young gap may yet be filled.
    """
    sure: list[Entry] = []
    for entry in entries:
        if entry.seq != seq + 1 and seconds_between(entry.at, now) < GAP_S:
            break
        sure.append(entry)
        seq = entry.seq
    return sure


def _posts(event: Event, listeners: Iterable[Webhook]) -> list[NewPost]:
    if event.drill:
        log.info("webhook_withheld", why="a drill", kind=event.entry.kind, subject=event.entry.subject)
        return []
    made = []
    for one in listeners:
        if not rules.hears(one, event.entry.kind, team_ids=event.team_ids, private=event.private):
            continue
        said = payload(event, one.flavour)
        if said is not None:
            key = f"{one.id}/{event.entry.seq}"
            made.append(NewPost(str(one.flavour), one.id, _wrapped(said, event), key=key))
    return made


def _wrapped(said: dict[str, Any], event: Event) -> dict[str, Any]:
    """What is stored: what is sent, and the incident it is about, which may become private before it leaves."""
    return {"said": said, "incident_id": event.incident.id if event.incident else None}


def test(work: Work, webhook: Webhook, base_url: str) -> str:
    """Queue a test message to one endpoint; returns the post's id."""
    entry = Entry(0, "", 0, webhook.id, work.now, f"{work.actor.kind}:{work.actor.id}", TEST, {}, b"", work.now)
    said = payload(Event(f"{webhook.id}-test", entry, f"{base_url}/settings/webhooks/{webhook.id}"), webhook.flavour)
    outbox.open_lane(work, f"{webhook.flavour}:{webhook.id}")
    return outbox.put(work, str(webhook.flavour), webhook.id, {"said": said, "incident_id": None})


def _events(work: Work, entries: Sequence[Entry], base_url: str) -> list[Event]:
    read = Read(work.connection, work.now, SYSTEM)
    alerts = alert_queries.by_ids(read, {one.subject for one in entries if one.subject.startswith("alr_")})
    names = services.display_names(read, {one.service_id for one in alerts.values() if one.service_id})
    known: dict[str, Incident | None] = {}

    def incident(incident_id: str) -> Incident | None:
        if incident_id not in known:
            known[incident_id] = incident_queries.find(read, incident_id)
        return known[incident_id]

    made = []
    for entry in entries:
        if entry.redacted:
            continue
        event = Event(f"evt_{entry.seq}", entry, f"{base_url}{_path(entry.subject)}")
        about = {one for text in _texts(entry.data) for one in _INCIDENT.findall(text)}
        if entry.subject.startswith("inc_"):
            own = incident(entry.subject)
            about.add(entry.subject)
            event = replace(event, incident=own, team_ids=frozenset({own.team_id} if own else ()))
        elif (alert := alerts.get(entry.subject)) is not None:
            event = replace(
                event, alert=alert, team_ids=frozenset({alert.team_id}), service=names.get(alert.service_id, "")
            )
            if alert.kind == AlertKind.INCIDENT:
                # What an incident asks of people names it, by its codename at least.
                about |= {one.id for one in incident_queries.all_of_alert(read, alert.id)}
                about |= {alert.labels[INCIDENT]} if alert.labels.get(INCIDENT) else set()
        elif entry.subject.startswith(("sin_", "spg_", "cmp_", "mnt_")):
            event = replace(event, team_ids=frozenset({_team_of_page(read, entry)}))
        elif entry.subject.startswith(("slo_", "svc_", "ebp_")):
            event = _of_objectives(read, event, entry)
        behind = [one for one in (incident(each) for each in about) if one is not None]
        if entry.subject.startswith(("pmt_", "act_")):
            event = replace(
                event, incident=behind[0] if len(behind) == 1 else None,
                team_ids=frozenset(one.team_id for one in behind),
            )  # fmt: skip
        made.append(
            replace(
                event,
                # An incident that is named and cannot be found may have been private.
                private=any(one.private for one in behind) or len(behind) < len(about),
                drill=any(one.kind == Kind.DRILL for one in behind),
            )
        )
    return made


def _of_objectives(read: Read, event: Event, entry: Entry) -> Event:
    """Whose an objective, a policy or a gate is, deleted ones included where they are still known."""
    if entry.subject.startswith("slo_"):
        found = slos.those(read, [entry.subject])
        return replace(event, team_ids=frozenset(one.team_id for one in found))
    try:
        if entry.subject.startswith("ebp_"):
            return replace(event, team_ids=frozenset({policy_queries.policy(read, entry.subject).team_id}))
        service = services.service(read, entry.subject, deleted=True)
    except Refused:
        return event
    return replace(event, team_ids=frozenset({service.team_id}), service=service.display_name or service.name)


def _team_of_page(read: Read, entry: Entry) -> str | None:
    page_id = entry.subject if entry.subject.startswith("spg_") else str(entry.data.get("page_id", ""))
    try:
        return status_queries.page(read, page_id, deleted=True).team_id
    except Refused:
        return None


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


_PLACES = {
    "alr_": "/alerts/", "inc_": "/incidents/", "spg_": "/status-pages/", "svc_": "/services/", "sch_": "/schedules/",
    "pmt_": "/postmortems/", "act_": "/actions/", "slo_": "/slos/",
}  # fmt: skip


def _path(subject: str) -> str:
    return next((place + subject for prefix, place in _PLACES.items() if subject.startswith(prefix)), "/")
