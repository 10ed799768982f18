"""Layers survive the form: what stands is what comes back, and buttons change one row each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whenever import Date, PlainDateTime, Time

from firebell.domain.oncall.model import Advance, LayerRole, Restriction, RotationLayer, Unit, Weekday
from firebell.domain.oncall.rules import same_setting
from firebell.entrypoints.web import layer_forms
from firebell.entrypoints.web.layer_forms import HoursDraft, LayerDraft
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Invalid
from firebell.kernel.ids import LayerId, UserId

ZONE = "Europe/Berlin"
_days = st.sets(st.sampled_from(list(Weekday)), min_size=1).map(lambda found: tuple(sorted(found)))
_minutes = st.integers(0, 1439)
_hours = st.one_of(
    st.builds(Restriction, _days, _minutes, _minutes),
    st.builds(
        Restriction, st.sampled_from(list(Weekday)).map(lambda day: (day,)), _minutes, _minutes,
        st.sampled_from(list(Weekday)),
    ),
)  # fmt: skip
_people = st.lists(st.sampled_from(["usr_a", "usr_b", "usr_c"]), unique=True, max_size=3).map(
    lambda slot: tuple(UserId(one) for one in slot)
)
_anchors = st.builds(
    lambda day, minute: Date(2026, 1, 5).add(days=day).at(Time(minute // 60, minute % 60)),
    st.integers(0, 300),
    _minutes,
)
_layers = st.builds(
    RotationLayer, id=st.just(LayerId("")), name=st.just("weekly"), zone=st.sampled_from([ZONE, "Asia/Tokyo"]),
    anchor=_anchors, unit=st.sampled_from(list(Unit)), every=st.integers(1, 40),
    slots=st.lists(_people, min_size=1, max_size=4).map(tuple),
    restrictions=st.lists(_hours, max_size=2).map(tuple), priority=st.integers(0, 9),
    role=st.sampled_from(list(LayerRole)), advance=st.sampled_from(list(Advance)), turn_offset=st.integers(0, 3),
    starts_at=st.sampled_from([None, Instant.parse_iso("2026-02-01T00:00:00Z")]),
    ends_at=st.sampled_from([None, Instant.parse_iso("2027-02-01T00:00:00Z")]),
)  # fmt: skip


def posted(drafts: list[LayerDraft]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """What a browser sends for these layers: every input by its name, and ticked days."""
    form, ticked = {"layers": str(len(drafts))}, {}
    for n, layer in enumerate(drafts):
        at = f"l{n}-"
        plain = {name: getattr(layer, name) for name in LayerDraft.__slots__ if name not in ("slots", "hours")}
        form |= {at + name: value for name, value in plain.items()}
        form |= {f"{at}slots": str(len(layer.slots) + 2), f"{at}hours": str(len(layer.hours))}
        for s, slot in enumerate([*layer.slots, [], []]):
            form[f"{at}s{s}-people"] = str(len(slot) + 1)
            form |= {f"{at}s{s}-{p}": one for p, one in enumerate([*slot, ""])}
        for h, hours in enumerate(layer.hours):
            form |= {f"{at}h{h}-{name}": getattr(hours, name) for name in ("since", "until", "end_day")}
            ticked[f"{at}h{h}-days"] = hours.days
    return form, ticked


@given(_layers)
def test_a_layer_goes_through_the_form_unchanged(layer: RotationLayer) -> None:
    drafts = layer_forms.drafts_of([layer], ZONE)
    back = layer_forms.layers_of(layer_forms.read(*posted(drafts)), ZONE)
    assert len(back) == 1
    assert same_setting(back[0], layer)
    assert back[0].turn_offset == layer.turn_offset


def test_an_empty_row_is_no_turn_and_nobody_is_one() -> None:
    layer = LayerDraft(name="weekly", start="2026-01-05", slots=[["usr_a"], [layer_forms.NOBODY], []])
    found = layer_forms.layers_of(layer_forms.read(*posted([layer])), ZONE)
    assert found[0].slots == (("usr_a",), ())
    assert found[0].anchor == PlainDateTime(2026, 1, 5, 9)


def test_buttons_change_one_row_each() -> None:
    layers = [LayerDraft(name="weekly", slots=[["a"], ["b"], ["c"]])]
    layers = layer_forms.changed(layers, "up:0:2")
    assert layers[0].slots == [["a"], ["c"], ["b"]]
    layers = layer_forms.changed(layers, "add-hours:0")
    assert layers[0].hours == [HoursDraft()]
    layers = layer_forms.changed(layers, "remove-hours:0:0")
    assert layers[0].hours == []
    layers = layer_forms.changed(layers, "add-layer")
    assert [layer.priority for layer in layers] == ["1", "2"]
    assert [layer.name for layer in layer_forms.changed(layers, "remove-layer:0")] == ["layer-2"]


@pytest.mark.parametrize("action", ["", "up:9:9", "up:0:0", "remove-layer:7", "remove-hours:0:5", "add-hours:x", "¿"])
def test_an_act_on_a_row_that_is_not_there_changes_nothing(action: str) -> None:
    layers = [LayerDraft(name="weekly", slots=[["a"], ["b"]])]
    assert layer_forms.changed(layers, action) == [LayerDraft(name="weekly", slots=[["a"], ["b"]])]


@pytest.mark.parametrize(
    ("wrong", "at"),
    [
        (LayerDraft(name="x", every="0", slots=[["a"]]), "l0-every"),
        (LayerDraft(name="x", time="25:00", slots=[["a"]]), "l0-time"),
        (LayerDraft(name="x", zone="Mars/Base", slots=[["a"]]), "l0-zone"),
        (LayerDraft(name="x", priority="11", slots=[["a"]]), "l0-priority"),
        (LayerDraft(name="x", slots=[["a"]], hours=[HoursDraft(since="25:61")]), "l0-h0-since"),
        (LayerDraft(name="x"), "l0-s0-0"),
    ],
)
def test_a_fault_is_told_at_its_input(wrong: LayerDraft, at: str) -> None:
    with pytest.raises(Invalid) as refused:
        layer_forms.layers_of([wrong], ZONE)
    assert layer_forms.input_of(refused.value.field or "") == at
