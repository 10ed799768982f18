"""What a signal does to an alert, and which answers an alert accepts. Pure: ``now`` is an argument."""

from __future__ import annotations

import hashlib
from enum import StrEnum

from msgspec.structs import replace

from firebell.domain.alerts.model import (
    Alert,
    AlertKind,
    AlertState,
    Became,
    KeyState,
    Origin,
    Severity,
    Signal,
    Status,
    Urgency,
)
from firebell.kernel.clock import Instant, micros, plus

DEDUP_KEY_MAX = 512
_DAY_US = 86_400_000_000
_BY_WORD = {"critical": Severity.SEV1, "high": Severity.SEV2, "warning": Severity.SEV3, "info": Severity.SEV4}


def dedup_key(signal: Signal, ignore_labels: frozenset[str] = frozenset()) -> str:
    """The caller's key, else all labels sorted, else the text; longer than 512 characters becomes its sha256."""
    if signal.dedup_key:
        key = signal.dedup_key
    elif telling := {k: v for k, v in signal.labels.items() if k not in ignore_labels}:
        key = "\x1f".join(f"{k}={v}" for k, v in sorted(telling.items()))
        key = hashlib.sha256(key.encode()).hexdigest()
    else:
        key = hashlib.sha256(f"{signal.summary}\n{signal.details}".encode()).hexdigest()
    return key if len(key) <= DEDUP_KEY_MAX else hashlib.sha256(key.encode()).hexdigest()


def severity_of(signal: Signal, origin: Origin) -> str:
    """The sender's word when it is one we know, else the service's default."""
    return _BY_WORD.get(signal.severity or "", origin.default_severity)


def urgency_of(severity: str, origin: Origin) -> str:
    """SEV1 and SEV2 wake people, SEV3 and SEV4 do not, unless the service says otherwise."""
    if origin.urgency in (Urgency.HIGH, Urgency.LOW):
        return origin.urgency
    return Urgency.HIGH if severity in (Severity.SEV1, Severity.SEV2) else Urgency.LOW


def is_stale_trigger(known: KeyState, signal: Signal, now: Instant) -> bool:
    """A firing signal stamped before the last resolve of its key opens nothing (late or re-ordered delivery).

    Sender stamps are trusted for this alone, and only when both lie within a day of ``now``.
    """
    if known.resolve_stamp is None or signal.starts_at is None:
        return False
    fired, resolved, here = micros(signal.starts_at), micros(known.resolve_stamp), micros(now)
    return fired < resolved and abs(here - fired) <= _DAY_US and abs(here - resolved) <= _DAY_US


def fold(
    known: KeyState, current: Alert | None, signal: Signal, origin: Origin, now: Instant, *,
    new_id: str, signal_id: str | None, kind: str = AlertKind.SIGNAL,
) -> tuple[Became, KeyState, Alert | None]:  # fmt: skip
    """What ``signal`` does to its key and the unresolved alert under it. Returns the alert as it is afterwards."""
    if signal.status is Status.FIRING:
        if current is not None:
            return Became.REPEATED, known, _repeated(current, signal, origin, now, signal_id)
        if is_stale_trigger(known, signal, now):
            return Became.STALE_TRIGGER, known, None
        alert = _opened(known, signal, origin, now, new_id, signal_id, kind)
        return Became.OPENED, replace(known, open_alert_id=alert.id, last_alert_id=alert.id), alert
    if signal.status is Status.RESOLVED:
        # Our own clock is no substitute for a missing stamp: a sender whose clock is behind could never fire again.
        stamp = signal.ends_at or signal.starts_at
        before = known.resolve_stamp
        if stamp is not None and (before is None or micros(stamp) > micros(before)):
            known = replace(known, resolve_stamp=stamp)
        if current is None:
            return Became.NOTHING_OPEN, known, None
        done = replace(resolve(current, now, f"integration:{origin.integration_id}"), last_signal_id=signal_id)
        return Became.RESOLVED, replace(known, open_alert_id=None, resolved_at=now), done
    if current is None:
        return Became.NOTHING_OPEN, known, None
    if current.state == AlertState.ACKNOWLEDGED:
        return Became.ALREADY_ACKNOWLEDGED, known, current
    return Became.ACKNOWLEDGED, known, acknowledge(current, now, f"integration:{origin.integration_id}")


def _opened(
    known: KeyState, signal: Signal, origin: Origin, now: Instant, new_id: str, signal_id: str | None, kind: str
) -> Alert:
    severity = severity_of(signal, origin)
    return Alert(
        id=new_id,
        service_id=origin.service_id,
        team_id=origin.team_id,
        integration_id=origin.integration_id,
        dedup_key=known.key.partition("|")[2],
        kind=kind,
        severity=severity,
        urgency=urgency_of(severity, origin),
        summary=signal.summary,
        details=signal.details,
        source=signal.source,
        labels=signal.labels,
        links=[{"href": link.href, "text": link.text} for link in signal.links],
        images=[{"href": link.href, "text": link.text} for link in signal.images],
        opened_at=now,
        starts_at=signal.starts_at,
        last_seen_at=now,
        resolve_due_at=plus(now, origin.resolve_timeout_s) if origin.resolve_timeout_s else None,
        previous_alert_id=known.last_alert_id,
        signal_id=signal_id,
        last_signal_id=signal_id,
    )


def _repeated(alert: Alert, signal: Signal, origin: Origin, now: Instant, signal_id: str | None) -> Alert:
    severity = severity_of(signal, origin) if signal.severity else alert.severity
    # A repeat may raise the severity, never lower it behind the responder's back.
    severity = min(severity, alert.severity)
    starts = alert.starts_at
    if signal.starts_at is not None and (starts is None or micros(signal.starts_at) < micros(starts)):
        starts = signal.starts_at
    return replace(
        alert,
        count=alert.count + 1,
        last_seen_at=now,
        starts_at=starts,
        summary=signal.summary or alert.summary,
        details=signal.details or alert.details,
        severity=severity,
        urgency=alert.urgency if severity == alert.severity else urgency_of(severity, origin),
        resolve_due_at=plus(now, origin.resolve_timeout_s) if origin.resolve_timeout_s else alert.resolve_due_at,
        last_signal_id=signal_id,
        version=alert.version + 1,
    )


class Answer(StrEnum):
    """The named outcome of a verb on an alert."""

    DONE = "done"
    ALREADY_ACKNOWLEDGED = "already_acknowledged"
    ALREADY_RESOLVED = "already_resolved"
    ALREADY_OPEN = "already_open"


MOVES: dict[str, dict[str, Answer]] = {
    "acknowledge": {
        AlertState.OPEN: Answer.DONE,
        AlertState.ACKNOWLEDGED: Answer.ALREADY_ACKNOWLEDGED,
        AlertState.RESOLVED: Answer.ALREADY_RESOLVED,
    },
    "unacknowledge": {
        AlertState.OPEN: Answer.ALREADY_OPEN,
        AlertState.ACKNOWLEDGED: Answer.DONE,
        AlertState.RESOLVED: Answer.ALREADY_RESOLVED,
    },
    "escalate": {
        AlertState.OPEN: Answer.DONE,
        AlertState.ACKNOWLEDGED: Answer.DONE,
        AlertState.RESOLVED: Answer.ALREADY_RESOLVED,
    },
    "resolve": {
        AlertState.OPEN: Answer.DONE,
        AlertState.ACKNOWLEDGED: Answer.DONE,
        AlertState.RESOLVED: Answer.ALREADY_RESOLVED,
    },
}
"""What each verb does in each state; pages draw the buttons whose outcome is DONE."""


def legal_verbs(state: str) -> list[str]:
    """The verbs that would do something now."""
    return [verb for verb, by_state in MOVES.items() if by_state[AlertState(state)] is Answer.DONE]


def acknowledge(alert: Alert, now: Instant, by: str) -> Alert:
    """``alert`` as acknowledged by ``by`` (``kind:id``); unchanged when it cannot be."""
    if MOVES["acknowledge"][AlertState(alert.state)] is not Answer.DONE:
        return alert
    return replace(
        alert, state=AlertState.ACKNOWLEDGED, acknowledged_at=now, acknowledged_by=by, version=alert.version + 1
    )


def unacknowledge(alert: Alert) -> Alert:
    """``alert`` open again; unchanged when it is not acknowledged."""
    if MOVES["unacknowledge"][AlertState(alert.state)] is not Answer.DONE:
        return alert
    return replace(alert, state=AlertState.OPEN, acknowledged_at=None, acknowledged_by=None, version=alert.version + 1)


def resolve(alert: Alert, now: Instant, by: str) -> Alert:
    """``alert`` as resolved by ``by``; unchanged when it already is."""
    if alert.state == AlertState.RESOLVED:
        return alert
    return replace(
        alert,
        state=AlertState.RESOLVED,
        resolved_at=now,
        resolved_by=by,
        resolve_due_at=None,
        version=alert.version + 1,
    )


def worth_a_fact(count: int) -> bool:
    """Repeats are journalled at 2, 4, 8, 16 …: the counter has the rest."""
    return count & (count - 1) == 0
