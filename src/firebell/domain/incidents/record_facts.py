"""What is written down about an incident, and who may read it, in the past tense."""

from __future__ import annotations

from typing import ClassVar

from firebell.kernel.journal import Fact


class IncidentEdited(Fact, frozen=True, kw_only=True):
    """``changed``: field by field what it says now (lists joined by commas)."""

    kind: ClassVar[str] = "incident.edited"
    changed: dict[str, str]


class MilestoneSet(Fact, frozen=True, kw_only=True):
    """``before`` ``None``: it was blank; ``at`` ``None``: it was taken back."""

    kind: ClassVar[str] = "milestone.set"
    name: str
    occurrence: int
    before: str | None
    at: str | None
    reason: str


class NoteAdded(Fact, frozen=True, kw_only=True):
    """``link``: where it came from."""

    kind: ClassVar[str] = "note.added"
    text: str
    link: str


class EntryCorrected(Fact, frozen=True, kw_only=True):
    """This says rightly what entry ``supersedes`` of the same timeline said wrongly; that one stays readable."""

    kind: ClassVar[str] = "entry.corrected"
    supersedes: int
    text: str
    reason: str


class EntryStarred(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "entry.starred"
    n: int
    on: bool


class IncidentMadePrivate(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "incident.made_private"
    security: bool
    members: list[str]


class IncidentMadePublic(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "incident.made_public"
    reason: str


class PersonAdmitted(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "incident.person_admitted"
    user_id: str


class PersonExpelled(Fact, frozen=True, kw_only=True):
    """``roles`` they held until then."""

    kind: ClassVar[str] = "incident.person_expelled"
    user_id: str
    roles: list[str]


class AccessAsked(Fact, frozen=True, kw_only=True):
    """Somebody outside asked to be let in. They were told nothing."""

    kind: ClassVar[str] = "incident.access_asked"
    user_id: str
    why: str


class AlertLinked(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "incident.alert_linked"
    alert_id: str
    service_id: str


class AlertUnlinked(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "incident.alert_unlinked"
    alert_id: str


class LinkedAlertChanged(Fact, frozen=True, kw_only=True):
    """A linked alert fires (again) or does not any more. ``restarted``: the stability window began anew."""

    kind: ClassVar[str] = "incident.alert_changed"
    alert_id: str
    open: bool
    restarted: bool


class IncidentAcknowledged(Fact, frozen=True, kw_only=True):
    """The first human is there."""

    kind: ClassVar[str] = "incident.acknowledged"
    user_id: str


class CustomersTold(Fact, frozen=True, kw_only=True):
    """The first public post has gone out, or the first that says the cause is known (``identified``)."""

    kind: ClassVar[str] = "incident.customers_told"
    identified: bool


class IncidentRelated(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "incident.related"
    other: str


class IncidentUnrelated(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "incident.unrelated"
    other: str
