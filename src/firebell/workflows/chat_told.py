"""What the house says in chat: a room per incident with a pinned card, what happens in it, and announcements.

Everything here only puts posts into the outbox: chat that is away delays nothing and refuses nothing. What a post says
and where it goes is looked up when it is sent, so a card that waited shows how things are then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from firebell.domain.chat import commands as chat
from firebell.domain.chat import queries as chats
from firebell.domain.chat.model import SLACK, TEAMS, Connection
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.model import Incident, Kind
from firebell.domain.outbox import commands as outbox
from firebell.domain.outbox import queries as outbox_queries
from firebell.domain.outbox.model import Outcome, OutcomeKind, Post, PostState
from firebell.domain.outbox.rules import Sequel
from firebell.domain.people import queries as people
from firebell.kernel.clock import seconds_between
from firebell.kernel.errors import NotFound
from firebell.kernel.work import Read, Work
from firebell.workflows import chat_words
from firebell.workflows.outbox_desks import Directions

PREFIX = "inc-"
CARD = {"op": "card"}
_SILENT = frozenset({Kind.BACKFILLED, Kind.TEST, Kind.DRILL})


def opened(work: Work, incident: Incident) -> None:
    """An incident was declared: it gets its room, and is announced unless it is private."""
    if _spoken(work, incident):
        _put(work, incident, {"op": "open"}, key=f"slack:open:{incident.id}")
    announced(work, incident, "Declared.")


def said(work: Work, incident: Incident, words: str) -> None:
    """``words`` are said in the incident's room."""
    if _spoken(work, incident):
        _put(work, incident, {"op": "say", "text": words})


def card(work: Work, incident: Incident) -> None:
    """Something of it has changed: the pinned card shows it. One that still waits will show it, too."""
    if _spoken(work, incident) and not _card_waits(work, incident):
        _put(work, incident, dict(CARD))


def moved(work: Work, incident: Incident) -> None:
    """It has become private: what was its room is closed, and it gets one that nobody can look into."""
    left = chat.leave_room(work, incident.id, SLACK)
    if left is not None and _spoken(work, incident):
        _put(work, incident, {"op": "archive", "channel": left.channel_id})
        _put(work, incident, {"op": "open"}, key=f"slack:open:{incident.id}:{left.channel_id}")


def gathered(work: Work, before: Incident, after: Incident) -> None:
    """Who has come to it is asked into its room; who was put out of a private one is taken out of it."""
    if not _spoken(work, after):
        return
    was, now = _inside(before), _inside(after)
    came = [one for one in now if one not in was]
    gone = [one for one in was if one not in now] if after.private else []
    for op, users in (("invite", came), ("remove", gone)):
        if users:
            _put(work, after, {"op": op, "users": users})


def _inside(incident: Incident) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*incident.engaged_ids, *(incident.member_ids if incident.private else ()))))


def _card_waits(read: Read, incident: Incident) -> bool:
    return any(
        post.state == PostState.QUEUED and post.payload == CARD
        for post in outbox_queries.of_target(read, incident.id, 20)
    )


def _spoken(work: Work, incident: Incident) -> bool:
    return incident.kind not in _SILENT and chats.enabled(work, SLACK) is not None


def proposed(work: Work, incident: Incident, decision_id: str) -> None:
    """A proposal is put to the room with its button for objections."""
    decision = next((one for one in incident.decisions if one.id == decision_id), None)
    if decision is not None and _spoken(work, incident):
        _put(work, incident, {"op": "say", "decision": decision_id, "text": decision.proposal})


def announced(work: Work, incident: Incident, words: str) -> None:
    """Told where the installation announces incidents, by every vendor that has such a place."""
    if incident.private or incident.kind in _SILENT:
        return
    if chats.enabled(work, SLACK) is not None:
        outbox.put(work, "slack", incident.id, {"op": "announce", "words": words}, stream="slack:announce")
    if chats.enabled(work, TEAMS) is not None:
        outbox.put(work, "teams", incident.id, {"words": words}, stream="teams:announce")


def _put(work: Work, incident: Incident, payload: dict[str, Any], *, key: str = "") -> None:
    outbox.put(work, "slack", incident.id, payload, stream=f"slack:{incident.id}", key=key, lane="slack:workspace")


Unseal = Callable[[Connection], Mapping[str, str]]
"""A connection's settings as they are used."""


class SlackDesk:
    """Where posts to Slack lead, and what they say when they leave."""

    def __init__(self, unseal: Unseal, public_url: Callable[[], str], api_url: str) -> None:
        self._unseal, self._public_url, self._api_url = unseal, public_url, api_url

    def directions(self, read: Read, posts: Sequence[Post]) -> Mapping[str, Directions]:
        connection = chats.enabled(read, SLACK)
        if connection is None:
            return {}
        opened = self._unseal(connection)
        found = {}
        for post in posts:
            directions = self._of(read, post, opened)
            if directions is not None:
                found[post.id] = directions
        return found

    def _of(self, read: Read, post: Post, settings: Mapping[str, str]) -> Directions | None:
        try:
            incident = incidents.incident(read, post.target_id)
        except NotFound:
            return None
        op = str(post.payload.get("op", ""))
        room = chats.room(read, incident.id, SLACK)
        target: dict[str, str] = {"token": settings.get("bot_token", ""), "url": self._api_url}
        if op == "announce":
            place = settings.get("announce", "")
            if not place or incident.private:
                return None
            return Directions(target | {"announce": place}, {"op": op} | self._announcement(read, incident, post))
        if op == "open":
            return Directions(target, self._opening(read, incident, settings)) if room is None else None
        if op == "archive":
            return Directions(target | {"channel": str(post.payload.get("channel", ""))})
        if room is None:
            return None
        target |= {"channel": room.channel_id, "card_ts": room.card_ts}
        if op == "card":
            return Directions(target, {"op": op} | self._card(read, incident))
        if op in ("invite", "remove"):
            known = chats.chat_ids_of(read, SLACK, post.payload.get("users", []))
            return Directions(target, {"op": op, "users": list(known.values())}) if known else None
        return Directions(target, self._said(incident, post))

    def _announcement(self, read: Read, incident: Incident, post: Post) -> dict[str, Any]:
        url = self._url(incident)
        words = f"{chat_words.heading(incident)}\n{post.payload.get('words', '')}".strip()
        link = chat_words.button("Open page", "open", incident.id) | {"url": url}
        link.pop("value")
        blocks = [*chat_words.section(words), {"type": "actions", "elements": [link]}]
        return {"text": chat_words.escape(words), "blocks": blocks}

    def _card(self, read: Read, incident: Incident) -> dict[str, Any]:
        names = names_of(read, incident)
        return {
            "text": chat_words.escape(chat_words.text(incident, names, read.now)),
            "topic": chat_words.topic(incident, names),
            "blocks": chat_words.blocks(incident, names, read.now, self._url(incident)),
        }  # fmt: skip

    def _opening(self, read: Read, incident: Incident, settings: Mapping[str, str]) -> dict[str, Any]:
        invited = chats.chat_ids_of(read, SLACK, _inside(incident))
        name = chat_words.room_name(settings.get("prefix") or PREFIX, incident.number, incident.name)
        return {
            "op": "open", "name": name,
            "private": incident.private or settings.get("private") == "true", "invite": list(invited.values()),
        } | self._card(read, incident)  # fmt: skip

    def _said(self, incident: Incident, post: Post) -> dict[str, Any]:
        words = str(post.payload.get("text", ""))
        decision = next((one for one in incident.decisions if one.id == post.payload.get("decision")), None)
        if decision is None:
            return {**post.payload, "text": chat_words.escape(words), "blocks": chat_words.section(words)}
        window_s = round(seconds_between(decision.at, decision.closes_at))
        blocks = chat_words.proposal(incident.id, decision.id, decision.proposal, window_s)
        return {
            "op": "say", "text": f"Proposal: {chat_words.escape(words)}. Any strong objections?", "blocks": blocks,
        }  # fmt: skip

    def _url(self, incident: Incident) -> str:
        return f"{self._public_url()}/incidents/{incident.id}"

    def told(self, work: Work, post: Post, outcome: Outcome, sequel: Sequel) -> None:
        """A room that was made is noted; a token that is refused shows on the settings page."""
        chat.note_answer(work, SLACK, outcome.kind is OutcomeKind.SENT, outcome.reply)
        if post.payload.get("op") != "open":
            return
        if outcome.kind is OutcomeKind.SENT:
            chat.note_room(
                work, post.target_id, SLACK, channel_id=str(outcome.answer["channel"]),
                name=str(outcome.answer["name"]), card_ts=str(outcome.answer["card_ts"]),
            )  # fmt: skip
            incident = incidents.find(work, post.target_id)
            if incident is not None and incident.private and not outcome.answer["private"]:
                moved(work, incident)
        elif sequel.state is PostState.FAILED:
            chat.note_no_room(work, post.target_id, SLACK, sequel.reply)


class TeamsDesk:
    """Announcements in Microsoft Teams, by the workflow whose address the installation was given."""

    def __init__(self, unseal: Unseal, public_url: Callable[[], str]) -> None:
        self._unseal, self._public_url = unseal, public_url

    def directions(self, read: Read, posts: Sequence[Post]) -> Mapping[str, Directions]:
        connection = chats.enabled(read, TEAMS)
        if connection is None:
            return {}
        url = self._unseal(connection).get("url", "")
        found = {}
        for post in posts:
            try:
                incident = incidents.incident(read, post.target_id)
            except NotFound:
                continue
            if url and not incident.private:
                stands = chat_words.lines(incident, names_of(read, incident), read.now)
                words = "\n\n".join(
                    [str(post.payload.get("words", "")), *(f"**{what}:** {how}" for what, how in stands)]
                )
                page = {"title": "Open page", "url": f"{self._public_url()}/incidents/{incident.id}"}
                said = {"title": chat_words.heading(incident), "text": words, "links": [page]}
                found[post.id] = Directions({"url": url}, said)
        return found

    def told(self, work: Work, post: Post, outcome: Outcome, sequel: Sequel) -> None:
        chat.note_answer(work, TEAMS, outcome.kind is OutcomeKind.SENT, outcome.reply)


def names_of(read: Read, incident: Incident) -> dict[str, str]:
    """What the people of an incident are called."""
    wanted = {*incident.engaged_ids, *(task.assignee_id for task in incident.tasks if task.assignee_id)}
    return {user_id: one.user.display_name for user_id, one in people.people(read, wanted).items()}
