"""The gate's answers and overrides, written down. What the gate says is decided in ``gate``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from firebell.domain.slo import gate_store as store
from firebell.domain.slo import persons
from firebell.domain.slo.commands import TOPIC
from firebell.domain.slo.facts import GateAnswered, GateOverridden, GateSet, OverrideRevoked
from firebell.domain.slo.gate import Answer, Change, OnError
from firebell.domain.slo.policy import Override, Policy, check_override
from firebell.domain.slo.records import OverrideRecord, OverrideUse
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Conflict, Invalid, NotFound
from firebell.kernel.text import printable
from firebell.kernel.work import Work

_SHA_MAX = 200


def override(
    work: Work,
    service_id: str,
    team_id: str | None,
    *,
    policies: Iterable[Policy] = (),
    reason: str,
    until: Instant,
    change: str = "",
    sha: str = "",
    person_id: str | None = None,
) -> OverrideRecord:
    """Ship in spite of the budget. A named person with the permission, whom every policy that says who lets; at most
    as long as the shortest of the ``policies`` of the service's objectives lets. Raises Forbidden, Invalid."""
    work.needs(Permission.GATE_OVERRIDE, team_id)
    who = persons.named(work, person_id)
    if change and change not in set(Change):
        raise Invalid(f"“{change[:40]}” is no kind of change.", field="change", hint=", ".join(Change))
    one = Override(
        service=service_id, by=who, reason=persons.reason(reason), since=work.now, until=until, change=change,
        sha=printable(sha, one_line=True)[:_SHA_MAX],
    )  # fmt: skip
    # Without a policy whoever holds the permission may; each policy that names people narrows it down.
    rules: Sequence[Policy | None] = tuple(policies) or (None,)
    for policy in rules:
        named_by_it = policy.override_who if policy is not None else frozenset[str]()
        check_override(one, policy, may=named_by_it or {who}, named=True)
    record = OverrideRecord(ids.new("gov", work.now), one, None, work.now)
    store.add(work, record)
    work.record(
        service_id,
        GateOverridden(override=record.id, change=change, sha=one.sha, reason=one.reason, until=until.format_iso()),
    )
    work.publish(TOPIC, service_id)
    return record


def revoke(work: Work, override_id: str, team_id: str | None, *, person_id: str | None = None) -> OverrideRecord:
    """It holds no more."""
    work.needs(Permission.GATE_OVERRIDE, team_id)
    who = persons.named(work, person_id)
    before = store.take(work, override_id)
    if before is None:
        raise NotFound("There is no such override.", field="override_id")
    if before.override.revoked_at is not None or before.override.until <= work.now:
        raise Conflict("It holds no more already.", hint="Look again: somebody may have been quicker.")
    store.revoke(work, override_id, who)
    work.record(before.override.service, OverrideRevoked(override=override_id))
    work.publish(TOPIC, before.override.service)
    return replace(before, override=replace(before.override, revoked_at=work.now), revoked_by=who)


def note_answered(
    work: Work, service_id: str, answer: Answer, *, overrides: Sequence[OverrideRecord] = (), change: str,
    sha: str = "", incident_id: str = "",
) -> None:  # fmt: skip
    """What the gate said, to whom is in the journal. ``overrides``: those that were looked at, to name the one that
    decided; what ships under it is listed in the monthly review."""
    used = next((one for one in overrides if one.override == answer.override), None) if answer.override else None
    first = answer.reasons[0] if answer.reasons else None
    work.record(
        service_id,
        GateAnswered(
            change=change, sha=sha[:_SHA_MAX], decision=str(answer.decision), why=str(first.why) if first else "",
            words=first.words if first else "", incident=incident_id, override=used.id if used else "",
        ),
    )  # fmt: skip
    if used is not None:
        said = OverrideUse(used.id, work.now, service_id, change, sha[:_SHA_MAX], str(answer.decision))
        store.add_use(work, said)
    work.publish(TOPIC, service_id)


def set_on_error(work: Work, service_id: str, team_id: str | None, value: OnError) -> None:
    """What the gate of a service says when it cannot be evaluated."""
    work.needs(Permission.SLOS_EDIT, team_id)
    if store.on_error(work, service_id) is value:
        return
    store.set_on_error(work, service_id, value)
    work.record(service_id, GateSet(on_error=str(value)))
    work.publish(TOPIC, service_id)
