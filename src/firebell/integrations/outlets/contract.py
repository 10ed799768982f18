"""What an outlet declares: how one kind of place (a chat, a program, a subscriber's mailbox) is told something.

An outlet is one file in this package with a module-level ``OUTLET``. Unlike a channel it wakes nobody: what it sends
comes from the outbox, and may wait its turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from firebell.domain.outbox.model import Outcome, OutcomeKind
from firebell.kernel.fetch import Fetch

__all__ = ["Outcome", "OutcomeKind", "Outlet", "Parcel"]


@dataclass(frozen=True, slots=True)
class Parcel:
    """One post on its way. ``id`` is constant over attempts, so that receivers can drop repeats.

    ``sent_at_s``: epoch seconds of this attempt. ``copies_possible``: an earlier attempt may have arrived.
    """

    id: str
    payload: Mapping[str, Any]
    attempt: int
    sent_at_s: int
    copies_possible: bool = False


class Outlet(Protocol):
    """``patience_s``: how long a post is worth sending; older ones are given up."""

    slug: str
    name: str
    patience_s: int

    def deliver(self, parcel: Parcel, target: Mapping[str, str], fetch: Fetch) -> Outcome:
        """Send once, within 20 s. ``target``: the place's values, unsealed.

        Never raises for what the receiver does: every failure is an Outcome with a reason.
        """
        ...
