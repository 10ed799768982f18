"""The ways out for everything that is not a page. An outlet is a module here with an ``OUTLET``."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from firebell.integrations.outlets.contract import Outlet


@cache
def all_outlets() -> Mapping[str, Outlet]:
    """Every outlet by slug. Raises ``LookupError`` when a declaration contradicts its file."""
    found: dict[str, Outlet] = {}
    for name in sorted(module.name for module in pkgutil.iter_modules(__path__)):
        outlet: Outlet | None = getattr(importlib.import_module(f"{__name__}.{name}"), "OUTLET", None)
        if outlet is None:
            continue
        if outlet.slug != name:
            raise LookupError(f"{name}.py declares the outlet {outlet.slug!r}: file and slug must be the same")
        found[outlet.slug] = outlet
    return MappingProxyType(found)
