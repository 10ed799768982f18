"""What the commands of this machine are handed: they open the installation itself instead of talking to a server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Local:
    """``serve(roles, listen)`` runs until it is stopped and returns the exit code."""

    serve: Callable[[frozenset[str], str | None], int]
