"""Runbooks, their steps, and their runs."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

import msgspec

from firebell.kernel.clock import Instant
from firebell.kernel.journal import Fact


class StepKind(StrEnum):
    """``check`` looks, ``manual`` acts by hand, ``http`` calls through the guarded client, ``dangerous`` needs an
    adopted decision of the incident first."""

    CHECK = "check"
    MANUAL = "manual"
    HTTP = "http"
    DANGEROUS = "dangerous"


class StepState(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


DONE = frozenset({StepState.OK, StepState.FAILED, StepState.SKIPPED})


class Helped(StrEnum):
    YES = "yes"
    PARTLY = "partly"
    NO = "no"


class MatchOp(StrEnum):
    """As Alertmanager writes them; ``=~`` and ``!~`` match the whole value (RE2)."""

    EQUAL = "="
    NOT_EQUAL = "!="
    MATCHES = "=~"
    MATCHES_NOT = "!~"


class Matcher(msgspec.Struct, frozen=True):
    """One condition on a label. A missing label is the empty text."""

    label: str
    op: MatchOp
    value: str

    def __str__(self) -> str:
        return f'{self.label}{self.op}"{self.value}"'


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """``text`` is Markdown; ``branches`` are (words, step id) of links to other steps; ``timeout_s`` is a time box."""

    id: str
    text: str
    kind: StepKind = StepKind.MANUAL
    timeout_s: int | None = None
    detail: str = ""
    url: str = ""
    method: str = "GET"
    expect: int = 200
    branches: tuple[tuple[str, str], ...] = ()


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """A runbook's text taken apart. ``problems`` are sentences with the line they are about."""

    intro: str
    steps: tuple[Step, ...]
    variables: tuple[str, ...]
    problems: tuple[str, ...]


class Runbook(msgspec.Struct, frozen=True, kw_only=True):
    """``service_ids``, ``severities``, ``matchers`` and ``title_pattern`` (RE2, found anywhere) say where it applies;
    all that are given must hold. Every save is a version. Field for field a row of ``runbooks``."""

    id: str
    name: str
    title: str
    body: str
    team_id: str | None = None
    owner_id: str | None = None
    service_ids: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    matchers: tuple[Matcher, ...] = ()
    title_pattern: str = ""
    managed_by: str | None = None
    created_at: Instant
    edited_at: Instant
    edited_by: str
    last_run_at: Instant | None = None
    last_success_at: Instant | None = None
    runs: int = 0
    failures_in_a_row: int = 0
    deleted_at: Instant | None = None
    version: int = 1


class StepRun(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one step."""

    id: str
    state: StepState = StepState.PENDING
    started_at: Instant | None = None
    ended_at: Instant | None = None
    by: str = ""
    note: str = ""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen copy of one version with its variables filled in, worked through as a checklist."""

    id: str
    runbook_id: str
    runbook_version: int
    title: str
    intro: str
    steps: tuple[Step, ...]
    progress: tuple[StepRun, ...]
    variables: dict[str, str]
    incident_id: str | None
    alert_id: str | None
    started_at: Instant
    started_by: str
    ended_at: Instant | None = None
    helped: Helped | None = None
    helped_note: str = ""
    version: int = 1

    def of(self, step_id: str) -> StepRun | None:
        return next((one for one in self.progress if one.id == step_id), None)

    def step(self, step_id: str) -> Step | None:
        return next((one for one in self.steps if one.id == step_id), None)

    @property
    def current(self) -> Step | None:
        """The first step that is not done."""
        return next((s for s, p in zip(self.steps, self.progress, strict=True) if p.state not in DONE), None)

    @property
    def failed(self) -> int:
        return sum(one.state == StepState.FAILED for one in self.progress)


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What a runbook is looked for: an alert, or an incident."""

    title: str
    severity: str
    service_ids: tuple[str, ...] = ()
    labels: dict[str, str] = {}


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A runbook that applies, and why."""

    runbook: Runbook
    reasons: tuple[str, ...]


# ------------------------------------------------------------------ facts


class RunbookSaved(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "runbook.saved"
    name: str
    version: int
    what: str


class RunbookDeleted(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "runbook.deleted"
    name: str


class RunStarted(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "runbook.run_started"
    run_id: str
    runbook_id: str
    title: str
    version: int


class StepEnded(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "runbook.step_ended"
    run_id: str
    step: str
    text: str
    state: str
    note: str
    took_s: int


class RunEnded(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "runbook.run_ended"
    run_id: str
    runbook_id: str
    title: str
    helped: str
    failed: int
    took_s: int


class RunbookMissed(Fact, frozen=True, kw_only=True):
    """Somebody looked for a runbook and there was none, or it was wrong."""

    kind: ClassVar[str] = "runbook.missed"
    what: str
    words: str
