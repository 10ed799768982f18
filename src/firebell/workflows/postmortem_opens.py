"""An incident is resolved: its postmortem is drafted from what is known, when one must be written or somebody asks.

What people have written is never overwritten. Drafting again replaces sections nobody has touched and offers, line by
line, what is new for the others.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.model import ACTIVE, Detection, Incident, Phase
from firebell.domain.incidents.visibility import seen
from firebell.domain.postmortems import commands, merge, queries, rules, verbs
from firebell.domain.postmortems.merge import Merged
from firebell.domain.postmortems.model import Document, Postmortem, Section
from firebell.domain.postmortems.outcome import Asking
from firebell.domain.postmortems.rules import Circumstances
from firebell.kernel import ids
from firebell.kernel.actor import SYSTEM, Permission
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Conflict
from firebell.kernel.work import Read, Work
from firebell.workflows import (
    postmortem_draft,
    postmortem_likeness,
    postmortem_repeats,
    postmortem_spent,
    postmortem_surroundings,
    postmortems_seen,
)


def open_one(work: Work, incident_key: str, owner_id: str | None = None) -> Postmortem:
    """By hand, for an incident that is resolved or over: somebody asks for it. The existing one, if there is one.

    Raises NotFound, Forbidden, Conflict (people are still at work on it), Invalid (the owner).
    """
    incident = seen(work, incidents.find(work, incident_key))
    existing = queries.find(work, incident.id)
    if existing is not None:
        return postmortems_seen.seen(work, existing)
    work.needs(Permission.POSTMORTEMS_EDIT, incident.team_id)
    if incident.phase in ACTIVE:
        raise Conflict(f"{incident.reference} is not resolved yet.", field="verb", hint="Resolve it first.")
    one = draft_one(work, incident, owner_id=None, asked_for=True)
    if owner_id:
        verb = verbs.SetOwner(user_id=owner_id)
        asking = postmortem_surroundings.asking(work, one, verb, user_id=work.actor.id)
        one = commands.act(work, one.id, verb, asking).postmortem
    return one


def required(read: Read, incident: Incident, *, asked_for: bool = False) -> tuple[rules.Why, ...]:
    """Why a postmortem of it must be written; none: it may be. Which severities ask for one, its scale says."""
    scale = incidents.scale(read, incident.scale_version)
    severities = frozenset(str(level.severity) for level in scale.levels if level.postmortem == "required")
    policy = replace(queries.settings(read).policy, severities=severities)
    at = Circumstances(
        kind=incident.kind,
        peak=incident.peak or "SEV2",
        data_loss=is_data_lost(incident),
        budget_permille=postmortem_spent.largest_permille(read, incident.id),
        customers_first=incident.detection is Detection.CUSTOMER,
        seen_before=postmortem_likeness.was_seen_before(read, incident),
        asked_for=asked_for,
    )
    return rules.required(at, policy)


def is_data_lost(incident: Incident) -> bool:
    """Said so by a label (``data_loss: yes``), or a security incident, whose exposure is assumed until denied."""
    said = incident.labels.get("data_loss", "").strip().lower()
    return said in ("yes", "true", "1") or (incident.security and said not in ("no", "false", "0"))


def on_resolved(work: Work, incident: Incident) -> Postmortem | None:
    """The response is over. Drafts when one is required; drafts again what nobody has touched when there is one."""
    existing = queries.find(work, incident.id)
    reasons = required(work, incident)
    if existing is not None:
        return redraft(work, reasoned(work, existing, reasons), incident)
    return draft_one(work, incident, owner_id=incident.postmortem_owner_id, why=reasons) if reasons else None


def reasoned(work: Work, one: Postmortem, why: tuple[rules.Why, ...]) -> Postmortem:
    """With the reasons that have come since; none is forgotten."""
    reasons = tuple(dict.fromkeys((*one.required, *(str(reason) for reason in why))))
    return commands.follow(work, one.id, {"required": reasons}).postmortem if reasons != one.required else one


def draft_one(
    work: Work, incident: Incident, *, owner_id: str | None, asked_for: bool = False,
    why: tuple[rules.Why, ...] | None = None,
) -> Postmortem:  # fmt: skip
    """A new postmortem with its draft."""
    reasons = required(work, incident, asked_for=asked_for) if why is None else why
    made = postmortem_draft.drafted(work, incident, known=postmortem_repeats.unfinished_lines(work, incident))
    one = Postmortem(
        id=ids.new("pmt", work.now), incident_id=incident.id, document=Document(title=incident.title),
        owner_id=owner_id, required=tuple(str(reason) for reason in reasons), created_at=work.now,
        **of_incident(incident, work.now),
    )  # fmt: skip
    one = commands.open_new(work, postmortem_draft.with_draft(one, made), made.roles)
    postmortem_likeness.remember(work, incident, one)
    return one


def of_incident(incident: Incident, now: Instant) -> dict[str, Any]:
    """What a postmortem takes over from its incident."""
    resolved = incident.milestone("resolved")
    at = resolved.at if resolved is not None and resolved.at is not None else incident.closed_at or now
    return {
        "reference": incident.reference, "kind": str(incident.kind), "team_id": incident.team_id,
        "service_ids": incident.service_ids, "peak": str(incident.peak or "SEV2"), "private": incident.private,
        "resolved_at": at,
    }  # fmt: skip


def redraft(work: Work, one: Postmortem, incident: Incident) -> Postmortem:
    """Draft again on behalf of the house: it only ever replaces what it wrote itself."""
    made = postmortem_draft.drafted(work, incident, known=postmortem_repeats.unfinished_lines(work, incident))
    one = commands.follow(work, one.id, of_incident(incident, work.now), made.roles).postmortem
    if one.state not in ("draft", "in_review") or one.skipped_at is not None:
        return one
    verb = verbs.Refresh()
    asking = postmortem_surroundings.asking(work, one, verb, user_id="")
    asking = _with_fresh(one, made, asking)
    return commands.act(work, one.id, verb, asking, told=True).postmortem


def _with_fresh(one: Postmortem, made: postmortem_draft.Drafted, asking: Asking) -> Asking:
    fresh = merge.refresh(one.document.texts, one.bases, made.document.texts)
    return postmortem_surroundings.with_fresh(asking, fresh, made.process)


def prepared(work: Work, one: Postmortem, asking: Asking) -> Asking:
    """What a person's ``refresh`` and ``take_offers`` need: the new draft against the text."""
    incident = incidents.find(work, one.incident_id)
    if incident is None:
        return asking
    made = postmortem_draft.drafted(work, incident, known=postmortem_repeats.unfinished_lines(work, incident))
    return _with_fresh(one, made, asking)


def offers(read: Read, key: str) -> dict[Section, Merged]:
    """What a new draft would change: a section nobody has touched becomes its ``text``; of the others ``offers`` are
    lines they lack, ``gone`` lines the draft no longer has."""
    one = postmortems_seen.one(read, key)
    house = Read(read.connection, read.now, SYSTEM)
    incident = incidents.find(house, one.incident_id)
    if incident is None:
        return {}
    made = postmortem_draft.drafted(house, incident, known=postmortem_repeats.unfinished_lines(house, incident))
    return merge.refresh(one.document.texts, one.bases, made.document.texts)


OVER = frozenset({Phase.DECLINED, Phase.DUPLICATE})
"""Phases of which there is nothing to learn by a postmortem, unless somebody asks."""
