"""What still stands between mitigated and resolved (incidents.md 7). All of it can be skipped, with a typed reason."""

from __future__ import annotations

import re
from dataclasses import dataclass

from firebell.domain.incidents.model import Criterion, Incident
from firebell.domain.incidents.outcome import Asking
from firebell.kernel.clock import Instant, plus, seconds_between

# English words, because the house writes English. Whoever writes another language gives a reason instead.
_RECOVERED = re.compile(
    r"\b(recover\w*|restor\w*|resol\w*|normal\w*|back|work(s|ing)?( again)?|healthy|health|fixed|operational|stable"
    r"|stabili[sz]ed|up again|over|ended|available)\b",
    re.IGNORECASE,
)
_AFTERWARDS = re.compile(
    r"\b(loss(es)?|lost|los(e|ing)|linger\w*|residual\w*|remain\w*|left|after-?effects?|side.?effects?|effects?"
    r"|backlog\w*|still|corrupt\w*|delay\w*|missing|none|intact|duplicat\w*)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is not verified. ``what`` is its stable name, which the postmortem lists when it is skipped."""

    what: str
    words: str


@dataclass(frozen=True, slots=True)
class Remaining:
    """``parts`` empty: it may be resolved. ``unticked`` criteria; ``window_ends_at`` ``None``: over, or not begun;
    ``window_left_s`` whole seconds; ``open_alert_ids`` still fire. ``asks_for_criterion``: none is defined yet."""

    parts: tuple[Part, ...]
    unticked: tuple[Criterion, ...] = ()
    window_ends_at: Instant | None = None
    window_left_s: int = 0
    open_alert_ids: tuple[str, ...] = ()
    asks_for_criterion: bool = False

    @property
    def verified(self) -> bool:
        return not self.parts


def window_s(incident: Incident, asking: Asking) -> int:
    """How long it must have been stable: by the worst severity it has had."""
    return asking.scale.level(incident.peak or incident.severity).stability_s


def remaining(incident: Incident, asking: Asking, all_clear: str | None = None) -> Remaining:
    """What is still to be verified; with ``all_clear`` also whether that sentence says what it must."""
    unticked = tuple(one for one in incident.criteria if one.ticked_at is None)
    firing = tuple(one.alert_id for one in incident.alerts if one.open)
    ends_at = plus(incident.stable_since or asking.now, window_s(incident, asking))
    left_s = max(0, -int(-seconds_between(asking.now, ends_at) // 1))
    parts = [Part(f"criterion: {one.text}", f"not ticked: {one.text}") for one in unticked]
    if left_s:
        parts.append(Part("stability window", f"the stability window runs for another {_span(left_s)}"))
    parts += [Part(f"alert {alert_id}", f"the linked alert {alert_id} is open") for alert_id in firing]
    parts += [Part(f"all-clear: {said}", said) for said in all_clear_faults(all_clear or "") if all_clear is not None]
    return Remaining(tuple(parts), unticked, ends_at if left_s else None, left_s, firing, not incident.criteria)


def all_clear_faults(text: str) -> tuple[str, ...]:
    """What an all-clear does not say: that it has recovered, and what lingers or was lost, or that nothing does."""
    faults = []
    if not _RECOVERED.search(text):
        faults.append("the all-clear does not say that it has recovered")
    if not _AFTERWARDS.search(text):
        faults.append("the all-clear does not say what lingers or was lost, or that nothing does")
    return tuple(faults)


def _span(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest} s" if minutes and rest else f"{minutes} min" if minutes else f"{rest} s"
