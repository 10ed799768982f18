"""An update is composed, checked, released and sent: the one entry for page, API, terminal, chat and clock."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from firebell.domain.comms import access, commands, defaults, desk_store, gate, rules, store
from firebell.domain.comms import compose as writing
from firebell.domain.comms.gate import Looking
from firebell.domain.comms.model import Audience, Clock, Draft, Finding, NewUpdate, Prompt, Situation, Stage, Update
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents import store as incident_rows
from firebell.domain.incidents.model import Incident
from firebell.domain.incidents.visibility import person_of
from firebell.kernel.clock import Instant, micros, plus, seconds_between
from firebell.kernel.errors import Conflict, Invalid, NotFound
from firebell.kernel.work import Read, Work
from firebell.workflows import status_published, update_clocks, update_sent, update_situation

phase_changed = update_clocks.follow
"""What a change of an incident means for its updates: told by ``incident_moves`` after every one."""

_FIELDS = {"next_update": "next_update_by", "impact": "impact", "eta": "eta", "status": "status", "private": "audience"}


# ---------------------------------------------------------------- writing


def compose(read: Read, incident_id: str, audience: str) -> Draft:
    """An update ready to be edited: the template filled in, the latest time that may be promised, what the checks say,
    and, when nothing has changed since the last one, the true things of which it needs one."""
    incident = incidents.incident(read, incident_id)
    sent = update_situation.last_sent(read, incident.id, audience)
    last = sent[-1] if sent else None
    at = update_situation.situation(read, incident, since=last.sent_at if last else None)
    final = not at.active
    zone = update_situation.zone(read)
    clock = store.clocks_of(read, incident.id).get(audience)
    latest = None if final else rules.latest(at, audience, read.now, zone, clock)
    new = NewUpdate(
        audience=Audience(audience), final=final, impact=at.impact,
        components=_components(incident, sent) if audience == Audience.PUBLIC else {},
    )  # fmt: skip
    new = replace(new, next_update_by=_proposed(at, clock, new, latest, read.now))
    new = _filled(read, incident, at, new)
    things: tuple[Prompt, ...] = ()
    if not final and writing.nothing_changed(at, last, new.status):
        things = _prompts(at, audience)
        known = {one.kind: one.suggestion for one in things}
        new = replace(new, body=f"{new.body}\n{writing.true_sentences(known)}")
    findings = gate.check(update_situation.looking(read, incident, at, new, person_of(read.actor)))
    return Draft(new=new, findings=tuple(findings), true_things=things, latest=latest)


def _proposed(
    at: Situation, clock: Clock | None, new: NewUpdate, latest: Instant | None, now: Instant
) -> Instant | None:
    """The time to promise: the latest, but after a first post that leaves the scope open, when the scope is due."""
    scope_s = at.ceilings.scope_s
    if latest is None or clock is None or clock.stage != Stage.FIRST or scope_s is None or writing.states_scope(new):
        return latest
    by = plus(clock.started_at, scope_s)
    return min(latest, by) if micros(by) > micros(now) else latest


_PRESUMED = {"SEV1": "major_outage", "SEV2": "partial_outage"}


def _components(incident: Incident, sent: Sequence[Update]) -> dict[str, str]:
    """What was last said of each component; of one that was not spoken of, what goes with the severity."""
    said = {key: state for one in sent for key, state in one.components.items()}
    presumed = _PRESUMED.get(incident.counts_as, "degraded_performance") if incident.active else "operational"
    return {
        key: said.get(key, presumed) if incident.active else presumed
        for key in dict.fromkeys((*incident.component_ids, *said))
    }


def _prompts(at: Situation, audience: str) -> tuple[Prompt, ...]:
    """For the public nothing is prefilled: what is known inside is named in words of the inside."""
    found = writing.prompts(at)
    return tuple(replace(one, suggestion="") for one in found) if audience == Audience.PUBLIC else found


def _filled(read: Read, incident: Incident, at: Situation, new: NewUpdate) -> NewUpdate:
    names = [one.name for one in update_situation.components(read, incident, new).values()]
    zone = update_situation.zone_of_text(read, incident, new)
    status = new.status or writing.status_of(at, new.audience)
    template = defaults.in_force(desk_store.templates(read), new.audience, status)
    return writing.filled(template, at, new, names, read.now, zone)


def _is_template(read: Read, incident: Incident, at: Situation, new: NewUpdate) -> bool:
    names = [one.name for one in update_situation.components(read, incident, new).values()]
    zone = update_situation.zone_of_text(read, incident, new)
    template = defaults.in_force(desk_store.templates(read), new.audience, new.status)
    return writing.is_template(template, at, new, names, read.now, zone)


def check(read: Read, incident_id: str, new: NewUpdate, *, person_id: str | None = None) -> list[Finding]:
    """What the quality gate says of an update as it is, blocks first."""
    incident = incidents.incident(read, incident_id)
    at = update_situation.situation(read, incident)
    return gate.check(_look(read, incident, at, _filled(read, incident, at, new), person_id or person_of(read.actor)))


def _look(read: Read, incident: Incident, at: Situation, new: NewUpdate, author_id: str) -> Looking:
    return update_situation.looking(read, incident, at, new, author_id)


# ---------------------------------------------------------------- handing in


def submit(work: Work, incident_id: str, new: NewUpdate, *, person_id: str | None = None) -> Update:
    """Send an update, or have it wait for its release: what it is then is its ``state``.

    ``person_id``: whom a client speaks for. The same ``key`` gives the first one back. Raises NotFound, Forbidden,
    Invalid: what blocks it (as :func:`check` lists), or a promise past the ceiling.
    """
    incident, at = _taken(work, incident_id)
    author_id = person_id or person_of(work.actor) or work.actor.id
    access.may(work, at, new.audience)
    if new.key and (known := store.by_key(work, incident.id, new.key)) is not None:
        return known
    new, template_only, waits = _ready(work, incident, at, new, author_id)
    update = commands.write(work, at, new, author_id=author_id, template_only=template_only)
    return commands.submit(work, update) if waits else update_sent.send(work, incident, at, update)


def save_draft(work: Work, incident_id: str, new: NewUpdate, *, person_id: str | None = None) -> Update:
    """Keep an update that is not finished: nothing is checked yet. :func:`edit` hands it in. Raises as ``submit``."""
    incident, at = _taken(work, incident_id)
    author_id = person_id or person_of(work.actor) or work.actor.id
    access.may(work, at, new.audience)
    if new.key and (known := store.by_key(work, incident.id, new.key)) is not None:
        return known
    new = _filled(work, incident, at, new)
    return commands.write(work, at, new, author_id=author_id, template_only=False)


def edit(work: Work, update_id: str, new: NewUpdate, *, person_id: str | None = None) -> Update:
    """Another text for what is not sent yet; it is checked and waits (or is sent) as if it were new."""
    update, incident, at = _found(work, update_id)
    author_id = person_id or person_of(work.actor) or work.actor.id
    new = replace(new, audience=Audience(update.audience))
    new, template_only, waits = _ready(work, incident, at, new, author_id)
    update = commands.rewrite(work, update_id, at, new, author_id=author_id, template_only=template_only)
    return commands.submit(work, update) if waits else update_sent.send(work, incident, at, update)


def _ready(
    work: Work, incident: Incident, at: Situation, new: NewUpdate, author_id: str
) -> tuple[NewUpdate, bool, bool]:
    """The update with everything filled in; whether it is pure template text; whether it waits for a release."""
    new = _filled(work, incident, at, new)
    if not new.body.strip():
        raise Invalid("An update says something.", field="body", hint="Leave it out to use the template.")
    clock = store.clocks_of(work, incident.id).get(new.audience)
    latest = rules.latest(at, new.audience, work.now, update_situation.zone(work), clock)
    commands.check_promise(new, latest if at.keeps_time else None, work.now)
    template_only = _is_template(work, incident, at, new)
    waits = new.audience == Audience.PUBLIC and at.kind != "backfilled" and not new.automatic
    if waits and template_only and _first_minutes(work, at):
        waits = False
    if waits and author_id == at.commander_id and not at.major:
        waits = False
    if not new.automatic:
        # What awaits its release may carry overrides: the commander accepts them with the text.
        by_commander = author_id == at.commander_id
        overrides = new.overrides if by_commander or waits else {}
        _stop_if_blocked(gate.check(_look(work, incident, at, new, author_id)), overrides)
    if new.audience == Audience.PUBLIC and at.kind == "normal":
        # Where it goes is asked now, not when somebody releases it.
        status_published.targets(work, incident, new.page_id, new.components)
    return new, template_only, waits


def _first_minutes(work: Work, at: Situation) -> bool:
    """The first five minutes of the public clock, with nothing posted yet."""
    clock = store.clocks_of(work, at.incident_id).get(Audience.PUBLIC)
    started_at = clock.started_at if clock is not None else at.declared_at
    posted = bool(update_situation.last_sent(work, at.incident_id, Audience.PUBLIC))
    return not posted and seconds_between(started_at, work.now) <= rules.FIRST_MINUTES_S


def _stop_if_blocked(findings: Sequence[Finding], overrides: dict[str, str]) -> None:
    found = gate.blocking(findings, overrides)
    if found:
        also = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        shown = f" {found[0].excerpt!r}" if found[0].excerpt else ""
        hint = "; ".join(one.message for one in found[1:]) or None
        if hint is None and found[0].overridable:
            hint = "Mend the text; the Incident Commander may overrule it with a reason."
        raise Invalid(
            f"{found[0].message.rstrip('.')}{':' + shown if shown else ''}{also}.",
            field=_FIELDS.get(found[0].check, "body"), hint=hint,
        )  # fmt: skip


# ---------------------------------------------------------------- releasing


def approve(work: Work, update_id: str, sha256: str, *, person_id: str | None = None) -> Update:
    """Release exactly the text, components and status of ``sha256``; it is sent at once.

    Raises Forbidden, Changed (edited meanwhile), Conflict (sent, withdrawn, or what it promises is past).
    """
    update, incident, at = _found(work, update_id)
    approver_id = person_id or person_of(work.actor) or work.actor.id
    access.may(work, at, Audience.PUBLIC)
    due_at = update.next_update_by
    if due_at is not None and micros(due_at) <= micros(work.now):
        raise Conflict("The next update it promises would be due already.", hint="Edit the time, then release it.")
    if at.private and update.audience == Audience.PUBLIC:
        raise Conflict("The incident is private: nothing about it is published.", hint="Lift its privacy first.")
    _check_again(work, incident, at, update)
    approved = commands.approve(work, update_id, at, sha256, approver_id=approver_id)
    return update_sent.send(work, incident, at, approved)


_MOVES = frozenset({"status", "duplicate", "codename"})
"""Checks whose answer may have changed while a draft waited."""


def _check_again(work: Work, incident: Incident, at: Situation, update: Update) -> None:
    new = NewUpdate(
        audience=Audience(update.audience), body=update.body, title=update.title, status=update.status,
        impact=update.impact, eta=update.eta, next_update_by=update.next_update_by, final=update.final,
        components=update.components, page_id=update.page_id,
    )  # fmt: skip
    findings = gate.check(_look(work, incident, at, new, update.author_id))
    found = [one for one in gate.blocking(findings, update.overrides) if one.check in _MOVES]
    if found:
        raise Conflict(found[0].message, hint="It was right when it was written: edit it, then release it.")


def reject(work: Work, update_id: str, reason: str, *, person_id: str | None = None) -> Update:
    """Refuse it with a reason."""
    _, _, at = _found(work, update_id)
    return commands.reject(work, update_id, at, reason, approver_id=person_id or person_of(work.actor) or work.actor.id)


def withdraw(work: Work, update_id: str, reason: str = "") -> Update:
    """Take it back before it is sent."""
    _, _, at = _found(work, update_id)
    return commands.withdraw(work, update_id, at, reason)


def may_approve(read: Read, update: Update, *, person_id: str | None = None) -> bool:
    """Whether the actor may release this update: what draws the button."""
    incident = incidents.incident(read, update.incident_id)
    at = update_situation.situation(read, incident)
    who = person_id or person_of(read.actor)
    own = at.major and who == update.author_id
    return not own and access.may_approve(at, who, desk_store.delegation(read, incident.id))


def _found(work: Work, update_id: str) -> tuple[Update, Incident, Situation]:
    update = store.get_update(work, update_id)
    if update is None:
        raise _no_update()
    try:
        incident, at = _taken(work, update.incident_id)
    except NotFound:
        raise _no_update() from None
    return update, incident, at


def _no_update() -> NotFound:
    """What is said of an update that never was, and of one of an incident that is not to be seen: the very same."""
    return NotFound("There is no such update.", field="update_id")


def _taken(work: Work, incident_id: str) -> tuple[Incident, Situation]:
    """The incident, seen by the actor and locked: of two who post at once the second finds what the first has said."""
    incident = incidents.incident(work, incident_id)
    incident = incident_rows.take(work, incident.id) or incident
    return incident, update_situation.situation(work, incident)
