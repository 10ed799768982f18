"""What the postmortems of the sample company say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from firebell.domain.postmortems.actions import ActionType
from firebell.domain.postmortems.model import FactorClass, Section

DASHBOARD = "https://grafana.invalid/d/payments"


@dataclass(frozen=True, slots=True)
class Answer:
    """A node of a why-tree. ``below``: the name of its question. ``evidence``: its kind and where it is."""

    name: str
    below: str
    text: str
    evidence: tuple[str, str]
    detection: bool = False


@dataclass(frozen=True, slots=True)
class Cause:
    """A contributing factor; ``whys`` are names of answers."""

    name: str
    kind: FactorClass
    text: str
    whys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Promise:
    """An action item. ``due_days``: from now, the end of the history. ``proof``: kind, link and day it was closed."""

    text: str
    type: ActionType
    owner: str
    due_days: float
    end_state: str
    causes: tuple[str, ...]
    priority: str = ""
    proof: tuple[str, str, float] | None = None
    declined: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """Everything people wrote into one. ``detected_by``, ``trigger``, ``mitigated_by`` are the classes."""

    texts: Mapping[Section, str]
    answers: Sequence[Answer]
    causes: Sequence[Cause]
    promises: Sequence[Promise]
    trigger: str = "binary_push"
    detected_by: str = "customer"
    mitigated_by: str = "rollback"


SLOW = Written(
    texts={
        Section.SUMMARY: (
            "For 24 minutes one payment in five took more than a minute. Release 42 of the payment gateway opened a "
            "connection for every retry and gave none of them back; its pool of 200 connections was empty six minutes "
            "after the rollout. Undoing the release ended it. No payment was lost, and none was taken twice.\n\n"
            "It is the second time in a month that this pool ran empty. The limit promised after the first time "
            "guards the workers, and retries go past it."
        ),
        Section.ROOT_CAUSE: (
            "Two conditions had to hold together: retries that go past the limit of the pool, and a rollout that "
            "reaches every worker at once. Neither was new that evening."
        ),
        Section.IMPACT: (
            "- Visible for: 24 min\n"
            "- Affected: 21 % of payments, 38,400 of 183,000; 1,150 customers gave up before the end\n"
            "- Components: Payments\n"
            "- Contacts to support: 64 tickets, the first 4 minutes before the incident was declared\n"
            "- Error budget: 23 % of “Payments take less than a minute”\n"
            "- Data: nothing lost, nothing doubled"
        ),
        Section.LESSONS: (
            "### What went well\n\n"
            "- Command was taken 2 minutes after the declaration; the first public update followed 2 minutes later.\n"
            "- Undoing the release was one command and took 9 minutes on all workers.\n\n"
            "### What didn't\n\n"
            "- Support tickets told us before any alert did: nothing watched how many connections were free.\n"
            "- The drill of the first fix tried the workers, and not the retries.\n\n"
            "### Where we got lucky\n\n"
            "- It was a quiet evening. At noon the pool holds for less than two minutes."
        ),
    },
    answers=(
        Answer("empty", "", "The pool of 200 connections was empty 6 minutes after the rollout", ("graph", DASHBOARD)),
        Answer("retry", "empty", "Each retry opens a connection of its own and keeps it", ("diff", "release 41 to 42")),
        Answer(
            "limit", "retry", "The limit of the pool counts workers; the retry path does not pass through it",
            ("diff", "https://git.invalid/gateway/commit/77ab31"),
        ),
        Answer(
            "rollout", "empty", "A release reaches every worker within a minute; no step waits for a signal",
            ("log", "deploy log of release 42"),
        ),
        Answer(
            "silent", "", "Customers noticed it four minutes before the declaration", ("link", "64 support tickets"),
            detection=True,
        ),
        Answer(
            "unwatched", "silent", "No alert watches how many connections are free", ("graph", DASHBOARD),
            detection=True,
        ),
    ),
    causes=(
        Cause("limit", FactorClass.CAPACITY, "The limit of the pool does not count what retries open.", ("limit",)),
        Cause("rollout", FactorClass.DEPLOYMENT, "A release reaches all workers at once.", ("rollout",)),
        Cause("unwatched", FactorClass.MONITORING_GAP, "Nothing measures how full the pool is.", ("unwatched",)),
    ),
    promises=(
        Promise(
            "Limit the pool to 200 connections, retries included", ActionType.PREVENT, "payments-b", -1,
            "A load test with 30 % retries keeps 20 connections free", ("limit",), "P0",
        ),
        Promise(
            "Alert when fewer than 20 connections of the pool are free for a minute", ActionType.DETECT, "payments-a",
            -3, "The alert fires within 2 minutes in a drill", ("unwatched",), "P1",
            proof=("drill", "https://git.invalid/drills/118", 3.5),
        ),
        Promise(
            "Gate each rollout at 5 % of the workers, and stop it when p95 doubles", ActionType.MITIGATE, "payments-c",
            4, "Release 44 stops by itself in the test environment", ("rollout",), "P1",
        ),
        Promise(
            "Add the retry path to the checklist of the gateway's drill", ActionType.PROCESS, "payments-a", 12,
            "The drill of December runs with 30 % retries", ("limit",),
        ),
        Promise(
            "Replace the gateway's pool by one per provider", ActionType.PREVENT, "payments-lead", 20,
            "Two pools, each with its own limit", ("limit",),
            declined="Four weeks of work; the limit removes the risk for two days of it.",
        ),
    ),
)  # fmt: skip

STUCK = Written(
    texts={
        Section.SUMMARY: (
            "For 31 minutes one payment in eight took more than two minutes. A change of the workers' number left the "
            "payment gateway's pool of connections empty at the evening peak. Restoring the number ended it."
        ),
        Section.ROOT_CAUSE: "More workers shared a pool that had been sized for half of them.",
        Section.IMPACT: (
            "- Visible for: 31 min\n"
            "- Affected: 12 % of payments, 26,100 of 217,000\n"
            "- Components: Payments\n"
            "- Contacts to support: 41 tickets\n"
            "- Data: nothing lost"
        ),
        Section.LESSONS: (
            "### What went well\n\n- The size-up named the pool 6 minutes after the declaration.\n\n"
            "### What didn't\n\n- Customers told us first; the pool has no alert.\n\n"
            "### Where we got lucky\n\n- The change was one line, so that its author's first guess was right."
        ),
    },
    answers=(
        Answer("empty", "", "The pool of connections was empty at the evening peak", ("graph", DASHBOARD)),
        Answer("workers", "empty", "Twice as many workers shared one pool of 100", ("diff", "config change 913")),
        Answer("unlimited", "workers", "A worker takes connections without any limit", ("diff", "pool of release 38")),
        Answer(
            "untested", "workers", "Changes of the workers' number run through no load test",
            ("link", "https://git.invalid/gateway/pipeline"),
        ),
        Answer(
            "late", "", "It was noticed by customers, 7 minutes after it began", ("link", "41 support tickets"),
            detection=True,
        ),
        Answer("blind", "late", "No alert watches how long a payment takes", ("graph", DASHBOARD), detection=True),
    ),
    causes=(
        Cause("unlimited", FactorClass.CAPACITY, "Workers take connections without any limit.", ("unlimited",)),
        Cause("untested", FactorClass.TEST_GAP, "No load test covers the workers' number.", ("untested",)),
        Cause("blind", FactorClass.MONITORING_GAP, "Nothing measures how long a payment takes.", ("blind",)),
    ),
    promises=(
        Promise(
            "Limit each worker to 10 connections of the pool", ActionType.PREVENT, "payments-b", -12,
            "A load test at twice the peak keeps 20 connections free", ("unlimited",), "P1",
            proof=("test", "https://git.invalid/gateway/runs/2291", 24),
        ),
        Promise(
            "Alert when p95 of a payment is above 60 s for two minutes", ActionType.DETECT, "payments-a", -14,
            "The alert fires in a drill", ("blind",), "P1", proof=("drill", "https://git.invalid/drills/104", 23.5),
        ),
        Promise(
            "Require the load test for every change of the workers' number", ActionType.PROCESS, "payments-c", -10,
            "The pipeline refuses such a change without it", ("untested",),
            proof=("change", "https://git.invalid/gateway/pull/640", 22),
        ),
    ),
    trigger="config_push", mitigated_by="config_fix",
)  # fmt: skip

AGAIN = Written(
    texts={
        Section.SUMMARY: (
            "For 14 minutes 3 % of payments took more than a minute: retries after a provider's short outage filled "
            "the pool again. The limit that counts retries is promised, and not there yet."
        ),
        Section.IMPACT: "- Visible for: 14 min\n- Affected: 3 % of payments, 2,900 of 96,000\n- Components: Payments",
    },
    answers=(Answer("again", "", "Retries filled the pool of connections", ("graph", DASHBOARD)),),
    causes=(Cause("limit", FactorClass.CAPACITY, "The limit of the pool does not count the retries.", ("again",)),),
    promises=(
        Promise(
            "Block retries for 30 s when the pool has fewer than 20 free connections", ActionType.MITIGATE,
            "payments-a", 10, "A test with an empty pool sees no retry for 30 s", ("limit",), "P1",
        ),
    ),
    trigger="provider_change", detected_by="alert", mitigated_by="drain",
)  # fmt: skip
