"""Codenames of private incidents: two innocuous words that stand in for the title wherever others may read along."""

from __future__ import annotations

import hashlib
from collections.abc import Set as AbstractSet

FIRST = (
    "amber", "autumn", "birch", "bright", "calm", "cedar", "clear", "clover", "copper", "coral", "cosy", "early",
    "easy", "fern", "gentle", "golden", "green", "happy", "hazel", "honey", "ivory", "jolly", "kind", "late",
    "lemon", "light", "linen", "little", "lively", "maple", "mellow", "merry", "mild", "mint", "misty", "morning",
    "mossy", "neat", "olive", "opal", "pale", "pearl", "plain", "plum", "polite", "quiet", "rosy", "round",
    "sandy", "silver", "simple", "snowy", "soft", "spring", "sunny", "tidy", "velvet", "warm", "willow", "young",
)  # fmt: skip
SECOND = (
    "acorn", "apple", "badger", "basket", "beach", "bell", "blanket", "boat", "bread", "bridge", "brook", "button",
    "candle", "canoe", "carpet", "cello", "cherry", "cloud", "cottage", "cup", "daisy", "deer", "feather", "field",
    "finch", "garden", "goose", "harbour", "hare", "hill", "island", "kettle", "kite", "ladder", "lake", "lamp",
    "lantern", "lark", "meadow", "mitten", "orchard", "otter", "paddle", "pebble", "pencil", "piano", "pillow", "pond",
    "pony", "puddle", "ribbon", "robin", "saddle", "scarf", "spoon", "sparrow", "teapot", "tulip", "violin", "wagon",
)  # fmt: skip


def codename(incident_id: str, taken: AbstractSet[str]) -> str:
    """Two words nobody else has. They say nothing of the incident: chance decides, and its id is the die.

    When every pair is in use a number is added.
    """
    total = len(FIRST) * len(SECOND)
    start = int.from_bytes(hashlib.sha256(incident_id.encode()).digest()[:8])
    for step in range(total):
        row, column = divmod((start + step) % total, len(SECOND))
        name = f"{FIRST[row]} {SECOND[column]}"
        if name not in taken:
            return name
    return f"{FIRST[start % len(FIRST)]} {SECOND[start % len(SECOND)]} {len(taken)}"
