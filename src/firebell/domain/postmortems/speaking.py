"""The verbs of what is said about a postmortem: comments, and hits of the linter that are set aside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from firebell.domain.postmortems import completeness, verbs
from firebell.domain.postmortems.blameless import Level
from firebell.domain.postmortems.facts import PostmortemCommented, PostmortemCommentResolved, PostmortemHitDismissed
from firebell.domain.postmortems.model import Comment, Dismissal, Postmortem
from firebell.domain.postmortems.outcome import Asking, Saying
from firebell.domain.postmortems.pieces import part_of
from firebell.domain.postmortems.process import needs_reason
from firebell.kernel.errors import Conflict, Invalid

COMMENT_MAX = 10_000
COMMENTS_MAX = 1_000


def add_comment(one: Postmortem, verb: verbs.AddComment, asking: Asking, saying: Saying) -> Postmortem:
    text = verb.text.strip()
    if not text:
        raise Invalid("A comment says something.", field="text")
    if len(text) > COMMENT_MAX or len(one.comments) >= COMMENTS_MAX:
        raise Invalid("That is too long.", field="text", hint=f"At most {COMMENT_MAX} characters.")
    comment = Comment(
        id=asking.new_id("cmt"), section=verb.section, quote=verb.quote.strip()[:1000], text=text, by=asking.by,
        at=asking.now,
    )  # fmt: skip
    saying.made = comment.id
    saying.record(
        one.id, PostmortemCommented(incident_id=one.incident_id, comment=comment.id, section=verb.section.value)
    )
    saying.tell((one.owner_id,), f"has a comment on “{verb.section.value}”: {text[:200]}", but=asking.by)
    return replace(one, comments=(*one.comments, comment))


def resolve_comment(one: Postmortem, verb: verbs.ResolveComment, asking: Asking, saying: Saying) -> Postmortem:
    comment: Comment = part_of(one.comments, verb.comment, "comment", "comment")
    if comment.resolved_at is not None:
        return one
    saying.record(one.id, PostmortemCommentResolved(incident_id=one.incident_id, comment=comment.id))
    done = replace(comment, resolved_by=asking.by, resolved_at=asking.now)
    return replace(one, comments=tuple(done if c.id == done.id else c for c in one.comments))


def dismiss_hit(one: Postmortem, verb: verbs.DismissHit, asking: Asking, saying: Saying) -> Postmortem:
    """DismissHit, for that exact sentence and family. A name is no matter of opinion."""
    reason = needs_reason(verb.reason)
    if any(known.key == verb.key for known in one.dismissals):
        return one
    found = [hit for hits in completeness.hits(one.document, asking.names).values() for hit in hits]
    hit = next((hit for hit in found if hit.key == verb.key), None)
    if hit is None:
        raise Conflict("The text does not say that any more.", field="key", hint="Look at the hits again.")
    if hit.level is Level.GATE:
        raise Conflict("A name cannot be set aside.", field="key", hint="Replace it by the role held then.")
    said = PostmortemHitDismissed(incident_id=one.incident_id, key=verb.key, dismissed=True, reason=reason)
    saying.record(one.id, said)
    gone = Dismissal(key=verb.key, reason=reason, by=asking.by, at=asking.now)
    return replace(one, dismissals=(*one.dismissals, gone))


def restore_hit(one: Postmortem, verb: verbs.RestoreHit, asking: Asking, saying: Saying) -> Postmortem:
    kept = tuple(known for known in one.dismissals if known.key != verb.key)
    if kept == one.dismissals:
        return one
    saying.record(one.id, PostmortemHitDismissed(incident_id=one.incident_id, key=verb.key, dismissed=False))
    return replace(one, dismissals=kept)


HANDLERS: Mapping[type[verbs.Verb], Callable[[Postmortem, Any, Asking, Saying], Postmortem]] = {
    verbs.AddComment: add_comment,
    verbs.ResolveComment: resolve_comment,
    verbs.DismissHit: dismiss_hit,
    verbs.RestoreHit: restore_hit,
}
