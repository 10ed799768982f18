"""Which incidents are alike: what an incident is compared by, and what those like it taught (postmortems.md 7).

Nothing is linked by itself. Private incidents take part only for their members; what the house works out by itself
leaves them out.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from firebell.domain.incidents import metrics
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.model import Incident, Kind
from firebell.domain.people import queries as people
from firebell.domain.postmortems import likeness_store, queries, similar, verdict
from firebell.domain.postmortems.actions import ActionItem, ActionState
from firebell.domain.postmortems.model import Postmortem, Section, fingerprint
from firebell.domain.postmortems.similar import Alike, Signature
from firebell.domain.postmortems.verdict import Repeat
from firebell.domain.runbooks import queries as runbooks
from firebell.domain.services import queries as services
from firebell.kernel.actor import SYSTEM
from firebell.kernel.clock import seconds_between
from firebell.kernel.work import Read, Work
from firebell.workflows import postmortems_seen

_SUMMARY_MAX = 20_000
_TO_MITIGATE = next(one for one in metrics.METRICS if one.name == "time_to_mitigate")


class Like(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier incident that is alike, with the parts of the likeness; what mitigated it then, how long that took
    (seconds from the first sign to the end of the impact), and the runbooks that were used."""

    incident: Incident
    postmortem: Postmortem | None
    alike: Alike
    repeat: Repeat
    mitigated_by: str
    took_s: int | None
    runbooks: tuple[str, ...]
    open_actions: tuple[ActionItem, ...]
    done_actions: tuple[ActionItem, ...]


# ---------------------------------------------------------------- the index, kept in memory


@dataclass(slots=True)
class _Memory:
    """What was read last. ``mark`` says of which state."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    mark: str = ""
    marks: dict[str, str] = field(default_factory=dict)
    documents: dict[str, Signature] = field(default_factory=dict)
    counted: dict[str, Mapping[str, int]] = field(default_factory=dict)
    depends: Mapping[str, frozenset[str]] = field(default_factory=dict)
    index: similar.Index = field(default_factory=lambda: similar.index(()))


_memory = _Memory()


def index(read: Read) -> similar.Index:
    """All signatures, private ones too: whoever asks says what may be seen. Read once and brought up to date by what
    has changed since."""
    mark, depends = likeness_store.newest(read), _depends(read)
    with _memory.lock:
        if mark != _memory.mark:
            _catch_up(read)
            _memory.mark, _memory.depends = mark, {}
        if _memory.depends != depends or len(_memory.index.documents) != len(_memory.documents):
            _memory.depends = depends
            _memory.index = similar.index(_memory.documents.values(), depends, _memory.counted)
        return _memory.index


def _catch_up(read: Read) -> None:
    now = likeness_store.marks_of_all(read)
    for gone in _memory.marks.keys() - now.keys():
        del _memory.documents[gone], _memory.counted[gone]
    changed = [one for one, mark in now.items() if _memory.marks.get(one) != mark]
    rows = likeness_store.fetched(read, changed if len(changed) < len(now) else None) if changed else ()
    for row in rows:
        one = likeness_store.signature(row)
        _memory.documents[one.id] = one
        _memory.counted[one.id] = Counter(one.words)
    _memory.marks = now
    _memory.index = similar.index(_memory.documents.values(), _memory.depends, _memory.counted)


def _depends(read: Read) -> Mapping[str, frozenset[str]]:
    """Service → the services it directly depends on, by id."""
    key = ("service dependencies",)
    if key not in read.memo:
        found = services.services(Read(read.connection, read.now, SYSTEM))
        by_name = {one.name: str(one.id) for one in found}
        read.memo[key] = {
            str(one.id): frozenset(by_name[name] for name in one.depends_on if name in by_name)
            for one in found
            if one.depends_on
        }
    depends: Mapping[str, frozenset[str]] = read.memo[key]
    return depends


# ---------------------------------------------------------------- what an incident is compared by


def signature(read: Read, incident: Incident, one: Postmortem | None) -> Signature:
    """Title, summary and factors, without names; services, factor classes, mechanisms, trigger."""
    names = _masks(read, incident)
    if one is not None:
        doc = one.document
        factors = " ".join(factor.text for factor in doc.factors)
        said = f"{doc.title} {_summary(incident, one)} {factors}"
        service_ids = {*incident.service_ids, *(s for factor in doc.factors for s in factor.service_ids)}
        classes, trigger = frozenset(factor.kind for factor in doc.factors), doc.trigger
        mechanisms = frozenset(factor.mechanism for factor in doc.factors if factor.mechanism)
    else:
        said = f"{incident.title} {incident.summary} {incident.impact}"
        service_ids, classes, trigger, mechanisms = set(incident.service_ids), frozenset(), "", frozenset()
    return Signature(
        id=incident.id, title=incident.name, at=incident.declared_at, service_ids=frozenset(service_ids),
        factors=classes, trigger=trigger, mechanisms=mechanisms, words=similar.masked(said, names),
        private=incident.private,
    )  # fmt: skip


def _summary(incident: Incident, one: Postmortem) -> str:
    """What people have written; where nobody has, what they said during the response. What the machine writes is the
    same everywhere and says nothing about likeness."""
    base = one.bases.get(Section.SUMMARY)
    machine = frozenset(base.lines if base is not None else ())
    lines = [line for line in one.document.text(Section.SUMMARY).split("\n") if fingerprint(line) not in machine]
    own = " ".join(lines).strip()
    return own[:_SUMMARY_MAX] or f"{incident.summary} {incident.impact}"


def _masks(read: Read, incident: Incident) -> frozenset[str]:
    """Names of people and services, and the reference and codename of the incident itself."""
    key = ("postmortem masks",)
    if key not in read.memo:
        house = Read(read.connection, read.now, SYSTEM)
        found = {name for one in services.services(house) for name in (one.name, one.display_name)}
        found |= {part for one in people.users(house) for part in (one.name, *one.display_name.split())}
        read.memo[key] = frozenset(one for one in found if len(one) > 1)
    masks: frozenset[str] = read.memo[key]
    return masks | {incident.codename} if incident.codename else masks


def remember(work: Work, incident: Incident, one: Postmortem | None) -> bool:
    """Keep what it is compared by, if that has changed. Drills and tests are like nothing."""
    if incident.kind not in (Kind.NORMAL, Kind.BACKFILLED):
        return False
    new = signature(work, incident, one)
    if likeness_store.signature_of(work, incident.id) == new:
        return False
    likeness_store.put_signature(work, new)
    return True


# ---------------------------------------------------------------- what is like it


def find(read: Read, incident: Incident, *, best: int = similar.BEST, house: bool = False) -> tuple[Alike, ...]:
    """Earlier incidents like this one, the most alike first. ``house``: nothing that is private."""
    closed = frozenset[str]() if house else postmortems_seen.hidden(read)
    asked = likeness_store.signature_of(read, incident.id) or signature(read, incident, None)

    def may_see(other: Signature) -> bool:
        return not other.private if house else other.id not in closed

    return similar.find(asked, index(read), may_see=may_see, best=best)


def was_seen_before(read: Read, incident: Incident) -> bool:
    """Whether an incident of the last year was like it, as far as everybody may know."""
    return incident.kind == Kind.NORMAL and bool(find(read, incident, best=1, house=True))


def similar_to(read: Read, incident_id: str, *, best: int = similar.BEST) -> list[Like]:
    """The best few, with what was done then. Raises NotFound for an incident that is not to be seen."""
    incident = incidents.incident(read, incident_id)
    found = find(read, incident, best=best * 3)
    there = postmortems_seen.incidents_of(read, [one.id for one in found])
    written = queries.of_incidents(read, there)
    learnt = {key: one for key, one in written.items() if postmortems_seen.is_readable(read, one)}
    return [_like(read, there[one.id], learnt.get(one.id), one) for one in found if one.id in there][:best]


def _like(read: Read, incident: Incident, one: Postmortem | None, alike: Alike) -> Like:
    items = one.document.actions if one is not None else ()
    promised = tuple(item for item in items if item.state is ActionState.COMMITTED)
    done = tuple(item for item in items if item.state is ActionState.DONE)
    house = Read(read.connection, read.now, SYSTEM)
    runs = runbooks.runs_of(house, incident_id=incident.id)
    remedy = incident.remedy.replace("_", " ") if incident.remedy is not None else ""
    return Like(
        incident=incident, postmortem=one, alike=alike,
        repeat=verdict.repeats(alike.score, committed=len(promised), done=len(done)),
        mitigated_by=f"{remedy}: {incident.remedy_note}" if remedy and incident.remedy_note else remedy,
        took_s=_took_s(incident), runbooks=tuple(dict.fromkeys(run.title for run in runs)),
        open_actions=promised, done_actions=done,
    )  # fmt: skip


def _took_s(incident: Incident) -> int | None:
    whole = metrics.measure(incident, _TO_MITIGATE).seconds
    if whole is not None:
        return whole
    began, ended = incident.milestone("detected"), incident.milestone("mitigated")
    if began is None or ended is None or began.at is None or ended.at is None or ended.at < began.at:
        return None
    return int(seconds_between(began.at, ended.at))
