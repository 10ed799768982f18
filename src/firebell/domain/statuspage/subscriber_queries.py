"""Subscribers as owners, links and messages see them."""

from __future__ import annotations

from collections.abc import Iterable

from firebell.domain.statuspage import store as page_rows
from firebell.domain.statuspage import subscriber_rules as rules
from firebell.domain.statuspage import subscriber_store as store
from firebell.domain.statuspage.subscriber_model import Counts, Fanout, Subscriber, SubscriberKind
from firebell.kernel.actor import Permission
from firebell.kernel.errors import NotFound
from firebell.kernel.secrets import Keyring
from firebell.kernel.work import Read


def counts(read: Read, page_id: str) -> Counts:
    read.needs(Permission.STATUS_VIEW, _team(read, page_id))
    return store.counts(read, page_id)


def listed(
    read: Read, page_id: str, *, states: Iterable[str] = ("confirmed", "pending"), text: str = "",
    before: str | None = None, limit: int = 50,
) -> list[Subscriber]:  # fmt: skip
    """For the page's owners, newest first."""
    read.needs(Permission.STATUS_EDIT, _team(read, page_id))
    return store.of_page(read, page_id, states=states, text=text, before=before, limit=limit)


def fanouts(read: Read, page_id: str, limit: int = 20) -> list[Fanout]:
    """What was told, to how many, newest first."""
    read.needs(Permission.STATUS_VIEW, _team(read, page_id))
    return store.fanouts_of(read, page_id, limit)


def linked(read: Read, keyring: Keyring, purpose: str, link: str) -> Subscriber:
    """Whose link that is (``<id>.<token>``). Raises NotFound: an unknown id and a wrong token look the same."""
    subscriber_id, _, token = link.partition(".")
    found = store.subscriber(read, subscriber_id)
    if found is None or not rules.link_holds(keyring, purpose, found, token):
        raise NotFound("This link is not known.", hint="Subscribe again on the status page.")
    return found


def link_of(keyring: Keyring, purpose: str, subscriber: Subscriber) -> str:
    """``<id>.<token>``, for ``confirm``, ``unsubscribe`` or ``manage``."""
    return f"{subscriber.id}.{rules.link_token(keyring, purpose, subscriber)}"


def opened(keyring: Keyring, subscriber: Subscriber) -> dict[str, str]:
    """Where they are told, unsealed: ``to``, or ``url`` and ``secret``. Raises Unsealable."""
    if subscriber.kind is SubscriberKind.EMAIL:
        return {"to": subscriber.address}
    values = {"url": ("address", subscriber.address), "secret": ("secret", subscriber.secret)}
    return {
        name: keyring.unseal(sealed, table="subscribers", column=column, row_id=subscriber.id)
        for name, (column, sealed) in values.items()
        if sealed
    }


def _team(read: Read, page_id: str) -> str | None:
    found = page_rows.page(read, page_id)
    if found is None:
        raise NotFound("There is no such status page.", field="page_id")
    return found.team_id
