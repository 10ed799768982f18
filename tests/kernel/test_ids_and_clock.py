"""Ids sort in the order they were made, whatever the clock does; a set clock moves only forward, and when told."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebell.kernel import ids
from firebell.kernel.clock import Instant, SetClock, SystemClock, from_micros, micros, plus, seconds_between

NOW = Instant.parse_iso("2026-01-05T09:00:00Z")


def test_ids_made_in_one_millisecond_or_by_a_clock_that_goes_back_sort_as_they_were_made() -> None:
    made = [ids.new("alr", NOW) for _ in range(2000)]
    made += [ids.new("alr", plus(NOW, -3600)) for _ in range(100)]
    made += [ids.new("alr", plus(NOW, n)) for n in range(1, 100)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert all(len(one) == 22 and one.startswith("alr_") for one in made)


def test_threads_never_make_the_same_id() -> None:
    made: list[list[str]] = [[] for _ in range(8)]

    def make(into: list[str]) -> None:
        into += [ids.new("x", NOW) for _ in range(2000)]

    threads = [threading.Thread(target=make, args=(one,)) for one in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one for several in made for one in several}) == 16_000
    assert all(several == sorted(several) for several in made)


@pytest.mark.parametrize("text", ["a", "payments-primary", "a.b_c-d", "0", "a" * 64])
def test_what_can_be_a_name(text: str) -> None:
    assert ids.is_slug(text)


@pytest.mark.parametrize("text", ["", "-a", "a-", "A", "ä", "a b", "a\n", "a" * 65, "a/b", ".a"])
def test_what_cannot(text: str) -> None:
    assert not ids.is_slug(text)


def test_a_set_clock_moves_when_told_and_never_back() -> None:
    clock = SetClock()
    begin, mono = clock.now(), clock.monotonic()
    clock.advance(1.5)
    assert seconds_between(begin, clock.now()) == 1.5
    assert clock.monotonic() - mono == 1.5
    clock.set(begin)
    assert seconds_between(begin, clock.now()) == 1.5
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1)


def test_the_systems_clock_runs_forward() -> None:
    clock = SystemClock()
    first = clock.now()
    assert first <= clock.now()
    assert clock.monotonic() <= clock.monotonic()
    assert abs(clock.wall_jump_s) < 60


@given(st.integers(-(2**50), 2**52))
def test_microseconds_there_and_back(value: int) -> None:
    assert micros(from_micros(value)) == value


@given(st.integers(0, 2**51), st.integers(-(10**9), 10**9))
def test_adding_seconds_is_exact_to_the_microsecond(start: int, microseconds: int) -> None:
    at = from_micros(start)
    assert micros(plus(at, microseconds / 1e6)) == start + microseconds
