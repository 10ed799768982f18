"""The digest by mail: who wants it, of what, and when it goes out. Pure: ``now`` is an argument.

One letter to a person and a period, about the whole organisation, about teams, or about both. It is off until somebody
asks for it, but for those who are expected to read it: managers of the installation get the organisation's, a team's
leads get their team's. Either may say no.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from firebell.domain.insight import periods
from firebell.domain.insight.model import DigestRound
from firebell.domain.insight.periods import Period
from firebell.kernel.clock import Instant

ALL = "all"
"""The scope of the whole organisation; any other is a team's id."""
OPENS = 9
"""The hour of a business morning, where nothing else is set."""
_DEFAULT_ROLES = frozenset({"manager"})


def by_default(role: str, leads: Collection[str]) -> frozenset[str]:
    """The scopes somebody gets without asking. ``leads``: ids of the teams they lead."""
    return frozenset(leads) | (frozenset({ALL}) if role in _DEFAULT_ROLES else frozenset())


def wanted(choices: Mapping[str, bool], *, role: str, teams: Collection[str], leads: Collection[str]) -> frozenset[str]:
    """The scopes somebody gets. ``choices``: what they have said; ``teams`` are those they are in: whoever left a
    team does not get its letters any more."""
    scopes = {ALL, *teams}
    default = by_default(role, leads)
    return frozenset(one for one in scopes if choices.get(one, one in default))


def next_round(now: Instant) -> DigestRound:
    """The letters about the month that is under way: they are laid out when it is over."""
    month = periods.month_of(now)
    return DigestRound(period=month.name, due_at=month.until)


def told(month: Period) -> tuple[Period, ...]:
    """What is told of when ``month`` is over: itself, and the quarter that ends with it."""
    quarter = periods.quarter_of(month.since)
    return (month, quarter) if quarter.until == month.until else (month,)


def newest(now: Instant) -> Period:
    """The last month that is over: after a long rest it alone is told of."""
    return periods.before(periods.month_of(now))
