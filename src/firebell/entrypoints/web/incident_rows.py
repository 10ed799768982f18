"""Incidents as rows, for every page that lists or mentions them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from firebell.domain.incidents.model import Incident
from firebell.entrypoints.web import incident_words, moments
from firebell.entrypoints.web.moments import Moment
from firebell.entrypoints.web.names import look_up
from firebell.kernel.clock import Instant, seconds_between
from firebell.kernel.work import Read


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """``commandless_s``: for how long nobody has been in command, while somebody should be."""

    id: str
    reference: str
    href: str
    title: str
    severity: str
    phase: str
    phase_words: str
    kind: str
    active: bool
    private: bool
    commander: str
    commandless_since: Instant | None
    commandless_s: float
    services: str
    since: Moment | None
    engaged: int
    mine: bool


def rows(read: Read, found: Sequence[Incident], zone: str, me: str = "") -> list[IncidentRow]:
    """Rows in the given order."""
    names = look_up(read, {x for i in found for x in (i.commander_id, *i.service_ids)})
    return [
        IncidentRow(
            id=i.id, reference=i.reference, href=f"/incidents/{i.id}", title=i.title, severity=i.severity or "",
            phase=i.phase, phase_words=incident_words.PHASES[i.phase], kind=incident_words.KINDS[i.kind],
            active=i.active, private=i.private, commander=names.of(i.commander_id),
            commandless_since=i.commandless_since if i.active else None,
            commandless_s=seconds_between(read.now, i.commandless_since) if i.commandless_since else 0,
            services=", ".join(filter(None, (names.of(one) for one in i.service_ids))),
            since=moments.moment(i.declared_at, read.now, zone), engaged=len(i.engaged_ids),
            mine=bool(me) and me in i.engaged_ids,
        )
        for i in found
    ]  # fmt: skip
