"""What is recorded about a postmortem, its action items and what an incident repeats.

Each names its incident, so that whoever must not know of a private one reads nothing here either. None says a word of
the text: that is what revisions are for.
"""

from __future__ import annotations

from typing import ClassVar

from firebell.kernel.journal import Fact


class PostmortemOpened(Fact, frozen=True, kw_only=True):
    """``required``: why it must be written (none: it may be)."""

    kind: ClassVar[str] = "postmortem.opened"
    incident_id: str
    required: list[str]
    owner_id: str | None = None


class PostmortemDrafted(Fact, frozen=True, kw_only=True):
    """The machine has drafted again; ``sections`` nobody had touched were replaced, ``kept`` ones were not."""

    kind: ClassVar[str] = "postmortem.drafted"
    incident_id: str
    sections: list[str]
    kept: list[str]


class PostmortemWritten(Fact, frozen=True, kw_only=True):
    """One person has written; said once for each stretch of writing."""

    kind: ClassVar[str] = "postmortem.written"
    incident_id: str
    revision: int


class PostmortemMoved(Fact, frozen=True, kw_only=True):
    """Another state. ``verb``: what was said; ``reason`` where one was needed; ``waived``: hard checks passed over."""

    kind: ClassVar[str] = "postmortem.moved"
    incident_id: str
    verb: str
    before: str
    after: str
    revision: int
    reason: str = ""
    waived: list[str]


class PostmortemPublished(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "postmortem.published"
    incident_id: str
    audience: str
    revision: int


class PostmortemReleased(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "postmortem.released"
    incident_id: str
    reason: str


class PostmortemSkipped(Fact, frozen=True, kw_only=True):
    """It will not be written. ``waived``: although it was required."""

    kind: ClassVar[str] = "postmortem.skipped"
    incident_id: str
    reason: str
    waived: bool


class PostmortemPeopleChanged(Fact, frozen=True, kw_only=True):
    """``role``: owner, collaborator, facilitator or investigator; ``user_id`` ``None``: nobody."""

    kind: ClassVar[str] = "postmortem.people_changed"
    incident_id: str
    role: str
    before: str | None
    user_id: str | None


class PostmortemDepthSet(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "postmortem.depth_set"
    incident_id: str
    before: str
    after: str


class PostmortemReviewBooked(Fact, frozen=True, kw_only=True):
    """``at`` ``None``: the meeting is off."""

    kind: ClassVar[str] = "postmortem.review_booked"
    incident_id: str
    at: str | None


class PostmortemMet(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "postmortem.met"
    incident_id: str
    attendance: list[str]
    decisions: int


class PostmortemCommented(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "postmortem.commented"
    incident_id: str
    comment: str
    section: str


class PostmortemCommentResolved(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "postmortem.comment_resolved"
    incident_id: str
    comment: str


class PostmortemHitDismissed(Fact, frozen=True, kw_only=True):
    """``dismissed`` ``False``: the hit counts again."""

    kind: ClassVar[str] = "postmortem.hit_dismissed"
    incident_id: str
    key: str
    dismissed: bool
    reason: str = ""


class PostmortemUnnamed(Fact, frozen=True, kw_only=True):
    """Names became roles. How many, not whose."""

    kind: ClassVar[str] = "postmortem.unnamed"
    incident_id: str
    names: int


class PostmortemReminded(Fact, frozen=True, kw_only=True):
    """``about``: what is late (no_owner, draft, no_meeting, readable, published)."""

    kind: ClassVar[str] = "postmortem.reminded"
    incident_id: str
    about: list[str]
    users: list[str]


class ActionChanged(Fact, frozen=True, kw_only=True):
    """``verb``: added, edited, removed, committed, declined, done, waived, reopened."""

    kind: ClassVar[str] = "action.changed"
    incident_id: str
    postmortem_id: str
    verb: str
    state: str
    reason: str = ""
    proof: str = ""


class ActionReminded(Fact, frozen=True, kw_only=True):
    """``day``: relative to the due date. ``to``: owner, manager or team_lead."""

    kind: ClassVar[str] = "action.reminded"
    incident_id: str
    postmortem_id: str
    day: int
    to: str
    users: list[str]


class ActionReturned(Fact, frozen=True, kw_only=True):
    """Its owner's account is off; it went to the lead of the team (``None``: there is none)."""

    kind: ClassVar[str] = "action.returned"
    incident_id: str
    postmortem_id: str
    before: str
    user_id: str | None


class ActionChecked(Fact, frozen=True, kw_only=True):
    """The answer of an effectiveness check: effective, recurred or not_exercised. ``again``: where it came back."""

    kind: ClassVar[str] = "action.checked"
    incident_id: str
    postmortem_id: str
    effect: str
    again: str | None = None


class VerdictChanged(Fact, frozen=True, kw_only=True):
    """About an incident: one-off or systemic, by these rules. ``override``: a person says so."""

    kind: ClassVar[str] = "postmortem.verdict_changed"
    incident_id: str
    before: str
    after: str
    rules: list[str]
    override: bool = False
    reason: str = ""


class IncidentRepeats(Fact, frozen=True, kw_only=True):
    """This incident (the subject) is like earlier ones: their promises are unfinished, or were kept and did not help.

    ``earlier`` are ids of incidents, ``actions`` of promises that are still open.
    """

    kind: ClassVar[str] = "incident.repeats"
    how: str
    earlier: list[str]
    actions: list[str]


class PostmortemSettingsChanged(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "postmortem_settings.changed"
    changed: list[str]


class PostmortemTemplateSaved(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "postmortem_template.saved"
    name: str
    new: bool


class PostmortemTemplateDeleted(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "postmortem_template.deleted"
    name: str
