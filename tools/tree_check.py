"""Looks for text that must not be in the tree: package registries' hosts and paths of somebody's machine."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# One letter of each stands in brackets, so that this file does not find itself.
FORBIDDEN = {
    "a package registry's host": re.compile(
        rb"registry[.]npmj[s]|npmj[s][.]com/package|\bpyp[i][.]org|python[h]osted[.]org|(deb|security|ftp)[.]debia[n][.]org"
        rb"|proxy[.]golan[g][.]org|crate[s][.]io|registry[.]yarnpk[g]"
    ),
    "a path of one machine": re.compile(rb"(?<![\w.])/(wo[r]k|fa[r]m|tm[p]|hom[e]/\w+|roo[t])/[a-z.]"),
    "a merge conflict": re.compile(rb"^(<{7}|>{7}) ", re.MULTILINE),
    '"resolved" in a package lock': re.compile(rb'"resolve[d]"\s*:\s*"http'),
}


def files() -> list[Path]:
    """What git tracks and what it would: an ignored file is nobody's business."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name]


def main() -> None:
    found: list[str] = []
    for path in files():
        if not path.is_file():
            continue
        text = path.read_bytes()
        for what, pattern in FORBIDDEN.items():
            for hit in pattern.finditer(text):
                line = text.count(b"\n", 0, hit.start()) + 1
                found.append(f"{path.relative_to(ROOT)}:{line}: {what}: {hit.group().decode(errors='replace')!r}")
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
