"""Channels that look like the real ones and only write down what they would have sent.

They fail when the history wants a provider to be down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from firebell.domain.paging.model import Message, Outcome, OutcomeKind
from firebell.integrations.channels.contract import Channel
from firebell.kernel.fetch import Fetch


def never(channel: str) -> Outcome | None:
    """A provider that is always well."""
    return None


class Recorder:
    """Stands in for one channel; its forms, checks and masks are those of the real one.

    ``failing(slug)`` returns what the provider answers at this moment, or ``None``: it is well.
    """

    def __init__(self, channel: Channel, failing: Callable[[str], Outcome | None]) -> None:
        self._channel = channel
        self._failing = failing
        self.count = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    def configured(self, settings: Mapping[str, str]) -> bool:
        """Nothing needs to be set up for sending nothing."""
        return True

    def deliver(
        self, message: Message, method: Mapping[str, str], settings: Mapping[str, str], fetch: Fetch
    ) -> Outcome:
        """Send nothing."""
        slug = self._channel.slug
        failed = self._failing(slug)
        if failed is not None:
            return failed
        self.count += 1
        return Outcome(OutcomeKind.SENT, "recorded by the demo, not sent", f"demo-{slug}-{self.count}")


def recorders(
    channels: Mapping[str, Channel], failing: Callable[[str], Outcome | None] = never
) -> Mapping[str, Channel]:
    """One in the place of every channel there is."""
    return {slug: cast("Channel", Recorder(channel, failing)) for slug, channel in channels.items()}
