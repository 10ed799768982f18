"""What the documentation says is true: links lead somewhere, commands parse, and tables equal the code."""

from __future__ import annotations

import importlib
import pkgutil
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from fastapi import FastAPI

import firebell
from firebell.entrypoints.api import routes
from firebell.entrypoints.cli.main import app
from firebell.kernel.actor import GRANTS, Permission, Role
from firebell.kernel.errors import Refused
from firebell.settings import Settings

ROOT = Path(__file__).parents[2]
HOW_TO = ROOT / "docs" / "how-to"
PAGES = sorted([*ROOT.glob("docs/**/*.md"), *ROOT.glob("README.md")])
SOURCE = sorted((ROOT / "src" / "firebell").rglob("*.py"))
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_BLOCK = re.compile(r"^( {4,}.*|```.*?^ *```)$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
# An address under /api/v1, with an optional verb after a colon and {names} or concrete values as its parts.
_ADDRESS = re.compile(r"/api/v1(?:/[A-Za-z0-9_{}.-]+)+(?::[a-z]+)?")
_SETTING = re.compile(r"\bFIREBELL_([A-Z_]+)\b")
# Read by the terminal, the soak and the tests, and by the settings' reader itself: no keys of the settings.
_OTHERS = {"URL", "TOKEN", "CONFIG", "CRASH", "PACKAGE"}


@cache
def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """The headings as they are linked to: lower case, spaces as hyphens, no other marks."""
    prose = re.sub(r"^```.*?^```", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    heads = re.findall(r"^#+ +(.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def rows(page: Path, first: str) -> list[list[str]]:
    """The cells of the table whose first heading is ``first``."""
    table = re.search(rf"^\| {first} \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)", text_of(page), re.MULTILINE)
    assert table is not None, f"{page.name} has no table that begins with “{first}”"
    return [[cell.strip().strip("`") for cell in row.strip().strip("|").split("|")] for row in table[1].splitlines()]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_link_inside_the_project_leads_somewhere(page: Path) -> None:
    lost = []
    for link in _LINK.findall(re.sub(r"^```.*?^```", "", text_of(page), flags=re.MULTILINE | re.DOTALL)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)
    assert lost == []


def test_every_page_of_the_documentation_is_in_its_index() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in _LINK.findall(text_of(index))}
    pages = {page for page in PAGES if page.is_relative_to(ROOT / "docs") and page.parent.name != "adr"}
    assert pages - linked - {index} == set()


def commands(page: Path) -> list[str]:
    """What a reader would type after a prompt: lines of blocks, and spans, that begin with the command."""
    found = []
    for block in _BLOCK.findall(text_of(page)):
        for line in block.replace("\\\n", " ").splitlines():
            for part in re.split(r"&&|\|\||;", line.strip().removeprefix("$ ")):
                typed = re.sub(r"^(?:[A-Z_]+=\S+ +)*(?:\S+/)?(?=firebell )", "", part.strip())
                found += [typed] if typed.startswith("firebell ") else []
    prose = _BLOCK.sub("", text_of(page))
    found += [re.sub(r"^(?:[A-Z_]+=\S+ +)*", "", span) for span in _SPAN.findall(prose) if "firebell " in span]
    return [one for one in found if re.match(r"firebell [a-z]", one)]


def fault(line: str) -> str:
    """Why the command line would refuse this, or nothing. ``firebell a | b`` is a list of names."""
    words = shlex.split(line, comments=True)[1:]
    if "|" in words:
        return ""
    path: list[Any] = [typer.main.get_command(app)]
    while words and hasattr(path[-1], "commands"):
        found = path[-1].commands.get(words[0])
        if found is None:
            return f"there is no command {words[0]}"
        path.append(found)
        words = words[1:]
    known = {option for part in path[-1].params for option in getattr(part, "opts", ()) if option.startswith("-")}
    wrong = [word for word in words if word.startswith("-") and len(word) > 1 and word not in known]
    return f"it has no {wrong[0]}" if wrong else ""


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_command_line_is_one_the_terminal_knows(page: Path) -> None:
    found = {line: fault(line) for line in commands(page)}
    assert {line: why for line, why in found.items() if why} == {}


def test_the_check_of_command_lines_can_fail() -> None:
    assert fault("firebell alert snooze x") == "there is no command snooze"
    assert fault("firebell alert list --colour") == "it has no --colour"
    assert fault('firebell alert send "Disk full" -s database') == ""
    assert len(commands(HOW_TO / "schedules.md")) >= 5


@pytest.fixture(scope="module")
def paths() -> set[str]:
    api = FastAPI()
    routes.install(api)
    return set(api.openapi()["paths"])


def known(address: str, paths: set[str]) -> bool:
    """Whether an address of the documentation is one of the API's, part by part."""

    def fits(path: str) -> bool:
        return re.fullmatch(re.sub(r"\\{\w+\\}", "[^/:]+", re.escape(path)), address) is not None

    return any(fits(path) for path in paths)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_address_of_the_api_exists(page: Path, paths: set[str]) -> None:
    found = {address.rstrip(".") for address in _ADDRESS.findall(text_of(page))}
    assert sorted(address for address in found if not known(address, paths)) == []


def test_the_check_of_addresses_can_fail(paths: set[str]) -> None:
    assert known("/api/v1/alerts/{alert_id}/pages", paths)
    assert known("/api/v1/schedules/web-primary/overrides", paths)
    assert not known("/api/v1/alarms", paths)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_setting_is_one(page: Path) -> None:
    found = {key for key in _SETTING.findall(text_of(page)) if not key.startswith("TEST_")}
    assert found - _OTHERS - {key.upper() for key in Settings.model_fields} == set()


def test_the_table_of_roles_is_what_is_granted() -> None:
    order = (Role.VIEWER, Role.RESPONDER, Role.MANAGER, Role.ADMIN)
    written = {
        row[0]: [cell == "yes" for cell in row[1:]] for row in rows(HOW_TO / "people-and-teams.md", "permission")
    }
    assert written == {str(one.value): [one in GRANTS[role] for role in order] for one in Permission}


def answered() -> dict[str, int]:
    """Every problem type with its status: the refusals of the code, and the few answers that are written out."""
    for module in pkgutil.walk_packages(firebell.__path__, "firebell."):
        if not module.name.endswith("__main__") and ".migrations.versions" not in module.name:
            importlib.import_module(module.name)
    found: dict[str, int] = {}
    waiting: list[type[Refused]] = [Refused]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("firebell.") and "slug" in vars(kind):
            found[kind.slug] = kind.status
    for file in SOURCE:
        source = text_of(file)
        pairs = re.findall(r"(?:_refuse|_problem|problems\.answer)\(\s*(\d{3}),\s*\"([a-z-]+)\"", source)
        pairs += [(s, t) for t, s in re.findall(r'"urn:firebell:problem:([a-z-]+)".{0,120}?"status": (\d{3})', source)]
        found |= {slug: int(status) for status, slug in pairs}
    return found | {"method-not-allowed": 405}


def test_the_table_of_problem_types_is_what_is_answered() -> None:
    written = {row[0]: int(row[1]) for row in rows(HOW_TO / "troubleshooting.md", "type")}
    assert written == answered()
