"""What a channel declares: how one kind of destination is described, checked and reached.

A channel is one file in this package with a module-level ``CHANNEL``. Its form, "send test" and docs entry are
drawn from the declaration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from firebell.kernel.fetch import Fetch


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


class MessageKind(StrEnum):
    PAGE = "page"
    STATUS = "status"
    NOTICE = "notice"
    TEST = "test"
    VERIFICATION = "verification"


@dataclass(frozen=True, slots=True)
class Message:
    """What a person is to be told. Plain text throughout; a channel may decorate, never invent.

    ``id`` is the delivery id: constant over retries of the same delivery, so receivers can drop repeats.
    ``title`` <= 200 characters. ``ack_url`` opens a page with an Acknowledge button (GET never acts);
    ``view_url`` is the alert's page (needs sign-in). ``reply_token`` goes into a reply address or a topic.
    ``copies_possible``: an earlier attempt may have arrived; say so. ``sent_at_s`` is epoch seconds.
    """

    id: str
    kind: MessageKind
    title: str
    body: str
    severity: str | None = None
    urgency: str = "high"
    alert_id: str | None = None
    ack_url: str | None = None
    view_url: str | None = None
    thread: str | None = None
    copies_possible: bool = False
    sent_at_s: int = 0


class OutcomeKind(StrEnum):
    SENT = "sent"
    RETRY = "retry"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Outcome:
    """``reply`` is the provider's own words, shortened, for the ledger and "send test".

    ``unknown``: the provider may have accepted it (timeout after bytes were sent). ``retry_after_s``: the
    provider asked us to wait. ``broken_settings``: the installation's credentials are refused (401/403), so
    administrators must be told.
    """

    kind: OutcomeKind
    reply: str = ""
    provider_id: str | None = None
    retry_after_s: int | None = None
    unknown: bool = False
    broken_settings: bool = False


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

    def deliver(self, message: Message, method: Mapping[str, str], settings: Mapping[str, str], fetch: Fetch) -> Outcome:
        """Send once, within 5 s. Never raises: every failure is an Outcome with a reason."""
        ...
