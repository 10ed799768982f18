"""The roles of incidents as this installation words them: duties, holders, whom each one's page goes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

from fastapi import APIRouter
from fastapi.responses import Response
from msgspec.structs import replace

from firebell.domain.escalation.model import Target
from firebell.domain.incidents import commands, queries
from firebell.domain.incidents.model import RoleDefinition
from firebell.entrypoints.web import choices, policy_forms
from firebell.entrypoints.web.drafts import Draft, refused, whole_number
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.names import look_up
from firebell.entrypoints.web.policy_forms import Groups
from firebell.entrypoints.web.session import Form, Here
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Changed, Conflict, Forbidden, Invalid, NotFound
from firebell.kernel.work import Read, Work

router = APIRouter(prefix="/settings/incidents/roles")
HOME = "/settings/incidents/roles"


@dataclass(frozen=True, slots=True)
class RoleCard:
    """``paged``: the name of whoever stands behind it, empty when it is not paged."""

    role: RoleDefinition
    paged: str


@dataclass(frozen=True, slots=True)
class RolesPage:
    rows: Sequence[RoleCard]
    managed_by: str | None
    may_edit: bool


@dataclass(frozen=True, slots=True)
class RoleForm:
    """``role`` ``None``: a new one of one's own."""

    role: RoleDefinition | None
    draft: Draft
    groups: Groups
    managed_by: str | None
    may_edit: bool


@router.get("")
def show_list(here: Here) -> Response:
    def look(read: Read) -> RolesPage:
        read.needs(Permission.INCIDENTS_VIEW)
        found = queries.roles(read)
        names = look_up(read, {one.page for one in found})
        rows = [RoleCard(one, names.of(one.page.partition(":")[2])) for one in found]
        return RolesPage(rows, _managed(found), here.may(Permission.INCIDENTS_EDIT))

    return here.page("settings/roles.html", here.read(look), title="Incident roles", nav="settings")


@router.post("/detach")
def detach(here: Here) -> Response:
    here.run(commands.detach_roles)
    return here.go(HOME, Flash("No longer managed by a file.", "note"))


@router.get("/new")
def new(here: Here) -> Response:
    return _form(here, "", Draft({"holders_max": "1"}))


@router.post("/new")
def create(here: Here, form: Form) -> Response:
    return _save(here, "", form)


@router.get("/{name}")
def edit(here: Here, name: str) -> Response:
    one = here.read(lambda read: _role(queries.roles(read), name))
    values = {
        "display_name": one.display_name, "duties": "\n".join(one.duties), "never": one.never, "page": one.page,
        "holders_max": "" if one.holders_max is None else str(one.holders_max), "seen": _mark(one),
    }  # fmt: skip
    return _form(here, name, Draft(values))


@router.post("/{name}")
def change(here: Here, name: str, form: Form) -> Response:
    return _save(here, name, form)


@router.post("/{name}/remove")
def remove(here: Here, name: str) -> Response:
    """Of one's own roles alone: the seven belong to every incident."""

    def job(work: Work) -> None:
        current = queries.roles(work)
        if not _role(current, name).own:
            raise Conflict("This role belongs to every incident.", hint="Change its words instead.")
        commands.set_roles(work, [one for one in current if one.name != name])

    try:
        here.run(job)
    except (Conflict, Invalid) as error:
        return here.go(f"{HOME}/{name}", Flash(f"{error.message} {error.hint or ''}".strip(), "attention"))
    return here.go(HOME, Flash("The role is gone. Incidents that had it keep its name.", "note"))


def _save(here: Here, name: str, form: Mapping[str, str]) -> Response:
    def job(work: Work) -> None:
        current = list(queries.roles(work))
        before = _role(current, name) if name else None
        if before is not None and form.get("seen") and form["seen"] != _mark(before):
            raise Changed("This role has been edited meanwhile.", hint="Load it again and repeat your change.")
        made = _typed(work, form, before)
        if before is None:
            if any(one.name == made.name for one in current):
                raise Invalid("There is such a role already.", field="name")
            commands.set_roles(work, [*current, made])
        else:
            commands.set_roles(work, [made if one.name == name else one for one in current])

    try:
        here.run(job)
    except (Conflict, Changed, Invalid) as error:
        field = (error.field or "").rpartition(".")[2]
        return _form(here, name, refused(form, error, {error.field or "": field if field != "roles" else ""}))
    return here.go(HOME, Flash("Saved. Whoever takes the role reads these words."))


def _typed(work: Work, form: Mapping[str, str], before: RoleDefinition | None) -> RoleDefinition:
    page = form.get("page", "")
    if page:
        choices.targets(work, _targets(page), "page")
    duties = tuple(line.strip() for line in form.get("duties", "").splitlines() if line.strip())
    holders = whole_number(form, "holders_max") if form.get("holders_max", "").strip() else None
    said = form.get("display_name", "").strip()
    if before is None:
        return RoleDefinition(
            name=form.get("name", "").strip(), display_name=said, duties=duties, never=form.get("never", "").strip(),
            holders_max=holders, page=page, own=True,
        )  # fmt: skip
    return replace(
        before, display_name=said, duties=duties, never=form.get("never", "").strip(), holders_max=holders, page=page
    )


def _targets(page: str) -> tuple[Target, ...]:
    try:
        return policy_forms.targets_of([page])
    except Invalid as error:
        raise Invalid(error.message, field="page") from None


def _role(found: Sequence[RoleDefinition], name: str) -> RoleDefinition:
    for one in found:
        if one.name == name:
            return one
    raise NotFound("There is no such role.")


def _managed(found: Sequence[RoleDefinition]) -> str | None:
    return next((one.managed_by for one in found if one.managed_by), None)


def _mark(one: RoleDefinition) -> str:
    """What the form was filled in with, so that nobody's change is lost to a form that stood open."""
    said = repr((one.display_name, one.duties, one.never, one.holders_max, one.page))
    return f"{crc32(said.encode()):08x}"


def _form(here: Here, name: str, draft: Draft) -> Response:
    def look(read: Read) -> RoleForm:
        found = queries.roles(read)
        role = _role(found, name) if name else None
        may = here.may(Permission.INCIDENTS_EDIT)
        if role is None and not may:
            raise Forbidden("You may not change the roles of incidents.", hint="Ask a manager of the team.")
        groups = policy_forms.groups(read) if here.may(Permission.PEOPLE_VIEW) else []
        return RoleForm(role, draft, groups, _managed(found), may)

    view = here.read(look)
    title = view.role.display_name if view.role else "New role"
    return here.page("settings/role.html", view, title=title, nav="settings", status=draft.status)
