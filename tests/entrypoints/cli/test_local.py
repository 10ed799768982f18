"""The commands of this machine, as the installed program runs them, and what holds for every command there is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from firebell.__main__ import LOCAL
from firebell.entrypoints.cli.main import app, run
from tests.entrypoints.web.house import served

ROOT = Path(__file__).parents[3]


class Machine:
    """A person at the terminal of a machine with an installation in ``data``."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.environment = {
            "FIREBELL_DATA": str(self.data), "FIREBELL_CONFIG": str(folder / "firebell.toml"), "FIREBELL_URL": "",
        }  # fmt: skip

    def __call__(self, *words: str, **environment: str) -> Result:
        return CliRunner().invoke(app, words, obj=LOCAL, env={**self.environment, **environment})

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--json").stdout)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_settings_are_shown_with_their_origin_and_without_their_secrets(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "firebell.toml").write_text('heartbeat_url = "https://hc.example.com/x"\n')
    shown = machine("config", "show", FIREBELL_SMTP_URL="smtp://user:very-secret@mail.example.com")
    assert shown.exit_code == 0, shown.output
    assert "very-secret" not in shown.output
    lines = {line.split()[0]: line for line in shown.stdout.splitlines() if line.strip()}
    assert "environment" in lines["smtp_url"]
    assert "firebell.toml" in lines["heartbeat_url"]
    assert "default" in lines["senders"]


def test_a_wrong_setting_is_one_clear_line(machine: Machine) -> None:
    shown = machine("config", "show", FIREBELL_SENDERS="many")
    assert shown.exit_code == 1
    assert shown.stderr.startswith("firebell: Setting senders:")
    assert len(shown.stderr.splitlines()) == 1


def test_a_new_machine_migrates_once_and_the_doctor_finds_it_well(machine: Machine) -> None:
    assert machine.json("migrate")["taken"]
    assert machine("migrate").stdout == "The database is up to date.\n"
    examined = machine("doctor")
    assert examined.exit_code == 0, examined.output
    assert "✓ schema" in examined.stdout


def test_the_doctor_exits_with_1_at_a_failure(machine: Machine) -> None:
    machine("migrate")
    key = machine.data / "secret.key"
    key.write_bytes(bytes(32))
    key.chmod(0o644)
    examined = machine("doctor")
    assert examined.exit_code == 1
    assert "✗ secret key" in examined.stdout


def test_somebody_is_let_in_and_the_journal_remembers_it_whole(machine: Machine) -> None:
    made = machine("admin", "create-user", "ann", "--role", "admin", "--email", "ann@example.com")
    assert made.exit_code == 0, made.output
    assert "http://127.0.0.1:8080/invite/" in made.stdout
    assert machine.json("admin", "reset-password", "ann")["url"].startswith("http://127.0.0.1:8080/reset/")
    assert "/setup/" in machine("admin", "setup-link").stdout
    assert machine("admin", "create-user", "ben", "--role", "king").exit_code == 1
    assert machine("admin", "reset-password", "nobody").exit_code == 1
    verified = machine("audit", "verify")
    assert verified.exit_code == 0
    assert "all whole" in verified.stdout


def test_a_backup_goes_there_and_back(machine: Machine, tmp_path: Path) -> None:
    machine("admin", "create-user", "ann")
    kept = machine.json("backup", str(tmp_path / "one.fbbackup"))
    assert machine("restore", kept["path"]).exit_code == 1
    restored = machine("restore", kept["path"], "--replace")
    assert restored.exit_code == 0, restored.output
    (tmp_path / "one.fbbackup").write_bytes(b"firebell-backup 1\n{}")
    refused = machine("restore", kept["path"], "--replace")
    assert refused.exit_code == 1
    assert "no whole backup" in refused.stderr


def test_a_backup_of_nothing_is_refused(machine: Machine, tmp_path: Path) -> None:
    refused = machine("backup", str(tmp_path / "one.fbbackup"))
    assert refused.exit_code == 1
    assert "no installation" in refused.stderr


def test_the_doctor_asks_the_server_that_has_the_file(machine: Machine) -> None:
    with served(machine.data) as house:
        listen = house.origin.removeprefix("http://")
        examined = machine("doctor", FIREBELL_LISTEN=listen)
        assert f"✓ server ready at {house.origin}" in " ".join(examined.stdout.split())
        elsewhere = machine("doctor", FIREBELL_LISTEN="127.0.0.1:9")
        assert elsewhere.exit_code == 1
        assert "does not answer" in elsewhere.stdout


def test_commands_that_need_the_file_say_that_a_server_has_it(machine: Machine) -> None:
    with served(machine.data):
        for words in (("migrate",), ("audit", "verify"), ("admin", "setup-link")):
            refused = machine(*words)
            assert refused.exit_code == 1
            assert "is in use by another process" in refused.stderr


# ------------------------------------------------------------------ every command


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    def walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
        if hasattr(command, "commands"):
            for name, inner in command.commands.items():
                yield from walk(inner, (*path, name))
        else:
            yield path, command

    yield from walk(typer.main.get_command(app), ())


EVERY = list(commands())


@pytest.mark.parametrize(("path", "command"), EVERY, ids=[" ".join(path) for path, _ in EVERY])
def test_every_command_has_help_with_an_example_of_itself(path: tuple[str, ...], command: Any) -> None:
    shown = CliRunner().invoke(app, [*path, "--help"], obj=LOCAL)
    assert shown.exit_code == 0
    assert re.search(r"Example: firebell " + " ".join(path), " ".join((command.help or "").split()))


def test_every_command_that_shows_something_speaks_json() -> None:
    silent = {("serve",), ("demo",), ("login",), ("logout",)}
    documents = {("slo", "rules"), ("insight", "csv")}
    without = {path for path, command in EVERY if not any("--json" in p.opts for p in command.params)}
    assert without == silent | documents


def test_the_page_about_the_commands_is_what_they_say_themselves() -> None:
    checked = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "cli_docs.py"), "--check"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (checked.returncode, checked.stderr) == (0, "")


# ------------------------------------------------------------------ the program


def program(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FIREBELL_", "_FIREBELL"))}
    return subprocess.run(
        [sys.executable, "-m", "firebell", *words], env={**kept, "PYTHONPATH": str(ROOT / "src"), **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "words", [("nonsense",), ("alert", "list", "--nonsense"), ("alert", "ack"), ("alert", "list", "--limit", "none")]
)
def test_wrong_usage_is_exit_code_1_and_says_what_is_wrong(words: tuple[str, ...], capsys: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        run(LOCAL, words)
    assert ended.value.code == 1
    assert "Usage:" in capsys.readouterr().err


def test_exit_codes_of_commands_reach_the_shell() -> None:
    answer = program("user", "list", FIREBELL_URL="http://127.0.0.1:9")
    assert answer.returncode == 1
    assert "No answer from http://127.0.0.1:9" in answer.stderr
    assert program("--help").returncode == 0


def test_help_loads_neither_the_server_nor_a_database_nor_an_http_client() -> None:
    code = (
        "import sys; from firebell.__main__ import LOCAL; import firebell.entrypoints.cli.main\n"
        "heavy = {'sqlalchemy', 'alembic', 'fastapi', 'httpx2', 'uvicorn', 'pydantic', 'rich.console'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert answer.stderr.strip() == ""


def test_the_shell_completes_commands() -> None:
    answer = program(_FIREBELL_COMPLETE="complete_bash", COMP_WORDS="firebell ale", COMP_CWORD="1")
    assert answer.stdout.split() == ["alert"]
