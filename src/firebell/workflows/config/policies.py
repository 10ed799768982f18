"""One escalation policy in the words of the configuration files, and back: for those who edit it one at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from firebell.domain.escalation.model import Climb, Policy, TargetKind
from firebell.domain.oncall import queries as oncall
from firebell.domain.people import names
from firebell.kernel.actor import SYSTEM
from firebell.kernel.errors import Invalid
from firebell.kernel.work import Read
from firebell.workflows.config.current import named
from firebell.workflows.config.parsing import parse
from firebell.workflows.config.problems import Problem, near
from firebell.workflows.config.reading import File
from firebell.workflows.config.specs import TARGET_KINDS, Item, PolicySpec, written

Known = Mapping[TargetKind, Mapping[str, str]]


def known_targets(read: Read) -> Known:
    """Everything a step may tell, ``{kind: {id: name}}``. Asks no permission: names are no secret within the house."""
    everything = Read(read.connection, read.now, SYSTEM)
    return {
        TargetKind.USER: {user_id: name for name, user_id in names.users(read).items()},
        TargetKind.TEAM: {team_id: name for name, team_id in names.teams(read).items()},
        TargetKind.SCHEDULE: {each.id: each.name for each in oncall.schedules(everything)},
    }


def words(policy: Policy, known: Known) -> dict[str, Any]:
    """``steps repeat ackTimeout fallback`` as a file has them; targets that are gone are left out."""
    spec = PolicySpec(policy.display_name, named(policy.climb, known))
    body: dict[str, Any] = written(Item("EscalationPolicy", policy.name, spec))["spec"]
    body.pop("displayName", None)
    return body


def climb(words: Mapping[str, Any], known: Known) -> Climb:
    """The inverse of :func:`words`. Raises Invalid naming the field (``steps[0].wait``) and the way out."""
    document = {
        "apiVersion": "firebell/v1", "kind": "EscalationPolicy", "metadata": {"name": "policy"}, "spec": dict(words),
    }  # fmt: skip
    problems: list[Problem] = []
    found = parse([File("policy", json.dumps(document))], {}, {}, (), problems)
    if problems:
        first = problems[0]
        raise Invalid(first.message, field=first.place.path.removeprefix("spec."), hint=first.hint)
    ids = {kind: {name: row_id for row_id, name in rows.items()} for kind, rows in known.items()}
    kind_of = {word: kind for kind, word in TARGET_KINDS.items()}
    for reference in found.references:
        there = ids[kind_of[reference.kind]]
        if reference.name not in there:
            hint = near(reference.name, there, otherwise="Create it first.")
            field = reference.place.path.removeprefix("spec.")
            raise Invalid(f"There is no {reference.kind} “{reference.name}”.", field=field, hint=hint)
    spec = found.items["EscalationPolicy", "policy"].spec
    assert isinstance(spec, PolicySpec)
    return named(spec.climb, ids)
