"""What the page of one objective is made of, as it was looked up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from firebell.domain.slo.burn_rows import Usable
from firebell.domain.slo.gate import Answer
from firebell.domain.slo.model import Span
from firebell.domain.slo.records import AttributionRecord, ObjectiveState, Review, SeriesInfo, SloClock, SloRecord
from firebell.domain.slo.tally import Tally
from firebell.entrypoints.web.drafts import Draft
from firebell.entrypoints.web.sentences import Line
from firebell.entrypoints.web.slo_charts import Point
from firebell.kernel.clock import Instant


@dataclass(frozen=True, slots=True)
class Claimed:
    """An incident with a share, which the reader may see. ``stretches``: its impact in seconds since 1970."""

    record: AttributionRecord
    reference: str
    title: str
    stretches: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Forgiven:
    """An adjustment as the page lists it. ``approver`` is empty while nobody has approved it."""

    id: str
    category: str
    start: Instant
    end: Instant
    repeats: bool
    reason: str
    author: str
    approver: str
    mine: bool
    managed: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What was looked up about one objective. Points are (second, share left as measured), ascending;
    ``missed``: (start, end, share) of what burned without an incident and is worth a look, the newest last."""

    record: SloRecord
    index: int
    state: ObjectiveState | None
    clock: SloClock | None
    usable: Usable
    tally: Tally = field(default_factory=Tally)
    points: Sequence[Point] = ()
    before: Span | None = None
    before_points: Sequence[Point] = ()
    daily: Sequence[Fraction] = ()
    claimed: Sequence[Claimed] = ()
    missed: Sequence[tuple[int, int, Fraction]] = ()
    spans: Sequence[Span] = ()
    adjustments: Sequence[Forgiven] = ()
    service: tuple[str, str] | None = None
    team: str = ""
    policy: tuple[str, str, bool] | None = None
    answer: Answer | None = None
    review: Review | None = None
    series: SeriesInfo | None = None
    whole: ObjectiveState | None = None
    timeline: Sequence[Line] = ()
    base_url: str = ""
    may_edit: bool = False
    may_declare: bool = False
    draft: Draft = field(default_factory=Draft)
