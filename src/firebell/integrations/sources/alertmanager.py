"""Alertmanager's webhook receiver, body version "4" (and "1", as its incident.io receiver sends it).

One Signal per alert, not per notification: a group that resolves in part resolves in part here too. The dedup key is
Alertmanager's fingerprint, a hash of all labels that stays the same from firing to resolved.
Protocol: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from firebell.domain.alerts.model import Link, Signal, Status
from firebell.integrations.sources import generic, shaping
from firebell.integrations.sources.contract import Accepted, Reply, Request, Snippet, Source, Unreadable
from firebell.integrations.sources.decoding import tree, typed

__all__ = ["SOURCE"]


class _Alert(msgspec.Struct):
    labels: dict[str, str]
    annotations: dict[str, str] = msgspec.field(default_factory=dict)
    status: str = ""
    starts_at: str = msgspec.field(default="", name="startsAt")
    ends_at: str = msgspec.field(default="", name="endsAt")
    generator_url: str = msgspec.field(default="", name="generatorURL")
    fingerprint: str = ""


class _Body(msgspec.Struct):
    alerts: list[_Alert]
    status: str = ""
    external_url: str = msgspec.field(default="", name="externalURL")


_BODY = msgspec.json.Decoder(_Body)
# Annotations that have a place of their own; the others are appended to the details.
_PLACED = frozenset(("summary", "description", "runbook_url", "dashboard_url"))


class Alertmanager:
    """Any 2xx satisfies it. It repeats a notification after 5xx and drops it after 4xx, 429 included."""

    slug = "alertmanager"
    name = "Prometheus Alertmanager"
    blurb = "Alertmanager's webhook receiver: every alert of a group on its own, resolved ones included."
    key_in_body: tuple[str, ...] = ()
    # It sends a resolve when Prometheus falls silent, so no alert has to time out here.
    resolve_timeout_s: int | None = None

    def parse(self, request: Request) -> list[Signal]:
        body = typed(request.body, _BODY)
        if body is None:
            value = tree(request.body)
            body = _patiently(value)
            if body is None:
                # Since 0.32 the payload can be anything the administrator writes.
                return generic.signals(value, sender=self.name)
        if (count := len(body.alerts)) > shaping.SIGNALS_MAX:
            raise Unreadable(f"the body holds {count} alerts; at most {shaping.SIGNALS_MAX} are read at once")
        outer = shaping.link(body.external_url, "Alertmanager")
        return [_signal(alert, body.status, outer) for alert in body.alerts]

    def reply(self, request: Request, accepted: Sequence[Accepted]) -> Reply:
        return Reply(200, b'{"status":"ok","accepted":%d}' % len(accepted))

    def busy(self, retry_after_s: int) -> Reply:
        # Not 429: this sender would drop the notification.
        return Reply(503, b'{"status":"busy"}', headers={"Retry-After": str(retry_after_s)})

    def snippets(self, url: str, key: str) -> list[Snippet]:
        return [
            Snippet("Send a test alert", "bash", _CURL.format(url=url, key=key)),
            Snippet("alertmanager.yml: receiver and route", "yaml", _RECEIVER.format(url=url, key=key)),
            Snippet("prometheus.yml: rules and where alerts go", "yaml", _PROMETHEUS),
            Snippet("A rule file with one alert", "yaml", _RULES),
        ]


def _signal(alert: _Alert, group_status: str, outer: Link | None) -> Signal:
    labels, notes = alert.labels, alert.annotations
    dropped: list[str] | None = None
    details = notes.get("description", "")
    if notes.keys() - _PLACED:
        details = _with_other_notes(details, notes)
    if not shaping.fits(labels):
        labels, dropped = shaping.labels(labels.items())
    links = [
        made
        for made in (
            shaping.link(alert.generator_url, "Source"),
            shaping.link(notes.get("runbook_url"), "Runbook"),
            shaping.link(notes.get("dashboard_url"), "Dashboard"),
            outer,
        )
        if made is not None
    ]
    return Signal(
        status=Status.RESOLVED if (alert.status or group_status) == "resolved" else Status.FIRING,
        summary=(
            shaping.one_line(notes.get("summary", ""))
            or shaping.one_line(alert.labels.get("alertname", ""))
            or shaping.one_line(details)
            or "Alert without a name"
        ),
        dedup_key=shaping.dedup_key(alert.fingerprint) or _fingerprint(alert.labels),
        severity=shaping.severity(labels.get("severity")),
        details=shaping.details(details, dropped),
        source=shaping.cut(labels.get("instance") or labels.get("job") or "", shaping.LABEL_VALUE_MAX),
        labels=labels,
        links=tuple(links),
        starts_at=shaping.instant(alert.starts_at),
        ends_at=shaping.instant(alert.ends_at),
    )


def _with_other_notes(details: str, notes: dict[str, str]) -> str:
    others = "\n".join(f"{name}: {text}" for name, text in notes.items() if name not in _PLACED and text)
    return f"{details}\n\n{others}" if details and others else details or others


def _fingerprint(labels: dict[str, str]) -> str | None:
    """For senders that leave it out: all labels, sorted. ``None`` without labels; then the text decides."""
    if not labels:
        return None
    return hashlib.sha256("\n".join(f"{name}={labels[name]}" for name in sorted(labels)).encode()).hexdigest()


def _patiently(value: object) -> _Body | None:
    """The same body from a decoded tree whose fields need not have the right types; ``None`` if it is another shape."""
    if not isinstance(value, dict):
        return None
    items = value.get("alerts")
    if not isinstance(items, list):
        return None
    if items and not any(isinstance(item, dict) and ("labels" in item or "annotations" in item) for item in items):
        return None
    return _Body(
        alerts=[_alert(item) for item in items],
        status=shaping.scalar(value.get("status")),
        external_url=shaping.scalar(value.get("externalURL")),
    )


def _alert(item: object) -> _Alert:
    if not isinstance(item, dict):
        # It stands among alerts, so somebody meant it as one.
        return _Alert(labels={}, annotations={"summary": "Unreadable alert", "description": shaping.prose(item)})
    return _Alert(
        labels=dict(shaping.flatten(item.get("labels") or {})),
        annotations=dict(shaping.flatten(item.get("annotations") or {})),
        status=shaping.scalar(item.get("status")),
        starts_at=shaping.scalar(item.get("startsAt")),
        ends_at=shaping.scalar(item.get("endsAt")),
        generator_url=shaping.scalar(item.get("generatorURL")),
        fingerprint=shaping.scalar(item.get("fingerprint")),
    )


_CURL = """curl -sS '{url}/{key}' \\
  -H 'Content-Type: application/json' \\
  -d '{{
    "version": "4", "status": "firing", "receiver": "firebell",
    "alerts": [{{
      "status": "firing",
      "labels": {{"alertname": "FirebellTest", "severity": "warning", "instance": "test-1"}},
      "annotations": {{"summary": "Test alert from the set-up page"}},
      "startsAt": "0001-01-01T00:00:00Z", "endsAt": "0001-01-01T00:00:00Z"
    }}]
  }}'"""

_RECEIVER = """route:
  receiver: firebell
  group_by: [alertname, service]
  group_wait: 10s
  group_interval: 1m
  repeat_interval: 4h

receivers:
  - name: firebell
    webhook_configs:
      - url: "{url}/{key}"
        send_resolved: true
        max_alerts: 0
"""

_PROMETHEUS = """rule_files:
  - firebell-rules.yml

alerting:
  alertmanagers:
    - static_configs:
        - targets: ["localhost:9093"]
"""

_RULES = """groups:
  - name: firebell
    rules:
      - alert: InstanceDown
        expr: up == 0
        for: 2m
        labels:
          severity: critical
        annotations:
          summary: "{{ $labels.instance }} is down"
          description: "{{ $labels.job }} on {{ $labels.instance }} has not answered for two minutes."
          runbook_url: https://example.org/runbooks/instance-down
"""

SOURCE: Source = Alertmanager()
