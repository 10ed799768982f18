"""Incidents' shares of budgets are written down, with every version, and people say what is exempt or weighs more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from firebell.domain.slo import attribution_store as store
from firebell.domain.slo import commands, persons
from firebell.domain.slo.attribution import Claim, Share
from firebell.domain.slo.exact import kept
from firebell.domain.slo.facts import BudgetAttributed, IncidentCharged, IncidentExempted, IncidentWeighed
from firebell.domain.slo.model import Span
from firebell.domain.slo.policy import Exemption
from firebell.domain.slo.records import AttributionRecord, ClaimWord, SloRecord
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Conflict, Invalid
from firebell.kernel.work import Work

_WEIGHT_MAX = 1000


def note_attributed(
    work: Work,
    record: SloRecord,
    objective: int,
    shares: Sequence[Share],
    *,
    window: Span | None,
    claims: Sequence[Claim],
    classes: Mapping[str, str] | None = None,
) -> list[AttributionRecord]:
    """The shares of one objective as they are now; what is not among ``shares`` keeps its last word.

    A provisional share is overwritten. A final one whose errors, weight, exemption, class or declared part is another
    becomes the next version; when only the window has moved on under it, its numbers are written and nothing is said.
    ``classes``: incident → class of its contributing factor. Returns those that are new, final now, or another
    version. Each of them is a fact about the incident, so that only its members read it.
    """
    work.needs(Permission.SLOS_EDIT)
    standing = {one.incident_id: one for one in store.newest(work, record.id, objective)}
    said = {one.incident_id: one for one in claims}
    told: list[AttributionRecord] = []
    added: list[AttributionRecord] = []
    for share in shares:
        claim = said.get(share.incident_id)
        before = standing.get(share.incident_id)
        after = AttributionRecord(
            slo_id=record.id, objective=objective, incident_id=share.incident_id,
            version=1 if before is None else before.version, window=window, share=share,
            weight=claim.weight if claim else Fraction(1), exempt=claim.exempt if claim else "",
            class_=(classes or {}).get(share.incident_id, before.class_ if before else ""), at=work.now,
            final_at=None if share.provisional else work.now,
        )  # fmt: skip
        if before is None:
            added.append(after)
        elif before.final_at is None:
            store.replace(work, after)
        elif _matter(before) == _matter(after):
            if before.share != after.share:
                store.replace(work, replace(after, final_at=before.final_at))
            continue
        else:
            store.supersede(work, before)
            after = replace(after, version=before.version + 1)
            added.append(after)
        if before is None or before.final_at is not None or after.final_at is not None or before.exempt != after.exempt:
            told.append(after)
            _say(work, record, after)
    store.add(work, added)
    return told


def _matter(one: AttributionRecord) -> tuple[object, ...]:
    """What makes a share another one; the rest follows from how much traffic the window has seen."""
    share = one.share
    return share.errors, share.declared, share.basis, share.provisional, one.weight, one.exempt, one.class_


def _say(work: Work, record: SloRecord, one: AttributionRecord) -> None:
    work.record(
        one.incident_id,
        BudgetAttributed(
            slo=record.id, name=record.name, objective=one.objective, incident=one.incident_id,
            share=kept(one.share.used) or "", charged=kept(one.share.charged) or "", class_=one.class_,
            version=one.version, provisional=one.share.provisional,
        ),
    )  # fmt: skip
    work.publish(commands.TOPIC, record.id, one.incident_id)


# ------------------------------------------------------------------ what people say
# Whoever calls has made sure that the actor may see the incident.


def exempt(
    work: Work, slo_id: str, incident_id: str, exemption: Exemption, reason: str, *, person_id: str | None = None
) -> ClaimWord:
    """This incident is charged nothing; measured it is all the same. A named person, with a reason."""
    record, one = _word(work, slo_id, incident_id)
    after = replace(one, exempt=exemption, reason=persons.reason(reason), by=persons.named(work, person_id))
    if one.exempt is exemption:
        return one
    _put(work, record, after)
    said = IncidentExempted(slo=record.id, name=record.name, exemption=str(exemption), reason=after.reason)
    work.record(incident_id, said)
    return after


def unexempt(work: Work, slo_id: str, incident_id: str, reason: str, *, person_id: str | None = None) -> ClaimWord:
    """It is charged after all."""
    record, one = _word(work, slo_id, incident_id)
    after = replace(one, exempt=None, reason=persons.reason(reason), by=persons.named(work, person_id))
    if one.exempt is None:
        raise Conflict("This incident is not exempt.", hint="Look again: somebody may have been quicker.")
    _put(work, record, after)
    work.record(incident_id, IncidentCharged(slo=record.id, name=record.name, reason=after.reason))
    return after


def weigh(
    work: Work, slo_id: str, incident_id: str, weight: Fraction, reason: str, *, person_id: str | None = None
) -> ClaimWord:
    """How much of the minutes it shares with other incidents is its own."""
    record, one = _word(work, slo_id, incident_id)
    if not 0 < weight <= _WEIGHT_MAX:
        raise Invalid(f"A weight is above 0 and at most {_WEIGHT_MAX}.", field="weight", hint="1 is as much as others.")
    after = replace(one, weight=weight, reason=persons.reason(reason), by=persons.named(work, person_id))
    if one.weight == weight:
        return one
    _put(work, record, after)
    said = IncidentWeighed(slo=record.id, name=record.name, weight=kept(weight) or "", reason=after.reason)
    work.record(incident_id, said)
    return after


def _word(work: Work, slo_id: str, incident_id: str) -> tuple[SloRecord, ClaimWord]:
    record = commands.take(work, slo_id)
    found = store.word(work, record.id, incident_id)
    return record, found or ClaimWord(record.id, incident_id, Fraction(1), None, "", "", work.now)


def _put(work: Work, record: SloRecord, one: ClaimWord) -> None:
    store.put_word(work, replace(one, at=work.now))
    commands.look_again(work, record)
    work.publish(commands.TOPIC, record.id, one.incident_id)
