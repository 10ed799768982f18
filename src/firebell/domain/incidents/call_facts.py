"""Whom an incident called for, and what did not come in time. Recorded by the workflows that call."""

from __future__ import annotations

from typing import ClassVar

from firebell.kernel.journal import Fact


class RolePaged(Fact, frozen=True, kw_only=True):
    """Somebody is wanted in ``role``; whoever acknowledges the alert takes it."""

    kind: ClassVar[str] = "incident.role_paged"
    role: str
    why: str
    alert_id: str


class PeoplePaged(Fact, frozen=True, kw_only=True):
    """``people``: those (or whoever is on call, or the team) who were asked to come, each by an alert of their own."""

    kind: ClassVar[str] = "incident.people_paged"
    people: list[str]
    why: str
    alert_ids: list[str]


class NobodyToPage(Fact, frozen=True, kw_only=True):
    """Nobody stands behind ``role``: it was not paged. ``why``: ``no_target``, or ``not_enrolled`` in a drill."""

    kind: ClassVar[str] = "incident.nobody_to_page"
    role: str
    why: str


class CallAnswered(Fact, frozen=True, kw_only=True):
    """``user_id`` came when called; ``refused`` says why they could not be given the role that was asked for."""

    kind: ClassVar[str] = "incident.call_answered"
    user_id: str
    role: str
    refused: str


class ResponseMissed(Fact, frozen=True, kw_only=True):
    """Nobody acknowledged within the time of ``severity``. ``alert_ids``: whose escalation took its next step for it;
    none: the commander's policy was paged instead."""

    kind: ClassVar[str] = "incident.response_missed"
    severity: str
    seconds: int
    alert_ids: list[str]
