"""The ways out. A channel is a module here with a ``CHANNEL``; it is found by being there."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from firebell.integrations.channels.contract import Channel


@cache
def all_channels() -> Mapping[str, Channel]:
    """Every channel by slug, in alphabetical order.

    Raises ``LookupError`` at the start, not at the first page, when a declaration contradicts its file.
    """
    found: dict[str, Channel] = {}
    for name in sorted(module.name for module in pkgutil.iter_modules(__path__)):
        channel: Channel | None = getattr(importlib.import_module(f"{__name__}.{name}"), "CHANNEL", None)
        if channel is None:
            continue
        if channel.slug != name:
            raise LookupError(f"{name}.py declares the channel {channel.slug!r}: file and slug must be the same")
        if not channel.method_fields or channel.method_fields[0].name != "to":
            raise LookupError(f"{name}.py: the first method field must be 'to'")
        found[channel.slug] = channel
    return MappingProxyType(found)
