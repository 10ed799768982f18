"""Slack: the room of an incident, what is said in it, and the pinned card that shows how it stands.

Web API methods as Slack documents them; always HTTP 200 with ``ok``, except 429 with ``Retry-After``. A payload has an
``op``: ``open`` (make the room, pin the card, invite), ``say``, ``card`` (renew the card and topic), ``announce``,
``invite`` and ``remove`` (people, by their ids in Slack), ``archive``.
``target`` is ``{token, url, channel, card_ts, announce}``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from firebell.integrations.outlets.contract import Outcome, OutcomeKind, Outlet, Parcel
from firebell.kernel.fetch import Fetch

if TYPE_CHECKING:
    from slack_sdk import WebClient

DEFAULT_URL = "https://slack.com/api/"
DEADLINE_S = 10
NAME_MAX = 80
TOPIC_MAX = 250
TEXT_MAX = 4000
NAMES_TRIED = 20

_PASSING = frozenset(
    {"fatal_error", "internal_error", "ratelimited", "rate_limited", "request_timeout", "service_unavailable",
     "team_added_to_org"}
)  # fmt: skip
_BROKEN = frozenset(
    {"account_inactive", "invalid_auth", "missing_scope", "no_permission", "not_authed", "token_expired",
     "token_revoked"}
)  # fmt: skip


def client(target: Mapping[str, str]) -> WebClient:
    """Slack's own client for a workspace's token; it neither retries nor waits by itself."""
    # Imported when Slack is used: an installation without it should not wait for it at every start.
    from slack_sdk import WebClient

    return WebClient(
        target.get("token", ""), base_url=target.get("url") or DEFAULT_URL, timeout=DEADLINE_S, retry_handlers=[]
    )


class _Slack(Outlet):
    slug = "slack"
    name = "Slack"
    patience_s = 24 * 3600

    def deliver(self, parcel: Parcel, target: Mapping[str, str], fetch: Fetch) -> Outcome:
        """Carry out one ``op``. Doing it twice does no harm: rooms are found by name, cards are replaced."""
        act = _OPS.get(str(parcel.payload.get("op", "")))
        if act is None:
            return Outcome(OutcomeKind.DEAD, f"unknown operation {parcel.payload.get('op')!r}")
        return attempt(lambda: act(client(target), parcel.payload, target))


def attempt(act: Callable[[], dict[str, Any]]) -> Outcome:
    """Run ``act`` and say what came of it in our words."""
    from slack_sdk.errors import SlackApiError, SlackClientError

    try:
        return Outcome(OutcomeKind.SENT, "ok", answer=act())
    except SlackApiError as error:
        return _refused(error)
    except (SlackClientError, OSError) as error:
        return Outcome(OutcomeKind.RETRY, f"{type(error).__name__}: {error}"[:300], unknown=True)


def _refused(error: Any) -> Outcome:
    response = error.response
    word = str(response.get("error", "")) if hasattr(response, "get") else str(response)
    status = int(getattr(response, "status_code", 200) or 200)
    if status == 429 or word in ("ratelimited", "rate_limited"):
        headers = {str(name).lower(): value for name, value in dict(getattr(response, "headers", {})).items()}
        after = headers.get("retry-after", "30")
        return Outcome(OutcomeKind.RETRY, "Slack asked to wait", retry_after_s=int(after) if after.isdigit() else 30)
    if word in _BROKEN:
        return Outcome(OutcomeKind.RETRY, f"Slack refuses our token: {word}")
    if word in _PASSING or status >= 500:
        return Outcome(OutcomeKind.RETRY, f"Slack: {word or status}")
    return Outcome(OutcomeKind.DEAD, f"Slack: {word or status}")


def error_word(error: Any) -> str:
    """Slack's own word for why it refused."""
    return str(error.response.get("error", ""))


def _open(web: WebClient, payload: Mapping[str, Any], target: Mapping[str, str]) -> dict[str, Any]:
    channel, name = _make_room(web, str(payload["name"]), private=bool(payload.get("private")))
    _topic(web, channel, str(payload.get("topic", "")))
    posted = web.chat_postMessage(
        channel=channel, text=str(payload["text"])[:TEXT_MAX], blocks=payload.get("blocks"), unfurl_links=False
    )
    ts = str(posted["ts"])
    _harmless(lambda: web.pins_add(channel=channel, timestamp=ts))
    _invite_all(web, channel, payload.get("invite", []))
    return {"channel": channel, "name": name, "card_ts": ts, "private": bool(payload.get("private"))}


def _invite_all(web: WebClient, channel: str, users: Iterable[str]) -> None:
    """One by one: Slack refuses them all for one who is there already."""
    for one in users:
        _harmless(partial(web.conversations_invite, channel=channel, users=str(one)))


def _invite(web: WebClient, payload: Mapping[str, Any], target: Mapping[str, str]) -> dict[str, Any]:
    _invite_all(web, target["channel"], payload["users"])
    return {}


def _remove(web: WebClient, payload: Mapping[str, Any], target: Mapping[str, str]) -> dict[str, Any]:
    for one in payload["users"]:
        _harmless(partial(web.conversations_kick, channel=target["channel"], user=str(one)))
    return {}


def _make_room(web: WebClient, wanted: str, *, private: bool) -> tuple[str, str]:
    from slack_sdk.errors import SlackApiError

    for n in range(1, NAMES_TRIED + 1):
        name = wanted if n == 1 else f"{wanted[: NAME_MAX - 3]}-{n}"
        try:
            made = web.conversations_create(name=name, is_private=private)
        except SlackApiError as error:
            if error_word(error) != "name_taken" or n == NAMES_TRIED:
                raise
            continue
        channel = made["channel"]
        return str(channel["id"]), str(channel.get("name", name))
    raise AssertionError("unreachable")


def _say(web: WebClient, payload: Mapping[str, Any], target: Mapping[str, str]) -> dict[str, Any]:
    posted = web.chat_postMessage(
        channel=target["channel"], text=str(payload["text"])[:TEXT_MAX], blocks=payload.get("blocks"),
        unfurl_links=False,
    )  # fmt: skip
    return {"channel": str(posted["channel"]), "ts": str(posted["ts"])}


def _announce(web: WebClient, payload: Mapping[str, Any], target: Mapping[str, str]) -> dict[str, Any]:
    return _say(web, payload, {**target, "channel": target["announce"]})


def _card(web: WebClient, payload: Mapping[str, Any], target: Mapping[str, str]) -> dict[str, Any]:
    web.chat_update(
        channel=target["channel"], ts=target["card_ts"], text=str(payload["text"])[:TEXT_MAX],
        blocks=payload.get("blocks"),
    )  # fmt: skip
    _topic(web, target["channel"], str(payload.get("topic", "")))
    return {}


def _archive(web: WebClient, payload: Mapping[str, Any], target: Mapping[str, str]) -> dict[str, Any]:
    web.conversations_archive(channel=target["channel"])
    return {}


def _topic(web: WebClient, channel: str, topic: str) -> None:
    if topic:
        _harmless(lambda: web.conversations_setTopic(channel=channel, topic=topic[:TOPIC_MAX]))


def _harmless(act: Callable[[], object]) -> None:
    """What is nice to have must not undo what is needed: a topic or a pin that Slack refuses is left out."""
    from slack_sdk.errors import SlackApiError

    try:
        act()
    except SlackApiError as error:
        if error_word(error) in _BROKEN - {"missing_scope", "no_permission"}:
            raise


_OPS: Mapping[str, Callable[[Any, Mapping[str, Any], Mapping[str, str]], dict[str, Any]]] = {
    "open": _open, "say": _say, "announce": _announce, "card": _card, "invite": _invite, "remove": _remove,
    "archive": _archive,
}  # fmt: skip

OUTLET: Outlet = _Slack()
