"""What must hold between an incident and what the public reads of it: C1 to C10 of incidents.md 8.6, as pure questions.

Each answer names what disagrees, since when that can be known (else it counts from when it is first seen), and what
would mend it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from firebell.domain.comms import rules
from firebell.domain.comms.model import Audience, Clock, Situation
from firebell.domain.incidents.model import Incident, MilestoneName, Phase
from firebell.domain.statuspage.maintenance_model import Maintenance
from firebell.domain.statuspage.model import Component, ComponentStatus, PublicIncident, PublicStatus, StatusPage
from firebell.kernel.clock import Instant, micros, plus, seconds_between

MINUTE_S = 60
LONG_MAINTENANCE_S = 86_400
AFTER_S: Mapping[str, int] = {
    "C1": 5 * MINUTE_S, "C2": 5 * MINUTE_S, "C3": 5 * MINUTE_S, "C4": 10 * MINUTE_S, "C5": 0, "C6": 30 * MINUTE_S,
    "C7": 0, "C8": 10 * MINUTE_S, "C9": 0, "C10": 5 * MINUTE_S,
}  # fmt: skip
"""How long a disagreement may last before somebody is alerted."""
_BAD = (ComponentStatus.PARTIAL, ComponentStatus.MAJOR)
_OVER = (Phase.RESOLVED, Phase.POSTMORTEM, Phase.FOLLOW_UP, Phase.CLOSED)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """``key`` is the rule and what it is about; ``what`` a sentence; ``fix`` words for the button. ``since_at``
    ``None``: counted from when it is first seen. ``incident_id`` / ``public_id`` / ``page_id`` / ``subject_id`` (a
    component or a maintenance) are what the fix works on."""

    key: str
    rule: str
    what: str
    fix: str
    since_at: Instant | None = None
    incident_id: str | None = None
    page_id: str | None = None
    public_id: str | None = None
    subject_id: str | None = None


@dataclass(frozen=True, slots=True)
class World:
    """What there is to compare. ``said``: what is public of an incident, open or not, by its id; ``pages``: each with
    its components and open incidents; ``hidden``: ids of components that are not shown."""

    now: Instant
    incidents: Mapping[str, tuple[Incident, Situation]]
    clocks: Mapping[str, Clock] = field(default_factory=dict)
    said: Mapping[str, Sequence[PublicIncident]] = field(default_factory=dict)
    pages: Sequence[tuple[StatusPage, Sequence[Component], Sequence[PublicIncident]]] = ()
    hidden: frozenset[str] = frozenset()
    overdue: Sequence[Maintenance] = ()
    status_of: Mapping[str, PublicStatus] = field(default_factory=dict)

    def behind(self, public: PublicIncident) -> Incident | None:
        """The internal incident behind a public one, a drill's not counting."""
        found = self.incidents.get(public.incident_id or "")
        return found[0] if found is not None else None

    @property
    def open(self) -> Iterator[tuple[StatusPage, PublicIncident]]:
        for page, _, public in self.pages:
            for one in public:
                yield page, one

    def latest(self, incident_id: str) -> PublicIncident | None:
        """The newest thing said of an incident."""
        return max(self.said.get(incident_id, ()), key=lambda one: (one.started_at, one.id), default=None)


def broken(world: World) -> list[Disagreement]:
    """Everything that disagrees now, in the order of the rules."""
    return [one for rule in RULES for one in rule(world)]


def _c1(world: World) -> Iterator[Disagreement]:
    for incident, at in world.incidents.values():
        clock = world.clocks.get(incident.id)
        if at.major and not world.said.get(incident.id) and rules.wanted(at, Audience.PUBLIC, listeners=_told(world)):
            yield Disagreement(
                f"C1:{incident.id}", "C1", f"{incident.reference} affects customers and nothing is public.",
                "post the template", clock.started_at if clock is not None else None, incident.id,
            )  # fmt: skip


def _told(world: World) -> bool:
    return any(not page.disabled for page, _, _ in world.pages)


def _c2(world: World) -> Iterator[Disagreement]:
    known = {str(one.id): one for _, components, _ in world.pages for one in components}
    for page, public in world.open:
        theirs = [known[each] for each in public.components if each in known]
        if theirs and all(one.status == ComponentStatus.OPERATIONAL for one in theirs):
            since = max([public.started_at, *(one.status_since for one in theirs)], key=micros)
            yield Disagreement(
                f"C2:{public.id}", "C2", f"“{public.name}” is open on {page.name} and all its components work.",
                "set components or resolve", since, public.incident_id, page.id, public.id,
            )  # fmt: skip


def _c3(world: World) -> Iterator[Disagreement]:
    for page, components, public in world.pages:
        spoken_of = {each for one in public for each in one.components}
        for one in components:
            if not one.is_group and one.status in _BAD and one.id not in spoken_of:
                yield Disagreement(
                    f"C3:{one.id}", "C3", f"{one.name} on {page.name} is down and no public incident says why.",
                    "open one", one.status_since, None, page.id, None, one.id,
                )  # fmt: skip


def _c4(world: World) -> Iterator[Disagreement]:
    for page, public in world.open:
        incident = world.behind(public)
        if incident is not None and incident.phase in _OVER:
            mark = incident.milestone(MilestoneName.RESOLVED)
            yield Disagreement(
                f"C4:{public.id}", "C4",
                f"{incident.reference} is resolved and “{public.name}” is open on {page.name}.",
                "post the resolution", mark.recorded_at if mark is not None else None, incident.id, page.id, public.id,
            )  # fmt: skip


def _c5(world: World) -> Iterator[Disagreement]:
    for incident, _ in world.incidents.values():
        public = world.latest(incident.id)
        early = incident.phase in (Phase.TRIAGE, Phase.RESPONDING)
        if early and public is not None and not public.open:
            yield Disagreement(
                f"C5:{public.id}", "C5", f"“{public.name}” is resolved and {incident.reference} is not even mitigated.",
                "reopen the public incident", None, incident.id, public.page_id, public.id,
            )  # fmt: skip


def _c6(world: World) -> Iterator[Disagreement]:
    for page, public in world.open:
        if public.status == PublicStatus.INVESTIGATING:
            last = max([one.created_at for one in public.updates] or [public.created_at], key=micros)
            if seconds_between(last, world.now) < AFTER_S["C6"]:
                continue
            yield Disagreement(
                f"C6:{public.id}", "C6", f"“{public.name}” on {page.name} has said investigating for 30 min.",
                "post an update or mark it identified", last, public.incident_id, page.id, public.id,
            )  # fmt: skip


def _c7(world: World) -> Iterator[Disagreement]:
    for one in world.overdue:
        yield Disagreement(
            f"C7:{one.id}", "C7", f"The maintenance “{one.name}” is past its end.", "extend or complete it",
            None, None, one.page_id, None, one.id,
        )  # fmt: skip
    for page, components, _ in world.pages:
        for each in components:
            at_work = each.status == ComponentStatus.UNDER_MAINTENANCE
            if at_work and seconds_between(each.status_since, world.now) > LONG_MAINTENANCE_S:
                yield Disagreement(
                    f"C7:{each.id}", "C7", f"{each.name} on {page.name} has been under maintenance for over a day.",
                    "say how it is", None, None, page.id, None, each.id,
                )  # fmt: skip


def _c8(world: World) -> Iterator[Disagreement]:
    for page, public in world.open:
        incident = world.behind(public)
        if incident is None or not incident.active:
            continue
        expected = world.status_of[incident.id]
        if public.status != expected:
            yield Disagreement(
                f"C8:{public.id}", "C8",
                f"“{public.name}” on {page.name} says {public.status} while {incident.reference} is {incident.phase}.",
                f"align it with {expected}", None, incident.id, page.id, public.id,
            )  # fmt: skip


def _c9(world: World) -> Iterator[Disagreement]:
    for incident, _ in world.incidents.values():
        if incident.private and (incident.component_ids or world.said.get(incident.id)):
            yield Disagreement(
                f"C9:{incident.id}", "C9", f"{incident.reference} is private and tied to something public.",
                "unlink it", None, incident.id,
            )  # fmt: skip


def _c10(world: World) -> Iterator[Disagreement]:
    for page, components, _ in world.pages:
        for one in components:
            degraded = one.status in (ComponentStatus.DEGRADED, *_BAD)
            if degraded and not one.is_group and (page.disabled or one.id in world.hidden):
                why = f"{page.name} is disabled" if page.disabled else f"hidden on {page.name}"
                yield Disagreement(
                    f"C10:{one.id}", "C10", f"{one.name} is degraded and nobody can see it: {why}.", "show it",
                    one.status_since, None, page.id, None, one.id,
                )  # fmt: skip


RULES: tuple[Callable[[World], Iterator[Disagreement]], ...] = (
    _c1, _c2, _c3, _c4, _c5, _c6, _c7, _c8, _c9, _c10,
)  # fmt: skip


def subject(one: Disagreement) -> str:
    """Whose timeline it belongs to: the incident's, else that of the thing it is about."""
    return one.incident_id or one.subject_id or one.public_id or one.page_id or one.key


def ripe_at(one: Disagreement, first_seen_at: Instant) -> Instant:
    """When a disagreement has lasted long enough for somebody to be alerted."""
    return plus(one.since_at if one.since_at is not None else first_seen_at, AFTER_S[one.rule])
