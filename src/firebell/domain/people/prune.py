"""What may be forgotten: sessions long over, buckets that are full, codes and links that have run out."""

from __future__ import annotations

from sqlalchemy import delete

from firebell.domain.people import verification
from firebell.domain.people.access_store import buckets_table, links_table, sessions_table, verifications_table
from firebell.domain.people.limits import ABSOLUTE_S
from firebell.kernel.actor import Permission
from firebell.kernel.clock import plus
from firebell.kernel.work import Work

_DAY_S = 86_400


def prune(work: Work) -> None:
    """Forget all of it (idempotent; once an hour is plenty), and methods whose owner never proved them."""
    work.needs(Permission.PEOPLE_EDIT)
    verification.remove_unverified(work)
    # Ended sessions are kept for as long as they could have lived: they say where somebody usually signs in from.
    work.write(delete(sessions_table).where(sessions_table.c.created_at < plus(work.now, -ABSOLUTE_S)))
    work.write(delete(buckets_table).where(buckets_table.c.full_at < work.now))
    work.write(delete(verifications_table).where(verifications_table.c.expires_at < plus(work.now, -_DAY_S)))
    work.write(delete(links_table).where(links_table.c.expires_at < plus(work.now, -_DAY_S)))
