"""One's own page: how one is reached, by which rules, and the account: sessions, password, calendar, API tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response
from whenever import available_timezones

from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.model import Incident, Task
from firebell.domain.oncall import queries as oncall
from firebell.domain.oncall.model import Feed
from firebell.domain.paging import queries as paging
from firebell.domain.people import commands, queries, signin, tokens
from firebell.domain.people.model import ApiToken, ContactMethod, Session, Urgency, User
from firebell.entrypoints.web import actions, incident_rows, my_rules, postmortem_words, proving
from firebell.entrypoints.web.actions import ActionView
from firebell.entrypoints.web.drafts import Draft, refused
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.incident_rows import IncidentRow
from firebell.entrypoints.web.moments import Moment, moment
from firebell.entrypoints.web.my_rules import RuleRow
from firebell.entrypoints.web.session import Form, Here
from firebell.entrypoints.web.warnings import settings_of
from firebell.kernel.actor import Permission
from firebell.kernel.clock import seconds_between
from firebell.kernel.errors import Refused
from firebell.kernel.work import Read

router = APIRouter()


@dataclass(frozen=True, slots=True)
class MethodRow:
    """A contact method and when something last arrived there. ``wakes``: it counts as waking somebody."""

    method: ContactMethod
    channel: str
    state: str
    last: Moment | None
    wakes: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """Something that is shown once: ``what`` it is, and the ``text`` to copy."""

    what: str
    text: str


@dataclass(frozen=True, slots=True)
class MePage:
    """``drafts`` by form: profile, password, token, rules-high, rules-low. One may come back with an error.

    ``engaged``: active incidents one is in, with the names of one's roles; ``tasks``: what one has to do in them.
    ``actions``: what one has promised after incidents, and not done yet.
    """

    engaged: Sequence[tuple[IncidentRow, str]]
    tasks: Sequence[tuple[Incident, Task, float]]
    actions: Sequence[ActionView]
    user: User
    methods: Sequence[MethodRow]
    channels: Sequence[tuple[str, str, str, bool]]
    high: Sequence[RuleRow]
    low: Sequence[RuleRow]
    sessions: Sequence[tuple[Session, Moment | None, bool]]
    feeds: Sequence[tuple[Feed, Moment | None]]
    tokens: Sequence[tuple[ApiToken, Moment | None]]
    scopes: Sequence[str]
    zones: Sequence[str]
    drafts: Mapping[str, Draft]
    shown: Shown | None

    @property
    def words(self) -> object:
        return postmortem_words


@router.get("/me")
def show(here: Here) -> Response:
    return page(here)


def page(
    here: Here, of: str = "", draft: Draft | None = None, *, shown: Shown | None = None,
    rows: Sequence[RuleRow] | None = None,
) -> Response:  # fmt: skip
    """The whole page, with the form ``of`` as it was sent."""
    view = here.read(lambda read: _page(here, read, of, draft, shown, rows))
    return here.page("me/me.html", view, title="You", status=draft.status if draft else 200)


def _page(
    here: Here, read: Read, of: str, draft: Draft | None, shown: Shown | None, rows: Sequence[RuleRow] | None
) -> MePage:
    me = here.me
    mine = queries.methods(read, me.id)
    rules = queries.notification_rules(read, me.id)
    stored = paging.channel_settings(read)
    last = paging.last_delivered(read, me.id)
    drafts = {
        "profile": Draft({"display_name": me.display_name, "email": me.email or "", "time_zone": me.time_zone}),
        "password": Draft(), "token": Draft(), "rules-high": Draft(), "rules-low": Draft(),
    }  # fmt: skip
    if draft is not None:
        drafts[of] = draft
    by_urgency = {
        u: my_rules.rows([r for r in rules if r.urgency is u]) for u in (Urgency.HIGH, Urgency.LOW)
    }  # fmt: skip
    if rows is not None:
        by_urgency[Urgency(of.removeprefix("rules-"))] = list(rows)
    active = (
        [i for i in incidents.active(read) if me.id in i.engaged_ids] if here.may(Permission.INCIDENTS_VIEW) else []
    )
    called = {role.name: role.display_name for role in incidents.roles(read)}
    return MePage(
        engaged=[
            (row, ", ".join(called.get(role, role) for role in _held(i, me.id)))
            for i, row in zip(active, incident_rows.rows(read, active, here.zone), strict=True)
        ],
        tasks=[
            (i, task, seconds_between(read.now, task.due_at))
            for i, task in (incidents.open_tasks_of(read, me.id) if active else [])
        ],
        actions=actions.mine(read, me.id),
        user=me,
        methods=[
            MethodRow(m, channel.name if (channel := here.site.channels.get(m.channel)) else m.channel, state(m),
                      moment(last.get(m.id, m.last_delivered_at), read.now, here.zone), bool(channel and channel.wakes))
            for m in mine
        ],
        channels=[
            (c.slug, c.name, c.blurb, c.configured(settings_of(here.site, c.slug, stored.get(c.slug, {}))))
            for c in here.site.channels.values()
        ],
        high=by_urgency[Urgency.HIGH], low=by_urgency[Urgency.LOW],
        sessions=[
            (s, moment(s.last_seen_at, read.now, here.zone), s.id == here.session_id)
            for s in signin.sessions(read, me.id)
        ],
        feeds=[(f, moment(f.created_at, read.now, here.zone)) for f in oncall.feeds(read, user_id=me.id)],
        tokens=[(t, moment(t.last_used_at, read.now, here.zone)) for t in tokens.of_user(read, me.id)],
        scopes=[p.value for p in Permission if here.may(p)], zones=sorted(available_timezones()), drafts=drafts,
        shown=shown,
    )  # fmt: skip


def _held(i: Incident, user_id: str) -> list[str]:
    return [e.role for e in i.engagements if e.user_id == user_id and e.until_at is None]


def state(method: ContactMethod) -> str:
    """A contact method's state in the words of ``ui.state``."""
    return "off" if method.disabled_at else "verified" if method.verified_at else "unverified"


@router.post("/me/profile")
def save_profile(here: Here, form: Form) -> Response:
    # A forgotten password is mailed to this address.
    if form.get("email", "").strip() != (here.me.email or "") and (away := proving.detour(here, "/me#profile")):
        return away
    try:
        here.run(
            lambda work: commands.edit_user(
                work, here.me.id, display_name=form.get("display_name", "").strip(),
                email=form.get("email", "").strip(), time_zone=form.get("time_zone", "").strip(),
            )
        )  # fmt: skip
    except Refused as error:
        return page(here, "profile", refused(form, error))
    return here.go("/me#profile", Flash("Saved."))


@router.post("/me/rules/{urgency}")
def save_rules(here: Here, urgency: Urgency, form: Form) -> Response:
    rows = my_rules.read_rows(form)
    if form.get("action") == "add":
        return page(here, f"rules-{urgency}", Draft(form), rows=[*rows, RuleRow()])
    try:
        here.run(lambda work: my_rules.save(work, here.me.id, urgency, rows))
    except Refused as error:
        return page(here, f"rules-{urgency}", refused(form, error), rows=rows)
    return here.go("/me#rules", Flash(f"Your rules for {urgency} urgency are saved."))
