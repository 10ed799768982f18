"""A budget that burns fast enough to page is no minor incident, whatever the matrix says."""

from __future__ import annotations

import pytest

from firebell.domain.incidents.model import Severity
from firebell.domain.incidents.scale import MATRIX, Burning, Condition, Reach, at_least, suggest


@pytest.mark.parametrize("reach", Reach)
@pytest.mark.parametrize("condition", Condition)
def test_a_fast_burn_raises_to_sev2_and_never_lowers(reach: Reach, condition: Condition) -> None:
    plain = MATRIX[reach][condition]
    assert suggest(reach, condition) == plain
    assert suggest(reach, condition, burning=Burning.SLOW) == plain
    assert suggest(reach, condition, burning=Burning.FAST) == min(plain, Severity.SEV2)
    assert suggest(reach, condition, True, Burning.FAST) == min(plain, Severity.SEV2)


def test_only_a_fast_burn_calls_for_a_severity_by_itself() -> None:
    assert {burning: at_least(burning) for burning in Burning} == {
        Burning.FAST: Severity.SEV2, Burning.SLOW: None, Burning.NOT: None,
    }  # fmt: skip
