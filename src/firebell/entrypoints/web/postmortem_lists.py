"""The lists of postmortems and action items as files: the same selection as on the page, without what is private."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from firebell.domain.postmortems.actions import ActionState, ActionType
from firebell.domain.postmortems.model import Postmortem, State
from firebell.entrypoints.web.alert_export import ROWS_MAX, cell
from firebell.entrypoints.web.names import Names, look_up
from firebell.entrypoints.web.postmortems import OPEN, SEVERITIES, VIEWS
from firebell.entrypoints.web.session import Here
from firebell.kernel.clock import Instant
from firebell.kernel.errors import NotFound
from firebell.kernel.work import Read
from firebell.workflows import postmortems_seen
from firebell.workflows.postmortems_seen import Action

router = APIRouter()
FORMATS = ("csv", "json")


@router.get("/postmortems.{kind}")
def postmortems(
    here: Here, kind: str, view: str = "open", q: str = Query("", max_length=200), service: str = "",
    severity: str = "", state: str = "",
) -> Response:  # fmt: skip
    """One row for each; drafts too, since their titles are no secret among those who see them."""
    view = view if view in VIEWS else "open"
    states = (State(state),) if state in [*State] else OPEN if view in ("open", "waiting") else ()

    def look(read: Read) -> list[dict[str, Any]]:
        found = postmortems_seen.postmortem_list(
            read, states=states, text=q, service_id=service or None, limit=ROWS_MAX,
            severities=(severity,) if severity in SEVERITIES else (), skipped=view in ("mine", "all"),
            owner_id=here.me.id if view == "mine" else None,
        )  # fmt: skip
        kept = [one for one in found if not one.private and VIEWS[view](read, one, here.me.id)]
        names = look_up(read, {x for one in kept for x in (one.owner_id, *one.service_ids)})
        return [_postmortem(one, names) for one in kept]

    return _file(here.read(look), kind, "postmortems")


def _postmortem(one: Postmortem, names: Names) -> dict[str, Any]:
    items = [item for item in one.document.actions if item.state is not ActionState.DECLINED]
    return {
        "incident": one.reference, "id": one.id, "title": one.document.title, "severity": one.peak,
        "state": str(one.state), "kind": one.kind, "owner": names.of(one.owner_id) or None,
        "services": ", ".join(filter(None, (names.of(s) for s in one.service_ids))),
        "required": ", ".join(one.required), "resolved_at": _at(one.resolved_at), "review_at": _at(one.review_at),
        "published_at": _at(one.published_at), "closed_at": _at(one.closed_at), "actions": len(items),
        "actions_done": sum(item.state is ActionState.DONE for item in items),
    }  # fmt: skip


@router.get("/actions.{kind_}")
def actions(
    here: Here, kind_: str, view: str = "all", q: str = Query("", max_length=200), team: str = "",
    severity: str = "", kind: str = "", service: str = "",
) -> Response:  # fmt: skip
    def look(read: Read) -> list[dict[str, Any]]:
        found = postmortems_seen.action_list(
            read, owner_id=here.me.id if view == "mine" else None, team_id=team or None, service_id=service or None,
            overdue=True if view == "late" else None, severities=(severity,) if severity in SEVERITIES else (),
            types=(kind,) if kind in [*ActionType] else (), text=q, limit=ROWS_MAX,
        )  # fmt: skip
        kept = [one for one in found if not one.postmortem.private]
        names = look_up(read, {x for one in kept for x in (one.row.item.owner_id, one.row.item.team_id)})
        return [_action(one, names) for one in kept]

    return _file(here.read(look), kind_, "actions")


def _action(one: Action, names: Names) -> dict[str, Any]:
    item = one.row.item
    return {
        "id": item.id, "text": item.text, "state": str(item.state), "type": str(item.type) if item.type else None,
        "severity": item.severity, "priority": item.priority or None, "owner": names.of(item.owner_id) or None,
        "team": names.of(item.team_id) or None, "due_at": _at(item.due_at), "end_state": item.end_state,
        "committed_at": _at(item.committed_at), "done_at": _at(item.done_at),
        "proof": item.proof.ref if item.proof else None, "effect": str(item.effect) if item.effect else None,
        "reason": item.reason or item.waived, "incident": one.postmortem.reference, "postmortem_id": one.postmortem.id,
    }  # fmt: skip


def _at(at: Instant | None) -> str | None:
    return at.format_iso() if at is not None else None


def _file(rows: Sequence[Mapping[str, Any]], kind: str, name: str) -> Response:
    """RFC 4180 (a cell that a spreadsheet would take for a formula begins with an apostrophe), or JSON."""
    if kind not in FORMATS:
        raise NotFound("There is no page at this address.")
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    if kind == "json":
        body = json.dumps(rows, ensure_ascii=False, indent=1)
        return Response(body, media_type="application/json", headers=headers)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if rows:
        writer.writerow(rows[0])
        writer.writerows([cell(value) for value in row.values()] for row in rows)
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)
