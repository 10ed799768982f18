"""Make, edit and delete objectives. A document that is edited keeps its counts as long as they count the same."""

from __future__ import annotations

from dataclasses import fields, replace
from fractions import Fraction
from typing import Final

from firebell.domain.slo import counts_store, day_sums, evaluations, state_store, store
from firebell.domain.slo.facts import SloCreated, SloDeleted, SloDetached, SloEdited
from firebell.domain.slo.model import Slo
from firebell.domain.slo.records import SloClock, SloRecord
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Changed, Conflict, Invalid, NotFound
from firebell.kernel.ids import SloId
from firebell.kernel.work import Work

TOPIC = "slos"
OBJECTIVES_MAX = 20
KEEP: Final = "\0keep"
"""Leave ``managed_by`` as it is."""
_EDIT = Permission.SLOS_EDIT


def create(
    work: Work, slo: Slo, *, service_id: str | None, team_id: str | None, managed_by: str | None = None
) -> SloRecord:
    """A new objective of a service and its team. Raises Conflict (name taken), Invalid, Forbidden."""
    work.needs(_EDIT, team_id)
    _check(slo)
    _free(work, slo.name)
    new = SloId(ids.new("slo", work.now))
    store.add(
        work,
        {
            "id": new, "name": slo.name, "service_id": service_id, "team_id": team_id, "source": "",
            "document": store.written(slo), "managed_by": managed_by, "created_at": work.now, "updated_at": work.now,
            "version": 1,
        },
    )  # fmt: skip
    record = _found(work, new)
    for part in record.parts:
        counts_store.add_series(work, new, part.number, part.indicator.atoms, slo.bucket_s)
    store.put_evaluated(work, [SloClock(new, due_at=work.now, poll_at=evaluations.first_poll(record, work.now))])
    work.record(new, SloCreated(name=slo.name, service=slo.service))
    work.publish(TOPIC, new)
    work.wake()
    return record


def edit(
    work: Work, slo_id: str, slo: Slo, expected: int | None = None, *, service_id: str | None, team_id: str | None,
    managed_by: str | None = KEEP,
) -> SloRecord:  # fmt: skip
    """Write the whole document anew. Raises Changed when ``expected`` is not the current version, Conflict when a
    file manages it (unless the file itself edits: ``managed_by`` given)."""
    before = take(work, slo_id, expected)
    _managed(before, on_behalf=managed_by != KEEP)
    work.needs(_EDIT, team_id)
    _check(slo)
    if slo.name != before.name:
        _free(work, slo.name)
    changed = [one.name for one in fields(slo) if getattr(slo, one.name) != getattr(before.slo, one.name)]
    manager = before.managed_by if managed_by == KEEP else managed_by
    if not changed and (service_id, team_id, manager) == (before.service_id, before.team_id, before.managed_by):
        return before
    values = {
        "name": slo.name, "service_id": service_id, "team_id": team_id, "document": store.written(slo),
        "managed_by": manager,
    }  # fmt: skip
    store.save(work, before.id, before.version, values)
    after = _found(work, before.id)
    restarted = _counts_follow(work, before, after)
    state_store.drop_beyond(work, before.id, len(slo.objectives))
    evaluations.begin_anew(work, after)
    work.record(before.id, SloEdited(name=slo.name, changed=changed, restarted=restarted))
    work.publish(TOPIC, before.id)
    work.wake()
    return after


def detach(work: Work, slo_id: str) -> SloRecord:
    """Take it out of a configuration file's hands; finding it in nobody's changes nothing."""
    before = take(work, slo_id)
    if before.managed_by is None:
        return before
    store.save(work, before.id, before.version, {"managed_by": None})
    work.record(before.id, SloDetached(name=before.name, was=before.managed_by))
    work.publish(TOPIC, before.id)
    return _found(work, before.id)


def delete(work: Work, slo_id: str, expected: int | None = None, *, managed_by: str | None = None) -> None:
    """It is evaluated no more. What it has counted stays where it is."""
    before = take(work, slo_id, expected)
    _managed(before, on_behalf=managed_by is not None)
    store.save(work, before.id, before.version, {"deleted_at": work.now})
    for info in counts_store.take_series(work, [before.id]).values():
        counts_store.end_series(work, info.id)
    work.record(before.id, SloDeleted(name=before.name))
    work.publish(TOPIC, before.id)
    work.wake()


def take(work: Work, slo_id: str, expected: int | None = None, *, needs: Permission = _EDIT) -> SloRecord:
    """The objective, locked, if the actor may. Raises NotFound, Forbidden, Changed."""
    found = store.take(work, slo_id)
    work.needs(needs, found.team_id if found else None)
    if found is None:
        raise NotFound("There is no such SLO.", field="slo_id")
    if expected is not None and expected != found.version:
        raise Changed("This SLO has been edited meanwhile.", hint="Load it again and repeat your change.")
    return found


def follow_service(work: Work, service_id: str, name: str, team_id: str | None) -> None:
    """The service is called otherwise or another team's now: so are its objectives. Whoever may change the service may
    do so, and nothing more is asked."""
    for record in store.listed(work, store.slos.c.service_id == service_id):
        if (record.slo.service, record.team_id) == (name, team_id):
            continue
        values = {"document": store.written(replace(record.slo, service=name)), "team_id": team_id}
        store.save(work, record.id, record.version, values)
        work.record(record.id, SloEdited(name=record.name, changed=["service"]))
        work.publish(TOPIC, record.id)


def look_again(work: Work, record: SloRecord) -> None:
    """What it is charged may be another now: evaluate it at once."""
    clock = store.clocks_of(work, [record.id]).get(record.id, SloClock(record.id))
    store.put_evaluated(work, [replace(clock, due_at=work.now)])
    work.wake()


def _counts_follow(work: Work, before: SloRecord, after: SloRecord) -> bool:
    """Series for the parts as they are now. One whose atoms or buckets are others begins anew: nothing is mixed."""
    standing = {part: info for (_, part), info in counts_store.take_series(work, [after.id]).items()}
    wanted = {one.number: one.indicator.atoms for one in after.parts}
    restarted = False
    for part, info in standing.items():
        if wanted.get(part) != info.atoms or info.bucket_s != after.slo.bucket_s:
            counts_store.end_series(work, info.id)
            restarted = restarted or info.first_start is not None
    for part, atoms in wanted.items():
        info_now = standing.get(part)
        if info_now is None or info_now.atoms != atoms or info_now.bucket_s != after.slo.bucket_s:
            counts_store.add_series(work, after.id, part, atoms, after.slo.bucket_s)
    if _slotted(before.slo) != _slotted(after.slo):
        day_sums.rebuild(work, after)
    return restarted


def _slotted(slo: Slo) -> tuple[object, ...]:
    """What decides how buckets become slots."""
    how = tuple((one.slice_s, one.slice_target, one.indicator is None) for one in slo.objectives)
    return slo.method, day_sums.origin(slo), how


def _check(slo: Slo) -> None:
    if len(slo.objectives) > OBJECTIVES_MAX:
        raise Invalid(f"An SLO has at most {OBJECTIVES_MAX} objectives.", field="spec.objectives")
    if any(one.allowed == Fraction(0) for one in slo.objectives):
        raise Invalid("A target of 100 % leaves no error budget.", field="spec.objectives", hint="For example 0.999.")
    if slo.bucket_s != 60:
        for index, one in enumerate(slo.objectives):
            if one.slice_s is not None and one.slice_s % slo.bucket_s:
                raise Invalid(
                    "A slice is a whole number of buckets.", field=f"spec.objectives[{index}].timeSliceWindow",
                    hint="5m, 10m, 1h.",
                )  # fmt: skip


def _free(work: Work, name: str) -> None:
    if store.named(work, name) is not None:
        raise Conflict(f"There is an SLO {name} already.", field="metadata.name")


def _managed(before: SloRecord, *, on_behalf: bool) -> None:
    if before.managed_by is not None and not on_behalf:
        raise Conflict(f"{before.managed_by} manages this SLO.", hint="Change it there, or detach it first.")


def _found(work: Work, slo_id: str) -> SloRecord:
    found = store.get(work, slo_id)
    assert found is not None
    return found
