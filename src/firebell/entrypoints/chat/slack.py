"""Slack over Socket Mode: no port has to be open. Commands, buttons, forms, pins and emoji become verbs.

Slack wants an answer within three seconds and repeats events that got none: an envelope is acknowledged as soon as what
it asked for has been done or refused, and an event that was seen is not done twice.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from firebell.domain.chat import commands as chat
from firebell.domain.chat import queries as chats
from firebell.domain.chat.model import SLACK
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import Incident
from firebell.domain.people import authority
from firebell.domain.people import queries as people
from firebell.entrypoints.chat.conversation import Asked, Conversation, Reply
from firebell.entrypoints.chat.verbs import Accept, Act, Status, Wanted
from firebell.kernel.actor import Actor
from firebell.kernel.clock import Instant, from_micros
from firebell.kernel.errors import Invalid, Refused, Unauthenticated
from firebell.kernel.work import Read, Runner, Work
from firebell.workflows import chat_words, incident_moves, update_posted

log = structlog.get_logger()
SEEN_MAX = 2000
PINS = frozenset({"pushpin", "round_pushpin", "memo", "star", "fire"})
"""Emoji that put a message on the timeline."""
_MENTION = re.compile(r"<@(?P<id>[UW][A-Z0-9]+)(?:\|[^>]*)?>")
_MARKUP = re.compile(r"<(?:(?P<url>https?://[^|>]+)(?:\|(?P<words>[^>]*))?|[@#!](?P<other>[^>]*))>")


class SlackDoor:
    """Handles one Slack envelope. Knows nothing of sockets, so that it can be asked without one."""

    def __init__(self, runner: Runner, web: Callable[[], WebClient], public_url: Callable[[], str]) -> None:
        self._runner = runner
        self._web = web
        self._public_url = public_url
        self._talk = Conversation(runner)
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def handle(self, kind: str, payload: Mapping[str, Any]) -> dict[str, Any] | None:
        """Do what an envelope asks; returns the payload of its acknowledgement (``None``: none)."""
        try:
            if kind == "slash_commands":
                return self._command(payload)
            if kind == "interactive":
                return self._interaction(payload)
            if kind == "events_api":
                self._event(payload)
        except Refused as refused:
            log.info("slack_refused", kind=kind, why=refused.message)
            return _shown(self._talk.refusal(refused))
        return None

    # ---- commands

    def _command(self, payload: Mapping[str, Any]) -> dict[str, Any] | None:
        asked = self._asked(str(payload["user_id"]), str(payload.get("channel_id", "")))
        reply = self._talk.line(asked, unescaped(str(payload.get("text", ""))))
        if reply.form:
            self._open_form(asked, reply.form, str(payload["trigger_id"]))
            return None
        return _shown(reply)

    def _asked(self, chat_id: str, channel_id: str) -> Asked:
        actor, zone = self._speaker(chat_id)
        room = self._runner.read(lambda read: chats.room_of_channel(read, SLACK, channel_id)) if channel_id else None
        return Asked(actor, room.incident_id if room else None, zone, self._find, self._url)

    def _url(self, incident: Incident) -> str:
        return f"{self._public_url()}/incidents/{incident.id}"

    def _find(self, word: str) -> str | None:
        """``<@U123|ann>`` or ``@ann``: one of ours."""
        found = _MENTION.fullmatch(word)
        if found:
            return self._user_of(found["id"])
        if not word.startswith("@"):
            return None
        user = self._runner.read(lambda read: people.user_by_name(read, word[1:].lower()))
        return user.id if user else None

    def _speaker(self, chat_id: str) -> tuple[Actor, str]:
        user_id = self._user_of(chat_id)

        def look(read: Read) -> tuple[Actor, str] | None:
            actor = authority.user_actor(read, user_id) if user_id else None
            return (actor, people.user(read, actor.id).time_zone) if actor is not None else None

        known = self._runner.read(look)
        if known is None:
            raise Unauthenticated(
                "I do not know who you are in Firebell.",
                hint="Use the same e-mail address in both, or let an administrator link you in Settings, Chat.",
            )
        return known

    def _user_of(self, chat_id: str) -> str | None:
        """Our id of somebody in Slack: linked before, or by the e-mail address that Slack vouches for."""
        known = self._runner.read(lambda read: chats.user_of(read, SLACK, chat_id))
        if known is not None:
            return known
        email = self._email_of(chat_id)
        if not email:
            return None

        def link(work: Work) -> str | None:
            user = next((one for one in people.users(work) if (one.email or "").lower() == email.lower()), None)
            # Else whoever enters a colleague's address as their own is given that colleague's mentions and orders.
            if user is None or not people.email_is_vouched_for(work, user.id):
                return None
            chat.link_person(work, SLACK, chat_id, user.id, "email")
            return user.id

        return self._runner.run(link)

    def _email_of(self, chat_id: str) -> str:
        try:
            user = self._web().users_info(user=chat_id).get("user") or {}
            foreign = self._is_foreign(user)
        except (SlackClientError, OSError) as error:
            log.warning("slack_user_unknown", why=str(error)[:200])
            return ""
        if user.get("deleted") or user.get("is_bot"):
            return ""
        # In a shared channel others' administrators say what their people's addresses are, and may say ours.
        if user.get("is_stranger") or user.get("is_email_confirmed") is False or foreign:
            return ""
        return str((user.get("profile") or {}).get("email") or "")

    def _is_foreign(self, user: Mapping[str, Any]) -> bool:
        """Whether somebody belongs to another workspace than our bot (and to no organisation that holds both)."""
        theirs = str(user.get("team_id") or "")
        if not theirs:
            return False
        own = self._web().auth_test()
        within = {str(own.get("team_id") or ""), *(user.get("enterprise_user") or {}).get("teams", ())}
        return theirs not in within

    # ---- buttons and forms

    def _interaction(self, payload: Mapping[str, Any]) -> dict[str, Any] | None:
        if payload.get("type") == "view_submission":
            return self._submitted(payload)
        if payload.get("type") != "block_actions":
            return None
        action = (payload.get("actions") or [{}])[0]
        channel = str((payload.get("channel") or {}).get("id", ""))
        chat_id = str(payload["user"]["id"])
        try:
            reply = self._pressed(action, chat_id, channel, str(payload.get("trigger_id", "")))
        except Refused as refused:
            reply = self._talk.refusal(refused)
        if reply is not None and channel:
            self._answer(channel, chat_id, reply)
        return None

    def _pressed(self, action: Mapping[str, Any], chat_id: str, channel: str, trigger_id: str) -> Reply | None:
        name, value = str(action.get("action_id", "")), str(action.get("value", ""))
        asked = self._asked(chat_id, channel)
        if name == "form_object":
            self._web().views_open(trigger_id=trigger_id, view=chat_words.objection_form(*value.split(" ", 1)))
            return None
        asked = Asked(asked.actor, value or asked.incident_id, asked.zone, asked.find, asked.url_of)
        if name == "form_update":
            self._open_form(asked, "update internal", trigger_id)
            return None
        known: dict[str, Wanted] = {
            "take": Act(verbs.TakeCommand(), "You have command."), "ack": Act(verbs.AcknowledgeTask(), "It is yours."),
            "status": Status(), "accept_confirmed": Accept(confirmed=True),
        }  # fmt: skip
        wanted = known.get(name)
        return self._talk.do(asked, wanted) if wanted is not None else None

    def _answer(self, channel: str, chat_id: str, reply: Reply) -> None:
        blocks, words = list(reply.blocks) or None, chat_words.escape(reply.text)
        try:
            if reply.private:
                self._web().chat_postEphemeral(channel=channel, user=chat_id, text=words, blocks=blocks)
            else:
                self._web().chat_postMessage(channel=channel, text=words, blocks=blocks)
        except (SlackClientError, OSError) as error:
            log.warning("slack_answer_failed", why=str(error)[:200])

    def _open_form(self, asked: Asked, form: str, trigger_id: str) -> None:
        audience = form.partition(" ")[2] or "internal"
        if asked.incident_id is None:
            raise Invalid("This channel belongs to no incident.", field="channel", hint="Say it in an incident's own.")
        incident_id = asked.incident_id

        def look(read: Read) -> dict[str, Any]:
            one = incidents.incident(read, incident_id)
            draft = update_posted.compose(read, one.id, audience)
            return chat_words.update_form(one, audience, draft.new.body)

        self._web().views_open(trigger_id=trigger_id, view=self._runner.read(look, asked.actor))

    def _submitted(self, payload: Mapping[str, Any]) -> dict[str, Any] | None:
        view = payload["view"]
        incident_id, _, rest = str(view.get("private_metadata", "")).partition(" ")
        actor, zone = self._speaker(str(payload["user"]["id"]))
        asked = Asked(actor, incident_id, zone, self._find, self._url)
        values = {block: next(iter(given.values())).get("value") for block, given in view["state"]["values"].items()}
        try:
            if view.get("callback_id") == "object":
                verb = verbs.Object(decision=rest, text=str(values.get("text") or ""))
                self._runner.run(lambda work: incident_moves.act(work, incident_id, verb), actor)
            else:
                self._talk.update(asked, incident_id, rest, str(values.get("body") or ""), _minutes(values.get("next")))
        except Refused as refused:
            block = "text" if view.get("callback_id") == "object" else "body"
            block = "next" if refused.field in ("next", "next_update_by") else block
            return {"response_action": "errors", "errors": {block: self._talk.refusal(refused).text[:3000]}}
        return None

    # ---- pins, emoji, edits

    def _event(self, payload: Mapping[str, Any]) -> None:
        if not self._first_time(str(payload.get("event_id", ""))):
            return
        event = payload.get("event") or {}
        kind = event.get("type")
        if kind == "pin_added":
            item = event.get("item") or {}
            message = item.get("message") or {}
            self._pin(str(event.get("user", "")), str(event.get("channel_id") or item.get("channel", "")), message)
        elif kind == "reaction_added" and event.get("reaction") in PINS:
            item = event.get("item") or {}
            if item.get("type") == "message":
                channel, ts = str(item.get("channel", "")), str(item.get("ts", ""))
                self._pin(str(event.get("user", "")), channel, self._message(channel, ts))
        elif kind == "message" and event.get("subtype") in ("message_changed", "message_deleted"):
            self._amended(event)

    def _first_time(self, event_id: str) -> bool:
        with self._lock:
            if not event_id or event_id in self._seen:
                return not event_id
            self._seen[event_id] = None
            if len(self._seen) > SEEN_MAX:
                self._seen.popitem(last=False)
            return True

    def _message(self, channel: str, ts: str) -> Mapping[str, Any]:
        found = self._web().conversations_history(channel=channel, latest=ts, oldest=ts, inclusive=True, limit=1)
        messages: list[dict[str, Any]] = found.get("messages") or []
        return messages[0] if messages else {}

    def _link(self, channel: str, ts: str) -> str:
        """The address of a message, which also is how it is known on the timeline."""
        return str(self._web().chat_getPermalink(channel=channel, message_ts=ts).get("permalink", ""))

    def _pin(self, chat_id: str, channel: str, message: Mapping[str, Any]) -> None:
        asked = self._asked(chat_id, channel)
        words = readable(str(message.get("text", "")))
        if asked.incident_id is None or not words or message.get("bot_id"):
            return
        at = _moment(str(message.get("ts", "")))
        verb = verbs.AddNote(text=words, at=at, link=self._link(channel, str(message.get("ts", ""))))
        incident_id = asked.incident_id

        def note(work: Work) -> None:
            history = incidents.timeline(work, incident_id)
            if not any(entry.data.get("link") == verb.link for entry in history):
                incident_moves.act(work, incident_id, verb)

        self._runner.run(note, asked.actor)

    def _amended(self, event: Mapping[str, Any]) -> None:
        """A message that stands on the timeline was edited or deleted: the entry is superseded, never changed."""
        channel = str(event.get("channel", ""))
        deleted = event.get("subtype") == "message_deleted"
        before = event.get("previous_message") or {}
        words = "(deleted in Slack)" if deleted else readable(str((event.get("message") or {}).get("text", "")))
        room = self._runner.read(lambda read: chats.room_of_channel(read, SLACK, channel))
        if room is None or words == readable(str(before.get("text", ""))):
            return
        link = self._link(channel, str(before.get("ts") or event.get("deleted_ts") or ""))
        reason = "deleted in Slack" if deleted else "edited in Slack"

        def amend(work: Work) -> None:
            standing = [e for e in incidents.timeline(work, room.incident_id) if e.data.get("link") == link]
            if standing:
                verb = verbs.CorrectEntry(n=standing[-1].n, text=words, reason=reason, at=standing[-1].event_at)
                incident_moves.act(work, room.incident_id, verb)

        self._runner.run(amend)


def readable(text: str) -> str:
    """Slack's markup as plain text."""

    def plain(found: re.Match[str]) -> str:
        if found["url"]:
            return f"{found['words']} ({found['url']})" if found["words"] else found["url"]
        return "@" + (found["other"] or "").partition("|")[2] if "|" in (found["other"] or "") else found[0]

    words = _MARKUP.sub(plain, text)
    return unescaped(words).strip()


def unescaped(text: str) -> str:
    """The three characters that Slack sends as entities."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _shown(reply: Reply) -> dict[str, Any]:
    shown: dict[str, Any] = {"response_type": "ephemeral" if reply.private else "in_channel"}
    shown["text"] = chat_words.escape(reply.text)
    return shown | ({"blocks": list(reply.blocks)} if reply.blocks else {})


def _minutes(value: Any) -> int | None:
    words = str(value or "").strip()
    if not words:
        return None
    if not words.isdigit() or not 0 < int(words) <= 24 * 60:
        raise Invalid("Say in how many minutes.", field="next", hint="A number such as 15.")
    return int(words)


def _moment(ts: str) -> Instant | None:
    seconds, _, rest = ts.partition(".")
    return from_micros(int(seconds) * 1_000_000 + int((rest + "000000")[:6])) if seconds.isdigit() else None
