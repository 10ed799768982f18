"""Taking a suggestion."""

from __future__ import annotations

from firebell.domain.postmortems.blameless.hits import Family, Hit
from firebell.domain.postmortems.blameless.names import Names, unnamed


def accepted(text: str, hit: Hit, names: Names, choice: int = 0) -> str:
    """``text`` with one suggestion taken: a name becomes its role where it stands, anything else takes the place of its
    sentence. The input when there is no such suggestion, or the text has changed since it was read."""
    if text[hit.start : hit.end] != hit.quote or not 0 <= choice < len(hit.suggestions):
        return text
    if hit.family is Family.NAME:
        return text[: hit.start] + hit.suggestions[choice] + text[hit.end :]
    start, end = hit.sentence
    return text[:start] + unnamed(hit.suggestions[choice], names) + text[end:]
