"""The eight JSON documents of the Statuspage v2 format (wire.md 2.7): keys always present, unknown is ``null``.

Strict clients know four indicators only, so a page under maintenance says ``none`` here and "Service Under
Maintenance" in words; the page itself and the badge say ``maintenance``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from firebell.domain.statuspage import rules
from firebell.domain.statuspage.model import Component, PublicIncident, PublicUpdate, Snapshot
from firebell.entrypoints.public.place import Place
from firebell.entrypoints.public.planned import Planned, planned
from firebell.kernel.clock import Instant, micros

_encoder = msgspec.json.Encoder()


def document(name: str, snapshot: Snapshot, place: Place) -> bytes:
    """One of :data:`DOCUMENTS`, as it is sent."""
    return _encoder.encode({"page": _page(snapshot, place), **DOCUMENTS[name](snapshot, place)})


def instant(at: Instant | None) -> str | None:
    """``2026-03-02T10:12:00.000Z``."""
    if at is None:
        return None
    ms = micros(at) // 1000
    whole = Instant.from_timestamp(ms // 1000).format_iso().removesuffix("Z")
    return f"{whole}.{ms % 1000:03}Z"


def _page(snapshot: Snapshot, place: Place) -> dict[str, Any]:
    page = snapshot.page
    return {
        "id": page.code, "name": page.name, "url": place.home, "time_zone": page.time_zone,
        "updated_at": instant(page.changed_at),
    }  # fmt: skip


def _status(snapshot: Snapshot) -> dict[str, Any]:
    indicator = snapshot.top.indicator
    return {
        "indicator": "none" if indicator == "maintenance" else indicator,
        "description": snapshot.top.description,
    }


def _components(snapshot: Snapshot) -> list[dict[str, Any]]:
    states = rules.with_group_states(snapshot.components)
    codes = {str(one.id): one.code for one in snapshot.components}
    return [_component(snapshot, one, states[one.id], codes) for one in snapshot.components]


def _component(snapshot: Snapshot, one: Component, status: str, codes: Mapping[str, str]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": one.code, "name": one.name, "status": str(status), "created_at": instant(one.created_at),
        "updated_at": instant(one.updated_at), "position": one.position, "description": one.description or None,
        "showcase": one.showcase, "start_date": str(one.created_at.to_tz("UTC").date()),
        "group_id": codes.get(one.group_id or ""), "page_id": snapshot.page.code, "group": one.is_group,
        "only_show_if_degraded": one.only_show_if_degraded,
    }  # fmt: skip
    if one.is_group:
        shown["components"] = [child.code for child in snapshot.components if child.group_id == one.id]
    return shown


def _incidents(snapshot: Snapshot, found: Iterable[PublicIncident], place: Place) -> list[dict[str, Any]]:
    return [_incident(snapshot, one, place) for one in found]


def _incident(snapshot: Snapshot, one: PublicIncident, place: Place) -> dict[str, Any]:
    return {
        "id": one.code, "name": one.name, "status": str(one.status), "created_at": instant(one.created_at),
        "updated_at": instant(one.updated_at), "monitoring_at": instant(one.monitoring_at),
        "resolved_at": instant(one.resolved_at), "impact": str(one.impact),
        "shortlink": f"{place.home}/incidents/{one.code}", "started_at": instant(one.started_at),
        "page_id": snapshot.page.code,
        "incident_updates": [_update(snapshot, each, one.code) for each in one.updates],
        "components": _affected(snapshot, one.components), "reminder_intervals": None,
    }  # fmt: skip


def _update(snapshot: Snapshot, one: PublicUpdate, incident_code: str) -> dict[str, Any]:
    shown = {str(each.id) for each in snapshot.components}
    changes = [
        {"code": each.code, "name": each.name, "old_status": each.old, "new_status": each.new}
        for each in one.changes
        if each.component_id in shown
    ]
    return {
        "id": one.code, "status": str(one.status), "body": one.body, "incident_id": incident_code,
        "created_at": instant(one.created_at), "updated_at": instant(one.updated_at),
        "display_at": instant(one.event_at), "affected_components": changes or None,
        "deliver_notifications": one.notify, "custom_tweet": None, "tweet_id": None,
    }  # fmt: skip


def _affected(snapshot: Snapshot, component_ids: Iterable[str]) -> list[dict[str, Any]]:
    wanted = set(component_ids)
    codes = {str(one.id): one.code for one in snapshot.components}
    return [_component(snapshot, one, one.status, codes) for one in snapshot.components if one.id in wanted]


def _maintenances(snapshot: Snapshot, place: Place, keep: Callable[[Planned], bool]) -> list[dict[str, Any]]:
    return [_maintenance(snapshot, one, place) for one in planned(snapshot) if keep(one)]


def _maintenance(snapshot: Snapshot, one: Planned, place: Place) -> dict[str, Any]:
    return {
        "id": one.code, "name": one.name, "status": one.status, "created_at": instant(one.created_at),
        "updated_at": instant(one.updated_at), "monitoring_at": None, "resolved_at": instant(one.completed_at),
        "impact": "maintenance", "shortlink": f"{place.home}/incidents/{one.code}",
        "started_at": instant(one.started_at or one.scheduled_for), "page_id": snapshot.page.code,
        "incident_updates": [
            {
                "id": each.code, "status": each.status, "body": each.body, "incident_id": one.code,
                "created_at": instant(each.created_at), "updated_at": instant(each.created_at),
                "display_at": instant(each.event_at), "affected_components": None,
                "deliver_notifications": each.notify, "custom_tweet": None, "tweet_id": None,
            }
            for each in one.updates
        ],
        "components": _affected(snapshot, one.component_ids), "reminder_intervals": None,
        "scheduled_for": instant(one.scheduled_for), "scheduled_until": instant(one.scheduled_until),
    }  # fmt: skip


def _open(snapshot: Snapshot) -> list[PublicIncident]:
    return [one for one in snapshot.incidents if one.open]


DOCUMENTS: Mapping[str, Callable[[Snapshot, Place], dict[str, Any]]] = {
    "summary": lambda s, place: {
        "components": _components(s), "incidents": _incidents(s, _open(s), place),
        "scheduled_maintenances": _maintenances(s, place, lambda one: not one.over), "status": _status(s),
    },
    "status": lambda s, place: {"status": _status(s)},
    "components": lambda s, place: {"components": _components(s)},
    "incidents": lambda s, place: {"incidents": _incidents(s, s.incidents[:50], place)},
    "incidents/unresolved": lambda s, place: {"incidents": _incidents(s, _open(s), place)},
    "scheduled-maintenances": lambda s, place: {
        "scheduled_maintenances": _maintenances(s, place, lambda one: True)[:50]
    },
    "scheduled-maintenances/upcoming": lambda s, place: {
        "scheduled_maintenances": _maintenances(s, place, lambda one: one.upcoming)
    },
    "scheduled-maintenances/active": lambda s, place: {
        "scheduled_maintenances": _maintenances(s, place, lambda one: one.active)
    },
}  # fmt: skip
