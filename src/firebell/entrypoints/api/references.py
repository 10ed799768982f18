"""Things as the API's callers point at them: by id, or by the name that also stands in the configuration files."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from firebell.domain.escalation import queries as escalation
from firebell.domain.escalation.model import Policy
from firebell.domain.oncall import queries as oncall
from firebell.domain.oncall.model import Schedule
from firebell.domain.people import names
from firebell.domain.people import queries as people
from firebell.domain.people.model import Team, User
from firebell.domain.services import queries as services
from firebell.domain.services.model import Service
from firebell.domain.slo import queries as objectives
from firebell.kernel.errors import Invalid, NotFound
from firebell.kernel.ids import PolicyId, TeamId, UserId
from firebell.kernel.work import Read

T = TypeVar("T")
_ID = re.compile(r"(?:usr|team|svc|sch|pol)_[0-9a-hjkmnp-tv-z]{18}")


def is_id(reference: str) -> bool:
    """Whether ``reference`` can only be an id. (A name of that very shape is found by its id alone.)"""
    return _ID.fullmatch(reference) is not None


def user(read: Read, reference: str) -> User:
    """Raises NotFound."""
    return _found(reference, lambda i: people.user(read, i), lambda n: people.user_by_name(read, n), "person")


def team(read: Read, reference: str) -> Team:
    """Raises NotFound."""
    by_name = people.team if is_id(reference) else people.team_by_name
    found = by_name(read, reference)
    if found is None:
        raise NotFound("There is no such team.")
    return found


def service(read: Read, reference: str) -> Service:
    """Raises NotFound."""
    return _found(
        reference, lambda i: services.service(read, i), lambda n: services.service_by_name(read, n), "service"
    )


def schedule(read: Read, reference: str) -> Schedule:
    """Raises NotFound."""
    return _found(reference, lambda i: oncall.schedule(read, i), lambda n: oncall.schedule_by_name(read, n), "schedule")


def policy(read: Read, reference: str) -> Policy:
    """Raises NotFound."""
    return _found(
        reference,
        lambda i: escalation.policy(read, i),
        lambda n: escalation.policy_by_name(read, n),
        "escalation policy",
    )


def _found(reference: str, by_id: Callable[[str], T], by_name: Callable[[str], T | None], noun: str) -> T:
    if is_id(reference):
        return by_id(reference)
    found = by_name(reference)
    if found is None:
        raise NotFound(f"There is no such {noun}.")
    return found


# ---- in bodies: what a field points at must be there


def team_id(read: Read, reference: str | None, field: str = "team") -> TeamId | None:
    """The team that a body names, or ``None`` for none. Raises Invalid with a near match."""
    if reference is None:
        return None
    known = names.teams(read)
    return TeamId(_named(reference, known, field, "team"))


def user_id(read: Read, reference: str, field: str = "user") -> UserId:
    """The person whom a body names. Raises Invalid with a near match."""
    return UserId(_named(reference, names.users(read), field, "person"))


def policy_id(read: Read, reference: str | None, field: str = "policy") -> PolicyId | None:
    """The escalation policy that a body names. Raises Invalid with a near match."""
    if reference is None:
        return None
    known = {each.name: each.id for each in escalation.policies(read)}
    return PolicyId(_named(reference, known, field, "escalation policy"))


def _named(reference: str, known: dict[str, str] | dict[str, UserId], field: str, noun: str) -> str:
    if reference in known:
        return known[reference]
    if is_id(reference) and reference in known.values():
        return reference
    near = difflib.get_close_matches(reference, known, 1)
    raise Invalid(
        f"There is no {noun} “{reference[:100]}”.",
        field=field,
        hint=f"Did you mean “{near[0]}”?" if near else "Create it first.",
    )


def slo_ids(read: Read, given: Iterable[str], field: str = "slos") -> list[str]:
    """The objectives that a body names. Raises Invalid with a near match."""
    known: dict[str, str] = {one.name: one.id for one in objectives.slos(read)}
    return [
        reference if reference in known.values() else _named(reference, known, f"{field}[{index}]", "SLO")
        for index, reference in enumerate(given)
    ]


def team_names(read: Read, team_ids: Iterable[str | None]) -> dict[str, str]:
    """``{id: name}`` of these teams."""
    wanted = {each for each in team_ids if each}
    return {each: name for name, each in names.teams(read).items() if each in wanted} if wanted else {}
