"""An update is composed, checked, approved and sent; the clocks and promises follow it."""

from __future__ import annotations

from firebell.domain.comms.model import Draft, Finding, NewUpdate, Update
from firebell.domain.incidents.model import Incident
from firebell.kernel.work import Read, Work


def compose(read: Read, incident_id: str, audience: str) -> Draft:
    raise NotImplementedError


def check(read: Read, incident_id: str, new: NewUpdate) -> list[Finding]:
    raise NotImplementedError


def submit(work: Work, incident_id: str, new: NewUpdate) -> Update:
    raise NotImplementedError


def approve(work: Work, update_id: str, sha256: str) -> Update:
    raise NotImplementedError


def reject(work: Work, update_id: str, reason: str) -> Update:
    raise NotImplementedError


def withdraw(work: Work, update_id: str) -> Update:
    raise NotImplementedError


def edit(work: Work, update_id: str, new: NewUpdate) -> Update:
    raise NotImplementedError


def phase_changed(work: Work, before: Incident | None, after: Incident) -> None:
    """Told on every change of an incident (``before`` ``None``: it was declared): clocks start and stop, promises are
    released or missed, drafts of a past phase are withdrawn. Finds nothing to do most of the time."""
