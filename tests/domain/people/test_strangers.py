"""What strangers may do: three at once from one address, twenty from all of them, then one at a time."""

from __future__ import annotations

from typing import Any

import pytest

from firebell.domain.people import access_store, strangers
from firebell.kernel.actor import NOBODY
from firebell.kernel.errors import TooMany


def sent(house: Any, *addresses: str, what: str = "report") -> int:
    """How many of these attempts were let in."""
    count = 0
    for ip in addresses:
        try:
            house.do(lambda work, ip=ip: strangers.let_in(work, what, ip), NOBODY)
            count += 1
        except TooMany:
            pass
    return count


def test_three_at_once_then_one_every_ten_minutes(house: Any) -> None:
    assert sent(house, *["192.0.2.1"] * 5) == 3
    assert sent(house, "192.0.2.2") == 1, "somebody else is not held up"
    house.clock.advance(599)
    assert sent(house, "192.0.2.1") == 0
    house.clock.advance(1)
    assert sent(house, *["192.0.2.1"] * 2) == 1


def test_who_is_refused_is_told_how_long_to_wait_and_pays_nothing_for_asking(house: Any) -> None:
    sent(house, *["192.0.2.1"] * 3)
    with pytest.raises(TooMany) as refused:
        house.do(lambda work: strangers.let_in(work, "report", "192.0.2.1"), NOBODY)
    assert refused.value.hint == "Try again in 10 min."
    sent(house, *["192.0.2.1"] * 50)
    house.clock.advance(600)
    assert sent(house, "192.0.2.1") == 1


def test_of_ipv6_the_network_counts(house: Any) -> None:
    assert sent(house, *[f"2001:db8:0:1::{n:x}" for n in range(1, 9)]) == 3
    assert sent(house, "2001:db8:0:2::1") == 1


def test_many_addresses_together_are_slowed_down(house: Any) -> None:
    assert sent(house, *[f"198.51.100.{n}" for n in range(40)]) == 20
    house.clock.advance(120)
    assert sent(house, "203.0.113.1", "203.0.113.2") == 1


def test_one_thing_does_not_use_up_another(house: Any) -> None:
    assert sent(house, *["192.0.2.1"] * 4) == 3
    assert sent(house, "192.0.2.1", what="question") == 1


def test_addresses_are_stored_only_as_hashes(house: Any) -> None:
    sent(house, "192.0.2.77")
    assert "192.0.2.77" not in str(house.look(lambda read: read.all(access_store.buckets_table.select())))
