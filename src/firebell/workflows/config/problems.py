"""What is wrong with a configuration, and exactly where."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from firebell.kernel.errors import Invalid


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in a file. ``line`` counts from 1 (0: the whole); ``path`` is like ``spec.steps[0].wait``."""

    file: str
    line: int
    path: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where} {self.path}" if self.path else where


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that must be put right. ``message`` is a sentence; ``hint`` what to write instead."""

    place: Place
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" + (f" {self.hint}" if self.hint else "")


class BadConfig(Invalid):
    """The files cannot be applied; nothing has been changed. ``problems`` holds every one found, in file order."""

    slug = "bad-config"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.place.file, p.place.line, p.place.path)))
        first = self.problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{first.place}: {first.message}{more}", field=first.place.path or None, hint=first.hint)


def near(word: str, known: Iterable[str], *, otherwise: str | None = None) -> str | None:
    """``Did you mean “…”?`` for the nearest of ``known``; ``otherwise`` when none is near."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"Did you mean “{found[0]}”?" if found else otherwise
