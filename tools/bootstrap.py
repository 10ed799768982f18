"""Makes ``.venv`` from the lock and builds the assets: what every make target does first.

Needs nothing but Python. uv is used when it is on PATH, otherwise venv and pip; both install the same hashed lock.
A second run with nothing changed takes a fraction of a second.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036  # whoever runs an older Python should read this, not a traceback
    sys.exit("Firebell needs Python 3.11 or newer; this is Python " + sys.version.split()[0] + ".")

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

from fingerprint import digest

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "firebell-setup.json"
LOCKS = ROOT / "requirements"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
PROGRAM = BIN / ("firebell.exe" if os.name == "nt" else "firebell")

SYSTEM_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")


def say(text: str) -> None:
    print(f"· {text}", flush=True)


def run(*command: str | Path, why: str) -> None:
    """Run a step; a failing one ends the set-up and says in one line what it was for."""
    environment = {"UV_PYTHON_DOWNLOADS": "never", "PIP_DISABLE_PIP_VERSION_CHECK": "1"} | os.environ
    if SYSTEM_AUTHORITIES.exists():  # pip and apt trust these; uv brings its own, which lack a company's proxy
        environment.setdefault("UV_SYSTEM_CERTS", "true")
    code = subprocess.run([str(part) for part in command], cwd=ROOT, env=environment, check=False).returncode
    if code:
        sys.exit(
            f"Set-up stopped: {why} failed (exit {code}). Mend what is named above and run the same command again."
        )


def venv_version() -> str | None:
    """Version of the Python inside ``.venv``, or None when there is none that runs."""
    try:
        asked = subprocess.run(
            [str(PYTHON), "-c", "import sys; print(*sys.version_info[:3], sep='.')"],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return asked.stdout.strip()


def too_old(version: str) -> bool:
    return tuple(int(part) for part in version.split(".")[:2]) < (3, 11)


def stamp() -> dict[str, str]:
    """What the last set-up that came to its end left behind; empty when there is none to read."""
    try:
        have = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return have if isinstance(have, dict) else {}


def make_venv(uv: str | None) -> None:
    version = venv_version()
    if version is not None and not too_old(version) and stamp().get("where", str(ROOT)) == str(ROOT):
        return  # one that was moved along with its folder runs, but its programs point to where they were made
    say(f"making .venv with Python {sys.version.split()[0]} ({'uv' if uv else 'venv and pip'})")
    if VENV.exists():
        shutil.rmtree(VENV)
    if uv:
        run(uv, "venv", "--quiet", "--python", sys.executable, VENV, why="making the virtual environment")
        return
    try:
        import ensurepip  # noqa: F401, PLC0415  # Debian ships Python without it
        import venv  # noqa: F401, PLC0415
    except ImportError:
        sys.exit(
            "This Python cannot make virtual environments: its venv part is not installed.\n"
            f"On Debian or Ubuntu: apt-get install python{sys.version_info[0]}.{sys.version_info[1]}-venv\n"
            "Or install uv, which brings its own."
        )
    run(sys.executable, "-m", "venv", VENV, why="making the virtual environment")


def installer(uv: str | None) -> list[str | Path]:
    """The command that installs into ``.venv``: uv's or pip's, with the same options after it."""
    if uv:
        return [uv, "pip", "install", "--quiet", "--python", PYTHON]
    has_pip = subprocess.run([str(PYTHON), "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
    if not has_pip:  # an environment that uv made has none
        run(PYTHON, "-m", "ensurepip", "--upgrade", why="bringing pip into .venv")
    return [PYTHON, "-m", "pip", "install", "--quiet", "--no-input"]


def wanted(level: str, version: str) -> dict[str, str]:
    """What the stamp must say. Lint settings in pyproject.toml are no reason to install again."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    declared = json.dumps([project["project"], project["build-system"]], sort_keys=True)
    locks = [LOCKS / "runtime.lock"] + ([LOCKS / "dev.lock"] if level == "dev" else [])
    return {"level": level, "python": version, "where": str(ROOT), "key": digest(ROOT, locks, declared)}


def is_fresh(level: str) -> bool:
    version = venv_version()
    if version is None or too_old(version) or not PROGRAM.exists():
        return False
    have = stamp()
    if level == "runtime" and have.get("level") == "dev":
        level = "dev"  # the larger lock holds the smaller one
    return have == wanted(level, version)


def install(level: str, uv: str | None) -> None:
    lock = LOCKS / f"{level}.lock"
    packages = sum(1 for line in lock.read_text(encoding="utf-8").splitlines() if line[:1].isalnum())
    say(f"installing {packages} locked packages ({lock.relative_to(ROOT)}); the first time takes a minute")
    command = installer(uv)
    run(*command, "--require-hashes", "--no-deps", "-r", lock, why="installing the locked packages")
    say("installing firebell itself")
    run(*command, "--no-deps", "--no-build-isolation", "--editable", ROOT, why="installing firebell into .venv")
    version = venv_version()
    if version is None:
        sys.exit("Set-up stopped: the Python in .venv does not run.")
    STAMP.write_text(json.dumps(wanted(level, version)), encoding="utf-8")


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Two set-ups at once in one folder (two terminals) take turns, where the system has file locks."""
    try:
        import fcntl  # noqa: PLC0415
    except ImportError:
        yield
        return
    (ROOT / "build").mkdir(exist_ok=True)
    with (ROOT / "build" / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> None:
    parser = argparse.ArgumentParser(description="Set up Firebell in this folder.")
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    parser.add_argument("--no-assets", action="store_true", help="leave the front end unbuilt")
    options = parser.parse_args()
    level = "dev" if options.dev else "runtime"
    with alone():
        if not is_fresh(level):
            uv = shutil.which("uv")
            make_venv(uv)
            install(level, uv)
        if not options.no_assets:
            run(PYTHON, ROOT / "tools" / "assets.py", why="building the front end")


if __name__ == "__main__":
    main()
