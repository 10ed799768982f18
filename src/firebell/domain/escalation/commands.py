"""What can be done to policies and runs. Run verbs are told by workflows only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace as dc_replace

import msgspec

from firebell.domain.escalation import rules, store
from firebell.domain.escalation.model import (
    AckExpired,
    Climb,
    FallbackSet,
    Policy,
    PolicyChanged,
    Run,
    RunKind,
    RunStarted,
    RunState,
    RunStopped,
    Target,
)
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Changed, Conflict, Invalid, NotFound
from firebell.kernel.work import Work


def create_policy(
    work: Work,
    *,
    name: str,
    display_name: str = "",
    team_id: str | None = None,
    climb: Climb,
    managed_by: str | None = None,
) -> Policy:
    """A new policy. Raises Invalid (field and limit), Conflict (name taken)."""
    work.needs(Permission.POLICIES_EDIT, team_id)
    rules.check(climb)
    _check_name(work, name, None)
    policy = Policy(ids.new("pol", work.now), name, display_name or name, team_id, climb, 1, managed_by)
    store.add_policy(work, policy)
    work.record(policy.id, PolicyChanged(name=name, version=1, what="created"))
    work.publish("policies", policy.id)
    return policy


def edit_policy(
    work: Work,
    policy_id: str,
    expected: int | None = None,
    *,
    name: str | None = None,
    display_name: str | None = None,
    team_id: str | None = None,
    climb: Climb | None = None,
    managed_by: str | None = None,
) -> Policy:
    """Change what is given (``team_id=""``: no team); runs under way keep climbing the version they started with.

    Raises Changed when ``expected`` is not the current version. What a file manages is refused (Conflict) unless
    ``managed_by`` is given. Moving to another team needs the permission in both.
    """
    policy = _policy(work, policy_id, expected)
    _check_managed(policy, managed_by)
    if team_id is not None and (team_id or None) != policy.team_id:
        work.needs(Permission.POLICIES_EDIT, team_id or None)
    if name is not None and name != policy.name:
        _check_name(work, name, policy_id)
    if climb is not None:
        rules.check(climb)
    changed = dc_replace(
        policy,
        name=name or policy.name,
        display_name=display_name or policy.display_name,
        team_id=policy.team_id if team_id is None else team_id or None,
        climb=climb or policy.climb,
        managed_by=managed_by if managed_by is not None else policy.managed_by,
    )
    if changed == policy:
        return policy
    changed = dc_replace(changed, version=policy.version + 1)
    store.save_policy(work, changed, policy.version)
    store.add_version(work, changed)
    work.record(policy_id, PolicyChanged(name=changed.name, version=changed.version, what="edited"))
    work.publish("policies", policy_id)
    return changed


def delete_policy(work: Work, policy_id: str, expected: int | None = None, *, managed_by: str | None = None) -> None:
    """Soft delete. The caller checks that no service still uses it."""
    policy = _policy(work, policy_id, expected)
    _check_managed(policy, managed_by)
    store.save_policy(work, policy, policy.version, deleted_at=work.now)
    work.record(policy_id, PolicyChanged(name=policy.name, version=policy.version, what="deleted"))
    work.publish("policies", policy_id)


def detach_policy(work: Work, policy_id: str) -> None:
    """Take the policy out of a configuration's hands."""
    policy = _policy(work, policy_id, None)
    if policy.managed_by is not None:
        changed = dc_replace(policy, managed_by=None, version=policy.version + 1)
        store.save_policy(work, changed, policy.version)
        store.add_version(work, changed)
        work.record(policy_id, PolicyChanged(name=policy.name, version=changed.version, what="detached"))
        work.publish("policies", policy_id)


def _policy(work: Work, policy_id: str, expected: int | None) -> Policy:
    policy = store.get(work, policy_id)
    work.needs(Permission.POLICIES_EDIT, policy.team_id if policy else None)
    if policy is None:
        raise NotFound("There is no such escalation policy.", field="policy_id")
    if expected is not None and expected != policy.version:
        raise Changed("This policy has been edited meanwhile.", hint="Load it again and repeat your change.")
    return policy


def _check_managed(policy: Policy, managed_by: str | None) -> None:
    if policy.managed_by is not None and managed_by is None:
        raise Conflict(f"This is managed by {policy.managed_by}.", hint="Change it there, or detach it first.")


def _check_name(work: Work, name: str, own_id: str | None) -> None:
    if not ids.is_slug(name):
        raise Invalid(
            "A name is lower-case letters, digits and hyphens.", field="name", hint="For example payments-primary."
        )
    other = store.by_name(work, name)
    if other is not None and other.id != own_id:
        raise Conflict(f"A policy is already called {name}.", field="name", hint="Choose another name.")


def set_fallback(work: Work, targets: Sequence[Target]) -> None:
    """Who is told when nothing else reaches a human. Cannot be emptied."""
    work.needs(Permission.SETTINGS_EDIT)
    if not targets:
        raise Invalid(
            "The installation's fallback cannot be empty.", field="fallback", hint="Name at least one person."
        )
    store.set_fallback(work, targets)
    work.record("installation", FallbackSet(people=[t.id for t in targets]))


def new_run(
    work: Work,
    *,
    alert_id: str,
    service_id: str,
    team_id: str | None,
    policy_id: str | None,
    policy_version: int,
    severity: str,
    urgency: str,
    kind: str = RunKind.ALERT,
    own_climb: Climb | None = None,
) -> Run:
    """A run that is due now. Several are written together by :func:`start`."""
    return Run(
        id=ids.new("run", work.now), kind=kind, alert_id=alert_id, service_id=service_id, team_id=team_id,
        policy_id=policy_id, policy_version=policy_version, severity=severity, urgency=urgency, due_at=work.now,
        started_at=work.now, own_climb=msgspec.to_builtins(own_climb) if own_climb is not None else None,
    )  # fmt: skip


def start(work: Work, new: Sequence[Run]) -> None:
    """Begin climbing: the worker takes the first step as soon as this unit commits."""
    store.add_runs(work, new)
    for run in new:
        if run.kind == RunKind.STORM or run.own_climb is not None:
            work.record(
                run.alert_id, RunStarted(run_id=run.id, policy_id=run.policy_id, policy_version=run.policy_version)
            )
    if new:
        work.wake()


def ladder_of(work: Work, run: Run) -> Climb:
    """What the run follows: its own ladder, or the frozen version of its policy; empty when there is none."""
    if run.own_climb is not None:
        return store.climb(run.own_climb)
    if run.policy_id is None:
        return Climb(steps=(), fallback=())
    key = ("ladder", run.policy_id, run.policy_version)
    if key not in work.memo:
        found = store.ladder(work, run.policy_id, run.policy_version)
        work.memo[key] = found if found is not None else Climb(steps=(), fallback=())
    ladder: Climb = work.memo[key]
    return ladder


def acknowledge(work: Work, run_id: str, acker_id: str | None) -> Run | None:
    """Stop climbing because somebody has it."""
    run = store.take(work, run_id)
    if run is None:
        return None
    after = rules.acknowledged(run, ladder_of(work, run), work.now, acker_id)
    if after is not run:
        store.save(work, after)
        work.record(run.alert_id, RunStopped(run_id=run_id, why="acknowledged"))
    return after


def end(work: Work, run_id: str, why: str) -> None:
    """Stop for good."""
    run = store.take(work, run_id)
    if run is None:
        return
    after = rules.ended(run, work.now, why)
    if after is not run:
        store.save(work, after)
        work.record(run.alert_id, RunStopped(run_id=run_id, why=why))


def restart(work: Work, run_id: str) -> None:
    """From step one, now."""
    run = store.take(work, run_id)
    if run is not None and run.state != RunState.ENDED:
        store.save(work, rules.restart(run, work.now))
        work.wake()


def expire_ack(work: Work, run: Run) -> Run:
    """The acknowledgement has run out: the ladder is climbed from the start."""
    after = rules.restart(run, work.now)
    store.save(work, after)
    work.record(run.alert_id, AckExpired(run_id=run.id, acker_id=run.acker_id))
    return after


def keep_ack(work: Work, run: Run) -> Run:
    """The acknowledgement does not expire now: it is asked again after another time-out."""
    after = rules.kept(run, ladder_of(work, run), work.now)
    store.save(work, after)
    return after


def raise_severity(work: Work, run_id: str, severity: str, urgency: str) -> None:
    """A higher severity may bring the next step nearer."""
    run = store.take(work, run_id)
    if run is None:
        return
    after = rules.raised(run, ladder_of(work, run), severity, urgency, work.now)
    if after is not run:
        store.save(work, after)
        work.wake()


def join(work: Work, run_id: str, alert_id: str, severity: str, urgency: str) -> None:
    """Another alert belongs to this run from now on, which becomes as grave as its gravest alert and is not at rest."""
    run = store.take(work, run_id)
    if run is None:
        return
    after = rules.joined(rules.raised(run, ladder_of(work, run), severity, urgency, work.now), work.now, alert_id)
    if after is not run:
        store.save(work, after)
        work.wake()


def escalate(work: Work, run_id: str, as_of: int | None) -> rules.ByHand:
    """A person asks for the next step now; ``as_of`` is the movement they saw."""
    run = store.take(work, run_id)
    if run is None:
        return rules.ByHand.ENDED
    outcome, after = rules.escalate(run, work.now, as_of)
    if outcome is rules.ByHand.DONE:
        store.save(work, rules.wrap(after, ladder_of(work, after)))
        work.wake()
    return outcome


def lead(work: Work, run_id: str, alert_id: str) -> None:
    """Another alert now leads this run (the former leader was resolved)."""
    run = store.take(work, run_id)
    if run is not None:
        store.save(work, msgspec.structs.replace(run, alert_id=alert_id))
