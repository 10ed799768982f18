"""What the house holds about responding to incidents, in the words of the files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from firebell.domain.comms import queries as comms
from firebell.domain.escalation.model import Target, TargetKind
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.model import RoleDefinition
from firebell.domain.runbooks import queries as runbooks
from firebell.domain.statuspage import queries as pages
from firebell.domain.statuspage.model import StatusPage
from firebell.domain.webhooks import queries as webhooks
from firebell.kernel.actor import SYSTEM
from firebell.kernel.secrets import Keyring
from firebell.kernel.work import Read
from firebell.workflows.config import template_kind
from firebell.workflows.config.component_trees import standings, tree
from firebell.workflows.config.response_specs import (
    DEFAULTS,
    ONLY,
    TARGET_WORDS,
    ComponentSpec,
    IncidentSettingsSpec,
    ResponseSpec,
    RoleSpec,
    RunbookSpec,
    ScaleSpec,
    StatusPageSpec,
    TemplateSpec,
    WebhookSpec,
)

if TYPE_CHECKING:
    from firebell.workflows.config.current import Current


def add_response(asked: Read, now: Current, keyring: Keyring) -> None:
    """Add it to ``now``. What is as it comes with Firebell and in no file is left out.

    The caller has checked that the actor may apply configuration; these reads ask for no more, so that a token that
    could apply files before there were these kinds still can.
    """
    read = Read(asked.connection, asked.now, SYSTEM)
    scale = incidents.scale(read)
    levels = tuple(
        replace(level, page_roles=tuple(dict.fromkeys(str(name) for name in level.page_roles)))
        for level in scale.levels
    )
    _unless_usual(now, "SeverityScale", ONLY, ScaleSpec(levels), scale.managed_by)
    for role in incidents.roles(read):
        _unless_usual(now, "IncidentRole", role.name, _role(role, now), role.managed_by)
    _settings(read, now)
    for template in comms.templates(read):
        if template.version and template.body != "":
            edited = comms.template_versions(read, template.audience, template.phase)
            if edited and edited[-1].body:
                spec = TemplateSpec(template.body)
                now.add("CommsTemplate", template.name, template.name, spec, None, template.managed_by)
    teams = now.names("Team")
    _runbooks(read, now, teams)
    for page in pages.pages(read):
        _page(read, page, now, teams)
    _webhooks(read, now, teams, keyring)
    template_kind.add_templates(read, now)


def _unless_usual(now: Current, kind: str, name: str, spec: ResponseSpec, managed_by: str | None) -> None:
    if managed_by is not None or spec != DEFAULTS.get((kind, name)):
        now.add(kind, name, name, spec, None, managed_by)


def _role(role: RoleDefinition, now: Current) -> RoleSpec:
    word, _, row_id = role.page.partition(":")
    page = None
    if word:
        kind = TargetKind(word)
        name = now.names(TARGET_WORDS[kind]).get(row_id)
        page = None if name is None else Target(kind, name)
    duties = tuple(dict.fromkeys(role.duties))
    return RoleSpec(role.display_name, duties, role.never, role.holders_max, page)


def _settings(read: Read, now: Current) -> None:
    found, said = incidents.settings(read), comms.settings(read)
    people = now.names("User")
    spec = IncidentSettingsSpec(
        auto_declare=tuple(sorted({str(one) for one in found.auto_declare})),
        commander_policy=now.names("EscalationPolicy").get(found.commander_policy_id or ""),
        commanders=frozenset(people[one] for one in found.commander_ids if one in people),
        auto_offer=found.auto_offer,
        report_form=found.report_form,
        mail_state_to=tuple(dict.fromkeys(found.mail_state_to)),
        executives=frozenset(people[one] for one in said.executive_ids if one in people),
        support_zone=said.support_zone,
    )
    _unless_usual(now, "IncidentSettings", ONLY, spec, found.managed_by or said.managed_by)


def _runbooks(read: Read, now: Current, teams: Mapping[str, str]) -> None:
    people, services = now.names("User"), now.names("Service")
    for one in runbooks.runbooks(read):
        spec = RunbookSpec(
            title=one.title or one.name,
            body=one.body,
            owner=people.get(one.owner_id or ""),
            services=frozenset(services[each] for each in one.service_ids if each in services),
            severities=tuple(sorted(set(one.severities))),
            matchers=tuple(dict.fromkeys(str(each) for each in one.matchers)),
            title_pattern=one.title_pattern,
        )
        now.add("Runbook", one.name, one.id, spec, teams.get(one.team_id or ""), one.managed_by)


def _page(read: Read, page: StatusPage, now: Current, teams: Mapping[str, str]) -> None:
    rows = pages.components(read, page.id)
    components: tuple[ComponentSpec, ...]
    components, ids = tree(rows)
    spec = StatusPageSpec(
        display_name=page.name,
        description=page.description,
        url=page.url,
        time_zone=page.time_zone,
        domain=page.domain,
        access=str(page.access),
        addresses=tuple(page.addresses),
        auto_posts=page.auto_posts,
        ledger_public=page.ledger_public,
        weights=dict(page.weights),
        disabled=page.disabled,
        components=components,
        password_hash=page.password_hash,
    )
    now.add("StatusPage", page.slug, page.id, spec, teams.get(page.team_id or ""), page.managed_by)
    owners = {str(one.id): one.managed_by for one in rows}
    for standing, row_id in zip(standings(components), ids, strict=True):
        now.part("StatusPage", page.slug, standing.path, row_id, owners[row_id])


def _webhooks(read: Read, now: Current, teams: Mapping[str, str], keyring: Keyring) -> None:
    found = webhooks.webhooks(read)
    opened = webhooks.opened(read, [one.id for one in found], keyring)
    for one in found:
        plain = opened.get(one.id, {})
        spec = WebhookSpec(one.events, plain.get("url"), str(one.flavour), one.private, plain.get("secret"))
        now.add("Webhook", one.name, one.id, spec, teams.get(one.team_id or ""), one.managed_by)
