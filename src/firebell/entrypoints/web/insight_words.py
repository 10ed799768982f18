"""What insight says in words: lengths of time, names of metrics, and what became of durations that do not count."""

from __future__ import annotations

from collections.abc import Mapping

from firebell.domain.incidents.metrics import METRICS, Convention
from firebell.domain.insight.distribution import Distribution
from firebell.domain.insight.model import Standing

_DAY_S = 86_400


def length(seconds: float | None) -> str:
    """``42 s``, ``2 min 30 s``, ``41 min``, ``1 h 31 min``, ``2 d 4 h``; a dash for nothing."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 300 and whole % 60:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 3600 - 30:
        return f"{(whole + 30) // 60} min"
    if whole < _DAY_S - 30:
        minutes = (whole + 30) // 60
        return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")
    hours = (whole + 1800) // 3600
    return f"{hours // 24} d" + (f" {hours % 24} h" if hours % 24 else "")


TITLES: Mapping[str, str] = {
    "time_to_detect": "Detected", "time_to_ack": "Acknowledged", "time_to_mitigate": "Mitigated",
    "time_to_resolve": "Resolved", "stage_detect": "To detect it", "stage_ack": "To acknowledge it",
    "stage_mitigate": "To mitigate it", "stage_resolve": "To resolve it", "time_to_command": "A commander",
    "time_to_first_post": "First public post",
}  # fmt: skip

LONG: Mapping[str, str] = {
    "time_to_detect": "Impact to detected", "time_to_ack": "Impact to acknowledged",
    "time_to_mitigate": "Impact to mitigated", "time_to_resolve": "Impact to resolved",
    "stage_detect": "Stage: impact to detected", "stage_ack": "Stage: detected to acknowledged",
    "stage_mitigate": "Stage: acknowledged to mitigated", "stage_resolve": "Stage: mitigated to resolved",
    "time_to_command": "Declared to commander assigned", "time_to_first_post": "Impact to first public post",
}  # fmt: skip
"""The names in a list in which both conventions stand together."""

FIGURES: tuple[tuple[Convention, str, str], ...] = (
    (Convention.CUMULATIVE, "Since the impact began", "How long customers had waited when it was reached."),
    (Convention.STAGE, "Stage by stage", "How long each stage took by itself."),
    (Convention.SINGLE, "Command and the first word", "How soon somebody led, and how soon customers were told."),
)


def of_convention(convention: Convention) -> tuple[str, ...]:
    return tuple(one.name for one in METRICS if one.convention is convention)


def between(metric: str) -> str:
    """``impact started → detected``."""
    found = next(one for one in METRICS if one.name == metric)
    return f"{found.start} → {found.end}".replace("_", " ")


_OTHERS = {
    Standing.PENDING: "not there yet", Standing.NOT_APPLICABLE: "not applicable", Standing.INVALID: "invalid",
}  # fmt: skip


def others(found: Distribution) -> str:
    """``2 not there yet, 1 invalid``: what is beside the numbers; empty when nothing is."""
    return ", ".join(f"{found.others[each]} {words}" for each, words in _OTHERS.items() if found.others.get(each))


def cause(key: str) -> str:
    """A class of contributing factors as people say it."""
    if key in ("", "none"):
        return "No cause written yet"
    words = key.replace("_", " ")
    return {"auth certs": "certificates and sign-in", "knowledge docs": "knowledge and documents",
            "tooling affordance": "tools that invite mistakes"}.get(words, words).capitalize()  # fmt: skip


def severity(key: str) -> str:
    return "Not judged" if key in ("", "unset") else key
