"""What a fresh clone relies on: locks that name no place, a set-up that is complete, a plan that is true."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
PINNED = re.compile(r"^([a-z0-9][a-z0-9-]*)==(\S+)(?: ; .+?)? \\$")


def pins(lock: Path) -> dict[str, str]:
    """Package → version of every requirement line."""
    found = (PINNED.match(line) for line in lock.read_text().splitlines())
    return {match[1]: match[2] for match in found if match}


def tool(name: str, *arguments: str, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "tools" / f"{name}.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_holds_pins_and_hashes_and_nothing_else(lock: Path) -> None:
    for line in lock.read_text().splitlines():
        is_hash = re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line)
        assert is_hash or PINNED.match(line), f"{lock.name}: {line!r}"
    assert pins(lock)


def test_the_runtime_lock_holds_every_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = pins(ROOT / "requirements" / "runtime.lock")
    declared = project["dependencies"] + project["optional-dependencies"]["postgres"]
    names = {re.split(r"[\[<>=!~;]", entry)[0].strip() for entry in declared}
    assert names <= locked.keys()
    assert {"hatchling", "editables"} <= locked.keys(), "an editable install without build isolation needs them"


def test_what_is_tested_is_what_runs() -> None:
    runtime, dev = (pins(ROOT / "requirements" / f"{name}.lock") for name in ("runtime", "dev"))
    assert runtime.items() <= dev.items()


def test_the_front_ends_lock_names_no_place_and_every_package_has_its_digest() -> None:
    packages = json.loads((ROOT / "frontend" / "package-lock.json").read_text())["packages"]
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert not [name for name, package in packages.items() if name and not package["integrity"].startswith("sha512-")]


def test_front_end_packages_are_pinned_exactly() -> None:
    package = json.loads((ROOT / "frontend" / "package.json").read_text())
    for version in (package["dependencies"] | package["devDependencies"]).values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), version


def test_the_house_plan_shows_the_tree_as_it_is() -> None:
    checked = tool("layout", "--check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_new_module_makes_the_house_plan_stale(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "layout.py").write_bytes((ROOT / "tools" / "layout.py").read_bytes())
    (tmp_path / "docs").mkdir()
    page = tmp_path / "docs" / "architecture.md"
    page.write_text("before\n<!-- layout:begin (make layout) -->\n<!-- layout:end -->\nafter\n")
    package = tmp_path / "src" / "firebell"
    package.mkdir(parents=True)
    (package / "bell.py").write_text('"""Rings.\n\nLouder at night.\n"""\n')
    assert tool("layout", root=tmp_path).returncode == 0
    assert re.search(r"^  bell\.py +Rings$", page.read_text(), re.MULTILINE)
    assert tool("layout", "--check", root=tmp_path).returncode == 0

    (package / "rope.py").write_text('"""Pulls the bell."""\n')
    stale = tool("layout", "--check", root=tmp_path)
    assert stale.returncode == 1
    assert "rope.py" in stale.stderr
    assert page.read_text().startswith("before\n")


@pytest.mark.parametrize(
    "text",
    ["see registry.npm" + "js.org", "from pyp" + "i.org/simple", "in /wo" + "rk/main", "at /tm" + "p/out"],
)
def test_a_place_of_somebody_elses_is_found_in_the_tree(tmp_path: Path, text: str) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "tree_check.py").write_bytes((ROOT / "tools" / "tree_check.py").read_bytes())
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    assert tool("tree_check", root=tmp_path).returncode == 0
    (tmp_path / "notes.md").write_text(f"first\n{text}\n")
    found = tool("tree_check", root=tmp_path)
    assert found.returncode == 1
    assert "notes.md:2:" in found.stderr


def test_every_page_the_contributors_guide_names_is_there() -> None:
    for page in ("CONTRIBUTING.md", "docs/architecture.md"):
        for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / page).read_text()):
            assert ((ROOT / page).parent / link).exists(), f"{page} links to {link}"
