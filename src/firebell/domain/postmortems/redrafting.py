"""The verbs by which a whole text changes: a new draft, names that become roles, a file, an old revision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from firebell.domain.postmortems import import_markdown, merge, verbs, whys
from firebell.domain.postmortems.actions import ActionItem
from firebell.domain.postmortems.blameless import Names, unnamed
from firebell.domain.postmortems.blameless.names import find
from firebell.domain.postmortems.facts import PostmortemDrafted, PostmortemUnnamed
from firebell.domain.postmortems.model import Document, Postmortem, Section, State
from firebell.domain.postmortems.outcome import Asking, Saying
from firebell.domain.postmortems.pieces import with_document, writable, wrote
from firebell.domain.postmortems.process import needs_reason
from firebell.kernel.errors import Conflict, NotFound


def refresh(one: Postmortem, verb: verbs.Refresh, asking: Asking, saying: Saying) -> Postmortem:
    """Refresh. Only what no person has touched changes; the rest is offered, and taken with :func:`take_offers`."""
    writable(one)
    texts, bases = dict(one.document.texts), dict(one.bases)
    replaced, kept = [], []
    for section, merged in asking.fresh.items():
        bases[section] = merged.base
        if merged.touched:
            kept.append(section.value)
        elif texts.get(section, "") != merged.text:
            texts[section] = merged.text
            replaced.append(section.value)
    after = replace(with_document(one, replace(one.document, texts=texts)), bases=bases, process=asking.process)
    if replaced:
        saying.kept("drafted again")
        saying.record(one.id, PostmortemDrafted(incident_id=one.incident_id, sections=replaced, kept=kept))
    return after


def take_offers(one: Postmortem, verb: verbs.TakeOffers, asking: Asking, saying: Saying) -> Postmortem:
    """TakeOffers: lines go in, none is changed. Only what is offered now can be taken."""
    writable(one)
    merged = asking.fresh.get(verb.section)
    offered = set(merged.offers) if merged is not None else set()
    if not verb.lines or any(line not in offered for line in verb.lines):
        raise Conflict("That is not offered any more.", field="lines", hint="Look at the difference again.")
    text = merge.take(one.document.text(verb.section), verb.lines, verb.section)
    return wrote(one, replace(one.document, texts={**one.document.texts, verb.section: text}), saying)


def names_to_roles(one: Postmortem, verb: verbs.NamesToRoles, asking: Asking, saying: Saying) -> Postmortem:
    if one.state not in (State.DRAFT, State.IN_REVIEW, State.REVIEWED):
        writable(one)
    after, count = without_names(one.document, asking.names)
    if after == one.document:
        return one
    saying.kept("names became roles")
    saying.record(one.id, PostmortemUnnamed(incident_id=one.incident_id, names=count))
    return with_document(one, after)


def without_names(doc: Document, names: Names) -> tuple[Document, int]:
    """The document with every name as the role held then, and how many there were."""
    counted = 0

    def said(text: str) -> str:
        nonlocal counted
        counted += len(find(text, names))
        return unnamed(text, names)

    after = replace(
        doc,
        title=said(doc.title),
        texts={section: said(text) for section, text in doc.texts.items()},
        whys=tuple(replace(why, condition=said(why.condition), reason=said(why.reason)) for why in doc.whys),
        factors=tuple(replace(f, text=said(f.text), mechanism=said(f.mechanism)) for f in doc.factors),
        actions=tuple(_unnamed_item(item, said) for item in doc.actions),
        no_actions_because=said(doc.no_actions_because),
    )
    return after, counted


def _unnamed_item(item: ActionItem, said: Callable[[str], str]) -> ActionItem:
    return replace(item, text=said(item.text), end_state=said(item.end_state), late_reason=said(item.late_reason))


def import_text(one: Postmortem, verb: verbs.ImportMarkdown, asking: Asking, saying: Saying) -> Postmortem:
    """ImportMarkdown. What people have written goes only when the caller says so; action items are added as proposals,
    and never in place of what stands."""
    writable(one)
    found = import_markdown.read(verb.text, day=asking.now.to_tz("UTC").date())
    touched = [
        section.value
        for section in Section
        if found.document.text(section).strip()
        and one.document.text(section) != found.document.text(section)
        and merge.is_touched(one.document.text(section), one.bases.get(section))
    ]
    if (touched or len(one.document.whys) > 1 or one.document.factors) and not verb.replace:
        what = ", ".join(touched) or "the why-tree"
        raise Conflict(
            f"People have written in: {what}.", field="replace",
            hint="Say that it may be replaced; what stands now stays readable as a revision.",
        )  # fmt: skip
    for words in found.warnings:
        saying.warn(words)
    said = found.document
    texts = {**one.document.texts, **{section: text for section, text in said.texts.items() if text.strip()}}
    have = {item.text for item in one.document.actions}
    items = tuple(_proposal(item, one, asking) for item in said.actions if item.text not in have)
    factors = tuple(replace(factor, why_ids=factor.why_ids) for factor in said.factors)
    whys.check_shape(said.whys)
    after = replace(
        one.document,
        texts=texts,
        whys=said.whys or one.document.whys,
        factors=factors or one.document.factors,
        actions=(*one.document.actions, *items),
        no_actions_because=said.no_actions_because or one.document.no_actions_because,
        trigger=said.trigger or one.document.trigger,
        detected_by=said.detected_by or one.document.detected_by,
        mitigated_by=said.mitigated_by or one.document.mitigated_by,
    )
    saying.kept("imported")
    return with_document(one, after)


def _proposal(item: ActionItem, one: Postmortem, asking: Asking) -> ActionItem:
    """Somebody else's item as an idea of ours: what is a promise, a person here decides."""
    owner = item.owner_id if item.owner_id and item.owner_id not in asking.outsiders else None
    return ActionItem(
        id=asking.new_id("act"), text=item.text, type=item.type, owner_id=owner, due_at=item.due_at,
        late_reason=item.late_reason, end_state=item.end_state, severity=one.peak, priority=item.priority,
        factor_ids=item.factor_ids, tracker_url=item.tracker_url,
    )  # fmt: skip


def restore(one: Postmortem, verb: verbs.Restore, asking: Asking, saying: Saying) -> Postmortem:
    writable(one)
    reason = needs_reason(verb.reason)
    if asking.earlier is None:
        raise NotFound("There is no such revision.", field="revision")
    after = replace(asking.earlier, actions=one.document.actions)
    if after == one.document:
        return one
    saying.kept(f"revision {verb.revision} again: {reason}")
    return with_document(one, after)


HANDLERS: Mapping[type[verbs.Verb], Callable[[Postmortem, Any, Asking, Saying], Postmortem]] = {
    verbs.Refresh: refresh,
    verbs.TakeOffers: take_offers,
    verbs.NamesToRoles: names_to_roles,
    verbs.ImportMarkdown: import_text,
    verbs.Restore: restore,
}
