"""``firebell plan | apply | export`` against a running server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from firebell.entrypoints.cli.calling import told
from firebell.entrypoints.cli.config import inside, request
from firebell.entrypoints.cli.main import app
from tests.entrypoints.web.house import served

TOKEN = "bootstrap-token-of-the-tests"
EXAMPLES = Path(__file__).parents[3] / "examples"


class Terminal:
    def __init__(self, origin: str) -> None:
        self.environment = {"FIREBELL_URL": origin, "FIREBELL_TOKEN": TOKEN}

    def __call__(self, *words: str, **environment: str) -> Result:
        return CliRunner().invoke(app, words, env={**self.environment, **environment})


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    with served(tmp_path_factory.mktemp("house"), bootstrap_token=TOKEN) as house:
        yield Terminal(house.origin)


def test_the_examples_are_planned_applied_and_exported_from_the_terminal(terminal: Terminal, tmp_path: Path) -> None:
    folder = str(EXAMPLES)
    planned = terminal("plan", "-f", folder, "--check")
    assert planned.exit_code == 2
    assert "+ Service/checkout" in planned.output
    assert "To be 16 created, 4 changed." in planned.output
    assert "On call in payments-primary until" in planned.output
    applied = terminal("apply", "-f", folder)
    assert applied.exit_code == 0
    assert "Key of checkout/scripts: " in applied.output
    assert "Signing secret of the webhook status-bot, shown only now: whsec_" in applied.output
    assert applied.output.endswith("16 created, 4 changed.\n")
    assert "+ Service/checkout" not in applied.output
    again = terminal("plan", "-f", folder, "--check")
    assert (again.exit_code, again.output) == (0, "Nothing to change.\n")

    written = terminal("export", "-o", str(tmp_path / "out"))
    assert written.exit_code == 0
    names = {path.name for path in (tmp_path / "out").rglob("*.yaml")}
    assert names == {"people.yaml", "on-call.yaml", "services.yaml", "incidents.yaml"}
    assert terminal("plan", "-f", str(tmp_path / "out"), "--check").exit_code == 0
    stream = tmp_path / "all.yaml"
    stream.write_text(terminal("export").output, encoding="utf-8")
    assert json.loads(terminal("plan", "-f", str(stream), "--json").output)["changes"] == []


def test_faults_are_told_with_file_and_line_on_stderr(terminal: Terminal, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("apiVersion: firebell/v1\nkind: User\nmetadata: {name: ann}\nspec:\n  role: boss\n  rle: x\n")
    refused = terminal("apply", "-f", str(bad))
    assert refused.exit_code == 1
    assert f"{bad}:5: spec.role: “boss” is not possible here." in refused.stderr
    assert f"{bad}:6: spec.rle: Unknown key “rle”. Did you mean “role”?" in refused.stderr


def test_a_wrong_token_is_refused(terminal: Terminal) -> None:
    refused = terminal("export", FIREBELL_TOKEN="wrong")
    assert refused.exit_code == 1
    assert "token" in refused.stderr


def test_no_server_is_told_as_such() -> None:
    refused = CliRunner().invoke(app, ["export"], env={"FIREBELL_URL": "http://127.0.0.1:9"})
    assert refused.exit_code == 1
    assert "No answer from http://127.0.0.1:9" in refused.stderr


def test_only_what_the_files_ask_for_leaves_the_machine(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "no.yaml").write_text("kind: X\n")
    (tmp_path / "sub" / "key.txt").write_text("sesame\n")
    (tmp_path / "sub" / "a.yaml").write_text("key: {secretFile: key.txt}\nhost: ${HOST:-x} $${NOT}\n")
    (tmp_path / "b.yml").write_text("a: {secretFile: missing.txt}\n")
    (tmp_path / "c.txt").write_text("${SECRET}")
    sent = request([str(tmp_path)], prune=True, environment={"HOST": "h", "SECRET": "s", "NOT": "n"})
    assert sent["environment"] == {"HOST": "h"}
    assert sent["prune"] is True
    files: dict[str, Any] = {Path(file["path"]).name: file["secret_files"] for file in sent["files"]}
    assert files == {"b.yml": {}, "a.yaml": {"key.txt": "sesame\n"}}


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("acme.yaml", "acme.yaml"), ("team/acme.yaml", "team/acme.yaml"), ("/etc/passwd", "passwd"),
        ("../../x.yaml", "x.yaml"), ("..", "config.yaml"), ("a/../../b.yaml", "b.yaml"),
    ],
)  # fmt: skip
def test_an_export_never_writes_outside_its_folder(path: str, written: str) -> None:
    assert str(inside(path)) == written


def test_an_answer_that_is_no_problem_document_is_still_told() -> None:
    assert told(["x"]) == ["The server's answer cannot be understood."]
    assert told({"title": "No.", "field": "name", "hint": "Choose another."}) == ["name: No. Choose another."]
