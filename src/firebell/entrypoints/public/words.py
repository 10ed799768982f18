"""States in the words and colours readers know: always a label beside the colour."""

from __future__ import annotations

from collections.abc import Mapping

from firebell.domain.statuspage.uptime import percent

COMPONENT: Mapping[str, str] = {
    "operational": "Operational",
    "under_maintenance": "Under maintenance",
    "degraded_performance": "Degraded performance",
    "partial_outage": "Partial outage",
    "major_outage": "Major outage",
}
INCIDENT: Mapping[str, str] = {
    "investigating": "Investigating",
    "identified": "Identified",
    "monitoring": "Monitoring",
    "resolved": "Resolved",
    "postmortem": "Postmortem",
}
TONE: Mapping[str, str] = {
    "operational": "ok",
    "none": "ok",
    "under_maintenance": "care",
    "maintenance": "care",
    "degraded_performance": "slow",
    "minor": "slow",
    "partial_outage": "half",
    "major": "half",
    "major_outage": "down",
    "critical": "down",
}
"""A state's or an impact's class in the style sheet."""


def lasting(seconds: int) -> str:
    """``1 h 20 min``, from a minute on; less is "under a minute"."""
    if seconds < 60:
        return "under a minute"
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    return f"{hours} h {minutes} min" if hours and minutes else f"{hours} h" if hours else f"{minutes} min"


__all__ = ["COMPONENT", "INCIDENT", "TONE", "lasting", "percent"]
