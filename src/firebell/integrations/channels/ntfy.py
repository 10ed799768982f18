"""Push to a phone through ntfy (https://docs.ntfy.sh/publish/), the public server or one's own."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

from firebell.integrations.channels.contract import Channel, Field, Message, MessageKind, Outcome, OutcomeKind
from firebell.integrations.channels.http_outcome import attempt_s, of_answer, of_failure
from firebell.kernel.addresses import destination
from firebell.kernel.errors import Invalid
from firebell.kernel.fetch import Fetch, Fetched, FetchFailed
from firebell.kernel.text import cut, cut_bytes

_TOPIC = re.compile(r"/([A-Za-z0-9_-]{1,64})/?")
# ntfy turns a longer message into an attachment, which a lock screen does not show.
_BODY_MAX_BYTES = 4096
_TITLE_MAX = 250
_COPY = "(A copy of this message may have reached you before.)"
_TAGS = {
    MessageKind.PAGE: "rotating_light",
    MessageKind.STATUS: "information_source",
    MessageKind.NOTICE: "calendar",
    MessageKind.TEST: "test_tube",
    MessageKind.VERIFICATION: "key",
}


class Ntfy:
    """One topic per contact method. The topic's name is its password on an open server, so it is masked."""

    slug = "ntfy"
    name = "ntfy"
    blurb = "Push notifications to a phone through the ntfy app; works with the public server and with your own."
    wakes = True
    method_fields: tuple[Field, ...] = (
        Field(
            "to", "Topic address", "url", help="The topic you subscribed to.", placeholder="https://ntfy.sh/my-topic"
        ),
        Field(
            "token",
            "Access token",
            "secret",
            required=False,
            help="Only for a protected topic: tk_… or user:password.",
        ),
    )
    settings_fields: tuple[Field, ...] = ()

    def __init__(self, deadline_s: float = 5.0) -> None:
        self._deadline_s = deadline_s

    def check(self, method: Mapping[str, str]) -> dict[str, str]:
        address = method.get("to", "").strip()
        server, topic = _taken_apart(address)
        token = method.get("token", "").strip()
        if not token.isascii() or not token.isprintable():
            raise Invalid("The token must be plain ASCII.", field="token")
        return {"to": f"{server}/{topic}"} | ({"token": token} if token else {})

    def check_settings(self, settings: Mapping[str, str]) -> dict[str, str]:
        return {}

    def configured(self, settings: Mapping[str, str]) -> bool:
        return True

    def mask(self, method: Mapping[str, str]) -> str:
        try:
            server, topic = _taken_apart(method.get("to", ""))
        except Invalid:
            return "…"
        return f"{server}/{topic[0]}…{topic[-1]}" if len(topic) > 3 else f"{server}/…"

    def deliver(
        self, message: Message, method: Mapping[str, str], settings: Mapping[str, str], fetch: Fetch
    ) -> Outcome:
        try:
            server, topic = _taken_apart(method.get("to", ""))
            answer = fetch.request(
                "POST",
                f"{server}/",
                headers={"content-type": "application/json", **_authorization(method.get("token", ""))},
                content=json.dumps(_payload(message, topic), ensure_ascii=False).encode(errors="replace"),
                deadline_s=self._deadline_s,
            )
        except Invalid as refused:
            return Outcome(OutcomeKind.DEAD, refused.message)
        except FetchFailed as failed:
            return of_failure(failed)
        outcome = of_answer(answer, attempt_s(message))
        return _confirmed(answer, outcome) if outcome.kind is OutcomeKind.SENT else outcome


def _taken_apart(address: str) -> tuple[str, str]:
    """``("https://host[:port]", topic)``. Raises ``Invalid`` (field ``to``)."""
    read = destination(address)
    if isinstance(read, str):
        raise Invalid(f"The topic address cannot be used: {read}.", field="to", hint="Write https://ntfy.sh/my-topic.")
    match = _TOPIC.fullmatch(read.target)
    if match is None:
        raise Invalid(
            "The topic address must be a server and one topic of letters, digits, - and _ (at most 64).",
            field="to",
            hint="Write https://ntfy.sh/my-topic.",
        )
    host = f"[{read.host}]" if ":" in read.host else read.host
    standard = read.port == (443 if read.scheme == "https" else 80)
    return f"{read.scheme}://{host}" + ("" if standard else f":{read.port}"), match[1]


def _authorization(token: str) -> dict[str, str]:
    if not token:
        return {}
    if ":" in token:
        return {"authorization": "Basic " + base64.b64encode(token.encode()).decode()}
    return {"authorization": f"Bearer {token}"}


def _priority(message: Message) -> int:
    """5 overrides Do Not Disturb where the app is allowed to: only what must wake somebody gets it."""
    if message.kind in (MessageKind.PAGE, MessageKind.TEST):
        return 5 if message.urgency == "high" else 3
    return 4 if message.kind is MessageKind.VERIFICATION else 3


def _payload(message: Message, topic: str) -> dict[str, Any]:
    body = f"{message.text}\n{_COPY}" if message.copies_possible else message.text
    if message.copies_possible and len(body.encode(errors="replace")) > _BODY_MAX_BYTES:
        body = f"{cut_bytes(message.text, _BODY_MAX_BYTES - len(_COPY) - 1)}\n{_COPY}"
    payload: dict[str, Any] = {
        "topic": topic,
        "title": cut(message.title, _TITLE_MAX),
        "message": cut_bytes(body, _BODY_MAX_BYTES) or message.title,
        "priority": _priority(message),
        "tags": [_TAGS[message.kind]],
    }
    if click := message.ack_url or message.view_url:
        payload["click"] = click
    # "view" opens the page with the button on it. An "http" action would act from a locked screen, and from a pocket.
    actions = [("Acknowledge", message.ack_url), ("Open", message.view_url)]
    if shown := [{"action": "view", "label": label, "url": url} for label, url in actions if url]:
        payload["actions"] = shown
    return payload


def _confirmed(answer: Fetched, outcome: Outcome) -> Outcome:
    """ntfy answers with the message it stored. Anything else (a login page, a proxy) is not a delivery."""
    try:
        stored = json.loads(answer.body)
    except (ValueError, RecursionError):
        stored = None
    if isinstance(stored, dict) and stored.get("event") == "message" and isinstance(stored.get("id"), str):
        return Outcome(OutcomeKind.SENT, outcome.reply, provider_id=cut(stored["id"], 64))
    return Outcome(OutcomeKind.RETRY, f"{outcome.reply}, but not the answer of an ntfy server", unknown=True)


CHANNEL: Channel = Ntfy()
