"""A postmortem with everything in it, and one written by somebody hostile."""

from __future__ import annotations

from firebell.domain.postmortems.actions import ActionItem, ActionState, ActionType, Proof
from firebell.domain.postmortems.export_markdown import Stamp
from firebell.domain.postmortems.model import Confidence, Document, Evidence, Factor, Section, Why, WhyKind
from firebell.domain.postmortems.slides import Response
from firebell.entrypoints.documents.sheet import Outgoing
from firebell.kernel.clock import Instant
from tests.domain.postmortems.roster import ROSTER


def at(clock: str, day: str = "2026-03-02") -> Instant:
    return Instant.parse_iso(f"{day}T{clock}:00Z")


TEXTS = {
    Section.SUMMARY: "Checkout refused cards.\n\nImpact: 61 % of payments failed.\nMitigated by: a rollback\n\n"
    "Maria Rossi rolled back after @ben.ho saw `regions = []` in the log. <!-- Maria: is that so? -->",
    Section.TIMELINE: "- 2026-03-01 16:40 UTC: Deploy 123 [evidence](https://git.example.com/7)\n"
    "- 2026-03-02 10:00 UTC: Impact started.\n- 2026-03-02 10:07 UTC: Detected: an alert fired for **checkout**.\n"
    "- 2026-03-02 11:38 UTC: Mitigated by Maria Rossi.\n- 2026-03-02 12:10 UTC: Resolved.",
    Section.ROOT_CAUSE: "**Hypotheses that stand**\n\n- An empty list reads as “all regions”",
    Section.IMPACT: "| region | failed |\n|---|---|\n| eu-west | 12 010 |\n\n- Visible for: 98 min",
    Section.LESSONS: "### What went well\n\n> June Okafor: roll it back\n\n```\nfor r in ALL: push(r)\n```\n\n"
    "### Where we got lucky\n\n1. It was not a Friday.",
}
WHOLE = Document(
    title="INC-12: Checkout refused cards",
    texts=TEXTS,
    whys=(
        Why(id="w1", condition="61 % of payments failed"),
        Why(
            id="w2", parent="w1", condition="No limit per push", confidence=Confidence.HIGH,
            evidence=(
                Evidence(kind="diff", ref="https://git.example.com/9"),
                Evidence(kind="interview", ref="with Will Stone"),
            ),
        ),
        Why(
            id="w3", parent="w1", condition="No panel of refusals", kind=WhyKind.ACCEPTED_RISK, reason="Too dear.",
            detection=True,
        ),
    ),
    factors=(Factor(id="f1", kind="review_gap", text="Lindy saw the source only", mechanism="config rollout"),),
    actions=(
        ActionItem(
            id="act_1", text="Reject an empty list in CI", type=ActionType.PREVENT, owner_id="usr_maria",
            due_at=at("12:00", "2026-03-17"), end_state="`empty-list` fails", state=ActionState.DONE,
            proof=Proof(kind="change", ref="https://git.example.com/8", note="by Maria Rossi"),
        ),
        ActionItem(id="act_2", text="Ask Will Stone", state=ActionState.DECLINED, reason="June Okafor: no help."),
    ),
    trigger="config_push",
    detected_by="alert",
    mitigated_by="rollback",
)  # fmt: skip
RESPONSE = Response(
    severity=("SEV1 (peak)", "SEV2 12 min, SEV1 86 min"),
    roles=("Incident Commander", "the on-call engineer"),
    durations=("Detected after 7 min", "Mitigated after 98 min"),
    budget=("checkout-availability: 23.4 % of the budget",),
)
NAMES = ("Maria", "Rossi", "Will Stone", "Lindqvist", "June", "Okafor", "ben.ho", "usr_")


def outgoing(document: Document = WHOLE, *, drill: bool = False, named: bool = False) -> Outgoing:
    """``named``: without a role map."""
    stamp = Stamp(revision=3, at=at("09:30", "2026-03-05"), audience="organisation", drill=drill)
    given = {} if named else {"names": ROSTER}
    return Outgoing(document=document, stamp=stamp, reference="INC-12", state="published", response=RESPONSE, **given)


HOSTILE = (
    '#read("/etc/passwd")',
    '#let x = 1; #eval("1 + 1") #import "@preview/x:0.1.0"',
    "] ) } $ x^2 $ \\ \\u{41} @label <label> // gone? /* gone? */ = no heading",
    "<script>alert(1)</script><img src=x onerror=alert(2)><style>*{display:none}</style>",
    '"}, {"k": "p"}, {{ 7 * 7 }} {% raw %} {# gone #}',
)
"""Every one stands in every export word for word, and does nothing."""


def hostile() -> Document:
    """Hostile words in every place that holds words."""
    words = " ".join(HOSTILE)
    lines = "\n\n".join(f"- {one}" for one in HOSTILE)
    return Document(
        title=words,
        texts=dict.fromkeys(Section, f"{lines}\n\n{words}\n\n| {HOSTILE[0]} | b |\n|---|---|\n| {HOSTILE[3]} | c |"),
        whys=(
            Why(id="w1", condition=words),
            Why(id="w2", parent="w1", condition=words, evidence=(Evidence(kind=HOSTILE[3], ref=words),), reason=words),
        ),
        factors=(Factor(id="f1", kind=HOSTILE[3], text=words, mechanism=words),),
        actions=(
            ActionItem(
                id="a1", text=words, end_state=words, reason=words, state=ActionState.DONE,
                proof=Proof(kind="change", ref="javascript:alert(3)"), tracker_url="javascript:alert(4)",
            ),
        ),
        no_actions_because=words,
        trigger=words,
        detected_by=words,
        mitigated_by=words,
    )  # fmt: skip
