"""The hand-off brief as lines to read: what the next commander must know before they accept."""

from __future__ import annotations

from collections.abc import Sequence

from firebell.domain.comms import queries as comms
from firebell.domain.comms.model import Audience, UpdateState
from firebell.domain.incidents.brief import Brief, LastWord, brief
from firebell.domain.incidents.model import Incident
from firebell.domain.incidents.outcome import Asking
from firebell.entrypoints.web import incident_words, moments
from firebell.entrypoints.web.names import Names
from firebell.kernel.clock import Instant
from firebell.kernel.work import Read

Part = tuple[str, Sequence[str]]


def parts(read: Read, i: Incident, asking: Asking, names: Names, zone: str) -> list[Part]:
    """(heading, lines), the most important first; what there is nothing to say about is left out, or says so."""
    said = [one for one in comms.updates(read, i.id, team=i.team_id) if one.state == UpdateState.SENT]
    due = {p.audience: p.due_at for p in comms.promises(read, i.id, team=i.team_id) if p.outcome == "open"}

    def last(audience: Audience) -> LastWord | None:
        of = [one for one in said if one.audience == audience]
        if not of:
            return None
        newest = max(of, key=lambda one: (one.event_at, one.id))
        return LastWord(audience, newest.body, newest.event_at, newest.author_id, due.get(audience))

    told = [str(audience) for audience in Audience if any(one.audience == audience for one in said)]
    made = brief(
        i, asking, last_internal=last(Audience.INTERNAL), last_public=last(Audience.PUBLIC), stakeholders=told
    )  # fmt: skip
    return lines(made, names, zone)


def lines(b: Brief, names: Names, zone: str) -> list[Part]:
    """The brief in words, people by name and times on the reader's clock."""
    now = b.made_at

    def at(when: Instant) -> str:
        return moments.clock(when, zone, now)

    def ago(when: Instant) -> str:
        return moments.words(when, now)

    def word(said: LastWord | None) -> list[str]:
        if said is None:
            return ["none yet"]
        promise = f" Next promised by {at(said.promise_due_at)}." if said.promise_due_at else ""
        return [f"{ago(said.sent_at)} by {names.of(said.by)}: {said.text.strip()[:300]}{promise}"]

    minutes = ", ".join(f"{level or 'not set'} {n} min" for level, n in b.minutes.items())
    peak = f", at its worst {b.peak}" if b.peak and b.peak != b.severity else ""
    size = b.size_up
    trend = f"{size.wrong}. {size.scope}. Trend {size.trend}, confidence {size.confidence}" if size else ""
    found: list[Part] = [
        ("From the one who hands over", [b.note] if b.note else []),
        ("Severity", [f"{b.severity or 'not set'}{peak} ({minutes})"]),
        ("Phase", [incident_words.PHASES[b.phase]]),
        ("Impact", [b.impact or "not written down"]),
        ("Last size-up", [f"{ago(size.at)} by {names.of(size.by)}: {trend}" if size else "none yet"]),
        (
            "Possible causes",
            [h.text for h in b.hypotheses] + [f"Ruled out: {h.text} ({h.against})" for h in b.eliminated],
        ),
        ("Decisions in force", [f"{d.proposal} ({names.of(d.executor_id) or 'nobody named'})" for d in b.decisions]),
        ("Asked, not decided", [d.proposal for d in b.proposals]),
        (
            "Running tasks",
            [
                f"{r.task.text}: {names.of(r.task.assignee_id) or 'nobody'}, {moments.countdown(r.left_s)}"
                f" {'over' if r.overdue else 'left'}"
                for r in b.running
            ],
        ),
        (
            "Who is here",
            [f"{names.of(h.user_id)} ({', '.join(h.roles)}) for {moments.span(h.engaged_s)}" for h in b.engaged],
        ),
        ("Last internal update", word(b.last_internal)),
        ("Last public post", word(b.last_public)),
        ("Told so far", list(b.stakeholders)),
        ("Where we talk", list(b.channels)),
        (
            "Exceptions allowed",
            [f"{incident_words.RULES[o.rule]}, until {at(o.expires_at)}: {o.reason}" for o in b.overrides],
        ),
        ("Exit criteria", [f"{'✓' if c.ticked_at else '○'} {c.text}" for c in b.criteria] or ["none agreed"]),
        ("Questions waiting", [str(b.open_requests)] if b.open_requests else []),
        ("Deputy", [names.of(one.user_id) for one in b.engaged if "deputy" in one.roles]),
    ]
    return [(heading, said) for heading, said in found if said]
