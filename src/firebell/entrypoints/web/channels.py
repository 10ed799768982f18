"""The ways out, as an administrator sets them up: forms drawn from declarations, secrets write-only, a real test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.paging import commands, queries
from firebell.domain.paging.model import Message, MessageKind
from firebell.entrypoints.web import proving
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.session import Form, Here
from firebell.entrypoints.web.warnings import settings_of
from firebell.integrations.channels.contract import Channel
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.clock import micros
from firebell.kernel.errors import Invalid, NotFound, Refused
from firebell.kernel.work import Read, Work

router = APIRouter(prefix="/settings/channels")


@dataclass(frozen=True, slots=True)
class ChannelRow:
    channel: Channel
    ready: bool


@dataclass(frozen=True, slots=True)
class ChannelsPage:
    rows: Sequence[ChannelRow]
    may_edit: bool


@dataclass(frozen=True, slots=True)
class ChannelPage:
    """``kept``: secrets that are stored. ``by_settings_file``: what counts comes from the server's own settings.
    ``to`` are the values of the test's destination, ``reply`` what the provider said, ``outcome`` sent, retry or dead.
    """

    channel: Channel
    ready: bool
    values: Mapping[str, str]
    kept: Sequence[str]
    by_settings_file: bool
    to: Mapping[str, str]
    at: str
    error: str
    hint: str
    outcome: str
    reply: str
    test_error: str


@router.get("")
def show_list(here: Here) -> Response:
    def look(read: Read) -> ChannelsPage:
        stored = queries.channel_settings(read)
        rows = [
            ChannelRow(c, c.configured(settings_of(here.site, c.slug, stored.get(c.slug, {}))))
            for c in here.site.channels.values()
        ]
        return ChannelsPage(rows, here.may(Permission.SETTINGS_EDIT))

    return here.page("settings/channels.html", here.read(look), title="Channels", nav="settings")


@router.get("/{slug}")
def show(here: Here, slug: str) -> Response:
    return _show(here, slug)


def _show(
    here: Here, slug: str, *, typed: Mapping[str, str] | None = None, error: Refused | None = None,
    to: Mapping[str, str] | None = None, test_error: str = "", outcome: str = "", reply: str = "",
) -> Response:  # fmt: skip
    channel = _channel(here, slug)

    def look(read: Read) -> ChannelPage:
        read.needs(Permission.SETTINGS_EDIT)
        stored = queries.channel_settings(read).get(slug, {})
        secret = {f.name for f in channel.settings_fields if f.kind == "secret"}
        values = {name: str(value) for name, value in stored.items() if name not in secret}
        return ChannelPage(
            channel, channel.configured(settings_of(here.site, slug, stored)), typed or values,
            [name for name in secret if stored.get(name)], slug == "email" and not stored
            and bool(here.site.settings.smtp_url.get_secret_value()), to or {"to": here.me.email or ""},
            (error.field or "") if error else "", error.message if error else "", (error.hint or "") if error else "",
            outcome, reply, test_error,
        )  # fmt: skip

    status = error.status if error else 422 if test_error else 200
    return here.page("settings/channel.html", here.read(look), title=channel.name, nav="settings", status=status)


def _channel(here: Here, slug: str) -> Channel:
    found = here.site.channels.get(slug)
    if found is None:
        raise NotFound("There is no such channel.")
    return found


@router.post("/{slug}")
def save(here: Here, slug: str, form: Form) -> Response:
    """A secret that is left empty stays as it is; ``forget-<name>`` empties it."""
    channel = _channel(here, slug)
    if away := proving.detour(here, f"/settings/channels/{slug}"):
        return away
    secret = {f.name for f in channel.settings_fields if f.kind == "secret"}

    def job(work: Work) -> None:
        work.needs(Permission.SETTINGS_EDIT)
        stored = here.site.sealing.open_settings(slug, queries.channel_settings(work).get(slug, {}))
        values = {f.name: form.get(f.name, "").strip() for f in channel.settings_fields}
        for name in secret:
            if not values[name] and not form.get(f"forget-{name}"):
                values[name] = str(stored.get(name, ""))
        checked = channel.check_settings({name: value for name, value in values.items() if value})
        commands.configure_channel(work, slug, here.site.sealing.seal_settings(slug, checked))

    try:
        here.run(job)
    except Invalid as error:
        return _show(here, slug, typed={k: v for k, v in form.items() if k not in secret}, error=error)
    return here.go(f"/settings/channels/{slug}", Flash("Saved. Send a test to see that it works."))


@router.post("/{slug}/test")
def test(here: Here, slug: str, form: Form) -> Response:
    """Send at once, with no transaction open, and show what the provider really said."""
    channel = _channel(here, slug)
    to = {f.name: form.get(f"test_{f.name}", "").strip() for f in channel.method_fields}

    def look(read: Read) -> tuple[dict[str, str], Message]:
        read.needs(Permission.SETTINGS_EDIT)
        message = Message(
            id=ids.new("tst", read.now), kind=MessageKind.TEST, title="Test from Firebell", urgency="low",
            body="This is a test. If you can read it, this channel works.", sent_at_s=micros(read.now) // 1_000_000,
        )  # fmt: skip
        return settings_of(here.site, slug, queries.channel_settings(read).get(slug, {})), message

    settings, message = here.read(look)
    try:
        if not channel.configured(settings):
            raise Invalid("This channel is not set up yet.", hint="Save its settings first.")
        outcome = channel.deliver(message, channel.check(to), settings, here.site.fetch)
    except Refused as error:
        return _show(here, slug, to=to, test_error=f"{error.message} {error.hint or ''}".strip())
    return _show(here, slug, to=to, outcome=str(outcome.kind), reply=outcome.reply)
