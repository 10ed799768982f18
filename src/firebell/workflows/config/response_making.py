"""From what files say about responding to incidents to commands: how each kind is put in place and removed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from firebell.domain.comms import settings as comms
from firebell.domain.comms.model import CommsSettings
from firebell.domain.incidents import configured, role_definitions
from firebell.domain.incidents.model import RoleDefinition, Settings, Severity
from firebell.domain.incidents.scale import DEFAULT_SCALE
from firebell.domain.runbooks import commands as runbooks
from firebell.domain.runbooks import rules as runbook_rules
from firebell.domain.webhooks import commands as webhooks
from firebell.kernel.errors import Invalid
from firebell.workflows.config import page_making, template_kind
from firebell.workflows.config.response_specs import (
    IncidentSettingsSpec,
    RoleSpec,
    RunbookSpec,
    ScaleSpec,
    StatusPageSpec,
    TemplateSpec,
    WebhookSpec,
)
from firebell.workflows.config.specs import Item

if TYPE_CHECKING:
    from firebell.workflows.config.making import Making

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Maker:
    """``put`` makes an item what it is to be (``before``: what it is, if it is there), on behalf of the file ``by``;
    ``remove`` takes it away, or back to what comes with Firebell."""

    put: Callable[[Making, Item | None, Item, str | None], None]
    remove: Callable[[Making, Key, str | None], None]


def _put_scale(making: Making, _: Item | None, item: Item, by: str | None) -> None:
    assert isinstance(item.spec, ScaleSpec)
    configured.set_scale(making.work, item.spec.levels, managed_by=by)
    if not item.managed:
        configured.detach_scale(making.work)


def _remove_scale(making: Making, _: Key, by: str | None) -> None:
    configured.set_scale(making.work, DEFAULT_SCALE.levels, managed_by=by)
    configured.detach_scale(making.work)


def _put_role(making: Making, _: Item | None, item: Item, by: str | None) -> None:
    spec = item.spec
    assert isinstance(spec, RoleSpec)
    page = ""
    if spec.page is not None:
        page = f"{spec.page.kind.value}:{making.target(spec.page)}"
    role = RoleDefinition(
        name=item.name, display_name=spec.display_name, duties=spec.duties, never=spec.never,
        holders_max=spec.holders_max, page=page,
    )  # fmt: skip
    role_definitions.put_role(making.work, role, managed_by=by)
    if not item.managed:
        role_definitions.detach_role(making.work, item.name)


def _remove_role(making: Making, key: Key, by: str | None) -> None:
    role_definitions.reset_role(making.work, key[1], managed_by=by)


def _put_settings(making: Making, _: Item | None, item: Item, by: str | None) -> None:
    spec = item.spec
    assert isinstance(spec, IncidentSettingsSpec)
    _set(
        making,
        Settings(
            auto_declare=tuple(Severity(one) for one in spec.auto_declare),
            commander_policy_id=making.id("EscalationPolicy", spec.commander_policy),
            commander_ids=tuple(making.ids["User", name] for name in sorted(spec.commanders)),
            auto_offer=spec.auto_offer,
            report_form=spec.report_form,
            mail_state_to=spec.mail_state_to,
        ),
        CommsSettings(
            executive_ids=tuple(making.ids["User", name] for name in sorted(spec.executives)),
            support_zone=spec.support_zone,
        ),
        by,
        managed=item.managed,
    )


def _remove_settings(making: Making, _: Key, by: str | None) -> None:
    _set(making, Settings(), CommsSettings(), by, managed=False)


def _set(making: Making, found: Settings, said: CommsSettings, by: str | None, *, managed: bool) -> None:
    configured.set_settings(making.work, found, managed_by=by)
    comms.set_settings(making.work, said, managed_by=by)
    if not managed:
        configured.detach_settings(making.work)
        comms.detach_settings(making.work)


def _put_template(making: Making, _: Item | None, item: Item, by: str | None) -> None:
    assert isinstance(item.spec, TemplateSpec)
    audience, phase = item.name.split("-", 1)
    comms.set_template(making.work, audience, phase, item.spec.body, managed_by=by)
    if not item.managed:
        comms.detach_template(making.work, audience, phase)


def _remove_template(making: Making, key: Key, by: str | None) -> None:
    audience, phase = key[1].split("-", 1)
    comms.reset_template(making.work, audience, phase, managed_by=by)
    comms.detach_template(making.work, audience, phase)


def _put_runbook(making: Making, before: Item | None, item: Item, by: str | None) -> None:
    spec = item.spec
    assert isinstance(spec, RunbookSpec)
    fields: Any = {
        "title": spec.title,
        "body": spec.body,
        "team_id": making.team(item),
        "owner_id": making.id("User", spec.owner),
        "service_ids": [making.ids["Service", name] for name in sorted(spec.services)],
        "severities": spec.severities,
        "matchers": [runbook_rules.read_matcher(text) for text in spec.matchers],
        "title_pattern": spec.title_pattern,
        "managed_by": by if item.managed else None,
    }
    if before is None:
        making.ids[item.key] = runbooks.create(making.work, name=item.name, **fields).id
    else:
        runbooks.edit(making.work, making.ids[item.key], **fields)


def _remove_runbook(making: Making, key: Key, by: str | None) -> None:
    runbooks.delete(making.work, making.ids[key], managed_by=by)


def _put_page(making: Making, before: Item | None, item: Item, by: str | None) -> None:
    assert isinstance(item.spec, StatusPageSpec)
    page_making.put(making, before, item, item.spec, by)


def _remove_page(making: Making, key: Key, by: str | None) -> None:
    page_making.remove(making, key, by)


def _put_webhook(making: Making, before: Item | None, item: Item, by: str | None) -> None:
    spec, was = item.spec, before.spec if before is not None else None
    assert isinstance(spec, WebhookSpec)
    if isinstance(was, WebhookSpec) and was.flavour != spec.flavour:
        webhooks.delete(making.work, making.ids[item.key], managed_by=by)
        was = None
    fields: Any = {
        "events": spec.events,
        "team_id": making.team(item),
        "private": spec.private,
        "managed_by": by if item.managed else None,
    }
    if isinstance(was, WebhookSpec):
        row_id = making.ids[item.key]
        if spec.url != was.url:
            fields["url"] = spec.url
        webhooks.edit(making.work, row_id, making.keyring, **fields)
        if spec.secret is not None and spec.secret != was.secret:
            webhooks.rotate(making.work, row_id, making.keyring, secret=spec.secret)
        return
    if spec.url is None:
        raise Invalid("A webhook needs its address.", field="url", hint='Write url: "${NAME}" and set that variable.')
    made = webhooks.create(
        making.work, making.keyring, name=item.name, url=spec.url, flavour=spec.flavour, secret=spec.secret or "",
        **fields,
    )  # fmt: skip
    making.ids[item.key] = made.id
    if made.secret and spec.secret is None:
        making.new_secrets.append((item.name, made.secret))


def _remove_webhook(making: Making, key: Key, by: str | None) -> None:
    webhooks.delete(making.work, making.ids[key], managed_by=by)


MAKERS: Mapping[str, Maker] = {
    "SeverityScale": Maker(_put_scale, _remove_scale),
    "IncidentRole": Maker(_put_role, _remove_role),
    "IncidentSettings": Maker(_put_settings, _remove_settings),
    "CommsTemplate": Maker(_put_template, _remove_template),
    "Runbook": Maker(_put_runbook, _remove_runbook),
    "StatusPage": Maker(_put_page, _remove_page),
    "Webhook": Maker(_put_webhook, _remove_webhook),
    "PostmortemTemplate": Maker(template_kind.put, template_kind.remove),
}
