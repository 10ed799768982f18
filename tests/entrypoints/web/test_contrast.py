"""Every pair of colours that carries words or the edge of a control can be read by day and by night (WCAG 2.2 AA)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[3] / "frontend" / "css" / "tokens.css"
PAIR = re.compile(r"--([\w-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)")
COLOURS = {name: {"light": day, "dark": night} for name, day, night in PAIR.findall(TOKENS.read_text())}

GROUNDS = ("bg", "surface", "sunken", "raised", "hover")
LEVELS = ("sev1", "sev2", "sev3", "sev4", "ok", "care")
WORDS = [
    *[(ink, ground) for ink in ("ink", "ink-2", "ink-3", "accent-text") for ground in GROUNDS],
    *[(f"{level}-on", level) for level in LEVELS],
    *[(f"{level}-text", f"{level}-soft") for level in LEVELS],
    *[("ink", f"{level}-soft") for level in (*LEVELS, "accent")],
    *[("ink-2", f"{level}-soft") for level in (*LEVELS, "accent")],
    *[(f"c{person}-on", f"c{person}") for person in range(6)],
    ("on-inverse", "inverse"),
    ("on-shout", "shout"),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("accent-text", "accent-soft"),
]
EDGES = [
    *[("edge", ground) for ground in ("bg", "surface", "raised")],
    *[("focus", ground) for ground in GROUNDS],
    *[("accent", ground) for ground in ("bg", "surface")],
]


def luminance(colour: str) -> float:
    """Relative luminance 0…1 of ``#rrggbb`` (WCAG 2.2, relative luminance)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def test_the_measure_itself_knows_black_on_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") < 4.5 < contrast("#767676", "#ffffff")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), WORDS)
def test_words_can_be_read(ink: str, ground: str, theme: str) -> None:
    assert contrast(COLOURS[ink][theme], COLOURS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("edge", "ground"), EDGES)
def test_the_edges_of_controls_can_be_seen(edge: str, ground: str, theme: str) -> None:
    assert contrast(COLOURS[edge][theme], COLOURS[ground][theme]) >= 3


def test_red_is_kept_for_the_highest_severity() -> None:
    """No stylesheet outside the tokens may name a colour of its own, and only SEV1's classes may use SEV1's."""
    for sheet in TOKENS.parent.glob("*.css"):
        for line in sheet.read_text().splitlines():
            if "var(--sev1" in line:
                assert line.lstrip().startswith((".sev1 ", ".dot-sev1 ", ".day-ok")), f"{sheet.name}: {line}"
