"""Writes ``requirements/*.lock`` anew: hashes for every platform and Python, no word about where packages come from."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = [
    "--universal", "--python-version", "3.11", "--generate-hashes", "--upgrade", "--quiet", "--no-config",
    "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links",
]  # fmt: skip
LOCKS = {
    "runtime": ["pyproject.toml", "requirements/build.in", "--extra", "postgres"],
    # Constrained by the runtime lock: what is tested is what runs.
    "dev": [
        "pyproject.toml", "requirements/build.in", "--extra", "postgres", "--extra", "dev",
        "--constraint", "requirements/runtime.lock",
    ],
    "node": ["requirements/node.in"],
}  # fmt: skip


def main() -> None:
    beside = Path(sys.executable).with_name("uv")
    uv = shutil.which("uv") or (str(beside) if beside.exists() else None)
    if uv is None:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "uv"], check=True)
        uv = str(beside)
    for name, inputs in LOCKS.items():
        lock = f"requirements/{name}.lock"
        print(f"· {lock}", flush=True)
        subprocess.run([uv, "pip", "compile", *inputs, *OPTIONS, "--output-file", lock], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
