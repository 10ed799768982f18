"""The sentences of updates and their promises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firebell.entrypoints.web.sentence import Sentence

_RUNGS = {
    "comms": "whoever writes it",
    "commander": "whoever writes it and the Incident Commander",
    "deputy": "the deputy and the liaison",
    "automatic": "everybody who owes it",
    "still": "everybody who owes it, again",
}


def _sent(fact: Mapping[str, Any]) -> str:
    who = "An automatic {audience} update" if fact["automatic"] else "posted {article} {audience} update"
    who = who.replace("{article}", "a" if fact["audience"] == "public" else "an")
    verb = " went out ({status}): {body}" if fact["automatic"] else " ({status}): {body}"
    after = " Next by {next_update_by}." if fact["next_update_by"] else " It is the last one."
    return who + verb + after


def _reminded(fact: Mapping[str, Any]) -> str:
    whom = _RUNGS.get(fact["rung"], "{people}")
    past_s = fact["past_s"]
    if past_s < 0:
        when = f"is due in {round(-past_s / 60)} min"
    else:
        when = f"is {round(past_s / 60)} min overdue" if past_s >= 60 else "is due"
    told = ": {people}." if fact["people"] else ": nobody could be told."
    return f"The {{audience}} update {when}; reminded {whom}{told}"


def _late(words: str) -> str:
    return f"The {{audience}} update promised by {{due_at}} {words}."


def _kept(fact: Mapping[str, Any]) -> str:
    return _late("came {late_s} s after that, which counts as kept" if fact["late_s"] else "came in time")


def _withdrawn(fact: Mapping[str, Any]) -> str:
    return "withdrew {article} {audience} draft".replace("{article}", "a" if fact["audience"] == "public" else "an") + (
        ": {reason}." if fact["reason"] else "."
    )


COMMS: Mapping[str, Sentence] = {
    "update.submitted": Sentence("handed in a draft for the {audience} update; it waits for its release."),
    "update.edited": Sentence("edited the draft of the {audience} update; a release of the text before is void."),
    "update.approved": Sentence("released the {audience} update.", kind="ok", icon="check"),
    "update.rejected": Sentence("rejected the {audience} draft: {reason}."),
    "update.withdrawn": Sentence(_withdrawn),
    "update.sent": Sentence(_sent, kind="ok"),
    "update.check_overridden": Sentence("overruled the check {check}: {reason}.", kind="strong"),
    "update.reminded": Sentence(_reminded),
    "update.snoozed": Sentence(
        lambda fact: (
            "snoozed the reminder of the {audience} update for {minutes} min"
            + (": {reason}." if fact["reason"] else ".")
        )
    ),
    "update.slowed": Sentence(
        lambda fact: (
            f"slowed the {{audience}} updates down to one every {fact['every_s'] // 60} min"
            + (": {reason}." if fact["reason"] else ".")
        )
    ),
    "update.approval_delegated": Sentence(
        lambda fact: "lets {to} release public text." if fact["to"] else "releases public text alone again."
    ),
    "promise.made": Sentence("The next {audience} update is promised by {due_at}."),
    "promise.kept": Sentence(_kept),
    "promise.late": Sentence(_late("came {late_s} s late"), kind="strong"),
    "promise.missed": Sentence(_late("never came"), kind="broken"),
    "promise.released": Sentence(_late("is not owed any more")),
    "comms_template.changed": Sentence(
        lambda fact: (
            "edited the template {name} (version {version})."
            if fact["version"]
            else "reset the template {name} to the one that comes with Firebell."
        )
    ),
    "comms_settings.changed": Sentence(
        lambda fact: (
            "set who gets executive updates ({executives}) and the support hours' zone ({support_zone})."
            if fact["executives"]
            else "set that nobody but the liaison gets executive updates, and the support hours' zone ({support_zone})."
        )
    ),
    "status.disagrees": Sentence("{rule}: {what} Fix: {fix}.", kind="strong"),
    "status.agrees": Sentence("{rule}: the status page and the incident say the same again.", kind="ok"),
}
