"""Which runbook applies, how a run goes on, and when a runbook has gone stale. Pure; regular expressions are RE2."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import re2
from msgspec.structs import replace

from firebell.domain.runbooks import parsing
from firebell.domain.runbooks.model import (
    DONE,
    Helped,
    Match,
    Matcher,
    MatchOp,
    Parsed,
    Run,
    Runbook,
    Step,
    StepRun,
    StepState,
    Subject,
)
from firebell.kernel.clock import Instant, micros, seconds_between
from firebell.kernel.errors import Conflict, Invalid

STALE_AFTER_S = 120 * 86_400
PATTERN_MAX = 300
MATCHERS_MAX = 20


@lru_cache(maxsize=2048)
def _pattern(source: str) -> object | None:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        return re2.compile(source, options)  # type: ignore[no-any-return]
    except re2.error:
        return None


def check_pattern(source: str, field: str) -> None:
    """Raises Invalid when ``source`` is no RE2 expression or is too long."""
    if len(source) > PATTERN_MAX or _pattern(source) is None:
        raise Invalid(
            f"“{source[:80]}” is not a regular expression.", field=field,
            hint=f"Use RE2 syntax in at most {PATTERN_MAX} characters; look-arounds and back-references do not exist.",
        )  # fmt: skip


def read_matcher(text: str, field: str = "matchers") -> Matcher:
    """``team="payments"`` or ``env=~prod|stage`` as a matcher. Raises Invalid."""
    for op in ("!=", "=~", "!~", "="):
        label, found, value = text.partition(op)
        if found and label.strip().replace("_", "").replace(".", "").replace("-", "").isalnum():
            # "a!=b" and "a=~b" hold "=" as well, so the longer operators are looked for first.
            matcher = Matcher(label.strip(), MatchOp(op), value.strip().strip('"'))
            if matcher.op in (MatchOp.MATCHES, MatchOp.MATCHES_NOT):
                check_pattern(matcher.value, field)
            return matcher
    raise Invalid(f"“{text[:80]}” is not a matcher.", field=field, hint='Write label="value", !=, =~ or !~.')


def holds(matcher: Matcher, labels: Mapping[str, str]) -> bool:
    """Whether ``labels`` satisfy it; a missing label is the empty text, as in Alertmanager."""
    value = labels.get(matcher.label, "")
    if matcher.op is MatchOp.EQUAL:
        return value == matcher.value
    if matcher.op is MatchOp.NOT_EQUAL:
        return value != matcher.value
    pattern = _pattern(matcher.value)
    found = pattern is not None and pattern.fullmatch(value) is not None  # type: ignore[attr-defined]
    return found if matcher.op is MatchOp.MATCHES else not found


def why(runbook: Runbook, subject: Subject) -> tuple[str, ...] | None:
    """The reasons this runbook applies, or ``None``. One that names no condition applies to nothing by itself."""
    reasons: list[str] = []
    if runbook.service_ids:
        if not set(runbook.service_ids) & set(subject.service_ids):
            return None
        reasons.append("its service")
    if runbook.severities:
        if subject.severity not in runbook.severities:
            return None
        reasons.append(subject.severity)
    if runbook.title_pattern:
        pattern = _pattern(runbook.title_pattern)
        if pattern is None or pattern.search(subject.title) is None:  # type: ignore[attr-defined]
            return None
        reasons.append(f"the title matches {runbook.title_pattern}")
    for matcher in runbook.matchers:
        if not holds(matcher, subject.labels):
            return None
        reasons.append(str(matcher))
    return tuple(reasons) or None


def matching(runbooks: Iterable[Runbook], subject: Subject) -> list[Match]:
    """Those that apply, the best first: most conditions met, then the latest success, then the name."""
    found = [Match(runbook=one, reasons=reasons) for one in runbooks if (reasons := why(one, subject)) is not None]
    return sorted(found, key=lambda m: (-len(m.reasons), -_when(m.runbook.last_success_at), m.runbook.name))


def _when(at: Instant | None) -> int:
    return micros(at) if at is not None else 0


# ------------------------------------------------------------------ running


def begin(
    runbook: Runbook, parsed: Parsed, variables: Mapping[str, str], *, run_id: str, now: Instant, by: str,
    incident_id: str | None, alert_id: str | None,
) -> Run:  # fmt: skip
    """A frozen copy of the runbook as it is now. Raises Conflict when it has no steps."""
    if not parsed.steps:
        raise Conflict("This runbook has no steps to tick.", hint="Write them as “- [ ] what to do”.")
    steps = tuple(
        replace(
            step, text=parsing.fill(step.text, variables), detail=parsing.fill(step.detail, variables),
            url=parsing.fill_url(step.url, variables),
        )
        for step in parsed.steps
    )  # fmt: skip
    first = StepRun(id=steps[0].id, state=StepState.RUNNING, started_at=now)
    return Run(
        id=run_id, runbook_id=runbook.id, runbook_version=runbook.version, title=runbook.title,
        intro=parsing.fill(parsed.intro, variables), steps=steps,
        progress=(first, *(StepRun(id=step.id) for step in steps[1:])), variables=dict(variables),
        incident_id=incident_id, alert_id=alert_id, started_at=now, started_by=by,
    )  # fmt: skip


def end_step(run: Run, step_id: str, state: StepState, *, note: str, by: str, now: Instant) -> Run:
    """Tick one step; the next pending one begins. Raises Conflict, Invalid. A skip needs a reason."""
    _check_running(run)
    step = known_step(run, step_id)
    if state not in DONE:
        raise Invalid("A step ends ok, failed or skipped.", field="state", hint="Send one of the three.")
    if state is StepState.SKIPPED and len(note.strip()) < 3:
        raise Invalid("Say why the step is skipped.", field="note", hint="A few words are enough.")
    progress = []
    for one in run.progress:
        if one.id == step.id:
            one = replace(  # noqa: PLW2901
                one, state=state, started_at=one.started_at or now, ended_at=now, by=by, note=note.strip()[:2000]
            )
        progress.append(one)
    return _start_next(replace(run, progress=tuple(progress)), now)


def _start_next(run: Run, now: Instant) -> Run:
    current = run.current
    progress = tuple(
        replace(one, state=StepState.RUNNING, started_at=now)
        if current is not None and one.id == current.id and one.state is StepState.PENDING
        else one
        for one in run.progress
    )
    return replace(run, progress=progress)


def end(run: Run, helped: Helped, note: str, now: Instant) -> Run:
    """Over: what is not done was skipped. Raises Conflict when it is over already."""
    _check_running(run)
    progress = tuple(
        one
        if one.state in DONE
        else replace(one, state=StepState.SKIPPED, started_at=one.started_at or now, ended_at=now, note="not reached")
        for one in run.progress
    )
    return replace(run, progress=progress, ended_at=now, helped=helped, helped_note=note.strip()[:2000])


def known_step(run: Run, step_id: str) -> Step:
    """The step of a run. Raises Invalid with the steps there are."""
    step = run.step(step_id)
    if step is None:
        known = ", ".join(one.id for one in run.steps[:20])
        raise Invalid(f"This run has no step {step_id[:60]}.", field="step", hint=f"Its steps: {known}.")
    return step


def _check_running(run: Run) -> None:
    if run.ended_at is not None:
        raise Conflict("This run is over.", hint="Start the runbook again.")


def counted(runbook: Runbook, run: Run, now: Instant) -> Runbook:
    """The runbook after a run of it has ended."""
    succeeded = run.failed == 0 and run.helped is not Helped.NO
    return replace(
        runbook, last_run_at=now, runs=runbook.runs + 1,
        last_success_at=now if succeeded else runbook.last_success_at,
        failures_in_a_row=0 if run.failed == 0 else runbook.failures_in_a_row + 1,
    )  # fmt: skip


def overdue_s(step: Step, progress: StepRun, now: Instant) -> int:
    """Seconds by which a running step is past its time box (0: it is not)."""
    if step.timeout_s is None or progress.started_at is None or progress.state is not StepState.RUNNING:
        return 0
    return max(0, int(seconds_between(progress.started_at, now)) - step.timeout_s)


# ------------------------------------------------------------------ staleness


def stale(
    runbook: Runbook, parsed: Parsed, now: Instant, *, services_changed: Sequence[Instant] = (),
    owner_active: bool | None = None,
) -> list[str]:  # fmt: skip
    """Reasons not to trust it, as sentences (none: it is fresh). ``owner_active`` ``None``: it has no owner."""
    reasons = []
    since = runbook.last_run_at or runbook.created_at
    if seconds_between(since, now) > STALE_AFTER_S:
        days = int(seconds_between(since, now) // 86_400)
        reasons.append(f"Not run for {days} days." if runbook.last_run_at else f"Never run in {days} days.")
    if any(at > runbook.edited_at for at in services_changed):
        reasons.append("Its service has changed since it was last edited.")
    if runbook.failures_in_a_row >= 2:
        reasons.append("A step failed in each of its last two runs.")
    reasons += [problem for problem in parsed.problems if "there is no such step" in problem]
    if owner_active is False:
        reasons.append("Its owner is no longer active.")
    return reasons
