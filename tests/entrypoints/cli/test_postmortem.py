"""``firebell postmortem lint``: any Markdown, no server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from firebell.entrypoints.cli.main import app

TEXT = """# Outage

## Summary
The team ignored the alert.
Ann Miller restarted it.

## Action items
- If only we had tested it.
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "outage.md"
    path.write_text(TEXT, encoding="utf-8")
    return path


def lint(*words: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, ["postmortem", "lint", *(str(word) for word in words)], input=stdin)


def test_it_says_where_what_why_and_what_instead(file: Path) -> None:
    said = lint(file)
    assert said.exit_code == 0
    assert said.stdout.splitlines()[0].startswith(f"{file}:4:10: F4 H “ignored”: ")
    assert said.stdout.splitlines()[1].startswith("    instead: ")
    assert "F5" not in said.stdout


def test_a_name_ends_with_2(file: Path, tmp_path: Path) -> None:
    assert lint(file, "--name", "Ann Miller").exit_code == 2
    names = tmp_path / "names.txt"
    names.write_text("Bo Lind\nAnn Miller\n", encoding="utf-8")
    said = lint(file, "--names", names, "--json")
    assert said.exit_code == 2
    found = json.loads(said.stdout)
    assert [(one["line"], one["column"], one["family"], one["level"]) for one in found] == [
        (4, 10, "F4", "H"), (5, 1, "F15", "gate"),
    ]  # fmt: skip
    assert TEXT[found[1]["start"] : found[1]["end"]] == found[1]["quote"] == "Ann Miller"


@pytest.mark.parametrize(("level", "code"), [("gate", 0), ("H", 2), ("M", 2), ("L", 2)])
def test_what_it_fails_on_can_be_chosen(file: Path, level: str, code: int) -> None:
    assert lint(file, "--fail-on", level).exit_code == code


def test_standard_input_and_a_clean_text() -> None:
    said = lint("-", stdin="The pod failed to start.\n")
    assert (said.exit_code, said.stdout) == (0, "Nothing found.\n")


@pytest.mark.parametrize("words", [("missing.md",), ("-", "--fail-on", "X")])
def test_what_cannot_be_done_ends_with_1(words: tuple[str, ...]) -> None:
    said = lint(*words, stdin="")
    assert said.exit_code == 1
    assert said.stderr


def test_bytes_that_are_no_text_are_read_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "bytes.md"
    path.write_bytes(b"\xef\xbb\xbfThe team \xff ignored the alert.\r\n")
    assert lint(path).exit_code == 0
