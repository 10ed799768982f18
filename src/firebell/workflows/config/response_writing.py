"""The documents of what files say about responding to incidents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from firebell.domain.incidents.model import Level
from firebell.domain.statuspage.model import WEIGHTS
from firebell.domain.webhooks.model import Flavour
from firebell.workflows.config.durations import shown
from firebell.workflows.config.response_specs import (
    DEFAULTS,
    ComponentSpec,
    IncidentSettingsSpec,
    RoleSpec,
    RunbookSpec,
    ScaleSpec,
    StatusPageSpec,
    TemplateSpec,
    WebhookSpec,
)
from firebell.workflows.config.template_specs import PostmortemTemplateSpec
from firebell.workflows.config.writing import sparse, unless


def _scale(_: str, spec: ScaleSpec) -> dict[str, Any]:
    # Written out in full: whoever reads the file reads the card.
    return {"levels": {str(level.severity): _level(level) for level in spec.levels}}


def _level(level: Level) -> dict[str, Any]:
    return {
        "name": level.name,
        "impact": level.impact,
        "example": level.example,
        "response": level.response,
        "respond": shown(level.respond_s),
        "command": _or_off(level.command_s),
        "calendar": level.calendar,
        "internalEvery": _or_off(level.internal_every_s),
        "executiveEvery": _or_off(level.executive_every_s),
        "publicFirst": _or_off(level.public_first_s),
        "publicScope": _or_off(level.public_scope_s),
        "publicEvery": _or_off(level.public_every_s),
        "stability": shown(level.stability_s),
        "postmortem": level.postmortem,
        "actionDays": level.action_days,
        "pageRoles": [str(name) for name in level.page_roles],
    }


def _or_off(seconds: int | None) -> str:
    return "off" if seconds is None else shown(seconds)


def _role(name: str, spec: RoleSpec) -> dict[str, Any]:
    usual = DEFAULTS.get(("IncidentRole", name))
    usual = usual if isinstance(usual, RoleSpec) else RoleSpec(name)
    body: dict[str, Any] = sparse(displayName=unless(spec.display_name, usual.display_name), duties=list(spec.duties))
    if spec.never or usual.never:  # nothing at all has to be said where something is usual
        body["never"] = spec.never
    if spec.holders_max != usual.holders_max:
        body["holders"] = "any" if spec.holders_max is None else spec.holders_max
    return body | sparse(page=None if spec.page is None else {spec.page.kind.value: spec.page.id})


def _settings(_: str, spec: IncidentSettingsSpec) -> dict[str, Any]:
    return {"autoDeclare": list(spec.auto_declare)} | sparse(
        commanderPolicy=spec.commander_policy,
        commanders=sorted(spec.commanders),
        autoOffer=spec.auto_offer or None,
        reportForm=unless(spec.report_form, "internal"),
        mailStateTo=list(spec.mail_state_to),
        executives=sorted(spec.executives),
        supportTimeZone=unless(spec.support_zone, "UTC"),
    )


def _template(_: str, spec: TemplateSpec) -> dict[str, Any]:
    return {"body": spec.body}


def _runbook(name: str, spec: RunbookSpec) -> dict[str, Any]:
    return sparse(
        title=unless(spec.title, name),
        owner=spec.owner,
        services=sorted(spec.services),
        severities=list(spec.severities),
        matchers=list(spec.matchers),
        titlePattern=spec.title_pattern,
    ) | {"body": spec.body}


def _page(name: str, spec: StatusPageSpec) -> dict[str, Any]:
    return sparse(
        displayName=unless(spec.display_name, name),
        description=spec.description,
        url=spec.url,
        timeZone=unless(spec.time_zone, "Etc/UTC"),
        domain=spec.domain,
        access=unless(str(spec.access), "public"),
        addresses=list(spec.addresses),
        autoPosts=spec.auto_posts or None,
        publicLedger=spec.ledger_public or None,
        weights={state: weight for state, weight in spec.weights.items() if weight != WEIGHTS[state]},
        disabled=spec.disabled or None,
        components=[_component(one) for one in spec.components],
    )


def _component(spec: ComponentSpec) -> dict[str, Any]:
    body = {"group" if spec.is_group else "name": spec.name} | sparse(
        description=spec.description,
        showcase=None if spec.showcase else False,
        hidden=spec.hidden or None,
        onlyShowIfDegraded=spec.only_show_if_degraded or None,
    )
    return body | ({"components": [_component(one) for one in spec.components]} if spec.is_group else {})


def _webhook(_: str, spec: WebhookSpec) -> dict[str, Any]:
    return sparse(
        flavour=unless(spec.flavour, str(Flavour.STANDARD)), events=list(spec.events), private=spec.private or None
    )


def _postmortem_template(name: str, spec: PostmortemTemplateSpec) -> dict[str, Any]:
    return sparse(
        title=unless(spec.title, name),
        severities=list(spec.severities),
        kinds=list(spec.kinds),
        prompts={key: list(lines) for key, lines in spec.prompts},
    )


WRITERS: Mapping[type, Callable[[str, Any], dict[str, Any]]] = {
    ScaleSpec: _scale,
    RoleSpec: _role,
    IncidentSettingsSpec: _settings,
    TemplateSpec: _template,
    RunbookSpec: _runbook,
    StatusPageSpec: _page,
    WebhookSpec: _webhook,
    PostmortemTemplateSpec: _postmortem_template,
}
