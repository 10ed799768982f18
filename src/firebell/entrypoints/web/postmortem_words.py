"""What the pages of postmortems and action items call things: in one place, so that all say the same."""

from __future__ import annotations

from collections.abc import Mapping

from firebell.domain.postmortems.actions import ActionState, ActionType, Effect, Strength
from firebell.domain.postmortems.blameless import Family, Level
from firebell.domain.postmortems.completeness import Check
from firebell.domain.postmortems.model import (
    Audience,
    Confidence,
    Depth,
    DetectedBy,
    FactorClass,
    Mitigation,
    Section,
    State,
    Trigger,
    WhyKind,
)
from firebell.domain.postmortems.nagging import Nag
from firebell.domain.postmortems.rules import Why as Required
from firebell.domain.postmortems.verdict import Rule

STATES: Mapping[str, str] = {
    State.DRAFT: "Draft", State.IN_REVIEW: "In review", State.REVIEWED: "Reviewed", State.PUBLISHED: "Published",
    State.CLOSED: "Closed",
}  # fmt: skip
STEPS = tuple(STATES.values())
MEANS: Mapping[str, str] = {
    State.DRAFT: "It is being written. Everybody who may see the incident can read it.",
    State.IN_REVIEW: "Reviewers read it and say what is missing; every action is committed or declined.",
    State.REVIEWED: "It stands. Publish it, so that others learn from it.",
    State.PUBLISHED: "The organisation reads it. What was promised is being done.",
    State.CLOSED: "Every promise is kept, declined or waived.",
}  # fmt: skip
VERBS: Mapping[str, str] = {
    "submit": "Submit for review", "request_changes": "Request changes", "approve": "Approve", "publish": "Publish",
    "close": "Close", "revise": "Revise",
}  # fmt: skip
SAID: Mapping[str, str] = {
    "submit": "It is in review. Reviewers can read it now.", "request_changes": "It went back to its authors.",
    "approve": "Approved.", "publish": "Published.", "close": "Closed.",
    "revise": "A draft again. What was published stays readable.",
}  # fmt: skip
SLUGS: Mapping[str, Section] = {
    "summary": Section.SUMMARY, "timeline": Section.TIMELINE, "root-cause": Section.ROOT_CAUSE,
    "impact": Section.IMPACT, "action-items": Section.ACTION_ITEMS, "lessons": Section.LESSONS,
}  # fmt: skip
"""The section by its name in an address."""
SLUG_OF: Mapping[str, str] = {section: slug for slug, section in SLUGS.items()}
HELP: Mapping[str, str] = {
    Section.SUMMARY: "What happened, for whom, for how long, and what ended it, for somebody who was not there.",
    Section.TIMELINE: "One line each: “2026-03-02 10:12 UTC: what happened [evidence](https://…)”. Begin before it.",
    Section.ROOT_CAUSE: "What made it possible, in prose. The why-tree and the contributing factors stand below it.",
    Section.IMPACT: "Numbers with units: minutes, customers, requests, money, budget.",
    Section.ACTION_ITEMS: "A word on the whole. The items stand below it, each with owner, day and end state.",
    Section.LESSONS: "What went well, what didn’t, where we got lucky.",
}  # fmt: skip
CHECKS: Mapping[str, str] = {
    Check.TIMELINE: "Timeline covers start, detection, mitigation, resolution",
    Check.IMPACT_NUMBER: "Impact has a number with a unit", Check.FACTORS: "Contributing factors",
    Check.ACTIONS: "An action with owner and due date", Check.WHY_TREE: "The why-tree is valid",
    Check.BLAME: "No sentence blames", Check.ACTION_MIX: "Actions prevent, and detect or mitigate",
    Check.VERIFIABLE: "Actions can be verified", Check.DETECTION: "Detection and its gap are stated",
    Check.LESSONS: "What went well, and luck", Check.IN_TIME: "Published in time",
    Check.LINKS: "Links and terms resolve", Check.SLO: "SLO impact is linked",
}  # fmt: skip
CHECK_PLACES: Mapping[str, str] = {
    Check.TIMELINE: "edit/timeline", Check.IMPACT_NUMBER: "edit/impact", Check.FACTORS: "factors",
    Check.ACTIONS: "actions", Check.WHY_TREE: "whys", Check.BLAME: "lint", Check.ACTION_MIX: "actions",
    Check.VERIFIABLE: "actions", Check.DETECTION: "factors", Check.LESSONS: "edit/lessons", Check.IN_TIME: "",
    Check.LINKS: "edit/summary", Check.SLO: "",
}  # fmt: skip
"""Where a missing one is mended, below the address of the postmortem; empty: nowhere by hand."""
FAMILIES: Mapping[str, str] = {
    Family.PERSON_AS_CAUSE: "a person as the cause", Family.ACCIDENT: "a slip as the cause",
    Family.CHARACTER: "a judgement of character", Family.OMISSION: "what somebody left undone",
    Family.COUNTERFACTUAL: "what might have been", Family.HINDSIGHT: "hindsight", Family.GUILT: "guilt",
    Family.WRONG_QUESTION: "asking who instead of how", Family.EXHORTATION: "an appeal to be better",
    Family.COMPLIANCE: "rules that were not followed", Family.VERDICT: "a verdict on somebody",
    Family.LOADED: "a loaded word", Family.EARLY_CLOSING: "closing too early",
    Family.DEFLECTION: "pointing elsewhere", Family.NAME: "a person’s name",
}  # fmt: skip
LEVELS: Mapping[str, str] = {
    Level.GATE: "blocks publishing", Level.HIGH: "rewrite this", Level.MEDIUM: "look again", Level.LOW: "a nuance",
}  # fmt: skip
DEPTHS: Mapping[str, str] = {
    Depth.LITE: "Lite: summary, factors, actions", Depth.STANDARD: "Standard", Depth.DEEP: "Deep: with interviews",
}  # fmt: skip
AUDIENCES: Mapping[str, str] = {
    Audience.ORGANISATION: "The whole organisation", Audience.MEMBERS: "Members of the incident only",
}  # fmt: skip
KINDS: Mapping[str, str] = {
    WhyKind.CONDITION: "Condition", WhyKind.UNKNOWN: "Not known yet", WhyKind.ACCEPTED_RISK: "Accepted risk",
}  # fmt: skip
CONFIDENCES: Mapping[str, str] = {Confidence.LOW: "low", Confidence.MEDIUM: "medium", Confidence.HIGH: "high"}
EVIDENCE_KINDS: Mapping[str, str] = {
    "link": "Link", "graph": "Graph", "log": "Log", "diff": "Diff", "interview": "Interview note",
}  # fmt: skip
FACTORS: Mapping[str, str] = {
    FactorClass.CODE: "Code", FactorClass.CONFIG: "Configuration", FactorClass.DEPENDENCY: "Dependency",
    FactorClass.CAPACITY: "Capacity", FactorClass.DEPLOYMENT: "Deployment", FactorClass.DATA: "Data",
    FactorClass.NETWORK: "Network", FactorClass.AUTH_CERTS: "Sign-in and certificates",
    FactorClass.MONITORING_GAP: "Monitoring gap", FactorClass.TEST_GAP: "Test gap",
    FactorClass.REVIEW_GAP: "Review gap", FactorClass.KNOWLEDGE_DOCS: "Knowledge and docs",
    FactorClass.TOOLING_AFFORDANCE: "What a tool makes easy", FactorClass.STAFFING: "Staffing",
}  # fmt: skip
TRIGGERS: Mapping[str, str] = {one.value: one.value.replace("_", " ").capitalize() for one in Trigger}
DETECTED: Mapping[str, str] = {
    DetectedBy.ALERT: "An alert", DetectedBy.SLO: "An SLO’s burn", DetectedBy.CUSTOMER: "A customer",
    DetectedBy.STAFF: "Somebody here", DetectedBy.LUCK: "Luck",
}  # fmt: skip
MITIGATED: Mapping[str, str] = {one.value: one.value.replace("_", " ").capitalize() for one in Mitigation}
NAGS: Mapping[str, str] = {
    Nag.NO_OWNER: "Nobody owns it yet", Nag.NO_MEETING: "No review meeting is booked",
    Nag.DRAFT: "The draft is late", Nag.READABLE: "The draft is late for its meeting",
    Nag.PUBLISHED: "Publishing is late",
}  # fmt: skip
REQUIRED: Mapping[str, str] = {
    Required.SEVERITY: "its severity", Required.DATA_LOSS: "data was lost or exposed",
    Required.BUDGET: "it spent more than a fifth of an SLO’s budget",
    Required.CUSTOMERS_FIRST: "customers noticed before monitoring did",
    "p0_action": "an error budget policy asks for an action of priority P0",
    Required.SEEN_BEFORE: "something like it was seen before", Required.ASKED_FOR: "somebody asked for one",
}  # fmt: skip
RULES: Mapping[str, str] = {
    Rule.SAME_SERVICE_AND_FACTOR: "Same service and factor again within 180 days",
    Rule.SEEN_BEFORE: "Like an incident of the last year",
    Rule.CLASS_SPENT_BUDGET: "The class spent a fifth of a quarter’s budget",
    Rule.ACTION_STILL_OPEN: "An earlier promise, still open, would have applied",
    Rule.SHARED_FACTOR: "Three services share the factor within 90 days",
    Rule.SHARED_MECHANISM: "The mechanism is shared",
    Rule.SAME_ALERT_RULE: "One alert rule paged again and again, ended the same way",
}  # fmt: skip
ACTION_STATES: Mapping[str, str] = {
    ActionState.PROPOSED: "Proposed", ActionState.COMMITTED: "Committed", ActionState.DONE: "Done",
    ActionState.DECLINED: "Declined",
}  # fmt: skip
ACTION_TYPES: Mapping[str, str] = {
    ActionType.PREVENT: "Prevent", ActionType.DETECT: "Detect", ActionType.MITIGATE: "Mitigate",
    ActionType.PROCESS: "Process",
}  # fmt: skip
ACTION_VERBS: Mapping[str, str] = {
    "commit": "Commit", "decline": "Decline", "close": "Done", "waive": "Waive", "reopen": "Reopen",
}  # fmt: skip
ACTION_SAID: Mapping[str, str] = {
    "commit": "It is a promise now.", "decline": "Declined; the reason stays visible.",
    "close": "Done. In 30 days Firebell asks whether it helped.",
    "waive": "Waived: the incident may close while it stays open.", "reopen": "Open again.",
}  # fmt: skip
STRENGTHS: tuple[Strength, ...] = tuple(Strength)
STRENGTH_WORDS: Mapping[str, str] = {
    Strength.ELIMINATE: "takes the hazard away", Strength.GUARD: "a guard stops it",
    Strength.DEFAULT: "the safe way is the usual one", Strength.ALERT: "somebody is told",
    Strength.CHECKLIST: "a list reminds", Strength.DOCUMENTATION: "it is written down",
    Strength.TRAINING: "people are taught", Strength.CARE: "people must be careful",
}  # fmt: skip
EFFECTS: Mapping[str, str] = {
    Effect.EFFECTIVE: "It helped: the same has not come back", Effect.RECURRED: "It came back: open again",
    Effect.NOT_EXERCISED: "Not put to the test yet: a drill would",
}  # fmt: skip
PROOFS: Mapping[str, str] = {
    "change": "A change", "test": "A passing test", "alert": "An alert that fired", "drill": "A drill",
}  # fmt: skip
