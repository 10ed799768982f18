"""A test signal as an integration's own set-up page tells people to send it, through the real intake."""

from __future__ import annotations

import shlex
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from anyio import from_thread

from firebell.entrypoints.api.inbound import Inbound
from firebell.integrations.sources.contract import Snippet
from firebell.kernel.errors import Conflict


@dataclass(frozen=True, slots=True)
class Heard:
    """What the intake answered."""

    status: int
    body: str

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300


def send(inbound: Inbound, snippets: Sequence[Snippet]) -> Heard:
    """Send what the first ``curl`` of the snippets sends. For a handler's thread, not for the event loop."""
    command = next((s.text for s in snippets if s.text.startswith("curl ")), None)
    if command is None:
        raise Conflict("This kind of sender has no test signal.", hint="Send one from the sender itself.")
    return from_thread.run(_through, inbound, shlex.split(command))


async def _through(inbound: Inbound, words: Sequence[str]) -> Heard:
    url = urlsplit(next(word for word in words if word.startswith(("http://", "https://"))))
    given = [words[n + 1].partition(":") for n, word in enumerate(words) if word == "-H"]
    body = next((words[n + 1] for n, word in enumerate(words) if word in ("-d", "--data")), "").encode()
    headers = [(name.lower().encode(), value.strip().encode()) for name, _, value in given]
    scope: MutableMapping[str, Any] = {
        "type": "http", "method": "POST", "path": url.path, "raw_path": url.path.encode(),
        "query_string": url.query.encode(), "headers": [*headers, (b"content-length", str(len(body)).encode())],
    }  # fmt: skip
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def keep(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await inbound(scope, receive, keep)
    answer = b"".join(message.get("body", b"") for message in sent)
    return Heard(int(sent[0]["status"]), answer.decode(errors="replace")[:300])
