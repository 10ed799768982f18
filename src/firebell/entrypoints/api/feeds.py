"""``/api/v1/users/{user}/feeds``: secret calendar addresses of one person's shifts in all schedules."""

from __future__ import annotations

from fastapi import APIRouter, Request

from firebell.domain.oncall import commands, queries
from firebell.domain.oncall.model import Feed
from firebell.entrypoints.api.methods import owner_of
from firebell.entrypoints.api.overrides import FeedIssued, FeedShown
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.errors import NotFound
from firebell.kernel.ids import UserId
from firebell.kernel.work import Read, Work

router = APIRouter(prefix="/users/{user}/feeds", tags=["users"], route_class=ApiRoute)


@router.get("")
def list_feeds(request: Request, user: str, caller: Caller) -> list[FeedShown]:
    """The person's calendar addresses, without their tokens."""

    def look(r: Read) -> list[Feed]:
        return queries.feeds(r, user_id=UserId(owner_of(r, user)))

    return [FeedShown(id=f.id, created_at=f.created_at.format_iso()) for f in read(request, look, caller)]


@router.post("", status_code=201)
def issue_feed(request: Request, user: str, caller: Caller) -> FeedIssued:
    """A secret calendar address, shown once."""

    def make(w: Work) -> FeedIssued:
        made = commands.issue_feed(w, user_id=UserId(owner_of(w, user)))
        url = f"{site_of(request).base_url}/feeds/{made.token}.ics"
        return FeedIssued(id=made.id, created_at=w.now.format_iso(), url=url)

    return run(request, make, caller)


@router.delete("/{feed_id}", status_code=204)
def revoke_feed(request: Request, user: str, feed_id: str, caller: Caller) -> None:
    """From now on the address answers as if it had never been."""

    def change(w: Work) -> None:
        theirs = queries.feeds(w, user_id=UserId(owner_of(w, user)))
        if feed_id not in {one.id for one in theirs}:
            raise NotFound("There is no such calendar.", field="feed_id")
        commands.revoke_feed(w, feed_id)

    run(request, change, caller)
