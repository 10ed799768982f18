"""The table of contents of the pages. A new noun is one line in ``NOUNS``; its menu entry stands in ``base.html``."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from firebell.entrypoints.site import Site
from firebell.entrypoints.web import (
    ack,
    actions,
    alert_export,
    alerts,
    channels,
    chat,
    covers,
    gate,
    incident_access,
    incident_acts,
    incident_composer,
    incident_declare,
    incident_page,
    incident_roles,
    incident_scale,
    incident_settings,
    incident_timeline,
    incident_updates,
    incidents,
    insight,
    insight_files,
    insight_review,
    integrations,
    me,
    message_templates,
    my_account,
    my_methods,
    now,
    on_call,
    people,
    policies,
    policy_forms,
    postmortem_actions,
    postmortem_acts,
    postmortem_editor,
    postmortem_export,
    postmortem_history,
    postmortem_lists,
    postmortem_meeting,
    postmortem_page,
    postmortem_public,
    postmortem_refresh,
    postmortem_settings,
    postmortem_whys,
    postmortem_words_page,
    postmortems,
    proving,
    rehearsals,
    report,
    runbook_runs,
    runbooks,
    schedules,
    search,
    services,
    settings,
    setup,
    setup_first,
    setup_reach,
    severity_card,
    sign_in,
    signals,
    slo_documents,
    slo_forms,
    slo_policies,
    slo_policy_form,
    slo_reviews,
    slo_sources,
    slos,
    status_components,
    status_incidents,
    status_maintenance,
    status_pages,
    status_subscribers,
    teams,
    theme,
    timeline_export,
    trackers,
    webhooks,
)
from firebell.entrypoints.web.render import STATIC, of_this_process
from firebell.entrypoints.web.session import Web
from firebell.entrypoints.web.warnings import Warnings

NOUNS: tuple[APIRouter, ...] = (
    now.router,
    sign_in.router,
    report.router,
    setup.router,
    setup_reach.router,
    setup_first.router,
    setup.link_router,
    ack.router,
    alerts.router,
    alert_export.router,
    signals.router,
    services.router,
    integrations.router,
    incidents.router,
    incident_access.router,
    incident_declare.router,
    severity_card.router,
    incident_page.router,
    incident_timeline.router,
    timeline_export.router,
    incident_composer.router,
    incident_updates.router,
    incident_acts.router,
    runbook_runs.router,
    runbooks.router,
    insight.router,
    insight_files.router,
    insight_review.router,
    # A form's /new stands before the page of one.
    schedules.router,
    covers.router,
    on_call.router,
    policy_forms.router,
    policies.router,
    rehearsals.router,
    # The page of one objective comes after everything else under /slos.
    slo_forms.router,
    slo_documents.router,
    slo_sources.router,
    slo_policy_form.router,
    slo_policies.router,
    slo_reviews.router,
    slos.router,
    gate.router,
    # Components and incidents first: their /new stands before the page of one.
    status_components.router,
    status_incidents.router,
    status_maintenance.router,
    status_subscribers.router,
    status_pages.router,
    # Before the one route that takes every verb of a postmortem.
    postmortems.router,
    postmortem_lists.router,
    postmortem_editor.router,
    postmortem_export.router,
    postmortem_public.router,
    postmortem_refresh.router,
    postmortem_whys.router,
    postmortem_actions.router,
    postmortem_meeting.router,
    postmortem_history.router,
    postmortem_words_page.router,
    postmortem_page.router,
    postmortem_acts.router,
    actions.router,
    people.router,
    teams.router,
    me.router,
    proving.router,
    my_methods.router,
    my_account.router,
    settings.router,
    incident_settings.router,
    postmortem_settings.router,
    incident_scale.router,
    incident_roles.router,
    message_templates.router,
    channels.router,
    trackers.router,
    webhooks.router,
    chat.router,
    theme.router,
    search.router,
)

IMMUTABLE = "public, max-age=31536000, immutable"
ONE_HOUR = "public, max-age=3600"


class Built(StaticFiles):
    """The built front end: a name with a content hash never changes, others are looked at again after an hour."""

    def __init__(self, hashed: frozenset[str]) -> None:
        super().__init__(directory=STATIC, check_dir=False)
        self._hashed = hashed

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = IMMUTABLE if path in self._hashed else ONE_HOUR
        return response


def web(site: Site) -> Web:
    """What the pages of an installation know."""
    return Web(site, of_this_process(), Warnings(site))


def install(app: FastAPI) -> None:
    """Put every page and the built front end into the application, whose ``state.web`` is :func:`web`."""
    for router in NOUNS:
        app.include_router(router, include_in_schema=False)
    app.mount("/static", Built(of_this_process().hashed), name="static")
