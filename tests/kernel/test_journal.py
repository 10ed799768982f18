"""The journal: its hashes by the specification's own vector, every kind of tampering found, no change permitted."""

from __future__ import annotations

import hmac
import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text as sql
from sqlalchemy.exc import DatabaseError

from firebell.kernel import journal
from firebell.kernel.actor import Actor
from firebell.kernel.clock import Instant, SetClock, micros
from firebell.kernel.journal import Broken
from firebell.kernel.work import Runner, Work
from tests.kernel.things import Happened

KEY = bytes([1]) * 32
KEYS = {"k1": KEY}
WRITER = Actor("user", "usr_1")
COPY_OF_THE_LAST = (
    "INSERT INTO journal (chain, n, subject, at, actor, kind, data, kid, hash) SELECT chain, 10, subject, at, actor,"
    " kind, data, kid, hash FROM journal WHERE chain = 'alr_1' AND n = 9"
)


def test_the_vector_of_the_specification() -> None:
    first = journal.link(KEY, bytes(32), {"action": "alert.ack", "actor": "u1", "seq": 1})
    assert first.hex() == "650799ae4ef6658294047d9837b54898beb3c5b593b5b695892b60a797497f10"
    second = journal.link(KEY, first, {"action": "alert.resolve", "actor": "u1", "seq": 2})
    assert second.hex() == "ca55082ab4fd7a2e5dbd97c70e1695b5e46b0c299e9967c45f4c3763efe9851c"


words = st.text(alphabet=st.characters(exclude_categories=["Cs"]))
# Keys are ours: field names. Beyond the first plane RFC 8785 orders them by UTF-16, which we have no use for.
keys = st.text(alphabet=st.characters(max_codepoint=0xD7FF))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(keys, values, max_size=6))
def test_the_canonical_form_is_rfc_8785s(row: dict[str, object]) -> None:
    expected = hmac.digest(KEY, bytes(32) + rfc8785.dumps(row), "sha256")  # type: ignore[arg-type]
    assert journal.link(KEY, bytes(32), row) == expected


def write(runner: Runner, subject: str, *what: str) -> None:
    def job(work: Work) -> None:
        for n, one in enumerate(what):
            work.record(subject, Happened(what=one, n=n))

    runner.run(job, WRITER)


def faults(runner: Runner, chain: str | None = None) -> list[Broken]:
    return runner.read(lambda read: list(journal.verify(read.connection, KEYS, chain)))


@pytest.fixture
def written(runner: Runner, clock: SetClock) -> Runner:
    """Two chains of an alert and the administration's, all with several rows."""
    for n in range(3):
        write(runner, "alr_1", f"a{n}", 'quoted "ü" \\ \n', "")
        write(runner, "alr_2", f"b{n}")
        write(runner, "pol_1", f"c{n}")
        write(runner, "tea_1", f"d{n}")
        clock.advance(1)
    return runner


def test_what_is_written_is_read_in_order_and_verifies(written: Runner, clock: SetClock) -> None:
    assert faults(written) == []
    entries = written.read(lambda read: read.history("alr_1"))
    assert [e.n for e in entries] == list(range(1, 10))
    assert [e.data["what"] for e in entries][:3] == ["a0", 'quoted "ü" \\ \n', ""]
    assert entries[0].actor == "user:usr_1"
    assert entries[-1].at < clock.now()
    assert [e.data["what"] for e in written.read(lambda read: read.history("pol_1"))] == ["c0", "c1", "c2"]
    newest = written.read(lambda read: read.history("alr_1", limit=3))
    assert (newest[0].n, newest[0].data["what"]) == (7, "a2")


def test_every_hash_is_what_anybody_can_compute_from_the_row(written: Runner) -> None:
    rows = written.read(lambda read: read.all(sql("SELECT * FROM journal WHERE chain = 'admin' ORDER BY n")))
    previous = bytes(32)
    for row in rows:
        given = {
            "chain": row.chain, "n": row.n, "subject": row.subject, "at": row.at, "actor": row.actor, "kind": row.kind,
            "kid": row.kid,
        }  # fmt: skip
        previous = hmac.digest(KEY, previous + rfc8785.dumps(given | {"data": json.loads(row.data)}), "sha256")
        assert bytes(row.hash) == previous


def tamper(runner: Runner, *statements: str) -> None:
    """What somebody with the database's own password could do."""
    with runner.database.writer.begin() as connection:
        if runner.database.is_sqlite:
            connection.exec_driver_sql("DROP TRIGGER journal_no_update")
            connection.exec_driver_sql("DROP TRIGGER journal_no_delete")
        else:
            connection.exec_driver_sql("ALTER TABLE journal DISABLE TRIGGER ALL")
        for statement in statements:
            assert connection.exec_driver_sql(statement).rowcount == 1


@pytest.mark.parametrize(
    ("statements", "n", "reason"),
    [
        (["UPDATE journal SET actor = 'user:usr_2' WHERE chain = 'alr_1' AND n = 3"], 3, "does not match"),
        (["UPDATE journal SET data = '{\"n\":1,\"what\":\"x\"}' WHERE chain = 'alr_1' AND n = 4"], 4, "does not match"),
        (["UPDATE journal SET at = at + 1 WHERE chain = 'alr_1' AND n = 9"], 9, "does not match"),
        (["UPDATE journal SET kind = 'x' WHERE chain = 'alr_1' AND n = 1"], 1, "does not match"),
        (["UPDATE journal SET subject = 'alr_9' WHERE chain = 'alr_1' AND n = 1"], 1, "does not match"),
        (["UPDATE journal SET kid = 'k9' WHERE chain = 'alr_1' AND n = 2"], 2, "unknown key"),
        (["DELETE FROM journal WHERE chain = 'alr_1' AND n = 5"], 6, "missing"),
        (["DELETE FROM journal WHERE chain = 'alr_1' AND n = 1"], 2, "missing"),
        (["DELETE FROM journal WHERE chain = 'alr_1' AND n = 5",
          "UPDATE journal SET n = 5 WHERE chain = 'alr_1' AND n = 6"], 5, "does not match"),
        (["UPDATE journal SET n = 99 WHERE chain = 'alr_1' AND n = 5",
          "UPDATE journal SET n = 5 WHERE chain = 'alr_1' AND n = 6",
          "UPDATE journal SET n = 6 WHERE chain = 'alr_1' AND n = 99"], 5, "does not match"),
        ([COPY_OF_THE_LAST], 10, "does not match"),
    ],
)  # fmt: skip
def test_an_edit_a_deletion_a_swap_or_an_insertion_is_found_where_it_is(
    written: Runner, statements: list[str], n: int, reason: str
) -> None:
    tamper(written, *statements)
    (found,) = faults(written)
    assert (found.chain, found.n) == ("alr_1", n)
    assert reason in found.reason
    assert faults(written, "alr_2") == faults(written, "admin") == []


@pytest.mark.parametrize("statement", ["UPDATE journal SET actor = 'x'", "DELETE FROM journal WHERE n = 1"])
def test_the_database_itself_refuses_to_change_what_is_written(written: Runner, statement: str) -> None:
    with pytest.raises(Exception, match="append-only"):
        written.run(lambda work: work.write(sql(statement)))
    assert faults(written) == []


def test_reading_on_from_where_one_stopped(written: Runner) -> None:
    every = written.read(lambda read: journal.since(read.connection, 0))
    assert len(every) == 18
    rest = written.read(lambda read: journal.since(read.connection, every[9].seq))
    assert rest == every[10:]
    assert micros(every[0].at) <= micros(every[-1].at)


class TestTheChainOfAnIncident:
    """Two times, salted digests, links anybody can compute, and redaction."""

    def test_the_vectors_of_the_specification(self) -> None:
        salt, subject = bytes(16), "inc_1"
        declared = Instant.parse_iso("2026-03-02T10:12:00Z")
        first = journal.public_link(
            bytes(32), actor="usr_ann", event_at=declared, kind="incident.declared", recorded_at=declared, n=1,
            subject=subject, digest=journal.digest_of(salt, {"severity": "SEV3", "title": "Checkout errors"}),
        )  # fmt: skip
        assert first.hex() == "50233adb7190d13a8f09b8245a612ed815a9c8033d976e0c312ffdc6eb923f24"
        second = journal.public_link(
            first, actor="usr_bob", event_at=Instant.parse_iso("2026-03-02T10:22:00Z"), kind="severity.raised",
            recorded_at=Instant.parse_iso("2026-03-02T10:25:00Z"), n=2, subject=subject,
            digest=journal.digest_of(salt, {"from": "SEV3", "to": "SEV1"}),
        )  # fmt: skip
        assert second.hex() == "21ad7c0afc670b570b42297a4ce74d6776e1e8f44bfee96e108422b4e7b1bb94"

    def test_an_entry_keeps_when_it_happened_and_when_it_was_learned(self, runner: Runner) -> None:
        happened = Instant.parse_iso("2026-01-05T08:10:00Z")
        runner.run(lambda work: work.record("inc_1", Happened(what="rolled back", n=1), event_at=happened), WRITER)
        (entry,) = runner.read(lambda read: read.history("inc_1"))
        assert (entry.event_at, entry.at) == (happened, runner.clock.now())
        assert list(runner.read(lambda read: list(journal.verify(read.connection, KEYS)))) == []

    def test_a_redacted_entry_says_nothing_and_the_chain_still_holds(self, runner: Runner) -> None:
        write(runner, "inc_1", "declared", "the password is tulip", "resolved")
        assert runner.run(lambda work: journal.redact(work.connection, "inc_1", 2))
        entries = runner.read(lambda read: read.history("inc_1"))
        assert [(e.data.get("what"), e.redacted) for e in entries] == [
            ("declared", False), (None, True), ("resolved", False),
        ]  # fmt: skip
        assert runner.read(lambda read: list(journal.verify(read.connection, KEYS))) == []
        assert not runner.run(lambda work: journal.redact(work.connection, "inc_1", 2)), "it is gone already"

    @pytest.mark.parametrize(
        "change",
        ["data = '{}'", "salt = NULL", "data = '{}', salt = NULL, actor = 'user:usr_2'", "event_at = 1, salt = NULL"],
    )
    def test_the_database_refuses_every_other_change(self, runner: Runner, change: str) -> None:
        write(runner, "inc_1", "declared")
        with pytest.raises(DatabaseError, match="append-only"):
            runner.run(lambda work: work.write(sql(f"UPDATE journal SET {change} WHERE chain = 'inc_1'")))

    def test_an_alert_s_entries_cannot_be_redacted(self, runner: Runner) -> None:
        write(runner, "alr_1", "opened")
        assert not runner.run(lambda work: journal.redact(work.connection, "alr_1", 1))

    @pytest.mark.parametrize(
        "change",
        ['data = \'{"n":1,"what":"x"}\'', "event_at = 1", "actor = 'user:usr_2'"],
        ids=["data", "time", "actor"],
    )
    def test_a_change_past_the_guard_is_found(self, runner: Runner, change: str) -> None:
        write(runner, "inc_1", "declared", "mitigated")
        tamper(runner, f"UPDATE journal SET {change} WHERE n = 1")
        (fault,) = faults(runner)
        assert (fault.chain, fault.n) == ("inc_1", 1)
