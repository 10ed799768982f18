"""The commands that talk to a server, against a running one: tables for people, JSON for programs, exit codes."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from firebell.entrypoints.cli.calling import Server, call, login_file, server
from firebell.entrypoints.cli.main import app
from firebell.entrypoints.cli.rehearse import seconds
from firebell.entrypoints.cli.schedule import calendar
from firebell.kernel.archive import unpack
from firebell.kernel.db import sqlite_faults
from firebell.kernel.errors import Conflict
from tests import slo_documents as documents
from tests.entrypoints.web.house import served

TOKEN = "bootstrap-token-of-the-tests"
EXAMPLES = Path(__file__).parents[3] / "examples"


class Terminal:
    """A person at a terminal, with a server named in the environment."""

    def __init__(self, origin: str, home: Path) -> None:
        self.origin = origin
        self.environment = {"FIREBELL_URL": origin, "FIREBELL_TOKEN": TOKEN, "XDG_CONFIG_HOME": str(home)}

    def __call__(self, *words: str, typed: str | None = None, obj: Any = None, **environment: str) -> Result:
        return CliRunner().invoke(app, words, input=typed, obj=obj, env={**self.environment, **environment})

    def json(self, *words: str) -> Any:
        answer = self(*words, "--json")
        assert answer.exit_code == 0, answer.output
        return json.loads(answer.stdout)


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    with served(tmp_path_factory.mktemp("house"), bootstrap_token=TOKEN) as house:
        made = Terminal(house.origin, tmp_path_factory.mktemp("home"))
        assert made("apply", "-f", str(EXAMPLES)).exit_code == 0
        yield made


def test_an_alert_is_sent_seen_acknowledged_escalated_and_resolved(terminal: Terminal) -> None:
    sent = terminal.json("alert", "send", "Disk full", "-s", "checkout", "--severity", "high", "--key", "disk")
    assert sent["became"] == "opened"
    alert_id = sent["alert_id"]
    again = terminal("alert", "send", "Disk full", "-s", "checkout", "--severity", "high", "--key", "disk")
    assert again.stdout.startswith(f"repeated: {alert_id}")
    listed = terminal("alert", "list", "-s", "checkout")
    assert alert_id in listed.stdout
    assert "Disk full" in listed.stdout
    assert " checkout " in listed.stdout
    assert terminal("alert", "ack", alert_id).stdout == "done: acknowledged  Disk full\n"
    assert terminal("alert", "ack", alert_id).stdout.startswith("already_acknowledged")
    assert "acknowledged" in terminal("alert", "show", alert_id).stdout
    assert terminal.json("alert", "list", "--state", "open", "-s", "checkout") == []
    assert terminal("alert", "escalate", alert_id).stdout.startswith("done: open")
    assert terminal("alert", "resolve", alert_id).stdout == "done: resolved  Disk full\n"
    assert terminal.json("alert", "show", alert_id)["state"] == "resolved"


def test_who_was_paged_is_said_by_name(terminal: Terminal) -> None:
    alert_id = terminal.json("alert", "send", "Payments stuck", "-s", "checkout", "--key", "names")["alert_id"]
    assert terminal("alert", "escalate", alert_id).exit_code == 0
    paged = terminal.json("alert", "show", alert_id)["pages"]
    shown = terminal("alert", "show", alert_id).stdout
    assert paged
    assert not [one["user_id"] for one in paged if one["user_id"] in shown]


def test_whoever_is_covered_is_said_by_name(terminal: Terminal) -> None:
    cover = {
        "kind": "replace", "user": "alice", "by": "bruno", "starts_at": "2030-01-07T00:00:00Z",
        "ends_at": "2030-01-21T00:00:00Z",
    }  # fmt: skip
    there = Server(terminal.origin, TOKEN)
    call("POST", "/api/v1/schedules/payments-primary/overrides", cover, at=there)
    during = ("--from", "2030-01-07T00:00:00Z", "--to", "2030-01-21T00:00:00Z")
    assert "bruno (for alice)" in terminal("schedule", "show", "payments-primary", *during).stdout


def test_a_token_that_may_only_see_alerts_lists_them_with_ids_for_names(terminal: Terminal) -> None:
    alert_id = terminal.json("alert", "send", "Narrow", "-s", "checkout", "--key", "narrow")["alert_id"]
    service_id = terminal.json("alert", "show", alert_id)["service_id"]
    narrow = terminal.json("token", "create", "narrow", "--scope", "alerts.view")["token"]
    listed = terminal("alert", "list", FIREBELL_TOKEN=narrow)
    assert listed.exit_code == 0, listed.output
    assert alert_id in listed.stdout
    assert service_id in listed.stdout
    assert terminal("service", "list", FIREBELL_TOKEN=narrow).exit_code == 1
    assert terminal("alert", "resolve", alert_id).exit_code == 0


def test_a_cover_is_made_and_taken_back(terminal: Terminal) -> None:
    span = ("--from", "2031-01-06T00:00:00Z", "--until", "2031-01-13T00:00:00Z")
    made = terminal.json("schedule", "cover", "payments-primary", "carmen", "--for", "alice", *span, "-r", "holiday")
    assert (made["kind"], made["user"], made["by_user"], made["reason"]) == ("replace", "alice", "carmen", "holiday")
    assert terminal("schedule", "uncover", "payments-primary", made["id"]).exit_code == 0
    added = terminal("schedule", "cover", "payments-primary", "carmen", "--until", "2031-01-13T00:00:00Z")
    assert "carmen is on call from" in added.stdout
    assert "carmen" in terminal("oncall", "who").stdout
    assert terminal("schedule", "uncover", "payments-primary", added.stdout.partition(":")[0]).exit_code == 0
    refused = terminal("schedule", "cover", "payments-primary", "crmen", "--until", "2031-01-13T00:00:00Z")
    assert refused.exit_code == 1
    assert "Did you mean “carmen”?" in refused.stderr


def test_an_acknowledgement_is_taken_back_with_its_reason(terminal: Terminal) -> None:
    alert_id = terminal.json("alert", "send", "Queue stuck", "-s", "checkout", "--key", "unack")["alert_id"]
    terminal("alert", "ack", alert_id)
    assert terminal("alert", "unack", alert_id, "--reason", "not mine").stdout == "done: open  Queue stuck\n"
    assert terminal("alert", "resolve", alert_id).exit_code == 0


def test_the_last_resort_is_named(terminal: Terminal) -> None:
    assert "alice" in terminal("fallback", "set", "alice", "carmen").stdout
    assert [one["user"] for one in terminal.json("fallback", "show")["people"]] == ["alice", "carmen"]
    assert terminal("fallback", "set", "nobody-here").exit_code == 1


def test_what_a_sender_writes_cannot_drive_the_terminal(terminal: Terminal) -> None:
    terminal.json("alert", "send", "red \x1b[31malert\x07", "-s", "checkout", "--key", "escape")
    assert "\x1b" not in terminal("alert", "list", "-s", "checkout").stdout


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("oncall", "who"), "payments-primary"),
        (("schedule", "list"), "payments-primary"),
        (("schedule", "show", "payments-primary"), "Europe/Berlin"),
        (("policy", "list"), "payments"),
        (("policy", "show", "payments"), "fallback"),
        (("service", "list"), "checkout"),
        (("service", "show", "checkout"), "scripts"),
        (("integration", "list"), "scripts"),
        (("user", "list"), "alice"),
        (("team", "list"), "payments"),
        (("token", "list"), ""),
        (("signal", "list"), ""),
    ],
)
def test_every_list_is_a_table_for_people_and_json_for_programs(
    terminal: Terminal, words: tuple[str, ...], shown: str
) -> None:
    answer = terminal(*words)
    assert answer.exit_code == 0, answer.output
    assert shown in answer.stdout
    assert terminal.json(*words) is not None


def test_an_integration_is_shown_with_what_to_paste(terminal: Terminal) -> None:
    one = terminal.json("integration", "list", "-s", "checkout")[0]
    shown = terminal("integration", "show", one["id"])
    assert shown.exit_code == 0, shown.output
    assert "curl" in shown.stdout
    assert terminal.origin in shown.stdout


def test_a_signal_is_shown_as_it_came(terminal: Terminal) -> None:
    terminal.json("alert", "send", "As it came", "-s", "checkout")
    first = terminal.json("signal", "list", "--limit", "1")[0]
    assert "As it came" in terminal("signal", "show", first["id"]).stdout


def test_a_token_is_shown_once_works_and_is_revoked(terminal: Terminal) -> None:
    made = terminal("token", "create", "readers", "--scope", "services.view")
    assert made.exit_code == 0, made.output
    plain = made.stdout.strip()
    assert terminal("service", "list", FIREBELL_TOKEN=plain).exit_code == 0
    token_id = next(one["id"] for one in terminal.json("token", "list") if one["name"] == "readers")
    assert terminal("token", "revoke", token_id).exit_code == 0
    assert terminal("service", "list", FIREBELL_TOKEN=plain).exit_code == 1


def test_a_rehearsal_fails_when_nobody_is_reached_in_time(terminal: Terminal) -> None:
    reached = terminal("rehearse", "checkout", "--within", "5m")
    assert reached.exit_code == 0, reached.output
    assert "Reached within 5m: " in reached.stdout
    answer = terminal.json("rehearse", "checkout", "--at", "2026-06-01T03:00:00Z", "--severity", "SEV1")
    assert answer["reached"] is True
    assert terminal("rehearse", "checkout", "--within", "soon").exit_code == 1


def test_login_keeps_the_token_for_this_user_and_this_server_only(terminal: Terminal, tmp_path: Path) -> None:
    home = {"XDG_CONFIG_HOME": str(tmp_path), "FIREBELL_URL": "", "FIREBELL_TOKEN": ""}
    done = terminal("login", terminal.origin, "--token-stdin", typed=f"{TOKEN}\n", **home)
    assert done.exit_code == 0, done.output
    kept = login_file(home)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert terminal("service", "list", **home).exit_code == 0
    assert server(home) == Server(terminal.origin, TOKEN)
    assert server({**home, "FIREBELL_URL": "https://elsewhere.example.com"}).token == ""
    assert terminal("logout", **home).exit_code == 0
    assert not kept.exists()


def test_a_wrong_token_is_not_kept(terminal: Terminal, tmp_path: Path) -> None:
    home = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert terminal("login", terminal.origin, "--token-stdin", typed="wrong\n", **home).exit_code == 1
    assert not login_file(home).exists()


def test_a_refusal_of_the_server_is_told_on_stderr_with_exit_code_1(terminal: Terminal) -> None:
    for words in (
        ("service", "show", "nothing"),
        ("alert", "ack", "alr_none"),
        ("alert", "send", "x", "-s", "nothing"),
    ):
        answer = terminal(*words)
        assert answer.exit_code == 1
        assert answer.stderr
        assert not answer.stdout


def test_no_server_and_no_address_are_told_as_such(terminal: Terminal) -> None:
    for url in ("http://127.0.0.1:9", "nonsense://x", "http://[bad"):
        answer = terminal("user", "list", FIREBELL_URL=url)
        assert answer.exit_code == 1
        assert "No answer from" in answer.stderr


def test_a_running_server_is_asked_for_the_backup(terminal: Terminal, tmp_path: Path) -> None:
    class Here:
        def backup(self, target: Path | None) -> None:
            error = Conflict("A server has it.")
            error.slug = "in-use"
            raise error

    target = tmp_path / "one.fbbackup"
    answer = terminal("backup", str(target), obj=Here())
    assert answer.exit_code == 0, answer.output
    header = unpack(target, tmp_path / "copy")
    assert header["about"]["schema"]
    assert sqlite_faults(tmp_path / "copy") == []
    assert terminal("backup", str(tmp_path), obj=Here()).exit_code == 0
    named = next(tmp_path.glob("firebell-2*.fbbackup"))
    assert named.with_name(named.name + ".sha256").read_text().endswith(f"  {named.name}\n")
    refused = terminal("backup", str(tmp_path / "two"), obj=Here(), FIREBELL_TOKEN="wrong")
    assert refused.exit_code == 1
    assert not (tmp_path / "two").exists()


def test_a_calendar_has_a_line_per_local_day_and_names_the_gaps() -> None:
    shifts = [
        {"starts_at": "2026-03-28T08:00:00Z", "ends_at": "2026-03-29T07:00:00Z", "user": "ann", "role": "primary"},
        {
            "starts_at": "2026-03-29T07:00:00Z", "ends_at": "2026-03-29T16:00:00Z", "user": "ben", "role": "primary",
            "instead_of": "cat",
        },
    ]  # fmt: skip
    gaps = [{"starts_at": "2026-03-29T16:00:00Z", "ends_at": "2026-03-29T22:00:00Z"}]
    assert calendar(shifts, gaps, "Europe/Berlin") == [
        "  Sat 2026-03-28  09:00 ann",
        "  Sun 2026-03-29  00:00 ann  09:00 ben (for cat)  18:00 —",
    ]
    assert calendar([], [], "UTC") == ["  (nothing)"]


@pytest.mark.parametrize(("text", "expected"), [("90s", 90), ("5m", 300), ("1h", 3600), (" 2 m ", 120)])
def test_lengths_of_time_are_read(text: str, expected: int) -> None:
    assert seconds(text) == expected


def test_insight_is_a_table_a_review_a_file_and_json(terminal: Terminal) -> None:
    shown = terminal("insight", "show", "-p", "2026-01")
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith("2026-01-01 until 2026-02-01, UTC: 0 incidents")
    assert "time_to_resolve" in shown.stdout
    assert "again after a fix:" in shown.stdout
    assert terminal.json("insight", "show", "-p", "2026-01")["recurrence"][0]["days"] == 30
    assert terminal("insight", "show", "-p", "2026-01", "--by", "cause").stdout.endswith(
        "No incident in this period.\n"
    )
    assert "incidents:" in terminal("insight", "review", "2026-01").stdout
    assert terminal.json("insight", "review", "2026-Q1")["lessons"] == []
    assert terminal("insight", "csv", "summary").stdout.startswith("metric,n,median_s")
    assert terminal("insight", "show", "-p", "soon").exit_code == 1


def test_objectives_are_applied_counted_and_become_rules(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "slos.yaml"
    asked = documents.document("checkout-latency", source="prometheus")
    file.write_text(yaml.safe_dump_all([documents.document("checkout-pushed"), asked]), encoding="utf-8")
    planned = terminal("plan", "-f", str(file))
    assert "+ SLO/checkout-pushed" in planned.stdout
    assert "so the rule set “default” is used." in planned.stdout
    assert terminal("apply", "-f", str(file)).exit_code == 0
    listed = terminal("slo", "list", "-s", "checkout").stdout
    assert "checkout-pushed" in listed
    # Counts from a file, from standard input, and one bucket by hand; what comes out goes in again.
    counts = tmp_path / "counts.csv"
    counts.write_text("start,good,total\n2026-01-05T09:00:00Z,993,1000\n2026-01-05T09:01:00Z,10,10\n", encoding="utf-8")
    assert terminal("slo", "push", "checkout-pushed", str(counts)).stdout == "2 stored (0 replaced), 0 refused.\n"
    more = json.dumps([{"start": "2026-01-05T09:02:00Z", "good": 1, "total": 2}])
    assert terminal("slo", "push", "checkout-pushed", "-", typed=more).exit_code == 0
    span = ("--since", "2026-01-05T09:00:00Z", "--until", "2026-01-05T10:00:00Z")
    written = terminal("slo", "series", "checkout-pushed", *span, "--csv").stdout
    assert written.splitlines()[1] == "2026-01-05T09:00:00Z,993.0,1000.0"
    again = terminal("slo", "push", "checkout-pushed", "-", typed=written)
    assert again.stdout == "0 stored (0 replaced), 0 refused.\n", "the same counts change nothing"
    assert terminal("slo", "push", "checkout-pushed", "--good", "5", "--total", "5").exit_code == 0
    assert terminal("slo", "push", "checkout-pushed", "--good", "5").exit_code == 1
    assert "as of" in terminal("slo", "budget", "checkout-pushed").stdout
    # Rules that Prometheus itself accepts.
    rules = terminal("slo", "rules", "--all")
    assert rules.exit_code == 0
    assert rules.stdout == terminal("slo", "rules", "checkout-latency").stdout
    assert terminal("slo", "rules").exit_code == 1
    target = tmp_path / "rules.yml"
    target.write_text(rules.stdout, encoding="utf-8")
    if promtool := shutil.which("promtool"):
        done = subprocess.run([promtool, "check", "rules", str(target)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    # Everything as files changes nothing.
    folder = tmp_path / "export"
    assert terminal("export", "-o", str(folder)).exit_code == 0
    assert terminal("apply", "-f", str(folder)).stdout.endswith("Nothing to change.\n")
