"""Roles: who takes which, who leaves, what the holder's duties are. Command is a role that moves by its own verbs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from firebell.domain.incidents import engagement
from firebell.domain.incidents.asked import needs_no_observer
from firebell.domain.incidents.facts import RoleLeft, RoleTaken
from firebell.domain.incidents.guards import commands, needs_person
from firebell.domain.incidents.integrity import admit
from firebell.domain.incidents.marks import first_marked
from firebell.domain.incidents.model import Incident, MilestoneName, RoleDefinition, RoleName
from firebell.domain.incidents.outcome import Asking, Effect, EffectKind, Saying
from firebell.domain.incidents.verbs import AssignRole, LeaveRole, Verb
from firebell.kernel.errors import Conflict, Forbidden, Invalid

REPORTING_MAX = 7
"""More people than this report badly to one: sub-teams are suggested."""


def definition(asking: Asking, name: str) -> RoleDefinition:
    """The role as this installation words it, or Invalid naming the ones there are."""
    found = next((one for one in asking.roles if one.name == name), None)
    if found is None:
        known = ", ".join(one.name for one in asking.roles)
        raise Invalid(f"There is no role {name!r}.", field="role", hint=f"The roles are {known}.")
    return found


def duties(asking: Asking, name: str) -> str:
    """The duties of a role as one text, shown to whoever takes it; empty for a role that is not defined."""
    found = next((one for one in asking.roles if one.name == name), None)
    if found is None:
        return ""
    never = f" Never: {found.never}" if found.never else ""
    return " ".join(found.duties) + never


def taken(incident: Incident, role: str, user_id: str, asking: Asking, saying: Saying) -> Incident:
    """This person in ``role``; a role with one holder moves from whoever has it. Not for command."""
    if engagement.holds(incident, role, user_id):
        return incident
    limit = definition(asking, role).holders_max
    holders = incident.holders(role)
    before = None
    after = incident
    if limit == 1 and holders:
        before = holders[0]
        after = engagement.left(incident, role, None, asking)
        text = f"{user_id} is {definition(asking, role).display_name} of {incident.reference} now."
        saying.effects.append(Effect(EffectKind.NUDGE, users=(before,), text=text))
    elif limit is not None and len(holders) >= limit:
        raise Conflict(
            f"{incident.reference} has {len(holders)} of at most {limit} in the role {role}.",
            field="role", hint=f"Let one of them leave first: {', '.join(holders)}.",
        )  # fmt: skip
    saying.record(RoleTaken(role=role, user_id=user_id, before=before))
    return engagement.joined(after, role, user_id, asking)


def assign(incident: Incident, verb: AssignRole, asking: Asking, saying: Saying) -> Incident:
    """AssignRole. Taking a role oneself counts as a human having answered."""
    role = verb.role.strip()
    found = definition(asking, role)
    if role == RoleName.COMMANDER:
        raise Invalid(
            "Command is not assigned: it is taken, or offered and accepted.",
            field="role", hint="Use take_command while nobody commands, else offer_command.",
        )  # fmt: skip
    user_id = needs_person(verb.user_id, asking)
    if user_id != asking.user_id:
        needs_no_observer(incident, asking)
    after = taken(incident, role, user_id, asking, saying)
    if after is incident:
        return incident
    admit(incident, after, asking, saying)
    if user_id == asking.user_id and role != RoleName.OBSERVER:
        after = first_marked(after, MilestoneName.ACKNOWLEDGED, asking.now, asking)
    elif user_id != asking.user_id:
        text = f"You are {found.display_name} of {incident.reference}. {duties(asking, role)}"
        saying.effects.append(Effect(EffectKind.NUDGE, users=(user_id,), text=text))
    if len(engagement.reporting(after)) > REPORTING_MAX >= len(engagement.reporting(incident)):
        saying.warn(
            f"{len(engagement.reporting(after))} people report to the commander: form sub-teams (Alpha, Bravo, "
            "Charlie), each with a leader, a goal and a time box."
        )
    return after


def leave(incident: Incident, verb: LeaveRole, asking: Asking, saying: Saying) -> Incident:
    """LeaveRole: oneself, or somebody the commander (or Deputy) lets go. Leaving what one does not hold is nothing."""
    role = verb.role.strip()
    if role == RoleName.COMMANDER:
        raise Invalid(
            "Command is not left like another role.", field="role", hint="Offer it (offer_command), or step_down."
        )
    if not engagement.holds(incident, role, verb.user_id):
        return incident
    free = incident.commander_id is None or not asking.user_id or asking.is_admin
    own = verb.user_id == asking.user_id or engagement.holds(incident, RoleName.DEPUTY, asking.user_id)
    if not (free or own or commands(incident, asking)):
        raise Forbidden(
            f"{incident.commander_id} commands {incident.reference} and lets people go.",
            field="user_id", hint="You can leave your own roles.",
        )  # fmt: skip
    saying.record(RoleLeft(role=role, user_id=verb.user_id, why=""))
    if verb.user_id != asking.user_id:
        text = f"You are no longer {role} of {incident.reference}."
        saying.effects.append(Effect(EffectKind.NUDGE, users=(verb.user_id,), text=text))
    return engagement.left(incident, role, verb.user_id, asking)


def page_wanted(before: Incident | None, after: Incident, asking: Asking, saying: Saying) -> None:
    """The roles that the level pages as soon as an incident has it, where nobody holds them; each is paged once."""
    earlier = asking.scale.level(before.severity).page_roles if before is not None else ()
    for role in asking.scale.level(after.severity).page_roles:
        if role not in earlier and not after.holders(role):
            level = after.severity or "an incident of unset severity"
            text = f"{after.reference}: {level} needs a {role}."
            saying.effects.append(Effect(EffectKind.PAGE_ROLE, role=role, text=text))


def _assign(incident: Incident, verb: Verb, asking: Asking, saying: Saying) -> Incident:
    return assign(incident, cast("AssignRole", verb), asking, saying)


def _leave(incident: Incident, verb: Verb, asking: Asking, saying: Saying) -> Incident:
    return leave(incident, cast("LeaveRole", verb), asking, saying)


HANDLERS: Mapping[type[Verb], Callable[[Incident, Verb, Asking, Saying], Incident]] = {
    AssignRole: _assign,
    LeaveRole: _leave,
}
