"""What is vague about an action item, and how strong it is (postmortems.md 6)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from firebell.domain.postmortems import blameless
from firebell.domain.postmortems.actions import ActionItem, ActionState, Strength
from firebell.domain.postmortems.blameless import Family, Names
from firebell.domain.postmortems.model import Section

ITEMS_MAX = 7


class Vague(StrEnum):
    """What is missing. Each is a warning; none keeps an item from being written down."""

    VERB = "verb"
    END_STATE = "end_state"
    OUTPUT = "output"
    EXHORTATION = "exhortation"
    OWNER = "owner"
    DUE = "due"
    TYPE = "type"


class Warned(msgspec.Struct, frozen=True, kw_only=True):
    """``quote`` is the word it is about, if it is one."""

    what: Vague
    message: str
    quote: str = ""


_VAGUE = re.compile(
    r"^(?:improve|enhance|look (?:into|at)|consider|discuss|think about|explore|evaluate|revisit|"
    r"review|better|optimi[sz]e|"
    r"address|handle|work on|follow up|try|talk (?:to|about|with)|clean up|strengthen|raise awareness|"
    r"communicate|be|keep|"
    r"ensure|make sure|check)\b",
    re.IGNORECASE,
)
_STUDY = re.compile(
    r"^(?:investigate|research|analy[sz]e|find out|understand|study|assess|explore|evaluate)\b", re.IGNORECASE
)
_CHANGE = re.compile(
    r"^(?:add|remove|reject|replace|limit|cap|enforce|block|delete|drop|automate|alert|page|test|"
    r"split|move|migrate|write|"
    r"document|link|set|lower|raise|reduce|increase|require|validate|verify|load-test|roll out|deploy|"
    r"upgrade|configure|enable|"
    r"disable|introduce|create|build|fix|change|rename|separate|isolate|rotate|renew|retire|publish|"
    r"run|schedule|record|log|"
    r"measure|monitor|expose|show|store|encrypt|back up|restore|switch|make|turn|give|grant|revoke|"
    r"train|practise|practice|"
    r"rehearse|drill|pin|mirror|shard|scale|gate|freeze|generate|extend|shorten|teach|refuse|warn|ask|"
    r"tag|name|agree|define|"
    r"extract|wrap|guard|default|stop|start|ship|port|install|wire|throttle|retry|queue|cache|index|"
    r"archive|purge|audit)\b",
    re.IGNORECASE,
)
_OUTPUT = re.compile(
    r"\b(?:write-?up|report|list|document|options?|proposal|decision|page|adr|design|prototype|numbers?)\b",
    re.IGNORECASE,
)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE = re.compile(
    rf"\bby\b.{{0,30}}(?:\d{{4}}-\d\d-\d\d|\d{{1,2}}\.? {_MONTH}|{_MONTH} \d{{1,2}}|monday|friday|week|month)",
    re.IGNORECASE,
)
_MEASURABLE = re.compile(
    r"\d|[<>≤≥%]|\btest(?:ed|s)?\b|\bCI\b|\balerts?\b|\bdrill\b|\bno longer\b|\brefus|\breject|"
    r"\bempty\b|\bevery\b|\beach\b|\bfails?\b|"
    r"\bdashboard\b|\blinked\b|\bmerged\b|\bgreen\b|\bpasses\b|\bblocks?\b"
)
_STRENGTHS: tuple[tuple[Strength, re.Pattern[str]], ...] = (
    (Strength.CARE, re.compile((r"\b(?:be|more) (?:more )?careful|\bpay (?:more )?attention|"
                               r"\bdouble-?check|\bremind\b|\btry harder"), re.IGNORECASE)),
    (Strength.TRAINING, re.compile((r"\b(?:re)?train(?:ing)?\b|\bworkshop\b|\bteach\b|\bgame ?day\b|"
                                   r"\bonboard"), re.IGNORECASE)),
    (Strength.ELIMINATE, re.compile(r"^(?:remove|retire|delete|drop|eliminate|replace|automate)\b", re.IGNORECASE)),
    (Strength.GUARD, re.compile((r"\b(?:reject|refuse|block|enforce|require|validate|limit|cap|gate|"
                                r"guard|throttle|rate.limit|in CI|lint|isolate)\b"), re.IGNORECASE)),
    (Strength.DEFAULT, re.compile((r"\bdefaults?\b|\bdry.run\b|\bconfirm|\bopt.in\b|\broll ?back "
                                  r"automatically\b|\bcanary\b|\bstaged\b"), re.IGNORECASE)),
    (Strength.CHECKLIST, re.compile((r"\bcheck ?lists?\b|\btemplate\b|\bprocedure\b|\brunbook "
                                    r"steps?\b"), re.IGNORECASE)),
    (Strength.ALERT, re.compile(r"\balert|\bpage[sd]?\b|\bmonitor|\bdashboard\b|\bpanel\b|\bmetric", re.IGNORECASE)),
    (Strength.DOCUMENTATION, re.compile((r"\bdocument|\brunbook|\bwrite|\bguide\b|\bmanual\b|\bwiki\b|"
                                        r"\blink\b"), re.IGNORECASE)),
)  # fmt: skip


def check(item: ActionItem, names: Names = blameless.NOBODY) -> tuple[Warned, ...]:
    """What is vague about one item, each with what to write instead."""
    text = item.text.strip()
    found: list[Warned] = []
    exhorted = next(
        (hit for hit in blameless.lint(text, names, section=Section.ACTION_ITEMS) if hit.family is Family.EXHORTATION),
        None,
    )
    study = _STUDY.match(text)
    vague = _VAGUE.match(text)
    measurable = bool(item.end_state.strip()) or bool(_MEASURABLE.search(_after_verb(text)))
    if exhorted:
        found.append(
            Warned(
                what=Vague.EXHORTATION,
                quote=exhorted.quote,
                message="It asks people to be better; name a check or a default.",
            )
        )
    if study:
        if not (_OUTPUT.search(f"{text} {item.end_state}") and (_DATE.search(text) or item.due_at)):
            found.append(
                Warned(
                    what=Vague.OUTPUT, quote=study[0],
                    message="Say what will exist afterwards, and when: “write-up with three options by 12 May”.",
                )
            )  # fmt: skip
    elif vague and not exhorted:
        found.append(
            Warned(
                what=Vague.VERB,
                quote=vague[0],
                message=f"“{vague[0]}” has no end. Begin with what changes: add, reject, limit.",
            )
        )
    elif not _CHANGE.match(text) and not exhorted:
        first = text.split(maxsplit=1)[0] if text else ""
        found.append(
            Warned(what=Vague.VERB, quote=first, message="Begin with a verb of change: add, reject, limit, remove.")
        )
    if not measurable and not study:
        found.append(
            Warned(what=Vague.END_STATE, message="Say how anybody can tell it is done: a number, an object, a test.")
        )
    return tuple(found)


def contract(item: ActionItem) -> tuple[Warned, ...]:
    """What of the promise is missing: owner, due date, type. Imported items are told this, and kept."""
    found = (
        (item.owner_id, Vague.OWNER, "It has no owner: one person, not a team."),
        (item.due_at, Vague.DUE, "It has no due date."),
        (item.type, Vague.TYPE, "Does it prevent, detect, mitigate, or change a process?"),
    )
    return tuple(Warned(what=what, message=message) for value, what, message in found if not value)


def verifiable(item: ActionItem) -> bool:
    """Whether its end can be seen."""
    return not {Vague.END_STATE, Vague.OUTPUT, Vague.EXHORTATION, Vague.VERB} & {one.what for one in check(item)}


def strength(item: ActionItem) -> Strength:
    """How much it relies on the system rather than on people. What nothing is known of counts as documentation."""
    text = f"{item.text} {item.end_state}"
    return next((one for one, pattern in _STRENGTHS if pattern.search(text)), Strength.DOCUMENTATION)


def check_list(items: Sequence[ActionItem]) -> tuple[str, ...]:
    """Warnings about all of them together, as sentences."""
    live = [item for item in items if item.state is not ActionState.DECLINED]
    found: list[str] = []
    if len(live) > ITEMS_MAX:
        found.append(f"{len(live)} items: more than {ITEMS_MAX} are seldom done. Decline what will not be done.")
    types = Counter(item.type for item in live if item.type)
    if len(live) > 1 and len(types) == 1 and sum(types.values()) == len(live):
        found.append(f"All items {next(iter(types))}: what would find it sooner, or end it faster?")
    priorities = Counter(item.priority for item in live if item.priority)
    if len(live) > 1 and len(priorities) == 1 and sum(priorities.values()) == len(live):
        found.append("All items have one priority: which is the first?")
    return tuple(found)


def _after_verb(text: str) -> str:
    return text.partition(" ")[2]
