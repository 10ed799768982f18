"""Desks know where posts lead: per outlet, the values of a target, and what follows an attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from firebell.domain.outbox import commands
from firebell.domain.outbox.model import Outcome, Post, PostState
from firebell.domain.outbox.rules import Sequel
from firebell.kernel.work import Read, Work


@dataclass(frozen=True, slots=True)
class Directions:
    """Where a post leads: the place's values, and what it says if that is not the payload as it was put."""

    target: Mapping[str, str]
    payload: Mapping[str, Any] | None = None


class Desk(Protocol):
    """Knows the targets of one outlet."""

    def directions(self, read: Read, posts: Sequence[Post]) -> Mapping[str, Directions]:
        """By post id. A post that is missing has no target any more and is dropped."""
        ...

    def told(self, work: Work, post: Post, outcome: Outcome, sequel: Sequel) -> None:
        """What follows an attempt, in the unit that records it."""
        ...


def say_if_failed(work: Work, post: Post, sequel: Sequel) -> None:
    """What most desks do: a post that was given up stands in the journal of its target."""
    if sequel.state is PostState.FAILED:
        commands.say_failed(work, post, sequel)
