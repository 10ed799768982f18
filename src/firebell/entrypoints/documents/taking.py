"""A postmortem on its way out: everything is read in one look, and only then drawn."""

from __future__ import annotations

from fastapi import Response

from firebell.domain.postmortems.export_markdown import Stamp
from firebell.entrypoints.documents.exports import Export
from firebell.entrypoints.documents.sheet import Outgoing
from firebell.kernel.errors import Forbidden
from firebell.kernel.work import Read
from firebell.workflows import postmortem_taken_out, postmortems_seen

NOTHING = "default-src 'none'"
ALLOWED = "allow-scripts allow-popups"


def outgoing(read: Read, key: str, revision: int | None = None) -> Outgoing:
    """What is to leave of a postmortem, by its id or its incident's; ``revision``: as it was then.

    Raises NotFound, and Forbidden for what is private and was not released.
    """
    one = postmortems_seen.one(read, key)
    if one.private and not one.released:
        # What has left cannot be called back, so its members say so on purpose first (incidents.md 10).
        raise Forbidden(
            "The incident is private: nothing of it leaves unreleased.", field="format",
            hint="Release the postmortem first, with a reason.",
        )  # fmt: skip
    document, state, number = one.document, one.state, one.revision
    if revision is not None and revision != one.revision:
        kept = postmortems_seen.revision(read, one.id, revision)
        document, state, number = kept.document, kept.state, kept.number
    stamp = Stamp(
        revision=number, at=read.now, audience=postmortem_taken_out.audience(one), drill=one.kind in ("drill", "test")
    )
    return Outgoing(
        document=document, stamp=stamp, reference=one.reference, state=str(state),
        response=postmortem_taken_out.response(read, one), names=postmortems_seen.names(read, one),
    )  # fmt: skip


def sent(export: Export, *, shown: bool = False) -> Response:
    """An export as an answer: a file to keep, or (``shown``, of HTML only) a page under its own policy, in an origin of
    its own."""
    here = shown and bool(export.policy)
    headers = {
        "Content-Disposition": f'{"inline" if here else "attachment"}; filename="{export.filename}"',
        "Content-Security-Policy": f"{export.policy or NOTHING}; frame-ancestors 'none'; sandbox {ALLOWED}",
        "Cache-Control": "no-store",
    }
    return Response(export.body, media_type=export.media_type, headers=headers)
