"""What private incidents have spent of budgets, for readers who must not know of them: to them it is unattributed.

Without this the difference of two numbers (what is consumed, what is attributed) would tell that there is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from firebell.domain.incidents import queries as incidents
from firebell.domain.slo import attribution_store
from firebell.kernel.actor import NOBODY
from firebell.kernel.work import Read


def spent(read: Read, *, outward: bool = False) -> Mapping[tuple[str, int], Fraction]:
    """By (SLO, objective): the measured shares of incidents hidden from the reader; ``outward``: of all private
    ones, whoever asks."""
    reader = Read(read.connection, read.now, NOBODY) if outward else read
    hidden = incidents.hidden_subjects(reader)
    found: dict[tuple[str, int], Fraction] = {}
    for one in attribution_store.of_incidents(read, hidden):
        key = (str(one.slo_id), one.objective)
        found[key] = found.get(key, Fraction(0)) + one.share.net
    return found
