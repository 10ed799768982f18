"""The time zones there are, for checking names and suggesting near ones."""

from __future__ import annotations

import functools

import whenever


@functools.cache
def zone_names() -> frozenset[str]:
    return frozenset(whenever.available_timezones())


def known_zone(name: str) -> bool:
    return name in zone_names()
