"""The grammar of chat: a line somebody typed becomes what they want, the same for every vendor.

``parse("task @ann 10m roll back", …)`` is an :class:`Act` with the verb the page's button would send. What only a
vendor knows (who ``<@U123>`` is) is handed in. A line that cannot be understood raises Invalid with the way to say it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from whenever import PlainDateTime, Time, ZonedDateTime

from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import Remedy, RoleName, Severity, TaskKind
from firebell.kernel.clock import Instant, micros, plus
from firebell.kernel.errors import Invalid

Finder = Callable[[str], str | None]
"""Who a word means: a user's id, or ``None``."""


@dataclass(frozen=True, slots=True)
class Declare:
    title: str
    severity: Severity | None


@dataclass(frozen=True, slots=True)
class Act:
    """One verb on the incident of this room. ``said`` is how the answer tells it ("Severity is SEV1 now.")."""

    verb: verbs.Verb
    said: str


@dataclass(frozen=True, slots=True)
class Accept:
    """Take command that was offered: first the brief is shown, then it is confirmed."""

    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Release:
    """These may go (empty: everybody but the roles)."""

    user_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """Wake people: persons by id, teams and schedules by name."""

    user_ids: tuple[str, ...]
    names: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Draft:
    """Words for an update; without any the form is opened. ``audience``: internal or public."""

    audience: str
    text: str


@dataclass(frozen=True, slots=True)
class Approve:
    pass


@dataclass(frozen=True, slots=True)
class Status:
    pass


@dataclass(frozen=True, slots=True)
class Help:
    pass


Wanted = Declare | Act | Accept | Release | Call | Draft | Approve | Status | Help

USAGE: Mapping[str, str] = {
    "declare": "declare [SEV1|SEV2|SEV3|SEV4] what is wrong",
    "take": "take (command)",
    "offer": "offer @person [note]",
    "accept": "accept",
    "decline": "decline why",
    "withdraw": "withdraw (the offer)",
    "sev": "sev 1 [reason] (a reason is needed to lower it)",
    "role": "role comms|deputy|liaison|scribe|responder @person",
    "task": "task @person 10m what to do",
    "ack": "ack (your task)",
    "done": "done [outcome] (your task)",
    "decide": "decide what we are about to do",
    "object": "object why (to the open proposal)",
    "adopt": "adopt (the open proposal)",
    "sizeup": "sizeup what is wrong",
    "hypothesis": "hypothesis what may be the cause",
    "update": "update [text for the team]",
    "post": "post [text for customers]",
    "approve": "approve (the update that waits)",
    "page": "page @person|team [more] why",
    "release": "release [@person …]",
    "status": "status",
    "mitigated": "mitigated [10:50] [rollback|fix|workaround|failover]",
    "clear": "clear the all-clear in one sentence",
    "resolve": "resolve the all-clear in one sentence",
    "reopen": "reopen why",
    "note": "note [at 10:31] what happened",
    "help": "help",
}
_ALIASES = {
    "severity": "sev", "take-command": "take", "command": "take", "mitigate": "mitigated", "?": "help", "say": "note",
    "propose": "decide", "size-up": "sizeup", "objection": "object", "acknowledge": "ack", "finish": "done",
}  # fmt: skip
_SEVERITY = re.compile(r"(?:sev-?)?([1-4])", re.IGNORECASE)
_MINUTES = re.compile(r"(\d{1,3})\s*(?:m|min|minutes?)", re.IGNORECASE)
_CLOCK = re.compile(r"(?:at\s+)?(\d{1,2}):(\d{2})\b\s*", re.IGNORECASE)


def parse(text: str, *, find: Finder, now: Instant, zone: str) -> Wanted:
    """What a line asks for. ``zone`` is the speaker's, for the times they name. Raises Invalid."""
    word, _, rest = text.strip().partition(" ")
    name = _ALIASES.get(word.casefold(), word.casefold())
    rest = rest.strip()
    if not name:
        return Status()
    reading = _READINGS.get(name)
    if reading is None:
        raise Invalid(
            f"“{word[:40]}” is not something I can do.", field="text", hint=f"Say one of: {', '.join(USAGE)}."
        )
    return reading(_Line(name, rest, find, now, zone))


@dataclass(slots=True)
class _Line:
    """What is left of a line while it is read from the left."""

    name: str
    rest: str
    find: Finder
    now: Instant
    zone: str

    def refuse(self, message: str) -> Invalid:
        return Invalid(message, field="text", hint=f"Say: {USAGE[self.name]}")

    def words(self, what: str) -> str:
        """All that is left; refused when nothing is."""
        if not self.rest:
            raise self.refuse(f"Say {what}.")
        return self.rest

    def person(self) -> str:
        """The next word must be somebody."""
        word, _, rest = self.rest.partition(" ")
        if not word:
            raise self.refuse("Say who.")
        found = self.find(word)
        if found is None:
            raise self.refuse(f"I do not know {word[:60]}.")
        self.rest = rest.strip()
        return found

    def people(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """As many leading persons, and names written ``team:…`` or ``schedule:…``, as there are."""
        persons: list[str] = []
        names: list[str] = []
        while self.rest:
            word, _, rest = self.rest.partition(" ")
            found = self.find(word)
            if found is not None:
                persons.append(found)
            elif word.partition(":")[0] in ("team", "schedule") and ":" in word:
                names.append(word)
            elif not persons and not names and not word.startswith(("@", "<@")):
                names.append(f"team:{word}")
            else:
                break
            self.rest = rest.strip()
        return tuple(persons), tuple(names)

    def clock(self) -> Instant | None:
        """A leading ``10:50`` or ``at 10:50`` in the speaker's zone: the last time the clock showed that."""
        found = _CLOCK.match(self.rest)
        if found is None:
            return None
        hour, minute = int(found[1]), int(found[2])
        if hour > 23 or minute > 59:
            raise self.refuse(f"{found[1]}:{found[2]} is no time of day.")
        self.rest = self.rest[found.end() :]
        return last_time(hour, minute, self.now, self.zone)


def last_time(hour: int, minute: int, now: Instant, zone: str) -> Instant:
    """The last instant at which a clock in ``zone`` showed ``hour:minute`` (of a repeated hour the later one)."""
    today: ZonedDateTime = now.to_tz(zone)
    for day in (today.date(), today.date().subtract(days=1)):
        wall: PlainDateTime = day.at(Time(hour, minute))
        at = wall.assume_tz(zone, disambiguation="later").to_instant()
        if micros(at) > micros(now):
            at = wall.assume_tz(zone, disambiguation="earlier").to_instant()
        if micros(at) <= micros(plus(now, 60)):
            return at
    raise AssertionError("yesterday has passed")


def _declare(line: _Line) -> Wanted:
    severity, title = _leading_severity(line.words("what is wrong"))
    if not title:
        raise line.refuse("Say what is wrong.")
    return Declare(title, severity)


def _leading_severity(text: str) -> tuple[Severity | None, str]:
    word, _, rest = text.partition(" ")
    found = _SEVERITY.fullmatch(word)
    if found is None or (len(word) == 1 and not rest):
        return None, text
    if word.isdigit():
        return None, text
    return Severity(f"SEV{found[1]}"), rest.strip()


def _sev(line: _Line) -> Wanted:
    word, _, reason = line.words("which severity").partition(" ")
    found = _SEVERITY.fullmatch(word)
    if found is None:
        raise line.refuse(f"“{word[:20]}” is no severity.")
    to = Severity(f"SEV{found[1]}")
    return Act(verbs.SetSeverity(to=to, reason=reason.strip()), f"Severity is {to} now.")


def _offer(line: _Line) -> Wanted:
    to = line.person()
    return Act(verbs.OfferCommand(to=to, note=line.rest), "Command is offered. It stays with you until it is accepted.")


def _role(line: _Line) -> Wanted:
    role, _, rest = line.words("which role").partition(" ")
    role = {"ic": "commander", "communications": "comms", "dep": "deputy"}.get(role.casefold(), role.casefold())
    if role == RoleName.COMMANDER:
        raise line.refuse("Command is taken or offered, not given: say “take” or “offer @person”.")
    line.rest = rest.strip()
    return Act(verbs.AssignRole(role=role, user_id=line.person()), f"The role {role} is given.")


def _task(line: _Line) -> Wanted:
    assignee = line.person()
    minutes = 10
    word, _, rest = line.rest.partition(" ")
    found = _MINUTES.fullmatch(word)
    if found:
        minutes, line.rest = int(found[1]), rest.strip()
    kind = TaskKind.HANDS_ON
    if line.rest.casefold().startswith("coordinate:"):
        kind, line.rest = TaskKind.COORDINATION, line.rest.partition(":")[2].strip()
    verb = verbs.AssignTask(text=line.words("what to do"), assignee_id=assignee, minutes=minutes, kind=kind)
    return Act(verb, f"Given, {minutes} min. Waiting for their ack.")


def _mitigated(line: _Line) -> Wanted:
    at = line.clock()
    word, _, rest = line.rest.partition(" ")
    remedy = Remedy.FIX
    if word.casefold() in [*Remedy]:
        remedy, line.rest = Remedy(word.casefold()), rest.strip()
    return Act(verbs.Mitigate(at=at, remedy=remedy, note=line.rest), "Mitigated: customer impact has stopped.")


def _note(line: _Line) -> Wanted:
    at = line.clock()
    return Act(verbs.AddNote(text=line.words("what happened"), at=at), "It is on the timeline.")


def _page(line: _Line) -> Wanted:
    persons, names = line.people()
    if not persons and not names:
        raise line.refuse("Say whom to page.")
    return Call(persons, names, line.words("why they are needed"))


def _release(line: _Line) -> Wanted:
    persons, names = line.people() if line.rest else ((), ())
    if names or line.rest:
        raise line.refuse(f"I do not know {(names or (line.rest,))[0].removeprefix('team:')[:60]}.")
    return Release(persons)


def _act(make: Callable[[_Line], verbs.Verb], said: str) -> Callable[[_Line], Wanted]:
    return lambda line: Act(make(line), said)


_READINGS: Mapping[str, Callable[[_Line], Wanted]] = {
    "declare": _declare,
    "take": _act(lambda _: verbs.TakeCommand(), "You have command."),
    "offer": _offer,
    "accept": lambda _: Accept(),
    "decline": _act(lambda line: verbs.DeclineCommand(offer="", reason=line.words("why")), "Declined."),
    "withdraw": _act(lambda _: verbs.WithdrawOffer(offer=""), "The offer is withdrawn."),
    "sev": _sev,
    "role": _role,
    "task": _task,
    "ack": _act(lambda _: verbs.AcknowledgeTask(), "It is yours."),
    "done": _act(lambda line: verbs.FinishTask(outcome=line.rest), "Done."),
    "decide": _act(
        lambda line: verbs.ProposeDecision(proposal=line.words("what is proposed")), "Any strong objections?"
    ),
    "object": _act(lambda line: verbs.Object(decision="", text=line.words("why")), "Your objection is on record."),
    "adopt": _act(lambda _: verbs.Adopt(decision=""), "Adopted."),
    "sizeup": _act(lambda line: verbs.AddSizeUp(wrong=line.words("what is wrong")), "Sized up."),
    "hypothesis": _act(lambda line: verbs.SuggestHypothesis(text=line.words("what may be the cause")), "Noted."),
    "update": lambda line: Draft("internal", line.rest),
    "post": lambda line: Draft("public", line.rest),
    "approve": lambda _: Approve(),
    "page": _page,
    "release": _release,
    "status": lambda _: Status(),
    "mitigated": _mitigated,
    "clear": _act(lambda line: verbs.Resolve(all_clear=line.words("the all-clear")), "All clear: resolved."),
    "resolve": _act(lambda line: verbs.Resolve(all_clear=line.words("the all-clear")), "All clear: resolved."),
    "reopen": _act(lambda line: verbs.Reopen(reason=line.words("why")), "Open again."),
    "note": _note,
    "help": lambda _: Help(),
}
