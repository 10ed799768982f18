"""``/api/v1/channels``: the ways out, what each needs to know, and whether it works."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field

from firebell.domain.paging import commands, queries
from firebell.entrypoints.api.frame import Body, Shown
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import Site, read, run, site_of
from firebell.integrations.channels import contract
from firebell.integrations.channels.contract import Channel, Message, MessageKind
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.clock import micros
from firebell.kernel.errors import Invalid, NotFound
from firebell.kernel.work import Read, Work

router = APIRouter(prefix="/channels", tags=["channels"], route_class=ApiRoute)

Values = Annotated[dict[str, Annotated[str, Field(max_length=4096)]], Field(max_length=50)]


class FieldShown(Shown):
    """One input of a form. ``kind``: text, email, url, secret, number, choice or flag."""

    name: str
    label: str
    kind: str
    required: bool
    help: str
    placeholder: str
    default: str
    choices: list[str]


class ChannelShown(Shown):
    """A way out. ``wakes``: it alone counts as reaching a sleeping human.

    ``method_fields``: what a contact method needs; ``settings_fields``: what an administrator sets once.
    """

    slug: str
    name: str
    blurb: str
    wakes: bool
    configured: bool
    method_fields: list[FieldShown]
    settings_fields: list[FieldShown]
    html_url: str


class SettingsShown(Shown):
    """The installation's values; of secret ones only whether they are ``set``."""

    values: dict[str, str]
    secrets_set: list[str]
    configured: bool


class SettingsGiven(Body):
    """All values. A secret that is left out stays as it is."""

    values: Values


class TestGiven(Body):
    """Where to send a test: the values of a contact method."""

    values: Values


class TestShown(Shown):
    """``outcome``: sent, retry or dead; ``reply`` in the provider's own words."""

    outcome: str
    reply: str


def field_shown(field: contract.Field) -> FieldShown:
    """A declared field as the API shows it."""
    return FieldShown(
        name=field.name, label=field.label, kind=field.kind, required=field.required, help=field.help,
        placeholder=field.placeholder, default=field.default, choices=list(field.choices),
    )  # fmt: skip


def _shown(site: Site, channel: Channel, stored: dict[str, dict[str, str]]) -> ChannelShown:
    return ChannelShown(
        slug=channel.slug, name=channel.name, blurb=channel.blurb, wakes=channel.wakes,
        configured=channel.configured(_opened(site, channel.slug, stored)),
        method_fields=[field_shown(f) for f in channel.method_fields],
        settings_fields=[field_shown(f) for f in channel.settings_fields],
        html_url=f"{site.base_url}/settings/channels#{channel.slug}",
    )  # fmt: skip


def _opened(site: Site, slug: str, stored: dict[str, dict[str, str]]) -> dict[str, Any]:
    """What the channel is sent with: its own settings, or the mail server named in the environment."""
    opened = site.sealing.open_settings(slug, stored.get(slug, {}))
    smtp_url = site.settings.smtp_url.get_secret_value()
    return {"url": smtp_url} if slug == "email" and smtp_url and not opened else opened


def _channel(site: Site, slug: str) -> Channel:
    found = site.channels.get(slug)
    if found is None:
        raise NotFound("There is no such channel.", hint=f"One of {', '.join(site.channels)}.")
    return found


@router.get("")
def list_channels(request: Request, caller: Caller) -> list[ChannelShown]:
    """Every channel with the fields it declares."""
    site = site_of(request)
    stored = read(request, queries.channel_settings, caller)
    return [_shown(site, channel, stored) for channel in site.channels.values()]


@router.get("/{channel}")
def get_channel(request: Request, channel: str, caller: Caller) -> ChannelShown:
    """One channel."""
    site = site_of(request)
    return _shown(site, _channel(site, channel), read(request, queries.channel_settings, caller))


@router.get("/{channel}/settings")
def get_settings(request: Request, channel: str, caller: Caller) -> SettingsShown:
    """The installation's values, for administrators."""
    return read(request, lambda r: _settings(site_of(request), r, channel), caller)


@router.put("/{channel}/settings")
def set_settings(request: Request, channel: str, caller: Caller, body: SettingsGiven) -> SettingsShown:
    """Set the installation's values; they are checked first."""
    site = site_of(request)

    def change(w: Work) -> SettingsShown:
        w.needs(Permission.SETTINGS_EDIT)
        found = _channel(site, channel)
        secret = {f.name for f in found.settings_fields if f.kind == "secret"}
        before = site.sealing.open_settings(channel, queries.channel_settings(w).get(channel, {}))
        kept = {name: value for name, value in before.items() if name in secret}
        known = [f.name for f in found.settings_fields]
        for name in body.values:
            if name not in known:
                raise Invalid(
                    f"“{name[:100]}” is not known here.",
                    field=f"values.{name[:100]}",
                    hint=f"One of {', '.join(known) or 'none'}.",
                )
        checked = found.check_settings({**kept, **body.values})
        commands.configure_channel(w, channel, site.sealing.seal_settings(channel, checked))
        return _settings(site, w, channel)

    return run(request, change, caller)


@router.post("/{channel}:test")
def test(request: Request, channel: str, caller: Caller, body: TestGiven) -> TestShown:
    """Send a test right now, outside the queue, and say what the provider said. Administrators only."""
    site = site_of(request)
    found = _channel(site, channel)

    def look(r: Read) -> tuple[dict[str, Any], Message]:
        r.needs(Permission.SETTINGS_EDIT)
        message = Message(
            id=ids.new("tst", r.now), kind=MessageKind.TEST, title="Test from Firebell",
            body="This is a test. If you can read it, this channel works.", urgency="low",
            sent_at_s=micros(r.now) // 1_000_000,
        )  # fmt: skip
        return _opened(site, channel, queries.channel_settings(r)), message

    settings, message = read(request, look, caller)
    if not found.configured(settings):
        raise Invalid("This channel is not set up.", hint="Set its values first.")
    outcome = found.deliver(message, found.check(body.values), settings, site.fetch)
    return TestShown(outcome=outcome.kind.value, reply=outcome.reply)


def _settings(site: Site, r: Read, slug: str) -> SettingsShown:
    r.needs(Permission.SETTINGS_EDIT)
    channel = _channel(site, slug)
    stored = queries.channel_settings(r)
    secret = {f.name for f in channel.settings_fields if f.kind == "secret"}
    values = stored.get(slug, {})
    return SettingsShown(
        values={name: value for name, value in values.items() if name not in secret},
        secrets_set=sorted(name for name in values if name in secret and values[name]),
        configured=channel.configured(_opened(site, slug, stored)),
    )
