"""Writes the layout block of ``docs/architecture.md`` from the tree, or with ``--check`` says whether it is current.

One line per module: its name and the first sentence of its docstring. A house plan that is drawn by hand lies within
a week.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "firebell"
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- layout:begin (make layout) -->", "<!-- layout:end -->"
TEXT_COLUMN = 40
TEXT_MAX = 110


def summary(path: Path) -> str:
    """First line of a module's docstring, without its full stop; empty when it has none."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    line = docstring.strip().split("\n", 1)[0].strip().removesuffix(".")
    return line if len(line) <= TEXT_MAX else line[: TEXT_MAX - 1].rstrip() + "…"


def row(depth: int, name: str, text: str) -> str:
    return f"{'  ' * depth + name:<{TEXT_COLUMN}}{text}".rstrip()


def tree(folder: Path, depth: int = 0) -> list[str]:
    """Rows for a package: its own line, its modules, then its packages. Folders without Python are left out."""
    own = folder / "__init__.py"
    rows = [row(depth, folder.name + "/", summary(own) if own.exists() else "")]
    modules = sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")
    rows += [row(depth + 1, path.name, summary(path)) for path in modules]
    for sub in sorted(path for path in folder.iterdir() if path.is_dir() and path.name != "__pycache__"):
        if next(sub.rglob("*.py"), None):
            rows += tree(sub, depth + 1)
    return rows


def with_block(page: str) -> str:
    """``page`` with its layout block drawn anew."""
    before, found, rest = page.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        sys.exit(f"{PAGE.relative_to(ROOT)} lacks the lines {BEGIN} and {END}.")
    return f"{before}{BEGIN}\n```\n" + "\n".join(tree(PACKAGE)) + f"\n```\n{END}{after}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the layout block of docs/architecture.md.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when the block is out of date")
    options = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8")
    drawn = with_block(page)
    if not options.check:
        PAGE.write_text(drawn, encoding="utf-8")
    elif drawn != page:
        changes = difflib.unified_diff(
            page.splitlines(), drawn.splitlines(), "docs/architecture.md", "the tree", n=0, lineterm=""
        )
        sys.exit("\n".join(changes) + "\nThe layout in docs/architecture.md is out of date: make layout")


if __name__ == "__main__":
    main()
