"""A workspace on this machine: Slack's Web API and Socket Mode as the real ``slack_sdk`` speaks them.

Scripted and strict: a method nobody expected, a missing argument, a bad channel name or a block over Slack's limits is
answered as Slack answers it *and* noted in ``faults``, which a test ends by finding empty.
"""

from __future__ import annotations

import json
import queue
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

BOT_TOKEN = "xoxb-test"
APP_TOKEN = "xapp-test"
_LIMITS = {"header": 150, "section": 3000, "button": 75}
_NAME = re.compile(r"[a-z0-9_-]{1,80}")


@dataclass
class Channel:
    id: str
    name: str
    private: bool
    topic: str = ""
    archived: bool = False
    members: list[str] = field(default_factory=list)
    pins: list[str] = field(default_factory=list)
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    ephemeral: list[dict[str, Any]] = field(default_factory=list)

    def texts(self) -> list[str]:
        return [str(one["text"]) for one in self.messages.values()]


class FakeSlack:
    """``url`` is the Web API's base. ``people``: chat id to e-mail address."""

    def __init__(self) -> None:
        self.channels: dict[str, Channel] = {}
        self.people: dict[str, str] = {}
        self.traits: dict[str, dict[str, Any]] = {}
        """What ``users.info`` says of somebody besides, by id."""
        self.views: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.faults: list[str] = []
        self.down = False
        """Answer every call with 503."""
        self.refuse: dict[str, tuple[int, dict[str, Any], dict[str, str]]] = {}
        """Method to (status, body, headers) that it answers instead, until removed."""
        self._ts = 1_772_446_000
        self._lock = threading.RLock()
        self._acks: dict[str, queue.Queue[dict[str, Any]]] = {}
        self._sockets: list[ServerConnection] = []
        self._linked = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._ws: Server = serve(self._talk, "127.0.0.1", 0)
        for target in (self._http.serve_forever, self._ws.serve_forever):
            threading.Thread(target=target, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/api/"

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._ws.shutdown()

    def channel(self, name: str, channel_id: str | None = None) -> Channel:
        """A channel that is there already."""
        made = Channel(channel_id or f"C{len(self.channels) + 1:04}", name, False)
        self.channels[made.id] = made
        return made

    def named(self, prefix: str) -> Channel:
        return next(one for one in self.channels.values() if one.name.startswith(prefix))

    # ---- what people do in Slack

    def wait_for_line(self, timeout_s: float = 10) -> None:
        assert self._linked.wait(timeout_s), "nobody opened a Socket Mode connection"

    def command(self, who: str, channel: str, text: str) -> dict[str, Any]:
        """``/incident …`` typed by somebody; returns what Slack would show."""
        return self._envelope(
            "slash_commands",
            {"command": "/incident", "text": text, "user_id": who, "channel_id": channel, "team_id": "T1",
             "trigger_id": "trigger-1", "response_url": "https://hooks.slack.com/unused"},
            answers=True,
        )  # fmt: skip

    def press(self, who: str, channel: str, action: str, value: str = "") -> None:
        self._envelope(
            "interactive",
            {"type": "block_actions", "user": {"id": who}, "channel": {"id": channel}, "trigger_id": "trigger-2",
             "actions": [{"action_id": action, "value": value}]},
        )  # fmt: skip

    def submit(self, who: str, view: dict[str, Any], **values: str) -> dict[str, Any]:
        """Fill in and send a form that was opened; returns the answer ({}: it closes)."""
        blocks = [block["block_id"] for block in view["blocks"]]
        state = {block: {block: {"value": values.get(block)}} for block in blocks}
        return self._envelope(
            "interactive",
            {"type": "view_submission", "user": {"id": who},
             "view": {**{k: view[k] for k in ("callback_id", "private_metadata")}, "state": {"values": state}}},
            answers=True,
        )  # fmt: skip

    def event(self, event_id: str, **event: Any) -> None:
        self._envelope("events_api", {"event_id": event_id, "event": event})

    def say(self, who: str, channel: str, text: str, at_s: int | None = None) -> str:
        """A person writes a message; returns its ts."""
        ts = self._next_ts() if at_s is None else f"{at_s}.000100"
        self.channels[channel].messages[ts] = {"ts": ts, "text": text, "user": who}
        return ts

    def _envelope(self, kind: str, payload: dict[str, Any], *, answers: bool = False) -> dict[str, Any]:
        envelope_id = f"env-{len(self._acks) + 1}"
        self._acks[envelope_id] = queue.Queue()
        frame = {"type": kind, "envelope_id": envelope_id, "payload": payload, "accepts_response_payload": answers}
        self._sockets[-1].send(json.dumps(frame))
        found = self._acks[envelope_id].get(timeout=10)
        return found.get("payload") or {}

    # ---- Socket Mode

    def _talk(self, socket: ServerConnection) -> None:
        self._sockets.append(socket)
        socket.send(json.dumps({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"}}))
        self._linked.set()
        with suppress(ConnectionClosed):
            for raw in socket:
                answer = json.loads(raw)
                self._acks[answer["envelope_id"]].put(answer)

    # ---- the Web API

    def _handler(slack) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - the inner class has its own self
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
                method = self.path.rpartition("/")[2]
                json_body = self.headers.get("content-type", "").startswith("application/json")
                given = json.loads(body or "{}") if json_body else dict(parse_qsl(body, keep_blank_values=True))
                status, answer, headers = slack._answer(method, given, self.headers.get("authorization", ""))
                raw = json.dumps(answer).encode()
                self.send_response(status)
                for name, value in {"content-type": "application/json; charset=utf-8", **headers}.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST  # noqa: N815 - what the library calls it

            def log_message(self, *args: Any) -> None:
                pass

        return Handler

    def _answer(
        self, method: str, given: dict[str, Any], authorization: str
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        with self._lock:
            self.calls.append(method)
            if self.down:
                return 503, {"ok": False, "error": "service_unavailable"}, {}
            if method in self.refuse:
                return self.refuse[method]
            wanted = APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN
            token = given.pop("token", "") or authorization.removeprefix("Bearer ")
            if token != wanted:
                return 200, {"ok": False, "error": "invalid_auth"}, {}
            act: Callable[[dict[str, Any]], dict[str, Any]] | None = getattr(self, "_" + method.replace(".", "_"), None)
            if act is None:
                self.faults.append(f"unexpected method {method}")
                return 200, {"ok": False, "error": "unknown_method"}, {}
            try:
                return 200, {"ok": True, **act(given)}, {}
            except _Error as error:
                return 200, {"ok": False, "error": str(error)}, {}
            except KeyError as missing:
                self.faults.append(f"{method} without {missing}")
                return 200, {"ok": False, "error": "invalid_arguments"}, {}

    def _next_ts(self) -> str:
        self._ts += 1
        return f"{self._ts}.000100"

    def _of(self, given: dict[str, Any]) -> Channel:
        found = self.channels.get(given["channel"])
        if found is None:
            raise _Error("channel_not_found")
        return found

    def _apps_connections_open(self, given: dict[str, Any]) -> dict[str, Any]:
        port = self._ws.socket.getsockname()[1]
        return {"url": f"ws://127.0.0.1:{port}/link?ticket=1"}

    def _auth_test(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"team": "Acme", "user": "firebell", "bot_id": "B1", "team_id": "T1", "user_id": "UBOT"}

    def _conversations_create(self, given: dict[str, Any]) -> dict[str, Any]:
        name = given["name"]
        if not _NAME.fullmatch(name):
            self.faults.append(f"bad channel name {name!r}")
            raise _Error("invalid_name_specials")
        if any(one.name == name for one in self.channels.values()):
            raise _Error("name_taken")
        made = self.channel(name)
        made.private = str(given.get("is_private", "0")).lower() in ("1", "true")
        return {"channel": {"id": made.id, "name": made.name}}

    def _conversations_setTopic(self, given: dict[str, Any]) -> dict[str, Any]:
        if len(given["topic"]) > 250:
            self.faults.append("topic too long")
        self._of(given).topic = given["topic"]
        return {}

    def _conversations_invite(self, given: dict[str, Any]) -> dict[str, Any]:
        self._of(given).members += given["users"].split(",")
        return {"channel": {"id": given["channel"]}}

    def _conversations_kick(self, given: dict[str, Any]) -> dict[str, Any]:
        self._of(given).members.remove(given["user"])
        return {}

    def _conversations_archive(self, given: dict[str, Any]) -> dict[str, Any]:
        self._of(given).archived = True
        return {}

    def _conversations_history(self, given: dict[str, Any]) -> dict[str, Any]:
        found = self._of(given).messages.get(given["latest"])
        return {"messages": [found] if found else [], "has_more": False}

    def _chat_getPermalink(self, given: dict[str, Any]) -> dict[str, Any]:
        self._of(given)
        return {
            "permalink": f"https://acme.slack.com/archives/{given['channel']}/p{given['message_ts'].replace('.', '')}"
        }

    def _pins_add(self, given: dict[str, Any]) -> dict[str, Any]:
        self._of(given).pins.append(given["timestamp"])
        return {}

    def _chat_postMessage(self, given: dict[str, Any]) -> dict[str, Any]:
        channel = self._of(given)
        if channel.archived:
            raise _Error("is_archived")
        blocks = self._blocks(given)
        ts = self._next_ts()
        channel.messages[ts] = {"ts": ts, "text": given["text"], "blocks": blocks, "bot_id": "B1"}
        return {"channel": channel.id, "ts": ts, "message": channel.messages[ts]}

    def _chat_update(self, given: dict[str, Any]) -> dict[str, Any]:
        channel = self._of(given)
        if given["ts"] not in channel.messages:
            raise _Error("message_not_found")
        channel.messages[given["ts"]] |= {"text": given["text"], "blocks": self._blocks(given)}
        return {"channel": channel.id, "ts": given["ts"]}

    def _chat_postEphemeral(self, given: dict[str, Any]) -> dict[str, Any]:
        self._of(given).ephemeral.append({"to": given["user"], "text": given["text"], "blocks": self._blocks(given)})
        return {"message_ts": self._next_ts()}

    def _users_info(self, given: dict[str, Any]) -> dict[str, Any]:
        email = self.people.get(given["user"])
        if email is None:
            raise _Error("user_not_found")
        known = {"id": given["user"], "deleted": False, "is_bot": False, "profile": {"email": email}}
        return {"user": known | self.traits.get(given["user"], {})}

    def _views_open(self, given: dict[str, Any]) -> dict[str, Any]:
        view = given["view"] if isinstance(given["view"], dict) else json.loads(given["view"])
        if len(view["title"]["text"]) > 24:
            self.faults.append("a form's title is over 24 characters")
        assert given["trigger_id"]
        self.views.append(view)
        return {"view": {"id": "V1", **view}}

    def _blocks(self, given: dict[str, Any]) -> list[dict[str, Any]]:
        """Slack's limits, as its own validators have them (and at most 50 blocks in a message)."""
        raw = given.get("blocks") or []
        blocks: list[dict[str, Any]] = json.loads(raw) if isinstance(raw, str) else raw
        if len(blocks) > 50:
            self.faults.append("more than 50 blocks")
        for block in blocks:
            kind = block["type"]
            words = (block.get("text") or {}).get("text", "")
            if len(words) > _LIMITS.get(kind, 3000) or (kind == "header" and not words):
                self.faults.append(f"a {kind} of {len(words)} characters")
            if len(block.get("fields", [])) > 10 or any(len(one["text"]) > 2000 for one in block.get("fields", [])):
                self.faults.append("too many or too long fields")
            if kind == "actions" and not 0 < len(block["elements"]) <= 25:
                self.faults.append("an actions block with too few or many elements")
            for element in block.get("elements", []):
                if element["type"] == "button" and (
                    len(element["text"]["text"]) > 75 or len(element.get("value", "")) > 2000
                ):
                    self.faults.append("a button over its limits")
        return blocks


class _Error(Exception):
    """Slack's word for a refusal."""
