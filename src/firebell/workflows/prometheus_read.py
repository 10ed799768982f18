"""Prometheus is asked, and so are Mimir, Thanos and VictoriaMetrics: ranges of one query, whatever their length.

What cannot be read is a state of the answer with words for it, never a number. No transaction may be open here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from urllib.parse import urlencode

from firebell.domain.slo import promanswers, prombuckets
from firebell.domain.slo.model import Bucket, Indicator, Shape
from firebell.domain.slo.promanswers import Answer, Series, State
from firebell.kernel.clock import Instant, micros
from firebell.kernel.fetch import FailureKind, Fetch, FetchFailed

DEADLINE_S = 10.0
REPLY_MAX = 8 << 20
"""Of one page: 11 000 points of one series are 300 KiB."""
BACK_OFF_LEAST_S = 5
BACK_OFF_MOST_S = 300
EVERY_S = 60
REREAD_S = 600
"""Late samples come for so long."""
TEST_S = 3600
_TRY_AGAIN = frozenset({FailureKind.DNS, FailureKind.CONNECT, FailureKind.TIMEOUT, FailureKind.PROTOCOL})


@dataclass(frozen=True, slots=True)
class Metrics:
    """A data source: the URL before ``/api/v1``, and headers that say who asks (in plain text, so never logged)."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def ask(
    fetch: Fetch, metrics: Metrics, query: str, start: int, end: int, step: int, *,
    points_max: int = promanswers.POINTS_MAX,
) -> Answer:  # fmt: skip
    """The samples of ``[start, end]`` (seconds since 1970, both included), in as many calls as it takes.

    Pages of one series are put together; the first page that cannot be read is the answer.
    """
    merged: dict[tuple[tuple[str, str], ...], dict[int, Fraction | None]] = {}
    labels: dict[tuple[tuple[str, str], ...], Mapping[str, str]] = {}
    warnings: dict[str, None] = {}
    for since, until in promanswers.pages(start, end, step, points_max):
        answer = _page(fetch, metrics, query, since, until, step)
        warnings |= dict.fromkeys(answer.warnings)
        if answer.state not in (State.READ, State.EMPTY):
            return Answer(answer.state, words=answer.words, warnings=tuple(warnings))
        for one in answer.series:
            name = tuple(sorted(one.labels.items()))
            labels.setdefault(name, one.labels)
            merged.setdefault(name, {}).update(one.samples)
    if not any(merged.values()):
        return Answer(State.EMPTY, words="The query matches nothing.", warnings=tuple(warnings))
    series = tuple(Series(labels[name], samples) for name, samples in merged.items())
    return Answer(State.READ, series, warnings=tuple(warnings))


def _page(fetch: Fetch, metrics: Metrics, query: str, start: int, end: int, step: int) -> Answer:
    form = {"query": query, "start": str(start), "end": str(end), "step": str(step), "timeout": f"{DEADLINE_S:.0f}s"}
    try:
        found = fetch.request(
            "POST",
            f"{metrics.url.rstrip('/')}/api/v1/query_range",
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json",
                     **metrics.headers},
            content=urlencode(form).encode(),
            deadline_s=DEADLINE_S,
            reply_max=REPLY_MAX,
        )  # fmt: skip
    except FetchFailed as failed:
        # An address that we refuse, a certificate and an endless answer stay wrong until somebody changes something.
        return Answer(State.BACK_OFF if failed.kind in _TRY_AGAIN else State.REFUSED, words=failed.message)
    if 300 <= found.status < 400:
        return Answer(State.REFUSED, words=f"It answered {found.status}, another address; name that one.")
    return promanswers.read(found.status, found.body)


def counts(
    fetch: Fetch, metrics: Metrics, indicator: Indicator, start: int, end: int, step: int, now: Instant
) -> prombuckets.Built:
    """The buckets that start in ``[start, end)``; ``start`` and ``end`` are whole steps."""
    window = f"{step}s"
    part = ask(fetch, metrics, promanswers.with_window(indicator.part, window), start + step, end, step)
    total: Answer | None = None
    if indicator.shape in (Shape.GOOD_TOTAL, Shape.BAD_TOTAL):
        if part.state in (State.READ, State.EMPTY):
            total = ask(fetch, metrics, promanswers.with_window(indicator.total, window), start + step, end, step)
        else:
            total = Answer(State.EMPTY)
    built = prombuckets.build(indicator, part, total, start=start, end=end, step=step, now=now)
    worst = prombuckets.worst_of(indicator, part, total)
    return replace(built, worst=worst) if worst else built


def back_off_s(failures: int) -> int:
    """How long to wait after so many failures in a row (at least one): 5 s, doubling, at most 5 min."""
    return int(min(BACK_OFF_MOST_S, BACK_OFF_LEAST_S * 2 ** min(max(0, failures - 1), 10)))


@dataclass(frozen=True, slots=True)
class Tried:
    """What a query gives for the last hour. ``error``: bad by total of all of it, ``None`` when nothing is known.

    ``words`` say what is wrong, or what a person should know of it.
    """

    outcome: prombuckets.Outcome
    buckets: tuple[Bucket, ...]
    good: Fraction
    total: Fraction
    error: Fraction | None
    missing: int
    words: str
    warnings: tuple[str, ...]


def try_query(fetch: Fetch, metrics: Metrics, indicator: Indicator, now: Instant, *, step: int = 60) -> Tried:
    """The last hour, before anything is saved."""
    end = micros(now) // 1_000_000 // step * step
    built = counts(fetch, metrics, indicator, end - TEST_S, end, step, now)
    good = Fraction(sum(one.good for one in built.buckets), indicator.atoms)
    total = Fraction(sum(one.total for one in built.buckets), indicator.atoms)
    gaps = built.gaps or {}
    missing = sum(gaps.values())
    words = built.words or _remark(built.buckets, missing, TEST_S // step)
    error = (1 - good / total if total else Fraction(0)) if built.buckets else None
    return Tried(built.outcome, built.buckets, good, total, error, missing, words, built.warnings)


def _remark(buckets: Sequence[Bucket], missing: int, steps: int) -> str:
    if missing:
        return f"{missing} of {steps} steps say nothing."
    if not any(one.total for one in buckets):
        return "There was no traffic in the last hour."
    return ""
