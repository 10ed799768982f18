"""The whole timeline of an incident: every entry with both its times, starred, corrected, redacted and filtered.

While people are at work the newest entry is at the bottom, as in a conversation; in review it is on top. What machines
say is folded together. Which entries are shown stands in the address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import Response

from firebell.domain.incidents import commands, queries, rules, verbs
from firebell.domain.incidents.model import Incident
from firebell.entrypoints.web import incident_forms, incident_words
from firebell.entrypoints.web.drafts import Draft, refused
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.incident_acts import spoken
from firebell.entrypoints.web.session import Browser, Form, Here
from firebell.entrypoints.web.timeline_entries import PER_PAGE, SHOWS, Block, TimelineEntry, blocks, entries
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Conflict, Invalid, NotFound
from firebell.kernel.work import Read, Work
from firebell.workflows import incident_moves

router = APIRouter()
TEMPLATE = "incidents/timeline.html"
VERBS = ("star", "correct", "redact")


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """``blocks`` in reading order. ``open``: the number of the entry whose tools are open. ``older``: a link, or empty.

    ``may_write``: star and correct; ``may_redact``: destroy what an entry says. ``form``: which form was refused.
    """

    i: Incident
    blocks: Sequence[Block]
    count: int
    show: str
    tabs: Sequence[Mapping[str, object]]
    newest_first: bool
    open: int
    draft: Draft
    form: str
    may_write: bool
    may_redact: bool
    before: str
    older: str
    newest: str
    here: str
    csv: str
    json: str

    @property
    def href(self) -> str:
        return f"/incidents/{self.i.id}/timeline"

    @property
    def blank(self) -> Draft:
        return Draft()

    @property
    def live(self) -> str:
        """Where a live page asks for the entries anew, with the tools that are open."""
        joint = "&" if "?" in self.here else "?"
        return f"{self.here}{joint}{f'entry={self.open}&' if self.open else ''}fragment=record"

    def edit(self, one: TimelineEntry) -> str:
        """The address at which this entry's tools are open."""
        joint = "&" if "?" in self.here else "?"
        return f"{self.here}{joint}entry={one.n}#e{one.n}"


@router.get("/incidents/{incident_id}/timeline")
def show(
    here: Here, incident_id: str, show: str = "all", before: int | None = Query(None, ge=1, lt=2**31),
    entry: int = Query(0, ge=0, lt=2**31),
) -> Response:  # fmt: skip
    return _page(here, incident_id, {"show": show, "before": str(before or "")}, entry)


def _page(
    here: Browser, incident_id: str, asked: Mapping[str, str], entry: int = 0, draft: Draft | None = None,
    form: str = "",
) -> Response:  # fmt: skip
    view = here.read(lambda read: _look(here, read, incident_id, asked, entry, draft or Draft(), form))
    title = f"Timeline of {view.i.reference}"
    return here.page(TEMPLATE, view, title=title, nav="incidents", block="record", status=view.draft.status)


def _look(
    here: Browser, read: Read, incident_id: str, asked: Mapping[str, str], entry: int, draft: Draft, form: str
) -> TimelinePage:
    i = queries.incident(read, incident_id)
    show = asked.get("show", "")
    show = show if show in SHOWS else "all"
    typed = asked.get("before", "")
    before = int(typed) if typed.isascii() and typed.isdigit() else None
    found = entries(read, i, show, before, PER_PAGE + 1, here.zone)
    shown, rest = found[-PER_PAGE:], len(found) > PER_PAGE
    newest_first = not i.active
    base = f"/incidents/{i.id}/timeline"
    chosen = {"show": show} if show != "all" else {}

    def address(path: str = base, **more: str) -> str:
        query = {**chosen, **more}
        return path + (f"?{urlencode(query)}" if query else "")

    may_export = not i.private
    return TimelinePage(
        i=i, blocks=blocks(shown, newest_first=newest_first, apart=frozenset({entry})), count=len(shown), show=show,
        tabs=[
            {"label": label, "href": base + (f"?show={key}" if key != "all" else ""), "key": key, "count": None}
            for key, label in SHOWS.items()
        ],
        newest_first=newest_first, open=entry, draft=draft, form=form, may_write=_may_write(here, read, i),
        may_redact=here.may(Permission.INCIDENTS_EDIT, i.team_id) and not i.legal_hold,
        before=typed if before is not None else "",
        older=address(before=str(shown[0].n)) if rest else "", newest=address() if before is not None else "",
        here=address(**({"before": typed} if before is not None else {})),
        csv=address(f"{base}.csv") if may_export else "", json=address(f"{base}.json") if may_export else "",
    )  # fmt: skip


def _may_write(here: Browser, read: Read, i: Incident) -> bool:
    responds = here.may(Permission.INCIDENTS_RESPOND, i.team_id) or here.me.id in i.engaged_ids
    return responds and "star" in rules.legal(i, queries.asking(read, i))


@router.post("/incidents/{incident_id}/timeline/{n}/{verb}")
def act(here: Here, incident_id: str, n: int, verb: str, form: Form) -> Response:
    """Star, correct or redact one entry. Refused, the page comes back with its tools open, as they were sent."""
    if verb not in VERBS or not 0 < n < 2**31:
        raise NotFound("There is no such move.")
    asked = {"show": form.get("_show", ""), "before": form.get("_before", "")}
    try:
        said = here.run(lambda work: _DO[verb](work, incident_id, n, form, here.zone))
    except (Conflict, Invalid) as error:
        draft = refused(form, error)
        words, hint = here.read(lambda read: (spoken(read, draft.error), spoken(read, draft.hint)))
        return _page(here, incident_id, asked, n, Draft(draft.values, draft.at, words, hint), verb)
    kept = {name: value for name, value in asked.items() if value and (name, value) != ("show", "all")}
    query = f"?{urlencode(kept)}" if kept else ""
    return here.go(f"/incidents/{incident_id}/timeline{query}#e{n}", Flash(said))


def _star(work: Work, incident_id: str, n: int, form: Mapping[str, str], zone: str) -> str:
    on = form.get("on") == "true"
    incident_moves.act(work, incident_id, verbs.Star(n=n, on=on))
    return incident_words.SAID["star"] if on else "No longer kept for the postmortem."


def _correct(work: Work, incident_id: str, n: int, form: Mapping[str, str], zone: str) -> str:
    fields = {name: [form.get(name, "")] for name in ("text", "reason", "at")}
    asked = incident_forms.verb_of("correct_entry", {**fields, "n": [str(n)]}, zone, work.now)
    incident_moves.act(work, incident_id, asked)
    return incident_words.SAID["correct_entry"]


def _redact(work: Work, incident_id: str, n: int, form: Mapping[str, str], zone: str) -> str:
    commands.redact(work, incident_id, n, form.get("why", ""))
    return "Destroyed. That something stood here can still be proven."


_DO = {"star": _star, "correct": _correct, "redact": _redact}
