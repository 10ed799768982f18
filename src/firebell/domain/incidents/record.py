"""What is written down: the incident's own words, notes with the time they are about, corrections, stars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from firebell.domain.incidents import links, privacy
from firebell.domain.incidents.asked import maybe, needs_no_observer, words
from firebell.domain.incidents.guards import needs_commander, needs_reason, not_ahead
from firebell.domain.incidents.milestones import set_milestone
from firebell.domain.incidents.model import Incident
from firebell.domain.incidents.outcome import Asking, Saying
from firebell.domain.incidents.record_facts import EntryCorrected, EntryStarred, IncidentEdited, NoteAdded
from firebell.domain.incidents.verbs import AddNote, CorrectEntry, Edit, SetMilestone, Star, Verb
from firebell.kernel.errors import Invalid

TITLE_MAX = 200
_TEXTS = ("summary", "impact", "eta", "cause", "command_post")
_IDS = ("service_ids", "component_ids")


def edit(incident: Incident, verb: Edit, asking: Asking, saying: Saying) -> Incident:
    """Edit. The ETA is the commander's word and nobody else's; empty takes it back to unknown."""
    needs_no_observer(incident, asking)
    wanted: dict[str, Any] = {}
    if verb.title is not None:
        wanted["title"] = _title(verb.title)
    for name in _TEXTS:
        value = getattr(verb, name)
        if value is not None:
            wanted[name] = maybe(value, name)
    if verb.customer_impact is not None:
        wanted["customer_impact"] = verb.customer_impact
    if verb.team_id is not None:
        wanted["team_id"] = verb.team_id or None
    for name in _IDS:
        value = getattr(verb, name)
        if value is not None:
            wanted[name] = tuple(dict.fromkeys(value))
    changed = {name: value for name, value in wanted.items() if value != getattr(incident, name)}
    if not changed:
        return incident
    if "eta" in changed:
        needs_commander(incident, asking, "set the ETA")
        changed["eta_by"] = asking.by if changed["eta"] else None
    saying.record(IncidentEdited(changed={name: _said(v) for name, v in changed.items() if name != "eta_by"}))
    return replace(incident, **changed)


def _title(text: str) -> str:
    title = " ".join(words(text, "title", what="The title").split())
    if len(title) > TITLE_MAX:
        raise Invalid(f"A title has at most {TITLE_MAX} characters.", field="title")
    return title


def _said(value: str | Iterable[str] | None) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, str) else ", ".join(value)


def note(incident: Incident, verb: AddNote, asking: Asking, saying: Saying) -> Incident:
    """AddNote: for the timeline, at the time it is about."""
    link = verb.link.strip()
    if link and not link.startswith(("https://", "http://")):
        raise Invalid("A link begins with https://.", field="link")
    text = words(verb.text, "text", what="A note")
    at = not_ahead(verb.at, asking) if verb.at is not None else None
    saying.record(NoteAdded(text=text, link=maybe(link, "link")), at)
    return incident


def correct(incident: Incident, verb: CorrectEntry, asking: Asking, saying: Saying) -> Incident:
    """CorrectEntry: a new entry that supersedes the old one, which stays readable."""
    needs_no_observer(incident, asking)
    _number(verb.n)
    at = not_ahead(verb.at, asking) if verb.at is not None else None
    saying.record(
        EntryCorrected(
            supersedes=verb.n, text=words(verb.text, "text", what="A correction"),
            reason=needs_reason(verb.reason, least=1, what="A correction"),
        ),
        at,
    )  # fmt: skip
    return incident


def star(incident: Incident, verb: Star, asking: Asking, saying: Saying) -> Incident:
    """Star: starred entries go into the postmortem."""
    needs_no_observer(incident, asking)
    _number(verb.n)
    if (verb.n in incident.stars) == verb.on:
        return incident
    saying.record(EntryStarred(n=verb.n, on=verb.on))
    others = {one for one in incident.stars if one != verb.n}
    return replace(incident, stars=tuple(sorted(others | {verb.n} if verb.on else others)))


def _number(n: int) -> None:
    if n < 1:
        raise Invalid("Entries are numbered from 1.", field="n")


HANDLERS: Mapping[type[Verb], Any] = {
    Edit: edit,
    SetMilestone: set_milestone,
    AddNote: note,
    CorrectEntry: correct,
    Star: star,
    **privacy.HANDLERS,
    **links.HANDLERS,
}
