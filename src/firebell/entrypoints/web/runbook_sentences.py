"""The sentences of runbooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firebell.entrypoints.web.sentence import Sentence

_HELPED = {"yes": "It helped", "partly": "It helped partly", "no": "It did not help"}


def _step(fact: Mapping[str, Any]) -> str:
    words = {"ok": "ticked “{text}” of the runbook", "failed": "“{text}” of the runbook failed",
             "skipped": "skipped “{text}” of the runbook"}  # fmt: skip
    return words.get(str(fact["state"]), "ended “{text}”") + (": {note}." if fact["note"] else ".")


def _ended(fact: Mapping[str, Any]) -> str:
    helped = _HELPED.get(str(fact["helped"]), "It is over")
    failed = f", {fact['failed']} of its steps failed" if fact["failed"] else ""
    return f"finished the runbook {{title}} after {int(fact['took_s']) // 60} min. {helped}{failed}."


RUNBOOK: Mapping[str, Sentence] = {
    "runbook.saved": Sentence("{what} the runbook {name}, version {version}."),
    "runbook.deleted": Sentence("deleted the runbook {name}."),
    "runbook.run_started": Sentence("began the runbook {title} (version {version})."),
    "runbook.step_ended": Sentence(_step),
    "runbook.run_ended": Sentence(_ended, "strong"),
    "runbook.missed": Sentence(
        lambda f: "found no runbook." if f["what"] == "missing" else "found the runbook wrong: {words}.", "broken"
    ),
}
