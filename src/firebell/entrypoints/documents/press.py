"""The PDF engine in a process of its own: data in, PDF out, with hard limits on time and memory.

The engine is native code that draws what people wrote. Apart from the server it may take too long, or too much, without
an alert coming late because of it. It gets a template of ours and one string of JSON; nothing a person wrote is source.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from firebell.kernel.clock import Instant
from firebell.kernel.errors import Invalid, TooMany, Unavailable

TEMPLATES = Path(__file__).parent / "templates"
CPU_S = 20
LIMIT_S = 60
"""A long document takes about a second of a processor, and longer on a busy machine."""
DATA_MAX_BYTES = 2_000_000
AT_ONCE = 2
WAITING_MAX = 6
WAIT_S = 15
_desk = threading.BoundedSemaphore(AT_ONCE)
_hall = threading.BoundedSemaphore(AT_ONCE + WAITING_MAX)
"""Whoever waits holds a thread of the server, so few may."""
MEMORY_MAX_BYTES = 2**30 * 2

_PROGRAM = """
import json, sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
except (ImportError, ValueError, OSError):
    pass
import typst
asked = json.load(sys.stdin)
try:
    done = typst.compile(
        asked["template"], root=asked["root"], sys_inputs={"data": asked["data"]}, timestamp=asked["at"],
        font_paths=typst.Fonts(include_system_fonts=asked["system_fonts"]), package_path=asked["root"],
        package_cache_path=asked["root"],
    )
except typst.TypstError as error:
    sys.exit(error.message)
sys.stdout.buffer.write(done)
"""


def pressed(template: str, data: dict[str, Any], at: Instant) -> bytes:
    """``data`` as drawn by ``template`` (``document.typ``), the same bytes for the same data and ``at``.

    Raises Invalid (too much of it), TooMany (others are waiting already) and Unavailable (it could not be drawn).
    """
    said = json.dumps(_breakable(data), ensure_ascii=False)
    if len(said.encode(errors="replace")) > DATA_MAX_BYTES:
        raise Invalid("This is too long for a PDF.", field="format", hint="Export it as HTML or Markdown.")
    asked = {
        "template": str(TEMPLATES / template), "root": str(TEMPLATES), "data": said, "at": int(at.timestamp()),
        "system_fonts": bool(_FOREIGN.search(said)),
    }  # fmt: skip
    if not _hall.acquire(blocking=False):
        raise _busy()
    try:
        if not _desk.acquire(timeout=WAIT_S):
            raise _busy()
        try:
            return _run(json.dumps(asked))
        finally:
            _desk.release()
    finally:
        _hall.release()


def _busy() -> TooMany:
    return TooMany("Other documents are being drawn.", hint="Try again in a minute, or take the HTML.")


def _run(asked: str) -> bytes:
    program = f"CPU, MEMORY = {CPU_S}, {MEMORY_MAX_BYTES}\n{_PROGRAM}"
    try:
        done = subprocess.run(  # noqa: S603  (our own interpreter and program; what people wrote comes on standard input)
            [sys.executable, "-I", "-c", program], input=asked.encode(errors="replace"), capture_output=True,
            timeout=LIMIT_S, check=False, cwd=TEMPLATES,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Unavailable(
            f"The PDF was not ready after {LIMIT_S} s. Make it shorter, or export it as HTML.", retry_after_s=60
        ) from None
    if done.returncode or not done.stdout.startswith(b"%PDF"):
        said = done.stderr.decode(errors="replace").strip().rsplit("\n", 1)[-1][:200]
        raise Unavailable(f"The PDF could not be drawn ({said or done.returncode}). Take the HTML.", retry_after_s=60)
    return done.stdout


# The engine brings fonts for Latin, Greek and Cyrillic with it; what is written in these looks the same everywhere.
# Only a text with other scripts in it asks for the machine's fonts.
_FOREIGN = re.compile("[\u0530-\u1dff\u2c00-\ud7ff\ue000-\uffef\U00010000-\U0010ffff]")
_LONG = re.compile(r"[^\s\u200b]{28,}")
_JOINT = re.compile(r"([/._\-=&?,:;@#+])(?=[^\s/])")


def _breakable(value: Any) -> Any:
    """Words too long for a line may break behind a slash, a dot and the like, and anywhere when they have none."""
    if isinstance(value, str):
        return _LONG.sub(_broken, value) if len(value) >= 28 else value
    if isinstance(value, dict):
        return {name: one if name == "url" else _breakable(one) for name, one in value.items()}
    return [_breakable(one) for one in value] if isinstance(value, list | tuple) else value


def _broken(match: re.Match[str]) -> str:
    joined = _JOINT.sub("\\1\u200b", match[0])
    return "\u200b".join(
        piece[start : start + 24] for piece in joined.split("\u200b") for start in range(0, max(len(piece), 1), 24)
    )
