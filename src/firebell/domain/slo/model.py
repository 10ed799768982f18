"""Objectives as values: what is promised, over which window, measured how.

Counts are whole numbers of *atoms* (see :data:`EVENT` and :data:`TIME`), so that sums over any window are exact and
never depend on their order. Ratios are :class:`~fractions.Fraction`. Buckets name their start in whole seconds since
1970; windows are pairs of instants.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from firebell.kernel.clock import Instant

EVENT = 10**6
"""Atoms of one counted event: ``increase`` extrapolates, and its fractions are kept."""
TIME = 10**12
"""Atoms of one bucket weighed by time (total = 1): twelve digits hold a target of 99.9999 %."""
MINUTE_S = 60
HOUR_S = 3600
DAY_S = 86_400


class Method(StrEnum):
    """How good and total become one ratio, in the words of OpenSLO."""

    OCCURRENCES = "Occurrences"
    TIMESLICES = "Timeslices"
    RATIO_TIMESLICES = "RatioTimeslices"


class Unit(StrEnum):
    MINUTE = "m"
    HOUR = "h"
    DAY = "d"
    WEEK = "w"
    MONTH = "M"
    QUARTER = "Q"
    YEAR = "Y"


UNIT_S: Mapping[Unit, int] = {Unit.MINUTE: 60, Unit.HOUR: 3600, Unit.DAY: DAY_S, Unit.WEEK: 7 * DAY_S}
"""Units of a fixed length. A calendar's day is none: it has 23, 24 or 25 hours."""


@dataclass(frozen=True, slots=True)
class Length:
    """``4w``: a whole number of one unit."""

    count: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"


@dataclass(frozen=True, slots=True)
class Rolling:
    """The last ``period_s`` seconds, ending now."""

    length: Length
    period_s: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """Windows that begin at ``starts`` (wall clock, ``2026-01-31 00:00:00``) in ``zone``, and every ``length`` on."""

    length: Length
    starts: str
    zone: str


Window = Rolling | Calendar


@dataclass(frozen=True, slots=True)
class Span:
    """From ``start`` until just before ``end``."""

    start: Instant
    end: Instant


class Source(StrEnum):
    PROMETHEUS = "prometheus"
    PUSHED = "pushed"
    INCIDENTS = "incidents"


class Shape(StrEnum):
    """Which of its queries an indicator has."""

    GOOD_TOTAL = "good_total"
    BAD_TOTAL = "bad_total"
    RAW_SUCCESS = "raw_success"
    RAW_FAILURE = "raw_failure"
    THRESHOLD = "threshold"
    NONE = "none"


class Compare(StrEnum):
    LTE = "lte"
    GTE = "gte"
    LT = "lt"
    GT = "gt"


@dataclass(frozen=True, slots=True)
class Indicator:
    """Where the counts come from. ``part`` is the good, bad, raw or threshold query, ``total`` the other one.

    ``data_source``: the name it refers to. ``foreign``: the type of a data source that cannot be asked, whose counts
    are pushed. ``severities``: of incidents that count, all when empty. ``name``: where it stands on its own.
    ``op`` and ``value`` belong to a threshold: a bucket is good iff ``value op threshold`` holds of what was read.
    """

    source: Source
    shape: Shape = Shape.NONE
    part: str = ""
    total: str = ""
    counter: bool = True
    data_source: str = ""
    foreign: str = ""
    severities: tuple[str, ...] = ()
    name: str = ""
    op: Compare | None = None
    value: Fraction | None = None

    @property
    def by_time(self) -> bool:
        """Each bucket weighs the same, whatever the traffic: the page says so."""
        return self.source is Source.INCIDENTS or self.shape in (
            Shape.RAW_SUCCESS, Shape.RAW_FAILURE, Shape.THRESHOLD,
        )  # fmt: skip

    @property
    def atoms(self) -> int:
        """How many atoms are 1 in its counts."""
        return TIME if self.by_time else EVENT


@dataclass(frozen=True, slots=True)
class Objective:
    """``target`` in [0, 1). ``slice_target`` and ``slice_s`` for the sliced methods. ``typed``: as it was written.

    ``indicator``: its own, in a composite; ``None``: the document's.
    """

    target: Fraction
    typed: str = ""
    name: str = ""
    percent: bool = False
    slice_target: Fraction | None = None
    slice_s: int | None = None
    weight: Fraction = Fraction(1)
    indicator: Indicator | None = None

    @property
    def allowed(self) -> Fraction:
        """β, the error ratio that spends the budget exactly; never 0."""
        return 1 - self.target


@dataclass(frozen=True, slots=True)
class Bucket:
    """Counts of ``[start, start + length)`` in atoms; ``start`` in seconds since 1970.

    A bucket that is there is covered, also with ``total`` 0 (no traffic). One that is missing is unknown.
    """

    start: int
    good: int
    total: int


class Stream(StrEnum):
    """``page`` wakes somebody now, ``ticket`` waits for office hours."""

    PAGE = "page"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class BurnRow:
    """Fires when ``share`` of the budget is spent within ``long_s`` and ``short_s`` says that it goes on.

    Kept as a share: the burn rate it stands for depends on the period.
    """

    stream: Stream
    share: Fraction
    long_s: int
    short_s: int


@dataclass(frozen=True, slots=True)
class RuleSet:
    name: str
    period_s: int
    rows: tuple[BurnRow, ...]


class Absent(StrEnum):
    """What 15 minutes without data open."""

    OFF = "off"
    LOW = "low"
    HIGH = "high"


class Evaluator(StrEnum):
    """Who opens the alerts: exactly one of the two."""

    INTERNAL = "internal"
    PROMETHEUS = "prometheus"


class Composite(StrEnum):
    """How several members become one; they disagree, so the page names the one that is used."""

    ANY = "any"
    WEIGHTED = "weighted"
    SERIAL = "serial"


BUCKETS_S = (MINUTE_S, 5 * MINUTE_S)
"""How long a bucket may be: five minutes where a source says something less often than twice a minute."""
PAGE_SEVERITY, TICKET_SEVERITY = "SEV2", "SEV4"


class BudgetState(StrEnum):
    OK = "ok"
    CAUTION = "caution"
    EXHAUSTED = "exhausted"


@dataclass(frozen=True, slots=True)
class Slo:
    """One document. Objectives without an indicator of their own share the buckets of ``indicator``.

    Without ``rows`` the set ``rules`` is used. ``bucket_s``: how long a bucket is, 1 or 5 minutes. ``bad_events_min``:
    below so many bad events in a row's long window it is false. The severities are those of its alerts, as written.
    """

    name: str
    service: str
    window: Window
    method: Method
    objectives: tuple[Objective, ...]
    indicator: Indicator | None
    display_name: str = ""
    description: str = ""
    rules: str = "default"
    rows: tuple[BurnRow, ...] = ()
    absent: Absent = Absent.LOW
    notify_on_open: bool = True
    notify_on_resolve: bool = True
    evaluator: Evaluator = Evaluator.INTERNAL
    composite: Composite | None = None
    policy: str = ""
    bucket_s: int = MINUTE_S
    bad_events_min: int = 0
    page_severity: str = PAGE_SEVERITY
    ticket_severity: str = TICKET_SEVERITY
    labels: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


def dedup_key(slo: str, objective: int, stream: Stream) -> str:
    """The same from either evaluator, so that moving an SLO between them opens no second alert."""
    return f"slo/{slo}/{objective}/{stream}"


def nodata_key(slo: str) -> str:
    return f"slo/{slo}/nodata"
