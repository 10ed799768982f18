"""An incident and a runbook from the terminal, against a running server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.entrypoints.cli.test_remote import EXAMPLES, TOKEN, Terminal
from tests.entrypoints.web.house import served


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    with served(tmp_path_factory.mktemp("house"), bootstrap_token=TOKEN) as house:
        made = Terminal(house.origin, tmp_path_factory.mktemp("home"))
        assert made("apply", "-f", str(EXAMPLES)).exit_code == 0
        yield made


def somebody(terminal: Terminal) -> str:
    return str(terminal.json("user", "list")[0]["name"])


def test_an_incident_is_declared_shown_and_run(terminal: Terminal) -> None:
    one = terminal.json("incident", "declare", "Checkout fails", "--severity", "sev3", "-s", "checkout")
    reference = one["reference"]
    assert reference in terminal("incident", "list").stdout
    who = somebody(terminal)
    assert terminal("incident", "take", reference).exit_code == 1, "the installation's token is nobody"
    taken = terminal("incident", "take", reference, "--as", who)
    assert taken.stdout == f"Done: {reference} is responding, SEV3.\n"
    assert terminal("incident", "note", reference, "Restarted db-1").exit_code == 0
    assert terminal("incident", "severity", reference, "SEV1").stdout == f"Done: {reference} is responding, SEV1.\n"
    shown = terminal("incident", "show", reference).stdout
    assert "SEV1" in shown
    assert "commander" in shown
    assert "Restarted db-1" in terminal("incident", "timeline", reference).stdout
    assert "Checkout fails" in terminal("incident", "state", reference).stdout
    composed = terminal("incident", "update", reference, "--show")
    assert "Checkout fails" in composed.stdout


def test_a_move_that_is_not_legal_says_what_is(terminal: Terminal) -> None:
    reference = terminal.json("incident", "declare", "A report is late")["reference"]
    refused = terminal("incident", "phase", reference, "close")
    assert refused.exit_code == 1
    assert "engage" in refused.stderr
    declined = terminal("incident", "phase", reference, "decline", "--reason", "false_alarm")
    assert declined.stdout == f"Done: {reference} is declined, severity unset.\n"
    assert reference not in terminal("incident", "list").stdout
    assert reference in terminal("incident", "list", "--all").stdout


def test_a_runbook_is_saved_twice_and_found_for_an_incident(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "latency.md"
    file.write_text("- [ ] Look at the queue {#look kind=check}\n- [ ] go [on](#gone)\n")
    first = terminal("runbook", "save", "checkout-latency", str(file), "-s", "checkout", "--title", "Checkout is slow")
    assert first.stdout.startswith("checkout-latency, version 1")
    assert "there is no such step" in first.stderr
    file.write_text("- [ ] Look at the queue {#look kind=check}\n")
    assert terminal("runbook", "save", "checkout-latency", str(file)).stdout.startswith("checkout-latency, version 2")
    reference = terminal.json("incident", "declare", "Slow", "-s", "checkout")["reference"]
    assert "Checkout is slow" in terminal("runbook", "list", "--incident", reference).stdout
    assert "Look at the queue" in terminal("runbook", "show", "checkout-latency").stdout
