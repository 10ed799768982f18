"""Everything that can be asked of an incident, as data: page, API, terminal, chat and clock all say the same verbs.

A verb names what somebody wants; ``rules.apply`` decides. ``tag`` is the verb's name in the API and in chat.
"""

from __future__ import annotations

import msgspec

from firebell.domain.incidents.model import (
    CustomerImpact,
    DeclineReason,
    MilestoneName,
    Remedy,
    Rule,
    Severity,
    TaskKind,
    Trend,
)
from firebell.kernel.clock import Instant


class Verb(msgspec.Struct, frozen=True, kw_only=True, tag_field="verb"):
    """Something asked of an incident."""


# ---- phases (the ten of MOVES, and merging)


class Engage(Verb, frozen=True, kw_only=True, tag="engage"):
    """Triage is over: people are at work on it."""


class Decline(Verb, frozen=True, kw_only=True, tag="decline"):
    reason: DeclineReason
    note: str = ""


class MarkDuplicate(Verb, frozen=True, kw_only=True, tag="mark_duplicate"):
    """``of``: the id of the incident that stands."""

    of: str


class Mitigate(Verb, frozen=True, kw_only=True, tag="mitigate"):
    """Customer impact has stopped, at ``at`` (now), by ``remedy``."""

    at: Instant | None = None
    remedy: Remedy = Remedy.FIX
    note: str = ""


class Resolve(Verb, frozen=True, kw_only=True, tag="resolve"):
    """Normal and verified. ``all_clear`` is the commander's sentence: recovery, and lingering effects or data loss or
    that there are none. ``skip`` is the typed reason for whatever of the verification is skipped."""

    all_clear: str
    skip: str = ""


class StartPostmortem(Verb, frozen=True, kw_only=True, tag="start_postmortem"):
    owner_id: str


class SkipPostmortem(Verb, frozen=True, kw_only=True, tag="skip_postmortem"):
    reason: str


class CompletePostmortem(Verb, frozen=True, kw_only=True, tag="complete_postmortem"):
    """Told by the postmortem's own workflow, or by its owner."""


class Close(Verb, frozen=True, kw_only=True, tag="close"):
    reason: str = ""


class Reopen(Verb, frozen=True, kw_only=True, tag="reopen"):
    reason: str


class Merge(Verb, frozen=True, kw_only=True, tag="merge"):
    """This one goes on within ``into``; from any active phase."""

    into: str


# ---- severity


class SetSeverity(Verb, frozen=True, kw_only=True, tag="set_severity"):
    """Raising needs nothing; lowering needs the commander and a reason of ten characters."""

    to: Severity
    reason: str = ""


# ---- command and roles


class TakeCommand(Verb, frozen=True, kw_only=True, tag="take_command"):
    pass


class OfferCommand(Verb, frozen=True, kw_only=True, tag="offer_command"):
    to: str
    note: str = ""


class AcceptCommand(Verb, frozen=True, kw_only=True, tag="accept_command"):
    """``brief_read`` must be true. ``comms_to`` / ``tasks_to`` move what would conflict in the same step."""

    offer: str
    brief_read: bool = False
    comms_to: str | None = None
    tasks_to: str | None = None


class DeclineCommand(Verb, frozen=True, kw_only=True, tag="decline_command"):
    offer: str
    reason: str


class WithdrawOffer(Verb, frozen=True, kw_only=True, tag="withdraw_offer"):
    offer: str


class SeizeCommand(Verb, frozen=True, kw_only=True, tag="seize_command"):
    reason: str


class StepDown(Verb, frozen=True, kw_only=True, tag="step_down"):
    """Give up command without a successor."""

    reason: str = ""


class AskCommandCheck(Verb, frozen=True, kw_only=True, tag="ask_command_check"):
    """ "Are you still in command?"."""


class AnswerCommandCheck(Verb, frozen=True, kw_only=True, tag="answer_command_check"):
    pass


class LoseCommander(Verb, frozen=True, kw_only=True, tag="lose_commander"):
    """Told by the house when the commander's account is switched off."""


class AssignRole(Verb, frozen=True, kw_only=True, tag="assign_role"):
    """``role``: any but commander. A role with one holder moves from whoever has it."""

    role: str
    user_id: str


class LeaveRole(Verb, frozen=True, kw_only=True, tag="leave_role"):
    role: str
    user_id: str


class AddOverride(Verb, frozen=True, kw_only=True, tag="add_override"):
    """``minutes`` at most 60."""

    rule: Rule
    user_id: str
    reason: str
    minutes: int = 15


class ReleaseResponders(Verb, frozen=True, kw_only=True, tag="release_responders"):
    """``stay``: who stays; the other responders may go."""

    stay: tuple[str, ...] = ()


# ---- tasks, decisions, understanding


class AssignTask(Verb, frozen=True, kw_only=True, tag="assign_task"):
    text: str
    assignee_id: str
    minutes: int = 10
    kind: TaskKind = TaskKind.HANDS_ON


class AcknowledgeTask(Verb, frozen=True, kw_only=True, tag="ack_task"):
    """``task`` empty: the actor's own newest that awaits it."""

    task: str = ""


class ExtendTask(Verb, frozen=True, kw_only=True, tag="extend_task"):
    task: str
    minutes: int


class FinishTask(Verb, frozen=True, kw_only=True, tag="finish_task"):
    """``task`` empty: the actor's own newest open one."""

    task: str = ""
    outcome: str = ""


class DropTask(Verb, frozen=True, kw_only=True, tag="drop_task"):
    task: str
    reason: str


class ReassignTask(Verb, frozen=True, kw_only=True, tag="reassign_task"):
    task: str
    assignee_id: str


class ProposeDecision(Verb, frozen=True, kw_only=True, tag="propose_decision"):
    """``window_s`` 10 to 120."""

    proposal: str
    risk: str = ""
    executor_id: str | None = None
    window_s: int = 30
    remedy: Remedy | None = None


class Object(Verb, frozen=True, kw_only=True, tag="object"):
    decision: str
    text: str


class Adopt(Verb, frozen=True, kw_only=True, tag="adopt_decision"):
    decision: str


class WithdrawDecision(Verb, frozen=True, kw_only=True, tag="withdraw_decision"):
    decision: str


class AddSizeUp(Verb, frozen=True, kw_only=True, tag="size_up"):
    wrong: str
    scope: str = ""
    trend: Trend = Trend.UNKNOWN
    confidence: str = "medium"


class SuggestHypothesis(Verb, frozen=True, kw_only=True, tag="suggest_hypothesis"):
    text: str
    evidence: str = ""


class EliminateHypothesis(Verb, frozen=True, kw_only=True, tag="eliminate_hypothesis"):
    hypothesis: str
    evidence: str


class AddCriterion(Verb, frozen=True, kw_only=True, tag="add_criterion"):
    text: str
    source: str = "commander"


class TickCriterion(Verb, frozen=True, kw_only=True, tag="tick_criterion"):
    criterion: str
    value: str


class UntickCriterion(Verb, frozen=True, kw_only=True, tag="untick_criterion"):
    criterion: str
    reason: str = ""


class RemoveCriterion(Verb, frozen=True, kw_only=True, tag="remove_criterion"):
    criterion: str
    reason: str


class RequestInfo(Verb, frozen=True, kw_only=True, tag="request_info"):
    question: str


class AnswerRequest(Verb, frozen=True, kw_only=True, tag="answer_request"):
    """``state``: answered, later or declined."""

    request: str
    state: str = "answered"
    answer: str = ""


class SignOff(Verb, frozen=True, kw_only=True, tag="sign_off"):
    text: str


# ---- what is written down


class Edit(Verb, frozen=True, kw_only=True, tag="edit"):
    """What is given is set (``None``: left as it is). ``eta`` is the commander's word."""

    title: str | None = None
    summary: str | None = None
    impact: str | None = None
    customer_impact: CustomerImpact | None = None
    eta: str | None = None
    cause: str | None = None
    command_post: str | None = None
    team_id: str | None = None
    service_ids: tuple[str, ...] | None = None
    component_ids: tuple[str, ...] | None = None


class SetMilestone(Verb, frozen=True, kw_only=True, tag="set_milestone"):
    """``at`` ``None`` takes it back. A correction needs a reason."""

    name: MilestoneName
    at: Instant | None
    reason: str = ""
    occurrence: int | None = None


class AddNote(Verb, frozen=True, kw_only=True, tag="note"):
    """Something for the timeline, at ``at`` (now). ``link`` where it came from (a pinned message)."""

    text: str
    at: Instant | None = None
    link: str = ""


class CorrectEntry(Verb, frozen=True, kw_only=True, tag="correct_entry"):
    """Entry ``n`` of the timeline said something wrong; the old one stays readable."""

    n: int
    text: str
    reason: str
    at: Instant | None = None


class Star(Verb, frozen=True, kw_only=True, tag="star"):
    n: int
    on: bool = True


class MakePrivate(Verb, frozen=True, kw_only=True, tag="make_private"):
    security: bool = False


class MakePublic(Verb, frozen=True, kw_only=True, tag="make_public"):
    reason: str


class Admit(Verb, frozen=True, kw_only=True, tag="admit"):
    user_id: str


class Expel(Verb, frozen=True, kw_only=True, tag="expel"):
    user_id: str


class LinkAlert(Verb, frozen=True, kw_only=True, tag="link_alert"):
    alert_id: str
    service_id: str = ""
    open: bool = True


class UnlinkAlert(Verb, frozen=True, kw_only=True, tag="unlink_alert"):
    alert_id: str


class NoteAlert(Verb, frozen=True, kw_only=True, tag="note_alert"):
    """Told by the house: a linked alert is open (again) or is not. Firing again restarts the stability window."""

    alert_id: str
    open: bool


class NoteAcknowledged(Verb, frozen=True, kw_only=True, tag="note_acknowledged"):
    """Told by the house: a human (``user_id``) acknowledged a linked alert or came when ``called``."""

    user_id: str
    called: bool = False


class NotePublicPost(Verb, frozen=True, kw_only=True, tag="note_public_post"):
    """Told by the house: customers have been told. ``identified``: the post says the cause is known."""

    identified: bool = False


class Relate(Verb, frozen=True, kw_only=True, tag="relate"):
    other: str


class Unrelate(Verb, frozen=True, kw_only=True, tag="unrelate"):
    other: str


class Tick(Verb, frozen=True, kw_only=True, tag="tick"):
    """Time has passed: whatever of the incident's own clocks is due happens."""
