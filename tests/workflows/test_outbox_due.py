"""Posts leave once, in turn, and a place that cannot be reached delays nobody else."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator

import pytest

from firebell.domain.outbox import commands, queries, rules
from firebell.domain.outbox.model import NewPost, Outcome, OutcomeKind
from firebell.kernel.clock import SystemClock
from tests.workflows.outbox_yard import Yard, failing

HOUR = 3600


@pytest.fixture
def yard(database_url: str) -> Iterator[Yard]:
    opened = Yard(database_url)
    yield opened
    opened.close()


def test_a_post_leaves_with_the_commit_that_put_it(yard: Yard) -> None:
    def job(work):  # type: ignore[no-untyped-def]
        commands.put(work, "test", "alpha", {"words": "never"})
        raise LookupError

    with pytest.raises(LookupError):
        yard.runner.run(job)
    yard.settle()
    assert yard.told == []

    yard.put("alpha", "now")
    yard.settle()
    assert [(one.target, one.words) for one in yard.told] == [("alpha", "now")]
    assert yard.states() == ["sent"]


def test_a_key_is_put_once_ever(yard: Yard) -> None:
    first = yard.put("alpha", "one", key="k")
    assert yard.put("alpha", "two", key="k") == first
    yard.settle()
    assert yard.put("alpha", "three", key="k") == first
    many = [NewPost("test", "alpha", {"words": "four"}, key="k"), NewPost("test", "alpha", {"words": "five"}, key="l")]
    assert yard.runner.run(lambda work: commands.put_all(work, many)) == 1
    yard.settle()
    assert yard.words_to("alpha") == ["one", "five"]


def test_an_unreachable_place_delays_nobody_else(yard: Yard) -> None:
    yard.script = failing("dead")
    for n in range(30):
        yard.put("dead", f"d{n}")
    for n in range(5):
        yard.put(f"alive{n}")
    yard.run_for(seconds=1)
    alive = [one for one in yard.told if one.target.startswith("alive")]
    assert len(alive) == 5
    assert {one.after_s for one in alive} == {0.0}
    assert [one.target for one in yard.told].count("dead") == 1, "the second post waits for the probe"


def test_lanes_take_turns(yard: Yard) -> None:
    for n in range(40):
        yard.put("busy", f"b{n}", lane="bulk")
    yard.put("single", "s")
    yard.settle()
    order = [one.target for one in yard.told]
    assert order.index("single") <= 1
    assert yard.words_to("busy") == [f"b{n}" for n in range(40)]


def test_a_failing_place_is_tried_on_the_schedule_and_then_given_up(yard: Yard) -> None:
    yard.script = failing("dead")
    post_id = yard.put("dead")
    yard.run_for(hours=100)
    tries = [round(one.after_s) for one in yard.told]
    waits = [b - a for a, b in itertools.pairwise(tries)]
    assert waits == [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
    assert yard.post(post_id).state == "failed"
    facts = yard.runner.read(lambda read: [one.kind for one in read.history("dead")])
    assert facts == ["post.failed"]


def test_what_waits_behind_a_broken_place_follows_once_it_answers(yard: Yard) -> None:
    yard.script = failing("shaky", times=2)
    for n in range(4):
        yard.put("shaky", f"s{n}")
    yard.run_for(seconds=400)
    assert yard.words_to("shaky") == ["s0", "s1", "s2", "s3"]
    assert len(yard.told) == 6, "two failures of the first, no others"
    assert yard.runner.read(lambda read: queries.lane(read, rules.own_lane("test", "shaky"))) is None


def test_a_new_post_to_a_broken_place_does_not_jump_its_wait(yard: Yard) -> None:
    yard.script = failing("dead")
    yard.put("dead", "first")
    yard.run_for(seconds=10)
    before = len(yard.told)
    yard.put("dead", "second")
    yard.run_for(seconds=200)
    assert len(yard.told) == before


def test_a_shared_lane_is_looked_at_again_within_a_minute(yard: Yard) -> None:
    down = [True]
    yard.script = lambda target, attempt: Outcome(OutcomeKind.RETRY, "no mail server") if down[0] else None
    for n in range(20):
        yard.put(f"person{n}", lane="mail")
    yard.run_for(seconds=1800)
    assert len(yard.told) < 20 + 1800 / 50, "one probe at a time"
    down[0] = False
    yard.run_for(seconds=65)
    sent = {one.target for one in yard.told if one.outcome == "sent"}
    assert len(sent) >= 10, "those that were only waiting go at once"
    yard.run_for(hours=3)
    assert len({one.target for one in yard.told if one.outcome == "sent"}) == 20


def test_a_stream_goes_strictly_in_order(yard: Yard) -> None:
    yard.script = failing("room", times=2)
    for n in range(3):
        yard.put("room", f"r{n}", stream="room")
    yard.put("other", "o", stream="other")
    yard.run_for(seconds=2)
    assert yard.words_to("other") == ["o"]
    yard.run_for(seconds=400)
    assert yard.words_to("room") == ["r0", "r1", "r2"]


def test_a_refused_message_makes_room_for_the_next_of_its_stream(yard: Yard) -> None:
    yard.script = lambda target, attempt: Outcome(OutcomeKind.DEAD, "400") if len(yard.told) == 0 else None
    first = yard.put("room", "bad", stream="room")
    yard.put("room", "good", stream="room")
    yard.settle()
    assert yard.words_to("room") == ["good"]
    assert yard.post(first).state == "failed"


def test_a_receiver_may_ask_for_a_longer_wait(yard: Yard) -> None:
    yard.script = failing("slow", times=1, retry_after_s=900)
    yard.put("slow")
    yard.run_for(hours=1)
    assert [round(one.after_s) for one in yard.told] == [0, 900]


def test_nothing_is_sent_to_a_target_that_has_gone(yard: Yard) -> None:
    post_id = yard.put("left")
    yard.desk.gone.add("left")
    yard.settle()
    assert yard.told == []
    assert yard.post(post_id).state == "cancelled"


def test_a_post_is_given_up_when_it_is_too_old_to_be_of_use(yard: Yard) -> None:
    yard.outlet.patience_s = 600
    yard.script = failing("dead")
    post_id = yard.put("dead")
    yard.run_for(hours=2)
    assert [round(one.after_s) for one in yard.told] == [0, 5, 305]
    assert "too old" in yard.post(post_id).reply


def test_a_restart_in_the_middle_sends_again_and_says_so(yard: Yard) -> None:
    post_id = yard.put("alpha")
    waiting = yard.runner.read(lambda read: queries.waiting(read, limit=9, lane_max=9))
    yard.runner.run(lambda work: commands.claim(work, waiting, "dead boot", slots=9, lane_max=9))
    yard.settle()
    assert yard.told == [], "somebody is sending it, as far as anybody knows"

    yard.runner.run(lambda work: commands.end_leases(work, "boot"))
    yard.settle()
    assert [one.attempt for one in yard.told] == [2]
    assert yard.post(post_id).state == "sent"


def test_a_lease_runs_out_by_itself(yard: Yard) -> None:
    yard.put("alpha")
    waiting = yard.runner.read(lambda read: queries.waiting(read, limit=9, lane_max=9))
    yard.runner.run(lambda work: commands.claim(work, waiting, "another node", slots=9, lane_max=9))
    yard.run_for(seconds=rules.LEASE_S - 1)
    assert yard.told == []
    yard.run_for(seconds=2)
    assert len(yard.told) == 1


def test_only_the_newest_holder_may_record(yard: Yard) -> None:
    post_id = yard.put("alpha")

    def claim(boot: str):  # type: ignore[no-untyped-def]
        waiting = yard.runner.read(lambda read: queries.waiting(read, limit=9, lane_max=9))
        return yard.runner.run(lambda work: commands.claim(work, waiting, boot, slots=9, lane_max=9))[0]

    old = claim("a")
    yard.clock.advance(rules.LEASE_S + 1)
    yard.runner.run(commands.take_over)
    new = claim("b")
    failed, sent = Outcome(OutcomeKind.DEAD, "400"), Outcome(OutcomeKind.SENT, "200")
    assert yard.runner.run(lambda work: commands.record(work, old, failed, patience_s=9, jitter=0)) is None
    assert yard.post(post_id).state == "sending"
    assert yard.runner.run(lambda work: commands.record(work, new, sent, patience_s=9, jitter=0)) is not None
    assert yard.post(post_id).state == "sent"


def test_a_late_result_counts_while_nobody_has_taken_over(yard: Yard) -> None:
    post_id = yard.put("alpha")
    waiting = yard.runner.read(lambda read: queries.waiting(read, limit=9, lane_max=9))
    held = yard.runner.run(lambda work: commands.claim(work, waiting, "a", slots=9, lane_max=9))[0]
    yard.clock.advance(rules.LEASE_S + 1)
    yard.runner.run(commands.take_over)
    sent = Outcome(OutcomeKind.SENT, "200")
    yard.runner.run(lambda work: commands.record(work, held, sent, patience_s=9, jitter=0))
    yard.settle()
    assert yard.told == []
    assert yard.post(post_id).state == "sent"


def test_a_post_that_takes_its_senders_down_is_set_aside(yard: Yard) -> None:
    poison, fine = yard.put("poison"), yard.put("fine")
    for _ in range(rules.UNRECORDED_MAX):
        waiting = yard.runner.read(lambda read: queries.waiting(read, limit=9, lane_max=9))
        mine = [one for one in waiting if one.id == poison]
        yard.runner.run(lambda work, mine=mine: commands.claim(work, mine, "dying", slots=9, lane_max=9))  # type: ignore[misc]
        yard.clock.advance(rules.LEASE_S + 1)
        yard.runner.run(commands.take_over)
    yard.settle()
    assert yard.post(fine).state == "sent"
    assert yard.post(poison).state == "failed"
    assert [one.target for one in yard.told] == ["fine"]


def test_a_place_that_does_not_answer_keeps_a_hand_for_a_second_only(database_url: str) -> None:
    """Four hands, four places that hang: the fifth is told all the same."""
    clock = SystemClock()
    yard = Yard(database_url, posters=4, clock=clock)  # type: ignore[arg-type]
    hanging, done = threading.Event(), threading.Event()

    def script(target: str, attempt: int) -> Outcome | None:
        if target.startswith("hang"):
            hanging.wait(30)
        else:
            done.set()
        return None

    yard.script = script
    try:
        for n in range(4):
            yard.put(f"hang{n}")
        _act_until(yard, lambda: queries_sending(yard) == 4)
        yard.put("fine")
        _act_until(yard, done.is_set)
        assert done.is_set()
    finally:
        hanging.set()
        yard.close()


def queries_sending(yard: Yard) -> int:
    return yard.runner.read(queries.counts)["sending"]


def _act_until(yard: Yard, holds: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(400):
        yard.dispatcher.act()
        if holds():
            return
        pause.wait(0.02)
    raise AssertionError("waited in vain")


def test_two_dispatchers_never_send_the_same_post(yard: Yard) -> None:
    other = yard.another("second")
    for n in range(40):
        yard.put(f"t{n % 7}", f"w{n}")
    while yard.dispatcher.act() or other.act():
        pass
    assert sorted(one.words for one in yard.told) == sorted(f"w{n}" for n in range(40))


def test_finished_posts_are_forgotten_after_a_month(yard: Yard) -> None:
    yard.put("alpha")
    yard.settle()
    yard.clock.advance(29 * 86_400)
    assert yard.runner.run(commands.tidy) == 0
    yard.clock.advance(2 * 86_400)
    assert yard.runner.run(commands.tidy) == 1
