"""What can be done to subscriptions. The form never tells whether an address is known.

Telling all of them is one row with a cursor: :func:`spread` takes the next five hundred, each time in a unit of its
own. Who turns that into messages is ``workflows/subscribers_told``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from firebell.domain.statuspage import store as page_rows
from firebell.domain.statuspage import subscriber_rules as rules
from firebell.domain.statuspage import subscriber_store as store
from firebell.domain.statuspage.model import StatusPage
from firebell.domain.statuspage.subscriber_model import (
    About,
    Fanout,
    Scope,
    Subscriber,
    SubscriberConfirmed,
    SubscriberEnded,
    SubscriberKind,
    SubscriberState,
    SubscribersTold,
)
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.clock import plus, seconds_between
from firebell.kernel.errors import Forbidden, NotFound, TooMany
from firebell.kernel.ids import SubscriberId
from firebell.kernel.secrets import Keyring, new_webhook_secret
from firebell.kernel.work import Read, Work

_EDIT = Permission.STATUS_EDIT
_CONFIRMED, _PENDING, _ENDED = SubscriberState.CONFIRMED, SubscriberState.PENDING, SubscriberState.ENDED


@dataclass(frozen=True, slots=True)
class Asked:
    """``subscriber`` is to be asked to prove the address (``None``: nobody is). ``known``: it was proven before, and
    is to be reminded of it at most. ``secret``: of a webhook, shown once whatever comes of it."""

    subscriber: Subscriber | None = None
    known: bool = False
    secret: str = ""


def ask(
    work: Work, keyring: Keyring, page_id: str, *, kind: str, address: str, scope: Mapping[str, Any] | None = None,
    caller: str = "", source: str = "form",
) -> Asked:  # fmt: skip
    """Somebody wants to subscribe. Raises Invalid for what can be seen to be wrong, TooMany for ``caller``; beyond that
    the answer is the same whether the address is known, new, or has been asked too often. Asks no permission."""
    page = _page(work, page_id)
    if caller and not _allowed(work, f"caller:{caller}", rules.PER_CALLER):
        raise TooMany("Too many subscriptions from here.", hint="Try again in a few minutes.")
    of = rules.kind(kind)
    place = rules.address(of, address)
    wanted = _scope(work, page_id, scope or {})
    secret = new_webhook_secret() if of is SubscriberKind.WEBHOOK else ""
    before = store.by_address(work, page_id, of, rules.fingerprint(place))
    if not _allowed(work, f"page:{page.id}", rules.PER_PAGE):
        return Asked(None, secret=secret)
    if before is not None and before.state is not _ENDED and not _may_ask_again(work, before):
        return Asked(None, secret=secret)
    if before is not None and before.state is _CONFIRMED:
        return Asked(before, known=True, secret=secret)
    new = _made(work, keyring, page, of, place, wanted, secret, source, before)
    if before is None:
        store.add(work, [new])
    else:
        store.save(work, before.id, _asked_anew(new))
    return Asked(new, secret=secret)


def _may_ask_again(work: Work, before: Subscriber) -> bool:
    """One mail an hour, so that nobody's mailbox can be filled by typing their address here."""
    if seconds_between(before.asked_at, work.now) < rules.ASK_AGAIN_S:
        return False
    if before.state is _CONFIRMED:
        store.save(work, before.id, {"asked_at": work.now})
    return True


def _made(
    work: Work, keyring: Keyring, page: StatusPage, of: SubscriberKind, place: str, wanted: Scope, secret: str,
    source: str, before: Subscriber | None = None,
) -> Subscriber:  # fmt: skip
    new = before.id if before else SubscriberId(ids.new("sub", work.now))

    def sealed(column: str, plain: str) -> str:
        return keyring.seal(plain, table="subscribers", column=column, row_id=new) if plain else ""

    return Subscriber(
        id=new, page_id=page.id, kind=of, address=place if of is SubscriberKind.EMAIL else sealed("address", place),
        shown=rules.shown(of, place), fingerprint=rules.fingerprint(place), secret=sealed("secret", secret),
        components=wanted.components, incidents=wanted.incidents, maintenance=wanted.maintenance, asked_at=work.now,
        source=source, updated_at=work.now,
    )  # fmt: skip


def _asked_anew(new: Subscriber) -> dict[str, Any]:
    return {
        "address": new.address, "shown": new.shown, "secret": new.secret, "components": list(new.components),
        "incidents": new.incidents, "maintenance": new.maintenance, "state": str(_PENDING), "asked_at": new.asked_at,
        "confirmed_at": None, "ended_at": None, "ended_why": "", "failures": 0, "source": new.source,
    }  # fmt: skip


def confirm(work: Work, subscriber_id: str, by: str) -> Subscriber:
    """The address has been proven (``by``: ``link``, ``ping`` or ``owner``); doing it twice changes nothing.

    Raises Forbidden when the question is older than two days, NotFound. Whoever calls has seen the proof.
    """
    before = _take(work, subscriber_id)
    if before.state is _CONFIRMED:
        return before
    if before.state is _ENDED or not rules.may_confirm(before, work.now):
        raise Forbidden("This link has expired.", hint="Subscribe again: you will get a new one.")
    store.save(work, before.id, {"state": str(_CONFIRMED), "confirmed_at": work.now})
    work.record(before.id, SubscriberConfirmed(page_id=before.page_id, by=by, source=before.source))
    work.publish(f"subscribers:{before.page_id}")
    return replace(before, state=_CONFIRMED, confirmed_at=work.now)


def end(work: Work, subscriber_id: str, by: str, why: str = "") -> Subscriber:
    """No more messages. ``by``: ``link``, ``owner`` or ``firebell``. Twice is as good as once."""
    before = _take(work, subscriber_id)
    if before.state is _ENDED:
        return before
    store.save(work, before.id, {"state": str(_ENDED), "ended_at": work.now, "ended_why": why})
    work.record(before.id, SubscriberEnded(page_id=before.page_id, by=by, why=why))
    work.publish(f"subscribers:{before.page_id}")
    return replace(before, state=_ENDED, ended_at=work.now, ended_why=why)


def change(work: Work, subscriber_id: str, scope: Mapping[str, Any]) -> Subscriber:
    """What they hear of from now on. Raises Invalid, NotFound. Whoever calls has seen the link."""
    before = _take(work, subscriber_id)
    wanted = _scope(work, before.page_id, scope)
    values = {"components": list(wanted.components), "incidents": wanted.incidents, "maintenance": wanted.maintenance}
    store.save(work, before.id, values)
    return replace(before, components=wanted.components, incidents=wanted.incidents, maintenance=wanted.maintenance)


def remove(work: Work, page_id: str, subscriber_id: str) -> None:
    """An owner takes somebody off the list."""
    page = _page(work, page_id)
    work.needs(_EDIT, page.team_id)
    found = store.subscriber(work, subscriber_id)
    if found is None or found.page_id != page_id:
        raise NotFound("There is no such subscriber.", field="subscriber_id")
    end(work, subscriber_id, "owner")


def note_delivered(work: Work, subscriber_id: str) -> None:
    store.clear_failures(work, subscriber_id)


def note_failed(work: Work, subscriber_id: str, why: str, *, gone: bool, refused: bool) -> Subscriber | None:
    """A message did not arrive. Returns them when that ended the subscription: after fifty failures in a row, three
    refusals of a mailbox, or at once when the place is ``gone``."""
    before = store.take(work, subscriber_id)
    if before is None or before.state is _ENDED:
        return None
    failures = before.failures + 1
    mailbox = refused and before.kind is SubscriberKind.EMAIL
    if not gone and failures < (rules.REFUSALS_MAX if mailbox else rules.FAILURES_MAX):
        store.save(work, before.id, {"failures": failures})
        return None
    return end(work, before.id, "firebell", f"messages do not arrive: {why}")


# ------------------------------------------------------------------ telling all of them


def tell_all(
    work: Work,
    page_id: str,
    kind: About,
    about_id: str,
    key: str,
    components: Iterable[str],
    message: Mapping[str, Any],
) -> str | None:
    """Begin to tell every subscriber one thing, once per ``key``; returns the fan-out's id (``None``: told before)."""
    every = page_rows.components_of(work, page_id)
    new = Fanout(
        id=ids.new("fan", work.now), page_id=page_id, kind=kind, about_id=about_id, key=key,
        components=rules.with_groups(components, every), message=dict(message), created_at=work.now, due_at=work.now,
    )  # fmt: skip
    if not store.add_fanout(work, new):
        return None
    work.wake()
    return new.id


def spread(work: Work) -> tuple[Fanout, list[Subscriber]] | None:
    """The next up to five hundred subscribers of the oldest unfinished message; ``None`` when there is nothing to do.

    The cursor moves on in this unit, so each is handed out once whatever happens.
    """
    fanout = store.take_due(work)
    if fanout is None:
        return None
    page = page_rows.page(work, fanout.page_id)
    batch = [] if page is None or page.disabled else store.after(work, page.id, fanout.cursor, rules.BATCH)
    chosen = [one for one in batch if rules.in_scope(one, fanout)]
    told = fanout.told + len(chosen)
    if len(batch) == rules.BATCH:
        store.save_fanout(work, fanout.id, {"cursor": batch[-1].id, "told": told})
        work.wake()
    else:
        ended = {"told": told, "due_at": None, "done_at": work.now}
        store.save_fanout(work, fanout.id, ended | ({"cursor": batch[-1].id} if batch else {}))
        said = SubscribersTold(about_id=fanout.about_id, told=told, subject=str(fanout.message.get("subject", "")))
        work.record(fanout.page_id, said)
        work.publish(f"subscribers:{fanout.page_id}")
    return fanout, chosen


def tidy(work: Work) -> int:
    """Forget addresses that were never proven, and who asked how often."""
    store.forget_askings(work)
    return store.remove_unconfirmed(work, plus(work.now, -rules.CONFIRM_S), rules.BATCH)


def _scope(read: Read, page_id: str, given: Mapping[str, Any]) -> Scope:
    known = [str(one.id) for one in page_rows.components_of(read, page_id)]
    return rules.scope(
        given.get("components", ()), incidents=bool(given.get("incidents", True)),
        maintenance=bool(given.get("maintenance", True)), known=known,
    )  # fmt: skip


def _allowed(work: Work, key: str, limit: tuple[int, float]) -> bool:
    full_at = rules.take(limit, store.asked(work, key), work.now)
    if full_at is None:
        return False
    store.note_asked(work, key, full_at)
    return True


def _page(read: Read, page_id: str) -> StatusPage:
    found = page_rows.page(read, page_id)
    if found is None:
        raise NotFound("There is no such status page.", field="page_id")
    return found


def _take(work: Work, subscriber_id: str) -> Subscriber:
    found = store.take(work, subscriber_id)
    if found is None:
        raise NotFound("There is no such subscription.", field="subscriber_id")
    return found
