"""Webhooks as their owners keep them: the list, one endpoint with its delivery log, a test, and a new secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.outbox import queries as posts
from firebell.domain.outbox.model import Post
from firebell.domain.people import queries as people
from firebell.domain.webhooks import commands, queries
from firebell.domain.webhooks.model import FAMILIES, Webhook, WebhookFields
from firebell.entrypoints.web import proving
from firebell.entrypoints.web.drafts import Choices, Draft, refused, words
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.me import Shown
from firebell.entrypoints.web.session import Form, Here
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Refused
from firebell.kernel.work import Read, Work
from firebell.workflows import webhook_events

router = APIRouter(prefix="/settings/webhooks")
FLAVOURS: Choices = (
    ("webhook", "Signed events (Standard Webhooks)"),
    ("pagerduty_webhook", "Alerts in PagerDuty's V3 format"),
    ("teams", "Microsoft Teams (a Workflows address)"),
    ("chat_webhook", "A chat's incoming webhook"),
)


@dataclass(frozen=True, slots=True)
class HooksPage:
    hooks: Sequence[Webhook]
    flavours: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HookForm:
    """``hook`` is ``None`` for a new one."""

    hook: Webhook | None
    draft: Draft
    flavours: Choices
    teams: Choices
    families: Sequence[str]
    may_private: bool


@dataclass(frozen=True, slots=True)
class HookPage:
    """``sent``: the latest messages, newest first, each with its type."""

    hook: Webhook
    flavour: str
    team: str
    sent: Sequence[tuple[Post, str]]
    shown: Shown | None


@router.get("")
def show_list(here: Here) -> Response:
    view = HooksPage(here.read(queries.webhooks), dict(FLAVOURS))
    return here.page("webhooks/list.html", view, title="Webhooks", nav="settings")


@router.get("/new")
def new(here: Here) -> Response:
    return _form(here, None, Draft({"flavour": "webhook", "events": "incident.* severity.* statuspage.*"}))


@router.post("/new")
def create(here: Here, form: Form) -> Response:
    if away := proving.detour(here, "/settings/webhooks/new"):
        return away

    def make(work: Work) -> Any:
        return commands.create(
            work, here.site.keyring, flavour=form.get("flavour", "webhook"), secret=form.get("secret", ""),
            **_fields(form),
        )  # fmt: skip

    try:
        made = here.run(make)
    except Refused as error:
        return _form(here, None, refused(form, error, {"team_id": "team"}))
    return _show(here, made.id, Shown("The signing secret", made.secret) if made.secret else None)


@router.get("/{webhook_id}")
def show(here: Here, webhook_id: str) -> Response:
    return _show(here, webhook_id, None)


def _show(here: Here, webhook_id: str, shown: Shown | None) -> Response:
    def look(read: Read) -> HookPage:
        one = queries.webhook(read, webhook_id)
        team = people.team(read, one.team_id) if one.team_id else None
        sent = [(each, str((each.payload.get("said") or {}).get("type", ""))) for each in posts.of_target(read, one.id)]
        name = team.display_name or team.name if team else ""
        return HookPage(one, dict(FLAVOURS)[one.flavour], name, sent, shown)

    view = here.read(look)
    return here.page("webhooks/webhook.html", view, title=view.hook.name, nav="settings")


@router.get("/{webhook_id}/edit")
def edit(here: Here, webhook_id: str) -> Response:
    one = here.read(lambda read: queries.webhook(read, webhook_id))
    values = {"name": one.name, "events": " ".join(one.events), "team": one.team_id or "",
              "private": "1" if one.private else ""}  # fmt: skip
    return _form(here, one, Draft(values))


@router.post("/{webhook_id}/edit")
def save(here: Here, webhook_id: str, form: Form) -> Response:
    """An address that is left empty stays as it is."""
    if away := proving.detour(here, f"/settings/webhooks/{webhook_id}/edit"):
        return away
    try:
        here.run(lambda work: commands.edit(work, webhook_id, here.site.keyring, **_fields(form)))
    except Refused as error:
        one = here.read(lambda read: queries.webhook(read, webhook_id))
        return _form(here, one, refused(form, error, {"team_id": "team"}))
    return here.go(f"/settings/webhooks/{webhook_id}", Flash("Saved."))


@router.post("/{webhook_id}/test")
def test(here: Here, webhook_id: str) -> Response:
    base_url = here.site.base_url
    here.run(lambda work: webhook_events.test(work, queries.webhook(work, webhook_id), base_url))
    return here.go(f"/settings/webhooks/{webhook_id}", Flash("A test is on its way. What came of it stands below."))


@router.post("/{webhook_id}/rotate")
def rotate(here: Here, webhook_id: str) -> Response:
    if away := proving.detour(here, f"/settings/webhooks/{webhook_id}"):
        return away
    made = here.run(lambda work: commands.rotate(work, webhook_id, here.site.keyring))
    return _show(here, webhook_id, Shown("The new signing secret; the old one signs too for a day", made.secret))


@router.post("/{webhook_id}/enable")
def enable(here: Here, webhook_id: str) -> Response:
    here.run(lambda work: commands.enable(work, webhook_id))
    return here.go(f"/settings/webhooks/{webhook_id}", Flash("It is told of what happens from now on."))


@router.post("/{webhook_id}/disable")
def disable(here: Here, webhook_id: str) -> Response:
    here.run(lambda work: commands.disable(work, webhook_id))
    return here.go(f"/settings/webhooks/{webhook_id}", Flash("It is told nothing from now on.", "note"))


@router.post("/{webhook_id}/delete")
def delete(here: Here, webhook_id: str) -> Response:
    here.run(lambda work: commands.delete(work, webhook_id))
    return here.go("/settings/webhooks", Flash("The webhook is deleted.", "note"))


def _form(here: Here, hook: Webhook | None, draft: Draft) -> Response:
    def look(read: Read) -> HookForm:
        read.needs(Permission.WEBHOOKS_EDIT, hook.team_id if hook else next(iter(read.actor.teams), None))
        teams = [(str(one.id), one.display_name or one.name) for one in people.teams(read)]
        return HookForm(hook, draft, FLAVOURS, teams, FAMILIES, here.may(Permission.INCIDENTS_PRIVATE))

    title = f"Edit {hook.name}" if hook else "New webhook"
    return here.page("webhooks/form.html", here.read(look), title=title, nav="settings", status=draft.status)


def _fields(form: Mapping[str, str]) -> WebhookFields:
    fields: dict[str, Any] = {
        "name": form.get("name", ""), "events": tuple(words(form.get("events", ""))),
        "team_id": form.get("team") or None, "private": bool(form.get("private")),
    }  # fmt: skip
    if form.get("url", "").strip():
        fields["url"] = form["url"]
    return cast("WebhookFields", fields)
