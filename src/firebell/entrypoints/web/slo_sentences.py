"""The sentences of objectives, their budgets, policies and the gate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from firebell.domain.slo.exact import percent
from firebell.entrypoints.web import slo_words
from firebell.entrypoints.web.sentence import Sentence

_STATES = {"ok": "within budget", "caution": "caution", "exhausted": "exhausted"}
_STREAMS = {"page": "page", "ticket": "ticket"}


def _share(text: object) -> str:
    """``23 %`` of an exact fraction; empty when nothing was known."""
    try:
        return percent(Fraction(str(text)), 1).replace("-", "−")
    except (ValueError, ZeroDivisionError):
        return ""


def _ended(before: str, field: str) -> Callable[[Mapping[str, Any]], str]:
    """``before`` and a text that may or may not have a full stop of its own."""

    def said(fact: Mapping[str, Any]) -> str:
        stop = "" if str(fact[field]).endswith((".", "!", "?")) else "."
        return f"{before}{{{field}}}{stop}"

    return said


def _state(fact: Mapping[str, Any]) -> str:
    left = _share(fact["remaining"])
    after = _STATES.get(str(fact["after"]), "unknown")
    return f"The budget is now {after}" + (f", {left} is left." if left else ".")


def _stream(fact: Mapping[str, Any]) -> str:
    word = _STREAMS.get(str(fact["stream"]), "").capitalize() or "Alert"
    before, after = fact["before"], fact["after"]
    if before == after:
        return f"{word} alert: frozen for want of data." if fact["frozen"] else f"{word} alert: data is back."
    if after == "open":
        return f"{word} alert opened: the budget burns too fast."
    if after == "joined":
        return "It burns slowly, too; the page alert says so already."
    return f"{word} alert cleared."


def _attributed(fact: Mapping[str, Any]) -> str:
    share, charged = _share(fact["share"]), _share(fact["charged"])
    said = f"It spent {share} of the budget of {{name}}"
    if share != charged:
        said += f", charged {charged}"
    if fact["provisional"]:
        return said + " so far."
    return said + ("." if fact["version"] <= 1 else " (version {version}).")


def _edited(fact: Mapping[str, Any]) -> str:
    return "changed {changed} of the objective" + (", which counts anew from here." if fact.get("restarted") else ".")


def _replaced(fact: Mapping[str, Any]) -> str:
    count = fact["buckets"]
    return f"replaced {count} count{'s' if count != 1 else ''} of the past."


def _signed(fact: Mapping[str, Any]) -> str:
    all_ = " Everybody has: it is in force." if fact["complete"] else ""
    return "signed edition {edition} of the policy for {as_}." + all_


def _answered(fact: Mapping[str, Any]) -> str:
    return _ended("The gate said {decision} to {change}: ", "words")(fact)


def _consequence(fact: Mapping[str, Any]) -> str:
    about = str(fact.get("about") or "")
    # What is not one of ours is shown as it was written, and escaped on the way.
    known = [slo_words.CONSEQUENCES.get(one, "") for one in fact["consequences"]]
    then = f": {', '.join(known) if all(known) else '{consequences}'}."
    if about.startswith("inc_"):
        return "Its share of the budget of {name} meets “{threshold}”" + then
    of = " ({about})" if about else ""
    return "“{threshold}” holds of {name}" + of + then


SLO: Mapping[str, Sentence] = {
    "slo.created": Sentence("made the objective {name}.", "ok"),
    "slo.edited": Sentence(_edited),
    "slo.deleted": Sentence("deleted the objective {name}.", "broken"),
    "slo.detached": Sentence("took the objective {name} out of the hands of {was}."),
    "slo.history_replaced": Sentence(_replaced, "broken"),
    "slo.state_changed": Sentence(_state, "strong"),
    "slo.stream_changed": Sentence(_stream),
    "slo.budget_attributed": Sentence(_attributed),
    "slo.exempted": Sentence(_ended("does not charge it to {name} ({exemption}): ", "reason")),
    "slo.unexempted": Sentence(_ended("charges it to {name} again: ", "reason")),
    "slo.weighed": Sentence(_ended("weighs it by {weight} in {name} where incidents overlap: ", "reason")),
    "slo.reviewed": Sentence(_ended("reviewed the objective: ", "hint")),
    "slo.consequence": Sentence(_consequence, "strong"),
    "slo.source_created": Sentence("added the data source {name}."),
    "slo.source_edited": Sentence("changed {changed} of the data source {name}."),
    "slo.source_deleted": Sentence("deleted the data source {name}."),
    "slo.rules_created": Sentence("made the burn-rate rules {name}."),
    "slo.rules_edited": Sentence("changed the burn-rate rules {name}."),
    "slo.rules_deleted": Sentence("deleted the burn-rate rules {name}."),
    "slo.adjustment_proposed": Sentence(_ended("proposed not to charge {name}: ", "reason")),
    "slo.adjustment_approved": Sentence("approved the adjustment {name}.", "ok"),
    "slo.adjustment_edited": Sentence("changed {changed} of the adjustment {name}."),
    "slo.adjustment_deleted": Sentence("removed the adjustment {name}."),
    "slo.policy_created": Sentence("wrote the error budget policy {name}."),
    "slo.policy_edited": Sentence("changed {changed} of the policy: edition {edition}, which nobody has signed yet."),
    "slo.policy_approved": Sentence(_signed, "ok"),
    "slo.policy_withdrawn": Sentence("withdrew the signature under edition {edition} for {as_}.", "broken"),
    "slo.policy_reviewed": Sentence("reviewed the policy: edition {edition} stands.", "ok"),
    "slo.policy_decided": Sentence(_ended("recorded a decision about {about}: ", "decision")),
    "slo.policy_deleted": Sentence("deleted the error budget policy {name}."),
    "gate.answered": Sentence(_answered, "machine"),
    "gate.overridden": Sentence(_ended("overrides the gate until {until}: ", "reason"), "strong"),
    "gate.override_revoked": Sentence("revoked an override of the gate."),
    "gate.set": Sentence(
        lambda f: "made the gate " + ("block" if f["on_error"] == "closed" else "warn") + " when it cannot tell."
    ),
}
