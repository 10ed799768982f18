"""Trackers that action items are mirrored in: one file per vendor."""

from __future__ import annotations

from firebell.domain.trackers.model import Tracker, Vendor
from firebell.integrations.trackers.contract import IssueTracker
from firebell.integrations.trackers.github import GitHub
from firebell.integrations.trackers.jira import Jira
from firebell.kernel.fetch import Fetch


def tracker_of(one: Tracker, token: str, fetch: Fetch) -> IssueTracker:
    """The client of ``one``; ``token`` unsealed."""
    return GitHub(one, token, fetch) if one.vendor is Vendor.GITHUB else Jira(one, token, fetch)
