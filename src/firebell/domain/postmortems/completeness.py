"""How complete a postmortem is: thirteen checks and their weights, 100 in all (postmortems.md 3).

The score helps its authors; it is never compared between people. Four of the checks are hard: without them there is no
review, unless somebody waives them with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import StrEnum

import msgspec

from firebell.domain.postmortems import actionlint, blameless, whys
from firebell.domain.postmortems.actions import ActionState, ActionType
from firebell.domain.postmortems.blameless import Hit, Level, Names, still_open
from firebell.domain.postmortems.draft import NOT_KNOWN
from firebell.domain.postmortems.model import LESSONS, Document, FactorClass, Section
from firebell.domain.postmortems.timeline import Covers, covered, parsed
from firebell.kernel.clock import Instant

ENTRIES_MIN = 4
_NUMBER = re.compile(
    r"\d[\d\s.,]*(?:%|percent|permille|‰|min(?:utes?)?|h(?:ours?)?|s(?:econds?)?|ms|days?|requests?|customers?|users?|orders?|"
    r"payments?|contacts?|tickets?|errors?|messages?|events?|euros?|dollars?|eur|usd|gb|gib|mb|mib|tb|rows?|records?|"
    r"sessions?|tenants?|accounts?|carts?|calls?|mails?|e-mails?|jobs?|pages?|€|\$|£)(?![a-z])|(?:€|\$|£)\s?\d",
    re.IGNORECASE,
)
_GAP = re.compile(r"\bdetect|\bnotic|\balert|\bmonitor", re.IGNORECASE)
_LINK = re.compile(r"\[[^\]\n]*\]\((?P<url>[^()\s]*)\)")


class Check(StrEnum):
    TIMELINE = "timeline"
    IMPACT_NUMBER = "impact_number"
    FACTORS = "factors"
    ACTIONS = "actions"
    WHY_TREE = "why_tree"
    BLAME = "blame"
    ACTION_MIX = "action_mix"
    VERIFIABLE = "verifiable"
    DETECTION = "detection"
    LESSONS = "lessons"
    IN_TIME = "in_time"
    LINKS = "links"
    SLO = "slo"


WEIGHTS: dict[Check, int] = {
    Check.TIMELINE: 10, Check.IMPACT_NUMBER: 10, Check.FACTORS: 12, Check.ACTIONS: 12, Check.WHY_TREE: 10,
    Check.BLAME: 10, Check.ACTION_MIX: 8, Check.VERIFIABLE: 8, Check.DETECTION: 6, Check.LESSONS: 4, Check.IN_TIME: 4,
    Check.LINKS: 3, Check.SLO: 3,
}  # fmt: skip
HARD = frozenset({Check.TIMELINE, Check.IMPACT_NUMBER, Check.FACTORS, Check.ACTIONS})


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """One check. ``message`` says what is missing; empty when it holds."""

    check: Check
    weight: int
    hard: bool
    message: str = ""

    @property
    def holds(self) -> bool:
        return not self.message


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What the checks need beyond the document. ``peak`` of the incident; ``published_at`` ``None``: not yet, and then
    ``now`` counts. ``broken_links``: URLs that did not answer, and terms nobody has explained. ``slo_linked``: an SLO's
    loss is attributed, or there is no SLO to lose."""

    peak: str = "SEV2"
    now: Instant
    publish_by: Instant
    published_at: Instant | None = None
    dismissed: tuple[str, ...] = ()
    broken_links: tuple[str, ...] = ()
    slo_linked: bool = False
    names: Names = blameless.NOBODY


def check(document: Document, around: Around) -> tuple[Checked, ...]:
    """All thirteen, in the order of the table."""
    messages = {
        Check.TIMELINE: _timeline(document),
        Check.IMPACT_NUMBER: _impact(document),
        Check.FACTORS: _factors(document, around),
        Check.ACTIONS: _actions(document),
        Check.WHY_TREE: _why_tree(document, around),
        Check.BLAME: _blame(document, around),
        Check.ACTION_MIX: _mix(document),
        Check.VERIFIABLE: _verifiable(document),
        Check.DETECTION: _detection(document),
        Check.LESSONS: _lessons(document),
        Check.IN_TIME: _in_time(around),
        Check.LINKS: _links(document, around),
        Check.SLO: "" if around.slo_linked else "No SLO's loss is linked.",
    }
    return tuple(Checked(check=one, weight=WEIGHTS[one], hard=one in HARD, message=messages[one]) for one in Check)


def score(found: Collection[Checked]) -> int:
    """0 to 100: the weights of the checks that hold."""
    return sum(one.weight for one in found if one.holds)


def missing(found: Collection[Checked]) -> tuple[str, ...]:
    """Names of the hard checks that do not hold, as ``rules.submit`` takes them."""
    return tuple(one.check.value.replace("_", " ") for one in found if one.hard and not one.holds)


def hits(document: Document, names: Names = blameless.NOBODY) -> dict[str, list[Hit]]:
    """What the linter says of every piece of a document: by section, and by ``why:…``, ``factor:…``, ``action:…``."""
    pieces: dict[str, tuple[str, Section]] = {one.value: (document.text(one), one) for one in Section}
    pieces["title"] = (document.title, Section.SUMMARY)
    pieces |= {f"why:{one.id}": (one.condition, Section.ROOT_CAUSE) for one in document.whys}
    pieces |= {f"factor:{one.id}": (one.text, Section.ROOT_CAUSE) for one in document.factors}
    pieces |= {f"action:{one.id}": (f"{one.text} {one.end_state}", Section.ACTION_ITEMS) for one in document.actions}
    found = {where: blameless.lint(text, names, section=section) for where, (text, section) in pieces.items()}
    return {where: one for where, one in found.items() if one}


def named(document: Document, names: Names) -> int:
    """How many names of people stand in it: what blocks publishing."""
    return sum(hit.level is Level.GATE for found in hits(document, names).values() for hit in found)


def _timeline(document: Document) -> str:
    entries = [one for one in parsed(document.text(Section.TIMELINE)) if one.at is not None]
    if len(entries) < ENTRIES_MIN:
        return f"The timeline has {len(entries)} timed entries; it needs {ENTRIES_MIN}."
    lacking = [one.value for one in Covers if one not in covered(entries)]
    return f"The timeline does not show: {', '.join(lacking)}." if lacking else ""


def _impact(document: Document) -> str:
    text = document.text(Section.IMPACT).replace(NOT_KNOWN, "")
    return "" if _NUMBER.search(text) else "The impact has no number with a unit: 98 min, 4 %, 1200 orders."


def _factors(document: Document, around: Around) -> str:
    needed = 2 if around.peak not in ("SEV3", "SEV4") else 1
    if len(document.factors) < needed:
        return f"{len(document.factors)} contributing factors; at {around.peak} it takes {needed}."
    if all(one.kind == FactorClass.CODE for one in document.factors):
        return "All factors are code: what about tests, reviews, tools, alerts?"
    return ""


def _actions(document: Document) -> str:
    if document.no_actions_because.strip():
        return ""
    live = [one for one in document.actions if one.state is not ActionState.DECLINED]
    if any(one.owner_id and one.due_at for one in live):
        return ""
    return "No action item has an owner and a due date. If there is none, say why."


def _why_tree(document: Document, around: Around) -> str:
    if len(document.whys) < 2:
        return "The why-tree has no answer yet."
    major = around.peak not in ("SEV3", "SEV4")
    problems = [
        one
        for one in whys.check(document.whys, document.actions, document.factors, major=major, names=around.names)
        if one.blocks
    ]
    return f"The why-tree: {problems[0].message} ({len(problems)} in all.)" if problems else ""


def _blame(document: Document, around: Around) -> str:
    left = [
        hit
        for found in hits(document, around.names).values()
        for hit in still_open(found, around.dismissed)
        if hit.level is Level.HIGH
    ]
    return f"{len(left)} sentences blame, the first: “{left[0].quote}”." if left else ""


def _mix(document: Document) -> str:
    if document.no_actions_because.strip():
        return ""
    types = {one.type for one in document.actions if one.state is not ActionState.DECLINED}
    if ActionType.PREVENT not in types:
        return "No action prevents."
    return "" if types & {ActionType.DETECT, ActionType.MITIGATE} else "No action detects or mitigates."


def _verifiable(document: Document) -> str:
    vague = [
        one for one in document.actions if one.state is not ActionState.DECLINED and not actionlint.verifiable(one)
    ]
    if not document.actions and not document.no_actions_because.strip():
        return "There is no action item."
    return f"{len(vague)} actions cannot be verified, the first: “{vague[0].text[:60]}”." if vague else ""


def _detection(document: Document) -> str:
    if not document.detected_by.strip():
        return "How it was detected is not stated."
    gap = any(one.detection for one in document.whys) or _GAP.search(document.text(Section.ROOT_CAUSE))
    return "" if gap else "What kept it from being detected sooner is not stated."


def _lessons(document: Document) -> str:
    parts = lesson_parts(document.text(Section.LESSONS))
    lacking = [heading for heading in (LESSONS[0], LESSONS[2]) if not parts.get(heading, "").strip()]
    return f"Nothing under: {', '.join(lacking)}." if lacking else ""


def lesson_parts(text: str) -> dict[str, str]:
    """The text under each of the three headings, without the prompts of the draft (a line that is all italics)."""
    parts: dict[str, list[str]] = {}
    at = ""
    for line in text.split("\n"):
        heading = line.strip("# ").strip().replace("’", "'")
        if line.lstrip().startswith("#") and heading in LESSONS:
            at = heading
        elif at and not re.fullmatch(r"\s*\*[^*]+\*\s*", line):
            parts.setdefault(at, []).append(line)
    return {heading: "\n".join(lines).strip() for heading, lines in parts.items()}


def _in_time(around: Around) -> str:
    late = (around.published_at or around.now) > around.publish_by
    return f"It was due on {around.publish_by.format_iso()[:10]}." if late else ""


def _links(document: Document, around: Around) -> str:
    broken = list(around.broken_links)
    for section in Section:
        broken += [m[0] for m in _LINK.finditer(document.text(section)) if not m["url"]]
    return f"{len(broken)} links or terms lead nowhere, the first: {broken[0][:80]}" if broken else ""
