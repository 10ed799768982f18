"""Adjustments of what is charged: proposed by one person, approved by another, void again when they are edited."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Unpack

from firebell.domain.slo import adjustment_store as store
from firebell.domain.slo import commands, persons, repeating
from firebell.domain.slo import store as slo_store
from firebell.domain.slo.adjustments import Category
from firebell.domain.slo.facts import (
    AdjustmentApproved,
    AdjustmentDeleted,
    AdjustmentEdited,
    AdjustmentProposed,
)
from firebell.domain.slo.model import MINUTE_S
from firebell.domain.slo.records import AdjustmentRecord
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant, micros
from firebell.kernel.errors import Changed, Conflict, Forbidden, Invalid, NotFound
from firebell.kernel.work import Work

_EDIT = Permission.SLOS_EDIT
_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?")
_SLOS_MAX = 200
_LONGEST_S = 366 * 86_400


class AdjustmentFields(TypedDict, total=False):
    """What of an adjustment can be set. ``author_id`` and ``approver_id`` only on behalf of a file."""

    name: str
    slo_ids: Sequence[str]
    category: Category
    start: Instant
    end: Instant
    rrule: str
    reason: str
    author_id: str
    approver_id: str | None
    managed_by: str | None


def propose(work: Work, *, person_id: str | None = None, **fields: Unpack[AdjustmentFields]) -> AdjustmentRecord:
    """A new adjustment, which counts once somebody else has approved it. Raises Invalid, Conflict, Forbidden."""
    on_behalf = "managed_by" in fields
    values = _checked(work, fields)
    _may(work, values.get("slo_ids", ()))
    for needed in ("slo_ids", "category", "start", "end", "reason"):
        if not values.get(needed):
            raise Invalid(f"An adjustment needs {needed}.", field=needed)
    new = ids.new("adj", work.now)
    name = values.pop("name", "") or new.replace("_", "-")
    _free(work, name)
    author = values.pop("author_id") if on_behalf else persons.named(work, person_id)
    approver = values.pop("approver_id", None) if on_behalf else None
    _two(author, approver)
    _spans(values["start"], values["end"], values.get("rrule", ""))
    store.add(
        work,
        {
            "id": new, "rrule": "", "managed_by": None, **values, "name": name, "author_id": author,
            "approver_id": approver, "approved_at": work.now if approver else None, "created_at": work.now,
            "updated_at": work.now, "version": 1,
        },
    )  # fmt: skip
    names = [one.name for one in slo_store.those(work, values["slo_ids"])]
    work.record(
        new,
        AdjustmentProposed(name=name, category=str(values["category"]), reason=values["reason"], slos=names),
    )
    _told(work, new, values["slo_ids"])
    return _found(work, new)


def approve(work: Work, adjustment_id: str, *, person_id: str | None = None) -> AdjustmentRecord:
    """From now on it counts. Somebody else than its author."""
    before = _take(work, adjustment_id)
    who = persons.named(work, person_id)
    if before.approved_at is not None:
        raise Conflict("It has been approved already.", hint="Look again: somebody may have been quicker.")
    if who == before.author_id:
        raise Forbidden("Somebody else has to approve it.", hint="Ask the owner of the policy.")
    store.save(work, before.id, before.version, {"approver_id": who, "approved_at": work.now})
    work.record(before.id, AdjustmentApproved(name=before.name, approver=who))
    _told(work, before.id, before.slo_ids)
    return _found(work, before.id)


def edit(
    work: Work, adjustment_id: str, expected: int | None = None, *, person_id: str | None = None,
    **fields: Unpack[AdjustmentFields],
) -> AdjustmentRecord:  # fmt: skip
    """Change what is given. By hand its approval is void and the editor is its author."""
    before = _take(work, adjustment_id, expected)
    on_behalf = "managed_by" in fields
    if before.managed_by is not None and not on_behalf:
        raise Conflict(f"{before.managed_by} manages this adjustment.", hint="Change it there, or detach it first.")
    values = _checked(work, fields)
    if "slo_ids" in values:
        _may(work, values["slo_ids"])
    if values.get("name", before.name) != before.name:
        _free(work, values["name"])
    changed = {name: value for name, value in values.items() if getattr(before, name) != value}
    said = sorted(changed)
    if changed and not on_behalf:
        changed |= {"author_id": persons.named(work, person_id), "approver_id": None, "approved_at": None}
    if "approver_id" in changed:
        changed["approved_at"] = work.now if changed["approver_id"] else None
    if not changed:
        return before
    _two(changed.get("author_id", before.author_id), changed.get("approver_id", before.approver_id))
    start, end = changed.get("start", before.start), changed.get("end", before.end)
    _spans(start, end, changed.get("rrule", before.rrule))
    store.save(work, before.id, before.version, changed)
    after = _found(work, before.id)
    work.record(before.id, AdjustmentEdited(name=after.name, changed=said, approved=after.approved_at is not None))
    _told(work, before.id, {*before.slo_ids, *after.slo_ids})
    return after


def detach(work: Work, adjustment_id: str) -> AdjustmentRecord:
    """Take it out of a configuration file's hands, approved as it is."""
    before = _take(work, adjustment_id)
    if before.managed_by is None:
        return before
    store.save(work, before.id, before.version, {"managed_by": None})
    return _found(work, before.id)


def delete(work: Work, adjustment_id: str, expected: int | None = None, *, managed_by: str | None = None) -> None:
    """Everything it forgave is charged again."""
    before = _take(work, adjustment_id, expected)
    if before.managed_by is not None and managed_by is None:
        raise Conflict(f"{before.managed_by} manages this adjustment.", hint="Change it there, or detach it first.")
    store.save(work, before.id, before.version, {"deleted_at": work.now})
    work.record(before.id, AdjustmentDeleted(name=before.name))
    _told(work, before.id, before.slo_ids)


def _checked(work: Work, fields: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(fields)
    if values.get("name") and not _NAME.fullmatch(values["name"]):
        raise Invalid("This cannot be a name.", field="name", hint="Small letters, digits and hyphens, at most 63.")
    if "slo_ids" in values:
        values["slo_ids"] = tuple(dict.fromkeys(values["slo_ids"]))
        known = {one.id for one in slo_store.those(work, values["slo_ids"])}
        unknown = [one for one in values["slo_ids"] if one not in known]
        if unknown or not values["slo_ids"] or len(values["slo_ids"]) > _SLOS_MAX:
            raise Invalid("An adjustment names its objectives.", field="slos", hint=f"1 to {_SLOS_MAX} that there are.")
    if "reason" in values:
        values["reason"] = persons.reason(values["reason"])
    if "rrule" in values:
        values["rrule"] = values["rrule"].strip().upper().removeprefix("RRULE:")
    return values


def _may(work: Work, slo_ids: Sequence[str]) -> None:
    """Whoever may edit every objective it is about."""
    found = slo_store.those(work, slo_ids)
    if not found:
        work.needs(_EDIT)
    for one in found:
        work.needs(_EDIT, one.team_id)


def _two(author: str, approver: str | None) -> None:
    if approver is not None and approver == author:
        raise Invalid("Somebody else has to approve it.", field="approver", hint="Ask the owner of the policy.")


def _spans(start: Instant, end: Instant, rule: str) -> None:
    us = micros(end) - micros(start)
    if us <= 0 or micros(start) < 0:
        raise Invalid("It ends before it begins, or lies before 1970.", field="end")
    if us > _LONGEST_S * 1_000_000:
        raise Invalid("It lasts longer than a year.", field="end", hint="Change the target instead.")
    if us < MINUTE_S * 1_000_000:
        raise Invalid("It is shorter than a minute, which is the least that is counted.", field="end")
    repeating.check(rule, start, end)


def _free(work: Work, name: str) -> None:
    if store.get(work, name) is not None:
        raise Conflict(f"There is an adjustment {name} already.", field="name")


def _take(work: Work, adjustment_id: str, expected: int | None = None) -> AdjustmentRecord:
    found = store.take(work, adjustment_id)
    _may(work, found.slo_ids if found else ())
    if found is None:
        raise NotFound("There is no such adjustment.", field="adjustment_id")
    if expected is not None and expected != found.version:
        raise Changed("This adjustment has been edited meanwhile.", hint="Load it again and repeat your change.")
    return found


def _found(work: Work, adjustment_id: str) -> AdjustmentRecord:
    found = store.get(work, adjustment_id)
    assert found is not None
    return found


def _told(work: Work, adjustment_id: str, slo_ids: Sequence[str] | set[str]) -> None:
    for one in slo_store.those(work, slo_ids):
        commands.look_again(work, one)
    work.publish(commands.TOPIC, adjustment_id, *slo_ids)
