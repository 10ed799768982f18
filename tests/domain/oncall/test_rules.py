"""Who is on call: layers, windows, overrides, shadows, edits, refusals."""

from __future__ import annotations

from dataclasses import replace

import pytest

from firebell.domain.oncall.model import EmptyReason, LayerRole, OverrideKind, RotationLayer, Shift
from firebell.domain.oncall.rules import (
    agenda,
    check_layers,
    check_override,
    check_window,
    current_layers,
    edited,
    gaps,
    next_change,
    same_setting,
    shifts,
    who,
)
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Conflict, Invalid
from firebell.kernel.ids import LayerId
from tests.domain.oncall.roster import (
    WORKDAYS,
    fixed,
    hours,
    layer,
    override,
    primaries,
    schedule,
    weekly,
    window,
    z,
)

DAY = z("2026-06-01 00:00")


def h(hour: float) -> Instant:
    """Hours after midnight of the day these tests happen on."""
    return Instant.from_timestamp(DAY.timestamp() + round(hour * 3600))


def shown(found: tuple[Shift, ...]) -> list[str]:
    def hour(at: Instant) -> str:
        return f"{(at.timestamp() - DAY.timestamp()) / 3600:g}"

    return [f"{shift.user_id}{hour(shift.starts_at)}-{hour(shift.ends_at)}" for shift in found]


def test_the_whole_order_of_resolution() -> None:
    ones = [("A", 10, 15), ("B", 11, 13), ("A", 16, 19), ("A", 21, 22), ("B", 22, 24)]
    twos = [("C", 12, 14), ("D", 14, 15), ("D", 17, 18), ("D", 20, 23)]
    layers = [fixed(who, h(a), h(b), f"one{n}", 1) for n, (who, a, b) in enumerate(ones)]
    layers += [fixed(who, h(a), h(b), f"two{n}", 2) for n, (who, a, b) in enumerate(twos)]
    windows = (
        window(h(22), h(23), fixed("E", h(0), h(48), "e"), rank=0, n=1),
        window(h(22), h(22.5), fixed("A", h(0), h(48), "a"), rank=1, n=2),
    )
    day = agenda(schedule(*layers, windows=windows), h(0), h(24))
    assert shown(day.shifts) == [
        "A10-12", "B11-12", "C12-14", "D14-15", "A16-17", "D17-18", "A18-19",
        "D20-22", "A22-22.5", "E22.5-23", "B23-24",
    ]  # fmt: skip
    assert [(gap.starts_at, gap.ends_at) for gap in day.gaps] == [(h(0), h(10)), (h(15), h(16)), (h(19), h(20))]


def test_the_answer_says_why() -> None:
    week = layer("Europe/Berlin", "2026-01-05 09:00", 1, "week", "A B", "base")
    (person,) = who(schedule(week), z("2026-01-13 12:00")).people
    assert (person.user_id, person.schedule_id, person.layer_id, person.layer_name, person.turn, person.role) == (
        "B", "sch_1", "lay_base", "base", 1, LayerRole.PRIMARY,
    )  # fmt: skip


def test_a_slot_of_several_people_puts_all_of_them_on() -> None:
    pair = schedule(layer("UTC", "2026-06-01 00:00", 1, "day", "AB C"))
    assert who(pair, h(1)).user_ids == ("A", "B")
    assert who(pair, h(25)).user_ids == ("C",)


def test_equal_priorities_coexist() -> None:
    both = schedule(fixed("A", h(0), h(8), "one"), fixed("B", h(4), h(12), "other"))
    assert who(both, h(5)).user_ids == ("A", "B")
    assert shown(shifts(both, h(0), h(12))) == ["A0-8", "B4-12"]


def test_an_empty_slot_of_high_priority_does_not_shadow() -> None:
    high = layer("UTC", "2026-06-01 00:00", 6, "hour", "- B", "high", priority=5)
    both = schedule(high, fixed("A", h(0), h(24), "low", 0))
    assert shown(shifts(both, h(0), h(12))) == ["A0-6", "B6-12"]


def test_an_empty_slot_alone_is_a_gap_with_its_own_reason() -> None:
    lonely = schedule(layer("UTC", "2026-06-01 00:00", 6, "hour", "- B"))
    assert [(g.starts_at, g.ends_at, g.reason) for g in gaps(lonely, h(0), h(12))] == [
        (h(0), h(6), EmptyReason.EMPTY_SLOT)
    ]
    assert who(lonely, h(1)).reason is EmptyReason.EMPTY_SLOT


def test_the_tail_of_a_lower_layer_survives_a_restricted_higher_one() -> None:
    high = layer("UTC", "2026-06-01 00:00", 1, "day", "B", "high", priority=2, restrictions=(hours("09:00", "17:00"),))
    both = schedule(high, layer("UTC", "2026-06-01 00:00", 1, "day", "A", "low"))
    assert shown(shifts(both, h(0), h(24))) == ["A0-9", "B9-17", "A17-24"]


def test_a_second_without_anybody_is_a_seam_and_two_are_a_gap() -> None:
    def pair(pause_s: int) -> tuple[object, ...]:
        later = Instant.from_timestamp(h(8).timestamp() + pause_s)
        return gaps(schedule(fixed("A", h(0), h(8), "one"), fixed("B", later, h(12), "other")), h(0), h(12))

    assert pair(1) == ()
    assert len(pair(2)) == 1


def test_a_gap_cut_short_by_the_question_is_still_a_gap() -> None:
    late = schedule(fixed("A", h(8), h(12), "one"))
    nearly = Instant.from_timestamp(h(8).timestamp() - 1)
    assert [(g.starts_at, g.ends_at) for g in gaps(late, nearly, h(9))] == [(nearly, h(8))]


# --- overrides ---------------------------------------------------------------------------------------------------

ALONE = fixed("A", h(0), h(24), "base")


def test_overrides_are_not_transitive() -> None:
    chain = (override("replace", "A", h(2), h(6), by="B", n=1), override("replace", "B", h(2), h(6), by="C", n=2))
    assert who(schedule(ALONE, overrides=chain), h(3)).user_ids == ("B",)


def test_a_replacement_cuts_the_shift_in_three_and_says_for_whom() -> None:
    covered = schedule(ALONE, overrides=(override("replace", "A", h(2), h(6), by="B"),))
    assert shown(shifts(covered, h(0), h(24))) == ["A0-2", "B2-6", "A6-24"]
    (person,) = who(covered, h(2)).people
    assert (person.override_id, person.instead_of, person.layer_name) == ("ovr_1", "A", "base")


def test_only_the_named_person_of_a_pair_is_replaced() -> None:
    pair = layer("UTC", "2026-06-01 00:00", 1, "day", "AB")
    covered = schedule(pair, overrides=(override("replace", "A", h(2), h(6), by="C"),))
    assert set(who(covered, h(3)).user_ids) == {"B", "C"}


def test_remove_and_replace_do_nothing_for_somebody_who_is_not_on() -> None:
    idle = (override("replace", "X", h(2), h(6), by="B", n=1), override("remove", "Y", h(2), h(6), n=2))
    assert who(schedule(ALONE, overrides=idle), h(3)).user_ids == ("A",)


def test_a_removal_may_leave_nobody_and_says_so() -> None:
    removed = schedule(ALONE, overrides=(override("remove", "A", h(2), h(6)),))
    assert who(removed, h(3)).reason is EmptyReason.REMOVED
    assert [g.reason for g in gaps(removed, h(0), h(24))] == [EmptyReason.REMOVED]


def test_add_always_adds_even_where_nobody_is() -> None:
    added = schedule(overrides=(override("add", "B", h(2), h(6)),))
    assert shown(shifts(added, h(0), h(24))) == ["B2-6"]


def test_a_cover_does_not_merge_neighbouring_shifts() -> None:
    daily = layer("UTC", "2026-06-01 00:00", 6, "hour", "A")
    covered = schedule(daily, overrides=(override("replace", "A", h(0), h(24), by="B"),))
    assert shown(shifts(covered, h(0), h(24))) == ["B0-6", "B6-12", "B12-18", "B18-24"]


@pytest.mark.parametrize(("everywhere_n", "own_n"), [(1, 2), (2, 1)])
def test_cover_me_everywhere_yields_to_one_on_the_schedule(everywhere_n: int, own_n: int) -> None:
    both = (
        override("replace", "A", h(0), h(12), by="B", n=everywhere_n, everywhere=True),
        override("replace", "A", h(4), h(6), by="C", n=own_n),
    )
    assert shown(shifts(schedule(ALONE, overrides=both), h(0), h(12))) == ["B0-4", "C4-6", "B6-12"]


def test_a_window_replaces_overrides_saved_before_it_and_not_those_saved_after() -> None:
    early = override("replace", "A", h(0), h(12), by="B", n=1, saved_at=h(-3))
    add = override("add", "D", h(0), h(12), n=2, saved_at=h(-1))
    during = window(h(4), h(6), fixed("A", h(0), h(48), "w"), saved_at=h(-2))
    day = schedule(ALONE, overrides=(early, add), windows=(during,))
    assert who(day, h(1)).user_ids == ("B", "D")
    assert who(day, h(5)).user_ids == ("A", "D")


def test_windows_of_equal_rank_coexist_and_an_idle_one_of_higher_rank_does_not_shadow() -> None:
    idle = layer("UTC", "2026-06-01 00:00", 1, "day", "X", "x", restrictions=(hours("20:00", "21:00"),))
    day = schedule(
        ALONE,
        windows=(
            window(h(4), h(6), fixed("B", h(0), h(48), "b"), n=1),
            window(h(4), h(6), fixed("C", h(0), h(48), "c"), n=2),
            window(h(4), h(6), idle, rank=9, n=3),
        ),
    )
    assert who(day, h(5)).user_ids == ("B", "C")


def test_where_a_window_has_nobody_the_layers_stay_replaced() -> None:
    half = layer("UTC", "2026-06-01 00:00", 1, "day", "B", "b", restrictions=(hours("04:00", "05:00"),))
    day = schedule(ALONE, windows=(window(h(4), h(6), half),))
    assert shown(shifts(day, h(0), h(8))) == ["A0-4", "B4-5", "A6-8"]


# --- shadows -----------------------------------------------------------------------------------------------------


def test_shadows_stand_apart_and_never_cover() -> None:
    trainee = layer("UTC", "2026-06-01 00:00", 1, "day", "T", "trainee", role=LayerRole.SHADOW, priority=9)
    both = schedule(trainee, fixed("A", h(0), h(6), "base"))
    answer = who(both, h(3))
    assert answer.user_ids == ("A",)
    assert [person.user_id for person in answer.shadows] == ["T"]
    alone = who(both, h(7))
    assert (alone.user_ids, alone.reason) == ((), EmptyReason.UNCOVERED)
    assert [(g.starts_at, g.ends_at) for g in gaps(both, h(0), h(12))] == [(h(6), h(12))]
    assert [s.user_id for s in primaries(shifts(both, h(0), h(12)))] == ["A"]


def test_an_override_does_not_touch_a_shadow() -> None:
    trainee = layer("UTC", "2026-06-01 00:00", 1, "day", "A", "trainee", role=LayerRole.SHADOW)
    day = schedule(ALONE, trainee, overrides=(override("remove", "A", h(2), h(6)),))
    assert [person.user_id for person in who(day, h(3)).shadows] == ["A"]


# --- the next change ---------------------------------------------------------------------------------------------


def test_the_next_change_is_the_next_handoff_and_not_a_hidden_one() -> None:
    hidden = layer("UTC", "2026-06-01 00:00", 1, "hour", "X Y", "hidden", priority=0)
    week = layer("UTC", "2026-06-01 00:00", 1, "week", "A B", "seen", priority=1)
    assert next_change(schedule(hidden, week), h(1)) == z("2026-06-08 00:00")


def test_a_schedule_that_never_changes_says_so() -> None:
    constant = layer("UTC", "2026-06-01 00:00", 1, "week", "A", "seen", priority=1)
    hidden = layer("UTC", "2026-06-01 00:00", 1, "hour", "X Y", "hidden", priority=0)
    assert next_change(schedule(hidden, constant), h(1)) is None
    assert next_change(schedule(), h(1)) is None


def test_the_next_change_may_be_an_override_a_window_or_the_end() -> None:
    day = schedule(
        ALONE,
        overrides=(override("replace", "A", h(2), h(3), by="B"),),
        windows=(window(h(5), h(6), fixed("C", h(0), h(48), "w")),),
        deleted_at=h(7),
    )
    seen, at = [], h(0)
    while (change := next_change(day, at)) is not None:
        seen.append(change)
        at = change
    assert seen == [h(2), h(3), h(5), h(6), h(7)]
    assert who(day, h(7)).reason is EmptyReason.DELETED


# --- edits -------------------------------------------------------------------------------------------------------


def edit(before: RotationLayer, after: RotationLayer, now: Instant, *, keep_current: bool = True) -> list[str]:
    new = replace(after, id=LayerId("lay_new"))
    layers = edited(schedule(before), [new], now, keep_current=keep_current)
    found = shifts(schedule(*layers), h(0), h(5 * 24))
    return [f"{s.user_id}{(s.starts_at.timestamp() - DAY.timestamp()) / 86400:g}" for s in found]


def test_an_edit_keeps_whoever_is_on_until_the_next_handoff_and_the_order_goes_on() -> None:
    before = layer("UTC", "2026-06-01 00:00", 1, "day", "A B C")
    after = layer("UTC", "2026-06-01 00:00", 1, "day", "D A B C")
    assert edit(before, after, h(36)) == ["A0", "B1", "B1.5", "C2", "D3", "A4"]
    assert edit(before, after, h(36), keep_current=False) == ["A0", "B1", "A1.5", "B2", "C3", "D4"]


def test_a_removed_current_person_hands_over_now_to_whoever_followed() -> None:
    before = layer("UTC", "2026-06-01 00:00", 1, "day", "A B C")
    assert edit(before, layer("UTC", "2026-06-01 00:00", 1, "day", "A C"), h(36)) == [
        "A0",
        "B1",
        "C1.5",
        "A2",
        "C3",
        "A4",
    ]


def test_an_edit_that_says_nothing_new_changes_nothing() -> None:
    before = layer("UTC", "2026-06-01 00:00", 1, "day", "A B C")
    people = schedule(before)
    assert edited(people, [replace(before, id=LayerId("lay_new"))], h(36)) == people.layers


def test_the_past_answers_as_it_did_before_the_edit() -> None:
    before = layer("UTC", "2026-06-01 00:00", 1, "day", "A B C")
    after = layer("UTC", "2026-06-01 00:00", 1, "week", "C B", id=LayerId("lay_2"))
    people = schedule(before)
    changed = schedule(*edited(people, [after], h(36)))
    assert shifts(changed, h(0), h(36)) == shifts(people, h(0), h(36))
    assert [one.id for one in current_layers(changed)] == ["lay_2"]
    assert current_layers(changed)[0].follows == before.id


def test_a_layer_left_out_ends_now_and_a_new_one_begins_now() -> None:
    old, new = layer("UTC", "2026-06-01 00:00", 1, "day", "A"), layer("UTC", "2026-06-01 00:00", 1, "day", "B", "night")
    changed = schedule(*edited(schedule(old), [new], h(36)))
    assert [(s.user_id, s.starts_at) for s in shifts(changed, h(0), h(40))] == [("A", h(0)), ("A", h(24)), ("B", h(36))]


def test_two_edits_in_one_instant_leave_no_version_that_never_was() -> None:
    first = layer("UTC", "2026-06-01 00:00", 1, "day", "A B")
    once = schedule(*edited(schedule(first), [replace(first, slots=first.slots[:1], id=LayerId("lay_2"))], h(36)))
    twice = edited(once, [replace(first, priority=3, id=LayerId("lay_3"))], h(36))
    assert [(one.id, one.follows) for one in twice] == [(first.id, None), ("lay_3", first.id)]


def test_what_an_edit_leaves_behind_is_not_a_setting() -> None:
    one = layer("UTC", "2026-06-01 00:00", 1, "day", "A B")
    assert same_setting(one, replace(one, id=LayerId("x"), turn_offset=1, in_force_from=h(0)))
    assert not same_setting(one, replace(one, start_index=1))


# --- refusals ----------------------------------------------------------------------------------------------------


def refused(exception: type[Exception], field: str, call: object, *args: object) -> None:
    with pytest.raises(exception) as caught:
        call(*args)  # type: ignore[operator]
    assert getattr(caught.value, "field") == field  # noqa: B009


BASE = layer("UTC", "2026-06-01 00:00", 1, "day", "A B")
WEEKEND = weekly("FRI 20:00", "MON 08:00")


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        (replace(BASE, zone="Mars/Base"), "layers[0].timeZone"),
        (replace(BASE, zone="../etc/passwd"), "layers[0].timeZone"),
        (replace(BASE, every=0), "layers[0].rotation.every"),
        (replace(BASE, every=9001), "layers[0].rotation.every"),
        (replace(BASE, slots=()), "layers[0].rotation.participants"),
        (replace(BASE, slots=(("A", "A"),)), "layers[0].rotation.participants[0]"),
        (replace(BASE, start_index=2), "layers[0].rotation.startIndex"),
        (replace(BASE, priority=10), "layers[0].priority"),
        (replace(BASE, name=""), "layers[0].name"),
        (replace(BASE, starts_at=h(2), ends_at=h(1)), "layers[0].endsAt"),
        (replace(BASE, restrictions=(hours("09:00", "17:00", ()),)), "layers[0].restrictions[0].days"),
        (replace(BASE, restrictions=(replace(WEEKEND, days=WORKDAYS),)), "layers[0].restrictions[0].from"),
    ],
)  # fmt: skip
def test_a_layer_that_cannot_be_is_refused_by_field(broken: RotationLayer, field: str) -> None:
    refused(Invalid, field, check_layers, [broken])


def test_two_layers_of_one_name_are_refused() -> None:
    refused(Invalid, "layers[1].name", check_layers, [BASE, BASE])


def test_overlapping_overrides_naming_the_same_person_are_refused() -> None:
    old = override("replace", "A", h(2), h(6), by="B")
    refused(Conflict, "user_id", check_override, override("remove", "A", h(5), h(7), n=2), [old])
    check_override(override("remove", "A", h(6), h(7), n=2), [old])
    check_override(override("replace", "B", h(5), h(7), by="C", n=2), [old])
    check_override(override("remove", "A", h(5), h(7), n=2, everywhere=True), [old])


def test_an_impossible_override_is_refused() -> None:
    refused(Invalid, "ends_at", check_override, override("remove", "A", h(2), h(2)), [])
    refused(Invalid, "by_user_id", check_override, override("replace", "A", h(2), h(3)), [])
    refused(Invalid, "by_user_id", check_override, override("replace", "A", h(2), h(3), by="A"), [])
    refused(Invalid, "by_user_id", check_override, override(OverrideKind.ADD, "A", h(2), h(3), by="B"), [])


def test_an_empty_window_is_refused() -> None:
    refused(Invalid, "layers", check_window, window(h(2), h(4), layer("UTC", "2026-06-01 00:00", 1, "day", "-")))
    never = layer("UTC", "2026-06-01 00:00", 1, "day", "A", restrictions=(hours("09:00", "17:00"),))
    refused(Invalid, "layers", check_window, window(h(2), h(4), never))
    refused(Invalid, "rank", check_window, window(h(2), h(4), ALONE, rank=10))
    refused(Invalid, "layers", check_window, window(h(2), h(4), replace(ALONE, role=LayerRole.SHADOW)))
    check_window(window(h(2), h(4), ALONE))
