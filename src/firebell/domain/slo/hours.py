"""An hour of counts in a few hundred bytes: exact, quick to read, and cheap to add a minute to.

Layout, little-endian: flags (1 byte), unit (8), covered bitmap (8), then the totals of the covered buckets and their
bad counts, both divided by the unit and as wide as the largest of each needs. Flags: bits 0–1 and 2–3 the widths as
powers of two, bit 4 whether what follows the flags is deflated.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Iterable, Mapping
from math import gcd

from firebell.domain.slo.model import HOUR_S, Bucket

_CODES = ("B", "H", "I", "Q")
_WIDTHS = (1, 2, 4, 8)
_DEFLATED = 1 << 4
_HEAD = 16
assert array("I").itemsize == 4


def hour_of(start: int) -> int:
    """The start of the hour that ``start`` lies in."""
    return start - start % HOUR_S


def encode(buckets: Mapping[int, Bucket], hour: int, bucket_s: int) -> bytes:
    """``buckets`` by their start, all within the hour that begins at ``hour``. Counts are 0 ≤ good ≤ total < 2⁶³."""
    covered = 0
    totals: list[int] = []
    bads: list[int] = []
    for place in range(HOUR_S // bucket_s):
        one = buckets.get(hour + place * bucket_s)
        if one is not None:
            covered |= 1 << place
            totals.append(one.total)
            bads.append(one.total - one.good)
    unit = gcd(*totals, *bads) or 1
    if unit > 1:
        totals, bads = [one // unit for one in totals], [one // unit for one in bads]
    wide, narrow = _width(totals), _width(bads)
    body = (
        unit.to_bytes(8, "little")
        + covered.to_bytes(8, "little")
        + _little(array(_CODES[wide], totals))
        + _little(array(_CODES[narrow], bads))
    )
    flags = wide | narrow << 2
    # An hour that is full will hardly change again, so it is worth a look whether it shrinks.
    if len(totals) == HOUR_S // bucket_s:
        deflated = zlib.compress(body, 1)
        if len(deflated) < len(body) * 9 // 10:
            return bytes([flags | _DEFLATED]) + deflated
    return bytes([flags]) + body


def decode(data: bytes, hour: int, bucket_s: int) -> list[Bucket]:
    """The buckets, ascending. Raises ValueError on anything that :func:`encode` did not write."""
    flags = data[0]
    try:
        body = zlib.decompress(data[1:]) if flags & _DEFLATED else data[1:]
    except zlib.error as error:
        raise ValueError("these are no counts") from error
    unit, covered = int.from_bytes(body[:8], "little"), int.from_bytes(body[8:_HEAD], "little")
    count = covered.bit_count()
    wide, narrow = flags & 3, flags >> 2 & 3
    middle = _HEAD + count * _WIDTHS[wide]
    totals, bads = array(_CODES[wide]), array(_CODES[narrow])
    totals.frombytes(body[_HEAD:middle])
    bads.frombytes(body[middle:])
    if len(totals) != count or len(bads) != count:
        raise ValueError("these are no counts")
    _swap(totals)
    _swap(bads)
    places = (place for place in range(HOUR_S // bucket_s) if covered >> place & 1)
    return [
        Bucket(hour + place * bucket_s, (total - bad) * unit, total * unit)
        for place, total, bad in zip(places, totals, bads, strict=True)
    ]


def split(buckets: Iterable[Bucket]) -> dict[int, list[Bucket]]:
    """By the hour they start in."""
    found: dict[int, list[Bucket]] = {}
    for one in buckets:
        found.setdefault(one.start - one.start % HOUR_S, []).append(one)
    return found


def _width(values: list[int]) -> int:
    most = max(values, default=0)
    return 0 if most < 1 << 8 else 1 if most < 1 << 16 else 2 if most < 1 << 32 else 3


def _swap(values: array[int]) -> None:
    if sys.byteorder == "big":
        values.byteswap()


def _little(values: array[int]) -> bytes:
    _swap(values)
    return values.tobytes()
