"""Every table of this version, gathered into the one metadata by importing the stores."""

from __future__ import annotations

import importlib
import pkgutil

from sqlalchemy import MetaData

import firebell.domain
from firebell.kernel import journal
from firebell.kernel.db import metadata


def all_tables() -> MetaData:
    """The schema as the code has it: ``store`` and ``*_store`` of every capability, and the journal."""
    assert journal.journal.metadata is metadata
    for capability in pkgutil.iter_modules(firebell.domain.__path__, "firebell.domain."):
        found = importlib.import_module(capability.name)
        for module in pkgutil.iter_modules(found.__path__, capability.name + "."):
            if module.name.rpartition(".")[2].endswith("store"):
                importlib.import_module(module.name)
    return metadata
