"""Incidents in stories: ``room = Room(story)``, then sentences.

room.declare("Checkout fails", "SEV1", by="ann")
room.act("ann", verbs.TakeCommand())
assert room.incident().commander_id == room.id_of("ann")
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from firebell.domain.alerts import queries as alert_queries
from firebell.domain.alerts.model import Alert, AlertState
from firebell.domain.incidents import configured, verbs
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.commands import Acted
from firebell.domain.incidents.declaration import Declaration
from firebell.domain.incidents.model import Incident, Severity
from firebell.kernel.actor import SYSTEM
from firebell.workflows import incident_declared, incident_moves, page_answered
from tests.story import Story


@dataclass(slots=True)
class Room:
    """What a story says of its incidents. ``key`` names the one it is about: the newest, unless another is chosen."""

    story: Story
    key: str = ""

    def id_of(self, who: str) -> str:
        return self.story.users[who]

    # ---- what happens

    def declare(
        self, title: str = "", severity: str | None = None, *, by: str | None = None, alerts: Sequence[str] = (),
        **more: Any,
    ) -> Incident:  # fmt: skip
        """``alerts``: by the words they were received with."""
        new = Declaration(title=title, severity=Severity(severity) if severity else None, **more)
        ids = [self.story.alert_ids[what] for what in alerts]
        actor = self.story.actor(by) if by else SYSTEM
        made: Incident = self.story.run(lambda work: incident_declared.declare(work, new, alert_ids=ids), actor)
        self.key = made.id
        self.story.settle()
        return self.incident()

    def act(self, who: str, verb: verbs.Verb) -> Acted:
        key = self.incident().id
        done: Acted = self.story.run(lambda work: incident_moves.act(work, key, verb), self.story.actor(who))
        self.story.settle()
        return done

    def come(self, who: str, asked: str = "") -> str:
        """``who`` acknowledges the newest call (whose key ends in ``asked``)."""
        call = next(one for one in reversed(self.calls()) if one.dedup_key.endswith(asked))
        done = self.story.run(
            lambda work: page_answered.acknowledge(work, call.id, "test", user_id=self.id_of(who), name=who),
            self.story.actor(who),
        )
        self.story.settle()
        return str(done.outcome)

    def configure(self, **settings: Any) -> None:
        """Settings of incidents."""
        self.story.run(
            lambda work: configured.set_settings(work, replace(incidents.settings(work), **settings))  # type: ignore[arg-type]
        )

    def stands_behind(self, role: str, word: str) -> None:
        """A role is paged at a person, schedule or team of the story."""
        target = self.story.target(word)

        def change(work: Any) -> None:
            page = f"{target.kind}:{target.id}"
            configured.set_roles(
                work, [replace(one, page=page) if one.name == role else one for one in incidents.roles(work)]
            )

        self.story.run(change)

    # ---- what can be seen

    def incident(self, key: str = "") -> Incident:
        """This one; by number or id another; before any was declared here, the newest of all."""

        def look(read: Any) -> Incident:
            wanted = key or self.key
            return incidents.incident(read, wanted) if wanted else incidents.incident_list(read, limit=1)[0]

        return self.story.house.runner.read(look)

    def all(self) -> list[Incident]:
        """Every incident, oldest first."""
        return list(reversed(self.story.house.runner.read(incidents.incident_list)))

    def commander(self) -> str | None:
        found = self.incident().commander_id
        return self.story.names[found] if found else None

    def holder(self, role: str) -> str | None:
        found = self.incident().holder(role)
        return self.story.names[found] if found else None

    def facts(self) -> list[str]:
        """Kinds of what its journal says, in order."""
        key = self.incident().id
        return [one.kind for one in self.story.house.runner.read(lambda read: read.history(key))]

    def fact(self, kind: str) -> dict[str, Any]:
        """The newest fact of a kind."""
        key = self.incident().id
        entries = self.story.house.runner.read(lambda read: read.history(key))
        return dict(next(one for one in reversed(entries) if one.kind == kind).data)

    def notices(self, to: str | None = None) -> list[str]:
        """What notices said (to one person), in order."""
        sent = self.story.messages("notice")
        return [one.message.body for one in sent if to is None or one.to.partition(":")[2] == to]

    def calls(self) -> list[Alert]:
        """Firebell's own alerts of this incident that are not over, oldest first."""
        prefix = f"incident:{self.incident().id}:"
        return self.story.house.runner.read(lambda read: alert_queries.own(read, prefix))

    def ringing(self) -> list[str]:
        """What is called for and has not been answered: ``command``, ``role:comms``, ``asked:ann`` …"""
        found = [one.dedup_key.partition(":")[2].partition(":")[2] for one in self.calls() if _rings(one)]
        return [word if not word.startswith("asked:usr_") else f"asked:{self.story.names[word[6:]]}" for word in found]


def _rings(one: Alert) -> bool:
    return one.state == AlertState.OPEN
