"""What can be done to pages and deliveries. Told by workflows; the one that sends is ``workflows/delivery_due``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from firebell.domain.paging import link_store, queue, rules, settings_store, store
from firebell.domain.paging.model import (
    AckToken,
    ChannelConfigured,
    Delivery,
    DeliveryKind,
    DeliveryQuarantined,
    DeliveryState,
    Fire,
    MessageFailed,
    MessageHeldBack,
    MessageSent,
    Outcome,
    OutcomeKind,
    Page,
    PersonPaged,
    StaleRecord,
)
from firebell.domain.paging.queries import link
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant, plus, seconds_between
from firebell.kernel.errors import Conflict
from firebell.kernel.secrets import hash_token
from firebell.kernel.work import Work


def ring(work: Work, new: Sequence[tuple[Page, Sequence[Fire]]]) -> None:
    """Begin telling people: pages with what their rules fire at once, all in this unit.

    One page per person at each movement of a run; the table itself refuses a second.
    """
    if not new:
        return
    store.add_pages(work, [page for page, _ in new])
    store.add_deliveries(work, [_delivery(work, page, one) for page, fires in new for one in fires])
    for one, _ in new:
        work.record(
            one.alert_id,
            PersonPaged(
                page_id=one.id, user_id=one.user_id, why=one.why, step=one.step, loop=one.loop, shadow=one.shadow
            ),
        )  # fmt: skip
    work.publish("pages", *{page.user_id for page, _ in new})
    work.wake()


def fire(work: Work, page: Page, fires: Sequence[Fire], covered_at: Instant, due_at: Instant | None) -> list[Delivery]:
    """Queue what a page's rules say now, and remember up to when they are covered."""
    new = [_delivery(work, page, one) for one in fires]
    store.add_deliveries(work, new)
    store.save_pages(work, [replace(page, covered_at=covered_at, due_at=due_at)])
    if new:
        work.wake()
    return new


def _delivery(work: Work, page: Page, one: Fire) -> Delivery:
    return Delivery(
        id=ids.new("dlv", work.now), kind=DeliveryKind.PAGE, page_id=page.id, alert_id=page.alert_id,
        service_id=page.service_id, user_id=page.user_id, method_id=one.method_id, channel=one.channel,
        urgency=page.urgency, reason=one.reason, created_at=work.now, due_at=work.now,
    )  # fmt: skip


def send_text(
    work: Work, *, kind: DeliveryKind, user_id: str, method_id: str, channel: str, title: str, body: str,
    reason: str = "", alert_id: str | None = None, incident_id: str | None = None, service_id: str | None = None,
) -> Delivery:  # fmt: skip
    """Queue a message that is not a page: a test, a verification code, a notice, a status update."""
    delivery = Delivery(
        id=ids.new("dlv", work.now), kind=kind, alert_id=alert_id, incident_id=incident_id, service_id=service_id,
        user_id=user_id, method_id=method_id, channel=channel, urgency="low",
        priority=rules.priority(kind, first_of_service=False), title=title, body=body, reason=reason,
        created_at=work.now, due_at=work.now,
    )  # fmt: skip
    store.add_deliveries(work, [delivery])
    work.wake()
    return delivery


def claim(work: Work, boot_id: str, slots: int) -> queue.Pass:
    """Take what may go now under a lease and a fencing token; what the throttles hold back gets a later due time.

    Deliveries claimed three times without a recorded outcome are left for :func:`quarantine`.
    """
    waiting = store.claimable(work, work.now, rules.UNRECORDED_MAX, max(slots * 8, 64))
    waiting = [d for d in waiting if not _answered_in_flight(work, d)]
    if not waiting or slots <= 0:
        return queue.Pass()
    sent = store.sends(work, (d.user_id for d in waiting), queue.window_start(work.now))
    busy = store.recent_services(
        work, (d.service_id for d in waiting if d.service_id), plus(work.now, -queue.QUIET_SERVICE_S)
    )
    claimed_ids = {d.id for d in waiting}
    found = queue.plan(waiting, [d for d in sent if d.id not in claimed_ids], busy, work.now, slots)
    bundles: dict[str, list[Delivery]] = {}
    for member in store.bundled_in(work, [d.id for d in waiting if d.state == DeliveryState.SENDING]):
        bundles.setdefault(member.bundle_id or "", []).append(member)
    changed: list[Delivery] = []
    go: list[queue.Parcel] = []
    for parcel in found.go:
        carried = bundles.get(parcel.lead.id, ())
        lead = replace(
            parcel.lead, state=DeliveryState.SENDING, token=parcel.lead.token + 1, attempt=parcel.lead.attempt + 1,
            unrecorded=parcel.lead.unrecorded + 1, owner=boot_id, lease_until=plus(work.now, rules.LEASE_S),
            claimed_at=work.now, first_attempt_at=parcel.lead.first_attempt_at or work.now, priority=parcel.priority,
        )  # fmt: skip
        also = tuple(
            replace(d, state=DeliveryState.BUNDLED, bundle_id=lead.id, done_at=work.now, next_step=f"told in {lead.id}")
            for d in parcel.also
        )
        changed += [lead, *also]
        go.append(queue.Parcel(lead, (*also, *carried), parcel.priority))
    for held in found.held:
        changed += [replace(d, due_at=held.until) for d in (held.parcel.lead, *held.parcel.also)]
        lead = held.parcel.lead
        if lead.kind == DeliveryKind.PAGE and lead.alert_id:
            work.record(
                lead.alert_id,
                MessageHeldBack(
                    delivery_id=lead.id, user_id=lead.user_id, channel=lead.channel, until=held.until.format_iso()
                ),
            )
    for old in found.superseded:
        changed.append(
            replace(
                old.delivery, state=DeliveryState.CANCELLED, done_at=work.now, next_step="a newer update replaces it"
            )
        )
    store.save_deliveries(work, changed)
    found.go = go
    return found


def quarantine(work: Work, delivery_id: str) -> bool:
    """Give up a message whose senders keep disappearing, so that the rest flows. False: it is not one (any more)."""
    delivery = store.take_delivery(work, delivery_id)
    if delivery is None or not rules.quarantined(delivery, work.now):
        return False
    store.save_deliveries(
        work,
        [replace(delivery, state=DeliveryState.FAILED, done_at=work.now, next_step=rules.QUARANTINED, unrecorded=0,
                 lease_until=None, reply="claimed three times and never recorded")],
    )  # fmt: skip
    store.release_bundle(work, delivery.id)
    if delivery.alert_id:
        work.record(delivery.alert_id, DeliveryQuarantined(delivery_id=delivery.id, user_id=delivery.user_id))
    work.publish("deliveries", *((delivery.alert_id,) if delivery.alert_id else ()))
    return True


def end_leases(work: Work, boot_id: str) -> int:
    """The only process there can be has started: what earlier ones were sending is taken over at once."""
    return store.end_leases(work, except_of=boot_id)


def _answered_in_flight(work: Work, delivery: Delivery) -> bool:
    if delivery.cancelled_at is None:
        return False
    store.save_deliveries(
        work,
        [
            replace(
                delivery,
                state=DeliveryState.CANCELLED,
                done_at=work.now,
                next_step="answered meanwhile",
                lease_until=None,
            )
        ],
    )
    store.release_bundle(work, delivery.id)
    return True


def hand_back(work: Work, delivery: Delivery) -> None:
    """The claim came too late to be used safely: queue it again at once, as if it had not been claimed."""
    current = store.take_delivery(work, delivery.id)
    if current is None or current.token != delivery.token or current.state != DeliveryState.SENDING:
        return
    state = DeliveryState.CANCELLED if current.cancelled_at else DeliveryState.QUEUED
    store.release_bundle(work, current.id)
    store.save_deliveries(
        work,
        [
            replace(
                current,
                state=state,
                attempt=current.attempt - 1,
                unrecorded=0,
                owner=None,
                lease_until=None,
                due_at=work.now,
            )
        ],
    )
    work.wake()


def record(
    work: Work, claimed: Delivery, outcome: Outcome, *, others_left: bool, took_ms: int, gone: bool = False
) -> rules.Sequel | None:
    """Write down what came of an attempt. ``None``: this sender had lost its lease; its result is only noted.

    ``gone``: the person or the destination is no more, so trying again would be in vain.
    """
    current = store.take_delivery(work, claimed.id)
    if current is None:
        return None
    store.add_attempt(
        work, claimed, outcome.kind, unknown=outcome.unknown, reply=outcome.reply, provider_id=outcome.provider_id,
        took_ms=took_ms,
    )  # fmt: skip
    if current.token != claimed.token or current.state != DeliveryState.SENDING:
        if claimed.alert_id:
            work.record(claimed.alert_id, StaleRecord(delivery_id=claimed.id, outcome=outcome.kind))
        return None
    sequel = rules.after_attempt(
        current, outcome.kind, outcome.retry_after_s, work.now, others_left=others_left, gone=gone
    )
    if current.cancelled_at is not None and sequel.next is not rules.Next.DONE:
        sequel = rules.Sequel(rules.Next.GIVE_UP, None, "answered meanwhile")
    store.save_deliveries(work, [_settled(current, outcome, sequel, work.now)])
    if sequel.next is not rules.Next.DONE:
        store.release_bundle(work, current.id, sequel.at)
    _tell(work, current, outcome, sequel)
    work.publish("deliveries", *((current.alert_id,) if current.alert_id else ()), current.user_id)
    return sequel


def _settled(current: Delivery, outcome: Outcome, sequel: rules.Sequel, now: Instant) -> Delivery:
    settled = replace(
        current, unrecorded=0, owner=None, lease_until=None, reply=outcome.reply[:500], next_step=sequel.words,
        provider_id=outcome.provider_id or current.provider_id,
    )  # fmt: skip
    if current.kind == DeliveryKind.VERIFICATION and sequel.next is not rules.Next.RETRY:
        # A code is needed until it has gone out, and is nobody's business afterwards.
        settled = replace(settled, title="Confirmation code", body="")
    if sequel.next is rules.Next.DONE:
        return replace(settled, state=DeliveryState.SENT, sent_at=now, done_at=now, next_step="")
    if sequel.next is rules.Next.RETRY:
        return replace(settled, state=DeliveryState.QUEUED, due_at=sequel.at or now)
    return replace(settled, state=DeliveryState.FAILED, done_at=now, failed_over=sequel.next is rules.Next.FAIL_OVER)


def _tell(work: Work, delivery: Delivery, outcome: Outcome, sequel: rules.Sequel) -> None:
    if not delivery.alert_id:
        return
    if outcome.kind is OutcomeKind.SENT:
        after = seconds_between(delivery.created_at, work.now)
        work.record(
            delivery.alert_id,
            MessageSent(
                delivery_id=delivery.id, user_id=delivery.user_id, channel=delivery.channel, attempt=delivery.attempt,
                message=delivery.kind, after_ms=max(0, round(after * 1000)),
            ),
        )  # fmt: skip
        return
    work.record(
        delivery.alert_id,
        MessageFailed(
            delivery_id=delivery.id, user_id=delivery.user_id, channel=delivery.channel, attempt=delivery.attempt,
            reply=outcome.reply[:200], next_step=sequel.words,
        ),
    )  # fmt: skip


def answered(work: Work, alert_ids: Sequence[str], *, only_user: str | None = None) -> None:
    """Somebody has these alerts: their pages stop ringing and nothing more is claimed for them."""
    pages = [p for p in store.pages_of_alerts(work, alert_ids, ringing=True) if only_user in (None, p.user_id)]
    store.save_pages(work, [rules.answered(p, work.now) for p in pages])
    store.cancel_for_alerts(work, alert_ids, user_id=only_user)
    work.publish("pages", *{p.user_id for p in pages})


def ended(work: Work, alert_ids: Sequence[str]) -> None:
    """These alerts are over."""
    pages = store.pages_of_alerts(work, alert_ids, ringing=True)
    store.save_pages(work, [rules.ended(p, work.now) for p in pages])
    store.cancel_for_alerts(work, alert_ids)
    work.publish("pages", *{p.user_id for p in pages})


def change_lead(work: Work, run_id: str, before: str, after: str) -> None:
    """The alert a run's pages are about is over, another one of that run is not: they go on about that one."""
    store.change_lead(work, run_id, before, after)


def try_again_elsewhere(work: Work, page_id: str, method_ids: Sequence[str]) -> int:
    """A page's last destination is given up: those it had given up before, still usable, are tried on and on."""
    revived = store.revive(work, page_id, method_ids, plus(work.now, rules.BACKOFF_CAP_S)) if method_ids else 0
    if revived:
        work.wake()
    return revived


def issue_links(work: Work, links: Sequence[tuple[str, Sequence[str], str, str | None]]) -> None:
    """Remember ack links: (hash, alert ids, user id, page id). They acknowledge or escalate, never resolve."""
    link_store.add_tokens(
        work,
        [{"hash": hashed, "alert_ids": list(alerts), "user_id": user_id, "page_id": page_id,
          "verbs": ["acknowledge", "escalate"], "expires_at": plus(work.now, rules.ACK_LINK_S)}
         for hashed, alerts, user_id, page_id in links],
    )  # fmt: skip


def use_link(work: Work, plain: str) -> AckToken:
    """Use a link up: it acknowledges once. Raises NotFound (unknown), Forbidden (expired), Conflict (used)."""
    found = link(work, plain)
    if found.used_at is not None or not link_store.use_token(work, hash_token(plain)):
        raise Conflict("This link has been used.", hint="Sign in and open the alert from there.")
    return found


def undo_link(work: Work, plain: str) -> AckToken:
    """Make a link good again within a minute of its use. Raises NotFound, Forbidden, Conflict (too late, or unused)."""
    found = link(work, plain)
    if not rules.may_undo(found.used_at, work.now):
        raise Conflict("It is too late to undo this.", hint="Sign in and open the alert from there.")
    link_store.release_token(work, hash_token(plain))
    return found


def configure_channel(work: Work, channel: str, settings: Mapping[str, str]) -> None:
    """Set an installation's settings of one channel (checked by the channel, secrets sealed by the caller)."""
    work.needs(Permission.SETTINGS_EDIT)
    settings_store.set_settings(work, channel, settings)
    work.record("installation", ChannelConfigured(channel=channel))
    work.publish("settings")
