"""An update is due: the ladder of reminders, up to the automatic update that states what the journal knows.

Five minutes before, the Comms Lead; when it is due, the commander too; five minutes later the deputy and the liaison;
at ten an automatic internal update, and a public one only where the status page allows it.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from firebell.domain.comms import cadence, commands, defaults, desk_store, hours, rules, store
from firebell.domain.comms import compose as writing
from firebell.domain.comms.model import Audience, Clock, NewUpdate, Situation
from firebell.domain.incidents import store as incident_rows
from firebell.domain.incidents.model import Incident, Kind
from firebell.kernel.clock import Instant, plus, seconds_between
from firebell.kernel.work import Read, Work
from firebell.workflows import incident_words, nudged, update_sent, update_situation

GROUP = 50
RECENT_S = 600
SAID_S = 60
AGAIN_S = 60
MARK = "This update was written automatically from the timeline."


def due(read: Read, now: Instant, limit: int = GROUP) -> list[tuple[str, str]]:
    """(clock id, incident id) of the clocks whose next reminder is due."""
    return store.ringing(read, now, limit)


def next_due(read: Read) -> Instant | None:
    return store.next_ring(read)


def tick(work: Work) -> bool:
    """Give the reminders that are due. True when any was given."""
    return tick_all(work, sorted(due(work, work.now), key=lambda pair: pair[1]))


def tick_all(work: Work, pairs: Sequence[tuple[str, str]]) -> bool:
    """The reminders of these clocks (clock id, incident id), as far as they are still due."""
    worked = False
    for clock_id, incident_id in pairs:
        incident = incident_rows.take(work, incident_id)
        clock = store.take_clock(work, clock_id)
        if incident is None or clock is None:
            continue
        rung, after = rules.climb(clock, work.now)
        if rung is not None:
            worked = True
            _remind(work, incident, clock, after, rung)
    return worked


def failed(work: Work, clock_id: str, incident_id: str) -> None:
    """A reminder raised: it is tried again in a minute, so that it neither holds the others nor is forgotten."""
    clock = store.take_clock(work, clock_id)
    if clock is not None and clock.ring_at is not None:
        store.put_clock(work, replace(clock, ring_at=plus(work.now, AGAIN_S)))


def _remind(work: Work, incident: Incident, clock: Clock, after: Clock, rung: rules.Rung) -> None:
    last = update_situation.last_sent(work, incident.id, Audience.INTERNAL)
    at = update_situation.situation(work, incident, since=last[-1].sent_at if last else None)
    people = rules.to_remind(rung, at, clock.audience)
    cadence.reminded(work, clock, after, rung, people)
    title = f"{incident_words.title(incident)}: {clock.audience} update {_when(clock, work.now)}"
    nudged.nudge(work, people, title=title, body=_words(clock), incident_id=incident.id)
    if rung is rules.Rung.AUTOMATIC:
        _by_itself(work, incident, at, clock)


def _when(clock: Clock, now: Instant) -> str:
    past_s = seconds_between(clock.due_at or now, now)
    minutes = round(abs(past_s) / 60)
    if abs(past_s) < SAID_S:
        return "due now"
    return f"{minutes} min overdue" if past_s > 0 else f"due in {minutes} min"


def _words(clock: Clock) -> str:
    due_at = hours.shown(clock.due_at) if clock.due_at is not None else ""
    return (
        f"The next {clock.audience} update is due by {due_at}. If nothing has changed, say so, with one thing that is "
        "true: what was ruled out, what is under way since when, who joined, a workaround, or the next step."
    )


# ---------------------------------------------------------------- the automatic update


def _by_itself(work: Work, incident: Incident, at: Situation, clock: Clock) -> None:
    """Ten minutes late: an internal update, unless one has just been sent; a public one where the page allows it."""
    internal = update_situation.last_sent(work, incident.id, Audience.INTERNAL)
    sent_at = internal[-1].sent_at if internal else None
    recent = sent_at is not None and seconds_between(sent_at, work.now) < RECENT_S
    if clock.audience == Audience.INTERNAL or not recent:
        _send(work, incident, at, NewUpdate(audience=Audience.INTERNAL, automatic=True))
    if clock.audience == Audience.PUBLIC and incident.kind is Kind.NORMAL:
        new = NewUpdate(audience=Audience.PUBLIC, automatic=True)
        page = update_situation.page_of(work, incident, new)
        if page is not None and page.auto_posts:
            _send(work, incident, at, new)


def _send(work: Work, incident: Incident, at: Situation, new: NewUpdate) -> None:
    clock = store.clocks_of(work, incident.id).get(new.audience)
    promised = rules.latest(at, new.audience, work.now, update_situation.zone(work), clock)
    names = [one.name for one in update_situation.components(work, incident, new).values()]
    zone = update_situation.zone_of_text(work, incident, new)
    template = defaults.in_force(desk_store.templates(work), new.audience, writing.status_of(at, new.audience))
    new = writing.filled(template, at, replace(new, next_update_by=promised), names, work.now, zone)
    facts = f"\n{_facts(at)}" if new.audience == Audience.INTERNAL else ""
    new = replace(new, body=f"{new.body}{facts}\n{MARK}", final=promised is None)
    update = commands.write(work, at, new, author_id="system", template_only=False)
    update_sent.send(work, incident, at, update)


def _facts(at: Situation) -> str:
    """What the journal knows, and nothing else."""
    known = {one.kind: one.suggestion for one in writing.prompts(at)}
    return f"Phase: {at.phase}\n{writing.true_sentences(known)}"
