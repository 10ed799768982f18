"""``/api/v1/journal``: the audit log, and the proof that it is whole."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from firebell.entrypoints.api.frame import Limit, Page, Shown
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, site_of
from firebell.kernel.work import Read
from firebell.workflows import journal_read

router = APIRouter(prefix="/journal", tags=["journal"], route_class=ApiRoute)


class EntryShown(Shown):
    """One fact. ``kind`` is stable, ``data`` are its fields; ``n`` counts within its ``chain`` without gaps."""

    seq: int
    chain: str
    n: int
    subject: str
    at: str
    actor: str
    kind: str
    data: dict[str, Any]
    hash: str


class Fault(Shown):
    """Where a chain stops being true."""

    chain: str
    n: int
    reason: str


class Verdict(Shown):
    """``whole``: every row is there, in order, and as it was written."""

    whole: bool
    faults: list[Fault]


@router.get("")
def list_entries(
    request: Request, caller: Caller, limit: Limit = 50,
    since: Annotated[int, Query(ge=0, lt=2**62, description="The last `seq` you have seen.")] = 0,
    cursor: Annotated[str | None, Query(max_length=20, pattern=r"^\d{1,18}$")] = None,
    subject: Annotated[str | None, Query(max_length=100, description="Only facts about this id.")] = None,
) -> Page[EntryShown]:  # fmt: skip
    """What was done, by whom, in the order it was written."""
    after = int(cursor) if cursor else since

    def look(r: Read) -> list[EntryShown]:
        if subject is not None:
            found = [one for one in journal_read.of(r, subject, limit=10_000) if one.seq > after][: limit + 1]
        else:
            found = journal_read.since(r, after, limit=limit + 1)
        return [
            EntryShown(
                seq=one.seq, chain=one.chain, n=one.n, subject=one.subject, at=one.at.format_iso(), actor=one.actor,
                kind=one.kind, data=dict(one.data), hash=one.hash.hex(),
            )
            for one in found
        ]  # fmt: skip

    found = read(request, look, caller)
    kept = found[:limit]
    return Page(items=kept, next=str(kept[-1].seq) if len(found) > limit else None)


@router.get("/verification")
def verify(request: Request, caller: Caller, chain: Annotated[str | None, Query(max_length=100)] = None) -> Verdict:
    """Walk the chains (or one) and say whether anything was changed, removed or put in."""
    key = site_of(request).runner.key
    found = read(request, lambda r: journal_read.faults(r, {key.kid: key.key}, chain), caller)
    return Verdict(whole=not found, faults=[Fault(chain=f.chain, n=f.n, reason=f.reason) for f in found])
