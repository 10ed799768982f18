"""An incident calls for somebody: a commander by the policy, a role from its schedule, people by name.

Each call is an alert of Firebell's own, so it rings, climbs and is acknowledged like any other; ``incident_answered``
is what an acknowledgement does. In a drill nobody is called who does not take part in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from firebell.domain.alerts.model import Alert, AlertKind, AlertState
from firebell.domain.escalation.model import Target, TargetKind
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.call_facts import NobodyToPage, PeoplePaged, RolePaged
from firebell.domain.incidents.model import Incident, Kind, RoleName
from firebell.domain.people import queries as people
from firebell.kernel.actor import SYSTEM
from firebell.kernel.work import Read, Work
from firebell.workflows import audience, incident_words, own_alert

AGAIN_S = 300
# Nobody is woken who was not let into it, no policy climbs, no last resort is called.
_REHEARSED = frozenset({Kind.DRILL, Kind.TEST})
_HOLDERS_MANY = frozenset({RoleName.RESPONDER, RoleName.OBSERVER})


def commander(work: Work, incident: Incident, why: str) -> Alert | None:
    """Find somebody to command: by the commander's policy; without one, among those who may, the team, the admins."""
    settings = incidents.settings(work)
    policy_id = settings.commander_policy_id if incident.kind not in _REHEARSED else None
    last = people.team_owners(work, incident.team_id) if incident.team_id else []
    targets = _users(settings.commander_ids or last or people.admins(work))
    return _call(work, incident, RoleName.COMMANDER, "command", targets, why, policy_id=policy_id)


def role(work: Work, incident: Incident, name: str, why: str = "") -> Alert | None:
    """Find somebody for a role: whoever its page target names. Silent when somebody holds it."""
    if name not in _HOLDERS_MANY and incident.holder(name) is not None:
        return None
    target = page_target(work, name)
    return _call(work, incident, name, f"role:{name}", [target] if target is not None else [], why)


def page_target(read: Read, name: str) -> Target | None:
    """Who stands behind a role, as this installation has set it."""
    defined = next((one for one in incidents.roles(read) if one.name == name), None)
    kind, _, target_id = defined.page.partition(":") if defined is not None else ("", "", "")
    return Target(TargetKind(kind), target_id) if target_id else None


def asked(work: Work, incident: Incident, targets: Iterable[Target], why: str, *, words: str = "") -> list[Alert]:
    """Ask these to come: each by a call of their own, so that one who comes does not silence the others. ``words``
    instead of "you are asked to come"."""
    found = []
    for target in dict.fromkeys(targets):
        key = f"asked:{target.id}"
        # Whoever came, left and is wanted again rings again.
        over(work, incident.id, key, states=(AlertState.ACKNOWLEDGED,))
        one = _call(work, incident, RoleName.RESPONDER, key, [target], why, words=words)
        if one is not None:
            found.append((target.id, one.id, one))
    if found:
        work.record(
            incident.id,
            PeoplePaged(people=[who for who, _, _ in found], why=why, alert_ids=[alert_id for _, alert_id, _ in found]),
        )
    return [alert for _, _, alert in found]


def _call(
    work: Work, incident: Incident, asks: str, key: str, targets: Sequence[Target], why: str, *,
    policy_id: str | None = None, words: str = "",
) -> Alert | None:  # fmt: skip
    if incident.kind is Kind.BACKFILLED:
        return None
    drill = incident.kind in _REHEARSED
    if drill:
        targets = _enrolled(work, incident, targets)
    if not targets and policy_id is None:
        work.record(incident.id, NobodyToPage(role=asks, why="not_enrolled" if drill else "no_target"))
        return None
    labels = {
        own_alert.INCIDENT: incident.id,
        own_alert.REFERENCE: incident_words.reference(incident),
        own_alert.ASKS: asks,
    }
    if drill:
        labels[own_alert.DRILL] = "1"
    holder = incident.commander_id
    alert = own_alert.raise_alert(
        work, kind=AlertKind.INCIDENT, dedup_key=f"{_prefix(incident.id)}{key}",
        summary=f"{incident.name}: {words or _wanted(work, asks)}", details=_details(incident, why),
        severity=incident.counts_as, targets=targets, policy_id=policy_id, wait_s=AGAIN_S, ack_timeout_s=None,
        fallback=_users([holder]) if holder and not drill else (), team_id=incident.team_id, labels=labels,
    )  # fmt: skip
    if asks != RoleName.RESPONDER and alert.count == 1:
        work.record(incident.id, RolePaged(role=asks, why=why, alert_id=alert.id))
    return alert


def over(work: Work, incident_id: str, key: str = "", *, why: str = "answered", states: Sequence[str] = ()) -> None:
    """Calls are over: all of an incident, or those whose key begins with ``key``."""
    own_alert.end(work, f"{_prefix(incident_id)}{key}", why, states=states)


def settle(work: Work, before: Incident, after: Incident) -> None:
    """What a change has made moot: calls for a role that is held now, and every call of an incident that is over."""
    if before.active and not after.active:
        over(work, after.id, why=f"{after.reference} is {after.phase}")
    elif before.engagements != after.engagements:
        for name in {e.role for e in after.engagements if e.until_at is None} - _HOLDERS_MANY:
            if before.holder(name) != after.holder(name):
                over(work, after.id, f"role:{name}", why="the role is taken")
                if name == RoleName.COMMANDER:
                    over(work, after.id, "command", why="somebody commands")


def enrolled(incident: Incident) -> frozenset[str]:
    """Who takes part in a drill: those engaged in it, and those let into it."""
    return frozenset((*incident.engaged_ids, *incident.member_ids, incident.declared_by))


def _enrolled(work: Work, incident: Incident, targets: Sequence[Target]) -> list[Target]:
    within = enrolled(incident)
    found = audience.resolve(Read(work.connection, work.now, SYSTEM), targets)
    return _users(one.user_id for one in found.reached if one.user_id in within)


def _users(user_ids: Iterable[str]) -> list[Target]:
    return [Target(TargetKind.USER, user_id) for user_id in user_ids]


def _prefix(incident_id: str) -> str:
    return f"incident:{incident_id}:"


def _wanted(work: Work, asks: str) -> str:
    if asks == RoleName.COMMANDER:
        return "nobody commands. Acknowledge to take command"
    if asks == RoleName.RESPONDER:
        return "you are asked to come"
    defined = next((one for one in incidents.roles(work) if one.name == asks), None)
    return f"{defined.display_name if defined else asks} wanted. Acknowledge to take the role"


def _details(incident: Incident, why: str) -> str:
    """What a called person needs; of a private incident nothing goes by pages, SMS and mail."""
    said = [why] if why else []
    if not incident.private:
        said += [words for words in (incident.summary, incident.impact) if words]
    return "\n".join(said)
