"""Makes sure that the system programs which some tests drive are there.

On Debian and its kin, as root, what is missing is installed with apt-get. Anywhere else it is named, the tests that
need it skip, and with ``CI=true`` that is an error: a check that silently tests less is not a check.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
POLICY = Path("/usr/sbin/policy-rc.d")
APT = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0", "-q"]


@dataclass(frozen=True)
class Part:
    """Something tests need from the system, the Debian packages that hold it, and how to see whether it is there."""

    name: str
    packages: tuple[str, ...]
    present: Callable[[], bool]
    used_for: str


def program(*names: str) -> Callable[[], bool]:
    """True when one of ``names`` is on PATH or where Debian keeps what only root calls."""
    return lambda: any(shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/bin") for name in names)


def postgresql() -> bool:
    """Debian keeps the server's programs off PATH, one folder per version."""
    folders = ["", *(str(path) for path in Path("/usr/lib/postgresql").glob("*/bin"))]
    return any(
        all(shutil.which(name, path=folder or None) for name in ("initdb", "pg_ctl", "postgres")) for folder in folders
    )


def fonts() -> bool:
    """Screenshots without a font show empty boxes."""
    if sys.platform in {"darwin", "win32"}:
        return True
    folders = [Path(name).expanduser() for name in FONT_FOLDERS]
    return any(
        next(folder.rglob(f"{family}*.[to]tf"), None) for folder in folders for family in ("DejaVuSans", "NotoSans")
    )


PARTS = (
    Part(
        "PostgreSQL's server programs",
        ("postgresql",),
        postgresql,
        "everything that touches SQL, on its second database",
    ),
    Part(
        "Chromium",
        ("chromium",),
        program("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
        "the pages in a real browser",
    ),
    Part("Prometheus", ("prometheus",), program("prometheus"), "the way in, from the real program"),
    Part("promtool", ("prometheus",), program("promtool"), "the burn-rate rules and our own metrics"),
    Part(
        "Alertmanager",
        ("prometheus-alertmanager",),
        program("prometheus-alertmanager", "alertmanager"),
        "the way in, from the real program",
    ),
    Part("amtool", ("prometheus-alertmanager",), program("amtool"), "the Alertmanager-shaped API"),
    Part("a DejaVu or Noto font", ("fonts-dejavu-core",), fonts, "screenshots that a person can read"),
)


def missing() -> list[Part]:
    return [part for part in PARTS if not part.present()]


def can_install() -> bool:
    return (
        hasattr(os, "geteuid")
        and os.geteuid() == 0
        and Path("/etc/debian_version").exists()
        and shutil.which("apt-get") is not None
    )


@contextmanager
def no_services() -> Iterator[None]:
    """Debian starts a service as it installs it; the tests start their own, so nothing may take a port meanwhile."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


def install(parts: list[Part]) -> None:
    """apt-get, quietly; when a part is still missing afterwards, with the end of what apt-get said."""
    packages = sorted({package for part in parts for package in part.packages})
    print(f"· installing for the tests, which takes a minute: {', '.join(packages)}", flush=True)
    said = apt("update")
    with no_services():
        said += apt("install", "--yes", "--no-install-recommends", *packages)
    if missing():
        print("\n".join(said.splitlines()[-20:]), flush=True)


def apt(*arguments: str) -> str:
    """What apt-get printed. Its exit says little: whether the parts are there afterwards is what counts."""
    done = subprocess.run(
        [*APT, *arguments],
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def main() -> None:
    lacking = missing()
    if lacking and can_install():
        install(lacking)
        lacking = missing()
    if not lacking:
        return
    print("Missing on this machine; the tests that need it skip:")
    for part in lacking:
        print(f"  {part.name} (Debian: {' '.join(part.packages)}): {part.used_for}")
    if os.environ.get("CI") == "true":
        sys.exit("CI=true: every test must run, so this is an error.")


if __name__ == "__main__":
    main()
