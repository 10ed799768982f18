"""The sentences of status pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firebell.entrypoints.web.sentence import Sentence


def _opened(fact: Mapping[str, Any]) -> str:
    if fact["backfilled"]:
        return "entered the past incident “{name}” on the status page."
    return "opened the public incident “{name}”."


def _posted(fact: Mapping[str, Any]) -> str:
    return "told the public “{name}” is {status}: {body}" + ("." if not str(fact["body"]).endswith(".") else "")


def _set(fact: Mapping[str, Any]) -> str:
    note = " ({note})" if fact.get("note") else ""
    old, new = (str(fact[which]).replace("_", " ") for which in ("old", "new"))
    if old == new:
        return f"changed the note of the component {{name}}{note}."
    return f"set the component {{name}} from {_safe(old)} to {_safe(new)}{note}."


def _safe(words: str) -> str:
    return words.replace("{", "").replace("}", "")


STATUS: Mapping[str, Sentence] = {
    "statuspage.created": Sentence("made the status page {name}.", "ok"),
    "statuspage.edited": Sentence("changed {changed} of the status page."),
    "statuspage.deleted": Sentence("took the status page {slug} off the air.", "broken"),
    "statuspage.restored": Sentence("put the status page {slug} back on the air.", "ok"),
    "component.added": Sentence(
        lambda f: "added the group {name} to the status page." if f["group"] else "added the component {name}."
    ),
    "component.edited": Sentence("changed {changed} of the component {name}."),
    "component.removed": Sentence("removed the component {name}."),
    "component.status_changed": Sentence(_set, "strong"),
    "statuspage.incident_opened": Sentence(_opened, "strong"),
    "statuspage.update_posted": Sentence(_posted, "strong"),
    "statuspage.update_edited": Sentence("mended an update of “{name}”, from “{before}” to “{after}”."),
    "statuspage.incident_edited": Sentence("changed {changed} of the public incident."),
    "statuspage.incident_removed": Sentence("took “{name}” off the status page: {why}.", "broken"),
}
