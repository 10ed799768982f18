"""What all pages of one postmortem share: the document, who looks at it, what may be done now and why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType

from markupsafe import Markup

from firebell.domain.people import queries as people
from firebell.domain.postmortems import actions, completeness, nagging, rules
from firebell.domain.postmortems.actions import ActionItem, ActionState
from firebell.domain.postmortems.completeness import Checked
from firebell.domain.postmortems.model import Audience, Postmortem, Section, State
from firebell.entrypoints.web import postmortem_words as words
from firebell.entrypoints.web.drafts import Choices, Draft
from firebell.entrypoints.web.incident_view import CROWD
from firebell.entrypoints.web.names import Names, look_up
from firebell.entrypoints.web.session import Browser
from firebell.kernel.clock import Instant, seconds_between
from firebell.kernel.errors import Refused
from firebell.kernel.work import Read
from firebell.workflows import postmortems_seen
from firebell.workflows.postmortems_seen import May

_BLANK = Draft()
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Move:
    """One verb of the process. ``why_not``: a sentence when it would be refused now."""

    verb: str
    label: str
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """One deadline. ``done_at``: when it was met. ``late_s`` counts from the deadline, 0 while there is time."""

    label: str
    due_at: Instant
    done_at: Instant | None
    late_s: float


@dataclass(frozen=True, slots=True)
class Desk:
    """One postmortem for one reader (``me``)."""

    pm: Postmortem
    me: str
    now: Instant
    zone: str
    may: May
    names: Names
    people: Choices
    checks: Sequence[Checked]
    deadlines: rules.Deadlines
    named: int
    """How many names of people stand in the text."""
    drafts: Mapping[str, Draft] = field(default_factory=dict)
    refused: str = ""

    @property
    def href(self) -> str:
        return f"/postmortems/{self.pm.id}"

    @property
    def words(self) -> ModuleType:
        return words

    @property
    def state(self) -> str:
        return words.STATES[self.pm.state]

    @property
    def writes(self) -> bool:
        """Whether this reader can change the document now."""
        return self.may.edit and self.pm.state in (State.DRAFT, State.IN_REVIEW)

    @property
    def acts(self) -> bool:
        """Whether this reader can work on the action items now: they go on after the text stands."""
        return self.may.edit and self.pm.state is not State.CLOSED

    @property
    def owns(self) -> bool:
        return self.me == self.pm.owner_id

    def form(self, verb: str, key: str = "") -> Draft:
        """What a form of ``verb`` shows: empty, or as it was sent when it was refused."""
        return self.drafts.get(f"{verb}:{key}", _BLANK)

    def name(self, user_id: str | None) -> str:
        return "Firebell" if user_id in ("system", "") else self.names.of(user_id) or "nobody"

    @property
    def crowd(self) -> bool:
        """Too many people for a select: one types a name."""
        return len(self.people) > CROWD

    def options(self, chosen: str, but: str = "") -> Markup:
        """People as options of a select."""
        marks = (
            Markup('<option value="{}"{}>{}</option>').format(id_, Markup(" selected") if id_ == chosen else "", name)
            for id_, name in self.people
            if id_ != but
        )
        return Markup("").join(marks)

    # ---- the process

    @property
    def moves(self) -> list[Move]:
        """The verbs that lead on from here, those that would be refused with the reason."""
        return [Move(verb, words.VERBS[verb], self.why_not(verb)) for verb in rules.moves_from(self.pm.state)]

    def why_not(self, verb: str) -> str:
        """Why this reader cannot do it now; empty: they can."""
        if not self.may.edit:
            return "You may read it; writing and reviewing need more rights."
        try:
            self._tried(verb)
        except Refused as error:
            return f"{error.message} {error.hint or ''}".strip()
        return ""

    def _tried(self, verb: str) -> None:
        reason = "because it is so"
        if verb == "submit":
            rules.submit(self.pm, (), self.now, self.me)
        elif verb == "request_changes":
            rules.request_changes(self.pm, reason)
        elif verb == "approve":
            rules.approve(self.pm, self.now, self.me)
        elif verb == "publish":
            rules.publish(self.pm, Audience.MEMBERS if self.pm.private else Audience.ORGANISATION, self.named, self.now)
        elif verb == "close":
            rules.close(self.pm, self.now)
        else:
            rules.revise(self.pm, reason)

    # ---- how complete, how late

    @property
    def score(self) -> int:
        return completeness.score(self.checks)

    @property
    def missing(self) -> list[Checked]:
        """What does not hold, the hard ones first, then by weight."""
        return sorted((one for one in self.checks if not one.holds), key=lambda one: (not one.hard, -one.weight))

    @property
    def hard_missing(self) -> list[Checked]:
        return [one for one in self.missing if one.hard]

    @property
    def nags(self) -> list[str]:
        """What is late, in words."""
        return [words.NAGS[one] for one in nagging.late(self.pm, self.deadlines, self.now)]

    @property
    def clocks(self) -> list[Clock]:
        """The deadlines in their order."""
        pm, until = self.pm, self.deadlines
        ready = pm.submitted_at or pm.reviewed_at or pm.published_at
        found = [self._clock("Draft ready, meeting booked", until.draft_at, ready)]
        if until.readable_at is not None:
            found.append(self._clock("Draft readable before the meeting", until.readable_at, ready))
        found.append(self._clock("Published", until.published_at, pm.published_at))
        left = [one for one in pm.document.actions if one.state is ActionState.COMMITTED]
        if any(one.state is not ActionState.DECLINED for one in pm.document.actions):
            done = max((one.done_at for one in pm.document.actions if one.done_at), default=pm.closed_at)
            found.append(self._clock("Promises kept", until.actions_at, None if left else done))
        return found

    def _clock(self, label: str, due_at: Instant, done_at: Instant | None) -> Clock:
        return Clock(label, due_at, done_at, max(0.0, seconds_between(due_at, done_at or self.now)))

    def days_late(self, item: ActionItem) -> int:
        """Whole days over; 0 while there is time, -1 when it is no open promise with a date."""
        if item.state is not ActionState.COMMITTED or item.due_at is None:
            return -1
        return max(0, int(seconds_between(item.due_at, self.now) // DAY_S)) if self.now > item.due_at else 0

    # ---- what is in it

    @property
    def latest(self) -> Instant:
        """When an action is due at the latest without a reason."""
        return actions.due_by(self.pm.peak, self.pm.resolved_at)

    def comments(self, section: Section | str) -> list[object]:
        return [one for one in self.pm.comments if one.section == section]

    @property
    def talk(self) -> int:
        """How many comments are open."""
        return sum(one.resolved_at is None for one in self.pm.comments)


def look(here: Browser, read: Read, key: str, drafts: Mapping[str, Draft] | None = None, refused: str = "") -> Desk:
    """Look up what every page of a postmortem needs. Raises NotFound for what this reader may not see."""
    pm = postmortems_seen.one(read, key)
    found = people.users(read)
    active = [(str(u.id), u.display_name or u.name) for u in found if u.active]
    first = {pm.owner_id, *pm.collaborator_ids}
    return Desk(
        pm=pm, me=here.me.id, now=read.now, zone=here.zone, may=postmortems_seen.may(read, pm),
        names=look_up(read, ids(pm)), people=sorted(active, key=lambda one: one[0] not in first),
        checks=postmortems_seen.checks(read, pm), deadlines=postmortems_seen.deadlines(read, pm),
        named=completeness.named(pm.document, postmortems_seen.names(read, pm)),
        drafts=drafts or {}, refused=refused,
    )  # fmt: skip


def ids(pm: Postmortem) -> Iterable[str | None]:
    """Everybody and everything a postmortem names by its id."""
    found: set[str | None] = {pm.owner_id, pm.facilitator_id, pm.investigator_id, pm.reviewed_by, pm.incident_id}
    found |= {*pm.collaborator_ids, *pm.service_ids, pm.team_id}
    found |= {x for one in pm.comments for x in (one.by, one.resolved_by)}
    found |= {x for one in pm.document.actions for x in (one.owner_id, one.team_id)}
    found |= {x for one in pm.document.factors for x in one.service_ids}
    found |= {one.by for one in pm.dismissals} | {one.by for one in pm.waivers}
    return found | set(pm.meeting.attendance)
