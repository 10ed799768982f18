"""Rules about what might have been: counterfactuals, hindsight, and questions that look for a person (F5, F6, F8)."""

from __future__ import annotations

import re

from firebell.domain.postmortems.blameless.hits import Family, Level
from firebell.domain.postmortems.blameless.lexicon import CONJUNCTIONS, DETERMINERS, PREPOSITIONS, words
from firebell.domain.postmortems.blameless.rule import Need, before, first_in_sentence, rule, sentence_of
from firebell.domain.postmortems.blameless.subject import Reader, Who

_H, _M, _L = Level.HIGH, Level.MEDIUM, Level.LOW
_IRREGULAR = words(
    "caught seen known done gone told read run taken made found written thought kept held left sent "
    "paid set put shut "
    "understood begun chosen given built bought brought spoken rung woken begun fallen come become drawn hit cut let "
    "split shown gotten got said heard stopped felt met lost led"
)
_ADJECTIVES = words(
    "automated dedicated documented limited shared distributed named typed encrypted staged required separated "
    "detailed improved advanced unlimited embedded managed nested fixed"
)
"""In front of a noun these describe it: "we should have automated tests" is a wish for the future."""
_AFTER_VERB = DETERMINERS | PREPOSITIONS | CONJUNCTIONS | words("it them him her us earlier sooner first back")
_MISSED = words(
    "caught tested reviewed noticed spotted detected prevented avoided checked found seen known escalated flagged "
    "monitored documented anticipated foreseen validated verified averted"
)
_HAVE = (
    r"(?P<no> not| never|n't)?(?: have|'ve)(?: (?!been)(?:\w+ly|just|at least|also|already|simply|first|at once))*"
    r"(?P<been> been)?(?: (?:\w+ly|also|already))? (?P<verb>[a-z-]+)"
)


def _participle(reader: Reader, i: int, found: re.Match[str]) -> bool:
    verb = found["verb"]
    if verb not in _IRREGULAR and not verb.endswith("ed"):
        return False
    if verb in _ADJECTIVES:
        behind = re.match(r"\s+([\w'-]+)", reader.prose.low[found.end() : found.end() + 40])
        return behind is None or behind[1] in _AFTER_VERB
    return True


def _active(reader: Reader, i: int, found: re.Match[str]) -> bool:
    """A person who should have done something. One who should have been paged was let down by a system, and "could not
    have" excuses."""
    if not _participle(reader, i, found) or found["been"]:
        return False
    return not (found["no"] and reader.prose.words[i].startswith(("could", "would")))


def _passive(reader: Reader, i: int, found: re.Match[str]) -> bool:
    """ "This should have been caught": by nobody in particular, or by a person; not by a program."""
    if not found["been"] or found["no"] or found["verb"] not in _MISSED:
        return False
    if reader.subject(i) in (Who.HUMAN, Who.WE, Who.I, Who.CUSTOMER):
        return False
    verb = next(j for j in range(i, len(reader.prose.words)) if reader.prose.starts[j] >= found.start("verb"))
    return reader.agent(verb) not in (Who.MACHINE, Who.CUSTOMER)


def _plain(reader: Reader, i: int, found: re.Match[str]) -> bool:
    """ "Makes the target obvious" and "less obvious" speak of design, "obvious duplicates" of what they are."""
    if {"make", "makes", "made", "making", "more", "less"} & set(before(reader, i, 6)):
        return False
    low, start = reader.prose.low, reader.prose.starts[i]
    described = _SAID.search(low[max(0, start - 24) : start]) or _PLAIN_THING.match(low[found.end() : found.end() + 24])
    return reader.prose.words[i] != "obvious" or described is not None


def _asked(reader: Reader, i: int, found: re.Match[str]) -> bool:
    """A question after a person: it is one, or somebody wants to find out."""
    words = before(reader, i, 3)
    if {"out", "know", "ask", "determine", "identify", "establish", "investigate"} & set(words[:1]):
        return True
    start = first_in_sentence(reader, i) or set(words) <= {"and", "so", "but", "then"}
    return start and sentence_of(reader, i).rstrip().endswith("?")


_PLAIN_THING = re.compile(r"\s+(?:that|signs?|causes?|choice|step|fix|mistakes?|errors?|problems?)\b")
_SAID = re.compile(
    r"\b(?:was|is|were|are|be|been|being|seems?|seemed|looks?|looked|so|quite|too|very)\s+(?:\w+ly\s+)?$"
)
_WHAT_IF = "What might have been done explains nothing of what was done, and why it looked right."
_FACTS = ("Say what was known at that minute, and what was done with it.",)
_LATER = "It is plain now, because the end is known; it was not then."


RULES = (
    rule(
        Family.COUNTERFACTUAL,
        _H,
        "should could would shouldn't",
        _HAVE,
        Need.SUBJECT,
        also=_active,
        why=_WHAT_IF,
        suggest=_FACTS,
    ),
    rule(Family.COUNTERFACTUAL, _H, "ought", " to" + _HAVE, Need.SUBJECT, also=_active, why=_WHAT_IF, suggest=_FACTS),
    rule(
        Family.COUNTERFACTUAL,
        _M,
        "should could",
        _HAVE,
        also=_passive,
        why=_WHAT_IF,
        suggest=("Say what the check looks at today, and what it does not see.",),
    ),
    rule(
        Family.COUNTERFACTUAL,
        _M,
        "if",
        r" only(?! (?:one|two|three|a|an|the|some|\d))",
        why=_WHAT_IF,
        suggest=("Turn it into an action item with an owner and a date.",),
    ),
    rule(
        Family.COUNTERFACTUAL,
        _M,
        "had",
        (
            r" (?:we|they|he|she|i|you|the team|somebody|someone|anyone|anybody) (?:only |just "
            r")?[a-z-]+(?:ed|en|nt|un|own|one|ept|ade|ound|ought|ead)"
        ),
        also=lambda r, i, m: first_in_sentence(r, i) or r.pause(i),
        why=_WHAT_IF,
        suggest=("Turn it into an action item with an owner and a date.",),
    ),
    rule(
        Family.HINDSIGHT,
        _M,
        "obvious obviously",
        also=_plain,
        why=_LATER,
        suggest=("Give the reading, the time, and where it was shown.",),
    ),
    rule(
        Family.HINDSIGHT,
        _M,
        "clearly",
        " visible",
        why=_LATER,
        suggest=("Give the reading, the time, and where it was shown.",),
    ),
    rule(
        Family.HINDSIGHT,
        _M,
        "easily",
        " (?:have )?(?:been )?(?:avoidable|avoided|prevented|preventable)",
        why=_LATER,
        suggest=("Say what the prevention costs, and what spoke against it until now.",),
    ),
    rule(
        Family.HINDSIGHT,
        _M,
        "all",
        " (?:they|he|she|you|we|anyone|anybody|the [a-z-]+) had to do",
        why=_LATER,
        suggest=("Say where the needed knowledge stands, and what led there at that minute.",),
    ),
    rule(
        Family.HINDSIGHT,
        _M,
        "common",
        " sense",
        why=_LATER,
        suggest=("Write down what the experienced know, where it is needed.",),
    ),
    rule(
        Family.HINDSIGHT,
        _L,
        "hindsight retrospect",
        r"(?! bias)",
        why=_LATER,
        also=lambda r, i, m: bool({"in", "with", "of"} & set(before(r, i, 1))),
        suggest=("Move it to a block titled “What we know now”.",),
    ),
    rule(
        Family.WRONG_QUESTION,
        _M,
        "who",
        (
            r" (?:actually |really )?(?:did (?:this|that|it)|approved|deployed|pushed|changed|wrote|"
            r"merged|broke|caused|deleted|allowed|let|forgot|touched|signed off|is responsible|was responsible)"
        ),
        also=_asked,
        why="Who leads to a person; what and how lead to conditions.",
        suggest=("What did the step show, and what was missing from it?",),
    ),
    rule(
        Family.WRONG_QUESTION,
        _M,
        "why",
        r" (?:did|didn't)(?: not)? ",
        Need.AFTER,
        why="Asked of a person, why asks for an excuse.",
        suggest=("What made it look right at that minute?",),
    ),
)
