"""Every channel is found by being there, and is described in the documentation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from firebell.integrations.channels import all_channels
from firebell.integrations.channels.contract import Channel

DOCS = Path(__file__).parents[3] / "docs" / "channels.md"


def section(slug: str) -> str:
    """The part of the page under ``## <name> (`slug`)``."""
    found = re.search(rf"^## [^\n]*\(`{slug}`\)\n(.*?)(?=^## |\Z)", DOCS.read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None, f"docs/channels.md has no section for {slug}"
    return found[1]


def test_the_channels_of_the_house_are_found() -> None:
    assert {"email", "ntfy", "webhook"} <= set(all_channels())


@pytest.mark.parametrize("channel", all_channels().values(), ids=list(all_channels()))
def test_a_declaration_can_be_drawn_as_a_form(channel: Channel) -> None:
    assert channel.name
    assert channel.blurb
    for field in (*channel.method_fields, *channel.settings_fields):
        assert field.kind in {"text", "email", "url", "secret", "number", "choice", "flag"}
        assert field.label
        assert bool(field.choices) == (field.kind == "choice")
    for fields in (channel.method_fields, channel.settings_fields):
        assert len({field.name for field in fields}) == len(fields)


@pytest.mark.parametrize("channel", all_channels().values(), ids=list(all_channels()))
def test_the_documentation_names_every_field(channel: Channel) -> None:
    text = section(channel.slug)
    for field in (*channel.method_fields, *channel.settings_fields):
        assert f"`{field.name}`" in text, f"docs/channels.md: {channel.slug} does not mention {field.name}"


@pytest.mark.parametrize("channel", all_channels().values(), ids=list(all_channels()))
def test_a_mask_never_raises(channel: Channel) -> None:
    for to in ("", "x", "https://", "a@b", "\x00"):
        assert isinstance(channel.mask({"to": to}), str)
    assert isinstance(channel.mask({}), str)
