"""Carriers that only write down what they would have sent, and fail when the history wants a provider to be down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from firebell.domain.paging.model import Message, Outcome, OutcomeKind
from firebell.kernel.fetch import Fetch

CHANNELS = ("ntfy", "email", "webhook")


@dataclass(slots=True)
class Recorder:
    """Stands in for one channel. ``failing()`` returns what the provider answers at this moment, or ``None``: fine."""

    channel: str
    failing: Callable[[str], Outcome | None] = lambda channel: None
    count: int = 0

    def configured(self, settings: Mapping[str, str]) -> bool:
        return True

    def deliver(
        self, message: Message, method: Mapping[str, str], settings: Mapping[str, str], fetch: Fetch
    ) -> Outcome:
        """Send nothing."""
        failed = self.failing(self.channel)
        if failed is not None:
            return failed
        self.count += 1
        return Outcome(OutcomeKind.SENT, "recorded by the demo, not sent", f"demo-{self.channel}-{self.count}")


def recorders(
    channels: Mapping[str, object], failing: Callable[[str], Outcome | None] | None = None
) -> dict[str, Recorder]:
    """One for every channel there is."""
    return {slug: Recorder(slug, failing) if failing else Recorder(slug) for slug in channels}
