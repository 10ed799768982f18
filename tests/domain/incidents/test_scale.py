"""What an installation starts with: the scale, the roles and the matrix, as the specification has them."""

from __future__ import annotations

import pytest

from firebell.domain.incidents.model import RoleName, Severity
from firebell.domain.incidents.scale import DEFAULT_ROLES, DEFAULT_SCALE, Condition, Reach, suggest

MIN = 60
S1, S2, S3, S4 = Severity


def test_the_scale_has_all_four_levels_worst_first() -> None:
    assert [level.severity for level in DEFAULT_SCALE.levels] == [S1, S2, S3, S4]
    assert DEFAULT_SCALE.level(None).severity == S2
    for level in DEFAULT_SCALE.levels:
        assert level.impact
        assert level.example
        assert level.response


@pytest.mark.parametrize(
    ("severity", "respond", "command", "stability", "internal", "executive", "first", "scope", "public"),
    [
        (S1, 5, 5, 30, 15, 30, 5, 10, 15),
        (S2, 15, 30, 20, 30, 60, 5, 15, 30),
        (S3, 240, 240, 10, 120, None, 60, None, 240),
        (S4, 1440, None, 0, 1440, None, None, None, None),
    ],
)
def test_the_minutes_of_every_level(
    severity: Severity, respond: int, command: int | None, stability: int, internal: int, executive: int | None,
    first: int | None, scope: int | None, public: int | None,
) -> None:  # fmt: skip
    level = DEFAULT_SCALE.level(severity)

    def in_s(minutes: int | None) -> int | None:
        return None if minutes is None else minutes * MIN

    assert (level.respond_s, level.command_s, level.stability_s) == (respond * MIN, in_s(command), stability * MIN)
    assert (level.internal_every_s, level.executive_every_s) == (internal * MIN, in_s(executive))
    assert (level.public_first_s, level.public_scope_s, level.public_every_s) == (
        in_s(first), in_s(scope), in_s(public),
    )  # fmt: skip
    assert level.calendar == ("24x7" if severity <= S2 else "business")
    assert level.postmortem == ("required" if severity <= S2 else "optional")


def test_every_role_has_duties_and_only_two_have_any_number_of_holders() -> None:
    assert [role.name for role in DEFAULT_ROLES] == list(RoleName)
    assert all(role.duties for role in DEFAULT_ROLES)
    many = [role.name for role in DEFAULT_ROLES if role.holders_max is None]
    assert many == [RoleName.RESPONDER, RoleName.OBSERVER]
    assert all(role.never for role in DEFAULT_ROLES if role.name not in (RoleName.LIAISON, RoleName.SCRIBE))


MATRIX = {
    Reach.MOST: (S1, S1, S2, S3),
    Reach.MANY: (S1, S2, S3, S3),
    Reach.FEW: (S2, S3, S3, S4),
    Reach.INTERNAL: (S3, S3, S4, S4),
}


@pytest.mark.parametrize(
    ("reach", "condition", "expected"),
    [(reach, condition, row[i]) for reach, row in MATRIX.items() for i, condition in enumerate(Condition)],
)
def test_the_matrix_suggests(reach: Reach, condition: Condition, expected: Severity) -> None:
    assert suggest(reach, condition) == expected
    assert suggest(str(reach), str(condition)) == expected
    assert suggest(reach, condition, breach=True) == (S1 if expected == S1 else S2), "a breach is never below SEV2"
