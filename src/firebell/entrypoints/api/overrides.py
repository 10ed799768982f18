"""``/api/v1/schedules/{schedule}/overrides``: changes for a while; and calendar feeds."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from firebell.domain.oncall import commands, queries
from firebell.domain.oncall.ical import Attendee, render
from firebell.domain.oncall.model import Feed, Override, OverrideKind, Schedule, Window
from firebell.domain.people import names
from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import Body, Shown, moment
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.api.schedules import Layers, layers_of
from firebell.entrypoints.api.services import Reference
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.actor import NOBODY
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Invalid, NotFound
from firebell.kernel.ids import OverrideId, ScheduleId
from firebell.kernel.work import Read, Work

router = APIRouter(prefix="/schedules/{schedule}", tags=["schedules"], route_class=ApiRoute)
public = APIRouter(include_in_schema=False)

FEED_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}


class OverrideShown(Shown):
    """``kind``: remove, replace, add, or window (other layers for a while)."""

    id: str
    kind: str
    user_id: str | None
    user: str | None
    by_user_id: str | None
    by_user: str | None
    starts_at: str
    ends_at: str
    everywhere: bool
    rank: int
    reason: str


class NewOverride(Body):
    """``replace``: ``by`` takes over from ``user`` where they are on call; ``remove``: nobody does; ``add``: one more.

    ``window``: ``layers`` hold instead of the schedule's own (``rank`` 0 to 9, the higher wins).
    """

    kind: str = Field(max_length=20)
    user: Reference | None = None
    by: Reference | None = None
    layers: Layers | None = None
    rank: int = Field(0, ge=0, le=9)
    starts_at: str = Field(max_length=50)
    ends_at: str = Field(max_length=50)
    reason: str = Field("", max_length=1024)


class FeedShown(Shown):
    """A calendar address, without its token."""

    id: str
    created_at: str


class FeedIssued(FeedShown):
    """``url`` is shown now and never again: whoever has it reads the calendar."""

    url: str


def shown(r: Read, found: list[Override | Window]) -> list[OverrideShown]:
    """Overrides as the API shows them."""
    people = {u for one in found if isinstance(one, Override) for u in (one.user_id, one.by_user_id) if u}
    known = names.of_users(r, people)

    def of(one: Override | Window) -> OverrideShown:
        values: dict[str, Any] = {
            "id": one.id, "starts_at": one.starts_at.format_iso(), "ends_at": one.ends_at.format_iso(),
            "reason": one.reason, "kind": "window", "user_id": None, "by_user_id": None, "everywhere": False, "rank": 0,
        }  # fmt: skip
        if isinstance(one, Override):
            values |= {"kind": one.kind.value, "user_id": one.user_id, "by_user_id": one.by_user_id}
            values["everywhere"] = one.everywhere
        else:
            values["rank"] = one.rank
        return OverrideShown(
            **values, user=known.get(values["user_id"] or ""), by_user=known.get(values["by_user_id"] or "")
        )

    return [of(one) for one in sorted(found, key=lambda one: (one.starts_at, one.id))]


def _changes(found: Schedule) -> list[Override | Window]:
    return [*found.windows, *found.overrides]


@router.get("/overrides")
def list_overrides(request: Request, schedule: str, caller: Caller) -> list[OverrideShown]:
    """What holds now or later, by start."""

    def look(r: Read) -> list[OverrideShown]:
        found = references.schedule(r, schedule)
        return shown(r, [one for one in _changes(found) if one.ends_at > r.now])

    return read(request, look, caller)


@router.post("/overrides", status_code=201)
def add_override(request: Request, schedule: str, caller: Caller, body: NewOverride) -> OverrideShown:
    """A change for a while. A start in the past becomes now."""

    def make(w: Work) -> OverrideShown:
        found = references.schedule(w, schedule)
        begin, end = moment(body.starts_at, "starts_at"), moment(body.ends_at, "ends_at")
        made: OverrideId
        if body.kind == "window":
            layers = layers_of(w, body.layers or [], found.zone)
            made = commands.add_window(w, found.id, begin, end, layers, rank=body.rank, reason=body.reason)
        else:
            made = _override(w, found.id, body, begin, end)
        after = queries.schedule(w, found.id)
        return shown(w, [one for one in _changes(after) if one.id == made])[0]

    return run(request, make, caller)


def _override(w: Work, schedule_id: ScheduleId, body: NewOverride, begin: Instant, end: Instant) -> OverrideId:
    if body.user is None:
        raise Invalid("Whom is this about?", field="user", hint="Name a person.")
    if body.kind not in [kind.value for kind in OverrideKind]:
        raise Invalid("There is no such kind of override.", field="kind", hint="One of remove, replace, add, window.")
    by = references.user_id(w, body.by, "by") if body.by is not None else None
    return commands.add_override(
        w, schedule_id, body.kind, references.user_id(w, body.user), begin, end, by_user_id=by, reason=body.reason
    )


@router.delete("/overrides/{override_id}", status_code=204)
def remove_override(request: Request, schedule: str, override_id: str, caller: Caller) -> None:
    """Take it back. One that has begun ends now."""

    def change(w: Work) -> None:
        found = references.schedule(w, schedule)
        if override_id not in {one.id for one in _changes(found)}:
            raise NotFound("There is no such override.", field="override_id")
        commands.remove_override(w, override_id)

    run(request, change, caller)


@router.get("/overrides/{override_id}")
def get_override(request: Request, schedule: str, override_id: str, caller: Caller) -> OverrideShown:
    """One override."""

    def look(r: Read) -> OverrideShown:
        found = references.schedule(r, schedule)
        for one in _changes(found):
            if one.id == override_id:
                return shown(r, [one])[0]
        raise NotFound("There is no such override.", field="override_id")

    return read(request, look, caller)


# ---- calendar feeds


@router.get("/feeds")
def list_feeds(request: Request, schedule: str, caller: Caller) -> list[FeedShown]:
    """The calendar addresses of this schedule, without their tokens."""

    def look(r: Read) -> list[Feed]:
        return queries.feeds(r, schedule_id=references.schedule(r, schedule).id)

    return [FeedShown(id=f.id, created_at=f.created_at.format_iso()) for f in read(request, look, caller)]


@router.post("/feeds", status_code=201)
def issue_feed(request: Request, schedule: str, caller: Caller) -> FeedIssued:
    """A secret calendar address, shown once."""

    def make(w: Work) -> FeedIssued:
        made = commands.issue_feed(w, schedule_id=references.schedule(w, schedule).id)
        url = f"{site_of(request).base_url}/feeds/{made.token}.ics"
        return FeedIssued(id=made.id, created_at=w.now.format_iso(), url=url)

    return run(request, make, caller)


@router.delete("/feeds/{feed_id}", status_code=204)
def revoke_feed(request: Request, schedule: str, feed_id: str, caller: Caller) -> None:
    """From now on the address answers as if it had never been."""

    def change(w: Work) -> None:
        theirs = queries.feeds(w, schedule_id=references.schedule(w, schedule).id)
        if feed_id not in {one.id for one in theirs}:
            raise NotFound("There is no such calendar.", field="feed_id")
        commands.revoke_feed(w, feed_id)

    run(request, change, caller)


def calendar(request: Request, token: str, schedule: str | None = None) -> Response:
    """The feed behind ``token`` as ``text/calendar``; 404 for a token that is none (of this schedule)."""

    def look(r: Read) -> bytes | None:
        found = queries.feed_page(r, token) if 0 < len(token) <= 200 else None
        if found is None:
            return None
        if schedule is not None and (
            found.schedule is None or schedule not in (found.schedule.id, found.schedule.name)
        ):
            return None
        people = {one.event.on.user_id for one in found.events} | {
            one.event.on.instead_of for one in found.events if one.event.on.instead_of
        }
        if found.feed.user_id:
            people.add(found.feed.user_id)
        known = names.display_names(r, people)
        return render(found, {user_id: Attendee(name) for user_id, name in known.items()})

    page = read(request, look, NOBODY)
    if page is None:
        return Response("There is no such calendar.\n", 404, FEED_HEADERS, "text/plain")
    return Response(page, 200, FEED_HEADERS, "text/calendar; charset=utf-8")


@public.get("/feeds/{token}.ics")
def feed(request: Request, token: str) -> Response:
    """A calendar for whoever has its address."""
    return calendar(request, token)


@public.get("/api/v1/schedules/{schedule}/calendar.ics")
def schedule_calendar(request: Request, schedule: str, token: Annotated[str, Query(max_length=200)] = "") -> Response:
    """The same under the schedule's own address."""
    return calendar(request, token, schedule)
