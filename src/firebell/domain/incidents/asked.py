"""What verbs of the response have in common: who may say them, and whom they turn to."""

from __future__ import annotations

from firebell.domain.incidents import engagement
from firebell.domain.incidents.model import Incident, RoleName
from firebell.domain.incidents.outcome import Asking, Effect, EffectKind, Saying
from firebell.kernel.errors import Forbidden, Invalid

TEXT_MAX = 4000


def needs_no_observer(incident: Incident, asking: Asking) -> None:
    """Observers read and ask; they never instruct those at work (incidents.md 2)."""
    if asking.user_id and engagement.holds(incident, RoleName.OBSERVER, asking.user_id):
        raise Forbidden(
            "Observers ask through the request queue.", field="verb", hint="Ask a question (request_info), or join in."
        )


def is_leading(incident: Incident, asking: Asking) -> bool:
    """Whether whoever asks speaks for the commander: the commander, the deputy, the house, or anybody while nobody
    commands."""
    who = asking.user_id
    return not who or incident.commander_id in (None, who) or who in incident.holders(RoleName.DEPUTY)


def needs_lead(incident: Incident, asking: Asking, what: str, *also: str | None) -> None:
    """Only the commander, the deputy and ``also`` may ``what``."""
    if not is_leading(incident, asking) and asking.user_id not in also:
        raise Forbidden(
            f"Only the Incident Commander or the Deputy may {what}.", field="verb",
            hint=f"Ask {incident.commander_id}.",
        )  # fmt: skip


def watcher(incident: Incident, *, but: str | None = None) -> tuple[str, ...]:
    """Who watches the clocks: the deputy, else the commander, else everybody at work; never ``but``, unless they are
    all there is."""
    for found in (incident.holders(RoleName.DEPUTY), (incident.commander_id,), engagement.responders(incident)):
        others = tuple(one for one in found if one is not None and one != but)
        if others:
            return others
    return (but,) if but else ()


def words(text: str, field: str, *, what: str = "This") -> str:
    """``text`` without the blanks around it; Invalid when there is none, or too much."""
    text = text.strip()
    if not text:
        raise Invalid(f"{what} cannot be empty.", field=field)
    return maybe(text, field)


def maybe(text: str, field: str) -> str:
    """The same for what may be left out."""
    text = text.strip()
    if len(text) > TEXT_MAX:
        raise Invalid(f"At most {TEXT_MAX} characters.", field=field, hint="Link to what is longer.")
    return text


def nudge(saying: Saying, users: tuple[str, ...], text: str, asking: Asking) -> None:
    """A notice to ``users``; nobody is told what they have just said themselves."""
    told = engagement.present(one for one in users if one != asking.user_id)
    if told:
        saying.effects.append(Effect(EffectKind.NUDGE, told, text))


def announce(saying: Saying, text: str) -> None:
    saying.effects.append(Effect(EffectKind.ANNOUNCE, text=text))
