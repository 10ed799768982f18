"""Everything that can be asked of a postmortem, as data: page, API and terminal all say the same verbs.

A verb names what somebody wants; ``deciding.apply`` decides. ``tag`` is its name in the API. ``was`` is the fingerprint
of the piece its writer started from (``model.fingerprint`` of a text, ``model.stamp`` of a part): whoever writes over
somebody else's words is refused, and whoever writes elsewhere is not disturbed.
"""

from __future__ import annotations

import msgspec

from firebell.domain.postmortems.actions import ActionType
from firebell.domain.postmortems.model import Audience, Confidence, Depth, Evidence, Section, WhyKind
from firebell.domain.postmortems.verdict import Verdict
from firebell.kernel.clock import Instant


class Verb(msgspec.Struct, frozen=True, kw_only=True, tag_field="verb"):
    """Something asked of a postmortem."""


# ---- its process


class Submit(Verb, frozen=True, kw_only=True, tag="submit"):
    """Into review; ``waiver`` passes over hard checks that fail."""

    waiver: str = ""


class RequestChanges(Verb, frozen=True, kw_only=True, tag="request_changes"):
    text: str


class Approve(Verb, frozen=True, kw_only=True, tag="approve"):
    pass


class Publish(Verb, frozen=True, kw_only=True, tag="publish"):
    audience: Audience = Audience.ORGANISATION


class Close(Verb, frozen=True, kw_only=True, tag="close"):
    """Together with its incident."""


class Revise(Verb, frozen=True, kw_only=True, tag="revise"):
    reason: str


class Release(Verb, frozen=True, kw_only=True, tag="release"):
    """That of a private incident may be published for everybody."""

    reason: str


# ---- people and the meeting


class SetOwner(Verb, frozen=True, kw_only=True, tag="set_owner"):
    user_id: str


class AddCollaborator(Verb, frozen=True, kw_only=True, tag="add_collaborator"):
    user_id: str


class RemoveCollaborator(Verb, frozen=True, kw_only=True, tag="remove_collaborator"):
    user_id: str


class SetFacilitator(Verb, frozen=True, kw_only=True, tag="set_facilitator"):
    """Never the owner. ``None``: nobody."""

    user_id: str | None


class SetInvestigator(Verb, frozen=True, kw_only=True, tag="set_investigator"):
    """Of a deep review: somebody who was no responder. ``None``: nobody."""

    user_id: str | None


class SetDepth(Verb, frozen=True, kw_only=True, tag="set_depth"):
    depth: Depth


class BookReview(Verb, frozen=True, kw_only=True, tag="book_review"):
    """``at`` ``None``: no meeting is booked."""

    at: Instant | None


class RecordMeeting(Verb, frozen=True, kw_only=True, tag="record_meeting"):
    """What is given is set (``None``: left as it is)."""

    opening: str | None = None
    attendance: tuple[str, ...] | None = None
    decisions: tuple[str, ...] | None = None
    started_at: Instant | None = None
    ended_at: Instant | None = None


# ---- what is written


class SaveSection(Verb, frozen=True, kw_only=True, tag="save_section"):
    section: Section
    text: str
    was: str | None = None


class SetTitle(Verb, frozen=True, kw_only=True, tag="set_title"):
    title: str
    was: str | None = None


class Classify(Verb, frozen=True, kw_only=True, tag="classify"):
    """What is given is set (``None``: left as it is; empty: not known)."""

    trigger: str | None = None
    detected_by: str | None = None
    mitigated_by: str | None = None


class NoActions(Verb, frozen=True, kw_only=True, tag="no_actions"):
    """No action items, and why; empty takes it back."""

    because: str


class AddWhy(Verb, frozen=True, kw_only=True, tag="add_why"):
    """``parent`` "was made possible by" it; empty: the root."""

    parent: str = ""
    condition: str
    kind: WhyKind = WhyKind.CONDITION
    evidence: tuple[Evidence, ...] = ()
    confidence: Confidence = Confidence.MEDIUM
    detection: bool = False
    reason: str = ""


class EditWhy(Verb, frozen=True, kw_only=True, tag="edit_why"):
    """What is given is set (``None``: left as it is)."""

    why: str
    condition: str | None = None
    kind: WhyKind | None = None
    evidence: tuple[Evidence, ...] | None = None
    confidence: Confidence | None = None
    detection: bool | None = None
    reason: str | None = None
    was: str | None = None


class MoveWhy(Verb, frozen=True, kw_only=True, tag="move_why"):
    """With everything below it, below another node."""

    why: str
    parent: str


class RemoveWhy(Verb, frozen=True, kw_only=True, tag="remove_why"):
    """What stands below it moves up."""

    why: str


class AddFactor(Verb, frozen=True, kw_only=True, tag="add_factor"):
    """``kind``: its class, one of ``FactorClass`` or the installation's own."""

    kind: str
    text: str
    why_ids: tuple[str, ...] = ()
    service_ids: tuple[str, ...] = ()
    confidence: Confidence = Confidence.MEDIUM
    mechanism: str = ""


class EditFactor(Verb, frozen=True, kw_only=True, tag="edit_factor"):
    """What is given is set (``None``: left as it is)."""

    factor: str
    kind: str | None = None
    text: str | None = None
    why_ids: tuple[str, ...] | None = None
    service_ids: tuple[str, ...] | None = None
    confidence: Confidence | None = None
    mechanism: str | None = None
    was: str | None = None


class RemoveFactor(Verb, frozen=True, kw_only=True, tag="remove_factor"):
    factor: str


# ---- action items


class AddAction(Verb, frozen=True, kw_only=True, tag="add_action"):
    """A proposal. ``due_at`` later than its severity asks for needs ``late_reason``."""

    text: str
    type: ActionType | None = None
    owner_id: str | None = None
    team_id: str | None = None
    due_at: Instant | None = None
    late_reason: str = ""
    end_state: str = ""
    priority: str = ""
    factor_ids: tuple[str, ...] = ()
    tracker_url: str = ""


class EditAction(Verb, frozen=True, kw_only=True, tag="edit_action"):
    """What is given is set (``None``: left as it is; an empty ``owner_id`` or ``team_id``: nobody)."""

    action: str
    text: str | None = None
    type: ActionType | None = None
    owner_id: str | None = None
    team_id: str | None = None
    due_at: Instant | None = None
    late_reason: str = ""
    end_state: str | None = None
    priority: str | None = None
    factor_ids: tuple[str, ...] | None = None
    tracker_url: str | None = None
    was: str | None = None


class RemoveAction(Verb, frozen=True, kw_only=True, tag="remove_action"):
    """Only while it is a proposal."""

    action: str


class CommitAction(Verb, frozen=True, kw_only=True, tag="commit_action"):
    action: str


class DeclineAction(Verb, frozen=True, kw_only=True, tag="decline_action"):
    action: str
    reason: str


class CloseAction(Verb, frozen=True, kw_only=True, tag="close_action"):
    """Done; ``kind`` of proof is change, test, alert or drill, ``ref`` a URL or an id."""

    action: str
    kind: str
    ref: str
    note: str = ""


class WaiveAction(Verb, frozen=True, kw_only=True, tag="waive_action"):
    """It stays open while the incident closes."""

    action: str
    reason: str


class ReopenAction(Verb, frozen=True, kw_only=True, tag="reopen_action"):
    action: str
    reason: str


# ---- said about it


class AddComment(Verb, frozen=True, kw_only=True, tag="add_comment"):
    section: Section
    text: str
    quote: str = ""


class ResolveComment(Verb, frozen=True, kw_only=True, tag="resolve_comment"):
    comment: str


class DismissHit(Verb, frozen=True, kw_only=True, tag="dismiss_hit"):
    """``key`` is the hit's; a name cannot be dismissed."""

    key: str
    reason: str


class RestoreHit(Verb, frozen=True, kw_only=True, tag="restore_hit"):
    key: str


# ---- from the machine, from a file, from before


class Refresh(Verb, frozen=True, kw_only=True, tag="refresh"):
    """Draft again. Sections nobody has touched are replaced; the others keep every character."""


class TakeOffers(Verb, frozen=True, kw_only=True, tag="take_offers"):
    """Lines of the new draft, as they were offered."""

    section: Section
    lines: tuple[str, ...]


class NamesToRoles(Verb, frozen=True, kw_only=True, tag="names_to_roles"):
    """Every name of a person becomes the role held at that time."""


class ImportMarkdown(Verb, frozen=True, kw_only=True, tag="import_markdown"):
    """``replace``: what people have written may go. It stays readable as a revision."""

    text: str
    replace: bool = False


class Restore(Verb, frozen=True, kw_only=True, tag="restore"):
    """The words, whys and factors of an earlier revision, as a new one. Action items stay as they are."""

    revision: int
    reason: str


# ---- one-off or systemic


class OverrideVerdict(Verb, frozen=True, kw_only=True, tag="override_verdict"):
    verdict: Verdict
    reason: str


class ComputeVerdict(Verb, frozen=True, kw_only=True, tag="compute_verdict"):
    """What the rules say counts again."""


class ConfirmAction(Verb, frozen=True, kw_only=True, tag="confirm_action"):
    """Whether an open action of an earlier postmortem would have applied here."""

    action: str
    applies: bool = True
