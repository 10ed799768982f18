"""Messages go out: claim, commit, send, reopen, record. No transaction is open while we talk to anybody.

``Sender`` is what the worker holds: it claims parcels, hands each to a channel on some thread, and records what came of
it. The fencing token decides whose record counts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from firebell.domain.alerts import queries as alert_queries
from firebell.domain.paging import commands as paging
from firebell.domain.paging import queries as paging_queries
from firebell.domain.paging import rules
from firebell.domain.paging import store as paging_rows
from firebell.domain.paging.model import Delivery, Fire, Message, MessageKind, Outcome, OutcomeKind, PageState
from firebell.domain.people import methods as people_methods
from firebell.domain.people import queries as people
from firebell.domain.people import rules as people_rules
from firebell.domain.people.model import ContactMethod, Person
from firebell.kernel.clock import micros
from firebell.kernel.crash import crashpoint
from firebell.kernel.errors import Unavailable
from firebell.kernel.fetch import Fetch
from firebell.kernel.work import Runner, Work
from firebell.workflows import message_quarantined, message_written

log = structlog.get_logger()


class Carrier(Protocol):
    """The part of a channel that sends."""

    def deliver(
        self, message: Message, method: Mapping[str, str], settings: Mapping[str, str], fetch: Fetch
    ) -> Outcome: ...

    def configured(self, settings: Mapping[str, str]) -> bool: ...


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message ready to go: the delivery that carries it, what it says, and where to."""

    delivery: Delivery
    message: Message
    method: ContactMethod
    settings: Mapping[str, str]
    at_monotonic: float


class Sender:
    """Sends for one process. ``opened``: unseals what is secret in a method's or a channel's values."""

    def __init__(
        self,
        runner: Runner,
        carriers: Mapping[str, Carrier],
        fetch: Fetch,
        *,
        boot_id: str,
        public_url: Callable[[], str],
        settings_of: Callable[[str, Mapping[str, str]], Mapping[str, str]],
        method_of: Callable[[ContactMethod], Mapping[str, str]],
    ) -> None:
        self._runner = runner
        self._carriers = carriers
        self._fetch = fetch
        self._boot_id = boot_id
        self._public_url = public_url
        self._settings_of = settings_of
        self._method_of = method_of
        self._results = _Results(runner)

    def claim(self, slots: int) -> list[Claimed]:
        """Take up to ``slots`` messages that may go now."""
        for lost in self._runner.read(paging_queries.abandoned, lane="engine"):
            self._runner.run(lambda work, lost=lost: message_quarantined.isolate(work, lost), lane="engine")  # type: ignore[misc]
        before = self._runner.clock.monotonic()
        claimed = self._runner.run(lambda work: self._claim(work, slots, before), lane="engine")
        crashpoint("send.after_claim")
        return claimed

    def _claim(self, work: Work, slots: int, before: float) -> list[Claimed]:
        found = paging.claim(work, self._boot_id, slots)
        for held in found.held:
            for one in (held.parcel.lead, *held.parcel.also):
                _go_elsewhere_meanwhile(work, one, micros(held.until) - micros(work.now))
        if not found.go:
            return []
        persons = {str(k): v for k, v in people.people(work, {p.lead.user_id for p in found.go}).items()}
        alerts = alert_queries.by_ids(work, {d.alert_id for p in found.go for d in (p.lead, *p.also) if d.alert_id})
        settings = paging_queries.channel_settings(work)
        claimed: list[Claimed] = []
        for parcel in found.go:
            lead = parcel.lead
            person = persons.get(lead.user_id)
            method = next((m for m in person.methods if m.id == lead.method_id), None) if person else None
            problem = _cannot_go(
                lead, person, method, self._carriers, self._settings_of(lead.channel, settings.get(lead.channel, {}))
            )
            if problem is not None or method is None:
                why = Outcome(OutcomeKind.DEAD, problem or "the contact method is gone")
                gone = person is None or not person.user.active or method is None or not method.usable
                _settle(work, lead, why, took_ms=0, untried=True, gone=gone)
                continue
            message = message_written.write(
                work, lead, [alerts[d.alert_id] for d in (lead, *parcel.also) if d.alert_id in alerts],
                zone=person.user.time_zone if person else "UTC", base_url=self._public_url(),
            )  # fmt: skip
            claimed.append(Claimed(lead, message, method, settings.get(lead.channel, {}), before))
        return claimed

    def send(self, claimed: Claimed) -> None:
        """Send one claimed message and record it. Never raises for what a provider does."""
        clock = self._runner.clock
        if not rules.may_start(claimed.at_monotonic, clock.monotonic()):
            self._runner.run(lambda work: paging.hand_back(work, claimed.delivery), lane="engine")
            return
        started = clock.monotonic()
        carrier = self._carriers[claimed.delivery.channel]
        try:
            outcome = carrier.deliver(
                claimed.message, self._method_of(claimed.method),
                self._settings_of(claimed.delivery.channel, claimed.settings), self._fetch,
            )  # fmt: skip
        except Exception as error:  # a faulty channel must not stop the others
            log.exception("channel_raised", channel=claimed.delivery.channel, delivery=claimed.delivery.id)
            outcome = Outcome(OutcomeKind.RETRY, f"the channel failed: {type(error).__name__}")
        crashpoint("send.after_provider")
        took_ms = round((clock.monotonic() - started) * 1000)
        self._results.add(_Result(claimed.delivery, outcome, took_ms))
        crashpoint("send.after_record")


@dataclass(frozen=True, slots=True)
class _Result:
    """What came of one attempt."""

    delivery: Delivery
    outcome: Outcome
    took_ms: int


class _Results:
    """Records results that come in together in one unit: a send that is not recorded yet is a copy if we die now.

    Whoever holds the turn records for all who wait for it.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._waiting: list[_Result] = []
        self._guard = threading.Lock()
        self._turn = threading.Lock()

    def add(self, result: _Result) -> None:
        """Returns when ``result`` is recorded (or could not be: then its lease runs out and the message goes again)."""
        with self._guard:
            self._waiting.append(result)
        with self._turn:
            with self._guard:
                group, self._waiting = self._waiting, []
            self._record(sorted(group, key=lambda r: r.delivery.id))

    def _record(self, group: list[_Result]) -> None:
        if not group:
            return
        try:
            self._runner.run(lambda work: _settle_all(work, group), lane="engine")
        except Unavailable:
            log.warning("results_not_recorded", deliveries=[r.delivery.id for r in group])
        except Exception:  # one poisoned result must not hold the rest
            if len(group) == 1:
                log.exception("result_not_recorded", delivery=group[0].delivery.id)
                return
            for one in group:
                self._record([one])


def _cannot_go(
    lead: Delivery,
    person: Person | None,
    method: ContactMethod | None,
    carriers: Mapping[str, Carrier],
    settings: Mapping[str, str],
) -> str | None:
    if person is None or not person.user.active or person.user.deleted_at is not None:
        return "the person is gone"
    if method is None:
        return "the contact method is gone"
    if method.disabled_at is not None:
        return "the contact method is switched off"
    if method.verified_at is None and lead.kind not in (MessageKind.VERIFICATION, MessageKind.TEST):
        return "the contact method is not verified"
    carrier = carriers.get(lead.channel)
    if carrier is None:
        return f"there is no channel {lead.channel}"
    if not carrier.configured(settings):
        return f"the channel {lead.channel} is not set up"
    return None


def _untried(work: Work, lead: Delivery) -> list[ContactMethod]:
    """The person's usable methods this page has not used yet, in the order of their rules."""
    if lead.page_id is None:
        return []
    person = people.person(work, lead.user_id)
    if person is None:
        return []
    tried = {d.method_id for d in paging_queries.tried_methods(work, lead.page_id)}
    by_rule = [step.method for step in people_rules.plan(person, lead.urgency, work.now).steps]
    ordered = by_rule + [m for m in person.methods if m.usable and m not in by_rule]
    unique = {m.id: m for m in ordered if m.id not in tried}
    return list(unique.values())


def _go_elsewhere_meanwhile(work: Work, lead: Delivery, wait_us: int) -> None:
    """A page that would wait over a minute also goes at once by the person's next free method."""
    if lead.kind != MessageKind.PAGE or wait_us <= 60_000_000 or lead.page_id is None:
        return
    others = _untried(work, lead)
    page = paging_rows.get_page(work, lead.page_id)
    if others and page is not None:
        fire = Fire(others[0].id, others[0].channel, f"{lead.channel} is held back for over a minute")
        paging.fire(work, page, [fire], page.covered_at or work.now, page.due_at)


def _settle_all(work: Work, group: Sequence[_Result]) -> None:
    for one in group:
        _settle(work, one.delivery, one.outcome, took_ms=one.took_ms)


def _settle(
    work: Work, claimed: Delivery, outcome: Outcome, *, took_ms: int, untried: bool = False, gone: bool = False
) -> None:
    """Record an attempt and do what follows: another try, or the person's next method now.

    ``untried``: it could not go at all, which says nothing against the destination; ``gone``: nor will it ever.
    """
    others = _untried(work, claimed) if outcome.kind is not OutcomeKind.SENT else []
    sequel = paging.record(work, claimed, outcome, others_left=bool(others), took_ms=took_ms, gone=gone)
    if sequel is None:
        return
    if outcome.kind is OutcomeKind.SENT:
        people_methods.note_delivered(work, claimed.method_id, work.now)
    elif outcome.kind is OutcomeKind.DEAD and not untried:
        people_methods.note_failed(work, claimed.method_id, permanent=not outcome.broken_settings)
    if sequel.next is rules.Next.FAIL_OVER and others and claimed.page_id:
        page = paging_rows.get_page(work, claimed.page_id)
        if page is not None:
            fire = Fire(others[0].id, others[0].channel, f"failover from {claimed.channel}")
            paging.fire(work, page, [fire], page.covered_at or work.now, page.due_at)
    if sequel.next is rules.Next.RETRY:
        work.wake()
    if sequel.next is rules.Next.GIVE_UP and claimed.page_id:
        page = paging_rows.get_page(work, claimed.page_id)
        person = people.person(work, claimed.user_id)
        if page is not None and page.state == PageState.RINGING and person is not None and person.user.active:
            paging.try_again_elsewhere(work, page.id, [m.id for m in person.methods if m.usable])
