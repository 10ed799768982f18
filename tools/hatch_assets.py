"""Hatchling's build hook: a wheel carries the built pages. An editable install leaves them to ``tools/assets.py``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class AssetsBuildHook(BuildHookInterface):  # type: ignore[type-arg]  # hatchling's parameter is its own config class
    """Builds ``entrypoints/web/static`` before the wheel is put together."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":
            subprocess.run([sys.executable, str(Path(self.root) / "tools" / "assets.py")], check=True)
