"""Incidents by the services they are tied to, for what is reckoned about a service: its budget, its alerts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import or_, select

from firebell.domain.incidents.model import Incident
from firebell.domain.incidents.store import SERVICE, incident, incident_links, incidents
from firebell.domain.incidents.visibility import where_visible
from firebell.kernel.clock import Instant
from firebell.kernel.work import Read


@dataclass(frozen=True, slots=True)
class Stamp:
    """That an incident is there and how often it has changed; ``over``: it is closed."""

    incident_id: str
    version: int
    over: bool


def stamps(read: Read, since: Instant) -> Mapping[str, tuple[Stamp, ...]]:
    """By service, the incidents to be seen that are not closed or were closed after ``since``, oldest first."""
    query = (
        select(incident_links.c.other_id, incidents.c.id, incidents.c.version, incidents.c.closed_at)
        .join_from(incident_links, incidents, incidents.c.id == incident_links.c.incident_id)
        .where(
            incident_links.c.kind == SERVICE,
            or_(incidents.c.closed_at.is_(None), incidents.c.closed_at >= since),
            where_visible(read),
        )
        .order_by(incidents.c.number)
    )
    found: dict[str, list[Stamp]] = {}
    for row in read.all(query):
        found.setdefault(row.other_id, []).append(Stamp(row.id, row.version, row.closed_at is not None))
    return {service_id: tuple(each) for service_id, each in found.items()}


def of_service(read: Read, service_id: str, since: Instant) -> list[Incident]:
    """Those of one service, whole, oldest first."""
    tied = select(incident_links.c.incident_id).where(
        incident_links.c.kind == SERVICE, incident_links.c.other_id == service_id
    )
    query = (
        select(incidents.c.doc)
        .where(
            incidents.c.id.in_(tied),
            or_(incidents.c.closed_at.is_(None), incidents.c.closed_at >= since),
            where_visible(read),
        )
        .order_by(incidents.c.number)
    )
    return [incident(row) for row in read.all(query)]


def those(read: Read, incident_ids: Collection[str]) -> dict[str, Incident]:
    """These of them that are to be seen, by id."""
    wanted = sorted(set(incident_ids))
    if not wanted:
        return {}
    query = select(incidents.c.doc).where(incidents.c.id.in_(wanted), where_visible(read))
    return {one.id: one for one in map(incident, read.all(query))}
