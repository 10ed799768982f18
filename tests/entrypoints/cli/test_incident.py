"""An incident and a runbook from the terminal, against a running server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from firebell.entrypoints.cli.calling import Server, call
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


def test_what_it_taught_is_read_taken_out_and_kept(terminal: Terminal, tmp_path: Path) -> None:
    there, who = Server(terminal.origin, TOKEN), somebody(terminal)
    one = terminal.json("incident", "declare", "Carts are empty", "--severity", "SEV2", "--impact", "Half of them.")
    key = one["reference"]
    for body in (
        {"verb": "take_command"}, {"verb": "mitigate", "remedy": "rollback"},
        {"verb": "resolve", "all_clear": "All is well; no data was lost.", "skip": "Seen on the graph at once."},
    ):  # fmt: skip
        call("POST", f"/api/v1/incidents/{key}:act", body, query={"as": who}, at=there)
    assert key in terminal("postmortem", "list", "--state", "draft").stdout
    shown = terminal("postmortem", "show", key).stdout
    assert "No action item has an owner" in shown
    assert "must" in shown

    made = terminal("postmortem", "export", key, "-f", "pdf", "-o", str(tmp_path / "one.pdf"))
    assert made.exit_code == 0, made.output
    assert (tmp_path / "one.pdf").read_bytes().startswith(b"%PDF")
    assert terminal("postmortem", "export", key, "-f", "docx").exit_code == 1
    markdown = terminal("postmortem", "export", key).stdout
    assert markdown.startswith(f"# {key}: Carts are empty\n")
    file = tmp_path / "one.md"
    file.write_text(f"{markdown}\n- and one more\n", encoding="utf-8")
    assert terminal("postmortem", "import", key, str(file), "--replace").stdout.startswith(f"{key} has it as revision ")

    item = {"text": "Reject an empty cart in CI", "type": "prevent", "owner": who, "due_at": "2030-01-01T00:00:00Z"}
    late = {"late_reason": "The shop is rebuilt first."}
    action = call("POST", f"/api/v1/postmortems/{key}/actions", {**item, **late}, query={"as": who}, at=there)["made"]
    assert terminal("action", "commit", action).stdout == "Reject an empty cart in CI: committed.\n"
    assert action in terminal("action", "list").stdout
    assert "change, the passing test" in terminal("action", "done", action, "trust me").stderr
    assert terminal("action", "done", action, "https://git.example.com/7").stdout.endswith("done.\n")
    assert terminal("action", "reopen", action, "-r", "It came back on Monday.").stdout.endswith("committed.\n")
    assert terminal.json("action", "decline", action, "-r", "The shop is sold now.")["state"] == "declined"
