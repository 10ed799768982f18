"""``/api/v1/incident-settings``: what declares an incident by itself, who commands, and who is told."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from firebell.domain.comms import queries as comms
from firebell.domain.comms import settings as comms_settings
from firebell.domain.comms.model import CommsSettings
from firebell.domain.escalation import queries as escalation
from firebell.domain.incidents import configured, queries
from firebell.domain.incidents.model import Settings, Severity
from firebell.domain.people import names
from firebell.entrypoints.api import references
from firebell.entrypoints.api.frame import Body, IfMatch, Shown, expected, tag
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.api.services import Reference
from firebell.entrypoints.api.severity_scale import may_look
from firebell.entrypoints.api.users import Zone
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, run, site_of
from firebell.kernel.actor import SYSTEM
from firebell.kernel.work import Read, Work

router = APIRouter(prefix="/incident-settings", tags=["incident-settings"], route_class=ApiRoute)

People = Annotated[list[Reference], Field(max_length=500)]


class SettingsShown(Shown):
    """How incidents are run. ``commanders``: who is qualified (none: everybody); ``executives``: who gets executive
    updates beside the liaison; ``support_time_zone``: where the support hours are."""

    auto_declare: list[str]
    commander_policy: str | None
    commanders: list[str]
    auto_offer: bool
    report_form: str
    mail_state_to: list[str]
    executives: list[str]
    support_time_zone: str
    managed_by: str | None
    version: int
    html_url: str


class SettingsBody(Body):
    """All of them: what is left out is as it comes with Firebell."""

    auto_declare: list[Severity] = Field(default_factory=lambda: [Severity.SEV1, Severity.SEV2], max_length=4)
    commander_policy: Reference | None = None
    commanders: People = Field(default_factory=list)
    auto_offer: bool = False
    report_form: Literal["off", "internal", "public"] = "internal"
    mail_state_to: list[Annotated[str, Field(max_length=254)]] = Field(default_factory=list, max_length=50)
    executives: People = Field(default_factory=list)
    support_time_zone: Zone = "UTC"


def _answer(request: Request, response: Response, asked: Read) -> SettingsShown:
    r = Read(asked.connection, asked.now, SYSTEM)
    found, said = queries.settings(r), comms.settings(r)
    policies: dict[str, str] = {each.id: each.name for each in escalation.policies(r)}
    called = names.of_users(r, [*found.commander_ids, *said.executive_ids])
    tag(response, found.version + said.version)
    return SettingsShown(
        auto_declare=[str(one) for one in found.auto_declare],
        commander_policy=policies.get(found.commander_policy_id or ""),
        commanders=[called[one] for one in found.commander_ids if one in called], auto_offer=found.auto_offer,
        report_form=found.report_form, mail_state_to=list(found.mail_state_to),
        executives=[called[one] for one in said.executive_ids if one in called], support_time_zone=said.support_zone,
        managed_by=found.managed_by or said.managed_by, version=found.version + said.version,
        html_url=f"{site_of(request).base_url}/settings/incidents",
    )  # fmt: skip


@router.get("")
def get_settings(request: Request, response: Response, caller: Caller) -> SettingsShown:
    """The settings in force."""

    def look(r: Read) -> SettingsShown:
        may_look(r)
        return _answer(request, response, r)

    return read(request, look, caller)


@router.put("")
def set_settings(
    request: Request, response: Response, caller: Caller, body: SettingsBody, if_match: IfMatch = None
) -> SettingsShown:
    """Set all of them."""
    version = expected(if_match)

    def change(w: Work) -> SettingsShown:
        new = Settings(
            auto_declare=tuple(dict.fromkeys(body.auto_declare)),
            commander_policy_id=references.policy_id(w, body.commander_policy, "commander_policy"),
            commander_ids=_people(w, body.commanders, "commanders"),
            auto_offer=body.auto_offer,
            report_form=body.report_form,
            mail_state_to=tuple(body.mail_state_to),
        )
        said = CommsSettings(
            executive_ids=_people(w, body.executives, "executives"), support_zone=body.support_time_zone
        )
        # One ETag for both: if either has moved, so has the sum.
        ours, theirs = queries.settings(w).version, comms.settings(w).version
        configured.set_settings(w, new, expected=None if version is None else version - theirs)
        comms_settings.set_settings(w, said, expected=None if version is None else version - ours)
        return _answer(request, response, w)

    return run(request, change, caller)


@router.post(":detach")
def detach_settings(request: Request, response: Response, caller: Caller) -> SettingsShown:
    """Take the settings out of a configuration file's hands."""

    def change(w: Work) -> SettingsShown:
        configured.detach_settings(w)
        comms_settings.detach_settings(w)
        return _answer(request, response, w)

    return run(request, change, caller)


def _people(r: Read, given: list[str], field: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(references.user_id(r, one, f"{field}.{at}") for at, one in enumerate(given)))
