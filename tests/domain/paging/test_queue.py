"""One pass over the queue: what goes together, what goes first, what waits, and that nothing is lost."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from firebell.domain.paging import queue, throttles
from firebell.domain.paging.model import Delivery
from firebell.domain.paging.queue import Pass
from firebell.kernel.clock import Instant, plus, seconds_between

NOW = Instant.parse_iso("2026-01-05T09:00:00Z")


def page(number: int, **more: object) -> Delivery:
    fields: dict[str, object] = {
        "id": f"dlv_{number:03}", "kind": "page", "alert_id": f"alr_{number:03}", "service_id": "svc_1",
        "user_id": "usr_1", "method_id": "mth_1", "channel": "sms", "created_at": NOW, "due_at": NOW,
    }  # fmt: skip
    return Delivery(**(fields | more))  # type: ignore[arg-type]


def earlier(number: int, ago_s: float, **more: object) -> Delivery:
    return page(number, state="sent", claimed_at=plus(NOW, -ago_s), **more)


def plan(
    waiting: list[Delivery], sent: Iterable[Delivery] = (), busy: Iterable[tuple[str, str]] = (), slots: int = 99
) -> Pass:
    return queue.plan(waiting, list(sent), set(busy), NOW, slots)


def going(outcome: Pass) -> list[str]:
    return [p.lead.id for p in outcome.go]


# ---------------------------------------------------------------- bundles


def test_pages_of_one_service_to_one_destination_are_one_message_led_by_the_oldest() -> None:
    outcome = plan([page(3), page(1), page(2)])
    (parcel,) = outcome.go
    assert parcel.lead.id == "dlv_001"
    assert [d.id for d in parcel.also] == ["dlv_002", "dlv_003"]


def test_the_most_urgent_leads_then_the_oldest() -> None:
    (parcel,) = plan([page(1, urgency="low"), page(2, urgency="low"), page(3), page(4)]).go
    assert [d.id for d in (parcel.lead, *parcel.also)] == ["dlv_003", "dlv_004", "dlv_001", "dlv_002"]


def test_other_services_destinations_kinds_and_retries_go_alone() -> None:
    waiting = [
        page(1, channel="ntfy"),
        page(2, channel="ntfy", service_id="svc_2"),
        page(3, channel="ntfy", method_id="mth_2"),
        page(4, channel="ntfy", attempt=1),
        page(5, channel="ntfy", state="sending", attempt=1),
        page(6, channel="ntfy", kind="test"),
        page(7, channel="ntfy", service_id=None),
    ]
    outcome = plan(waiting)
    assert all(not p.also for p in [*outcome.go, *(h.parcel for h in outcome.held)])


def test_of_status_updates_about_one_alert_only_the_newest_goes() -> None:
    old, new = page(1, kind="status", alert_id="alr_x"), page(2, kind="status", alert_id="alr_x")
    other = page(3, kind="status", alert_id="alr_y", method_id="mth_2")
    outcome = plan([new, old, other])
    assert [s.delivery.id for s in outcome.superseded] == ["dlv_001"]
    assert set(going(outcome)) == {"dlv_002", "dlv_003"}


# ---------------------------------------------------------------- order


def test_what_is_more_important_goes_first() -> None:
    waiting = [
        page(1, kind="status", method_id="m1", user_id="u1"),
        page(2, service_id="busy", method_id="m2", user_id="u2"),
        page(3, kind="notice", method_id="m3", user_id="u3"),
        page(4, kind="test", method_id="m4", user_id="u4"),
        page(5, kind="verification", method_id="m5", user_id="u5"),
        page(6, service_id="quiet", method_id="m6", user_id="u6"),
    ]
    outcome = plan(waiting, busy=[("busy", "sms")])
    assert going(outcome) == ["dlv_006", "dlv_005", "dlv_004", "dlv_003", "dlv_002", "dlv_001"]
    assert [p.priority for p in outcome.go] == [0, 1, 2, 3, 4, 5]


def test_ties_go_to_the_person_then_the_service_least_recently_notified_then_to_the_oldest() -> None:
    sent = [
        earlier(90, 100, user_id="u1", service_id="s9", channel="ntfy"),
        earlier(91, 200, user_id="u2", service_id="s1", channel="ntfy"),
        earlier(92, 400, user_id="u3", service_id="s2", channel="ntfy"),
        earlier(93, 400, user_id="u4", service_id="s3", channel="ntfy"),
    ]
    busy = [(s, "ntfy") for s in ("s1", "s2", "s3", "s4")]
    waiting = [
        page(1, user_id="u1", service_id="s1", method_id="m1", channel="ntfy"),
        page(2, user_id="u2", service_id="s1", method_id="m2", channel="ntfy"),
        page(3, user_id="u3", service_id="s1", method_id="m3", channel="ntfy"),
        page(4, user_id="u4", service_id="s4", method_id="m4", channel="ntfy"),
        page(6, user_id="u5", service_id="s4", method_id="m5", channel="ntfy", created_at=plus(NOW, -1)),
        page(5, user_id="u6", service_id="s4", method_id="m6", channel="ntfy"),
    ]
    assert going(plan(waiting, sent, busy)) == ["dlv_006", "dlv_005", "dlv_004", "dlv_003", "dlv_002", "dlv_001"]


def test_no_more_than_there_are_senders_and_the_rest_is_left_as_it_is() -> None:
    waiting = [page(n, channel="ntfy", method_id=f"m{n}", user_id=f"u{n}") for n in range(5)]
    outcome = plan(waiting, slots=2)
    assert (len(outcome.go), outcome.held, outcome.superseded) == (2, [], [])


# ---------------------------------------------------------------- limits


def test_a_second_message_within_a_minute_waits_for_the_minute() -> None:
    outcome = plan([page(2)], [earlier(1, 20)], [("svc_1", "sms")])
    assert outcome.go == []
    assert outcome.held[0].until == plus(NOW, 40)


def test_the_first_page_of_a_quiet_service_does_not_wait_for_a_destinations_limits() -> None:
    assert going(plan([page(2)], [earlier(1, 20, service_id="other")])) == ["dlv_002"]
    low = plan([page(2, urgency="low")], [earlier(1, 20, service_id="other")])
    assert low.go == [], "low urgency waits"


def test_three_bypasses_per_person_in_ten_minutes_and_the_fourth_waits() -> None:
    waiting = [page(n, service_id=f"s{n}") for n in range(1, 5)]
    outcome = plan(waiting)
    assert [p.priority for p in outcome.go] == [0, 0, 0]
    assert len(outcome.held) == 1
    before = [earlier(90 + n, 599, service_id="x", priority=0) for n in range(3)]
    assert plan([page(1)], before).go, "none of the three is within a minute, so no bypass is needed"
    recent = [earlier(90 + n, 30, service_id="x", priority=0) for n in range(3)]
    assert plan([page(1)], recent).held
    long_ago = [earlier(90 + n, 601, service_id="x", priority=0) for n in range(3)]
    assert going(plan([page(1)], [*long_ago, earlier(99, 30, service_id="y", priority=4)])) == ["dlv_001"]


def test_no_person_gets_more_than_five_messages_of_a_channel_in_five_seconds() -> None:
    waiting = [page(n, service_id=f"s{n}", method_id=f"m{n}", channel="ntfy") for n in range(8)]
    outcome = plan(waiting)
    assert len(outcome.go) == 5
    assert {h.until for h in outcome.held} == {plus(NOW, 5)}


def test_only_the_first_page_of_a_service_on_a_channel_precedes_everything() -> None:
    outcome = plan([page(n, channel="ntfy", method_id=f"m{n}", user_id=f"u{n}") for n in range(3)])
    assert [p.priority for p in outcome.go] == [0, 4, 4]


# ---------------------------------------------------------------- nothing is lost

deliveries = st.lists(
    st.builds(
        lambda kind, user, method, service, channel, urgency, attempt: {
            "kind": kind, "user_id": user, "method_id": f"{user}-{method}-{channel}", "service_id": service,
            "channel": channel, "urgency": urgency, "attempt": attempt, "alert_id": f"alr_{service}",
        },
        st.sampled_from(["page", "page", "page", "status", "notice", "test", "verification"]),
        st.sampled_from(["u1", "u2"]), st.sampled_from(["a", "b"]), st.sampled_from(["s1", "s2", "s3", None]),
        st.sampled_from(["sms", "voice", "email", "ntfy"]), st.sampled_from(["high", "low"]),
        st.sampled_from([0, 0, 1]),
    ),
    max_size=25,
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(deliveries, deliveries, st.lists(st.integers(1, 10_000), min_size=25, max_size=25), st.integers(1, 30))
def test_every_waiting_delivery_is_in_exactly_one_place_and_no_limit_is_broken(
    now_waiting: list[dict[str, object]], before: list[dict[str, object]], ages: list[int], slots: int
) -> None:
    waiting = [page(n, **fields) for n, fields in enumerate(now_waiting)]
    sent = [earlier(100 + n, ages[n], **fields) for n, fields in enumerate(before)]
    outcome = plan(waiting, sent, slots=slots)
    places = [
        *(d.id for p in outcome.go for d in (p.lead, *p.also)),
        *(d.id for h in outcome.held for d in (h.parcel.lead, *h.parcel.also)),
        *(s.delivery.id for s in outcome.superseded),
    ]
    assert len(places) == len(set(places)), "nothing stands in two places"
    assert set(places) <= {d.id for d in waiting}
    if len(outcome.go) < slots:
        assert set(places) == {d.id for d in waiting}, "with senders to spare nothing is left untouched"
    assert len(outcome.go) <= slots
    assert all(h.until > NOW for h in outcome.held)
    assert all(s.delivery.kind != "page" for s in outcome.superseded), "a page is never superseded"
    _no_limit_is_broken(outcome, sent)


def _no_limit_is_broken(outcome: Pass, sent: list[Delivery]) -> None:
    for parcel in outcome.go:
        lead = parcel.lead
        theirs = [d for d in sent if (d.user_id, d.channel) == (lead.user_id, lead.channel)]
        going_now = [p.lead for p in outcome.go if (p.lead.user_id, p.lead.channel) == (lead.user_id, lead.channel)]
        young = [d for d in theirs if d.claimed_at and seconds_between(d.claimed_at, NOW) < 5]
        assert len(going_now) <= max(0, 5 - len(young))
        if parcel.priority == 0 and lead.urgency == "high":
            continue
        same = [d for d in sent if d.method_id == lead.method_id and d.claimed_at]
        if lead.channel in ("sms", "voice", "email"):
            assert not [d for d in same if d.claimed_at and seconds_between(d.claimed_at, NOW) < 60]
        for limit in throttles.of_method(lead.kind, lead.channel)[1:]:
            recent = [d for d in same if d.claimed_at and seconds_between(d.claimed_at, NOW) < limit.window_s]
            assert len([d for d in recent if d.kind == lead.kind]) < limit.n
