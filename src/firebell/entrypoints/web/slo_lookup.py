"""What the page of an objective looks up, in one read: numbers, counts, shares of incidents the reader may see."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from firebell.domain.incidents import service_queries as incidents
from firebell.domain.people import queries as people
from firebell.domain.services import queries as services
from firebell.domain.slo import policy_queries, queries, windows
from firebell.domain.slo.gate import Answer
from firebell.domain.slo.model import DAY_S, HOUR_S, Calendar, Span
from firebell.domain.slo.records import AttributionRecord, ObjectiveState, SloRecord
from firebell.domain.slo.tally import Slot, Tally
from firebell.entrypoints.web import sentences, slo_words
from firebell.entrypoints.web.drafts import Draft
from firebell.entrypoints.web.names import look_up
from firebell.entrypoints.web.session import Browser
from firebell.entrypoints.web.slo_charts import Point
from firebell.entrypoints.web.slo_found import Claimed, Forgiven, Found
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant, micros
from firebell.kernel.errors import NotFound
from firebell.kernel.work import Read
from firebell.workflows import gate_asked, incident_impact
from firebell.workflows.budget_composites import WHOLE

STEEP = Fraction(1, 50)
"""A day that spends more of the budget than this is drawn hour by hour."""
STEEP_MAX = 8
SHARES_SHOWN = 40
MISSED_LOOKED, MISSED_SHOWN = 24, 6
MISSED_LEAST = Fraction(1, 200)
"""What spent less of the budget is not asked about."""


def found(here: Browser, read: Read, record: SloRecord, index: int, draft: Draft | None = None) -> Found:
    """Everything about one objective of ``record``. Raises NotFound for one that it has not."""
    if not 0 <= index < len(record.slo.objectives):
        raise NotFound("It has no such objective.", field="objective")
    state = queries.state(read, record.id, index)
    points: list[Point] = []
    sums = Tally()
    if state is not None and state.window is not None and state.at is not None:
        points, sums = spent(read, record, index, state.window.start, state.at, state)
    before, before_points = _before(read, record, index, state)
    at_s = _second(read.now if state is None or state.at is None else state.at)
    service = _service(read, record)
    policy = policy_queries.policy_for(read, record)
    since = read.now if state is None or state.window is None else state.window.start
    return Found(
        record=record, index=index, state=state, clock=queries.clocks(read, [record.id]).get(record.id),
        usable=queries.rows(read, record, index), tally=sums, points=points, before=before,
        before_points=before_points, daily=queries.daily_rates(read, record, index, at_s),
        claimed=claimed(read, record, index), missed=_missed(read, record, index, state, sums),
        spans=queries.forgiven_spans(read, record.id, since, read.now),
        adjustments=_adjustments(here, read, record), service=service, team=_team(read, record),
        policy=None if policy is None else (policy.name, policy.name, policy.policy.approved),
        answer=_answer(here, read, record), review=next(iter(policy_queries.reviews(read, record.id)), None),
        series=queries.series(read, record.id).get(record.part_of(index)),
        whole=queries.state(read, record.id, WHOLE),
        timeline=list(reversed(sentences.lines(read, read.history(record.id, limit=40), here.zone))),
        base_url=here.site.base_url, may_edit=here.may(Permission.SLOS_EDIT, record.team_id),
        may_declare=here.may(Permission.INCIDENTS_DECLARE), draft=draft or Draft(),
    )  # fmt: skip


def _second(at: Instant) -> int:
    return micros(at) // 1_000_000


# ------------------------------------------------------------------ the line of a budget


def spent(
    read: Read, record: SloRecord, index: int, start: Instant, end: Instant, state: ObjectiveState | None
) -> tuple[list[Point], Tally]:
    """What was left at the end of every day of ``[start, end)``, steep days hour by hour; and the sum of it all.

    ``1 − Σbad / (β·N)`` with N scaled from the part that has passed, so that it ends at what is left as measured.
    """
    since, until = _second(start), _second(end)
    steps = _days(read, record, index, since, until)
    whole = sum((one for _, one in steps if one is not None), Tally())
    first = queries.first_start(read, record, index)
    begun = since if first is None else max(since, first)
    period_s = windows.nominal_s(record.slo.window) if state is None or not state.period_s else state.period_s
    allowed = record.slo.objectives[index].allowed
    budget = allowed * whole.total * period_s / (until - begun) if until > begun else Fraction(0)
    if budget <= 0:
        return [(since, Fraction(1)), (until, Fraction(1) if whole.covered else None)], whole
    steep = sorted(
        (i for i, (_, one) in enumerate(steps) if one is not None and one.bad / budget > STEEP),
        key=lambda i: steps[i][1].bad if (steps[i][1]) else 0, reverse=True,  # type: ignore[union-attr]
    )[:STEEP_MAX]  # fmt: skip
    points: list[Point] = [(since, Fraction(1) if begun <= since else None)]
    left = Fraction(1)
    for i, (start_s, one) in enumerate(steps):
        end_s = steps[i + 1][0] if i + 1 < len(steps) else until
        if one is None:
            points.append((end_s, None))
            continue
        if points[-1][1] is None:
            points.append((max(start_s, begun), left))
        parts = hours(queries.slots(read, record, index, start_s, end_s), end_s) if i in steep else [(end_s, one.bad)]
        for at, bad in parts:
            left -= Fraction(bad) / budget
            points.append((at, left))
    if state is not None and state.measured is not None and points[-1][1] is not None:
        points[-1] = (points[-1][0], 1 - state.measured)
    return points, whole


def _days(read: Read, record: SloRecord, index: int, since: int, until: int) -> list[tuple[int, Tally | None]]:
    """Steps at UTC midnights from ``since`` to ``until``, each with the sum of its slots; ``None``: no data."""
    known = {one.start: one.tally for one in queries.days(read, record, index, since, until)}
    found: list[tuple[int, Tally | None]] = []
    at = since
    while at < until:
        day = at - at % DAY_S
        following = min(until, day + DAY_S)
        one = known.get(day)
        if one is not None and (at != day or following != day + DAY_S):
            one = queries.tally(read, record, index, at, following)
        found.append((at, None if one is None or not one.covered else one))
        at = following
    return found


def hours(slots: Sequence[Slot], until: int) -> list[tuple[int, int]]:
    """(end, bad) of each hour."""
    sums: dict[int, int] = {}
    for slot in slots:
        end = min(until, slot.start - slot.start % HOUR_S + HOUR_S)
        sums[end] = sums.get(end, 0) + slot.bad
    return sorted(sums.items())


def _before(
    read: Read, record: SloRecord, index: int, state: ObjectiveState | None
) -> tuple[Span | None, Sequence[Point]]:
    """The window before, of a calendar: the budget began anew, and what became of the old one is worth a look."""
    if state is None or state.at is None or not isinstance(record.slo.window, Calendar):
        return None, ()
    span = windows.previous(record.slo.window, state.at)
    if span is None:
        return None, ()
    points, _ = spent(read, record, index, span.start, span.end, None)
    return span, points


# ------------------------------------------------------------------ whose it was


def _missed(
    read: Read, record: SloRecord, index: int, state: ObjectiveState | None, sums: Tally
) -> list[tuple[int, int, Fraction]]:
    """Of the stretches that no incident claims those that spent something, in order. At low traffic one failed request
    is a stretch, and not worth a look."""
    if state is None or state.measured is None or not sums.bad:
        return []
    longest = sorted(state.missed, key=lambda one: one[1] - one[0], reverse=True)[:MISSED_LOOKED]
    found = []
    for start, end in longest:
        bad = queries.tally(read, record, index, start, end).bad
        share = state.measured * bad / sums.bad
        if share >= MISSED_LEAST:
            found.append((start, end, share))
    largest = sorted(found, key=lambda one: one[2], reverse=True)[:MISSED_SHOWN]
    return sorted(largest)


def claimed(read: Read, record: SloRecord, index: int) -> list[Claimed]:
    """The shares of incidents this reader may see, the largest first. What others spent stays unattributed."""
    records = queries.attributions(read, record.id, index)
    if not records or not read.actor.may(Permission.INCIDENTS_VIEW, record.team_id):
        return []
    seen = incidents.those(read, [one.incident_id for one in records])
    rows = []
    for one in sorted(records, key=_weight, reverse=True):
        incident = seen.get(one.incident_id)
        if incident is None or not (one.share.gross or one.share.declared):
            continue
        stretches = [
            (_second(part.since), _second(part.until or read.now)) for part in incident_impact.segments(incident)
        ]
        rows.append(Claimed(one, incident.reference, incident.title, stretches))
    return rows[:SHARES_SHOWN]


def _weight(one: AttributionRecord) -> Fraction:
    return max(one.share.net, one.share.declared)


# ------------------------------------------------------------------ around it


def _service(read: Read, record: SloRecord) -> tuple[str, str] | None:
    if record.service_id is None or not read.actor.may(Permission.SERVICES_VIEW, record.team_id):
        return (record.slo.service, "") if record.slo.service else None
    names = services.display_names(read, [record.service_id])
    return names.get(record.service_id, record.slo.service), f"/services/{record.service_id}"


def _team(read: Read, record: SloRecord) -> str:
    if record.team_id is None or not read.actor.may(Permission.PEOPLE_VIEW):
        return ""
    team = people.team(read, record.team_id)
    return "" if team is None else team.display_name or team.name


def _adjustments(here: Browser, read: Read, record: SloRecord) -> list[Forgiven]:
    listed = queries.adjustments(read, record.id)
    names = look_up(read, [person for one in listed for person in (one.author_id, one.approver_id)])
    return [
        Forgiven(
            one.id, slo_words.CATEGORIES[one.category], one.start, one.end, bool(one.rrule), one.reason,
            names.of(one.author_id), names.of(one.approver_id) if one.approved_at else "", one.author_id == here.me.id,
            one.managed_by is not None,
        )
        for one in listed
    ]  # fmt: skip


def _answer(here: Browser, read: Read, record: SloRecord) -> Answer | None:
    if record.service_id is None:
        return None
    try:
        service = services.service(read, record.service_id)
    except NotFound:
        return None
    return gate_asked.look(read, service).answer
