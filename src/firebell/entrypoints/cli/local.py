"""What the commands of this machine are handed: they open the installation itself instead of talking to a server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


class KeptBackup(Protocol):
    """A backup: the file, its size in bytes, and what it says about itself."""

    @property
    def path(self) -> Path: ...
    @property
    def size(self) -> int: ...
    @property
    def about(self) -> dict[str, Any]: ...


class Restore(Protocol):
    def __call__(self, source: Path, *, replace: bool) -> KeptBackup: ...


class Demo(Protocol):
    def __call__(self, folder: Path, listen: str, *, fresh: bool, build_only: bool) -> int: ...


@dataclass(frozen=True, slots=True)
class Local:
    """Each is one command. They raise Refused with what to do; a server that has the file is the slug ``in-use``.

    ``settings`` yields lines of key, variable, value, origin, meaning. ``examine`` yields a report of checks (name,
    state, text) and the address of a running server. ``verify_audit`` yields rows, chains and broken links.
    The three that let somebody in return an address for their browser.
    ``export_pages`` writes the public status pages as files and returns their folders.
    """

    serve: Callable[[frozenset[str], str | None], int]
    settings: Callable[[], Sequence[Any]]
    examine: Callable[[], Any]
    migrate: Callable[[], Sequence[str]]
    backup: Callable[[Path | None], KeptBackup]
    restore: Restore
    create_user: Callable[[str, str, str], str]
    reset_password: Callable[[str], str]
    setup_link: Callable[[], str]
    verify_audit: Callable[[], Any]
    demo: Demo
    export_pages: Callable[[Path | None], Sequence[Path]]
