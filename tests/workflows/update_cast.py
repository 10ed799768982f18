"""Updates in a story: an incident with its people, a status page, and what its audiences were told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from firebell.domain.comms import queries as comms
from firebell.domain.comms.model import Audience, Clock, Draft, NewUpdate, Promise, Update
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents import verbs
from firebell.domain.incidents.declaration import Declaration
from firebell.domain.incidents.model import Incident, Severity
from firebell.domain.statuspage import commands as pages
from firebell.domain.statuspage import queries as page_queries
from firebell.domain.statuspage.model import PublicIncident
from firebell.kernel.clock import Instant, plus
from firebell.workflows import incident_declared, incident_moves, update_posted
from tests.story import Story
from tests.workflows.cast import without_watchmen

PEOPLE = ("ada", "bo", "cy", "dee", "eve")
"""Commander, Comms Lead, deputy, liaison, responder."""
BODY = "12 % of payments fail in Europe; rolling back change {}."


@dataclass
class Room:
    """``id`` of the incident; ``page_id`` and ``component_id`` of the status page (empty: there is none)."""

    story: Story
    id: str = ""
    page_id: str = ""
    component_id: str = ""
    said: int = 0
    ids: dict[str, str] = field(default_factory=dict)

    def do(self, who: str, verb: verbs.Verb) -> Incident:
        incident = self._told(who, verb)
        self.story.settle()
        return incident

    def assign(self, who: str, role: str) -> None:
        self.do("ada", verbs.AssignRole(role=role, user_id=self.story.users[who]))

    def take_places(self) -> None:
        """Everybody at once: the worker looks when all have their roles."""
        self._told("ada", verbs.TakeCommand())
        for who, role in (("bo", "comms"), ("cy", "deputy"), ("dee", "liaison"), ("eve", "responder")):
            self._told("ada", verbs.AssignRole(role=role, user_id=self.story.users[who]))
        self.story.settle()

    def _told(self, who: str, verb: verbs.Verb) -> Incident:
        done = self.story.run(lambda work: incident_moves.act(work, self.id, verb), self.story.actor(who))
        incident: Incident = done.incident
        return incident

    def post(self, who: str = "bo", audience: str = "internal", minutes: float | None = 15, **other: Any) -> Update:
        """Something new each time, unless ``body`` is given; the next one is promised in ``minutes``."""
        self.said += 1
        known: dict[str, Any] = {"body": BODY.format(self.said), "impact": "Payments fail."}
        known |= {"final": True} if minutes is None else {"next_update_by": self.in_minutes(minutes)}
        new = NewUpdate(audience=Audience(audience), **(known | other))
        made: Update = self.story.run(lambda work: update_posted.submit(work, self.id, new), self.story.actor(who))
        self.story.settle()
        return made

    def approve(self, update: Update, who: str = "ada", sha256: str | None = None) -> Update:
        made: Update = self.story.run(
            lambda work: update_posted.approve(work, update.id, sha256 or update.sha256), self.story.actor(who)
        )
        self.story.settle()
        return made

    def compose(self, audience: str = "internal", who: str = "bo") -> Draft:
        return self.story.house.runner.read(
            lambda read: update_posted.compose(read, self.id, audience), self.story.actor(who)
        )

    def in_minutes(self, minutes: float) -> Instant:
        return plus(self.story.clock.now(), minutes * 60)

    # ---- what can be seen

    def look(self, ask: Any) -> Any:
        return self.story.house.runner.read(ask)

    @property
    def incident(self) -> Incident:
        found: Incident = self.look(lambda read: incidents.incident(read, self.id))
        return found

    def updates(self, audience: str | None = None) -> list[Update]:
        found: list[Update] = self.look(lambda read: comms.updates(read, self.id, audience=audience, sent=True))
        return found

    def states(self) -> list[str]:
        return [one.state for one in self.look(lambda read: comms.updates(read, self.id))]

    def promises(self, audience: str = "internal") -> list[tuple[str, int]]:
        """(outcome, seconds late) of each promise to an audience, oldest first."""
        found: list[Promise] = self.look(lambda read: comms.promises(read, self.id))
        return [(str(one.outcome), one.late_s) for one in found if one.audience == audience]

    def clock(self, audience: str = "internal") -> Clock | None:
        found: dict[str, Clock] = self.look(lambda read: comms.clocks(read, self.id))
        return found.get(audience)

    def due_in_minutes(self, audience: str = "internal") -> float | None:
        clock = self.clock(audience)
        if clock is None or clock.due_at is None:
            return None
        return (clock.due_at.timestamp() - self.story.clock.now().timestamp()) / 60

    def facts(self, prefix: str = "update.") -> list[str]:
        entries = self.look(lambda read: read.history(self.id))
        return [entry.kind for entry in entries if entry.kind.startswith(prefix)]

    def reminded(self) -> list[tuple[str, str]]:
        """(audience, rung) of every reminder, in order."""
        entries = self.look(lambda read: read.history(self.id))
        return [(e.data["audience"], e.data["rung"]) for e in entries if e.kind == "update.reminded"]

    def notices(self, since: int = 0) -> list[tuple[str, str]]:
        """(person, title) of every notice from ``since`` on."""
        sent = [one for one in self.story.sent[since:] if one.message.kind == "notice"]
        return [(one.to.partition(":")[2], one.message.title) for one in sent]

    def public(self) -> list[PublicIncident]:
        found: list[PublicIncident] = self.look(lambda read: page_queries.of_incident(read, self.id))
        return found


def begin(
    story: Story, severity: str = "SEV1", *, page: bool = False, roles: bool = True, by: str = "eve", **declared: Any
) -> Room:
    """An incident that people respond to: ada commands, bo writes, cy is deputy, dee liaison, eve responds."""
    without_watchmen(story)
    for name in PEOPLE:
        if name not in story.users:
            story.person(name)
    room = Room(story)
    if page:
        room.page_id = story.run(lambda work: pages.create_page(work, slug="shop", name="Shop"))
        room.component_id = story.run(lambda work: pages.add_component(work, room.page_id, name="Checkout"))
    new = Declaration(
        **({"title": "Payments fail", "severity": Severity(severity), "impact": "Payments fail."} | declared)
    )
    room.id = story.run(lambda work: incident_declared.declare(work, new), story.actor(by)).id
    story.settle()
    if roles:
        room.take_places()
    return room
