"""The table of an installation's channel settings; secrets in it are sealed."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Column, String, Table, select, update

from firebell.kernel.db import Doc, InstantType, metadata
from firebell.kernel.work import Read, Work

channel_settings = Table(
    "channel_settings",
    metadata,
    Column("channel", String, primary_key=True),
    Column("settings", Doc, nullable=False),
    Column("updated_at", InstantType, nullable=False),
)


def settings(read: Read, channel: str | None = None) -> dict[str, dict[str, str]]:
    query = select(channel_settings)
    if channel is not None:
        query = query.where(channel_settings.c.channel == channel)
    return {row.channel: dict(row.settings) for row in read.all(query)}


def set_settings(work: Work, channel: str, values: Mapping[str, str]) -> None:
    changed = work.write(
        update(channel_settings)
        .where(channel_settings.c.channel == channel)
        .values(settings=dict(values), updated_at=work.now)
    )
    if not changed:
        work.insert(channel_settings, [{"channel": channel, "settings": dict(values), "updated_at": work.now}])
