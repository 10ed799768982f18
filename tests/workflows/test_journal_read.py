"""The journal tells nobody of a private incident they must not know of, and never stops short because of one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from firebell.domain.incidents import commands, verbs
from firebell.domain.incidents.declaration import Declaration
from firebell.domain.incidents.model import Incident, Severity
from firebell.kernel.actor import ADMIN, GRANTS, MANAGER, SYSTEM, Actor, Role
from firebell.kernel.clock import SetClock
from firebell.kernel.db import Database
from firebell.kernel.errors import Forbidden
from firebell.kernel.journal import ChainKey, Fact
from firebell.kernel.work import Read, Runner, Work
from firebell.workflows import journal_read

KEY = bytes(32)
LEAD = Actor("user", "usr_lead", grants=MANAGER)
ROOT = Actor("user", "usr_root", grants=ADMIN)
ANN = Actor("user", "usr_ann", grants=GRANTS[Role.MANAGER])


class Mentioned(Fact, frozen=True, kw_only=True):
    """A fact about something else that names incidents."""

    kind = "test.mentioned"
    what: dict[str, list[str]]


@pytest.fixture
def runner(database_url: str) -> Iterator[Runner]:
    database = Database(database_url)
    yield Runner(database, SetClock("2026-03-02T10:00:00Z"), ChainKey("k1", KEY))
    database.close()


def declare(runner: Runner, *, private: bool, notes: int = 0) -> Incident:
    new = Declaration(title="Keys", severity=Severity.SEV4, private=private)
    made = runner.run(lambda work: commands.declare(work, new), ANN)
    for n in range(notes):
        runner.run(lambda work, n=n: commands.act(work, made.id, verbs.AddNote(text=f"Note {n}")), ANN)  # type: ignore[misc]
    return made


def mention(runner: Runner, subject: str, other: str) -> None:
    def job(work: Work) -> None:
        work.record(subject, Mentioned(what={"others": [other]}))

    runner.run(job)


def subjects(runner: Runner, who: Actor) -> set[str]:
    found = runner.read(lambda read: journal_read.since(read, 0, limit=200), who)
    newest = runner.read(lambda read: journal_read.latest(read, limit=200), who)
    assert [one.seq for one in found] == [one.seq for one in reversed(newest)]
    return {one.subject for one in found}


def test_its_own_chain_and_what_names_it_are_left_out(runner: Runner) -> None:
    secret, known = declare(runner, private=True), declare(runner, private=False)
    mention(runner, "alr_1", secret.id)
    mention(runner, "alr_2", known.id)
    assert subjects(runner, LEAD) == {known.id, "alr_2"}
    assert subjects(runner, ROOT) == subjects(runner, ANN) == {secret.id, known.id, "alr_1", "alr_2"}
    assert runner.read(lambda read: journal_read.of(read, secret.id), LEAD) == []
    assert runner.read(lambda read: journal_read.of(read, "alr_1"), LEAD) == []
    assert len(runner.read(lambda read: journal_read.of(read, secret.id), ANN)) > 0


def test_a_list_goes_on_behind_a_private_stretch(runner: Runner) -> None:
    first = declare(runner, private=False)
    declare(runner, private=True, notes=8)
    last = declare(runner, private=False)

    def followed(read: Read) -> list[str]:
        seq, seen = 0, []
        while part := journal_read.since(read, seq, limit=1):
            seen += [one.subject for one in part]
            seq = part[-1].seq
        return seen

    assert set(runner.read(followed, LEAD)) == {first.id, last.id}

    def back(read: Read) -> list[str]:
        mark, seen = None, []
        while part := journal_read.latest(read, before=mark, limit=2):
            seen += [one.subject for one in part]
            mark = part[-1].seq
        return seen

    assert runner.read(back, LEAD) == list(reversed(runner.read(followed, LEAD)))


def test_a_fault_in_a_private_chain_is_told_to_those_who_know_of_it(runner: Runner) -> None:
    secret, known = declare(runner, private=True), declare(runner, private=False)
    with runner.database.writer.begin() as connection:
        off = (
            "DROP TRIGGER journal_no_update" if runner.database.is_sqlite else "ALTER TABLE journal DISABLE TRIGGER ALL"
        )
        connection.exec_driver_sql(off)
        connection.exec_driver_sql("UPDATE journal SET actor = 'user:usr_eve' WHERE n = 1")

    def faults(who: Actor) -> set[str]:
        return {one.chain for one in runner.read(lambda read: journal_read.faults(read, {"k1": KEY}), who)}

    assert faults(ROOT) == faults(SYSTEM) == faults(ANN) == {secret.id, known.id}
    assert faults(LEAD) == {known.id}


def test_the_journal_takes_its_permission(runner: Runner) -> None:
    for ask in (
        lambda read: journal_read.since(read, 0), journal_read.latest,
        lambda read: journal_read.of(read, "alr_1"), lambda read: journal_read.faults(read, {}),
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            runner.read(ask, Actor("user", "usr_x", grants=GRANTS[Role.VIEWER]))
