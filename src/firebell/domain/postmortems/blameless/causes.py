"""Rules about causes: people as causes, guilt, closing too early, and pointing elsewhere (F1, F7, F13, F14)."""

from __future__ import annotations

import re

from firebell.domain.postmortems.blameless.hits import Family, Level
from firebell.domain.postmortems.blameless.lexicon import HUMAN_NOUNS, words
from firebell.domain.postmortems.blameless.rule import Need, before, rule, sentence_of
from firebell.domain.postmortems.blameless.subject import Reader, Who

_H, _M, _L = Level.HIGH, Level.MEDIUM, Level.LOW
_CAUSE = re.compile(
    r"\b(?:caus(?:e|es|ed|ing)|due to|because of|result(?:ed)? (?:of|from)|reason|attributed to|down "
    r"to|stemm?(?:ed|s) from|"
    r"came from|led to|took (?:\w+ ){1,4}down|brought|triggered)\b"
)
_NOT_PEOPLE = re.compile(r"\b(?:shortage|lack|absence|number|few|missing|only|size|turnover|handoff|hand-off)\b")
_ELSEWHERE = words(
    "vendor provider supplier partner contractor team company department else network-team other aws "
    "google microsoft "
    "azure cloudflare carrier isp"
)


def _is_cause(reader: Reader, i: int, found: re.Match[str]) -> bool:
    """ "Human error" counts as a cause: it is all that is said, or the sentence speaks of causes."""
    sentence = sentence_of(reader, i)
    words = re.findall(r"[\w'-]+", sentence)
    if _CAUSE.search(sentence) or len(words) <= 4:
        return True
    return bool(
        re.search(
            r"\b(?:was|were|is|just|simply|pure|again)\s+(?:a\s+)?(?:simple\s+|plain\s+|pure\s+)?$", _left(reader, i)
        )
    )


def _left(reader: Reader, i: int) -> str:
    start, _ = reader.prose.sentence(reader.prose.starts[i])
    return reader.prose.low[max(start, reader.prose.starts[i] - 60) : reader.prose.starts[i]]


def _people(reader: Reader, i: int, found: re.Match[str]) -> bool:
    """Not "a shortage of staff": how many people there are is a condition."""
    return not _NOT_PEOPLE.search(reader.prose.low, found.end(), found.end() + 40)


def _theirs(reader: Reader, i: int, found: re.Match[str]) -> bool:
    """A person's possessive stands in front: "the engineer's mistake"."""
    if i == 0 or reader.pause(i):
        return False
    owner = reader.prose.words[i - 1]
    if owner in ("his", "her"):
        return True
    named = reader.prose.starts[i - 1] in reader.people_at and owner.endswith("'s")
    return named or (owner.endswith(("'s", "s'")) and owner.removesuffix("'s").removesuffix("'") in HUMAN_NOUNS)


def _of_others(reader: Reader, i: int, found: re.Match[str]) -> bool:
    """ "The vendor's fault", "their fault"."""
    if i == 0 or reader.pause(i):
        return False
    owner = reader.prose.words[i - 1]
    if owner in ("their", "his", "her", "your"):
        return True
    bare = owner.removesuffix("'s").removesuffix("'")
    return bare != owner and bool({bare, bare.removesuffix("s")} & (_ELSEWHERE | HUMAN_NOUNS))


def _unblamed(reader: Reader, i: int, found: re.Match[str]) -> bool:
    return not {"nobody", "no-one", "nothing", "how", "git"} & set(before(reader, i))


def _single(reader: Reader, i: int, found: re.Match[str]) -> bool:
    """ "A one-off job" runs once; "it was a one-off" closes the case. The verdict "one-off, provisional" is ours."""
    behind = reader.prose.low[found.end() : found.end() + 16].strip()
    if behind.startswith(", provisional"):
        return False
    return (bool({"was", "is", "were"} & set(before(reader, i, 3))) and not re.match(r"[a-z]", behind)) or bool(
        re.match(r"(?:event|incident|failure|outage|problem|mistake|thing)\b", behind)
    )  # fmt: skip


def _of_people(reader: Reader, i: int, found: re.Match[str]) -> bool:
    after = next(
        (j for j in range(i, min(i + 8, len(reader.prose.words))) if reader.prose.starts[j] >= found.end()), None
    )
    return reader.clause(i).is_human or (after is not None and reader.noun_phrase(after, after + 5).is_human)


def _others_doing(reader: Reader, i: int, found: re.Match[str]) -> bool:
    return reader.subject(i) not in (Who.WE, Who.I, Who.CUSTOMER)


_SAY = ("State the condition: what the tool accepted, what it showed, and what no check looked at.",)
_WHY1 = "A person as the cause ends the search before the conditions are found that will hold for the next person, too."
_ERROR = r"[- ]errors?(?! (?:message|page|rate|log|report|handling|count|code|budget|screen|event|response|class)s?)"

RULES = (
    rule(
        Family.PERSON_AS_CAUSE,
        _H,
        "human operator user pilot engineer",
        _ERROR,
        also=_is_cause,
        why=_WHY1,
        suggest=_SAY,
    ),
    rule(Family.PERSON_AS_CAUSE, _H, "caused triggered", " by ", Need.LAST, also=_people, why=_WHY1, suggest=_SAY),
    rule(Family.PERSON_AS_CAUSE, _H, "due", " to ", Need.LAST, also=_people, why=_WHY1, suggest=_SAY),
    rule(Family.PERSON_AS_CAUSE, _H, "because", " of ", Need.LAST, also=_people, why=_WHY1, suggest=_SAY),
    rule(
        Family.PERSON_AS_CAUSE,
        _H,
        "mistake mistakes error errors slip blunder typo oversight",
        " (?:made |committed )?(?:by|of|on the part of) (?:the|a|an|our|one|another|his|her|their|some) ",
        Need.AFTER,
        why=_WHY1,
        suggest=_SAY,
    ),
    rule(
        Family.PERSON_AS_CAUSE,
        _H,
        "mistake error oversight blunder negligence inattention slip",
        also=_theirs,
        why=_WHY1,
        suggest=_SAY,
    ),
    rule(
        Family.PERSON_AS_CAUSE,
        _H,
        "cause causes",
        r"(?: of [^.:;]{1,60}?)?(?:\s*:| was| is| were) ",
        Need.LAST,
        also=_people,
        why=_WHY1,
        suggest=_SAY,
    ),
    rule(
        Family.GUILT,
        _H,
        "at",
        " fault(?![- ](?:domain|line|toleran|inject|zone|rate))",
        also=_unblamed,
        why="Guilt is no finding: a postmortem asks what made it possible.",
        suggest=("Name the condition that let it through, and who can change it.",),
    ),
    rule(
        Family.GUILT,
        _H,
        "to",
        " blame",
        also=_unblamed,
        why="Guilt is no finding: a postmortem asks what made it possible.",
        suggest=("Name the condition that let it through, and who can change it.",),
    ),
    rule(
        Family.GUILT,
        _H,
        "culprit culprits guilty blamed reprimanded",
        also=lambda r, i, m: _unblamed(r, i, m) and not (i + 1 < len(r.prose.words) and r.kind(i + 1) is Who.MACHINE),
        why="The word judges; a postmortem describes.",
        suggest=("Say what it did and when, with the graph or log that shows it.",),
    ),
    rule(
        Family.GUILT,
        _H,
        "responsible",
        r" for (?:(?:the|this|that|an|our|causing|yesterday's) )*(?:\w+ ){0,2}?"
        r"(?:outage|incident|failure|downtime|damage|breakage|crash|data loss|mess|disaster|mistake)",
        also=_unblamed,
        why="Responsible for a failure is guilt; responsible for a service is a role.",
        suggest=("Say which team runs the service, and which condition let the failure through.",),
    ),
    rule(
        Family.GUILT,
        _H,
        "disciplinary punished punishment disciplined",
        why="Punishment is no part of a postmortem.",
        suggest=("Leave it out: it is no part of a postmortem.",),
        also=_unblamed,
    ),
    rule(
        Family.EARLY_CLOSING,
        _L,
        "fluke",
        why="What looks like chance is a cause that is not known yet.",
        suggest=("The cause is not known yet; name the evidence that comes next.",),
    ),
    rule(
        Family.EARLY_CLOSING,
        _L,
        "bad",
        " luck",
        why="What looks like chance is a cause that is not known yet.",
        suggest=("The cause is not known yet; name the evidence that comes next.",),
    ),
    rule(
        Family.EARLY_CLOSING,
        _L,
        "fixed",
        " (?:itself|themselves)",
        why="Nothing mends itself: something changed.",
        suggest=("It ended at a time that is known; what changed then is not known yet.",),
    ),
    rule(
        Family.EARLY_CLOSING,
        _L,
        "went",
        " away (?:by itself|on its own)",
        why="Nothing goes away by itself: something changed.",
        suggest=("It ended at a time that is known; what changed then is not known yet.",),
    ),
    rule(
        Family.EARLY_CLOSING,
        _L,
        "one-off",
        also=_single,
        why="Whether it is one is seen after 90 days, not before.",
        suggest=("No similar incident is known within 365 days; the verdict is provisional.",),
    ),
    rule(
        Family.EARLY_CLOSING,
        _L,
        "sole only single",
        " (?:root )?(?:cause|reason)(?= (?:was|is|of)|[.,;!]|$)",
        why="Incidents have several contributing factors; one is where the search stopped.",
        suggest=("One factor found so far is listed; the tree has room for others.",),
    ),
    rule(
        Family.EARLY_CLOSING,
        _L,
        "just",
        " an? (?:small|simple|minor|little|silly|tiny) (?:mistake|slip|glitch|error)",
        why="Small causes with large effects are what a postmortem is for.",
        suggest=("Say what let a small change have a large effect.",),
    ),
    rule(
        Family.EARLY_CLOSING,
        _L,
        "not",
        " the first time",
        also=_of_people,
        why="A pattern of a person is a condition nobody has looked at.",
        suggest=("Link the earlier incidents and name the condition they share.",),
    ),
    rule(
        Family.EARLY_CLOSING,
        _L,
        "always never",
        " (?:forgets?|forgot|miss|misses|missed|ignores?|ignored|skips?|skipped|checks?|checked|reads?|tests?|tested|"
        "listens?|listened|learns?|learned|asks?|asked|follows?|followed|writes?|updates?|updated|answers?|answered)",
        Need.SUBJECT,
        also=_others_doing,
        why="Always and never judge people, and are seldom true.",
        suggest=("Say how often it happened, and link each time.",),
    ),
    rule(
        Family.DEFLECTION,
        _M,
        "fault",
        "(?! (?:toleran|domain|inject|line|isolation|rate|detect|handl))",
        also=_of_others,
        why="Where others fail is outside; how it reached our customers is ours to change.",
        suggest=("Say what they answered and for how long, and what our side did with it.",),
    ),
    rule(
        Family.DEFLECTION,
        _M,
        "fault",
        " of (?:the |another |their |our )?(?:vendor|provider|supplier|other team|\\w+ team)",
        why="Where others fail is outside; how it reached our customers is ours to change.",
        suggest=("Say what they answered and for how long, and what our side did with it.",),
    ),
    rule(
        Family.DEFLECTION,
        _M,
        "not",
        " (?:our|my) (?:problem|fault|job|concern|responsibility)",
        why="It became ours when our customers noticed.",
        suggest=("Say where our side and theirs meet, and what that border lets through.",),
    ),
    rule(
        Family.DEFLECTION,
        _M,
        "we i",
        " (?:had |did |already )*(?:told|warned|tell|warn) (?:them|him|her|you|everyone)",
        why="Being right earlier changes nothing; how the warning was lost does.",
        suggest=("Say when the risk was raised, where, and what the next step was then.",),
    ),
)
