"""Documents about responding to incidents → typed specs: the severity scale, roles, settings, texts and runbooks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from msgspec.structs import replace

from firebell.domain.comms import liquid
from firebell.domain.escalation.model import Target, TargetKind
from firebell.domain.incidents import configured
from firebell.domain.incidents.model import Level, RoleDefinition, RoleName, Severity
from firebell.domain.incidents.scale import DEFAULT_SCALE
from firebell.domain.runbooks import commands as runbooks
from firebell.domain.runbooks import rules as runbook_rules
from firebell.domain.runbooks.parsing import BODY_MAX
from firebell.domain.statuspage import rules as page_rules
from firebell.domain.webhooks import rules as webhook_rules
from firebell.kernel.errors import Invalid
from firebell.kernel.ids import is_slug
from firebell.kernel.text import printable
from firebell.workflows.config import template_kind
from firebell.workflows.config.page_parsing import status_page, webhook
from firebell.workflows.config.parsed import (
    SLUG_HINT,
    Parsing,
    duration,
    duration_or_off,
    fit,
    time_zone,
    whole,
)
from firebell.workflows.config.problems import near
from firebell.workflows.config.reading import Part
from firebell.workflows.config.response_specs import (
    DEFAULTS,
    ONLY,
    SINGLE,
    TARGET_WORDS,
    TEMPLATES,
    IncidentSettingsSpec,
    ResponseSpec,
    RoleSpec,
    RunbookSpec,
    ScaleSpec,
    TemplateSpec,
)

_LEVEL_FIELD = re.compile(r"levels\.(\d)\.(\w+)")
_LEVEL_KEYS: Mapping[str, str] = {
    "respond_s": "respond", "command_s": "command", "internal_every_s": "internalEvery", "stability_s": "stability",
    "executive_every_s": "executiveEvery", "public_first_s": "publicFirst", "public_scope_s": "publicScope",
    "public_every_s": "publicEvery", "action_days": "actionDays", "page_roles": "pageRoles",
}  # fmt: skip
_ROLE_KEYS: Mapping[str, str] = {"display_name": "displayName", "holders_max": "holders"}
REPORT_FORMS = ("off", "internal", "public")
SEVERITIES = tuple(str(one) for one in Severity)


def check_name(kind: str, name: str, part: Part) -> None:
    """Whether an object of ``kind`` can be called so; ``part`` is the metadata."""
    if not name:
        return
    if kind in SINGLE:
        if name != ONLY:
            part.problem("name", f"There is one {kind}, and it is called “{ONLY}”.", f"Write “name: {ONLY}”.")
    elif kind == "CommsTemplate":
        if name not in TEMPLATES:
            hint = near(name, TEMPLATES, otherwise=f"One of {', '.join(TEMPLATES)}.")
            part.problem("name", f"There is no template “{name}”.", hint)
    elif kind == "StatusPage":
        fit(part, "name", lambda: page_rules.slug(name))
    elif kind == "Webhook":
        if fit(part, "name", lambda: webhook_rules.name(name)) not in (None, name):
            part.problem("name", f"“{name}” cannot be a name.", "Write one line without hidden characters.")
    elif not is_slug(name) or (kind == "Runbook" and name.startswith("rbk_")):
        part.problem("name", f"“{name}” cannot be a name.", SLUG_HINT)


# ------------------------------------------------------------------ severities


def _scale(_: str, part: Part, parsing: Parsing) -> ScaleSpec:
    listed = part.part("levels")
    before = len(parsing.problems)
    levels = tuple(_level(listed.part(level.severity), level, parsing) for level in DEFAULT_SCALE.levels)
    listed.close()
    if len(parsing.problems) == before:
        try:
            configured.check_levels(levels, {name for level in levels for name in level.page_roles})
        except Invalid as refused:
            found = _LEVEL_FIELD.fullmatch(refused.field or "")
            key = f"levels.{SEVERITIES[int(found[1])]}.{_LEVEL_KEYS.get(found[2], found[2])}" if found else "levels"
            part.problem(key, refused.message, refused.hint)
    return ScaleSpec(levels)


def _level(part: Part, usual: Level, parsing: Parsing) -> Level:
    roles = parsing.refer_all(part, "pageRoles", "IncidentRole") if part.has("pageRoles") else usual.page_roles
    level = replace(
        usual,
        name=part.text("name", usual.name),
        impact=part.text("impact", usual.impact),
        example=part.text("example", usual.example),
        response=part.text("response", usual.response),
        respond_s=duration(part, "respond") if part.has("respond") else usual.respond_s,
        command_s=duration_or_off(part, "command", usual.command_s),
        calendar=part.choice("calendar", ("24x7", "business"), usual.calendar),
        internal_every_s=duration_or_off(part, "internalEvery", usual.internal_every_s),
        executive_every_s=duration_or_off(part, "executiveEvery", usual.executive_every_s),
        public_first_s=duration_or_off(part, "publicFirst", usual.public_first_s),
        public_scope_s=duration_or_off(part, "publicScope", usual.public_scope_s),
        public_every_s=duration_or_off(part, "publicEvery", usual.public_every_s),
        stability_s=duration(part, "stability") if part.has("stability") else usual.stability_s,
        postmortem=part.choice("postmortem", ("required", "optional"), usual.postmortem),
        action_days=whole(part, "actionDays", usual.action_days),
        page_roles=tuple(str(name) for name in roles),
    )
    for key in ("respond", "stability", "pageRoles"):  # known, though not asked for when absent
        part.raw(key)
    part.close()
    return level


# ------------------------------------------------------------------ roles and settings


def _role(name: str, part: Part, parsing: Parsing) -> RoleSpec:
    usual = DEFAULTS.get(("IncidentRole", name))
    usual = usual if isinstance(usual, RoleSpec) else RoleSpec(name)
    holders: int | None
    if part.content.get("holders") == "any":
        part.raw("holders")
        holders = None
    else:
        holders = whole(part, "holders", usual.holders_max or 0) or (None if not part.has("holders") else 0)
    found = RoleSpec(
        display_name=part.text("displayName", usual.display_name),
        duties=part.texts("duties") if part.has("duties") else usual.duties,
        never=part.text("never", usual.never),
        holders_max=holders,
        page=_target(part, "page", parsing),
    )
    part.raw("duties")
    definition = RoleDefinition(
        name=name, display_name=found.display_name, duties=found.duties, never=found.never, holders_max=holders
    )
    fill = [RoleDefinition(name=each, display_name=each, duties=(each,)) for each in RoleName if each != name]
    try:
        if is_slug(name):
            configured.check_roles([definition, *fill])
    except Invalid as refused:
        key = (refused.field or "").rpartition(".")[2]
        part.problem(_ROLE_KEYS.get(key, key), refused.message, refused.hint)
    return found


def _target(part: Part, key: str, parsing: Parsing) -> Target | None:
    if not part.has(key):
        part.raw(key)
        return None
    inner = part.part(key)
    given = [(kind, name) for kind in TargetKind if (name := inner.optional(kind.value)) is not None]
    inner.close()
    if len(given) != 1:
        part.problem(key, "A role is paged at one user, schedule or team.", "Write {schedule: incident-commanders}.")
        return None
    kind, name = given[0]
    parsing.refer(inner, kind.value, TARGET_WORDS[kind], name)
    return Target(kind, name)


def _settings(_: str, part: Part, parsing: Parsing) -> IncidentSettingsSpec:
    usual = IncidentSettingsSpec()
    policy = part.optional("commanderPolicy")
    parsing.refer(part, "commanderPolicy", "EscalationPolicy", policy)
    mail = part.texts("mailStateTo")
    for i, address in enumerate(mail):
        fit(part, f"mailStateTo[{i}]", lambda a=address: configured.check_address(a, ""))  # type: ignore[misc]
    declared = _severities(part, "autoDeclare") if part.has("autoDeclare") else usual.auto_declare
    part.raw("autoDeclare")
    return IncidentSettingsSpec(
        auto_declare=declared,
        commander_policy=policy,
        commanders=frozenset(parsing.refer_all(part, "commanders", "User")),
        auto_offer=part.flag("autoOffer", False),
        report_form=part.choice("reportForm", REPORT_FORMS, usual.report_form),
        mail_state_to=mail,
        executives=frozenset(parsing.refer_all(part, "executives", "User")),
        support_zone=time_zone(part, "supportTimeZone", usual.support_zone),
    )


def _severities(part: Part, key: str) -> tuple[str, ...]:
    found = part.texts(key)
    for i, one in enumerate(found):
        if one not in SEVERITIES:
            hint = near(one, SEVERITIES, otherwise=f"One of {', '.join(SEVERITIES)}.")
            part.problem(f"{key}[{i}]", f"“{one}” is no severity.", hint)
    return tuple(sorted(found))


# ------------------------------------------------------------------ texts


def _template(_: str, part: Part, parsing: Parsing) -> TemplateSpec:
    body = part.text("body")
    if body:
        fit(part, "body", lambda: liquid.check(body))
    return TemplateSpec(body)


def _runbook(name: str, part: Part, parsing: Parsing) -> RunbookSpec:
    owner = part.optional("owner")
    parsing.refer(part, "owner", "User", owner)
    matchers = part.texts("matchers")
    if len(matchers) > runbook_rules.MATCHERS_MAX:
        part.problem("matchers", f"At most {runbook_rules.MATCHERS_MAX} matchers.", "Leave some out.")
    read = [
        fit(part, f"matchers[{i}]", lambda t=text: runbook_rules.read_matcher(t))  # type: ignore[misc]
        for i, text in enumerate(matchers)
    ]
    pattern = part.text("titlePattern", "")
    if pattern:
        fit(part, "titlePattern", lambda: runbook_rules.check_pattern(pattern, ""))
    body = part.text("body", "") if part.has("body") else part.text("body")
    if len(body.encode(errors="replace")) > BODY_MAX:
        part.problem("body", "A runbook has at most 64 KiB of text.", "Split it into several.")
    return RunbookSpec(
        title=printable(part.text("title", name), one_line=True)[: runbooks.TITLE_MAX] or name,
        body=printable(body),
        owner=owner,
        services=frozenset(parsing.refer_all(part, "services", "Service")),
        severities=_severities(part, "severities"),
        matchers=tuple(str(one) for one in read if one is not None),
        title_pattern=pattern,
    )


READERS: Mapping[str, Callable[[str, Part, Parsing], ResponseSpec]] = {
    "SeverityScale": _scale,
    "IncidentRole": _role,
    "IncidentSettings": _settings,
    "CommsTemplate": _template,
    "Runbook": _runbook,
    "StatusPage": status_page,
    "Webhook": webhook,
    "PostmortemTemplate": template_kind.read,
}
