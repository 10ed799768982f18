"""The words of incidents: kinds, severities, phases, roles, states."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """``backfilled``: entered afterwards; pages nobody, runs no clocks."""

    NORMAL = "normal"
    DRILL = "drill"
    TEST = "test"
    BACKFILLED = "backfilled"


class Severity(StrEnum):
    """Lower is worse. Unset (``None``) counts as SEV2 in every rule."""

    SEV1 = "SEV1"
    SEV2 = "SEV2"
    SEV3 = "SEV3"
    SEV4 = "SEV4"


class Phase(StrEnum):
    TRIAGE = "triage"
    RESPONDING = "responding"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    POSTMORTEM = "postmortem"
    FOLLOW_UP = "follow_up"
    CLOSED = "closed"
    DECLINED = "declined"
    DUPLICATE = "duplicate"


ACTIVE = frozenset({Phase.TRIAGE, Phase.RESPONDING, Phase.MITIGATED})
"""Phases in which people are at work: clocks run, command matters."""


class RoleName(StrEnum):
    """The roles every incident has; an installation may add its own, which are plain strings."""

    COMMANDER = "commander"
    DEPUTY = "deputy"
    COMMS = "comms"
    LIAISON = "liaison"
    SCRIBE = "scribe"
    RESPONDER = "responder"
    OBSERVER = "observer"


class CustomerImpact(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class TaskKind(StrEnum):
    HANDS_ON = "hands_on"
    COORDINATION = "coordination"


class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class DecisionState(StrEnum):
    PROPOSED = "proposed"
    ADOPTED = "adopted"
    ADOPTED_OVER_OBJECTION = "adopted_over_objection"
    WITHDRAWN = "withdrawn"


class OfferState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Trend(StrEnum):
    ESCALATING = "escalating"
    STEADY = "steady"
    FLAPPING = "flapping"
    RECOVERING = "recovering"
    UNKNOWN = "unknown"


class Remedy(StrEnum):
    """How impact was stopped."""

    ROLLBACK = "rollback"
    FIX = "fix"
    WORKAROUND = "workaround"
    FAILOVER = "failover"
    BY_ITSELF = "by_itself"
    OTHER = "other"


class DeclineReason(StrEnum):
    NOT_AN_INCIDENT = "not_an_incident"
    FALSE_ALARM = "false_alarm"
    BELOW_THRESHOLD = "below_threshold"
    EXTERNAL = "external"


class MilestoneName(StrEnum):
    """In the order in which they normally come."""

    IMPACT_STARTED = "impact_started"
    DETECTED = "detected"
    DECLARED = "declared"
    ACKNOWLEDGED = "acknowledged"
    COMMANDER_ASSIGNED = "commander_assigned"
    FIRST_PUBLIC_POST = "first_public_post"
    IDENTIFIED = "identified"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    POSTMORTEM_PUBLISHED = "postmortem_published"
    ACTIONS_CLOSED = "actions_closed"


class Rule(StrEnum):
    """Rules of command integrity (incidents.md 2) that an override can lift for a while."""

    COMMANDER_IS_COMMS = "commander_is_comms"
    COMMANDER_HANDS_ON = "commander_hands_on"
    DEPUTY_UNQUALIFIED = "deputy_unqualified"


class Detection(StrEnum):
    """How it came to be known."""

    ALERT = "alert"
    PERSON = "person"
    REPORT = "report"
    CUSTOMER = "customer"
