"""The laws in the words of whoever runs an installation: what must hold, and what to do when it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class LawWords(NamedTuple):
    """``holds``: what is promised. ``todo``: what to do when the promise is broken, with the ids shown beside it."""

    holds: str
    todo: str


_WORKER = (
    "Look at these first by hand. Then see in the log whether the worker is running and the database answers, "
    "and restart Firebell: it goes on where it stopped."
)
WORDS: Mapping[str, LawWords] = {
    "open_alerts_lead_somewhere": LawWords(
        "Every open alert will still be told to somebody, or has reached its last step.",
        "Nobody will be told about these alerts: open them and escalate by hand, then report this as a fault.",
    ),
    "acknowledged_alerts_are_watched": LawWords(
        "Every acknowledged alert is kept an eye on until it is resolved.",
        "These alerts would not come back if they were forgotten: ask who has them, then report this as a fault.",
    ),
    "no_step_is_overdue": LawWords("No escalation is more than 30 seconds behind.", _WORKER),
    "no_page_is_overdue": LawWords("No notification rule is more than 30 seconds behind.", _WORKER),
    "no_message_is_overdue": LawWords("No message has been waiting to be sent for more than 30 seconds.", _WORKER),
    "no_incident_is_overdue": LawWords("No clock of an incident is more than 30 seconds behind.", _WORKER),
    "one_commands": LawWords(
        "Nobody shares command of an incident with somebody else.",
        "Agree by voice who commands these incidents, let the other step back, then report this as a fault.",
    ),
    "every_budget_is_watched": LawWords(
        "Every objective was judged within the last quarter of an hour, and its source was asked.",
        "Their burn alerts would not open: see in the log why they could not be evaluated, and look at the service.",
    ),
    "shares_add_up": LawWords(
        "What incidents were charged of a budget and what nobody claims is exactly what was consumed.",
        "Do not rely on the shares of these objectives, and report this as a fault.",
    ),
}
