"""The severity scale, the roles and the settings: versioned, checked, and out of hands that a file has them in."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from firebell.domain.incidents import commands, queries
from firebell.domain.incidents.model import Level, RoleDefinition, RoleName, Scale, Settings, Severity
from firebell.domain.incidents.scale import DEFAULT_ROLES, DEFAULT_SCALE
from firebell.kernel.errors import Changed, Conflict, Forbidden, Invalid
from firebell.kernel.work import Runner
from tests.domain.incidents.house import ANN, LEAD, declare, look

LEVELS = DEFAULT_SCALE.levels


def scale(runner: Runner, version: int | None = None) -> Scale:
    return runner.read(lambda read: queries.scale(read, version))


def set_scale(runner: Runner, levels: tuple[Level, ...], **more: Any) -> Scale:
    return runner.run(lambda work: commands.set_scale(work, levels, **more), LEAD)


def worded(**changed: Any) -> tuple[Level, ...]:
    """The default scale with its SEV1 changed."""
    return (replace(LEVELS[0], **changed), *LEVELS[1:])


def test_an_incident_keeps_the_scale_it_was_judged_under(runner: Runner) -> None:
    before = declare(runner)
    new = set_scale(runner, worded(respond_s=60))
    after = declare(runner)
    assert (new.version, before.scale_version, after.scale_version) == (2, 1, 2)
    assert scale(runner, before.scale_version).level(Severity.SEV1).respond_s == 300
    assert scale(runner, after.scale_version).level(Severity.SEV1).respond_s == 60
    assert scale(runner) == new
    assert look(runner, before).scale_version == 1


def test_the_same_scale_again_is_no_new_version(runner: Runner) -> None:
    assert set_scale(runner, LEVELS).version == 1
    assert set_scale(runner, worded(example="Payment fails.")).version == 2
    assert set_scale(runner, worded(example="Payment fails.")).version == 2


@pytest.mark.parametrize(
    ("levels", "field"),
    [
        (LEVELS[:3], "levels"),
        (tuple(reversed(LEVELS)), "levels"),
        (worded(respond_s=0), "levels.0.respond_s"),
        (worded(stability_s=-1), "levels.0.stability_s"),
        (worded(public_every_s=10**9), "levels.0.public_every_s"),
        (worded(impact="  "), "levels.0.impact"),
        (worded(calendar="weekends"), "levels.0.calendar"),
        (worded(postmortem="maybe"), "levels.0.postmortem"),
        (worded(action_days=0), "levels.0.action_days"),
        (worded(page_roles=("astronaut",)), "levels.0.page_roles"),
    ],
)
def test_a_scale_nobody_could_keep_is_refused_at_its_field(
    runner: Runner, levels: tuple[Level, ...], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        set_scale(runner, levels)
    assert refused.value.field == field


def test_who_edits_an_old_version_is_told(runner: Runner) -> None:
    set_scale(runner, worded(respond_s=60), expected=1)
    with pytest.raises(Changed):
        set_scale(runner, worded(respond_s=90), expected=1)


def test_what_a_file_manages_is_changed_there_or_detached(runner: Runner) -> None:
    set_scale(runner, worded(respond_s=60), managed_by="scale.yaml")
    with pytest.raises(Conflict):
        set_scale(runner, worded(respond_s=90))
    runner.run(commands.detach_scale, LEAD)
    assert set_scale(runner, worded(respond_s=90)).level(Severity.SEV1).respond_s == 90


def test_editing_takes_the_permission(runner: Runner) -> None:
    for job in (
        lambda work: commands.set_scale(work, LEVELS), lambda work: commands.set_roles(work, DEFAULT_ROLES),
        lambda work: commands.set_settings(work, Settings()),
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            runner.run(job, ANN)


# ---- roles

OWN = RoleDefinition(name="database-lead", display_name="Database lead", duties=("Watches the replicas.",))


def test_an_own_role_comes_beside_the_seven(runner: Runner) -> None:
    runner.run(lambda work: commands.set_roles(work, (*DEFAULT_ROLES, OWN)), LEAD)
    found = {one.name: one for one in runner.read(queries.roles)}
    assert found.keys() == {*RoleName, "database-lead"}
    assert [name for name, one in found.items() if one.own] == ["database-lead"]


@pytest.mark.parametrize(
    "roles",
    [
        DEFAULT_ROLES[1:],
        (*DEFAULT_ROLES, replace(OWN, name="Database Lead")),
        (*DEFAULT_ROLES, OWN, OWN),
        (*DEFAULT_ROLES, replace(OWN, duties=())),
        (*DEFAULT_ROLES, replace(OWN, page="everybody")),
        (replace(DEFAULT_ROLES[0], holders_max=2), *DEFAULT_ROLES[1:]),
    ],
)
def test_roles_without_a_duty_a_name_or_one_commander_are_refused(
    runner: Runner, roles: tuple[RoleDefinition, ...]
) -> None:
    with pytest.raises(Invalid):
        runner.run(lambda work: commands.set_roles(work, roles), LEAD)


def test_a_role_the_scale_pages_does_not_go(runner: Runner) -> None:
    runner.run(lambda work: commands.set_roles(work, (*DEFAULT_ROLES, OWN)), LEAD)
    set_scale(runner, worded(page_roles=("commander", "database-lead")))
    with pytest.raises(Conflict):
        runner.run(lambda work: commands.set_roles(work, DEFAULT_ROLES), LEAD)


# ---- settings


def test_settings_are_versioned(runner: Runner) -> None:
    new = runner.run(lambda work: commands.set_settings(work, Settings(auto_offer=True), expected=1), LEAD)
    assert (new.version, runner.read(queries.settings)) == (2, new)
    with pytest.raises(Changed):
        runner.run(lambda work: commands.set_settings(work, Settings(), expected=1), LEAD)
    again = runner.run(lambda work: commands.set_settings(work, Settings(auto_offer=True)), LEAD)
    assert again.version == 2


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        (Settings(report_form="everywhere"), "report_form"),
        (Settings(mail_state_to=("a@example.com", "nobody")), "mail_state_to.1"),
        (Settings(mail_state_to=("a@example.com\r\nBcc: b@example.com",)), "mail_state_to.0"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_their_field(runner: Runner, settings: Settings, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        runner.run(lambda work: commands.set_settings(work, settings), LEAD)
    assert refused.value.field == field
