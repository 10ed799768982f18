"""What the pages of incidents call things, and what they say after a verb: in one place, so that all say the same."""

from __future__ import annotations

from collections.abc import Mapping

from firebell.domain.incidents.model import (
    CustomerImpact,
    DecisionState,
    DeclineReason,
    Detection,
    Kind,
    MilestoneName,
    Phase,
    Remedy,
    Rule,
    TaskKind,
    Trend,
)

PHASES: Mapping[str, str] = {
    Phase.TRIAGE: "Triage", Phase.RESPONDING: "Responding", Phase.MITIGATED: "Mitigated", Phase.RESOLVED: "Resolved",
    Phase.POSTMORTEM: "Postmortem", Phase.FOLLOW_UP: "Follow-up", Phase.CLOSED: "Closed", Phase.DECLINED: "Declined",
    Phase.DUPLICATE: "Duplicate",
}  # fmt: skip
STEPS = tuple(PHASES[p] for p in Phase if p not in (Phase.DECLINED, Phase.DUPLICATE))
"""The way an incident goes, in order."""
MEANS: Mapping[str, str] = {
    Phase.TRIAGE: "Is it an incident, and how bad?", Phase.RESPONDING: "Stop the customer impact.",
    Phase.MITIGATED: "Impact has stopped. Verify that it stays so.", Phase.RESOLVED: "Normal and verified.",
    Phase.POSTMORTEM: "Understand what happened.", Phase.FOLLOW_UP: "Do what was promised.",
    Phase.CLOSED: "Everything is done.", Phase.DECLINED: "Not an incident after all.",
    Phase.DUPLICATE: "Goes on in another incident.",
}  # fmt: skip
KINDS: Mapping[str, str] = {
    Kind.NORMAL: "", Kind.DRILL: "DRILL", Kind.TEST: "Test", Kind.BACKFILLED: "Entered afterwards",
}  # fmt: skip
TRENDS: Mapping[str, str] = {
    Trend.UNKNOWN: "unknown", Trend.ESCALATING: "escalating", Trend.STEADY: "steady", Trend.FLAPPING: "flapping",
    Trend.RECOVERING: "recovering",
}  # fmt: skip
CONFIDENCES: Mapping[str, str] = {"low": "low", "medium": "medium", "high": "high"}
REMEDIES: Mapping[str, str] = {
    Remedy.ROLLBACK: "Rolled back", Remedy.FIX: "Fixed", Remedy.WORKAROUND: "Worked around",
    Remedy.FAILOVER: "Failed over", Remedy.BY_ITSELF: "Went away by itself", Remedy.OTHER: "Something else",
}  # fmt: skip
IMPACTS: Mapping[str, str] = {
    CustomerImpact.UNKNOWN: "Not known yet", CustomerImpact.YES: "Customers are affected",
    CustomerImpact.NO: "No customer is affected",
}  # fmt: skip
DECLINES: Mapping[str, str] = {
    DeclineReason.NOT_AN_INCIDENT: "Not an incident", DeclineReason.FALSE_ALARM: "False alarm",
    DeclineReason.BELOW_THRESHOLD: "Below the threshold", DeclineReason.EXTERNAL: "Somebody else’s",
}  # fmt: skip
TASK_KINDS: Mapping[str, str] = {
    TaskKind.HANDS_ON: "Hands-on (changes or looks into systems)", TaskKind.COORDINATION: "Coordination",
}  # fmt: skip
DECISIONS: Mapping[str, str] = {
    DecisionState.PROPOSED: "Proposed", DecisionState.ADOPTED: "Adopted",
    DecisionState.ADOPTED_OVER_OBJECTION: "Adopted over objection", DecisionState.WITHDRAWN: "Withdrawn",
}  # fmt: skip
RULES: Mapping[str, str] = {
    Rule.COMMANDER_IS_COMMS: "Commander is also Comms Lead", Rule.COMMANDER_HANDS_ON: "Commander does a hands-on task",
    Rule.DEPUTY_UNQUALIFIED: "Deputy is not qualified to command",
}  # fmt: skip
MILESTONES: Mapping[str, str] = {
    MilestoneName.IMPACT_STARTED: "Impact started", MilestoneName.DETECTED: "Detected",
    MilestoneName.DECLARED: "Declared", MilestoneName.ACKNOWLEDGED: "First human",
    MilestoneName.COMMANDER_ASSIGNED: "Commander", MilestoneName.FIRST_PUBLIC_POST: "First public post",
    MilestoneName.IDENTIFIED: "Cause identified", MilestoneName.MITIGATED: "Mitigated",
    MilestoneName.RESOLVED: "Resolved", MilestoneName.POSTMORTEM_PUBLISHED: "Postmortem published",
    MilestoneName.ACTIONS_CLOSED: "Actions closed",
}  # fmt: skip
DETECTIONS: Mapping[str, str] = {
    Detection.PERSON: "Somebody noticed", Detection.ALERT: "An alert", Detection.REPORT: "A report by a colleague",
    Detection.CUSTOMER: "A customer",
}  # fmt: skip
REACHES: Mapping[str, str] = {
    "most": "Most customers (25 % or more)", "many": "Many (5 to 25 %)", "few": "Few (under 5 %)",
    "internal": "Internal only",
}  # fmt: skip
CONDITIONS: Mapping[str, str] = {
    "unusable": "Unusable, wrong or lost data", "severe": "Severe, no workaround", "degraded": "Degraded, workaround",
    "at_risk": "Cosmetic or at risk",
}  # fmt: skip
ANSWERS: Mapping[str, str] = {"answered": "Answered", "later": "Later", "declined": "Declined", "open": "Waiting"}

SAID: Mapping[str, str] = {
    "engage": "People are at work on it now.", "decline": "Declined. Nobody is called any more.",
    "mark_duplicate": "Marked as a duplicate. Its alerts moved.", "merge": "Merged. It goes on there.",
    "mitigate": "Mitigated. Now verify that it stays so.", "resolve": "Resolved. Sign off and thank people.",
    "start_postmortem": "The postmortem is open.", "skip_postmortem": "No postmortem will be written.",
    "complete_postmortem": "The postmortem is complete.", "close": "Closed.", "reopen": "Open again. The clocks run.",
    "set_severity": "The severity is changed.", "take_command": "You are in command.",
    "offer_command": "Offered. You stay in command until it is accepted.",
    "accept_command": "You are in command.", "decline_command": "Declined. Command stays where it is.",
    "withdraw_offer": "The offer is withdrawn.", "seize_command": "You are in command. Everybody was told.",
    "step_down": "You are no longer in command.", "ask_command_check": "Asked. Ten minutes to answer.",
    "answer_command_check": "You are still in command.", "assign_role": "The role is given.",
    "leave_role": "The role is free again.", "add_override": "Allowed for a while, with your reason on record.",
    "release_responders": "Released. Thank you was said.", "assign_task": "Given. They have two minutes to take it.",
    "ack_task": "It is yours. The time box runs.", "extend_task": "More time.", "finish_task": "Done.",
    "drop_task": "Dropped.", "reassign_task": "Given to somebody else.",
    "propose_decision": "Asked: any strong objections?", "object": "Your objection is recorded.",
    "adopt_decision": "Decided.", "withdraw_decision": "Withdrawn.", "size_up": "Sized up.",
    "suggest_hypothesis": "Noted as a possibility.", "eliminate_hypothesis": "Ruled out.",
    "add_criterion": "Added to the exit criteria.", "tick_criterion": "Ticked.",
    "untick_criterion": "Unticked. The stability window starts again.", "remove_criterion": "Removed.",
    "request_info": "Asked. You need not interrupt anybody.", "answer_request": "Noted.", "sign_off": "Signed off.",
    "edit": "Saved.", "set_milestone": "The milestone is corrected.", "note": "On the timeline.",
    "correct_entry": "Corrected. The old words stay readable.", "star": "Kept for the postmortem.",
    "make_private": "Private: others see nothing of it from now on.", "make_public": "Everybody can see it now.",
    "admit": "Let in.", "expel": "No longer let in.", "link_alert": "Linked.", "unlink_alert": "Unlinked.",
    "relate": "Related.", "unrelate": "No longer related.",
}  # fmt: skip

_SECTIONS = {
    "command": "take_command offer_command accept_command decline_command withdraw_offer seize_command step_down"
    " ask_command_check answer_command_check",
    "severity": "set_severity",
    "roles": "assign_role leave_role add_override page_role",
    "tasks": "assign_task ack_task extend_task finish_task drop_task reassign_task",
    "decisions": "propose_decision object adopt_decision withdraw_decision",
    "understanding": "size_up suggest_hypothesis eliminate_hypothesis edit",
    "exit": "mitigate resolve mitigate_and_resolve add_criterion tick_criterion untick_criterion remove_criterion",
    "phase": "engage decline mark_duplicate merge start_postmortem skip_postmortem complete_postmortem close reopen"
    " sign_off",
    "requests": "request_info answer_request",
    "people": "release_responders page_people",
    "milestones": "set_milestone",
    "timeline": "note correct_entry star",
    "privacy": "make_private make_public admit expel",
    "links": "link_alert unlink_alert relate unrelate",
}
ANCHORS: Mapping[str, str] = {tag: section for section, tags in _SECTIONS.items() for tag in tags.split()}
"""The section of the page a verb belongs to: where its form stands, and where one comes back to."""
