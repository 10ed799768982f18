"""A year of incidents for insight, put where they lie: always the same, some invalid, some open, some drills."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from firebell.domain.incidents import store
from firebell.domain.incidents.model import CustomerImpact, Incident, Kind, Milestone, MilestoneName, Phase, Severity
from firebell.domain.postmortems import store as postmortems
from firebell.domain.postmortems.actions import ActionItem, ActionState, ActionType
from firebell.domain.postmortems.model import Document, Factor, Postmortem, Section, State
from firebell.domain.postmortems.store import ActionRow
from firebell.kernel import ids
from firebell.kernel.clock import Instant, plus
from firebell.kernel.work import Work

M = MilestoneName
DAY_S = 86_400
_CAUSES = ("config", "deployment", "capacity", "dependency", "monitoring_gap", "test_gap")
_LESSONS = """### What went well

- The rollback took two minutes

### What didn't

- The alert names a symptom that no board shows
- It was a surprise that the cache does not expire by itself

### Where we got lucky

- It began at ten in the morning, when everybody was there
"""


def incident(
    number: int, at: Instant, times: dict[MilestoneName, int | None], *, severity: str | None = "SEV2",
    phase: Phase = Phase.CLOSED, **more: Any,
) -> Incident:  # fmt: skip
    """``times``: seconds after ``at`` (the declaration) of each milestone."""
    given: dict[MilestoneName, int | None] = {M.DECLARED: 0, **times}
    marks = tuple(
        Milestone(
            name=name, at=plus(at, after_s), recorded_at=plus(at, max(0, after_s)), source="verb", by="system"
        )
        for name, after_s in given.items()
        if after_s is not None
    )  # fmt: skip
    judged = Severity(severity) if severity else None
    fields: dict[str, Any] = {
        "title": f"Checkout trouble {number}", "severity": judged, "peak": judged, "phase": phase,
        "declared_by": "system", "milestones": marks, "customer_impact": CustomerImpact.YES,
    }  # fmt: skip
    return Incident(id=ids.new("inc", at), number=number, declared_at=at, **fields | more)


def plain(first: int, ack: int, fixed: int, done: int) -> dict[MilestoneName, int | None]:
    """Milestones around the declaration, in seconds: impact before it, the rest after."""
    return {
        M.IMPACT_STARTED: -first, M.DETECTED: -min(first, 60), M.ACKNOWLEDGED: ack, M.COMMANDER_ASSIGNED: ack + 45,
        M.FIRST_PUBLIC_POST: ack + 300, M.MITIGATED: fixed, M.RESOLVED: done,
    }  # fmt: skip


def a_year(work: Work, now: Instant, services: Sequence[str], team_id: str, owner_id: str, *, n: int = 60) -> None:
    """``n`` incidents over the year before ``now``, most of them lately, and postmortems of the grave ones."""
    dice = random.Random(7)
    for number in range(1, n + 1):
        age_s = int(365 * DAY_S * (1 - number / (n + 1)) ** 2) + 3600
        at = plus(now, -age_s - dice.randrange(DAY_S))
        severity = dice.choice(("SEV1", "SEV2", "SEV2", "SEV3", "SEV3", "SEV3", "SEV4"))
        ack = int(dice.lognormvariate(5, 0.8))
        fixed = ack + 60 + int(dice.lognormvariate(7.4, 1))
        times = plain(int(dice.lognormvariate(5.5, 1)), ack, fixed, fixed + int(dice.lognormvariate(7, 0.9)))
        more: dict[str, Any] = {"service_ids": (dice.choice(services),), "team_id": team_id}
        if number % 11 == 0:
            times[M.IMPACT_STARTED] = None
        if number % 13 == 0:
            times[M.MITIGATED] = -7200
        if number % 17 == 0:
            more["kind"] = Kind.DRILL
        if number % 19 == 0:
            times[M.RESOLVED] = times[M.MITIGATED] = None
            more["phase"] = Phase.RESPONDING
        one = incident(number, at, times, severity=severity, **more)
        store.add(work, one)
        if severity in ("SEV1", "SEV2") and one.phase is Phase.CLOSED and one.kind is Kind.NORMAL:
            written(work, one, dice, owner_id, now)


def written(work: Work, one: Incident, dice: random.Random, owner_id: str, now: Instant) -> None:
    resolved_at = plus(one.declared_at, 3 * 3600)
    published_at = plus(resolved_at, dice.randrange(2, 14) * DAY_S)
    out = published_at < now
    factors = tuple(
        Factor(id=f"f{n}", kind=kind, text=f"A {kind} that nobody looks at")
        for n, kind in enumerate(dice.sample(_CAUSES, 2))
    )
    doc = Document(title=one.title, texts={Section.LESSONS: _LESSONS}, factors=factors)
    made = Postmortem(
        id=ids.new("pmt", resolved_at), incident_id=one.id, document=doc, reference=one.reference, peak=str(one.peak),
        state=State.PUBLISHED if out else State.DRAFT, owner_id=owner_id, resolved_at=resolved_at,
        created_at=resolved_at, published_at=published_at if out else None, team_id=one.team_id,
        service_ids=one.service_ids,
    )  # fmt: skip
    postmortems.add(work, made)
    due_at = plus(resolved_at, 30 * DAY_S)
    done_at = plus(resolved_at, dice.randrange(10, 60) * DAY_S)
    done = done_at < now
    item = ActionItem(
        id=ids.new("act", resolved_at), text="Reject an empty region list in CI", type=ActionType.PREVENT,
        owner_id=owner_id, due_at=due_at, state=ActionState.DONE if done else ActionState.COMMITTED,
        committed_at=resolved_at, done_at=done_at if done else None, severity=str(one.peak),
        end_state="The test fails on an empty list",
    )  # fmt: skip
    postmortems.add_actions(
        work, [ActionRow(item=item, postmortem_id=made.id, incident_id=one.id, position=0)]
    )  # fmt: skip
