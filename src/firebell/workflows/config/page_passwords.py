"""Passwords of status pages, compared and hashed before the transaction: both are slow on purpose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from firebell.domain.people import passwords
from firebell.domain.statuspage import queries
from firebell.kernel.actor import SYSTEM
from firebell.kernel.work import Runner
from firebell.workflows.config.parsing import Desired
from firebell.workflows.config.problems import Problem
from firebell.workflows.config.response_specs import StatusPageSpec


def hash_passwords(runner: Runner, desired: Desired, problems: Sequence[Problem]) -> None:
    """Settle which hash each password comes to: the one that is stored, if it is the same password."""
    given = {
        key: item
        for key, item in desired.items.items()
        if isinstance(item.spec, StatusPageSpec) and item.spec.password is not None
    }
    if not given or problems:
        return  # With faults nothing is applied, so nothing need be hashed.
    stored = {one.slug: one.password_hash for one in runner.read(queries.pages, SYSTEM)}
    for key, item in given.items():
        spec = item.spec
        assert isinstance(spec, StatusPageSpec)
        assert spec.password is not None
        known = stored.get(item.name)
        same = known is not None and passwords.matches(known, spec.password)
        hashed = known if same else passwords.make_hash(spec.password)
        desired.items[key] = replace(item, spec=replace(spec, password=None, password_hash=hashed))
