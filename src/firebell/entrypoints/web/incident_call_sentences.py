"""The sentences of whom an incident called for, and of what did not come in time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firebell.entrypoints.web.sentence import Sentence

_ROLES = {
    "commander": "an Incident Commander",
    "deputy": "a Deputy",
    "comms": "a Comms Lead",
    "liaison": "an Internal liaison",
    "scribe": "a Scribe",
    "responder": "a Responder",
}
_NOBODY = {
    "no_target": "nobody stands behind that role",
    "not_enrolled": "nobody who takes part in the drill stands behind that role",
}


def _role(fact: Mapping[str, Any]) -> str:
    # A role of the installation's own is text from outside and stays a field.
    return _ROLES.get(str(fact["role"]), "somebody as {role}")


def _asked(fact: Mapping[str, Any]) -> str:
    return "Asked to come: {people}" + (": {why}." if fact["why"] else ".")


def _answered(fact: Mapping[str, Any]) -> str:
    if fact["refused"]:
        return "{user_id} came when called, and could not be given the role {role} ({refused})."
    return "{user_id} came when called."


def _missed(fact: Mapping[str, Any]) -> str:
    minutes = max(1, int(fact["seconds"]) // 60)
    next_step = "the next step of {alert_ids} was taken" if fact["alert_ids"] else "a commander is looked for"
    return f"Nobody answered within the {minutes} min of {{severity}}: {next_step}."


INCIDENT_CALL: Mapping[str, Sentence] = {
    "incident.role_paged": Sentence(lambda fact: f"The call for {_role(fact)} went out.", "plain", "bell"),
    "incident.people_paged": Sentence(_asked, "plain", "bell"),
    "incident.nobody_to_page": Sentence(
        lambda fact: f"The call for {_role(fact)} reached nobody: {_NOBODY.get(str(fact['why']), '{why}')}.", "broken"
    ),
    "incident.call_answered": Sentence(_answered, "held"),
    "incident.response_missed": Sentence(_missed, "broken"),
}
