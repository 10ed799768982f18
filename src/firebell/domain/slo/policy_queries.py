"""Policies, the gate's overrides, decisions and reviews, for people, the API and the gate."""

from __future__ import annotations

from firebell.domain.slo import gate_store, policy_store
from firebell.domain.slo.gate import OnError
from firebell.domain.slo.policy import Policy
from firebell.domain.slo.records import (
    OverrideRecord,
    OverrideUse,
    PolicyDecision,
    PolicyRecord,
    Review,
    SloRecord,
)
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.errors import NotFound
from firebell.kernel.work import Read

_VIEW = Permission.SLOS_VIEW


def policies(read: Read) -> list[PolicyRecord]:
    """By name."""
    read.needs(_VIEW)
    return policy_store.listed(read)


def policy(read: Read, id_or_name: str) -> PolicyRecord:
    """Raises NotFound."""
    read.needs(_VIEW)
    found = policy_store.get(read, id_or_name)
    if found is None:
        raise NotFound("There is no such policy.", field="policy_id")
    return found


def policy_for(read: Read, record: SloRecord) -> PolicyRecord | None:
    """The one that its document names, else the first by name that lists it. Asks no permission."""
    if "slo policies" not in read.memo:
        read.memo["slo policies"] = policy_store.listed(read)
    found: list[PolicyRecord] = read.memo["slo policies"]
    named = next((one for one in found if record.slo.policy and one.name == record.slo.policy), None)
    return named or next((one for one in found if record.id in one.policy.slos), None)


def editions(read: Read, policy_id: str) -> list[tuple[Policy, str, Instant]]:
    """(edition, by whom as ``kind:id``, when), the newest first."""
    found = policy(read, policy_id)
    return policy_store.editions_of(read, found.id, found.name)


def decisions(read: Read, policy_id: str) -> list[PolicyDecision]:
    """The newest first."""
    read.needs(_VIEW)
    return policy_store.decisions_of(read, policy_id)


def reviews(read: Read, slo_id: str) -> list[Review]:
    """The newest first."""
    return policy_store.reviews_of(read, slo_id)


def overrides(read: Read, service_id: str | None = None, *, live: bool = False) -> list[OverrideRecord]:
    """The newest first; ``live``: only those that hold now."""
    read.needs(_VIEW)
    return gate_store.listed(read, service_id, live_at=read.now if live else None)


def override(read: Read, override_id: str) -> OverrideRecord:
    """Raises NotFound."""
    read.needs(_VIEW)
    found = gate_store.get(read, override_id)
    if found is None:
        raise NotFound("There is no such override.", field="override_id")
    return found


def override_uses(read: Read, since: Instant, until: Instant) -> list[OverrideUse]:
    """What shipped under overrides, in the order it did."""
    read.needs(_VIEW)
    return gate_store.uses_between(read, since, until)


def on_error(read: Read, service_id: str) -> OnError:
    """What the gate of a service says when it cannot be evaluated."""
    return gate_store.on_error(read, service_id)
