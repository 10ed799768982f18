"""Error budget policies: written, edited, agreed to, and what was settled when people did not agree.

Every edit of what people agree to is the next edition, to which nobody has agreed yet. All editions are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypedDict, Unpack

from firebell.domain.slo import commands, persons
from firebell.domain.slo import policy_store as store
from firebell.domain.slo import store as slo_store
from firebell.domain.slo.facts import (
    PolicyApproved,
    PolicyCreated,
    PolicyDecided,
    PolicyDeleted,
    PolicyEdited,
    PolicyReviewed,
    PolicyWithdrawn,
    SloReviewed,
)
from firebell.domain.slo.gate import Change
from firebell.domain.slo.policy import Approval, Exemption, Policy, Threshold, review_hint
from firebell.domain.slo.records import PolicyDecision, PolicyRecord, Review
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Changed, Conflict, Forbidden, Invalid, NotFound
from firebell.kernel.text import printable
from firebell.kernel.work import Work

_EDIT = Permission.SLOS_EDIT
_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?")
ROLES = ("product", "development", "reliability")
"""All three have to agree."""
_SLOS_MAX, _THRESHOLDS_MAX, _GOALS_MAX, _TEXT_MAX = 200, 20, 10, 2000
REVIEW_MAX_S, OVERRIDE_MAX_S = 366 * 86_400, 14 * 86_400


class PolicyFields(TypedDict, total=False):
    """What of a policy can be set; objectives and people are ids. ``approvals``: (role, user)."""

    name: str
    team_id: str | None
    slo_ids: Sequence[str]
    thresholds: Sequence[Threshold]
    approvals: Sequence[tuple[str, str]]
    goals: Sequence[str]
    decider_id: str
    exemptions: Iterable[Exemption]
    review_every_s: int
    override_max_s: int
    override_who: Iterable[str]
    managed_by: str | None


def create(work: Work, **fields: Unpack[PolicyFields]) -> PolicyRecord:
    """A new policy, edition 1. Raises Invalid, Conflict (name taken), Forbidden."""
    work.needs(_EDIT, fields.get("team_id"))
    if not fields.get("name"):
        raise Invalid("A policy needs a name.", field="name", hint="For example payments.")
    policy = _policy(work, Policy(fields["name"], 1, (), (), ()), fields)
    _free(work, policy.name)
    new = ids.new("ebp", work.now)
    store.add(
        work,
        {
            "id": new, "name": policy.name, "team_id": fields.get("team_id"), "edition": 1,
            "content": store.content(policy), "managed_by": fields.get("managed_by"), "created_at": work.now,
            "updated_at": work.now, "version": 1,
        },
    )  # fmt: skip
    store.add_edition(work, new, policy, _by(work))
    work.record(new, PolicyCreated(name=policy.name))
    _told(work, new, policy)
    return _found(work, new)


def edit(work: Work, policy_id: str, expected: int | None = None, **fields: Unpack[PolicyFields]) -> PolicyRecord:
    """Change what is given. What people agree to makes the next edition, and every approval is void."""
    before = _take(work, policy_id, expected)
    if before.managed_by is not None and "managed_by" not in fields:
        raise Conflict(f"{before.managed_by} manages this policy.", hint="Change it there, or detach it first.")
    if "team_id" in fields:
        work.needs(_EDIT, fields["team_id"])
    policy = _policy(work, before.policy, fields)
    if policy.name != before.name:
        _free(work, policy.name)
    was, is_ = store.content(before.policy), store.content(policy)
    changed = sorted(name for name in is_ if is_[name] != was[name])
    values: dict[str, Any] = {}
    if changed:
        policy = replace(policy, version=before.policy.version + 1)
        values |= {"content": is_, "edition": policy.version, "reviewed_at": work.now}
    if policy.name != before.name:
        values["name"] = policy.name
    for name in ("team_id", "managed_by"):
        if name in fields and fields[name] != getattr(before, name):
            values[name] = fields[name]
    if not values:
        return before
    store.save(work, before.id, before.version, values)
    if changed:
        store.add_edition(work, before.id, policy, _by(work))
        work.record(before.id, PolicyEdited(name=policy.name, edition=policy.version, changed=changed))
    _told(work, before.id, policy, before.policy)
    return _found(work, before.id)


def delete(work: Work, policy_id: str, expected: int | None = None, *, managed_by: str | None = None) -> None:
    """Its objectives have none from now on; its editions stay readable."""
    before = _take(work, policy_id, expected)
    if before.managed_by is not None and managed_by is None:
        raise Conflict(f"{before.managed_by} manages this policy.", hint="Change it there, or detach it first.")
    store.save(work, before.id, before.version, {"deleted_at": work.now})
    work.record(before.id, PolicyDeleted(name=before.name))
    _told(work, before.id, before.policy)


def approve(
    work: Work, policy_id: str, as_: str, edition: int | None = None, *, person_id: str | None = None
) -> PolicyRecord:
    """Agree to the standing edition as product, development or reliability: only whom the policy names.

    ``edition``: what the person has read; Changed when it is another by now.
    """
    before, who = _asked(work, policy_id, as_, person_id)
    if edition is not None and edition != before.policy.version:
        raise Changed("The policy has been edited meanwhile.", hint="Read it again before you agree.")
    if any((one.as_, one.user_id) == (as_, who) and one.version for one in before.policy.approvals):
        return before
    store.add_approval(work, before.id, before.policy.version, as_, who)
    after = _found(work, before.id)
    said = PolicyApproved(name=before.name, edition=before.policy.version, as_=as_, complete=after.policy.approved)
    work.record(before.id, said)
    _told(work, before.id, before.policy)
    return after


def withdraw(work: Work, policy_id: str, as_: str, *, person_id: str | None = None) -> PolicyRecord:
    """No longer agree: it only warns until you do."""
    before, who = _asked(work, policy_id, as_, person_id)
    if not any((one.as_, one.user_id) == (as_, who) and one.version for one in before.policy.approvals):
        return before
    store.drop_approval(work, before.id, before.policy.version, as_, who)
    work.record(before.id, PolicyWithdrawn(name=before.name, edition=before.policy.version, as_=as_))
    _told(work, before.id, before.policy)
    return _found(work, before.id)


def decide(work: Work, policy_id: str, about: str, decision: str, *, person_id: str | None = None) -> PolicyDecision:
    """The decider settles a dispute, and what was settled is kept."""
    work.needs(Permission.SLOS_VIEW)
    before = store.take(work, policy_id)
    if before is None:
        raise NotFound("There is no such policy.", field="policy_id")
    who = persons.named(work, person_id)
    if not before.policy.decider or who != before.policy.decider:
        raise Forbidden("Only the policy's decider settles disputes.", hint="The policy says who that is.")
    one = PolicyDecision(
        ids.new("dec", work.now), before.id, before.policy.version, persons.reason(about, "about"),
        persons.reason(decision, "decision"), who, work.now,
    )  # fmt: skip
    store.add_decision(work, one)
    work.record(before.id, PolicyDecided(name=before.name, about=one.about, decision=one.decision))
    work.publish(commands.TOPIC, before.id)
    return one


def note_reviewed(work: Work, policy_id: str) -> PolicyRecord:
    """It was looked at, and stays as it is until the next review."""
    before = _take(work, policy_id, None)
    store.save(work, before.id, before.version, {"reviewed_at": work.now})
    work.record(before.id, PolicyReviewed(name=before.name, edition=before.policy.version))
    work.publish(commands.TOPIC, before.id)
    return _found(work, before.id)


def review(
    work: Work, slo_id: str, *, met: bool, toil_high: bool, satisfied: bool, note: str = "",
    person_id: str | None = None,
) -> Review:  # fmt: skip
    """A look back at one objective; what it suggests is kept with it."""
    record = commands.take(work, slo_id)
    hint = review_hint(met=met, toil_high=toil_high, satisfied=satisfied)
    one = Review(
        ids.new("rev", work.now), record.id, met, toil_high, satisfied, hint, printable(note)[:_TEXT_MAX],
        persons.named(work, person_id), work.now,
    )  # fmt: skip
    store.add_review(work, one)
    work.record(record.id, SloReviewed(name=record.name, met=met, toil_high=toil_high, satisfied=satisfied, hint=hint))
    work.publish(commands.TOPIC, record.id)
    return one


# ------------------------------------------------------------------ inside


def _policy(work: Work, before: Policy, fields: Mapping[str, Any]) -> Policy:
    after = before
    if "name" in fields:
        if not _NAME.fullmatch(fields["name"]):
            raise Invalid("This cannot be a name.", field="name", hint="Small letters, digits and hyphens.")
        after = replace(after, name=fields["name"])
    if "slo_ids" in fields:
        wanted = tuple(dict.fromkeys(fields["slo_ids"]))
        known = {one.id for one in slo_store.those(work, wanted)}
        if len(wanted) > _SLOS_MAX or any(one not in known for one in wanted):
            raise Invalid("A policy names objectives that there are.", field="slos", hint=f"At most {_SLOS_MAX}.")
        after = replace(after, slos=wanted)
    if "thresholds" in fields:
        after = replace(after, thresholds=_thresholds(fields["thresholds"]))
    if "approvals" in fields:
        asked = tuple(dict.fromkeys(fields["approvals"]))
        if {role for role, _ in asked} != set(ROLES) or len(asked) != len(ROLES):
            raise Invalid(
                "A policy is agreed to by one person each for product, development and reliability.",
                field="approvals", hint="- {user: pm, as: product}",
            )  # fmt: skip
        after = replace(after, approvals=tuple(Approval(user, role) for role, user in asked))
    if "goals" in fields:
        goals = tuple(printable(one, one_line=True) for one in fields["goals"])
        if len(goals) > _GOALS_MAX or any(not 0 < len(one) <= _TEXT_MAX for one in goals):
            raise Invalid(f"At most {_GOALS_MAX} goals.", field="goals")
        after = replace(after, goals=goals)
    after = replace(
        after,
        decider=fields.get("decider_id", after.decider) or "",
        exemptions=frozenset(fields.get("exemptions", after.exemptions)),
        review_every_s=fields.get("review_every_s", after.review_every_s),
        override_max_s=fields.get("override_max_s", after.override_max_s),
        override_who=frozenset(fields.get("override_who", after.override_who)),
    )
    if not 86_400 <= after.review_every_s <= REVIEW_MAX_S:
        raise Invalid("A policy is reviewed every day to every year.", field="reviewEvery", hint="90d")
    if not 60 <= after.override_max_s <= OVERRIDE_MAX_S:
        raise Invalid("An override lasts a minute to two weeks.", field="override.maxDuration", hint="24h")
    return after


def _thresholds(found: Sequence[Threshold]) -> tuple[Threshold, ...]:
    if len(found) > _THRESHOLDS_MAX:
        raise Invalid(f"A policy has at most {_THRESHOLDS_MAX} thresholds.", field="thresholds")
    for index, one in enumerate(found):
        unknown = sorted(one.spared - set(Change))
        if unknown:
            raise Invalid(
                f"“{unknown[0][:40]}” is no kind of change.", field=f"thresholds[{index}].except",
                hint=f"One of {', '.join(Change)}.",
            )  # fmt: skip
    return tuple(found)


def _asked(work: Work, policy_id: str, as_: str, person_id: str | None) -> tuple[PolicyRecord, str]:
    """The policy, locked, and who is asked to agree to it in this role."""
    work.needs(Permission.SLOS_VIEW)
    before = store.take(work, policy_id)
    if before is None:
        raise NotFound("There is no such policy.", field="policy_id")
    who = persons.named(work, person_id)
    if as_ not in ROLES:
        raise Invalid(f"“{as_[:40]}” does not agree to policies.", field="as", hint=", ".join(ROLES))
    if not any((one.as_, one.user_id) == (as_, who) for one in before.policy.approvals):
        raise Forbidden(f"The policy asks somebody else as {as_}.", hint="The policy names who has to agree.")
    return before, who


def _take(work: Work, policy_id: str, expected: int | None) -> PolicyRecord:
    found = store.take(work, policy_id)
    work.needs(_EDIT, found.team_id if found else None)
    if found is None:
        raise NotFound("There is no such policy.", field="policy_id")
    if expected is not None and expected != found.version:
        raise Changed("This policy has been edited meanwhile.", hint="Load it again and repeat your change.")
    return found


def _free(work: Work, name: str) -> None:
    if store.get(work, name) is not None:
        raise Conflict(f"There is a policy {name} already.", field="name")


def _found(work: Work, policy_id: str) -> PolicyRecord:
    found = store.get(work, policy_id)
    assert found is not None
    return found


def _by(work: Work) -> str:
    return f"{work.actor.kind}:{work.actor.id}"


def _told(work: Work, policy_id: str, *policies: Policy) -> None:
    wanted = {one for policy in policies for one in policy.slos}
    for record in slo_store.those(work, wanted):
        commands.look_again(work, record)
    work.publish(commands.TOPIC, policy_id, *wanted)
