"""Crashpoints: places where a test may kill the process, to prove that nothing is lost between two steps.

``FIREBELL_CRASH=name:k`` ends the process at the k-th time ``name`` is reached, as ``kill -9`` would.
"""

from __future__ import annotations

import os

_NAME, _, _COUNT = os.environ.get("FIREBELL_CRASH", "").partition(":")
_left = int(_COUNT or 1)


def crashpoint(name: str) -> None:
    """Nothing, unless this run was told to die here."""
    global _left
    if not _NAME or name != _NAME:
        return
    _left -= 1
    if _left <= 0:
        os._exit(137)
