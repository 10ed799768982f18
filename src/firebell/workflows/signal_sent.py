"""A signal is sent by somebody we know: through the API. From here on it is like any other."""

from __future__ import annotations

from firebell.domain.alerts.model import Arrival, Ingested, Origin, Raw, Signal
from firebell.domain.services import queries as services
from firebell.domain.services.model import Intake
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Conflict, NotFound
from firebell.kernel.work import Work
from firebell.workflows import alert_arrives


def to_service(work: Work, service_id: str, signal: Signal, raw: Raw) -> Ingested:
    """Send ``signal`` to a service. Its dedup keys are the API's own: they never meet those of an integration."""
    found = services.service(work, service_id)
    work.needs(Permission.SIGNALS_SEND, found.team_id)
    origin = Origin(
        integration_id=f"api:{found.id}", service_id=found.id, team_id=found.team_id, policy_id=found.policy_id,
        default_severity=found.default_severity, urgency=found.urgency.value,
    )  # fmt: skip
    return _arrive(work, Arrival(origin, [signal], raw))


def to_integration(work: Work, integration_id: str, signal: Signal, raw: Raw) -> Ingested:
    """Send ``signal`` as if it had come through an integration. Raises Conflict when that one is switched off."""
    intake = services.intakes(work, [integration_id]).get(integration_id)
    work.needs(Permission.SIGNALS_SEND, intake.team_id if intake else None)
    if intake is None:
        raise NotFound("There is no such integration.", field="integration_id")
    if intake.disabled:
        raise Conflict("This integration is switched off.", hint="Switch it on first.")
    return _arrive(work, Arrival(_origin(intake), [signal], raw))


def _origin(intake: Intake) -> Origin:
    ignored = intake.settings.get("ignore_labels") or ()
    return Origin(
        integration_id=intake.integration_id, service_id=intake.service_id, team_id=intake.team_id,
        policy_id=intake.policy_id, default_severity=intake.default_severity, urgency=intake.urgency,
        ignore_labels=frozenset(str(name) for name in ignored),
    )  # fmt: skip


def _arrive(work: Work, arrival: Arrival) -> Ingested:
    return alert_arrives.arrive(work, [arrival])[0][0]
