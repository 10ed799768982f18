"""The budget that an incident burns, while it burns: its share of each objective, how fast, and until when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from firebell.domain.incidents.model import Incident
from firebell.domain.incidents.scale import Burning, at_least
from firebell.domain.slo import queries
from firebell.domain.slo.attribution import Basis
from firebell.domain.slo.budget import exhausts_s
from firebell.domain.slo.burn import Standing, StreamState
from firebell.domain.slo.model import Stream
from firebell.domain.slo.records import AttributionRecord, ObjectiveState, SloRecord
from firebell.entrypoints.web import slo_words
from firebell.entrypoints.web.session import Browser
from firebell.entrypoints.web.slo_charts import Bar
from firebell.entrypoints.web.slo_rows import HOURS, row, state_key
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Forbidden
from firebell.kernel.work import Read

SHOWN = 8


@dataclass(frozen=True, slots=True)
class BurnRow:
    """``share``: what this incident spent, empty while nothing is reckoned. ``ends``: when the budget does.

    ``fast``: it burns fast enough to page now.
    """

    href: str
    name: str
    share: str
    basis: str
    provisional: bool
    exempt: bool
    left: str
    over: bool
    bar: Bar | None
    state: tuple[str, str, str]
    rate: str
    ends: str
    fast: bool


@dataclass(frozen=True, slots=True)
class BurnPanel:
    """``suggests``: a severity that the burn calls for and the incident does not have; else nothing. ``who``: burns."""

    rows: Sequence[BurnRow]
    suggests: str
    who: Sequence[str]


@dataclass(frozen=True, slots=True)
class Burn:
    """An objective of a service as it burns now. ``page``: fast enough to page; ``ticket``: too fast all the same."""

    name: str
    rate: str
    page: bool
    ticket: bool


def of_incident(here: Browser, read: Read, i: Incident) -> BurnPanel:
    """For an incident's page: what is its services' and what it has a share of, the largest share first."""
    if not here.may(Permission.SLOS_VIEW, i.team_id) or i.kind in ("drill", "test"):
        return BurnPanel((), "", ())
    shares = {(one.slo_id, one.objective): one for one in queries.attributions_of(read, [i.id])}
    records = _records(read, i.service_ids, {slo_id for slo_id, _ in shares})
    states = queries.states(read, [one.id for one in records])
    rows = [
        (_worth(shares.get((record.id, index))), _row(here, read, record, index, states, shares, active=i.active))
        for record in records
        for index in range(len(record.slo.objectives))
    ]
    shown = [one for _, one in sorted(rows, key=lambda pair: (-pair[0], not pair[1].fast, pair[1].name))]
    if not i.active:
        shown = [one for one in shown if one.share not in ("", slo_words.share(Fraction(0)))]
    found = _strongest(_burns(records, states))
    floor = at_least(found) if i.active else None
    wanted = floor is not None and (i.severity is None or i.severity > floor)
    fast = [one.name for one in shown if one.fast]
    return BurnPanel(shown[:SHOWN], str(floor) if wanted else "", fast)


def burning(read: Read, service_ids: Iterable[str]) -> list[Burn]:
    """The objectives of these services that burn too fast now; nothing for who may not see objectives."""
    wanted = [one for one in service_ids if one]
    if not wanted or not read.actor.may(Permission.SLOS_VIEW):
        return []
    records = _records(read, wanted, ())
    return _burns(records, queries.states(read, [one.id for one in records]))


def strongest(found: Iterable[Burn]) -> Burning:
    return _strongest(list(found))


def _strongest(found: Sequence[Burn]) -> Burning:
    if any(one.page for one in found):
        return Burning.FAST
    return Burning.SLOW if found else Burning.NOT


def _records(read: Read, service_ids: Iterable[str], slo_ids: Iterable[str]) -> list[SloRecord]:
    services, slos = set(service_ids), set(slo_ids)
    try:
        found = queries.slos(read)
    except Forbidden:
        return []
    return [one for one in found if one.service_id in services or one.id in slos]


def _burns(records: Sequence[SloRecord], states: dict[tuple[str, int], ObjectiveState]) -> list[Burn]:
    found = []
    for record in records:
        for index in range(len(record.slo.objectives)):
            state = states.get((record.id, index))
            if state is None:
                continue
            page, ticket = (_open(state, stream) for stream in (Stream.PAGE, Stream.TICKET))
            if page or ticket:
                found.append(Burn(record.slo.display_name or record.name, _rate(state), page, ticket))
    return found


def _open(state: ObjectiveState, stream: Stream) -> bool:
    return state.streams.get(stream, StreamState()).standing is not Standing.QUIET


def _rate(state: ObjectiveState) -> str:
    return slo_words.rate(state.rates.get(HOURS))


def _row(
    here: Browser, read: Read, record: SloRecord, index: int, states: dict[tuple[str, int], ObjectiveState],
    shares: dict[tuple[str, int], AttributionRecord], *, active: bool,
) -> BurnRow:  # fmt: skip
    state, one = states.get((record.id, index)), shares.get((record.id, index))
    listed = row(record, index, state, None, read.now, here.zone)
    rate = None if state is None else state.rates.get(HOURS)
    ends = ""
    if active and state is not None and state.remaining is not None and rate is not None and state.remaining > 0:
        seconds = exhausts_s(state.remaining, rate, state.period_s)
        ends = "not at this rate" if seconds is None else f"gone in {slo_words.length(seconds)}"
    return BurnRow(
        href=listed.href, name=listed.name, share="" if one is None else slo_words.share(one.share.used),
        basis="declared" if one is not None and one.share.basis is Basis.DECLARED else "",
        provisional=one is not None and one.share.provisional, exempt=one is not None and bool(one.exempt),
        left=listed.left, over=listed.over, bar=listed.bar, state=slo_words.STATES[state_key(state)],
        rate="" if rate is None or not active else slo_words.rate(rate), ends=ends,
        fast=active and state is not None and _open(state, Stream.PAGE),
    )  # fmt: skip


def _worth(one: AttributionRecord | None) -> Fraction:
    return Fraction(0) if one is None else one.share.used


__all__ = ["Burn", "BurnPanel", "BurnRow", "burning", "of_incident", "strongest"]
