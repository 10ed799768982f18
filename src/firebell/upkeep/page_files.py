"""Writes the public status pages as files for one command."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from firebell.entrypoints.public.export import write_all
from firebell.kernel.errors import Conflict
from firebell.settings import load
from firebell.upkeep.opening import InUse, installation


def export_pages(target: Path | None) -> Sequence[Path]:
    """Write every public page below ``target`` (left out: ``public/`` in the data folder); returns their folders.

    A running server on SQLite keeps its own files up to date: they are copied from there. Raises InUse when there is
    nothing to copy.
    """
    try:
        with installation() as house:
            root = target or house.settings.data / "public"
            return write_all(house.runner, root, house.settings.base_url)
    except InUse:
        kept = load().data / "public"
        if target is None or not kept.is_dir():
            raise Conflict(
                f"A server is running and keeps {kept} up to date by itself.",
                hint="Name another folder to copy the pages to.",
            ) from None
        return [
            Path(shutil.copytree(page, target / page.name, dirs_exist_ok=True))
            for page in sorted(each for each in kept.iterdir() if each.is_dir())
        ]
