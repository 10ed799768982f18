"""Shares of budgets are reckoned: at once when an incident, a word about one or an adjustment has changed, every minute
while an incident goes on, and every hour because windows move. Policies look at what comes of it.

One after the other with a look at the watch: a thousand objectives of one broken service are reckoned over some
minutes, and nobody waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import structlog

from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents import service_queries
from firebell.domain.postmortems import queries as postmortems
from firebell.domain.slo import attributing, evaluations, policy_queries, queries, reckoning_store
from firebell.domain.slo.attribution import by_class
from firebell.domain.slo.model import Span
from firebell.domain.slo.policy import Subject
from firebell.domain.slo.records import AdjustmentRecord, ObjectiveState, PolicyRecord
from firebell.domain.slo.tally import slot_s
from firebell.kernel.clock import Instant, from_micros, micros, plus
from firebell.kernel.errors import Unavailable
from firebell.kernel.work import Read, Runner, Work
from firebell.workflows import budget_attributed, policy_applied
from firebell.workflows.budget_attributed import Asked, Attributed
from firebell.workflows.budget_burns import Burns
from firebell.workflows.budget_composites import WHOLE
from firebell.workflows.budget_sums import judged_by
from firebell.workflows.budget_told import Found, Looked

log = structlog.get_logger()
GOING_ON_S = 60
WINDOW_MOVES_S = 3600
STEPS = 50
"""And whenever another fiftieth of the budget is spent, so that a burn nobody has declared is seen."""
AT_ONCE_S = 0.5
QUARTER_S = 90 * 86_400
Key = tuple[str, int]
Classes = Callable[[Read, Sequence[str]], Mapping[str, tuple[str, ...]]]
"""Incident ids → the classes of their contributing factors."""


@dataclass(frozen=True, slots=True)
class _Done:
    digest: tuple[object, ...]
    at: Instant
    going_on: bool


@dataclass(slots=True)
class _Surroundings:
    """What is looked up once for all objectives of a round."""

    stamps: Mapping[str, tuple[service_queries.Stamp, ...]]
    adjusted: Mapping[str, tuple[AdjustmentRecord, ...]]
    policies: Mapping[str, PolicyRecord]
    words: dict[str, tuple[object, ...]] = field(default_factory=dict)


class Shares:
    """Follows the evaluation. ``require`` asks for a postmortem; ``classes``: of contributing factors."""

    def __init__(
        self,
        runner: Runner,
        burns: Burns,
        *,
        require: policy_applied.Required = lambda work, incident_id, p0, why: None,
        classes: Classes = lambda read, incident_ids: {},
    ) -> None:
        self._runner = runner
        self._burns = burns
        self.require = require
        self._classes = classes
        self._done: dict[Key, _Done] = {}
        self._sides: dict[Key, tuple[object, ...]] = {}

    def follow(self) -> None:
        """Reckon what is due of what was evaluated last, and let policies look at it."""
        written = self._burns.last
        if not written.found:
            return
        around = self._runner.read(lambda read: self._around(read, written.found), lane="engine")
        crossing = self._crossing(around, written.states)
        if crossing:
            self._runner.run(lambda work: self._remaining(work, around, crossing), lane="engine")
        began = self._runner.clock.monotonic()
        for _, found, looked, digest in sorted(self._due(around, written.found), key=lambda one: one[0]):
            try:
                self._reckon(around, found, looked, digest)
            except Unavailable:
                raise
            except Exception:  # one faulty objective must not hold the others; it is tried again in an hour
                log.exception("shares_not_reckoned", slo=found.record.name)
                self._done[_key(found, looked)] = _Done(digest, self._runner.clock.now(), False)
            if self._runner.clock.monotonic() - began > AT_ONCE_S:
                return

    # ---- what is due

    def _around(self, read: Read, found: Sequence[Found]) -> _Surroundings:
        oldest = min(micros(budget_attributed.period_of(one.record, read.now)[0]) for one in found)
        stamps = service_queries.stamps(read, from_micros(oldest))
        adjusted: dict[str, tuple[AdjustmentRecord, ...]] = {}
        for one in queries.adjustments(read):
            if one.approved_at is not None:
                for slo_id in one.slo_ids:
                    adjusted[slo_id] = (*adjusted.get(slo_id, ()), one)
        policies = {
            str(one.record.id): policy for one in found
            if (policy := policy_queries.policy_for(read, one.record)) is not None
        }  # fmt: skip
        around = _Surroundings(stamps, adjusted, policies)
        for each in found:
            if stamps.get(each.record.service_id or ""):
                words = queries.claim_words(read, each.record.id)
                around.words[each.record.id] = tuple((key, one.at) for key, one in sorted(words.items()))
        return around

    def _due(
        self, around: _Surroundings, found: Sequence[Found]
    ) -> list[tuple[int, Found, Looked, tuple[object, ...]]]:
        now = self._runner.clock.now()
        due: list[tuple[int, Found, Looked, tuple[object, ...]]] = []
        for one in found:
            stamps = around.stamps.get(one.record.service_id or "", ())
            adjusted = around.adjusted.get(one.record.id, ())
            about = (
                stamps, tuple((each.id, each.version) for each in adjusted), around.words.get(one.record.id, ()),
                one.record.version,
            )  # fmt: skip
            for looked in one.looked:
                spent = looked.evaluated.budget.consumed
                if looked.number == WHOLE or not spent:
                    continue
                digest = (*about, int(spent * STEPS))
                done = self._done.get(_key(one, looked))
                if done is None or done.digest != digest:
                    due.append((0, one, looked, digest))
                    continue
                age_s = (micros(now) - micros(done.at)) // 1_000_000
                if age_s >= (GOING_ON_S if done.going_on else WINDOW_MOVES_S):
                    due.append((-age_s, one, looked, digest))
        return due

    # ---- reckoning

    def _reckon(self, around: _Surroundings, found: Found, looked: Looked, digest: tuple[object, ...]) -> None:
        adjusted = around.adjusted.get(found.record.id, ())
        got = self._runner.read(lambda read: self._attribute(read, found, looked, bool(adjusted)), lane="engine")
        key = _key(found, looked)
        going_on = got is not None and any(one.provisional for one in got.found.shares)
        if got is not None:
            self._runner.run(lambda work: self._write(work, around, got), lane="engine")
            self._burns.off[key] = got.off
        self._done[key] = _Done(digest, self._runner.clock.now(), going_on)

    def _attribute(self, read: Read, found: Found, looked: Looked, adjusted: bool) -> Attributed | None:
        record, evaluated = found.record, looked.evaluated
        objective = judged_by(record.slo, looked.number)
        asked = Asked(
            record, looked.number, objective, slot_s(record.slo.method, objective, record.slo.bucket_s),
            micros(evaluated.at) // 1_000_000, evaluated.budget.elapsed_s, evaluated.period_s,
        )  # fmt: skip
        spans: Sequence[Span] = ()
        if adjusted and evaluated.window is not None:
            spans = queries.forgiven_spans(read, record.id, evaluated.window.start, evaluated.at)
        return budget_attributed.attribute(read, asked, spans)

    def _write(self, work: Work, around: _Surroundings, got: Attributed) -> None:
        record, number = got.asked.record, got.asked.number
        ids = [one.incident_id for one in got.found.shares]
        classes = self._classes(work, ids) if ids else {}
        attributing.note_attributed(
            work, record, number, got.found.shares, window=got.window, claims=got.claims,
            classes={key: ", ".join(each) for key, each in classes.items() if each},
        )  # fmt: skip
        reckoning_store.note(work, record.id, number, got.found)
        state = queries.states(work, [record.id]).get((record.id, number))
        if state is None or state.measured is None:
            return
        state = replace(
            state, unattributed=state.measured - sum((one.net for one in got.found.shares), Fraction(0)),
            missed=got.found.missed, charged=max(Fraction(0), state.measured - got.off),
        )  # fmt: skip
        evaluations.note_evaluated(work, [state])
        self._ask_for_postmortems(work, got)
        policy = around.policies.get(record.id)
        if policy is None:
            return
        standing = policy_applied.Standing(
            record, number, state.remaining, {one.incident_id: one.charged for one in got.found.shares},
            self._of_a_quarter(work, got, classes),
        )  # fmt: skip
        policy_applied.apply(work, policy, standing, self.require, (Subject.INCIDENT, Subject.CLASS))

    def _ask_for_postmortems(self, work: Work, got: Attributed) -> None:
        """One incident that spent more than the installation's limit needs a postmortem, however small it looked."""
        limit = postmortems.settings(work).policy.budget_permille
        for one in got.found.shares:
            if limit is not None and one.charged * 1000 > limit:
                self.require(work, one.incident_id, False, "")

    def _of_a_quarter(
        self, work: Work, got: Attributed, classes: Mapping[str, tuple[str, ...]]
    ) -> Mapping[str, Fraction]:
        """What each class has spent of a quarter's budget: shares are of the period's, and a quarter has more of it.

        A class is systemic through several incidents; what one alone has done is a one-off, however large. Private
        ones take no part, since everybody is told what a class has spent.
        """
        since = plus(work.now, -QUARTER_S)
        older = [
            one.share for one in queries.attributions(work, got.asked.record.id, got.asked.number)
            if one.at >= since and one.incident_id not in classes
        ]  # fmt: skip
        known = {**self._classes(work, [one.incident_id for one in older]), **classes} if older else classes
        every = [*got.found.shares, *older]
        private = incidents.private_among(work, [one.incident_id for one in every])
        found = by_class([one for one in every if one.incident_id not in private], known)
        scale = Fraction(got.asked.period_s, QUARTER_S)
        return {name: spent * scale for name, (spent, count) in found.items() if count > 1}

    def _crossing(self, around: _Surroundings, states: Mapping[Key, ObjectiveState]) -> list[policy_applied.Standing]:
        """Objectives for which what remains has crossed a threshold of the policy since the last look, either way."""
        crossing = []
        for found in self._burns.last.found:
            policy = around.policies.get(found.record.id)
            for looked in found.looked if policy is not None else ():
                state = states.get(_key(found, looked))
                if policy is None or state is None or state.remaining is None or state.stale:
                    continue
                sides = policy_applied.sides(policy, state.remaining)
                if self._sides.get(_key(found, looked)) != sides:
                    self._sides[_key(found, looked)] = sides
                    crossing.append(policy_applied.Standing(found.record, looked.number, state.remaining))
        return crossing

    def _remaining(self, work: Work, around: _Surroundings, crossing: Sequence[policy_applied.Standing]) -> None:
        for one in crossing:
            policy_applied.apply(work, around.policies[one.record.id], one, self.require, (Subject.REMAINING,))


def _key(found: Found, looked: Looked) -> Key:
    return str(found.record.id), looked.number
