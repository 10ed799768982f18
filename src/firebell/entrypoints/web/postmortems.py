"""The list of postmortems: what waits for whom and what is late, filters in the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import Response

from firebell.domain.postmortems import nagging, rules
from firebell.domain.postmortems.actions import ActionState
from firebell.domain.postmortems.model import Postmortem, State
from firebell.domain.services import queries as services
from firebell.entrypoints.web import postmortem_words as words
from firebell.entrypoints.web.alerts import Tab
from firebell.entrypoints.web.drafts import Choices
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.names import Names, look_up
from firebell.entrypoints.web.session import Form, Here
from firebell.kernel.clock import Instant
from firebell.kernel.work import Read
from firebell.workflows import postmortem_opens, postmortems_seen

router = APIRouter()
PER_PAGE = 40
LOOKED_AT = 400
"""Of how many a view that is not a column (late, waiting for me) is made."""
OPEN = (State.DRAFT, State.IN_REVIEW, State.REVIEWED)
SEVERITIES = ("SEV1", "SEV2", "SEV3", "SEV4")


@dataclass(frozen=True, slots=True)
class PostmortemRow:
    """``late``: what is late, in words. ``next_at``: the next deadline, ``next_label`` what it is for. ``waits``: why
    it waits for this reader, or nothing."""

    pm: Postmortem
    state: str
    owner: str
    services: str
    late: Sequence[str]
    next_label: str
    next_at: Instant | None
    waits: str
    mine: bool
    actions: tuple[int, int]
    """How many action items are done, of how many that are not declined."""

    @property
    def href(self) -> str:
        return f"/postmortems/{self.pm.id}"


@dataclass(frozen=True, slots=True)
class PostmortemsPage:
    """``older``: the address of the next page, or empty."""

    rows: Sequence[PostmortemRow]
    tabs: Sequence[Tab]
    view: str
    q: str
    service: str
    severity: str
    state: str
    services: Choices
    states: Choices
    older: str
    newest: str
    here: str
    filtered: bool

    def file(self, kind: str) -> str:
        """Where this very selection is a file."""
        path, _, query = self.here.partition("?")
        return f"{path}.{kind}" + (f"?{query}" if query else "")


@router.get("/postmortems")
def show(
    here: Here, view: str = "open", q: str = Query("", max_length=200), service: str = "", severity: str = "",
    state: str = "", before: str = "",
) -> Response:  # fmt: skip
    view = view if view in VIEWS else "open"
    state = state if state in words.STATES else ""
    severity = severity if severity in SEVERITIES else ""
    chosen = {"q": q, "service": service, "severity": severity, "state": state}

    def address(**more: str) -> str:
        wanted = {k: v for k, v in {"view": view, **chosen, **more}.items() if v and (k, v) != ("view", "open")}
        return "/postmortems" + (f"?{urlencode(wanted)}" if wanted else "")

    def look(read: Read) -> PostmortemsPage:
        states = (State(state),) if state else OPEN if view in ("open", "waiting") else ()
        found = postmortems_seen.postmortem_list(
            read, states=states, text=q, service_id=service or None, severities=(severity,) if severity else (),
            skipped=view in ("mine", "all"), owner_id=here.me.id if view == "mine" else None, before=before or None,
            limit=PER_PAGE + 1 if view in ("open", "mine", "all") else LOOKED_AT,
        )  # fmt: skip
        kept = [one for one in found if VIEWS[view](read, one, here.me.id)]
        shown = kept[:PER_PAGE]
        names = look_up(read, {x for one in shown for x in (one.owner_id, *one.service_ids)})
        return PostmortemsPage(
            rows=[_row(read, one, names, here.me.id) for one in shown],
            tabs=[Tab(label, address(view=key), key, None) for key, label in LABELS.items()],
            view=view, q=q, service=service, severity=severity, state=state,
            services=[(s.id, s.display_name) for s in services.services(read)],
            states=list(words.STATES.items()),
            older=address(before=shown[-1].id) if len(kept) > PER_PAGE else "", newest=address() if before else "",
            here=address(before=before), filtered=any(chosen.values()),
        )  # fmt: skip

    return here.page("postmortems/list.html", here.read(look), title="Postmortems", nav="postmortems", block="list")


@router.post("/postmortems")
def open_one(here: Here, form: Form) -> Response:
    """Begin one by hand, for an incident that is resolved."""
    made = here.run(lambda work: postmortem_opens.open_one(work, form.get("incident", "")))
    return here.go(f"/postmortems/{made.id}", Flash("It begins as a draft made from the timeline."))


def _late(read: Read, one: Postmortem, me: str) -> bool:
    return bool(nagging.late(one, postmortems_seen.deadlines(read, one), read.now))


LABELS: Mapping[str, str] = {
    "open": "Being written", "mine": "Mine", "waiting": "Waiting for me", "late": "Late", "all": "All",
}  # fmt: skip
VIEWS: Mapping[str, Callable[[Read, Postmortem, str], bool]] = {
    "open": lambda read, one, me: one.skipped_at is None,
    "mine": lambda read, one, me: True,
    "waiting": lambda read, one, me: bool(waits(read, one, me)),
    "late": lambda read, one, me: one.skipped_at is None and _late(read, one, me),
    "all": lambda read, one, me: True,
}


def waits(read: Read, one: Postmortem, me: str) -> str:
    """Why it waits for this person; empty: it does not."""
    if one.skipped_at is not None:
        return ""
    if one.state is State.IN_REVIEW and me != one.owner_id and _reviews(read, one, me):
        return "Read it and approve it, or say what is missing"
    if me == one.owner_id:
        return {
            State.DRAFT: "Write it, and submit it for review",
            State.REVIEWED: "Publish it",
        }.get(one.state, "")
    if one.state is State.DRAFT and me in one.collaborator_ids:
        return "You write on it"
    return ""


def _reviews(read: Read, one: Postmortem, me: str) -> bool:
    asked = me in (one.facilitator_id, one.investigator_id) or me in one.collaborator_ids
    return asked or postmortems_seen.may(read, one).approve


def _row(read: Read, one: Postmortem, names: Names, me: str) -> PostmortemRow:
    until = postmortems_seen.deadlines(read, one)
    label, at = next_clock(one, until)
    live = [item for item in one.document.actions if item.state is not ActionState.DECLINED]
    return PostmortemRow(
        pm=one, state=words.STATES[one.state], owner=names.of(one.owner_id),
        services=", ".join(filter(None, (names.of(s) for s in one.service_ids))),
        late=[] if one.skipped_at else [words.NAGS[nag] for nag in nagging.late(one, until, read.now)],
        next_label=label, next_at=at, waits=waits(read, one, me), mine=me == one.owner_id,
        actions=(sum(item.state is ActionState.DONE for item in live), len(live)),
    )  # fmt: skip


def next_clock(one: Postmortem, until: rules.Deadlines) -> tuple[str, Instant | None]:
    """What is due next of it, and when."""
    if one.skipped_at is not None or one.state is State.CLOSED:
        return "", None
    if one.state is State.DRAFT:
        return "draft due", until.draft_at if until.readable_at is None else min(until.readable_at, until.draft_at)
    if one.published_at is None:
        return "to be published", until.published_at
    return "promises due", until.actions_at
