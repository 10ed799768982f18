"""A first service that pages somebody: team, schedule, policy, service and integration, all at once or not at all."""

from __future__ import annotations

from dataclasses import dataclass

from whenever import PlainDateTime

from firebell.domain.escalation import commands as escalation
from firebell.domain.escalation import queries as escalation_queries
from firebell.domain.escalation.model import Climb, Step, Target, TargetKind, Wait
from firebell.domain.oncall import commands as oncall
from firebell.domain.oncall.model import RotationLayer, Unit
from firebell.domain.people import queries as people
from firebell.domain.people import teams
from firebell.domain.people.model import TeamRole
from firebell.domain.services import commands as services
from firebell.domain.services.model import NewIntegration
from firebell.kernel.ids import LayerId, PolicyId, UserId
from firebell.kernel.secrets import Keyring
from firebell.kernel.work import Work

STEP_S = 300


@dataclass(frozen=True, slots=True)
class First:
    """What was made. ``integration`` carries the key in plain text."""

    team_id: str
    schedule_id: str
    policy_id: str
    service_id: str
    integration: NewIntegration


def make(
    work: Work,
    *,
    name: str,
    display_name: str,
    source: str,
    team: str,
    user_id: UserId,
    zone: str,
    keyring: Keyring,
) -> First:
    """``user_id`` is on call from now on, around the clock, and the installation's fallback until another is named.

    Raises Invalid or Conflict naming the field (``name`` of the service, ``team``).
    """
    found = people.team_by_name(work, team)
    team_id = found.id if found else teams.create_team(work, name=team)
    if not found:
        teams.set_members(work, team_id, {user_id: TeamRole.MANAGER})
    here = work.now.to_tz(zone)
    layer = RotationLayer(
        id=LayerId(""), name="weekly", zone=zone,
        anchor=PlainDateTime(here.year, here.month, here.day, 9).subtract(days=here.date().day_of_week().value - 1),
        unit=Unit.WEEK, every=1, slots=((user_id,),),
    )  # fmt: skip
    schedule_id = oncall.create_schedule(work, name=f"{team}-primary", zone=zone, team_id=team_id, layers=[layer])
    fallback = (Target(TargetKind.USER, user_id),)
    climb = Climb((Step((Target(TargetKind.SCHEDULE, schedule_id),), Wait(STEP_S)),), fallback)
    policy = escalation.create_policy(
        work, name=team, display_name=f"{team.capitalize()}, around the clock", team_id=team_id, climb=climb
    )
    service_id = services.create_service(
        work, name=name, display_name=display_name or name, team_id=team_id, policy_id=PolicyId(policy.id)
    )
    integration = services.create_integration(work, service_id, source, source, keyring)
    if not escalation_queries.installation_fallback(work):
        escalation.set_fallback(work, fallback)
        work.publish("settings")
    return First(team_id, schedule_id, policy.id, service_id, integration)
