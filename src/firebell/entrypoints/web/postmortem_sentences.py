"""The sentences of postmortems, action items and recurrence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firebell.entrypoints.web import postmortem_words as words
from firebell.entrypoints.web.sentence import Sentence

Fact = Mapping[str, Any]
_PEOPLE = {
    "owner": "its owner", "collaborator": "on it", "facilitator": "its facilitator", "investigator": "its investigator",
}  # fmt: skip
_TOLD = {"owner": "its owner", "manager": "the manager", "team_lead": "the team’s lead"}
_EFFECTS = {
    "effective": "The action helped: the same has not come back.",
    "not_exercised": "Whether the action helped is not known: nothing has put it to the test.",
}


def _because(fact: Fact) -> str:
    reason = str(fact.get("reason") or "").rstrip()
    return (": {reason}" if reason.endswith((".", "!", "?")) else ": {reason}.") if reason else "."


def _moved(fact: Fact) -> str:
    said = {
        "submit": "submitted the postmortem for review", "request_changes": "asked for changes in the postmortem",
        "approve": "approved the postmortem", "publish": "published the postmortem", "close": "closed the postmortem",
        "revise": "revises the postmortem (revision {revision})",
    }.get(str(fact["verb"]), "The postmortem went from {before} to {after}")  # fmt: skip
    return said + (" with a waiver" if fact.get("waived") else "") + _because(fact)


def _people(fact: Fact) -> str:
    role = _PEOPLE.get(str(fact["role"]), "on it")
    if not fact.get("user_id"):
        return f"{{before}} is no longer {role} (postmortem)."
    return f"{{user_id}} is {role} (postmortem)" + (" instead of {before}." if fact.get("before") else ".")


def _late(fact: Fact) -> str:
    late = ", ".join(words.NAGS[one].lower() for one in fact["about"] if one in words.NAGS)
    return "Reminded {users} of the postmortem" + (f": {late}." if late else ".")


def _action(fact: Fact) -> str:
    said = {
        "added": "proposed an action item", "edited": "changed an action item", "removed": "took an action item away",
        "committed": "committed to an action item", "declined": "declined an action item",
        "done": "finished an action item", "waived": "waived an action item", "reopened": "opened an action item again",
    }.get(str(fact["verb"]), "changed an action item")  # fmt: skip
    return said + (" ({proof})" if fact.get("proof") else "") + _because(fact)


def _nudged(fact: Fact) -> str:
    day, to = int(fact["day"]), _TOLD.get(str(fact["to"]), "its owner")
    when = "is due today" if day == 0 else f"is due in {-day} days" if day < 0 else f"is {day} days late"
    return f"An action item {when}: reminded {to} ({{users}})."


def _checked(fact: Fact) -> str:
    if fact["effect"] == "recurred":
        return "It came back" + (" in {again}" if fact.get("again") else "") + ": the action is open again."
    return _EFFECTS.get(str(fact["effect"]), "The effect of an action was checked.")


def _verdict(fact: Fact) -> str:
    if fact["override"]:
        return "judged it {after}" + _because(fact)
    return "Counts as {after}" + (" by {rules}." if fact["rules"] else ".")


def _repeats(fact: Fact) -> str:
    if fact["actions"]:
        return "Known and unfinished: it is like {earlier}, whose promises are still open."
    return "It is like {earlier}" + (", whose promises were all kept." if "fix" in str(fact["how"]) else ".")


POSTMORTEM: Mapping[str, Sentence] = {
    "postmortem.opened": Sentence(
        lambda f: "The postmortem begins" + ("; {owner_id} owns it." if f.get("owner_id") else " as a draft."), "strong"
    ),
    "postmortem.drafted": Sentence("The postmortem was drafted again from the timeline.", "machine"),
    "postmortem.written": Sentence("wrote on the postmortem (revision {revision})."),
    "postmortem.moved": Sentence(_moved, "strong"),
    "postmortem.published": Sentence(
        lambda f: "The postmortem is published"
        + (" for the members." if f["audience"] == "members" else " for the whole organisation."), "ok"
    ),
    "postmortem.released": Sentence("released the postmortem for everybody: {reason}.", "strong"),
    "postmortem.skipped": Sentence(
        lambda f: ("waived the required postmortem" if f["waived"] else "went without a postmortem") + ": {reason}."
    ),
    "postmortem.people_changed": Sentence(_people),
    "postmortem.depth_set": Sentence("set the depth of the postmortem from {before} to {after}."),
    "postmortem.review_booked": Sentence(
        lambda f: "booked the review meeting for {at}." if f.get("at") else "called the review meeting off."
    ),
    "postmortem.met": Sentence("The review meeting took place: {attendance}."),
    "postmortem.commented": Sentence("commented on “{section}”."),
    "postmortem.comment_resolved": Sentence("resolved a comment."),
    "postmortem.hit_dismissed": Sentence(
        lambda f: "set a hint of the linter aside: {reason}." if f["dismissed"] else "took a set-aside hint up again."
    ),
    "postmortem.unnamed": Sentence("replaced {names} names in the postmortem by roles."),
    "postmortem.reminded": Sentence(_late, "machine"),
    "postmortem.verdict_changed": Sentence(_verdict),
    "incident.repeats": Sentence(_repeats, "strong"),
    "action.changed": Sentence(_action),
    "action.reminded": Sentence(_nudged, "machine"),
    "action.returned": Sentence("An action item went from {before} to {user_id}: its owner has left."),
    "action.checked": Sentence(_checked),
    "postmortem_settings.changed": Sentence("changed the settings of postmortems ({changed})."),
    "postmortem_template.saved": Sentence(
        lambda f: ("made" if f["new"] else "changed") + " the postmortem template {name}."
    ),
    "postmortem_template.deleted": Sentence("deleted the postmortem template {name}."),
}  # fmt: skip
