"""What a channel declares: how one kind of destination is described, checked and reached.

A channel is one file in this package with a module-level ``CHANNEL``. Its form, "send test" and docs entry are
drawn from the declaration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from firebell.domain.paging.model import Message, MessageKind, Outcome, OutcomeKind
from firebell.kernel.fetch import Fetch

__all__ = ["Channel", "Field", "Message", "MessageKind", "Outcome", "OutcomeKind"]


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a form. ``kind``: ``text | email | url | secret | number | choice | flag``.

    ``secret`` values are sealed at rest and write-only in the API.
    """

    name: str
    label: str
    kind: str = "text"
    required: bool = True
    help: str = ""
    placeholder: str = ""
    default: str = ""
    choices: tuple[str, ...] = ()


class Channel(Protocol):
    """Declaration of one kind of destination.

    ``method_fields``: what one person's contact method consists of (the first is always ``to``);
    ``settings_fields``: what an administrator sets once per installation (may be empty).
    ``wakes``: whether it alone counts as reaching a sleeping human (e-mail does not).
    """

    slug: str
    name: str
    blurb: str
    wakes: bool
    method_fields: tuple[Field, ...]
    settings_fields: tuple[Field, ...]

    def check(self, method: Mapping[str, str]) -> dict[str, str]:
        """The method's values made canonical; raises ``Invalid`` naming the field."""
        ...

    def check_settings(self, settings: Mapping[str, str]) -> dict[str, str]:
        """The installation's values made canonical; raises ``Invalid`` naming the field."""
        ...

    def configured(self, settings: Mapping[str, str]) -> bool:
        """Whether the installation's settings suffice to send."""
        ...

    def mask(self, method: Mapping[str, str]) -> str:
        """The destination, recognisable to its owner and to nobody else (``p…a@example.com``)."""
        ...

    def deliver(
        self, message: Message, method: Mapping[str, str], settings: Mapping[str, str], fetch: Fetch
    ) -> Outcome:
        """Send once, within 5 s. Never raises: every failure is an Outcome with a reason."""
        ...


def made_up(channel: Channel, given: Mapping[str, str], checked: Mapping[str, str]) -> dict[str, str]:
    """The secrets that ``channel.check`` made because none were given: they are shown to their owner once."""
    names = [f.name for f in channel.method_fields if f.kind == "secret"]
    return {name: checked[name] for name in names if checked.get(name) and not given.get(name, "").strip()}
