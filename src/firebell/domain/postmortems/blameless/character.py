"""Rules about what people are, or are told to be: character, exhortations, verdicts (F3, F9, F11)."""

from __future__ import annotations

import re

from firebell.domain.postmortems.blameless.hits import Family, Level
from firebell.domain.postmortems.blameless.lexicon import DETERMINERS, HUMAN_NOUNS, words
from firebell.domain.postmortems.blameless.rule import Need, before, rule
from firebell.domain.postmortems.blameless.subject import Reader

_H, _M = Level.HIGH, Level.MEDIUM
_PEOPLE = (
    r"(?:everyone|everybody|people|all|engineers?|developers?|operators?|responders?|staff|"
    r"teams?|the|our|them|each|us|on-call)"
)
_GENERIC = words("needs need gets get receives can may will has have should must joins join starts start is are")


def _imperative(reader: Reader, i: int, found: re.Match[str]) -> bool:
    """Not the noun: "a double check by two keys"."""
    return not set(before(reader, i, 1)) & DETERMINERS


def _acting(reader: Reader, i: int, found: re.Match[str]) -> bool:
    """A person is described where it acts, not where something is done for it ("a new hire needs two weeks")."""
    words = before(reader, i, 2)
    leads = all(word in DETERMINERS for word in words) or bool({"by", "from", "because", "of"} & set(words))
    behind = re.match(r"\s+([\w'-]+)", reader.prose.low[found.end() : found.end() + 40])
    return leads and not (behind and behind[1] in _GENERIC)


_JUDGED = "It judges a character; a postmortem describes what happened."
_NUMBER = ("Give the number or the setting that shows it: how many, how fast, without which limit.",)
_CARE = "Care is not a control: it fails on the day it is needed."
_TEACH = "Reminders and training wear off; a check or a safer default stays."
_INSTEAD = ("Name a check, a limit or a default that makes the slip impossible or visible.",)


RULES = (
    rule(
        Family.CHARACTER,
        _H,
        "careless carelessly carelessness negligent negligently negligence reckless recklessly sloppy "
        "sloppiness incompetent incompetence clueless stupid stupidly stupidity laziness",
        "",
        also=lambda r, i, m: not {"nobody", "no-one", "nothing"} & set(before(r, i)),
        why=_JUDGED,
        suggest=_NUMBER,
    ),
    rule(Family.CHARACTER, _H, "lazy", "", also=lambda r, i, m: r.subject(i).is_human, why=_JUDGED, suggest=_NUMBER),
    rule(Family.CHARACTER, _H, "lazy", " ", Need.AFTER, why=_JUDGED, suggest=_NUMBER),
    rule(
        Family.EXHORTATION,
        _H,
        "be being stay remain",
        " (?:more |extra |very |much |a bit )*(?:careful|vigilant|cautious|attentive|diligent)",
        Need.NOT_A_THING,
        why=_CARE,
        suggest=_INSTEAD,
    ),
    rule(
        Family.EXHORTATION,
        _H,
        "take taking",
        " (?:more |extra |greater |better )care",
        Need.NOT_A_THING,
        why=_CARE,
        suggest=_INSTEAD,
    ),
    rule(
        Family.EXHORTATION,
        _H,
        "pay paying",
        " (?:more |closer |better |special )*attention",
        Need.NOT_A_THING,
        why=_CARE,
        suggest=_INSTEAD,
    ),
    rule(Family.EXHORTATION, _H, "double-check", "", Need.NOT_A_THING, also=_imperative, why=_CARE, suggest=_INSTEAD),
    rule(Family.EXHORTATION, _H, "double", " check", Need.NOT_A_THING, also=_imperative, why=_CARE, suggest=_INSTEAD),
    rule(Family.EXHORTATION, _H, "try work", " (?:much )?harder", Need.NOT_A_THING, why=_CARE, suggest=_INSTEAD),
    rule(Family.EXHORTATION, _M, "remind", f" {_PEOPLE}", Need.NOT_A_THING, why=_TEACH, suggest=_INSTEAD),
    rule(Family.EXHORTATION, _M, "retrain re-train", " ", Need.AFTER, why=_TEACH, suggest=_INSTEAD),
    rule(
        Family.EXHORTATION,
        _M,
        "make making",
        (
            r" sure (?:that )?(?:everyone|everybody|people|all (?:the )?(?:engineers|developers|operators|"
            r"responders|staff|teams)|engineers|developers|operators|responders|staff)"
        ),
        why=_TEACH,
        suggest=_INSTEAD,
    ),
    rule(
        Family.EXHORTATION,
        _M,
        "ensure ensuring",
        (
            r" (?:that )?(?:everyone|everybody|people|all (?:the )?(?:engineers|developers|operators|"
            r"responders|staff|teams))"
        ),
        why=_TEACH,
        suggest=_INSTEAD,
    ),
    rule(
        Family.VERDICT,
        _M,
        "poor bad",
        " judge?ment",
        why="It judges a decision by its end.",
        suggest=("Say what was known, what was chosen, and what spoke for it.",),
    ),
    rule(
        Family.VERDICT,
        _M,
        "should ought",
        " (?:to )?(?:have )?know(?:n)? better",
        why="It judges a person by what is known now.",
        suggest=("Say where the knowledge stands, and who can reach it at night.",),
    ),
    rule(
        Family.VERDICT,
        _M,
        "complacent complacency",
        why="It judges a state of mind.",
        suggest=("Say how often the signal came, and how often it meant something.",),
    ),
    rule(
        Family.VERDICT,
        _M,
        "junior inexperienced",
        r" (?:[\w-]+ )?(?:" + "|".join(sorted(HUMAN_NOUNS, key=len, reverse=True)) + ")",
        also=_acting,
        why="A rank explains nothing; access without a partner does.",
        suggest=("It was a first change to this system; access comes without pairing.",),
    ),
    rule(
        Family.VERDICT,
        _M,
        "new",
        " (?:hire|joiner|starter)s?",
        also=_acting,
        why="A rank explains nothing; access without a partner does.",
        suggest=("It was a first change to this system; access comes without pairing.",),
    ),
)
