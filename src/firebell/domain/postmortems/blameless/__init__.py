"""The blameless linter: local, deterministic, and silent when unsure (postmortems.md 5)."""

from firebell.domain.postmortems.blameless.hits import Family, Hit, Level, still_open
from firebell.domain.postmortems.blameless.linter import lint
from firebell.domain.postmortems.blameless.names import NOBODY, Names, Person, unnamed
from firebell.domain.postmortems.blameless.rewriting import accepted

__all__ = ["NOBODY", "Family", "Hit", "Level", "Names", "Person", "accepted", "lint", "still_open", "unnamed"]
