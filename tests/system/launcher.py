"""Starts servers by forking: what every start would do anew is done once, so that hundreds of starts fit in minutes.

Says ``ready``, then reads one JSON object of environment variables, ``log`` and ``roles`` per line and answers each
with the child's pid. A child runs ``firebell.app.serve_forever`` exactly as ``firebell serve`` does.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import sys
import tempfile
from pathlib import Path


def warm_up() -> None:
    """Answer one request, as most of a start is the work on routes, and keep the collector off what is there."""
    import uvicorn
    from starlette.testclient import TestClient

    from firebell import app
    from firebell.settings import Settings

    with tempfile.TemporaryDirectory(prefix="firebell-warm-") as folder:
        house = app.open_house(Settings(data=Path(folder)), inline=True)
        front = app.application(house)
        uvicorn.Config(front, log_config=None).load()
        assert TestClient(front).get("/healthz").status_code == 200
        house.worker.tick()
        house.close()
    gc.collect()
    gc.freeze()


def main() -> None:
    """Serve until standard input ends."""
    from firebell import app
    from firebell.kernel import crash

    warm_up()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for line in sys.stdin:
        wanted = json.loads(line)
        pid = os.fork()
        if pid:
            print(pid, flush=True)
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        log = os.open(wanted["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.update(wanted["environment"])
        importlib.reload(crash)
        os._exit(app.serve_forever(frozenset(wanted["roles"])))


if __name__ == "__main__":
    main()
