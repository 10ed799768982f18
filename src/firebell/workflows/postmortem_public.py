"""The public text of a postmortem: a document of its own, approved like any public update, then told to subscribers.

It says what happened, the impact, what is changing, and that it is regretted. It is an update with the status
``postmortem``: bound to its release by its digest, put on the status page, sent to the subscribers once.
"""

from __future__ import annotations

import re

import msgspec

from firebell.domain.comms import store as updates
from firebell.domain.comms.model import PENDING, Audience, Finding, NewUpdate, Update
from firebell.domain.postmortems import rules
from firebell.domain.postmortems.blameless import names as people
from firebell.domain.postmortems.model import Postmortem
from firebell.domain.statuspage import queries as pages
from firebell.kernel.actor import SYSTEM, Permission
from firebell.kernel.errors import Conflict, Invalid
from firebell.kernel.work import Read, Work
from firebell.workflows import postmortems_seen, update_posted

STATUS = "postmortem"
HEADINGS = ("What happened", "Impact", "What we are changing")
SORRY = "We are sorry for the trouble this has caused you."
PART_MAX = 4_000


class PublicText(msgspec.Struct, frozen=True, kw_only=True):
    """What customers read, in Markdown. ``title`` empty: that of the incident on the page. ``page_id`` empty: where the
    incident was told before."""

    what_happened: str
    impact: str
    changing: str
    apology: str = SORRY
    title: str = ""
    page_id: str | None = None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """``text`` as it was last written, else what it may begin with. ``update`` carries its state and digest (``None``:
    nothing is written yet); ``may_release``: the reader may release it. ``findings`` are of the text as it is."""

    text: PublicText
    update: Update | None
    findings: tuple[Finding, ...] = ()
    may_release: bool = False


def standing(read: Read, key: str, *, person_id: str | None = None) -> Standing:
    """The public text of a postmortem. ``person_id``: whom a client speaks for. Raises NotFound."""
    one = postmortems_seen.one(read, key)
    last = _last(read, one)
    if last is None:
        return Standing(text=PublicText(what_happened="", impact="", changing=""), update=None)
    text = parts(last)
    pending = last.state in PENDING
    return Standing(
        text=text, update=last, findings=tuple(check(read, key, text)) if pending else (),
        may_release=pending and update_posted.may_approve(read, last, person_id=person_id),
    )  # fmt: skip


def check(read: Read, key: str, text: PublicText) -> list[Finding]:
    """What the quality gate says of it, blocks first. Raises NotFound."""
    one = postmortems_seen.one(read, key)
    return update_posted.check(read, one.incident_id, _new(read, one, text))


def submit(work: Work, key: str, text: PublicText, *, person_id: str | None = None) -> Update:
    """Hand it in for its release; what waits already is written anew, and its release counts no more.

    Raises NotFound, Forbidden, Conflict (not reviewed yet, private), Invalid: a part is missing, a name stands in it,
    or the gate blocks it.
    """
    one = postmortems_seen.one(work, key)
    work.needs(Permission.STATUS_PUBLISH, one.team_id)
    if one.private:
        raise Conflict("The incident is private: nothing about it is published.", hint="Lift its privacy first.")
    if not rules.lets_follow_up(one.state):
        raise Conflict("The postmortem is not reviewed yet.", field="verb", hint="Its public text comes after that.")
    _look(work, one, text)
    last = _last(work, one)
    if last is not None and last.state in PENDING:
        return update_posted.edit(work, last.id, _new(work, one, text), person_id=person_id)
    return update_posted.submit(work, one.incident_id, _new(work, one, text), person_id=person_id)


def _look(read: Read, one: Postmortem, text: PublicText) -> None:
    named = postmortems_seen.names(read, one)
    for field in ("title", "what_happened", "impact", "changing", "apology"):
        said = str(getattr(text, field)).strip()
        if not said and field != "title":
            raise Invalid("The public text has all four parts.", field=field, hint="Write a sentence.")
        if len(said) > PART_MAX:
            raise Invalid(f"At most {PART_MAX} characters.", field=field)
        found = people.find(said, named)
        if found:
            name = said[found[0].start : found[0].end]
            raise Invalid(f"A person is named: “{name}”.", field=field, hint="Customers need no names, nor roles.")


def _last(read: Read, one: Postmortem) -> Update | None:
    """The newest one that was neither refused nor taken back."""
    found = [
        update
        for update in updates.updates_of(read, one.incident_id)
        if update.audience == Audience.PUBLIC and update.status == STATUS
        and update.state not in ("rejected", "withdrawn")
    ]  # fmt: skip
    return max(found, key=lambda update: (update.recorded_at, update.id), default=None)


def _new(read: Read, one: Postmortem, text: PublicText) -> NewUpdate:
    return NewUpdate(
        audience=Audience.PUBLIC, status=STATUS, body=body(text), title=text.title.strip() or _known_as(read, one),
        impact=" ".join(text.impact.split())[:300], page_id=text.page_id or None, final=True,
    )  # fmt: skip


def _known_as(read: Read, one: Postmortem) -> str:
    """What the incident is called on the page already, if it was told."""
    house = Read(read.connection, read.now, SYSTEM)
    return next((public.name for public in pages.of_incident(house, one.incident_id)), "")


def body(text: PublicText) -> str:
    """The text as it stands on the page."""
    said = (text.what_happened, text.impact, text.changing)
    written = [f"**{heading}**\n\n{_tidy(words)}" for heading, words in zip(HEADINGS, said, strict=True)]
    return "\n\n".join([*written, re.sub(r"\n\s*\n", "\n", _tidy(text.apology))])


_HEADING = re.compile(rf"^\*\*({'|'.join(HEADINGS)})\*\*$", re.MULTILINE)


def _tidy(words: str) -> str:
    """One of our headings within a part would tear it in two."""
    return _HEADING.sub(lambda found: found[1], words.replace("\r\n", "\n").strip())


def parts(update: Update) -> PublicText:
    """A text that was written here, taken apart again; the apology is its last paragraph."""
    pieces = _HEADING.split(update.body)
    found = {heading: words.strip() for heading, words in zip(pieces[1::2], pieces[2::2], strict=False)}
    changing, _, apology = found.get(HEADINGS[2], "").rpartition("\n\n")
    return PublicText(
        what_happened=found.get(HEADINGS[0], pieces[0].strip()), impact=found.get(HEADINGS[1], ""),
        changing=changing, apology=apology, title=update.title, page_id=update.page_id,
    )  # fmt: skip
