"""How an incident begins: a title is enough, everything else can be said later."""

from __future__ import annotations

from firebell.domain.incidents import command, roles, severity
from firebell.domain.incidents.declaration import Declaration
from firebell.domain.incidents.facts import IncidentDeclared
from firebell.domain.incidents.guards import not_ahead
from firebell.domain.incidents.marks import marked
from firebell.domain.incidents.model import Incident, Kind, MilestoneName
from firebell.domain.incidents.outcome import Asking, Effect, EffectKind, Saying
from firebell.kernel.errors import Invalid

TITLE_MAX = 200


def begin(new: Declaration, asking: Asking, saying: Saying, *, incident_id: str, number: int) -> Incident:
    """A new incident in triage. ``impact_started`` stays blank: a default would make the time to detect zero.

    One entered afterwards (``backfilled``) was declared when it was detected.
    """
    title = " ".join(new.title.split())
    if not title:
        raise Invalid("Say in one line what is wrong.", field="title", hint="A title is enough; the rest can wait.")
    if len(title) > TITLE_MAX:
        raise Invalid(
            f"A title has at most {TITLE_MAX} characters.", field="title", hint="Put the details into the summary."
        )
    kind = Kind.DRILL if new.drill else new.kind
    detected_at = not_ahead(new.event_at, asking, "event_at")
    declared_at = detected_at if kind == Kind.BACKFILLED else asking.now
    incident = Incident(
        id=incident_id,
        number=number,
        kind=kind,
        title=title,
        severity=new.severity,
        peak=new.severity,
        scale_version=asking.scale.version,
        team_id=new.team_id,
        private=new.private or new.security,
        security=new.security,
        codename=new.codename,
        summary=new.summary.strip(),
        impact=new.impact.strip(),
        customer_impact=new.customer_impact,
        declared_at=declared_at,
        declared_by=asking.by,
        detection=new.detection,
        origin=new.origin,
        labels=dict(new.labels),
        service_ids=tuple(dict.fromkeys(new.service_ids)),
        alerts=new.alerts,
        spans=severity.begun(new.severity, declared_at, asking.by),
    )
    source = "rule" if new.origin == "rule" else "verb"
    incident = marked(incident, MilestoneName.DETECTED, detected_at, asking, source)
    incident = marked(incident, MilestoneName.DECLARED, declared_at, asking, source)
    incident = command.commandless(incident, asking)
    saying.record(
        IncidentDeclared(
            title=title, severity=new.severity, nature=kind, origin=new.origin, detection=new.detection
        ),
        declared_at if kind == Kind.BACKFILLED else None,
    )  # fmt: skip
    # A private one has no codename yet, and its title is not to be heard.
    named = "" if incident.private else f": {title}"
    saying.effects.append(Effect(EffectKind.ANNOUNCE, text=f"{incident.reference} declared{named}"))
    roles.page_wanted(None, incident, asking, saying)
    return incident
