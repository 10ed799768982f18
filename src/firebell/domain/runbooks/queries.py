"""What pages and the API show of runbooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from firebell.domain.runbooks import parsing, rules, store
from firebell.domain.runbooks.model import Match, Parsed, Run, Runbook, Subject
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.errors import Conflict, NotFound
from firebell.kernel.work import Read


def runbook(read: Read, key: str) -> Runbook:
    """By id or name. Raises NotFound, Forbidden."""
    found = store.get(read, key)
    read.needs(Permission.RUNBOOKS_VIEW, found.team_id if found else None)
    if found is None or found.deleted_at is not None:
        raise NotFound("There is no such runbook.", field="runbook")
    return found


def runbooks(read: Read, text: str = "") -> list[Runbook]:
    """All of them by name; those whose name, title or text holds ``text``."""
    read.needs(Permission.RUNBOOKS_VIEW)
    wanted = text.casefold()
    return [one for one in store.all_of(read) if wanted in f"{one.name}\n{one.title}\n{one.body}".casefold()]


def parsed(one: Runbook) -> Parsed:
    return parsing.parse(one.body)


def matching(read: Read, subject: Subject) -> list[Match]:
    """Runbooks that apply, the best first."""
    read.needs(Permission.RUNBOOKS_VIEW)
    return rules.matching(store.all_of(read), subject)


def history(read: Read, key: str) -> Sequence[Row[Any]]:
    """Every version, newest first."""
    return store.history(read, runbook(read, key).id)


def run(read: Read, run_id: str) -> Run:
    """Raises NotFound, Forbidden."""
    found = store.get_run(read, run_id)
    read.needs(Permission.RUNBOOKS_VIEW)
    if found is None:
        raise NotFound("There is no such run of a runbook.", field="run")
    return found


def run_to_work(read: Read, run_id: str) -> Run:
    """A run that this actor may work through. Raises NotFound, Forbidden, Conflict (it is over)."""
    found = store.get_run(read, run_id)
    book = store.get(read, found.runbook_id) if found else None
    read.needs(Permission.RUNBOOKS_RUN, book.team_id if book else None)
    if found is None:
        raise NotFound("There is no such run of a runbook.", field="run")
    if found.ended_at is not None:
        raise Conflict("This run is over.", field="run", hint="Start the runbook again.")
    return found


def runs_of(
    read: Read, *, incident_id: str | None = None, alert_id: str | None = None, runbook_id: str | None = None
) -> list[Run]:
    """The newest first."""
    read.needs(Permission.RUNBOOKS_VIEW)
    return store.runs_of(read, incident_id=incident_id, alert_id=alert_id, runbook_id=runbook_id)


def misses(read: Read) -> dict[str, int]:
    """How often one was ``missing`` or ``wrong``."""
    read.needs(Permission.RUNBOOKS_VIEW)
    return store.miss_counts(read)


def misses_between(read: Read, since: Instant, until: Instant) -> Sequence[Row[Any]]:
    """(subject, what, words, at) of every alert and incident for which one was ``missing`` or ``wrong`` then, oldest
    first. A subject may be a private incident: whoever shows them leaves out what the actor must not know of."""
    read.needs(Permission.RUNBOOKS_VIEW)
    return store.misses_between(read, since, until)
