"""Who may have a runbook's step call something: whoever may tick it, and nothing goes out for anybody else."""

from __future__ import annotations

import pytest

from firebell.domain.runbooks import commands
from firebell.domain.runbooks.model import Helped, Run
from firebell.kernel.actor import Role
from firebell.kernel.errors import Conflict, Forbidden
from firebell.kernel.fetch import Fetch, FetchPolicy
from firebell.workflows import runbook_worked
from tests.story import Story

BODY = "- [ ] Restart it {#go kind=http url=https://ci.example.com/restart method=POST}"


def started(story: Story) -> Run:
    def job(work: object) -> Run:
        commands.create(work, name="restart", body=BODY)  # type: ignore[arg-type]
        return commands.start(work, "restart", variables={})  # type: ignore[arg-type]

    found: Run = story.run(job)
    return found


def test_a_call_goes_out_for_who_may_tick_the_step_and_for_nobody_else(story: Story) -> None:
    for name, role in (("ben", Role.RESPONDER), ("vic", Role.VIEWER)):
        story.person(name, role=role)
    run = started(story)
    dialled: list[object] = []

    def no_line(address: tuple[str, int], timeout_s: float | None = None) -> object:
        dialled.append(address)
        raise OSError("There is no line.")

    fetch = Fetch(FetchPolicy(), lambda host, port: ["8.8.8.8"], connect=no_line)  # type: ignore[arg-type]
    runner = story.house.runner
    with pytest.raises(Forbidden):
        runbook_worked.call(runner, fetch, story.actor("vic"), run.id, "go")
    assert dialled == []
    done = runbook_worked.call(runner, fetch, story.actor("ben"), run.id, "go")
    assert dialled == [("8.8.8.8", 443)]
    assert [step.state for step in done.progress] == ["failed"]


def test_nothing_is_called_for_a_run_that_is_over(story: Story) -> None:
    story.person("ben", role=Role.RESPONDER)
    run = started(story)
    story.run(lambda work: commands.end(work, run.id, Helped.NO))
    dialled: list[object] = []
    fetch = Fetch(FetchPolicy(), lambda host, port: ["8.8.8.8"], connect=lambda *at: dialled.append(at))  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        runbook_worked.call(story.house.runner, fetch, story.actor("ben"), run.id, "go")
    assert dialled == []
