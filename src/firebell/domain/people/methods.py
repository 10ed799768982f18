"""Contact methods and notification rules: how a person wants to be reached, and proof that they can be.

Channel declarations live elsewhere, so ``config`` arrives checked. Sealing needs the row's id, hence a :class:`Sealer`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sqlalchemy import select, update

from firebell.domain.people import authority, reach_store, rules
from firebell.domain.people.access_store import verifications_table as codes
from firebell.domain.people.commands import PEOPLE
from firebell.domain.people.facts import (
    MethodAdded,
    MethodDisabled,
    MethodEdited,
    MethodEnabled,
    MethodRemoved,
    MethodTrusted,
    RulesSet,
)
from firebell.domain.people.model import ContactMethod, DisabledReason, NotificationRule
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Conflict, Invalid, NotFound
from firebell.kernel.ids import MethodId, RuleId
from firebell.kernel.work import Work


class Sealer(Protocol):
    """Seals the secret fields of a method's config for the row ``method_id``, and opens them again."""

    def seal(self, method_id: str, channel: str, config: Mapping[str, Any]) -> Mapping[str, Any]: ...

    def unseal(self, method_id: str, channel: str, config: Mapping[str, Any]) -> Mapping[str, Any]: ...


class NothingSecret:
    """The :class:`Sealer` of channels without secret fields."""

    def seal(self, method_id: str, channel: str, config: Mapping[str, Any]) -> Mapping[str, Any]:
        return config

    unseal = seal


PLAIN: Sealer = NothingSecret()


@dataclass(frozen=True, slots=True)
class NewRule:
    """One rule as a form or a file gives it; ``hours`` as :func:`rules.hours` reads them."""

    method_id: str
    delay_s: int = 0
    hours: Sequence[Mapping[str, Any]] = ()


def add_method(
    work: Work,
    user_id: str,
    *,
    name: str,
    channel: str,
    config: Mapping[str, Any],
    masked: str,
    sealer: Sealer = PLAIN,
    trusted: bool = False,
    managed_by: str | None = None,
) -> MethodId:
    """A new destination, unverified unless an administrator says ``trusted``. Raises Conflict, Invalid, Forbidden."""
    user = authority.take_person(work, user_id)
    if trusted:
        work.needs(Permission.PEOPLE_EDIT)
    theirs = reach_store.people(work, [user_id])[user.id].methods
    if len(theirs) >= rules.METHODS_MAX:
        raise Invalid("Too many contact methods.", hint=f"A person has at most {rules.METHODS_MAX}.")
    _check_name_free(name, theirs)
    method_id = MethodId(ids.new("mth", work.now))
    method = ContactMethod(
        id=method_id,
        user_id=user.id,
        name=rules.slug(name),
        channel=rules.slug(channel, "channel"),
        config=dict(sealer.seal(method_id, channel, config)),
        masked=masked,
        created_at=work.now,
        managed_by=managed_by,
        verified_at=work.now if trusted else None,
    )
    reach_store.add_method(work, method)
    work.record(user_id, MethodAdded(method=method_id, channel=channel))
    if trusted:
        work.record(user_id, MethodTrusted(method=method_id))
    work.publish(user_id, PEOPLE)
    return method_id


def edit_method(
    work: Work,
    method_id: str,
    *,
    name: str | None = None,
    config: Mapping[str, Any] | None = None,
    masked: str | None = None,
    sealer: Sealer = PLAIN,
    trusted: bool = False,
    managed_by: str | None = None,
) -> ContactMethod:
    """Change what is given. A changed destination is unverified again (unless ``trusted``), with a clean record."""
    before = take_own(work, method_id)
    if trusted:
        work.needs(Permission.PEOPLE_EDIT)
    authority.check_managed(before.managed_by, managed_by)
    after = replace(before, masked=masked or before.masked, managed_by=managed_by or before.managed_by)
    if name is not None and name != before.name:
        _check_name_free(name, reach_store.people(work, [before.user_id])[before.user_id].methods)
        after = replace(after, name=rules.slug(name))
    moved = config is not None and dict(sealer.unseal(before.id, before.channel, before.config)) != dict(config)
    if moved and config is not None:
        sealed = dict(sealer.seal(before.id, before.channel, config))
        after = replace(after, config=sealed, verified_at=None, failing=0, last_delivered_at=None, last_tested_at=None)
        if after.disabled_reason is DisabledReason.PERMANENT_FAILURES:
            after = replace(after, disabled_at=None, disabled_reason=None)
        end_codes(work, method_id)
    if trusted and after.verified_at is None:
        after = replace(after, verified_at=work.now)
        work.record(before.user_id, MethodTrusted(method=before.id))
    if after == before:
        return before
    reach_store.save_method(work, after)
    changed = [f for f in ("name", "config", "masked", "managed_by") if getattr(after, f) != getattr(before, f)]
    if changed:
        work.record(before.user_id, MethodEdited(method=before.id, changed=changed))
    work.publish(before.user_id, PEOPLE)
    return after


def remove_method(work: Work, method_id: str, *, managed_by: str | None = None) -> None:
    """Forget a destination and the rules that use it."""
    method = take_own(work, method_id)
    authority.check_managed(method.managed_by, managed_by)
    forget(work, method, "by_hand")


def disable_method(work: Work, method_id: str) -> None:
    """Send nothing more to this destination until it is enabled again."""
    method = take_own(work, method_id)
    if method.disabled_at is None:
        _disable(work, method, DisabledReason.BY_HAND)


def enable_method(work: Work, method_id: str) -> None:
    """Undo a disablement, whatever its reason, with a clean record of failures."""
    method = take_own(work, method_id)
    if method.disabled_at is not None:
        reach_store.save_method(work, replace(method, disabled_at=None, disabled_reason=None, failing=0))
        work.record(method.user_id, MethodEnabled(method=method.id))
        work.publish(method.user_id, PEOPLE)


def set_rules(
    work: Work, user_id: str, urgency: str, new: Sequence[NewRule], *, managed_by: str | None = None
) -> tuple[NotificationRule, ...]:
    """Make ``new`` the person's whole set for this urgency. Raises Invalid naming the rule and field."""
    user = authority.take_person(work, user_id)
    authority.check_managed(user.managed_by, managed_by)
    which = rules.urgency(urgency)
    person = reach_store.people(work, [user_id])[user.id]
    others = sum(1 for rule in person.rules if rule.urgency is not which)
    rules.check_rules([(rule.method_id, rule.delay_s) for rule in new], person.methods, others)
    made = tuple(
        NotificationRule(
            id=RuleId(ids.new("rul", work.now)),
            user_id=user.id,
            urgency=which,
            method_id=MethodId(rule.method_id),
            delay_s=rule.delay_s,
            hours=rules.hours(rule.hours, f"rules[{index}].hours"),
        )
        for index, rule in enumerate(new)
    )
    was = [(rule.method_id, rule.delay_s, rule.hours) for rule in person.rules if rule.urgency is which]
    if sorted(was, key=repr) == sorted(((r.method_id, r.delay_s, r.hours) for r in made), key=repr):
        return tuple(rule for rule in person.rules if rule.urgency is which)
    reach_store.replace_rules(work, user_id, which, made)
    work.record(user_id, RulesSet(urgency=which.value, rules=len(made)))
    work.publish(user_id, PEOPLE)
    return rules.sorted_rules(made)


# ---------------------------------------------------------------- what the deliveries report


def note_delivered(work: Work, method_id: str, at: Instant, *, test: bool = False) -> None:
    """Something arrived there at ``at``. A method removed meanwhile is no error."""
    work.needs(Permission.PEOPLE_EDIT)
    method = reach_store.find_method(work, method_id)
    if method is None:
        return
    later = at if method.last_delivered_at is None else max(at, method.last_delivered_at)
    tested = at if test else method.last_tested_at
    reach_store.save_method(work, replace(method, last_delivered_at=later, last_tested_at=tested, failing=0))
    work.publish(method.user_id)


def note_failed(work: Work, method_id: str, *, permanent: bool) -> DisabledReason | None:
    """An attempt failed. Three permanent errors in a row disable the method: then the reason comes back."""
    work.needs(Permission.PEOPLE_EDIT)
    method = reach_store.find_method(work, method_id)
    if method is None:
        return None
    failing, reason = rules.failed(method, permanent=permanent)
    method = replace(method, failing=failing)
    if reason is not None:
        _disable(work, method, reason)
    elif permanent:
        reach_store.save_method(work, method)
        work.publish(method.user_id)
    return reason


def take_own(work: Work, method_id: str) -> ContactMethod:
    """The method, locked, of a person whom the actor may change. Others' methods look like missing ones."""
    owner = work.scalar(select(reach_store.methods_table.c.user_id).where(reach_store.methods_table.c.id == method_id))
    if owner is None or not (authority.is_self(work, owner) or work.actor.may(Permission.PEOPLE_EDIT)):
        work.needs(Permission.SELF_EDIT)
        raise NotFound("There is no such contact method.")
    authority.take_person(work, owner)
    return reach_store.take_method(work, method_id)


def _check_name_free(name: str, theirs: Iterable[ContactMethod]) -> None:
    if any(method.name == name for method in theirs):
        raise Conflict(f"There is a contact method {name} already.", field="name", hint="Choose another name.")


def _disable(work: Work, method: ContactMethod, reason: DisabledReason) -> None:
    reach_store.save_method(work, replace(method, disabled_at=work.now, disabled_reason=reason))
    work.record(method.user_id, MethodDisabled(method=method.id, reason=reason.value))
    work.publish(method.user_id, PEOPLE)


def forget(work: Work, method: ContactMethod, reason: str) -> None:
    end_codes(work, method.id)
    reach_store.drop_method(work, method.id)
    work.record(method.user_id, MethodRemoved(method=method.id, reason=reason))
    work.publish(method.user_id, PEOPLE)


def end_codes(work: Work, method_id: str) -> None:
    """Codes sent for this method count no longer."""
    work.write(
        update(codes).where(codes.c.method_id == method_id, codes.c.ended_at.is_(None)).values(ended_at=work.now)
    )
