"""What stands between mitigated and resolved: criteria, the window, open alerts, and a sentence that says enough."""

from __future__ import annotations

import pytest

from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import Phase, Severity
from firebell.domain.incidents.verification import Remaining, all_clear_faults, remaining
from firebell.kernel.clock import plus
from firebell.kernel.errors import Conflict
from tests.domain.incidents.room import ANN, BOB, CLEAR, Room, commanded


def mitigated(severity: Severity = Severity.SEV2) -> Room:
    room = commanded(severity, impact="Orders fail.")
    room.say(ANN, verbs.Mitigate())
    return room


def left(room: Room) -> Remaining:
    return remaining(room.incident, room.asking(ANN))


@pytest.mark.parametrize(("severity", "minutes"), [("SEV1", 30), ("SEV2", 20), ("SEV3", 10), ("SEV4", 0)])
def test_how_long_it_must_have_been_stable(severity: str, minutes: int) -> None:
    assert left(mitigated(Severity(severity))).window_left_s == minutes * 60


def test_the_worst_it_has_been_decides() -> None:
    room = commanded(Severity.SEV1, impact="Orders fail.")
    room.say(ANN, verbs.SetSeverity(to=Severity.SEV3, reason="Only one shop is affected."))
    room.say(ANN, verbs.Mitigate())
    assert left(room).window_left_s == 30 * 60


def test_the_countdown_counts_down_to_nothing() -> None:
    room = mitigated()
    room.wait(19.5)
    assert (left(room).window_left_s, left(room).verified) == (30, False)
    room.wait(0.5)
    assert (left(room).window_left_s, left(room).window_ends_at, left(room).verified) == (0, None, True)


def test_every_part_is_named() -> None:
    room = mitigated()
    room.say(ANN, verbs.AddCriterion(text="Queue is empty"))
    room.say(BOB, verbs.LinkAlert(alert_id="alr_1"))
    found = left(room)
    assert [part.what for part in found.parts] == ["criterion: Queue is empty", "stability window", "alert alr_1"]
    assert (len(found.unticked), found.open_alert_ids, found.asks_for_criterion) == (1, ("alr_1",), False)


def test_with_no_criterion_one_is_asked_for_and_nothing_is_in_the_way() -> None:
    room = mitigated(Severity.SEV4)
    assert (left(room).asks_for_criterion, left(room).verified) == (True, True)


@pytest.mark.parametrize(
    ("text", "enough"),
    [
        ("Checkout has recovered. No data was lost and there are no lingering effects.", True),
        ("Everything is back to normal; the backlog of mails is delayed by an hour.", True),
        ("Service restored, no data loss.", True),
        ("Checkout has recovered.", False),
        ("No data was lost.", False),
        ("All good.", False),
        ("", False),
    ],
)
def test_an_all_clear_says_that_it_has_recovered_and_what_lingers_or_that_nothing_does(text: str, enough: bool) -> None:
    assert (all_clear_faults(text) == ()) is enough


def test_resolving_waits_for_all_of_it_or_takes_a_typed_reason() -> None:
    room = mitigated()
    with pytest.raises(Conflict) as refused:
        room.say(ANN, verbs.Resolve(all_clear=CLEAR))
    assert "stability window" in refused.value.message
    room.say(ANN, verbs.Resolve(all_clear=CLEAR, skip="The whole service was retired."))
    assert room.incident.phase is Phase.RESOLVED
    assert [one.what for one in room.incident.skipped] == ["stability window"]


def test_a_window_that_a_time_in_the_past_began_is_shorter() -> None:
    room = commanded(Severity.SEV2, impact="Orders fail.")
    room.wait(15)
    room.say(ANN, verbs.Mitigate(at=plus(room.now, -600)))
    assert left(room).window_left_s == 600
