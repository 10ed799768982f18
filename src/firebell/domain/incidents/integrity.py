"""What must not lie on one person (the table of incidents.md 2), and the overrides that lift it for a while.

A change is tried first; what newly clashes in the result decides whether it is refused, allowed under an override, or
allowed and said. So no verb needs to know the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from firebell.domain.incidents.facts import RolesClashed
from firebell.domain.incidents.model import (
    Incident,
    Kind,
    Override,
    RoleName,
    Rule,
    Severity,
    Task,
    TaskKind,
    TaskState,
)
from firebell.domain.incidents.outcome import Asking, Saying
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Conflict


class Pairing(StrEnum):
    """A row of the table. The first three have an override of the same name (:class:`Rule`)."""

    COMMANDER_IS_COMMS = "commander_is_comms"
    COMMANDER_HANDS_ON = "commander_hands_on"
    DEPUTY_UNQUALIFIED = "deputy_unqualified"
    COMMANDER_IS_DEPUTY = "commander_is_deputy"
    COMMANDER_UNQUALIFIED = "commander_unqualified"
    COMMANDER_IS_PRIMARY = "commander_is_primary"
    COMMANDER_IS_SCRIBE = "commander_is_scribe"
    DEPUTY_HANDS_ON = "deputy_hands_on"


class Verdict(StrEnum):
    """``override``: refused unless an override is in force. ``warn``: allowed, shown, journaled."""

    REFUSED = "refused"
    OVERRIDE = "override"
    WARN = "warn"
    OK = "ok"


_V = Verdict
TABLE: Mapping[Pairing, tuple[Verdict, Verdict]] = {
    Pairing.COMMANDER_IS_COMMS: (_V.OVERRIDE, _V.WARN),
    Pairing.COMMANDER_HANDS_ON: (_V.OVERRIDE, _V.WARN),
    Pairing.COMMANDER_IS_DEPUTY: (_V.REFUSED, _V.REFUSED),
    Pairing.DEPUTY_UNQUALIFIED: (_V.OVERRIDE, _V.WARN),
    Pairing.COMMANDER_UNQUALIFIED: (_V.WARN, _V.OK),
    Pairing.COMMANDER_IS_PRIMARY: (_V.WARN, _V.OK),
    Pairing.COMMANDER_IS_SCRIBE: (_V.WARN, _V.OK),
    Pairing.DEPUTY_HANDS_ON: (_V.WARN, _V.OK),
}
"""The verdict at SEV1, SEV2 and unset, and at SEV3 and SEV4."""

WORDS: Mapping[Pairing, tuple[str, str]] = {
    Pairing.COMMANDER_IS_COMMS: (
        "{user} would be Incident Commander and Comms Lead at once",
        "Give Comms to somebody else",
    ),
    Pairing.COMMANDER_HANDS_ON: (
        "{user} would command with a hands-on task of their own",
        "Give the task to somebody else",
    ),
    Pairing.COMMANDER_IS_DEPUTY: (
        "{user} would be Incident Commander and Deputy at once",
        "The Deputy stands by for the commander: choose somebody else",
    ),
    Pairing.DEPUTY_UNQUALIFIED: (
        "{user} would be Deputy without being qualified to command",
        "Choose somebody who is qualified",
    ),
    Pairing.COMMANDER_UNQUALIFIED: (
        "{user} commands without being qualified to",
        "Somebody must command; offer it to somebody qualified as soon as one is here",
    ),
    Pairing.COMMANDER_IS_PRIMARY: (
        "{user} commands and is primary on call for its services",
        "Let somebody cover the on-call shift meanwhile",
    ),
    Pairing.COMMANDER_IS_SCRIBE: (
        "{user} commands and is Scribe",
        "Give the notes to somebody else",
    ),
    Pairing.DEPUTY_HANDS_ON: (
        "{user} is Deputy and works hands-on",
        "The Deputy watches the clocks: give the task to somebody else",
    ),
}
"""What is wrong, and what would help."""


@dataclass(frozen=True, slots=True)
class Clash:
    """A pairing that holds for ``user_id``, and what the table says of it at the incident's severity."""

    pairing: Pairing
    user_id: str
    verdict: Verdict

    @property
    def rule(self) -> Rule | None:
        """The rule an override names to lift this, if one can."""
        return Rule(self.pairing) if self.pairing in {str(rule) for rule in Rule} else None

    @property
    def wrong(self) -> str:
        return WORDS[self.pairing][0].format(user=self.user_id)

    @property
    def remedy(self) -> str:
        return WORDS[self.pairing][1]


def is_hard(severity: Severity) -> bool:
    """Whether the left column of the table holds (SEV1, SEV2; unset counts as SEV2)."""
    return severity <= Severity.SEV2


def hands_on(incident: Incident, user_id: str | None) -> tuple[Task, ...]:
    """The open hands-on tasks of this person."""
    return tuple(
        one
        for one in incident.tasks
        if one.state == TaskState.OPEN and one.kind == TaskKind.HANDS_ON and user_id and one.assignee_id == user_id
    )


def clashes(incident: Incident, asking: Asking) -> tuple[Clash, ...]:
    """Every pairing that holds now, whatever the verdict, in the order of the table."""
    commander = incident.commander_id
    deputies = incident.holders(RoleName.DEPUTY)
    held: list[tuple[Pairing, str]] = []
    if commander is not None:
        tests = {
            Pairing.COMMANDER_IS_COMMS: commander in incident.holders(RoleName.COMMS),
            Pairing.COMMANDER_HANDS_ON: bool(hands_on(incident, commander)),
            Pairing.COMMANDER_IS_DEPUTY: commander in deputies,
            Pairing.COMMANDER_UNQUALIFIED: not asking.settings.qualified(commander),
            Pairing.COMMANDER_IS_PRIMARY: commander in asking.primary_ids,
            Pairing.COMMANDER_IS_SCRIBE: commander in incident.holders(RoleName.SCRIBE),
        }
        held += [(pairing, commander) for pairing, holds in tests.items() if holds]
    for deputy in deputies:
        held += [(Pairing.DEPUTY_UNQUALIFIED, deputy)] * (not asking.settings.qualified(deputy))
        held += [(Pairing.DEPUTY_HANDS_ON, deputy)] * bool(hands_on(incident, deputy))
    # What is entered afterwards says how it was: nothing is gained by refusing it.
    hard = is_hard(incident.counts_as) and incident.kind != Kind.BACKFILLED
    return tuple(Clash(pairing, user, TABLE[pairing][0 if hard else 1]) for pairing, user in held)


def is_live(override: Override, now: Instant) -> bool:
    return override.ended_at is None and override.expires_at > now


def live_override(incident: Incident, rule: Rule | None, user_id: str, now: Instant) -> Override | None:
    """The override that lifts ``rule`` for this person, the longest if there are several."""
    found = [o for o in incident.overrides if o.rule == rule and o.user_id == user_id and is_live(o, now)]
    return max(found, key=lambda one: one.expires_at, default=None)


def uncovered(incident: Incident, asking: Asking) -> tuple[Clash, ...]:
    """Clashes that are refused and that no override lifts."""
    return tuple(
        clash
        for clash in clashes(incident, asking)
        if clash.verdict == Verdict.REFUSED
        or (
            clash.verdict == Verdict.OVERRIDE and live_override(incident, clash.rule, clash.user_id, asking.now) is None
        )
    )


def admit(before: Incident, after: Incident, asking: Asking, saying: Saying) -> Incident:
    """``after``, if what newly clashes in it is allowed: else Conflict saying what is wrong and what would help.

    What clashed before is not held against this verb. Every verb that changes roles, command or who has a task ends
    with this.
    """
    known = {(one.pairing, one.user_id) for one in clashes(before, asking)}
    known_tasks = {task.id for task in hands_on(before, before.commander_id)}
    fresh_task = any(task.id not in known_tasks for task in hands_on(after, after.commander_id))
    for clash in clashes(after, asking):
        one_more = clash.pairing == Pairing.COMMANDER_HANDS_ON and fresh_task
        if (clash.pairing, clash.user_id) in known and not one_more:
            continue
        override = live_override(after, clash.rule, clash.user_id, asking.now)
        if clash.verdict == Verdict.REFUSED or (clash.verdict == Verdict.OVERRIDE and override is None):
            raise Conflict(f"{clash.wrong}.", field="user_id", hint=_hint(clash, after))
        if clash.verdict == Verdict.OK:
            continue
        lifted = override.id if override is not None and clash.verdict == Verdict.OVERRIDE else None
        saying.record(RolesClashed(pairing=clash.pairing, user_id=clash.user_id, override_id=lifted))
        saying.warn(f"{clash.wrong}. {clash.remedy}.")
    return after


def _hint(clash: Clash, incident: Incident) -> str:
    if clash.rule is None:
        return f"{clash.remedy}."
    severity = incident.severity or "an unset severity (it counts as SEV2)"
    return (
        f"{clash.remedy}; at {severity} this takes an override with a typed reason "
        f"(add_override, rule {clash.rule}, at most 60 minutes)."
    )
