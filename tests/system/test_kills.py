"""No accepted alert is lost and every alert pages, however often the server is killed (`make soak` kills 200 times)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.system.kills import kill_again_and_again

BUDGET_S = float(os.environ.get("FIREBELL_TEST_KILLS_S", "15"))


@pytest.mark.system
@pytest.mark.slow
@pytest.mark.postgres
def test_killed_at_random_moments_under_load_it_keeps_its_promises(database_url: str, tmp_path: Path) -> None:
    killed = kill_again_and_again(
        tmp_path, database_url, count=max(60, int(BUDGET_S)), budget_s=BUDGET_S, accepted_least=100
    )
    print(killed)
    assert killed.faults == {}, str(killed)
    assert killed.kills >= 5
    assert killed.accepted >= 100


@pytest.mark.system
@pytest.mark.slow
def test_with_one_sender_a_kill_doubles_at_most_one_message(tmp_path: Path) -> None:
    killed = kill_again_and_again(tmp_path, "", count=8, per_s=40, senders=1)
    assert killed.faults == {}, str(killed)
    assert killed.account.duplicates <= killed.kills
