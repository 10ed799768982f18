"""Postmortems in stories: ``desk = Desk(room)``, then sentences.

desk.act("lead", verbs.SetOwner(user_id=desk.id_of("lead")))
assert desk.one().state is State.DRAFT
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from firebell.domain.incidents import verbs as incident_verbs
from firebell.domain.postmortems import verbs
from firebell.domain.postmortems.actions import ActionItem
from firebell.domain.postmortems.commands import Acted
from firebell.domain.postmortems.model import Evidence, Postmortem, Section
from firebell.workflows import postmortem_moves, postmortems_seen
from tests.incident_story import Room
from tests.workflows.incident_cast import staffed

KEPT = ("pages", "deliveries", "incidents", "updates", "postmortems", "action items", "recurrence", "verdicts")
"""Lines of the worker's list that a story of learning needs; it is months long."""


@dataclass(slots=True)
class Desk:
    """What a story says of postmortems. ``key`` names the one it is about: that of the room's incident."""

    room: Room
    key: str = ""

    def id_of(self, who: str) -> str:
        return self.room.id_of(who)

    # ---- what happens

    def act(self, who: str, verb: verbs.Verb) -> Acted:
        key = self.key or self.room.key
        story = self.room.story
        done: Acted = story.run(lambda work: postmortem_moves.act(work, key, verb), story.actor(who))
        story.settle()
        return done

    def write(self, who: str, section: Section, text: str) -> Acted:
        return self.act(who, verbs.SaveSection(section=section, text=text))

    def completed(self, who: str) -> None:
        """Everything the hard checks ask for, and one action item of ``who``."""
        self.write(who, Section.TIMELINE, TIMELINE)
        self.write(who, Section.IMPACT, "- Visible for: 40 min\n- Affected: 1200 customers could not pay")
        why = self.act(
            who,
            verbs.AddWhy(
                condition="The push tool takes an empty region list as every region; no limit per push",
                evidence=(Evidence(kind="diff", ref="https://git.example.com/d/17"),),
            ),
        ).made
        self.act(who, verbs.AddFactor(kind="config", text="One push reached every region", why_ids=(why,)))
        self.act(who, verbs.AddFactor(kind="review_gap", text="Review shows no list of targets", why_ids=(why,)))
        self.act(who, verbs.Classify(trigger="config_push", mitigated_by="rollback"))

    # ---- what can be seen

    def one(self) -> Postmortem:
        """As the house sees it."""
        key = self.key or self.room.key
        return self.room.story.house.runner.read(lambda read: postmortems_seen.one(read, key))

    def item(self, text: str = "") -> ActionItem:
        """The action item whose text holds this (the first)."""
        return next(one for one in self.one().document.actions if text in one.text)

    def seen_by(self, who: str, ask: Any) -> Any:
        """``ask(read)`` as a person."""
        story = self.room.story
        return story.house.runner.read(ask, story.actor(who))

    def facts(self, subject: str = "") -> list[str]:
        """Kinds of what the journal says of the postmortem, or of an action item."""
        wanted = subject or self.one().id
        return [one.kind for one in self.room.story.house.runner.read(lambda read: read.history(wanted))]

    def said(self, to: str) -> list[str]:
        """Notices to a person about postmortems and action items, in order."""
        sent = self.room.story.messages("notice")
        return [
            one.message.body
            for one in sent
            if one.to.partition(":")[2] == to and one.message.title.endswith("postmortem")
        ]


TIMELINE = """\
- 2026-01-05 08:50 UTC: Impact started: the push reached every region
- 2026-01-05 09:00 UTC: Detected by an alert on checkout errors
- 2026-01-05 09:30 UTC: Mitigated by a rollback
- 2026-01-05 10:00 UTC: Resolved"""


def desk_of(story: Any) -> Desk:
    """A staffed house whose worker does only what these stories are about."""
    room = staffed(story)
    worker = story.house.worker
    worker.lines = tuple(line for line in worker.lines if line.name in KEPT)
    return Desk(room)


def outage(desk: Desk, title: str = "Checkout fails in every region", severity: str = "SEV1", **more: Any) -> None:
    """An incident of the service checkout from declaration to the all-clear, commanded by chief."""
    room = desk.room
    more.setdefault("service_ids", (room.story.services["checkout"],))
    room.declare(title, severity, by="ann", **more)
    desk.key = ""
    if more.get("private"):
        room.act("boss", incident_verbs.Admit(user_id=room.id_of("chief")))
    room.act("chief", incident_verbs.TakeCommand())
    room.act("chief", incident_verbs.Edit(impact="Nobody can pay: every region refuses checkout."))
    room.act("chief", incident_verbs.AddNote(text="Follow-up: the push tool shows no list of targets"))
    room.act("chief", incident_verbs.Mitigate(note="the push was taken back"))
    room.act(
        "chief",
        incident_verbs.Resolve(
            all_clear="Checkout has recovered; no lingering effects, no data loss.", skip="A story has no time to wait."
        ),
    )
