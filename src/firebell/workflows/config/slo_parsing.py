"""Documents about objectives → typed specs. OpenSLO documents are read together, for they refer to each other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from firebell.domain.slo import openslo, repeating, rule_sets
from firebell.domain.slo.adjustments import Category
from firebell.domain.slo.burn_rows import BUILT_IN
from firebell.domain.slo.gate import Change
from firebell.domain.slo.openslo_model import API, KINDS, POLICY, RULES, DataSource
from firebell.domain.slo.openslo_nodes import Problem as Fault
from firebell.domain.slo.policies import OVERRIDE_MAX_S, REVIEW_MAX_S, ROLES
from firebell.domain.slo.policy import Consequence, Exemption, Threshold, read_threshold
from firebell.kernel.clock import Instant
from firebell.workflows.config.parsed import Parsing, Reference, duration, fit
from firebell.workflows.config.problems import Problem, near
from firebell.workflows.config.reading import Document, Part
from firebell.workflows.config.slo_specs import (
    MANAGED,
    AdjustmentSpec,
    BudgetPolicySpec,
    DataSourceSpec,
    RuleSetSpec,
    Slos,
    SloSpec,
)

Key = tuple[str, str]
EPOCH = Instant.from_timestamp(0)


@dataclass(frozen=True, slots=True)
class SloWorld:
    """What the house has that OpenSLO documents may refer to."""

    sources: Mapping[str, DataSource] = field(default_factory=dict)
    rules: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class OpenSloItem:
    """``warnings``: what should be said aloud when it is made or changed."""

    kind: str
    name: str
    spec: SloSpec | DataSourceSpec
    managed: bool
    document: Document
    warnings: tuple[Problem, ...] = ()


def is_openslo(document: Document) -> bool:
    """Whether it speaks OpenSLO of any version."""
    version = document.content.get("apiVersion")
    return isinstance(version, str) and version.partition("/")[0] == API.partition("/")[0]


def read_openslo(
    documents: Sequence[Document],
    secret_files: Mapping[str, Mapping[str, str]],
    world: SloWorld,
    own_rules: Collection[str],
    parsing: Parsing,
) -> list[OpenSloItem]:
    """Every SLO and data source among ``documents``; the others are read into these. ``secret_files``: of each file
    what was read for each path. ``own_rules``: rule sets that the files describe."""
    problems = parsing.problems
    contents, managed = zip(*(_unmanaged(one) for one in documents), strict=True) if documents else ((), ())
    found = openslo.read(contents, known_sources=world.sources, known_rules={*world.rules, *own_rules})
    problems += [_problem(documents, one) for one in found.problems]
    warnings = [(one.document, _problem(documents, one)) for one in found.warnings]
    places: dict[Key, int] = {}
    for index, one in enumerate(contents):
        if one.get("kind") in KINDS:
            places.setdefault((str(one["kind"]), str((one.get("metadata") or {}).get("name"))), index)
    items: list[OpenSloItem] = []
    for source in found.data_sources:
        index = places["DataSource", source.name]
        document = documents[index]
        content = secret_files.get(document.file, {}).get(source.secret_file)
        spec = DataSourceSpec(
            source.type, dict(source.details), source.secret_file, None if content is None else content.rstrip("\n")
        )
        items.append(OpenSloItem("DataSource", source.name, spec, managed[index], document))
    for slo in found.slos:
        index = places["SLO", slo.name]
        document = documents[index]
        _refer(parsing, document, "spec.service", "Service", slo.service)
        if not slo.rows and slo.rules not in BUILT_IN:
            _refer(parsing, document, f"metadata.annotations.{RULES}", "BurnRateRules", slo.rules)
        if slo.policy:
            _refer(parsing, document, f"metadata.annotations.{POLICY}", "ErrorBudgetPolicy", slo.policy)
        said = tuple(problem for at, problem in warnings if at == index)
        items.append(OpenSloItem("SLO", slo.name, SloSpec(slo), managed[index], document, said))
    for (kind, name), index in places.items():
        if kind == "Service":
            _refer(parsing, documents[index], "metadata.name", "Service", name)
    return items


def _unmanaged(document: Document) -> tuple[Mapping[str, Any], bool]:
    """The content without our word on who manages it, and that word."""
    content = dict(document.content)
    metadata = content.get("metadata")
    notes = metadata.get("annotations") if isinstance(metadata, dict) else None
    if not isinstance(metadata, dict) or not isinstance(notes, dict) or MANAGED not in notes:
        return content, True
    others = {key: value for key, value in notes.items() if key != MANAGED}
    content["metadata"] = {key: value for key, value in metadata.items() if key != "annotations"}
    if others:
        content["metadata"]["annotations"] = others
    return content, str(notes[MANAGED]).lower() != "false"


def _problem(documents: Sequence[Document], one: Fault) -> Problem:
    return Problem(documents[one.document].place(one.path), one.message, one.hint or None)


def _refer(parsing: Parsing, document: Document, path: str, kind: str, name: str) -> None:
    parsing.references.append(Reference(kind, name, document.place(path)))


# ------------------------------------------------------------------ kinds of Firebell's own


def _rules(name: str, part: Part, parsing: Parsing) -> RuleSetSpec:
    found, faults = rule_sets.read(name, dict(part.content))
    for key in part.content:
        part.raw(key)
    for one in faults:
        part.problem(one.path.removeprefix("spec").removeprefix("."), one.message, one.hint or None)
    return RuleSetSpec(found.period_s, found.rows) if found is not None else RuleSetSpec(0, ())


def _policy(_: str, part: Part, parsing: Parsing) -> BudgetPolicySpec:
    slos = parsing.refer_all(part, "slos", "SLO")
    approvals = _approvals(part, parsing)
    thresholds = tuple(one for inner in part.parts("thresholds") if (one := _threshold(inner)) is not None)
    goals = part.texts("goals")
    decider = part.optional("decider")
    parsing.refer(part, "decider", "User", decider)
    every_s = duration(part, "reviewEvery", "90d")
    if every_s and not 86_400 <= every_s <= REVIEW_MAX_S:
        part.problem("reviewEvery", "A policy is reviewed every day to every year.", "Write 90d.")
    exemptions = frozenset(Exemption)
    if part.has("exemptions"):
        listed = part.texts("exemptions")
        for i, word in enumerate(listed):
            if word not in set(Exemption):
                hint = near(word, list(Exemption), otherwise=f"One of {', '.join(Exemption)}.")
                part.problem(f"exemptions[{i}]", f"“{word}” is no exemption.", hint)
        exemptions = frozenset(Exemption(word) for word in listed if word in set(Exemption))
    part.raw("exemptions")
    inner = part.part("override")
    longest_s = duration(inner, "maxDuration", "24h")
    if longest_s and not 60 <= longest_s <= OVERRIDE_MAX_S:
        inner.problem("maxDuration", "An override lasts a minute to two weeks.", "Write 24h.")
    who = parsing.refer_all(inner, "who", "User")
    inner.close()
    return BudgetPolicySpec(
        frozenset(slos), approvals, thresholds, goals, decider or "", every_s, exemptions, longest_s, frozenset(who)
    )


def _approvals(part: Part, parsing: Parsing) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for inner in part.parts("approvals"):
        role, user = inner.choice("as", ROLES, ROLES[0]), inner.text("user")
        parsing.refer(inner, "user", "User", user)
        inner.close()
        if role in found:
            inner.problem(
                "as", f"Two people agree as {role}.", "One person each for product, development, reliability."
            )
        found[role] = user
    missing = [role for role in ROLES if role not in found]
    if missing:
        words = f"Nobody agrees as {' and '.join(missing)}."
        part.problem("approvals", words, "All three have to agree: - {user: pm, as: product}")
    return tuple((role, found[role]) for role in ROLES if role in found)


def _threshold(part: Part) -> Threshold | None:
    when, do, spared = part.text("when"), part.texts("do"), part.texts("except")
    part.close()
    for key, values, known in (("do", do, list(Consequence)), ("except", spared, list(Change))):
        for i, one in enumerate(values):
            if one not in known:
                hint = near(one, known, otherwise=f"One of {', '.join(known)}.")
                part.problem(f"{key}[{i}]", f"“{one}” is not known here.", hint)
                return None
    found: Threshold | None = fit(part, "when" if do else "do", lambda: read_threshold(when, do, spared))
    return found


def _adjustment(_: str, part: Part, parsing: Parsing) -> AdjustmentSpec:
    slos = parsing.refer_all(part, "slos", "SLO")
    if not slos:
        part.problem("slos", "An adjustment names its objectives.", "slos: [checkout-availability]")
    category = part.choice("category", list(Category), Category.SCHEDULED_MAINTENANCE)
    start, end = _instant(part, "start"), _instant(part, "end")
    rule = part.text("rrule", "").strip().upper().removeprefix("RRULE:")
    if start is not None and end is not None and end <= start:
        part.problem("end", "It ends before it begins.", "Swap the two times.")
    elif rule and start is not None and end is not None:
        fit(part, "rrule", lambda: repeating.check(rule, start, end))
    reason = part.text("reason")
    author, approver = part.optional("author") or "", part.optional("approver") or ""
    for key, name in (("author", author), ("approver", approver)):
        parsing.refer(part, key, "User", name or None)
    if author and author == approver:
        part.problem("approver", "Somebody else has to approve it.", "Ask the owner of the policy.")
    return AdjustmentSpec(frozenset(slos), category, start or EPOCH, end or EPOCH, reason, rule, author, approver)


def _instant(part: Part, key: str) -> Instant | None:
    text = part.text(key)
    try:
        return Instant.parse_iso(text)
    except ValueError:
        if text:
            part.problem(key, f"“{text[:60]}” is no instant.", "2026-11-02T10:00:00Z, with its zone.")
        return None


READERS: Mapping[str, Callable[[str, Part, Parsing], Slos]] = {
    "BurnRateRules": _rules,
    "ErrorBudgetPolicy": _policy,
    "BudgetAdjustment": _adjustment,
}
