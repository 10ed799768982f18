"""Documents → typed items. Every fault is added to the problems; references are collected, to be followed later."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from firebell.domain.escalation import rules as escalation_rules
from firebell.domain.escalation.model import Climb, Step, Target, TargetKind, Wait
from firebell.domain.people import rules as people_rules
from firebell.domain.people.model import Hours
from firebell.domain.services import rules as service_rules
from firebell.domain.services.model import SEVERITIES, UrgencyRule
from firebell.domain.slo.gate import OnError
from firebell.kernel.actor import Role
from firebell.kernel.errors import Invalid
from firebell.kernel.ids import is_slug
from firebell.workflows.config.channels import ChannelDeclaration, secret_fields
from firebell.workflows.config.parsed import SLUG_HINT, Parsing, Reference, duration, sound, time_zone, whole
from firebell.workflows.config.problems import Problem, near
from firebell.workflows.config.reading import Document, File, Part, envelope, read
from firebell.workflows.config.response_parsing import READERS, check_name
from firebell.workflows.config.schedules import canonical_layers, participants
from firebell.workflows.config.slo_parsing import READERS as SLO_READERS
from firebell.workflows.config.slo_parsing import SloWorld, is_openslo, read_openslo
from firebell.workflows.config.slo_specs import OPENSLO
from firebell.workflows.config.specs import (
    KINDS,
    LATER,
    TARGET_KINDS,
    TEAMED,
    IntegrationSpec,
    Item,
    MethodSpec,
    PolicySpec,
    RuleSpec,
    ScheduleSpec,
    ServiceSpec,
    Spec,
    TeamSpec,
    UserSpec,
)


@dataclass(slots=True)
class Desired:
    """All that the files say. ``documents`` tell where each item and its parts stand; ``warnings`` were understood,
    but should be said aloud."""

    items: dict[tuple[str, str], Item] = field(default_factory=dict)
    documents: dict[tuple[str, str], Document] = field(default_factory=dict)
    references: list[Reference] = field(default_factory=list)
    warnings: dict[tuple[str, str], tuple[Problem, ...]] = field(default_factory=dict)


def parse(
    files: Sequence[File],
    environment: Mapping[str, str],
    channels: Mapping[str, ChannelDeclaration],
    sources: Collection[str],
    problems: list[Problem],
    world: SloWorld | None = None,
) -> Desired:
    """Read all files. Faults go to ``problems``; items with faults are still there, so that references to them hold.

    ``world``: what of the house OpenSLO documents may refer to.
    """
    desired = Desired()
    parsing = Parsing(channels, sources, problems, desired.references)
    openslo: list[Document] = []
    for document in read(files, environment, problems):
        if is_openslo(document):
            openslo.append(document)
            continue
        kind = envelope(document, _OURS, LATER, problems)
        if kind is not None:
            _add(desired, _item(kind, document, parsing), document, problems)
    secrets = {file.path: file.secret_files for file in files}
    rules = [name for kind, name in desired.items if kind == "BurnRateRules"]
    for found in read_openslo(openslo, secrets, world or SloWorld(), rules, parsing):
        item = Item(found.kind, found.name, found.spec, None, found.managed)
        _add(desired, item, found.document, problems)
        desired.warnings[item.key] = found.warnings
    return desired


def _add(desired: Desired, item: Item, document: Document, problems: list[Problem]) -> None:
    if item.key in desired.items:
        first = desired.documents[item.key].place("metadata.name")
        message = f"{item.kind} “{item.name}” is already described in {first.file}:{first.line}."
        problems.append(Problem(document.place("metadata.name"), message, "Keep one of the two."))
        return
    desired.items[item.key] = item
    desired.documents[item.key] = document


def _item(kind: str, document: Document, parsing: Parsing) -> Item:
    metadata = Part.of(document, "metadata", parsing.problems)
    name = metadata.text("name")
    check_name(kind, name, metadata)
    team = metadata.optional("team") if kind in TEAMED else None
    parsing.refer(metadata, "team", "Team", team)
    managed = metadata.flag("managed", True)
    metadata.close()
    part = Part.of(document, "spec", parsing.problems)
    spec = _READERS[kind](name, part, parsing)
    part.close()
    return Item(kind, name, spec, team, managed)


# ------------------------------------------------------------------ people


def _user(name: str, part: Part, parsing: Parsing) -> UserSpec:
    display_name = part.text("displayName", name)
    sound(part, "displayName", lambda: people_rules.title(display_name or "-", "displayName"))
    email = part.optional("email")
    sound(part, "email", lambda: people_rules.email(email, "email"))
    zone = time_zone(part, "timeZone", "UTC")
    role = part.choice("role", [r.value for r in Role], Role.RESPONDER.value)
    active = part.flag("active", True)
    methods: list[MethodSpec] = []
    for inner in part.parts("contactMethods"):
        method = _method(inner, parsing)
        if any(other.name == method.name for other in methods):
            inner.problem("name", f"There are two contact methods “{method.name}”.", "Rename one of them.")
        else:
            methods.append(method)
    if len(methods) > people_rules.METHODS_MAX:
        part.problem("contactMethods", f"A person has at most {people_rules.METHODS_MAX} contact methods.")
    listed = part.part("notificationRules")
    names = [m.name for m in methods]
    high, low = _rules(listed, "high", names), _rules(listed, "low", names)
    if len(high) + len(low) > people_rules.RULES_MAX:
        part.problem("notificationRules", f"A person has at most {people_rules.RULES_MAX} notification rules.")
    listed.close()
    ordered = tuple(sorted(methods, key=lambda m: m.name))
    return UserSpec(display_name, email, zone, role, active, ordered, high, low)


def _method(part: Part, parsing: Parsing) -> MethodSpec:
    name = part.text("name")
    if name and not is_slug(name):
        part.problem("name", f"“{name}” cannot be a name.", SLUG_HINT)
    slug = part.text("channel")
    channel = parsing.channels.get(slug)
    verified = part.flag("verified", True)
    if channel is None:
        if slug:
            hint = near(slug, parsing.channels, otherwise=f"One of {', '.join(sorted(parsing.channels))}.")
            part.problem("channel", f"There is no channel “{slug}”.", hint)
        return MethodSpec(name, slug, {})
    values = {f.name: part.text(f.name, "") for f in channel.method_fields}
    part.close()
    given = {key: value for key, value in values.items() if value}
    secret = secret_fields(channel)
    try:
        checked = channel.check(given)
    except Invalid as refused:
        # A secret that is left out may be there already: then the whole is checked once it is put together.
        if refused.field not in secret - given.keys():
            part.problem(refused.field or "", refused.message, refused.hint)
    else:
        # A channel may make up a secret; what nobody wrote is no wish.
        given = {key: checked[key] for key in given if key in checked}
    return MethodSpec(name, slug, given, secret, verified)


def _rules(part: Part, urgency: str, methods: Sequence[str]) -> tuple[RuleSpec, ...]:
    found: list[RuleSpec] = []
    for inner in part.parts(urgency):
        after_s = duration(inner, "after", "0m")
        if after_s > people_rules.DELAY_S_MAX:
            inner.problem("after", "A rule waits at most 24h.")
        use = inner.text("use")
        if use and use not in methods:
            hint = near(use, methods, otherwise=f"Known here: {', '.join(methods) or 'none'}.")
            inner.problem("use", f"There is no contact method “{use}”.", hint)
        windows = inner.items("hours")
        hours: tuple[Hours, ...] = ()
        if all(isinstance(window, dict) for window in windows):
            hours = sound(inner, "hours", lambda w=windows: people_rules.hours(w, "hours")) or ()  # type: ignore[misc]
        else:
            inner.problem("hours", "A list of windows is needed.", 'Write [{days: [mon], from: "09:00", to: "17:00"}].')
        inner.close()
        found.append(RuleSpec(after_s, use, hours))
    return tuple(sorted(found, key=lambda rule: (rule.after_s, rule.use, str(rule.hours))))


def _team(name: str, part: Part, parsing: Parsing) -> TeamSpec:
    display_name = part.text("displayName", name)
    groups = {key: part.texts(key) for key in ("members", "managers")}
    for key, people in groups.items():
        for i, person in enumerate(people):
            parsing.refer(part, f"{key}[{i}]", "User", person)
    managers = frozenset(groups["managers"])
    return TeamSpec(display_name, frozenset(groups["members"]) - managers, managers)


# ------------------------------------------------------------------ on call and escalation


def _schedule(name: str, part: Part, parsing: Parsing) -> ScheduleSpec:
    zone = time_zone(part, "timeZone", None)
    description = part.text("description", "")
    layers = part.raw("layers")
    for path, person in participants(layers):
        parsing.refer(part, path, "User", person)
    checked = sound(part, "layers", lambda: canonical_layers(layers or [], zone or "UTC"))
    return ScheduleSpec(zone, description, checked or ())


def _policy(name: str, part: Part, parsing: Parsing) -> PolicySpec:
    display_name = part.text("displayName", name)
    before = len(parsing.problems)
    steps = tuple(_step(inner, parsing) for inner in part.parts("steps"))
    repeat = whole(part, "repeat", 2)
    timeout = part.text("ackTimeout", "30m")
    ack_timeout_s = None if timeout in ("off", "false") else duration(part, "ackTimeout", "30m")
    climb = Climb(steps, _targets(part, "fallback", parsing), repeat, ack_timeout_s)
    if len(parsing.problems) == before:
        sound(part, "steps", lambda: escalation_rules.check(climb))
    return PolicySpec(display_name, climb)


def _step(part: Part, parsing: Parsing) -> Step:
    notify = _targets(part, "notify", parsing)
    wait = Wait()
    if isinstance(part.content.get("wait"), dict):
        inner = part.part("wait")
        by_severity = {s: duration(inner, s) for s in SEVERITIES if inner.has(s)}
        wait = Wait(duration(inner, "default", "15m"), by_severity)
        for severity in SEVERITIES:
            inner.raw(severity)
        inner.close()
    else:
        wait = Wait(duration(part, "wait", "15m"))
    part.close()
    return Step(notify, wait)


def _targets(part: Part, key: str, parsing: Parsing) -> tuple[Target, ...]:
    found: list[Target] = []
    for inner in part.parts(key):
        named = [(kind, inner.optional(kind.value)) for kind in TargetKind]
        given = [(kind, name) for kind, name in named if name is not None]
        inner.close()
        if len(given) != 1:
            inner.problem("", "A target is one user, schedule or team.", "Write {schedule: payments-primary}.")
            continue
        kind, name = given[0]
        parsing.refer(inner, kind.value, TARGET_KINDS[kind], name)
        found.append(Target(kind, name))
    return tuple(found)


# ------------------------------------------------------------------ services


def _service(name: str, part: Part, parsing: Parsing) -> ServiceSpec:
    display_name = part.text("displayName", name)
    sound(part, "displayName", lambda: service_rules.label(display_name or "-", "displayName"))
    policy = part.optional("escalationPolicy")
    parsing.refer(part, "escalationPolicy", "EscalationPolicy", policy)
    depends_on = part.texts("dependsOn")
    for i, other in enumerate(depends_on):
        parsing.refer(part, f"dependsOn[{i}]", "Service", other)
    integrations: list[IntegrationSpec] = []
    for inner in part.parts("integrations"):
        made = _integration(inner, parsing)
        if any(other.name == made.name for other in integrations):
            inner.problem("name", f"There are two integrations “{made.name}”.", "Rename one of them.")
        else:
            integrations.append(made)
    return ServiceSpec(
        display_name=display_name,
        description=part.text("description", ""),
        policy=policy,
        default_severity=part.choice("defaultSeverity", SEVERITIES, "SEV3"),
        urgency=part.choice("urgency", [u.value for u in UrgencyRule], UrgencyRule.BY_SEVERITY.value),
        component=part.optional("component"),
        depends_on=frozenset(depends_on),
        integrations=tuple(sorted(integrations, key=lambda i: i.name)),
        gate_on_error=part.choice("gateOnError", list(OnError), OnError.OPEN),
    )


def _integration(part: Part, parsing: Parsing) -> IntegrationSpec:
    name, source = part.text("name"), part.text("source")
    if name and not is_slug(name):
        part.problem("name", f"“{name}” cannot be a name.", SLUG_HINT)
    if source and source not in parsing.sources:
        hint = near(source, parsing.sources, otherwise=f"One of {', '.join(sorted(parsing.sources))}.")
        part.problem("source", f"There is no source “{source}”.", hint)
    key = part.optional("key")
    if key is not None:
        sound(part, "key", lambda: service_rules.key(key))
    settings = dict(part.part("settings").content)
    if ignored := part.texts("ignoreLabels"):
        settings["ignore_labels"] = list(ignored)
    part.close()
    return IntegrationSpec(name, source, key, settings)


_READERS: Mapping[str, Callable[[str, Part, Parsing], Spec]] = {
    "User": _user,
    "Team": _team,
    "Schedule": _schedule,
    "EscalationPolicy": _policy,
    "Service": _service,
    **READERS,
    **SLO_READERS,
}
_OURS = tuple(kind for kind in KINDS if kind not in OPENSLO)
