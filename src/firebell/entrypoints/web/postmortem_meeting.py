"""Aids for the review meeting: agenda with its clocks, an opening statement, prompts against biases beside the
sentences they are about, question cards, attendance, decisions, and actions taken down while they are said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.model import RoleName
from firebell.domain.postmortems.blameless import Family
from firebell.domain.postmortems.model import Depth
from firebell.domain.services import queries as services
from firebell.entrypoints.web import postmortem_desk, postmortem_forms
from firebell.entrypoints.web.drafts import Draft
from firebell.entrypoints.web.names import look_up
from firebell.entrypoints.web.postmortem_desk import Desk
from firebell.entrypoints.web.session import Browser, Here
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant, plus
from firebell.kernel.work import Read
from firebell.workflows import postmortems_seen

router = APIRouter()
AGENDA: Sequence[tuple[str, int, int, str]] = (
    ("Read in silence", 10, 5, "Everybody reads the draft and notes what is missing or surprising."),
    ("Timeline", 10, 5, "What did you see then? Which entries are missing?"),
    ("Why-tree", 15, 5, "How was that possible? Branch until every leaf is something to change."),
    ("Actions", 15, 10, "One owner, one day, one end state for each; decline what will not be done."),
    ("Lessons", 5, 5, "What went well, what didn’t, where we got lucky."),
)
"""(part, minutes, minutes in a lite review, what it is for)."""
OPENING = (
    "We are here to learn how this became possible, not who did what. Everyone acted sensibly with what they knew and "
    "could see at that moment. We speak of conditions, tools and information. Whatever surprised you is worth saying."
)
CARDS: Sequence[tuple[str, Sequence[str]]] = (
    ("What was seen", ("What did you see then?", "What made this look normal?", "What did you expect to happen next?")),
    ("What was hard", ("What surprised you?", "What were you missing, and where did you look for it?",
                       "What took longer than it should?")),
    ("What saved us", ("Which part was luck?", "What worked better than planned?",
                       "What was known to one person only?")),
    ("What changes", ("What would have made it not matter?", "What would find it in a minute?",
                      "Which of these will still hold in a year?")),
)  # fmt: skip
_F = Family
BIASES: Sequence[tuple[str, str, frozenset[Family]]] = (
    ("Attribution", "Others’ acts seem to come from who they are, our own from the situation. What did it ask of them?",
     frozenset({_F.PERSON_AS_CAUSE, _F.CHARACTER, _F.OMISSION, _F.GUILT, _F.WRONG_QUESTION, _F.COMPLIANCE, _F.VERDICT,
                _F.ACCIDENT})),
    ("Hindsight", "Knowing the end makes the way look plain. Ask what else was plausible at 10:12.",
     frozenset({_F.COUNTERFACTUAL, _F.HINDSIGHT, _F.EXHORTATION})),
    ("Confirmation", "The first explanation collects evidence. Ask what would speak against it.",
     frozenset({_F.EARLY_CLOSING, _F.DEFLECTION})),
    ("Negativity", "What went wrong is louder than what held. Ask what kept it from being worse.",
     frozenset({_F.LOADED})),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the agenda. ``ends_at`` is known once the meeting has begun."""

    label: str
    minutes: int
    hint: str
    ends_at: Instant | None
    left_s: float


@dataclass(frozen=True, slots=True)
class Invitee:
    user_id: str
    name: str
    why: str
    came: bool


@dataclass(frozen=True, slots=True)
class Bias:
    name: str
    prompt: str
    quotes: Sequence[str]


@dataclass(frozen=True, slots=True)
class MeetingPage:
    """``teams``: of the services it touched, to be asked, too."""

    desk: Desk
    parts: Sequence[Part]
    opening: str
    invitees: Sequence[Invitee]
    teams: Sequence[str]
    biases: Sequence[Bias]
    due: str
    running: bool

    @property
    def cards(self) -> Sequence[tuple[str, Sequence[str]]]:
        return CARDS

    @property
    def minutes(self) -> int:
        return sum(one.minutes for one in self.parts)


@router.get("/postmortems/{key}/meeting")
def show(here: Here, key: str) -> Response:
    return page(here, key)


def page(here: Browser, key: str, refused: str = "", draft: Draft | None = None, status: int = 200) -> Response:
    def look(read: Read) -> MeetingPage:
        desk = postmortem_desk.look(here, read, key, {refused: draft} if draft else {}, refused)
        held, pm = desk.pm.meeting, desk.pm
        running = held.started_at is not None and held.ended_at is None
        return MeetingPage(
            desk=desk, parts=_parts(pm.depth, held.started_at if running else None, read.now),
            opening=held.opening or OPENING, invitees=_invitees(read, desk),
            teams=_teams(read, desk) if here.may(Permission.SERVICES_VIEW) else [],
            biases=_biases(read, desk), due=postmortem_forms.day_of(desk.latest, here.zone), running=running,
        )  # fmt: skip

    view = here.read(look)
    title = f"Review meeting: {view.desk.pm.reference}"
    return here.page("postmortems/meeting.html", view, title=title, nav="postmortems", status=status)


def _parts(depth: Depth, started_at: Instant | None, now: Instant) -> list[Part]:
    parts, at = [], started_at
    for label, minutes, lite, hint in AGENDA:
        length = lite if depth is Depth.LITE else minutes
        at = plus(at, length * 60) if at is not None else None
        parts.append(Part(label, length, hint, at, at.timestamp() - now.timestamp() if at is not None else 0.0))
    return parts


def _invitees(read: Read, desk: Desk) -> list[Invitee]:
    """Those who took part in the incident with what they were, the people of the document, and whoever came besides."""
    incident = incidents.incident(read, desk.pm.incident_id)
    titles = {one.name: one.display_name for one in incidents.roles(read)}
    why: dict[str, list[str]] = {}
    for one in incident.engagements:
        said = titles.get(one.role, one.role)
        if said not in why.setdefault(one.user_id, []):
            why[one.user_id].append(said)
    for user, said in ((desk.pm.owner_id, "owns it"), (desk.pm.facilitator_id, "facilitates")):
        if user:
            why.setdefault(user, []).append(said)
    for user in (*desk.pm.collaborator_ids, *desk.pm.meeting.attendance):
        why.setdefault(user, [])
    names = look_up(read, why)
    lead = [one.user_id for one in incident.engagements if one.role == RoleName.COMMS]
    return [
        Invitee(user, names.of(user), ", ".join(why[user]), user in desk.pm.meeting.attendance)
        for user in sorted(why, key=lambda user: (user not in lead, names.of(user)))
    ]  # fmt: skip


def _teams(read: Read, desk: Desk) -> list[str]:
    found = {s.team_id for s in services.services(read) if s.id in desk.pm.service_ids and s.team_id}
    names = look_up(read, found)
    return sorted(filter(None, (names.of(one) for one in found)))


def _biases(read: Read, desk: Desk) -> list[Bias]:
    found = [hit for hits in postmortems_seen.hits(read, desk.pm).values() for hit in hits]
    return [
        Bias(name, prompt, list(dict.fromkeys(hit.quote for hit in found if hit.family in families))[:4])
        for name, prompt, families in BIASES
    ]  # fmt: skip
