"""What a line in chat does, and what is answered: the same for every vendor.

A refusal is an answer like any other: private, in our words, with what would help. Nothing is ever half done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from firebell.domain.comms import queries as comms
from firebell.domain.comms.model import Audience, UpdateState
from firebell.domain.escalation.model import Target, TargetKind
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents import verbs
from firebell.domain.incidents.declaration import Declaration
from firebell.domain.incidents.model import DecisionState, Detection, Incident, OfferState
from firebell.domain.oncall import queries as oncall
from firebell.domain.people import queries as people
from firebell.entrypoints.chat.verbs import (
    USAGE,
    Accept,
    Act,
    Approve,
    Call,
    Declare,
    Draft,
    Finder,
    Help,
    Release,
    Status,
    Wanted,
    parse,
)
from firebell.kernel.actor import Actor
from firebell.kernel.clock import plus
from firebell.kernel.errors import Conflict, Invalid, NotFound, Refused
from firebell.kernel.work import Read, Runner
from firebell.workflows import chat_told, chat_words, incident_declared, incident_moves, incident_words, update_posted


@dataclass(frozen=True, slots=True)
class Reply:
    """``private``: only the one who asked sees it. ``blocks``: the same for a vendor that can draw. ``form``: what to
    open instead of answering (``update internal``)."""

    text: str
    private: bool = True
    blocks: Sequence[dict[str, Any]] = ()
    form: str = ""
    refused: bool = False
    field: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who said it, where (the incident of the room, if it is one), and how they name people."""

    actor: Actor
    incident_id: str | None
    zone: str
    find: Finder
    url_of: Callable[[Incident], str]


@dataclass(frozen=True, slots=True)
class Conversation:
    """Talks to one installation."""

    runner: Runner
    command: str = "/incident"

    def line(self, asked: Asked, text: str) -> Reply:
        """Do what a line says."""
        try:
            wanted = parse(text, find=asked.find, now=self.runner.clock.now(), zone=asked.zone)
            return self.do(asked, wanted)
        except Refused as refused:
            return self.refusal(refused)

    def refusal(self, refused: Refused) -> Reply:
        """A refusal as an answer, with people called by their names."""
        words = refused.message + (f" {refused.hint}" if refused.hint else "")
        called = self.runner.read(lambda read: incident_words.with_names(read, words))
        return Reply(called, refused=True, field=refused.field or "")

    def do(self, asked: Asked, wanted: Wanted) -> Reply:
        """Do what is wanted. Raises Refused."""
        match wanted:
            case Help():
                return Reply("\n".join(f"{self.command} {usage}" for usage in USAGE.values()))
            case Declare():
                return self._declare(asked, wanted)
            case Status():
                return self._status(asked)
            case Act():
                return self._act(asked, wanted)
            case Accept():
                return self._accept(asked, wanted.confirmed)
            case Release():
                return self._release(asked, wanted.user_ids)
            case Call():
                return self._call(asked, wanted)
            case Draft():
                return self._draft(asked, wanted.audience, wanted.text)
            case Approve():
                return self._approve(asked)

    # ---- what each does

    def _declare(self, asked: Asked, wanted: Declare) -> Reply:
        made = self.runner.run(
            lambda work: incident_declared.declare(
                work,
                Declaration(
                    title=wanted.title, severity=wanted.severity, detection=Detection.PERSON, origin="chat"
                ),
            ),
            asked.actor,
        )  # fmt: skip
        return Reply(f"{chat_words.heading(made)} is declared. {asked.url_of(made)}", private=False)

    def _status(self, asked: Asked) -> Reply:
        def look(read: Read) -> Reply:
            if asked.incident_id is not None:
                one = incidents.incident(read, asked.incident_id)
                names = chat_told.names_of(read, one)
                card = chat_words.blocks(one, names, read.now, asked.url_of(one))
                return Reply(chat_words.text(one, names, read.now), blocks=card)
            active = incidents.active(read)
            if not active:
                return Reply(f"No active incident. {self.command} {USAGE['declare']}")
            return Reply("\n".join(f"{chat_words.heading(one)} ({asked.url_of(one)})" for one in active[:20]))

        return self.runner.read(look, asked.actor)

    def _act(self, asked: Asked, wanted: Act) -> Reply:
        incident_id = self._room(asked)
        verb = self._completed(asked, incident_id, wanted.verb)
        done = self.runner.run(lambda work: incident_moves.act(work, incident_id, verb), asked.actor)
        words = wanted.said if done.changed else "Nothing changed: it was so already."
        return Reply(" ".join([words, *done.warnings]), private=not done.changed)

    def _completed(self, asked: Asked, incident_id: str, verb: verbs.Verb) -> verbs.Verb:
        """In chat "the offer" and "the proposal" are the ones that are open."""
        one = self._incident(asked, incident_id)
        if isinstance(verb, verbs.DeclineCommand | verbs.WithdrawOffer) and not verb.offer:
            return replace(verb, offer=_open_offer(one))
        if isinstance(verb, verbs.Object | verbs.Adopt) and not verb.decision:
            return replace(verb, decision=_open_proposal(one))
        return verb

    def _accept(self, asked: Asked, confirmed: bool) -> Reply:
        incident_id = self._room(asked)
        one = self._incident(asked, incident_id)
        offer = _open_offer(one)
        if confirmed:
            verb = verbs.AcceptCommand(offer=offer, brief_read=True)
            return self._act(asked, Act(verb, "You have command."))

        def look(read: Read) -> str:
            return chat_words.text(one, chat_told.names_of(read, one), read.now)

        brief = self.runner.read(look, asked.actor)
        note = next((each.note for each in one.offers if each.id == offer), "")
        words = f"Before you accept, this is the brief.\n{brief}" + (f"\nNote: {note}" if note else "")
        confirm = chat_words.button("I have read it: accept", "accept_confirmed", one.id, style="primary")
        blocks = [*chat_words.section(words), {"type": "actions", "elements": [confirm]}]
        return Reply(f"{words}\nThe whole brief: {asked.url_of(one)}", blocks=blocks)

    def _release(self, asked: Asked, user_ids: tuple[str, ...]) -> Reply:
        one = self._incident(asked, self._room(asked))
        stay = tuple(who for who in one.holders("responder") if who not in user_ids) if user_ids else ()
        return self._act(asked, Act(verbs.ReleaseResponders(stay=stay), "Released, with thanks."))

    def _call(self, asked: Asked, wanted: Call) -> Reply:
        incident_id = self._room(asked)

        def call(work: Any) -> int:
            targets = [Target(TargetKind.USER, user_id) for user_id in wanted.user_ids]
            targets += [_named(work, name) for name in wanted.names]
            incident_moves.page_people(work, incident_id, targets, wanted.why)
            return len(targets)

        n = self.runner.run(call, asked.actor)
        return Reply(f"Paged {n}. You will see them here when they answer.", private=False)

    def _draft(self, asked: Asked, audience: str, text: str) -> Reply:
        incident_id = self._room(asked)
        if not text:
            return Reply("", form=f"update {audience}")
        return self.update(asked, incident_id, audience, text, None)

    def update(self, asked: Asked, incident_id: str, audience: str, text: str, next_min: int | None) -> Reply:
        """Send (or hand in for approval) an update. ``next_min``: minutes until the next; ``None``: as proposed."""

        def submit(work: Any) -> Reply:
            draft = update_posted.compose(work, incident_id, Audience(audience))
            new = replace(draft.new, body=text)
            if next_min is not None:
                new = replace(new, next_update_by=plus(work.now, next_min * 60))
            made = update_posted.submit(work, incident_id, new)
            if made.state == UpdateState.SENT:
                return Reply(f"Posted ({audience}):\n{made.body}", private=False)
            return Reply(f"It waits for the Incident Commander's approval: {self.command} approve", private=False)

        return self.runner.run(submit, asked.actor)

    def _approve(self, asked: Asked) -> Reply:
        incident_id = self._room(asked)

        def approve(work: Any) -> Reply:
            found = comms.updates(work, incident_id)
            waiting = [one for one in found if one.state == UpdateState.AWAITING_APPROVAL]
            if not waiting:
                raise Conflict("No update waits for approval.", hint=f"Write one: {self.command} {USAGE['post']}")
            newest = max(waiting, key=lambda one: one.id)
            made = update_posted.approve(work, newest.id, newest.sha256)
            return Reply(f"Approved and posted ({made.audience}):\n{made.body}", private=False)

        return self.runner.run(approve, asked.actor)

    # ---- where we are

    def _room(self, asked: Asked) -> str:
        if asked.incident_id is None:
            raise Invalid(
                "This channel belongs to no incident.", field="channel",
                hint=f"Say it in an incident's own channel, or begin one: {self.command} {USAGE['declare']}.",
            )  # fmt: skip
        return asked.incident_id

    def _incident(self, asked: Asked, incident_id: str) -> Incident:
        return self.runner.read(lambda read: incidents.incident(read, incident_id), asked.actor)


def _open_offer(one: Incident) -> str:
    found = next((each.id for each in one.offers if each.state is OfferState.OPEN), None)
    if found is None:
        raise Conflict("Command is not on offer.", hint="Whoever has it offers it: offer @person.")
    return found


def _open_proposal(one: Incident) -> str:
    found = [each.id for each in one.decisions if each.state is DecisionState.PROPOSED]
    if not found:
        raise Conflict("No proposal is open.", hint=f"Make one: {USAGE['decide']}.")
    return found[-1]


def _named(read: Read, name: str) -> Target:
    kind, _, rest = name.partition(":")
    if kind == "schedule":
        found = next((one for one in oncall.schedules(read) if one.name == rest), None)
        if found is not None:
            return Target(TargetKind.SCHEDULE, found.id)
    else:
        team = people.team_by_name(read, rest)
        if team is not None:
            return Target(TargetKind.TEAM, team.id)
    raise NotFound(f"There is no {kind} called {rest[:60]}.", field="text", hint=f"Say: {USAGE['page']}.")
