"""OpenSLO v1 documents → objectives. Every fault is found at once, with its path; nothing is guessed in silence.

Schema: the OpenSLO specification, version 1. Out again is ``openslo_write``; what is written reads as the same.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeVar

from firebell.domain.slo import openslo_alerts, openslo_indicators, targets, windows
from firebell.domain.slo.burn_rows import BUILT_IN, usable
from firebell.domain.slo.model import (
    BUCKETS_S,
    MINUTE_S,
    PAGE_SEVERITY,
    TICKET_SEVERITY,
    Absent,
    Composite,
    Evaluator,
    Indicator,
    Method,
    Objective,
    Shape,
    Slo,
    Source,
    Window,
)
from firebell.domain.slo.openslo_model import (
    ABSENT,
    API,
    COMPOSITE,
    EVALUATOR,
    KINDS,
    MIN_BAD_EVENTS,
    OURS,
    PAGE_SEV,
    POLICY,
    RESOLUTION,
    RULES,
    SEVERITIES,
    SOURCE,
    TICKET_SEV,
    DataSource,
    Documents,
    Parsing,
)
from firebell.domain.slo.openslo_nodes import Faults, Node, near
from firebell.domain.slo.promrules import window_name
from firebell.kernel.errors import Invalid

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SEVERITY = re.compile(r"SEV[1-4]")
_SECRETS = ("password", "token", "secret", "apikey", "api_key", "bearer", "authorization")
DESCRIPTION_MAX = 1050
E = TypeVar("E", bound=StrEnum)


def read(
    documents: Sequence[object],
    *,
    known_sources: Mapping[str, DataSource] | None = None,
    known_rules: Collection[str] | None = None,
) -> Documents:
    """All documents together: references are followed in any order. Documents of other APIs are not for here.

    ``known_sources``: data sources that are there already. ``known_rules``: rule sets that are there besides the
    built-in ones; when they are not given, a set that is not built in is only warned of.
    """
    faults = Faults()
    found: dict[tuple[str, str], tuple[int, Mapping[str, Any]]] = {}
    for index, value in enumerate(documents):
        key = _envelope(value, index, faults)
        if key is None:
            continue
        if key in found:
            Node(value, "", index, faults).problem("metadata.name", f"There are two {key[0]} “{key[1]}”.")
            continue
        assert isinstance(value, Mapping)
        found[key] = (index, value)
    sources = dict(known_sources or {}) | {
        name: source
        for (kind, name), (index, value) in found.items()
        if kind == "DataSource" and (source := _data_source(name, Node(value.get("spec"), "spec", index, faults)))
    }
    parsing = Parsing(found, sources, faults, known_rules)
    slos: list[Slo] = []
    services: dict[str, str] = {}
    notified: dict[str, tuple[str, str]] = {}
    for (kind, name), (index, value) in found.items():
        spec = Node(value.get("spec"), "spec", index, faults)
        match kind:
            case "SLO":
                before = len(faults.problems)
                slo = _slo(name, Node(value, "", index, faults), parsing)
                if slo is not None and len(faults.problems) == before:
                    slos.append(slo)
            case "SLI":
                openslo_indicators.read(spec, parsing)
            case "Service":
                services[name] = spec.text("description", "")
                spec.close()
            case "AlertNotificationTarget":
                notified[name] = (spec.text("target"), spec.text("description", ""))
                spec.close()
            case _:
                pass
    # What is referred to is read again by each that does; its faults are said once.
    return Documents(
        tuple(slos), tuple(one for name, one in sources.items() if ("DataSource", name) in found), services, notified,
        tuple(dict.fromkeys(faults.problems)), tuple(dict.fromkeys(faults.warnings)),
    )  # fmt: skip


def _envelope(value: object, index: int, faults: Faults) -> tuple[str, str] | None:
    node = Node(value, "", index, faults)
    if not isinstance(value, Mapping):
        if value is None:
            node.problem("", "The document is empty.")
        return None
    api = node.text("apiVersion")
    if api != API:
        if api.startswith("openslo/"):
            words = f"{api} is another version of OpenSLO, which is not read."
            node.problem("apiVersion", words, f"Write {API}.")
        elif api:
            node.problem("apiVersion", f"“{api[:60]}” is not OpenSLO.", near(api, [API]))
        return None
    before = len(faults.problems)
    kind = node.choice("kind", KINDS)
    metadata = node.node("metadata")
    name = metadata.text("name")
    if name and not _NAME.fullmatch(name):
        metadata.problem("name", f"“{name[:70]}” cannot be a name.", "Small letters, digits and hyphens, at most 63.")
    node.node("spec")
    if not isinstance(node.raw("spec"), Mapping):
        node.problem("spec", "spec is missing.")
    node.close()
    return None if len(faults.problems) > before else (kind, name)


def _data_source(name: str, spec: Node) -> DataSource | None:
    kind = spec.text("type")
    spec.text("description", "")
    details: dict[str, str] = {}
    given = spec.node("connectionDetails")
    for key in given.value:
        if any(word in str(key).lower() for word in _SECRETS) and str(key) != "secretFile":
            given.problem(str(key), "A secret does not stand in a document.", "Name the file it is in: secretFile.")
            given.raw(str(key))
        else:
            details[str(key)] = given.text(str(key))
    spec.close()
    return DataSource(name, kind, details, details.pop("secretFile", ""))


def _slo(name: str, document: Node, parsing: Parsing) -> Slo | None:
    metadata, spec = document.node("metadata"), document.node("spec")
    notes = metadata.node("annotations")
    display = metadata.text("displayName", "")
    metadata.text("name")
    labels = {str(k): tuple(map(str, v)) if isinstance(v, list) else str(v) for k, v in _pairs(metadata, "labels")}
    others = {str(k): str(v) for k, v in notes.value.items() if k not in OURS}
    for key in others:
        if key.startswith("firebell/"):
            notes.problem(key, f"There is no annotation “{key}”.", near(key, OURS))
    metadata.close()
    description = spec.text("description", "")
    if len(description) > DESCRIPTION_MAX:
        spec.problem("description", f"A description has at most {DESCRIPTION_MAX} characters.")
    service = spec.text("service")
    method = Method(spec.choice("budgetingMethod", list(Method), Method.OCCURRENCES))
    window = _window(spec)
    indicator = _indicator(spec, notes, parsing)
    objectives = _objectives(spec, method, indicator, parsing)
    if window is None or not objectives:
        spec.raw("alertPolicies")
        spec.close()
        return None
    if indicator is not None and indicator.shape is Shape.THRESHOLD:
        op = objectives[0][1]
        indicator = openslo_indicators.with_threshold(indicator, op.text("op", ""), op.raw("value"), op)
    period_s = windows.nominal_s(window)
    alerting = openslo_alerts.read(spec, period_s, parsing)
    rules = notes.text(RULES, "default")
    if parsing.known_rules is None and rules not in BUILT_IN:
        notes.warn(RULES, f"“{rules}” is no built-in rule set.", near(rules, BUILT_IN))
    elif rules not in (sets := {*BUILT_IN, *(parsing.known_rules or ())}):
        notes.problem(RULES, f"There is no rule set “{rules[:60]}”.", near(rules, sets))
    if not alerting.rows:
        spec.warn("alertPolicies", f"There are none, so the rule set “{rules}” is used.")
    rows = alerting.rows
    for found, node in objectives:
        try:
            usable(rows, found.allowed, period_s, written=True)
        except Invalid as refused:
            node.problem("target", refused.message, refused.hint or "")
    spec.close()
    own = any(found.indicator is not None for found, _ in objectives)
    composite = _enumerated(notes, COMPOSITE, Composite, Composite.ANY) if own or notes.has(COMPOSITE) else None
    return Slo(
        name=name, service=service, window=window, method=method,
        objectives=tuple(found for found, _ in objectives), indicator=indicator, display_name=display,
        description=description, rules=rules, rows=rows,
        absent=_enumerated(notes, ABSENT, Absent, alerting.absent),
        notify_on_open=alerting.on_open, notify_on_resolve=alerting.on_resolve,
        evaluator=_enumerated(notes, EVALUATOR, Evaluator, Evaluator.INTERNAL),
        composite=composite, policy=notes.text(POLICY, ""), bucket_s=_resolution(notes),
        bad_events_min=_count(notes, MIN_BAD_EVENTS), page_severity=_severity(notes, PAGE_SEV, PAGE_SEVERITY),
        ticket_severity=_severity(notes, TICKET_SEV, TICKET_SEVERITY), labels=labels,
        annotations=others,
    )  # fmt: skip


def _resolution(notes: Node) -> int:
    typed = notes.text(RESOLUTION, "1m")
    known = {window_name(one): one for one in BUCKETS_S}
    if typed not in known:
        notes.problem(RESOLUTION, f"A bucket is {' or '.join(known)} long.", "5m where a scrape takes more than 30 s.")
    return known.get(typed, MINUTE_S)


def _count(notes: Node, key: str) -> int:
    typed = notes.text(key, "0")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 7):
        notes.problem(key, "This is a whole number.", "2 is a good start where there is little traffic.")
        return 0
    return int(typed)


def _severity(notes: Node, key: str, usual: str) -> str:
    typed = notes.text(key, usual).strip().upper()
    if not _SEVERITY.fullmatch(typed):
        notes.problem(key, f"“{typed[:20]}” is no severity.", "SEV1 to SEV4.")
        return usual
    return typed


def _pairs(node: Node, key: str) -> list[tuple[str, Any]]:
    return list(node.node(key).value.items())


def _enumerated(notes: Node, key: str, kind: type[E], default: E) -> E:
    return kind(notes.choice(key, [str(one) for one in kind], str(default)))


def _indicator(spec: Node, notes: Node, parsing: Parsing) -> Indicator | None:
    source = notes.choice(SOURCE, [str(one) for one in Source], "") if notes.has(SOURCE) else ""
    severities = tuple(one.strip() for one in notes.text(SEVERITIES, "").split(",") if one.strip())
    found = openslo_indicators.given(spec, parsing)
    if source == Source.INCIDENTS:
        if found is not None:
            spec.problem("indicator", "An SLO on declared incidents has no queries.", f"Drop it, or {SOURCE}.")
        return Indicator(Source.INCIDENTS, severities=severities)
    return found


def _window(spec: Node) -> Window | None:
    found = spec.nodes("timeWindow")
    if len(found) != 1:
        spec.problem("timeWindow", "There is exactly one time window.", "- {duration: 28d, isRolling: true}")
        return None
    node = found[0]
    duration, rolls = node.text("duration"), node.flag("isRolling", not node.has("calendar"))
    try:
        length = windows.read_length(duration, node.at("duration"))
        if rolls:
            if node.has("calendar"):
                node.problem("calendar", "A window that rolls has no calendar.", "Set isRolling: false.")
            window: Window = windows.rolling(length, node.at("duration"))
        else:
            aligned = node.node("calendar")
            starts, zone = aligned.text("startTime"), aligned.text("timeZone", "UTC")
            aligned.close()
            window = windows.calendar(length, starts, zone, node.at("calendar"))
    except Invalid as refused:
        node.refused(refused)
        return None
    node.close()
    return window


def _objectives(spec: Node, method: Method, shared: Indicator | None, parsing: Parsing) -> list[tuple[Objective, Node]]:
    found: list[tuple[Objective, Node]] = []
    nodes = spec.nodes("objectives")
    if not nodes:
        spec.problem("objectives", "There is no objective.", "- {target: 0.999}")
    for node in nodes:
        own = openslo_indicators.given(node, parsing)
        if own is None and shared is None and not node.has("indicator") and not node.has("indicatorRef"):
            node.problem("indicator", "Neither the SLO nor this objective has an indicator.")
        op = node.choice("op", ["lte", "gte", "lt", "gt"], "") if node.has("op") else ""
        value = node.raw("value")
        if own is not None and own.shape is Shape.THRESHOLD:
            own = openslo_indicators.with_threshold(own, op, value, node)
        one = _objective(node, method)
        node.close()
        if one is not None:
            found.append((replace(one, indicator=own), node))
    threshold = shared is not None and shared.shape is Shape.THRESHOLD
    if threshold and len(nodes) > 1:
        spec.problem("objectives", "A thresholdMetric has one objective only.", "Write an SLO for each threshold.")
    return found


def _objective(node: Node, method: Method) -> Objective | None:
    raw = node.raw("timeSliceWindow")
    name, weight = node.text("displayName", ""), node.raw("compositeWeight")
    target, share, least = node.raw("target"), node.raw("targetPercent"), node.raw("timeSliceTarget")
    try:
        slice_s = None
        if raw is not None:
            where = node.at("timeSliceWindow")
            # A bare number counts minutes.
            text = f"{raw}m" if str(raw).isdigit() else str(raw)
            slice_s = windows.seconds(windows.read_length(text, where), where)
        return targets.objective(
            target=target, target_percent=share, method=method, slice_target=least, slice_s=slice_s,
            name=name, weight=1 if weight is None else weight, field=node.path,
        )  # fmt: skip
    except Invalid as refused:
        node.refused(refused)
        return None
