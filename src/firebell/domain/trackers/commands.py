"""Connect, edit and disconnect trackers, and note what was done and heard there."""

from __future__ import annotations

from typing import Any, Unpack

from msgspec.structs import replace

from firebell.domain.trackers import rules, store
from firebell.domain.trackers.model import (
    ActionMirrored,
    ClosedElsewhere,
    Item,
    Mirror,
    Tracker,
    TrackerConnected,
    TrackerDisconnected,
    TrackerEdited,
    TrackerFailing,
    TrackerFields,
    TrackerWorksAgain,
)
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Changed, Conflict, Invalid, NotFound
from firebell.kernel.secrets import Keyring
from firebell.kernel.work import Work

TOPIC = "trackers"
_EDIT = Permission.SETTINGS_EDIT


def connect(work: Work, keyring: Keyring, *, vendor: str, **fields: Unpack[TrackerFields]) -> str:
    """Mirror action items into one project; ``name``, ``project`` and ``token`` are needed. Returns its id."""
    work.needs(_EDIT)
    kind = rules.vendor(vendor)
    new = ids.new("trk", work.now)
    made = Tracker(
        id=new, vendor=kind, name=rules.name(fields.get("name", "")), url=rules.url(fields.get("url", ""), kind),
        project=rules.project(fields.get("project", ""), kind), account=rules.account(fields.get("account", ""), kind),
        issue_type=fields.get("issue_type", "").strip()[:60], team_id=fields.get("team_id"),
        enabled=fields.get("enabled", True), due_at=work.now, created_at=work.now,
    )  # fmt: skip
    _free(work, made)
    store.add(work, made, _seal(keyring, new, rules.token(fields.get("token", ""))))
    work.record("installation", TrackerConnected(vendor=kind, name=made.name, project=made.project))
    work.publish(TOPIC)
    work.wake()
    return new


def edit(
    work: Work, keyring: Keyring, tracker_id: str, *, expected: int | None = None, **fields: Unpack[TrackerFields]
) -> Tracker:
    """Change the given fields; an empty ``token`` leaves it as it is. Another address needs the token again."""
    before = _take(work, tracker_id, expected)
    kind = before.vendor
    checked: dict[str, Any] = {
        field: value for field, value in fields.items() if field in ("team_id", "enabled", "issue_type")
    }
    if "name" in fields:
        checked["name"] = rules.name(fields["name"])
    if "url" in fields:
        checked["url"] = rules.url(fields["url"], kind)
    if "project" in fields:
        checked["project"] = rules.project(fields["project"], kind)
    if "account" in fields:
        checked["account"] = rules.account(fields["account"], kind)
    changed = {field: value for field, value in checked.items() if getattr(before, field) != value}
    token = fields.get("token", "").strip()
    if "url" in changed and not token:
        # Otherwise whoever may edit the address could have the token sent to a place of their own.
        raise Invalid("Another address needs the token again.", field="token")
    if token:
        changed["token"] = _seal(keyring, tracker_id, rules.token(token))
    if not changed:
        return before
    _free(work, replace(before, **{name: value for name, value in changed.items() if name != "token"}))
    if "project" in changed or "url" in changed:
        raise_if_used(work, before)
    anew = {"works": None, "said": "", "failures": 0, "due_at": work.now}
    store.save(work, tracker_id, before.version, {**changed, **anew})
    work.record("installation", TrackerEdited(name=before.name, changed=sorted(changed)))
    work.publish(TOPIC)
    work.wake()
    return _found(work, tracker_id)


def raise_if_used(work: Work, one: Tracker) -> None:
    """Issues cannot move with it: another project is another tracker."""
    if store.mirrors_of(work, one.id):
        raise Conflict(
            "Action items are mirrored there already.", field="project",
            hint="Disconnect it (issues stay as they are) and connect the other one.",
        )  # fmt: skip


def disconnect(work: Work, tracker_id: str, expected: int | None = None) -> None:
    """Its issues stay there as they are; nothing is mirrored any more."""
    before = _take(work, tracker_id, expected)
    store.remove(work, before.id)
    work.record("installation", TrackerDisconnected(name=before.name))
    work.publish(TOPIC)


# ------------------------------------------------------------------ told by the workflow


def claim(work: Work) -> Tracker | None:
    """The next tracker that is due, for :data:`rules.LEASE_S`; whoever claims it next has a higher fence."""
    found = store.due(work)
    before = store.take(work, found) if found else None
    if before is None or (before.lease_until is not None and before.lease_until > work.now):
        return None
    held = {"lease_until": plus(work.now, rules.LEASE_S), "fence": before.fence + 1}
    store.note(work, before.id, held)
    return _found(work, before.id)


def look_again(work: Work, tracker_id: str) -> None:
    """Look there now rather than in a minute."""
    store.note(work, tracker_id, {"due_at": work.now})
    work.wake()


def note_worked(work: Work, held: Tracker, read_until: Instant) -> None:
    before = _found(work, held.id)
    values = {"works": True, "said": "", "failures": 0, "read_until": read_until, "lease_until": None,
              "due_at": plus(work.now, rules.EVERY_S)}  # fmt: skip
    if store.note(work, held.id, values, fence=held.fence) and before.works is not True:
        if before.failures >= rules.SAYS_FAILING_AT:
            work.record("installation", TrackerWorksAgain(name=before.name))
        work.publish(TOPIC)


def note_failed(work: Work, held: Tracker, reply: str) -> None:
    before = _found(work, held.id)
    failures = before.failures + 1
    values = {"works": False, "said": reply[:500], "failures": failures, "lease_until": None,
              "due_at": plus(work.now, rules.again_in_s(failures))}  # fmt: skip
    if store.note(work, held.id, values, fence=held.fence):
        if failures == rules.SAYS_FAILING_AT:
            work.record("installation", TrackerFailing(name=before.name, reply=reply[:300]))
        work.publish(TOPIC)


def note_trying(work: Work, tracker_id: str, action_id: str) -> None:
    """An issue is about to be made: should its answer be lost, it is looked for before another is made."""
    before = store.mirror(work, action_id)
    if before is None or before.tracker_id != tracker_id:
        before = Mirror(action_id=action_id, tracker_id=tracker_id)
    store.put_mirror(work, replace(before, trying_since=before.trying_since or work.now))


def note_pushed(work: Work, held: Tracker, item: Item, key: str, url: str, *, open_there: bool) -> None:
    """The issue says what the item says."""
    before = store.mirror(work, item.id)
    asked = before.asked_at if before else None
    made = Mirror(
        action_id=item.id, tracker_id=held.id, key=key, url=url, pushed=rules.fingerprint(item), open_there=open_there,
        asked_at=asked,
    )  # fmt: skip
    store.put_mirror(work, made)
    if before is None or before.key != key:
        work.record(item.id, ActionMirrored(tracker=held.name, key=key, url=url))
    work.publish(item.id)


def note_refused(work: Work, held: Tracker, action_id: str, reply: str) -> None:
    """This one item was not taken; the others go on."""
    before = store.mirror(work, action_id) or Mirror(action_id=action_id, tracker_id=held.id)
    store.put_mirror(work, replace(before, error=reply[:300], trying_since=None))
    work.publish(action_id)


def note_heard(work: Work, action_id: str, *, open_there: bool) -> None:
    before = store.mirror(work, action_id)
    if before is not None and before.open_there != open_there:
        store.put_mirror(work, replace(before, open_there=open_there))
        work.publish(action_id)


def note_asked(work: Work, held: Tracker, action_id: str) -> None:
    """It was closed there without evidence; it is open again, and its readers were asked for some."""
    before = store.mirror(work, action_id)
    if before is not None:
        store.put_mirror(work, replace(before, open_there=True, asked_at=work.now))
        work.record(action_id, ClosedElsewhere(tracker=held.name, key=before.key))
        work.publish(action_id)


# ------------------------------------------------------------------ inside


def _free(work: Work, one: Tracker) -> None:
    for other in store.all_trackers(work):
        if other.id == one.id:
            continue
        if other.name == one.name:
            raise Conflict(f"There is a tracker {one.name} already.", field="name")
        if one.enabled and other.enabled and other.team_id == one.team_id:
            raise Conflict(
                f"{other.name} already takes these action items.", field="team_id",
                hint="An item is mirrored in one place: choose another team, or disable the other one.",
            )  # fmt: skip


def _take(work: Work, tracker_id: str, expected: int | None = None) -> Tracker:
    work.needs(_EDIT)
    found = store.take(work, tracker_id)
    if found is None:
        raise NotFound("There is no such tracker.", field="tracker_id")
    if expected is not None and expected != found.version:
        raise Changed("This tracker has been edited meanwhile.", hint="Load it again and repeat your change.")
    return found


def _found(work: Work, tracker_id: str) -> Tracker:
    found = store.tracker(work, tracker_id)
    if found is None:
        raise NotFound("There is no such tracker.", field="tracker_id")
    return found


def _seal(keyring: Keyring, tracker_id: str, plain: str) -> str:
    return keyring.seal(plain, table="trackers", column="token", row_id=tracker_id)
