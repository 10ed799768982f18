"""Messages that do not get through: retries, the next method, all methods dead, lost senders, an ack in flight."""

from __future__ import annotations

from collections.abc import Callable

from firebell.domain.paging import commands as paging
from firebell.domain.paging.model import Message, Outcome, OutcomeKind
from firebell.domain.people import commands as people
from firebell.domain.people.methods import NewRule
from firebell.domain.people.queries import person
from firebell.kernel.clock import plus
from firebell.kernel.work import Work
from firebell.workflows import rules_changed
from firebell.workflows.delivery_due import Claimed
from tests.story import Story, open_story
from tests.workflows.cast import alone, always, data, dead, down, ladder_of_three, ledger, run_of, tries


def test_rules_fire_after_their_delays_and_stop_with_the_acknowledgement(story: Story) -> None:
    alone(
        story, channels=("ntfy", "email", "webhook"),
        rules={"high": [(0, "ntfy"), (120, "email"), (600, "webhook")], "low": [(0, "email")]}, ack_timeout_s=None,
    )  # fmt: skip
    story.receive("disk full")
    story.run_for(minutes=9)
    assert tries(story) == [("ann", "ntfy", 0, "sent"), ("ann", "email", 120, "sent")]
    story.acknowledge("ann")
    story.run_for(minutes=20)
    assert len(story.sent) == 2
    begin = story.clock.now()
    story.receive("slow", severity="info")
    story.run_for(minutes=20)
    assert tries(story, begin)[2:] == [("ann", "email", 0, "sent")]


def test_a_rule_edited_in_the_middle_of_a_page_fires_only_if_its_moment_is_still_ahead(story: Story) -> None:
    alone(story, channels=("ntfy", "email", "webhook"), rules={"high": [(0, "ntfy"), (600, "ntfy")]})
    story.receive("disk full")
    story.run_for(minutes=5)

    def edit(work: Work) -> None:
        by = {m.channel: m.id for m in person(work, story.users["ann"]).methods}  # type: ignore[union-attr]
        new = [NewRule(by["ntfy"], 0), NewRule(by["email"], 120), NewRule(by["webhook"], 600)]
        rules_changed.set_rules(work, story.users["ann"], "high", new)

    story.run(edit)
    story.run_for(minutes=20)
    assert tries(story) == [("ann", "ntfy", 0, "sent"), ("ann", "webhook", 600, "sent")]


def test_a_rule_added_after_the_last_one_has_fired_still_fires_when_it_is_ahead(story: Story) -> None:
    alone(story, channels=("ntfy", "email"), rules={"high": [(0, "ntfy")]})
    story.receive("disk full")
    story.run_for(minutes=5)

    def edit(work: Work) -> None:
        by = {m.channel: m.id for m in person(work, story.users["ann"]).methods}  # type: ignore[union-attr]
        rules_changed.set_rules(work, story.users["ann"], "high", [NewRule(by["ntfy"], 0), NewRule(by["email"], 600)])

    story.run(edit)
    story.run_for(minutes=20)
    assert tries(story) == [("ann", "ntfy", 0, "sent"), ("ann", "email", 600, "sent")]


def test_a_dead_destination_fails_over_at_once(story: Story) -> None:
    alone(story, channels=("ntfy", "email"), rules={"high": [(0, "ntfy"), (900, "email")]})
    story.carriers["ntfy"].script = dead()
    story.receive("disk full")
    assert tries(story) == [("ann", "ntfy", 0, "dead"), ("ann", "email", 0, "sent")]
    assert data(story, "delivery.failed")[0]["next_step"] == "the next contact method, now"
    assert [d.reason for d in ledger(story)][1] == "failover from ntfy"


def test_a_provider_that_is_down_is_tried_four_times_and_then_the_next_method_within_a_minute(story: Story) -> None:
    alone(story, channels=("ntfy", "email"), rules={"high": [(0, "ntfy"), (900, "email")]})
    story.carriers["ntfy"].script = down()
    story.receive("disk full")
    story.run_for(minutes=2)
    assert tries(story) == [
        ("ann", "ntfy", 0, "retry"), ("ann", "ntfy", 15, "retry"), ("ann", "ntfy", 30, "retry"),
        ("ann", "ntfy", 45, "retry"), ("ann", "email", 45, "sent"),
    ]  # fmt: skip


def slow(story: Story, seconds: float) -> Callable[[Message], Outcome | None]:
    """A provider that is silent until the deadline."""

    def answer(message: Message) -> Outcome:
        story.clock.advance(seconds)
        return Outcome(OutcomeKind.RETRY, "no answer in time", unknown=True)

    return answer


def test_slow_failures_do_not_make_the_next_method_later(story: Story) -> None:
    alone(story, channels=("ntfy", "email"), rules={"high": [(0, "ntfy"), (900, "email")]})
    story.carriers["ntfy"].script = slow(story, 5)
    story.receive("disk full")
    story.run_for(minutes=2)
    # The carriers write down the end of each attempt: 0, 15, 30 and 45 s from start to start.
    assert [at for _, _, at, _ in tries(story)] == [5, 20, 35, 50, 50]
    assert story.paged_by() == [("ann", "email")]


def test_a_provider_that_wants_to_be_left_alone_for_long_is_left_alone_when_there_is_another_way(story: Story) -> None:
    alone(story, channels=("ntfy", "email"), rules={"high": [(0, "ntfy"), (900, "email")]})
    story.carriers["ntfy"].script = always(OutcomeKind.RETRY, retry_after_s=600)
    story.receive("disk full")
    assert [(c, o) for _, c, _, o in tries(story)] == [("ntfy", "retry"), ("email", "sent")]


def test_the_only_way_there_is_is_tried_on_and_on_until_somebody_answers(story: Story) -> None:
    alone(story)
    story.carriers["ntfy"].script = always(OutcomeKind.RETRY, retry_after_s=3600)
    story.receive("disk full")
    story.run_for(minutes=10)
    gaps = [b - a for (_, _, a, _), (_, _, b, _) in zip(tries(story), tries(story)[1:], strict=False)]
    assert set(gaps) == {60}, "an hour's wish is obeyed for a minute when nobody else can be asked"
    story.carriers["ntfy"].script = None
    story.run_for(minutes=1, seconds=1)
    assert story.paged() == ["ann"]


def test_the_backoff_doubles_up_to_a_minute(story: Story) -> None:
    alone(story)
    story.carriers["ntfy"].script = down()
    story.receive("disk full")
    story.run_for(minutes=6)
    starts = [at for _, _, at, _ in tries(story)]
    assert starts[:11] == [0, 15, 30, 45, 46, 48, 52, 60, 76, 108, 168]
    assert starts[11] == 228
    story.acknowledge("ann")
    before = len(story.sent)
    story.run_for(minutes=10)
    assert len(story.sent) == before
    assert story.breaches() == []


def test_every_method_dead_goes_on_trying_and_gets_through_when_the_provider_is_back(story: Story) -> None:
    alone(story, channels=("ntfy", "email"), rules={"high": [(0, "ntfy"), (0, "email")]})
    refused = always(OutcomeKind.DEAD, broken_settings=True)
    story.carriers["ntfy"].script = refused
    story.carriers["email"].script = refused
    story.receive("disk full")
    story.run_for(minutes=30)
    assert story.paged() == []
    story.carriers["email"].script = None
    story.run_for(minutes=1, seconds=1)
    assert story.paged_by() == [("ann", "email")]


def test_three_permanent_errors_switch_a_method_off_and_what_was_given_up_before_is_tried_again(story: Story) -> None:
    alone(story, channels=("ntfy", "email"), rules={"high": [(0, "ntfy"), (900, "email")]})
    story.carriers["ntfy"].script = down()
    story.carriers["email"].script = dead()
    story.receive("disk full")
    story.run_for(minutes=5)
    ann = story.house.runner.read(lambda read: person(read, story.users["ann"]))
    assert ann is not None
    assert {m.channel: m.usable for m in ann.methods} == {"ntfy": True, "email": False}
    story.carriers["ntfy"].script = None
    story.run_for(minutes=2)
    assert story.paged_by() == [("ann", "ntfy")]


def test_what_was_given_up_is_not_tried_again_once_somebody_has_answered(story: Story) -> None:
    alone(story, channels=("ntfy", "email"), rules={"high": [(0, "ntfy"), (900, "email")]})
    hold(story)
    story.carriers["ntfy"].script = dead()
    story.receive("disk full")
    story.house.sender.send(claimed_now(story)[0])
    (second,) = claimed_now(story)
    story.acknowledge("ann")
    story.carriers["email"].script = dead()
    story.house.sender.send(second)
    story.clock.advance(120)
    assert claimed_now(story) == []


def test_a_channel_that_is_not_set_up_says_nothing_against_peoples_methods(story: Story) -> None:
    alone(story, channels=("ntfy", "email"), rules={"high": [(0, "email")]})
    story.carriers["email"].set_up = False
    for n in range(5):
        story.receive(f"alert {n}")
        story.run_for(minutes=6)
    assert set(story.paged_by()) == {("ann", "ntfy")}
    ann = story.house.runner.read(lambda read: person(read, story.users["ann"]))
    assert ann is not None
    assert all(m.usable for m in ann.methods)


def test_a_person_deleted_while_a_message_waits_gets_none_and_the_ladder_goes_on(story: Story) -> None:
    ladder_of_three(story)
    story.carriers["ntfy"].script = down()
    story.receive("disk full")
    story.run(lambda work: people.delete_user(work, story.users["primary"]))
    story.carriers["ntfy"].script = None
    story.run_for(minutes=5, seconds=1)
    assert story.paged() == ["secondary"]
    assert any(d["reply"] == "the person is gone" for d in data(story, "delivery.failed"))
    tried = len(ledger(story))
    story.run_for(minutes=5)
    assert len(ledger(story)) == tried, "a destination that is gone is not tried on and on"


def test_many_alerts_of_one_service_become_few_messages_and_each_alert_is_told(story: Story) -> None:
    alone(story)
    story.carriers["ntfy"].script = down()
    story.receive("number 0")
    for n in range(1, 30):
        story.receive(f"number {n}")
    story.carriers["ntfy"].script = None
    story.run_for(minutes=3)
    told = {a for s in story.messages() for a in _named(s.message)}
    assert told == {f"number {n}" for n in range(30)}
    assert len(story.messages()) <= 31


def _named(message: Message) -> set[str]:
    words = message.body.replace("- SEV1 ", "\n").splitlines()
    return {word.strip() for word in words if word.strip().startswith("number ")}


def claimed_now(story: Story) -> list[Claimed]:
    return story.house.sender.claim(8)


def hold(story: Story) -> None:
    """Messages are made but none is claimed until the test does it."""
    worker = story.house.worker
    worker.lines = tuple(line for line in worker.lines if line.name != "deliveries")


def test_an_acknowledgement_while_the_message_is_in_flight_ends_it(story: Story) -> None:
    alone(story)
    hold(story)
    story.receive("disk full")
    (one,) = claimed_now(story)
    story.acknowledge("ann")
    story.carriers["ntfy"].script = down()
    story.house.sender.send(one)
    story.run_for(minutes=10)
    assert claimed_now(story) == []
    (line,) = ledger(story)
    assert (line.state, line.next_step) == ("failed", "answered meanwhile")
    assert story.breaches() == []


def test_a_bundle_whose_message_fails_goes_on_for_those_still_open_and_not_for_those_answered(story: Story) -> None:
    alone(story)
    hold(story)
    for name in ("first", "second", "third"):
        story.receive(name)
    (one,) = claimed_now(story)
    assert {d.state for d in ledger(story, "second") + ledger(story, "third")} == {"bundled"}
    story.acknowledge("ann", "first")
    story.acknowledge("ann", "second")
    story.carriers["ntfy"].script = down()
    story.house.sender.send(one)
    story.carriers["ntfy"].script = None
    story.clock.advance(60)
    again = claimed_now(story)
    assert [c.message.alert_id for c in again] == [story.alert_ids["third"]]
    assert [d.state for d in ledger(story, "second")] == ["cancelled"]
    assert "second" not in again[0].message.body


def test_a_bundle_whose_lead_is_acknowledged_in_flight_still_tells_of_the_others(story: Story) -> None:
    alone(story)
    hold(story)
    story.receive("first")
    story.receive("second")
    (one,) = claimed_now(story)
    story.acknowledge("ann", "first")
    story.house.sender.send(one)
    assert "second" in story.messages()[0].message.body
    assert story.alert("second").state == "open"


def test_the_most_urgent_of_a_bundle_decides_how_loud_it_is(story: Story) -> None:
    alone(story)
    hold(story)
    story.receive("slow", severity="info")
    story.receive("on fire", severity="critical")
    (one,) = claimed_now(story)
    assert one.message.urgency == "high"
    assert one.message.severity == "SEV1"
    assert one.message.title.startswith("SEV1 Checkout: 2 alerts")


def test_a_sender_that_wakes_up_too_late_hands_its_message_back(story: Story) -> None:
    alone(story)
    hold(story)
    story.receive("disk full")
    (one,) = claimed_now(story)
    story.clock.advance(2.5)
    story.house.sender.send(one)
    assert story.sent == []
    (line,) = ledger(story)
    assert (line.state, line.unrecorded, line.attempt, line.token) == ("queued", 0, 0, 1)
    (again,) = claimed_now(story)
    assert again.delivery.token == 2
    assert again.message.copies_possible is False


def test_a_lost_sender_is_replaced_and_its_late_result_changes_nothing(story: Story) -> None:
    alone(story)
    hold(story)
    story.receive("disk full")
    (first,) = claimed_now(story)
    story.clock.advance(7.9)
    assert claimed_now(story) == []
    story.clock.advance(0.3)
    (second,) = claimed_now(story)
    assert second.message.copies_possible
    assert "Possible duplicate" in second.message.body
    story.house.sender.send(second)
    story.clock.advance(50)
    late = Outcome(OutcomeKind.DEAD, "too late")
    assert story.run(
        lambda work: paging.record(work, first.delivery, late, others_left=True, took_ms=1)
    ) is None  # fmt: skip
    (line,) = ledger(story)
    assert (line.state, line.token) == ("sent", 2)
    assert data(story, "delivery.stale_record") == [{"delivery_id": line.id, "outcome": "dead"}]


def test_three_senders_lost_one_after_the_other_and_the_fallback_is_told_by_a_message_of_its_own(story: Story) -> None:
    ladder_of_three(story)
    hold(story)
    story.receive("disk full")
    for _ in range(3):
        assert len(claimed_now(story)) == 1
        story.clock.advance(9)
    (one,) = claimed_now(story)
    assert one.delivery.user_id == story.users["lead"]
    story.house.sender.send(one)
    assert story.paged() == ["lead"]
    assert ledger(story)[0].next_step == "quarantined"
    assert "delivery.quarantined" in story.facts()


def test_a_restart_in_the_middle_takes_over_what_was_being_sent(tell: Callable[..., Story], database_url: str) -> None:
    story = ladder_of_three(tell())
    hold(story)
    story.receive("disk full")
    (lost,) = claimed_now(story)
    story.house.close()
    again = open_story(database_url, story.house.settings.data, clock=story.clock, sent=story.sent)
    try:
        again.users, again.alert_ids = story.users, story.alert_ids
        again.run_for(seconds=9)
        assert again.paged() == ["primary"]
        assert again.sent[0].message.id == lost.delivery.id
        assert again.sent[0].message.copies_possible
        again.run_for(minutes=5)
        assert again.paged() == ["primary", "secondary"]
        assert again.breaches() == []
    finally:
        again.house.close()


def test_a_page_held_back_over_a_minute_also_goes_by_the_next_method(story: Story) -> None:
    alone(story, channels=("email", "webhook"), rules={"high": [(0, "email")]})
    for n in range(4):
        story.service(f"s{n}", policy="only")
    # Three first pages bypass the limit of one e-mail a minute, the fourth waits and goes by webhook meanwhile.
    for n in range(4):
        story.receive(f"alert {n}", service=f"s{n}")
    assert [s.channel for s in story.messages()][:3] == ["email"] * 3
    story.run_for(minutes=3)
    assert {s.message.alert_id for s in story.messages()} == set(story.alert_ids.values())
    assert run_of(story, "alert 3").reached
    assert plus(story.clock.now(), 0) == story.clock.now()
