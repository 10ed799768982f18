"""The sentences of trackers and of the issues that mirror action items."""

from __future__ import annotations

from collections.abc import Mapping

from firebell.entrypoints.web.sentence import Sentence

TRACKERS: Mapping[str, Sentence] = {
    "tracker.connected": Sentence("connected {name} ({vendor}, {project}) for action items."),
    "tracker.edited": Sentence("changed {changed} of the tracker {name}."),
    "tracker.disconnected": Sentence("disconnected the tracker {name}."),
    "tracker.failing": Sentence("The tracker {name} does not take action items ({reply}).", "broken"),
    "tracker.works_again": Sentence("The tracker {name} works again.", "ok"),
    "tracker.action_mirrored": Sentence("The action item stands in {tracker} as {key}.", "machine"),
    "tracker.closed_without_evidence": Sentence(
        "{key} was closed in {tracker} without evidence, and is open again.", "broken"
    ),
}
