"""Outlets that look like the real ones and send nothing: webhooks, chats and mail of a demo stay in the demo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from firebell.domain.outbox.model import Outcome, OutcomeKind
from firebell.integrations.outlets import all_outlets
from firebell.integrations.outlets.contract import Outlet, Parcel
from firebell.kernel.fetch import Fetch


class Silent:
    """Stands in for one outlet."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet

    def __getattr__(self, name: str) -> Any:
        return getattr(self._outlet, name)

    def deliver(self, parcel: Parcel, target: Mapping[str, str], fetch: Fetch) -> Outcome:
        """Send nothing."""
        # What the sender reads out of the answer must be there: a room of a chat that nobody made.
        return Outcome(
            OutcomeKind.SENT,
            "recorded by the demo, not sent",
            answer={"channel": "demo", "name": "demo", "card_ts": ""},
        )


def silent_outlets() -> Mapping[str, Outlet]:
    """One in the place of every outlet there is."""
    return {slug: cast("Outlet", Silent(outlet)) for slug, outlet in all_outlets().items()}
