"""Layers in configuration files: what is written is what is meant, and comes back unchanged."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebell.domain.oncall.config import dump_layers, parse_layers
from firebell.domain.oncall.model import Advance, LayerRole, Unit, Weekday
from firebell.domain.oncall.rotation import plan_of
from firebell.kernel.errors import Invalid
from firebell.kernel.ids import LayerId, UserId
from tests.domain.oncall.roster import BERLIN, hours, layer, local, slot, weekly, z
from tests.domain.oncall.test_properties import PEOPLE, SEASONS, layers

USERS = {"primary-a": UserId("usr_a"), "primary-b": UserId("usr_b")}
NAMES = {user: name for name, user in USERS.items()}
ROTATION: dict[str, Any] = {
    "every": "1w", "handoff": "Mon 09:00", "start": dt.date(2026, 1, 5), "participants": [["primary-a"], ["primary-b"]],
}  # fmt: skip


def parse(rotation: dict[str, Any] | None = None, **more: Any) -> Any:
    spec = {"timeZone": BERLIN, "layers": [{"name": "base", "rotation": {**ROTATION, **(rotation or {})}, **more}]}
    (only,) = parse_layers(spec, USERS)
    return only


def test_the_documented_example() -> None:
    parsed = parse(priority=1, restrictions=[{"days": "Mon-Fri", "from": "09:00", "to": "17:00"}])
    assert parsed.slots == (("usr_a",), ("usr_b",))
    assert (parsed.zone, parsed.unit, parsed.every, parsed.priority) == (BERLIN, Unit.WEEK, 1, 1)
    assert plan_of(parsed).handoff(0) == local(BERLIN, "2026-01-05 09:00") == parsed.starts_at
    assert parsed.restrictions == (hours("09:00", "17:00", tuple(Weekday)[:5]),)


def test_the_first_handoff_falls_on_or_after_the_start() -> None:
    assert plan_of(parse({"start": "2026-01-06"})).handoff(0) == local(BERLIN, "2026-01-12 09:00")


def test_without_a_start_the_layer_always_was() -> None:
    (parsed,) = parse_layers(
        {"layers": [{"name": "n", "rotation": {"every": "1d", "participants": ["primary-a"]}}]}, USERS
    )
    assert (parsed.starts_at, parsed.zone) == (None, "UTC")


def test_a_turn_may_be_of_several_people_of_one_or_of_nobody() -> None:
    assert parse({"participants": [["primary-a", "primary-b"], "primary-a", []]}).slots == (
        ("usr_a", "usr_b"), ("usr_a",), (),
    )  # fmt: skip


def test_times_without_quotes_are_understood() -> None:
    assert parse(restrictions=[{"from": 540, "to": 1020}]).restrictions == (hours("09:00", "17:00"),)


@pytest.mark.parametrize(
    ("rule", "meant"),
    [
        ({"from": "Fri 20:00", "to": "Mon 08:00"}, weekly("FRI 20:00", "MON 08:00")),
        ({"days": "Sat,Sun"}, hours("00:00", "00:00", (Weekday.SAT, Weekday.SUN))),
        ({"days": "Sat-Mon", "to": "24:00"}, hours("00:00", "00:00", (Weekday.MON, Weekday.SAT, Weekday.SUN))),
        ({"days": ["Monday", "tue"], "from": "22:00", "to": "6:00"}, hours("22:00", "06:00", tuple(Weekday)[:2])),
    ],
)
def test_ways_to_write_hours(rule: dict[str, Any], meant: object) -> None:
    assert parse(restrictions=[rule]).restrictions == (meant,)


@pytest.mark.parametrize(
    ("rotation", "more", "field", "hint"),
    [
        ({"evry": "1w"}, {}, "rotation.evry", "every"),
        ({"every": "1 fortnight"}, {}, "rotation.every", "12h"),
        ({"every": "0d", "handoff": "09:00"}, {}, "rotation.every", "1w"),
        ({"every": "1d"}, {}, "rotation.handoff", "09:00"),
        ({"handoff": "Mon 25:00"}, {}, "rotation.handoff", "09:00"),
        ({"handoff": "Moon 09:00"}, {}, "rotation.handoff", "Mon"),
        ({"start": "soon"}, {}, "rotation.start", "2026"),
        ({"participants": [["primary-c"]]}, {}, "rotation.participants[0]", "primary-"),
        ({"participants": []}, {}, "rotation.participants", "[["),
        ({"participants": [7]}, {}, "rotation.participants[0]", "nobody"),
        ({"startIndex": 2}, {}, "rotation.startIndex", "0"),
        ({"startIndex": "first"}, {}, "rotation.startIndex", "0"),
        ({"advance": "never"}, {}, "rotation.advance", "covered"),
        ({}, {"timeZone": "Europe/Berlln"}, "timeZone", "IANA"),
        ({}, {"priority": 10}, "priority", "Higher"),
        ({}, {"role": "boss"}, "role", "shadow"),
        ({}, {"endsAt": "2026-01-05"}, "endsAt", "09:00:00Z"),
        ({}, {"endsAt": "2026-01-01T00:00:00Z"}, "endsAt", "later"),
        ({}, {"restrictions": [{"days": "Mon-Xyz"}]}, "restrictions[0].days", "Mon"),
        ({}, {"restrictions": [{"day": "Mon"}]}, "restrictions[0].day", "days"),
        ({}, {"restrictions": [{"days": "Mon", "from": "Fri 20:00", "to": "Mon 8:00"}]}, "restrictions[0].days", "out"),
        ({}, {"restrictions": [{"from": "9 o'clock"}]}, "restrictions[0].from", "09:00"),
        ({}, {"restrictions": "always"}, "restrictions", "days"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_field_and_a_way_out(
    rotation: dict[str, Any], more: dict[str, Any], field: str, hint: str
) -> None:
    with pytest.raises(Invalid) as caught:
        parse(rotation, **more)
    assert caught.value.field == f"spec.layers[0].{field}"
    assert hint in (caught.value.hint or "")


def test_layers_and_a_layer_of_another_shape_are_refused() -> None:
    for spec in ({"layers": "x"}, {"layers": ["x"]}, {"layers": [{"name": "n"}]}):
        with pytest.raises(Invalid):
            parse_layers(spec, USERS)


def test_what_is_default_is_not_written() -> None:
    assert dump_layers([parse()], NAMES, BERLIN) == [
        {"name": "base", "priority": 1, "rotation": {**ROTATION, "start": "2026-01-05"}}
    ]


def test_everything_at_once_comes_back() -> None:
    full = layer(
        "America/Chicago", "2026-08-31 08:30", 3, "month", "AB - C", "night",
        start_index=1, turn_offset=2, starts_at=z("2026-09-01 00:00"), ends_at=z("2027-09-01 00:00"), priority=9,
        role=LayerRole.SHADOW, advance=Advance.CALENDAR,
        restrictions=(weekly("FRI 20:00", "MON 08:00"), hours("22:00", "06:00", (Weekday.TUE, Weekday.THU))),
    )  # fmt: skip
    _comes_back(full)


def _comes_back(one: Any) -> None:
    names = {user: f"name-{user}" for user in (*PEOPLE, *slot("ABC"))}
    written = dump_layers([one], names, BERLIN)
    again = parse_layers({"timeZone": BERLIN, "layers": written}, {name: user for user, name in names.items()})
    assert again == (replace(one, id=LayerId(""), in_force_from=None, in_force_to=None, follows=None),)
    assert dump_layers(again, names, BERLIN) == written


@given(st.data())
def test_any_layer_comes_back(data: st.DataObject) -> None:
    _comes_back(data.draw(layers(SEASONS[0], 1)))
