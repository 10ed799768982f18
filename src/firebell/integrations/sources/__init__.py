"""Inbound sources: one self-declaring file per kind of sender.

A module of this package that has a ``SOURCE`` is a source; the others (contract, decoding, shaping, keys) are
what sources are made of. Nothing else has to be told about a new file.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType

from firebell.integrations.sources.contract import Source

__all__ = ["all_sources"]


@functools.cache
def all_sources() -> Mapping[str, Source]:
    """Every source there is, by slug, in alphabetical order. A slug that is not its file's name is a mistake."""
    found: dict[str, Source] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        source: Source | None = getattr(importlib.import_module(f"{__name__}.{module.name}"), "SOURCE", None)
        if source is None:
            continue
        if source.slug != module.name:
            raise RuntimeError(f"{module.name}.py declares the slug {source.slug!r}; slug and file name must be equal")
        found[source.slug] = source
    return MappingProxyType(found)
