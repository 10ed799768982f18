"""The people and the sentences the linter is tried on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from firebell.domain.postmortems.blameless import Names, Person

ROSTER = Names(
    people=(
        Person(
            id="usr_maria", display_name="Maria Rossi", handles=("maria",), emails=("maria@example.com",),
            role="on-call engineer",
        ),
        Person(id="usr_will", display_name="Will Stone"),
        Person(id="usr_mark", display_name="Mark Lindqvist", nicknames=("Lindy",)),
        Person(id="usr_june", display_name="June Okafor", role="Incident Commander"),
        Person(id="usr_ben", display_name="Ben Ho", handles=("ben.ho",)),
    ),
    things=("checkout", "gateway", "payments-operator"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sentence:
    """``level`` is empty for what nothing may be said about."""

    family: str
    level: str
    text: str


def sentences() -> list[Sentence]:
    """Those of ``sentences.txt``."""
    found = []
    for line in (Path(__file__).parent / "sentences.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            family, level, text = (part.strip() for part in line.split("|", 2))
            found.append(Sentence(family, "" if level == "-" else level, text))
    return found
