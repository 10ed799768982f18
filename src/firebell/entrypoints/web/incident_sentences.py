"""The sentences of incidents: phases, severity, command and roles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firebell.entrypoints.web.sentence import Sentence

_ROLES = {
    "commander": "Incident Commander",
    "deputy": "Deputy",
    "comms": "Comms Lead",
    "liaison": "Internal liaison",
    "scribe": "Scribe",
    "responder": "Responder",
    "observer": "Observer",
}
_CLASHES = {
    "commander_is_comms": "{user_id} is Incident Commander and Comms Lead at once",
    "commander_hands_on": "{user_id} commands with a hands-on task",
    "deputy_unqualified": "{user_id} is Deputy without being qualified to command",
    "commander_unqualified": "{user_id} commands without being qualified to",
    "commander_is_primary": "{user_id} commands and is primary on call",
    "commander_is_scribe": "{user_id} is Incident Commander and Scribe at once",
    "deputy_hands_on": "{user_id} is Deputy with a hands-on task",
}
_RULES = {
    "commander_is_comms": "command and Comms on one person",
    "commander_hands_on": "a hands-on task for the commander",
    "deputy_unqualified": "a Deputy who is not qualified",
}


def _role(fact: Mapping[str, Any]) -> str:
    # A role of the installation's own is text from outside and stays a field.
    return _ROLES.get(str(fact["role"]), "{role}")


def _because(fact: Mapping[str, Any], field: str = "reason") -> str:
    return f": {{{field}}}." if fact.get(field) else "."


def _severity(word: str) -> Any:
    def said(fact: Mapping[str, Any]) -> str:
        if not fact["before"]:
            return "judged it {after}" + _because(fact)
        return f"{word} the severity from {{before}} to {{after}}" + _because(fact)

    return said


def _declared(fact: Mapping[str, Any]) -> str:
    severity = " as {severity}" if fact["severity"] else ""
    nature = "" if fact["nature"] == "normal" else " ({nature})"
    return f"declared “{{title}}”{severity}{nature}, by {{origin}}."


def _taken(fact: Mapping[str, Any]) -> str:
    words = {"accepted": "{user_id} took over command", "seized": "{user_id} seized command"}
    said = words.get(str(fact["how"]), "{user_id} took command")
    return said + (" from {before}" if fact["before"] else "") + _because(fact)


def _lost(fact: Mapping[str, Any]) -> str:
    why = {"stepped_down": "{user_id} stepped down", "deactivated": "{user_id} has no active account any more"}
    return "Nobody commands: " + why.get(str(fact["why"]), "{user_id} is gone") + _because(fact)


def _offered(fact: Mapping[str, Any]) -> str:
    return "offered command to {to} until {expires_at}" + (": {note}." if fact["note"] else ".")


def _missed(fact: Mapping[str, Any]) -> str:
    told = "everybody engaged was told" if fact["told"] == "engaged" else "the commander policy was started"
    return "Nobody has commanded for {seconds} s: " + told + "."


def _role_taken(fact: Mapping[str, Any]) -> str:
    return "{user_id} is " + _role(fact) + (" instead of {before}." if fact["before"] else ".")


def _role_left(fact: Mapping[str, Any]) -> str:
    return "{user_id} is no longer " + _role(fact) + _because(fact, "why")


def _clashed(fact: Mapping[str, Any]) -> str:
    words = _CLASHES.get(str(fact["pairing"]), "Two things clash on {user_id}")
    return words + (" (by override)." if fact["override_id"] else ".")


def _rule(fact: Mapping[str, Any]) -> str:
    return _RULES.get(str(fact["rule"]), "{rule}")


def _resolved(fact: Mapping[str, Any]) -> str:
    skipped = " Skipped: {skipped} ({reason})." if fact["skipped"] else ""
    return "said it is resolved: {all_clear}." + skipped


INCIDENT: Mapping[str, Sentence] = {
    "incident.declared": Sentence(_declared, "strong"),
    "incident.engaged": Sentence("Triage is over: people are responding.", "strong"),
    "incident.declined": Sentence(lambda f: "declined it ({reason})" + (": {note}." if f["note"] else "."), "strong"),
    "incident.duplicated": Sentence(
        lambda f: "merged it into {of}." if f["merged"] else "marked it as a duplicate of {of}.", "strong"
    ),
    "incident.mitigated": Sentence(
        lambda f: "said that impact has stopped ({remedy})" + (": {note}." if f["note"] else "."), "ok"
    ),
    "incident.resolved": Sentence(_resolved, "ok"),
    "incident.postmortem_begun": Sentence("The postmortem begins; {owner_id} owns it."),
    "incident.postmortem_owner_named": Sentence("{owner_id} owns the postmortem now."),
    "incident.postmortem_skipped": Sentence(
        lambda f: ("waived the postmortem" if f["waived"] else "went without a postmortem") + ": {reason}."
    ),
    "incident.postmortem_completed": Sentence("The postmortem is done.", "ok"),
    "incident.closed": Sentence(lambda f: "closed it" + _because(f), "ok"),
    "incident.reopened": Sentence("opened it again ({before} to {after}): {reason}.", "strong", "reopen"),
    "severity.raised": Sentence(_severity("raised"), "strong"),
    "severity.lowered": Sentence(_severity("lowered"), "strong"),
    "command.taken": Sentence(_taken, "held"),
    "command.offered": Sentence(_offered),
    "command.declined": Sentence("declined command: {reason}."),
    "command.offer_withdrawn": Sentence(lambda f: "withdrew the offer of command to {to}" + _because(f, "why")),
    "command.offer_expired": Sentence("{to} did not answer: the offer of command expired.", "strong"),
    "command.lost": Sentence(_lost, "broken"),
    "command.check_asked": Sentence("asked {user_id} for a sign of life."),
    "command.check_answered": Sentence("is still in command.", "held"),
    "command.missed": Sentence(_missed, "broken"),
    "command.hand_off_suggested": Sentence("{user_id} has commanded for {hours} hours: a hand-off is suggested."),
    "role.taken": Sentence(_role_taken),
    "role.left": Sentence(_role_left),
    "role.clashed": Sentence(_clashed, "strong"),
    "command.override_granted": Sentence(
        lambda f: "allowed " + _rule(f) + " ({user_id}) until {expires_at}: {reason}.", "strong"
    ),
    "command.override_expired": Sentence(lambda f: "The override for " + _rule(f) + " ({user_id}) ran out.", "strong"),
    "task.vacated": Sentence("“{text}” was taken from {user_id}: it needs somebody.", "strong"),
}
