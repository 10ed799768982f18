"""Parts of a whole. Below five they are numbers and no percentage: "2 of 3" says what "67 %" only pretends to."""

from __future__ import annotations

from dataclasses import dataclass

LEAST = 5
"""From this many on a percentage may be said."""


@dataclass(frozen=True, slots=True)
class Share:
    """``part`` of ``n``; of nothing there is none."""

    part: int
    n: int

    @property
    def percent(self) -> int | None:
        """Whole percent, halves up; ``None`` where there are too few to say one. All is 100, and nothing less is."""
        if self.n < LEAST:
            return None
        rounded = (200 * self.part + self.n) // (2 * self.n)
        if self.part not in (0, self.n):
            rounded = min(99, max(1, rounded))
        return rounded

    @property
    def words(self) -> str:
        """``2 of 3``, ``62 % (8 of 13)``, ``none``."""
        if not self.n:
            return "none"
        bare = f"{self.part} of {self.n}"
        return bare if self.percent is None else f"{self.percent} % ({bare})"
