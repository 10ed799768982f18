"""What strangers may do, a few at a time: a bucket for each address, and one for all of them together.

Addresses lie here only as hashes. Of IPv6 the network counts, because one machine has many addresses there.
"""

from __future__ import annotations

from ipaddress import AddressValueError, IPv6Address

from firebell.domain.people import access_store, limits
from firebell.domain.people.limits import Bucket
from firebell.kernel.errors import TooMany
from firebell.kernel.secrets import hash_token
from firebell.kernel.work import Work

PER_ADDRESS = Bucket(burst=3, every_s=600)
ALTOGETHER = Bucket(burst=20, every_s=120)
"""A crowd that reports the same outage is let in; whoever has many addresses is slowed down all the same."""
_NETWORK_BITS = 64


def let_in(work: Work, what: str, ip: str) -> None:
    """Take one attempt at ``what`` (a short word) for the address ``ip``. Raises TooMany."""
    one, all_ = f"{what}:ip:{hash_token(place(ip))}", f"{what}:all"
    full_at = access_store.buckets(work, [one, all_])
    mine = limits.take(PER_ADDRESS, full_at.get(one), work.now)
    others = limits.take(ALTOGETHER, full_at.get(all_), work.now)
    if not mine.allowed or not others.allowed or mine.full_at is None or others.full_at is None:
        wait_s = max(mine.retry_after_s, others.retry_after_s)
        raise TooMany("Too many reports were sent from here.", hint=f"Try again in {-(-wait_s // 60)} min.")
    access_store.save_buckets(work, {one: mine.full_at, all_: others.full_at})


def place(ip: str) -> str:
    """What is counted of an address: of IPv6 its network, of anything else itself."""
    try:
        return str(int(IPv6Address(ip)) >> (128 - _NETWORK_BITS))
    except AddressValueError:
        return ip
