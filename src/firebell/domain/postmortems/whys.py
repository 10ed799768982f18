"""The why-tree: a tree with branches, rooted at the impact, whose leaves are conditions (postmortems.md 4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from firebell.domain.postmortems import blameless
from firebell.domain.postmortems.actions import ActionItem, ActionState
from firebell.domain.postmortems.blameless import Family, Names
from firebell.domain.postmortems.blameless.lexicon import CUSTOMERS, HUMAN_NOUNS, HUMAN_PRONOUNS
from firebell.domain.postmortems.model import Factor, Why, WhyKind
from firebell.domain.postmortems.stopwords import STOP_WORDS
from firebell.kernel.errors import Invalid

OVERLAP_MAX = 0.8
LEVELS_HINT = 5
NODES_MAX = 200


class Check(StrEnum):
    LEAF_CONDITION = "W1"
    EVIDENCE = "W2"
    REPEATS = "W3"
    COUNTERFACTUAL = "W4"
    BRANCHES = "W5"
    DETECTION = "W6"
    REACH = "W7"
    ACTION = "W8"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """``why_id`` is empty for what the whole tree lacks. ``blocks``: the tree is not valid because of it. A leaf that
    is unknown and has an action to find out does not block."""

    check: Check
    why_id: str = ""
    message: str
    blocks: bool = True


_STOP_LEAF = re.compile(
    r"^(?:it was |was |just |simply |pure )?(?:an? )?(?:human error|operator error|user error|bad "
    r"luck|luck|carelessness|unknown|"
    r"the vendor|vendor|fate|negligence|a mistake|mistake|inattention|fatigue|chance|a fluke|nobody "
    r"knows|tbd|\?+)[.!?]*$",
    re.IGNORECASE,
)
_WISH = re.compile(
    (
        r"^(?:we (?:need|want|wish)|there should|it should|please|hopefully)\b|\bshould "
        r"be\b"
    ),
    re.IGNORECASE,
)
_OUTSIDE = re.compile(
    r"\b(?:weather|lightning|earthquake|the economy|black friday|holiday season|solar|the internet|the law|"
    r"cable cut|market|competitors?)\b",
    re.IGNORECASE,
)
_INSIDE = re.compile(
    r"\b(?:no|not|only|without|lacks?|missing|any|every|manual|allows?|accepts?|limit|test|alert|"
    r"review|deploy|config|tool|contract|"
    r"default|rota|staff|runbook|process|design|quota|retry|retries|timeout|single|one|never|nothing|nobody)\b",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[^\W_]{2,}")


def leaves(whys: Sequence[Why]) -> list[Why]:
    """Nodes nothing is said to have made possible; the root itself is none."""
    parents = {one.parent for one in whys}
    return [one for one in whys if one.parent is not None and one.id not in parents]


def branches(whys: Sequence[Why]) -> int:
    """How many ways lead from the impact down: the number of leaves."""
    return len(leaves(whys))


def depth(whys: Sequence[Why], why_id: str) -> int:
    """Answers between the impact and a node: 0 for the root."""
    by_id = {one.id: one for one in whys}
    found, at = 0, by_id.get(why_id)
    while at is not None and at.parent is not None and found <= len(whys):
        found, at = found + 1, by_id.get(at.parent)
    return found


def check_shape(whys: Sequence[Why]) -> None:
    """Raises Invalid unless it is one tree: one root, known parents, no cycle, no id twice."""
    by_id = {one.id: one for one in whys}
    if len(by_id) != len(whys):
        raise Invalid("Two answers have the same id.", field="whys")
    if len(whys) > NODES_MAX:
        raise Invalid(f"A tree has at most {NODES_MAX} answers.", field="whys", hint="Split the postmortem.")
    roots = [one for one in whys if one.parent is None]
    if whys and len(roots) != 1:
        raise Invalid(f"A why-tree has one root, the impact; this one has {len(roots)}.", field="whys")
    for one in whys:
        if one.parent is not None and one.parent not in by_id:
            raise Invalid(f"“{one.condition[:60]}” answers a question that is not there.", field="whys")
        if depth(whys, one.id) > len(whys):
            raise Invalid(f"“{one.condition[:60]}” leads back to itself.", field="whys")
        if one.kind is WhyKind.ACCEPTED_RISK and not one.reason.strip():
            raise Invalid(
                f"“{one.condition[:60]}” is an accepted risk without a reason.", field="whys", hint="Say why."
            )


def overlap(one: str, other: str) -> float:
    """|A∩B| / min(|A|, |B|) of the words without stop words; 0 when either has none."""
    first, second = _content(one), _content(other)
    if not first or not second:
        return 0.0
    return len(first & second) / min(len(first), len(second))


def _content(text: str) -> set[str]:
    return {word for word in _TOKEN.findall(text.casefold()) if word not in STOP_WORDS}


def check(
    whys: Sequence[Why],
    actions: Iterable[ActionItem] = (),
    factors: Iterable[Factor] = (),
    *,
    major: bool = True,
    names: Names = blameless.NOBODY,
) -> tuple[Problem, ...]:
    """What keeps a tree from being valid. All of it warns. ``major``: the incident was a SEV1 or SEV2 (or unset).

    A leaf has an action when a factor that names it is named by one, or an action names the leaf itself.
    """
    by_id = {one.id: one for one in whys}
    acted = _acted(actions, factors)
    ends = leaves(whys)
    found: list[Problem] = []
    for leaf in ends:
        found += _of_leaf(leaf, names, acted)
    for one in whys:
        parent = by_id.get(one.parent or "")
        if parent is None:
            continue
        if not one.evidence and one.kind is not WhyKind.UNKNOWN:
            found.append(
                _said(Check.EVIDENCE, one, ("It has no evidence: a link, graph, log, diff or interview note."))
            )
        if overlap(parent.condition, one.condition) > OVERLAP_MAX:
            found.append(_said(Check.REPEATS, one, "It says its question again. What made that possible?"))
        if any(hit.family is Family.COUNTERFACTUAL for hit in blameless.lint(one.condition, names)):
            found.append(_said(Check.COUNTERFACTUAL, one, "It says what might have been; say what was."))
    if major and len(ends) < 2:
        found.append(Problem(check=Check.BRANCHES, message="One line of answers: what else had to be true?"))
    if not any(one.detection for one in whys):
        found.append(Problem(check=Check.DETECTION, message="No branch asks why it was found or stopped only then."))
    return tuple(sorted(found, key=lambda problem: problem.check.value))


def valid(problems: Iterable[Problem]) -> bool:
    return not any(one.blocks for one in problems)


def _of_leaf(leaf: Why, names: Names, acted: frozenset[str]) -> list[Problem]:
    found: list[Problem] = []
    unknown = leaf.kind is WhyKind.UNKNOWN or leaf.condition.strip(" .?").casefold() == "unknown"
    if unknown:
        found.append(
            _said(
                Check.LEAF_CONDITION,
                leaf,
                "Not known yet: name the evidence that comes next.",
                blocks=leaf.id not in acted,
            )
        )
    elif why := _no_condition(leaf.condition, names):
        found.append(_said(Check.LEAF_CONDITION, leaf, why))
    elif _OUTSIDE.search(leaf.condition) and not _INSIDE.search(leaf.condition):
        found.append(
            _said(Check.REACH, leaf, ("Nobody here can change that: which design, process or contract met it?"))
        )
    if leaf.kind is not WhyKind.ACCEPTED_RISK and leaf.id not in acted:
        found.append(
            _said(Check.ACTION, leaf, ("No action item changes it; add one, or accept the risk with a reason."))
        )
    return found


def _no_condition(text: str, names: Names) -> str:
    """Why a leaf is no condition; empty when it is one."""
    if _STOP_LEAF.match(text.strip()):
        return "That is where the search stopped, not a condition. What made it possible?"
    if _WISH.search(text):
        return "That is a wish. What is true today?"
    if any(hit.family in _PERSONAL for hit in blameless.lint(text, names)):
        return "It ends at a person. What made it possible for anybody?"
    words = [word for word in re.findall(r"[\w'-]+", text.lower()) if word not in ("the", "a", "an", "our")]
    if len(words) <= 3 and words and words[-1] in (HUMAN_NOUNS | HUMAN_PRONOUNS) - CUSTOMERS:
        return "It is a person, role or team. What made it possible for anybody?"
    return ""


_PERSONAL = frozenset(
    {Family.PERSON_AS_CAUSE, Family.ACCIDENT, Family.CHARACTER, Family.OMISSION, Family.GUILT, Family.COMPLIANCE,
     Family.VERDICT, Family.EARLY_CLOSING, Family.DEFLECTION, Family.NAME}
)  # fmt: skip


def _acted(actions: Iterable[ActionItem], factors: Iterable[Factor]) -> frozenset[str]:
    of_factor: Mapping[str, tuple[str, ...]] = {one.id: one.why_ids for one in factors}
    found: set[str] = set()
    for item in actions:
        if item.state is not ActionState.DECLINED:
            for ref in item.factor_ids:
                found.update((ref, *of_factor.get(ref, ())))
    return frozenset(found)


def _said(check_: Check, why: Why, message: str, *, blocks: bool = True) -> Problem:
    return Problem(check=check_, why_id=why.id, message=message, blocks=blocks)
