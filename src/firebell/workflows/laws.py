"""What must always hold, as queries. Run every 15 s; while one is broken the outgoing heartbeat is withheld.

No dead ends: every unresolved alert has something that will happen to it. Liveness: nothing due waits over 30 s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import and_, exists, or_, select

from firebell.domain.alerts.store import alerts
from firebell.domain.escalation.store import runs
from firebell.domain.incidents.model import ACTIVE, RoleName
from firebell.domain.incidents.store import incident, incidents
from firebell.domain.paging.store import deliveries, pages
from firebell.domain.slo import attribution_store, reckoning_store
from firebell.domain.slo.store import clocks, slos
from firebell.kernel.clock import Instant, micros, plus
from firebell.kernel.work import Read

OVERDUE_S = 30
UNJUDGED_S = 900
UNASKED_S = 600
RECKONINGS = 20
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Breach:
    """A law that does not hold, and up to five examples (ids)."""

    law: str
    examples: tuple[str, ...]


def open_alerts_lead_somewhere(read: Read) -> list[str]:
    """Every open alert has a due step, a live message, a rest after having told somebody, or a told fallback."""
    run = and_(
        runs.c.id == alerts.c.run_id,
        or_(runs.c.due_at.is_not(None), runs.c.state.in_(["resting", "exhausted"])),
    )
    live = and_(deliveries.c.alert_id == alerts.c.id, deliveries.c.state.in_(["queued", "sending"]))
    query = (
        select(alerts.c.id)
        .where(
            alerts.c.state == "open",
            ~exists(select(runs.c.id).where(run)),
            ~exists(select(deliveries.c.id).where(live)),
        )
        .limit(EXAMPLES)
    )
    return [row.id for row in read.all(query)]


def acknowledged_alerts_are_watched(read: Read) -> list[str]:
    """Every acknowledged alert has a run that knows it is acknowledged (and when that expires, if it does)."""
    run = and_(runs.c.id == alerts.c.run_id, or_(runs.c.state == "acknowledged", runs.c.due_at.is_not(None)))
    query = (
        select(alerts.c.id)
        .where(alerts.c.state == "acknowledged", alerts.c.run_id.is_not(None), ~exists(select(runs.c.id).where(run)))
        .limit(EXAMPLES)
    )
    return [row.id for row in read.all(query)]


def no_step_is_overdue(read: Read) -> list[str]:
    """No run waits over 30 s past its deadline."""
    query = select(runs.c.id).where(runs.c.due_at < _late(read)).order_by(runs.c.due_at).limit(EXAMPLES)
    return [row.id for row in read.all(query)]


def no_page_is_overdue(read: Read) -> list[str]:
    """No notification rule waits over 30 s past its moment."""
    query = select(pages.c.id).where(pages.c.due_at < _late(read)).limit(EXAMPLES)
    return [row.id for row in read.all(query)]


def no_message_is_overdue(read: Read) -> list[str]:
    """No message waits over 30 s past its due time, and no lease is left to lie."""
    late = _late(read)
    query = (
        select(deliveries.c.id)
        .where(
            or_(
                and_(deliveries.c.state == "queued", deliveries.c.due_at < late),
                and_(deliveries.c.state == "sending", deliveries.c.lease_until < late),
            )
        )
        .limit(EXAMPLES)
    )
    return [row.id for row in read.all(query)]


def no_incident_is_overdue(read: Read) -> list[str]:
    """No clock of an incident waits over 30 s past its moment."""
    query = select(incidents.c.id).where(incidents.c.due_at < _late(read)).order_by(incidents.c.due_at).limit(EXAMPLES)
    return [row.id for row in read.all(query)]


def one_commands(read: Read) -> list[str]:
    """No active incident has two commanders, and each is listed under the one it has."""
    query = select(incidents.c.commander_id, incidents.c.doc).where(incidents.c.phase.in_(sorted(ACTIVE)))
    listed = [(() if row.commander_id is None else (row.commander_id,), incident(row)) for row in read.all(query)]
    return [one.id for holders, one in listed if one.holders(RoleName.COMMANDER) != holders][:EXAMPLES]


def every_budget_is_watched(read: Read) -> list[str]:
    """No objective has gone unjudged for a quarter of an hour, and no source waits ten minutes to be asked."""
    unjudged = micros(plus(read.now, -UNJUDGED_S)) // 1_000_000
    query = (
        select(clocks.c.slo_id)
        .join(slos, slos.c.id == clocks.c.slo_id)
        .where(
            slos.c.deleted_at.is_(None),
            slos.c.updated_at < plus(read.now, -UNJUDGED_S),
            or_(
                clocks.c.settled_end.is_(None),
                clocks.c.settled_end < unjudged,
                clocks.c.poll_at < plus(read.now, -UNASKED_S),
            ),
        )
        .limit(EXAMPLES)
    )
    return [row.slo_id for row in read.all(query)]


def shares_add_up(read: Read) -> list[str]:
    """What incidents were charged and what nobody claims is what was consumed, exactly, in the latest reckonings."""
    reckoned = reckoning_store.newest(read, RECKONINGS)
    rows = attribution_store.of_incidents(read, {key for one in reckoned for key in one.incidents})
    found = []
    for one in reckoned:
        wanted = set(one.incidents)
        shares = [
            row.share.net for row in rows
            if (row.slo_id, row.objective) == (one.slo_id, one.objective) and row.incident_id in wanted
        ]  # fmt: skip
        if sum(shares, Fraction(0)) + one.unattributed != one.consumed and not _reckoned_again(read, one):
            found.append(one.slo_id)
    return found[:EXAMPLES]


def _reckoned_again(read: Read, one: reckoning_store.Reckoned) -> bool:
    """Whether that happened between our two queries, or the objective is gone."""
    now = reckoning_store.of(read, [one.slo_id]).get((one.slo_id, one.objective))
    return now is None or now.at != one.at


def _late(read: Read) -> Instant:
    return plus(read.now, -OVERDUE_S)


LAWS: tuple[Callable[[Read], list[str]], ...] = (
    open_alerts_lead_somewhere,
    acknowledged_alerts_are_watched,
    no_step_is_overdue,
    no_page_is_overdue,
    no_message_is_overdue,
    no_incident_is_overdue,
    one_commands,
    every_budget_is_watched,
    shares_add_up,
)


def check(read: Read) -> list[Breach]:
    """Every law that is broken now (none: all is well)."""
    found = [(law.__name__, law(read)) for law in LAWS]
    return [Breach(name, tuple(examples)) for name, examples in found if examples]
