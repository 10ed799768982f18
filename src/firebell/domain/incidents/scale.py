"""What an installation starts with: the four severities, the seven roles, and the matrix that suggests a severity.

All of it is configuration; an incident keeps the version of the scale it was judged under (incidents.md 1 and 2).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from firebell.domain.incidents.model import Level, RoleDefinition, RoleName, Scale, Severity

MINUTE_S = 60
HOUR_S = 3600
DAY_S = 86_400

DEFAULT_SCALE = Scale(
    version=1,
    levels=(
        Level(
            severity=Severity.SEV1,
            name="Critical",
            impact="The service is down for most customers, or data is lost or exposed. Customers are told.",
            example="Checkout fails for everyone.",
            response="Immediate: acknowledged and commanded within 5 min, 24×7",
            respond_s=5 * MINUTE_S,
            command_s=5 * MINUTE_S,
            internal_every_s=15 * MINUTE_S,
            executive_every_s=30 * MINUTE_S,
            public_first_s=5 * MINUTE_S,
            public_scope_s=10 * MINUTE_S,
            public_every_s=15 * MINUTE_S,
            stability_s=30 * MINUTE_S,
            postmortem="required",
            action_days=14,
            page_roles=(RoleName.COMMANDER, RoleName.COMMS),
        ),
        Level(
            severity=Severity.SEV2,
            name="Major",
            impact="A core function is unusable for many, with no reasonable workaround.",
            example="Search times out for a third of requests.",
            response="15–30 min: acknowledged in 15, commanded in 30, 24×7",
            respond_s=15 * MINUTE_S,
            command_s=30 * MINUTE_S,
            internal_every_s=30 * MINUTE_S,
            executive_every_s=HOUR_S,
            public_first_s=5 * MINUTE_S,
            public_scope_s=15 * MINUTE_S,
            public_every_s=30 * MINUTE_S,
            stability_s=20 * MINUTE_S,
            postmortem="required",
            action_days=30,
        ),
        Level(
            severity=Severity.SEV3,
            name="Minor",
            impact="A minority or a part is affected, a workaround exists, or one more failure would be an outage.",
            example="One of two replicas is lost.",
            response="Within hours: 4 h on the support calendar",
            respond_s=4 * HOUR_S,
            command_s=4 * HOUR_S,
            calendar="business",
            internal_every_s=2 * HOUR_S,
            public_first_s=HOUR_S,
            public_scope_s=None,
            public_every_s=4 * HOUR_S,
            stability_s=10 * MINUTE_S,
            postmortem="optional",
            action_days=60,
        ),
        Level(
            severity=Severity.SEV4,
            name="Low",
            impact="Degraded or cosmetic; no customer is blocked.",
            example="A report is late.",
            response="Next business day",
            respond_s=DAY_S,
            command_s=None,
            calendar="business",
            internal_every_s=DAY_S,
            public_first_s=None,
            public_scope_s=None,
            public_every_s=None,
            stability_s=0,
            postmortem="optional",
            action_days=90,
        ),
    ),
)

DEFAULT_ROLES: tuple[RoleDefinition, ...] = (
    RoleDefinition(
        name=RoleName.COMMANDER,
        display_name="Incident Commander",
        duties=(
            "Decides severity, plan and status.",
            "Asks, assigns and time-boxes; plans ahead.",
            "Approves public text.",
            "Ends the incident and names the postmortem's owner.",
        ),
        never="Reads graphs or logs, runs fixes, writes updates.",
    ),
    RoleDefinition(
        name=RoleName.DEPUTY,
        display_name="Deputy",
        duties=(
            "Watches time boxes and clocks.",
            "States the incident's age every 10 minutes.",
            "Stands by to take command; is qualified to.",
        ),
        never="Does hands-on work.",
    ),
    RoleDefinition(
        name=RoleName.COMMS,
        display_name="Comms Lead",
        duties=(
            "Drafts; the commander approves; then posts.",
            "Keeps the one-line summary.",
            "Reports what customers say; answers enquiries.",
        ),
        never="Promises a time for the fix that the commander has not allowed.",
    ),
    RoleDefinition(
        name=RoleName.LIAISON,
        display_name="Internal liaison",
        duties=(
            "Brings in people and stakeholders on the commander's word.",
            "Writes the executive updates.",
            "Sorts the observers' requests.",
        ),
    ),
    RoleDefinition(
        name=RoleName.SCRIBE,
        display_name="Scribe",
        duties=(
            "Writes down decisions with who carries them out.",
            "Writes down significant actions, the status, and follow-ups.",
        ),
    ),
    RoleDefinition(
        name=RoleName.RESPONDER,
        display_name="Responder",
        duties=(
            "Acts on the commander's word.",
            "Reports conditions, actions and needs.",
            "Asks for more time in minutes.",
        ),
        never="Changes production unasked.",
        holders_max=None,
    ),
    RoleDefinition(
        name=RoleName.OBSERVER,
        display_name="Observer",
        duties=("Reads.", "Asks through the request queue."),
        never="Instructs responders.",
        holders_max=None,
    ),
)


class Reach(StrEnum):
    """Whom it hits: at least 25 % of customers, 5 to 25 %, fewer, or nobody outside."""

    MOST = "most"
    MANY = "many"
    FEW = "few"
    INTERNAL = "internal"


class Condition(StrEnum):
    """``unusable``: or wrong or lost data. ``severe``: no workaround. ``degraded``: with a workaround. ``at_risk``: or
    cosmetic."""

    UNUSABLE = "unusable"
    SEVERE = "severe"
    DEGRADED = "degraded"
    AT_RISK = "at_risk"


_S1, _S2, _S3, _S4 = Severity
MATRIX: Mapping[Reach, Mapping[Condition, Severity]] = {
    reach: dict(zip(Condition, row, strict=True))
    for reach, row in {
        Reach.MOST: (_S1, _S1, _S2, _S3),
        Reach.MANY: (_S1, _S2, _S3, _S3),
        Reach.FEW: (_S2, _S3, _S3, _S4),
        Reach.INTERNAL: (_S3, _S3, _S4, _S4),
    }.items()
}


class Burning(StrEnum):
    """How the error budgets of what is hit burn now. ``fast``: so that somebody is paged; ``slow``: too fast all the
    same."""

    FAST = "fast"
    SLOW = "slow"
    NOT = "not"


def at_least(burning: Burning) -> Severity | None:
    """What a burning budget alone calls for: one that burns fast enough to page is no minor incident."""
    return Severity.SEV2 if burning is Burning.FAST else None


def suggest(
    reach: Reach | str, condition: Condition | str, breach: bool = False, burning: Burning = Burning.NOT
) -> Severity:
    """What the matrix suggests; a person confirms. ``breach``: data loss or exposure is confirmed, never below SEV2;
    ``burning``: nor while a budget burns fast enough to page.

    Of several rows that hold, the worst stands: ``min`` of the answers.
    """
    suggested = MATRIX[Reach(reach)][Condition(condition)]
    floors = (Severity.SEV2 if breach else None, at_least(burning))
    return min([suggested, *(floor for floor in floors if floor is not None)])


def role_definition(roles: tuple[RoleDefinition, ...] | list[RoleDefinition], name: str) -> RoleDefinition | None:
    """The definition of ``name``, if this installation has it."""
    return next((one for one in roles if one.name == name), None)
