"""Writing an update: what the fields of the templates are, and what can truly be said when nothing has changed."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from firebell.domain.comms import hours, liquid
from firebell.domain.comms.model import Audience, NewUpdate, Prompt, Situation, Template, Update
from firebell.kernel.clock import Instant, seconds_between

UNKNOWN = "unknown"
NOTHING_NEW = "There is no new information since the last update."
_json = msgspec.json.Encoder(order="sorted")


def status_of(situation: Situation, audience: str) -> str:
    """The status word that goes with the phase: of the status page for the public, else Investigating, Mitigating (from
    the first adopted remedy) or Resolved."""
    phase = situation.phase
    if audience == Audience.PUBLIC:
        if phase in ("triage", "responding"):
            return "identified" if situation.identified else "investigating"
        return "monitoring" if phase == "mitigated" else "resolved"
    if phase in ("triage", "responding"):
        return "Mitigating" if situation.remediating else "Investigating"
    return "Mitigating" if phase == "mitigated" else "Resolved"


def spoken(names: Sequence[str]) -> str:
    """``A, B and C``; of nothing: ``part of our service``."""
    if not names:
        return "part of our service"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def minutes_until(now: Instant, at: Instant) -> int:
    """Whole minutes, rounded up: "within" must not promise less time than there is."""
    return max(0, math.ceil(seconds_between(now, at) / 60))


def values(
    situation: Situation, new: NewUpdate, component_names: Sequence[str], now: Instant, zone: str
) -> dict[str, object]:
    """What the names of a template stand for."""
    public = new.audience == Audience.PUBLIC
    eta = new.eta or (situation.eta if situation.eta_by else "")
    if eta.strip().lower() == UNKNOWN:
        eta = ""
    impact = (new.impact or situation.impact).strip()
    due_at = new.next_update_by
    return {
        "title": new.title or (situation.name if public or situation.private else situation.title),
        "reference": situation.reference,
        "severity": situation.severity,
        "impact": impact.rstrip(".") if public else impact or UNKNOWN,
        "status": new.status or status_of(situation, new.audience),
        "eta": eta.rstrip(".") if public else eta or UNKNOWN,
        "commander": situation.commander_name or "nobody yet",
        "components": spoken(component_names),
        "minutes": minutes_until(now, due_at) if due_at is not None else 0,
        "next_update_by": hours.shown(due_at, zone, now) if due_at is not None else "",
        "confirmation": situation.all_clear.strip().rstrip(".") if public else "",
    }


def filled(
    template: Template, situation: Situation, new: NewUpdate, component_names: Sequence[str], now: Instant, zone: str
) -> NewUpdate:
    """``new`` with everything that was left out: title, status, impact, and the template's text."""
    given = values(situation, new, component_names, now, zone)
    body = new.body.strip() or liquid.render(template.body, given)
    return replace(
        new, body=body, title=new.title or str(given["title"]), status=str(given["status"]),
        impact=new.impact or situation.impact, eta=new.eta or (situation.eta if situation.eta_by else ""),
    )  # fmt: skip


def is_template(
    template: Template, situation: Situation, new: NewUpdate, component_names: Sequence[str], now: Instant, zone: str
) -> bool:
    """Whether the text is the template's own and says nothing that the incident does not: what may go out without
    being approved in the first minutes."""
    if new.impact not in ("", situation.impact) or new.eta not in ("", situation.eta, UNKNOWN):
        return False
    given = values(situation, new, component_names, now, zone)
    body = " ".join(new.body.split())
    # The form may have been open for a minute or two: then "within 5 minutes" was right when it was drawn.
    for late in range(4):
        minutes = int(str(given["minutes"])) + late
        if body == " ".join(liquid.render(template.body, {**given, "minutes": minutes}).split()):
            return True
    return False


def sha256(body: str, components: Mapping[str, str], status: str) -> str:
    """What an approval is bound to: SHA-256 over text, components and status, in hex."""
    return hashlib.sha256(_json.encode([body, dict(components), status])).hexdigest()


def states_scope(new: NewUpdate | Update) -> bool:
    """Whether a post says what is affected and how."""
    return bool(new.impact.strip() and new.components)


# ---------------------------------------------------------------- "no update is an update"

LABELS: Mapping[str, str] = {
    "ruled_out": "Ruled out",
    "still_doing": "Still doing, since when",
    "joined": "Who joined",
    "workaround": "Workaround",
    "next_step": "Next step",
}
_SAID: Mapping[str, str] = {
    "ruled_out": "Ruled out",
    "still_doing": "Still under way",
    "joined": "Joined",
    "workaround": "Workaround",
    "next_step": "Next step",
}


def prompts(situation: Situation) -> tuple[Prompt, ...]:
    """The five true things of which an update without news needs one, prefilled with what is known."""
    known = {
        "ruled_out": "; ".join(situation.ruled_out),
        "still_doing": "; ".join(situation.running),
        "joined": ", ".join(situation.joined),
    }
    return tuple(Prompt(kind=kind, label=label, suggestion=known.get(kind, "")) for kind, label in LABELS.items())


def true_sentences(things: Mapping[str, str]) -> str:
    """The sentences of an update without news, one a line; without anything true to add it says exactly that."""
    said = [f"{_SAID[kind]}: {things[kind].strip().rstrip('.')}." for kind in LABELS if things.get(kind, "").strip()]
    return "\n".join(said) or NOTHING_NEW


def nothing_changed(situation: Situation, last: Update | None, status: str) -> bool:
    """Whether an update now would repeat the last one: same status, severity, impact and ETA."""
    if last is None:
        return False
    eta = situation.eta if situation.eta_by else ""
    return (last.status, last.severity) == (status, situation.severity) and (
        situation.impact in ("", last.impact) and eta in ("", last.eta)
    )
