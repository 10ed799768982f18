"""The API's table of contents: one router per noun, all under ``/api/v1``."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI, Security
from fastapi.security import HTTPBearer

from firebell.entrypoints.api import (
    actions,
    alerts,
    backup,
    budget_adjustments,
    budget_policies,
    channels,
    chat,
    comms_templates,
    config,
    docs,
    fallback,
    feeds,
    gate,
    incident_command,
    incident_parts,
    incident_roles,
    incident_settings,
    incidents,
    insight,
    integrations,
    journal,
    maintenances,
    methods,
    metrics,
    oncall,
    overrides,
    policies,
    postmortem_acts,
    postmortem_parts,
    postmortems,
    rehearsals,
    runbooks,
    schedules,
    services,
    severity_scale,
    signals,
    slo_sources,
    slos,
    status_components,
    status_incidents,
    status_pages,
    subscribers,
    teams,
    tokens,
    trackers,
    updates,
    users,
    webhooks,
)

_bearer = HTTPBearer(auto_error=False, scheme_name="token", description="An API token, fb_…")
_PROBLEM: dict[str, Any] = {
    "description": "A problem document (RFC 9457).",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status"],
                "properties": {
                    "type": {"type": "string", "description": "Stable: urn:firebell:problem:…"},
                    "title": {"type": "string", "description": "One sentence for a person."},
                    "status": {"type": "integer"},
                    "field": {"type": "string", "description": "The offending field as a dotted path."},
                    "hint": {"type": "string", "description": "What to do instead."},
                },
            }
        }
    },
}


router = APIRouter(prefix="/api/v1", responses={"default": _PROBLEM, 422: _PROBLEM}, dependencies=[Security(_bearer)])
for noun in (
    alerts, incidents, incident_command, incident_parts, updates, postmortems, postmortem_acts, postmortem_parts,
    actions, insight, runbooks, severity_scale, incident_roles, incident_settings, comms_templates, status_pages,
    status_components, status_incidents, maintenances, subscribers, webhooks, signals, services, integrations,
    schedules, overrides, oncall, policies, fallback, rehearsals, users, methods, feeds, teams, tokens, channels,
    slos, slo_sources, budget_adjustments, budget_policies, gate,
    chat, trackers, journal, config, backup,
):  # fmt: skip
    router.include_router(noun.router)


def install(app: FastAPI) -> None:
    """Put the API, its documentation and the metrics into the application."""
    app.include_router(overrides.public)
    app.include_router(router)
    app.include_router(docs.router)
    app.include_router(metrics.router)
