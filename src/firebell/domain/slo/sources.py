"""Data sources: where to ask for counts. A secret is sealed; only the name of the file it came from is ever shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from firebell.domain.slo import source_store as store
from firebell.domain.slo.facts import SourceCreated, SourceDeleted, SourceEdited
from firebell.domain.slo.records import SourceRecord
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.addresses import destination
from firebell.kernel.errors import Changed, Conflict, Invalid, NotFound
from firebell.kernel.secrets import Keyring
from firebell.kernel.work import Work

TOPIC = "slos"
_EDIT = Permission.SLOS_EDIT
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_DETAILS_MAX, _TEXT_MAX = 20, 2000
TABLE, COLUMN = "slo_sources", "secret"


class SourceFields(TypedDict, total=False):
    """What of a source can be set. ``secret`` is a bearer token, or with ``username`` a password; empty removes it."""

    name: str
    type: str
    url: str
    username: str
    details: Mapping[str, str]
    secret: str
    secret_file: str
    managed_by: str | None


def create(work: Work, keyring: Keyring, **fields: Unpack[SourceFields]) -> SourceRecord:
    """A new source; ``name`` and, for Prometheus, ``url`` are needed. Raises Conflict, Invalid, Forbidden."""
    work.needs(_EDIT)
    values = _checked({"type": "Prometheus", "url": "", "username": "", "details": {}, "secret_file": "", **fields})
    if not values.get("name"):
        raise Invalid("A data source needs a name.", field="name", hint="For example prometheus.")
    _free(work, values["name"])
    new = ids.new("dsr", work.now)
    _asked(values["type"], values["url"])
    secret = fields.get("secret", "")
    store.add(
        work,
        {
            "id": new, "managed_by": None, **values, "checked_at": None, "error": "", "error_at": None, "warnings": [],
            "secret": _seal(keyring, new, secret) if secret else None, "created_at": work.now, "updated_at": work.now,
            "version": 1,
        },
    )  # fmt: skip
    work.record(new, SourceCreated(name=values["name"], type=values["type"]))
    work.publish(TOPIC, new)
    return _found(work, new)


def edit(
    work: Work, source_id: str, keyring: Keyring, expected: int | None = None, **fields: Unpack[SourceFields]
) -> SourceRecord:
    """Change what is given. A new address without a new secret drops the secret: it is not carried elsewhere."""
    before = _take(work, source_id, expected)
    _managed(before, on_behalf="managed_by" in fields)
    values = _checked(fields)
    if values.get("name", before.name) != before.name:
        _free(work, values["name"])
    changed: dict[str, Any] = {name: value for name, value in values.items() if getattr(before, name) != value}
    _asked(values.get("type", before.type), values.get("url", before.url))
    if "secret" in fields:
        secret = fields["secret"]
        if secret != _opened(work, before, keyring):
            changed["secret"] = _seal(keyring, before.id, secret) if secret else None
    elif before.has_secret and _host(changed.get("url", before.url)) != _host(before.url):
        raise Invalid(
            "A secret is not sent to another address by itself.", field="secret", hint="Give it again, or empty it."
        )
    if not changed:
        return before
    store.save(work, before.id, before.version, changed)
    store.note(work, before.id, {"error": "", "error_at": None, "warnings": []})
    work.record(before.id, SourceEdited(name=values.get("name", before.name), changed=sorted(changed)))
    work.publish(TOPIC, before.id)
    return _found(work, before.id)


def delete(work: Work, source_id: str, expected: int | None = None, *, managed_by: str | None = None) -> None:
    """It is asked no more, and its secret is forgotten."""
    before = _take(work, source_id, expected)
    _managed(before, on_behalf=managed_by is not None)
    store.save(work, before.id, before.version, {"deleted_at": work.now, "secret": None})
    work.record(before.id, SourceDeleted(name=before.name))
    work.publish(TOPIC, before.id)


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in fields.items() if name != "secret"}
    if "name" in values and not _NAME.fullmatch(values["name"]):
        raise Invalid("This cannot be a name.", field="name", hint="Small letters, digits and hyphens, at most 63.")
    for name in ("type", "url", "username", "secret_file"):
        if name in values:
            values[name] = str(values[name]).strip()
            if len(values[name]) > _TEXT_MAX:
                raise Invalid(f"At most {_TEXT_MAX} characters.", field=name)
    if "details" in values:
        values["details"] = {str(key): str(value) for key, value in values["details"].items()}
        if len(values["details"]) > _DETAILS_MAX or any(len(one) > _TEXT_MAX for one in values["details"].values()):
            raise Invalid("Too many connection details.", field="details")
    return values


def _asked(kind: str, url: str) -> None:
    """Whether it can be asked as it says."""
    if not kind:
        raise Invalid("A data source has a type.", field="type", hint="Prometheus, or the name of what pushes.")
    if not url:
        if kind.lower() == "prometheus":
            raise Invalid("A Prometheus has an address.", field="url", hint="http://prometheus:9090")
        return
    read = destination(url)
    if isinstance(read, str):
        raise Invalid(f"The address cannot be used: {read}.", field="url", hint="http://prometheus:9090")
    if "@" in url.partition("://")[2].partition("/")[0]:
        raise Invalid("A secret does not stand in an address.", field="url", hint="Use username and secret.")


def _host(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def _free(work: Work, name: str) -> None:
    if any(one.name == name for one in store.listed(work)):
        raise Conflict(f"There is a data source {name} already.", field="name")


def _managed(before: SourceRecord, *, on_behalf: bool) -> None:
    if before.managed_by is not None and not on_behalf:
        raise Conflict(f"{before.managed_by} manages this data source.", hint="Change it there, or detach it first.")


def _take(work: Work, source_id: str, expected: int | None) -> SourceRecord:
    work.needs(_EDIT)
    found = store.take(work, source_id)
    if found is None:
        raise NotFound("There is no such data source.", field="source_id")
    if expected is not None and expected != found.version:
        raise Changed("This data source has been edited meanwhile.", hint="Load it again and repeat your change.")
    return found


def _found(work: Work, source_id: str) -> SourceRecord:
    found = store.get(work, source_id)
    assert found is not None
    return found


def _seal(keyring: Keyring, source_id: str, plain: str) -> str:
    return keyring.seal(plain, table=TABLE, column=COLUMN, row_id=source_id)


def _opened(work: Work, source: SourceRecord, keyring: Keyring) -> str:
    sealed = store.sealed(work, source.id)
    return keyring.unseal(sealed, table=TABLE, column=COLUMN, row_id=source.id) if sealed else ""
