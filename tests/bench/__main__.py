"""Runs every benchmark here, or those named: ``python -m tests.bench sources``. Prints figures, asserts none."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

for name in sys.argv[1:] or sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py")):
    print(f"== {name}", flush=True)
    importlib.import_module(f"tests.bench.{name}").main()
