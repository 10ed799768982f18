"""YAML text → documents that know on which line everything stands.

Unquoted, ``true``, ``false``, ``null`` and whole numbers are what they seem; everything else is text. YAML 1.1 would
read ``17:00`` as 1020 and ``no`` as false, which is how pages go to nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from firebell.workflows.config.problems import Place, Problem, near
from firebell.workflows.config.variables import Unset, filled

FILE_BYTES_MAX = 1024 * 1024
VALUES_MAX = 200_000
DEPTH_MAX = 30

# Only as Python would print it: +4915112345678 and 007 are text, and lose nothing when text is asked for.
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_ENVELOPE = ("apiVersion", "kind", "metadata", "spec")


@dataclass(frozen=True, slots=True)
class File:
    """A configuration file as it was sent. ``path`` is shown in messages and need not exist here.

    ``secret_files`` holds what the sender read for each ``secretFile:``, by the path as written.
    """

    path: str
    text: str
    secret_files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document. ``lines`` maps each path in it to its line."""

    file: str
    content: Mapping[str, Any]
    lines: Mapping[str, int]

    def place(self, path: str) -> Place:
        """Where ``path`` stands, or the nearest thing around it that is there."""
        probe = path
        while probe and probe not in self.lines:
            probe = probe[: max(probe.rfind("."), probe.rfind("["), 0)]
        return Place(self.file, self.lines.get(probe, 1), path)


def read(files: Sequence[File], environment: Mapping[str, str], problems: list[Problem]) -> list[Document]:
    """All documents of all files in order. What cannot be read is left out and added to ``problems``."""
    documents: list[Document] = []
    for file in files:
        if len(file.text.encode()) > FILE_BYTES_MAX:
            problems.append(Problem(Place(file.path, 1), "The file is larger than 1 MiB.", "Split it."))
            continue
        try:
            nodes: list[yaml.Node | None] = list(yaml.compose_all(file.text, Loader=yaml.SafeLoader))
        except yaml.YAMLError as error:
            problems.append(_unreadable(file, error))
            continue
        except RecursionError:
            problems.append(Problem(Place(file.path, 1), "The document is too deep or too large.", "Flatten it."))
            continue
        for node in nodes:
            building = _Building(file, environment, problems)
            content = building.value(node, "") if node is not None else None
            if node is None or content is None:
                continue  # an empty document, such as a file that starts with ---
            if not isinstance(content, dict):
                problems.append(
                    Problem(Place(file.path, _line(node)), "A document is a mapping.", "Start with “kind:”.")
                )
            elif not building.overflown:
                documents.append(Document(file.path, content, building.lines))
    return documents


def envelope(document: Document, kinds: Sequence[str], later: Sequence[str], problems: list[Problem]) -> str | None:
    """The document's kind if it is one of ``kinds`` and the frame around its spec is sound, else ``None``."""
    content = document.content
    before = len(problems)
    problems.extend(
        Problem(document.place(key), f"Unknown key “{key}”.", near(key, _ENVELOPE))
        for key in content
        if key not in _ENVELOPE
    )
    version, kind = content.get("apiVersion"), content.get("kind")
    if not isinstance(kind, str):
        problems.append(Problem(document.place("kind"), "“kind” is missing.", f"One of {', '.join(kinds)}."))
    elif kind in ("SLO", "DataSource") and version != "openslo/v1":
        place = document.place("apiVersion")
        problems.append(Problem(place, f"{kind} is a kind of OpenSLO.", "Write “apiVersion: openslo/v1”."))
    elif kind in later:
        hint = f"This version knows {', '.join(kinds)}."
        problems.append(Problem(document.place("kind"), f"“{kind}” is not in this version of Firebell.", hint))
    elif kind not in kinds:
        nearest = near(kind, kinds, otherwise=f"One of {', '.join(kinds)}.")
        problems.append(Problem(document.place("kind"), f"There is no kind “{kind}”.", nearest))
    elif version != "firebell/v1":
        place = document.place("apiVersion")
        problems.append(Problem(place, "“apiVersion” must be firebell/v1.", "Write “apiVersion: firebell/v1”."))
    problems.extend(
        Problem(document.place(key), f"“{key}” is missing, or not a mapping.")
        for key in ("metadata", "spec")
        if not isinstance(content.get(key), dict)
    )
    return kind if len(problems) == before and isinstance(kind, str) else None


def _unreadable(file: File, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    words = getattr(error, "problem", None) or str(error).splitlines()[0]
    return Problem(Place(file.path, mark.line + 1 if mark else 1), f"This is not YAML: {words}.")


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


class _Building:
    """Turns one tree of nodes into plain values, noting lines and filling in variables on the way."""

    def __init__(self, file: File, environment: Mapping[str, str], problems: list[Problem]) -> None:
        self.file = file
        self.environment = environment
        self.problems = problems
        self.lines: dict[str, int] = {}
        self.overflown = False
        self._left = VALUES_MAX

    def value(self, node: yaml.Node, path: str, depth: int = 0) -> Any:
        # Aliases are followed, so a few lines can stand for billions of values (or for themselves).
        self._left -= 1
        if self._left < 0 or depth > DEPTH_MAX:
            if not self.overflown:
                self.problem(node, path, "The document is too deep or too large.", "Do not nest anchors.")
            self.overflown = True
            return None
        self.lines.setdefault(path, _line(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, f"{path}[{i}]", depth + 1) for i, item in enumerate(node.value)]
        return self._scalar(node, path)

    def problem(self, node: yaml.Node, path: str, message: str, hint: str | None = None) -> None:
        self.problems.append(Problem(Place(self.file.path, _line(node), path), message, hint))

    def _mapping(self, node: yaml.MappingNode, path: str, depth: int) -> Any:
        found: dict[str, Any] = {}
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.problem(key, path, "A key must be text.")
                continue
            name = str(key.value)
            inner = f"{path}.{name}" if path else name
            if name in found:
                self.problem(key, inner, f"“{name}” stands here twice.", "Keep one of them.")
            self.lines[inner] = _line(key)
            found[name] = self.value(item, inner, depth + 1)
        if set(found) == {"secretFile"} and isinstance(found["secretFile"], str):
            return self._secret(node, path, found["secretFile"])
        return found

    def _secret(self, node: yaml.Node, path: str, name: str) -> str:
        content = self.file.secret_files.get(name)
        if content is None:
            self.problem(node, path, f"The secret file “{name}” was not found.", "Paths are relative to this file.")
            return ""
        return content.rstrip("\n")

    def _scalar(self, node: yaml.Node, path: str) -> Any:
        text = str(node.value)
        if isinstance(node, yaml.ScalarNode) and node.style is None:  # not quoted
            if text in ("", "~", "null"):
                return None
            if text in ("true", "false"):
                return text == "true"
            if _INTEGER.fullmatch(text):
                return int(text)
        try:
            return filled(text, self.environment)
        except Unset as unset:
            hint = f"Set it, or write ${{{unset.name}:-default}}."
            self.problem(node, path, f"The environment has no variable {unset.name}.", hint)
            return ""


class Part:
    """One mapping of a document, read key by key. Every fault becomes a problem and yields the default."""

    def __init__(self, document: Document, path: str, content: Mapping[str, Any], problems: list[Problem]) -> None:
        self.document = document
        self.path = path
        self.content = content
        self.problems = problems
        self._asked: list[str] = []

    @classmethod
    def of(cls, document: Document, key: str, problems: list[Problem]) -> Part:
        content = document.content.get(key)
        return cls(document, key, content if isinstance(content, dict) else {}, problems)

    def at(self, key: str) -> str:
        return f"{self.path}.{key}"

    def problem(self, key: str, message: str, hint: str | None = None) -> None:
        self.problems.append(Problem(self.document.place(self.at(key) if key else self.path), message, hint))

    def has(self, key: str) -> bool:
        return key in self.content

    def raw(self, key: str) -> Any:
        """The value as it stands, ``None`` when absent; the caller checks it."""
        self._asked.append(key)
        return self.content.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        """Text. Without a ``default`` it must be there. Numbers are taken as they are written."""
        value = self.raw(key)
        if isinstance(value, bool | int):
            value = str(value).lower()
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or (not value and default is None):
            self.problem(key, f"“{key}” is missing." if value is None else f"“{key}” must be text.")
            return default or ""
        return value

    def optional(self, key: str) -> str | None:
        return self.text(key, "") or None

    def choice(self, key: str, choices: Sequence[str], default: str) -> str:
        value = self.text(key, default)
        if value not in choices:
            hint = near(value, choices, otherwise=f"One of {', '.join(choices)}.")
            self.problem(key, f"“{value}” is not possible here.", hint)
            return default
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self.raw(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.problem(key, f"“{key}” must be true or false.")
            return default
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, each once; absent is empty."""
        value = self.raw(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str | int) and item != "" for item in value):
            self.problem(key, f"“{key}” must be a list of names.", "Write [one, two].")
            return ()
        value = [str(item) for item in value]
        for i, item in enumerate(value):
            if item in value[:i]:
                self.problem(f"{key}[{i}]", f"“{item}” stands here twice.")
        return tuple(dict.fromkeys(value))

    def items(self, key: str) -> list[Any]:
        """A list of anything; absent is empty."""
        value = self.raw(key)
        if value is not None and not isinstance(value, list):
            self.problem(key, f"“{key}” must be a list.")
            return []
        return value or []

    def parts(self, key: str) -> Iterator[Part]:
        """A list of mappings, each to be closed by the caller."""
        for i, item in enumerate(self.items(key)):
            if isinstance(item, dict):
                yield Part(self.document, f"{self.at(key)}[{i}]", item, self.problems)
            else:
                self.problem(f"{key}[{i}]", "A mapping is needed here.", "Write {key: value}.")

    def part(self, key: str) -> Part:
        """A mapping; absent is empty."""
        value = self.raw(key)
        if value is not None and not isinstance(value, dict):
            self.problem(key, f"“{key}” must be a mapping.")
        return Part(self.document, self.at(key), value if isinstance(value, dict) else {}, self.problems)

    def close(self) -> None:
        """Every key that was not asked for is an error."""
        known = dict.fromkeys(self._asked)
        for key in self.content:
            if key not in known:
                hint = near(key, known, otherwise=f"Known here: {', '.join(known)}.")
                self.problem(key, f"Unknown key “{key}”.", hint)
