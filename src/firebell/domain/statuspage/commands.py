"""Make, edit, delete and restore status pages. Components: ``components.py``; what is said on them: ``posting.py``."""

from __future__ import annotations

from typing import Any, Unpack

from whenever import TimeZoneNotFoundError

from firebell.domain.statuspage import rules, store
from firebell.domain.statuspage.components import (
    add_component,
    arrange,
    edit_component,
    remove_component,
    set_component,
)
from firebell.domain.statuspage.facts import PageCreated, PageDeleted, PageEdited, PageRestored
from firebell.domain.statuspage.model import WEIGHTS, PageFields, StatusPage
from firebell.domain.statuspage.posting import (
    add_past,
    edit_incident,
    edit_update,
    link,
    publish,
    remove_incident,
)
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Changed, Conflict, Invalid, NotFound
from firebell.kernel.ids import StatusPageId
from firebell.kernel.work import Read, Work

__all__ = [
    "add_component", "add_past", "arrange", "create_page", "delete_page", "detach_page", "edit_component",
    "edit_incident", "edit_page", "edit_update", "link", "publish", "remove_component", "remove_incident",
    "restore_page", "set_component",
]  # fmt: skip

_EDIT = Permission.STATUS_EDIT


def create_page(work: Work, **fields: Unpack[PageFields]) -> StatusPageId:
    """A new page; ``slug`` and ``name`` are needed. Raises Conflict when its address is taken, Invalid."""
    work.needs(_EDIT, fields.get("team_id"))
    for needed in ("slug", "name"):
        if not fields.get(needed):
            raise Invalid(f"A status page needs a {needed}.", field=needed)
    values = _checked(fields)
    _free(work, values["slug"], values.get("domain"))
    _openable(values.get("access", "public"), values.get("password_hash"), values.get("addresses", ()))
    new = StatusPageId(ids.new("spg", work.now))
    values = {"weights": dict(WEIGHTS)} | values
    store.add_page(
        work, StatusPage(id=new, code=rules.code_of(new), created_at=work.now, changed_at=work.now, **values)
    )
    work.record(new, PageCreated(slug=values["slug"], name=values["name"], managed_by=values.get("managed_by")))
    store.touch(work, new)
    return new


def edit_page(work: Work, page_id: str, expected: int | None = None, **fields: Unpack[PageFields]) -> StatusPage:
    """Change the given fields. Raises Changed when ``expected`` is not the current version.

    What a file manages is refused (Conflict) unless ``managed_by`` is given: the file, or ``None`` to detach it.
    """
    before = store.take_page(work, page_id)
    work.needs(_EDIT, before.team_id if before else None)
    if before is None:
        raise NotFound("There is no such status page.", field="page_id")
    if "team_id" in fields and fields["team_id"] != before.team_id:
        work.needs(_EDIT, fields["team_id"])
    if expected is not None and expected != before.version:
        raise Changed("This page has been edited meanwhile.", hint="Load it again and repeat your change.")
    rules.check_managed(before.managed_by, on_behalf="managed_by" in fields)
    values = _checked(fields)
    changed = rules.differences({name: getattr(before, name) for name in values}, values)
    if not changed:
        return before
    _free(work, values.get("slug", before.slug), values.get("domain", before.domain), but=page_id)
    after = {name: values.get(name, getattr(before, name)) for name in ("access", "password_hash", "addresses")}
    _openable(after["access"], after["password_hash"], after["addresses"])
    store.save(work, store.pages, page_id, before.version, {name: values[name] for name in changed})
    work.record(page_id, PageEdited(changed=_plain(changed)))
    store.touch(work, page_id)
    found = store.page(work, page_id)
    assert found is not None
    return found


def detach_page(work: Work, page_id: str) -> StatusPage:
    """Take a page and its components out of a configuration's hands."""
    after = edit_page(work, page_id, managed_by=None)
    for one in store.components_of(work, page_id):
        if one.managed_by is not None:
            edit_component(work, one.id, managed_by=None)
    return after


def delete_page(work: Work, page_id: str, expected: int | None = None, *, managed_by: str | None = None) -> None:
    """Take a page off the air; restorable. Its address is free at once."""
    before = store.take_page(work, page_id)
    work.needs(_EDIT, before.team_id if before else None)
    if before is None:
        raise NotFound("There is no such status page.", field="page_id")
    if expected is not None and expected != before.version:
        raise Changed("This page has been edited meanwhile.", hint="Load it again and repeat your change.")
    rules.check_managed(before.managed_by, on_behalf=managed_by is not None)
    store.save(work, store.pages, page_id, before.version, {"deleted_at": work.now})
    work.record(page_id, PageDeleted(slug=before.slug))
    store.touch(work, page_id)


def restore_page(work: Work, page_id: str) -> None:
    """Undo :func:`delete_page`. Raises Conflict when its address has been taken meanwhile."""
    before = store.page(work, page_id, deleted=True)
    work.needs(_EDIT, before.team_id if before else None)
    if before is None:
        raise NotFound("There is no such status page.", field="page_id")
    if before.deleted_at is None:
        return
    _free(work, before.slug, before.domain)
    store.save(work, store.pages, page_id, before.version, {"deleted_at": None})
    work.record(page_id, PageRestored(slug=before.slug))
    store.touch(work, page_id)


def _checked(fields: PageFields) -> dict[str, Any]:
    checked: dict[str, Any] = dict(fields)
    if "slug" in fields:
        checked["slug"] = rules.slug(fields["slug"])
    if "name" in fields:
        checked["name"] = rules.label(fields["name"], "name", 100)
    if "description" in fields:
        checked["description"] = rules.words(fields["description"], "description")
    if "url" in fields:
        checked["url"] = rules.url(fields["url"])
    if "domain" in fields:
        checked["domain"] = rules.domain(fields["domain"])
    if "access" in fields:
        checked["access"] = rules.access(fields["access"])
    if "addresses" in fields:
        checked["addresses"] = rules.addresses(fields["addresses"])
    if "weights" in fields:
        checked["weights"] = rules.weights(fields["weights"])
    if "time_zone" in fields:
        checked["time_zone"] = _zone(fields["time_zone"])
    return checked


def _zone(name: str) -> str:
    try:
        Instant.from_timestamp(0).to_tz(name)
    except (TimeZoneNotFoundError, ValueError):
        raise Invalid(
            f"There is no time zone “{name[:60]}”.", field="time_zone", hint="For example Europe/Berlin or Etc/UTC."
        ) from None
    return name


def _free(read: Read, slug: str, domain: str | None, *, but: str = "") -> None:
    holder = store.page_by_slug(read, slug)
    if holder is not None and holder.id != but:
        raise Conflict(f"There is a status page “{slug}” already.", field="slug", hint="Choose another address.")
    holder = store.page_by_domain(read, domain) if domain else None
    if holder is not None and holder.id != but:
        raise Conflict(f"{holder.name} is served at {domain} already.", field="domain")


def _openable(access: str, password_hash: str | None, addresses: tuple[str, ...]) -> None:
    if access == "password" and not password_hash:
        raise Invalid("A page behind a password needs one.", field="password")
    if access == "addresses" and not addresses:
        raise Invalid("A page for some networks needs at least one.", field="addresses")


def _plain(changed: dict[str, Any]) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        if isinstance(value, tuple):
            return list(value)
        if isinstance(value, dict):
            return {name: str(each) for name, each in value.items()}
        return value if value is None or isinstance(value, bool | int) else str(value)

    hidden = ["…", "…"]
    return {
        field: hidden if field == "password_hash" else [plain(before), plain(after)]
        for field, (before, after) in changed.items()
    }
