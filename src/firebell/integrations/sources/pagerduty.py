"""PagerDuty Events API v2: ``/v2/enqueue`` and ``/v2/change/enqueue``.

Senders made for PagerDuty work by changing one URL. Answers have PagerDuty's exact status, words and keys, because
senders check them: ``202`` with ``status`` and ``dedup_key``, ``400`` with ``errors``, ``429`` when busy.
An invalid trigger that still says what is wrong opens its alert all the same; only then is its sender told ``400``.
Protocol: https://developer.pagerduty.com/docs/events-api-v2/overview/
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from firebell.domain.alerts.model import Link, Signal, Status
from firebell.integrations.sources import shaping
from firebell.integrations.sources.contract import Accepted, Reply, Request, Snippet, Source, Unreadable
from firebell.integrations.sources.decoding import tree

__all__ = ["SOURCE"]

_ACTIONS = {"trigger": Status.FIRING, "acknowledge": Status.ACKNOWLEDGED, "resolve": Status.RESOLVED}
_SEVERITIES = ("critical", "error", "warning", "info")
_UNRECOGNISED = Reply(
    400,
    msgspec.json.encode(
        {
            "status": "unrecognized object",
            "message": "Event object format is unrecognized",
            "errors": ["JSON parse error"],
        }
    ),
)


class PagerDuty:
    """Accepts triggers, acknowledgements, resolves and change events. Change events are heard and page nobody."""

    slug = "pagerduty"
    name = "PagerDuty Events API v2"
    blurb = "Everything that can send to PagerDuty: change its URL, keep the rest."
    key_in_body: tuple[str, ...] = ("routing_key",)
    resolve_timeout_s: int | None = None

    def parse(self, request: Request) -> list[Signal]:
        try:
            event = tree(request.body)
        except Unreadable as error:
            raise Unreadable(error.reason, reply=_UNRECOGNISED) from None
        if not isinstance(event, dict):
            raise Unreadable("the body is not a JSON object", reply=_UNRECOGNISED)
        if _is_change(request):
            return []
        signal = _signal(event)
        if signal is None:
            faults = _faults(event)
            raise Unreadable(f"invalid event: {'; '.join(faults)}", reply=_invalid(faults))
        return [signal]

    def reply(self, request: Request, accepted: Sequence[Accepted]) -> Reply:
        try:
            event = tree(request.body)
        except Unreadable:
            event = None
        if not isinstance(event, dict):
            return _UNRECOGNISED
        if faults := _faults(event, change=_is_change(request)):
            return _invalid(faults)
        if _is_change(request):
            return Reply(202, b'{"status":"success","message":"Change event processed"}')
        key = accepted[0].dedup_key if accepted else ""
        return Reply(202, msgspec.json.encode({"status": "success", "message": "Event processed", "dedup_key": key}))

    def busy(self, retry_after_s: int) -> Reply:
        return Reply(
            429,
            b'{"status":"throttle exceeded","message":"Too many events at once. Please retry later."}',
            headers={"Retry-After": str(retry_after_s)},
        )

    def snippets(self, url: str, key: str) -> list[Snippet]:
        return [
            Snippet("Send a test alert", "bash", _CURL.format(url=url, key=key)),
            Snippet("Resolve it", "bash", _CURL_RESOLVE.format(url=url, key=key)),
            Snippet("alertmanager.yml: receiver", "yaml", _ALERTMANAGER.format(url=url, key=key)),
            Snippet("Python, with the pagerduty package (needs https)", "python", _PYTHON.format(url=url, key=key)),
        ]


def _is_change(request: Request) -> bool:
    # The exact tail only: taking an alert for a change event would page nobody.
    return request.path[-2:] == ("change", "enqueue")


def _invalid(faults: Sequence[str]) -> Reply:
    return Reply(
        400,
        msgspec.json.encode({"status": "invalid event", "message": "Event object is invalid", "errors": list(faults)}),
    )


def _payload(event: Mapping[str, object]) -> Mapping[str, object]:
    payload = event.get("payload")
    return payload if isinstance(payload, dict) else {}


def _faults(event: Mapping[str, object], *, change: bool = False) -> list[str]:
    """What PagerDuty would object to, in its words; empty when the event is valid."""
    payload = _payload(event)

    def missing(where: Mapping[str, object], prefix: str, *names: str) -> list[str]:
        return [f"'{prefix}{n}' is missing or blank" for n in names if not shaping.scalar(where.get(n)).strip()]

    if change:
        return missing(payload, "payload.", "summary")
    action = _word(event.get("event_action"))
    if not action:
        return missing(event, "", "event_action")
    if action not in _ACTIONS:
        return [f"'event_action' is invalid (must be one of: {list(_ACTIONS)})"]
    if action != "trigger":
        return missing(event, "", "dedup_key")
    faults = missing(payload, "payload.", "summary", "source", "severity")
    word = _word(payload.get("severity"))
    if word and word not in _SEVERITIES:
        faults.append(f"'payload.severity' is invalid (must be one of: {list(_SEVERITIES)})")
    return faults


def _word(value: object) -> str:
    return shaping.scalar(value).strip().lower()


def _signal(event: Mapping[str, object]) -> Signal | None:
    """The event as a Signal even where PagerDuty would object; ``None`` when it says nothing a person could act on."""
    payload = _payload(event)
    # No action, or one nobody knows, is more likely trouble than all-clear.
    status = _ACTIONS.get(_word(event.get("event_action")), Status.FIRING)
    key = shaping.dedup_key(shaping.scalar(event.get("dedup_key")))
    summary = shaping.one_line(shaping.scalar(payload.get("summary")))
    if key is None:
        if status is not Status.FIRING or not summary:
            return None
        # PagerDuty opens a new incident for each trigger without a key, so the key must be one of its own.
        key = uuid.uuid4().hex
    raw_severity = payload.get("severity")
    severity = shaping.severity(raw_severity)
    labels, dropped = shaping.labels(_labels(event, payload, "" if severity else shaping.scalar(raw_severity)))
    at = shaping.instant(payload.get("timestamp"))
    return Signal(
        status=status,
        summary=summary or shaping.one_line(key),
        dedup_key=key,
        severity=severity,
        details=shaping.details(_details(payload.get("custom_details")), dropped),
        source=shaping.one_line(shaping.scalar(payload.get("source")), shaping.LABEL_VALUE_MAX),
        labels=labels,
        links=_links(event),
        images=_many(event.get("images"), "src", "alt"),
        starts_at=at if status is Status.FIRING else None,
        ends_at=at if status is Status.RESOLVED else None,
    )


def _labels(
    event: Mapping[str, object], payload: Mapping[str, object], unknown_severity: str
) -> Iterator[tuple[str, str]]:
    for name in ("component", "group", "class"):
        yield name, shaping.scalar(payload.get(name))
    yield "client", shaping.scalar(event.get("client"))
    yield "severity", unknown_severity
    custom = payload.get("custom_details")
    if isinstance(custom, dict):
        for name, value in custom.items():
            if not _is_long(value):
                yield from shaping.flatten(value, name)


def _is_long(value: object) -> bool:
    """Paragraphs and lists of objects (Alertmanager's firing alerts) are for reading, not for matching on."""
    if isinstance(value, str):
        return "\n" in value or len(value) > shaping.LABEL_VALUE_MAX
    return isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value)


def _details(custom: object) -> str:
    if not isinstance(custom, dict):
        return shaping.prose(custom)
    return "\n\n".join(f"{name}:\n{shaping.prose(value).strip()}" for name, value in custom.items() if _is_long(value))


def _links(event: Mapping[str, object]) -> tuple[Link, ...]:
    links = _many(event.get("links"), "href", "text")
    client = shaping.link(event.get("client_url"), event.get("client") or "Client")
    return (*links, client) if client else links


def _many(entries: object, href: str, text: str) -> tuple[Link, ...]:
    if not isinstance(entries, list):
        return ()
    made = (shaping.link(e.get(href), e.get(text) or "") for e in entries[: shaping.LINKS_MAX] if isinstance(e, dict))
    return tuple(link for link in made if link is not None)


_CURL = """curl -sS '{url}/{key}/v2/enqueue' \\
  -H 'Content-Type: application/json' \\
  -d '{{
    "routing_key": "{key}",
    "event_action": "trigger",
    "dedup_key": "firebell-test",
    "payload": {{"summary": "Test alert from the set-up page", "source": "test-1", "severity": "warning"}}
  }}'"""

_CURL_RESOLVE = """curl -sS '{url}/{key}/v2/enqueue' \\
  -H 'Content-Type: application/json' \\
  -d '{{"routing_key": "{key}", "event_action": "resolve", "dedup_key": "firebell-test"}}'"""

_ALERTMANAGER = """receivers:
  - name: firebell
    pagerduty_configs:
      - url: "{url}/v2/enqueue"
        routing_key: "{key}"
        send_resolved: true
"""

_PYTHON = """import pagerduty

events = pagerduty.EventsApiV2Client("{key}", base_url="{url}")
dedup_key = events.trigger("Test alert from Python", "test-1", severity="warning")
events.resolve(dedup_key)
"""

SOURCE: Source = PagerDuty()
