"""What the commander should do next: what the incident itself shows to be missing, the most pressing first."""

from __future__ import annotations

from collections.abc import Sequence

from firebell.domain.incidents.model import DecisionState, Incident, Phase, RoleName, Severity, TaskState
from firebell.kernel.clock import Instant, seconds_between

MOST = 4
SIZE_UP_S = 15 * 60
TIRED_S = 4 * 3600
MAJOR = (Severity.SEV1, Severity.SEV2)


def hints(i: Incident, now: Instant, updates_due: Instant | None = None) -> list[tuple[str, str]]:
    """(sentence, section) pairs, at most four. ``updates_due``: when the next update is promised."""
    major = i.counts_as in MAJOR
    found: list[tuple[str, str]] = []

    def say(words: str, section: str) -> None:
        found.append((words, section))

    since = next((e.since_at for e in i.engagements if e.role == RoleName.COMMANDER and e.until_at is None), None)
    if since is not None and seconds_between(since, now) >= TIRED_S:
        say("Four hours in command: hand over to somebody rested", "command")
    if updates_due is not None and seconds_between(now, updates_due) < 120:
        say("An update is due: nothing new is news, too", "updates")
    late = [t for t in i.tasks if t.state is TaskState.OPEN and t.due_at <= now]
    unheard = [t for t in i.tasks if t.state is TaskState.OPEN and t.acked_at is None and t.ack_due_at <= now]
    if unheard:
        say(f"{_count(unheard, 'task')} not taken: ask, or give it to somebody else", "tasks")
    elif late:
        say(f"{_count(late, 'time box', 'time boxes')} over: how is it going, do they need help?", "tasks")
    if [d for d in i.decisions if d.state is DecisionState.PROPOSED and d.closes_at <= now]:
        say("A decision waits for your word", "decisions")
    if i.severity is None:
        say("Set the severity; in doubt the worse one", "severity")
    if major and not i.holder(RoleName.COMMS) and i.phase is not Phase.MITIGATED:
        say("Give somebody the updates: name a Comms Lead", "roles")
    last = i.size_ups[-1].at if i.size_ups else None
    if i.phase is not Phase.MITIGATED and (last is None or seconds_between(last, now) > SIZE_UP_S):
        say("Size up: what is wrong, for whom, better or worse?", "understanding")
    if not i.impact:
        say("Write down the impact as customers feel it", "understanding")
    if not [t for t in i.tasks if t.state is TaskState.OPEN] and i.phase is not Phase.MITIGATED:
        say("Give out tasks: one person, one thing, one time box", "tasks")
    if not i.criteria:
        say("Agree how you will know that it is over", "exit")
    if i.phase is Phase.MITIGATED and i.criteria:
        say("Verify the exit criteria, then give the all-clear", "exit")
    if not i.holder(RoleName.LIAISON) and [r for r in i.requests if r.state == "open"]:
        say("Questions wait in the queue", "requests")
    return found[:MOST]


def _count(found: Sequence[object], one: str, many: str = "") -> str:
    return f"{len(found)} {one if len(found) == 1 else many or one + 's'}"
