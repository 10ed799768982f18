"""Insight: what many incidents say together. Values only; where they come from is known to ``workflows/insight_read``.

A :class:`Case` is one incident as the statistics see it. People do not appear in it: nobody is ranked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

import msgspec

from firebell.kernel.clock import Instant
from firebell.kernel.journal import Fact


class Standing(StrEnum):
    """What became of a duration in one incident. Only what is recorded is ever in a number."""

    RECORDED = "recorded"
    PENDING = "pending"
    NOT_APPLICABLE = "not_applicable"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Sample:
    """One duration of one incident. ``seconds`` only when recorded; ``why`` not, in words, otherwise."""

    case_id: str
    standing: Standing
    seconds: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One incident. ``kind``: ``normal``, ``backfilled``, ``drill`` or ``test``. ``at``: when it was declared.

    ``severity`` is the worst it has had (``unset`` when nobody has judged it). ``classes`` are the classes of its
    contributing factors. ``samples`` by the name of the metric. ``impact_s``: ``None`` when nobody knows.
    """

    id: str
    reference: str
    name: str
    at: Instant
    kind: str = "normal"
    severity: str = "unset"
    team_id: str | None = None
    service_ids: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    private: bool = False
    samples: Mapping[str, Sample] = field(default_factory=dict)
    impact_s: int | None = None


class Dimension(StrEnum):
    """What durations are laid side by side by. Never by person, and never one team beside another."""

    SEVERITY = "severity"
    SERVICE = "service"
    CAUSE = "cause"


class DigestRound(msgspec.Struct, frozen=True, kw_only=True):
    """One month's round: from ``due_at`` on a letter is laid out for everybody who wants one."""

    period: str
    due_at: Instant
    laid_at: Instant | None = None


class DigestLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One letter to one person about one period, written at ``due_at``: a business morning where they live."""

    period: str
    user_id: str
    due_at: Instant
    done_at: Instant | None = None


class DigestChosen(Fact, frozen=True, kw_only=True):
    """A person has said whether they want the digest of ``scope`` (``all``, or a team's id)."""

    kind: ClassVar[str] = "insight.digest_chosen"
    scope: str
    wanted: bool
