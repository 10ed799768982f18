"""The entries of an incident's timeline as they are read: sentences, both times, what superseded what, and filters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from firebell.domain.incidents import queries
from firebell.domain.incidents.model import Incident
from firebell.entrypoints.web import moments, sentences
from firebell.entrypoints.web.names import look_up
from firebell.entrypoints.web.sentences import SENTENCES, Line
from firebell.kernel.clock import Instant, seconds_between
from firebell.kernel.journal import Entry
from firebell.kernel.work import Read

PER_PAGE = 200
_CHUNK = 1000
APART_S = 300
"""From here on both times of an entry are said: when it happened and when it was written down."""
SHOWS: Mapping[str, str] = {
    "all": "All", "people": "By people", "decisions": "Decisions", "updates": "Updates", "alerts": "Alerts",
    "starred": "Starred",
}  # fmt: skip
"""What can be shown alone, and what it is called."""
_PEOPLE = ("user:", "link:", "token:", "nobody:")
_PREFIXES: Mapping[str, tuple[str, ...]] = {
    "decisions": ("decision.", "severity.", "command.", "incident.mitigated", "incident.resolved", "incident.reopened",
                  "incident.declined", "incident.closed"),
    "updates": ("update.", "promise.", "incident.customers_told", "status."),
    "alerts": ("alert.", "incident.alert_", "incident.call_", "incident.people_paged", "incident.role_paged",
               "incident.nobody_to_page", "incident.acknowledged"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One entry. ``added``: "added 16:40 for 16:10", when the two times are far apart.

    ``superseded``: the number of the entry that corrects this one; ``corrects``: of the one this corrects (0: none).
    """

    n: int
    line: Line
    event_at: Instant
    recorded_at: Instant
    kind: str
    added: str
    starred: bool
    superseded: int
    corrects: int
    redacted: bool

    @property
    def who(self) -> str:
        return self.line.who

    @property
    def text(self) -> Markup:
        return self.line.text

    @property
    def machine(self) -> bool:
        return self.line.kind == "machine" and not self.redacted and not self.starred


@dataclass(frozen=True, slots=True)
class Block:
    """Entries that stand together: one, or several ``folded`` behind their count."""

    entries: Sequence[TimelineEntry]
    folded: bool


def entries(read: Read, i: Incident, show: str, before: int | None, limit: int, zone: str) -> list[TimelineEntry]:
    """The newest ``limit`` entries that ``show`` lets through, oldest first; ``before`` continues backwards."""
    found: list[Entry] = []
    wanted = _filter(i, show)
    while len(found) < limit:
        chunk = queries.timeline(read, i.id, limit=_CHUNK if show != "all" else limit, before=before)
        if not chunk:
            break
        found = [one for one in chunk if wanted(one)] + found
        before = chunk[0].n
    return told(read, i, found[-limit:], zone)


def told(read: Read, i: Incident, found: Sequence[Entry], zone: str) -> list[TimelineEntry]:
    """Facts as entries for a reader in ``zone``."""
    corrected = {n: by.n for n, by in queries.corrections(read, i.id).items()}
    names = look_up(read, sentences.wanted(found))
    made = []
    for one in found:
        line = sentences.line(one, names, zone, read.now)
        corrects = one.data.get("supersedes", 0) if one.kind == "entry.corrected" and not one.redacted else 0
        made.append(
            TimelineEntry(
                one.n,
                line,
                one.event_at,
                one.at,
                one.kind,
                _added(one, zone, read.now),
                one.n in i.stars,
                corrected.get(one.n, 0),
                int(corrects),
                one.redacted,
            )
        )
    return made


def blocks(found: Sequence[TimelineEntry], *, newest_first: bool, apart: frozenset[int] = frozenset()) -> list[Block]:
    """In reading order; two and more machine entries in a row fold together, but not those named in ``apart``."""
    made: list[Block] = []
    run: list[TimelineEntry] = []

    def close() -> None:
        if len(run) > 1:
            made.append(Block(tuple(run), folded=True))
        elif run:
            made.append(Block(tuple(run), folded=False))
        run.clear()

    for one in reversed(found) if newest_first else found:
        if one.machine and one.n not in apart and not one.superseded:
            run.append(one)
            continue
        close()
        made.append(Block((one,), folded=False))
    close()
    return made


def _filter(i: Incident, show: str) -> Callable[[Entry], bool]:
    if show == "people":
        return lambda one: one.actor.startswith(_PEOPLE) and not _is_machine(one)
    if show == "starred":
        return lambda one: one.n in i.stars
    if show in _PREFIXES:
        return lambda one: one.kind.startswith(_PREFIXES[show])
    return lambda one: True


def _is_machine(one: Entry) -> bool:
    known = SENTENCES.get(one.kind)
    return known is not None and known.kind == "machine"


def _added(one: Entry, zone: str, now: Instant) -> str:
    if abs(seconds_between(one.event_at, one.at)) <= APART_S:
        return ""
    return f"added {moments.clock(one.at, zone, now)} for {moments.clock(one.event_at, zone, now)}"


def plain(found: Iterable[TimelineEntry]) -> list[dict[str, str | int | bool | None]]:
    """For files: instants in UTC, sentences without markup."""
    return [
        {
            "n": one.n, "event_at": one.event_at.format_iso(), "recorded_at": one.recorded_at.format_iso(),
            "who": one.who, "text": one.text.striptags(), "kind": one.kind, "starred": one.starred,
            "superseded_by": one.superseded or None, "redacted": one.redacted,
        }
        for one in found
    ]  # fmt: skip
