"""A message is worded at the moment it goes: what it is about, where it leads, and what may be done by its link."""

from __future__ import annotations

from firebell.domain.alerts.model import Alert, AlertKind
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.model import Severity
from firebell.domain.paging import commands as paging
from firebell.domain.paging import queries as paging_queries
from firebell.domain.paging.model import Delivery, Message, MessageKind
from firebell.domain.services import queries as services
from firebell.kernel.clock import micros
from firebell.kernel.secrets import new_url_token
from firebell.kernel.work import Work
from firebell.workflows import own_alert, wording


def write(work: Work, lead: Delivery, alerts: list[Alert], *, zone: str, base_url: str) -> Message:
    """The message of ``lead``, which also speaks for the other ``alerts``. A page gets its ack link here.

    ``zone`` is the reader's (an IANA name); ``base_url`` is how people reach this installation.
    """
    if lead.kind != MessageKind.PAGE or not alerts:
        return Message(
            id=lead.id,
            kind=MessageKind(lead.kind),
            title=lead.title,
            body=lead.body,
            urgency="low",
            alert_id=lead.alert_id,
            thread=lead.incident_id or lead.alert_id,
            view_url=_view(base_url, lead.incident_id or "", lead.alert_id or ""),
            copies_possible=lead.attempt > 1,
            sent_at_s=micros(work.now) // 1_000_000,
        )
    page = paging_queries.tried_page(work, lead.page_id)
    ack_url = None
    if page is None or not page.shadow:
        plain, hashed = new_url_token()
        paging.issue_links(work, [(hashed, [a.id for a in alerts], lead.user_id, lead.page_id)])
        ack_url = f"{base_url}/a/{plain}"
    about = _incident_of(alerts[0])
    gravest = min(alert.severity for alert in alerts)
    return wording.page(
        lead,
        alerts,
        service=_named(work, alerts[0]),
        why=page.why if page else "",
        shadow=bool(page and page.shadow),
        ack_url=ack_url,
        view_url=_view(base_url, about, alerts[0].id) or "",
        now=work.now,
        zone=zone,
        respond=wording.within(incidents.scale(work).level(Severity(gravest))),
        thread=about,
    )


def _view(base_url: str, incident_id: str, alert_id: str) -> str | None:
    if incident_id:
        return f"{base_url}/incidents/{incident_id}"
    return f"{base_url}/alerts/{alert_id}" if alert_id else None


def _incident_of(alert: Alert) -> str:
    """The incident that asks for somebody by this alert (empty: it is an alert like any other)."""
    return alert.labels.get(own_alert.INCIDENT, "") if alert.kind == AlertKind.INCIDENT else ""


def _named(work: Work, alert: Alert) -> str:
    """What an alert is about in a word: its service, or the incident that needs somebody."""
    if _incident_of(alert):
        return alert.labels.get(own_alert.REFERENCE, "an incident")
    unnamed = "a deleted service" if alert.service_id else "Firebell itself"
    return services.display_names(work, [alert.service_id]).get(alert.service_id, unnamed)
