"""What can be done to alerts. ``ingest`` is the hot path: it works on whole groups of arrivals.

Acknowledge, unacknowledge and resolve are told by workflows only (they must also move the escalation run).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from firebell.domain.alerts import rules, store
from firebell.domain.alerts.model import (
    Alert,
    AlertAcknowledged,
    AlertOpened,
    AlertRepeated,
    AlertResolved,
    AlertState,
    AlertUnacknowledged,
    Arrival,
    Became,
    Ingested,
    KeyState,
    SeverityChanged,
)
from firebell.kernel import ids
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.errors import NotFound, Stale
from firebell.kernel.work import Work

RunOf = Callable[[Alert], str | None]
"""Names the escalation run a newly opened alert will belong to (``None``: it will have none)."""


def ingest(work: Work, arrivals: Sequence[Arrival], run_of: RunOf) -> list[list[Ingested]]:
    """Open, repeat, acknowledge or resolve alerts for every signal of every arrival, in order.

    One read and one write per table for the whole group. Returns, per arrival, one answer per signal.
    Raises Stale when another node opened an alert under the same key at the same time (the unit is repeated).
    """
    keyed = [
        [f"{a.origin.integration_id}|{rules.dedup_key(s, a.origin.ignore_labels)}" for s in a.signals] for a in arrivals
    ]
    known = store.keys(work, [key for group in keyed for key in group])
    stored = set(known)
    current = store.take_many(work, (k.open_alert_id for k in known.values() if k.open_alert_id))
    opened: dict[str, Alert] = {}
    changed: dict[str, Alert] = {}
    touched: dict[str, KeyState] = {}
    answers: list[list[Ingested]] = []
    records: list[tuple[str, Arrival, Sequence[Ingested]]] = []
    for arrival, group in zip(arrivals, keyed, strict=True):
        signal_id = ids.new("sgn", work.now)
        answer: list[Ingested] = []
        for signal, key in zip(arrival.signals, group, strict=True):
            state = known.get(key) or KeyState(key=key)
            before = current.get(state.open_alert_id) if state.open_alert_id else None
            became, after_key, alert = rules.fold(
                state, before, signal, arrival.origin, work.now,
                new_id=ids.new("alr", work.now), signal_id=signal_id, kind=arrival.kind,
            )  # fmt: skip
            if after_key is not state:
                known[key] = touched[key] = after_key
            raised = False
            if alert is not None and alert is not before:
                if became is Became.OPENED:
                    alert = replace(alert, run_id=run_of(alert))
                    opened[alert.id] = alert
                elif alert.id in opened:
                    opened[alert.id] = alert
                else:
                    changed[alert.id] = alert
                raised = before is not None and alert.severity < before.severity
                current[alert.id] = alert
                _journal(work, became, before, alert, signal_id)
            answer.append(Ingested(became, group_key(key), alert, raised))
        answers.append(answer)
        records.append((signal_id, arrival, answer))
    new_keys = [k for key, k in touched.items() if key not in stored]
    if store.save_keys(work, new_keys, [k for key, k in touched.items() if key in stored]) < len(new_keys):
        raise Stale("Another node opened an alert under the same key.")
    store.add_alerts(work, list(opened.values()))
    store.save(work, list(changed.values()))
    store.add_signals(work, records)
    _count(work, answers)
    if opened or changed:
        work.publish("alerts", *changed)
    work.publish("signals", *{a.origin.integration_id for a in arrivals})
    return answers


def group_key(key: str) -> str:
    """The sender's dedup key out of the stored one."""
    return key.partition("|")[2]


def _journal(work: Work, became: Became, before: Alert | None, alert: Alert, signal_id: str) -> None:
    if became is Became.OPENED:
        work.record(
            alert.id,
            AlertOpened(
                severity=alert.severity, urgency=alert.urgency, service_id=alert.service_id,
                integration_id=alert.integration_id, signal_id=signal_id, run_id=alert.run_id,
                previous_alert_id=alert.previous_alert_id,
            ),
            fresh=True,
        )  # fmt: skip
        return
    assert before is not None
    if alert.severity != before.severity:
        work.record(alert.id, SeverityChanged(before=before.severity, after=alert.severity))
    if became is Became.REPEATED and rules.worth_a_fact(alert.count):
        work.record(alert.id, AlertRepeated(count=alert.count))
    elif became is Became.RESOLVED:
        work.record(alert.id, AlertResolved(via=alert.resolved_by or ""))
    elif became is Became.ACKNOWLEDGED:
        work.record(alert.id, AlertAcknowledged(via=alert.acknowledged_by or ""))


def _count(work: Work, answers: Sequence[Sequence[Ingested]]) -> None:
    load: dict[str, int] = {}
    for answer in answers:
        for one in answer:
            if one.alert is None:
                continue
            if one.became is Became.OPENED:
                load[one.alert.service_id] = load.get(one.alert.service_id, 0) + 1
            elif one.became is Became.ACKNOWLEDGED or (
                one.became is Became.RESOLVED and one.alert.acknowledged_at is None
            ):
                load[one.alert.service_id] = load.get(one.alert.service_id, 0) - 1
    store.shift_load(work, load)


def _take(work: Work, alert_id: str) -> Alert:
    alert = store.take(work, alert_id)
    if alert is None:
        raise NotFound(f"There is no alert {alert_id}.")
    return alert


def _by(work: Work) -> str:
    return f"{work.actor.kind}:{work.actor.id}"


def acknowledge(work: Work, alert_id: str, via: str) -> tuple[rules.Answer, Alert]:
    """Somebody has it. Idempotent; never lowers a resolved alert."""
    alert = _take(work, alert_id)
    work.needs(Permission.ALERTS_ACKNOWLEDGE, alert.team_id)
    outcome = rules.MOVES["acknowledge"][AlertState(alert.state)]
    if outcome is rules.Answer.DONE:
        alert = rules.acknowledge(alert, work.now, _by(work))
        store.save(work, [alert])
        store.shift_load(work, {alert.service_id: -1})
        work.record(alert_id, AlertAcknowledged(via=via))
        work.publish("alerts", alert_id)
    return outcome, alert


def unacknowledge(work: Work, alert_id: str, reason: str) -> tuple[rules.Answer, Alert]:
    """Open again, with the reason on record."""
    alert = _take(work, alert_id)
    work.needs(Permission.ALERTS_ACKNOWLEDGE, alert.team_id)
    outcome = rules.MOVES["unacknowledge"][AlertState(alert.state)]
    if outcome is rules.Answer.DONE:
        alert = rules.unacknowledge(alert)
        store.save(work, [alert])
        store.shift_load(work, {alert.service_id: 1})
        work.record(alert_id, AlertUnacknowledged(reason=reason))
        work.publish("alerts", alert_id)
    return outcome, alert


def resolve(work: Work, alert_id: str, via: str, *, told: bool = False) -> tuple[rules.Answer, Alert]:
    """It is over. Idempotent. The same key later opens a new alert. ``told``: the house says so of an alert of its
    own, whoever is at work."""
    alert = _take(work, alert_id)
    if not told:
        work.needs(Permission.ALERTS_RESOLVE, alert.team_id)
    if alert.state == AlertState.RESOLVED:
        return rules.Answer.ALREADY_RESOLVED, alert
    was_open = alert.state == AlertState.OPEN
    alert = rules.resolve(alert, work.now, _by(work))
    store.save(work, [alert])
    key = f"{alert.integration_id}|{alert.dedup_key}"
    known = store.keys(work, [key]).get(key)
    if known is not None and known.open_alert_id == alert_id:
        store.save_keys(work, [], [replace(known, open_alert_id=None, resolved_at=work.now)])
    if was_open:
        store.shift_load(work, {alert.service_id: -1})
    work.record(alert_id, AlertResolved(via=via))
    work.publish("alerts", alert_id)
    return rules.Answer.DONE, alert


def attach(work: Work, alert_id: str, run_id: str) -> None:
    """The alert now belongs to this escalation run."""
    alert = _take(work, alert_id)
    store.save(work, [replace(alert, run_id=run_id)])


def silent_since(work: Work, now: Instant, limit: int = 100) -> list[str]:
    """Alerts whose sender repeats while firing and has stopped: due to be resolved."""
    return store.expired(work, now, limit)
