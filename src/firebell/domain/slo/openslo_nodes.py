"""Walking a document: every fault with its path, and for a word that is not known the nearest that is."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from firebell.kernel.errors import Invalid

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right. ``document`` counts from 0; ``path`` is like ``spec.objectives[0].target``."""

    document: int
    path: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.path or 'document'}: {self.message}" + (f" {self.hint}" if self.hint else "")


@dataclass(slots=True)
class Faults:
    """What is wrong, and what was understood in a way that should be said aloud."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def near(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """``Did you mean “…”?`` or what else to say."""
    names = sorted(known)
    found = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    return f"Did you mean “{found[0]}”?" if found else otherwise or (f"One of {', '.join(names)}." if names else "")


class Node:
    """An object in a document. Reading a key marks it as known; :meth:`close` names the others."""

    def __init__(self, value: object, path: str, document: int, faults: Faults) -> None:
        self.path, self.document, self.faults = path, document, faults
        self.value: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
        self._known: set[str] = set()
        if value is not None and not isinstance(value, Mapping):
            self.problem("", "This has to be an object.")

    def at(self, key: str) -> str:
        if not key:
            return self.path
        return f"{self.path}.{key}" if self.path else key

    def problem(self, key: str, message: str, hint: str = "") -> None:
        self.faults.problems.append(Problem(self.document, self.at(key), message, hint))

    def warn(self, key: str, message: str, hint: str = "") -> None:
        self.faults.warnings.append(Problem(self.document, self.at(key), message, hint))

    def refused(self, refused: Invalid, key: str = "") -> None:
        """What a rule would not have, at the place it names."""
        path = refused.field if refused.field and refused.field.startswith(self.path) else self.at(key)
        self.faults.problems.append(Problem(self.document, path, refused.message, refused.hint or ""))

    def has(self, key: str) -> bool:
        self._known.add(key)
        return self.value.get(key) is not None

    def raw(self, key: str) -> Any:
        self._known.add(key)
        return self.value.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        """A text (a number counts as its text); without a default it has to be there."""
        found = self.raw(key)
        if found is None:
            if default is None:
                self.problem(key, f"{key} is missing.")
            return default or ""
        if isinstance(found, bool | Mapping | list):
            self.problem(key, f"{key} has to be text.")
            return default or ""
        return str(found)

    def flag(self, key: str, default: bool = False) -> bool:
        found = self.raw(key)
        if found is None:
            return default
        if not isinstance(found, bool):
            self.problem(key, f"{key} is true or false.")
            return default
        return found

    def choice(self, key: str, known: Sequence[str], default: str | None = None) -> str:
        found = self.text(key, default)
        if found and found not in known:
            self.problem(key, f"“{found[:60]}” is no {key}.", near(found, known))
            return default or known[0]
        return found

    def node(self, key: str) -> Node:
        return Node(self.raw(key), self.at(key), self.document, self.faults)

    def nodes(self, key: str) -> list[Node]:
        found = self.raw(key)
        if found is None:
            return []
        if not isinstance(found, list):
            self.problem(key, f"{key} is a list.")
            return []
        return [Node(one, f"{self.at(key)}[{i}]", self.document, self.faults) for i, one in enumerate(found)]

    def close(self) -> None:
        """Every key that nobody asked for is a fault: a misspelt one would otherwise be lost in silence."""
        for key in self.value:
            if key not in self._known:
                self.problem(str(key), f"There is no “{key}” here.", near(str(key), self._known))
