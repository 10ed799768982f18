"""What senders say and in which order it comes: open, repeat, acknowledge, resolve, silence, backlog."""

from __future__ import annotations

from dataclasses import replace

from firebell.domain.alerts.model import Arrival, Raw, Signal, Status
from firebell.kernel.clock import plus
from firebell.workflows import alert_arrives
from tests.story import Story
from tests.workflows.cast import data, ladder_of_three, run_of

RAW = Raw("generic", "POST", "/", "application/json", b"{}", 2)


def at_once(story: Story, *given: tuple[Status, int]) -> list[str]:
    """Signals of one key that were kept back together, (status, stamped seconds ago); what became of each."""
    now = story.clock.now()
    signals = [
        Signal(
            status=status, summary="K", dedup_key="K", starts_at=plus(now, -ago) if status is Status.FIRING else None,
            ends_at=plus(now, -ago) if status is Status.RESOLVED else None,
        )
        for status, ago in given
    ]  # fmt: skip
    arrivals = [Arrival(story.origins["checkout"], [one], RAW) for one in signals]
    answers = story.run(lambda work: alert_arrives.arrive(work, arrivals))
    for (one,) in answers:
        if one.alert is not None:
            story.alert_ids["K"] = one.alert.id
    story.settle()
    return [one.became.value for (one,) in answers]


def test_a_senders_acknowledgement_and_resolve_do_what_a_persons_do(story: Story) -> None:
    ladder_of_three(story)
    story.receive("disk full")
    assert story.receive("disk full", status=Status.ACKNOWLEDGED).became == "acknowledged"
    assert run_of(story).state == "acknowledged"
    story.run_for(minutes=20)
    assert story.paged() == ["primary"]
    assert story.clear("disk full").became == "resolved"
    assert run_of(story).state == "ended"
    assert [s.message.title for s in story.messages("status")] == [
        "Somebody acknowledged: disk full", "Resolved: disk full",
    ]  # fmt: skip
    assert story.clear("disk full").became == "nothing_open"


def test_after_its_end_the_same_key_opens_a_new_alert_that_names_the_last(story: Story) -> None:
    ladder_of_three(story)
    first = story.receive("disk full").alert
    story.resolve("primary")
    second = story.receive("disk full").alert
    assert first is not None
    assert second is not None
    assert second.id != first.id
    assert second.previous_alert_id == first.id
    assert story.paged() == ["primary", "primary"]


def test_a_backlog_of_trigger_resolve_trigger_pages_once_for_what_is_open_now(story: Story) -> None:
    ladder_of_three(story)
    became = at_once(story, (Status.FIRING, 1080), (Status.RESOLVED, 900), (Status.FIRING, 480))
    assert became == ["opened", "resolved", "opened"]
    story.run_for(seconds=30)
    assert story.paged() == ["primary"]
    assert {s.message.alert_id for s in story.messages()} == {story.alert_ids["K"]}


def test_a_backlog_of_trigger_and_resolve_pages_nobody(story: Story) -> None:
    ladder_of_three(story)
    assert at_once(story, (Status.FIRING, 1080), (Status.RESOLVED, 900)) == ["opened", "resolved"]
    story.run_for(minutes=30)
    assert story.sent == []
    assert story.breaches() == []


def test_a_trigger_that_comes_after_its_own_resolve_opens_nothing(story: Story) -> None:
    ladder_of_three(story)
    assert at_once(story, (Status.RESOLVED, 60), (Status.FIRING, 120)) == ["nothing_open", "stale_trigger"]
    story.run_for(minutes=30)
    assert story.sent == []


def test_acknowledged_and_resolved_in_one_request_ends_it_quietly(story: Story) -> None:
    ladder_of_three(story)
    assert at_once(story, (Status.FIRING, 5), (Status.ACKNOWLEDGED, 4), (Status.RESOLVED, 3)) == [
        "opened", "acknowledged", "resolved",
    ]  # fmt: skip
    assert run_of(story, "K").state == "ended"
    story.run_for(minutes=30)
    assert story.paged() == []
    assert story.breaches() == []


def test_a_sender_that_repeats_and_falls_silent_has_its_alert_resolved(story: Story) -> None:
    ladder_of_three(story)
    story.origins["checkout"] = replace(story.origins["checkout"], resolve_timeout_s=300)
    story.receive("disk full")
    story.run_for(minutes=4)
    story.receive("disk full")
    story.run_for(minutes=4, seconds=59)
    assert story.alert().state == "open"
    story.run_for(seconds=2)
    assert story.alert().state == "resolved"
    assert data(story, "alert.resolved") == [{"via": "the sender fell silent"}]
    assert run_of(story).state == "ended"
    again = story.receive("disk full").alert
    assert again is not None
    assert again.previous_alert_id is not None


def test_a_thousand_repeats_are_one_alert_one_page_and_eleven_lines_of_history(story: Story) -> None:
    ladder_of_three(story)
    story.receive("disk full")
    signal = Signal(status=Status.FIRING, summary="disk full", dedup_key="disk full")
    one = Arrival(story.origins["checkout"], [signal] * 1023, RAW)
    story.run(lambda work: alert_arrives.arrive(work, [one]))
    story.settle()
    assert story.alert().count == 1024
    assert [d["count"] for d in data(story, "alert.repeated")] == [2**n for n in range(1, 11)]
    assert story.paged() == ["primary"]
