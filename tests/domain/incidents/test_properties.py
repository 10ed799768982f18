"""Whatever people say in whatever order, and however late the worker comes by: what must never be, never is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from firebell.domain.incidents import document, rules, verbs
from firebell.domain.incidents.model import (
    ACTIVE,
    DeclineReason,
    Incident,
    Kind,
    MilestoneName,
    OfferState,
    Override,
    Phase,
    Remedy,
    Rule,
    Settings,
    Severity,
    TaskKind,
    TaskState,
)
from firebell.domain.incidents.outcome import EffectKind
from firebell.domain.incidents.verbs import Verb
from firebell.kernel.clock import Instant, plus, seconds_between
from firebell.kernel.errors import Refused
from tests.domain.incidents.room import ANN, BOB, CAT, CLEAR, DAN, EVERYBODY, REASON, Room, declared, in_phase
from tests.effort import examples

HARD = (Severity.SEV1, Severity.SEV2, None)
WINDOWS_S = {Severity.SEV1: 1800, Severity.SEV2: 1200, Severity.SEV3: 600, Severity.SEV4: 0}


@dataclass(frozen=True)
class Step:
    """One thing somebody says, and how long nobody said anything before.

    ``pick`` chooses among what there is (an offer, a task); ``late``: the worker was away; ``likely``: somebody who may
    says something that is possible now, without which most of a random sequence is refusals.
    """

    who: str
    other: str
    verb: int
    pick: int
    severity: Severity
    minutes: float
    late: bool
    good: bool
    likely: bool
    turn: int


PEOPLE = st.sampled_from(EVERYBODY)
STEPS = st.lists(
    st.builds(
        Step,
        who=st.sampled_from((*EVERYBODY, "")),
        other=PEOPLE,
        verb=st.integers(0, 1000),
        pick=st.integers(0, 5),
        severity=st.sampled_from(Severity),
        minutes=st.sampled_from((0, 0, 0, 0.5, 2, 5, 10, 12, 15, 31, 250)),
        late=st.booleans(),
        good=st.booleans(),
        likely=st.sampled_from((True, True, True, True, False)),
        turn=st.integers(0, 5),
    ),
    min_size=8,
    max_size=40,
)


def _of(ids: Sequence[str], pick: int) -> str:
    return ids[pick % len(ids)] if ids else "none_1"


def _offer(i: Incident, s: Step) -> str:
    still = [one.id for one in i.offers if one.state == OfferState.OPEN]
    return _of(still if s.good else [one.id for one in i.offers], s.pick)


def _task(i: Incident, s: Step) -> str:
    return _of([one.id for one in i.tasks], s.pick)


def _criterion(i: Incident, s: Step) -> str:
    return _of([one.id for one in i.criteria], s.pick)


Makes = Callable[[Incident, Step], Verb]
ROLES = ("comms", "deputy", "scribe", "responder", "observer", "comms", "commander")
MAKERS: tuple[Makes, ...] = (
    lambda i, s: verbs.TakeCommand(),
    lambda i, s: verbs.TakeCommand(),
    lambda i, s: verbs.OfferCommand(to=s.other),
    lambda i, s: verbs.OfferCommand(to=s.other),
    lambda i, s: verbs.AcceptCommand(offer=_offer(i, s), brief_read=True),
    lambda i, s: verbs.AcceptCommand(offer=_offer(i, s), brief_read=s.good, comms_to=s.other, tasks_to=s.other),
    lambda i, s: verbs.DeclineCommand(offer=_offer(i, s), reason="No."),
    lambda i, s: verbs.WithdrawOffer(offer=_offer(i, s)),
    lambda i, s: verbs.AskCommandCheck(),
    lambda i, s: verbs.AnswerCommandCheck(),
    lambda i, s: verbs.SeizeCommand(reason=REASON),
    lambda i, s: verbs.StepDown(),
    lambda i, s: verbs.LoseCommander(),
    lambda i, s: verbs.AssignRole(role=ROLES[s.pick], user_id=s.other),
    lambda i, s: verbs.AssignRole(role=ROLES[s.pick], user_id=s.who),
    lambda i, s: verbs.AssignRole(role="comms", user_id=s.other),
    lambda i, s: verbs.LeaveRole(role=ROLES[s.pick], user_id=s.other),
    lambda i, s: verbs.AddOverride(
        rule=list(Rule)[s.pick % 3], user_id=s.other, minutes=[5, 15, 60][s.pick % 3], reason=f"{REASON} {s.verb}"
    ),
    lambda i, s: verbs.SetSeverity(to=s.severity, reason=REASON if s.good else ""),
    lambda i, s: verbs.SetSeverity(to=s.severity, reason=REASON),
    lambda i, s: verbs.AssignTask(text="Look", assignee_id=s.other, kind=list(TaskKind)[s.pick % 2]),
    lambda i, s: verbs.AssignTask(text="Look", assignee_id=i.commander_id or s.other),
    lambda i, s: verbs.ReassignTask(task=_task(i, s), assignee_id=s.other),
    lambda i, s: verbs.AcknowledgeTask(task=_task(i, s)),
    lambda i, s: verbs.FinishTask(task=_task(i, s), outcome="Done."),
    lambda i, s: verbs.ReleaseResponders(stay=(s.other,)),
    lambda i, s: verbs.Engage(),
    lambda i, s: verbs.Edit(impact="Orders fail."),
    lambda i, s: verbs.Mitigate(remedy=Remedy.ROLLBACK),
    lambda i, s: verbs.Mitigate(remedy=Remedy.FIX),
    lambda i, s: verbs.AddCriterion(text=f"Criterion {s.pick}"),
    lambda i, s: verbs.TickCriterion(criterion=_criterion(i, s), value="ok"),
    lambda i, s: verbs.UntickCriterion(criterion=_criterion(i, s)),
    lambda i, s: verbs.LinkAlert(alert_id=f"alr_{s.pick}", open=s.good),
    lambda i, s: verbs.NoteAlert(alert_id=f"alr_{s.pick}", open=s.good),
    lambda i, s: verbs.Resolve(all_clear=CLEAR),
    lambda i, s: verbs.Resolve(all_clear=CLEAR),
    lambda i, s: verbs.Resolve(all_clear="It is well.", skip=REASON if s.good else ""),
    lambda i, s: verbs.StartPostmortem(owner_id=s.other),
    lambda i, s: verbs.SkipPostmortem(reason=REASON),
    lambda i, s: verbs.CompletePostmortem(),
    lambda i, s: verbs.CompletePostmortem(),
    lambda i, s: verbs.Close(),
    lambda i, s: verbs.SeizeCommand(reason=REASON),
    lambda i, s: verbs.Resolve(all_clear=CLEAR, skip=REASON),
    lambda i, s: verbs.Reopen(reason=REASON),
    lambda i, s: verbs.Decline(reason=DeclineReason.FALSE_ALARM) if s.pick == 0 else verbs.Tick(),
    lambda i, s: verbs.MarkDuplicate(of="inc_2") if s.pick == 0 else verbs.Tick(),
    lambda i, s: verbs.Merge(into="inc_2") if s.pick == 0 else verbs.Tick(),
    lambda i, s: verbs.Tick(),
)
HOUSE = (verbs.LoseCommander, verbs.NoteAlert, verbs.Tick)


def _holders(incident: Incident, role: str) -> list[str]:
    return [e.user_id for e in incident.engagements if e.role == role and e.until_at is None]


def _lifted(overrides: Sequence[Override], rule: Rule, user_id: str, now: Instant) -> bool:
    return any(o.rule == rule and o.user_id == user_id and o.at <= now < o.expires_at for o in overrides)


def holds_always(room: Room) -> None:
    """What must be true of every incident at every moment, said without the rules' own words for it."""
    i, now = room.incident, room.now
    commanders = _holders(i, "commander")
    assert len(commanders) <= 1, "two commanders"
    for role in ("deputy", "comms", "liaison", "scribe"):
        assert len(_holders(i, role)) <= 1
    if commanders and i.severity in HARD and i.kind != Kind.BACKFILLED:
        (one,) = commanders
        works = [t for t in i.tasks if t.assignee_id == one and t.state == "open" and t.kind == "hands_on"]
        if one in _holders(i, "comms"):
            assert _lifted(i.overrides, Rule.COMMANDER_IS_COMMS, one, now)
        if works:
            assert _lifted(i.overrides, Rule.COMMANDER_HANDS_ON, one, now)
    assert not set(commanders) & set(_holders(i, "deputy")), "nobody stands by for themselves"
    assert i.due_at is None or i.due_at > now, "a deadline in the past"
    assert (i.commandless_since is not None) == (not commanders and i.phase in ACTIVE and i.kind != Kind.BACKFILLED)
    assert sum(one.state == OfferState.OPEN for one in i.offers) <= 1
    had = [span.severity for span in i.spans if span.severity is not None]
    assert i.peak == (min(had) if had else None)
    if i.phase in (Phase.CLOSED, Phase.DECLINED, Phase.DUPLICATE):
        assert i.engaged_ids == ()
        assert i.due_at is None
    assert document.decode(document.encode(i)) == i
    _commands_do_not_overlap(i, now)


def _commands_do_not_overlap(i: Incident, now: Instant) -> None:
    held = [(e.since_at, e.until_at or plus(now, 1)) for e in i.engagements if e.role == "commander"]
    for (_, ended), (began, _) in pairwise(held):
        assert ended <= began, "command was held twice at one time"


def is_verified(before: Incident, now: Instant) -> bool:
    """Whether the incident may be resolved with a good all-clear, by the words of the specification."""
    window_s = WINDOWS_S[before.peak or Severity.SEV2]
    stable = before.stable_since is not None and seconds_between(before.stable_since, now) >= window_s
    return stable and all(c.ticked_by for c in before.criteria) and not any(a.open for a in before.alerts)


def said(room: Room, step: Step) -> tuple[str, Verb]:
    """Who says what."""
    if not step.likely:
        verb = MAKERS[step.verb % len(MAKERS)](room.incident, step)
        return ("" if isinstance(verb, HOUSE) else step.who), verb
    open_to = [one.to_id for one in room.incident.offers if one.state == OfferState.OPEN]
    owner = room.incident.postmortem_owner_id
    turns = (*open_to, room.commander or step.who or ANN, owner or room.commander or ANN, step.who or ANN)
    who = turns[step.turn % len(turns)]
    listed = rules.legal(room.incident, room.asking(who))
    made = [make(room.incident, step) for make in MAKERS]
    possible = [one for one in made if str(one.__struct_config__.tag) in listed]
    return who, possible[step.verb % len(possible)]


def play(room: Room, steps: Sequence[Step]) -> None:
    for step in steps:
        if step.late:
            room.now = plus(room.now, step.minutes * 60)
        else:
            room.wait(step.minutes)
            holds_always(room)
        who, verb = said(room, step)
        ticked = rules.apply(room.incident, verbs.Tick(), room.asking()).incident
        listed = rules.legal(ticked, room.asking(who))
        before, kept = room.incident, document.encode(room.incident)
        try:
            outcome = room.say(who, verb)
        except Refused:
            assert room.incident is before
            assert document.encode(room.incident) == kept
            room.say("", verbs.Tick())
        else:
            _was_allowed(room, ticked, verb, who, listed)
            if outcome.incident.phase == Phase.RESOLVED != before.phase:
                skipped = [one for one in outcome.incident.skipped if one.at == room.now]
                good = isinstance(verb, verbs.Resolve) and verb.all_clear == CLEAR
                assert (is_verified(before, room.now) and good) or skipped, "resolved without verification"
                assert outcome.incident.all_clear
                assert room.incident.milestone(MilestoneName.RESOLVED) is not None
        holds_always(room)


def _was_allowed(room: Room, ticked: Incident, verb: Verb, who: str, listed: Sequence[str]) -> None:
    tag = str(verb.__struct_config__.tag)
    if isinstance(verb, HOUSE) or tag in listed:
        return
    # A second click on what is already so is no refusal; nothing but clocks and signs of life may come of it.
    assert room.incident.phase == ticked.phase
    assert room.incident.engagements == ticked.engagements
    assert room.incident.severity == ticked.severity


@settings(max_examples=examples(80, soak=5000), deadline=None)
@given(
    st.sampled_from((*Severity, None)),
    st.sampled_from((Settings(), Settings(commander_ids=(ANN, BOB)))),
    st.sampled_from((Kind.NORMAL, Kind.DRILL, Kind.BACKFILLED)),
    st.frozensets(PEOPLE, max_size=2),
    st.sampled_from((Phase.TRIAGE, Phase.TRIAGE, Phase.RESPONDING, Phase.MITIGATED, Phase.RESOLVED)),
    STEPS,
)
def test_no_sequence_of_events_breaks_command_or_verification(
    severity: Severity | None, configured: Settings, kind: Kind, primary_ids: frozenset[str], start: Phase,
    steps: list[Step],
) -> None:  # fmt: skip
    more: dict[str, Any] = {"settings": configured, "kind": kind, "primary_ids": primary_ids, "may_waive": True}
    if start == Phase.TRIAGE:
        room = declared(severity, others=frozenset({("inc_2", Phase.RESPONDING)}), **more)
    else:
        room = in_phase(start, severity or Severity.SEV2, **more)
    play(room, steps)


@settings(max_examples=examples(25, soak=2000), deadline=None)
@given(STEPS)
def test_a_second_tick_at_the_same_time_is_nothing(steps: list[Step]) -> None:
    room = declared(Severity.SEV1, may_waive=True)
    play(room, steps)
    before = room.incident
    outcome = room.say("", verbs.Tick())
    assert outcome.incident is before
    assert (outcome.facts, outcome.effects) == ((), ())


@settings(max_examples=examples(25, soak=2000), deadline=None)
@given(STEPS)
def test_whoever_is_late_or_punctual_ends_with_the_same_roles(steps: list[Step]) -> None:
    """The worker's delays change who was told when, not who holds what once somebody has looked."""
    punctual, late = declared(Severity.SEV1), declared(Severity.SEV1)
    for step in steps[:12]:
        punctual.wait(step.minutes)
        late.now = plus(late.now, step.minutes * 60)
        who, verb = said(punctual, step)
        for room in (punctual, late):
            try:
                room.say(who, verb)
            except Refused:
                room.say("", verbs.Tick())
        assert punctual.incident.phase == late.incident.phase
        assert {(e.role, e.user_id) for e in punctual.incident.engagements if e.until_at is None} == {
            (e.role, e.user_id) for e in late.incident.engagements if e.until_at is None
        }


def test_the_sequences_reach_what_they_are_to_break() -> None:
    """By hand, the ways through that random sequences are to find: so that the property is not true of nothing."""
    room = declared(Severity.SEV3)
    room.say(ANN, verbs.TakeCommand(), verbs.AssignRole(role="comms", user_id=ANN))
    room.say(BOB, verbs.AssignTask(text="Look", assignee_id=ANN), verbs.SetSeverity(to=Severity.SEV1))
    holds_always(room)
    assert len(room.incident.overrides) == 2
    room.now = plus(room.now, 900)
    room.say(CAT, verbs.Tick())
    holds_always(room)
    assert _holders(room.incident, "comms") == []
    assert [t.assignee_id for t in room.incident.tasks if t.state is TaskState.OPEN] == [None]
    assert room.heard(EffectKind.PAGE_ROLE)
    assert DAN not in room.incident.engaged_ids
