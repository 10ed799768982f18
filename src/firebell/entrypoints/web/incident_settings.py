"""How this installation runs incidents: what declares one by itself, who may command, who may report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.escalation import queries as escalation
from firebell.domain.incidents import commands, queries
from firebell.domain.incidents.model import Settings, Severity
from firebell.domain.people import queries as people
from firebell.entrypoints.web import choices
from firebell.entrypoints.web.drafts import Choices, Draft, refused, whole_number
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.session import Form, FormLists, Here
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Changed, Conflict, Invalid
from firebell.kernel.work import Read, Work

router = APIRouter()
FORMS: Sequence[tuple[str, str, str]] = (
    ("off", "Nobody", "There is no such form."),
    ("internal", "Everybody who is signed in", "Colleagues who do not answer pages report there what they see."),
    ("public", "Everybody, without signing in",
     "A link stands on the status pages and at the sign-in. It calls people like any incident."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class IncidentSettingsPage:
    """``ticked``: the severities that declare by themselves; ``chosen``: who is qualified to command (none: all)."""

    draft: Draft
    ticked: Sequence[str]
    chosen: Sequence[str]
    severities: Sequence[str]
    people: Choices
    policies: Choices
    forms: Sequence[tuple[str, str, str]]
    report: str
    may_edit: bool


@router.get("/settings/incidents")
def show(here: Here) -> Response:
    current = here.read(queries.settings)
    return _page(here, Draft(_values(current)), [str(one) for one in current.auto_declare], current.commander_ids)


@router.post("/settings/incidents")
def save(here: Here, form: Form, lists: FormLists) -> Response:
    ticked, chosen = lists.get("auto_declare", []), lists.get("commander_ids", [])
    try:
        here.run(lambda work: _save(work, form, ticked, chosen))
    except (Conflict, Changed, Invalid) as error:
        field = (error.field or "").partition(".")[0]
        draft = refused(form, error, {error.field or "": {"commander_policy_id": "policy_id"}.get(field, field)})
        return _page(here, draft, ticked, chosen)
    return here.go("/settings/incidents", Flash("Saved. It holds from the next incident on."))


def _save(work: Work, form: Mapping[str, str], ticked: Sequence[str], chosen: Sequence[str]) -> None:
    wanted = [one for one in dict.fromkeys(chosen) if one]
    choices.persons(work, wanted, "commander_ids")
    commands.set_settings(
        work,
        Settings(
            auto_declare=tuple(one for one in Severity if one in ticked),
            commander_policy_id=choices.policy(work, form.get("policy_id", "")),
            commander_ids=tuple(wanted),
            auto_offer="auto_offer" in form,
            report_form=form.get("report_form", ""),
            mail_state_to=tuple(dict.fromkeys(form.get("mail_state_to", "").split())),
        ),
        expected=whole_number(form, "version"),
    )


def _values(current: Settings) -> dict[str, str]:
    return {
        "policy_id": current.commander_policy_id or "", "report_form": current.report_form,
        "mail_state_to": "\n".join(current.mail_state_to), "version": str(current.version),
    } | ({"auto_offer": "true"} if current.auto_offer else {})  # fmt: skip


def _page(here: Here, draft: Draft, ticked: Sequence[str], chosen: Sequence[str]) -> Response:
    def look(read: Read) -> IncidentSettingsPage:
        read.needs(Permission.INCIDENTS_VIEW)
        found = people.users(read)
        policies = escalation.policies(read) if here.may(Permission.POLICIES_VIEW) else []
        return IncidentSettingsPage(
            draft, ticked, chosen, list(Severity),
            [(str(u.id), u.display_name or u.name) for u in found if u.active or u.id in chosen],
            [(str(one.id), one.display_name or one.name) for one in policies], FORMS, here.site.base_url + "/report",
            here.may(Permission.INCIDENTS_EDIT),
        )  # fmt: skip

    view = here.read(look)
    return here.page("settings/incidents.html", view, title="Incidents", nav="settings", status=draft.status)
