"""Prometheus is asked for every objective that lives on it: claim, ask with no transaction open, store, say when again.

Each poll reads the last ten minutes again, since samples come late; the first one reads the whole period. A source that
does not answer is asked once for all its objectives that are due, so that one dead server holds nobody for long.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import structlog

from firebell.domain.slo import counting, evaluation_queries, evaluations, promanswers, queries, windows
from firebell.domain.slo.coverage import Anomaly
from firebell.domain.slo.model import DAY_S, Bucket, Rolling, Source
from firebell.domain.slo.prombuckets import Built, Gap, Outcome
from firebell.domain.slo.records import Part, SeriesInfo, SloRecord, SourceRecord
from firebell.kernel.clock import Instant, micros, plus
from firebell.kernel.errors import Refused, Unavailable
from firebell.kernel.fetch import Fetch
from firebell.kernel.secrets import Keyring
from firebell.kernel.work import Read, Runner, Work
from firebell.workflows import prometheus_read
from firebell.workflows.prometheus_read import EVERY_S, REREAD_S, Metrics

log = structlog.get_logger()
LEASE_S = 180
GROUP = 200
WORST_MAX = 300
SLOW_S = 300
"""What is wrong until somebody changes something is asked again after this."""
PAST_MAX_S = 90 * DAY_S
"""The first poll reads no more of the past than this."""
_GAPS = {
    Gap.NOT_A_NUMBER: "are no finite number", Gap.MISSING: "have no sample", Gap.NO_GOOD: "have a total and no good",
    Gap.NEGATIVE: "are below 0", Gap.NOT_A_SHARE: "are no share between 0 and 1",
    Gap.FUTURE: "lie in the future: compare the clocks", Gap.BEFORE_EPOCH: "lie before 1970",
    Gap.NOT_ALIGNED: "lie between two steps", Gap.TOO_LARGE: "are too large",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Job:
    """One objective's document to be polled. ``metrics`` ``None``: there is nothing to ask, ``words`` say why."""

    record: SloRecord
    parts: tuple[tuple[Part, SeriesInfo | None, Metrics | None], ...]
    source_id: str
    failures: int
    words: str = ""


@dataclass(slots=True)
class _Heard:
    """What all parts of one document said together."""

    words: list[str] = field(default_factory=list)
    warnings: dict[str, None] = field(default_factory=dict)
    anomalies: set[Anomaly] = field(default_factory=set)
    failed: bool = False
    retry: bool = False


class Polls:
    """``pollers`` = 0 asks inline, in the caller's thread (tests, demo)."""

    def __init__(self, runner: Runner, fetch: Fetch, keyring: Keyring, *, pollers: int) -> None:
        self._runner = runner
        self._fetch = fetch
        self._keyring = keyring
        self._pool = ThreadPoolExecutor(pollers, thread_name_prefix="poller") if pollers else None
        self._lock = threading.Lock()
        self._asking = 0
        self._stopping = False
        self.worst: dict[str, str] = {}
        """By SLO, the labels of the series with the most errors in what was read last, where its query groups."""

    def next_due(self, read: Read) -> Instant | None:
        return None if self._stopping or self._asking else evaluation_queries.next_poll(read)

    def act(self) -> bool:
        """Ask everything that is due. True when something was claimed."""
        if self._stopping or self._asking:
            return False
        due = self._runner.read(evaluation_queries.next_poll, lane="engine")
        if due is None or due > self._runner.clock.now():
            return False
        jobs = self._runner.run(self._claim, lane="engine")
        groups: dict[str, list[Job]] = {}
        for job in jobs:
            groups.setdefault(job.source_id, []).append(job)
        for group in groups.values():
            if self._pool is None:
                self._group(group)
                continue
            with self._lock:
                self._asking += 1
            self._pool.submit(self._work, group)
        return bool(jobs)

    def finish(self) -> None:
        """Begin nothing new. Returns at once."""
        self._stopping = True

    def stop(self) -> None:
        self.finish()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    # ---- inside

    def _claim(self, work: Work) -> list[Job]:
        records = evaluations.claim_polls(work, GROUP, LEASE_S)
        ids = [one.id for one in records]
        infos, clocks = queries.series_of(work, ids), queries.clocks(work, ids)
        sources = {one.name: one for one in queries.sources(work)}
        known: dict[str, Metrics] = {}
        jobs = []
        for record in records:
            clock = clocks.get(record.id)
            parts: list[tuple[Part, SeriesInfo | None, Metrics | None]] = []
            words, source_id = "", ""
            for part in record.parts:
                if part.indicator.source is not Source.PROMETHEUS:
                    continue
                found = _source(part.indicator.data_source, sources)
                if found is None:
                    named = part.indicator.data_source
                    words = f"There is no data source “{named}”." if named else "It names no data source."
                    parts.append((part, infos.get((record.id, part.number)), None))
                    continue
                source_id = source_id or found.id
                if found.id not in known:
                    known[found.id] = metrics_of(work, found, self._keyring)
                parts.append((part, infos.get((record.id, part.number)), known[found.id]))
            jobs.append(Job(record, tuple(parts), source_id, 0 if clock is None else clock.failures, words))
        return jobs

    def _work(self, group: Sequence[Job]) -> None:
        try:
            self._group(group)
        except Exception:  # their leases run out and they are polled again
            log.exception("polls_failed", objectives=len(group))
        finally:
            with self._lock:
                self._asking -= 1

    def _group(self, group: Sequence[Job]) -> None:
        """All that ask the same source. When it does not answer the rest need not ask."""
        away = ""
        said: str | None = None
        for job in group:
            if self._stopping:
                return
            heard = _Heard()
            if away:
                heard.failed = heard.retry = True
                heard.words.append(away)
            else:
                try:
                    self._ask(job, heard)
                except (Unavailable, Refused):
                    raise
                except Exception as error:  # a fault of ours in one answer must not hold the others
                    log.exception("poll_failed", slo=job.record.name)
                    heard.failed = True
                    heard.words.append(f"The answer could not be worked on: {type(error).__name__}.")
                away = heard.words[0] if heard.retry and heard.words else ""
            self._runner.run(lambda work, job=job, heard=heard: self._note(work, job, heard), lane="engine")  # type: ignore[misc]
            if job.source_id and (away or not heard.failed):
                said = away
        if said is not None:
            source_id, words = group[0].source_id, said
            self._runner.run(lambda work: evaluations.note_source(work, source_id, error=words), lane="engine")

    def _ask(self, job: Job, heard: _Heard) -> None:
        if job.words:
            heard.failed = True
            heard.words.append(job.words)
        for part, info, metrics in job.parts:
            if metrics is None:
                continue
            step = job.record.slo.bucket_s
            now = self._runner.clock.now()
            end = micros(now) // 1_000_000 // step * step
            start = _since(job.record, info, end, step)
            built = Built(Outcome.EMPTY)
            for since, until in promanswers.pages(start, end - step, step):
                built = prometheus_read.counts(self._fetch, metrics, part.indicator, since, until + step, step, now)
                heard.warnings |= dict.fromkeys(built.warnings)
                heard.anomalies |= built.anomalies
                if built.buckets:
                    self._store(job.record, part, built.buckets)
                if built.outcome in (Outcome.FAILED, Outcome.MANY):
                    heard.failed, heard.retry = True, heard.retry or built.retry
                    heard.words.append(built.words)
                    return
            self.worst[str(job.record.id)] = built.worst[:WORST_MAX]
            said = _said(built, step)
            if said:
                heard.warnings[said] = None
                if built.outcome is Outcome.EMPTY:
                    heard.words.append(said)

    def _store(self, record: SloRecord, part: Part, buckets: Sequence[Bucket]) -> None:
        def store(work: Work) -> None:
            # It may have been deleted, or count something else, since it was claimed.
            living = {one.id: one for one in queries.those(work, [record.id])}
            if record.id in living and living[record.id].version == record.version:
                counting.store_counts(work, [(record, part.number, buckets)])

        self._runner.run(store, lane="engine")

    def _note(self, work: Work, job: Job, heard: _Heard) -> None:
        wait_s = EVERY_S
        if heard.failed:
            wait_s = prometheus_read.back_off_s(job.failures + 1) if heard.retry else SLOW_S
        evaluations.note_polled(
            work, job.record.id, next_at=plus(work.now, wait_s), error=" ".join(dict.fromkeys(heard.words)),
            warnings=tuple(heard.warnings), anomalies=frozenset(heard.anomalies),
        )  # fmt: skip


def metrics_of(read: Read, source: SourceRecord, keyring: Keyring) -> Metrics:
    """Where to ask and who asks. Basic authentication with a user's name, else a bearer's token."""
    headers = {}
    if source.has_secret:
        secret = queries.source_secret(read, source.id, keyring)
        if source.username:
            pair = base64.b64encode(f"{source.username}:{secret}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        else:
            headers["Authorization"] = f"Bearer {secret}"
    tenant = source.details.get("tenant", "")
    if tenant:
        headers["X-Scope-OrgID"] = tenant
    return Metrics(source.url, headers)


def _source(name: str, sources: Mapping[str, SourceRecord]) -> SourceRecord | None:
    """The one it names; without a name the only one there is."""
    asked = {one.name: one for one in sources.values() if one.type.lower() == "prometheus"}
    if name:
        return asked.get(name)
    return next(iter(asked.values())) if len(asked) == 1 else None


def _since(record: SloRecord, info: SeriesInfo | None, end: int, step: int) -> int:
    """Where a poll begins: ten minutes before the newest data, or where the period does."""
    period_s = windows.nominal_s(record.slo.window)
    if isinstance(record.slo.window, Rolling):
        period_s = record.slo.window.period_s
    longest = min(PAST_MAX_S, period_s)
    newest = None if info is None else info.newest_end
    start = end - longest if newest is None else max(min(newest, end) - REREAD_S, end - longest)
    return start - start % step


def _said(built: Built, step: int) -> str:
    """What a person should know of the newest answer."""
    if built.outcome is Outcome.EMPTY:
        gaps = set(built.gaps or {})
        if gaps <= {Gap.MISSING}:
            hint = " If it is scraped less often than every 30 s, count in buckets of 5 minutes." if step == 60 else ""
            return f"The query matches nothing.{hint}"
        return f"No step has a number: some {_GAPS[next(iter(gaps - {Gap.MISSING}))]}."
    odd = {gap: count for gap, count in (built.gaps or {}).items() if gap is not Gap.MISSING}
    return "; ".join(f"{count} of its steps {_GAPS[gap]}" for gap, count in odd.items())
