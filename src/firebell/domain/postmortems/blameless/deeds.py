"""Rules about what somebody did or left undone: accidents, omissions, rules not kept, loaded words (F2, F4, F10, F12).

Nearly all of them ask for a person as the subject: a pod that failed to start is a fact.
"""

from __future__ import annotations

import re

from firebell.domain.postmortems.blameless.hits import Family, Level
from firebell.domain.postmortems.blameless.rule import Need, before, rule
from firebell.domain.postmortems.blameless.subject import Reader

_H, _M = Level.HIGH, Level.MEDIUM
_SLIP = (
    "Say what the tool accepted: the field, the command, the target, and what did not ask back.",
    "Nothing stood between one keystroke and production; say what could.",
)
_ACCIDENT = "An accident of a person says nothing about why the system let it through."
_OMITTED = "What a person left undone is half the story: the other half is why nothing else noticed."
_RULES_OF_THE_HOUSE = (
    "r(?:eview|unbook|ules?)|process(?:es)?|procedures?|checklist|polic(?:y|ies)|protocol|guidelines?|steps|plan"
)


def _left_undone(reader: Reader, i: int, found: re.Match[str]) -> bool:
    """Not "ignored" as in "the ignored list"."""
    return not {"the", "an", "a", "these", "those"} & set(before(reader, i, 1))


RULES = (
    rule(
        Family.ACCIDENT,
        _M,
        "accidentally mistakenly wrongly inadvertently unintentionally erroneously",
        r" (?!so\b)[a-z-]+",
        Need.SUBJECT,
        why=_ACCIDENT,
        suggest=_SLIP,
    ),
    rule(Family.ACCIDENT, _M, "by", " (?:mistake|accident)", Need.CLAUSE, why=_ACCIDENT, suggest=_SLIP),
    rule(
        Family.ACCIDENT,
        _M,
        "made introduced committed left",
        r" (?:a|an|the|one|another|some) (?:\w+ )?(?:typos?|slip|mistakes?|blunder)",
        Need.SUBJECT,
        why=_ACCIDENT,
        suggest=_SLIP,
    ),
    rule(Family.ACCIDENT, _M, "fat-fingered mistyped misclicked", "", Need.SUBJECT, why=_ACCIDENT, suggest=_SLIP),
    rule(Family.ACCIDENT, _M, "fat", " finger(?:s|ed)?", why=_ACCIDENT, suggest=_SLIP),
    rule(
        Family.OMISSION,
        _H,
        "forgot forgets",
        r"(?: to| about)?",
        Need.SUBJECT,
        why=_OMITTED,
        suggest=(
            "It rested on memory to {rest}; no check or alert asked for it.",
            "It rested on memory; no check or alert asked for it.",
        ),
    ),
    rule(
        Family.OMISSION,
        _H,
        "neglected failed fails",
        r" to",
        Need.SUBJECT,
        why=_OMITTED,
        suggest=(
            "Say what it took to {rest}, and what stood in the way.",
            "Say what the step needs, how long it takes, and what stood in the way.",
        ),
    ),
    rule(
        Family.OMISSION,
        _H,
        "overlooked ignored",
        "",
        Need.SUBJECT,
        also=_left_undone,
        why=_OMITTED,
        suggest=("Say what was on the screen then, and how often the same signal had meant nothing.",),
    ),
    rule(
        Family.OMISSION,
        _H,
        "did didn't",
        r"(?: not)? (?:even )?bother",
        Need.SUBJECT,
        why=_OMITTED,
        suggest=("Say what the step costs, and what made skipping it look right.",),
    ),
    rule(
        Family.OMISSION,
        _M,
        "did didn't",
        (
            r"(?: not)? (?:even |really |actually )?(?:check|notice|read|tell|verify|test|reali[sz]e|ask|"
            r"inform|warn|look at|double-check)"
        ),
        Need.SUBJECT,
        also=lambda r, i, m: r.prose.words[i] == "didn't" or bool(re.match(r"\s+not\b", m[0])),
        why=_OMITTED,
        suggest=("Say where it could be seen, and which alert or check does not exist yet.",),
    ),
    rule(
        Family.OMISSION,
        _M,
        "nobody",
        r" (?:noticed|checked|told|read|tested|looked|asked|verified)",
        why=_OMITTED,
        suggest=("Say where it could be seen, and which alert or check does not exist yet.",),
    ),
    rule(
        Family.OMISSION,
        _M,
        "was were",
        " supposed to",
        Need.SUBJECT,
        why="Measured against a plan, people always come out short; the plan met a world.",
        suggest=("Say what the plan names, and what the day allowed.",),
    ),
    rule(
        Family.COMPLIANCE,
        _M,
        "did didn't",
        rf"(?: not)? follow (?:(?:the|our|any|all|proper|change|standard) )*(?:{_RULES_OF_THE_HOUSE}|instructions)",
        Need.SUBJECT,
        also=lambda r, i, m: r.prose.words[i] == "didn't" or bool(re.match(r"\s+not\b", m[0])),
        why="Work as written and work as done differ for a reason worth knowing.",
        suggest=("Say what the written way costs, what the usual way is, and why.",),
    ),
    rule(
        Family.COMPLIANCE,
        _M,
        "bypassed circumvented skipped",
        (
            rf" (?:(?:the|our|code|peer|all|mandatory|required) )*(?:{_RULES_OF_THE_HOUSE}|approvals?|"
            rf"checks?|gates?|safeguards?|tests?|change control)"
        ),
        Need.SUBJECT,
        why="A way around exists because somebody needed it.",
        suggest=("Say that the way around exists by design, and what looks at it afterwards.",),
    ),
    rule(
        Family.COMPLIANCE,
        _M,
        "violated breached broke",
        r" (?:(?:the|our|company|change) )*(?:polic(?:y|ies)|rules?|protocol|procedures?)",
        Need.SUBJECT,
        why="Work as written and work as done differ for a reason worth knowing.",
        suggest=("Say what the policy asks, and what the situation allowed.",),
    ),
    rule(
        Family.COMPLIANCE,
        _M,
        "without",
        " (?:permission|authori[sz]ation|approval|asking|being asked)",
        Need.CLAUSE,
        why="What the system permits is a property of the system.",
        suggest=("Say which permission the role holds, and who else holds it.",),
    ),
    rule(
        Family.COMPLIANCE,
        _M,
        "unauthorised unauthorized",
        "",
        Need.CLAUSE,
        why="What the system permits is a property of the system.",
        suggest=("Say which permission the role holds, and who else holds it.",),
    ),
    rule(
        Family.LOADED,
        _M,
        "panicked",
        "",
        Need.SUBJECT,
        why="It reads minds, and minds are not in the log.",
        suggest=("Say how long it took from the alert to the first action, and what had to be opened for it.",),
    ),
    rule(
        Family.LOADED,
        _M,
        "wasted wasting",
        (
            r" (?:(?:a lot of|so much|precious|valuable|their|our|much|the) )*(?:time|hours|minutes|\d+ "
            r"?(?:min|minutes|hours|h)|an hour|half an hour)"
        ),
        Need.SUBJECT,
        why="Time that was spent looking became waste only afterwards.",
        suggest=("Say how many minutes passed and what was ruled out in them.",),
    ),
    rule(
        Family.LOADED,
        _M,
        "botched",
        "",
        why="The word judges; a postmortem describes.",
        suggest=("Say what was changed, and what the numbers did then.",),
    ),
    rule(
        Family.LOADED,
        _M,
        "screwed messed",
        " (?:\\w+ )?up",
        why="The word judges; a postmortem describes.",
        suggest=("Say what was changed, and what the numbers did then.",),
    ),
    rule(
        Family.LOADED,
        _M,
        "broke killed destroyed trashed",
        r" (?:the |our |all of )*(?:prod|production|site|website|everything)",
        Need.SUBJECT,
        why="It makes a person the tool that failed.",
        suggest=("Say what the error rate did, and how long after which change.",),
    ),
    rule(
        Family.LOADED,
        _M,
        "ridiculous unacceptable nightmare",
        "",
        why="The word judges; a postmortem describes.",
        suggest=("Give the number, and the number that is agreed.",),
    ),
)
