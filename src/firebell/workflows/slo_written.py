"""An objective is written as an OpenSLO document: checked against what there is, and tied to its service and team."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from firebell.domain.services import queries as services
from firebell.domain.services.model import Service
from firebell.domain.slo import commands, openslo, queries
from firebell.domain.slo.burn_rows import BUILT_IN
from firebell.domain.slo.model import Slo
from firebell.domain.slo.openslo_model import KINDS
from firebell.domain.slo.openslo_nodes import Problem, near
from firebell.domain.slo.records import SloRecord
from firebell.kernel.actor import SYSTEM, Permission
from firebell.kernel.errors import Invalid
from firebell.kernel.work import Read, Work

_ALONE = ("SLO",)


@dataclass(frozen=True, slots=True)
class Checked:
    """``slo`` is ``None`` when there are problems. ``warnings`` were understood, but should be said aloud."""

    slo: Slo | None
    service: Service | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    record: SloRecord
    warnings: tuple[Problem, ...] = ()


class BadDocument(Invalid):
    """The document cannot be used. ``problems`` holds every one found; the message is the first."""

    slug = "bad-document"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{first.message}{more}", field=first.path or None, hint=first.hint or None)


def check(read: Read, document: Mapping[str, Any]) -> Checked:
    """One document of kind SLO, read beside the data sources, rule sets and services that there are."""
    read.needs(Permission.SLOS_VIEW, next(iter(read.actor.teams), None))
    if document.get("kind") not in _ALONE and document.get("kind") in KINDS:
        said = f"{document['kind']} does not stand alone."
        return Checked(None, None, (Problem(0, "kind", said, "Send the SLO with it inline, or use firebell apply."),))
    house = Read(read.connection, read.now, SYSTEM)
    known = {one.name: one.document for one in queries.sources(house)}
    own = [name for name in queries.rule_sets(house) if name not in BUILT_IN]
    found = openslo.read([document], known_sources=known, known_rules=own)
    if found.problems or not found.slos:
        problems = found.problems or (Problem(0, "kind", "This is no SLO."),)
        return Checked(None, None, problems, found.warnings)
    slo = found.slos[0]
    everything = {one.name: one for one in services.services(house)}
    service = everything.get(slo.service)
    if service is None:
        hint = near(slo.service, everything, "Make the service first: alerts and the gate are its own.")
        problem = Problem(0, "spec.service", f"There is no service “{slo.service[:60]}”.", hint)
        return Checked(None, None, (problem,), found.warnings)
    return Checked(slo, service, (), found.warnings)


def create(work: Work, document: Mapping[str, Any]) -> Written:
    """A new objective. Raises BadDocument, Conflict, Forbidden."""
    slo, service, warnings = _sound(work, document)
    return Written(commands.create(work, slo, service_id=service.id, team_id=service.team_id), warnings)


def edit(work: Work, slo_id: str, document: Mapping[str, Any], expected: int | None = None) -> Written:
    """The whole document anew. Raises BadDocument, Changed, Conflict, Forbidden, NotFound."""
    slo, service, warnings = _sound(work, document)
    record = commands.edit(work, slo_id, slo, expected, service_id=service.id, team_id=service.team_id)
    return Written(record, warnings)


def follow(work: Work, service_id: str) -> None:
    """The service has another name or team now: its objectives go with it."""
    house = Read(work.connection, work.now, SYSTEM)
    service = services.service(house, service_id)
    commands.follow_service(work, service.id, service.name, service.team_id)


def _sound(work: Work, document: Mapping[str, Any]) -> tuple[Slo, Service, tuple[Problem, ...]]:
    found = check(work, document)
    if found.slo is None or found.service is None:
        raise BadDocument(found.problems)
    return found.slo, found.service, found.warnings
