"""The verbs of the text: sections, the why-tree, factors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from firebell.domain.postmortems import verbs, whys
from firebell.domain.postmortems.model import (
    DetectedBy,
    Factor,
    Mitigation,
    Postmortem,
    Trigger,
    Why,
)
from firebell.domain.postmortems.outcome import Asking, Saying
from firebell.domain.postmortems.pieces import (
    free_id,
    line,
    one_of,
    part_of,
    swapped,
    unchanged,
    untouched,
    with_document,
    writable,
    wrote,
)
from firebell.domain.postmortems.process import needs_reason
from firebell.kernel.errors import Invalid

TEXT_MAX = 200_000
FACTORS_MAX = 50
_KIND = re.compile(r"[a-z][a-z0-9_]{1,39}")


def save_section(one: Postmortem, verb: verbs.SaveSection, asking: Asking, saying: Saying) -> Postmortem:
    """SaveSection: somebody who writes over words they have not seen is refused; other sections are not looked at."""
    writable(one)
    before = one.document.text(verb.section)
    unchanged(before, verb.was, f"The section “{verb.section}”")
    text = verb.text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > TEXT_MAX:
        raise Invalid("That is too long.", field="text", hint=f"At most {TEXT_MAX} characters.")
    if text == before:
        return one
    saying.wrote()
    return with_document(one, replace(one.document, texts={**one.document.texts, verb.section: text}))


def set_title(one: Postmortem, verb: verbs.SetTitle, asking: Asking, saying: Saying) -> Postmortem:
    writable(one)
    title = line(verb.title, "title")
    unchanged(one.document.title, verb.was, "The title")
    if title == one.document.title:
        return one
    saying.wrote()
    return with_document(one, replace(one.document, title=title))


def classify(one: Postmortem, verb: verbs.Classify, asking: Asking, saying: Saying) -> Postmortem:
    writable(one)
    doc = one.document
    after = replace(
        doc,
        trigger=one_of(Trigger, verb.trigger, doc.trigger, "trigger"),
        detected_by=one_of(DetectedBy, verb.detected_by, doc.detected_by, "detected_by"),
        mitigated_by=one_of(Mitigation, verb.mitigated_by, doc.mitigated_by, "mitigated_by"),
    )
    return wrote(one, after, saying)


def no_actions(one: Postmortem, verb: verbs.NoActions, asking: Asking, saying: Saying) -> Postmortem:
    writable(one)
    because = needs_reason(verb.because, "because") if verb.because.strip() else ""
    return wrote(one, replace(one.document, no_actions_because=because), saying)


# ---------------------------------------------------------------- the why-tree


def add_why(one: Postmortem, verb: verbs.AddWhy, asking: Asking, saying: Saying) -> Postmortem:
    """AddWhy. Without a parent it answers the impact; into an empty tree it is the impact itself."""
    writable(one)
    tree = one.document.whys
    root = next((why.id for why in tree if why.parent is None), None)
    node = Why(
        id=free_id("w", [why.id for why in tree]), parent=verb.parent or root,
        condition=line(verb.condition, "condition"),
        kind=verb.kind, evidence=verb.evidence, confidence=verb.confidence, detection=verb.detection,
        reason=verb.reason.strip(),
    )  # fmt: skip
    saying.made = node.id
    return _tree(one, (*tree, node), saying)


def edit_why(one: Postmortem, verb: verbs.EditWhy, asking: Asking, saying: Saying) -> Postmortem:
    writable(one)
    before = part_of(one.document.whys, verb.why, "answer", "why")
    untouched(before, verb.was, "This answer")
    after = replace(
        before,
        condition=before.condition if verb.condition is None else line(verb.condition, "condition"),
        kind=verb.kind or before.kind,
        evidence=before.evidence if verb.evidence is None else verb.evidence,
        confidence=verb.confidence or before.confidence,
        detection=before.detection if verb.detection is None else verb.detection,
        reason=before.reason if verb.reason is None else verb.reason.strip(),
    )
    return _tree(one, swapped(one.document.whys, after), saying)


def move_why(one: Postmortem, verb: verbs.MoveWhy, asking: Asking, saying: Saying) -> Postmortem:
    writable(one)
    before = part_of(one.document.whys, verb.why, "answer", "why")
    part_of(one.document.whys, verb.parent, "answer", "parent")
    if before.parent is None:
        raise Invalid("The impact stays at the root.", field="why")
    return _tree(one, swapped(one.document.whys, replace(before, parent=verb.parent)), saying)


def remove_why(one: Postmortem, verb: verbs.RemoveWhy, asking: Asking, saying: Saying) -> Postmortem:
    writable(one)
    gone = part_of(one.document.whys, verb.why, "answer", "why")
    if gone.parent is None:
        raise Invalid("The impact stays at the root.", field="why", hint="Change its words instead.")
    kept = tuple(
        replace(why, parent=gone.parent) if why.parent == gone.id else why
        for why in one.document.whys
        if why.id != gone.id
    )
    factors = tuple(
        replace(factor, why_ids=tuple(w for w in factor.why_ids if w != gone.id)) for factor in one.document.factors
    )
    return _tree(with_document(one, replace(one.document, factors=factors)), kept, saying)


def _tree(one: Postmortem, tree: tuple[Why, ...], saying: Saying) -> Postmortem:
    whys.check_shape(tree)
    return wrote(one, replace(one.document, whys=tree), saying)


# ---------------------------------------------------------------- factors


def add_factor(one: Postmortem, verb: verbs.AddFactor, asking: Asking, saying: Saying) -> Postmortem:
    writable(one)
    factors = one.document.factors
    if len(factors) >= FACTORS_MAX:
        raise Invalid(f"There are at most {FACTORS_MAX} factors.", field="text")
    factor = Factor(
        id=free_id("f", [factor.id for factor in factors]), kind=_class(verb.kind), text=line(verb.text, "text"),
        why_ids=_known(one, verb.why_ids), service_ids=verb.service_ids, confidence=verb.confidence,
        mechanism=" ".join(verb.mechanism.split()),
    )  # fmt: skip
    saying.made = factor.id
    return wrote(one, replace(one.document, factors=(*factors, factor)), saying)


def edit_factor(one: Postmortem, verb: verbs.EditFactor, asking: Asking, saying: Saying) -> Postmortem:
    writable(one)
    before = part_of(one.document.factors, verb.factor, "factor", "factor")
    untouched(before, verb.was, "This factor")
    after = replace(
        before,
        kind=before.kind if verb.kind is None else _class(verb.kind),
        text=before.text if verb.text is None else line(verb.text, "text"),
        why_ids=before.why_ids if verb.why_ids is None else _known(one, verb.why_ids),
        service_ids=before.service_ids if verb.service_ids is None else verb.service_ids,
        confidence=verb.confidence or before.confidence,
        mechanism=before.mechanism if verb.mechanism is None else " ".join(verb.mechanism.split()),
    )
    return wrote(one, replace(one.document, factors=swapped(one.document.factors, after)), saying)


def remove_factor(one: Postmortem, verb: verbs.RemoveFactor, asking: Asking, saying: Saying) -> Postmortem:
    """RemoveFactor. Action items that named it name it no more."""
    writable(one)
    gone = part_of(one.document.factors, verb.factor, "factor", "factor")
    items = tuple(
        replace(item, factor_ids=tuple(f for f in item.factor_ids if f != gone.id))
        if gone.id in item.factor_ids
        else item
        for item in one.document.actions
    )
    factors = tuple(factor for factor in one.document.factors if factor.id != gone.id)
    return wrote(one, replace(one.document, factors=factors, actions=items), saying)


def _class(kind: str) -> str:
    """A class of the taxonomy or the installation's own."""
    if not _KIND.fullmatch(kind):
        raise Invalid("A class is a short word.", field="kind", hint="Like monitoring_gap: small letters and _.")
    return kind


def _known(one: Postmortem, why_ids: tuple[str, ...]) -> tuple[str, ...]:
    for why_id in why_ids:
        part_of(one.document.whys, why_id, "answer", "why_ids")
    return tuple(dict.fromkeys(why_ids))


HANDLERS: Mapping[type[verbs.Verb], Callable[[Postmortem, Any, Asking, Saying], Postmortem]] = {
    verbs.SaveSection: save_section,
    verbs.SetTitle: set_title,
    verbs.Classify: classify,
    verbs.NoActions: no_actions,
    verbs.AddWhy: add_why,
    verbs.EditWhy: edit_why,
    verbs.MoveWhy: move_why,
    verbs.RemoveWhy: remove_why,
    verbs.AddFactor: add_factor,
    verbs.EditFactor: edit_factor,
    verbs.RemoveFactor: remove_factor,
}
