"""What is kept of objectives beyond their documents: where they stand, what was counted, what people said about them.

Shares and ratios are exact fractions. Times of buckets, slots and days are whole seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from firebell.domain.slo.adjustments import Category
from firebell.domain.slo.attribution import Share
from firebell.domain.slo.budget import Knowing
from firebell.domain.slo.burn import Judged, StreamState
from firebell.domain.slo.coverage import QUIET_S, Anomaly, Presence
from firebell.domain.slo.model import Bucket, BudgetState, Indicator, RuleSet, Slo, Source, Span, Stream
from firebell.domain.slo.openslo_model import DataSource
from firebell.domain.slo.policy import Exemption, Override, Policy
from firebell.domain.slo.tally import Tally
from firebell.kernel.clock import Instant, micros
from firebell.kernel.ids import SloId


@dataclass(frozen=True, slots=True)
class Part:
    """One indicator of a document and the objectives that are measured by it.

    ``number`` 0 is the document's own indicator, ``i + 1`` that of objective ``i`` in a composite.
    """

    number: int
    indicator: Indicator
    objectives: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SloRecord:
    """One document. ``service_id`` and ``team_id``: whose it is; ``managed_by``: the file it comes from."""

    id: SloId
    slo: Slo
    service_id: str | None
    team_id: str | None
    managed_by: str | None
    created_at: Instant
    updated_at: Instant
    version: int

    @property
    def name(self) -> str:
        return self.slo.name

    def part_of(self, objective: int) -> int:
        """The part that measures an objective."""
        return 0 if self.slo.objectives[objective].indicator is None else objective + 1

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every indicator that somebody is measured by."""
        found: list[Part] = []
        shared = tuple(i for i, one in enumerate(self.slo.objectives) if one.indicator is None)
        if self.slo.indicator is not None and shared:
            found.append(Part(0, self.slo.indicator, shared))
        for index, one in enumerate(self.slo.objectives):
            if one.indicator is not None:
                found.append(Part(index + 1, one.indicator, (index,)))
        return tuple(found)

    def indicator(self, part: int) -> Indicator:
        """Raises KeyError for a part that there is not."""
        return {one.number: one.indicator for one in self.parts}[part]

    @property
    def source(self) -> Source | None:
        """Where its counts come from; of a composite the first member's."""
        return next((one.indicator.source for one in self.parts), None)


@dataclass(frozen=True, slots=True)
class SloClock:
    """When an objective was last looked at, and what was found. ``settled_end``: up to where it was evaluated.

    ``due_at``: the next evaluation. ``anomalies``: what its last evaluation saw in the data. ``quiet_since``: the end
    of its newest data while there are none. Written by the evaluation; the rest by whoever fetches counts: ``poll_at``
    is the next time its source is asked (``None``: never), ``failures`` in a row, ``error`` in words (empty: it
    answers), ``flags`` what looked wrong in counts as they came, and when last (seconds since 1970).
    """

    slo_id: str
    settled_end: int | None = None
    due_at: Instant | None = None
    anomalies: frozenset[Anomaly] = frozenset()
    presence: Presence = Presence.WAITING
    quiet_since: Instant | None = None
    nodata_open: bool = False
    poll_at: Instant | None = None
    failures: int = 0
    error: str = ""
    error_at: Instant | None = None
    warnings: tuple[str, ...] = ()
    flags: Mapping[Anomaly, int] = field(default_factory=dict)

    def suspicious(self, now: Instant) -> frozenset[Anomaly]:
        """All that looks wrong in the data of the last seven days."""
        since = micros(now) // 1_000_000 - QUIET_S
        return self.anomalies | {one for one, at in self.flags.items() if at >= since}


@dataclass(frozen=True, slots=True)
class SeriesInfo:
    """The counts of one part. ``atoms`` are 1 in it. ``last``: where a pushed counter stands.

    ``history`` counts how often its past was written, beyond the quarter of an hour in which late samples come, and
    ``rewritten_from`` is where that last began: whoever keeps sums of it in memory goes by these.
    """

    id: int
    slo_id: str
    part: int
    atoms: int
    bucket_s: int
    first_start: int | None = None
    newest_end: int | None = None
    last: Bucket | None = None
    history: int = 0
    rewritten_from: int | None = None


@dataclass(frozen=True, slots=True)
class ObjectiveState:
    """One objective after its last evaluation; all numbers are of ``at``.

    ``measured`` and ``charged`` are consumed shares of the period's budget, ``None`` unless something is known.
    ``unattributed`` is what no incident claims, ``missed`` the stretches of it that look like an incident.
    ``rates``: window in seconds → burn rate.
    """

    slo_id: str
    objective: int
    state: BudgetState = BudgetState.OK
    state_since: Instant | None = None
    streams: Mapping[Stream, StreamState] = field(default_factory=dict)
    at: Instant | None = None
    window: Span | None = None
    period_s: int = 0
    elapsed_s: int = 0
    knowing: Knowing = Knowing.NO_DATA
    coverage: Fraction = Fraction(0)
    error: Fraction | None = None
    measured: Fraction | None = None
    charged: Fraction | None = None
    unattributed: Fraction | None = None
    missed: tuple[tuple[int, int], ...] = ()
    rows: tuple[Judged, ...] = ()
    rates: Mapping[int, Fraction] = field(default_factory=dict)
    stale: bool = False

    @property
    def remaining(self) -> Fraction | None:
        """What the gate and policies look at: less what is charged."""
        return None if self.charged is None else 1 - self.charged

    @property
    def sli(self) -> Fraction | None:
        return None if self.error is None else 1 - self.error


@dataclass(frozen=True, slots=True)
class Day:
    """The sums of the slots that start in one UTC day, which begins at ``start``."""

    start: int
    tally: Tally


@dataclass(frozen=True, slots=True)
class AttributionRecord:
    """One incident's share of one objective's budget. A final share that changes becomes the next ``version``."""

    slo_id: str
    objective: int
    incident_id: str
    version: int
    window: Span | None
    share: Share
    weight: Fraction
    exempt: str
    class_: str
    at: Instant
    final_at: Instant | None


@dataclass(frozen=True, slots=True)
class ClaimWord:
    """What a person said about an incident's share: how it weighs where incidents overlap, and if it is exempt."""

    slo_id: str
    incident_id: str
    weight: Fraction
    exempt: Exemption | None
    reason: str
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A place to ask. ``details`` hold no secret. ``secret_file``: the file its secret was read from when it was
    applied; ``has_secret``: one is kept, sealed. ``error`` is what it last answered."""

    id: str
    name: str
    type: str
    url: str
    username: str
    details: Mapping[str, str]
    secret_file: str
    has_secret: bool
    managed_by: str | None
    checked_at: Instant | None
    error: str
    error_at: Instant | None
    warnings: tuple[str, ...]
    created_at: Instant
    updated_at: Instant
    version: int

    @property
    def document(self) -> DataSource:
        """As OpenSLO writes it."""
        details = dict(self.details)
        if self.url:
            details["url"] = self.url
        if self.username:
            details["username"] = self.username
        return DataSource(self.name, self.type, details, self.secret_file)


@dataclass(frozen=True, slots=True)
class AdjustmentRecord:
    """Errors that are measured and not charged, once somebody else has approved it.

    ``rrule`` (RFC 5545, in UTC) repeats the stretch ``start`` to ``end``.
    """

    id: str
    name: str
    slo_ids: tuple[str, ...]
    category: Category
    start: Instant
    end: Instant
    rrule: str
    reason: str
    author_id: str
    approver_id: str | None
    approved_at: Instant | None
    managed_by: str | None
    created_at: Instant
    updated_at: Instant
    version: int


@dataclass(frozen=True, slots=True)
class PolicyRecord:
    """``policy.version`` is the edition that was agreed to or not; ``version`` counts every change of the row.

    In ``policy`` objectives, people and teams are ids.
    """

    id: str
    name: str
    team_id: str | None
    policy: Policy
    managed_by: str | None
    reviewed_at: Instant | None
    created_at: Instant
    updated_at: Instant
    version: int


@dataclass(frozen=True, slots=True)
class PolicyDecision:
    """What the decider settled, about what."""

    id: str
    policy_id: str
    edition: int
    about: str
    decision: str
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Review:
    """A look back at one objective: was it met, how much toil, how satisfied are customers, and what that suggests."""

    id: str
    slo_id: str
    met: bool
    toil_high: bool
    satisfied: bool
    hint: str
    note: str
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class RuleSetRecord:
    id: str
    rules: RuleSet
    managed_by: str | None
    created_at: Instant
    updated_at: Instant
    version: int

    @property
    def name(self) -> str:
        return self.rules.name


@dataclass(frozen=True, slots=True)
class OverrideRecord:
    """``override.service`` is the service's id and ``override.by`` the person's."""

    id: str
    override: Override
    revoked_by: str | None
    created_at: Instant


@dataclass(frozen=True, slots=True)
class OverrideUse:
    """What the gate let through under an override."""

    override_id: str
    at: Instant
    service_id: str
    change: str
    sha: str
    decision: str
