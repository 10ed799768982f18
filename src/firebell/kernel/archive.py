"""One file that holds a copy of a database and the means to tell whether it is whole.

Layout: the line ``firebell-backup 1``, a line of JSON (``size`` and ``sha256`` of the rest, ``raw_size`` and
``raw_sha256`` of the copy, and what the maker wrote ``about`` it), then the copy, compressed with zlib. It is accepted
whole or not at all: a file that ends early, goes on too long or was changed anywhere in the copy is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from firebell.kernel.errors import Invalid

MAGIC = b"firebell-backup 1\n"
_STEP = 1 << 20
_HEADER_MAX = 64 << 10


class Damaged(Invalid):
    """The archive is not what was written."""

    slug = "damaged"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} is no whole backup: {why}. Nothing was changed.", hint="Use another backup.")


def pack(copy: Path, target: Path, about: Mapping[str, Any]) -> dict[str, Any]:
    """Write ``copy`` into the archive ``target``, which appears whole or not at all. Returns the archive's header."""
    body = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    draft = body.with_suffix(".draft")
    try:
        raw, packed, raw_size = hashlib.sha256(), hashlib.sha256(), 0
        press = zlib.compressobj(6)
        with copy.open("rb") as source, body.open("wb") as out:
            while piece := source.read(_STEP):
                raw.update(piece)
                raw_size += len(piece)
                small = press.compress(piece)
                packed.update(small)
                out.write(small)
            small = press.flush()
            packed.update(small)
            out.write(small)
        header = {
            "size": body.stat().st_size, "sha256": packed.hexdigest(), "raw_size": raw_size,
            "raw_sha256": raw.hexdigest(), "about": dict(about),
        }  # fmt: skip
        with draft.open("wb") as out, body.open("rb") as source:
            out.write(MAGIC + json.dumps(header, sort_keys=True).encode() + b"\n")
            while piece := source.read(_STEP):
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        draft.chmod(0o600)
        draft.replace(target)
        return header
    finally:
        body.unlink(missing_ok=True)
        draft.unlink(missing_ok=True)


def unpack(archive: Path, target: Path) -> dict[str, Any]:
    """Write the copy inside ``archive`` to ``target``; returns the header. Raises Damaged and then leaves no target."""
    try:
        return _unpack(archive, target)
    except OSError as error:
        target.unlink(missing_ok=True)
        raise Invalid(f"{archive} cannot be read: {error.strerror}.", field=str(archive)) from None
    except Damaged:
        target.unlink(missing_ok=True)
        raise


def _unpack(archive: Path, target: Path) -> dict[str, Any]:
    with archive.open("rb") as source:
        if source.read(len(MAGIC)) != MAGIC:
            raise Damaged(archive, "it does not begin like one")
        line = source.readline(_HEADER_MAX)
        try:
            header: dict[str, Any] = json.loads(line) if line.endswith(b"\n") else {}
            size, sha = int(header["size"]), str(header["sha256"])
            raw_size, raw_sha = int(header["raw_size"]), str(header["raw_sha256"])
            header["about"] = dict(header["about"])
        except (ValueError, KeyError, TypeError):
            raise Damaged(archive, "its header cannot be read") from None
        if archive.stat().st_size != source.tell() + size:
            raise Damaged(archive, "it is not as long as it says")
        packed, raw, written = hashlib.sha256(), hashlib.sha256(), 0
        open_up = zlib.decompressobj()
        try:
            with target.open("wb") as out:
                while piece := source.read(_STEP):
                    packed.update(piece)
                    # Bounded: a forged archive must not fill the disk before it is found out.
                    big = open_up.decompress(piece, raw_size - written + 1)
                    written += len(big)
                    raw.update(big)
                    out.write(big)
                    if written > raw_size:
                        raise Damaged(archive, "it holds more than it says")
                out.flush()
                os.fsync(out.fileno())
        except zlib.error:
            raise Damaged(archive, "its contents cannot be decompressed") from None
        if packed.hexdigest() != sha or raw.hexdigest() != raw_sha or written != raw_size:
            raise Damaged(archive, "its checksum is wrong")
    return header
