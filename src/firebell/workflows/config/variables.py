"""``${NAME}`` and ``${NAME:-default}`` in configuration files. ``$${`` is a literal ``${``.

The one who sends the files looks the names up and sends the values along: the server reads neither its own environment
nor its own disk for them, or everybody who may apply configuration could read its secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_VARIABLE = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
_SECRET_FILE = re.compile(r"""secretFile\s*:\s*(?:"([^"\n]+)"|'([^'\n]+)'|([^\s,}#][^\n,}#]*))""")


class Unset(LookupError):
    """``name`` has neither a value nor a default."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def names_in(texts: Iterable[str]) -> frozenset[str]:
    """The variables that these texts refer to."""
    return frozenset(match[1] for text in texts for match in _VARIABLE.finditer(text) if match[1])


def secret_files_in(text: str) -> frozenset[str]:
    """The paths that stand behind ``secretFile:`` in one text, as written."""
    return frozenset((m[1] or m[2] or m[3]).strip() for m in _SECRET_FILE.finditer(text))


def filled(text: str, values: Mapping[str, str]) -> str:
    """``text`` with its variables replaced, once: a value is never looked into. Raises :class:`Unset`.

    As in a shell, ``:-`` also stands in for an empty value.
    """

    def value(match: re.Match[str]) -> str:
        name, default = match[1], match[2]
        if name is None:
            return "${"
        if default is not None:
            return values.get(name) or default
        if name not in values:
            raise Unset(name)
        return values[name]

    return _VARIABLE.sub(value, text)


def protected(text: str) -> str:
    """The inverse: ``text`` written so that :func:`filled` gives it back."""
    return text.replace("${", "$${")
