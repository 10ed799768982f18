"""What an administrator enters to connect a chat, checked; and a real question to the vendor to see that it works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from firebell.domain.chat.model import SLACK, TEAMS
from firebell.domain.outbox.model import Outcome, OutcomeKind
from firebell.entrypoints.sealing import CHAT_SECRETS
from firebell.integrations.channels.contract import Field
from firebell.integrations.outlets import slack, teams
from firebell.integrations.outlets.contract import Parcel
from firebell.kernel.errors import Invalid, NotFound
from firebell.kernel.fetch import Fetch


@dataclass(frozen=True, slots=True)
class Vendor:
    """One chat service as its form shows it."""

    slug: str
    name: str
    blurb: str
    fields: tuple[Field, ...]


VENDORS: Mapping[str, Vendor] = {
    SLACK: Vendor(
        SLACK, "Slack", "A channel per incident, commands, buttons and pins. No port has to be open.",
        (
            Field("bot_token", "Bot token", "secret", help="Starts with xoxb-.", placeholder="xoxb-…"),
            Field("app_token", "App-level token", "secret", help="Starts with xapp-; it opens Socket Mode."),
            Field("announce", "Channel for announcements", required=False, help="Its id, such as C0123456789."),
            Field("prefix", "Names of incidents' channels begin with", required=False, placeholder="inc-"),
            Field("private", "Make incidents' channels private", "flag", required=False),
        ),
    ),
    TEAMS: Vendor(
        TEAMS, "Microsoft Teams", "Announcements of incidents, as cards.",
        (
            Field(
                "url", "Address of the workflow", "secret", help="From Workflows: “when a webhook request is received”."
            ),
        ),
    ),
}  # fmt: skip


def vendor(slug: str) -> Vendor:
    """Raises NotFound."""
    found = VENDORS.get(slug)
    if found is None:
        raise NotFound("There is no such chat.", field="vendor", hint=f"One of: {', '.join(VENDORS)}.")
    return found


def checked(slug: str, given: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """The values to store (in plain text); an empty secret stays what it is. Raises Invalid naming the field."""
    one = vendor(slug)
    values = {f.name: str(given.get(f.name) or "").strip() for f in one.fields}
    for name in CHAT_SECRETS[slug]:
        values[name] = values[name] or str(kept.get(name, ""))
    for each in one.fields:
        if each.required and not values[each.name]:
            raise Invalid(f"{each.label} is missing.", field=each.name, hint=each.help or None)
    if slug == SLACK:
        for name, start in (("bot_token", "xoxb-"), ("app_token", "xapp-")):
            if not values[name].startswith(start):
                raise Invalid(f"This is not that token: it starts with {start}.", field=name, hint="See docs/chat.md.")
        prefix = values["prefix"]
        if prefix and (
            len(prefix) > 20 or not all(c.isalnum() or c in "-_" for c in prefix) or prefix != prefix.lower()
        ):
            raise Invalid("Names of channels are lower-case letters, digits, - and _.", field="prefix", hint="inc-")
    elif not values["url"].startswith("https://") and not values["url"].startswith("http://"):
        raise Invalid("This is no address.", field="url", hint="Copy the whole address of the workflow.")
    return {name: value for name, value in values.items() if value}


def ask(slug: str, settings: Mapping[str, Any], api_url: str, fetch: Fetch) -> Outcome:
    """Ask the vendor whether this works: Slack who we are, Teams to show a card. ``reply`` is its own words."""
    if not settings:
        return Outcome(OutcomeKind.DEAD, "Not set up yet.")
    if slug == TEAMS:
        said = {"title": "Test from Firebell", "text": "If you can read this, announcements of incidents arrive."}
        return teams.OUTLET.deliver(Parcel("test", said, 1, 0), {"url": str(settings.get("url", ""))}, fetch)

    def who() -> dict[str, Any]:
        answer = slack.client({"token": str(settings.get("bot_token", "")), "url": api_url}).auth_test()
        return {"team": answer.get("team", ""), "user": answer.get("user", "")}

    outcome = slack.attempt(who)
    if outcome.kind is not OutcomeKind.SENT:
        return outcome
    return Outcome(OutcomeKind.SENT, f"Connected to {outcome.answer['team']} as {outcome.answer['user']}.")
