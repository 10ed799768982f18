"""One pass over the queue: what is bundled, what is held back, what goes now. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from firebell.domain.paging import rules, throttles
from firebell.domain.paging.model import Delivery, DeliveryKind, DeliveryState
from firebell.kernel.clock import Instant, micros, plus, seconds_between

BYPASSES_MAX = 3
BYPASS_WINDOW_S = 600
QUIET_SERVICE_S = 900


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message: the delivery that carries it, and those it also speaks for."""

    lead: Delivery
    also: tuple[Delivery, ...]
    priority: int


@dataclass(frozen=True, slots=True)
class Held:
    """Kept back by a throttle until then."""

    parcel: Parcel
    until: Instant


@dataclass(frozen=True, slots=True)
class Superseded:
    """An older status update or notice that a newer one to the same place replaces."""

    delivery: Delivery


@dataclass(slots=True)
class Pass:
    """The outcome of one pass. ``go`` is in sending order."""

    go: list[Parcel] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    superseded: list[Superseded] = field(default_factory=list)


def plan(
    waiting: Sequence[Delivery],
    sent: Iterable[Delivery],
    busy_services: AbstractSet[tuple[str, str]],
    now: Instant,
    slots: int,
) -> Pass:
    """Decide for every waiting delivery. ``sent``: what went to these people in the longest window;
    ``busy_services``: (service, channel) pairs that had a page in the last 15 minutes; ``slots``: free senders."""
    outcome = Pass()
    memory = _Memory(sent)
    seen = set(busy_services)
    parcels = [_priced(parcel, seen) for parcel in _bundles(_newest_only(waiting, outcome))]
    parcels.sort(key=memory.order)
    for priced in parcels:
        if len(outcome.go) >= slots:
            break
        parcel, lead = priced, priced.lead
        pair = (lead.service_id or "", lead.channel)
        if parcel.priority == rules.FIRST_OF_SERVICE and pair in seen:
            parcel = Parcel(lead, parcel.also, rules.OTHER_PAGE)
        until = memory.free_at(parcel, now)
        if until is not None:
            outcome.held.append(Held(parcel, until))
            continue
        outcome.go.append(parcel)
        memory.note(parcel, now)
        if lead.kind == DeliveryKind.PAGE:
            seen.add(pair)
    return outcome


def _newest_only(waiting: Sequence[Delivery], outcome: Pass) -> list[Delivery]:
    newest: dict[tuple[str, str, str], Delivery] = {}
    kept: list[Delivery] = []
    for delivery in sorted(waiting, key=lambda d: d.id):
        if delivery.kind != DeliveryKind.STATUS or delivery.state != DeliveryState.QUEUED:
            kept.append(delivery)
            continue
        key = (delivery.kind, delivery.alert_id or "", delivery.method_id)
        if key in newest:
            outcome.superseded.append(Superseded(newest[key]))
        newest[key] = delivery
    return kept + list(newest.values())


def _bundles(waiting: Sequence[Delivery]) -> list[Parcel]:
    groups: dict[tuple[str, str], list[Delivery]] = {}
    alone: list[Parcel] = []
    for delivery in sorted(waiting, key=lambda d: d.id):
        fresh = delivery.kind == DeliveryKind.PAGE and delivery.state == DeliveryState.QUEUED and delivery.attempt == 0
        if fresh and delivery.service_id:
            groups.setdefault((delivery.method_id, delivery.service_id), []).append(delivery)
        else:
            alone.append(Parcel(delivery, (), rules.OTHER_PAGE))
    for group in groups.values():
        # The lead decides how loud the message is, so the most urgent one leads; the sort keeps the order of age.
        lead, *also = sorted(group, key=lambda d: d.urgency != "high")
        alone.append(Parcel(lead, tuple(also), rules.OTHER_PAGE))
    return alone


def _priced(parcel: Parcel, busy: AbstractSet[tuple[str, str]]) -> Parcel:
    lead = parcel.lead
    first = (lead.service_id or "", lead.channel) not in busy
    return Parcel(lead, parcel.also, rules.priority(lead.kind, first_of_service=first))


class _Memory:
    """Sends of the recent past, by person and by destination, with those decided in this pass."""

    def __init__(self, sent: Iterable[Delivery]) -> None:
        self._by_person: dict[tuple[str, str], list[Instant]] = {}
        self._by_method: dict[str, list[tuple[str, Instant]]] = {}
        self._bypassed: dict[str, list[Instant]] = {}
        self._last_user: dict[str, int] = {}
        self._last_service: dict[str, int] = {}
        for delivery in sent:
            if delivery.claimed_at is not None:
                self._add(delivery, delivery.priority, delivery.claimed_at)

    def _add(self, delivery: Delivery, priority: int, at: Instant) -> None:
        self._by_person.setdefault((delivery.user_id, delivery.channel), []).append(at)
        self._by_method.setdefault(delivery.method_id, []).append((delivery.kind, at))
        if priority == rules.FIRST_OF_SERVICE and delivery.urgency == "high":
            self._bypassed.setdefault(delivery.user_id, []).append(at)
        stamp = micros(at)
        self._last_user[delivery.user_id] = max(stamp, self._last_user.get(delivery.user_id, 0))
        if delivery.service_id:
            self._last_service[delivery.service_id] = max(stamp, self._last_service.get(delivery.service_id, 0))

    def note(self, parcel: Parcel, now: Instant) -> None:
        self._add(parcel.lead, parcel.priority, now)

    def order(self, parcel: Parcel) -> tuple[int, int, int, int, str]:
        lead = parcel.lead
        return (
            parcel.priority,
            self._last_user.get(lead.user_id, 0),
            self._last_service.get(lead.service_id or "", 0),
            micros(lead.created_at),
            lead.id,
        )

    def free_at(self, parcel: Parcel, now: Instant) -> Instant | None:
        lead = parcel.lead
        person = self._by_person.get((lead.user_id, lead.channel), [])
        times = [throttles.next_free(throttles.PERSON_AND_CHANNEL, person, now)]
        if not self._may_bypass(parcel, now):
            limits = throttles.of_method(lead.kind, lead.channel)
            past = self._by_method.get(lead.method_id, [])
            same = [at for kind, at in past if kind == lead.kind]
            every = [at for _, at in past]
            general = tuple(limit for limit in limits if limit in throttles.ANY_MESSAGE)
            own = tuple(limit for limit in limits if limit not in throttles.ANY_MESSAGE)
            times += [throttles.next_free(general, every, now), throttles.next_free(own, same, now)]
        return max((at for at in times if at is not None), default=None)

    def _may_bypass(self, parcel: Parcel, now: Instant) -> bool:
        if parcel.priority != rules.FIRST_OF_SERVICE or parcel.lead.urgency != "high":
            return False
        recent = [
            at for at in self._bypassed.get(parcel.lead.user_id, []) if seconds_between(at, now) < BYPASS_WINDOW_S
        ]
        return len(recent) < BYPASSES_MAX


def window_start(now: Instant) -> Instant:
    """How far back the throttles look."""
    return plus(now, -throttles.LONGEST_S)
