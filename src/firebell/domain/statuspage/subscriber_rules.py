"""What a subscriber's address is, whether a message is for them, and how often somebody may ask. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Collection, Iterable, Sequence

from firebell.domain.statuspage.model import Component
from firebell.domain.statuspage.subscriber_model import About, Fanout, Scope, Subscriber, SubscriberKind
from firebell.kernel.addresses import destination
from firebell.kernel.clock import Instant, micros, plus, seconds_between
from firebell.kernel.errors import Invalid
from firebell.kernel.secrets import Key, Keyring

CONFIRM_S = 48 * 3600
ASK_AGAIN_S = 3600
FAILURES_MAX = 50
REFUSALS_MAX = 3
BATCH = 500
PER_CALLER = (20, 180.0)
"""Twenty at once from one place, then one every three minutes."""
PER_PAGE = (300, 2.0)
"""Questions a page sends to addresses nobody has proven: three hundred at once, then one every two seconds."""

_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)


def kind(value: str) -> SubscriberKind:
    try:
        return SubscriberKind(value)
    except ValueError:
        raise Invalid(f"“{value[:40]}” is no way to be told.", field="kind", hint=", ".join(SubscriberKind)) from None


def address(of: SubscriberKind, value: str) -> str:
    """The address in its canonical form. Raises ``Invalid``."""
    text = value.strip()
    if of is SubscriberKind.EMAIL:
        if len(text) > 254 or not _EMAIL.fullmatch(text):
            raise Invalid("This is not an e-mail address.", field="address", hint="Write name@example.com.")
        local, _, domain = text.rpartition("@")
        return f"{local}@{domain.lower()}"
    read = destination(text)
    if isinstance(read, str):
        raise Invalid(f"The address cannot be used: {read}.", field="address", hint="Write https://example.com/hook.")
    return text


def shown(of: SubscriberKind, value: str) -> str:
    """What owners see in lists: an e-mail address whole, of a URL its host."""
    if of is SubscriberKind.EMAIL:
        return value
    read = destination(value)
    return "…" if isinstance(read, str) else f"{read.scheme}://{read.host}/…"


def fingerprint(value: str) -> str:
    """What tells two addresses apart: mailboxes are the same however they are written."""
    return hashlib.sha256(value.lower().encode()).hexdigest()


def scope(components: Iterable[str], *, incidents: bool, maintenance: bool, known: Collection[str]) -> Scope:
    """Raises ``Invalid`` for a component that is not on the page, and for hearing of nothing."""
    wanted = tuple(dict.fromkeys(components))
    unknown = [one for one in wanted if one not in known]
    if unknown:
        raise Invalid("There is no such component on this page.", field="components")
    if not incidents and not maintenance:
        raise Invalid("Choose incidents, maintenance or both.", field="incidents")
    return Scope(wanted, incidents, maintenance)


def in_scope(subscriber: Subscriber, fanout: Fanout) -> bool:
    """Whether the message is for them. Who chose components hears only of what names one of them."""
    if not (subscriber.incidents if fanout.kind is About.INCIDENTS else subscriber.maintenance):
        return False
    return not subscriber.components or not set(subscriber.components).isdisjoint(fanout.components)


def with_groups(component_ids: Iterable[str], components: Sequence[Component]) -> tuple[str, ...]:
    """The components and every group they stand in: whoever subscribed to the group is told."""
    above = {str(one.id): one.group_id for one in components}
    found: dict[str, None] = {}
    for each in component_ids:
        at: str | None = each
        while at is not None and at not in found:
            found[at] = None
            at = above.get(at)
    return tuple(found)


def may_confirm(subscriber: Subscriber, now: Instant) -> bool:
    """The question is open for two days."""
    return seconds_between(subscriber.asked_at, now) <= CONFIRM_S


def take(limit: tuple[int, float], full_at: Instant | None, now: Instant) -> Instant | None:
    """One out of a bucket of ``limit`` = (burst, seconds for one more); its new state, or ``None`` when it is empty.

    The bucket is kept as the instant at which it is full again (the generic cell rate algorithm).
    """
    burst, every_s = limit
    start = now if full_at is None or full_at < now else full_at
    later = plus(start, every_s)
    return None if seconds_between(now, later) > burst * every_s else later


# ------------------------------------------------------------------ links


def link_token(keyring: Keyring, purpose: str, subscriber: Subscriber) -> str:
    """What makes a link to a subscription hard to guess: 24 bytes of HMAC-SHA256, so that nothing need be stored.

    ``purpose``: ``confirm`` (void once the question is asked anew), ``unsubscribe`` or ``manage``.
    """
    return _token(keyring.current, purpose, subscriber)


def link_holds(keyring: Keyring, purpose: str, subscriber: Subscriber, token: str) -> bool:
    """Whether ``token`` is that link's, under the current key or the former one."""
    keys = [key for key in (keyring.current, keyring.old) if key is not None]
    found = [hmac.compare_digest(_token(key, purpose, subscriber).encode(), token.encode()) for key in keys]
    return any(found)


def _token(key: Key, purpose: str, subscriber: Subscriber) -> str:
    asked = str(micros(subscriber.asked_at)) if purpose == "confirm" else subscriber.fingerprint
    own = hmac.digest(key.raw, b"firebell status page links", "sha256")
    said = f"{purpose}|{subscriber.id}|{asked}".encode()
    return base64.urlsafe_b64encode(hmac.digest(own, said, "sha256")[:24]).decode()
