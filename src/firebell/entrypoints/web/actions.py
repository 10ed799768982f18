"""Action items of all postmortems: the board, my own list, and one item with what can be done to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import Response

from firebell.domain.people import queries as people
from firebell.domain.postmortems import actionlint, actions, verbs
from firebell.domain.postmortems.actions import ActionItem, ActionState, ActionType, Strength
from firebell.domain.postmortems.model import Postmortem
from firebell.domain.services import queries as services
from firebell.domain.trackers import queries as trackers
from firebell.domain.trackers.model import Mirror
from firebell.entrypoints.web import postmortem_forms, sentences
from firebell.entrypoints.web import postmortem_words as words
from firebell.entrypoints.web.alerts import Tab
from firebell.entrypoints.web.drafts import Choices, Draft, refused
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.names import Names, look_up
from firebell.entrypoints.web.postmortem_desk import DAY_S
from firebell.entrypoints.web.sentences import Line
from firebell.entrypoints.web.session import Browser, FormLists, Here, local_path
from firebell.kernel.clock import Instant, plus, seconds_between
from firebell.kernel.errors import NotFound, Refused
from firebell.kernel.work import Read
from firebell.workflows import postmortem_moves, postmortems_seen
from firebell.workflows.postmortems_seen import Action

router = APIRouter()
SHOWN = 60
DONE_FOR_S = 90 * DAY_S
"""How long what is done or declined stays on the board."""
VERBS: Mapping[str, type[verbs.Verb]] = {
    "commit": verbs.CommitAction, "decline": verbs.DeclineAction, "close": verbs.CloseAction,
    "waive": verbs.WaiveAction, "reopen": verbs.ReopenAction,
}  # fmt: skip
_NOTHING = Draft()


@dataclass(frozen=True, slots=True)
class ActionView:
    """One action item in a list. ``days_late``: -1 when it is no open promise with a date."""

    item: ActionItem
    pm: Postmortem
    owner: str
    team: str
    services: str
    days_late: int
    strength: Strength
    mine: bool
    now: Instant

    @property
    def href(self) -> str:
        return f"/actions/{self.item.id}"

    @property
    def due_words(self) -> str:
        """When it is due, in words; empty: no date, or no promise."""
        at, item = self.item.due_at, self.item
        if item.state is ActionState.DONE or item.state is ActionState.DECLINED or at is None:
            return ""
        if self.days_late > 0:
            return f"{self.days_late} {'day' if self.days_late == 1 else 'days'} late"
        if at < self.now:
            return "late since today" if item.state is ActionState.COMMITTED else "its day is over"
        days = int(seconds_between(self.now, at) // DAY_S)
        return "due today" if days == 0 else "due tomorrow" if days == 1 else f"due in {days} days"

    @property
    def late(self) -> bool:
        return self.item.state is ActionState.COMMITTED and self.item.due_at is not None and self.item.due_at < self.now


@dataclass(frozen=True, slots=True)
class Column:
    state: str
    label: str
    rows: Sequence[ActionView]
    note: str


@dataclass(frozen=True, slots=True)
class BoardPage:
    columns: Sequence[Column]
    tabs: Sequence[Tab]
    view: str
    q: str
    team: str
    severity: str
    kind: str
    service: str
    teams: Choices
    types: Choices
    services: Choices
    here: str
    filtered: bool
    late: int

    def file(self, kind: str) -> str:
        """Where this very selection is a file."""
        path, _, query = self.here.partition("?")
        return f"{path}.{kind}" + (f"?{query}" if query else "")

    @property
    def words(self) -> object:
        return words


@dataclass(frozen=True, slots=True)
class ActionPage:
    """One item. ``legal``: verbs this reader can tell it. ``warned``: what is vague about it."""

    view: ActionView
    legal: frozenset[str]
    warned: Sequence[str]
    check_at: Instant | None
    history: Sequence[Line]
    drafts: Mapping[str, Draft] = field(default_factory=dict)
    tracker: Mirror | None = None

    @property
    def item(self) -> ActionItem:
        return self.view.item

    @property
    def words(self) -> object:
        return words

    def can(self, verb: str) -> bool:
        return verb in self.legal

    def form(self, verb: str) -> Draft:
        return self.drafts.get(verb, _NOTHING)


@router.get("/actions")
def board(
    here: Here, view: str = "all", q: str = Query("", max_length=200), team: str = "", severity: str = "",
    kind: str = "", service: str = "",
) -> Response:  # fmt: skip
    view = view if view in ("all", "mine", "late") else "all"
    severity = severity if severity in ("SEV1", "SEV2", "SEV3", "SEV4") else ""
    kind = kind if kind in [*ActionType] else ""
    chosen = {"q": q, "team": team, "severity": severity, "kind": kind, "service": service}

    def address(**more: str) -> str:
        wanted = {k: v for k, v in {"view": view, **chosen, **more}.items() if v and (k, v) != ("view", "all")}
        return "/actions" + (f"?{urlencode(wanted)}" if wanted else "")

    def look(read: Read) -> BoardPage:
        def listed(*states: ActionState, since: Instant | None = None) -> list[Action]:
            return postmortems_seen.action_list(
                read, states=states, owner_id=here.me.id if view == "mine" else None, team_id=team or None,
                service_id=service or None, overdue=True if view == "late" else None,
                severities=(severity,) if severity else (), types=(kind,) if kind else (), text=q, since=since,
                limit=SHOWN,
            )  # fmt: skip

        lately = plus(read.now, -DONE_FOR_S)
        found = {
            ActionState.PROPOSED: listed(ActionState.PROPOSED), ActionState.COMMITTED: listed(ActionState.COMMITTED),
            ActionState.DONE: listed(ActionState.DONE, since=lately),
            ActionState.DECLINED: listed(ActionState.DECLINED, since=lately),
        }  # fmt: skip
        every = [one for rows in found.values() for one in rows]
        names = names_of(read, every)
        counts = postmortems_seen.action_counts(read)
        return BoardPage(
            columns=[
                Column(
                    state, words.ACTION_STATES[state], [row(read, one, names, here.me.id) for one in rows],
                    _NOTES[state],
                )
                for state, rows in found.items()
                if rows or view != "late" or state is ActionState.COMMITTED
            ],
            tabs=[
                Tab("All", address(view="all"), "all", None), Tab("Mine", address(view="mine"), "mine", None),
                Tab("Late", address(view="late"), "late", counts.get("overdue") or None),
            ],
            view=view, q=q, team=team, severity=severity, kind=kind, service=service,
            teams=[(t.id, t.display_name or t.name) for t in people.teams(read)],
            types=list(words.ACTION_TYPES.items()), services=[(s.id, s.display_name) for s in services.services(read)],
            here=address(), filtered=any(chosen.values()), late=counts.get("overdue", 0),
        )  # fmt: skip

    return here.page("actions/board.html", here.read(look), title="Action items", nav="actions", block="board")


_NOTES: Mapping[str, str] = {
    ActionState.PROPOSED: "Ideas. A list of ideas is not a promise.",
    ActionState.COMMITTED: "Promises, the earliest due first.",
    ActionState.DONE: "Of the last 90 days, with what shows it.",
    ActionState.DECLINED: "Of the last 90 days, with the reason.",
}


def names_of(read: Read, found: Sequence[Action]) -> Names:
    """Of everybody and everything that rows name."""
    return look_up(
        read, {x for one in found for x in (one.row.item.owner_id, one.row.item.team_id, *one.postmortem.service_ids)}
    )


def row(read: Read, one: Action, names: Names, me: str) -> ActionView:
    item = one.row.item
    late_s = seconds_between(item.due_at, read.now) if item.due_at and item.state is ActionState.COMMITTED else -1.0
    return ActionView(
        item=item, pm=one.postmortem, owner=names.of(item.owner_id), team=names.of(item.team_id),
        services=", ".join(filter(None, (names.of(s) for s in one.postmortem.service_ids))),
        days_late=int(late_s // DAY_S) if late_s > 0 else -1, strength=actionlint.strength(item),
        mine=item.owner_id == me, now=read.now,
    )  # fmt: skip


def mine(read: Read, me: str) -> list[ActionView]:
    """The open promises and ideas of one person, the earliest due first."""
    found = postmortems_seen.action_list(
        read, states=(ActionState.COMMITTED, ActionState.PROPOSED), owner_id=me, limit=SHOWN
    )
    names = names_of(read, found)
    return sorted((row(read, one, names, me) for one in found), key=lambda a: a.item.state != ActionState.COMMITTED)


@router.get("/actions/{action_id}")
def show(here: Here, action_id: str) -> Response:
    return page(here, action_id)


def page(here: Browser, action_id: str, drafts: Mapping[str, Draft] | None = None, status: int = 200) -> Response:
    """One action item; after a refusal with its form as it was sent."""

    def look(read: Read) -> ActionPage:
        found = postmortems_seen.action(read, action_id)
        item, may = found.row.item, postmortems_seen.may(read, found.postmortem)
        own = item.owner_id == here.me.id
        legal = {
            verb for verb in actions.moves_from(item.state)
            if may.edit or (own and verb in ("commit", "close"))
        }  # fmt: skip
        grave = item.severity in ("SEV1", "SEV2") and item.state is ActionState.COMMITTED
        if grave and not may.decide:
            legal -= {"decline", "waive"}
        warned = (*actionlint.contract(item), *actionlint.check(item, postmortems_seen.names(read, found.postmortem)))
        return ActionPage(
            row(read, found, names_of(read, [found]), here.me.id), frozenset(legal),
            [one.message for one in warned] if item.state in (ActionState.PROPOSED, ActionState.COMMITTED) else [],
            actions.check_at(item),
            list(reversed(sentences.lines(read, read.history(item.id, limit=50), here.zone))),
            drafts or {},
            trackers.mirrors_for(read, [item.id]).get(item.id),
        )  # fmt: skip

    view = here.read(look)
    return here.page("actions/action.html", view, title=view.item.text[:80], nav="actions", status=status)


@router.post("/actions/{action_id}/{verb}")
def act(here: Here, action_id: str, verb: str, form: FormLists) -> Response:
    """Commit, decline, close, waive, reopen. Refused, the page of the item comes back with the form as it was sent."""
    if verb not in VERBS:
        raise NotFound("There is no such move.")
    try:
        wish = postmortem_forms.verb_of(f"{verb}_action", {**form, "action": [action_id]}, here.zone, _now(here))
        here.run(lambda work: postmortem_moves.act_on_action(work, action_id, wish))
    except Refused as error:
        values = {name: held[-1] for name, held in form.items()}
        return page(here, action_id, {verb: refused(values, error)}, error.status)
    back = local_path((form.get("back") or [""])[-1] or f"/actions/{action_id}")
    return here.go(back if back != "/" else f"/actions/{action_id}", Flash(words.ACTION_SAID[verb], "ok"))


def _now(here: Browser) -> Instant:
    return here.site.runner.clock.now()
