"""Keeps the line to Slack open while it is configured, and closed while it is not.

Slack's client is loaded only when somebody has connected a workspace. Several nodes may each hold a line: Slack gives
every envelope to one of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from firebell.domain.chat import commands as chat
from firebell.domain.chat import queries as chats
from firebell.domain.chat.commands import TOPIC
from firebell.domain.chat.model import SLACK, Connection
from firebell.kernel.errors import Refused
from firebell.kernel.work import Runner

log = structlog.get_logger()
RETRY_S = 30.0
LOOK_S = 60.0
STOP_WAITS_S = 2.0
"""Slack may be slow to answer; a stop has ten seconds for everything."""


class SlackSocket:
    """``unseal`` opens a connection's settings. ``start`` returns at once; ``stop`` when the line is closed."""

    def __init__(
        self,
        runner: Runner,
        unseal: Callable[[Connection], Mapping[str, str]],
        public_url: Callable[[], str],
        api_url: str,
    ) -> None:
        self._runner = runner
        self._unseal = unseal
        self._public_url = public_url
        self._api_url = api_url
        self._look = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._client: Any = None
        self._version = 0
        runner.on_commit(self._committed)

    def _committed(self, topics: frozenset[str], woken: bool) -> None:
        if TOPIC in topics:
            self._look.set()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="slack", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Close the line. Returns at once."""
        self._stopping.set()
        self._look.set()

    def stop(self) -> None:
        self.finish()
        if self._thread is not None:
            self._thread.join(timeout=STOP_WAITS_S)

    @property
    def connected(self) -> bool:
        return self._client is not None and bool(self._client.is_connected())

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._look.clear()
            try:
                wait_s = self._settle()
            except Exception:  # the line must come back by itself whatever happened
                log.exception("slack_line_failed")
                wait_s = RETRY_S
            self._look.wait(wait_s)
        self._close()

    def _settle(self) -> float:
        """Bring the line to what the settings say. Returns how long to wait before looking again."""
        try:
            wanted = self._runner.read(lambda read: chats.enabled(read, SLACK))
        except Refused:
            return RETRY_S
        settings = self._unseal(wanted) if wanted is not None else {}
        if wanted is None or not settings.get("app_token") or not settings.get("bot_token"):
            self._close()
            return LOOK_S
        if self._client is not None and self._version == wanted.version:
            return LOOK_S
        self._close()
        self._version = wanted.version
        return self._connect(settings)

    def _connect(self, settings: Mapping[str, str]) -> float:
        from slack_sdk import WebClient
        from slack_sdk.errors import SlackClientError
        from slack_sdk.socket_mode import SocketModeClient
        from slack_sdk.socket_mode.request import SocketModeRequest
        from slack_sdk.socket_mode.response import SocketModeResponse

        from firebell.entrypoints.chat.slack import SlackDoor

        web = WebClient(settings["bot_token"], base_url=self._api_url, timeout=10, retry_handlers=[])
        door = SlackDoor(self._runner, lambda: web, self._public_url)
        client = SocketModeClient(settings["app_token"], web_client=web, concurrency=4)

        def heard(client: Any, request: SocketModeRequest) -> None:
            payload: dict[str, Any] | None = None
            try:
                payload = door.handle(request.type, request.payload)
            except Exception:  # an envelope that fails must not close the line
                log.exception("slack_envelope_failed", kind=request.type)
                payload = {"text": "That failed in Firebell; nothing was changed. Its log says why."}
            if not request.accepts_response_payload:
                payload = None
            client.send_socket_mode_response(SocketModeResponse(request.envelope_id, payload))

        client.socket_mode_request_listeners.append(heard)
        try:
            client.connect()
        except (SlackClientError, OSError) as error:
            client.close()
            self._version = 0
            self._note(works=False, said=f"Socket Mode: {error}")
            return RETRY_S
        self._client = client
        self._note(works=True, said="Socket Mode is connected.")
        return LOOK_S

    def _note(self, *, works: bool, said: str) -> None:
        self._runner.run(lambda work: chat.note_answer(work, SLACK, works, said))
        # The answer itself is published under the topic we listen to: it is no reason to look again.
        self._look.clear()

    def _close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
            self._version = 0
