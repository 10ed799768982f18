"""The fast ways to write and read rows do what SQLAlchemy does, on both databases."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict, replace
from sqlalchemy import insert, select

from firebell.kernel.clock import Instant, from_micros
from firebell.kernel.work import Runner, Work
from tests.kernel.things import Thing, all_things, things

text = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
docs = st.none() | st.recursive(
    st.lists(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | text, max_size=3),
    lambda inner: st.dictionaries(text, inner, max_size=3) | st.lists(inner, max_size=3),
    max_leaves=6,
)
instants = st.none() | st.integers(-(2**40), 2**52).map(from_micros)
some = st.lists(
    st.builds(
        Thing, id=text.filter(bool), n=st.integers(-(2**31), 2**31 - 1), yes=st.booleans(), at=instants, doc=docs
    ),
    max_size=90, unique_by=lambda t: t.id,
)  # fmt: skip


def emptied(work: Work) -> None:
    work.write(things.delete())


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some)
def test_rows_come_back_as_they_went_in_whichever_way_they_go(runner: Runner, rows: list[Thing]) -> None:
    expected = {t.id: t for t in rows}
    runner.run(emptied)
    assert runner.run(lambda work: work.insert_structs(things, rows)) == len(rows)
    assert {t.id: t for t in runner.read(all_things)} == expected
    taken = runner.run(lambda work: work.take_in(things, "id", [*expected, "missing"]))
    assert {t["id"]: Thing(**t) for t in taken} == expected
    runner.run(emptied)
    assert runner.run(lambda work: work.insert(things, [asdict(t) for t in rows])) == len(rows)
    assert {t.id: t for t in runner.read(all_things)} == expected
    changed = [replace(t, n=-t.n if t.n > -(2**31) else 0, at=None, doc={"was": t.doc}) for t in rows]
    runner.run(lambda work: work.update_structs(things, changed))
    assert {t.id: t for t in runner.read(all_things)} == {t.id: t for t in changed}
    runner.run(emptied)
    if rows:
        runner.run(lambda work: work.write(insert(things), [asdict(t) for t in rows]))
    assert {t.id: t for t in runner.read(all_things)} == expected


@pytest.mark.parametrize("size", [0, 1, 3, 4, 63, 64, 65, 150])
def test_any_number_of_rows(runner: Runner, size: int) -> None:
    rows = [Thing(id=f"t{n:03}", n=n) for n in range(size)]
    assert runner.run(lambda work: work.insert_structs(things, rows)) == size
    assert runner.read(all_things) == rows
    ids = [t.id for t in rows]
    assert [t["n"] for t in runner.run(lambda work: work.take_in(things, "id", reversed(ids)))] == list(range(size))
    found = runner.read(lambda read: read.select_in("SELECT id, n FROM things WHERE id IN ({keys})", ids))
    assert sorted(found) == [(t.id, t.n) for t in rows]


def test_rows_that_meet_a_unique_key_are_left_out_and_counted(runner: Runner) -> None:
    runner.run(lambda work: work.insert_structs(things, [Thing(id="t1", name="one")]))
    rows = [asdict(t) for t in (Thing(id="t1"), Thing(id="t2", name="one"), Thing(id="t3", name="three"))]
    assert runner.run(lambda work: work.insert(things, rows, skip_existing=True)) == 1
    assert [t.id for t in runner.read(all_things)] == ["t1", "t3"]


def test_a_row_that_meets_a_unique_key_otherwise_fails_the_whole_unit(runner: Runner) -> None:
    runner.run(lambda work: work.insert_structs(things, [Thing(id="t1")]))
    with pytest.raises(Exception):  # noqa: B017 - each database has its own
        runner.run(lambda work: work.insert_structs(things, [Thing(id="t2"), Thing(id="t1")]))
    assert [t.id for t in runner.read(all_things)] == ["t1"]


def test_counters_are_added_to_whether_they_were_there_or_not(runner: Runner) -> None:
    from sqlalchemy import Column, Integer, MetaData, String, Table

    counters = Table(
        "counters", MetaData(), Column("key", String, primary_key=True), Column("n", Integer, nullable=False)
    )
    counters.create(runner.database.writer)
    runner.run(lambda work: work.add(counters, "key", "n", {"a": 2, "b": -1}))
    runner.run(lambda work: work.add(counters, "key", "n", {"a": 3, "c": 7}))
    rows = runner.read(lambda read: read.all(select(counters).order_by(counters.c.key)))
    assert [(r.key, r.n) for r in rows] == [("a", 5), ("b", -1), ("c", 7)]


def test_a_struct_of_another_shape_is_refused(runner: Runner) -> None:
    import msgspec

    class Other(msgspec.Struct):
        id: str

    with pytest.raises(TypeError, match="not laid out like things"):
        runner.run(lambda work: work.insert_structs(things, [Other("x")]))
    with pytest.raises(TypeError, match="not laid out like things"):
        runner.run(lambda work: work.update_structs(things, [Other("x")]))


def test_an_instant_is_whole_microseconds(runner: Runner) -> None:
    at = Instant.parse_iso("2026-03-29T00:59:59.999999Z")
    runner.run(lambda work: work.insert_structs(things, [Thing(id="t", at=at)]))
    assert runner.read(all_things)[0].at == at
    assert runner.read(lambda read: read.scalar(select(things.c.id).where(things.c.at <= at))) == "t"
