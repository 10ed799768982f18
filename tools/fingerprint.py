"""One digest for a set of files, so that set-up steps can tell whether their inputs changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def digest(root: Path, files: Iterable[Path], *extra: str) -> str:
    """SHA-256 over the relative names and contents of ``files`` and over ``extra``, as 64 hex digits."""
    total = hashlib.sha256()
    for part in extra:
        total.update(part.encode() + b"\0")
    for path in sorted(files):
        total.update(path.relative_to(root).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
