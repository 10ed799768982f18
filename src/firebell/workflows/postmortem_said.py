"""Durations and dates as a postmortem's text says them, held against the milestones of its incident."""

from __future__ import annotations

from collections.abc import Sequence

from firebell.domain.incidents import metrics
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.model import MilestoneName
from firebell.domain.postmortems import saidtimes
from firebell.domain.postmortems.model import Postmortem, Section
from firebell.domain.postmortems.saidtimes import Disagreement
from firebell.kernel.actor import SYSTEM
from firebell.kernel.work import Read

PROSE = (Section.SUMMARY, Section.ROOT_CAUSE, Section.IMPACT, Section.LESSONS)
"""Where durations of the incident are told; the timeline's times are those of its entries."""


def disagreements(read: Read, one: Postmortem, texts: Sequence[str] | None = None) -> tuple[Disagreement, ...]:
    """What the clocks contradict in the postmortem's own prose, or in ``texts`` that are being typed.

    ``one`` is a postmortem the reader may see; nothing but its incident's durations is looked up here.
    """
    incident = incidents.find(Read(read.connection, read.now, SYSTEM), one.incident_id)
    if incident is None:
        return ()
    found = metrics.measures(incident, metrics.Which.LAST)
    known = {name: measure.seconds for name, measure in found.items() if measure.seconds is not None}
    times = [stated.at for name in MilestoneName if (stated := incident.milestone(name)) is not None and stated.at]
    prose = [one.document.text(section) for section in PROSE] if texts is None else texts
    if not times:
        return tuple(said for text in prose for said in saidtimes.durations(text, known))
    return saidtimes.all_of(prose, known, min(times), max(times))
