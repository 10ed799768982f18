"""Writing runbooks and working through them, on both databases."""

from __future__ import annotations

import pytest

from firebell.domain.runbooks import commands, queries
from firebell.domain.runbooks.model import Helped, Matcher, MatchOp, Run, Runbook, StepState
from firebell.kernel.actor import RESPONDER, VIEWER, Actor
from firebell.kernel.clock import SetClock
from firebell.kernel.errors import Changed, Conflict, Forbidden, Invalid, NotFound
from firebell.kernel.work import Runner

BODY = "Look first.\n- [ ] Is {{service}} up? {#look kind=check}\n- [ ] Restart it {#act}"
RESPONDING = Actor("user", "usr_r", "Rita", RESPONDER)
VIEWING = Actor("user", "usr_v", "Vera", VIEWER)


def write(runner: Runner, name: str = "checkout-down", **fields: object) -> Runbook:
    return runner.run(lambda work: commands.create(work, name=name, title="Checkout is down", body=BODY, **fields))  # type: ignore[arg-type]


def test_every_save_is_a_version(runner: Runner, clock: SetClock) -> None:
    made = write(runner, matchers=(Matcher("env", MatchOp.EQUAL, "prod"),))
    clock.advance(60)
    edited = runner.run(lambda work: commands.edit(work, made.id, 1, body=BODY + "\n- [ ] Say so"))
    assert edited.version == 2
    again = runner.run(lambda work: commands.edit(work, made.id, body=edited.body))
    assert again.version == 2, "nothing changed"
    history = runner.read(lambda read: queries.history(read, "checkout-down"))
    assert [(row.version, row.body.count("- [ ]")) for row in history] == [(2, 3), (1, 2)]
    assert runner.read(lambda read: queries.runbook(read, "checkout-down")) == edited


def test_two_who_edit_at_once_do_not_undo_each_other(runner: Runner) -> None:
    made = write(runner)
    runner.run(lambda work: commands.edit(work, made.id, 1, title="New"))
    with pytest.raises(Changed):
        runner.run(lambda work: commands.edit(work, made.id, 1, title="Other"))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "Not A Slug"}, "name"),
        ({"name": "rbk_1"}, "name"),
        ({"severities": ("SEV9",)}, "severities"),
        ({"title_pattern": "("}, "title_pattern"),
        ({"body": "x" * 70_000}, "body"),
        ({"name": ""}, "name"),
    ],
)
def test_a_bad_field_is_named(runner: Runner, fields: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        runner.run(lambda work: commands.create(work, **{"name": "a", "body": BODY} | fields))  # type: ignore[arg-type]
    assert refused.value.field == field
    assert refused.value.hint


def test_a_name_is_free_again_when_its_runbook_is_deleted(runner: Runner) -> None:
    made = write(runner)
    with pytest.raises(Conflict, match="already called checkout-down"):
        write(runner)
    runner.run(lambda work: commands.delete(work, made.id))
    assert write(runner).id != made.id
    with pytest.raises(NotFound):
        runner.read(lambda read: queries.runbook(read, made.id))


def test_what_a_file_manages_is_changed_there(runner: Runner) -> None:
    made = write(runner, managed_by="runbooks/")
    with pytest.raises(Conflict, match="managed by"):
        runner.run(lambda work: commands.edit(work, made.id, title="By hand"))
    assert runner.run(lambda work: commands.edit(work, made.id, managed_by=None)).managed_by is None


def worked_through(runner: Runner, clock: SetClock) -> Run:
    made = write(runner)
    run = runner.run(
        lambda work: commands.start(work, made.id, variables={"service": "checkout"}, incident_id="inc_1"), RESPONDING
    )
    assert run.steps[0].text == "Is checkout up?"
    clock.advance(120)
    runner.run(lambda work: commands.end_step(work, run.id, "look", StepState.FAILED, "it is not"), RESPONDING)
    clock.advance(60)
    runner.run(lambda work: commands.end_step(work, run.id, "act", StepState.OK), RESPONDING)
    return runner.run(lambda work: commands.end(work, run.id, Helped.YES, "it came back"), RESPONDING)


def test_a_run_is_a_frozen_copy_ticked_with_timing_and_said_on_the_timeline(runner: Runner, clock: SetClock) -> None:
    run = worked_through(runner, clock)
    runner.run(lambda work: commands.edit(work, run.runbook_id, body="- [ ] other {#other}"))
    kept = runner.read(lambda read: queries.run(read, run.id))
    assert [step.id for step in kept.steps] == ["look", "act"]
    facts = runner.read(lambda read: read.history("inc_1"))
    assert [(e.kind, e.data.get("state"), e.data.get("took_s")) for e in facts] == [
        ("runbook.run_started", None, None),
        ("runbook.step_ended", "failed", 120),
        ("runbook.step_ended", "ok", 60),
        ("runbook.run_ended", None, 180),
    ]
    book = runner.read(lambda read: queries.runbook(read, run.runbook_id))
    assert (book.runs, book.failures_in_a_row, book.last_success_at) == (1, 1, None)


def test_a_viewer_reads_and_a_responder_runs_but_neither_writes(runner: Runner) -> None:
    made = write(runner)
    assert runner.read(lambda read: queries.runbook(read, made.id), VIEWING).id == made.id
    with pytest.raises(Forbidden):
        runner.run(lambda work: commands.start(work, made.id, variables={}), VIEWING)
    with pytest.raises(Forbidden):
        runner.run(lambda work: commands.edit(work, made.id, title="Mine"), RESPONDING)


def test_a_missing_runbook_is_counted_once_per_alert(runner: Runner) -> None:
    for subject in ("alr_1", "alr_1", "alr_2"):
        runner.run(lambda work, of=subject: commands.report_miss(work, of, "missing"), RESPONDING)  # type: ignore[misc]
    runner.run(lambda work: commands.report_miss(work, "alr_2", "wrong", "step 2 is of last year"), RESPONDING)
    assert runner.read(queries.misses) == {"missing": 2, "wrong": 1}
