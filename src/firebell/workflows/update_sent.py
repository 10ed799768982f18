"""An update goes out: people inside get a notice, executives too, the public reads it on the page."""

from __future__ import annotations

from firebell.domain.comms import commands, desk_store, hours, wording
from firebell.domain.comms.model import Audience, Situation, Update
from firebell.domain.incidents import commands as incidents
from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import Incident, Kind, MilestoneName
from firebell.kernel.work import Work
from firebell.workflows import incident_announced, incident_words, nudged, status_published, update_situation


def send(work: Work, incident: Incident, at: Situation, update: Update) -> Update:
    """Say it: the ledger and the clocks first, then whoever is to hear it. Nothing leaves before the commit."""
    sent = commands.send(work, update, at, update_situation.zone(work))
    if incident.kind in (Kind.BACKFILLED, Kind.TEST):
        return sent
    if sent.audience == Audience.PUBLIC:
        _publish(work, incident, sent)
    elif sent.audience == Audience.EXECUTIVE:
        _tell(work, incident, sent, (*at.liaison_ids, *desk_store.settings(work).executive_ids))
    else:
        _tell(work, incident, sent, at.engaged_ids)
        incident_announced.announce(work, incident, f"Update: {_with_next(sent)}")
    return sent


def _tell(work: Work, incident: Incident, sent: Update, user_ids: tuple[str, ...]) -> None:
    within = incident.engaged_ids if incident.kind is Kind.DRILL else user_ids
    told = [one for one in dict.fromkeys(user_ids) if one != sent.author_id and one in within]
    title = f"{incident_words.title(incident)}: {sent.status}"
    nudged.nudge(work, told, title=title, body=_with_next(sent), incident_id=incident.id)


def _with_next(sent: Update) -> str:
    """Every message says when the next one comes, also where the template has no field for it."""
    if sent.next_update_by is None or any(wording.due_times(sent.body)):
        return sent.body
    return f"{sent.body}\nNext update by {hours.shown(sent.next_update_by, now=sent.sent_at)}."


def _publish(work: Work, incident: Incident, sent: Update) -> None:
    # Customers never hear of a drill; that the post was made in time counts for those who practise.
    if incident.kind is not Kind.DRILL:
        status_published.publish(work, incident, sent)
    identified = sent.status in ("identified", "monitoring", "resolved")
    if incident.milestone(MilestoneName.FIRST_PUBLIC_POST) is None or (
        identified and incident.milestone(MilestoneName.IDENTIFIED) is None
    ):
        # Told by the house: no verb of its own follows from it.
        incidents.act(work, incident.id, verbs.NotePublicPost(identified=identified), told=True)
