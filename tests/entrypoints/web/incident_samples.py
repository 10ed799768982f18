"""Incidents made by hand, as their page would have them: every part of the page drawn without a database."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from firebell.domain.incidents import model as m
from firebell.domain.incidents.scale import DEFAULT_ROLES, DEFAULT_SCALE
from firebell.entrypoints.web.alert_rows import AlertRow
from firebell.entrypoints.web.drafts import Draft
from firebell.entrypoints.web.frame import PageFrame, Viewer
from firebell.entrypoints.web.incident_forms import verbs_by_tag
from firebell.entrypoints.web.incident_view import Around, IncidentPage, Other, Promise
from firebell.entrypoints.web.moments import moment
from firebell.entrypoints.web.names import Names
from firebell.entrypoints.web.render import Renderer
from firebell.kernel.clock import Instant, plus

NOW = Instant.parse_iso("2026-03-02T10:42:10Z")
ANN, BOB, CYD, DOT, EVE = (f"usr_{name}{'0' * 15}" for name in ("ann", "bob", "cyd", "dot", "eve"))
NAMES = {ANN: "Ann Lindqvist", BOB: "Bob Okafor", CYD: "Cyd Marchetti-Oyelaran", DOT: "Dot Ray", EVE: "Eve Holm"}
EVERYTHING = frozenset(verbs_by_tag())


def ago(minutes: float) -> Instant:
    return plus(NOW, -60 * minutes)


def _said(name: m.MilestoneName, minutes: float, **more: Any) -> m.Milestone:
    given: dict[str, Any] = {"at": ago(minutes), "recorded_at": ago(minutes), "source": "verb", "by": ANN} | more
    return m.Milestone(name=name, **given)


RESPONDING = m.Incident(
    id="inc_sample00000000000a",
    number=12,
    title="Checkout fails for card payments in eu-west",
    phase=m.Phase.RESPONDING,
    severity=m.Severity.SEV1,
    peak=m.Severity.SEV1,
    scale_version=1,
    summary="Card payments fail since the 10:00 release.",
    impact="One in three customers cannot pay by card.",
    customer_impact=m.CustomerImpact.YES,
    declared_at=ago(30),
    declared_by=ANN,
    command_post="https://meet.example/inc-12",
    spans=(
        m.Span(severity=m.Severity.SEV3, from_at=ago(30), by=ANN),
        m.Span(severity=m.Severity.SEV1, from_at=ago(20), by=BOB),
    ),
    engagements=(
        m.Engagement(role="commander", user_id=ANN, since_at=ago(28)),
        m.Engagement(role="comms", user_id=DOT, since_at=ago(21)),
        m.Engagement(role="responder", user_id=BOB, since_at=ago(26)),
        m.Engagement(role="responder", user_id=CYD, since_at=ago(12)),
    ),
    tasks=(
        m.Task(
            id="tsk_1",
            text="Roll payments back to 41.2",
            assignee_id=BOB,
            minutes=10,
            at=ago(6),
            by=ANN,
            ack_due_at=ago(4),
            acked_at=ago(5),
            due_at=ago(-4),
        ),
        m.Task(
            id="tsk_2",
            text="Find out whether orders were charged twice",
            assignee_id=CYD,
            minutes=10,
            at=ago(12),
            by=ANN,
            ack_due_at=ago(10),
            due_at=ago(2),
        ),
        m.Task(
            id="tsk_3",
            text="Ask the provider",
            assignee_id=DOT,
            minutes=5,
            at=ago(20),
            by=ANN,
            ack_due_at=ago(18),
            acked_at=ago(19),
            due_at=ago(15),
            state=m.TaskState.DONE,
            outcome="They see nothing",
            ended_at=ago(16),
            kind=m.TaskKind.COORDINATION,
        ),
    ),
    decisions=(
        m.Decision(
            id="dec_1",
            proposal="fail over to Frankfurt",
            risk="two minutes of errors",
            executor_id=BOB,
            by=ANN,
            at=ago(0.2),
            closes_at=ago(-0.4),
            objections=(m.Objection(by=CYD, text="the replica lags by four minutes", at=ago(0.1)),),
        ),
        m.Decision(
            id="dec_2",
            proposal="stop the nightly export",
            by=BOB,
            at=ago(15),
            closes_at=ago(14),
            state=m.DecisionState.ADOPTED,
            decided_by=ANN,
            decided_at=ago(14),
        ),
    ),
    hypotheses=(
        m.Hypothesis(
            id="hyp_1",
            text="the new card library sends the wrong header",
            evidence="began with the release",
            by=BOB,
            at=ago(18),
        ),
        m.Hypothesis(
            id="hyp_2",
            text="the provider is down",
            by=CYD,
            at=ago(22),
            eliminated_by=DOT,
            eliminated_at=ago(16),
            against="their status page is green and others can pay",
        ),
    ),
    size_ups=(
        m.SizeUp(
            wrong="Card payments answer 502",
            scope="a third of requests, eu-west only",
            trend=m.Trend.STEADY,
            confidence="medium",
            by=ANN,
            at=ago(20),
        ),
    ),
    criteria=(
        m.Criterion(id="cri_1", text="error ratio under 0.1 % for 30 min"),
        m.Criterion(
            id="cri_2",
            text="a test payment goes through",
            ticked_by=BOB,
            ticked_at=ago(1),
            value="https://pay.example/t/1",
        ),
    ),
    milestones=(
        _said(m.MilestoneName.DETECTED, 35),
        _said(m.MilestoneName.DECLARED, 30),
        _said(m.MilestoneName.COMMANDER_ASSIGNED, 28),
        _said(m.MilestoneName.ACKNOWLEDGED, 40),
        _said(m.MilestoneName.ACKNOWLEDGED, 36, reason="the clock of the phone was wrong", source="hand"),
    ),
    overrides=(
        m.Override(
            id="ovr_1",
            rule=m.Rule.COMMANDER_HANDS_ON,
            user_id=ANN,
            reason="nobody else can log in",
            by=ANN,
            at=ago(5),
            expires_at=ago(-10),
        ),
    ),
    requests=(m.Request(id="req_1", question="Do we tell the press?", by=DOT, at=ago(3)),),
    related_ids=("inc_sample00000000000b",),
)
TRIAGE = m.Incident(
    id="inc_sample00000000000c",
    number=13,
    title="Search answers slowly",
    declared_at=ago(4),
    declared_by=BOB,
    commandless_since=ago(4),
)
OFFERED = msgspec.structs.replace(
    RESPONDING,
    offers=(
        m.Offer(id="off_1", giver_id=ANN, to_id=DOT, note="I have been up since four.", at=ago(1), expires_at=ago(-9)),
    ),
)
MITIGATED = msgspec.structs.replace(
    RESPONDING,
    phase=m.Phase.MITIGATED,
    stable_since=ago(12),
    remedy=m.Remedy.ROLLBACK,
    decisions=(),
    overrides=(),
    tasks=RESPONDING.tasks[2:],
)
RESOLVED = msgspec.structs.replace(
    MITIGATED,
    phase=m.Phase.RESOLVED,
    stable_since=None,
    all_clear="Everybody can pay. No data was lost.",
    all_clear_at=ago(2),
    skipped=(m.Skipped(what="The stability window", reason="the region is gone", by=ANN, at=ago(2)),),
)
PRIVATE = msgspec.structs.replace(
    TRIAGE, private=True, security=True, codename="amber walrus", member_ids=(DOT,), kind=m.Kind.DRILL
)
SAMPLES = {
    "responding": RESPONDING,
    "triage": TRIAGE,
    "offered": OFFERED,
    "mitigated": MITIGATED,
    "resolved": RESOLVED,
    "private": PRIVATE,
}
READERS = {"offered": DOT, "triage": CYD, "private": DOT}
ONLY = {
    "triage": {"take_command", "engage", "decline", "mark_duplicate", "set_severity", "assign_role", "edit", "note"},
    "resolved": {"start_postmortem", "skip_postmortem", "reopen", "sign_off", "note", "set_milestone"},
    "mitigated": EVERYTHING
    - {"mitigate", "engage", "decline", "mark_duplicate", "start_postmortem", "close", "reopen"},
    "responding": EVERYTHING - {"resolve", "decline", "start_postmortem", "skip_postmortem", "close", "reopen"},
}


def sample(which: str, **more: Any) -> IncidentPage:
    """The page of one of ``SAMPLES``, for the person who has most to see on it."""
    around = Around(
        scale=DEFAULT_SCALE,
        roles=tuple(DEFAULT_ROLES),
        legal=frozenset(ONLY.get(which, EVERYTHING)),
        names=Names(NAMES),
        people=[*NAMES.items()],
        alerts=[
            AlertRow(
                "alr_1",
                "/alerts/alr_1",
                "5xx ratio above 5 %",
                "SEV1",
                "open",
                "Checkout",
                moment(ago(35), NOW, "UTC"),
                "",
                4,
                "",
            )
        ],
        others=[Other("inc_sample00000000000b", "INC-9", "Card payments slow")],
        promises=[Promise("public", ago(-4)), Promise("internal", ago(-9))] if which != "triage" else (),
        stable_at=ago(-18) if which == "mitigated" else None,
        missing=["Criterion: error ratio under 0.1 % for 30 min", "Stability window: 18 min more"]
        if which == "mitigated"
        else (),
        breaches={"detected": "Before the impact started."} if which == "responding" else {},
        brief=[
            ("Severity", ["SEV1 for 20 min, SEV3 for 10 min"]),
            ("Possible causes", ["card library", "ruled out: the provider"]),
            ("Exit criteria", ["[ ] error ratio under 0.1 %", "[x] a test payment"]),
        ],
        call=[("user:" + k, v) for k, v in NAMES.items()],
        minutes=[("SEV3", 600), ("SEV1", 1200)],
        services=[("svc_1", "Checkout")],
    )
    page = IncidentPage(i=SAMPLES[which], me=READERS.get(which, ANN), now=NOW, responds=True, around=around)
    return replace(page, **more)


def refused(verb: str, key: str, error: str, hint: str = "", **values: str) -> dict[str, Any]:
    """What a page is given after a form was refused."""
    return {"drafts": {f"{verb}:{key}": Draft(values, "reason", error, hint)}, "refused": f"{verb}:{key}"}


def drawn(renderer: Renderer, page: IncidentPage, theme: str = "system") -> str:
    """The whole page as HTML."""
    frame = PageFrame(
        title=page.i.title,
        nav="incidents",
        viewer=Viewer(page.me, NAMES[page.me], "responder"),
        theme=theme,
        csrf="token",
        now=NOW,
        zone="Europe/Berlin",
        path=page.href,
    )
    return renderer.page("incidents/incident.html", {"page": frame, "view": page})
